"""Action texts of BrowserGym's agents: what is read from them, what is wrong with them, what agents are told."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from webagent.envs.browsergym.action_set import ActionSet, action_set_of
from webagent.envs.browsergym.functions import SUBSETS
from webagent.envs.browsergym.grammar import Call, ParseException, find_calls

ALL = ActionSet(list(SUBSETS))


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("click('12')", [Call("click", ("12",))]),
        ("I'd press it: click('12') now, then noop().", [Call("click", ("12",)), Call("noop")]),
        ("click ( '1' , button = \"right\" )", [Call("click", ("1",), {"button": "right"})]),
        ("click('1',) fill('2', 'x')\nnoop()", [Call("click", ("1",)), Call("fill", ("2", "x")), Call("noop")]),
        ("# click('1')\nclick('2')  # click('3')", [Call("click", ("2",))]),
        ("Step #1: click('3')", []),
        ("fill('1', \"# no comment\")", [Call("fill", ("1", "# no comment"))]),
        ("fill('1', 'it\\'s\\nso')", [Call("fill", ("1", "it's\nso"))]),
        ("fill('1', '''three\nlines\n''')", [Call("fill", ("1", "three\nlines\n"))]),
        ("fill('1', 'a raw\nbreak')", []),
        ("fill('1', '\\d')", [Call("fill", ("1", "\\d"))]),
        ("scroll(0, -1.5e2)", [Call("scroll", (0, -150.0))]),
        ("f(True, [1, 'a',], ('b',), {'k': [None]})", [Call("f", (True, [1, "a"], ("b",), {"k": [None]}))]),
        ("outer(click('4'))", [Call("click", ("4",))]),
        ("page.click('5')", [Call("click", ("5",))]),
        ("press the button (12)", [Call("button", (12,))]),
        ("click(x)", []),
        ("click('1' 'x')", []),
        ("click('1', button='x', 'y')", []),
        ("click('7'", []),
        ("__import__('os').system('true')", [Call("__import__", ("os",)), Call("system", ("true",))]),
        ("", []),
    ],
)  # fmt: skip
def test_calls_are_found_in_any_text(text: str, calls: list[Call]) -> None:
    assert find_calls(text) == calls


def test_strict_mode_takes_nothing_but_calls() -> None:
    assert [c.name for c in find_calls("click('1')  # yes\nnoop()", strict=True)] == ["click", "noop"]
    for text in ("", "well: click('1')", "click('1') so", "click(x)"):
        with pytest.raises(ParseException, match="Expected a call"):
            find_calls(text, strict=True)


def test_deep_nesting_and_long_texts_end_quickly() -> None:
    assert find_calls("f(" + "[" * 10_000 + "]" * 10_000 + ")") == []
    assert len(find_calls("well (so) " * 5_000 + "click('1')")) == 1


def test_a_call_reads_back_from_its_own_text() -> None:
    call = Call("fill", ("12", 'say "it\'s"\n'), {"enable_autocomplete_menu": True})
    assert find_calls(str(call)) == [call]


@pytest.mark.parametrize(
    ("action", "error"),
    [
        ("", "ValueError: Received an empty action."),
        ("Let me think.", "ValueError: Received an empty action."),
        ("tap('1')", "NameError: Invalid action type 'tap'."),
        ("click()", "TypeError: click() missing 1 required positional argument: 'bid'"),
        ("click('1', knob=2)", "TypeError: click() got an unexpected keyword argument 'knob'"),
        ("noop(1, 2)", "TypeError: noop() takes from 0 to 1 positional arguments but 2 were given"),
        ("click('1', a=1, a=2)", "SyntaxError: keyword argument repeated: a"),
    ],
)
def test_errors_are_worded_as_agents_know_them(action: str, error: str) -> None:
    with pytest.raises((ValueError, NameError, TypeError, SyntaxError)) as raised:
        ALL.parse(action)
    assert f"{type(raised.value).__name__}: {raised.value}" == error


def test_one_action_at_a_time_where_that_is_chosen() -> None:
    single = ActionSet("bid", multiaction=False)
    assert [c.name for c in single.parse("click('1')")] == ["click"]
    with pytest.raises(ValueError, match=r"^Received a multi-action, only single-actions are allowed\.$"):
        single.parse("click('1') click('2')")


@pytest.mark.parametrize(
    ("alias", "name", "arguments"),
    [
        ("scroll('down')", "scroll", {"delta_x": 0, "delta_y": 500}),
        ("press('Enter')", "keyboard_press", {"key": "Enter"}),
        ("send_keys('Control+a')", "keyboard_press", {"key": "Control+a"}),
        ('send_keys("two words")', "keyboard_type", {"text": "two words"}),
        ("check('5')", "check", {"bid": "5"}),
        ("uncheck('5')", "uncheck", {"bid": "5"}),
    ],
)
def test_words_of_other_harnesses_are_understood(alias: str, name: str, arguments: dict[str, object]) -> None:
    (call,) = ActionSet().parse(alias)
    assert (call.name, call.arguments) == (name, arguments)
    with pytest.raises((NameError, TypeError)):
        ActionSet("chat").parse(alias)


def test_subsets_hold_the_names_that_agents_expect() -> None:
    default = "noop send_msg_to_user report_infeasible scroll fill select_option click dblclick hover press focus clear"
    default += " drag_and_drop upload_file go_back go_forward goto tab_close tab_focus new_tab"
    assert list(ActionSet().action_set) == default.split()
    assert list(ActionSet("miniwob_liu18").action_set) == ["noop", "click", "fill"]
    assert len(ActionSet("coord").action_set) == 14
    assert len(ALL.action_set) == 33
    for wrong in ("forms", "custom"):
        with pytest.raises(ValueError, match=r"subspace: forms|never run"):
            ActionSet(wrong)


def test_every_action_is_described_with_examples_that_it_takes() -> None:
    for name, action in ALL.action_set.items():
        assert action.signature.startswith(f"{name}(") and "None" not in action.signature.replace("NoneType", "")
        assert action.description and action.examples
        for example in action.examples:
            (call,) = ALL.parse(example)
            assert call.name == name
    assert ALL.action_set["click"].signature.startswith("click(bid: str, button: Literal['left', 'middle', 'right']")


def test_the_prompt_names_every_action_and_shows_how_many_may_come() -> None:
    text = ActionSet(["chat", "bid"]).describe()
    assert "13 different types of actions are available." in text
    assert "send_msg_to_user(text: str)\n    Description: " in text and "goto(" not in text
    assert "Only one action" in ActionSet("bid", multiaction=False).describe(with_examples=False)
    single, several = (ActionSet("bid", multiaction=m).example_action(abstract=False) for m in (False, True))
    assert len(find_calls(single)) == 1 and len(find_calls(several)) == 3


def test_tools_are_described_as_models_take_them() -> None:
    tools = {t["name"]: t for t in ActionSet("bid").to_tool_description("anthropic")}
    schema = tools["click"]["input_schema"]
    assert schema["required"] == ["bid"]
    assert schema["properties"]["button"] == {"type": "string", "enum": ["left", "middle", "right"], "default": "left"}
    assert schema["properties"]["modifiers"]["type"] == "array"
    openai = ActionSet("nav").to_tool_description("openai", add_examples=False)
    assert openai[-1]["type"] == "function" and openai[-1]["parameters"]["properties"] == {"url": {"type": "string"}}
    assert "Examples" not in openai[-1]["description"]


class Foreign:
    """What counts of BrowserGym's own action set."""

    action_set = {"click": 1, "noop": 1, "their_own": 1}
    multiaction, strict, retry_with_force = False, True, True

    def to_python_code(self, action: str) -> str:
        raise AssertionError("code is never asked for")


def test_an_action_mapping_is_taken_over_and_never_run() -> None:
    mine = ActionSet("bid")
    assert action_set_of(mine.to_python_code) == (mine, None)
    theirs, before = action_set_of(Foreign().to_python_code)
    assert before is None and list(theirs.action_set) == ["noop", "click"]
    assert (theirs.multiaction, theirs.strict, theirs.retry_with_force) == (False, True, True)
    everything, before = action_set_of(str.strip)
    assert before is str.strip and len(everything.action_set) == 33
    assert action_set_of(None)[1] is None
    assert action_set_of(SimpleNamespace(action_set=[]))[1] is not None


def test_the_canonical_text_of_an_action_is_what_it_says() -> None:
    assert ActionSet().to_python_code("So: click( \"1\" )  fill('2',value='x')") == "click('1')\nfill('2', value='x')\n"

"""Episodes in others' formats: what each writer makes of one, and that it can be read back. Needs no browser."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from webagent import cli
from webagent.datasets import write_episode
from webagent.datasets.readers import reader
from webagent.datasets.writers import FOLDERS, TEXTS, Source, writer
from webagent.datasets.writers.browsergym import actions
from webagent.datasets.writers.locators import locator
from webagent.envs.browsergym.grammar import find_calls
from webagent.envs.errors import UnknownName, UsageError
from webagent.envs.types import Action, ActionTree, Element, Episode, Observation, Step, Tab, Task

CAN = ("actionable", "visible")
HERE = "http://127.0.0.1:9/"


def element(ref: str, role: str, name: str, **more: Any) -> Element:
    states = (*CAN, *more.pop("states", ()))
    return Element(ref, role, more.pop("tag", role), name, states=states, box=(10, 10, 100, 20), **more)


PAGE = ActionTree(
    (
        element("e1", "button", "Save", tag="button"),
        element("e2", "textbox", "User name", tag="input:text"),
        element("e3", "checkbox", "Weekly mail", tag="input:checkbox"),
        element("e4", "combobox", "Country", tag="select"),
        element("e5", "textbox", "Password", tag="input:password", value="••••••••"),
        element("e6", "iframe", "", tag="iframe"),
        element("f1e1", "button", "Inside", tag="button", parent="e6", depth=1),
        element("e7", "listbox", "Toppings", tag="select", states=("multiple",)),
        element("e8", "option", "Ham", tag="option", parent="e7", depth=1, states=("selected",)),
        element("e9", "option", "Corn", tag="option", parent="e7", depth=1),
        element("e10", "textbox", "Notes", tag="textarea", value="so far"),
    ),
    viewport=(1280, 720),
)
TICKED = replace(
    PAGE, elements=tuple(replace(e, states=(*e.states, "checked")) if e.ref == "e3" else e for e in PAGE.elements)
)
DIALOG = (
    element("d1", "alertdialog", "Sure?"), element("d2", "button", "OK"), element("d3", "button", "Cancel"),
    element("d4", "textbox", "", value="me"),
)  # fmt: skip
ASKS = replace(PAGE, elements=(*PAGE.elements, *DIALOG))


def seen(tree: ActionTree = PAGE, tabs: int = 1, front: int = 0, url: str = HERE) -> Observation:
    views = tuple(Tab(url, active=n == front) for n in range(tabs))
    return Observation("Do it", url, "A page", views, tree)


def episode_of(*steps: tuple[Action, Observation], final: Observation | None = None, **more: Any) -> Episode:
    made = tuple(Step(observation, action) for action, observation in steps)
    end = final or Observation("Do it", HERE, "A page", steps[-1][1].tabs, TICKED)
    return Episode(Task("recorded.x", "Do it", HERE), made, end, "human", True, more)


def body(*steps: tuple[Action, Observation], signs: tuple[dict[str, Any], ...] = (), **more: Any) -> list[str]:
    """The lines of the exported script that do something."""
    text = _text("playwright", episode_of(*steps, **more), signs)
    ast.parse(text)
    inner = text.partition("page.goto(")[2].partition("\n    return ")[0]
    return [line[4:] for line in inner.splitlines()[1:] if line.strip() and not line.strip().startswith("#")]


def _text(form: str, episode: Episode, signs: tuple[dict[str, Any], ...] = ()) -> str:
    make = writer(form).text
    assert make is not None
    return make(Source(episode, signs))


# ---- locators -------------------------------------------------------------------------------------------------------


def signs_of(**more: Any) -> dict[str, Any]:
    plain = {"places": ["#it"], "sealed": None, "role": "", "name": "", "label": "", "placeholder": "", "test": None}
    return {**plain, "text": "", "draggable": False, "kind": "", **more}


TEST_ID = {"key": "data-testid", "value": "x"}
TWINS = ActionTree(
    (
        element("e1", "listitem", "", tag="li"),
        element("e2", "text", "Ann", tag="span", parent="e1"),
        element("e3", "button", "Delete", tag="button", parent="e1"),
        element("e4", "listitem", "", tag="li"),
        element("e5", "text", "Bob", tag="span", parent="e4"),
        element("e6", "button", "Delete", tag="button", parent="e4"),
        element("e7", "button", "Delete all", tag="button"),
        element("e8", "clickable", "Anything else", tag="div"),
        element("e9", "button", "Close", tag="button"),
        element("e10", "button", "Close", tag="button"),
    )
)


@pytest.mark.parametrize(
    ("ref", "signs", "wanted"),
    [
        ("e7", signs_of(role="button", name="Delete all"), 'get_by_role("button", name="Delete all")'),
        ("e3", signs_of(role="button", name="Delete"),
         'get_by_role("listitem").filter(has_text="Ann").get_by_role("button", name="Delete", exact=True)'),
        ("e3", None,
         'get_by_role("listitem").filter(has_text="Ann").get_by_role("button", name="Delete", exact=True)'),
        ("e10", signs_of(role="button", name="Close"), 'locator("#it")'),
        ("e10", None, 'get_by_role("button", name="Close", exact=True).nth(1)'),
        ("e10", signs_of(role="button", name="Close", test=TEST_ID), 'get_by_test_id("x")'),
        ("e10", signs_of(test={"key": "data-qa", "value": 'a"b'}), 'locator("[data-qa=\\"a\\\\\\"b\\"]")'),
        ("e8", signs_of(text="Anything else"), 'get_by_text("Anything else", exact=True)'),
        ("e8", signs_of(label="else"), 'get_by_label("else", exact=True)'),
        ("e8", signs_of(placeholder="Find"), 'get_by_placeholder("Find", exact=True)'),
        ("e8", signs_of(places=["#a", None, "#it"]),
         'frame_locator("#a").locator("iframe").nth(0).content_frame.locator("#it")'),
    ],
)  # fmt: skip
def test_locators_name_one_element(ref: str, signs: dict[str, Any] | None, wanted: str) -> None:
    tree = TWINS
    if signs and signs["label"]:
        tree = replace(tree, elements=(*tree.elements, element("e11", "textbox", "anything else")))
    assert locator("page", tree.find(ref), tree, signs).code == f"page.{wanted}"


def test_what_has_neither_role_nor_name_is_found_by_its_place_and_said() -> None:
    bare = Element("e1", "graphics-symbol", "rect", box=(20, 30, 40, 10), states=CAN)
    tree = ActionTree((bare,), scroll=(0, 100, 0, 500))
    assert locator("page", bare, tree, None) == ('page.locator("html")', (40, 135), "nothing but its place is known")


def test_a_name_that_is_part_of_another_is_asked_for_exactly() -> None:
    tree = replace(TWINS, elements=TWINS.elements[5:7])
    found = locator("page", tree.find("e6"), tree, signs_of(role="button", name="Delete"))
    assert found.code == 'page.get_by_role("button", name="Delete", exact=True)'


def test_a_closed_root_is_reached_by_the_place_in_its_host() -> None:
    lines = body((Action("click", "e1"), seen()), (Action("type", "e1", "deep"), seen()),
                 signs=({"target": signs_of(sealed=[70, 17])},) * 2)  # fmt: skip
    press = 'page.locator("#it").click(position={"x": 70, "y": 17})  # it lies in a closed shadow root'
    assert lines == [press, press, 'page.keyboard.type("deep")']


# ---- scripts --------------------------------------------------------------------------------------------------------

NAME = 'page.get_by_role("textbox", name="User name")'


@pytest.mark.parametrize(
    ("steps", "wanted"),
    [
        ([Action("click", "e1")], ['page.get_by_role("button", name="Save").click()']),
        ([Action("click", "e1", "right")], ['page.get_by_role("button", name="Save").click(button="right")']),
        ([Action("click", "e1", "Control+left")],
         ['page.get_by_role("button", name="Save").click(modifiers=["Control"])']),
        ([Action("click", "e1", None, (0.5, 0.25))],
         ['page.get_by_role("button", name="Save").click(position={"x": 50, "y": 5})']),
        ([Action("dblclick", "e1")], ['page.get_by_role("button", name="Save").dblclick()']),
        ([Action("hover", "e1")], ['page.get_by_role("button", name="Save").hover()']),
        ([Action("click", "e3")], ['page.get_by_role("checkbox", name="Weekly mail").check()']),
        ([Action("type", "e2", 'a "b"')], [f'{NAME}.fill("a \\"b\\"")']),
        ([Action("clear", "e2")], [f"{NAME}.clear()"]),
        ([Action("clear", "e10"), Action("type", "e10", "new")],
         ['page.get_by_role("textbox", name="Notes").fill("new")']),
        ([Action("type", "e10", " and on")],
         ['page.get_by_role("textbox", name="Notes").press("ControlOrMeta+End")',
          'page.get_by_role("textbox", name="Notes").press_sequentially(" and on")']),
        ([Action("type", "e5", "{{secret:PASS-WORD}}")], ['page.get_by_label("Password").fill(secret("PASS_WORD"))']),
        ([Action("type", None, "x")], ['page.keyboard.type("x")']),
        ([Action("select", "e4", "Chile")], ['page.get_by_role("combobox", name="Country").select_option("Chile")']),
        ([Action("select", "e7", "Corn")],
         ['page.get_by_role("listbox", name="Toppings").select_option(["Ham", "Corn"])']),
        ([Action("click", "e8", "Control+left")],
         ['page.get_by_role("listbox", name="Toppings").select_option([])']),
        ([Action("press", "e2", "ctrl+Enter")], [f'{NAME}.press("Control+Enter")']),
        ([Action("press", None, "Escape")], ['page.keyboard.press("Escape")']),
        ([Action("scroll", None, "down")], ['page.evaluate("window.scrollBy(0, 576)")']),
        ([Action("scroll", "e1", "left")],
         ['page.get_by_role("button", name="Save").hover()', "page.mouse.wheel(-80, 0)"]),
        ([Action("upload", "e2", "a.txt\nb.txt")], [f'{NAME}.set_input_files([FILES / "a.txt", FILES / "b.txt"])']),
        ([Action("goto", text="http://b/")], ['page.goto("http://b/")']),
        ([Action("back"), Action("forward")], ["page.go_back()", "page.go_forward()"]),
        ([Action("wait")], ["page.wait_for_timeout(1000)"]),
        ([Action("answer", text="42")], ['print("42")']),
        ([Action("click", "f1e1")],
         ['page.locator("iframe").nth(0).content_frame.get_by_role("button", name="Inside").click()']),
        ([Action("drag", "e1", "e2")],
         [f'drag(page, page.get_by_role("button", name="Save"), (50, 10), {NAME}, (50, 10))']),
    ],
    ids=lambda value: str(value[0]) if isinstance(value[0], Action) else "",
)  # fmt: skip
def test_actions_are_said_in_playwrights_words(steps: list[Action], wanted: list[str]) -> None:
    assert body(*((action, seen()) for action in steps)) == wanted


def test_a_native_drag_is_playwrights_own() -> None:
    made = body((Action("drag", "e1", "e2"), seen()), signs=({"target": signs_of(draggable=True)},))
    assert made == [f'page.locator("#it").drag_to({NAME}, source_position={{"x": 50, "y": 10}}, '
                    'target_position={"x": 50, "y": 10})']  # fmt: skip


def test_dialogs_are_answered_before_they_open() -> None:
    save = 'page.get_by_role("button", name="Save").click()'
    one = body((Action("click", "e1"), seen()), (Action("clear", "d4"), seen(ASKS)),
               (Action("type", "d4", "Ada"), seen(ASKS)), (Action("click", "d2"), seen(ASKS)))  # fmt: skip
    assert one == ['page.once("dialog", lambda dialog: dialog.accept("Ada"))', save]
    two = body((Action("click", "e1"), seen()), (Action("click", "d2"), seen(ASKS)),
               (Action("click", "d3"), seen(ASKS)))  # fmt: skip
    assert two == ['answer_dialogs(page, lambda dialog: dialog.accept("me"), lambda dialog: dialog.dismiss())', save]


def test_tabs_have_variables_of_their_own() -> None:
    lines = body(
        (Action("click", "e1"), seen()), (Action("click", "e1"), seen(tabs=2, front=1)),
        (Action("close_tab"), seen(tabs=2, front=1)), (Action("new_tab"), seen()),
        (Action("switch_tab", text="0"), seen(tabs=2, front=1)), (Action("back"), seen(tabs=2)),
    )  # fmt: skip
    assert lines == [
        "with page.expect_popup() as opened:", '    page.get_by_role("button", name="Save").click()',
        "page1 = opened.value", 'page1.get_by_role("button", name="Save").click()', "page1.close()",
        "page2 = page.context.new_page()", "page.bring_to_front()", "page.go_back()",
    ]  # fmt: skip


def test_what_failed_is_left_out_and_said() -> None:
    step = Step(seen(), Action("click", "e1"), error="it is covered")
    text = _text("playwright", replace(episode_of((Action("back"), seen())), steps=(step,)))
    assert "# left out, for it failed: it is covered" in text and ".click()" not in text


def test_the_test_asks_for_the_end() -> None:
    saved = replace(TICKED, elements=(*TICKED.elements, element("e20", "text", "All is saved")))
    final = replace(seen(saved), goal="Do it")
    text = _text("pytest", episode_of((Action("click", "e3"), seen()), final=final))
    ast.parse(text)
    assert text.partition("recorded\n")[2].split() == [
        "if", '"WEBAGENT_START"', "not", "in", "os.environ:",
        f'expect(page).to_have_url("{HERE}")', 'expect(page).to_have_title("A', 'page")',
        'expect(page.get_by_text("All', "is", 'saved").first).to_be_visible()',
        'expect(page.get_by_role("checkbox",', 'name="Weekly', 'mail")).to_be_checked()',
    ]  # fmt: skip


def test_a_task_without_an_address_makes_no_script(tmp_path: Path) -> None:
    bare = episode_of((Action("back"), seen()))
    with pytest.raises(UsageError, match="expected an address to start from, found ''"):
        _text("playwright", replace(bare, task=Task("miniwob.x", "g", "")))


# ---- data -----------------------------------------------------------------------------------------------------------

ALL = episode_of(
    (Action("click", "e1", None, (0.25, 0.5)), seen()), (Action("type", "e2", "Ad\u2028a"), seen()),
    (Action("done"), seen(TICKED)), problems=["none"],
)  # fmt: skip


def test_jsonl_comes_back_as_the_same_episode(tmp_path: Path) -> None:
    path = tmp_path / "two.jsonl"
    path.write_text(_text("jsonl", ALL) * 2, encoding="utf-8")
    assert list(reader("jsonl").read(str(path), pytest.fail)) == [ALL, ALL]
    first = json.loads(path.read_text(encoding="utf-8").split("\n")[0])
    assert first["op"] == "click" and first["element"]["name"] == "Save" and first["words"] == str(ALL.steps[0].action)


@pytest.mark.parametrize(
    ("action", "calls"),
    [
        (Action("click", "e1"), ["click('1')"]),
        (Action("click", "f1e1", "Control+left"), ["click('a1', 'left', ['Control'])"]),
        (Action("click", "e1", None, (0.5, 0.5)), ["mouse_click(60.0, 20.0)"]),
        (Action("type", "e10", " on"), ["fill('10', 'so far on')"]),
        (Action("select", "e4", "Chile"), ["select_option('4', 'Chile')"]),
        (Action("press", "e2", "ctrl+a"), ["press('2', 'Control+a')"]),
        (Action("press", None, "Enter"), ["keyboard_press('Enter')"]),
        (Action("drag", "e1", "e2"), ["drag_and_drop('1', '2')"]),
        (Action("drag", "e1", None, (2.0, 0.5)), ["mouse_drag_and_drop(60.0, 20.0, 210.0, 20.0)"]),
        (Action("scroll", None, "up"), ["scroll(0, -576)"]),
        (Action("new_tab", text="http://b/"), ["new_tab()", "goto('http://b/')"]),
        (Action("switch_tab", text="1"), ["tab_focus(1)"]),
        (Action("answer", text="it's 3"), ['send_msg_to_user("it\'s 3")']),
        (Action("done"), []),
    ],
)
def test_actions_are_said_in_browsergyms_words(action: Action, calls: list[str]) -> None:
    assert actions(action, seen()) == calls
    for call in calls:
        assert len(find_calls(call, strict=True)) == 1  # ours reads what BrowserGym's does


def test_the_page_and_the_action_name_elements_alike() -> None:
    lines = [json.loads(line) for line in _text("browsergym", ALL).split("\n") if line]
    assert [line["action"] for line in lines] == ["mouse_click(35.0, 20.0)", "fill('2', 'Ad\\u2028a')", None]
    assert "\n\t[2] textbox 'User name'" in lines[1]["page"] and lines[2]["why"] == "there is no done"


def test_the_folder_for_hugging_face_says_its_features(tmp_path: Path) -> None:
    make = writer("hf").write
    assert make is not None
    make(Source(ALL, words=("one", "two", "three")), tmp_path)
    table = pq.read_table(tmp_path / "data/train-00000-of-00001.parquet")
    features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    assert set(features) == set(table.column_names) and features["screen"] == {"_type": "Image"}
    assert table["instruction"].to_pylist() == ["one", "two", "three"] and table["name"].to_pylist()[0] == "Save"
    card = (tmp_path / "README.md").read_text()
    assert card.startswith("---\nconfigs:\n") and all(f"| `{name}` |" in card for name in features)
    datasets = pytest.importorskip("datasets", reason="Hugging Face's datasets is not installed")
    assert datasets.load_dataset(str(tmp_path), split="train").num_rows == 3


def test_the_folder_for_minari_is_in_its_layout(tmp_path: Path) -> None:
    make = writer("minari").write
    assert make is not None
    make(Source(ALL), tmp_path)
    head = json.loads((tmp_path / "data/metadata.json").read_text())
    assert (head["total_episodes"], head["total_steps"], head["data_format"]) == (1, 3, "parquet")
    rows = pq.read_table(tmp_path / "data/0/part-0.parquet").to_pylist()
    assert len(rows) == 4 and rows[0]["actions"]["op"] == 0 and rows[-1]["actions"]["action"] is None
    space = json.loads(head["observation_space"])["subspaces"]
    for name, text in rows[1]["observations"].items():
        assert len(text) <= space[name]["max_length"] and set(text) <= set(space[name]["charset"])
    minari = pytest.importorskip("minari", reason="Minari is not installed")
    (episode,) = minari.MinariDataset(tmp_path / "data").iterate_episodes()
    assert len(episode.actions["op"]) == 3 and episode.observations["url"] == [HERE] * 4


# ---- the command ----------------------------------------------------------------------------------------------------


def call(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        cli.main(["export", *args])
    out, err = capsys.readouterr()
    return int(end.value.code or 0), out, err


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    upload = (Action("upload", "e2", "a.txt"), seen())
    folder = write_episode(tmp_path / "kept", episode_of(upload))
    (folder / "uploads").mkdir()
    (folder / "uploads/a.txt").write_text("words")
    return folder


@pytest.mark.parametrize("form", [*TEXTS, *FOLDERS])
def test_every_format_is_written(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, kept: Path, form: str
) -> None:  # fmt: skip
    out = tmp_path / f"made{'.py' if form in ('playwright', 'pytest') else ''}"
    code, told, err = call(capsys, str(kept), "--to", form, "--out", str(out), "--json")
    data = json.loads(told)["data"]
    assert (code, err, data["steps"]) == (0, "", 1) and data["files"] and all(Path(f).is_file() for f in data["files"])
    if out.suffix == ".py":
        assert (tmp_path / "made_files/a.txt").read_text() == "words"
        assert 'Path(__file__).parent / "made_files"' in out.read_text()


def test_a_script_goes_to_stdout_where_no_file_is_named(capsys: pytest.CaptureFixture[str], kept: Path) -> None:
    code, out, err = call(capsys, str(kept), "--to", "playwright")
    assert (code, err) == (0, "") and str(kept / "uploads") in out
    ast.parse(out)


def test_mistakes_are_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path, kept: Path) -> None:
    empty = write_episode(tmp_path / "empty", replace(ALL, steps=()))
    full = str(kept.parent)
    for args, message in (
        ((str(kept), "--to", "playwrite"), "unknown format 'playwrite'"),
        ((str(kept), "--to", "hf"), "expected --out FOLDER"),
        ((str(kept), "--to", "hf", "--out", full), "expected a new or empty folder"),
        ((str(kept), "--to", "jsonl", "--out", str(tmp_path / "no/such")), "cannot be written: No such file"),
        ((str(empty), "--to", "jsonl"), "expected an episode with steps, found none"),
        ((str(tmp_path / "nowhere"), "--to", "jsonl"), "found nothing at"),
    ):
        code, out, err = call(capsys, *args)
        assert (code, out) == (2, "") and message in err.splitlines()[0], args


def test_an_unknown_format_is_told() -> None:
    with pytest.raises(UnknownName, match="minary"):
        writer("minary")

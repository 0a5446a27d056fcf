"""Programs: made of episodes, done again without a model, mended where a page has changed. Needs no browser."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import GOAL, ON, SCRIPT, FakeEnv, scripted

from webagent.envs.errors import DataDamaged, UsageError
from webagent.envs.types import Action, ActionTree, Element, Episode, Observation, Step, Task
from webagent.follow import Follower
from webagent.recorder.compile import compile_episodes
from webagent.recorder.program import FIRST_ROW, NEXT_ROW, Loop, Page, PlacedLoop, Program, fits, place_of
from webagent.recorder.program_file import program_text, read_program, write_program
from webagent.repair import difference, repaired
from webagent.rollout import run_episode

START = "http://shop.test/list.html"


def recorded(env: FakeEnv | None = None, *script: Action) -> Episode:
    return run_episode(env or FakeEnv(), scripted(*(script or SCRIPT)), seed=0, source="human")


def program() -> Program:
    return compile_episodes([recorded()])


def nobody() -> Any:
    raise AssertionError("a program that fits asks nobody")


def played(
    made: Program, env: FakeEnv, policy: Callable[[], Any] = nobody, secrets: Sequence[str] = (), **given: str
) -> tuple[Episode, Follower]:
    follower = Follower(made.filled({k: [v] for k, v in given.items()}, secrets), policy, lambda line: None)
    return run_episode(env, follower.make_agent, seed=0, source="program:x"), follower


class Renamed(FakeEnv):
    """The same site, with the button "Save" under another name."""

    name = ""

    def _observe(self) -> Observation:
        seen = super()._observe()
        told = [dataclasses.replace(e, name="Keep it") if e.ref == "v" else e for e in seen.tree.elements]
        return dataclasses.replace(seen, tree=dataclasses.replace(seen.tree, elements=tuple(told)))


# ---- from an episode ------------------------------------------------------------------------------------------------


def test_what_came_from_the_goal_is_a_parameter_with_its_default() -> None:
    made = program()
    assert [(p.name, p.default, p.examples) for p in made.parameters] == [("name", "Ann", ("Ann",))]
    assert made.goal == GOAL.replace("Ann", "{{name}}")
    assert [(s.op, s.text, s.makes) for s in made.steps if not isinstance(s, Loop)] == [
        ("type", "{{name}}", ()), ("click", None, ()), ("click", None, ("-checked",)), ("click", None, ()),
    ]  # fmt: skip
    first, press, _, save = made.steps
    assert first.page == Page("/sign-in", "Sign-In") and first.fresh
    assert press.after == Page("/settings", "Settings") and "heading Settings" in press.shows
    assert save.words == 'Click "Save"' and save.shows == ("text Saved",)


def test_the_same_is_done_again_without_a_model() -> None:
    env = FakeEnv(max_steps=30)
    episode, follower = played(program(), env)
    assert episode.success and [s.action for s in episode.steps[:4]] == list(SCRIPT[:4])
    assert (follower.model_calls, follower.steps_done, follower.repairs) == (0, 4, [])


def test_another_value_goes_where_the_recorded_one_went() -> None:
    episode, _ = played(program(), FakeEnv(max_steps=8), lambda: scripted(Action("give_up", text="no")), name="Bea")
    assert episode.steps[0].action == Action("type", "n", "Bea")


def test_what_holds_already_is_not_undone() -> None:
    class Off(FakeEnv):
        def reset(self, **more: Any) -> Any:
            answer = super().reset(**more)
            self.mail = False
            return answer

    episode, _ = played(program(), Off(max_steps=30))
    assert episode.success and Action("click", "w") not in [s.action for s in episode.steps]


@pytest.mark.parametrize("success", [False, None])
def test_only_a_success_becomes_a_program(success: bool | None) -> None:
    with pytest.raises(UsageError, match="expected an episode that succeeded"):
        compile_episodes([dataclasses.replace(recorded(), success=success)])


def test_an_episode_without_steps_is_told() -> None:
    for steps in ((), recorded().steps[-1:]):
        with pytest.raises(UsageError, match="expected an episode with steps"):
            compile_episodes([dataclasses.replace(recorded(), steps=steps)])


def test_failed_steps_and_waits_are_left_out() -> None:
    covered = recorded(FakeEnv(max_steps=20), Action("click", "x"), Action("wait"), *SCRIPT)
    assert len(compile_episodes([covered]).steps) == 4


# ---- values ---------------------------------------------------------------------------------------------------------


def secretive() -> Program:
    episode = recorded()
    typed = dataclasses.replace(episode.steps[0], action=Action("type", "n", "{{secret:pin}}"))
    return compile_episodes([dataclasses.replace(episode, steps=(typed, *episode.steps[1:]))])


def test_a_secret_has_no_default_and_is_never_written() -> None:
    made = secretive()
    assert [(p.name, p.secret, p.default) for p in made.parameters] == [("pin", True, None)]
    with pytest.raises(UsageError, match="missing argument 'pin', a secret"):
        made.filled({})
    with pytest.raises(UsageError, match="never written out"):
        made.filled({"pin": ["1234"]}, ["pin"])
    assert made.filled({}, ["pin"]).todo[0].step.text == "{{secret:pin}}"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("given", "message"),
    [({"nam": ["x"]}, "unknown argument 'nam'"), ({"name": ["x", "y"]}, "given 2 times")],
)
def test_wrong_arguments_are_told(given: dict[str, list[str]], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        program().filled(given)


def with_name(name: str, skip: int | None = None) -> Episode:
    """The site's episode of another person."""

    def renamed(value: Any) -> Any:
        return json.loads(json.dumps(value).replace("Ann", name))

    from webagent.envs.types import from_json, to_json

    episode: Episode = from_json(Episode, renamed(to_json(recorded())))
    return dataclasses.replace(episode, steps=tuple(s for n, s in enumerate(episode.steps) if n != skip))


def test_what_differs_between_episodes_must_be_given() -> None:
    made = compile_episodes([recorded(), with_name("Bea Olsen")])
    assert [(p.name, p.default, p.examples) for p in made.parameters] == [("name", None, ("Ann", "Bea Olsen"))]
    with pytest.raises(UsageError, match="missing argument 'name'"):
        made.filled({})
    assert compile_episodes([recorded(), recorded()]).parameters == (), "what is equal stays"


def test_a_step_that_some_do_without_is_optional() -> None:
    made = compile_episodes([recorded(), with_name("Ann", skip=2)])
    assert [s.optional for s in made.steps if not isinstance(s, Loop)] == [False, False, True, False]


def test_episodes_of_other_tasks_are_refused() -> None:
    other = shop_episode([("hover", None), ("press", "Escape")])
    with pytest.raises(UsageError, match="expected episodes of one task"):
        compile_episodes([recorded(), other])


# ---- loops ----------------------------------------------------------------------------------------------------------


def shop_page(rows: Sequence[str], ticked: Sequence[str] = (), said: str = "") -> Observation:
    elements = [
        Element("h", "heading", "h1", "List", box=(10, 5, 100, 20)),
        Element("i", "textbox", "input", "Item", said, box=(10, 30, 100, 20), states=(*ON, "editable")),
        Element("a", "button", "button", "Add", box=(120, 30, 60, 20), states=ON),
    ]
    for n, row in enumerate(rows):
        box = (10.0, 60.0 + 30 * n, 20.0, 20.0)
        state = ("checked",) if row in ticked else ()
        elements.append(Element(f"c{row}", "checkbox", "input", "Done", box=box, states=(*ON, *state), context=row))
        elements.append(Element(f"x{row}", "button", "button", "Remove", box=(200, box[1], 60, 20), states=ON))
    return Observation("g", START, "List", tree=ActionTree(tuple(elements), viewport=(640, 480)))


def shop_episode(actions: Sequence[tuple[str, str | None]], rows: Sequence[str] = ("p", "q", "r")) -> Episode:
    """``actions``: op and text on the field; ``add``; ``tick ROW``; ``remove ROW``."""
    there, ticked, said = list(rows), list[str](), ""
    steps = []
    for op, text in actions:
        seen = shop_page(there, ticked, said)
        if op == "type":
            action, said = Action("type", "i", text), text or ""
        elif op == "add":
            action, there, said = Action("click", "a"), [*there, said], ""
        elif op == "tick":
            action, ticked = Action("click", f"c{text}"), [*ticked, str(text)]
        elif op == "remove":
            action, there = Action("click", f"x{text}"), [r for r in there if r != text]
        else:
            action = Action(op, "i", text)  # type: ignore[arg-type]
        steps.append(Step(seen, action))
    task = Task("shop", "Put milk and then bread and also eggs on the list", START)
    return Episode(task, tuple(steps), shop_page(there, ticked, said), "human", True)


def test_a_block_over_values_is_a_loop_over_a_list() -> None:
    made = compile_episodes(
        [shop_episode([p for v in ("milk", "bread", "eggs") for p in (("type", v), ("add", None))])]
    )
    (loop,) = made.steps
    assert isinstance(loop, Loop) and [s.op for s in loop.steps] == ["type", "click"]
    assert [(p.name, p.many, p.default) for p in made.parameters] == [("items", True, ["milk", "bread", "eggs"])]
    todo = made.filled({"items": ["tea", "jam"]}).todo
    assert [p.step.text for p in todo if not isinstance(p, PlacedLoop)] == ["tea", None, "jam", None]


@pytest.mark.parametrize(("op", "over"), [("tick", NEXT_ROW), ("remove", FIRST_ROW)])
def test_a_step_on_every_row_is_a_loop_over_the_rows_that_are_there(op: str, over: str) -> None:
    made = compile_episodes([shop_episode([(op, row) for row in "pqr"])])
    (loop,) = made.steps
    assert isinstance(loop, Loop) and loop.over == over
    follower = Follower(made.filled({}), nobody, lambda line: None)
    agent = follower.make_agent(Task("x", "", START), np.random.default_rng(0))
    there, ticked, did = ["k", "l", "m", "n"], list[str](), []
    for _ in range(4):
        action = agent(shop_page(there, ticked)).actions[0]  # type: ignore[union-attr]
        did.append(action.target)
        ticked.append((action.target or "")[1:])
        there = [r for r in there if op == "tick" or r != ticked[-1]]
    assert did == [f"{'c' if op == 'tick' else 'x'}{row}" for row in "klmn"]


def test_some_of_the_rows_are_no_loop_and_the_same_thrice_is_counted() -> None:
    some = compile_episodes([shop_episode([("tick", "p"), ("tick", "q")])])
    assert [s.op for s in some.steps] == ["click", "click"]
    counted = compile_episodes([shop_episode([("press", "ArrowDown")] * 4)])
    (loop,) = counted.steps
    assert isinstance(loop, Loop) and loop.times == 4
    assert len(counted.filled({}).todo) == 4


# ---- on disk --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("made", [program, secretive], ids=["plain", "secret"])
def test_on_disk_and_back_is_the_same(made: Callable[[], Program], tmp_path: Path) -> None:
    loops = compile_episodes([shop_episode([("tick", row) for row in "pqr"])])
    for one in (made(), loops):
        assert read_program(write_program(one, tmp_path / "p.json")) == one
    assert [p.name for p in tmp_path.iterdir()] == ["p.json"]


DAMAGES = [
    ({"program": 2}, "expected a program of version 1, found version 2"),
    ({"program": None}, "found no program"),
    ({"steps": [{"op": "exec"}]}, "expected an op of"),
    ({"steps": [{"op": "type", "text": "{{nobody}}"}]}, "no parameter 'nobody'"),
    ({"steps": [{"op": "click", "target": {"role": 3}}]}, "role should be str"),
    ({"steps": [{"op": "click", "colour": "red"}]}, "unknown field 'colour'"),
    ({"steps": [{"op": "for", "over": "things", "steps": [{"op": "back"}]}]}, "no list parameter 'things'"),
    ({"steps": {}}, "expected a list"),
    ({"goal": None}, "goal should be str"),
]


@pytest.mark.parametrize(("change", "message"), DAMAGES, ids=[str(d[0])[:40] for d in DAMAGES])
def test_what_is_no_program_is_told_in_one_line(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text(json.dumps(json.loads(program_text(program())) | change))
    with pytest.raises(DataDamaged, match=message) as told:
        read_program(path)
    assert "\n" not in str(told.value)


def test_places_and_patterns() -> None:
    assert fits("/order/*/pay", "/order/17/pay") and not fits("/order/*", "/orders")
    assert place_of("http://a.test/x?y=1#z", "http://a.test/") == "/x#z"
    assert place_of("http://b.test/x", "http://a.test/") == "b.test/x"
    assert place_of("http://127.0.0.1:9/d/x.html", "http://127.0.0.1:9/d/a.html", True) == "./x.html"
    assert place_of("file:///home/me/x.html", "file:///home/me/a.html", True) == "./x.html"


# ---- where it does not fit ------------------------------------------------------------------------------------------


def clicking_by_name(asked: list[str]) -> Callable[[], Any]:
    """A policy that clicks what its goal names in quotes, and is then done."""

    def make_agent(task: Task, rng: Any) -> Any:
        asked.append(task.goal)
        wanted = task.goal.split('"')[1]
        once: Iterator[int] = iter([1])

        def propose(seen: Observation) -> Action:
            target = next((e.ref for e in seen.tree.elements if e.name == wanted), None)
            return Action("click", target) if target and next(once, 0) else Action("give_up", text="nothing like it")

        return propose

    return lambda: make_agent


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webagent.follow.MOST_WAITS", 1)


@pytest.mark.usefixtures("impatient")
def test_a_renamed_button_is_mended_by_the_policy_and_the_difference_shown() -> None:
    asked: list[str] = []
    made = program()
    episode, follower = played(made, Renamed(max_steps=30), clicking_by_name(asked))
    assert episode.success and asked == ['Click "Keep it"'] and follower.model_calls == 1
    mended = repaired(follower, "http://fake.test/")
    assert mended is not None and [s.words for s in mended.steps if not isinstance(s, Loop)][-1] == 'Click "Keep it"'
    diff = difference(made, mended, "program.json")
    changed = [line for line in diff.splitlines() if line[:1] in "+-" and '"name"' in line]
    assert changed == ['-        "name": "Save",', '+        "name": "Keep it",']
    again, after = played(mended, Renamed(max_steps=30))
    assert again.success and after.model_calls == 0


@pytest.mark.usefixtures("impatient")
def test_a_policy_that_does_something_else_mends_nothing() -> None:
    class Gone(FakeEnv):
        def _observe(self) -> Observation:
            seen = super()._observe()
            kept = tuple(e for e in seen.tree.elements if e.ref != "v")
            return dataclasses.replace(seen, tree=dataclasses.replace(seen.tree, elements=kept))

    episode, follower = played(program(), Gone(max_steps=30), lambda: scripted(Action("done")))
    assert (not episode.success and follower.repairs == []) or follower.repairs[-1].rest


@pytest.mark.usefixtures("impatient")
def test_an_element_under_nearly_the_same_name_needs_nobody_and_is_shown() -> None:
    class Nearly(FakeEnv):
        def _observe(self) -> Observation:
            seen = super()._observe()
            told = [dataclasses.replace(e, name="The weekly mail") if e.ref == "w" else e for e in seen.tree.elements]
            return dataclasses.replace(seen, tree=dataclasses.replace(seen.tree, elements=tuple(told)))

    episode, follower = played(program(), Nearly(max_steps=30))
    assert episode.success and follower.model_calls == 0
    mended = repaired(follower, "http://fake.test/")
    assert mended is not None and '"name": "The weekly mail"' in program_text(mended)

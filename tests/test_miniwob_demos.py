"""Human demonstrations of MiniWoB++: what a person did becomes our actions, on trees like our own."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from demo_pages import BUTTON, archive, click, event, key, mixed, node, packed, page, record

from webagent.datasets.readers import reader
from webagent.envs.errors import UsageError
from webagent.envs.types import Episode


def read(path: Path) -> tuple[list[Episode], dict[str, str]]:
    refused: dict[str, str] = {}
    return list(reader("miniwob-demos").read(str(path), refused.__setitem__)), refused


def one(folder: Path, demo: dict[str, Any]) -> tuple[list[str], Episode | None, str]:
    """The actions of one demonstration, as ``op name text``; its episode, or why there is none."""
    folder.joinpath("in").mkdir()
    (folder / "in" / "click-button_A_d1.json.gz").write_bytes(packed(demo))
    episodes, refused = read(folder / "in")
    if not episodes:
        return [], None, next(iter(refused.values()))
    said = []
    for step in episodes[0].steps:
        target = step.observation.tree.find(step.action.target or "")
        said.append(" ".join(p for p in (step.action.op, target.name or target.hint, step.action.text) if p))
    return said, episodes[0], ""


def field(value: str, ref: int = 5, **more: Any) -> dict[str, Any]:
    return node("INPUT_text", ref, value=value, text="", **more)


def form(value: str, **more: Any) -> dict[str, Any]:
    return page(node("LABEL", 4, text="Name"), field(value, **more), node("BUTTON", 6, text="Submit"))


def boxes(*ticked: bool, ref: int = 1) -> dict[str, Any]:
    rows = [
        node("LABEL", 10 * i, node("INPUT_checkbox", 10 * i + 1, value=on), {**node("t", -i), "text": f"box{i}"})
        for i, on in enumerate(ticked, 1)
    ]
    return page(*rows, node("BUTTON", 6, text="Submit"), ref=ref + 100)


def test_a_click_is_one_step_on_a_tree_like_ours(tmp_path: Path) -> None:
    said, episode, _ = one(tmp_path, record(click(BUTTON, 5), goal=" Press Go. ", fields={"by": "Bo"}))
    assert said == ["click Go"] and episode is not None and episode.success
    assert episode.task.id == "miniwob.click-button" and episode.task.goal == "Press Go."
    assert episode.info == {"reward": 0.5, "raw_reward": 1, "fields": {"by": "Bo"}, "file": "click-button_A_d1.json.gz"}
    (step,) = episode.steps
    assert step.terminated and step.reward == 1
    goal, button = step.observation.tree.elements
    assert (goal.role, goal.tag, goal.name, goal.states) == ("text", "div", "Press Go.", ("visible",))
    assert (button.role, button.tag, button.box) == ("button", "button", (2, 60, 90, 20))
    assert button.states == ("actionable", "visible")


def test_what_happens_in_a_field_is_one_type(tmp_path: Path) -> None:
    typed = [*click(form(""), 5), *key(form(""), 5), *key(form("B"), 5), *key(form("Bx"), 5, 8), *key(form("B"), 5)]
    said, episode, _ = one(tmp_path, record(typed, click(form("Bo"), 6)))
    assert said == ["type Name Bo", "click Submit"] and episode is not None
    assert episode.steps[0].observation.tree.elements[2].value == ""
    assert episode.steps[1].observation.tree.elements[2].value == "Bo"
    assert "focused" not in episode.steps[0].observation.tree.elements[2].states


def test_a_field_corrected_later_is_typed_once(tmp_path: Path) -> None:
    def two(first: str, second: str) -> dict[str, Any]:
        return page(field(first), field(second, ref=6), node("BUTTON", 7, text="Submit"))

    acts = [*key(two("", ""), 5), *key(two("a", ""), 6), *key(two("a", "b"), 5), *click(two("c", "b"), 7)]
    said, episode, _ = one(tmp_path, record(acts))
    assert [s.split()[0] for s in said] == ["type", "type", "click"] and episode is not None
    assert [s.action.text for s in episode.steps] == ["c", "b", None]
    assert episode.steps[1].observation.tree.elements[1].value == "c"


def test_passwords_are_masked(tmp_path: Path) -> None:
    def secret(value: str) -> dict[str, Any]:
        return page(node("INPUT_password", 5, value=value, text=""), node("BUTTON", 6, text="Login"))

    _, episode, _ = one(tmp_path, record(key(secret(""), 5), click(secret("hi"), 6)))
    assert episode is not None and episode.steps[0].action.text == "hi"
    shown = episode.steps[1].observation.tree.elements[1]
    assert (shown.value, shown.tag) == ("••••", "input:password") and shown.has("password")


def test_times_are_typed_as_the_goal_writes_them(tmp_path: Path) -> None:
    def clock(value: str) -> dict[str, Any]:
        return page(node("INPUT_time", 5, value=value, text=""), node("BUTTON", 6, text="Submit"))

    demo = record(key(clock(""), 5), click(clock("14:05"), 6), goal="Enter 2:05 PM as the time and press submit.")
    said, _, _ = one(tmp_path, demo)
    assert said[0].endswith(" 2:05 PM")


def test_detours_are_cut(tmp_path: Path) -> None:
    off, on, both = boxes(False, False), boxes(True, False), boxes(True, True)
    wandering = [*click(off, 10), *click(on, 20), *click(both, 21), *click(on, 102)]
    said, _, _ = one(tmp_path, record(wandering, click(on, 6)))
    assert said == ["click box1", "click Submit"]


def test_a_click_on_a_label_is_one_on_its_box(tmp_path: Path) -> None:
    off, on = boxes(False), boxes(True)
    passed_on = [*click(off, 10), *event("click", off, 11)]
    said, episode, _ = one(tmp_path, record(passed_on, click(on, 6)))
    assert said == ["click box1", "click Submit"] and episode is not None
    assert episode.steps[1].observation.tree.elements[1].has("checked")
    assert len(episode.steps[0].observation.tree.elements) == 3


def test_a_click_made_by_a_key_counts(tmp_path: Path) -> None:
    said, _, _ = one(tmp_path, record(key(form(""), 5), key(form("Bo"), 5, 13), event("click", form("Bo"), 6)))
    assert said == ["type Name Bo", "click Submit"]


def test_scrolling_is_left_to_the_click(tmp_path: Path) -> None:
    def mails(down: float, ref: int = 20) -> dict[str, Any]:
        rows = [
            node("DIV", ref + i, box=(2, 52 + 40 * i - down, 140, 40), classes="email-thread", text=f"mail{i}")
            for i in range(6)
        ]
        return page(node("DIV", 10, *rows, box=(2, 52, 155, 150), id="main"))

    scroll = [{"time": 5, "action": {"type": "scroll", "timing": 1}, "dom": mails(60)}]
    said, episode, _ = one(tmp_path, record(event("mousemove", mails(0), 10), scroll, click(mails(90), 25)))
    assert said == ["click mail5"] and episode is not None
    region, *rows = episode.steps[0].observation.tree.elements[1:]
    assert region.scroll == (0, 0, 0, 90) and region.has("scrollable")
    assert rows[5].box[1] == 252 and not rows[5].has("visible") and rows[0].has("visible")


def test_a_list_takes_what_is_chosen_in_the_end(tmp_path: Path) -> None:
    def options(chosen: int | None) -> dict[str, Any]:
        rows = [
            node("OPTION", i, text=f"o{i}", **({"bgColor": "rgb(200, 200, 200)"} if i == chosen else {}))
            for i in (7, 8)
        ]
        return page(node("SELECT", 5, *rows, box=(2, 60, 90, 60)), node("BUTTON", 6, text="Submit"))

    acts = [*click(options(None), 7), *click(options(7), 8), *click(options(8), 6)]
    said, _, _ = one(tmp_path, record(acts))
    assert said == ["select Press Go. o8", "click Submit"]


@pytest.mark.parametrize(
    ("demo", "why"),
    [
        (record(click(page(node("SELECT", 5), node("BUTTON", 6, text="Submit")), 5)), "has a closed list"),
        (record(click(BUTTON, 3)), "target not listed"),
        (record(key(BUTTON, 1)), "no action left"),
        (record(click(BUTTON, 5), goal=" "), "no goal"),
        (record(click(boxes(False), 11)), "does not end as the task does"),
        (record(key(form("x"), 5), click(form("y"), 6)), "text replaced in a filled field"),
        (record(*(click(boxes(*[i < n for i in range(40)]), 10 * n + 11) for n in range(40))), "more than 30 steps"),
        (record(key(form("", classes="hasDatepicker"), 5), click(form("1", classes="hasDatepicker"), 6)), "typed into"),
        ({"states": 5}, "not a demonstration"),
        (record(click({"ref": 1, "children": []}, 1)), "not a sound dump"),
    ],
)
def test_what_cannot_be_told_is_refused(demo: dict[str, Any], why: str, tmp_path: Path) -> None:
    assert one(tmp_path, demo)[2].startswith(why)


def test_nodes_that_share_a_number_are_told_apart(tmp_path: Path) -> None:
    twins = page(node("BUTTON", 3, text="Go"), node("BUTTON", 1, text="Stop"))
    states = click(twins, 0)
    for state in states:
        state["dom"]["children"][0]["children"][0]["children"][0]["recordingTarget"] = True
    said, _, _ = one(tmp_path, record(states))
    assert said == ["click Go"]


def test_events_after_the_end_do_not_count(tmp_path: Path) -> None:
    anew = page(node("BUTTON", 45, text="Go"), ref=41)
    said, episode, _ = one(tmp_path, record(click(BUTTON, 5), click(anew, 45)))
    assert said == ["click Go"] and episode is not None


def test_other_spacing_reads_the_same(tmp_path: Path) -> None:
    demo = record(key(form(""), 5), click(form("Bo"), 6))
    for n, more in enumerate(({"separators": (",", ":")}, {"indent": 2}, {"sort_keys": True})):
        (tmp_path / f"click-button_{n}_d1.json.gz").write_bytes(gzip.compress(json.dumps(demo, **more).encode()))
    episodes, refused = read(tmp_path)
    assert not refused and len(episodes) == 3 and len(episodes[0].steps) == 2
    assert all(e.steps == episodes[0].steps for e in episodes)


def test_each_refusal_has_its_reason(tmp_path: Path) -> None:
    episodes, refused = read(mixed(tmp_path))
    assert len(episodes) == 2
    assert {k.split("/")[-1].split(".")[0]: v for k, v in refused.items()} == {
        "linked": "a link to a file that is not here", "failed": "failed", "partial": "partial success",
        "cut": "damaged gzip", "other": "not a demonstration", "empty": "nothing recorded",
    }  # fmt: skip


def test_what_holds_no_demonstration_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for wrong in (tmp_path / "empty", archive(tmp_path / "none.tar", {})):
        with pytest.raises(UsageError, match=r"expected .* found"):
            read(wrong)

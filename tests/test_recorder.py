"""The recorder's pure parts, and what lies on disk at any moment. Needs no browser and no display."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.async_api import Error as PlaywrightError

from webagent.datasets import read_episode
from webagent.datasets.corpus import Corpus
from webagent.envs.errors import BrowserMissing, UsageError
from webagent.envs.types import Action, ActionTree, Element, Observation, Step
from webagent.recorder.acts import Unrecordable, actions_of
from webagent.recorder.aim import meant, tree_before
from webagent.recorder.masking import MASK, Masking
from webagent.recorder.match import match
from webagent.recorder.narration import guessed_goal, instructions, sentence
from webagent.recorder.plan import Plan
from webagent.recorder.record import record
from webagent.recorder.store import Store
from webagent.recorder.travel import Place, Travels, moves, place_of
from webagent.vault import Secrets

CAN = ("actionable", "visible")


def element(ref: str, role: str, name: str, **more: Any) -> Element:
    return Element(ref, role, more.pop("tag", role), name, states=CAN, box=more.pop("box", (0, 0, 100, 20)), **more)


def tree_of(*elements: Element) -> ActionTree:
    return ActionTree(elements, viewport=(1280, 720))


PAGE = tree_of(
    element("e1", "button", "Save", box=(10, 10, 80, 20)),
    element("e2", "textbox", "User name", box=(10, 40, 80, 20)),
    element("e3", "checkbox", "Weekly mail", box=(10, 70, 20, 20)),
    Element("e4", "iframe", "iframe", box=(100, 100, 300, 200)),
    element("f1e1", "button", "Inside", parent="e4", depth=1),
)


def row(number: int, role: str, name: str, parent: int = -1, tag: str = "") -> list[Any]:
    return [number, role, tag or role, name, "", [5, 5, 50, 20], list(CAN), parent, None, None, "", "", ""]


# ---- aiming ---------------------------------------------------------------------------------------------------------


def test_the_tree_of_an_event_keeps_what_lies_in_other_frames() -> None:
    raw = {
        "rows": [row(1, "button", "Saved"), row(4, "iframe", "")],
        "dropped": 0, "view": [1280, 720], "scroll": [0, 0, 0, 0],
    }  # fmt: skip
    tree = tree_before(raw, PAGE)
    assert [(e.ref, e.name, e.parent) for e in tree.elements] == [
        ("e1", "Saved", None), ("e4", "", None), ("f1e1", "Inside", "e4"),
    ]  # fmt: skip


def test_an_event_in_a_frame_renews_that_frame_alone() -> None:
    raw = {"rows": [row(7, "link", "New")], "dropped": 0, "view": [300, 200], "scroll": [0, 0, 0, 0]}
    tree = tree_before(raw, PAGE, "f1", (100.0, 100.0, 1.0), PAGE.find("e4"))
    assert [e.ref for e in tree.elements] == ["e1", "e2", "e3", "e4", "f1e7"]
    assert tree.find("f1e7").box == (105, 105, 50, 20) and tree.viewport == (1280, 720)


def test_the_innermost_element_that_can_be_used_is_meant() -> None:
    tree = tree_of(element("e1", "button", "Outer"), Element("e2", "text", "span", "words"))
    found = meant(tree, "", [9, 2, 1])
    assert found is not None and found.ref == "e1"
    assert meant(tree, "", [9]) is None


def message(chain: list[int], **more: Any) -> dict[str, Any]:
    return {"chain": chain, "tag": "button", "count": 1, "keys": ["left"], "xy": [20, 15], **more}


@pytest.mark.parametrize(
    ("kind", "data", "wanted"),
    [
        ("click", message([1]), [Action("click", "e1")]),
        ("click", message([1], keys=["right"]), [Action("click", "e1", "right")]),
        ("click", message([1], keys=["Control", "left"]), [Action("click", "e1", "Control+left")]),
        ("click", message([1], count=2), [Action("dblclick", "e1")]),
        ("click", message([1], tag="canvas"), [Action("click", "e1", None, (0.125, 0.25))]),
        ("type", message([2], clear=False, text="ada"), [Action("type", "e2", "ada")]),
        ("type", message([2], clear=True, text="ada"), [Action("clear", "e2"), Action("type", "e2", "ada")]),
        ("type", message([2], clear=True, text=""), [Action("clear", "e2")]),
        ("press", message([2], keys=["Enter"]), [Action("press", "e2", "Enter")]),
        ("press", message([99], keys=["Control", "k"]), [Action("press", None, "Control+k")]),
        ("scroll", message([], part=1.7, way="down"), [Action("scroll", None, "down")] * 2),
        ("drag", message([1], onto=[3], end=[20, 80]), [Action("drag", "e1", "e3", (0.125, 0.25, 0.5, 0.5))]),
    ],
)
def test_what_was_heard_becomes_actions(kind: str, data: dict[str, Any], wanted: list[Action]) -> None:
    assert actions_of(kind, data, PAGE) == wanted


def test_what_no_tree_lists_is_said_not_guessed() -> None:
    with pytest.raises(Unrecordable, match="click on <button>, which the tree"):
        actions_of("click", message([99]), PAGE)


def test_going_by_the_browser_is_told_from_going_by_the_page() -> None:
    at_two, at_one = Place((1, 2), 1, "http://a/2", "link"), Place((1, 2), 0, "http://a/1", "link")
    assert moves(at_two, at_one, by_page=False) == [Action("back")]
    assert moves(at_one, at_two, by_page=False) == [Action("forward")]
    assert moves(at_two, at_one, by_page=True) == []
    typed = Place((1, 3), 1, "http://b/", "typed")
    assert moves(at_one, typed, by_page=False) == [Action("goto", text="http://b/")]
    assert moves(at_one, typed._replace(how="link"), by_page=False) == []
    reloaded = typed._replace(how="reload", document="D2")
    assert moves(reloaded, reloaded, by_page=False) == []
    assert moves(reloaded, reloaded._replace(document="D3"), by_page=False) == [Action("goto", text="http://b/")]


class BetweenPages:
    """A tab whose browser is not through with a navigation that its page has told of: it refuses ``times`` times."""

    def __init__(self, times: int) -> None:
        self.cdp, self.traffic, self.crashed, self.closed = self, SimpleNamespace(loader="D1"), False, False
        self.left, self.index, self.ids = times, 0, [6]

    async def send(self, method: str) -> dict[str, Any]:
        assert method == "Page.getNavigationHistory"
        self.left -= 1
        if self.left >= 0 or self.closed:
            raise PlaywrightError(f"Protocol error ({method}): Not attached to an active page")
        entries = [{"id": n, "url": f"http://a/{n}", "transitionType": "typed"} for n in self.ids]
        return {"currentIndex": self.index, "entries": entries}


def test_a_browser_that_is_between_two_pages_is_asked_again() -> None:
    tab: Any = BetweenPages(times=3)
    assert asyncio.run(place_of(tab)) == Place((6,), 0, "http://a/6", "typed", "D1")


def test_no_move_is_lost_while_the_browser_is_between_two_pages() -> None:
    async def travel() -> list[list[Action]]:
        tab: Any = BetweenPages(times=2)
        travels = Travels()
        await travels.begin(tab)
        found = []
        for ids, index in (([6, 7], 1), ([6, 7], 0), ([6, 7], 1)):
            tab.left, tab.ids, tab.index = 2, ids, index
            place = await place_of(tab)
            assert place is not None
            found.append(travels.went(tab, time.time(), place))
        return found

    assert asyncio.run(travel()) == [[Action("goto", text="http://a/7")], [Action("back")], [Action("forward")]]


def test_a_tab_that_is_gone_is_not_asked_again() -> None:
    tab: Any = BetweenPages(times=1)
    tab.closed = True
    assert asyncio.run(place_of(tab)) is None and tab.left == 0


# ---- finding again --------------------------------------------------------------------------------------------------


def test_an_element_is_found_again_under_another_ref_and_place() -> None:
    now = tree_of(
        Element("e9", "heading", "h1", "News"),
        *(replace(e, ref=f"e{n}", box=(200, 40 * n, 80, 20)) for n, e in enumerate(PAGE.elements[:3], 20)),
    )
    found = match(PAGE.find("e2"), PAGE, now)
    assert found.element is not None and found.element.ref == "e21"


def test_twins_are_told_apart_by_what_is_beside_them_or_not_at_all() -> None:
    rows = [
        [Element(f"e{n}", "text", "span", name), element(f"e{n + 1}", "button", "Delete", context=name)]
        for n, name in ((1, "Ann"), (3, "Bob"))
    ]
    before = tree_of(*rows[0], *rows[1])
    turned = tree_of(*rows[1], *rows[0])
    found = match(before.find("e2"), before, turned)
    assert found.element is not None and found.element.context == "Ann"
    bare = [element(f"e{n}", "button", "Delete", box=(300, 300, 10, 10)) for n in (1, 2)]
    lost = match(bare[0], tree_of(bare[0]), tree_of(*bare))
    assert lost.element is None and "equally likely" in lost.why


def test_another_name_is_never_taken() -> None:
    now = tree_of(replace(PAGE.find("e1"), name="Delete everything"), *PAGE.elements[1:])
    found = match(PAGE.find("e1"), PAGE, now)
    assert found.element is None and found.why == "no button 'Save' is there"


# ---- words ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (Action("click", "e1"), "Press 'Save'."),
        (Action("click", "e3"), "Tick 'Weekly mail'."),
        (Action("click", "e1", "right"), "Right-click 'Save'."),
        (Action("type", "e2", "ada"), "Type 'ada' into 'User name'."),
        (Action("type", "e2", "{{secret:PIN}}"), "Type the secret PIN into 'User name'."),
        (Action("drag", "e1", "e3", (0.5, 0.5)), "Drag 'Save' to 'Weekly mail'."),
        (Action("goto", text="http://a/"), "Go to http://a/."),
    ],
)
def test_actions_are_told_in_plain_words(action: Action, words: str) -> None:
    assert sentence(action, Observation(tree=PAGE)) == words


def test_a_goal_is_guessed_from_what_matters() -> None:
    seen = Observation(tree=PAGE)
    steps = [Step(seen, a) for a in (Action("type", "e2", "ada"), Action("scroll", text="down"), Action("click", "e1"))]
    assert guessed_goal(steps) == "Type 'ada' into 'User name', then press 'Save'"
    assert instructions(steps)[2] == "3. Press 'Save'."


# ---- secrets --------------------------------------------------------------------------------------------------------


def test_a_secret_is_taken_out_of_everything_from_then_on() -> None:
    masking = Masking(Secrets)
    field = replace(PAGE.find("e2"), name="Pass word", value=MASK)
    assert masking.placeholder(field, "hunter2secret") == "{{secret:PASS_WORD}}" and masking.guarded
    echo = tree_of(field, Element("e8", "text", "p", "Hello hunter2secret"))
    seen = masking.observation(Observation(url="http://a/?q=hunter2secret", tree=echo))
    assert "hunter2secret" not in json.dumps([seen.url, seen.tree.find("e8").name])
    assert masking.placeholder(field, "other") == "{{secret:PASS_WORD_2}}"


# ---- on disk --------------------------------------------------------------------------------------------------------

GROWING = """
import sys, time
from webagent.envs.types import Action, ActionTree, Element, Observation
from webagent.recorder.store import Store
from pathlib import Path
tree = ActionTree((Element("e1", "button", "button", "Save", states=("actionable",)),), viewport=(10, 10))
with Store(Path(sys.argv[1]), "http://a/", "") as store:
    while True:
        store.add(Observation(tree=tree), Action("click", "e1"), b"", {"at": time.time()})
        print(len(store.steps), flush=True)
"""


@pytest.mark.parametrize("lines", [1, 7, 40])
def test_a_kill_at_any_moment_leaves_valid_episodes(tmp_path: Path, lines: int) -> None:
    out = tmp_path / "shown"
    process = subprocess.Popen([sys.executable, "-c", GROWING, str(out)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(lines):
        process.stdout.readline()
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    folder = next((out / "episodes").iterdir())
    episode, _ = read_episode(folder)
    assert len(episode.steps) >= lines and episode.source == "human" and "damaged" not in episode.info
    damage: list[str] = []
    kept = list(Corpus(str(out), damage.append).episodes())
    assert damage == [] and len(kept) == 1
    assert kept[0].steps == episode.steps[: len(kept[0].steps)] or len(kept[0].steps) <= len(episode.steps)


def test_a_finished_recording_is_learned_from(tmp_path: Path) -> None:
    with Store(tmp_path / "shown", "http://a/", "") as store:
        store.add(Observation(tree=PAGE), Action("click", "e1"), b"", {"at": time.time()})
        store.finish(True, {}, b"")
    (episode,) = Corpus(str(tmp_path / "shown"), pytest.fail).episodes()
    assert episode.success and episode.task.goal == "Press 'Save'"
    read, _ = read_episode(store.folder)
    assert read.steps[0].observation.goal == "Press 'Save'" and read == replace(episode, info=read.info)
    assert (store.folder / "instructions.txt").read_text() == "Press 'Save'\n\n1. Press 'Save'.\n"


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(UsageError, match="a corpus or an empty folder"), Store(tmp_path, "http://a/", ""):
        pass


def test_without_a_display_one_line_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WEBAGENT_BROWSER", sys.executable)
    with pytest.raises(BrowserMissing, match="a window needs a display"):
        record(Plan("http://127.0.0.1:9/", tmp_path / "shown"), Secrets, print)
    assert not (tmp_path / "shown").exists()

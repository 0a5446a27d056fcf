"""The state hash: equal for what looks alike, different for what a person could tell apart, and quick."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from webagent.envs.state_hash import state_hash
from webagent.envs.types import ActionTree, Element, Observation, Tab

BUTTON = Element("e1", "button", "button", "Save", "", (10.2, 20.0, 30.0, 12.0), ("actionable", "visible"))
FIELD = Element("e2", "textbox", "input:text", "Name", "Ann", (10.0, 40.0, 90.0, 20.0), ("actionable",), "e1", 1)
SEEN = Observation(
    "goal", "http://127.0.0.1:4000/a?b#c", "A", (Tab("http://127.0.0.1:4000/a?b#c", "A", True),),
    ActionTree((BUTTON, FIELD), 0, (320, 240)),
)  # fmt: skip


def with_field(**changes: Any) -> Observation:
    return replace(SEEN, tree=replace(SEEN.tree, elements=(BUTTON, replace(FIELD, **changes))))


def test_what_a_person_cannot_see_does_not_change_the_hash() -> None:
    renamed = (replace(BUTTON, ref="e7", hint="icon", box=(9.9, 20.1, 30.0, 12.0)), replace(FIELD, parent="e7"))
    for same in (
        replace(SEEN, last_error="no", step=4, settled="busy", goal=""),
        replace(SEEN, tree=replace(SEEN.tree, elements=renamed, dropped=3)),
        replace(SEEN, url="http://127.0.0.1:5000/a?b#c", tabs=(Tab("http://127.0.0.1:5000/a?b#c", "A", True),)),
    ):
        assert state_hash(same) == state_hash(SEEN)


def test_what_a_person_sees_changes_the_hash() -> None:
    other = [
        replace(SEEN, url="http://127.0.0.1:4000/a?c"),
        replace(SEEN, title="B"),
        replace(SEEN, tabs=(*SEEN.tabs, Tab("about:blank"))),
        replace(SEEN, tree=replace(SEEN.tree, scroll=(0, 50, 0, 90))),
        with_field(role="searchbox"),
        with_field(name="Nam"),
        with_field(value="Anna"),
        with_field(box=(10.0, 42.0, 90.0, 20.0)),
        with_field(states=("actionable", "focused")),
        with_field(parent=None),
    ]
    assert len({state_hash(o) for o in [SEEN, *other]}) == len(other) + 1


def test_a_hundred_elements_are_hashed_within_a_millisecond() -> None:
    many = tuple(replace(FIELD, ref=f"e{i + 2}", box=(1.5 * i, 2.0, 3.0, 4.0)) for i in range(99))
    observation = replace(SEEN, tree=replace(SEEN.tree, elements=(BUTTON, *many)))
    times = []
    for _ in range(30):
        began = time.perf_counter()
        state_hash(observation)
        times.append(time.perf_counter() - began)
    assert min(times) < 0.001

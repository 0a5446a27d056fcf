"""What makes sense on a page at all."""

from __future__ import annotations

import pytest

from webagent.agents.sense import makes_sense
from webagent.envs.types import ActionTree, Element, Observation

ON = ("actionable", "visible")
TREE = ActionTree(
    (
        Element("b", "button", "button", "Go", states=ON),
        Element("c", "button", "button", "Behind", states=(*ON, "covered")),
        Element("f", "textbox", "input:text", "Name", states=(*ON, "editable")),
        Element("s", "combobox", "select", "Size", states=ON),
        Element("i", "listitem", "li", "Apple", states=ON),
        Element("t", "text", "p", "Words"),
    )
)


@pytest.mark.parametrize(
    ("op", "ref", "goal", "sense"),
    [
        ("click", "b", "Go", True), ("click", "c", "Go", False), ("click", "t", "Go", False),
        ("click", "x", "Go", False),
        ("type", "f", "Go", True), ("type", "b", "Go", False), ("clear", "f", "Go", False), ("select", "s", "Go", True),
        ("select", "b", "Go", False), ("press", "f", "Go", True), ("press", None, "Go", True),
        ("press", "b", "Go", False),
        ("drag", "i", "Drag Apple down", True), ("drag", "i", "Go", False), ("drag", "b", "Drag it", False),
        ("hover", "b", "Hover over Go", True), ("hover", "b", "Click Go", False), ("scroll", None, "Go", True),
        ("wait", None, "Go", False), ("done", None, "Go", False), ("goto", None, "Go", False),
    ],
)  # fmt: skip
def test_what_makes_sense(op: str, ref: str | None, goal: str, sense: bool) -> None:
    assert makes_sense(op, ref, Observation(goal, tree=TREE)) == sense


def test_waiting_is_for_pages_that_move() -> None:
    assert makes_sense("wait", None, Observation("Go", tree=TREE, settled="busy"))

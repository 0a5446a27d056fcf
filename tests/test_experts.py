"""Experts whose answer depends on what was seen before, without a browser."""

from __future__ import annotations

import pytest

from webagent.datasets.experts import Lost, expert_for
from webagent.envs.types import Action, ActionTree, Element, Observation, Shape

DARK = {"e1": "#400000", "e2": "#004000", "e3": "#000040"}


def look(lit: str = "") -> Observation:
    """Three buttons, one of them lit or none."""
    colours = {ref: "#ffffff" if ref == lit else dark for ref, dark in DARK.items()}
    buttons = (Element(ref, "button", "button", "", shape=Shape("box", colour)) for ref, colour in colours.items())
    return Observation("Push the buttons in the order displayed.", tree=ActionTree(tuple(buttons)))


def played(order: str) -> list[Observation]:
    """What is seen until the last light is out and a wait has ended without a change."""
    return [look(), *(look(lit) for ref in order.split() for lit in (ref, "")), look()]


@pytest.mark.parametrize("order", ["e2 e1 e3", "e1 e1 e2", "e3 e3 e3 e3 e1"])
def test_buttons_are_pressed_in_the_order_in_which_they_were_lit(order: str) -> None:
    act = expert_for("simon-says")
    seen = played(order)
    assert all(act(seen[:n]) == Action("wait") for n in range(1, len(seen)))
    for ref in order.split():
        assert act(seen) == Action("click", ref)
        seen.append(look())
    with pytest.raises(Lost):
        act(seen)


def circles(*middles: float) -> Observation:
    """A drawing of 100 x 100 pixels and circles of radius 10 in it, or beside it, by the x of their middles."""
    drawn = (
        Element(f"c{n}", "graphics-symbol", "circle", box=(x - 10, 40, 20, 20), parent="d")
        for n, x in enumerate(middles)
    )
    drawing = Element("d", "graphics-document", "svg", box=(0, 0, 100, 100))
    return Observation("Click as many moving circles as possible.", tree=ActionTree((drawing, *drawn)))


def test_circles_are_clicked_once_their_middle_is_inside() -> None:
    act = expert_for("moving-items")
    assert act([circles(-10, 110)]) == act([circles(2, 110)]) == act([circles()]) == Action("wait")
    assert act([circles(-10, 94, 60)]) == Action("click", "c1")

"""From what was heard to actions of the closed set. Pure: messages and trees in, actions out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from webagent.envs.types import Action, ActionTree, Element

from .aim import meant, needs_point

SCROLL_PART = 0.8  # of its region, that one scroll of the environment moves
MOST_SCROLLS = 20


class Unrecordable(Exception):
    """Something a person did that no action says; the message goes to the person."""


def actions_of(kind: str, data: dict[str, Any], tree: ActionTree, prefix: str = "", owner: str = "") -> list[Action]:
    """The actions that one message stands for.

    Args:
        kind: as in ``Heard``; one that concerns an element.
        data: the message, with ``xy`` and ``end`` in the top viewport.
        tree: the page before it.
        prefix: of the references in the frame that told it.
        owner: reference of the iframe element around that frame; "" for the page itself.

    Raises ``Unrecordable``.
    """
    element = meant(tree, prefix, data["chain"])
    if kind == "press":
        return [Action("press", _if_usable(element), "+".join(data["keys"]))]
    if kind == "scroll":
        return _scrolls(data, element.ref if element else owner or None)
    if element is None:
        raise Unrecordable(f"{kind} on <{data['tag']}>, which the tree of the page does not list")
    if kind == "click":
        return [_click(data, element)]
    if kind == "hover":
        return [Action("hover", element.ref)]
    if kind == "select":
        return [Action("select", element.ref, data["text"])]
    if kind == "upload":
        return [Action("upload", element.ref, "\n".join(data["files"]))]
    if kind == "type":
        cleared = [Action("clear", element.ref)] if data["clear"] else []
        return cleared + ([Action("type", element.ref, data["text"])] if data["text"] else [])
    assert kind == "drag", kind
    return [_drag(data, element, meant(tree, prefix, data["onto"]))]


def _if_usable(element: Element | None) -> str | None:
    return element.ref if element is not None and element.actionable and element.role != "iframe" else None


def _click(data: dict[str, Any], element: Element) -> Action:
    point = _part(element, data["xy"]) if needs_point(element, data["tag"]) else None
    with_ = "+".join(data["keys"])
    if data["count"] == 2 and with_ == "left":
        return Action("dblclick", element.ref, None, point)
    return Action("click", element.ref, None if with_ == "left" else with_, point)


def _drag(data: dict[str, Any], element: Element, onto: Element | None) -> Action:
    goal = onto or element
    start, end = _part(element, data["xy"]), _part(goal, data["end"])
    return Action(
        "drag", element.ref, None if goal is element else goal.ref, (*(start or (0.5, 0.5)), *(end or (0.5, 0.5)))
    )


def _scrolls(data: dict[str, Any], target: str | None) -> list[Action]:
    times = min(MOST_SCROLLS, max(1, round(data["part"] / SCROLL_PART)))
    return [Action("scroll", target, data["way"])] * times


def _part(element: Element, xy: Sequence[float] | None) -> tuple[float, float] | None:
    """Where a place of the top viewport lies in an element's box."""
    x, y, width, height = element.box
    if not xy or not width or not height:
        return None
    return round((xy[0] - x) / width, 4), round((xy[1] - y) / height, 4)

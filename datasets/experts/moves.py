"""What an expert does: actions, each only if it is still to be done.

    return first(fill(name, "Ann"), fill(city, "Oslo"), click(submit))

A move that is done already is None, so a list of moves in the order of a form is an expert that may be asked at any
point of it.
"""

from __future__ import annotations

from collections.abc import Iterable

from webagent.envs.types import Action, Element

from .page import Lost

Move = Action | None


def first(*moves: Move) -> Action:
    """The first move that is still to be done; raises ``Lost`` if none is."""
    return pick(moves)


def pick(moves: Iterable[Move]) -> Action:
    """``first`` over what is made on the way: moves behind the first one open are never worked out."""
    for move in moves:
        if move is not None:
            return move
    raise Lost("everything is done, and the task has not ended")


def click(e: Element, point: tuple[float, float] | None = None) -> Action:
    """Click it, in the middle or at fractions of its box."""
    return Action("click", e.ref, point=point)


def fill(e: Element, text: str) -> Move:
    """Have exactly this text in a field. ``type`` adds to what is there, so a wrong text goes first."""
    if e.value == text:
        return None
    return Action("clear", e.ref) if e.value and e.tag != "input:number" else Action("type", e.ref, text=text)


def choose(e: Element, label: str) -> Move:
    """Have this option chosen in a select."""
    return None if e.value == label else Action("select", e.ref, text=label)


def tick(e: Element, on: bool = True) -> Move:
    """Have a checkbox or radio button checked, or not."""
    return None if e.has("checked") == on else click(e)


def drag(e: Element, onto: Element, point: tuple[float, ...] | None = None) -> Action:
    """Drag one element onto another; ``point``: where in the other one, in fractions of its box."""
    return Action("drag", e.ref, text=onto.ref, point=point)


def at(e: Element, x: float, y: float) -> tuple[float, float]:
    """Viewport pixels as fractions of an element's box, for ``point``."""
    left, top, width, height = e.box
    return (x - left) / max(width, 1e-9), (y - top) / max(height, 1e-9)


def centre(e: Element) -> tuple[float, float]:
    """The middle of its box, in viewport pixels."""
    left, top, width, height = e.box
    return left + width / 2, top + height / 2

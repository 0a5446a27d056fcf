"""From what a frame told of an event to the tree of the whole page before it, and the element that was meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from webagent.envs.tree import elements_of, relink, splice
from webagent.envs.types import ActionTree, Element

DRAWN = frozenset({"canvas", "svg", "img", "map", "area"})


def tree_before(
    raw: dict[str, Any],
    last: ActionTree,
    prefix: str = "",
    origin: tuple[float, float, float] = (0.0, 0.0, 1.0),
    owner: Element | None = None,
) -> ActionTree:
    """The page as it was in the very handler of an event.

    Args:
        raw: what ``readNow`` of the page scripts gave for the frame of the event.
        last: the tree of the last look at the whole page, from which all other frames are taken.
        prefix: what the references of that frame start with; "" for the page itself.
        origin: where its content starts in the top viewport, and its scale.
        owner: the iframe element around it.
    """
    fresh = elements_of(raw["rows"], prefix, origin, owner)
    for frame in [e for e in fresh if e.role == "iframe" or e.tag in ("iframe", "frame")]:
        inner = _inside(last, frame.ref, prefix)
        fresh = splice(fresh, frame.ref, inner)
    if not prefix or owner is None:
        width, height = raw["view"]
        x, y, most_x, most_y = raw["scroll"]
        return ActionTree(tuple(fresh), raw["dropped"], (width, height), (x, y, most_x, most_y))
    old = {e.ref for e in _inside(last, owner.ref, prefix_of(owner.ref))}
    outer = relink(list(last.elements), {e.ref for e in last.elements} - old)
    return ActionTree(tuple(splice(outer, owner.ref, fresh)), last.dropped, last.viewport, last.scroll)


def prefix_of(ref: str) -> str:
    """``f1`` of ``f1e23``; "" of ``e23``."""
    return ref.rpartition("e")[0]


def _inside(tree: ActionTree, ref: str, prefix: str) -> list[Element]:
    """What lies under an iframe element and belongs to frames with worlds of their own."""
    under = {ref}
    found = []
    for e in tree.elements:
        if e.parent in under and prefix_of(e.ref) != prefix:
            under.add(e.ref)
            found.append(e)
    return found


def meant(tree: ActionTree, prefix: str, chain: Sequence[int]) -> Element | None:
    """The element that a person meant: of those around the target, from the inside out, the first that can be used.

    Where none can, the innermost that the tree lists; None where it lists none.
    """
    around = [tree.by_ref[ref] for ref in (f"{prefix}e{number}" for number in chain) if ref in tree.by_ref]
    usable = [e for e in around if e.actionable and e.role != "iframe"]
    return usable[0] if usable else around[0] if around else None


def needs_point(element: Element, tag: str) -> bool:
    """Whether it matters where in an element a click came: on what is drawn, and on what cannot be used by itself."""
    return element.shape is not None or tag in DRAWN or element.role in ("slider", "img") or not element.actionable

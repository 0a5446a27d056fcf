"""From the rows of the page scripts to an ``ActionTree``: decoding, frames spliced in, the budget over all frames."""

from __future__ import annotations

from typing import Any

from .types import ActionTree, Element, Shape

Row = list[Any]
"""ref number, role, tag, name, value, box, states, parent row (-1 for none), shape, scroll, href, context, hint"""


def elements_of(
    rows: list[Row],
    prefix: str = "",
    origin: tuple[float, float, float] = (0.0, 0.0, 1.0),
    parent: Element | None = None,
    covered: bool = False,
) -> list[Element]:
    """Decode one frame's rows.

    ``origin``: where that frame's content starts in the top viewport, and its scale; ``parent``: the iframe element
    around it; ``covered``: the frame cannot be clicked, so nothing in it can. Rows marked ``lost`` (cut off by a box
    that does not scroll) are left out: a person could not use them either.
    """
    made: list[Element] = []
    ox, oy, scale = origin
    for number, role, tag, name, value, box, states, up, shape, scroll, href, context, hint in rows:
        above = made[up] if up >= 0 else parent
        if covered and "actionable" in states and "covered" not in states:
            states = [*states, "covered"]
        made.append(
            Element(
                ref=f"{prefix}e{number}",
                role=role,
                tag=tag,
                name=name,
                value=value,
                box=(ox + scale * box[0], oy + scale * box[1], scale * box[2], scale * box[3]),
                states=tuple(sorted(states)),
                parent=above.ref if above else None,
                depth=above.depth + 1 if above else 0,
                shape=_shape(shape, origin),
                scroll=tuple(scroll) if scroll else None,
                href=href,
                context=context,
                hint=hint,
            )
        )
    lost = {e.ref for e in made if "lost" in e.states}
    lost |= {e.ref for e in made if e.role == "option" and e.parent in lost}
    return relink(made, {e.ref for e in made} - lost, parent) if lost else made


def _shape(raw: list[Any] | None, origin: tuple[float, float, float]) -> Shape | None:
    if not raw:
        return None
    kind, fill, stroke, points = raw
    ox, oy, scale = origin
    return Shape(kind, fill, stroke, tuple(scale * p + (oy if i % 2 else ox) for i, p in enumerate(points)))


def splice(elements: list[Element], owner: str, inner: list[Element]) -> list[Element]:
    """Put a frame's elements right behind the iframe element that holds them."""
    at = next((i for i, e in enumerate(elements) if e.ref == owner), None)
    if at is None:
        return elements
    return [*elements[: at + 1], *inner, *elements[at + 1 :]]


def worth(e: Element) -> int:
    """How useful an element is to an agent; the budget drops the least first."""
    score = 60 if e.actionable else 45 if e.role in ("heading", "label") else 35
    if e.role == "option":
        score = 35
    return score + (40 if e.has("visible") else 0)


def within_budget(elements: list[Element], budget: int) -> tuple[list[Element], int]:
    """The most useful ``budget`` elements in their old order, parents relinked, and how many were left out."""
    if len(elements) <= budget:
        return elements, 0
    ranked = sorted(range(len(elements)), key=lambda i: (-worth(elements[i]), i))
    kept = {elements[i].ref for i in ranked[:budget]}
    return relink(elements, kept), len(elements) - budget


def relink(elements: list[Element], kept: set[str], top: Element | None = None) -> list[Element]:
    """Only the ``kept`` elements, each under its nearest kept ancestor (``top`` if there is none)."""
    by_ref = {e.ref: e for e in elements}
    depths: dict[str, int] = {}
    result = []
    for e in elements:
        if e.ref not in kept:
            continue
        up = e.parent
        while up in by_ref and up not in kept:
            up = by_ref[up].parent
        depths[e.ref] = depths[up] + 1 if up in depths else top.depth + 1 if top else 0
        fields = {name: getattr(e, name) for name in Element.__slots__}
        result.append(Element(**{**fields, "parent": up, "depth": depths[e.ref]}))
    return result


def render(tree: ActionTree, only_actionable: bool = False) -> str:
    """The tree as text, one element a line, for people and logs."""
    lines = []
    for e in tree.elements:
        if only_actionable and not e.actionable:
            continue
        states = " ".join(s for s in e.states if s not in ("actionable", "visible"))
        parts = [
            f"[{e.ref}]",
            e.role,
            repr(e.name) if e.name else "",
            f"= {e.value!r}" if e.value else "",
            f"({states})" if states else "",
            f"hint: {e.hint}" if e.hint else "",
        ]
        lines.append("  " * e.depth + " ".join(p for p in parts if p))
    if tree.dropped:
        lines.append(f"… {tree.dropped} more elements left out")
    return "\n".join(lines)

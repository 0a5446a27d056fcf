"""The pruned action tree of a saved page, without a browser.

    tree = tree_from_html(Path("page.html").read_text("utf8"), url="https://example.org/page")

The same roles, names, values and structure that ``page/*.js`` reads from a live page, as far as markup tells them: no
boxes, nothing about what is in view or covered, no elements that only a script's listener makes clickable; what scrolls
is estimated. Style sheets inside the page count (``html_style``), those in other files are not fetched, nor are frames:
save pages whole, with declarative shadow roots (``<template shadowrootmode>``) and frames as ``srcdoc``.
"""

from __future__ import annotations

import re
from collections import Counter

from .html_dom import Node, address, parse
from .html_names import context_of, hint_of, name_of
from .html_style import is_folded, look, size_of, style_of
from .html_text import FIELDS, cut, kind_of, squash, table
from .html_values import states_of, value_of
from .html_walk import Candidate, Walk
from .types import ActionTree, Element, Shape

_VALUED = frozenset({"option", "slider", "progressbar", "scrollbar"})
_BOXED = frozenset({
    "input", "select", "textarea", "button", "img", "svg", "canvas", "video", "audio", "iframe", "frame", "embed",
    "object", "progress", "meter", "summary", "details", "area", "fieldset", "dialog", "li", "td", "th", "text",
})  # fmt: skip
_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})\b")
_RGB = re.compile(r"rgba?\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)\s*(?:[,/]\s*([\d.]+)%?\s*)?\)")
_COLOURS = {
    "black": "#000000", "silver": "#c0c0c0", "gray": "#808080", "grey": "#808080", "white": "#ffffff",
    "maroon": "#800000", "red": "#ff0000", "purple": "#800080", "fuchsia": "#ff00ff", "magenta": "#ff00ff",
    "green": "#008000", "lime": "#00ff00", "olive": "#808000", "yellow": "#ffff00", "navy": "#000080",
    "blue": "#0000ff", "teal": "#008080", "aqua": "#00ffff", "cyan": "#00ffff", "orange": "#ffa500",
    "pink": "#ffc0cb", "brown": "#a52a2a", "gold": "#ffd700", "violet": "#ee82ee",
}  # fmt: skip


def tree_from_html(html: str, *, url: str = "", budget: int = 400) -> ActionTree:
    """The pruned tree of a page's markup; never fails, however broken it is.

    Args:
        html: the page, or a part of one.
        url: where it was saved from; links become absolute with it.
        budget: most elements that are kept; ``ActionTree.dropped`` says how many more there were.

    Boxes, viewport and scroll positions are zero.
    """
    walk = Walk()
    walk.run(parse(html, url))
    kept, dropped = choose(walk, budget)
    for c in (walk.list[i] for i in kept):
        c.name = _name(c)
    twins = Counter((c.role, c.name) for c in (walk.list[i] for i in kept) if c.act)
    slots: dict[int, Element] = {}
    for i in kept:
        c = walk.list[i]
        up = c.parent
        while up >= 0 and up not in slots:
            up = walk.list[up].parent
        slots[i] = _element(c, f"e{len(slots) + 1}", slots.get(up), twins[c.role, c.name] > 1)
    return ActionTree(tuple(slots.values()), dropped)


# ---- what is kept -----------------------------------------------------------------------------------------------


def choose(walk: Walk, budget: int) -> tuple[list[int], int]:
    """Indices of the candidates to show, in order, and how many the budget left out."""
    kept = _without_bare(walk)
    dropped = max(0, len(kept) - budget)
    if dropped:
        ranked = sorted(kept, key=lambda i: (-_worth(walk.list[i]), i))
        kept = sorted(ranked[: max(0, budget)])
    return kept, dropped


def _worth(c: Candidate) -> int:
    if c.role == "option":
        return 30 if c.closed else 50
    return 60 if c.act else 45 if c.role in ("heading", "label") else 35 if c.is_text else 25


def _without_bare(walk: Walk) -> list[int]:
    """Leave out what has no size, and containers that hold nothing or only wrap one thing."""
    roles = table()
    kept = []
    for i in range(len(walk.list) - 1, -1, -1):
        c = walk.list[i]
        if _is_gone(walk, c):
            continue
        bare = not c.act and not c.is_text and c.role in roles.container and c.role != "iframe"
        lonely = c.role in roles.lonely and not (bare and c.below == 1 and _has_own_name(c.node))
        c.keep = not bare or c.below > 1 or (c.below == 1 and not lonely)
        if c.role == "img" and not c.is_text and not c.act and not name_of(c.node, "img"):
            c.keep = False
        if c.parent >= 0:
            walk.list[c.parent].below += 1 if c.keep else c.below
        if c.keep:
            kept.append(i)
    return kept[::-1]


def _has_own_name(el: Node) -> bool:
    return "aria-label" in el.attrs or "aria-labelledby" in el.attrs or el.tag == "fieldset"


def _is_gone(walk: Walk, c: Candidate) -> bool:
    """Nobody could get to it: off the page, cut off, or of no size."""
    if c.closed:
        return _is_gone(walk, walk.list[c.parent])
    node = c.node.parent if c.is_text else walk.proxies.get(c.node, c.node)
    if node is None or not node.is_element:
        return False
    seen = look(node)
    if c.tag == "option":
        return not seen.rendered
    if not seen.onscreen or (is_folded(node) if c.is_text else seen.clipped or (c.act and _is_empty(node))):
        return True
    width, height = size_of(node)
    if c.ghost and any(side is not None and side < 8 for side in (width, height)):
        return True
    return width is not None and height is not None and width <= 1 and height <= 1


def _is_empty(node: Node) -> bool:
    """Nothing in it, and nothing that a style sheet in another file could be about."""
    empty = not node.kids and node.shadow is None and node.tag not in _BOXED and node.tag not in table().shapes
    return empty and not node.attrs.keys() & {"class", "id", "style", "role", "contenteditable"}


# ---- elements ---------------------------------------------------------------------------------------------------


def _name(c: Candidate) -> str:
    return cut(squash(c.words), 800) if c.is_text else name_of(c.node, c.role)


def _element(c: Candidate, ref: str, parent: Element | None, twin: bool) -> Element:
    up, depth = (parent.ref, parent.depth + 1) if parent is not None else (None, 0)
    el, role, name = c.node, c.role, c.name
    if c.is_text:
        tag = el.parent.tag if el.parent is not None and el.parent.is_element else ""
        return Element(ref=ref, role=role, tag=tag, name=name, parent=up, depth=depth)
    tags = table()
    valued = role in FIELDS or role in _VALUED or el.tag in ("progress", "meter", "input")
    drawn = el.tag in tags.shapes or el.tag == "svg"
    linked = el.tag in ("a", "area") and ("href" in el.attrs or "xlink:href" in el.attrs)
    return Element(
        ref=ref, role=role, name=name, parent=up, depth=depth,
        tag=f"input:{kind_of(el)}" if el.tag == "input" else el.tag,
        value=value_of(el) if valued else "",
        states=tuple(sorted([*states_of(el, role), *c.marks])),
        shape=_shape_of(el, bare=c.act and not name),
        href=cut(address(el.get("href") or el.get("xlink:href"), el.scope.base), 500) if linked else "",
        context=context_of(el, role, name, twin) if c.act and not c.closed and not drawn else "",
        hint=hint_of(el) if c.act and not any(sign.isalnum() for sign in name) else "",
    )  # fmt: skip


def _shape_of(el: Node, bare: bool) -> Shape | None:
    if el.tag == "canvas":
        return Shape("canvas")
    if el.tag in table().shapes:
        return Shape(el.tag, _paint(el, "fill", "#000000"), _paint(el, "stroke", ""))
    style = style_of(el)
    fill = colour(style.get("background-color") or style.get("background", "")) if bare else ""
    return Shape("box", fill) if fill else None


def _paint(el: Node, key: str, default: str) -> str:
    for node in el.up():
        given = style_of(node).get(key) or node.get(key)
        if given and given != "inherit":
            return colour(given)
        if node.tag == "svg":
            break
    return default


def colour(value: str) -> str:
    """``#rrggbb`` of a CSS colour as pages write it most; "" for none, for clear and for what is not known."""
    value = re.sub(r"url\([^)]*\)|[\w-]*gradient\(.*", " ", value.lower())
    found = _HEX.search(value)
    if found:
        digits = found[1]
        return "#" + (digits if len(digits) == 6 else "".join(d * 2 for d in digits))
    mixed = _RGB.search(value)
    if mixed:
        clear = mixed[4] is not None and float(mixed[4]) == 0
        return "" if clear else "#" + "".join(f"{min(255, int(part)):02x}" for part in mixed.groups()[:3])
    return next((_COLOURS[word] for word in re.findall(r"[a-z]+", value) if word in _COLOURS), "")

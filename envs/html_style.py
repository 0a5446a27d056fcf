"""Whether a person sees an element of a saved page: display, visibility, opacity, cursor, and boxes of nothing."""

from __future__ import annotations

import itertools
import re
from typing import NamedTuple

from .html_css import SCREEN, Sheet
from .html_dom import Node

FAR = -500.0  # px: where things are put that only screen readers should find
_UNSEEN = frozenset({
    "script", "style", "noscript", "template", "head", "meta", "link", "title", "base", "source", "track", "param",
    "datalist", "area", "noembed", "noframes", "rp", "defs", "symbol", "clippath", "mask", "desc", "metadata",
})  # fmt: skip
_BOXES = re.compile("(inline-)?(flex|grid)")
_LENGTH = re.compile(r"(-?[\d.]+)(px|em|rem|)")
_ZERO = re.compile(r"0*\.?0*%?")
_ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6})\s?")
_PRIVATE = re.compile("[\ue000-\uf8ff]")  # where icon fonts draw
_CLIPS = re.compile("hidden|clip")
_TRANSLATED = re.compile(r"translate(?:x|3d)?\(\s*-(\d+)(?:\.\d+)?%")
_SIZED = frozenset({"img", "svg", "rect", "image", "iframe", "frame", "canvas", "video", "embed", "object", "input"})
_CURSOR = dict.fromkeys(("button", "input", "textarea", "select", "option", "label"), "default")


class Look(NamedTuple):
    """How an element is seen.

    ``rendered``: takes part in the page. ``visible``: not ``visibility: hidden``. ``opaque``: not wholly transparent.
    ``onscreen``: not moved far off to the left or top. ``clipped``: in a box of no height or width that cuts off what
    is in it. ``cursor``: what the pointer becomes.
    """

    rendered: bool
    visible: bool
    opaque: bool
    onscreen: bool
    clipped: bool
    cursor: str


_BLANK = Look(True, True, True, True, False, "auto")


def style_of(node: Node) -> dict[str, str]:
    """Declared values of an element: own ones only, nothing inherited."""
    if node.style is None:
        node.style = _sheet(node).declared(node)
    return node.style


def _sheet(node: Node) -> Sheet:
    scope = node.scope
    if scope.sheet is None:
        width = size_of(scope.frame)[0] if scope.frame is not None else None
        scope.sheet = Sheet(scope.css, scope.words, width or SCREEN)
    return scope.sheet


def pseudo_words(node: Node) -> str:
    """The text that style rules put before or after an element's own."""
    for side in ("before", "after"):
        content = _sheet(node).declared(node, side).get("content", "")
        match = re.fullmatch(r"\"(.*)\"|'(.*)'", content)
        raw = (match[1] or match[2] or "") if match else ""
        words = _PRIVATE.sub("", _ESCAPE.sub(lambda m: chr(min(int(m[1], 16), 0x10FFFF)), raw)).strip()
        if words:
            return words
    return ""


def px(value: str) -> float | None:
    """A length in px; None where only layout would know."""
    match = _LENGTH.fullmatch(value) if value else None
    try:
        return float(match[1]) * (16.0 if match[2].endswith("em") else 1.0) if match else None
    except ValueError:
        return None


def size_of(node: Node) -> tuple[float | None, float | None]:
    """Width and height as markup gives them (px), None where it does not."""
    style = style_of(node)
    if not style and not node.attrs:
        return None, None
    given = node.attrs if node.tag in _SIZED else {}
    width, height = (px(style[key] if key in style else given.get(key, "")) for key in ("width", "height"))
    return width, height


def around(node: Node) -> Node | None:
    """The element around this one as it is drawn: through slots and shadow roots."""
    if node.slot is not None:
        return node.slot
    parent = node.parent
    return parent.host if parent is not None and parent.tag == "#shadow" else parent


def look(node: Node) -> Look:
    """How an element is seen, from its own markup and that of everything around it."""
    chain: list[Node] = []
    at: Node | None = node
    while at is not None and at.look is None:
        chain.append(at)
        at = around(at)
    above = at.look if at is not None and at.look is not None else _BLANK
    for one in reversed(chain):
        one.look = above = _look(one, above)
    return above


def is_block(node: Node) -> bool:
    """An element of an inline tag that style rules put on lines of its own, or in a box beside."""
    style = style_of(node)
    out = style.get("float", "none") != "none" or style.get("position") in ("absolute", "fixed")
    parent = node.parent
    boxed = parent is not None and parent.is_element and _BOXES.match(style_of(parent).get("display", ""))
    return node.tag == "slot" or out or bool(boxed) or not style.get("display", "inline").startswith("inline")


def _look(node: Node, above: Look) -> Look:
    if not node.is_element:
        return above
    style = style_of(node)
    rendered = above.rendered and _rendered(node, style)
    clipped = above.clipped or (node.parent is not None and node.parent.is_element and _clips_all(node.parent))
    own = "pointer" if node.tag == "a" and "href" in node.attrs else _CURSOR.get(node.tag, above.cursor)
    if not style:
        return Look(rendered, above.visible, above.opaque, above.onscreen, clipped, own)
    seen = style.get("visibility", "inherit")
    visible = above.visible if seen not in ("hidden", "collapse", "visible") else seen == "visible"
    opaque = above.opaque and not _ZERO.fullmatch(style.get("opacity", "1"))
    cursor = style.get("cursor", own)
    cursor = above.cursor if cursor in ("inherit", "unset") else cursor
    return Look(rendered, visible, opaque, above.onscreen and not _moved_off(style), clipped, cursor)


def _rendered(node: Node, style: dict[str, str]) -> bool:
    parent = node.parent
    if parent is not None:
        if parent.shadow is not None and node.slot is None:
            return False
        if parent.tag == "slot" and parent.assigned:
            return False
        if parent.tag == "details" and "open" not in parent.attrs and not _is_summary(node, parent):
            return False
        if parent.is_element and style_of(parent).get("content-visibility") == "hidden":
            return False
    if node.tag in ("option", "optgroup") and _folded(node):
        return False
    display = style.get("display")
    return display != "none" if display else not _hidden_by_browser(node)


def shows_text(node: Node) -> bool:
    """Are the words that stand directly in an element seen, where the element itself is?"""
    if not node.is_element:
        return True
    folded = node.tag == "details" and "open" not in node.attrs
    return look(node).visible and not folded and style_of(node).get("content-visibility") != "hidden"


def _folded(option: Node) -> bool:
    """In a list that only opens on a click."""
    select = next((n for n in option.up() if n.tag == "select"), None)
    return select is not None and "multiple" not in select.attrs and select.get("size") in ("", "0", "1")


def _is_summary(node: Node, details: Node) -> bool:
    return node is next((kid for kid in details.kids if kid.tag == "summary"), None)


def _hidden_by_browser(node: Node) -> bool:
    tag, attrs = node.tag, node.attrs
    if tag in _UNSEEN or "popover" in attrs:
        return True
    if "hidden" in attrs:
        return not any(up.tag == "svg" for up in node.up())  # an attribute of HTML elements only
    if tag == "dialog":
        return "open" not in attrs
    return (tag == "audio" and "controls" not in attrs) or (tag == "input" and node.get("type").lower() == "hidden")


def _moved_off(style: dict[str, str]) -> bool:
    transform = style.get("transform", "")
    if style.get("position") in ("absolute", "fixed"):
        if any((px(style.get(side, "")) or 0.0) < FAR for side in ("left", "top")):
            return True
        moved = _TRANSLATED.search(transform)
        if moved and float(moved[1]) >= 100:
            return True
    return "scale(0)" in transform


def is_folded(owner: Node) -> bool:
    """Text of this element is in a box of no height or width that cuts off what is in it: a closed fold."""
    return any(_clips_all(node, 0.0) for node in itertools.islice(owner.up(), 4))


def _clips_all(node: Node, size: float = 1.0) -> bool:
    style = style_of(node)
    if not style or not _CLIPS.search(style.get("overflow", "") + style.get("overflow-y", "")):
        return False
    sides = (px(style.get(side, "")) for side in ("width", "height", "max-height"))
    return any(side is not None and side <= size for side in sides)

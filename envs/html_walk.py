"""One pass over a saved page that picks what may become an element: ``page/walk.js`` without layout."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from .html_dom import Node, parse
from .html_flow import Ruler
from .html_names import name_of, role_of
from .html_style import look, px, shows_text, size_of
from .html_text import FIELDS, kind_of, squash, table
from .html_values import options_of

MAX_OPTIONS = 60
MAX_FRAMES = 200  # documents inside documents, all told
ICON = 40.0  # px: an SVG up to this size is an icon, a larger one a drawing
_KINDS = ("click", "mousedown", "mouseup", "pointerdown", "pointerup", "touchstart", "dblclick", "dragstart", "drop")
LISTENERS = frozenset("on" + kind for kind in _KINDS)
_CLOSED = frozenset({"input", "img", "textarea", "canvas", "video", "audio", "progress", "meter"})  # content not drawn


class At(NamedTuple):
    """What the way down to a node has brought.

    ``parent``: index of the kept element above, or -1. ``role``: of text runs. ``mute``: text is part of a name
    already. ``in_act``: inside something that takes clicks as a whole. ``pointer``: an element above shows the hand.
    ``rows``: a listener above answers for its children. ``ghost``: fully transparent. ``drawing``: inside an SVG;
    ``plain``: one that only decorates.
    """

    parent: int = -1
    role: str = "text"
    mute: bool = False
    in_act: bool = False
    pointer: bool = False
    rows: bool = False
    ghost: bool = False
    drawing: bool = False
    plain: bool = False


@dataclass(slots=True, eq=False)
class Candidate:
    """A node that may become an element. ``words``: text of a run (``tag`` is ``#text``). ``closed``: a folded option.

    ``region``: it scrolls.
    """

    node: Node
    role: str
    tag: str
    parent: int
    act: bool = False
    words: str = ""
    closed: bool = False
    ghost: bool = False
    region: bool = False
    keep: bool = False
    below: int = 0
    name: str = ""

    @property
    def is_text(self) -> bool:
        return self.tag == "#text"

    @property
    def marks(self) -> list[str]:
        return ["actionable"] * self.act + ["scrollable"] * self.region


class Walk:
    """The walk and what it found. It keeps a stack of its own, so that no page is too deep."""

    def __init__(self) -> None:
        self.list: list[Candidate] = []
        self.proxies: dict[Node, Node] = {}  # control that cannot be seen -> its visible label
        self._pushed: set[Node] = set()
        self._frames = 0
        self._ruler = Ruler(table().inline)
        self._stack: list[tuple[Node | None, At]] = []
        self._run: Candidate | None = None
        self._special: dict[str, Callable[[Node, At], None]] = {
            "slot": self._children, "svg": self._svg, "legend": self._titled, "caption": self._titled,
            "label": self._label, "select": self._select, "iframe": self._frame, "frame": self._frame,
        }  # fmt: skip

    def run(self, document: Node) -> None:
        self._children(document, At())
        while self._stack:
            node, at = self._stack.pop()
            if node is None:
                self._flush()
            elif node.tag == "#text":
                self._text(node, at)
            elif at.drawing:
                self._shape(node, at)
            else:
                self._element(node, at)
        self._flush()

    def _push(self, node: Node, role: str, at: At, act: bool, *, closed: bool = False, ghost: bool = False) -> int:
        self.list.append(Candidate(node, role, node.tag, at.parent, act, closed=closed, ghost=ghost))
        self._pushed.add(node)
        return len(self.list) - 1

    def _flush(self) -> None:
        if self._run is not None and squash(self._run.words):
            self.list.append(self._run)
        self._run = None

    def _flush_later(self, at: At) -> None:
        self._stack.append((None, at))

    def _text(self, node: Node, at: At) -> None:
        if at.mute or at.drawing or (node.parent is not None and not shows_text(node.parent)):
            return
        if self._run is None:
            if node.text.isspace():
                return
            self._run = Candidate(node, at.role, "#text", at.parent)
        self._run.words += node.text

    def _children(self, node: Node, at: At) -> None:
        source = node.shadow if node.shadow is not None else node
        kids = source.assigned if source.tag == "slot" and source.assigned else source.kids
        self._stack.extend((kid, at) for kid in reversed(kids))

    def _element(self, el: Node, at: At) -> None:
        tag = el.tag
        if tag in table().skip:
            return self._areas(el, at) if tag == "map" else None
        seen = look(el)
        if el in self.proxies or not seen.rendered:
            return
        if not seen.visible:
            return self._children(el, at)
        if at.ghost or not seen.opaque:
            return self._ghostly(el, at)
        if tag == "br":
            if self._run is not None:
                self._run.words += " "
            return
        if tag not in table().inline:
            self._flush()
            self._flush_later(at)
        self._visible(el, at)

    def _ghostly(self, el: Node, at: At) -> None:
        """Fully transparent: only boxes to tick and file inputs count, which pages lay over what they draw."""
        role = role_of(el) if el.tag == "input" else ""
        if role in ("checkbox", "radio") or kind_of(el) == "file":
            self._push(el, role, at, True, ghost=True)
        else:
            self._children(el, at._replace(ghost=True, mute=True))

    def _areas(self, el: Node, at: At) -> None:
        if el.get("name") in el.scope.maps:
            for area in el.below():
                if area.tag == "area" and ("href" in area.attrs or "onclick" in area.attrs):
                    self._push(area, "link", at, True)

    def _visible(self, el: Node, at: At) -> None:
        special = self._special.get(el.tag)
        if special is not None:
            return special(el, at)
        roles = table()
        role = kind = role_of(el)
        act = role in roles.actionable
        hand = not at.in_act and look(el).cursor == "pointer"
        if not act and not at.in_act and _is_clickable(el, hand and not at.pointer, at):
            act = True
            if role not in roles.container or role in ("listitem", "row", "group"):
                kind = "gridcell" if role == "cell" else "clickable"
        picture = kind == "img" and not at.in_act
        shown = role in roles.container or picture or role in ("progressbar", "meter")
        listed = not act and el.tag not in ("body", "html") and _listens(el) and _has_rows(el)
        inside = at
        if hand or at.rows or kind or el.attrs:
            inside = at._replace(
                mute=at.mute or picture or el.get("aria-hidden") == "true",
                role=kind if kind in roles.leaf and kind != "img" and not act else at.role,
                pointer=at.pointer or hand,
                rows=listed,
            )
        region = not at.in_act and el.tag not in roles.inline and self._ruler.scrolls(el)
        if act or region or shown:
            return self._keep(el, kind, act, region, at, inside)
        self._children(el, inside)

    def _keep(self, el: Node, kind: str, act: bool, region: bool, at: At, inside: At) -> None:
        self._flush()
        self._flush_later(at)
        blank = not kind or (not act and kind not in table().container and kind not in table().leaf)
        slot = self._push(el, "region" if blank else kind, at, act or region)
        self.list[slot].region = region
        inside = inside._replace(parent=slot)
        if act and (
            kind in FIELDS
            or (kind in table().from_content and not (kind == "clickable" and (el.tag == "tr" or _is_rich(el))))
        ):
            inside = inside._replace(mute=True, in_act=True)
        if el.tag not in _CLOSED:
            self._children(el, inside)

    def _titled(self, el: Node, at: At) -> None:
        """A legend or caption is the name of what it stands in, where that is kept."""
        named = at.parent >= 0 and self.list[at.parent].node is el.parent
        self._children(el, at._replace(mute=named))

    def _label(self, el: Node, at: At) -> None:
        control = el.scope.controls.get(el)
        if control is None:
            return self._children(el, at._replace(role="label"))
        el.scope.met.setdefault(control, []).append(el)
        self._flush()
        self._flush_later(at)
        if control not in self.proxies and not _can_see(control):
            self.proxies[control] = el
            role = role_of(control)
            if role and control not in self._pushed:
                self._push(control, role, at, True)
        self._children(el, at._replace(mute=True, in_act=False, pointer=True))

    def _select(self, el: Node, at: At) -> None:
        self._flush()
        role = role_of(el)
        inside = at._replace(parent=self._push(el, role, at, True))
        for option in options_of(el)[:MAX_OPTIONS]:
            self._push(option, "option", inside, True, closed=role != "listbox")

    def _svg(self, el: Node, at: At) -> None:
        if at.in_act or _is_icon(el):
            act = not at.in_act and _is_clickable(el, not at.pointer and look(el).cursor == "pointer", at)
            if act or (not at.in_act and name_of(el, "")):
                self._push(el, "clickable" if act else "img", at, act)
            return
        self._flush()
        parent = self._push(el, "graphics-document", at, _listens(el))
        inside = at._replace(parent=parent, role="text", drawing=True, plain=el.get("aria-hidden") == "true")
        self._stack.extend((kid, inside) for kid in reversed(el.kids))

    def _shape(self, el: Node, at: At) -> None:
        tag = el.tag
        seen = look(el)
        if tag in table().skip or not (seen.rendered and seen.visible and seen.opaque):
            return
        listens = _listens(el)
        if tag == "a" and role_of(el):
            self._push(el, "link", at, True)
        elif (tag == "g" and listens and not _has_rows(el)) or (tag in table().shapes and (listens or not at.plain)):
            self._push(el, "graphics-symbol", at, True)
        elif tag == "text" and listens:
            self._push(el, "clickable", at, True)
        elif tag not in table().shapes:
            if tag == "text":
                self._flush_later(at)
            inside = at._replace(drawing=tag not in ("text", "foreignobject"))
            self._stack.extend((kid, inside) for kid in reversed(el.kids))

    def _frame(self, el: Node, at: At) -> None:
        self._flush()
        if any(side is not None and side < 2 for side in size_of(el)):
            return
        parent = self._push(el, "iframe", at, False)
        self._frames += 1
        if "srcdoc" in el.attrs and self._frames <= MAX_FRAMES:
            document = parse(el.attrs["srcdoc"], el.scope.base)
            document.scope.frame = el
            self._flush_later(at)
            self._children(document, at._replace(parent=parent, role="text", pointer=False))


def _listens(el: Node) -> bool:
    return not LISTENERS.isdisjoint(el.attrs)


def _is_clickable(el: Node, hand: bool, at: At) -> bool:
    if el.tag in ("html", "body"):
        return False
    if at.rows or hand or "onclick" in el.attrs or el.get("draggable") == "true":
        return True
    if re.match(r"\s*\+?\d", el.get("tabindex")):
        return True
    return _listens(el) and not _has_rows(el)


def _has_rows(el: Node) -> bool:
    """A listener on a list answers for its rows: the rows are what a person clicks."""
    tags = [kid.tag for kid in el.elements()]
    text_only = all(tag in table().inline or tag == "br" for tag in tags)
    return len(set(tags)) < len(tags) and not text_only


def _is_rich(el: Node) -> bool:
    return el.length > 160 or any(kid.rich for kid in el.kids)


def _can_see(control: Node) -> bool:
    seen = look(control)
    large = not any(side is not None and side <= 2 for side in size_of(control))
    return seen.rendered and seen.visible and seen.opaque and seen.onscreen and not seen.clipped and large


def _is_icon(el: Node) -> bool:
    width, height = size_of(el)
    if width is None and height is None and not el.get("width").endswith("%"):
        parts = [px(part) or 0.0 for part in el.get("viewbox").replace(",", " ").split()[2:4]]
        width, height = parts if len(parts) == 2 else (None, None)
    return width is not None and width <= ICON and (height is None or height <= ICON)

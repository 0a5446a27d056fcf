"""A saved page as plain nodes: lxml's parser, declarative shadow roots, slots, labels and ids.

lxml alone parses here: BeautifulSoup's lxml builder gives the same tree (it is libxml2 either way) at twice the cost.
What libxml2 does as in HTML 4, against browsers, is set right: it ends a link at a table, a heading at a paragraph and
a list at a form. It leaves names alone that it does not know, so those tags are parsed under another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from lxml import etree

if TYPE_CHECKING:
    from .html_css import Sheet
    from .html_style import Look

LABELABLE = frozenset({"button", "input", "meter", "output", "progress", "select", "textarea"})
MAX_DEPTH = 512  # Chromium, too, puts what is nested deeper side by side
_ALIAS = "webagent-"
_TAGS = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(script|style|textarea|title|xmp|iframe|noembed|noframes)(?=[\s/>]).*?(?:</\1|\Z)"
    r"|<(?P<end>/?)(?P<tag>a|address|b|big|font|i|menu|pre|s|small|strike|tt|u|h[1-6]|ul|ol|dl)(?=[\s/>])"
    r"(?P<rest>(?:=\s*(?:\"[^\"]*\"|'[^']*')|[^>])*+)"
    r"|<[a-z/!?](?:=\s*(?:\"[^\"]*\"|'[^']*')|[^>])*+",
    re.IGNORECASE | re.DOTALL,
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_HEAD = frozenset({"base", "link", "meta", "title", "style", "script", "noscript", "template"})
_RICH_TAGS = frozenset({"button", "input", "select", "textarea"})
_RICH_ROLES = frozenset({"button", "link", "checkbox"})
_LINK_SCOPE = frozenset({"td", "th", "caption", "button", "object", "template", "svg", "math", "body", "#document"})
_BARE: dict[str, str] = {}  # shared by all without attributes
_NONE: list[Any] = []  # shared by all without children


class Node:
    """An element, a text (``#text``), a ``#document`` or a ``#shadow`` root.

    ``length``: characters of all text inside. ``rich``: something inside can be used by itself. ``controls``: an
    input, select, textarea or button is inside. ``slot``: the slot that shows this child of a shadow host.
    """

    __slots__ = (
        "assigned", "at", "attrs", "controls", "host", "is_element", "kids", "length", "look", "parent", "rich",
        "scope", "shadow", "slot", "style", "tag", "text",
    )  # fmt: skip

    def __init__(
        self, tag: str, parent: Node | None = None, attrs: dict[str, str] | None = None, text: str = ""
    ) -> None:
        self.tag = tag
        self.is_element = tag[0] != "#"
        self.parent = parent
        self.attrs: dict[str, str] = attrs or _BARE
        self.text = text
        self.kids: list[Node] = [] if self.is_element or not text else _NONE
        self.at = 0
        self.length = len(text)
        self.rich = self.controls = False
        self.shadow: Node | None = None
        self.host: Node | None = None
        self.slot: Node | None = None
        self.assigned: list[Node] = _NONE
        self.scope: Scope = NO_SCOPE
        self.look: Look | None = None
        self.style: dict[str, str] | None = None
        if parent is not None:
            self.at = len(parent.kids)
            parent.kids.append(self)

    def get(self, key: str) -> str:
        return self.attrs.get(key, "")

    def below(self) -> Iterator[Node]:
        """Every node inside in document order, not through shadow roots."""
        stack = self.kids[::-1]
        while stack:
            node = stack.pop()
            yield node
            if node.kids:
                stack.extend(node.kids[::-1])

    def up(self) -> Iterator[Node]:
        """This element and those around it, up to its document or shadow root."""
        node: Node | None = self
        while node is not None and node.is_element:
            yield node
            node = node.parent

    def sibling(self, step: int) -> Node | None:
        kids = self.parent.kids if self.parent is not None else []
        at = self.at + step
        return kids[at] if 0 <= at < len(kids) else None

    def elements(self) -> list[Node]:
        return [kid for kid in self.kids if kid.is_element]


class Scope:
    """What a document or a shadow root keeps to itself: ids, labels, style rules; and the address links start from."""

    def __init__(self, base: str = "") -> None:
        self.base = base
        self.frame: Node | None = None  # the element that shows this document, if it is one inside another
        self.ids: dict[str, Node] = {}
        self.labels: dict[Node, list[Node]] = {}
        self.met: dict[Node, list[Node]] = {}  # labels that the walk has come by: those that are seen
        self.controls: dict[Node, Node] = {}
        self.maps: set[str] = set()
        self.chosen: dict[tuple[Node | None, str], Node] = {}  # the last radio marked, by form and name
        self.selects: dict[Node, tuple[list[Node], list[Node]]] = {}  # all options of a select, and those chosen
        self.around: dict[Node, str] = {}  # row or card -> its words
        self.css: list[str] = []
        self.words: set[str] = set()  # tags, #ids and .classes that occur: rules about others need not be asked
        self.sheet: Sheet | None = None


NO_SCOPE = Scope()


class _Builder:
    """Target of lxml's parser."""

    def __init__(self) -> None:
        self.document = Node("#document")
        self.open = [self.document]
        self.ended: set[Node] = set()

    def start(self, tag: str, attrs: Any) -> None:
        tag = tag.removeprefix(_ALIAS)
        self._imply_ends(tag)
        parent = self._top() if len(self.open) <= MAX_DEPTH else self.open[MAX_DEPTH - 1]
        node = Node(tag, parent, dict(attrs))
        if tag in _RICH_TAGS:
            node.rich = node.controls = True
        elif node.attrs:
            marked = any(key in node.attrs for key in ("onclick", "contenteditable"))
            node.rich = marked or (tag == "a" and "href" in node.attrs) or node.get("role") in _RICH_ROLES
        self.open.append(node)

    def _top(self) -> Node:
        node = self.open[-1]
        while self.ended and node in self.ended and node.parent is not None:
            node = node.parent
        return node

    def _imply_ends(self, tag: str) -> None:
        """Ends that a start tag implies, where libxml2 does not know that tag or saw it under another name."""
        top = self._top()
        if top.tag == "head":
            if tag not in _HEAD:
                self.ended.add(top)
        elif tag in _HEADINGS or tag in ("ul", "ol", "dl", "menu", "pre", "address"):
            if top.tag == "p" or (tag in _HEADINGS and top.tag in _HEADINGS):
                self.ended.add(top)
        elif tag == "a":
            passed: list[Node] = []
            node: Node | None = top
            while node is not None and node.tag not in _LINK_SCOPE:
                passed.append(node)
                if node.tag == "a":
                    return self.ended.update(passed)
                node = node.parent

    def end(self, tag: str) -> None:
        node = self.open.pop()
        parent = node.parent
        if parent is None:
            return
        mode = node.get("shadowrootmode") if node.tag == "template" else ""
        if mode in ("open", "closed") and parent.shadow is None and parent.is_element and parent.kids[-1] is node:
            parent.kids.pop()
            root = Node("#shadow")
            root.host, root.kids, parent.shadow = parent, node.kids, root
            for kid in root.kids:
                kid.parent = root
            return
        parent.length += node.length
        parent.rich |= node.rich
        parent.controls |= node.controls

    def data(self, text: str) -> None:
        top = self._top()
        if top.tag == "head" and not text.isspace():
            self.ended.add(top)
            top = self._top()
        top.length += len(text)
        if top.kids and top.kids[-1].tag == "#text":
            top.kids[-1].text += text
        else:
            Node("#text", top, None, text)

    def close(self) -> Node:
        while len(self.open) > 1:
            self.end(self.open[-1].tag)
        return self.document


def parse(html: str, base: str = "") -> Node:
    """The ``#document`` of a page; never fails, however broken the markup. ``base``: where relative links start."""
    aliased = _TAGS.sub(_alias, html.replace("\0", "\ufffd"))
    builder = _Builder()
    parser = etree.HTMLParser(target=builder, encoding="utf-8", huge_tree=True)
    try:
        etree.fromstring(aliased.encode("utf-8", "replace"), parser)
    except etree.LxmlError:
        pass  # nothing in it, or no more than was built until here
    document = builder.close()
    _scopes(document, base)
    return document


def _alias(match: re.Match[str]) -> str:
    tag = match["tag"]
    return f"<{match['end']}{_ALIAS}{tag.lower()}{match['rest']}" if tag else match[0]


def _scopes(document: Node, base: str) -> None:
    roots = [document]
    while roots:
        root = roots.pop()
        scope = Scope(root.host.scope.base if root.host else base)
        labels: list[Node] = []
        stack = root.kids[::-1]
        root.scope = scope
        while stack:
            node = stack.pop()
            node.scope = scope
            if not node.is_element:
                continue
            _enter(scope, node, labels)
            if node.shadow is not None:
                roots.append(node.shadow)
            if node.tag != "template":
                stack.extend(node.kids[::-1])
        for label in labels:
            _tie(scope, label)
        if root.host is not None:
            _assign(root)


def _enter(scope: Scope, node: Node, labels: list[Node]) -> None:
    attrs = node.attrs
    tag = node.tag
    scope.words.add(tag)
    if not attrs and tag not in ("label", "style"):
        return
    if attrs.get("id"):
        scope.ids.setdefault(attrs["id"], node)
        scope.words.add("#" + attrs["id"])
    if attrs.get("class"):
        scope.words.update("." + word for word in attrs["class"].split())
    if tag == "label":
        labels.append(node)
    elif tag == "style" and attrs.get("media", "all").strip().lower() in ("", "all", "screen"):
        scope.css.append("".join(kid.text for kid in node.kids))
    elif tag == "base" and "href" in attrs:
        scope.base = address(attrs["href"], scope.base)
    elif tag == "img" and attrs.get("usemap"):
        scope.maps.add(attrs["usemap"].lstrip("#"))
    elif tag == "input" and "checked" in attrs and node.get("type").lower() == "radio" and attrs.get("name"):
        form = next((n for n in node.up() if n.tag == "form"), None)
        scope.chosen[form, attrs["name"]] = node


def address(href: str, base: str) -> str:
    """A link as an absolute address where ``base`` is known."""
    href = href.strip()
    if href.startswith("#"):
        return base.split("#")[0] + href
    try:
        return urljoin(base, href)
    except ValueError:
        return href


def _tie(scope: Scope, label: Node) -> None:
    wanted = label.attrs.get("for")
    if wanted is not None:
        control = scope.ids.get(wanted)
    else:
        control = next((n for n in label.below() if _labelable(n)), None)
    if control is not None and _labelable(control):
        scope.controls[label] = control
        scope.labels.setdefault(control, []).append(label)


def _labelable(node: Node) -> bool:
    return node.tag in LABELABLE and not (node.tag == "input" and node.get("type").lower() == "hidden")


def _assign(root: Node) -> None:
    """Give each child of the host to the first slot of its name."""
    assert root.host is not None
    slots: dict[str, Node] = {}
    for node in root.below():
        if node.tag == "slot":
            slots.setdefault(node.get("name"), node)
    for kid in root.host.kids:
        slot = slots.get(kid.get("slot"))
        if slot is not None:
            kid.slot = slot
            slot.assigned = [*slot.assigned, kid]

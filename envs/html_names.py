"""Roles and names of single elements of a saved page: what ``page/names.js`` reads from a live one."""

from __future__ import annotations

import re

from .html_dom import LABELABLE, Node
from .html_style import pseudo_words
from .html_text import CONTROLS, FIELDS, all_text, cut, first, kind_of, option_text, squash, table, text_of
from .html_values import number, value_of

_TITLES = (
    "title", "placeholder", "aria-placeholder", "data-placeholder", "data-tooltip", "data-title", "data-original-title",
)  # fmt: skip
_PLAIN = frozenset({"presentation", "none", "generic", "text"})


def closest(el: Node, tags: frozenset[str], roles: frozenset[str]) -> Node | None:
    return next((n for n in el.up() if n.tag in tags or n.get("role") in roles), None)


def role_of(el: Node) -> str:
    tag = el.tag
    tokens = el.get("role").lower().split()
    given = next(
        (t for t in tokens if t in _PLAIN or t in table().roles), ""
    )  # tokens that are no role are passed over
    if given and given not in _PLAIN:
        return given
    if tag in ("a", "area"):
        return "link" if "href" in el.attrs else ""
    if tag == "input":
        kind = kind_of(el)
        return "" if kind == "hidden" else table().input.get(kind) or ("combobox" if "list" in el.attrs else "textbox")
    if tag == "select":
        return "listbox" if "multiple" in el.attrs or (number(el.get("size")) or 0) > 1 else "combobox"
    if given:
        return table().tag.get(tag, "") if tag in CONTROLS else ""
    if tag == "th":
        return "rowheader" if el.get("scope") == "row" else "columnheader"
    if tag == "section":
        return "region" if el.get("aria-label") or el.get("aria-labelledby") else ""
    if tag == "img" and el.attrs.get("alt") == "":
        return ""
    if el.attrs.get("contenteditable", "false") != "false":
        return "textbox"
    return table().tag.get(tag, "")


def by_ids(el: Node, key: str) -> str:
    others = (el.scope.ids.get(word) for word in el.get(key).split())
    return squash(" ".join(_referred(el, other) for other in others if other is not None))


def _referred(el: Node, other: Node) -> str:
    return other.get("aria-label") or text_of(other, 200) or ("" if other is el else value_of(other))


def _labels_text(el: Node) -> str:
    labels = el.scope.met.get(el) or el.scope.labels.get(el, []) if el.tag in LABELABLE else []
    return squash(" ".join(text_of(label, 200) for label in labels))


def _native_name(el: Node, role: str) -> str:
    tag, kind = el.tag, kind_of(el)
    if kind in ("submit", "reset", "button"):
        return el.get("value") or {"submit": "Submit", "reset": "Reset"}.get(kind, "")
    if tag in ("img", "area") or kind == "image":
        return el.get("alt") or el.get("value")
    if tag in table().shapes or tag == "g":
        return _child_text(el, "title")
    titled = {"fieldset": "legend", "table": "caption", "figure": "figcaption", "svg": "title"}.get(tag)
    if titled:
        return _child_text(el, titled)
    if tag == "optgroup":
        return el.get("label")
    if tag == "option":
        return option_text(el)
    if tag == "body":
        frame = el.scope.frame or el
        return squash(frame.get("title") or frame.get("aria-label"))
    if tag == "canvas":
        return cut(squash(all_text(el)), 100)
    return cut(_first_heading(el), 80) if role in ("dialog", "alertdialog") else ""


def _child_text(el: Node, tag: str) -> str:
    child = next((kid for kid in el.kids if kid.tag == tag), None)
    return text_of(child, 200) if child is not None else ""


def _first_heading(el: Node) -> str:
    def heading(n: Node) -> bool:
        marked = n.get("role") == "heading" or "ui-dialog-title" in n.get("class").split()
        return marked or n.tag in ("h1", "h2", "h3", "h4")

    found = first(el, heading)
    return text_of(found, 80) if found is not None else ""


def name_of(el: Node, role: str) -> str:
    """The name that a person would call an element by."""
    name = by_ids(el, "aria-labelledby") or squash(el.get("aria-label")) or _labels_text(el) or _native_name(el, role)
    if not name and role in table().from_content:
        limit = 120 if role in ("clickable", "treeitem") else 300
        name = text_of(el, limit) or _images_text(el) or squash(pseudo_words(el))
    if not name:
        name = next(filter(None, (squash(el.get(key)) for key in _TITLES)), "")
    if not name and role in FIELDS:
        name = _header_text(el) or _near_text(el, role)
    return cut(name, 300)


def _images_text(el: Node) -> str:
    def speaks(n: Node) -> bool:
        if (n.tag == "img" and "alt" in n.attrs) or "aria-label" in n.attrs or "title" in n.attrs:
            return True
        return n.tag == "title" and any(up.tag == "svg" for up in n.up())

    found = first(el, speaks)
    if found is None:
        return ""
    words = found.get("alt") or found.get("aria-label") or found.get("title")
    return squash(words or all_text(found))


# ---- tables and neighbours --------------------------------------------------------------------------------------

_CELLS = (frozenset({"td", "th"}), frozenset({"cell", "gridcell"}))
_DATA_CELLS = (frozenset({"td"}), frozenset({"cell", "gridcell"}))
_TABLES = (frozenset({"table"}), frozenset({"table", "grid"}))
_ROWS = (frozenset({"tr", "li", "article", "fieldset"}), frozenset({"row", "listitem", "radiogroup", "group"}))


def _header_text(el: Node) -> str:
    """The column header of a control inside a table cell."""
    cell = closest(el, *_CELLS)
    row = cell.parent if cell is not None else None
    grid = closest(row, *_TABLES) if row is not None else None
    if cell is None or row is None or grid is None:
        return ""
    top = first(grid, lambda n: n.tag == "tr" or n.get("role") == "row")
    head = _cell_at(top, _column(row, cell)) if top is not None and top is not row else None
    return text_of(head, 80) if head is not None else ""


def _row_header(el: Node) -> str:
    cell = closest(el, *_DATA_CELLS)
    head = _cell_at(cell.parent, 0) if cell is not None and cell.parent is not None else None
    return text_of(head, 80) if head is not None and head is not cell else ""


def _span(cell: Node) -> int:
    return int(number(cell.get("colspan")) or 1)


def _column(row: Node, cell: Node) -> int:
    at = 0
    for c in row.elements():
        if c is cell:
            break
        at += _span(c)
    return at


def _cell_at(row: Node, index: int) -> Node | None:
    at = 0
    for c in row.elements():
        at += _span(c)
        if at > index:
            return c
    return None


def _near_text(el: Node, role: str) -> str:
    """The words beside an unlabelled field: after it for boxes to tick, before it for all others."""
    steps = (1, -1) if role in ("checkbox", "radio", "switch") else (-1,)
    node: Node | None = el
    for _ in range(4):
        if node is None or not node.is_element:
            break
        for step in steps:
            words = _beside(node, step)
            if words:
                return words
        node = node.parent
        if node is not None and node.tag in ("form", "body", "tr", "fieldset"):
            break
    return ""


def _beside(node: Node, step: int) -> str:
    other: Node | None = node
    for _ in range(6):
        other = other.sibling(step) if other is not None else None
        if other is None:
            return ""
        if other.tag == "#text":
            words = squash(other.text)
            if len(words) > 1:
                return cut(words, 80)
        elif other.tag not in table().skip and other.tag != "br":
            if other.controls:
                return ""
            words = text_of(other, 100)
            if words:
                return "" if len(words) > 80 else words
    return ""


def context_of(el: Node, role: str, name: str, twin: bool) -> str:
    """What tells this element from others of the same name: headers, legend, or the rest of its row or card.

    ``twin``: another element of the page has the same role and name.
    """
    vague = twin or len(name) < 3
    row = closest(el, *_ROWS) if vague or role in FIELDS else None
    found = [_row_header(el)] if role in FIELDS else []
    if row is not None and row is not el:
        around = el.scope.around
        if row not in around:
            own = name_of(row, "group") if row.tag == "fieldset" or row.get("role") else ""
            around[row] = own or text_of(row, 160)
        found.append(around[row])
    elif vague:
        found.append(_neighbourhood(el, name))
    found.append(by_ids(el, "aria-describedby"))
    words = cut(squash(" · ".join(w for w in found if w and w != name)), 160)
    return "" if words == name else words


def _neighbourhood(el: Node, name: str) -> str:
    """The words of the nearest ancestor that has more of them than the element itself."""
    for node in list(el.up())[1:5]:
        if node.tag == "body":
            break
        if node not in el.scope.around:
            el.scope.around[node] = text_of(node, 160)
        if len(el.scope.around[node]) > len(name):
            return el.scope.around[node]
    return ""


def hint_of(el: Node) -> str:
    """Words from id, class or file name, for what nothing visible names."""
    inner = first(el, lambda n: n.tag in ("img", "svg", "i", "use", "span", "path")) or el
    use = first(el, lambda n: n.tag == "use")
    sources = [el.get(key) for key in ("id", "name", "class", "data-icon", "data-testid")]
    if inner is not el:
        sources += [inner.get(key) for key in ("id", "class", "data-icon")]
    file = re.split(r"[?#]", inner.get("src") or el.get("src"))[0].split("/")[-1]
    sources.append(re.sub(r"\.\w+$", "", file))
    if use is not None:
        sources.append((use.get("href") or use.get("xlink:href")).split("#")[-1])
    text = " ".join(s for s in sources if s and len(s) < 80)
    words = re.split(r"[^a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", text).lower())
    return " ".join(list(dict.fromkeys(w for w in words if len(w) > 2 and w not in table().generic_words))[:6])

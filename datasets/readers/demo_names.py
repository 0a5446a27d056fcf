"""Names, contexts and hints of the nodes of a DOM dump, by the rules of our live trees (envs/page/names.js).

Not covered, because a dump does not hold it: alt texts, titles, placeholders, ARIA labels, which control a ``for``
points to (a label that wraps its control is understood), and where exactly white space stood.
"""

from __future__ import annotations

import functools
import re

from .demo_record import Node

CONTROLS = frozenset({"input", "select", "textarea", "button"})
TICKS = frozenset({"checkbox", "radio"})
FIELDS = frozenset({"textbox", "searchbox", "combobox", "listbox", "checkbox", "radio", "slider", "spinbutton"})
FROM_CONTENT = frozenset({"button", "link", "option", "tab", "menuitem", "gridcell", "clickable"})
LABEL_FOR = {"tags": "tags"}
"""Labels whose ``for`` we know from the page itself: id of the control, which comes right behind its label."""

_GENERIC = frozenset(
    "icon icons btn button link img image ui row input field form control item list div span wrapper container box "
    "content left right top small large active primary secondary default widget corner all state helper clearfix text "
    "label col".split()
)


def kind(node: Node) -> tuple[str, str]:
    """Tag and input type: ``INPUT_text`` is ``("input", "text")``."""
    return _kind(node["tag"])


@functools.lru_cache(1024)
def _kind(tag: str) -> tuple[str, str]:
    name, _, sort = tag.partition("_")
    return name.lower(), sort


def words_in(node: Node, key: str) -> str:
    """The id or the class names; SVG nodes carry an object there."""
    value = node.get(key)
    return value if isinstance(value, str) else ""


def cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


class Names:
    """Texts around the nodes of one dump. ``parents``: of each ref, its parent node."""

    def __init__(self, parents: dict[int, Node]) -> None:
        self.parents = parents
        self._texts: dict[int, str] = {}

    def text(self, node: Node, limit: int = 400) -> str:
        """What a person reads inside a node, without the contents of fields."""
        ref = node["ref"]
        if ref not in self._texts:
            parts: list[str] = []
            self._collect(node, parts, node)
            self._texts[ref] = " ".join(" ".join(parts).split())
        return cut(self._texts[ref], limit)

    def _collect(self, node: Node, parts: list[str], top: Node) -> None:
        if node is not top and kind(node)[0] in ("input", "select", "textarea"):
            return
        if node.get("text"):
            parts.append(str(node["text"]))
        for child in node["children"]:
            self._collect(child, parts, top)

    def name(self, node: Node, role: str) -> str:
        tag, sort = kind(node)
        name = self.label(node)
        if tag == "input" and sort in ("submit", "reset", "button"):
            name = name or str(node.get("value") or sort.capitalize())
        if not name and role == "tabpanel":
            name = self._tab_of(node)
        if not name and role in FROM_CONTENT:
            name = self._own_text(node) if tag == "li" else ""
            name = name or self.text(node, 120 if role == "clickable" else 300)
        if not name and role in FIELDS:
            name = self._near(node, role)
        return cut(name, 300)

    def label(self, node: Node) -> str:
        """The text of the label around a control, or of the one before it that is known to be its label."""
        if kind(node)[0] not in CONTROLS:
            return ""
        up = self.parents.get(node["ref"])
        if up is not None and up["tag"] == "LABEL":
            return self.text(up, 200)
        before = self._beside(node, -1)
        known = before is not None and before["tag"] == "LABEL" and words_in(node, "id") in LABEL_FOR
        return self.text(before, 200) if known and before is not None else ""

    def _beside(self, node: Node, step: int) -> Node | None:
        up = self.parents.get(node["ref"])
        if up is None:
            return None
        at = next(i for i, child in enumerate(up["children"]) if child is node) + step
        return up["children"][at] if 0 <= at < len(up["children"]) else None

    def _own_text(self, node: Node) -> str:
        """A row of a tree of folders is called by its own words, not by those of the rows in it."""
        return next((self.text(c, 120) for c in node["children"] if words_in(c, "classes")[:4] in ("file", "fold")), "")

    def _tab_of(self, node: Node) -> str:
        """A panel is called by the header before it, or by the tab that is open."""
        before = self._beside(node, -1)
        if before is not None and "ui-accordion-header" in words_in(before, "classes"):
            return self.text(before, 200)
        up = self.parents.get(node["ref"])
        tabs = up["children"][0]["children"] if up is not None and up["children"] else []
        return next((self.text(t, 200) for t in tabs if "ui-tabs-active" in words_in(t, "classes")), "")

    def _near(self, node: Node, role: str) -> str:
        at: Node | None = node
        for _ in range(4):
            if at is None:
                return ""
            for step in (1, -1) if role in TICKS else (-1,):
                words = self._words_beside(at, step)
                if words:
                    return words
            at = self.parents.get(at["ref"])
            if at is not None and kind(at)[0] in ("form", "body", "tr", "fieldset"):
                return ""
        return ""

    def _words_beside(self, node: Node, step: int) -> str:
        other = self._beside(node, step)
        for _ in range(6):
            if other is None:
                return ""
            tag = kind(other)[0]
            if tag == "t":
                if len(other["text"]) > 1:
                    return cut(str(other["text"]), 80)
            elif tag != "br":
                if _holds_control(other):
                    return ""
                words = self.text(other, 100)
                if words:
                    return words if len(words) <= 80 else ""
            other = self._beside(other, step)
        return ""

    def context(self, node: Node, role: str, name: str, twin: bool) -> str:
        """What tells this element from others of the same name."""
        vague = twin or len(name) < 3
        row = self._row(node) if vague or role in FIELDS else None
        words = self.text(row, 160) if row is not None else self._around(node, name) if vague else ""
        return "" if words == name else words

    def _row(self, node: Node) -> Node | None:
        if node["tag"] in ("TR", "LI"):
            return None
        up = self.parents.get(node["ref"])
        while up is not None:
            if up["tag"] in ("TR", "LI"):
                return up
            up = self.parents.get(up["ref"])
        return None

    def _around(self, node: Node, name: str) -> str:
        up = self.parents.get(node["ref"])
        for _ in range(4):
            if up is None or up["tag"] == "BODY":
                return ""
            words = self.text(up, 160)
            if len(words) > len(name):
                return words
            up = self.parents.get(up["ref"])
        return ""


def _holds_control(node: Node) -> bool:
    return kind(node)[0] in CONTROLS or any(_holds_control(child) for child in node["children"])


def hint(node: Node) -> str:
    """Words from id and class of an element that nothing visible names, and of the first picture in it."""
    sources = [words_in(node, "id"), words_in(node, "classes")]
    inner = _inner(node)
    if inner is not None:
        sources += [words_in(inner, "id"), words_in(inner, "classes")]
    words = re.split(r"[^a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", " ".join(sources)).lower())
    return " ".join(list(dict.fromkeys(w for w in words if len(w) > 2 and w not in _GENERIC and w != "hover"))[:6])


def _inner(node: Node) -> Node | None:
    for child in node["children"]:
        if child["tag"] in ("SPAN", "I", "IMG", "svg", "path"):
            return child
        found = _inner(child)
        if found is not None:
            return found
    return None

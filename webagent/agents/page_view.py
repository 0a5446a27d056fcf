"""One observation's tree, indexed for reading by words: pools by role noun, surroundings, rows, neighbours, dialogs.

Built once a decision. The text of the goal itself, where the page shows it, is left out: it would match everything.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable
from dataclasses import replace

from webagent.envs.types import ActionTree, Element

from .words import bare, content, normal, tokens

FIELDS = frozenset({"textbox", "searchbox", "combobox", "spinbutton"})
TICKS = frozenset({"checkbox", "radio", "switch", "menuitemcheckbox", "menuitemradio"})
OPTIONS = frozenset({"option", "menuitem", "menuitemradio", "menuitemcheckbox", "treeitem", "listitem", "gridcell"})
PLAIN = frozenset({"text", "label", "heading", "caption", "cell", "columnheader", "rowheader", "img"})
DIALOGS = frozenset({"dialog", "alertdialog"})
POOLS: dict[str, frozenset[str]] = {
    "button": frozenset({"button", "clickable"}),
    "link": frozenset({"link", "clickable"}),
    "checkbox": frozenset({"checkbox", "switch", "menuitemcheckbox"}),
    "option": frozenset({"radio", "option", "menuitemradio", "checkbox"}),
    "tab": frozenset({"tab"}),
    "field": FIELDS,
    "select": frozenset({"combobox", "listbox"}),
    "slider": frozenset({"slider"}),
    "spinner": frozenset({"spinbutton"}),
    "icon": frozenset({"img", "clickable", "button", "link"}),
    "menu": frozenset({"menuitem", "menu", "menuitemcheckbox", "menuitemradio", "button", "link", "clickable"}),
    "section": frozenset({"heading", "tab", "button", "clickable"}),
    "dialog": DIALOGS,
    "result": frozenset({"link", "clickable"}),
    "node": frozenset({"treeitem", "clickable", "link", "button"}),
    "cell": frozenset({"cell", "gridcell", "row"}),
}
_PAGER = frozenset(". .. … < > « » ‹ › prev next previous first last".split())


class PageView:
    """``items``: the elements that count, in document order. All lookups are by ``Element.ref``."""

    def __init__(self, tree: ActionTree, goal: str, fresh: frozenset[str] = frozenset()) -> None:
        self.tree = tree
        self.fresh = fresh
        echo = _goal_echo(tree.elements, goal)
        said = bare(goal)
        self.items: tuple[Element, ...] = tuple(_unechoed(e, said) for e in tree.elements if e.ref not in echo)
        self.at = {e.ref: i for i, e in enumerate(self.items)}
        self._around: dict[str, frozenset[str]] = {}
        self.by_ref = {e.ref: e for e in self.items}
        self.modal = next(
            (e for e in reversed(self.items) if e.role == "alertdialog" or (e.role in DIALOGS and e.has("modal"))), None
        )

    @functools.cached_property
    def usable(self) -> tuple[Element, ...]:
        """What a person could operate now; inside the modal dialog only, where there is one."""
        found = [e for e in self.items if e.actionable and not self._is_closed_option(e)]
        if self.modal is not None:
            inside = [e for e in found if self.is_inside(e, self.modal.ref)]
            found = inside or found
        return tuple(found)

    @functools.cached_property
    def fields(self) -> tuple[Element, ...]:
        """Fields that take text or a choice."""
        return tuple(e for e in self.usable if e.role in FIELDS or e.has("editable") or e.role in ("listbox", "slider"))

    @functools.cached_property
    def texts(self) -> tuple[Element, ...]:
        """Everything that says something, actionable or not."""
        return tuple(e for e in self.items if e.name)

    @functools.cached_property
    def children(self) -> dict[str | None, list[Element]]:
        found: dict[str | None, list[Element]] = {}
        for e in self.items:
            found.setdefault(e.parent, []).append(e)
        return found

    @functools.cached_property
    def idf(self) -> dict[str, float]:
        """Inverse document frequency of stems over the names on this page, in (0, 1]."""
        counts: dict[str, int] = {}
        for e in self.texts:
            for t in content(e.name):
                counts[t] = counts.get(t, 0) + 1
        top = math.log(2 + len(self.texts))
        return {t: max(0.15, math.log((2 + len(self.texts)) / (1 + n)) / top) for t, n in counts.items()}

    def weight(self, words: Iterable[str]) -> float:
        """Sum of the words' idf; a word that the page does not know weighs most."""
        return sum(self.idf.get(w, 1.0) for w in words)

    def mentions(self, words: str, text: str) -> float:
        """How much of ``words``, by rarity, ``text`` says, in [0, 1]; words that the page never says do not count."""
        wanted = [w for w in content(words) if w in self.idf]
        return self.weight(w for w in wanted if w in content(text)) / self.weight(wanted) if wanted else 0.0

    def is_read(self, words: str) -> bool:
        """Whether one text on the page says the rarest of the words."""
        wanted = content(words) - content("email message item post page contact the book list")
        if not wanted:
            return True
        known = {w: self.idf[w] for w in wanted if w in self.idf}
        return len(known) * 2 >= len(wanted)

    def _is_closed_option(self, e: Element) -> bool:
        parent = self.tree.by_ref.get(e.parent or "")
        return e.role == "option" and parent is not None and parent.tag == "select" and parent.role == "combobox"

    def options_of(self, field: Element) -> list[Element]:
        return [e for e in self.children.get(field.ref, []) if e.role == "option"]

    def ancestors(self, e: Element) -> list[Element]:
        """Enclosing elements, nearest first."""
        found: list[Element] = []
        while e.parent is not None and (up := self.tree.by_ref.get(e.parent)) is not None and len(found) < 60:
            found.append(up)
            e = up
        return found

    def is_inside(self, e: Element, ref: str) -> bool:
        return any(a.ref == ref for a in self.ancestors(e))

    def below(self, ref: str) -> list[Element]:
        """All descendants in document order."""
        found: list[Element] = []
        for child in self.children.get(ref, []):
            found.append(child)
            found.extend(self.below(child.ref))
        return found

    def pool(self, role: str) -> list[Element]:
        """Elements that a role noun may mean."""
        if role == "slider":
            return [e for e in self.usable if e.role == "slider" or "slider" in e.hint.split()]
        if role == "field":
            return [e for e in self.usable if e.has("editable") or e.role in FIELDS]
        if role == "result":
            return [e for e in self.usable if e.role in POOLS[role] and not self.is_pager(e)]
        if role in ("thing", ""):
            return list(self.usable)
        wanted = POOLS.get(role, frozenset())
        if role == "node":
            return [e for e in self.items if (e.role in wanted and e.actionable) or e.role in ("text", "listitem")]
        return [
            e
            for e in self.items
            if e.role in wanted and (e.actionable or role in ("dialog", "cell", "section", "icon"))
        ]

    def is_pager(self, e: Element) -> bool:
        """A link of a pagination bar: a page number or an arrow."""
        name = bare(e.name)
        return name.isdecimal() or name in _PAGER

    def labels(self, e: Element) -> tuple[tuple[str, float], ...]:
        """``(text, weight)`` pairs by which a person could call the element."""
        found = [(e.name, 1.0)] if e.name else []
        if e.value and e.role in ("button", "combobox", "clickable"):
            found.append((e.value, 0.6))
        if e.hint:
            found.append((e.hint, 0.9 if not e.name else 0.6))
        if e.context:
            found.append((e.context, 0.55 if e.role in FIELDS and not e.name else 0.35))
        return tuple(found)

    def surroundings(self, e: Element) -> frozenset[str]:
        """Stems of what belongs to the element: its context and the other things on its card or in its row."""
        found = self._around.get(e.ref)
        if found is None:
            words = set(content(e.context)) if e.context else set()
            for other in self.card(e):
                if other.name and other.ref != e.ref:
                    words |= content(other.name)
            found = self._around[e.ref] = frozenset(words)
        return found

    def card(self, e: Element) -> list[Element]:
        """What belongs to one of several like things: the largest enclosing group that holds no other of its kind,
        else, in a flat page, what lies between the like one before it and itself."""
        twins = {t.ref for t in self._twins(e)}
        best: list[Element] = []
        for up in self.ancestors(e):
            inside = self.below(up.ref)
            if len(inside) > 60 or any(i.ref in twins for i in inside):
                break
            best = inside
        if len(best) > 1 or not twins:
            return best
        here = self.at[e.ref]
        before = max((self.at[t] for t in twins if self.at[t] < here), default=-1)
        first = min(self.at[t] for t in twins)
        leads = self._leads_card(e, before, first)
        if leads:
            after = min((self.at[t] for t in twins if self.at[t] > here), default=here + 12)
            return list(self.items[here:after])
        return list(self.items[max(before + 1, here - 12) : here + 1])

    def _leads_card(self, e: Element, before: int, first: int) -> bool:
        """Whether like things come first on their cards (headings) rather than last (buttons)."""
        return e.role in ("heading", "rowheader") or (e.role in PLAIN and before < 0 and first <= 2)

    def _twins(self, e: Element) -> list[Element]:
        shape = _shape_of(e)
        return [t for t in self._by_shape.get(shape, ()) if t.ref != e.ref]

    @functools.cached_property
    def _by_shape(self) -> dict[tuple[str, str], list[Element]]:
        found: dict[tuple[str, str], list[Element]] = {}
        for e in self.items:
            found.setdefault(_shape_of(e), []).append(e)
        return found

    def same_row(self, a: Element, b: Element) -> bool:
        """Whether the boxes share most of their height."""
        top, bottom = max(a.box[1], b.box[1]), min(a.box[1] + a.box[3], b.box[1] + b.box[3])
        return bottom - top > 0.5 * min(a.box[3], b.box[3]) > 0

    def text_after(self, label: Element) -> Element | None:
        """The text that a label is about: the next one in its row, else the next one below it or in the document."""
        rest = [
            t
            for t in self.texts[:None]
            if self.at[t.ref] > self.at[label.ref] and t.role in PLAIN | {"clickable", "link"}
        ]
        row = [t for t in rest if self.same_row(label, t) and t.box[0] > label.box[0]]
        if row:
            return min(row, key=lambda t: t.box[0])
        return rest[0] if rest else None


def _shape_of(e: Element) -> tuple[str, str]:
    """What makes two elements alike: headings by their tag, others by role and first word ("Book for $12")."""
    if e.role == "heading":
        return (e.role, e.tag)
    return (e.role, (tokens(e.name) or (e.hint,))[0])


def _unechoed(e: Element, goal: str) -> Element:
    """A field beside the goal's text may be named by it; that name tells nothing."""
    if e.role in FIELDS and 2 * len(e.name) > len(goal) and bare(e.name).rstrip("…") in goal:
        return replace(e, name="")
    return e


def _goal_echo(elements: tuple[Element, ...], goal: str) -> set[str]:
    """Refs of the texts that together repeat the goal."""
    wanted = "".join(normal(goal).split())
    if len(wanted) < 8:
        return set()
    dialogs = {e.ref for e in elements if e.role in DIALOGS}
    plain = [e for e in elements if e.role in PLAIN and not e.actionable and e.name and e.parent not in dialogs]
    squashed = ["".join(normal(e.name).split()) for e in plain]
    joined = "".join(squashed)
    found = joined.find(wanted)
    if found < 0:
        return {e.ref for e, s in zip(plain, squashed, strict=True) if 2 * len(s) > len(wanted) and s in wanted}
    echo, at = set(), 0
    for e, s in zip(plain, squashed, strict=True):
        if at + len(s) > found and at < found + len(wanted):
            echo.add(e.ref)
        at += len(s)
    return echo

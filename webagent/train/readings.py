"""What a page tells beside names: the value that stands behind a label or in a table, which of its like is the
greatest, and what stands next to what. ``invent`` asks for things by it.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from webagent.envs.types import Element
from webagent.models.quantities import first_quantity

LONGEST = 5
"""Words of a name, a label or a value."""
MOST_APART = 400.0
"""Pixels between two things that are next to each other."""
GREATEST = ("largest", "highest", "greatest", "biggest")
LEAST = ("smallest", "lowest", "least")
MIXED = re.compile(r"[^\W\d_]\d|\d[^\W\d_]")
NEXT_TO = ('"{name}" next to "{text}"', "the {name} {{noun}} for {text}", '"{name}" in the row of "{text}"')


def told_values(elements: Sequence[Element]) -> list[tuple[str, str]]:
    """``(what, value)``: rows of two cells, cells under a heading by their row's first, texts behind a label's colon.
    Each ``what`` is said once on the page."""
    found = [*_of_tables(elements), *_of_labels(elements)]
    said = Counter(what.casefold() for what, _ in found)
    return [(w, v) for w, v in found if said[w.casefold()] == 1 and _short(w) and _short(v) and w != v]


def _of_tables(elements: Sequence[Element]) -> Iterable[tuple[str, str]]:
    tables = {e.ref: e.parent for e in elements if e.role == "row"}
    rows: dict[str, list[Element]] = defaultdict(list)
    for e in elements:
        if e.parent in tables:
            rows[e.parent].append(e)
    heads: dict[str | None, list[str]] = {}
    for ref, cells in rows.items():
        if all(c.role == "columnheader" for c in cells):
            heads[tables[ref]] = [c.name for c in cells]
        elif len(cells) == 2 and tables[ref] not in heads:
            yield cells[0].name.strip(" :"), cells[1].name
        elif len(cells) == len(heads.get(tables[ref], ())):
            for head, cell in zip(heads[tables[ref]][1:], cells[1:]):
                if head.strip():
                    yield f"{head} of {cells[0].name}", cell.name


def _of_labels(elements: Sequence[Element]) -> Iterable[tuple[str, str]]:
    for label, value in itertools.pairwise(elements):
        if (
            label.role in ("label", "text")
            and label.name.endswith(":")
            and value.role == "text"
            and _level(label, value)
        ):
            yield label.name.rstrip(" :"), value.name


def extremes(elements: Sequence[Element]) -> dict[str, tuple[str, ...]]:
    """``{ref: words}`` of what is greatest or least by the numbers in the names of its kind, three at least; words like
    ``Q4h`` are no numbers."""
    kinds: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for e in elements:
        measure = None if MIXED.search(e.name) else first_quantity(e.name)
        if measure is not None:
            kinds[e.role].append((measure, e.ref))
    found: dict[str, tuple[str, ...]] = {}
    for measured in kinds.values():
        order = sorted(measured)
        if len(order) >= 3 and order[0][0] < order[1][0]:
            found[order[0][1]] = LEAST
        if len(order) >= 3 and order[-2][0] < order[-1][0]:
            found[order[-1][1]] = GREATEST
    return found


def neighbours(wanted: Iterable[Element], elements: Sequence[Element]) -> dict[str, str]:
    """``{ref: text}``: of things that share their name with others, the text to the left on the same level, if that
    is on the page once and no other of the name is as near to it."""
    names = Counter(e.name for e in elements)
    texts = [e for e in elements if e.role in ("text", "cell", "label", "link", "heading") and names[e.name] == 1]
    texts = [t for t in texts if _short(t.name) and not t.name.endswith(":")]
    found: dict[str, str] = {}
    for e in wanted:
        left = [t for t in texts if t.ref != e.ref and _level(t, e) and 0 <= e.box[0] - t.box[0] <= MOST_APART]
        if left and _short(e.name):
            found[e.ref] = max(left, key=lambda t: t.box[0]).name
    taken = Counter((e.name, found[e.ref]) for e in wanted if e.ref in found)
    return {e.ref: found[e.ref] for e in wanted if e.ref in found and taken[e.name, found[e.ref]] == 1}


def _level(a: Element, b: Element) -> bool:
    """Whether their middles are about as high on the screen."""
    high = max(a.box[3], b.box[3])
    return high > 0 and abs((a.box[1] + a.box[3] / 2) - (b.box[1] + b.box[3] / 2)) <= high / 2


def _short(text: str) -> bool:
    return 0 < len(text.split()) <= LONGEST and len(text) <= 60 and "{" not in text and '"' not in text

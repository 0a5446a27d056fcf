"""Questions answered from tables: the cell whose row and column together say most of the question's words."""

from __future__ import annotations

import re

from webagent.envs.types import Element

from .page_view import PageView
from .words import STOP_WORDS, bare, content

_CELLS = frozenset({"cell", "gridcell", "rowheader", "columnheader"})
_ASKING = content(
    "what which who whom whose when where how many much do does did is are the tell me answer with take have has"
)


_ASKED_BY = tuple(
    (re.compile(pattern, re.IGNORECASE), content(words))
    for pattern, words in (
        (r"\bhow long\b", "days hours minutes duration time"),
        (r"\bhow much\b|\bcosts?\b", "price cost total amount"),
        (r"\bwhen\b", "date time day"),
        (r"\bwho\b", "name author person"),
        (r"\bwhere\b", "place city address location"),
    )
)


def cell_for(question: str, view: PageView) -> str:
    """The text of the best cell, or "" where no row and column together speak of the question."""
    asked = frozenset(w for w in content(question) - _ASKING - STOP_WORDS if w in view.idf)
    hinted = frozenset(w for pattern, words in _ASKED_BY if pattern.search(question) for w in words)
    best, found = 0.0, ""
    for table in (e for e in view.items if e.role in ("table", "grid", "treegrid")):
        rows = _rows(table, view)
        heads = _heads(rows)
        for row in rows:
            for column, cell in enumerate(row):
                text = bare(cell.name)
                head = heads[column] if column < len(heads) else ""
                if not text or cell.role == "columnheader" or (own := content(cell.name)) <= asked:
                    continue
                others = frozenset(w for i, c in enumerate(row) if i != column for w in content(c.name))
                heading = content(head) if head else frozenset()
                by_row = view.weight(asked & others)
                by_head = view.weight(asked & heading) or 0.5 * bool(hinted & heading)
                score = (by_row + 1.2 * by_head) / max(0.1, view.weight(asked)) - 0.3 * bool(own & asked)
                if by_row and (by_head or len(row) == 2) and score > best:
                    best, found = score, cell.name
    return found if best > 0.4 else ""


def _rows(table: Element, view: PageView) -> list[list[Element]]:
    """Cells by row; a cell that holds controls is given by its first text."""
    rows = []
    for row in (e for e in view.below(table.ref) if e.role == "row"):
        rows.append(
            [c for c in view.below(row.ref) if c.role in _CELLS or (c.role in ("text", "link") and c.parent == row.ref)]
        )
    return [r for r in rows if r]


def _heads(rows: list[list[Element]]) -> list[str]:
    for row in rows:
        if sum(c.role == "columnheader" for c in row) * 2 > len(row):
            return [c.name for c in row]
    first = rows[0] if rows else []
    numeric = re.compile(r"\d")
    return [c.name for c in first] if len(first) > 2 and not any(numeric.search(c.name) for c in first) else []

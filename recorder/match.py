"""Find an element of a recorded tree again in a live one, by several signs that do not depend on each other.

    found = match(recorded, before, now)          # Match(element, score, second), or element None and why

Signs: name, words around it, value, address or hint, tag, the elements around and beside it, its number among its like,
its place. Those that the recorded element has are weighed; a name that it has must be there again. A wrong hit is worse
than a clear stop, so the best must be good by itself and clearly better than the next.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from webagent.envs.types import ActionTree, Element

GOOD = 0.6  # of the weight of all signs
CLEAR = 0.06  # that the best must be ahead of the next
NEAR = 0.6  # of its words that a name must keep
DIALOG = re.compile(r"d\d+")
_AGO = re.compile(r"\d+")


class Match(NamedTuple):
    """``element``: None where none is surely the one; ``why`` says so in one line. Scores are from 0 to 1."""

    element: Element | None
    score: float
    second: float
    why: str = ""


def match(wanted: Element, before: ActionTree, now: ActionTree) -> Match:
    """Where ``wanted``, of the tree ``before``, is in the tree ``now``."""
    if DIALOG.fullmatch(wanted.ref):
        same = now.by_ref.get(wanted.ref)
        return Match(same, 1.0, 0.0) if same else Match(None, 0.0, 0.0, "no dialog is open")
    alike = [e for e in now.elements if e.role == wanted.role and _named_alike(wanted.name, e.name)]
    old = _Signs(before, wanted)
    rated = sorted(((old.share(_Signs(now, e)), -n) for n, e in enumerate(alike)), reverse=True)
    if not rated:
        return Match(None, 0.0, 0.0, f"no {wanted.role} {wanted.name!r} is there")
    (best, index), second = rated[0], rated[1][0] if len(rated) > 1 else 0.0
    if best < GOOD:
        return Match(None, best, second, f"the likeliest {wanted.role} {wanted.name!r} agrees in {best:.0%} only")
    if best - second < CLEAR:
        return Match(None, best, second, f"two of {len(alike)} {wanted.role} {wanted.name!r} are equally likely")
    return Match(alike[-index], best, second)


def _named_alike(old: str, new: str) -> bool:
    if not old:
        return True
    a, b = _words(old), _words(new)
    return old == new or (bool(a) and len(a & b) >= NEAR * max(len(a), len(b)))


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


class _Signs:
    """What tells one element of a tree from the others; each is worked out when it is asked for."""

    def __init__(self, tree: ActionTree, element: Element) -> None:
        self.tree = tree
        self.e = element

    def share(self, other: _Signs) -> float:
        """How much of this element's signs the other one has."""
        total = got = 0.0
        for weight, agreement in self._compared(other):
            total += weight
            got += weight * agreement
        return got / total if total else 0.0

    def _compared(self, other: _Signs) -> Iterator[tuple[float, float]]:
        a, b = self.e, other.e
        if a.name:
            yield 4.0, float(a.name == b.name) or 0.5
        for weight, old, new in ((3.0, a.context, b.context), (1.0, a.hint, b.hint), (0.5, a.tag, b.tag)):
            if old:
                yield weight, _overlap(old, new)
        if a.href:
            yield 1.5, float(urlsplit(a.href).path == urlsplit(b.href).path)
        if a.value and not a.has("editable"):
            yield 0.5, float(a.value == b.value)
        yield 1.5, _alike(self.around, other.around)
        yield 1.5, _alike(self.beside, other.beside)
        yield 1.0, float(self.number == other.number)
        yield 1.0, self._nearness(other)

    @property
    def around(self) -> list[str]:
        """Roles and names of the elements that enclose it, from the inside out."""
        found: list[str] = []
        up = self.tree.by_ref.get(self.e.parent or "")
        while up is not None and len(found) < 5:
            found.append(f"{up.role} {up.name}")
            up = self.tree.by_ref.get(up.parent or "")
        return found

    @property
    def beside(self) -> list[str]:
        """Two before it and two behind it, as the tree has them."""
        at = self.tree.elements.index(self.e)
        near = [*self.tree.elements[max(0, at - 2) : at], *self.tree.elements[at + 1 : at + 3]]
        return [f"{e.role} {e.name}" for e in near]

    @property
    def number(self) -> tuple[int, int]:
        """Which one it is of those of its role and name, and of how many."""
        like = [e.ref for e in self.tree.elements if e.role == self.e.role and e.name == self.e.name]
        return like.index(self.e.ref), len(like)

    def _nearness(self, other: _Signs) -> float:
        wide = math.hypot(*self.tree.viewport) or 1.0
        (x, y), (u, v) = _centre(self.e, self.tree), _centre(other.e, other.tree)
        return max(0.0, 1.0 - 4.0 * math.hypot(x - u, y - v) / wide)


def _centre(e: Element, tree: ActionTree) -> tuple[float, float]:
    """In the coordinates of the whole page, so that scrolling changes nothing."""
    x, y, w, h = e.box
    return x + w / 2 + tree.scroll[0], y + h / 2 + tree.scroll[1]


def _overlap(old: str, new: str) -> float:
    if old == new:
        return 1.0
    a, b = _words(_AGO.sub("0", old)), _words(_AGO.sub("0", new))
    return len(a & b) / len(a | b) if a | b else 0.0


def _alike(old: list[str], new: list[str]) -> float:
    if not old and not new:
        return 1.0
    same = sum(1 for word in old if word in new)
    return same / max(len(old), len(new))

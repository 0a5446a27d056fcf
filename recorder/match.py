"""Find an element of a recorded tree again in a live one, by several signs that do not depend on each other.

    found = match(recorded, before, now)          # Match(element, score, second), or element None and why
    found = find(signs_of(recorded, before), now) # the same, from what can be kept in a file

Signs: name, words around it, value, address or hint, tag, the elements around and beside it, its number among its like,
its place. Those that the recorded element has are weighed; a name that it has must be there again. A wrong hit is worse
than a clear stop, so the best must be good by itself and clearly better than the next.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple
from urllib.parse import urlsplit

from webagent.envs.types import ActionTree, Element

GOOD = 0.6  # of the weight of all signs
CLEAR = 0.06  # that the best must be ahead of the next
LIKELY = 0.75  # of the weight of all signs but the name, for a guess
NEAR = 0.6  # of its words that a name must keep
DIALOG = re.compile(r"d\d+")
_AGO = re.compile(r"\d+")


class Match(NamedTuple):
    """``element``: None where none is surely the one; ``why`` says so in one line. Scores are from 0 to 1."""

    element: Element | None
    score: float
    second: float
    why: str = ""


@dataclass(frozen=True)
class Signs:
    """What tells one element of a tree from the others.

    ``path``: of the address that it leads to. ``value``: of what cannot be edited. ``around``: role and name of the
    elements that enclose it, from the inside out; ``beside``: of two before it and two behind it. ``number``: which one
    it is of those of its role and name, and of how many. ``place``: its centre on the whole page, in pixels.
    ``dialog``: reference of a part of a browser's own dialog, which needs no other sign.
    """

    role: str
    name: str = ""
    tag: str = ""
    context: str = ""
    hint: str = ""
    path: str = ""
    value: str = ""
    around: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    number: tuple[int, ...] = (0, 1)
    place: tuple[float, ...] = (0.0, 0.0)
    dialog: str = ""


def signs_of(element: Element, tree: ActionTree) -> Signs:
    """The signs of an element that ``tree`` lists."""
    at = tree.elements.index(element)
    near = [*tree.elements[max(0, at - 2) : at], *tree.elements[at + 1 : at + 3]]
    like = [e.ref for e in tree.elements if e.role == element.role and e.name == element.name]
    return Signs(
        element.role, element.name, element.tag, element.context, element.hint, urlsplit(element.href).path,
        "" if element.has("editable") else element.value, tuple(_around(element, tree)),
        tuple(_face(e) for e in near), (like.index(element.ref), len(like)), _place(element, tree),
        element.ref if DIALOG.fullmatch(element.ref) else "",
    )  # fmt: skip


def agreed(a: Signs, b: Signs) -> Signs:
    """What two recordings of an element have in common; its name is the caller's, its number and place are of ``a``."""
    return replace(
        a, tag=a.tag if a.tag == b.tag else "", context=a.context if a.context == b.context else "",
        hint=a.hint if a.hint == b.hint else "", path=a.path if a.path == b.path else "",
        value=a.value if a.value == b.value else "", around=tuple(x for x in a.around if x in b.around),
        beside=tuple(x for x in a.beside if x in b.beside),
    )  # fmt: skip


def match(wanted: Element, before: ActionTree, now: ActionTree) -> Match:
    """Where ``wanted``, of the tree ``before``, is in the tree ``now``."""
    return find(signs_of(wanted, before), now)


def find(wanted: Signs, now: ActionTree) -> Match:
    """Which element of ``now`` has these signs."""
    if wanted.dialog:
        same = now.by_ref.get(wanted.dialog)
        return Match(same, 1.0, 0.0) if same else Match(None, 0.0, 0.0, "no dialog is open")
    alike = [e for e in now.elements if e.role == wanted.role and same_words(wanted.name, e.name)]
    wide = math.hypot(*now.viewport) or 1.0
    rated = sorted(((_share(wanted, signs_of(e, now), wide), -n) for n, e in enumerate(alike)), reverse=True)
    if not rated:
        return Match(None, 0.0, 0.0, f"no {wanted.role} {wanted.name!r} is there")
    (best, index), second = rated[0], rated[1][0] if len(rated) > 1 else 0.0
    if best < GOOD:
        return Match(None, best, second, f"the likeliest {wanted.role} {wanted.name!r} agrees in {best:.0%} only")
    if best - second < CLEAR:
        return Match(None, best, second, f"two of {len(alike)} {wanted.role} {wanted.name!r} are equally likely")
    return Match(alike[-index], best, second)


def likeliest(wanted: Signs, now: ActionTree) -> Match:
    """Which element may be the wanted one under another name: all other signs agree, and it stood not beside it before.

    A guess, for whoever can check what comes of it; ``find`` never makes it.
    """
    known = {face.partition(" ")[2] for face in wanted.beside}
    alike = [e for e in now.elements if (e.role, e.tag) == (wanted.role, wanted.tag) and e.name]
    wide = math.hypot(*now.viewport) or 1.0
    nameless = replace(wanted, name="")
    rated = sorted(((_share(nameless, signs_of(e, now), wide), -n) for n, e in enumerate(alike)), reverse=True)
    (best, index), second = rated[0] if rated else (0.0, 0), rated[1][0] if len(rated) > 1 else 0.0
    if not rated or best < LIKELY or best - second < CLEAR or alike[-index].name in known:
        return Match(None, best, second, f"nothing else stands where the {wanted.role} {wanted.name!r} stood")
    return Match(alike[-index], best, second)


def same_words(old: str, new: str) -> bool:
    """Whether a name that was ``old`` may be ``new`` now: most of its words are the same; no name may be any."""
    if not old:
        return True
    a, b = _words(old), _words(new)
    return old == new or (bool(a) and len(a & b) >= NEAR * max(len(a), len(b)))


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def _share(old: Signs, new: Signs, wide: float) -> float:
    """How much of the one's signs the other has. ``wide``: the viewport's diagonal."""
    total = got = 0.0
    for weight, agreement in _compared(old, new, wide):
        total += weight
        got += weight * agreement
    return got / total if total else 0.0


def _compared(a: Signs, b: Signs, wide: float) -> Iterator[tuple[float, float]]:
    if a.name:
        yield 4.0, float(a.name == b.name) or 0.5
    for weight, old, new in ((3.0, a.context, b.context), (1.0, a.hint, b.hint), (0.5, a.tag, b.tag)):
        if old:
            yield weight, _overlap(old, new)
    if a.path:
        yield 1.5, float(a.path == b.path)
    if a.value:
        yield 0.5, float(a.value == b.value)
    yield 1.5, _alike(a.around, b.around)
    yield 1.5, _alike(a.beside, b.beside)
    yield 1.0, float(a.number == b.number)
    yield 1.0, max(0.0, 1.0 - 4.0 * math.dist(a.place, b.place) / wide)


def _around(element: Element, tree: ActionTree) -> Iterator[str]:
    up = tree.by_ref.get(element.parent or "")
    for _ in range(5):
        if up is None:
            return
        yield _face(up)
        up = tree.by_ref.get(up.parent or "")


def _face(e: Element) -> str:
    return f"{e.role} {e.name}"


def _place(e: Element, tree: ActionTree) -> tuple[float, float]:
    """Its centre in the coordinates of the whole page, so that scrolling changes nothing."""
    x, y, w, h = e.box
    return round(x + w / 2 + tree.scroll[0], 1), round(y + h / 2 + tree.scroll[1], 1)


def _overlap(old: str, new: str) -> float:
    if old == new:
        return 1.0
    a, b = _words(_AGO.sub("0", old)), _words(_AGO.sub("0", new))
    return len(a & b) / len(a | b) if a | b else 0.0


def _alike(old: tuple[str, ...], new: tuple[str, ...]) -> float:
    if not old and not new:
        return 1.0
    same = sum(1 for word in old if word in new)
    return same / max(len(old), len(new))

"""How well an element answers to words: exact, then prefix, then shared words by their rarity, then spelling.

``rank`` gives candidates for a ``Target`` of the goal, best first, scores in [0, 1].
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from webagent.envs.types import Element

from . import literals
from .goal_targets import Target, read_target
from .goal_text import protect
from .page_view import PLAIN, POOLS, PageView
from .words import STOP_WORDS, bare, closeness, content, near, normal, stem, tokens

Scored = tuple[float, Element]


class Similarity(NamedTuple):
    score: float
    how: str


def similarity(words: str, label: str, view: PageView) -> Similarity:
    """How well ``label`` answers to ``words``, in [0, 1], and the name of the rule that said so."""
    if not words or not label:
        return Similarity(0.0, "")
    if words == label:
        return Similarity(1.0, "exact")
    if bare(words) == bare(label):
        return Similarity(0.97, "exact")
    mine, its = tokens(words), tokens(label)
    if mine == its:
        return Similarity(0.94, "same words")
    wanted, given = content(words), content(label)
    if wanted == given:
        return Similarity(0.9, "same words")
    if len(normal(words)) > 1 and normal(label).startswith(normal(words)):
        return Similarity(0.72 + 0.16 * len(words) / len(label), "beginning")
    shared = wanted & given
    if shared:
        recall = view.weight(shared) / view.weight(wanted)
        precision = view.weight(shared) / view.weight(given)
        return Similarity(min(0.86, recall * (0.55 + 0.33 * precision)), "words")
    if any(near(a, b) for a in wanted for b in given):
        alone = len(wanted) == 1 and sum(g.isalpha() and g not in STOP_WORDS for g in given) == 1
        return Similarity(0.5 if alone else 0.3, "synonym")
    if len(label) <= 60 and (spelled := closeness(bare(words), bare(label))) > 0.75:
        return Similarity(0.75 * spelled, "spelling")
    return Similarity(0.0, "")


def name_score(words: str, e: Element, view: PageView) -> float:
    """Best weighted similarity over everything the element is called."""
    return max((similarity(words, label, view).score * weight for label, weight in view.labels(e)), default=0.0)


def looks_score(target: Target, e: Element, view: PageView) -> float:
    """Colour, kind of shape and size words, in [0, 1]; 0 where one of them contradicts."""
    asked = [target.colour, target.shape not in ("", "item") and target.shape, target.size]
    if not any(asked):
        return 0.0
    if target.colour and not literals.is_colour(colour_of(e), target.colour):
        return 0.0
    if target.shape not in ("", "item") and not is_shape(e, target.shape):
        return 0.0
    if target.size and not is_size(e, target.size, view):
        return 0.0
    return 0.9


def colour_of(e: Element) -> str:
    """Fill colour as ``#rrggbb``, of an outline its stroke, or ""."""
    return (e.shape.fill or e.shape.stroke) if e.shape else ""


def is_shape(e: Element, wanted: str) -> bool:
    kind = e.shape.kind if e.shape else ""
    if wanted == "circle":
        return kind in ("circle", "ellipse") or e.tag in ("circle", "ellipse")
    if wanted == "rect":
        return kind in ("rect", "box") or e.tag == "rect"
    if wanted == "polygon":
        return kind in ("polygon", "path") or e.tag == "polygon"
    if wanted == "line":
        return kind in ("line", "polyline")
    if wanted in ("letter", "digit"):
        symbol = e.name.strip()
        return len(symbol) == 1 and (symbol.isalpha() if wanted == "letter" else symbol.isdecimal())
    return kind not in ("", "box", "canvas")


def area(e: Element) -> float:
    return e.box[2] * e.box[3]


def is_size(e: Element, word: str, view: PageView) -> bool:
    """Above or below the middle between the tallest and the least of the things drawn beside it."""
    heights = [
        max(p.box[3], 1.0) for p in view.children.get(e.parent, ()) if p.shape or len(p.name) == 1 or p.role == e.role
    ]
    if len(heights) < 2 or max(heights) < 1.3 * min(heights):
        return True
    middle = (max(heights) + min(heights)) / 2
    return (e.box[3] >= middle) == word.startswith(("large", "big"))


def rank(target: Target, view: PageView, pool: Iterable[Element] | None = None) -> list[Scored]:
    """Candidates for ``target``, best first. Ordinals and extremes are taken among those that match the rest."""
    whole = list(pool) if pool is not None else _default_pool(target, view)
    if target.words or target.colour or target.shape not in ("", "item"):
        scored = _by_words(target, view, whole)
    else:
        scored = [(0.6 if target.role or target.ordinal or target.extreme else 0.2, e) for e in whole]
    if target.quoted and max((s for s, _ in scored), default=0.0) < 0.45:
        named = read_target(target.words, protect(""))
        if named.role and not named.words:
            scored = [(0.75 * _tag_fit(target.words, e), e) for e in view.pool(named.role)]
    if target.extreme and max((s for s, _ in scored), default=0.0) < 0.45:
        scored = [(0.6, e) for e in _numbered(view)]
    if target.role == "field" and not target.words:
        scored = [(s * _tag_fit(target.phrase, e), e) for s, e in scored]
    if target.scope:
        scored = [(min(1.0, s * 0.9 + 0.1 * scope_score(target.scope, e, view)), e) for s, e in scored]
    if target.ordinal is not None:
        return _nth(scored, target.ordinal, view)
    if target.extreme:
        return _extreme(scored, target, view)
    return sorted(scored, key=lambda pair: (-pair[0], _nuisance(pair[1], view), view.at[pair[1].ref]))


def _default_pool(target: Target, view: PageView) -> list[Element]:
    roled = view.pool(target.role) if target.role not in ("", "thing") else []
    if target.words or target.colour:
        plain = [e for e in view.items if e.role in PLAIN and not e.actionable]
        return list(dict.fromkeys([*roled, *view.usable, *plain]))
    if target.shape and not roled:
        return [e for e in view.items if e.shape]
    return roled or list(view.usable)


def _by_words(target: Target, view: PageView, pool: list[Element]) -> list[Scored]:
    fitting = POOLS.get(target.role, frozenset())
    scored = []
    for e in pool:
        score = max(name_score(target.words, e, view), looks_score(target, e, view))
        if target.role and target.phrase != target.words and not target.quoted and score < 0.95:
            score = max(score, 0.97 * name_score(target.phrase, e, view) if target.phrase else 0.0)
        if score < 0.5 and (kind := _VALUE_KINDS.get(_last_word(target.words))) and kind.search(e.name):
            score = 0.7
        if score <= 0:
            continue
        if fitting:
            score = min(1.0, score * 1.04) if e.role in fitting else score * 0.8
        if not e.actionable:
            score *= 0.72
        elif any(c.actionable and c.name == e.name for c in view.children.get(e.ref, ())):
            score *= 0.9
        if e.has("disabled"):
            score *= 0.8
        scored.append((score, e))
    return scored


def _tag_fit(words: str, e: Element) -> float:
    """A "text area" and an "input" are both fields to a person, but not the same one."""
    area_asked = "area" in words.casefold()
    return (
        1.0
        if area_asked == (e.tag == "textarea")
        or (not ({"input", "area"} & set(words.casefold().split())) and not area_asked)
        else 0.8
    )


def _numbered(view: PageView) -> list[Element]:
    """Things named by a number only, of the role that most of them have."""
    found = [e for e in view.usable if re.fullmatch(r"[-−$€£]?\d[\d.,]*", e.name.strip())]
    roles = [e.role for e in found]
    return [e for e in found if e.role == max(roles, key=roles.count)]


def _last_word(words: str) -> str:
    stems = tokens(words)
    return stems[-1] if stems else ""


def scope_score(scope: str, e: Element, view: PageView) -> float:
    wanted = content(scope)
    shared = wanted & view.surroundings(e)
    return view.weight(shared) / view.weight(wanted) if wanted else 0.0


def _nuisance(e: Element, view: PageView) -> int:
    """Ties go to what can be seen and reached."""
    return 2 * e.has("covered") + (not e.has("visible"))


def _nth(scored: list[Scored], ordinal: int, view: PageView) -> list[Scored]:
    best = max((s for s, _ in scored), default=0.0)
    like = sorted((p for p in scored if p[0] >= 0.75 * best), key=lambda p: view.at[p[1].ref])
    index = ordinal - 1 if ordinal > 0 else len(like) + ordinal
    if not 0 <= index < len(like):
        return []
    chosen = like[index]
    return [(max(chosen[0], 0.85), chosen[1]), *((s * 0.5, e) for s, e in like if e.ref != chosen[1].ref)]


def _extreme(scored: list[Scored], target: Target, view: PageView) -> list[Scored]:
    best = max((s for s, _ in scored), default=0.0)
    like = [e for s, e in scored if s >= 0.75 * best]
    measured = [(m, e) for e in like if (m := measure(e, target.measure, view)) is not None]
    if not measured:
        return []
    measured.sort(key=lambda p: (p[0] if target.extreme == "min" else -p[0], view.at[p[1].ref]))
    return [(0.88 if i == 0 else 0.4, e) for i, (_, e) in enumerate(measured)]


_VALUE_KINDS = {
    stem("phone"): re.compile(r"^\+?[\d(][\d ()./-]{4,}\d$"), stem("email"): re.compile(r"^[\w.+-]+@[\w.-]+\.\w+$"),
    stem("address"): re.compile(r"^\d+ \w+|\w+ \d+$"), stem("date"): re.compile(r"\b\d{4}-\d\d-\d\d\b|\b\d+/\d+/\d+\b"),
}  # fmt: skip
_PRICE = re.compile(r"[$€£¥]\s?\d|\d\s?(?:€|EUR|USD)")
_DURATION = re.compile(r"\d+\s*(?:h|hours?|hrs?|m|mins?|minutes?|d|days?)\b", re.IGNORECASE)
_MEASURES: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    (("cheap", "price", "cost", "expens"), _PRICE),
    (("short", "long", "duration", "fast", "quick"), _DURATION),
)


def measure(e: Element, wanted: str, view: PageView) -> float | None:
    """The quantity to compare by: area for size words, else a number of that kind in the element or its card."""
    wanted = wanted.casefold()
    if wanted.startswith(("larg", "big", "small")) and e.shape and not e.name:
        return area(e)
    texts = [e.name, *(t.name for t in view.card(e) if t.ref != e.ref)]
    for words, pattern in _MEASURES:
        if any(w in wanted for w in words) and (of_kind := [t for t in texts if pattern.search(t)]):
            return literals.quantity(of_kind[0])
    return next((q for t in texts if (q := literals.quantity(t)) is not None), area(e) if e.shape else None)


def best_of(pool: Iterable[Element], score: Callable[[Element], float]) -> Scored | None:
    """The element with the highest score above 0, the first among equals."""
    best: Scored | None = None
    for e in pool:
        value = score(e)
        if value > 0 and (best is None or value > best[0]):
            best = (value, e)
    return best

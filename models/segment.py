"""One observation as arrays: what the policy reads of a goal and a page.

Letters: G goal subwords, N elements (the page itself is the first of them), T subwords of all elements together, W
words that are compared, F numbers an element. The order of elements is the tree's; ``refs[0]`` is "" for the page.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from webagent.envs.types import STATES, Action, Element, Observation

from .colours import colour_words
from .config import PolicyConfig
from .geometry import HIGH, LOW, Floats, Ints
from .quantities import first_quantity, quantities
from .sight import Pictures, pictures
from .words import CACHED, Words, word_hashes

FIELDS = ("name", "value", "context", "hint", "look", "note")
LIMITS = {"name": 64, "value": 16, "context": 16, "hint": 16, "look": 12, "note": 32}
"""Most subwords of each field that are read; of a longer one the beginning and the end."""
TAIL = 6
NAME_WORDS, OTHER_WORDS = 12, 12
KINDS = tuple(
    """
    page text button link textbox searchbox combobox listbox option checkbox radio switch slider spinbutton tab
    tabpanel menuitem menu menubar treeitem tree gridcell grid row cell columnheader rowheader table list listitem
    heading img canvas graphics-symbol graphics-document clickable region dialog alertdialog alert status group form
    navigation main article label progressbar separator scrollbar iframe paragraph tooltip other
""".split()
)
TAGS = (
    "",
    *"""
    a b body button canvas circle dd details div dt em fieldset form g h1 h2 h3 h4 i iframe img input:button
    input:checkbox input:color input:date input:email input:file input:number input:password input:radio input:range
    input:search input:submit input:tel input:text input:time input:url label li line ol option p path polygon rect
    select span summary svg table td text textarea th tr ul #text other
""".split(),
)
SHAPES = ("", "rect", "circle", "ellipse", "line", "polygon", "polyline", "path", "text", "canvas", "box", "other")
POINTS = 6
NO_SHAPE = (0.0,) * (len(SHAPES) + 9 + 2 * POINTS)
PLACES, INNER = 64, 16
NO_AMOUNT, MOST = -(2**31), 2e7
ACTED, POINT = 7, 4
NUMBER = re.compile(r"-?\d+(?:,\d{3})*(?:\.\d+)?")


@dataclass(frozen=True)
class Segment:
    """``goal_ids`` [G]; ``goal_places`` [G, 2] characters of the goal; ``goal_words`` [G] hash of the word around or 0.

    ``word_ids``, ``word_owner``, ``word_field`` [T]; ``word_place``, ``word_inner`` [T]: which word of the field it
    lies in, and which subword of that it is; ``word_whole`` [T] which stretch of the page without a space;
    ``word_words`` [T] hash of the word around or 0;
    ``word_spans`` [T, 2] characters of the field, ``texts`` [N][fields];
    ``goal_amounts`` [G], ``word_amounts`` [T]: the number around, in hundredths, or ``NO_AMOUNT``;
    ``goal_quantities`` [G], ``quantities`` [N]: what it, or a name or else a value, measures, likewise; ``names``,
    ``others`` [N, W] hashes or 0;
    ``kinds``, ``tags``, ``parents`` [N] (a parent is an index, -1 for none); ``numbers`` [N, F] of their own;
    ``boxes`` [N, 4] px; ``pictures`` [N, 3 K, CROP, CROP] of the last K frames (see ``sight``).
    """

    goal_ids: Ints
    goal_places: Ints
    goal_words: Ints
    goal_amounts: Ints
    goal_quantities: Ints
    word_ids: Ints
    word_owner: Ints
    word_field: Ints
    word_place: Ints
    word_inner: Ints
    word_whole: Ints
    word_words: Ints
    word_amounts: Ints
    word_spans: Ints
    names: Ints
    others: Ints
    kinds: Ints
    tags: Ints
    parents: Ints
    quantities: Ints
    numbers: Floats
    boxes: Floats
    pictures: Pictures
    goal: str
    refs: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]

    @property
    def positions(self) -> int:
        """In the trunk, actions and registers aside."""
        return len(self.goal_ids) + len(self.kinds)


def read_observation(seen: Observation, words: Words, config: PolicyConfig, last: Action | None = None) -> Segment:
    """The arrays of an observation. Elements beyond ``config.elements`` are left out, the least useful first.

    ``last``: what was done just before, or None at the start: its op and text are words of the page, its target and
    point numbers of the elements.
    """
    goal_ids, goal_places = _cut(*words.read(seen.goal), config.goal_tokens)
    elements = [_page_of(seen), *_most_useful(seen.tree.elements, config.elements - 1)]
    place = {e.ref: i for i, e in enumerate(elements)}
    texts = [_texts(e) for e in elements]
    texts[0] = (*texts[0][:-1], _told(last))
    found = _subwords(texts, words)
    boxes = np.array([e.box for e in elements], np.float32)
    return Segment(
        goal_ids=np.array(goal_ids, np.int32),
        goal_places=np.array(goal_places, np.int32).reshape(-1, 2),
        goal_words=_words_around(seen.goal, goal_places),
        goal_amounts=np.array(_amounts(seen.goal, goal_places), np.int32),
        goal_quantities=_quantities_around(seen.goal, goal_places),
        word_ids=found[:, 0],
        word_owner=found[:, 8],
        word_field=found[:, 1],
        word_place=found[:, 2],
        word_inner=found[:, 3],
        word_whole=_wholes(found),
        word_words=found[:, 7],
        word_amounts=found[:, 6],
        word_spans=found[:, 4:6],
        names=_hashes([t[0] for t in texts], NAME_WORDS),
        others=_hashes([" ".join((t[1], t[3], t[2])) for t in texts], OTHER_WORDS),
        kinds=np.array([_index(KINDS, e.role) for e in elements], np.int32),
        tags=np.array([_index(TAGS, e.tag) for e in elements], np.int32),
        parents=np.array([place.get(e.parent or "", -1) if e.ref else -1 for e in elements], np.int32),
        numbers=np.concatenate([np.array([_own_numbers(e) for e in elements], np.float32), _acted(elements, last)], 1),
        quantities=np.array([_quantity(t) for t in texts], np.int32),
        boxes=boxes,
        pictures=pictures(seen.frames, boxes, seen.tree.viewport, config.frames),
        goal=seen.goal,
        refs=tuple(e.ref for e in elements),
        texts=tuple(texts),
    )


def _page_of(seen: Observation) -> Element:
    """The page itself as the first element: title and the last error as its words, its scrolling as its own."""
    tree = seen.tree
    return Element(
        "", "page", "", name=seen.title, value=str(len(seen.tabs)) if len(seen.tabs) > 1 else "",
        context=seen.last_error, box=(0.0, 0.0, float(tree.viewport[0]), float(tree.viewport[1])), scroll=tree.scroll,
    )  # fmt: skip


def _most_useful(elements: Sequence[Element], room: int) -> Sequence[Element]:
    if len(elements) <= room:
        return elements
    rank = sorted(range(len(elements)), key=lambda i: (not elements[i].actionable, not elements[i].has("visible"), i))
    kept = set(rank[:room])
    return [e for i, e in enumerate(elements) if i in kept]


def _told(last: Action | None) -> str:
    """Op and text; the text of a drag is an element."""
    return "" if last is None else last.op if last.op == "drag" else f"{last.op} {last.text or ''}".strip()


def _acted(elements: Sequence[Element], last: Action | None) -> Floats:
    """Which element was acted on, which one something was dragged onto, and where in them: [N, ACTED]."""
    table = np.zeros((len(elements), ACTED), np.float32)
    for n, e in enumerate(elements if last is not None else ()):
        assert last is not None
        if e.ref == (last.target or ""):
            table[n, :2] = 1.0, float(last.point is not None)
            for k, place in enumerate(last.point or ()):
                table[n, 3 + k] = _bounded(place)
        table[n, 2] = float(last.op == "drag" and e.ref == last.text)
    return table


def _texts(e: Element) -> tuple[str, ...]:
    look = colour_words(e.shape) if e.shape is not None else ""
    return e.name, e.value, e.context, e.hint, look, ""


def _cut(
    ids: Sequence[int], places: Sequence[tuple[int, int]], room: int, tail: int | None = None
) -> tuple[Sequence[int], Sequence[tuple[int, int]]]:
    """At most ``room`` of them: without the middle."""
    if len(ids) <= room:
        return ids, places
    end = room // 3 if tail is None else tail
    return (*ids[: room - end], *ids[len(ids) - end :]), (*places[: room - end], *places[len(ids) - end :])


def _subwords(texts: Sequence[tuple[str, ...]], words: Words) -> Ints:
    """What ``_field`` tells of each, and its owner: [T, 9]."""
    found = [(n, _field(text, f, words)) for n, parts in enumerate(texts) for f, text in enumerate(parts) if text]
    if not found:
        return np.zeros((0, 9), np.int32)
    owners = np.repeat(np.array([n for n, _ in found], np.int32), [len(rows) for _, rows in found])
    return np.concatenate([np.concatenate([rows for _, rows in found]), owners[:, None]], 1)


def _wholes(found: Ints) -> Ints:
    """Which stretch without a space each subword lies in, counted over all fields: [T]."""
    begins = np.ones(len(found), bool)
    begins[1:] = (found[1:, 8] != found[:-1, 8]) | (found[1:, 1] != found[:-1, 1]) | (found[1:, 4] > found[:-1, 5])
    return np.cumsum(begins, dtype=np.int32) - 1


def _field(text: str, field: int, words: Words) -> Ints:
    """Id, field, word, place in the word, first and last character, amount, hash of the word around: [its subwords, 8].
    Pages repeat their texts; long ones are not kept."""
    short = len(text) <= 16 * LIMITS[FIELDS[field]]
    return (_field_kept if short else _field_read)(text, field, words)


def _field_read(text: str, field: int, words: Words) -> Ints:
    room = LIMITS[FIELDS[field]]
    end = TAIL if room > 2 * TAIL else 0
    if len(text) <= 16 * room:
        ids, places = words.read(text)
    else:  # nothing is ever made of a whole book
        ids, places = words.read(text[: 8 * room])
        last, there = words.read(text[-8 * room :])
        shift = len(text) - 8 * room
        ids, places = (*ids, *last), (*places, *((a + shift, b + shift) for a, b in there))
    kept, spans = _cut(ids, places, room, end)
    begin = text[: 16 * room]
    told = zip(kept, _word_places(begin, spans), spans, _amounts(begin, spans), _words_around(begin, spans))
    return np.array([(one, field, *at, *place, *both) for one, at, place, *both in told], np.int32).reshape(-1, 8)


_field_kept = functools.lru_cache(CACHED)(_field_read)


def _word_places(text: str, places: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Which word each subword lies in or behind, and the how manieth of that it is: below ``PLACES`` and ``INNER``."""
    starts = [start for start, _, _ in word_hashes(text)]
    found: list[tuple[int, int]] = []
    word, inner = -1, -1
    for start, end in places:
        before = word
        while word + 1 < len(starts) and starts[word + 1] < max(end, start + 1):
            word += 1
        inner = 0 if word != before else inner + 1
        found.append((min(max(word, 0), PLACES - 1), min(inner, INNER - 1)))
    return found


def _amounts(text: str, places: Sequence[tuple[int, int]]) -> list[int]:
    """The number that each subword is a part of."""
    numbers = [(m.start(), m.end(), _hundredths(m[0])) for m in NUMBER.finditer(text)]
    found, at = [], 0
    for start, _ in places:
        at = 0 if at and at < len(numbers) and numbers[at][0] > start else at
        while at < len(numbers) and numbers[at][1] <= start:
            at += 1
        found.append(numbers[at][2] if at < len(numbers) and numbers[at][0] <= start else NO_AMOUNT)
    return found


def _hundredths(number: str) -> int:
    return _in_hundredths(float(number.replace(",", "")[:12]))


def _in_hundredths(value: float) -> int:
    return round(100 * max(-MOST, min(MOST, value)))


def _quantity(texts: Sequence[str]) -> int:
    """What an element's name measures, or else its value."""
    for text in texts[:2]:
        found = first_quantity(text[:200])
        if found is not None:
            return _in_hundredths(found)
    return NO_AMOUNT


def _quantities_around(goal: str, places: Sequence[tuple[int, int]]) -> Ints:
    """For each subword what the quantity that it lies in measures."""
    found = np.full(len(places), NO_AMOUNT, np.int32)
    for start, end, value in quantities(goal):
        found[np.array([start <= a < end or a < start < b for a, b in places], bool)] = _in_hundredths(value)
    return found


def _words_around(goal: str, places: Sequence[tuple[int, int]]) -> Ints:
    """For each subword the hash of the word that it lies in."""
    spans = word_hashes(goal)
    found, at = [], 0
    for start, _ in places:
        at = 0 if at and at < len(spans) and spans[at][0] > start else at
        while at < len(spans) and spans[at][1] <= start:
            at += 1
        inside = at < len(spans) and spans[at][0] <= start
        found.append(spans[at][2] if inside else 0)
    return np.array(found, np.int32)


def _hashes(texts: Sequence[str], room: int) -> Ints:
    return np.array([_hash_row(text[: 40 * room], room) for text in texts], np.int32)


@functools.lru_cache(CACHED)
def _hash_row(text: str, room: int) -> tuple[int, ...]:
    found = [h for _, _, h in word_hashes(text)][:room]
    return (*found, *[0] * (room - len(found)))


@functools.cache
def _places(names: tuple[str, ...]) -> dict[str, int]:
    return {name: i for i, name in enumerate(names)}


def _index(names: tuple[str, ...], name: str) -> int:
    """Its number; the last name stands for every other."""
    return _places(names).get(name, len(names) - 1)


@functools.lru_cache(4096)
def _amount(name: str) -> tuple[float, ...]:
    """The first number in a name, in several scales; zeros where there is none."""
    found = NUMBER.search(name)
    if not found:
        return (0.0, 0.0, 0.0, 0.0)
    value = float(found[0].replace(",", "")[:12])
    return (
        1.0,
        math.copysign(math.log1p(abs(value)), value) / 12,
        *(max(-2.0, min(2.0, value / n)) for n in (10, 100)),
    )


def _own_numbers(e: Element) -> tuple[float, ...]:
    sx, sy, mx, my = e.scroll or (0.0, 0.0, 0.0, 0.0)
    at_end = e.scroll is not None and my - sy < 1
    return (
        min(e.depth, 12) / 12,
        *_flags(e.states),
        bool(e.name), bool(e.value), bool(e.context), bool(e.hint), bool(e.href), bool(e.parent),
        e.scroll is not None, sx / mx if mx else 0.0, sy / my if my else 0.0, mx > 0, my > 0, at_end, sy < 1,
        *_amount(e.name),
        *(NO_SHAPE if e.shape is None else _shape_numbers(e)),
    )  # fmt: skip


@functools.lru_cache(4096)
def _flags(states: tuple[str, ...]) -> tuple[float, ...]:
    return tuple(float(state in states) for state in STATES)


def _shape_numbers(e: Element) -> tuple[float, ...]:
    """Kind, colours, and the first corners as fractions of the box."""
    shape = e.shape
    assert shape is not None
    kind = [0.0] * len(SHAPES)
    kind[_index(SHAPES, shape.kind)] = 1.0
    x, y, w, h = e.box
    corners = [
        _bounded((p - (y if i % 2 else x)) / max(h if i % 2 else w, 1.0))
        for i, p in enumerate(shape.points[: 2 * POINTS])
    ]
    corners += [0.0] * (2 * POINTS - len(corners))
    return (*kind, *_rgb(shape.fill), *_rgb(shape.stroke), min(len(shape.points), 32) / 32, *corners)


@functools.lru_cache(4096)
def _rgb(colour: str) -> tuple[float, ...]:
    if len(colour) != 7:
        return (0.0, 0.0, 0.0, 0.0)
    return (1.0, *(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)))


def _bounded(value: float) -> float:
    return min(max(value, LOW), HIGH)


@functools.cache
def own_count() -> int:
    """F: how many numbers an element has of its own."""
    page = Element("", "page", "")
    return len(_own_numbers(page)) + ACTED

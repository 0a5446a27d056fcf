"""An action as a string of choices, and back: op, then target, then what it is dropped on or the text, then the point.

    choices = spell(action, segment, words)        # for training; Unspeakable if the policy could never say it
    next_kind(choices)                             # what is to be chosen next, or None at the end
    action = utter(choices, point, segment, words)

Text is written in pieces: a span of the goal, an element's whole name or value, a span of the page's words, or a
subword of the policy's own; ``END`` ends it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from webagent.envs.types import OPS, Action, Op

from .segment import FIELDS, Segment
from .words import Words

END_ID = 1
ALIKE = 7
"""Most other places that a text may be copied from just as well."""
NAME, VALUE, LOOK = (FIELDS.index(name) for name in ("name", "value", "look"))
AIMED = frozenset({"click", "dblclick", "hover", "type", "clear", "select", "press", "scroll", "drag", "upload"})
WRITTEN = frozenset({"type", "select", "press", "scroll", "upload", "goto", "switch_tab", "answer"})
POINTED = frozenset({"click", "dblclick", "hover", "drag"})
MAY_AIM_AT_NOTHING = frozenset({"type", "press", "scroll"})
CASES: tuple[Callable[[str], str], ...] = (str, str.upper, str.lower)
IN_WORD = re.compile(r"\w", re.UNICODE)
PIECE = re.compile(r"\w+|\W", re.UNICODE)


class Kind(IntEnum):
    """What is chosen. The indices: ``OP`` in OPS; ``TARGET``, ``ONTO``, ``NAME``, ``VALUE`` an element; ``WRITE`` a
    subword of the vocabulary; ``GOAL`` and ``GOAL_END`` a goal subword; ``WORD`` and ``WORD_END`` one of the page's."""

    OP = 0
    TARGET = 1
    ONTO = 2
    WRITE = 3
    GOAL = 4
    GOAL_END = 5
    NAME = 6
    VALUE = 7
    WORD = 8
    WORD_END = 9
    POINT = 10


TEXT_KINDS = (Kind.WRITE, Kind.GOAL, Kind.NAME, Kind.VALUE, Kind.WORD)
"""What a piece of text may begin with; these are chosen among together, as ``WRITE``."""


@dataclass(frozen=True)
class Choice:
    """``case``: how a span is copied, an index of ``CASES`` (with ``GOAL_END`` and ``WORD_END``). ``also``: what would
    have been as right, at most ``ALIKE``: the same text elsewhere on the page."""

    kind: Kind
    index: int
    case: int = 0
    also: tuple[int, ...] = field(default=(), compare=False)


class Unspeakable(ValueError):
    """The policy has no way to say this action on this observation."""


def next_kind(choices: Sequence[Choice]) -> Kind | None:
    """What is to be chosen after these; ``WRITE`` stands for any of ``TEXT_KINDS``; None where all is said."""
    if not choices:
        return Kind.OP
    op, last = OPS[choices[0].index], choices[-1]
    if last.kind == Kind.OP:
        return Kind.TARGET if op in AIMED else Kind.WRITE if op in WRITTEN else None
    if last.kind == Kind.GOAL:
        return Kind.GOAL_END
    if last.kind == Kind.WORD:
        return Kind.WORD_END
    if last.kind == Kind.TARGET and op == "drag":
        return Kind.ONTO
    if op in WRITTEN and not (last.kind == Kind.WRITE and last.index == END_ID):
        return Kind.WRITE
    return Kind.POINT if op in POINTED and last.kind != Kind.POINT else None


def spell(action: Action, segment: Segment, words: Words, most: int = 48) -> tuple[Choice, ...]:
    """The choices that say ``action``; ``most``: subwords of text. Raises ``Unspeakable``. The point goes apart."""
    if action.op == "click" and action.text not in (None, "left"):
        raise Unspeakable(f"a click with {action.text} has no words yet")
    choices = [Choice(Kind.OP, OPS.index(action.op))]
    if action.op in AIMED:
        choices.append(Choice(Kind.TARGET, _element(segment, action.target)))
    if action.op == "drag":
        choices.append(Choice(Kind.ONTO, _element(segment, action.text)))
    elif action.op in WRITTEN:
        choices += _pieces(action, segment, words, most)
    if action.op in POINTED:
        choices.append(Choice(Kind.POINT, int(action.point is not None)))
    return tuple(choices)


def utter(choices: Sequence[Choice], point: Sequence[float], segment: Segment, words: Words) -> Action:
    """The action that the choices say. ``point``: four numbers, of which a click uses two. Raises ``BadAction``."""
    op: Op = OPS[choices[0].index]  # type: ignore[assignment]
    target = text = None
    aims = [c for c in choices if c.kind in (Kind.TARGET, Kind.ONTO)]
    if aims:
        target = segment.refs[aims[0].index] or None
    if len(aims) > 1:
        text = segment.refs[aims[1].index] or None
    elif op in WRITTEN:
        text = _text([c for c in choices[1:] if c.kind not in (Kind.TARGET, Kind.POINT)], segment, words)
    used = choices[-1].kind == Kind.POINT and choices[-1].index == 1
    return Action(op, target, text, tuple(point[: 4 if op == "drag" else 2]) if used else None)


def _element(segment: Segment, ref: str | None) -> int:
    if ref is None:
        return 0
    try:
        return segment.refs.index(ref)
    except ValueError:
        raise Unspeakable(f"the target {ref!r} is not among what is read") from None


def _text(choices: Sequence[Choice], segment: Segment, words: Words) -> str:
    parts: list[str] = []
    written: list[int] = []
    for n, choice in enumerate(choices):
        if choice.kind == Kind.WRITE and choice.index != END_ID:
            written.append(choice.index)
            continue
        parts.append(words.write(written))
        written = []
        if choice.kind == Kind.GOAL_END:
            first, last = choices[n - 1].index, choice.index
            start, end = segment.goal_places[first][0], segment.goal_places[last][1]
            parts.append(CASES[choice.case](segment.goal[start:end]))
        elif choice.kind == Kind.WORD_END:
            parts.append(CASES[choice.case](_page_span(segment, choices[n - 1].index, choice.index)))
        elif choice.kind in (Kind.NAME, Kind.VALUE):
            parts.append(segment.texts[choice.index][NAME if choice.kind == Kind.NAME else VALUE])
    return "".join([*parts, words.write(written)])


def _page_span(segment: Segment, first: int, last: int) -> str:
    text = segment.texts[segment.word_owner[first]][segment.word_field[first]]
    return text[segment.word_spans[first][0] : segment.word_spans[last][1]]


# ---- finding how to write a text ------------------------------------------------------------------------------------


def _pieces(action: Action, segment: Segment, words: Words, most: int) -> list[Choice]:
    text = action.text or ""
    if action.op == "press":  # keys are written, never found on a page by accident
        return [*(Choice(Kind.WRITE, i) for i in words.read(text)[0]), Choice(Kind.WRITE, END_ID)]
    whole = _option(action, segment) or _goal_span(text, segment) or _whole(text, segment) or _page_words(text, segment)
    choices = whole or _mixed(text, segment, words)
    if len(choices) > most:
        raise Unspeakable(f"the text takes {len(choices)} choices, more than {most}")
    return [*choices, Choice(Kind.WRITE, END_ID)]


def _option(action: Action, segment: Segment) -> list[Choice]:
    """What a select offers is said by the option, if it is listed."""
    if action.op != "select":
        return []
    under = _element(segment, action.target)
    found = [n for n, of in enumerate(segment.parents) if of == under and segment.texts[n][NAME] == action.text]
    return [Choice(Kind.NAME, n) for n in found[:1]]


def _goal_span(text: str, segment: Segment) -> list[Choice]:
    """All of it, in a row, as the goal has it, or else in upper or lower case."""
    goal = segment.goal
    for case, change in enumerate(CASES):
        if case and (text != change(text) or text.casefold() not in goal.casefold()):
            continue
        looked_in = goal if not case else change(goal)
        if len(looked_in) != len(goal):
            continue
        for found in _occurrences(text, looked_in):
            span = _span(segment.goal_places, *found)
            if span:
                return [Choice(Kind.GOAL, span[0]), Choice(Kind.GOAL_END, span[1], case)]
    return []


def _occurrences(text: str, where: str) -> list[tuple[int, int]]:
    """Where it stands, quoted ones first, then whole words."""
    if not text.strip() or text not in where:
        return []
    spans = [m.span() for m in re.finditer(re.escape(text), where)]
    quoted = [s for s in spans if where[: s[0]][-1:] in "\"'“‘" and s[0] and where[s[1] : s[1] + 1] in "\"'”’"]
    whole = [s for s in spans if _is_whole(where, *s)]
    return list(dict.fromkeys([*quoted, *whole, *spans]))


def _is_whole(where: str, start: int, end: int) -> bool:
    """Whether no word goes on before or behind."""
    return not IN_WORD.match(where[:start][-1:]) and not IN_WORD.match(where[end : end + 1])


def _span(places: Any, start: int, end: int) -> tuple[int, int] | None:
    """First and last subword that cover exactly these characters; ``places`` [n, 2]."""
    first = next((n for n, (a, b) in enumerate(places) if a == start and b > a), None)
    if first is None:
        return None
    last = next((n for n in range(first, len(places)) if places[n][1] == end), None)
    return None if last is None else (first, last)


def _whole(text: str, segment: Segment) -> list[Choice]:
    for kind, of in ((Kind.NAME, NAME), (Kind.VALUE, VALUE)):
        for n, parts in enumerate(segment.texts):
            if text and parts[of] == text:
                return [Choice(kind, n)]
    return []


def _page_words(text: str, segment: Segment, torn_too: bool = True) -> list[Choice]:
    """A span of one element's name, value or look, if the policy can point at both of its ends; of whole words if there
    is one, and of parts of words only if ``torn_too``."""
    found: list[tuple[bool, int, int]] = []
    for n, parts in enumerate(segment.texts):
        for of in (NAME, VALUE, LOOK):
            for start, end in _occurrences(text, parts[of]) if len(text) > 1 else []:
                held = (segment.word_owner == n) & (segment.word_field == of)
                own = [int(t) for t in held.nonzero()[0]]
                span = _span([segment.word_spans[t] for t in own], start, end)
                found += [(not _is_whole(parts[of], start, end), own[span[0]], own[span[1]])] if span else []
    if not found:
        return []
    torn, first, last = min(found, key=lambda one: one[0])
    if torn and not torn_too:
        return []
    also = tuple(dict.fromkeys(start for apart, start, _ in found if apart == torn and start != first))[:ALIKE]
    return [Choice(Kind.WORD, first, also=also), Choice(Kind.WORD_END, last)]


def _copied(piece: str, segment: Segment) -> list[Choice]:
    """A piece as the goal has it, or else as whole words of the page."""
    said = _goal_span(piece, segment)
    return said if said and not said[1].case else _page_words(piece, segment, torn_too=False)


def _mixed(text: str, segment: Segment, words: Words) -> list[Choice]:
    """The longest pieces that the goal or the page has, and subwords in between."""
    choices: list[Choice] = []
    parts = PIECE.findall(text)
    at, plain = 0, ""
    while at < len(parts):
        for end in range(len(parts), at, -1):
            piece = "".join(parts[at:end])
            copied = _copied(piece, segment) if len(piece) > 2 and piece == piece.strip() else []
            if copied:
                choices += [*(Choice(Kind.WRITE, i) for i in words.read(plain)[0]), *copied]
                plain, at = "", end
                break
        else:
            plain += parts[at]
            at += 1
    return [*choices, *(Choice(Kind.WRITE, i) for i in words.read(plain)[0])]

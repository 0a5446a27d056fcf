"""A goal taken apart for matching: its words, what it quotes, and the texts that may be copied into a field.

General English only; nothing here knows any benchmark. Everything is cached by the text that it was made of.
"""

from __future__ import annotations

import functools
import re
import zlib
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MOST_TEXTS = 12
"""Text candidates that one goal gives at most."""
KINDS = ("quoted", "pair", "number", "moment", "word")
"""Where a text comes from: quotes, ``key: value``, a number, a date or time or address, plain words."""

_QUOTED = re.compile(
    r"\"([^\"\n]{1,400})\"|“([^”]{1,400})”|«\s*([^»]{1,400}?)\s*»|`([^`]{1,400})`"
    r"|(?<!\w)'([^'\n]{1,400})'(?!\w)|(?<!\w)‘([^’\n]{1,400})’(?!\w)"
)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_MOMENT = re.compile(
    r"\{\{\s*secret:[^}]+\}\}|(?:https?://|www\.)\S*[^\s.,;!?)]|(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+"
    r"|\b\d{1,4}([/.-])\d{1,2}\1\d{1,4}\b|\b\d{1,2}:\d{2}(?::\d{2})?(?:\s*[ap]m\b)?|\b\d{1,2}\s*[ap]m\b"
    rf"|\b{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}\b|\b\d{{1,2}}\s+{_MONTH}\s+\d{{4}}\b",
    re.IGNORECASE,
)
_PAIR = re.compile(r"\b([^\W\d_][\w -]{0,24}?):[ \t]+(?=\S)")
_PAIR_END = re.compile(r"[,;\n]|[.!?](?:\s|$)|\s(?:and|on|with|then)\s|\s[\w-]+:\s")
_NUMBER = re.compile(r"(?<![\w.])[-−]?\d+(?:,\d{3})*(?:\.\d+)?(?![\w])")
_SAID = re.compile(
    r"\b(?:enter|type|write|input|put|insert|fill in|search for|look up|select|choose|pick|set|find|to|text|word"
    r"|name|named|called)\s+(?:(?:the|a|an)\s+)?(?:(?:text|word|name|value)\s+)?",
    re.IGNORECASE,
)
_SAID_END = re.compile(r"\s(?:into|in|to|as|from|for|and|on|with|at|then|or)\b|[,;:!?\n]|\.(?:\s|$)")
_NAMED = re.compile(r"(?<=[\w,;:] )(?:[A-Z][\w'’-]*|(?=\w*\d)(?=\w*[A-Za-z])\w+)(?: [A-Z][\w'’-]*)*")
_PRESSED = re.compile(r"\b(?:click|press|hit|tap|push)(?:\s+(?:on|the))*\s+$", re.IGNORECASE)  # what follows is no text
_WORD = re.compile(r"[^\W_]+")
_FUNCTION_WORDS = frozenset(
    "a an the on in to of and or with for from into it its is are as at by be this that then these those your you "
    "please all any only".split()
)
_FAR = 4000  # letters of a goal that are searched for texts
_NEAR = 5  # words before or after a text that may name its field


class GoalText(NamedTuple):
    """A text that can be typed. ``before`` and ``after``: the goal's words around it, which may name the field."""

    text: str
    kind: str
    at: int
    before: frozenset[str]
    after: frozenset[str]


class Mention(NamedTuple):
    """How a goal speaks of a text, each in [0, 1].

    ``said``: share of the text's words in the goal; ``covers``: share of the goal's words in the text; ``phrase``:
    the goal has it word for word; ``phrase_case``: in the same letters, large and small; ``quoted`` and
    ``quoted_case``: the goal quotes or lists exactly it; ``early``: 1 at the goal's start, towards 0 at its end.
    """

    said: float = 0.0
    covers: float = 0.0
    phrase: float = 0.0
    phrase_case: float = 0.0
    quoted: float = 0.0
    quoted_case: float = 0.0
    early: float = 0.0


NO_MENTION = Mention()


@dataclass(frozen=True, eq=False)
class Goal:
    """A goal as ``read_goal`` reads it; one object a goal, so that what is worked out about it can be cached."""

    text: str
    words: tuple[str, ...]
    content: frozenset[str]
    spaced: str
    spaced_case: str
    quoted: frozenset[str]
    quoted_case: frozenset[str]
    texts: tuple[GoalText, ...]

    def asks(self, *stems: str) -> bool:
        """Whether one of these words (in their stemmed form) is said."""
        return any(s in self.words for s in stems)


@functools.lru_cache(maxsize=8192)
def words_of(text: str) -> tuple[str, ...]:
    """Words in small letters without a plural s; a text of signs only is one word of its own."""
    found = _WORD.findall(text.casefold())
    if not found:
        return (text.strip(),) if text.strip() else ()
    return tuple(_stem(w) for w in found)


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word[-1] == "s" and word[-2] != "s" else word


@functools.lru_cache(maxsize=8192)
def content_of(text: str) -> frozenset[str]:
    """The words that say something; all of them where there are only function words."""
    words = frozenset(words_of(text))
    return words - _FUNCTION_WORDS or words


@functools.lru_cache(maxsize=512)
def read_goal(text: str) -> Goal:
    """The parts of a goal."""
    words = words_of(text)
    quoted = frozenset(s.strip() for s in _quoted_spans(text))
    return Goal(
        text=text, words=words, content=content_of(text), spaced=_spaced(words), spaced_case=_spaced_case(text),
        quoted=frozenset(_plain(q) for q in quoted), quoted_case=quoted, texts=_texts_of(text[:_FAR]),
    )  # fmt: skip


def _spaced(words: tuple[str, ...]) -> str:
    return f" {' '.join(words)} "


def _spaced_case(text: str) -> str:
    return f" {' '.join(_WORD.findall(text)) or text.strip()} "


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _quoted_spans(text: str) -> list[str]:
    return [next(g for g in match.groups() if g is not None) for match in _QUOTED.finditer(text)]


@functools.lru_cache(maxsize=16384)
def mention(text: str, goal: Goal) -> Mention:
    """How ``goal`` speaks of ``text``."""
    words = words_of(text)
    if not words or not goal.words:
        return NO_MENTION
    content = content_of(text)
    common = content & goal.content if content & goal.content else content & frozenset(goal.words)
    phrase_at = goal.spaced.find(_spaced(words))
    phrase = phrase_at >= 0
    quoted = _plain(text) in goal.quoted
    early = 0.0
    if phrase:
        early = 1.0 - goal.spaced.count(" ", 1, phrase_at + 1) / len(goal.words)
    elif common:
        early = 1.0 - min(goal.words.index(w) for w in common) / len(goal.words)
    return Mention(
        len(common) / len(content),
        len(common) / len(goal.content),
        float(phrase),
        float(phrase and _spaced_case(text) in goal.spaced_case),
        float(quoted),
        float(quoted and text.strip() in goal.quoted_case),
        early,
    )


def echoes(text: str, goal: Goal) -> bool:
    """Whether a text is (most of) the goal itself, shown on the page; its words then tell nothing."""
    return 2 * len(text) > len(goal.text) > 0 and _spaced(words_of(text.rstrip("… "))).rstrip() in goal.spaced


# ---- texts to type --------------------------------------------------------------------------------------------


def _texts_of(goal: str) -> tuple[GoalText, ...]:
    """At most ``MOST_TEXTS`` texts, in the order in which the goal says them."""
    rest = goal
    spans: list[tuple[int, int, str, str]] = []  # start, end, text, kind

    def take(start: int, end: int, text: str, kind: str) -> None:
        nonlocal rest
        spans.append((start, end, text.strip(), kind))
        rest = rest[:start] + "\0" * (end - start) + rest[end:]

    for match in _QUOTED.finditer(goal):
        take(*match.span(), next(g for g in match.groups() if g is not None), "quoted")
    for pattern, kind in ((_MOMENT, "moment"), (_PAIR, "pair"), (_NUMBER, "number")):
        for match in list(pattern.finditer(rest)):
            if kind != "pair":
                take(*match.span(), match[0], kind)
                continue
            end = _PAIR_END.search(rest, match.end())
            stop = end.start() if end else len(rest)
            value = rest[match.end() : stop]
            if "\0" not in value and value.strip(" ."):
                take(match.end(), stop, value.rstrip("."), kind)
    if not any(kind in ("quoted", "pair") for *_, kind in spans):
        spans += _plain_spans(rest, goal)
    order = {kind: i for i, kind in enumerate(KINDS)}
    best = sorted(spans, key=lambda s: (order[s[3]], s[0], s[1]))
    unique = {text: (start, end, text, kind) for start, end, text, kind in reversed(best) if text}
    kept = sorted(sorted(unique.values(), key=lambda s: (order[s[3]], s[0], s[1]))[:MOST_TEXTS])
    return tuple(_with_surroundings(goal, kept, i) for i in range(len(kept)))


def _plain_spans(rest: str, goal: str) -> list[tuple[int, int, str, str]]:
    """What follows a verb of writing, names and codes; each word of a goal that has neither."""
    found = []
    for match in _SAID.finditer(rest):
        end = _SAID_END.search(rest, match.end())
        stop = end.start() if end else len(rest)
        said = rest[match.end() : stop]
        if "\0" not in said and 0 < len(said.split()) <= 6:
            found.append((match.end(), stop, said.strip(" ."), "word"))
    found += [(*match.span(), match[0], "word") for match in _NAMED.finditer(rest)]
    found = [s for s in found if not _PRESSED.search(rest, 0, s[0])]
    if not found and "\0" not in rest:
        words = re.finditer(r"\w[\w.@'’-]*\w|\w", goal)
        found = [(*m.span(), m[0], "word") for m in words if m[0].casefold() not in _FUNCTION_WORDS]
    return found


def _with_surroundings(goal: str, spans: list[tuple[int, int, str, str]], i: int) -> GoalText:
    start, end, text, kind = spans[i]
    left = max((s[1] for s in spans if s[1] <= start), default=0)
    right = min((s[0] for s in spans if s[0] >= end), default=len(goal))
    key = re.search(r"([^\s,;:.][^,;:.]*):\s*$", goal[max(left, start - 80) : start])  # names a pair's field
    before = [_stem(w) for w in _WORD.findall((key[1] if key else goal[left:start]).casefold())]
    after = [] if key else [_stem(w) for w in _WORD.findall(goal[end:right].casefold())]
    return GoalText(text, kind, i, frozenset(before[-_NEAR:]), frozenset(after[:_NEAR]))


# ---- hashing --------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=16384)
def hashed(words: tuple[str, ...], size: int) -> NDArray[np.float32]:
    """A signed bag of words ``[size]`` of length 1 (0 for no words); the same in every process. Do not write to it."""
    vector = np.zeros(size, np.float32)
    for word in words:
        code = zlib.crc32(word.encode("utf-8", "surrogatepass"))
        vector[(code >> 1) % size] += 1.0 if code & 1 else -1.0
    length = float(np.linalg.norm(vector))
    vector = vector / np.float32(length) if length else vector
    vector.flags.writeable = False
    return vector

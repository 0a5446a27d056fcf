"""The nouns of a read goal, ``Target`` and ``GoalStep``, and how a noun phrase is read as a ``Target``."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from . import literals
from .goal_text import MARK, VERB_PATTERN, Protected


@dataclass(frozen=True, slots=True)
class Target:
    """Words that single out an element. ``words``: its name; ``role``: the noun used ("button"); ``ordinal``: from 1,
    -1 for the last; ``extreme``: ``max`` or ``min`` of ``measure``; ``scope``: words about its surroundings;
    ``quoted``: the name was given in quotes; ``phrase``: all of it, as it was written."""

    words: str = ""
    role: str = ""
    ordinal: int | None = None
    every: bool = False
    extreme: str = ""
    measure: str = ""
    colour: str = ""
    shape: str = ""
    size: str = ""
    scope: str = ""
    quoted: bool = False
    phrase: str = ""

    @property
    def empty(self) -> bool:
        return not (self.words or self.role or self.colour or self.shape or self.size or self.ordinal or self.extreme)


@dataclass(frozen=True, slots=True)
class GoalStep:
    """One thing to do. ``kind`` says which skill does it; ``value``/``values``: text to type or names to choose;
    ``clause``: the words it was read from; ``place``: a second element (where to drop, whom to send to);
    ``pattern``: ``(prefix, suffix)`` of a value that is only described."""

    kind: str
    clause: str = ""
    verb: str = ""
    target: Target = Target()
    value: str = ""
    values: tuple[str, ...] = ()
    place: str = ""
    pattern: tuple[str, str] = ("", "")
    optional: bool = False


ROLE_NOUNS: tuple[tuple[str, str], ...] = (
    (r"(?:radio )?buttons?", "button"),
    (r"(?:hyper)?links?|pages?", "link"),
    (r"check ?box(?:es)?|tick ?box(?:es)?|switch(?:es)?|toggles?", "checkbox"),
    (r"radios?|options?|choices?", "option"),
    (r"tabs?", "tab"),
    (r"text ?areas?", "field"),
    (r"(?:input )?(?:text ?)?(?:fields?|box(?:es)?)|input text ?box(?:es)?|inputs?|text ?input(?: field)?s?", "field"),
    (r"drop-?downs?(?: menu| list)?|combo ?box(?:es)?|select(?:ion)?(?: box| list| menu)", "select"),
    (r"scroll lists?|list ?box(?:es)?", "select"),
    (r"sliders?", "slider"),
    (r"spinners?|steppers?", "spinner"),
    (r"icons?|images?|pictures?", "icon"),
    (r"menu ?items?|menus?", "menu"),
    (r"sections?|headings?|headers?|panels?|accordions?", "section"),
    (r"dialog(?:ue)?(?: box)?(?:es)?|pop-?ups?|modals?", "dialog"),
    (r"(?:search )?results?", "result"),
    (r"folders?|files?|nodes?", "node"),
    (r"rows?|cells?|columns?", "cell"),
    (r"widgets?|elements?|controls?|items?", "thing"),
)
_ROLE = tuple((re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE), role) for pattern, role in ROLE_NOUNS)
SHAPES = {
    "circle": "circle", "dot": "circle", "point": "circle", "ellipse": "circle", "rectangle": "rect", "square": "rect",
    "box": "rect", "triangle": "polygon", "polygon": "polygon", "line": "line", "letter": "letter", "digit": "digit",
    "number": "digit", "shape": "shape", "item": "item",
}  # fmt: skip
_MAX = re.compile(
    r"\b(?:larg|bigg|great|high|long|lat|new|heavi|tall|old)est\b|\bmaximum\b|\bmost(?: \w+)?\b", re.IGNORECASE
)
_MIN = re.compile(
    r"\b(?:small|low|short|cheap|few|earli|young|light|fast|quick)est\b|\bminimum\b|\bleast(?: \w+)?\b", re.IGNORECASE
)
_EVERY = re.compile(r"\b(?:all(?: of)?(?: the)?|every|each|both)\b", re.IGNORECASE)
_NAMED = re.compile(
    r"\b(?:labell?ed|named|called|titled|entitled|marked|that (?:says|reads)|with the (?:text|label|name|title))"
    r"\s+(?:as\s+)?",
    re.IGNORECASE,
)
_SCOPE = re.compile(
    r"\s+(?:in|inside|within|by|from|of|with|on|under|for|next to|beside|near|below|above|about|who|whose|belonging to"
    r"|that is)\s+"
)
_PURPOSE = re.compile(rf"(?<=\S)\s+(?:in order )?to\s+(?:{VERB_PATTERN})\b.*$", re.IGNORECASE)
_PLACE_IN_ORDER = re.compile(
    r"^(?:the\s+)?(?:\d+(?:st|nd|rd|th)|first|second|third|fourth|fifth|last)"
    r"\s+(?:paragraph|row|list|item|section|post)",
    re.IGNORECASE,
)
_WHERE = re.compile(r"\s+(?:in|on|at|inside|from|below|above|under)\s+(?=(?:the|a|this)\b)", re.IGNORECASE)
_CENTRE = re.compile(r"^(?:the\s+)?(?:cent(?:er|re)|middle)\s+of\s+", re.IGNORECASE)
_SIZE = re.compile(r"\b(large|big|small|tiny|larger|bigger|smaller)\b", re.IGNORECASE)
_ARTICLES = re.compile(r"^(?:(?:the|a|an|my|your|his|her|their|any|some|this|that|its)\s+)+", re.IGNORECASE)


def read_target(phrase: str, protected: Protected) -> Target:
    """What a noun phrase ("the 2nd checkbox in the list", 'button "OK"') says about the element it means."""
    phrase = _PURPOSE.sub("", phrase.strip(" .,;:!?"))
    phrase = whole = _ARTICLES.sub("", _CENTRE.sub("", phrase))
    named, quoted, scope = "", False, ""
    if match := _NAMED.search(phrase):
        named, phrase = phrase[match.end() :], phrase[: match.start()]
        if not re.search(MARK, named):
            named = _WHERE.split(named, maxsplit=1)[0]
    marks = [m for m in re.findall(MARK, named or phrase) if protected.literal(m).quoted]
    if marks:
        named, quoted = protected.literal(marks[0]).text, True
        phrase = phrase.replace(marks[0], " ")
    target = Target()
    for pattern, extreme in ((_MAX, "max"), (_MIN, "min")):
        if (match := pattern.search(phrase)) and not named:
            target = Target(extreme=extreme, measure=protected.restore(phrase[match.start() :].strip()))
            phrase = pattern.sub(" ", phrase)
    if match := _SCOPE.search(" " + phrase):
        scope, phrase = (" " + phrase)[match.end() :], (" " + phrase)[: match.start()].strip()
    every_of = re.match(r"(?:all|every|each)\s+(?:of\s+)?(?:the\s+)?", scope, re.IGNORECASE)
    scope = scope[every_of.end() :] if every_of else scope
    target = replace(target, every=bool(_EVERY.search(phrase) or every_of), ordinal=literals.find_ordinal(phrase))
    if target.ordinal is None and _PLACE_IN_ORDER.search(scope):
        target = replace(target, ordinal=literals.find_ordinal(scope))
    if target.ordinal is not None:
        phrase = literals.ORDINAL.sub(" ", phrase)
    target, phrase = _read_looks(target, _EVERY.sub(" ", phrase))
    words = " ".join((named or phrase).split())
    if named and phrase.strip():
        scope = f"{phrase.strip()} {scope}".strip()
    words = _ARTICLES.sub("", words).strip(" .,;:!?") if not quoted else words
    return replace(
        target,
        words=protected.restore(words),
        scope=protected.restore(scope),
        quoted=quoted,
        phrase=protected.restore(whole),
    )


def _read_looks(target: Target, phrase: str) -> tuple[Target, str]:
    """Role noun, colour, shape and size words, taken out of the phrase."""
    lowered = [w.strip(".,").casefold() for w in phrase.split()]
    shape = next(
        (SHAPES[s] for w in lowered for s in (w, w.removesuffix("s"), w.removesuffix("es")) if s in SHAPES), ""
    )
    size = _SIZE.search(phrase)
    target = replace(target, shape=shape, colour=literals.colour_in(phrase), size=size[1].casefold() if size else "")
    for pattern, role in _ROLE:
        if match := pattern.search(phrase):
            return replace(target, role=role), phrase[: match.start()] + " " + phrase[match.end() :]
    return target, phrase

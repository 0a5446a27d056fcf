"""Clauses that put text into fields, read as steps: "type X into Y", "Y: X, Z: W", "log in as X with password W"."""

from __future__ import annotations

import re
from dataclasses import replace

from .goal_targets import GoalStep, Target, read_target
from .goal_text import MARK, Clause, Protected

_INTO = re.compile(
    r"\s+(?:into|in|inside|within|to|at|on)\s+(?=(?:the|a|an|my|your|both|each|all|every|first|second|last|\d)\b|\w)"
)
_AS = re.compile(r"\s+(?:as|for)\s+(?=(?:the|a|an|my|your|its)\b|\w)", re.IGNORECASE)
_PAIR = re.compile(
    rf"(?P<key>[^,{MARK[1:-1]}]*?)\s*(?::|=|\bis\b|\bas\b|\bof\b|\bto\b|\bwith\b)?\s*(?P<mark>{MARK})", re.IGNORECASE
)
_JOINERS = re.compile(r"^(?:\s*(?:,|and|with|the|a|an|your|my|using|also|as|following)\b\s*|\s*,\s*)+", re.IGNORECASE)
COLON_PAIR = re.compile(
    r"(?P<key>[A-Za-z][\w /-]{0,28}?)\s*[:=]\s*(?P<value>[^,;]+?)(?=\s*(?:[,;]|\band\s+[A-Za-z][\w ]{0,28}?[:=]|$))"
)
_PLAIN_PAIR = re.compile(r"^(?P<key>[a-z][a-z -]*?)\s+(?:is\s+|as\s+)?(?P<value>[A-Z0-9].*)$")
_IS_PAIR = re.compile(
    r"(?:^|[,:;]|\band\b)\s*(?:and\s+)?(?:my|the|his|her|our|your)?\s*(?P<key>[a-z][\w ]{1,28}?)\s+(?:is|=)\s+"
    r"(?P<value>.+?)(?=\s*[,;]\s|\s+and\s+(?:my|the|his|her|our|your)\s|$)",
    re.IGNORECASE,
)
_INTO_A_LIST = re.compile(
    r"^(?P<what>.+?)\s+(?:in|into|in to)\s+"
    r"(?P<where>(?:the|my|your)\s+(?:shopping )?(?:cart|basket|bag|list|wish ?list)\b.*)$",
    re.IGNORECASE,
)
_FORM_WITH = re.compile(
    r"^(?:(?:the|this|my|a)\s+)?(?:[\w-]+\s+){0,2}(?:forms?|details|fields)\s*(?:with|using|:|as follows:?)\s+(?=\S)",
    re.IGNORECASE,
)
_CASE = re.compile(r"\s+in\s+(?:all\s+)?(upper|lower|capital)[ -]?(?:case)?\s*(?:letters?|characters?)?", re.IGNORECASE)
_SETTING = re.compile(
    r"(?:^|,\s*(?:and\s+)?|\s+and\s+)(?P<field>[^,]+?)(?:\s+from\s+\S+)?\s+(?:to|as|=|equal to)\s+"
    r"(?P<value>.+?)(?=,|\s+and\s+(?:[\w-]+\s+){1,4}?(?:to|as|=)\s|$)",
    re.IGNORECASE,
)
_STARTS = re.compile(rf"\b(?:start|begin)(?:s|ning|ing)?\s+with\s+(?:the\s+\w+\s+)?(?P<mark>{MARK})", re.IGNORECASE)
_ENDS = re.compile(rf"\bend(?:s|ing)?\s+(?:with|in)\s+(?:the\s+\w+\s+)?(?P<mark>{MARK})", re.IGNORECASE)
_COPIED = re.compile(
    r"^(?:(?:the|your|its|my)\s+)?(?:(?:same\s+)?"
    r"(?:text|values?|words?|answers?|results?|solutions?|totals?|sums?|numbers?|codes?|prices?"
    r"|names?|dates?|contents?|amounts?|counts?)\b)(?P<of>(?:\s+(?!(?:in)?to\b|in the (?:text|input)).*?)?)$",
    re.IGNORECASE,
)
_LOGIN_PARTS = re.compile(
    rf"(?:as|user ?name|user|e-?mail|login|account)\s*(?::|=|is)?\s*(?P<user>{MARK}|(?!with\b)[\w.@+-]+)"
    rf"|pass(?:word|code)?\s*(?::|=|is)?\s*(?P<password>{MARK}|[^\s,]+)",
    re.IGNORECASE,
)


def read_type(clause: Clause, protected: Protected) -> list[GoalStep]:
    rest = _FORM_WITH.sub("", clause.rest.strip(" .:"))
    if case := _CASE.search(rest):
        steps = read_type(clause._replace(rest=rest[: case.start()] + rest[case.end() :]), protected)
        change = str.upper if case[1].casefold() in ("upper", "capital") else str.lower
        return [replace(s, value=change(s.value)) for s in steps]
    marks = re.findall(MARK, rest)
    if (starts := _STARTS.search(rest)) or _ENDS.search(rest):
        ends = _ENDS.search(rest)
        prefix = protected.literal(starts["mark"]).text if starts else ""
        suffix = protected.literal(ends["mark"]).text if ends else ""
        where = re.search(r"\b(?:into|in)\s+(?P<field>the\s+[\w ]+)$", rest)
        return [
            GoalStep(
                "type",
                target=read_target(where["field"] if where else "", protected),
                value=prefix,
                pattern=(prefix, suffix),
            )
        ]
    if clause.verb in ("put", "insert") and (kept := _INTO_A_LIST.match(rest)):
        what = read_target(kept["what"], protected)
        return [GoalStep("act", verb="add", target=what, place=protected.restore(kept["where"]))]
    if not marks:
        return _read_bare_type(clause, rest, protected)
    if rest.startswith(marks[0]):
        return _values_first(rest, protected)
    if len(marks) == 1 and (
        match := re.match(
            rf"^(?:the\s+)?(?:text|words?|value|phrase|following(?: text)?)\s*:?\s*({MARK}.*)$", rest, re.IGNORECASE
        )
    ):
        return _values_first(match[1], protected)
    if pairs := _colon_pairs(rest, protected):
        return pairs
    steps, tail = keys_first(rest, protected)
    if tail and len(steps) == 1:
        field = read_target(tail, protected)
        if field.every or field.ordinal or not steps[0].target.words or field.words:
            steps = [
                replace(
                    steps[0],
                    target=replace(field, scope=steps[0].target.phrase)
                    if not field.every
                    else replace(steps[0].target, every=True),
                )
            ]
    return steps


def _values_first(rest: str, protected: Protected) -> list[GoalStep]:
    """`"Bob" into the Name field, "x" as the title`: each literal with the words after it."""
    steps = []
    for match in re.finditer(rf"(?P<mark>{MARK})(?P<after>[^{MARK[1:-1]}]*)", rest):
        after = re.sub(r"\s*(?:,|and|,\s*and)\s*$", "", match["after"].rstrip(" .,"))
        field = (
            re.sub(r"^\s*(?:in(?:to|side)?|to|at|on|as|for|within)\b\s*", "", after.lstrip(" ,"))
            if after.strip()
            else ""
        )
        steps.append(
            GoalStep("type", target=read_target(field, protected), value=protected.literal(match["mark"]).text)
        )
    return steps


def keys_first(rest: str, protected: Protected) -> tuple[list[GoalStep], str]:
    """`the username "bob" and the password "x" into the text fields`: pairs, and the words after the last."""
    steps, end = [], 0
    for match in _PAIR.finditer(rest):
        steps.extend(_plain_pairs(rest[end : match.start()], protected))
        key = _JOINERS.sub("", match["key"]).strip(" ,")
        steps.append(GoalStep("type", target=read_target(key, protected), value=protected.literal(match["mark"]).text))
        end = match.end()
    if "," in rest[end:]:
        steps.extend(_plain_pairs(rest[end:], protected))
        end = len(rest)
    tail = re.sub(r"^\s*(?:in(?:to|side)?|to|at|on|as|for|within)\b\s*", "", rest[end:].strip(" .,"))
    return steps, tail


def _plain_pairs(text: str, protected: Protected) -> list[GoalStep]:
    """`name Ann Lee, city Rome`: a key in small letters, a value that starts with a capital or a digit."""
    steps = []
    for part in re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+", text.strip()):
        if match := _PLAIN_PAIR.match(_JOINERS.sub("", part)):
            steps.append(
                GoalStep("type", target=read_target(match["key"], protected), value=match["value"].strip(" ."))
            )
    return steps


def is_pairs(text: str, protected: Protected) -> list[GoalStep]:
    """`my name is Ann Lee and the topic is Delivery`: what is said of two things or more."""
    found = list(_IS_PAIR.finditer(text))
    if len(found) < 2:
        return []
    return [
        GoalStep("set", target=read_target(m["key"], protected), value=protected.restore(m["value"]).strip(" .\"'"))
        for m in found
    ]


def _colon_pairs(rest: str, protected: Protected) -> list[GoalStep]:
    return [
        GoalStep("type", target=read_target(p["key"].removeprefix("and "), protected),
                 value=protected.restore(p["value"]).strip(" ."))
        for p in COLON_PAIR.finditer(rest)
    ]  # fmt: skip


def _read_bare_type(clause: Clause, rest: str, protected: Protected) -> list[GoalStep]:
    """Values that nothing marks: "Bob into the Name field", "Name: Bob, City: Rome", "the text below into …"."""
    if pairs := _colon_pairs(rest, protected):
        return pairs
    described = re.match(r"^(?:the\s+)?values?\s+that\b", rest, re.IGNORECASE)
    if not described and (match := re.match(r"^(?P<field>.+?)\s+with\s+(?P<value>.+)$", rest, re.IGNORECASE)):
        field = read_target(match["field"], protected)
        if clause.verb.startswith("fill") and not (field.words or field.role).casefold().startswith(("form", "detail")):
            return [GoalStep("type", target=field, value=match["value"])]
        return [GoalStep("form")]
    value, place = rest, ""
    breaks = list(_INTO.finditer(rest)) or list(_AS.finditer(rest))
    if breaks:
        best = next((b for b in breaks if "into" in b[0]), breaks[-1])
        value, place = rest[: best.start()], rest[best.end() :]
    target = read_target(place, protected)
    if match := _COPIED.match(value):
        of = re.sub(r"^\s*(?:of|for|that corresponds? (?:with|to)|from|in)\s+", "", match["of"])
        return [
            GoalStep("copy", target=target, value=protected.restore(value), place=protected.restore(of.strip(" .")))
        ]
    if clause.verb.startswith("fill") and not breaks:
        return [GoalStep("form")]
    return [GoalStep("type", target=target, value=protected.restore(value))]


def read_set(clause: Clause, protected: Protected) -> list[GoalStep]:
    steps = []
    for match in _SETTING.finditer(clause.rest.strip(" .")):
        value = re.sub(r"^(?:the\s+)?(?:value|combination|number|option|date|time|colou?r)s?\s+", "", match["value"])
        steps.append(
            GoalStep("set", target=read_target(match["field"], protected), value=protected.restore(value).strip())
        )
    return steps


def read_login(clause: Clause, protected: Protected) -> list[GoalStep]:
    steps = [GoalStep("open", target=Target(words="log in"), optional=True)]
    for match in _LOGIN_PARTS.finditer(clause.rest):
        field = "username" if match["user"] else "password"
        value = protected.restore(match["user"] or match["password"]).strip(" .")
        steps.append(GoalStep("type", target=Target(words=field, phrase=field), value=value))
    return [*steps, GoalStep("submit", target=Target(words="log in", phrase="log in"))]

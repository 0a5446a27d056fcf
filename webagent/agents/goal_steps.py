"""A goal in plain English, read as steps: ``read_goal('Type "Bob" into Name and press OK')`` gives two ``GoalStep``s.

Why: a policy without training needs to know what to do, to which element, with which text, before it looks at a page.
A clause that fits no pattern becomes a step of kind ``form`` or ``act``, whose words are still matched with the page.
"""

from __future__ import annotations

import re
from dataclasses import replace

from .goal_targets import GoalStep, Target, read_target
from .goal_text import MARK, VERBS, Clause, Protected, protect, split_clauses
from .goal_typing import COLON_PAIR, is_pairs, keys_first, read_login, read_set, read_type

KEYS = {
    "enter": "Enter", "return": "Enter", "tab": "Tab", "escape": "Escape", "esc": "Escape", "space": "Space",
    "spacebar": "Space", "backspace": "Backspace", "delete": "Delete", "arrow up": "ArrowUp", "arrow down": "ArrowDown",
    "arrow left": "ArrowLeft", "arrow right": "ArrowRight", "up arrow": "ArrowUp", "down arrow": "ArrowDown",
    "left arrow": "ArrowLeft", "right arrow": "ArrowRight", "page down": "PageDown", "page up": "PageUp",
    "home": "Home", "end": "End",
}  # fmt: skip
_KEY_PHRASE = re.compile(r"^(?:the\s+)?(?P<key>.+?)(?:\s+(?:key|button on (?:the|your) keyboard))?$", re.IGNORECASE)
_CHORD = re.compile(r"^(?:ctrl|control|shift|alt|cmd|command|meta)\s*\+\s*\w+$", re.IGNORECASE)
_PRONOUNS = frozenset({"it", "them", "that", "this", "him", "her", "they"})
_IN_ORDER = re.compile(
    r"\s+in\s+(?P<order>ascending|descending|increasing|decreasing|numerical|alphabetical)\s+order", re.IGNORECASE
)
_ORDINAL = r"(?:\d+(?:st|nd|rd|th)|first|second|third|fourth|fifth|last)"
_ORDINALS = re.compile(
    rf"^(?:the\s+)?(?P<list>{_ORDINAL}(?:(?:\s*,\s*|\s+and\s+|\s*,\s*and\s+)(?:the\s+)?{_ORDINAL})+)\s+(?P<noun>.+)$",
    re.IGNORECASE,
)
_VALUE_AND_FIELD = re.compile(
    r"^(?P<value>.+?)\s+(?:as|for|in|from|with|using|on|under)\s+(?P<field>(?:the|a|an|my|your|its)\b.+|\w+\s*)$",
    re.IGNORECASE,
)
_WHAT_AND_WHERE = re.compile(
    r"^(?P<what>.+?)\s+(?:so that (?:it is|they are)\s+)?(?:completely\s+)?"
    r"(?P<prep>to|into|onto|in|inside|on|over|up|down|left|right)\b\s*(?P<where>.*)$",
    re.IGNORECASE,
)
_SIMILAR = re.compile(
    r"^(?:the\s+)?(?:words?|options?|items?|choices?|things?|entries)\s+(?:similar|close|related)\s+to\s+",
    re.IGNORECASE,
)
_FORM_OF_ANSWER = re.compile(
    r"^(?:(?:with|using|in|only|just|the|a|as|its)\s+)+(?:number|name|word|value|date|time|digits?|text)s?\b",
    re.IGNORECASE,
)
_MESSAGE = re.compile(
    rf"\s*\b(?:with|saying|using)\s+(?:the\s+)?(?:text|message|reply|body|content)?\s*:?\s*(?P<mark>{MARK})"
)
_WITH_PAIRS = re.compile(
    rf"\s+(?:with|using|under)\s+(?P<pairs>(?:the|my|your|an?)?\s*[A-Za-z][^{MARK[1:-1]}]*{MARK}.*)$"
)


def read_goal(goal: str) -> tuple[GoalStep, ...]:
    """The steps of ``goal`` in order; one ``form`` step over all its words where no clause could be read."""
    protected = protect(" ".join(goal.split(" ")))
    steps: list[GoalStep] = []
    for clause in split_clauses(protected.text):
        steps.extend(_read_clause(clause, protected))
    steps = _merge_answers(_resolve_finds(steps))
    return tuple(steps) or (GoalStep("form", clause=goal),)


def _read_clause(clause: Clause, protected: Protected) -> list[GoalStep]:
    kind = "answer" if clause.verb == "answer" and clause.rest == clause.text else VERBS.get(clause.verb, "")
    reader = _READERS.get(kind, _read_act)
    steps = reader(clause, protected) or (_read_act(clause, protected) if kind == "set" else [])
    text = protected.restore(clause.text)
    place = protected.restore(" ".join(p for p in (clause.tool, clause.scope) if p))
    return [_placed(replace(s, clause=text, verb=s.verb or clause.verb), place, clause.tool) for s in steps]


def _placed(step: GoalStep, place: str, tool: str) -> GoalStep:
    if not place:
        return step
    if tool and step.target.empty and step.kind in ("type", "set", "choose"):
        return replace(step, target=read_target(tool, protect("")))
    return replace(step, target=replace(step.target, scope=f"{step.target.scope} {place}".strip()))


def _resolve_finds(steps: list[GoalStep]) -> list[GoalStep]:
    """In "find X and do Y", X tells where Y happens. A last "find X" is a step of its own."""
    kept: list[GoalStep] = []
    referent = ""
    for number, step in enumerate(steps):
        last = number == len(steps) - 1
        if step.kind in ("find", "explore") and not last:
            referent = step.target.phrase or referent
            if step.kind == "find" and step.target.words and step.verb != "copy":
                kept.append(replace(step, kind="look"))
            continue
        if step.kind == "explore":
            continue
        if step.kind == "type" and referent and step.value.casefold() in _PRONOUNS:
            kept.append(replace(step, kind="copy", value=referent, place=referent))
            continue
        if step.kind == "find":
            step = replace(step, kind="form")
        pronoun = step.target.words.casefold().removesuffix(" email").removesuffix(" one") in _PRONOUNS
        if referent and step.kind in ("act", "click") and (pronoun or not step.target.scope):
            if pronoun or not step.target.words:
                step = replace(step, target=replace(step.target, words="", scope=referent, phrase=referent))
            else:
                step = replace(step, target=replace(step.target, scope=referent))
        kept.append(step)
    return kept


def _merge_answers(steps: list[GoalStep]) -> list[GoalStep]:
    """One question out of "How many …? Answer with the number."."""
    kept: list[GoalStep] = []
    for step in steps:
        if step.kind == "answer" and kept and kept[-1].kind == "answer" and _FORM_OF_ANSWER.match(step.value):
            kept[-1] = replace(kept[-1], value=f"{kept[-1].value} {step.value}")
        else:
            kept.append(step)
    return kept


def _items(text: str, protected: Protected) -> tuple[str, ...]:
    """The things listed in "A, B and C"; quoted ones only, where any is quoted."""
    marks = [protected.literal(m) for m in re.findall(MARK, text)]
    if any(m.quoted for m in marks):
        return tuple(m.text for m in marks)
    parts = re.split(r"\s*,\s*(?:and\s+|or\s+)?|\s+and\s+|\s*;\s*", text.strip(" .;:"))
    return tuple(protected.restore(p.strip()) for p in parts if p.strip())


def _read_click(clause: Clause, protected: Protected) -> list[GoalStep]:
    kind = VERBS.get(clause.verb, "click")
    if (
        kind == "click"
        and clause.verb in ("press", "hit", "tap", "push")
        and (key := _key(protected.restore(clause.rest)))
    ):
        return [GoalStep("press", value=key, target=Target(words=clause.rest))]
    if ordered := _IN_ORDER.search(clause.rest):
        target = replace(read_target(clause.rest[: ordered.start()], protected), every=True)
        return [GoalStep(kind, target=target, place=ordered["order"].casefold())]
    if listed := _ORDINALS.match(clause.rest):
        return [
            GoalStep(kind, target=read_target(f"{o} {listed['noun']}", protected))
            for o in re.findall(_ORDINAL, listed["list"])
        ]
    phrases = [clause.rest]
    if len(re.findall(MARK, clause.rest)) > 1 or re.search(r",|\sand\s", clause.rest):
        phrases = [p for p in re.split(r"\s*,\s*(?:and\s+)?|\s+and(?:\s+then)?\s+", clause.rest) if p.strip()]
    if " > " in clause.rest or "->" in clause.rest:
        phrases = re.split(r"\s*(?:->|>)\s*", clause.rest)
    targets = [read_target(p, protected) for p in phrases]
    shared = next((t.role for t in targets if t.role), "")
    return [GoalStep(kind, target=replace(t, role=t.role or shared)) for t in targets if not t.empty or not clause.rest]


def _key(phrase: str) -> str:
    text = _KEY_PHRASE.match(phrase.strip(" .")) if phrase.strip(" .") else None
    if not text:
        return ""
    name = text["key"].casefold().strip("'\" ")
    if _CHORD.match(name):
        head, _, tail = name.partition("+")
        head = {"ctrl": "Control", "control": "Control", "cmd": "Meta", "command": "Meta"}.get(
            head.strip(), head.strip().title()
        )
        return f"{head}+{KEYS.get(tail.strip(), tail.strip())}"
    named_key = phrase.casefold().strip(" .").endswith(" key")
    return KEYS.get(name, "") if named_key or name not in ("delete", "home", "end", "space") else ""


def _read_choose(clause: Clause, protected: Protected) -> list[GoalStep]:
    kind = {"choose": "choose"}.get(VERBS.get(clause.verb, "choose"), VERBS.get(clause.verb, "choose"))
    rest = clause.rest
    if listed := _ORDINALS.match(rest):
        return [
            GoalStep(kind, target=read_target(f"{o} {listed['noun']}", protected))
            for o in re.findall(_ORDINAL, listed["list"])
        ]
    if kind == "check" and (match := re.search(r"^(?:(on|off)\s+(.+)|(.+?)\s+(on|off))$", rest, re.IGNORECASE)):
        kind = "uncheck" if (match[1] or match[4]).casefold() == "off" else "check"
        rest = match[2] or match[3]
    elif clause.verb in ("turn", "switch"):
        return _read_act(clause, protected)
    field = ""
    if match := _VALUE_AND_FIELD.match(rest):
        rest, field = match["value"], match["field"]
    if match := re.match(
        rf"^(?:the\s+)?(?P<field>[\w ]+?)\s+(?:of|as|=|:)?\s*(?P<marks>{MARK}[\s,and{MARK[1:-1]}]*)$", rest
    ):
        noun = read_target(match["field"], protected)
        if noun.words and not field:
            field = match["field"]
    if " > " in rest:
        return [
            GoalStep("click", target=replace(read_target(p, protected), role="menu"))
            for p in re.split(r"\s*>\s*", rest)
        ]
    target = read_target(field, protected)
    whole = read_target(rest, protected)
    if target.empty and (whole.ordinal or whole.every or whole.extreme or (whole.role and not whole.words)):
        return [GoalStep(kind, target=whole)]
    if whole.every:
        return [GoalStep(kind, target=replace(whole, scope=target.phrase))]
    values = _items(_SIMILAR.sub("", rest), protected)
    if len(values) == 1 and not whole.quoted:
        values = (_without_role(values[0], whole),)
    return [GoalStep(kind, target=target, values=values)]


def _without_role(value: str, target: Target) -> str:
    """From "the Express option" to "Express"; the words themselves where nothing else is left."""
    return target.words if target.role and target.words else re.sub(r"^(?:the|a|an)\s+", "", value)


def _read_open(clause: Clause, protected: Protected) -> list[GoalStep]:
    text = protected.restore(clause.rest).strip(" .")
    if re.match(r"^(?:https?://|file:|www\.)\S+$", text):
        return [GoalStep("goto", value=text if "://" in text or text.startswith("file:") else f"https://{text}")]
    parts = re.split(r"\s+(?:>|→|›)\s+", clause.rest)
    targets = [read_target(re.sub(r"^(?:to|on|up)\s+", "", p), protected) for p in parts]
    kind = "expand" if clause.verb in ("expand", "unfold") else "open"
    return [GoalStep(kind, target=t) for t in targets if not t.empty]


def _read_search(clause: Clause, protected: Protected) -> list[GoalStep]:
    rest = re.sub(r"^for\s+", "", clause.rest)
    marks = re.findall(MARK, rest)
    if marks:
        return [GoalStep("search", value=protected.literal(marks[0]).text)]
    return [
        GoalStep(
            "form" if len(rest.split()) > 3 else "search", value=protected.restore(rest).strip(" ."), verb="search"
        )
    ]


def _read_find(clause: Clause, protected: Protected) -> list[GoalStep]:
    return [GoalStep(VERBS[clause.verb], target=read_target(clause.rest, protected))]


def _read_drag(clause: Clause, protected: Protected) -> list[GoalStep]:
    steps = []
    for part in re.split(r",?\s+and\s+(?=(?:everything else|the rest|all other|the others?)\b)", clause.rest):
        match = _WHAT_AND_WHERE.match(part.strip(" ."))
        what, where = (match["what"], match["where"]) if match else (part, "")
        if match and match["prep"].casefold() in ("up", "down", "left", "right"):
            where = f"{match['prep']} {where}".strip()
        steps.append(GoalStep("drag", target=read_target(what, protected), place=protected.restore(where)))
    return steps


def _read_whole(clause: Clause, protected: Protected) -> list[GoalStep]:
    kind = VERBS.get(clause.verb, "answer") if clause.rest != clause.text else "answer"
    kind = "answer" if kind == "read" else kind
    return [GoalStep(kind, target=read_target(clause.rest, protected), value=protected.restore(clause.rest))]


def _read_scroll(clause: Clause, protected: Protected) -> list[GoalStep]:
    text = protected.restore(clause.rest)
    direction = re.search(r"\b(up|down|left|right|top|bottom)\b", text, re.IGNORECASE)
    where = (
        {"top": "up", "bottom": "down"}.get(direction[1].casefold(), direction[1].casefold()) if direction else "down"
    )
    target = read_target(re.sub(r"\b(?:to|the|up|down|left|right|top|bottom|of)\b", " ", clause.rest), protected)
    return [
        GoalStep(
            "scroll",
            value=where,
            place="end" if direction and direction[1].casefold() in ("top", "bottom") else "",
            target=target,
        )
    ]


def _read_submit(clause: Clause, protected: Protected) -> list[GoalStep]:
    if pairs := is_pairs(clause.rest, protected):
        return [*pairs, GoalStep("submit", target=Target(words=clause.verb, phrase=clause.verb))]
    target = read_target(clause.rest, protected)
    if target.words and not target.quoted and len(clause.rest.split()) > 2:
        return _read_act(clause, protected)
    words = clause.verb if not target.quoted else target.words
    return [
        GoalStep("submit", target=Target(words=words, phrase=clause.verb, scope=target.phrase, quoted=target.quoted))
    ]


def _read_back(clause: Clause, protected: Protected) -> list[GoalStep]:
    if match := re.match(r"^to\s+(.+)$", clause.rest, re.IGNORECASE):
        return [GoalStep("open", target=read_target(match[1], protected))]
    return [GoalStep("back")]


def _read_act(clause: Clause, protected: Protected) -> list[GoalStep]:
    """A verb that a control is named after; ``place``: what follows "to"; ``value``: a text that is to be written."""
    if not clause.rest or (not clause.verb and not clause.text.strip()):
        return [GoalStep("submit", target=Target(words=clause.verb, phrase=clause.verb))] if clause.verb else []
    if clause.verb == "copy":
        return [GoalStep("find", verb="copy", target=read_target(clause.rest, protected))]
    if not clause.verb:
        if COLON_PAIR.search(clause.rest):
            return read_type(clause, protected)
        return is_pairs(clause.rest, protected) or [GoalStep("form")]
    rest, place, value = re.sub(r"^(?:to|for|on)\s+", "", clause.rest), "", ""
    if (match := _WITH_PAIRS.search(rest)) and not _MESSAGE.search(rest):
        pairs, _ = keys_first(match["pairs"], protected)
        rest = rest[: match.start()]
        if pairs and all(p.target.words for p in pairs):
            return [*pairs, GoalStep("act", target=read_target(rest, protected))]
    if match := _MESSAGE.search(rest):
        value, rest = protected.literal(match["mark"]).text, rest[: match.start()] + rest[match.end() :]
    if match := re.search(r"\s+(?:to|as|into)\s+(?P<place>.+)$", rest, re.IGNORECASE):
        place, rest = match["place"], rest[: match.start()]
    return [
        GoalStep("act", target=read_target(rest, protected), place=protected.restore(place).strip(" ."), value=value)
    ]


_READERS = {
    "click": _read_click, "dblclick": _read_click, "hover": _read_click, "focus": _read_click, "choose": _read_choose,
    "check": _read_choose, "uncheck": _read_choose, "type": read_type, "set": read_set, "open": _read_open,
    "close": _read_click, "search": _read_search, "find": _read_find, "explore": _read_find, "drag": _read_drag,
    "draw": _read_whole, "sort": _read_whole, "scroll": _read_scroll, "login": read_login, "submit": _read_submit,
    "back": _read_back, "read": _read_whole, "answer": _read_whole, "wait": _read_whole, "act": _read_act,
}  # fmt: skip

"""A goal's text taken apart: protected literals, and clauses with their verb.

General English instructions only; nothing here knows any benchmark. ``goal_steps`` builds steps from these parts.
"""

from __future__ import annotations

import re
from typing import NamedTuple

MARK = "[\ue000-\uf8ff]"
"""One private-use character stands for one protected span (a quoted string, a URL, a date …)."""


class Literal(NamedTuple):
    text: str
    quoted: bool


class Protected(NamedTuple):
    """Text in which each literal is one private-use character."""

    text: str
    literals: tuple[Literal, ...]

    def restore(self, text: str) -> str:
        return re.sub(MARK, lambda m: self.literals[ord(m[0]) - 0xE000].text, text)

    def literal(self, mark: str) -> Literal:
        return self.literals[ord(mark) - 0xE000]


_PROTECT = re.compile(
    r"""
    "(?P<a>[^"]+)" | “(?P<b>[^”]+)” | «\s*(?P<c>[^»]+?)\s*» | `(?P<d>[^`]+)` | (?<!\w)'(?P<e>[^'\n]+)'(?!\w)
    | (?<!\w)‘(?P<f>[^’\n]+)’(?!\w)
    | (?P<raw>
        \{\{\s*secret:[^}]+\}\} | \[[^\]\n]*\] | (?:https?://|file:|www\.)\S*[^\s.,;!?)] | [\w.+-]+@[\w-]+(?:\.[\w-]+)+
        | \b\d{1,4}[/-]\d{1,2}[/-]\d{1,4}\b
        | \b\d{1,2}:\d{2}(?:\s*[ap]\.?m\b\.?)? | \b\d{1,2}\s*[ap]\.?m\b\.? | [$€£]?\d+(?:[.,]\d+)+
        | \b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+\d{1,2}(?:st|nd|rd|th)?,?\s+\d{4}
        | \b\d{1,2}(?:st|nd|rd|th)?\s+(?:of\s+)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,?\s+\d{4}
      )
    """,
    re.VERBOSE | re.IGNORECASE,
)


def protect(goal: str) -> Protected:
    """Replace quoted strings and other spans that must not be split by one mark each."""
    found: list[Literal] = []

    def mark(match: re.Match[str]) -> str:
        raw = match["raw"]
        text = raw if raw else next(g for n, g in match.groupdict().items() if g and n != "raw")
        found.append(Literal(text.strip(), quoted=not raw))
        return chr(0xE000 + len(found) - 1)

    return Protected(_PROTECT.sub(mark, goal), tuple(found))


VERBS: dict[str, str] = {
    verb: kind
    for kind, verbs in {
        "click": "click on|click|press on|press|tap on|tap|hit|push",
        "dblclick": "double click on|double click|double-click on|double-click",
        "hover": "hover over|hover on|hover|mouse over|point at",
        "focus": "focus into|focus on|focus",
        "choose": "choose|select|pick",
        "check": "check off|check|tick|turn on|switch on|enable|activate|turn|switch",
        "uncheck": "uncheck|untick|unmark|turn off|switch off|disable|deactivate|deselect|unselect",
        "type": "type in|type|enter|write|fill in|fill out|fill|input|key in|put|paste|insert",
        "set": "set|change|adjust|update|rename",
        "open": "open|expand|unfold|go to|navigate to|visit|switch to|show|view",
        "explore": "navigate through|navigate between|navigate|browse|look through|go through|flip through|page through"
        "|switch between|explore|solve|calculate|compute|work out",
        "close": "close|collapse|dismiss|hide|fold",
        "search": "search for|search",
        "find": "find|locate|look for",
        "drag": "drag|move|drop",
        "draw": "draw",
        "sort": "sort|arrange",
        "scroll": "scroll",
        "login": "log in|login|sign in|log on",
        "submit": "submit|save|send|confirm|apply|finish|continue|proceed|log out|sign out|logout",
        "back": "go back|return",
        "read": "tell me|tell|report|answer|say|count|find out|look up",
        "act": "delete|remove|forward|reply|star|like|unlike|add|buy|order|book|create|archive|retweet|share|follow"
        "|block|mark|play|download|register|sign up|subscribe|rate|highlight|copy|make|give|edit|complete"
        "|purchase|reserve|schedule|cancel|mute|post|retweet|upload|call|contact|print|pay|review|accept|agree",
        "wait": "wait",
    }.items()
    for verb in verbs.split("|")
}
VERB_PATTERN = "|".join(re.escape(v) for v in sorted(VERBS, key=len, reverse=True))
_STARTS_WITH_VERB = re.compile(rf"(?P<verb>{VERB_PATTERN})(?=[\s.,:;!?{MARK[1:-1]}]|$)", re.IGNORECASE)

_SENTENCE = re.compile(r"(?:^|\s+)\(?\d{1,2}[.)]\s+(?=[A-Z])|(?<=[.!?])\s+|\n+")
_BREAK = re.compile(
    r"(?P<sep>\s*[,;]\s*(?:and\s+then|and|then|but|finally|to)?\s*"
    r"|\s+(?:and\s+then|and\s+finally|and|then|before|to)\s+|\s*->\s*)"
    rf"(?=(?P<verb>{VERB_PATTERN})(?P<after>[\s.,:;!?{MARK[1:-1]}]|$))",
    re.IGNORECASE,
)
_LEAD_IN = re.compile(
    r"^(?:please|kindly|now|next|first(?=\s*,|\s+\w+\s)|firstly|finally|lastly|also|then|and|just|simply|afterwards"
    r"|after that"
    r"|go ahead and|you (?:should|must|need to|have to|can)|i (?:want|need|would like)(?: you)? to|i'd like(?: you)? to"
    r"|can you|could you|would you|your (?:task|job|goal) is to|try to|make sure to|be sure to|in order to|to|help me)"
    r"\b[,:]?\s+",
    re.IGNORECASE,
)
_TRAILER = re.compile(
    r"\s*,?\s*(?:when|once|after)\s+(?:you are |you're |it is )?(?:done|finished|ready|complete)\b", re.IGNORECASE
)
_MEANS = re.compile(r"\s+by\s+(?P<verb>click|press|tapp|select|choos|typ|enter)ing\b(?P<rest>.*)", re.IGNORECASE)
_TOOL = re.compile(
    rf"^(?:use|using|with)\s+(?P<tool>[^,]+?)(?:\s+to\s+|\s*,\s*)(?=(?:{VERB_PATTERN})\b)(?P<rest>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_SETTING = re.compile(
    rf"^(?:in|on|under|from|at|inside|within|for)\s+(?P<scope>[^,]+?)\s*,\s*(?=(?:{VERB_PATTERN})\b)(?P<rest>.+)$",
    re.IGNORECASE,
)
_PAIRS = re.compile(r"^[A-Z][\w ]{0,24}:\s")
_QUESTION = re.compile(
    r"^(?:what|which|who|whose|whom|when|where|why|how|is|are|does|do|did)\b.*|.*\?\s*$", re.IGNORECASE | re.DOTALL
)


class Clause(NamedTuple):
    """``rest``: the clause without verb, still with marks. ``tool``: X of "use X to …". ``scope``: X of "in X, …"."""

    verb: str
    rest: str
    text: str
    tool: str = ""
    scope: str = ""


def split_clauses(text: str) -> list[Clause]:
    """Sentences cut where a verb of ``VERBS`` starts a new instruction; lead-ins ("please", "then") fall away."""
    clauses: list[Clause] = []
    for sentence in _SENTENCE.split(text):
        sentence = _strip_lead_in(_TRAILER.sub("", sentence.strip()))
        if not sentence:
            continue
        if _QUESTION.match(sentence) and not _PAIRS.match(sentence):
            clauses.append(Clause("answer", sentence, sentence))
            continue
        scope = tool = ""
        if match := _SETTING.match(sentence):
            scope, sentence = match["scope"], match["rest"]
        elif match := _TOOL.match(sentence):
            tool, sentence = match["tool"], match["rest"]
        for number, part in enumerate(_cut(sentence)):
            clauses.append(_read_verb(part, *((scope, tool) if number == 0 else ("", ""))))
    return clauses


def _strip_lead_in(text: str) -> str:
    previous = None
    while previous != text:
        previous, text = text, _LEAD_IN.sub("", text)
    return text


def _cut(sentence: str) -> list[str]:
    parts, start = [], 0
    for match in _BREAK.finditer(sentence):
        if match.start() > start and _starts_instruction(sentence, match):
            parts.append(sentence[start : match.start()])
            start = match.end()
    parts.append(sentence[start:])
    return [p for p in (_strip_lead_in(p.strip(" ,;")) for p in parts) if p]


def _starts_instruction(sentence: str, match: re.Match[str]) -> bool:
    """Whether the verb at a break is an instruction and not one more item of a list ("start, like and stop")."""
    separator = match["sep"].strip(" ,;").casefold()
    following = sentence[match.end("after") :].lstrip()
    ends_item = match["after"] in (",", ";") or following.startswith(("and ", "or ", ","))
    if separator == "to" and not match["sep"].strip().startswith((",", ";")):
        head = sentence[: match.start()]
        return bool(
            re.search(r"(?:^|\s)(?:use|below|above|page|app|site|website|form|order|tree|list)$", head, re.IGNORECASE)
        )
    if not separator and not following:
        return False
    finds = VERBS[match["verb"].casefold()] in ("find", "explore")
    return finds or not (ends_item and VERBS[match["verb"].casefold()] != "submit" and separator != "then")


def _read_verb(part: str, scope: str, tool: str) -> Clause:
    if match := _TOOL.match(part):
        tool, part = match["tool"], match["rest"]
    if match := _MEANS.search(part):
        stem = match["verb"].casefold()
        verb = {"tapp": "tap", "choos": "choose", "typ": "type"}.get(stem, stem)
        return Clause(verb, match["rest"].strip(), part, tool, scope or part[: match.start()])
    if match := _STARTS_WITH_VERB.match(part):
        rest = part[match.end() :].strip()
        return Clause(match["verb"].casefold(), rest, part, tool, scope)
    return Clause("", part, part, tool, scope)

"""Skills that read the page: copy a value into a field, answer a question from text, tables and drawings."""

from __future__ import annotations

import re
from dataclasses import replace

from webagent.envs.types import Action, Element

from . import literals
from .arithmetic import solve
from .filling import enter, fields_for
from .goal_targets import GoalStep, read_target
from .goal_text import protect
from .matching import is_shape, looks_score, similarity
from .page_view import PLAIN, PageView
from .skill import DONE, NOTHING, Option, Plan, StepMemory, click, of_part
from .tables import cell_for
from .words import bare, content

_OF = re.compile(
    r"\b(?:what|which|who|when|where)(?:'s|\s+is|\s+are|\s+was)?\s+(?:the\s+)?(?P<what>.+?)"
    r"\s+(?:of|for|in|on|to)\s+(?:the\s+)?(?P<of>.+?)\s*\??$"
    r"|\b(?P<what2>[\w ]+?)\s+of\s+(?:the\s+)?(?P<of2>.+?)\s*[.?]?$",
    re.IGNORECASE,
)
_HAVE = re.compile(
    r"\b(?:what|which)\s+(?P<what>[\w ]+?)\s+(?:does|do|did|has|is)\s+(?:the\s+)?(?P<of>.+?)"
    r"(?:\s+(?:have|cost|has))?\s*\??$",
    re.IGNORECASE,
)
_COST = re.compile(
    r"\b(?:how much|what)\s+(?:does|do|is|are)\s+(?:the\s+)?(?P<of>.+?)(?:\s+cost)?\s*\??$", re.IGNORECASE
)
_COUNT = re.compile(r"\bhow many\s+(?P<what>.+?)(?:\s+(?:are|is|do|does|can|in|on|have)\b.*)?\s*\??$", re.IGNORECASE)
_WHO = re.compile(
    r"\bwho\s+(?P<did>\w+)\s+(?:the\s+)?(?:article|book|post|message|page|email|story)?\s*(?P<of>.+?)\s*\??$",
    re.IGNORECASE,
)
_MAKERS = {
    "wrote": "author",
    "sent": "from",
    "made": "author",
    "directed": "director",
    "sells": "seller",
    "posted": "author",
}
_DATE = re.compile(
    r"\b\d{4}-\d\d-\d\d\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b|\b\d{1,2}(?:st|nd|rd|th)? [A-Z][a-z]+ \d{4}"
    r"|\b[A-Z][a-z]+ \d{1,2}, \d{4}"
)
_KINDS = (
    (("price", "cost", "total", "fee"), re.compile(r"[$€£]\s?\d[\d.,]*|\d[\d.,]*\s?(?:€|EUR|USD|£)")),
    (("email",), re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w")),
    (("phone", "telephone"), re.compile(r"\+?\d[\d ()/-]{5,}\d")),
    (("date", "day", "when"), _DATE),
    (("time", "hour", "clock"), re.compile(r"\b\d{1,2}:\d\d(?:\s?[ap]m)?", re.IGNORECASE)),
    (("number", "many", "quantity", "count", "code"), re.compile(r"\b\d+\b")),
)


def copy(step: GoalStep, view: PageView, memory: StepMemory) -> Plan:
    """Enter what the page says: the value of a label, the text shown, each label's value."""
    if re.search(r"\beach\b", f"{step.value} {step.place} {step.target.phrase}"):
        return _copy_each(step, view, memory)
    ranked = fields_for(step.target, view)
    source = memory.notes.get("source") or _source_text(step, view, [e.ref for _, e in ranked[:1]])
    if not source or not ranked:
        return NOTHING
    memory.notes["source"] = source
    return enter(replace(step, kind="type", value=source), ranked[0][1], min(0.8, ranked[0][0]), view, memory)


def _copy_each(step: GoalStep, view: PageView, memory: StepMemory) -> Plan:
    pool = [e for e in view.fields if e.role == "textbox"]
    for e in pool:
        key = f"value for {e.ref}"
        value = memory.notes.get(key) or value_of(e.name, view, skip=e.ref)
        if not value:
            continue
        memory.notes[key] = value
        plan = of_part(enter(replace(step, kind="type", value=value), e, 0.75, view, memory.part(e.ref)), e.ref)
        if not plan.done:
            return plan
    return DONE if pool else NOTHING


def _source_text(step: GoalStep, view: PageView, fields: list[str]) -> str:
    what = step.place.strip()
    if match := re.match(r"^(?:the\s+)?(?P<nth>\S+)\s+word\b", what or step.value, re.IGNORECASE):
        return _nth_word(literals.find_ordinal(match["nth"]), view)
    if re.search(r"\btext ?(?:area|field|box)|\binput", f"{what} {step.value}", re.IGNORECASE):
        sources = [e for e in view.fields if e.value and e.ref not in fields]
        number = literals.find_ordinal(f"{what} {step.value}") or 1
        return sources[number - 1 if number > 0 else number].value if len(sources) >= abs(number) else ""
    asks_sum = re.search(r"\b(?:answer|result|solution|sum)\b", step.value, re.IGNORECASE)
    if asks_sum and (solved := solve(" ".join(t.name for t in view.texts if t.role in PLAIN and t.has("visible")))):
        return solved
    if what and not re.match(r"^(?:below|above|shown|displayed|on the page|here)\b", what):
        return value_of(what, view) or answer_to(f"what is {step.value}", view)
    filled = [e for e in view.fields if e.value and e.ref not in fields]
    if filled:
        return filled[0].value
    loose = [e for e in view.items if e.role in ("text", "cell", "heading") and e.name and e.has("visible")]
    return max((e.name for e in loose), key=len, default="")


def _nth_word(number: int | None, view: PageView) -> str:
    """A word of the longest text on the page, counted from 1."""
    longest = max((t.name for t in view.texts if t.role in PLAIN), key=len, default="")
    words = longest.split()
    index = None if number is None else number - 1 if number > 0 else len(words) + number
    return words[index].strip(".,;:!?\"'") if index is not None and 0 <= index < len(words) else ""


def value_of(label: str, view: PageView, skip: str = "") -> str:
    """The text that stands beside the text ``label``: "Country | France" → "France"."""
    asked = bare(re.sub(r"^(?:the\s+)", "", label))
    for least in (0.9, 0.7):
        for e in view.texts:
            if (
                e.ref == skip
                or e.role not in PLAIN
                or bare(e.name) == ""
                or similarity(asked, bare(e.name), view).score < least
            ):
                continue
            after = view.text_after(e)
            if after is not None and bare(after.name) != asked and after.ref != skip:
                return after.name
    for e in view.texts:
        head, mark, tail = e.name.partition(":")
        if mark and tail.strip() and similarity(asked, bare(head), view).score >= 0.85:
            return tail.strip()
    return ""


def answer(step: GoalStep, view: PageView, memory: StepMemory) -> Plan:
    """Answer a question: on the page where it offers the answer as a button, else to the person."""
    text = answer_to(step.value, view)
    if not text:
        return NOTHING
    buttons = [e for e in view.usable if e.role in ("button", "option", "radio", "clickable")]
    offered = [e for e in buttons if bare(e.name) == bare(text)]
    if not offered and step.target.size:
        offered = [e for e in buttons if e.name == "0"]
    if offered:
        return Plan((click(offered[0], 0.8, f'answer "{text}"'),))
    return Plan((Option(0.6, Action("answer", text=text), f'read "{text}" from the page', completes=True),))


def answer_to(question: str, view: PageView) -> str:
    """The answer as the page words it, or ""."""
    if cell := cell_for(question, view):
        many = re.search(r"\bhow many\b|\bnumber\b", question, re.IGNORECASE)
        return literals.plain_number(found[0]) if many and (found := literals.numbers(cell)) else cell
    if match := _COUNT.search(question):
        return _count(match["what"], question, view)
    if match := _WHO.search(question):
        return _attribute(_MAKERS.get(match["did"].casefold(), match["did"]), match["of"], view)
    match = _COST.search(question) or _HAVE.search(question) or _OF.search(question)
    if not match:
        return value_of(
            re.sub(
                r"^(?:what|which|who|when|where)(?:'s|\s+is|\s+are)?\s+",
                "",
                question.rstrip("? ."),
                flags=re.IGNORECASE,
            ),
            view,
        )
    parts = match.groupdict()
    what = parts.get("what") or parts.get("what2") or "price"
    return _attribute(
        re.sub(r"^(?:what|which)(?:\s+is)?\s+(?:the\s+)?", "", what),
        (parts.get("of") or parts.get("of2") or "").strip(),
        view,
    )


def _count(what: str, question: str, view: PageView) -> str:
    target = read_target(what, protect(""))
    drawn = [
        e for e in view.items
        if (e.shape and e.shape.kind not in ("canvas", "box"))
        or (len(e.name) == 1 and any(a.role == "graphics-document" for a in view.ancestors(e)))
    ]  # fmt: skip
    if target.shape or target.colour:
        if not drawn:
            return ""
        return str(sum(looks_score(target, e, view) > 0 for e in drawn))
    if len(what) == 1:
        return str(sum(e.name == what for e in drawn))
    found = value_of(what, view)
    if found:
        return found
    wanted = content(what)
    best = [e for e in view.texts if e.role in PLAIN and wanted & content(e.name) and literals.numbers(e.name)]
    return literals.plain_number(literals.numbers(best[0].name)[0]) if best else ""


def _attribute(what: str, of: str, view: PageView) -> str:
    """The ``what`` of the thing called ``of``: by a label near it, else by the kind of value."""
    named = [(view.mentions(of, e.name), e) for e in view.texts]
    named = sorted((p for p in named if p[0] >= 0.55), key=lambda p: (-p[0], len(p[1].name)))
    patterns = [pattern for words, pattern in _KINDS if content(what) & content(" ".join(words))]
    for _, e in named[:3]:
        near = _row_of(e, view)
        if said := _said_of(what, near, view):
            return said
        for text in (e.name, *(t.name for t in near)):
            if found := next((m for pattern in patterns if (m := pattern.search(text))), None):
                return found[0]
    return value_of(what, view)


def _said_of(what: str, near: list[Element], view: PageView) -> str:
    """The value of the label ``what`` among some texts: "Author: Ann", or "Author" followed by "Ann"."""
    for t in near:
        head, mark, tail = t.name.partition(":")
        if similarity(what, bare(head), view).score < 0.85 or t.role == "columnheader":
            continue
        if mark and tail.strip():
            return tail.strip()
        after = view.text_after(t)
        if after is not None:
            return after.name
    return ""


def _row_of(e: Element, view: PageView) -> list[Element]:
    """Texts of the same table row, else of the same card."""
    row = next((a for a in view.ancestors(e) if a.role in ("row", "listitem", "article")), None)
    around = view.below(row.ref) if row is not None else view.card(e)
    return [t for t in around if t.name and t.ref != e.ref]


def describe_drawing(view: PageView) -> str:
    """What the only thing drawn on the page is: "circle", "rectangle", "triangle", "letter", "number", else ""."""
    drawn = [
        e
        for e in view.items
        if (e.shape and e.shape.kind not in ("canvas", "box")) or (e.role == "text" and len(e.name) == 1)
    ]
    if len(drawn) != 1:
        return ""
    kinds = (
        ("circle", "circle"),
        ("rect", "rectangle"),
        ("polygon", "triangle"),
        ("letter", "letter"),
        ("digit", "number"),
    )
    return next((word for kind, word in kinds if is_shape(drawn[0], kind)), "")

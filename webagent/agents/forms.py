"""Forms filled from a sentence, and searches.

"Search for comedy films directed by Smith from year 1999": the page's own field labels say where the values are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from webagent.envs.types import Action, Element

from . import literals
from .clicking import submitters
from .filling import enter
from .goal_targets import GoalStep, Target
from .matching import best_of, similarity
from .page_view import PageView
from .skill import DONE, NOTHING, Option, Plan, StepMemory, click, of_part
from .words import STOP_WORDS, content, tokens

_LINKS = frozenset("by is are of as to named called be with from for on in at".split()) | {":", "="}
_BOUNDS = frozenset("on from to by with in and for at as of".split())
_GENERIC_LABEL = content("your enter type text field name number please the")
_TOKEN = re.compile(r"[^\s,;:]+|[,;:]")


@dataclass(frozen=True, slots=True)
class _Word:
    raw: str
    stem: str


def hand_in(step: GoalStep, view: PageView) -> Plan:
    buttons = [e for e in view.usable if e.role in ("button", "clickable", "link") and not e.has("disabled")]
    named = best_of(buttons, lambda e: similarity(step.verb, e.name, view).score if step.verb else 0.0)
    if named is not None and named[0] >= 0.5:
        return Plan((click(named[1], 0.85, f'"{step.verb}"'),))
    return Plan(tuple(click(e, 0.6, "hands the form in:") for e in submitters(view)[:2]))


def fill_fields(step: GoalStep, view: PageView, memory: StepMemory, *, leftovers: bool) -> Plan | None:
    """The next field to fill, or None where all that the sentence fills is filled."""
    pool = [e for e in view.fields if not e.has("disabled") and e.role != "slider"]
    wanted = {e.ref: (e, v) for e, v in assign(step.clause, pool, view, leftovers=leftovers)}
    for ref, (e, value) in wanted.items():
        part = memory.part(ref)
        part.notes.setdefault("value", value)
        part.notes.setdefault("expects offers", "" if literals.find_date(value) or e.tag == "select" else "yes")
        plan = of_part(
            enter(
                replace(step, kind="type", value=part.notes["value"], target=Target(phrase=e.name)), e, 0.75, view, part
            ),
            ref,
        )
        if not plan.done and plan.options:
            return plan
        memory.notes["filled"] = "yes"
    return None


def assign(sentence: str, pool: list[Element], view: PageView, *, leftovers: bool) -> list[tuple[Element, str]]:
    """Which field takes which words of the sentence: by its label, then what is left by kind and order."""
    words = [_Word(raw, tokens(raw)[0] if tokens(raw) else raw) for raw in _TOKEN.findall(sentence.rstrip(" .!"))]
    labels = {e.ref: _label_stems(e) for e in pool}
    used: set[int] = set()
    found: list[tuple[Element, str]] = []
    starts: dict[int, Element] = {}
    for e in pool:
        at = _label_at(words, labels[e.ref], starts)
        if at is not None:
            starts[at] = e
    for at, e in sorted(starts.items()):
        value, span = _value_after(words, at, frozenset(starts))
        if value:
            found.append((e, value))
            used |= span
    if leftovers and found:
        used |= set(starts)
        found.extend(_leftovers(words, used, [e for e in pool if e.ref not in {f.ref for f, _ in found}], view))
    order = {e.ref: i for i, e in enumerate(pool)}
    return sorted(found, key=lambda pair: order[pair[0].ref])


def _label_stems(e: Element) -> frozenset[str]:
    label = content(e.name or e.context or e.hint)
    return (label - _GENERIC_LABEL) or label


def _label_at(words: list[_Word], label: frozenset[str], taken: dict[int, Element]) -> int | None:
    hits = [i for i, w in enumerate(words) if w.stem in label and i not in taken and i + 1 < len(words)]
    marked = [i for i in hits if words[i + 1].raw in (":", "=")]
    return next(iter(marked or hits), None)


def _value_after(words: list[_Word], at: int, starts: frozenset[int]) -> tuple[str, set[int]]:
    """The words of a value after its label, up to the next label or preposition."""
    i = at + 1
    while i < len(words) and (words[i].raw.casefold() in _LINKS or words[i].raw.casefold() in ("the", "a", "an")):
        if i in starts:
            return "", set()
        i += 1
    first = i
    kept: list[str] = []
    while i < len(words) and i not in starts:
        word = words[i].raw
        if word in (":", ";") or (word.casefold() in _BOUNDS and kept):
            break
        if word == "," and not (i + 1 < len(words) and words[i + 1].raw[:1].isupper() and i + 1 not in starts):
            break
        kept.append(word)
        i += 1
    return re.sub(r"\s+,", ",", " ".join(kept)).strip("\"' "), set(range(at, max(i, first)))


def _leftovers(words: list[_Word], used: set[int], pool: list[Element], view: PageView) -> list[tuple[Element, str]]:
    spans: list[list[_Word]] = [[]]
    for i, w in enumerate(words):
        is_bound = i in used or w.raw.casefold() in STOP_WORDS or not w.raw[0].isalnum() or i == 0
        if is_bound:
            spans.append([])
        else:
            spans[-1].append(w)
    values = [_trim(span, view) for span in spans if span]
    values = [v for v in values if v]
    found = []
    for e in pool:
        if e.value and not e.has("readonly"):
            continue
        wants_number = bool(
            content(e.name) & content("date year day number amount age price quantity departure arrival")
        )
        fit = next((v for v in values if bool(literals.numbers(v) or literals.find_date(v)) == wants_number), None)
        if fit is not None:
            values.remove(fit)
            found.append((e, fit))
    return found


def _trim(span: list[_Word], view: PageView) -> str:
    """A noun phrase without its head: of "comedy films" the films are what is looked for, "comedy" tells which."""
    kept = list(span)
    if len(kept) > 1 and kept[-1].raw.islower() and kept[-1].raw.endswith("s"):
        kept = kept[:-1]
    if len(kept) > 1 and not any(literals.numbers(w.raw) for w in kept):
        kept = [w for w in kept if w.raw.casefold() not in ("way", "one-way", "flight", "ticket", "trip")]
    numbers = [w.raw for w in kept if literals.numbers(w.raw) or literals.find_date(w.raw)]
    return numbers[0] if numbers else " ".join(w.raw for w in kept)


def search(step: GoalStep, view: PageView, memory: StepMemory) -> Plan:
    """Type into the search field, then press its button (or Enter)."""
    if step.kind == "search" and "submitted" in memory.notes:
        return DONE
    pool = [
        e
        for e in view.fields
        if e.role in ("searchbox", "textbox", "combobox") and not e.has("disabled") and e.tag != "select"
    ]
    if not pool:
        return NOTHING
    best = best_of(
        pool,
        lambda e: (
            0.4 + 0.4 * (e.role == "searchbox" or "search" in content(f"{e.name} {e.hint}")) + 0.1 * (len(pool) == 1)
        ),
    )
    if best is None:
        return NOTHING
    score, field = best
    plan = enter(replace(step, kind="type"), field, score, view, memory)
    if not plan.done:
        return plan
    buttons = [
        e
        for e in view.usable
        if e.role in ("button", "clickable") and content(f"{e.name} {e.hint}") & content("search go find")
    ]
    options = [click(b, 0.85, '"search"') for b in buttons[:2]]
    return Plan(
        (*options, Option(0.6, Action("press", target=field.ref, text="Enter"), "Enter in the search field", True))
    )

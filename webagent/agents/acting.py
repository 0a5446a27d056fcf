"""Verbs that a control is named after: "delete the mail by Bob", "add the mug to the cart", "forward it to Ann"."""

from __future__ import annotations

from dataclasses import replace

from webagent.envs.types import Element

from .filling import enter, fields_for
from .forms import fill_fields, hand_in
from .goal_targets import GoalStep, Target
from .matching import Scored, best_of, rank, similarity
from .page_view import PageView
from .skill import DONE, NOTHING, Plan, StepMemory, click, of_part
from .words import STOP_WORDS, bare, content, stem

_SENDS = frozenset({"forward", "share", "send", "post", "reply", "message", "invite"})
_PLACED_BY_NAME = frozenset({"mark", "set", "move", "make", "flag"})
_GENERIC_THINGS = content("email message item one ticket flight it them")


def form(step: GoalStep, view: PageView, memory: StepMemory) -> Plan:
    """Fill the fields that the sentence speaks of, then hand the form in."""
    plan = fill_fields(step, view, memory, leftovers=True)
    if plan is not None:
        return plan
    if "filled" in memory.notes:
        return hand_in(step, view)
    plan = press_control(step, view, memory)
    only_names_form = content(step.clause) <= _FORM_WORDS and bool(view.fields)
    return DONE if only_names_form and not plan.options else plan


_FORM_WORDS = content("fill in out the contact form below please complete all fields details")


def act(step: GoalStep, view: PageView, memory: StepMemory) -> Plan:
    """A verb that a control is named after, on the thing that the words name; then what the page asks next."""
    plan = fill_fields(step, view, memory, leftovers=bool(step.target.extreme))
    if plan is not None:
        return plan
    if "acted" in memory.notes:
        return _follow_up(step, view, memory)
    if "filled" in memory.notes and "handed in" not in memory.notes and step.target.extreme:
        options = hand_in(replace(step, verb="search"), view).options
        if options:
            return Plan(tuple(replace(o, completes=False, note=("handed in", "yes")) for o in options))
    return press_control(step, view, memory)


def press_control(step: GoalStep, view: PageView, memory: StepMemory) -> Plan:
    """The control that stands for the clause; where there is none yet, the thing it is about, to be opened."""
    ranked = controls(step, view)
    more = bool(step.value) or (bool(step.place) and step.verb in _SENDS)
    why = f'"{step.clause[:60]}"'
    options = [click(e, s, why, completes=not more, note=("acted", "yes")) for s, e in ranked[:5]]
    opener = None if ranked and ranked[0][0] >= 0.6 else _thing(step, view, memory)
    if opener is not None:
        options.append(click(opener[1], min(0.58, opener[0]), f'to open "{step.target.phrase}"', completes=False))
    return Plan(tuple(sorted(options, key=lambda o: -o.score)))


def controls(step: GoalStep, view: PageView) -> list[Scored]:
    """Controls that could stand for the verb, nearest to the thing first."""
    said = content(f"{step.verb} {step.clause} {step.place} {step.target.scope}")
    verb = step.verb or (step.clause.split() or [""])[0]
    thing = content(f"{step.target.words} {step.target.scope}") - STOP_WORDS - _GENERIC_THINGS
    scored: list[Scored] = []
    for e in view.usable:
        if e.has("disabled") or e.role in ("option", "textbox", "combobox", "searchbox") or len(e.name) > 60:
            continue
        named = max((_stands_for(verb, step, said, n, view) for n in (e.name, e.hint) if n), default=0.0)
        if named < (0.25 if step.target.extreme else 0.4):
            continue
        near = 1.0
        if thing:
            around = view.surroundings(e) | content(e.name)
            near = view.weight(thing & around) / view.weight(thing)
        scored.append((named * (0.65 + 0.35 * near), e))
    if step.target.extreme and len(scored) > 1:
        top = max(s for s, _ in scored)
        like = [e for s, e in scored if s >= 0.7 * top]
        return rank(Target(extreme=step.target.extreme, measure=step.target.measure, role="button"), view, like)
    return sorted(scored, key=lambda p: (-p[0], view.at[p[1].ref]))


def _stands_for(verb: str, step: GoalStep, said: frozenset[str], name: str, view: PageView) -> float:
    """How well a control's name stands for the verb: it says the verb, and little that the goal did not say."""
    given = content(name)
    if not given:
        return 0.0
    by_verb = similarity(verb, name, view).score
    if not by_verb and not given & said:
        return 0.0
    cover = view.weight(given & said) / view.weight(given)
    if step.place and verb in _PLACED_BY_NAME:
        by_verb = max(by_verb, similarity(step.place, name, view).score)
    by_cover = 0.55 + 0.25 * bool(given & content(verb)) if cover > 0.99 and len(given) > 1 else 0.0
    return max(by_verb * (0.5 + 0.5 * cover), by_cover)


def _thing(step: GoalStep, view: PageView, memory: StepMemory) -> Scored | None:
    """The row, mail or link that the words name, to be opened first."""
    words = f"{step.target.words} {step.target.scope}".strip()
    if not words:
        return None
    pool = [
        e
        for e in view.usable
        if e.role in ("link", "clickable", "row", "listitem", "treeitem", "gridcell") and e.ref not in memory.clicked
    ]
    wanted = content(words) - content("email message item")

    def score(e: Element) -> float:
        around = content(f"{e.name} {e.context}")
        return 0.9 * view.weight(wanted & around) / view.weight(wanted) if wanted else 0.0

    best = best_of(pool, score)
    return best if best is not None and best[0] >= 0.4 else None


def _follow_up(step: GoalStep, view: PageView, memory: StepMemory) -> Plan:
    """After "reply" or "forward": the text, the recipient, then send."""
    for part, value, words in (
        ("place", step.place if step.verb in _SENDS else "", "to recipient"),
        ("text", step.value, "message"),
    ):
        if not value:
            continue
        pool = fields_for(Target(words=words), view)
        free = [e for e in view.fields if e.has("editable") and not e.value]
        field = next((e for s, e in pool if s >= 0.5), None) or (free[-1] if free else None)
        if field is None:
            if bare(value) and any(bare(value) == bare(e.value) for e in view.fields):
                continue
            return NOTHING
        kept = memory.notes.setdefault(f"field for {part}", field.ref)
        field = view.tree.by_ref.get(kept, field)
        plan = of_part(enter(replace(step, kind="type", value=value), field, 0.7, view, memory.part(part)), part)
        if not plan.done:
            return plan
    senders = [
        e
        for e in view.usable
        if content(f"{e.name} {e.hint}") & {stem("send"), "submit", stem("share"), "ok"} and e.role not in ("textbox",)
    ]
    return Plan(tuple(click(e, 0.8, "sends it:") for e in senders[:2]))

"""Skills that put a value into a field: type, set, log in. Which field, in which written form, and is it there yet?"""

from __future__ import annotations

import re
from dataclasses import replace

from webagent.envs.types import Action, Element

from . import literals, widgets
from .clicking import ENOUGH, pick_values
from .goal_targets import GoalStep, Target
from .matching import Scored, rank, similarity
from .page_view import OPTIONS, TICKS, PageView
from .skill import DONE, NOTHING, Option, Plan, StepMemory, click, name_of, of_part
from .words import bare, content, normal

_WAITS_FOR_OPTIONS = 2
_CLEARS_WITHIN = 6
"""A field that fills itself again is not emptied for ever."""


def fill(step: GoalStep, view: PageView, memory: StepMemory) -> Plan:
    """Type and set: find the field, write the value as the field wants it, then check that it is there."""
    if step.target.role == "slider" or (not step.target.words and _numbers_list(step.value) and view.pool("slider")):
        return widgets.slide_all(step, view, memory)
    if step.target.role == "spinner" or (step.kind == "set" and literals.numbers(step.value)):
        plan = widgets.step_to(step, view, memory)
        if plan is not NOTHING:
            return plan
    if step.target.every or (
        step.target.role == "field" and step.target.phrase.casefold().endswith("fields") and not step.target.words
    ):
        return _fill_every(step, view, memory)
    ranked = fields_for(step.target, view, step.value)
    ticks = _tick_for(step, view) if step.kind == "set" else None
    if ticks is not None and (not ranked or ranked[0][0] < 0.75):
        return pick_values(ticks, view, memory)
    if not ranked:
        return NOTHING
    if "field" in memory.notes:
        kept = [(s, e) for s, e in ranked if e.ref == memory.notes["field"]]
        ranked = kept or ranked
    plans = [enter(step, e, s, view, memory) for s, e in ranked[:3]]
    if plans[0].done and ranked[0][0] >= ENOUGH:
        return DONE
    return Plan(tuple(o for p in plans for o in p.options))


def _numbers_list(value: str) -> bool:
    return value.startswith("[") and bool(literals.numbers(value))


def _tick_for(step: GoalStep, view: PageView) -> GoalStep | None:
    """For "set the Topic to Delivery" where Topic is a group of radio buttons, "set Dark mode to on" for a box."""
    word = bare(step.value)
    if word in ("on", "off", "true", "false", "yes", "no", "enabled", "disabled"):
        kind = "check" if word in ("on", "true", "yes", "enabled") else "uncheck"
        if any(similarity(step.target.words, e.name, view).score > 0.5 for e in view.items if e.role in TICKS):
            return replace(step, kind=kind, values=(step.target.words,), target=Target())
    if any(
        similarity(step.value, e.name, view).score > 0.85 for e in view.items if e.role in TICKS | OPTIONS | {"button"}
    ):
        return replace(step, kind="choose", values=(step.value,))
    return None


def _fill_every(step: GoalStep, view: PageView, memory: StepMemory) -> Plan:
    pool = [e for e in view.fields if e.role in ("textbox", "searchbox") and not e.has("readonly")]
    for e in pool:
        plan = of_part(enter(step, e, 0.85, view, memory.part(e.ref)), e.ref)
        if not plan.done:
            return plan
    return DONE if pool else NOTHING


def fields_for(target: Target, view: PageView, value: str = "") -> list[Scored]:
    """Fields that the words may mean, best first; with no words, the only one, the focused one, the first empty one."""
    pool = list(view.fields)
    named = Target(
        words=target.words, ordinal=target.ordinal, scope=target.scope, quoted=target.quoted, phrase=target.phrase
    )
    role = "select" if target.role == "select" else ""
    if target.words and not _generic(target):
        scored = rank(replace(named, role=role), view, pool)
        scored = [(_kind_bonus(s, e, target), e) for s, e in scored]
        scored = _add_passwords(scored, target, pool, view)
        if scored:
            return sorted(scored, key=lambda p: -p[0])
        return [(0.2 if len(pool) > 1 else 0.5 if not e.name else 0.3, e) for e in pool]
    if target.ordinal is not None:
        return rank(Target(role="field", ordinal=target.ordinal), view, pool)
    return sorted(((_bare_field_score(e, pool, value), e) for e in pool), key=lambda p: -p[0])


def _generic(target: Target) -> bool:
    """Words that name no field in particular."""
    return not (
        content(target.words)
        - content("text textbox input field box form value editor area below above date time color picker")
    )


def _kind_bonus(score: float, e: Element, target: Target) -> float:
    words = normal(target.words)
    if "password" in words:
        return min(1.0, score + 0.1) if e.has("password") else score * 0.7
    if e.has("password"):
        return score * 0.3
    return score


def _add_passwords(scored: list[Scored], target: Target, pool: list[Element], view: PageView) -> list[Scored]:
    """Masked fields are password fields whatever they are called; the field before one takes the user's name."""
    words = content(target.words)
    masked = [e for e in pool if e.has("password")]
    known = {e.ref for _, e in scored}
    if "password" in words:
        extra = [(0.8, e) for e in masked if e.ref not in known]
        return [*scored, *extra]
    if words & content("username user login email name") and masked:
        before = [e for e in pool if view.at[e.ref] < view.at[masked[0].ref] and not e.has("password")]
        if before and (not scored or max(s for s, _ in scored) < 0.6):
            return [*[(s, e) for s, e in scored if e.ref != before[-1].ref], (0.75, before[-1])]
    return scored


def _bare_field_score(e: Element, pool: list[Element], value: str) -> float:
    date, time = literals.find_date(value), literals.find_time(value)
    if date and (e.tag == "input:date" or "date" in content(f"{e.name} {e.hint}")):
        return 0.95
    if time and (e.tag == "input:time" or "time" in content(f"{e.name} {e.hint}")):
        return 0.95
    if e.tag == "select" or e.role in ("listbox", "slider") or (e.has("readonly") and not date):
        return 0.15
    if len(pool) == 1:
        return 0.9
    score = 0.7 if not e.value and not e.has("disabled") else 0.5
    return score + 0.1 * e.has("focused") - 0.15 * e.has("password") - 0.1 * ("search" in content(e.name))


def enter(step: GoalStep, e: Element, score: float, view: PageView, memory: StepMemory) -> Plan:
    """Bring ``step.value`` into the field ``e``, by what kind of field it is."""
    why = f'value for "{step.target.phrase or "the field"}"'
    if e.tag == "select" or e.role == "listbox":
        return _select(step.value, e, score, why, view)
    if e.role == "slider" and e.tag != "input:range":
        return widgets.slide(step, e, view, memory)
    if e.has("readonly"):
        date = literals.find_date(step.value)
        return widgets.pick_date(date, e, view, memory) if date else NOTHING
    value = written_for(e, step.value)
    if step.pattern != ("", ""):
        return _complete(step, e, score, view, memory)
    if _holds(e, value, memory):
        return _offered(step.value, e, view, memory)
    holds_other = bool(e.value) and not (e.has("password") and memory.typed.get(e.ref) == value)
    if holds_other and memory.tries < _CLEARS_WITHIN and memory.notes.get("cleared") != e.ref:
        clear = Action("clear", target=e.ref)
        return Plan((Option(score, clear, f"{why}: {name_of(e)} holds another", False, ("cleared", e.ref)),))
    action = Action("type", target=e.ref, text=value)
    return Plan((Option(score, action, f"{why} match {name_of(e)} ({score:.2f})", False, ("field", e.ref)),))


def written_for(e: Element, value: str) -> str:
    """The value as the field's type wants it: ISO dates, 24-hour times, hex colours."""
    if e.tag == "input:date" and (date := literals.find_date(value)):
        return date.isoformat()
    if e.tag == "input:time" and (time := literals.find_time(value)):
        return f"{time[0]:02d}:{time[1]:02d}"
    if e.tag == "input:datetime-local" and (date := literals.find_date(value)):
        hour, minute = literals.find_time(value) or (0, 0)
        return f"{date.isoformat()}T{hour:02d}:{minute:02d}"
    if e.tag == "input:month" and (date := literals.find_date(value)):
        return f"{date.year:04d}-{date.month:02d}"
    if e.tag == "input:color" and (colour := literals.colour_hex(value)):
        return colour
    if (e.role == "spinbutton" or e.tag in ("input:number", "input:range")) and len(
        found := literals.numbers(value)
    ) == 1:
        return literals.plain_number(found[0])
    return value


def _holds(e: Element, value: str, memory: StepMemory) -> bool:
    if e.has("password") or "{{" in value:
        return memory.typed.get(e.ref) == value and bool(e.value or "{{" in value)
    if e.value == value or bare(e.value) == bare(value):
        return True
    typed = memory.typed.get(e.ref) == value
    return typed and (normal(value) in normal(e.value) or memory.tries > 3) and bool(e.value)


def _select(value: str, e: Element, score: float, why: str, view: PageView) -> Plan:
    """The option of a list that is called most like the value; by its label alone where the page lists none."""
    ranked = sorted(((similarity(value, o.name, view).score, o) for o in view.options_of(e)), key=lambda p: -p[0])
    if not ranked:
        return Plan((Option(score * 0.5, Action("select", target=e.ref, text=value), f"{why}: {name_of(e)}"),))
    if ranked[0][0] >= 0.3 and (ranked[0][1].has("selected") or bare(e.value) == bare(ranked[0][1].name)):
        return DONE
    options = []
    for likeness, o in ranked[:3]:
        if likeness >= 0.3:
            line = f'{why}: option "{o.name}" of {name_of(e)} ({likeness:.2f})'
            options.append(Option((score + likeness) / 2, Action("select", target=e.ref, text=o.name), line))
    return Plan(tuple(options))


def offers(e: Element, view: PageView) -> list[Element]:
    """Suggestions shown for a field: options outside selects, and what came with the last action."""
    found = []
    for o in view.items:
        parent = view.tree.by_ref.get(o.parent or "")
        is_new = o.ref in view.fresh
        is_offer = o.role in ("option", "menuitem") or (is_new and o.role in OPTIONS | {"clickable", "link"})
        if is_offer and o.name and o.box[3] > 0 and o.ref != e.ref and (parent is None or parent.tag != "select"):
            found.append(o)
    return found


def _offered(value: str, e: Element, view: PageView, memory: StepMemory) -> Plan:
    """The value is typed; where the field offers completions, pick the one meant."""
    if memory.notes.get("picked"):
        return DONE
    whole = re.compile(rf"(?<!\w){re.escape(normal(value))}(?!\w)")
    scored = [
        (max(similarity(value, o.name, view).score, 0.8 * bool(whole.search(normal(o.name)))), o)
        for o in offers(e, view)
    ]
    scored.sort(key=lambda p: -p[0])
    inside = [(0.7, o) for _, o in scored if normal(value) in normal(o.name)]
    if scored and (scored[0][0] >= 0.7 or inside):
        best = scored[0] if scored[0][0] >= 0.7 else inside[0]
        return Plan(
            (click(best[1], best[0], f'completion of "{value}"', completes=False, note=("picked", best[1].name)),)
        )
    awaited = e.has("collapsed") or (e.role == "combobox" and e.tag != "select") or memory.notes.get("expects offers")
    if awaited and memory.waits < _WAITS_FOR_OPTIONS and memory.typed.get(e.ref):
        return Plan((Option(0.6, Action("wait"), "completions may follow"),))
    return DONE


def _complete(step: GoalStep, e: Element, score: float, view: PageView, memory: StepMemory) -> Plan:
    """A value of which only beginning and end are told: type the beginning, pick a completion that fits."""
    prefix, suffix = step.pattern

    def fits(text: str) -> bool:
        return normal(text).startswith(normal(prefix)) and normal(text).endswith(normal(suffix))

    if fits(e.value) and (memory.notes.get("picked") or not suffix):
        return DONE
    fitting = [o for o in offers(e, view) if fits(o.name)]
    if fitting:
        return Plan(
            (
                click(
                    fitting[0],
                    0.9,
                    f'completion of "{prefix}…{suffix}"',
                    completes=False,
                    note=("picked", fitting[0].name),
                ),
            )
        )
    if normal(e.value) != normal(prefix):
        return Plan(
            (
                Option(
                    score,
                    Action("type", target=e.ref, text=prefix),
                    f'beginning "{prefix}" for {name_of(e)}',
                    False,
                    ("field", e.ref),
                ),
            )
        )
    if memory.waits < 3:
        return Plan((Option(0.5, Action("wait"), "completions may follow"),))
    keys = [Option(0.4, Action("press", target=e.ref, text="ArrowDown"), "opens the completions")]
    return Plan(tuple(keys)) if memory.tries < 8 else DONE

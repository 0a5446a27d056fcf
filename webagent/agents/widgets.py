"""Skills for widgets that no text can be typed into: sliders, steppers, calendars, colour fields."""

from __future__ import annotations

import datetime
import re

from webagent.envs.types import Action, Element

from . import literals
from .goal_targets import GoalStep
from .matching import similarity
from .page_view import PLAIN, PageView
from .skill import DONE, NOTHING, Option, Plan, StepMemory, click, name_of
from .words import bare, content

_LESS = content("fewer less minus decrease decrement down remove subtract")
_MORE = content("more plus increase increment up add")


def slide_all(step: GoalStep, view: PageView, memory: StepMemory) -> Plan:
    """Sliders in document order to the numbers of the goal."""
    wanted = literals.numbers(step.value) or [n for v in step.values for n in literals.numbers(v)]
    sliders = view.pool("slider")
    if not sliders or not wanted:
        return NOTHING
    if step.target.words and len(sliders) > 1 and len(wanted) == 1:
        sliders = sorted(sliders, key=lambda e: -similarity(step.target.words, f"{e.name} {e.context}", view).score)
    for number, slider in zip(wanted, sliders, strict=False):
        plan = _slide_to(number, slider, view, memory)
        if not plan.done:
            return plan
    return DONE


def slide(step: GoalStep, slider: Element, view: PageView, memory: StepMemory) -> Plan:
    """One slider to the first number of the goal."""
    found = literals.numbers(step.value)
    return _slide_to(found[0], slider, view, memory) if found else NOTHING


def _slide_to(wanted: float, slider: Element, view: PageView, memory: StepMemory) -> Plan:
    """Click along the track; two readings tell the scale, the third hits, arrow keys do the rest."""
    now = reading(slider, view)
    if now is None:
        return NOTHING
    if now == wanted:
        return DONE
    if slider.tag == "input:range" and slider.ref not in memory.typed:
        action = Action("type", target=slider.ref, text=literals.plain_number(wanted))
        return Plan((Option(0.85, action, f"{name_of(slider)} from {now:g} to {wanted:g}"),))
    key = f"slide {slider.ref}"
    points = _points(memory.notes.get(key, ""))
    last = memory.notes.get(f"{key} at")
    if last and last != "keys":
        points[float(last)] = now
    kept = ";".join(f"{f}:{v}" for f, v in points.items())
    if len(points) >= 4 or last == "keys" or slider.tag == "input:range":
        arrow = "ArrowRight" if wanted > now else "ArrowLeft"
        memory.notes[f"{key} at"] = "keys"
        target = slider.ref if slider.tag == "input:range" else None
        return Plan(
            (Option(0.8, Action("press", target=target, text=arrow), f"{name_of(slider)} from {now:g} to {wanted:g}"),)
        )
    fraction = _aim(wanted, points)
    memory.notes[key], memory.notes[f"{key} at"] = kept, f"{fraction:.4f}"
    tall = slider.box[3] > slider.box[2]
    point = (0.5, 1 - fraction) if tall else (fraction, 0.5)
    return Plan((click(slider, 0.8, f"{now:g} to {wanted:g} on the track", completes=False, point=point),))


def _points(text: str) -> dict[float, float]:
    pairs = [p.split(":") for p in text.split(";") if ":" in p]
    return {float(f): float(v) for f, v in pairs}


def _aim(wanted: float, points: dict[float, float]) -> float:
    """Fraction of the track for a value, by the line through the two nearest readings; first the two ends."""
    if len(points) < 2:
        return 0.02 if not points else 0.98
    (f0, v0), (f1, v1) = sorted(points.items(), key=lambda p: abs(p[1] - wanted))[:2]
    if v0 == v1:
        return min(0.98, max(0.02, f0 + 0.13))
    return min(0.995, max(0.005, f0 + (wanted - v0) * (f1 - f0) / (v1 - v0)))


def reading(slider: Element, view: PageView) -> float | None:
    """What the slider stands at: its own value, else the number shown nearest after it."""
    if found := literals.numbers(slider.value):
        return found[0]
    here = view.at[slider.ref]
    for e in view.items[here + 1 : here + 6]:
        if (
            e.role in PLAIN
            and (found := literals.numbers(e.name))
            and bare(e.name).lstrip("-").replace(".", "").isdigit()
        ):
            return found[0]
    return None


def step_to(step: GoalStep, view: PageView, memory: StepMemory) -> Plan:
    """A number field by typing, else a stepper by its "more" and "fewer" buttons."""
    found = literals.numbers(step.value or " ".join(step.values))
    if not found:
        return NOTHING
    buttons = _stepper(step.target.words, view)
    if buttons is None:
        return NOTHING
    now, less, more = buttons
    if now == found[0]:
        return DONE
    return Plan((click(more if found[0] > now else less, 0.8, f"{now:g} to {found[0]:g}", completes=False),))


def _stepper(words: str, view: PageView) -> tuple[float, Element, Element] | None:
    """What a stepper stands at, and its two buttons: a number with "fewer" and "more" beside it."""
    found = []
    for e in view.items:
        if not (e.role in PLAIN or e.role == "spinbutton") or not re.fullmatch(
            r"[-−]?\d+(?:\.\d+)?", (e.value or e.name).strip()
        ):
            continue
        here = view.at[e.ref]
        near = [b for b in view.items[max(0, here - 4) : here + 5] if b.role in ("button", "clickable", "link")]
        less = next(
            (b for b in near if content(f"{b.name} {b.hint}") & _LESS or b.name.strip() in ("-", "−", "–")), None
        )
        more = next((b for b in near if content(f"{b.name} {b.hint}") & _MORE or b.name.strip() == "+"), None)
        if less is not None and more is not None:
            around = " ".join((less.name, more.name, e.context, *(a.name for a in view.ancestors(e))))
            found.append(
                (view.mentions(words, around) if words else 1.0, literals.numbers(e.value or e.name)[0], less, more)
            )
    best = max(found, key=lambda f: f[0], default=None)
    return None if best is None else best[1:]


def pick_date(date: datetime.date | None, field: Element | None, view: PageView, memory: StepMemory) -> Plan:
    """A calendar to a date: open it, turn months, click the day."""
    if date is None:
        return NOTHING
    if field is not None and literals.find_date(field.value) == date:
        return DONE
    shown = _shown_month(view)
    if shown is None:
        if field is None or memory.tries > 40:
            return NOTHING
        return Plan((click(field, 0.8, "opens the calendar", completes=False),))
    heading, (year, month) = shown
    months = (date.year - year) * 12 + date.month - month
    if months:
        turn = _month_turner(view, forward=months > 0)
        if turn is None:
            return NOTHING
        return Plan(
            (click(turn, 0.85, f"calendar {year}-{month:02d} to {date.year}-{date.month:02d}", completes=False),)
        )
    days = [
        e
        for e in view.usable
        if bare(e.name) == str(date.day) and view.at[e.ref] > view.at[heading.ref] and not e.has("disabled")
    ]
    if days and "day" not in memory.notes:
        return Plan((click(days[0], 0.9, f"day {date.day}", completes=field is None, note=("day", str(date.day))),))
    return DONE if "day" in memory.notes else NOTHING


def _shown_month(view: PageView) -> tuple[Element, tuple[int, int]] | None:
    """The calendar's heading and its (year, month): one text, or a month's name followed by a year."""
    for number, e in enumerate(view.items):
        if len(e.name) > 40 or e.role in ("link", "option"):
            continue
        if found := literals.find_month(e.name):
            return e, found
        following = view.items[number + 1 : number + 3]
        if bare(e.name) in literals.MONTHS:
            year = next((f.name for f in following if re.fullmatch(r"\d{4}", f.name.strip())), None)
            if year:
                return e, (int(year), literals.MONTHS.index(bare(e.name)) + 1)
    return None


def _month_turner(view: PageView, *, forward: bool) -> Element | None:
    wanted = content("next > » ›") if forward else content("prev previous < « ‹")
    return next((e for e in view.usable if content(f"{e.name} {e.hint}") & wanted and not e.has("disabled")), None)


def pick_colour(colour: str, view: PageView, memory: StepMemory) -> Plan:
    """A colour into a colour field: its hex code typed, without "#" where the field's own value has none."""
    pool = [e for e in view.fields if e.tag == "input:color"] or [
        e
        for e in view.fields
        if re.fullmatch(r"#?[0-9a-fA-F]{6}", e.value) or "color" in content(f"{e.name} {e.hint} {e.context}")
    ]
    if not pool:
        return NOTHING
    field = pool[0]
    code = colour if field.tag == "input:color" or field.value.startswith("#") else colour.removeprefix("#").upper()
    if bare(field.value).lstrip("#") == bare(code).lstrip("#"):
        return DONE
    if field.value and field.tag != "input:color" and memory.notes.get("cleared") != field.ref:
        return Plan(
            (
                Option(
                    0.8,
                    Action("clear", target=field.ref),
                    f"{name_of(field)} holds another colour",
                    False,
                    ("cleared", field.ref),
                ),
            )
        )
    return Plan((Option(0.8, Action("type", target=field.ref, text=code), f"{colour} into {name_of(field)}"),))

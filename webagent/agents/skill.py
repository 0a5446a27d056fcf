"""What the skills of the lexical policy share: options to act, plans, and what is remembered about a step.

A skill is a function ``(step, view, memory) -> Plan``. It never acts; the policy does the best option and tells the
skill, through ``memory``, what has happened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from webagent.envs.types import Action, Element, Op

from .goal_targets import GoalStep
from .page_view import PageView


@dataclass(frozen=True, slots=True)
class Option:
    """One action worth doing. ``score``: in [0, 1]; ``completes``: once done, so is the step; ``note``: a key and a
    value to keep in ``StepMemory.notes`` once it was done; ``part``: the part of the step (a field) that it serves."""

    score: float
    action: Action
    why: str
    completes: bool = False
    note: tuple[str, str] | None = None
    part: str = ""


class Plan(NamedTuple):
    """``done``: nothing is left to do. No options and not done: the skill found nothing on this page."""

    options: tuple[Option, ...] = ()
    done: bool = False


DONE = Plan((), True)
NOTHING = Plan()


@dataclass
class StepMemory:
    """What happened in one step: refs clicked, text typed by ref, free notes, actions that failed, tries.

    ``parts``: a memory of its own for each part of the step, for forms with several fields."""

    clicked: set[str] = field(default_factory=set)
    typed: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    banned: set[str] = field(default_factory=set)
    explored: set[str] = field(default_factory=set)
    waits: int = 0
    tries: int = 0
    finished: bool = False
    parts: dict[str, StepMemory] = field(default_factory=dict)

    def forget_refs(self) -> None:
        """What is known by reference does not hold in another document."""
        for kept in (self.clicked, self.typed, self.banned):
            kept.clear()
        for part in self.parts.values():
            part.forget_refs()

    def part(self, name: str) -> StepMemory:
        return self.parts.setdefault(name, StepMemory())

    def record(self, option: Option) -> None:
        """Note that the option was done and that the page did not refuse it."""
        action = option.action
        if action.op == "type" and action.target:
            self.typed[action.target] = action.text or ""
        if action.op in ("click", "dblclick", "drag", "hover") and action.target:
            self.clicked.add(action.target)
        if option.note:
            self.notes[option.note[0]] = option.note[1]
        self.waits += action.op == "wait"
        self.tries += 1
        self.finished = self.finished or (option.completes and not option.part)
        if option.part:
            self.part(option.part).record(replace(option, part=""))


def of_part(plan: Plan, part: str) -> Plan:
    """The plan of one field as part of a larger step."""
    return Plan(tuple(replace(o, part=part, completes=False) for o in plan.options), plan.done)


Skill = Callable[[GoalStep, PageView, StepMemory], Plan]


def name_of(e: Element) -> str:
    """How a report calls the element."""
    words = e.name or e.hint or e.value or e.context
    return f'{e.role} "{words[:50]}"' if words else e.role


def click(e: Element, score: float, reason: str, *, op: Op = "click", completes: bool = True,
          point: tuple[float, float] | None = None, note: tuple[str, str] | None = None) -> Option:  # fmt: skip
    """A click (or hover, dblclick) as an option, with its line for the report."""
    why = f"{reason} match {name_of(e)} ({score:.2f})"
    return Option(score, Action(op, target=e.ref, point=point), why, completes, note)


def point_in(container: Element, x: float, y: float) -> tuple[float, float]:
    """Viewport pixels as fractions of an element's box."""
    left, top, width, height = container.box
    return ((x - left) / max(width, 1.0), (y - top) / max(height, 1.0))


def centre(e: Element) -> tuple[float, float]:
    """Centre of the box, viewport pixels."""
    return (e.box[0] + e.box[2] / 2, e.box[1] + e.box[3] / 2)

"""The lexical policy: goal words matched to page words, no training. The floor for everything later.

It reads the goal as steps (``goal_steps``), does them in order by skills, keeps track of what is done, explores where
nothing matches, and gives up with a reason where exploring is at its end. What it cannot do: understand a paraphrase,
reason about pictures, plan beyond the order of the sentence.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from webagent.envs.types import Action, Element, Observation, Op, Proposal, Task

from . import literals, widgets
from .acting import act, form
from .clicking import ENOUGH, close_element, open_element, pick_values, press_element, submit, submitters
from .exploring import clear_view, dismiss, explore, key_of
from .filling import fields_for, fill
from .forms import search
from .goal_steps import read_goal
from .goal_targets import GoalStep
from .page_view import PageView
from .pointing import between, drag, draw, sort_items
from .reading import answer, copy, describe_drawing
from .skill import DONE, NOTHING, Option, Plan, Skill, StepMemory, centre, click, name_of
from .words import bare

if TYPE_CHECKING:
    import numpy as np

_PATIENCE = 12
"""Decisions in a row that only explore before giving up."""
_PASSABLE = frozenset({"open", "expand", "close", "scroll", "explore"})
"""Steps that only prepare: where the next step already fits, they may stay undone."""
_STATES = frozenset({"type", "set", "choose", "check", "uncheck", "copy", "drag", "sort", "draw", "scroll"})
"""Steps that only bring a form into a state; a goal of nothing else still wants its form handed in."""
_AGREES_AT_MOST = 3
"""Dialogs in a row that may ask back about the last step."""
_SHARPNESS = 9.0
"""Scores times this are the logits of a proposal."""


def make_agent(task: Task, rng: np.random.Generator) -> Callable[[Observation], Proposal]:
    """A lexical agent for one episode of ``task``. Deterministic: ``rng`` is not used."""
    return LexicalAgent(task.goal).propose


class LexicalAgent:
    """State of one episode: which step is due, what was tried, what the last action was."""

    def __init__(self, goal: str) -> None:
        self.goal = goal
        self.steps = read_goal(goal)
        self.memories = [StepMemory() for _ in self.steps]
        self.at = 0
        self.last: Option | None = None
        self.last_at = 0
        self.spot: tuple[float, float] | None = None
        self.seen: frozenset[str] = frozenset()
        self.url = ""
        self.print = 0
        self.idle = 0
        self.changed_something = False
        self.handed_in = False
        self.agreed = 0

    def propose(self, observation: Observation) -> Proposal:
        """Candidates for the next action, best first."""
        refs = frozenset(e.ref for e in observation.tree.elements)
        moved = observation.url.partition("#")[0] != self.url
        view = PageView(observation.tree, self.goal, frozenset() if moved else refs - self.seen)
        self._learn(observation, view)
        if moved:  # another document counts its references anew
            for memory in self.memories[self.at : self.at + 1]:
                memory.forget_refs()
        self.seen, self.url = refs, observation.url.partition("#")[0]
        options = self._options(view)
        self.last, self.last_at = options[0], self.at
        pointed = view.by_ref.get(self.last.action.target or "")
        self.spot = centre(pointed) if pointed is not None else None
        return _proposal(options)

    def _learn(self, observation: Observation, view: PageView) -> None:
        """Judge the last action by the page that followed."""
        now = _fingerprint(observation)
        changed, self.print = now != self.print, now
        if self.last is None or self.last_at >= len(self.steps):
            return
        memory, option = self.memories[self.last_at], self.last
        if observation.last_error:
            memory.banned.add(str(option.action))
            memory.tries += 1
            return
        memory.record(option)
        self.changed_something |= option.action.op in ("type", "select", "drag")
        if option.score < ENOUGH and option.action.op not in ("scroll", "wait"):
            memory.banned.add(str(option.action))
        unsure = option.completes and not changed and option.score < 0.62
        repeats = (
            not changed
            and not option.completes
            and option.action.op in ("click", "drag", "press", "select")
            and not option.note
        )
        if unsure or repeats:
            memory.banned.add(str(option.action))
            memory.finished = memory.finished and not unsure

    def _options(self, view: PageView) -> list[Option]:
        """The options of the first step that is not done; ends the episode when all are."""
        while self.at < len(self.steps):
            step, memory = self.steps[self.at], self.memories[self.at]
            plan = DONE if memory.finished else _skill_of(step)(step, view, memory)
            options = [o for o in self._no_undoing(plan.options, view) if str(o.action) not in memory.banned]
            if plan.done or (plan.options and not options and memory.tries > 8):
                self._next()
                continue
            if blocked := self._blocked(step, options, view):
                return [blocked, *options]
            if options and options[0].score >= ENOUGH:
                self.idle = 0
                return options
            if memory.tries == 0 and "waited" not in memory.notes and self.last is not None:
                memory.notes["waited"] = "yes"
                return [Option(0.3, Action("wait"), "the page may still be loading"), *options]
            further = self._explore(step, view, memory)
            both = sorted([*options, *further], key=lambda o: -o.score)
            if both and self.idle < _PATIENCE:
                self.idle += 1
                return both
            if step.kind in _PASSABLE and self.at + 1 < len(self.steps) and self._next_fits(view):
                self._next()
                continue
            return [self._give_up(step)]
        return [self._finish(view)]

    def _no_undoing(self, options: tuple[Option, ...], view: PageView) -> list[Option]:
        """What the step before has clicked by other words is less likely meant again: a second click undoes."""
        if self.at == 0 or self.steps[self.at - 1].target.words == self.steps[self.at].target.words:
            return list(options)
        clicked = self.memories[self.at - 1].clicked

        def undoes(option: Option) -> bool:
            e = view.by_ref.get(option.action.target or "")
            return e is not None and option.action.op == "click" and (e.ref in clicked or _covers(e, self.spot))

        weaker = [replace(o, score=0.75 * o.score) if undoes(o) else o for o in options]
        return sorted(weaker, key=lambda o: -o.score)

    def _next(self) -> None:
        self.at += 1
        self.idle = 0

    def _next_fits(self, view: PageView) -> bool:
        step = self.steps[self.at + 1]
        options = _skill_of(step)(step, view, StepMemory()).options
        return bool(options) and options[0].score >= 0.6

    def _blocked(self, step: GoalStep, options: list[Option], view: PageView) -> Option | None:
        """Where the best target is switched off or covered: what gets the obstacle out of the way."""
        best = view.tree.by_ref.get(options[0].action.target or "") if options else None
        if best is not None and not (best.has("disabled") or best.has("covered")):
            return None
        if best is None and view.modal is None:
            return None
        if best is not None and view.modal is not None and view.is_inside(best, view.modal.ref):
            return None
        banned = self.memories[self.at].banned
        ways = [dismiss(step, view)] if best is not None or view.modal is not None else []
        if best is not None and best.has("covered"):
            ways += clear_view(view)
        return next((w for w in ways if w is not None and str(w.action) not in banned), None)

    def _explore(self, step: GoalStep, view: PageView, memory: StepMemory) -> list[Option]:
        found = explore(step, view, memory)
        if found and found[0].action.target:
            memory.explored.add(key_of(view.by_ref[found[0].action.target], view))
        return found

    def _give_up(self, step: GoalStep) -> Option:
        reason = f'nothing on the page matches "{step.clause or step.target.phrase}"'
        return Option(0.05, Action("give_up", text=reason), reason)

    def _finish(self, view: PageView) -> Option:
        """All steps are done: agree to what they asked for, hand in what was filled where the goal left that out."""
        asks = dismiss(self.steps[-1], view) if view.modal is not None and self.steps else None
        if (
            asks is not None
            and self.agreed < _AGREES_AT_MOST
            and self.steps[-1].kind in ("act", "submit", "click", "form")
        ):
            self.agreed += 1
            return asks
        asked = any(s.kind not in _STATES for s in self.steps)
        if not asked and not self.handed_in:
            found = submitters(view, unasked=True)
            self.handed_in = True
            if len(found) == 1 and (self.changed_something or bare(found[0].name) == "submit"):
                return click(found[0], 0.5, "hands in what was filled:")
        return Option(0.9, Action("done", text="all steps are done"), "all steps are done")


def _covers(e: Element, spot: tuple[float, float] | None) -> bool:
    """Whether the element now lies where the last action pointed, and is no larger than a control."""
    if spot is None or e.box[2] * e.box[3] > 40000:
        return False
    return e.box[0] <= spot[0] <= e.box[0] + e.box[2] and e.box[1] <= spot[1] <= e.box[1] + e.box[3]


def _fingerprint(observation: Observation) -> int:
    return hash(
        (observation.url, tuple((e.ref, e.name, e.value, e.states, e.scroll, e.box) for e in observation.tree.elements))
    )


def _proposal(options: list[Option]) -> Proposal:
    """Options as candidates: softmax over their scores, and a confidence from the best score and its lead."""
    unique = list({str(o.action): o for o in reversed(options)}.values())[::-1][:8]
    logits = [o.score * _SHARPNESS for o in unique]
    logits[0] = max(logits[0], max(logits))
    total = math.log(sum(math.exp(x) for x in logits))
    logprobs = tuple(x - total for x in logits)
    lead = math.exp(logprobs[0])
    confidence = max(0.0, min(1.0, unique[0].score)) * (0.35 + 0.65 * lead)
    return Proposal(tuple(o.action for o in unique), logprobs, None, tuple(o.why for o in unique), round(confidence, 3))


def _skill_of(step: GoalStep) -> Skill:
    return _SKILLS.get(step.kind, act)


def _choose(step: GoalStep, view: PageView, memory: StepMemory) -> Plan:
    """choose: a date, a number on a slider, a colour, or names among the choices."""
    text = " ".join(step.values)
    date = literals.find_date(text) if step.values else None
    if date is not None:
        fields = [e for s, e in fields_for(step.target, view, text)]
        typed = next((e for e in fields if e.tag == "input:date"), None)
        if typed is not None:
            return fill(replace(step, kind="type", value=text), view, memory)
        return widgets.pick_date(date, fields[0] if fields else None, view, memory)
    if step.target.role == "slider" or (
        view.pool("slider") and literals.numbers(text) and bare(text).lstrip("-").isdigit()
    ):
        return widgets.slide_all(replace(step, value=text), view, memory)
    if step.target.role == "spinner":
        return fill(replace(step, kind="set", value=text), view, memory)
    if "color" in bare(step.target.words).replace("colour", "color") and (colour := literals.colour_hex(text)):
        plan = widgets.pick_colour(colour, view, memory)
        if plan is not NOTHING:
            return plan
    if not step.values:
        return press_element(step, view, memory)
    return pick_values(step, view, memory)


def _click(step: GoalStep, view: PageView, memory: StepMemory) -> Plan:
    words = step.target.phrase.casefold()
    if re.search(r"\bmid-?\s?(?:dle|point)?\b.*\bbetween\b", words) and (option := between(view)):
        return Plan((option,))
    if "describe" in words and (shown := describe_drawing(view)):
        return press_element(replace(step, target=replace(step.target, words=shown, phrase=shown)), view, memory)
    return press_element(step, view, memory)


def _press(step: GoalStep, view: PageView, memory: StepMemory) -> Plan:
    named = [e for e in view.usable if bare(e.name) == bare(step.value) and e.role in ("button", "link", "clickable")]
    if named and " key" not in step.clause:
        return Plan((click(named[0], 0.9, f'words "{step.value}"'),))
    return Plan((Option(0.8, Action("press", text=step.value), f"key {step.value}", completes=True),))


def _look(step: GoalStep, view: PageView, memory: StepMemory) -> Plan:
    """find: turn pages until the words can be read; nothing else is opened for them."""
    words = f"{step.target.words} {step.target.scope}".strip()
    if view.is_read(words):
        return DONE
    turners = [o for o in explore(step, view, memory) if o.why.startswith(("goes on", "turns"))]
    return Plan(tuple(replace(o, score=0.6, note=None) for o in turners[:2]), done=not turners)


def _scroll(step: GoalStep, view: PageView, memory: StepMemory) -> Plan:
    regions = [e for e in view.items if e.has("scrollable") and e.scroll]
    region: Element | None = regions[0] if regions else None
    axis = 1 if step.value in ("up", "down") else 0
    now, most = (
        (region.scroll[axis], region.scroll[axis + 2])
        if region and region.scroll
        else (view.tree.scroll[axis], view.tree.scroll[axis + 2])
    )
    left = most - now > 2 if step.value in ("down", "right") else now > 2
    if not left:
        return DONE
    if step.place == "end" and region is not None and region.has("editable"):
        return Plan(
            (Option(0.85, Action("press", target=region.ref, text="Control+End"), f"to the end of {name_of(region)}"),)
        )
    action = Action("scroll", target=region.ref if region else None, text=step.value)
    return Plan(
        (Option(0.8, action, f"scroll {step.value}", completes=step.place != "end", note=("scrolling", "yes")),)
    )


def _simple(op: Op) -> Skill:
    """A skill of one action that needs no target."""

    def skill(step: GoalStep, view: PageView, memory: StepMemory) -> Plan:
        text = step.value if op == "goto" else None
        return Plan((Option(0.9, Action(op, text=text), f"{op} {text or ''}".strip(), completes=True),))

    return skill


_SKILLS: dict[str, Skill] = {
    "click": _click, "dblclick": press_element, "hover": press_element, "focus": press_element, "choose": _choose,
    "check": _choose, "uncheck": pick_values, "type": fill, "set": fill, "copy": copy, "open": open_element,
    "expand": open_element, "close": close_element, "submit": submit, "search": search, "form": form, "act": act,
    "drag": drag, "draw": draw, "sort": sort_items, "answer": answer, "press": _press, "scroll": _scroll,
    "look": _look, "back": _simple("back"), "goto": _simple("goto"), "wait": _simple("wait"),
}  # fmt: skip

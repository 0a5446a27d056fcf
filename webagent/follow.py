"""Doing a program: an agent that finds each element again, and asks the policy only where a step does not fit.

    follower = Follower(filled, policy, say)
    run_episode(env, follower.make_agent, …)
    follower.repairs            # what was done instead, for ``webagent.repair``

A step's guard holds if the page is the recorded one by its address or title, its target is surely found, can be used,
and is in the state that the step starts from. Where it does not come to hold within the step's ``wait``, the policy
gets the words of that one step as its goal; when it has done something that the program goes on from, the program goes
on. If it gives up on these, it gets the words of all that is left, and ends the episode itself.

The confirmations, the allow-list and the secrets are those of every other run: this only proposes actions.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from webagent.envs.errors import NoSuchOption
from webagent.envs.types import ENDS_EPISODE, Action, Element, Observation, Proposal, Task
from webagent.recorder.compile import in_words
from webagent.recorder.fit import Fit, effect, fit, made, rows
from webagent.recorder.match import Signs, likeliest, same_words
from webagent.recorder.program import Filled, Page, Placed, PlacedLoop, Step
from webagent.rollout import Agent, MakeAgent, proposal_in

MOST_HELP = 8
"""Actions of the policy for one step."""
UNCOVER = "Close the dialog"
"""What the policy is asked for where something lies over the target."""
WAIT = Action("wait")
MOST_WAITS = 4
"""In a row: a run that does the same on the same page five times ends as stuck."""


@dataclass
class Repair:
    """What was done at a step that did not fit. ``instead``: whether it replaces the step, else it comes before.

    ``done``: observation, action and the observation after it, of each. ``found``: the element that the step's target
    is known by now, where only its name has changed. ``told``: the page showed what the step should show. ``rest``: the
    policy did all that was left.
    """

    at: tuple[int, ...]
    why: str
    instead: bool = False
    done: list[tuple[Observation, Action, Observation]] = field(default_factory=list)
    found: tuple[Observation, Element] | None = None
    told: bool = False
    rest: bool = False


class Follower:
    """One program in one episode. ``policy``: gives the policy, and is called only if it is needed."""

    def __init__(self, filled: Filled, policy: Callable[[], MakeAgent], say: Callable[[str], None]) -> None:
        self.filled = filled
        self.policy = policy
        self.say = say
        self.todo: list[Placed | PlacedLoop] = list(filled.todo)
        self.repairs: list[Repair] = []
        self.model_calls = 0
        self.steps_done = 0
        self._last: Placed | None = None  # done, and not yet seen to have had its effect
        self._waiting = 0.0  # since when, on time.monotonic's clock
        self._waits = 0  # in a row
        self._failed = 0  # times that the page refused the step
        self._help: _Help | None = None

    def make_agent(self, task: Task, rng: np.random.Generator) -> Agent:
        self._task, self._rng = task, rng

        def propose(observation: Observation) -> Proposal:
            return self._helped(observation) if self._help else self._next(observation)

        return propose

    def _next(self, seen: Observation) -> Proposal:
        """What the program does now: a step, a wait, or a question to the policy."""
        refused = self._refused(seen)
        if refused and refused.startswith(NoSuchOption.__name__):
            return _said("give_up", refused)  # nobody may choose another one instead
        if refused is None and not self._arrived(seen):
            return self._wait("for what the step should show")
        while self.todo:
            placed = self.todo[0]
            if isinstance(placed, PlacedLoop):
                count = rows(placed, seen.tree)
                if not count and self._patient(placed.loop.steps[0].wait):
                    return self._wait("for the rows of the loop")
                self.todo[:1] = placed.rounds(count)
                continue
            found = self._fit(placed, seen) if refused is None else Fit(why=refused)
            if found.already:
                self._forward()
                continue
            if found.action is not None:
                if not found.first:
                    self._note_name(placed, found, seen)
                    self._forward(placed)
                return _proposed(found, f"step {self._number(placed)} of the program: {placed.step.words}")
            if placed.step.optional and self._next_fits(seen):
                self._forward()
                continue
            if self._patient(placed.step.wait) and self._failed < 2:
                return self._wait(found.why)
            return self._ask(placed, found.why, seen)
        return self._end(seen)

    def _refused(self, seen: Observation) -> str | None:
        """Why the page refused the last step, which is then to be done again."""
        if self._last is None or not seen.last_error:
            return None
        self.todo.insert(0, self._last)
        self.steps_done -= 1
        self._last = None
        self._failed += 1
        return seen.last_error if self._failed >= 2 else None

    def _forward(self, done: Placed | None = None) -> None:
        self.todo.pop(0)
        self._last, self._waiting, self._waits = done, 0.0, 0
        self.steps_done += 1

    def _arrived(self, seen: Observation) -> bool:
        """Whether the last step has had its effect, or that was waited for long enough."""
        if self._last is None:
            return True
        step = self._last.step
        if not (effect(step, seen, self._task.start_url) or not self._patient(step.wait)):
            return False
        self._last, self._waiting, self._waits, self._failed = None, 0.0, 0, 0
        return True

    def _patient(self, wait: float) -> bool:
        now = time.monotonic()
        self._waiting = self._waiting or now
        return now - self._waiting < wait and self._waits < MOST_WAITS

    def _wait(self, why: str) -> Proposal:
        self._waits += 1
        return Proposal((WAIT,), (0.0,), why=(f"waits: {why}",))

    def _next_fits(self, seen: Observation) -> bool:
        coming = next((p for p in self.todo[1:] if isinstance(p, Placed) and not p.step.optional), None)
        return coming is None or self._fit(coming, seen).why == ""

    def _number(self, placed: Placed) -> str:
        return ".".join(str(n + 1) for n in placed.at)

    def _fit(self, placed: Placed, seen: Observation) -> Fit:
        return fit(placed, seen, self._task.start_url, self.filled.program.start)

    def _note_name(self, placed: Placed, found: Fit, seen: Observation) -> None:
        """A target that goes by another name now is a change worth showing."""
        signs = placed.step.target
        if signs is None or found.element is None or placed.step.read or signs.name in ("", found.element.name):
            return
        why = f"the {signs.role} {signs.name!r} is named {found.element.name!r} now"
        self.say(f"     step {self._number(placed)}: {why}")
        self.repairs.append(Repair(placed.at, why, found=(seen, found.element)))

    def _end(self, seen: Observation) -> Proposal:
        step = _last_of(self.filled)
        mended = self.repairs[-1] if self.repairs else Repair((), "")
        otherwise = mended.instead and not mended.rest and mended.at == (len(self.filled.program.steps) - 1,)
        if step is None or otherwise or effect(step, seen, self._task.start_url):
            return _said("done", "every step of the program was done")
        return _said("give_up", f"every step was done, but the page does not show {' or '.join(step.shows) or 'it'}")

    # ---- the policy -------------------------------------------------------------------------------------------------

    def _ask(self, placed: Placed, why: str, seen: Observation) -> Proposal:
        """Hand one step to the policy."""
        self.say(f"     step {self._number(placed)} does not fit: {why}")
        guess = "" if why.endswith(" is covered") else self._guess(placed, seen)
        step = placed.step
        named = replace(step, target=replace(step.target, name=guess)) if guess and step.target else step
        words = UNCOVER if why.endswith(" is covered") else in_words(named) if guess else step.words
        self.say(f"     the policy is asked: {words}")
        self._waiting, self._waits = 0.0, 0
        self._help = self._helper(placed, words, Repair(placed.at, why))
        self._help.guess = guess
        return self._helped(seen)

    def _guess(self, placed: Placed, seen: Observation) -> str:
        """The name that the step's target may have now, or ""."""
        step, target = placed.step, placed.step.target
        if target is None or not target.name or placed.row is not None or step.read or self._named(target, seen):
            return ""
        guess = likeliest(target, seen.tree)
        if guess.element is None:
            return ""
        self.say(f"     all but its name agrees with {guess.element.role} {guess.element.name!r} ({guess.score:.0%})")
        return guess.element.name

    @staticmethod
    def _named(target: Signs, seen: Observation) -> bool:
        return any(e.role == target.role and same_words(target.name, e.name) for e in seen.tree.elements)

    def _helper(self, placed: Placed, goal: str, repair: Repair) -> _Help:
        task = replace(self._task, goal=goal)
        return _Help(placed, goal, self.policy()(task, self._rng), repair)

    def _helped(self, seen: Observation) -> Proposal:
        """What the policy does, until the program can go on."""
        help = self._help
        assert help is not None
        help.learn(seen)
        if not help.repair.rest and self._goes_on(help, seen):
            return self._next(seen)
        told = replace(seen, goal=help.goal, last_error=seen.last_error if help.asked else "")
        proposal = proposal_in(help.agent(told))
        self.model_calls += 1
        help.asked += 1
        action = proposal.actions[0]
        if help.repair.rest:
            help.expect(seen, action)
            if action.op in ENDS_EPISODE:
                self.repairs.append(help.repair)
            last = _last_of(self.filled)
            if action.op == "done" and last is not None and last.shows and not self._told(last, seen):
                return self._end(seen)
            return _by_policy(proposal, help.goal)
        if action.op in ENDS_EPISODE or help.asked > MOST_HELP:
            return self._without(help, seen, action.op == "done")
        help.expect(seen, action)
        return _by_policy(proposal, help.goal)

    def _goes_on(self, help: _Help, seen: Observation) -> bool:
        """Whether the program fits again; if so, it has the word."""
        if not help.repair.done:
            return False
        placed = help.placed
        own = self._fit(placed, seen)
        itself = _is_step(help.repair.done[-1], placed.step)
        if own.action is None or own.already or itself:
            if not (own.already or itself or self._follows(help, seen)):
                return False
            help.repair.instead = True
            self.todo.pop(0)
            self.steps_done += 1
        self._resume(help, seen)
        return True

    def _follows(self, help: _Help, seen: Observation) -> bool:
        """Whether what the policy did last is what the step would have been, by what came of it."""
        step = help.placed.step
        before, action, _ = help.repair.done[-1]
        target = before.tree.by_ref.get(action.target or "")
        if not _stands_for(help.repair.done[-1], step):
            return False
        if action.op not in ("click", "dblclick", "hover", "press"):
            return True  # the same value went into another field
        if target is None or step.target is None or target.role != step.target.role:
            return False
        if step.makes:
            return made(step, target, seen.tree)
        if not step.shows and step.after == Page():
            return target.name == help.guess  # nothing can bear it out, but it is what stands where the target stood
        return self._told(step, seen) or (step.after != Page() and self._coming_fits(seen))

    def _told(self, step: Step, seen: Observation) -> bool:
        """Whether the page bears out that the step was done: the policy's word alone is not enough."""
        return bool(step.shows or step.after != Page()) and effect(step, seen, self._task.start_url)

    def _coming_fits(self, seen: Observation) -> bool:
        """Whether the step after the one that the policy is at fits the page, or there is none."""
        coming = self.todo[1] if len(self.todo) > 1 else None
        return not isinstance(coming, Placed) or not self._fit(coming, seen).why

    def _resume(self, help: _Help, seen: Observation) -> None:
        help.repair.told = help.repair.instead and effect(help.placed.step, seen, self._task.start_url)
        self.say("     the program goes on")
        self.repairs.append(help.repair)
        self._help, self._last, self._waiting, self._waits, self._failed = None, None, 0.0, 0, 0

    def _without(self, help: _Help, seen: Observation, claimed: bool) -> Proposal:
        """The policy has nothing more to do for the one step: it is done, or all that is left goes to the policy."""
        if help.repair.done and self._patient(help.placed.step.wait):
            return self._wait("for what the policy did")
        if claimed and help.repair.done and self._coming_fits(seen) and self._told(help.placed.step, seen):
            help.repair.instead = True
            self.todo.pop(0)
            self.steps_done += 1
            self._resume(help, seen)
            return self._next(seen)
        left = [s.words for p in self.todo for s in ((p.step,) if isinstance(p, Placed) else p.loop.steps)]
        goal = _sentence(left)
        self.say(f"     the policy is asked for all that is left: {goal}")
        help.repair.rest = True
        help.repair.instead = True
        self._help = self._helper(help.placed, goal, help.repair)
        return self._helped(seen)


class _Help:
    """The policy at work on one step, or on all that is left."""

    def __init__(self, placed: Placed, goal: str, agent: Agent, repair: Repair) -> None:
        self.placed, self.goal, self.agent, self.repair = placed, goal, agent, repair
        self.asked = 0
        self.guess = ""  # the name that the target may have now
        self._expected: tuple[Observation, Action] | None = None

    def expect(self, seen: Observation, action: Action) -> None:
        self._expected = (seen, action)

    def learn(self, seen: Observation) -> None:
        """Keep what the policy's last action did, unless the page refused it or it only waited."""
        if self._expected is not None and not seen.last_error and self._expected[1].op not in ("wait", "scroll"):
            self.repair.done.append((*self._expected, seen))
        self._expected = None


def _stands_for(done: tuple[Observation, Action, Observation], step: Step) -> bool:
    """Whether an action of the policy is what the step would have been: the same kind of thing with the same value."""
    seen, action, _ = done
    if action.op == step.op:
        return action.op in ("click", "dblclick", "hover", "press") or action.text == step.text
    if step.op == "select" and action.op == "click":  # an option of a list that is built of other elements
        target = seen.tree.by_ref.get(action.target or "")
        return target is not None and target.name == step.text
    return {action.op, step.op} == {"select", "type"} and action.text == step.text


def _is_step(done: tuple[Observation, Action, Observation], step: Step) -> bool:
    """Whether an action of the policy was the very step, done on a page where it was not expected."""
    target = done[0].tree.by_ref.get(done[1].target or "")
    if target is None or step.target is None or not _stands_for(done, step):
        return False
    return target.role == step.target.role and bool(target.name) and same_words(step.target.name, target.name)


def _last_of(filled: Filled) -> Step | None:
    last = filled.todo[-1] if filled.todo else None
    return last.step if isinstance(last, Placed) and not last.step.optional else None


def _sentence(words: list[str]) -> str:
    return ", ".join(w if n == 0 else w[:1].lower() + w[1:] for n, w in enumerate(words))


def _proposed(found: Fit, why: str) -> Proposal:
    assert found.action is not None
    return Proposal((found.action,), (0.0,), why=(why,), confidence=round(found.score, 3))


def _said(op: Any, reason: str) -> Proposal:
    return Proposal((Action(op, text=reason),), (0.0,), why=(reason,))


def _by_policy(proposal: Proposal, goal: str) -> Proposal:
    why = proposal.why or ("",) * len(proposal.actions)
    return replace(proposal, why=tuple(f"asked to {goal[:60]}: {w}" for w in why))

"""Demonstrations played again with one thing done wrong; the environment says what came of it.

    faults = faults_of(Corpus("demos", print).episodes(), most=4)
    spoil(Spoiling(tuple(faults), 4, out="spoilt", faults=faults), actors=2)

The same seed gives the same page, so a demonstration can be played from its actions. One of them is left out, done to
another element, given another text, or it all ends early; the others follow as they were. Episodes go into a corpus,
``info["spoilt"]`` with ``kind`` and ``at``, the step at which it went wrong. What turns out to be harmless is kept as
the success that it is.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from webagent.demonstrate import EPISODE_S, Demonstration, stage
from webagent.envs.types import ENDS_EPISODE, Action, Episode, Task
from webagent.rollout import Agent, run_episode
from webagent.scores import EpisodeResult
from webagent.seeds import check_training_seed
from webagent.workers import Play, play_all, turns

GIVES_UP = Action("give_up", text="all that was to be done is done")


@dataclass(frozen=True)
class Fault:
    """``actions``: what is done instead; ``at``: the first that differs; ``kind``: one of ``KINDS``."""

    actions: tuple[Action, ...]
    at: int
    kind: str


Spoiler = Callable[[Episode, np.random.Generator], Fault | None]


def left_out(episode: Episode, rng: np.random.Generator) -> Fault | None:
    """A step is missing, but not the last one."""
    actions = [step.action for step in episode.steps]
    if len(actions) < 2:
        return None
    at = int(rng.integers(len(actions) - 1))
    return Fault((*actions[:at], *actions[at + 1 :]), at, "step left out")


def wrong_element(episode: Episode, rng: np.random.Generator) -> Fault | None:
    """A step is done to another element, of the same role if there is one."""
    places = [
        n for n, step in enumerate(episode.steps) if step.action.target and len(step.observation.tree.actionable) > 1
    ]
    if not places:
        return None
    at = int(rng.choice(places))
    step = episode.steps[at]
    roles = {e.ref: e.role for e in step.observation.tree.elements}
    taken = (step.action.target, step.action.text)
    others = [e.ref for e in step.observation.tree.actionable if e.ref not in taken]
    alike = [ref for ref in others if roles[ref] == roles.get(step.action.target or "")]
    chosen = alike or others
    if not chosen:
        return None
    return _with(episode, at, replace(step.action, target=chosen[int(rng.integers(len(chosen)))]), "wrong element")


def wrong_text(episode: Episode, rng: np.random.Generator) -> Fault | None:
    """Something else is typed, chosen or answered: an option beside it, a word of goal or page, or a letter less."""
    places = [n for n, s in enumerate(episode.steps) if s.action.op in ("type", "select", "answer") and s.action.text]
    if not places:
        return None
    at = int(rng.choice(places))
    step, text = episode.steps[at], episode.steps[at].action.text or ""
    elements = step.observation.tree.elements
    if step.action.op == "select":
        texts = {e.name for e in elements if e.role == "option"}
    else:
        texts = {*step.observation.goal.replace('"', " ").split(), *(e.name for e in elements), text[:-1], text * 2}
    others = sorted(t for t in texts if t.strip() and t != text and len(t) < 40)
    if not others:
        return None
    return _with(episode, at, replace(step.action, text=others[int(rng.integers(len(others)))]), "wrong text")


def stopped(episode: Episode, rng: np.random.Generator) -> Fault | None:
    """It ends before its last deed."""
    deeds = [n for n, step in enumerate(episode.steps) if step.action.op not in ENDS_EPISODE]
    if not deeds:
        return None
    at = int(rng.choice(deeds))
    return Fault((*(step.action for step in episode.steps[:at]), Action("done")), at, "stopped early")


KINDS: tuple[Spoiler, ...] = (left_out, wrong_element, wrong_text, stopped)


def _with(episode: Episode, at: int, action: Action, kind: str) -> Fault:
    actions = [step.action for step in episode.steps]
    actions[at] = action
    return Fault(tuple(actions), at, kind)


def drawn(episode: Episode, rng: np.random.Generator) -> Fault | None:
    """One of ``KINDS`` that this episode allows, drawn by chance."""
    for n in rng.permutation(len(KINDS)):
        if (fault := KINDS[int(n)](episode, rng)) is not None:
            return fault
    return None


def played(env: Any, fault: Fault, seed: int) -> Episode:
    """The fault's actions in an environment that is reset with ``seed``."""

    def make_agent(task: Task, rng: np.random.Generator) -> Agent:
        left = itertools.chain(fault.actions, itertools.repeat(GIVES_UP))
        return lambda observation: next(left)

    episode = run_episode(env, make_agent, seed=check_training_seed(seed), source="spoilt")
    return replace(episode, info={**episode.info, "spoilt": {"kind": fault.kind, "at": fault.at}})


@dataclass(frozen=True)
class Spoiling(Demonstration):
    """``faults``: of each task, seeds and what is played with them."""

    faults: Mapping[str, Sequence[tuple[int, Fault]]] = field(default_factory=dict)


def faults_of(episodes: Iterable[Episode], most: int, seed: int = 0) -> dict[str, list[tuple[int, Fault]]]:
    """A fault for each demonstration that succeeded, ``most`` of each task."""
    found: dict[str, list[tuple[int, Fault]]] = {}
    for episode in episodes:
        held = found.setdefault(episode.task.id, [])
        if len(held) >= most or not episode.success or episode.source != "expert":
            continue
        fault = drawn(episode, np.random.default_rng([seed, check_training_seed(episode.task.seed)]))
        if fault is not None:
            held.append((episode.task.seed, fault))
    return found


@contextmanager
def open_spoiling(settings: Spoiling) -> Iterator[Play]:
    """What one process plays with."""
    now: list[tuple[int, Fault]] = []
    with stage(settings, lambda env, _: played(env, now[-1][1], now[-1][0])) as play:

        def play_fault(task: str, i: int) -> EpisodeResult:
            now.append(settings.faults[task][i])
            return replace(play(task, i), seed=now[-1][0])

        yield play_fault


def spoil(settings: Spoiling, actors: int) -> list[EpisodeResult]:
    """Have all faults played in ``actors`` processes; the episodes go to ``settings.out``."""
    jobs = [job for task, faults in settings.faults.items() for job in turns(task, 0, len(faults))]
    return list(play_all(jobs, open_spoiling, settings, actors, EPISODE_S, lambda: None))

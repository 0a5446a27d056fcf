"""The policy acts, the expert says what it would have done: labels for the states that the policy gets into (DAgger,
Ross et al. 2011).

    results = gather(Gathering(tasks, episodes=20, policy="RUN/policy", out="corpus"), actors=16)

Episodes go into the corpus with the expert's actions as their steps; what was really done stands in
``info["executed"]``. Where the policy does the same again and nothing changes, the expert takes over, so that what
comes later is seen too; such an episode is no success of the policy's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from webagent.agents import expert, make_policy
from webagent.datasets.experts import ON_THEIR_WAY
from webagent.demonstrate import EPISODE_S, Demonstration, open_stage, stage
from webagent.envs.types import Action, Episode, Observation, Proposal, Task, to_json
from webagent.rollout import Agent, Choice, MakeAgent, run_episode
from webagent.scores import EpisodeResult
from webagent.workers import Job, Play, play_all, turns

PATIENCE = 2
"""The same action on the same page this often in a row, and the expert takes over."""
LOST = 3
"""Steps in a row for which the expert has no advice, and the episode is given up."""


@dataclass(frozen=True)
class Gathering(Demonstration):
    """``episodes``: a task, on average; ``weights``: how often each task is played, relative to the others."""

    weights: tuple[float, ...] = ()


def gather(settings: Gathering, actors: int) -> list[EpisodeResult]:
    """Have all episodes played in ``actors`` processes; the results tell how the policy alone did. Where the expert is
    the policy, there is nothing to correct."""
    lab = open_stage if settings.policy == "expert" else open_school
    return list(play_all(_jobs(settings), lab, settings, actors, EPISODE_S, lambda: None))


def play_alone(settings: Gathering, actors: int) -> list[EpisodeResult]:
    """Have the policy play with nobody to correct it: its episodes with what the environment says of them."""
    return list(play_all(_jobs(settings), open_stage, settings, actors, EPISODE_S, lambda: None))


def _jobs(settings: Gathering) -> list[Job]:
    """Every task at least once, in an order of chance, so that long ones are not all at the end."""
    weights = np.array(settings.weights or np.ones(len(settings.tasks)), np.float64)
    counts = np.maximum(1, np.round(settings.episodes * len(weights) * weights / weights.sum())).astype(int)
    jobs = [job for task, count in zip(settings.tasks, counts.tolist()) for job in turns(task, settings.first, count)]
    order = np.random.default_rng([settings.seed, settings.first]).permutation(len(jobs))
    return [jobs[int(n)] for n in order]


@contextmanager
def open_school(settings: Gathering) -> Iterator[Play]:
    """What one process plays with."""
    learner = make_policy(settings.policy)
    with stage(settings, lambda env, seed: corrected(env, learner, seed)) as play:
        yield lambda task, i: _alone(play(task, i))


def corrected(env: Any, learner: MakeAgent, seed: int) -> Episode:
    """One episode of the policy's, its steps labelled by the expert."""
    pair: list[_Pair] = []

    def make_agent(task: Task, rng: np.random.Generator) -> Agent:
        strict = task.id.removeprefix("miniwob.") in ON_THEIR_WAY
        pair.append(_Pair(learner(task, rng), expert.make_agent(task, rng), strict))
        return pair[0].decide

    episode = run_episode(env, make_agent, seed=seed, source="dagger")
    steps = [dataclasses.replace(step, action=right) for step, right in zip(episode.steps, pair[0].advice)]
    executed = [to_json(step.action) for step in episode.steps]
    reason = HELPED if pair[0].helped else episode.info["reason"]
    return dataclasses.replace(
        episode, steps=tuple(steps), info={**episode.info, "executed": executed, "reason": reason}
    )


HELPED = "the expert took over"


def _alone(result: EpisodeResult) -> EpisodeResult:
    return dataclasses.replace(result, success=False) if result.reason == HELPED else result


class _Pair:
    """The one acts, the other one knows better; ``advice``: what that said at each step.

    ``strict``: whether it knows nothing more once something else was done than what it said.
    """

    def __init__(self, learner: Agent, expert: Agent, strict: bool = False) -> None:
        self.learner, self.expert, self.strict = learner, expert, strict
        self.advice: list[Action] = []
        self.helped = self._strayed = False
        self._last: list[tuple[Action, Observation]] = []

    def decide(self, observation: Observation) -> Action:
        own, right = _first(self.learner(observation)), _first(self.expert(observation))
        if self.strict and self._strayed:
            right = Action("give_up", text="the expert was not followed")
        self._strayed = self._strayed or own != right
        self.advice.append(right)
        if all(a.op == "give_up" for a in self.advice[-LOST:]) and len(self.advice) >= LOST:
            return Action("give_up", text="the expert has no more advice")
        self._last = [*self._last[-PATIENCE:], (own, observation)]
        self.helped = self.helped or self._stuck()
        return right if self.helped and right.op != "give_up" else own

    def _stuck(self) -> bool:
        same = [(a, o) for a, o in self._last if a == self._last[-1][0] and o.tree == self._last[-1][1].tree]
        return len(self._last) > PATIENCE and len(same) == len(self._last)


def _first(choice: Proposal | Action | Choice) -> Action:
    if isinstance(choice, Choice):
        return choice.action
    return choice.actions[0] if isinstance(choice, Proposal) else choice


def failure_rates(results: Sequence[EpisodeResult]) -> dict[str, float]:
    """Of each task, with a success and a failure added, so that few episodes do not say too much."""
    tasks = {result.task for result in results}
    outcomes = {task: [r.success for r in results if r.task == task] for task in tasks}
    return {task: 1 - (sum(found) + 1) / (len(found) + 2) for task, found in sorted(outcomes.items())}

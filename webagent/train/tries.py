"""Playing without a judge: exploring sites, and trying goals there that somebody else has made up.

    wanted = {"practice.rows": (Try(seed, goal),)}
    results = play(Tries(tasks, policy="RUN/policy", out="tried", wanted=wanted), actors=2)

The same seed gives the same site. What the suite's own check says is hidden from everybody here: episodes are kept with
``success`` unknown and rewards of nought, whatever was reached.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from webagent.agents import checkpoint_of, make_policy
from webagent.demonstrate import EPISODE_S, Demonstration, stage
from webagent.envs.scenario import Verdict
from webagent.envs.types import Action, Episode, Observation, Task
from webagent.models.checkpoint import Policy, load_policy
from webagent.models.decode import Chooser, decide
from webagent.models.segment import read_observation
from webagent.rollout import Agent, Env, MakeAgent, Watch, run_episode
from webagent.scores import EpisodeResult
from webagent.seeds import check_training_seed
from webagent.workers import Job, Play, play_all, turns

from .misfits import asked

UNKNOWN = Verdict(info={}, checked=False)


@dataclass(frozen=True)
class Try:
    """``goal``: what is tried on the site of ``seed``, or "" for the goal that the site states. ``temperature``: at
    which the policy draws, 0 for its likeliest actions; ``draw``: which of several tries it is. ``steps``: before it
    says that it is done, or None to leave that to the policy."""

    seed: int
    goal: str = ""
    temperature: float = 0.0
    draw: int = 0
    steps: int | None = None


@dataclass(frozen=True)
class Tries(Demonstration):
    """``wanted``: of each task what is tried; ``episodes`` is not looked at."""

    episodes: int = 1
    wanted: Mapping[str, Sequence[Try]] = field(default_factory=dict)


class Blindfold:
    """An environment that states ``goal`` ("": its own) and tells nobody what its own check says."""

    def __init__(self, env: Env, goal: str) -> None:
        self._env, self._goal = env, goal

    @property
    def task(self) -> Task:
        return replace(self._env.task, goal=self._goal) if self._goal else self._env.task

    @property
    def observation(self) -> Observation:
        seen = self._env.observation
        return asked(seen, self._goal) if self._goal else seen

    @property
    def verdict(self) -> Verdict:
        return UNKNOWN

    def reset(self, *, seed: int | None = None) -> tuple[Any, dict[str, Any]]:
        return self._env.reset(seed=seed)

    def step(self, action: Action) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        seen, _, terminated, truncated, info = self._env.step(action)
        return seen, 0.0, terminated, truncated, info

    def screen(self) -> bytes:
        return self._env.screen()

    def close(self) -> None:
        self._env.close()


def tried(env: Env, make_agent: MakeAgent, one: Try, source: str, watch: Watch | None = None) -> Episode:
    """One episode with nobody to judge it."""
    blind = Blindfold(env, one.goal)
    episode = run_episode(blind, _ending(make_agent, one), seed=check_training_seed(one.seed), source=source,
                          watch=watch)  # fmt: skip
    return replace(episode, success=None, info={**episode.info, "judged_by": "nobody"})


def _ending(make_agent: MakeAgent, one: Try) -> MakeAgent:
    """The agent, or one that says after so many steps that it is done."""
    if one.steps is None:
        return make_agent

    def make(task: Task, rng: np.random.Generator) -> Agent:
        agent, left = make_agent(task, rng), iter(range(one.steps or 0))
        return lambda observation: agent(observation) if next(left, None) is not None else Action("done")

    return make


def drawing(policy: Policy, temperature: float, draw: int = 0) -> MakeAgent:
    """Agents that draw what they do by the policy's own probabilities, sharpened or flattened by ``temperature``;
    another ``draw`` on the same site draws otherwise."""

    def make_agent(task: Task, rng: np.random.Generator) -> Agent:
        memory, last = policy.net.trunk.empty(1), None
        chance = int(np.random.default_rng([int(rng.integers(2**31)), draw]).integers(2**31))
        chooser = Chooser(temperature, torch.Generator().manual_seed(chance))

        def act(observation: Observation) -> Action:
            nonlocal memory, last
            segment = read_observation(observation, policy.words, policy.config, last)
            (decision,), memory = decide(policy.net, [segment], memory, policy.words, chooser)
            last = decision.action or Action("give_up", text=decision.why)
            return last

        return act

    return make_agent


@contextmanager
def open_tries(settings: Tries) -> Iterator[Play]:
    """What one process plays with."""
    folder = checkpoint_of(settings.policy)
    policy = load_policy(folder) if folder is not None else None
    plain = make_policy(settings.policy)
    now: list[Try] = []

    def play_one(env: Any, _: int) -> Episode:
        one = now[-1]
        draws = policy is not None and one.temperature > 0
        make_agent = drawing(policy, one.temperature, one.draw) if draws and policy is not None else plain
        return tried(env, make_agent, one, f"try:{'policy' if policy is not None else settings.policy}")

    with stage(settings, play_one) as play:

        def play_try(task: str, i: int) -> EpisodeResult:
            now.append(settings.wanted[task][i])
            return replace(play(task, i), seed=now[-1].seed)

        yield play_try


def play(settings: Tries, actors: int) -> list[EpisodeResult]:
    """Have everything tried in ``actors`` processes; the episodes go to ``settings.out``."""
    jobs: list[Job] = [job for task, of in settings.wanted.items() for job in turns(task, 0, len(of))]
    return list(play_all(jobs, open_tries, settings, actors, EPISODE_S, lambda: None))

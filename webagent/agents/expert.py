"""The scripted demonstrators as a policy: an agent that shows the expert every observation of its episode so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from webagent.datasets.experts import Lost, expert_for, experts
from webagent.datasets.experts.practice import expert_of
from webagent.envs.suites import practice
from webagent.envs.types import Action, Observation, Proposal, Task
from webagent.rollout import Agent


def has_expert(task: str) -> bool:
    """Whether somebody can show the task of this full id."""
    suite, _, name = task.partition(".")
    return name in (practice.KINDS if suite == "practice" else experts())


def _expert_of(task: Task) -> Callable[[Sequence[Observation]], Action]:
    suite, _, name = task.id.partition(".")
    return expert_of(practice.draw(name, task.seed).script) if suite == "practice" else expert_for(task.id)


def make_agent(task: Task, rng: np.random.Generator) -> Agent:
    """The expert of that task; raises ``UnknownName`` where there is none. Gives up where the expert is lost."""
    expert = _expert_of(task)
    seen: list[Observation] = []

    def decide(observation: Observation) -> Proposal:
        seen.append(observation)
        try:
            return Proposal((expert(seen),), (0.0,), confidence=1.0)
        except Lost as lost:
            return Proposal((Action("give_up", text=str(lost)),), (0.0,), confidence=0.0)

    return decide

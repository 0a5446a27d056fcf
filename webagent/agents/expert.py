"""The scripted demonstrators as a policy: an agent that shows the expert every observation of its episode so far."""

from __future__ import annotations

import numpy as np

from webagent.datasets.experts import Lost, expert_for
from webagent.envs.types import Action, Observation, Proposal, Task
from webagent.rollout import Agent


def make_agent(task: Task, rng: np.random.Generator) -> Agent:
    """The expert of that task; raises ``UnknownName`` where there is none. Gives up where the expert is lost."""
    expert = expert_for(task.id)
    seen: list[Observation] = []

    def decide(observation: Observation) -> Proposal:
        seen.append(observation)
        try:
            return Proposal((expert(seen),), (0.0,), confidence=1.0)
        except Lost as lost:
            return Proposal((Action("give_up", text=str(lost)),), (0.0,), confidence=0.0)

    return decide

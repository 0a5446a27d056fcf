"""What a policy would propose at a moment that was only thought of, given what was seen and done on the way there.

An agent remembers its episode and cannot be asked twice; a search asks about many ways that an episode may go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from webagent.envs.types import Action, Observation, Proposal, Task
from webagent.rollout import MakeAgent, proposal_in

Past = Sequence[tuple[Observation, Action]]
Foresee = Callable[[Past, Observation], Proposal]
MakeForesight = Callable[[Task, int], Foresee]
"""Of a task and the seed of the policy's chance."""

CANDIDATES = 8
"""Actions of a proposal at most."""


def replaying(make_agent: MakeAgent) -> MakeForesight:
    """For any policy: an agent of its own is shown the whole past, then the moment. It believes that what it proposed
    first was done each time."""

    def make(task: Task, seed: int) -> Foresee:
        def foresee(past: Past, observation: Observation) -> Proposal:
            agent = make_agent(task, np.random.default_rng([seed, len(past)]))
            for seen, _ in past:
                agent(seen)
            return proposal_in(agent(observation))

        return foresee

    return make

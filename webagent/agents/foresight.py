"""What a policy would propose at a moment that was only thought of, given what was seen and done on the way there.

An agent remembers its episode and cannot be asked twice; a search asks about many ways that an episode may go.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from webagent.envs.candidates import candidates_of
from webagent.envs.types import Action, Observation, Proposal, Task
from webagent.rollout import MakeAgent, proposal_in

Past = Sequence[tuple[Observation, Action]]
Foresee = Callable[[Past, Observation], Proposal]
MakeForesight = Callable[[Task, int], Foresee]
"""Of a task and the seed of the policy's chance."""

CANDIDATES = 10
"""Actions of a proposal at most."""
REST = 0.05
"""Probability that is left for actions that the policy did not name itself."""


def completed(foresee: Foresee, few: int = CANDIDATES) -> Foresee:
    """With what else makes sense on the page, where a policy proposes fewer than ``few`` actions."""

    def complete(past: Past, observation: Observation) -> Proposal:
        own = foresee(past, observation)
        more = [c.action for c in candidates_of(observation, 2 * few).chosen if c.action not in own.actions]
        more = more[: max(0, few - len(own.actions))]
        if not more:
            return own
        each = math.log(REST / len(more))
        logprobs = (*(p + math.log1p(-REST) for p in own.logprobs), *(each for _ in more))
        why = (*own.why, *("" for _ in more)) if own.why else ()
        actions = (*own.actions, *more)
        order = sorted(range(len(actions)), key=lambda i: (i >= 1, -logprobs[i]))  # its first choice stays first
        return Proposal(
            tuple(actions[i] for i in order), tuple(logprobs[i] for i in order), own.value,
            tuple(why[i] for i in order) if why else (), own.confidence,
        )  # fmt: skip

    return complete


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

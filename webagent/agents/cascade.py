"""Cheap policies first: ``a>b>c`` asks ``a``, and climbs to the next rung where the one below abstains.

A rung abstains when it gives up, or when it is less sure than its threshold (``Rung.below``). Whoever was climbed to
stays for the rest of the episode, because only it knows what it is in the middle of; it begins with the page as it is.
The last rung never abstains.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from webagent.envs.types import Observation, Proposal, Task
from webagent.rollout import Agent, MakeAgent, proposal_in

DEFAULT_BELOW = 0.5


@dataclass(frozen=True)
class Rung:
    """``below``: confidence under which this policy abstains."""

    name: str
    make_agent: MakeAgent
    below: float = DEFAULT_BELOW


def cascade(rungs: Sequence[Rung]) -> MakeAgent:
    """An agent of the first rung that climbs."""

    def make_agent(task: Task, rng: np.random.Generator) -> Agent:
        at = 0
        agents: dict[int, Agent] = {}

        def propose(observation: Observation) -> Proposal:
            nonlocal at
            while True:
                agents.setdefault(at, rungs[at].make_agent(task, rng))
                proposal = proposal_in(agents[at](observation))
                if at == len(rungs) - 1 or not abstains(proposal, rungs[at].below):
                    return proposal
                at += 1

        return propose

    return make_agent


def abstains(proposal: Proposal, below: float) -> bool:
    """Whether a policy that proposes this leaves the decision to the next one."""
    if proposal.actions[0].op == "give_up":
        return True
    return proposal.confidence is not None and proposal.confidence < below

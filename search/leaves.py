"""What a moment is worth, by what is known of it: functions to choose from, as ``Problem.leaf``."""

from __future__ import annotations

from webagent.envs.types import Action, Proposal

from .tree import Leaf, Propose, Simulate, Transition

LONGEST = 15


def value_of_policy(path: tuple[Action, ...], at: Transition, proposal: Proposal) -> float:
    """The policy's own value; 0 where it has none."""
    return proposal.value or 0.0


def reward_alone(path: tuple[Action, ...], at: Transition, proposal: Proposal) -> float:
    """Nothing: only rewards that were met on the way count."""
    return 0.0


def rollout(propose: Propose, simulate: Simulate, longest: int = LONGEST) -> Leaf:
    """The sum of rewards, undiscounted, if the policy's first choices are followed from there for ``longest`` steps, to
    the end or to a moment that was seen before. Of the root nothing: its first simulation goes the same way."""

    def leaf(path: tuple[Action, ...], at: Transition, proposal: Proposal) -> float:
        if not path:
            return 0.0
        total, seen = 0.0, {at.state}
        for _ in range(longest):
            path = (*path, proposal.actions[0])
            at = simulate(path)
            total += at.reward or 0.0
            if at.ended or at.state in seen:
                break
            seen.add(at.state)
            proposal = propose(at.observation)
        return total

    return leaf

"""Search over actions: given functions that propose and simulate, find a better action than the policy alone.

    problem = Problem(propose, simulate, value_of_policy)
    found = gumbel(observation, problem, Budget(simulations=16), np.random.default_rng(0))
    found.action, found.visits, found.tree

Nothing here knows a browser or a network; ``webagent.simulator`` makes ``simulate`` of an environment.
"""

from __future__ import annotations

from .best_first import best_first
from .gumbel import Gumbel, gumbel, halvings
from .leaves import reward_alone, rollout, value_of_policy
from .puct import puct
from .tree import WORST, Budget, Found, Node, Problem, Transition, Tree

__all__ = [
    "WORST", "Budget", "Found", "Gumbel", "Node", "Problem", "Transition", "Tree", "best_first", "gumbel", "halvings",
    "puct", "reward_alone", "rollout", "value_of_policy",
]  # fmt: skip

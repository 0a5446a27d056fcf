"""Best-first search: always the most promising moment anywhere in the tree is opened next (Koh et al. 2024,
"Tree search for language model agents")."""

from __future__ import annotations

import heapq
from collections.abc import Hashable

from webagent.envs.types import Observation

from .tree import Budget, Found, Node, Problem, Tree, found


def best_first(observation: Observation, problem: Problem, budget: Budget, *, state: Hashable = "root") -> Found:
    """Open all candidates of the best moment, then of the next best; take the way to the best one that was found.

    A moment is as good as the rewards on the way to it and its leaf value; among equals the likelier one under the
    policy is opened first. Each candidate opened is one simulation; each counts as a visit of all above it.
    """
    tree = Tree(observation, problem, budget, state)
    waiting: list[tuple[float, float, int, Node]] = [(0.0, 0.0, 0, tree.root)]
    best: tuple[float, bool, float] | None = None
    index, made = 0, 0
    while waiting:
        _, unlikely, _, node = heapq.heappop(waiting)
        assert node.proposal is not None
        for i in tree.open(node):
            if tree.over:
                return found(tree, index)
            child = node.children.get(i) or tree.open_edge(node, i)
            made += 1
            rank = (-_reached(tree, child), child.closed and not child.at.ended, unlikely - node.proposal.logprobs[i])
            if not child.dead and (best is None or rank < best):
                best, index = rank, tree.first_action(child)
            if not child.closed:
                heapq.heappush(waiting, (rank[0], rank[2], made, child))
    return found(tree, index)


def _reached(tree: Tree, node: Node) -> float:
    """Discounted rewards on the way to a moment, and its leaf value."""
    value, at = node.own, node
    while at.parent is not None:
        unknown = at.at.ended and at.at.reward is None
        value = value if unknown else (at.at.reward or 0.0) + tree.budget.discount * value
        at = at.parent
    return value

"""PUCT: the tree policy of AlphaZero (Silver et al. 2018; Rosin 2011), for a single agent."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from webagent.envs.types import Observation

from .tree import Budget, Found, Node, Problem, Tree, found

EXPLORATION = 1.25


def puct(
    observation: Observation,
    problem: Problem,
    budget: Budget,
    *,
    exploration: float = EXPLORATION,
    state: Hashable = "root",
) -> Found:
    """Search with ``worth + exploration · prior · √visits / (1 + own visits)``; takes what was visited most.

    A candidate that was never tried counts as worth as much as the moment itself. Ties go to the likelier one.
    ``state``: the name of the root's moment, as ``Transition.state``. Errors of the three functions pass through.
    """
    tree = Tree(observation, problem, budget, state)

    def choose(node: Node) -> int:
        counts = tree.counts(node)
        bonus = exploration * tree.priors(node) * np.sqrt(max(counts.sum(), 1)) / (1 + counts)
        scores = tree.worths(node, node.own) + bonus
        return max(tree.open(node), key=lambda i: scores[i])

    while not tree.over:
        tree.simulate(choose)
    counts, worths = tree.counts(tree.root), tree.worths(tree.root, tree.root.own)
    still = tree.open(tree.root)
    if budget.best:  # what was found can be had for certain, however often it was passed
        return found(tree, max(tree.indices(tree.root), key=lambda i: (worths[i], i in still, counts[i])))
    return found(tree, max(tree.indices(tree.root), key=lambda i: (counts[i], worths[i])))

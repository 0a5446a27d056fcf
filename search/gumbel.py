"""Gumbel MuZero's planning (Danihelka et al., "Policy improvement by planning with Gumbel", ICLR 2022).

Made for few simulations. At the root the candidates with the highest noise + logit are considered, and simulations are
shared out among them by sequential halving; deeper, visits follow the improved policy without chance. What is taken
maximises noise + logit + a growing function of worth, which improves on the policy in expectation, whatever the number
of simulations.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator
from dataclasses import dataclass

import numpy as np

from webagent.envs.types import Observation

from .tree import Budget, Found, Node, Problem, Tree, found


@dataclass(frozen=True)
class Gumbel:
    """``considered``: candidates at the root at most. ``noise``: how much chance there is in which; 0 takes the
    likeliest (for acting; for making training data, 1). ``visit`` and ``scale``: how worth weighs, as in the paper."""

    considered: int = 16
    noise: float = 0.0
    visit: float = 50.0
    scale: float = 1.0


def gumbel(
    observation: Observation,
    problem: Problem,
    budget: Budget,
    rng: np.random.Generator,
    *,
    settings: Gumbel | None = None,
    state: Hashable = "root",
) -> Found:
    """Search, and take the best of the candidates that are left. Same ``rng``, same tree.

    ``state``: the name of the root's moment, as ``Transition.state``. Errors of the three functions pass through.
    """
    settings = settings or Gumbel()
    tree = Tree(observation, problem, budget, state)
    root = tree.root
    logits = np.maximum(np.array(tree.proposal.logprobs), -700.0)
    drawn = logits + settings.noise * rng.gumbel(size=len(logits))

    def scores() -> np.ndarray:
        total: np.ndarray = drawn + _weighed(tree, root, settings)
        return total

    def closed(index: int) -> bool:
        return index in root.children and root.children[index].closed

    def ranked(of: list[int]) -> list[int]:
        now = scores()
        return sorted(of, key=lambda i: (-now[i], closed(i), i))

    most = min(settings.considered, budget.simulations, len(logits))
    drawn_in = sorted(range(len(logits)), key=lambda i: (-drawn[i], i))[:most]
    left = drawn_in
    for count, visits in halvings(most, budget.simulations):
        # What is known to its end needs no visits; where only that is left, the others come in again.
        left = ranked([i for i in left if not closed(i)] or [i for i in drawn_in if not closed(i)])[:count]
        for index in left * visits:
            if not tree.over and not closed(index):
                tree.simulate(lambda node: _deeper(tree, node, settings), index)
        if tree.over or not left:
            break
    return found(tree, ranked([i for i in drawn_in if i in left or closed(i)] or drawn_in)[0])


def halvings(considered: int, simulations: int) -> Iterator[tuple[int, int]]:
    """Rounds of sequential halving: how many candidates are in, and how often each is visited; without end at two."""
    rounds = max(1, math.ceil(math.log2(max(considered, 2))))
    while True:
        yield considered, max(1, simulations // (rounds * considered))
        considered = max(min(2, considered), considered // 2)


def _deeper(tree: Tree, node: Node, settings: Gumbel) -> int:
    """Below the root: the candidate whose share of visits lags most behind the improved policy."""
    logits = np.log(tree.priors(node)) + _weighed(tree, node, settings)
    improved = np.exp(logits - logits.max())
    counts = tree.counts(node)
    lag = improved / improved.sum() - counts / (1 + counts.sum())
    return max(tree.open(node), key=lambda i: lag[i])


def _weighed(tree: Tree, node: Node, settings: Gumbel) -> np.ndarray:
    """The paper's σ of completed worths, [A]: one never tried gets a mixture of the moment's own and the known."""
    counts, priors = tree.counts(node), tree.priors(node)
    tried = counts > 0
    mixed = node.own
    if tried.any():
        known = float((priors * tree.worths(node, 0.0))[tried].sum() / max(float(priors[tried].sum()), 1e-12))
        mixed = (node.own + counts.sum() * known) / (1 + counts.sum())
    share = (tree.worths(node, mixed) + 1) / 2
    weighed: np.ndarray = (settings.visit + counts.max()) * settings.scale * share
    return weighed

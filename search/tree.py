"""A tree of what could be done: what every recipe grows, knowing neither a browser nor a network.

It is made of three plain functions (``Problem``). A simulation follows known edges from the root, opens one new edge
with ``simulate``, values what is found there with ``leaf``, and backs that value up. Actions are deterministic: the
same actions lead to the same moment, so an edge is opened once. A moment that its own ancestors showed already is a
dead end; one that is known from elsewhere in the tree is worth what it is there; a part of the tree with nothing left
to open is closed. None of these gets another simulation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

import numpy as np

from webagent.envs.types import Action, Observation, Proposal

WORST = -1.0
"""What a dead end is worth: the least that a task can give."""


@dataclass(frozen=True)
class Transition:
    """Where actions lead. ``state``: a name that moments share if, and only if, they are the same moment. ``reward``:
    of the last action, in [-1, 1]; None where nobody may know it. ``ended``: nothing can be done any more."""

    observation: Observation
    state: Hashable
    reward: float | None = 0.0
    ended: bool = False


Propose = Callable[[Observation], Proposal]
Simulate = Callable[[tuple[Action, ...]], Transition]
Leaf = Callable[[tuple[Action, ...], Transition, Proposal], float]


@dataclass(frozen=True)
class Problem:
    """``propose``: candidate actions; ``simulate``: where actions from the root lead; ``leaf``: what may still be had
    from a moment on, in [-1, 1]. ``known``: where actions lead if that needs no trying, else None: such a simulation is
    not counted, and a link back to what is in the tree needs none."""

    propose: Propose
    simulate: Simulate
    leaf: Leaf
    known: Callable[[tuple[Action, ...]], Transition | None] = lambda path: None


@dataclass(frozen=True)
class Budget:
    """``simulations``: new edges to open; ``spent``: asked before each of them, True ends the search. ``width``:
    candidates of a moment that are considered; ``depth``: actions ahead. ``enough``: a leaf that is worth this ends the
    search, too. ``best``: a moment is worth the best that was found behind it (right where values are what can be had
    for certain), not the mean. ``discount``: a step. ``first``: a way that is gone before all others, as far as it is
    proposed: what an earlier search found is not to be looked for again."""

    simulations: int = 16
    spent: Callable[[], bool] = lambda: False
    width: int = 8
    depth: int = 20
    enough: float = math.inf
    best: bool = False
    discount: float = 0.99
    first: tuple[Action, ...] = ()


@dataclass(eq=False)
class Node:
    """A moment. ``own``: its leaf value. ``children``: by candidate of ``proposal``. ``dead``: it was seen before.
    ``closed``: nothing behind it is left to open. Its value is ``total / visits``, or ``most``: the best of what was
    found behind it, and of its own while something is left to open."""

    path: tuple[Action, ...]
    at: Transition
    parent: Node | None = None
    proposal: Proposal | None = None
    own: float = 0.0
    dead: bool = False
    closed: bool = False
    visits: int = 0
    total: float = 0.0
    most: float = -math.inf
    children: dict[int, Node] = field(default_factory=dict)


class Tree:
    """The tree above ``observation``, whose state is called ``state``. ``solution``: the leaf that was ``enough``."""

    def __init__(self, observation: Observation, problem: Problem, budget: Budget, state: Hashable = "root") -> None:
        self.problem, self.budget = problem, budget
        self.root = Node((), Transition(observation, state))
        self.solution: Node | None = None
        self.used = 0
        self._states: dict[Hashable, Node] = {state: self.root}
        self._expand(self.root)
        self.root.own = self.problem.leaf((), self.root.at, self.proposal)
        self._back_up(self.root, self.root.own)
        self._go(budget.first)

    @property
    def proposal(self) -> Proposal:
        """The root's candidates, at most ``width``."""
        return _proposed(self.root)

    @property
    def over(self) -> bool:
        """Whether no simulation is left, needed or possible."""
        done = self.solution is not None or self.root.closed or self.used >= self.budget.simulations
        return done or self.budget.spent()

    @property
    def visits(self) -> tuple[int, ...]:
        """Simulations that went through each of the root's candidates."""
        return tuple(self.root.children[i].visits if i in self.root.children else 0 for i in self.indices(self.root))

    def indices(self, node: Node) -> range:
        return range(len(_proposed(node).actions))

    def open(self, node: Node) -> list[int]:
        """Candidates with something left to find."""
        return [i for i in self.indices(node) if i not in node.children or not node.children[i].closed]

    def simulate(self, choose: Callable[[Node], int], first: int | None = None) -> Node:
        """One simulation: down by ``choose`` (at the root by ``first``, if given) to the edge that it opens."""
        node = self.root
        while True:
            index = first if node is self.root and first is not None else choose(node)
            child = node.children.get(index)
            if child is None:
                return self.open_edge(node, index)
            node = child

    def open_edge(self, node: Node, index: int) -> Node:
        """Simulate a candidate of ``node`` for the first time."""
        path = (*node.path, _proposed(node).actions[index])
        self.used += self.problem.known(path) is None
        child = Node(path, self.problem.simulate(path), node)
        node.children[index] = child
        known = None if child.at.ended else self._states.setdefault(child.at.state, child)
        child.dead = known is not None and known is not child and self._is_above(known, child)
        if known is not child or len(path) >= self.budget.depth:
            self._close(child)
        if child.dead:
            child.own = WORST
            child.visits, child.total, child.most = 1, WORST, WORST
            self._back_up(node, node.own)  # nothing was gained; who comes here need not take that edge
            return child
        child.own = self._valued(child, known)
        self._back_up(child, child.own)
        if max(child.own, child.at.reward or 0.0) >= self.budget.enough:
            self.solution = child
        return child

    def value(self, node: Node) -> float:
        """What is had from a moment on."""
        if not node.visits:
            return node.own
        return node.most if self.budget.best else node.total / node.visits

    def worth(self, node: Node) -> float:
        """What is had by going to a moment: the reward on the way, and its value."""
        return WORST if node.dead else self._gain(node, self.value(node))

    def first_action(self, node: Node) -> int:
        """The root's candidate that leads to ``node``."""
        while node.parent is not None and node.parent is not self.root:
            node = node.parent
        return next(i for i, child in self.root.children.items() if child is node)

    def priors(self, node: Node) -> np.ndarray:
        """Probabilities of the candidates among themselves, [A]."""
        logits = np.array(_proposed(node).logprobs)
        weights = np.exp(np.maximum(logits, -700.0) - max(float(logits.max()), -700.0))
        priors: np.ndarray = weights / weights.sum()
        return priors

    def worths(self, node: Node, unknown: float) -> np.ndarray:
        """``worth`` of each candidate, ``unknown`` for those that were never tried, [A]."""
        found = node.children
        return np.array([self.worth(found[i]) if i in found else unknown for i in self.indices(node)])

    def counts(self, node: Node) -> np.ndarray:
        """Visits of each candidate, [A]."""
        return np.array([node.children[i].visits if i in node.children else 0 for i in self.indices(node)])

    def _go(self, way: tuple[Action, ...]) -> None:
        """Open the edges of a way, to its end or to the first action that is not proposed or leads nowhere new."""
        node = self.root
        for action in way:
            index = next((i for i in self.open(node) if _proposed(node).actions[i] == action), None)
            if index is None or self.over:
                return
            node = node.children.get(index) or self.open_edge(node, index)

    def _valued(self, child: Node, known: Node | None) -> float:
        """The value of a moment that was come to for the first time on this way. ``known``: where its state is."""
        if known is None:
            assert child.parent is not None
            return 0.0 if child.at.reward is not None else child.parent.own
        if known is not child:
            return self.value(known)
        self._expand(child)
        return self.problem.leaf(child.path, child.at, _proposed(child))

    def _expand(self, node: Node) -> None:
        found, most = self.problem.propose(node.at.observation), self.budget.width
        node.proposal = Proposal(
            found.actions[:most], found.logprobs[:most], found.value, found.why[:most], found.confidence
        )
        for index, action in enumerate(node.proposal.actions):
            self._lead_back(node, index, (*node.path, action))
        if not self.open(node):
            self._close(node)

    def _lead_back(self, node: Node, index: int, path: tuple[Action, ...]) -> None:
        """Without a simulation: an edge that is known to lead to what is in the tree."""
        there = self.problem.known(path)
        known = None if there is None or there.ended else self._states.get(there.state)
        if there is None or known is None:
            return
        child = Node(path, there, node, closed=True)
        child.dead = known is node or self._is_above(known, child)
        child.own = WORST if child.dead else self.value(known)
        node.children[index] = child

    def _gain(self, node: Node, value: float) -> float:
        if node.at.reward is None and node.at.ended:
            return value  # how it ended is not known: it is worth what the moment before it was
        return (node.at.reward or 0.0) + self.budget.discount * value

    def _back_up(self, node: Node | None, value: float) -> None:
        while node is not None:
            node.visits += 1
            node.total += value
            node.most = self._most(node)
            value, node = self._gain(node, value), node.parent

    def _most(self, node: Node) -> float:
        found = [self.worth(child) for child in node.children.values()]
        return max(found) if found and node.closed else max([node.own, *found])

    def _is_above(self, node: Node, child: Node) -> bool:
        above = child.parent
        while above is not None and above is not node:
            above = above.parent
        return above is not None

    def _close(self, child: Node) -> None:
        """A new leaf has nothing behind it; nor has, then, what is above it and has nothing else left to open."""
        child.closed, node = True, child.parent
        while node is not None and not self.open(node):
            node.closed = True
            node = node.parent


@dataclass(frozen=True)
class Found:
    """What a search came to: the index of the candidate to take, the root's proposal, its visits [A], and the tree."""

    index: int
    proposal: Proposal
    visits: tuple[int, ...]
    tree: Tree

    @property
    def action(self) -> Action:
        return self.proposal.actions[self.index]

    @property
    def worths(self) -> tuple[float | None, ...]:
        """What each candidate was found to be worth [A], None where it was not tried."""
        tree, known = self.tree, self.tree.root.children
        return tuple(tree.worth(known[i]) if i in known else None for i in tree.indices(tree.root))


def found(tree: Tree, index: int) -> Found:
    """The end of a search that would take candidate ``index``; a solution that was found goes before that."""
    if tree.solution is not None:
        index = tree.first_action(tree.solution)
    return Found(index, tree.proposal, tree.visits, tree)


def _proposed(node: Node) -> Proposal:
    assert node.proposal is not None, "a moment that ended has no candidates"
    return node.proposal

"""An agent that looks ahead: a policy proposes, a search tries out, what was found best is done (docs/SEARCH.md).

with planning(env, make_foresight("default"), Plan(simulations=8)) as make_agent:
    episode = run_episode(env, make_agent, seed=1, source="search:default")
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from webagent.agents.foresight import CANDIDATES, MakeForesight
from webagent.envs.types import Action, Branch, Observation, Proposal, Task
from webagent.plan import Plan
from webagent.rollout import Agent, Choice, MakeAgent
from webagent.search import (
    Budget,
    Found,
    Gumbel,
    Node,
    Problem,
    best_first,
    gumbel,
    puct,
    reward_alone,
    rollout,
    value_of_policy,
)
from webagent.search.tree import Leaf, Propose, Simulate
from webagent.simulator import Simulator
from webagent.words import clean, describe_action

RECIPES: dict[str, Callable[..., Found]] = {
    "gumbel": lambda seen, problem, budget, rng, noise, state: gumbel(
        seen, problem, budget, rng, settings=Gumbel(noise=noise), state=state
    ),
    "puct": lambda seen, problem, budget, rng, noise, state: puct(seen, problem, budget, state=state),
    "best-first": lambda seen, problem, budget, rng, noise, state: best_first(seen, problem, budget, state=state),
}
LEAVES: dict[str, Callable[[Propose, Simulate], Leaf]] = {
    "value": lambda propose, simulate: value_of_policy,
    "reward": lambda propose, simulate: reward_alone,
    "rollout": rollout,
}
FULL_REWARD = 1.0
MOST_DRAWN = 80
"""Moments of a tree that are kept for its picture."""


@contextmanager
def planning(env: Any, make_foresight: MakeForesight, plan: Plan) -> Iterator[MakeAgent]:
    """Agents for one episode of ``env`` (a ``WebEnv``), which share a second context that is closed at the end.

    Raises ``UsageError``, when an agent is made, where trying something out would do it for good.
    """
    simulators: list[Simulator] = []

    def make_agent(task: Task, rng: np.random.Generator) -> Agent:
        simulators.append(Simulator(env, rewards=plan.true_reward))
        foresee = make_foresight(task, int(rng.integers(2**31)))
        return _agent(simulators[-1], foresee, plan, rng)

    try:
        yield make_agent
    finally:
        for simulator in simulators:
            simulator.close()


def _agent(simulator: Simulator, foresee: Any, plan: Plan, rng: np.random.Generator) -> Agent:
    known: dict[Observation, Proposal] = {}

    def propose(observation: Observation) -> Proposal:
        if observation not in known:
            known[observation] = foresee(simulator.past(observation), observation)
        return known[observation]

    leaf = LEAVES[plan.leaf](propose, simulator)
    way: tuple[Action, ...] = ()

    def choose(observation: Observation) -> Choice:
        nonlocal way
        simulator.stand()
        before = simulator.steps
        budget = Budget(
            plan.simulations,
            width=CANDIDATES,
            spent=lambda: plan.most_steps is not None and simulator.steps - before >= plan.most_steps,
            enough=FULL_REWARD if plan.true_reward and not plan.thorough else float("inf"),
            best=plan.true_reward,
            first=way if simulator.known(way) else (),  # else it went otherwise than it did when it was tried
        )
        problem = Problem(propose, simulator, leaf, simulator.known)
        found = RECIPES[plan.recipe](observation, problem, budget, rng, plan.noise, simulator.state)
        solution = found.tree.solution
        way = solution.path[1:] if solution is not None else ()
        worths = tuple(None if worth is None else round(worth, 4) for worth in found.worths)
        return Choice(found.action, found.proposal, found.visits, branches(found), simulator.steps - before, worths)

    return choose


def branches(found: Found) -> tuple[Branch, ...]:
    """A search tree as the report draws it: breadth first, the most visited first, ``MOST_DRAWN`` at most."""
    tree = found.tree
    drawn: list[Branch] = []
    waiting: list[tuple[int, str, Node]] = [(-1, "", tree.root)]
    while waiting and len(drawn) < MOST_DRAWN:
        parent, action, node = waiting.pop(0)
        kind = "end" if node.at.ended else "dead" if node.dead else "open"
        worth = round(tree.value(node) if node is tree.root else tree.worth(node), 4)
        taken = node.path[:1] == (found.action,)
        drawn.append(Branch(parent, action, node.visits, worth, kind, clean(node.at.observation.title, 40), taken))
        seen, place = node.at.observation.tree, len(drawn) - 1
        for child in sorted(node.children.values(), key=lambda child: -child.visits):
            waiting.append((place, describe_action(child.path[-1], seen), child))
    return tuple(drawn)

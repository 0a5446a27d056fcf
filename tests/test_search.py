"""Tree search on games small enough to be checked by hand; no browser."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest

from webagent.envs.types import Action, Observation, Proposal
from webagent.search import (
    WORST,
    Budget,
    Found,
    Gumbel,
    Problem,
    Transition,
    Tree,
    best_first,
    gumbel,
    halvings,
    puct,
    reward_alone,
    rollout,
    value_of_policy,
)

Edge = tuple[str, str, float]
"""Name of the action, where it leads, its probability under the policy."""


@dataclass
class Game:
    """States by name. ``ends``: rewards of the states that end it; ``values``: what the policy makes of others."""

    edges: dict[str, list[Edge]]
    ends: dict[str, float]
    values: dict[str, float] = field(default_factory=dict)
    start: str = "start"
    known: bool = True
    tried: list[str] = field(default_factory=list)

    @property
    def root(self) -> Observation:
        return Observation(url=self.start)

    def propose(self, seen: Observation) -> Proposal:
        edges = sorted(self.edges[seen.url], key=lambda edge: -edge[2])
        actions = tuple(Action("click", name) for name, _, _ in edges)
        return Proposal(actions, tuple(math.log(p) for *_, p in edges), self.values.get(seen.url))

    def simulate(self, actions: tuple[Action, ...]) -> Transition:
        self.tried.append(" ".join(a.target or "" for a in actions))
        state = self.start
        for action in actions:
            state = next(there for name, there, _ in self.edges[state] if name == action.target)
        reward = self.ends.get(state, 0.0)
        return Transition(Observation(url=state), state, reward if self.known else None, state in self.ends)

    def problem(self) -> Problem:
        return Problem(self.propose, self.simulate, value_of_policy)


Recipe = Callable[[Game, Budget], Found]


def by_gumbel(game: Game, budget: Budget, seed: int = 0, **how: float) -> Found:
    settings = Gumbel(**how)  # type: ignore[arg-type]
    rng = np.random.default_rng(seed)
    return gumbel(game.root, game.problem(), budget, rng, settings=settings, state=game.start)


def by_puct(game: Game, budget: Budget) -> Found:
    return puct(game.root, game.problem(), budget, state=game.start)


def by_best_first(game: Game, budget: Budget) -> Found:
    return best_first(game.root, game.problem(), budget, state=game.start)


RECIPES: dict[str, Recipe] = {"gumbel": by_gumbel, "puct": by_puct, "best-first": by_best_first}
every_recipe = pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)


def trap() -> Game:
    """The likely way loses at once; the unlikely one wins after two more steps."""
    return Game(
        {
            "start": [("easy", "lost", 0.9), ("hard", "door", 0.1)],
            "door": [("back", "start", 0.5), ("open", "hall", 0.5)],
            "hall": [("leave", "lost", 0.6), ("take", "won", 0.4)],
        },
        {"lost": -1.0, "won": 1.0},
    )


def bandit(values: list[float]) -> Game:
    """Arms of equal probability that lead on forever, each worth its value."""
    edges = {"start": [(f"a{i}", f"a{i}", 1 / len(values)) for i in range(len(values))]}
    for i in range(len(values)):
        for depth in range(40):
            here = f"a{i}" + "+" * depth
            edges[here] = [("on", f"{here}+", 1.0)]
    worth = {f"a{i}" + "+" * depth: v for i, v in enumerate(values) for depth in range(42)}
    edges |= {f"a{i}" + "+" * 40: [("on", f"a{i}" + "+" * 41, 1.0)] for i in range(len(values))}
    return Game(edges, {}, worth)


def shape(found: Found) -> list[tuple[str, int, float]]:
    """The whole tree: way, visits, total."""
    waiting, told = [found.tree.root], []
    while waiting:
        node = waiting.pop(0)
        way = " ".join(a.target or "" for a in node.path)
        told.append((way, node.visits, round(node.total, 4)))
        waiting += [node.children[i] for i in sorted(node.children)]
    return told


@every_recipe
def test_a_greedy_policy_loses_where_search_wins(recipe: Recipe) -> None:
    game = trap()
    assert game.propose(game.root).actions[0].target == "easy"
    assert recipe(game, Budget(8)).action.target == "hard"


@every_recipe
def test_it_is_the_same_every_time(recipe: Recipe) -> None:
    first, second = trap(), trap()
    assert shape(recipe(first, Budget(6))) == shape(recipe(second, Budget(6)))
    assert first.tried == second.tried


@every_recipe
def test_a_way_back_is_a_dead_end_and_what_is_known_is_not_tried_again(recipe: Recipe) -> None:
    game = trap()
    found = recipe(game, Budget(50))
    assert len(game.tried) == len(set(game.tried)) == found.tree.used == 6, "the whole game has six edges"
    assert found.tree.root.closed
    door = found.tree.root.children[1]
    back = door.children[0]
    assert back.dead and found.tree.worth(back) == WORST
    assert sum(found.visits) == 6


@every_recipe
def test_the_budget_is_held(recipe: Recipe) -> None:
    left = itertools.count()
    assert recipe(bandit([0.1, 0.2, 0.3]), Budget(7)).tree.used == 7
    assert recipe(bandit([0.1, 0.2, 0.3]), Budget(7, spent=lambda: next(left) >= 3)).tree.used == 3
    assert recipe(bandit([0.0] * 6), Budget(50, width=2, depth=3)).tree.used == 6
    assert len(recipe(bandit([0.0] * 6), Budget(4, width=2)).visits) == 2


@every_recipe
def test_enough_is_enough(recipe: Recipe) -> None:
    game = trap()
    found = recipe(game, Budget(50, enough=1.0, best=True))
    assert found.tree.solution is not None and found.tree.solution.at.state == "won"
    assert found.action.target == "hard" and game.tried[-1] == "hard open take"


@every_recipe
def test_an_end_that_nobody_judges_is_worth_what_came_before_it(recipe: Recipe) -> None:
    game = trap()
    game.known, game.values = False, {"start": 0.2, "door": 0.9, "hall": 0.95}
    found = recipe(game, Budget(6))
    assert found.action.target == "hard"
    easy = found.tree.root.children[0]
    assert found.tree.worth(easy) == 0.2


def test_puct_by_hand() -> None:
    # Priors 0.9 and 0.1, exploration 1.25, discount 0.99; the root's own value is 0.
    # 1: easy, 1.125 against 0.125: lost, worth -1, closed.  2 to 5: only hard is open; below it back is a dead end.
    assert shape(by_puct(trap(), Budget(5))) == [
        ("", 6, -1.9801),  # 0, -1 (easy), 0 (hard), 0 (back), 0 (open), and leave: 0.99 · 0.99 · -1
        ("easy", 1, 0.0),
        ("hard", 4, -0.99),
        ("hard back", 1, -1.0),
        ("hard open", 2, -1.0),
        ("hard open leave", 1, 0.0),
    ]


def test_puct_shares_visits_by_prior_and_worth() -> None:
    # Equal priors: 1.25 · √visits / 3 / (1 + own) and the worths 0.9, 0 and -0.9 leave one look for each of the others.
    found = by_puct(bandit([0.9, 0.0, -0.9]), Budget(12))
    assert found.visits == (10, 1, 1) and found.action.target == "a0"
    assert by_puct(bandit([0.0, 0.0, 0.0]), Budget(12)).visits == (4, 4, 4)


def test_halving_shares_out_the_budget() -> None:
    rounds = list(itertools.islice(halvings(8, 16), 4))
    assert rounds == [(8, 1), (4, 1), (2, 2), (2, 2)]
    assert list(itertools.islice(halvings(16, 200), 4)) == [(16, 3), (8, 6), (4, 12), (2, 25)]
    assert next(halvings(1, 5)) == (1, 5)


def test_gumbel_halves_by_worth() -> None:
    found = by_gumbel(bandit([i / 10 for i in range(8)]), Budget(16))
    assert found.visits == (1, 1, 1, 1, 2, 2, 4, 4) and found.action.target == "a7"


def test_gumbel_noise_draws_who_is_considered() -> None:
    drawn = [by_gumbel(bandit([0.0] * 8), Budget(4), seed, noise=1.0, considered=4).visits for seed in range(4)]
    assert drawn == [by_gumbel(bandit([0.0] * 8), Budget(4), seed, noise=1.0, considered=4).visits for seed in range(4)]
    assert len(set(drawn)) > 1 and all(sorted(v) == [0, 0, 0, 0, 1, 1, 1, 1] for v in drawn)
    assert by_gumbel(bandit([0.0] * 8), Budget(4), considered=4).visits == (1, 1, 1, 1, 0, 0, 0, 0)


def test_gumbel_improves_on_the_policy_with_two_simulations() -> None:
    """The paper's promise: also with few simulations the expected worth does not fall below the policy's."""
    values = [0.9, -0.9, 0.3, -0.3]
    got = [values[by_gumbel(bandit(values), Budget(2), seed, noise=1.0).index] for seed in range(200)]
    assert np.mean(got) > 0.3 > np.mean(values)


def test_best_first_opens_the_most_promising_next() -> None:
    game = Game(
        {
            "start": [("a", "a", 0.6), ("b", "b", 0.4)],
            "a": [("a1", "a1", 1.0)],
            "b": [("b1", "b1", 0.7), ("b2", "b2", 0.3)],
            **{name: [("on", name + "+", 1.0)] for name in ("a1", "b1", "b2")},
            **{name + "+": [("on", name + "++", 1.0)] for name in ("a1", "b1", "b2")},
        },
        {},
        {"a": 0.1, "b": 0.5, "b1": 0.2, "b2": 0.3},
    )
    found = by_best_first(game, Budget(5))
    assert game.tried == ["a", "b", "b b1", "b b2", "b b2 on"]
    assert found.action.target == "b" and found.visits == (1, 4)


def test_rollouts_follow_the_policy_to_the_end() -> None:
    game = Game(
        {
            "start": [("left", "l", 0.7), ("right", "r", 0.3)],
            "l": [("on", "lost", 1.0)],
            "r": [("on", "r2", 1.0)],
            "r2": [("on", "won", 1.0)],
        },
        {"lost": -1.0, "won": 1.0},
    )
    leaf = rollout(game.propose, game.simulate)
    problem = Problem(game.propose, game.simulate, leaf)
    found = puct(game.root, problem, Budget(5, enough=1.0, best=True), state="start")
    assert game.tried == ["left", "left on", "right", "right on", "right on on"]
    assert found.action.target == "right" and found.visits == (1, 1)
    loop = Game({"start": [("x", "a", 1.0)], "a": [("y", "b", 1.0)], "b": [("z", "a", 1.0)]}, {})
    at = Transition(Observation(url="a"), "a")
    assert rollout(loop.propose, loop.simulate)((Action("click", "x"),), at, loop.propose(at.observation)) == 0.0
    assert loop.tried == ["x y", "x y z"], "it stops where it was before"


def test_only_rewards_count_where_that_is_asked_for() -> None:
    game = trap()
    tree = Tree(game.root, Problem(game.propose, game.simulate, reward_alone), Budget(4), "start")
    assert tree.open_edge(tree.root, 1).own == 0.0
    assert tree.worth(tree.open_edge(tree.root, 0)) == -1.0


@every_recipe
def test_what_is_known_costs_nothing(recipe: Recipe) -> None:
    """Links back to what is in the tree are not simulated; what was done before is, but is not counted."""
    game = trap()
    done = {("hard", "back"): "start", ("hard",): "door"}

    def known(path: tuple[Action, ...]) -> Transition | None:
        state = done.get(tuple(a.target or "" for a in path))
        return None if state is None else Transition(Observation(url=state), state)

    game.problem = lambda: Problem(game.propose, game.simulate, value_of_policy, known)  # type: ignore[method-assign]
    found = recipe(game, Budget(50))
    assert "hard back" not in game.tried and "hard" in game.tried
    assert found.tree.used == 4 and found.tree.root.children[1].children[0].dead


@every_recipe
def test_a_way_that_was_found_is_gone_first(recipe: Recipe) -> None:
    """It ends the search at once, where it still leads there; where it does not, the search goes on as ever."""
    game = trap()
    way = tuple(Action("click", name) for name in ("hard", "open", "take"))
    found = recipe(game, Budget(50, enough=0.9, best=True, first=way))
    assert game.tried == ["hard", "hard open", "hard open take"] and found.action == way[0]
    assert found.tree.solution is not None and found.tree.solution.path == way
    game = trap()
    found = recipe(game, Budget(50, enough=0.9, best=True, first=(way[0], Action("click", "wall"))))
    assert game.tried[0] == "hard" and len(set(game.tried)) == len(game.tried) and found.action == way[0]

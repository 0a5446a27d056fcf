"""Looking ahead in an environment: where actions lead is tried once, the real page is left alone, nothing is risked."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import SCRIPT, FakeEnv

from webagent import cli
from webagent.agents import make_foresight
from webagent.agents.foresight import Foresee, Past
from webagent.envs.browser import Browser
from webagent.envs.errors import UsageError
from webagent.envs.snapshots import Move, Snapshot
from webagent.envs.stage import Cost
from webagent.envs.state_hash import state_hash
from webagent.envs.suites.maze import LEVELS, MazeScenario, draw
from webagent.envs.types import Action, Observation, Proposal, Task
from webagent.envs.web_env import WebEnv
from webagent.plan import LEAVES, RECIPES, Plan
from webagent.planner import planning
from webagent.rollout import run_episode
from webagent.simulator import Simulator, check_replayable

TYPE, SIGN_IN, TICK, SAVE, DONE = SCRIPT


class ForkableEnv(FakeEnv):
    """The three pages, with snapshots and forks. ``moves``: what was done since the reset; ``twins``: its forks."""

    replayable = True

    def __init__(self) -> None:
        super().__init__()
        self.cost, self.twins = Cost(), []

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        self.moves: list[Action] = []
        return super().reset(seed=seed)

    def step(self, action: Action) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.moves.append(action)
        self.cost.steps += 1
        return super().step(action)

    def snapshot(self) -> Snapshot:
        moves = tuple(Move.of(action, 0.0) for action in self.moves)
        return Snapshot(self.task, moves, state_hash(self.observation), "frame")

    def restore(self, snapshot: Snapshot) -> Any:
        self.reset(seed=snapshot.seed)
        for action in snapshot.trail:
            self.step(action)  # type: ignore[arg-type]
        self.restored = type("Restored", (), {"exact": state_hash(self.observation) == snapshot.hash})
        return self.restored

    def fork(self) -> ForkableEnv:
        twin = copy.copy(self)
        twin.cost = Cost()
        self.twins.append(twin)
        twin.restore(self.snapshot())
        return twin


@pytest.fixture
def env() -> ForkableEnv:
    made = ForkableEnv()
    made.reset(seed=1)
    return made


def foresight(task: Task, seed: int) -> Foresee:
    """All that can be done on the page, as likely each; saying that it is done comes first."""

    def foresee(past: Past, observation: Observation) -> Proposal:
        page = {"Sign-In": (SIGN_IN, TYPE), "Settings": (SAVE, TICK), "Saved": ()}[observation.title]
        return Proposal((DONE, *page), (-1.0,) * (1 + len(page)))

    return foresee


def test_ways_to_the_same_moment_are_one(env: ForkableEnv) -> None:
    with closing(Simulator(env)) as simulate:
        simulate.stand()
        there = simulate((TYPE, SIGN_IN))
        assert there.observation.title == "Settings" and there.reward == 0.0 and not there.ended
        steps = simulate.steps
        assert simulate((TYPE, SIGN_IN)) is there and simulate.steps == steps
        twice = simulate((TYPE, SIGN_IN, TICK, TICK))
        assert twice is there, "ticked twice is as it was"
        steps = simulate.steps
        assert simulate((TYPE, SIGN_IN, TICK, TICK, SAVE)).observation.title == "Saved"
        assert simulate.steps == steps + 3, "replayed by the shorter way"
        assert [action for _, action in simulate.past(there.observation)] == [TYPE, SIGN_IN]
        assert env.observation.title == "Sign-In" and env.moves == [], "the real one stands still"
    assert env.twins[0].closed == 1


def test_what_looks_alike_after_other_deeds_is_something_else(env: ForkableEnv) -> None:
    simulate = Simulator(env)
    simulate.stand()
    saved, off = simulate((TYPE, SIGN_IN, SAVE)), simulate((TYPE, SIGN_IN, TICK, SAVE))
    assert state_hash(saved.observation) == state_hash(off.observation) and saved.state != off.state
    assert simulate((TYPE, SIGN_IN, SAVE, DONE)).reward == -1.0
    assert simulate((TYPE, SIGN_IN, TICK, SAVE, DONE)).reward == 1.0


def test_rewards_are_success_or_not_or_nobody_knows(env: ForkableEnv) -> None:
    way = (TYPE, SIGN_IN, TICK, SAVE, DONE)
    for rewards, won, lost in ((True, 1.0, -1.0), (False, None, None)):
        simulate = Simulator(env, rewards=rewards)
        simulate.stand()
        assert (simulate(way).reward, simulate(way).ended) == (won, True)
        assert simulate((DONE,)).reward == lost
        assert simulate((*way, TYPE)) is simulate(way), "nothing comes after the end"


def test_what_was_found_stays_known_until_it_went_otherwise(env: ForkableEnv) -> None:
    simulate = Simulator(env)
    simulate.stand()
    simulate((TYPE, SIGN_IN))
    env.step(TYPE)
    simulate.stand()
    assert simulate.known((SIGN_IN,)) is not None and simulate.known((TICK,)) is None
    env.step(SIGN_IN)
    env.mail = False
    env.observation = env._observe()
    simulate.stand()
    assert simulate.known((SAVE,)) is None and simulate(()).observation == env.observation


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("leaf", LEAVES)
def test_an_agent_that_looks_ahead_does_what_the_policy_would_not(recipe: str, leaf: str) -> None:
    env = ForkableEnv()
    with planning(env, foresight, Plan(24, recipe, leaf)) as make_agent:
        episode = run_episode(env, make_agent, seed=1, source="search:fake")
    assert episode.success or leaf == "value", "this policy has no value of its own"
    assert all(len(s.visits) == len(s.proposal.actions) for s in episode.steps if s.proposal)
    assert all(s.search[0].parent == -1 and s.action in s.proposal.actions for s in episode.steps if s.proposal)
    assert episode.info["browser_steps"] == env.cost.steps + sum(twin.cost.steps for twin in env.twins[-1:])
    assert all(twin.closed for twin in env.twins)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_way_that_was_found_is_gone_to_its_end(recipe: str) -> None:
    """Each search by itself would find some way to the goal, another one each time."""
    env = ForkableEnv()
    with planning(env, foresight, Plan(60, recipe, "reward")) as make_agent:
        env.reset(seed=1)
        choose, choices = make_agent(env.task, np.random.default_rng(0)), []
        ended = False
        while not ended:
            choices.append(choose(env.observation))
            ended = env.step(choices[-1].action)[2]
    assert env.verdict.success and not any(choice.browser_steps for choice in choices[1:])
    assert all(sum(choice.visits) == len(choices) - n for n, choice in enumerate(choices) if n)


def test_the_browser_steps_of_a_decision_are_bounded() -> None:
    env = ForkableEnv()
    env.reset(seed=1)
    with planning(env, foresight, Plan(50, "puct", "reward", most_steps=5)) as make_agent:
        choice = make_agent(env.task, np.random.default_rng(0))(env.observation)
    assert 5 <= choice.browser_steps <= 5 + 4, "the simulation under way is finished"


def test_nothing_is_tried_where_it_would_be_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match=r"expected a sandboxed task to search in, found shop\.buy"):
        check_replayable(False, "shop.buy")
    file = tmp_path / "shop.json"
    task = {"id": "buy", "goal": "Buy it", "url": "http://127.0.0.1:9/", "check": "true"}
    file.write_text(json.dumps({"name": "shop", "tasks": [task]}))
    for command in (
        ("run", "Buy it", "--url", "http://127.0.0.1:9/", "--search", "4"),
        ("run", "--task", f"{file}#buy", "--search", "4", "--yes"),
        ("bench", str(file), "--search", "4", "--out", str(tmp_path / "out")),
        ("run", "--task", "demo.pay", "--search", "4", "--allow", "example.com"),
    ):
        assert told(capsys, *command).startswith("error: expected a sandboxed task to search in, found ")
    assert "unknown search 'gumbl'" in told(capsys, "bench", "maze", "--search", "4", "--search-with", "gumbl")
    assert "unknown leaf value 'rewards'" in told(
        capsys, "run", "--task", "maze.small", "--search", "4", "--leaf", "rewards"
    )


def told(capsys: pytest.CaptureFixture[str], *command: str) -> str:
    """What a command that was asked wrongly says, in one line and a hint."""
    with pytest.raises(SystemExit) as left:
        cli.main(command)
    assert left.value.code == 2
    return capsys.readouterr().err


@pytest.fixture(scope="module")
def maze(chromium: Browser) -> Iterator[WebEnv]:
    with WebEnv(MazeScenario("small"), browser=chromium) as env:
        yield env


@pytest.mark.browser
def test_a_link_to_a_page_that_was_opened_takes_no_step(maze: WebEnv) -> None:
    maze.reset(seed=3)
    links = {e.name: Action("click", e.ref) for e in maze.observation.tree.elements if e.role == "link"}
    first = next(iter(links.values()))
    with closing(Simulator(maze)) as simulate:
        simulate.stand()
        hall = simulate((first,))
        home = next(e for e in hall.observation.tree.elements if e.name == "Home")
        assert simulate.steps == 1
        back = simulate((first, Action("click", home.ref)))
        assert back.state == simulate.state and simulate.steps == 1
        assert simulate.graph.path(maze.observation.url, hall.observation.url)


@pytest.mark.browser
def test_a_search_over_several_pages_finds_what_chance_does_not(maze: WebEnv) -> None:
    plan = Plan(40, "gumbel", "reward")
    with planning(maze, make_foresight("random"), plan) as make_agent:
        episode = run_episode(maze, make_agent, seed=5, source="search:random")
    assert episode.success
    pages = len(draw(LEVELS["small"], 5).pages)
    assert episode.info["browser_steps"] <= 4 * pages, "each page is opened once, after a replay of two steps at most"

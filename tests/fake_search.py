"""A small task without a browser that nobody can demonstrate, with snapshots and forks, and who plays it.

``fake.open``: two pages of equal buttons in an order of chance; which ones open what the goal names is told nowhere. A
wrong one ends the episode.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from fake_arena import page

from webagent.agents import make_foresight, make_policy
from webagent.datasets.corpus import CorpusWriter
from webagent.demonstrate import Demonstration
from webagent.envs.scenario import Verdict
from webagent.envs.snapshots import Move, Snapshot
from webagent.envs.stage import Cost
from webagent.envs.state_hash import state_hash
from webagent.envs.types import Action, Episode, Observation, Task
from webagent.rollout import run_episode
from webagent.scores import result_of
from webagent.seeds import training_seed
from webagent.train.iteration import Labs, Searching, searched
from webagent.workers import Play

WAYS = {"box": ("key", "lid"), "lamp": ("plug", "bulb"), "tent": ("pole", "zip")}
NAMES = [name for way in WAYS.values() for name in way]


class LockEnv:
    """``moves``: what was done since the reset."""

    replayable = True

    def __init__(self) -> None:
        self.cost, self.restored = Cost(), None
        self.task, self.verdict = Task("fake.open", "", "http://fake.test/"), Verdict()
        self.moves: list[Action] = []

    def reset(self, *, seed: int | None = None) -> tuple[Any, dict[str, Any]]:
        rng = np.random.default_rng(seed)
        wanted = list(WAYS)[int(rng.integers(len(WAYS)))]
        self._way, self._orders = WAYS[wanted], [rng.permutation(NAMES) for _ in range(2)]
        self.task = Task("fake.open", f"open the {wanted}", "http://fake.test/", seed or 0, 4)
        self.moves, self.verdict = [], Verdict()
        return None, {}

    @property
    def observation(self) -> Observation:
        return page(self.task.goal, *(self._orders[len(self.moves)] if len(self.moves) < 2 else ("the end",)))

    def step(self, action: Action) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        right = action.op == "click" and action.target == self._way[len(self.moves)]
        self.moves.append(action)
        self.cost.steps += 1
        won = right and len(self.moves) == 2
        self.verdict = Verdict(float(won), won or not right, won, won)
        return None, float(won), won or not right, False, {}

    def snapshot(self) -> Snapshot:
        moves = tuple(Move.of(action, 0.0) for action in self.moves)
        return Snapshot(self.task, moves, state_hash(self.observation), "frame")

    def restore(self, snapshot: Snapshot) -> Any:
        self.reset(seed=snapshot.seed)
        for move in snapshot.moves:
            assert move.action is not None
            self.step(move.action)
        self.restored = type("Restored", (), {"exact": True})
        return self.restored

    def fork(self) -> LockEnv:
        twin = LockEnv()
        twin.restore(self.snapshot())
        return twin

    def screen(self) -> bytes:
        return b""

    def close(self) -> None:
        pass


def _play(settings: Demonstration, play_one: Callable[[int], Episode], writer: CorpusWriter | None) -> Play:
    def play(task: str, i: int) -> Any:
        seed = training_seed(settings.seed, task, i)
        episode = play_one(seed)
        if writer is not None:
            writer.add(episode)
            writer.flush()
        return result_of(task, i, seed, episode)

    return play


@contextmanager
def open_fake_search(settings: Searching) -> Iterator[Play]:
    foresee, env = make_foresight(settings.policy), LockEnv()
    with CorpusWriter(settings.out) as writer:
        yield _play(settings, lambda seed: searched(env, foresee, settings.plan, seed), writer)


@contextmanager
def open_fake_alone(settings: Demonstration) -> Iterator[Play]:
    make_agent, env = make_policy(settings.policy), LockEnv()
    yield _play(settings, lambda seed: run_episode(env, make_agent, seed=seed, source="policy"), None)


LABS = Labs(open_fake_search, open_fake_alone)

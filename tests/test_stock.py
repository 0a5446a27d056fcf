"""Stock learners never take what is masked, learn, and learn nothing from masked values."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium.spaces import Discrete

from webagent.envs.arrays import ArraysView
from webagent.envs.errors import UsageError
from webagent.train.stock import ALGORITHMS, CLOSED, MASK, MaskedDQN, Outcomes, make_learner, vector_of

COUNT = 6


class Pick(gym.Env[Any, Any]):
    """Some candidates exist, one of them is marked; three picks an episode. The marked one is worth 1."""

    refused = 0

    def __init__(self) -> None:
        self.observation_space = ArraysView(COUNT).observation_space
        self.action_space = Discrete(COUNT)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.left = 3
        return self._look(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        if not self.mask[action]:
            type(self).refused += 1
        self.left -= 1
        right = bool(action == self.right)
        return self._look(), float(right), self.left == 0, False, {"success": right}

    def _look(self) -> dict[str, Any]:
        space: Any = self.observation_space
        self.mask = np.zeros(COUNT, np.int8)
        self.mask[self.np_random.permutation(COUNT)[: int(self.np_random.integers(1, COUNT + 1))]] = 1
        self.right = int(self.np_random.choice(np.flatnonzero(self.mask)))
        rows = np.zeros((COUNT, space["candidates"].shape[0] // COUNT), np.float32)
        rows[self.right, 0] = 1
        return {"candidates": rows.ravel(), "page": np.zeros(space["page"].shape, np.float32), MASK: self.mask.copy()}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_ten_thousand_steps_and_nothing_masked(algorithm: str) -> None:
    torch.set_num_threads(1)
    Pick.refused = 0
    rates: list[float] = []
    learner = make_learner(algorithm, vector_of([Pick] * 4), seed=0)
    learner.learn(10_000, Outcomes(lambda steps, ends: rates.append(float(np.mean(ends))), 2_000))
    assert Pick.refused == 0
    assert learner.num_timesteps >= 10_000 and len(rates) == 5
    assert rates[-1] > rates[0] and rates[-1] > 0.8


@pytest.mark.filterwarnings("ignore")
def test_the_targets_maximum_is_over_what_exists() -> None:
    learner = make_learner("dqn", vector_of([Pick] * 2), seed=0)
    assert isinstance(learner, MaskedDQN)
    seen: Any = learner.env.reset()  # type: ignore[union-attr]
    told, _ = learner.policy.obs_to_tensor(seen)
    for net in (learner.q_net, learner.q_net_target):
        values = net(told)
        assert torch.equal(values == CLOSED, told[MASK] == 0)  # type: ignore[index]
        assert (values.max(1).values > CLOSED).all()


def test_an_unknown_algorithm_is_told() -> None:
    with pytest.raises(UsageError, match="ppp"):
        make_learner("ppp", None, 0)  # type: ignore[arg-type]

"""Stock learners on the ``arrays`` view: Stable-Baselines3's A2C, PPO and DQN; none ever takes what is masked.

    make = functools.partial(gym.make, "webagent/miniwob.click-test-v0", view="arrays")
    learner = make_learner("dqn", vector_of([make] * 4), seed=0)
    learner.learn(10_000)

Comparisons and starting points for one's own; the trained policy of ``docs/POLICY.md`` reads pages' words and is
reinforced by ``ppo``. The networks are our own: one small network looks at each candidate beside the page, so that it
does not matter at which number a candidate stands, and the mask of the observation closes what does not exist.

- A2C (Mnih et al. 2016) draws from masked logits; PPO is sb3-contrib's MaskablePPO (Huang and Ontañón 2022).
- DQN (Mnih et al. 2015): masked values, so neither the greedy action nor the target's maximum is a masked one, and
  exploration draws among what exists.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from sb3_contrib import MaskablePPO
from sb3_contrib.common.maskable.policies import MaskableActorCriticPolicy
from stable_baselines3 import A2C, DQN
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv
from stable_baselines3.dqn.policies import DQNPolicy, QNetwork
from torch import Tensor, nn

from webagent.envs.errors import UsageError

MASK = "action_mask"
WIDTH = 64
CLOSED = -1e8
"""Logit or value of what does not exist."""


class Encoder(BaseFeaturesExtractor):
    """An observation [B] as ``[B, K * WIDTH + K]``: each candidate, seen beside the page, and the mask."""

    def __init__(self, observation_space: Any) -> None:
        self.count = int(observation_space[MASK].n)
        super().__init__(observation_space, self.count * (WIDTH + 1))
        own = observation_space["candidates"].shape[0] // self.count
        known = own + observation_space["page"].shape[0]
        self.look = nn.Sequential(nn.Linear(known, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH), nn.ReLU())

    def forward(self, observations: dict[str, Tensor]) -> Tensor:
        rows = observations["candidates"].unflatten(1, (self.count, -1))
        page = observations["page"][:, None].expand(-1, self.count, -1)
        seen = self.look(torch.cat([rows, page], -1))
        return torch.cat([seen.flatten(1), observations[MASK].float()], 1)


class Scores(nn.Module):
    """A number for each candidate, [B, K], ``CLOSED`` where there is none."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count, self.score = count, nn.Linear(WIDTH, 1)

    def forward(self, features: Tensor) -> Tensor:
        rows, mask = features[:, : -self.count].unflatten(1, (self.count, WIDTH)), features[:, -self.count :]
        return self.score(rows)[..., 0].masked_fill(mask < 0.5, CLOSED)


class Worth(nn.Module):
    """A value of the whole, [B, 1]: of the mean candidate."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count, self.value = count, nn.Linear(WIDTH, 1)

    def forward(self, features: Tensor) -> Tensor:
        rows, mask = features[:, : -self.count].unflatten(1, (self.count, WIDTH)), features[:, -self.count :]
        mean = (rows * mask[..., None]).sum(1) / mask.sum(1, keepdim=True).clamp_min(1)
        found: Tensor = self.value(mean)
        return found


def _heads(policy: Any, lr_schedule: Callable[[float], float]) -> None:
    """Our heads in the place of an actor-critic policy's own."""
    count = int(policy.action_space.n)
    policy.action_net, policy.value_net = Scores(count), Worth(count)
    policy.optimizer = policy.optimizer_class(policy.parameters(), lr=lr_schedule(1), **policy.optimizer_kwargs)


class MaskedActorCritic(ActorCriticPolicy):
    def _build(self, lr_schedule: Callable[[float], float]) -> None:
        super()._build(lr_schedule)
        _heads(self, lr_schedule)


class MaskableActorCritic(MaskableActorCriticPolicy):
    def _build(self, lr_schedule: Callable[[float], float]) -> None:
        super()._build(lr_schedule)
        _heads(self, lr_schedule)


class MaskedQNetwork(QNetwork):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.q_net = nn.Sequential(Scores(int(self.action_space.n)))


class MaskedQPolicy(DQNPolicy):
    def make_q_net(self) -> QNetwork:
        return MaskedQNetwork(**self._update_features_extractor(self.net_args)).to(self.device)


class MaskedDQN(DQN):
    """DQN that explores among what exists. Its greedy action and its target are masked by the network."""

    _generator: np.random.Generator | None = None

    def predict(
        self, observation: Any, state: Any = None, episode_start: Any = None, deterministic: bool = False
    ) -> tuple[Any, Any]:
        """As ``DQN.predict``."""
        if not deterministic and float(self._chance().random()) < self.exploration_rate:
            return self._any(observation), state
        return self.policy.predict(observation, state, episode_start, deterministic)

    def _sample_action(self, learning_starts: int, action_noise: Any = None, n_envs: int = 1) -> tuple[Any, Any]:
        if self.num_timesteps < learning_starts:
            action = self._any(self._last_obs)
        else:
            action, _ = self.predict(self._last_obs)
        return action, action

    def _any(self, observation: Any) -> Any:
        """One of the actions that exist, each with equal chance."""
        chances = self._chance().random(observation[MASK].shape)
        return np.where(np.asarray(observation[MASK]) > 0, chances, -1.0).argmax(-1)

    def _chance(self) -> np.random.Generator:
        if self._generator is None:
            self._generator = np.random.default_rng(self.seed)
        return self._generator


# ---- learners -------------------------------------------------------------------------------------------------------

ALGORITHMS = ("a2c", "ppo", "dqn")


def make_learner(algorithm: str, envs: VecEnv, seed: int, device: str = "cpu") -> BaseAlgorithm:
    """A learner on environments of the ``arrays`` view. Raises ``UsageError``."""
    shared: dict[str, Any] = {"seed": seed, "device": device}
    own = {"features_extractor_class": Encoder, "net_arch": []}
    if algorithm == "a2c":
        return A2C(MaskedActorCritic, envs, n_steps=16, learning_rate=7e-4, policy_kwargs=own, **shared)
    if algorithm == "ppo":
        return MaskablePPO(MaskableActorCritic, envs, n_steps=256, batch_size=128, policy_kwargs=own, **shared)
    if algorithm == "dqn":
        return MaskedDQN(
            MaskedQPolicy, envs, buffer_size=10_000, learning_starts=500, train_freq=4, target_update_interval=500,
            learning_rate=5e-4, exploration_fraction=0.3, policy_kwargs=own, **shared,
        )  # fmt: skip
    raise UsageError.unknown("algorithm", algorithm, ALGORITHMS)


class Masks(gym.Wrapper[Any, Any, Any, Any]):
    """Tells ``action_masks()`` out of the last observation, as MaskablePPO asks for it."""

    def reset(self, **options: Any) -> tuple[Any, dict[str, Any]]:
        seen, info = self.env.reset(**options)
        self.seen = seen
        return seen, info

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        found = self.env.step(action)
        self.seen = found[0]
        return found

    def action_masks(self) -> Any:
        """[K] bool: which actions exist."""
        return np.asarray(self.seen[MASK]).astype(bool)


def vector_of(envs: Sequence[Callable[[], gym.Env[Any, Any]]]) -> VecEnv:
    """Environments side by side, one for each function that makes one."""

    def made(make: Callable[[], gym.Env[Any, Any]]) -> gym.Env[Any, Any]:
        return Monitor(Masks(make()))

    return DummyVecEnv([functools.partial(made, make) for make in envs])


class Outcomes(BaseCallback):
    """Counts episodes: ``report(steps, successes)`` every so many steps, ``successes`` of the episodes since."""

    def __init__(self, report: Callable[[int, list[bool]], None], every: int) -> None:
        super().__init__()
        self._report, self._every, self._next, self._ends = report, every, every, list[bool]()

    def _on_step(self) -> bool:
        for done, info in zip(self.locals["dones"], self.locals["infos"]):
            if done:
                self._ends.append(bool(info.get("success", False)))
        if self.num_timesteps >= self._next:
            self._report(self.num_timesteps, self._ends)
            self._ends, self._next = [], self._next + self._every
        return True

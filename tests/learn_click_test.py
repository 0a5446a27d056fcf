"""Can a stock learner learn from the ``arrays`` view? sb3-contrib's MaskablePPO on three MiniWoB++ tasks.

    python tests/learn_click_test.py --tasks click-test click-test-2 click-button --seed 1

A script, not a test: minutes a task. For each task it trains a fresh policy until its last 100 episodes went well, or
for at most ``--steps`` environment steps, then plays ``--episodes`` episodes of other seeds with the deterministic
policy. The last line of stdout is JSON. In click-test there is one thing to do at a time; the others tell more.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import torch
from sb3_contrib import MaskablePPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv

import webagent.envs
from webagent.envs.browser import Browser

EVALUATION_SEEDS = 2**30
"""Evaluation plays the seeds from here on; training draws its seeds from [0, 2**31) at random."""


WELL = 0.97
"""Share of successes among the last 100 training episodes (actions drawn) at which training stops."""


class UntilWell(BaseCallback):
    """Ends training after a rollout in which the last 100 episodes went well."""

    def _on_step(self) -> bool:
        recent = self.model.ep_info_buffer or ()
        begins_rollout = self.n_calls % self.model.n_steps == 1
        return not (begins_rollout and len(recent) == 100 and sum(e["success"] for e in recent) >= 100 * WELL)


def make(task: str, browser: Browser, candidates: int) -> gym.Env[Any, Any]:
    return gym.make(
        f"webagent/miniwob.{task}-v0", view="arrays", candidates=candidates, settle="input", browser=browser
    )


def makers(task: str, browser: Browser, wanted: argparse.Namespace) -> list[Callable[[], gym.Env[Any, Any]]]:
    return [
        lambda: Monitor(make(task, browser, wanted.candidates), info_keywords=("success",)) for _ in range(wanted.envs)
    ]


def train(task: str, browser: Browser, wanted: argparse.Namespace) -> tuple[MaskablePPO, int]:
    """A policy trained from nothing, and how many environment steps that took."""
    envs = DummyVecEnv(makers(task, browser, wanted))
    model = MaskablePPO(
        "MultiInputPolicy", envs, n_steps=512 // wanted.envs, batch_size=128, n_epochs=4, learning_rate=1e-3,
        gamma=0.9, ent_coef=0.01, seed=wanted.seed, device="cpu", verbose=int(wanted.verbose),
    )  # fmt: skip
    model.learn(wanted.steps, callback=UntilWell())
    envs.close()
    return model, model.num_timesteps


def success_rate(model: MaskablePPO, task: str, browser: Browser, wanted: argparse.Namespace) -> float:
    env = make(task, browser, wanted.candidates)
    successes = 0
    for i in range(wanted.episodes):
        observation, info = env.reset(seed=EVALUATION_SEEDS + i)
        over = False
        while not over:
            action, _ = model.predict(observation, deterministic=True, action_masks=observation["action_mask"])
            observation, _, terminated, truncated, info = env.step(action)
            over = terminated or truncated
        successes += bool(info["success"])
    env.close()
    return successes / wanted.episodes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", nargs="+", default=["click-test"])
    parser.add_argument("--steps", type=int, default=19_456, help="at most; whole rollouts of 512")
    parser.add_argument("--episodes", type=int, default=200)
    parser.add_argument("--candidates", type=int, default=64)
    parser.add_argument("--envs", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--verbose", action="store_true")
    wanted = parser.parse_args()
    webagent.envs.register_all()
    torch.set_num_threads(2)
    results = []
    with Browser() as browser:
        for task in wanted.tasks:
            began = time.perf_counter()
            model, steps = train(task, browser, wanted)
            trained = time.perf_counter()
            rate = success_rate(model, task, browser, wanted)
            results.append(
                {
                    "task": task, "success": rate, "episodes": wanted.episodes, "steps": steps, "seed": wanted.seed,
                    "candidates": wanted.candidates, "train_s": round(trained - began, 1),
                    "evaluate_s": round(time.perf_counter() - trained, 1),
                }
            )  # fmt: skip
            print(f"{task}: {rate:.1%} of {wanted.episodes} after {steps} steps, {trained - began:.0f} s", flush=True)
    print(
        json.dumps(
            {
                "learner": "sb3_contrib.MaskablePPO, MultiInputPolicy",
                "tasks": results,
            }
        )
    )


if __name__ == "__main__":
    main()

"""Browsers killed mid-episode in a vector of 8: does everything come back, and does anybody else lose anything?

``python tests/soak_crash.py --kills 100 [--browsers 8]``. With 8 browsers, one each, a kill may touch one environment
alone: the other 7 must go on with the episode they were in, as a twin vector does that nobody disturbs. With one
browser for all 8, every episode ends truncated and told, and the next one runs.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode

from webagent.envs.vector_env import VectorEnv

TASK = "miniwob.click-checkboxes-large"
ENVS = 8


def make(browsers: int) -> VectorEnv:
    return VectorEnv.of(
        [TASK], ENVS, view="arrays", browsers=browsers, settle="frame", autoreset_mode=AutoresetMode.DISABLED,
        max_episode_steps=1000,
    )  # fmt: skip


def ticks(envs: VectorEnv, chance: np.random.Generator) -> list[int]:
    """For each environment an action that ticks a box, which ends no episode."""
    chosen = []
    for env in envs.envs:
        boxes = {e.ref for e in env.observation.tree.actionable if e.role == "checkbox"}
        listed = env.view.candidates(env.observation)  # type: ignore[attr-defined]
        chosen.append(int(chance.choice([i for i, a in enumerate(listed) if a.op == "click" and a.target in boxes])))
    return chosen


def one_kill(envs: VectorEnv, twin: VectorEnv, number: int) -> tuple[int, int, int]:
    """Environments hit and recovered, hit and not told, and others that lost something."""
    chance, dice = np.random.default_rng(number), random.Random(number)
    seeds = [1000 * number + i for i in range(ENVS)]
    envs.reset(seed=seeds)
    twin.reset(seed=seeds)
    target = dice.randrange(len(envs.browsers))
    hit = {i for i in range(ENVS) if i % len(envs.browsers) == target}
    told: set[int] = set()
    strayed: set[int] = set()
    for step in range(6):
        actions = np.array(ticks(twin, chance))
        rows = [i for i in range(ENVS) if i not in told]
        if not rows:
            break
        envs.step_async(actions[rows], rows)
        if step == 3:
            time.sleep(dice.uniform(0, 0.02))
            envs.browsers[target].kill()
        found = envs.step_wait(rows)
        expected = twin.step(actions)
        for at, i in enumerate(rows):
            if found[4].get("recovered", [""] * ENVS)[at]:
                assert found[3][at] and not found[2][at]
                told.add(i)
            elif not same(at, found, i, expected):
                strayed.add(i)
    again, _ = envs.reset(seed=seeds)
    fresh, _ = twin.reset(seed=seeds)
    well = {i for i in range(ENVS) if same_observation(i, again, i, fresh)}
    return len(hit & told & well), len(hit - (told & well)), len((strayed | told) - hit)


def same(at: int, found: Any, i: int, expected: Any) -> bool:
    scalars = all(found[k][at] == expected[k][i] for k in (1, 2, 3))
    return bool(scalars) and same_observation(at, found[0], i, expected[0])


def same_observation(at: int, found: dict[str, Any], i: int, expected: dict[str, Any]) -> bool:
    return all(np.array_equal(found[key][at], expected[key][i]) for key in expected)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--browsers", type=int, default=ENVS)
    options = parser.parse_args()
    envs, twin = make(options.browsers), make(1)
    began = time.monotonic()
    recovered = missed = lost = 0
    try:
        for number in range(1, options.kills + 1):
            a, b, c = one_kill(envs, twin, number)
            recovered, missed, lost = recovered + a, missed + b, lost + c
            if number % 10 == 0:
                print(f"{number} kills: {recovered} recovered, {missed} not, {lost} others lost", file=sys.stderr)
    finally:
        envs.close()
        twin.close()
    print(
        f"{options.kills} kills, {options.browsers} browsers, {time.monotonic() - began:.0f} s: {recovered} "
        f"environments hit and recovered, {missed} not, {lost} others lost something"
    )
    sys.exit(bool(missed or lost))


if __name__ == "__main__":
    main()

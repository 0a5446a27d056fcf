"""Thousands of episodes in one vector: does memory stay flat, and are handles given back?

``python tests/soak_memory.py --episodes 20000``. Eight contexts of one browser play episodes of two random steps:
tasks that reset in the page, tasks that are loaded again each time, and the demo site, whose every episode is a new
context; each goes at its own pace. The memory of Python, of the driver and of the browser's processes and the open
file handles are taken every 500 episodes; the first tenth of the run counts as warming up.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from webagent.envs.vector_env import VectorEnv

TASKS = [
    "miniwob.click-test-2", "miniwob.click-checkboxes", "miniwob.email-inbox", "miniwob.login-user",
    "miniwob.use-autocomplete", "miniwob.click-pie", "demo.filter-shop", "miniwob.enter-date",
]  # fmt: skip
EVERY = 500


def family(root: int) -> dict[int, str]:
    """The processes below ``root`` and their names."""
    parents, names = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        parents[int(folder.name)] = int(fields[1])
        kind = next((w[7:].decode() for w in words if w.startswith(b"--type=")), "")
        names[int(folder.name)] = kind or Path(words[0].decode(errors="replace")).name
    found = {root: "python"}
    for _ in range(20):
        found |= {pid: names[pid] for pid, up in parents.items() if up in found and pid not in found}
    return found


def sample(root: int) -> dict[str, float]:
    """MB by kind of process (shared pages by their part, where the kernel tells), and open handles of Python."""
    gc.collect()
    row: dict[str, float] = {"handles": float(len(os.listdir("/proc/self/fd")))}
    for pid, name in family(root).items():
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        kb = next((int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")), 0)
        group = {"python": "python", "node": "driver"}.get(name, "browser")
        row[group] = row.get(group, 0.0) + kb / 1024
        row[f"{group} processes"] = row.get(f"{group} processes", 0.0) + 1
    row["total"] = row.get("python", 0.0) + row.get("driver", 0.0) + row.get("browser", 0.0)
    return {key: round(value, 1) for key, value in row.items()}


def legal(observations: Any, chance: np.random.Generator) -> NDArray[np.int64]:
    return np.array([int(chance.choice(np.flatnonzero(mask))) for mask in observations["action_mask"]])


def play(episodes: int) -> list[dict[str, float]]:
    chance = np.random.default_rng(0)
    rows: list[dict[str, float]] = []
    size = (320, 240)
    with_options = {"view": "arrays", "settle": "input", "frame_size": size, "max_episode_steps": 2}
    envs = VectorEnv.of(TASKS, len(TASKS), autoreset_mode=AutoresetMode.SAME_STEP, **with_options)
    try:
        observations, _ = envs.reset(seed=0)
        envs.step_async(legal(observations, chance))
        done, began = 0, time.monotonic()
        while done < episodes:
            who = envs.ready()
            observations, _, terminated, truncated, _ = envs.step_wait(who)
            envs.step_async(legal(observations, chance), who)
            before, done = done, done + int((terminated | truncated).sum())
            if done // EVERY > before // EVERY:
                rows.append({"episodes": float(done), **sample(os.getpid())})
                print(json.dumps({**rows[-1], "s": round(time.monotonic() - began)}), file=sys.stderr, flush=True)
    finally:
        envs.close()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--episodes", type=int, default=20_000)
    options = parser.parse_args()
    rows = play(options.episodes)
    warm = [row for row in rows if row["episodes"] > options.episodes / 10]
    third = max(1, len(warm) // 3)
    for key in ("python", "driver", "browser", "total", "handles"):
        first = float(np.median([row[key] for row in warm[:third]]))
        last = float(np.median([row[key] for row in warm[-third:]]))
        print(f"{key:8} first third {first:8.1f}  last third {last:8.1f}  {100 * (last / first - 1):+.1f} %")


if __name__ == "__main__":
    main()

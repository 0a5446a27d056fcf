"""Start, step, ``kill -9``, again and again: what is left of processes and folders?

``python tests/soak_kill.py --loops 1000 --jobs 8``. Each loop starts a Python that launches a browser, resets an
environment and steps; it is killed at a random moment after its first step (every tenth: at any moment from its start
on). Then nothing that carries the mark of that process may be left.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from webagent.envs.reaper import marked

PATIENCE_S = 20.0
OWNER = """
import gymnasium as gym, webagent.envs
env = gym.make("webagent/miniwob.click-test-2-v0")
env.reset(seed=1)
while True:
    _, _, terminated, truncated, _ = env.step(env.unwrapped.action_space.sample())
    print("stepped", flush=True)
    if terminated or truncated:
        env.reset()
"""


def one_loop(number: int) -> tuple[int, int]:
    """How many processes and folders are left."""
    chance = random.Random(number)
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert owner.stdout is not None
    if number % 10:
        owner.stdout.readline()
        time.sleep(chance.uniform(0, 0.1))
    else:
        time.sleep(chance.uniform(0, 2.0))
    owner.send_signal(signal.SIGKILL)
    owner.communicate()
    mark = f"webagent-{owner.pid}-"
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and (marked(mark) or folders(mark)):
        time.sleep(0.1)
    return len(marked(mark)), len(folders(mark))


def folders(mark: str) -> list[Path]:
    return list(Path(tempfile.gettempdir()).glob(mark + "*"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loops", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    began = time.monotonic()
    processes = left = 0
    with ThreadPoolExecutor(options.jobs) as pool:
        for number, (found, kept) in enumerate(pool.map(one_loop, range(options.loops)), 1):
            processes, left = processes + found, left + kept
            if number % 50 == 0:
                print(f"{number} loops: {processes} processes and {left} folders left", file=sys.stderr, flush=True)
    print(f"{options.loops} loops in {time.monotonic() - began:.0f} s: {processes} processes, {left} folders left")
    sys.exit(bool(processes or left))


if __name__ == "__main__":
    os.environ["PYTHONSAFEPATH"] = "1"
    main()

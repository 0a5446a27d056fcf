"""How many steps a second vector environments make; a script to run on an idle machine, not a test.

    python tests/vector_speed.py                                              one context against eight, in one run
    python tests/vector_speed.py --processes 8 --contexts 48 --seconds 20     a pool, for machines with many cores

The work is random legal actions (but no submitting) on a MiniWoB++ page, at level ``frame`` unless told otherwise;
steps that only begin an episode are not counted. ``--profile`` tells where the thread of the loop spends its time.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import resource
import time
from collections.abc import Iterable
from typing import Any

import numpy as np

from webagent.envs.env_pool import EnvPool
from webagent.envs.types import Action
from webagent.envs.vector_env import VectorEnv

Vector = VectorEnv | EnvPool


def pick(view: str, observations: Any, rng: np.random.Generator) -> list[Any]:
    """One action for each row: any candidate but the last two (``Submit`` comes late on these pages)."""
    if view == "arrays":
        legal = [np.flatnonzero(mask) for mask in observations["action_mask"]]
        return [int(rng.choice(row[:-2] if len(row) > 2 else row)) for row in legal]
    boxes = [[e["ref"] for e in row if e["role"] in ("checkbox", "radio")] for row in observations["elements"]]
    return [Action("click", str(rng.choice(refs))) if refs else Action("wait") for refs in boxes]


def run(envs: Vector, view: str, seconds: float, partly: bool) -> tuple[float, list[float]]:
    """Steps a second, and how long each turn of the vector took in ms."""
    rng = np.random.default_rng(0)
    observations, _ = envs.reset(seed=0)
    for _ in range(5):
        observations = envs.step(pick(view, observations, rng))[0]
    done, took = 0, []
    if partly:
        envs.step_async(pick(view, observations, rng))
    began = last = time.perf_counter()
    while last - began < seconds:
        who: Iterable[int] | None = envs.ready() if partly else None
        if who is None:
            envs.step_async(pick(view, observations, rng))
        observations, rewards, *_, infos = envs.step_wait(who)
        done += len(rewards) - int(np.sum(infos.get("_seed", 0)))
        if who is not None:
            envs.step_async(pick(view, observations, rng), who)
        now = time.perf_counter()
        took.append((now - last) * 1000)
        last = now
    if partly:
        envs.step_wait()
    return done / (last - began), took


def measure(arguments: argparse.Namespace, contexts: int, processes: int = 0) -> float:
    """Print and return the steps a second of so many contexts (in this process without ``processes``)."""
    options = {"view": arguments.view, "settle": arguments.settle, "browsers": arguments.browsers}
    options["autoreset_mode"] = "SameStep"
    envs: Vector
    if processes:
        envs = EnvPool(arguments.task, contexts, processes, **options)
    else:
        envs = VectorEnv.of([arguments.task], contexts, **options)
    before = resource.getrusage(resource.RUSAGE_SELF)
    try:
        profiles = watch(envs) if arguments.profile and isinstance(envs, VectorEnv) else []
        rate, took = run(envs, arguments.view, arguments.seconds, arguments.partly)
        for profile in profiles:
            profile.disable()
            pstats.Stats(profile).sort_stats("tottime").print_stats(45)
    finally:
        envs.close()
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = (used.ru_utime - before.ru_utime + used.ru_stime - before.ru_stime) / (rate * arguments.seconds) * 1000
    p50, p95 = np.percentile(took, [50, 95])
    print(
        f"{contexts} contexts, {processes or 'no'} processes, {arguments.settle}, {arguments.view}: "
        f"{rate:.0f} steps/s; a turn p50 {p50:.1f} p95 {p95:.1f} ms; CPU of this process {cpu:.2f} ms a step"
    )
    return rate


def watch(envs: VectorEnv) -> list[cProfile.Profile]:
    """Profiles (CPU time) of the browsers' loop threads from now on."""
    envs.reset(seed=0)

    async def start() -> cProfile.Profile:
        profile = cProfile.Profile(time.thread_time)
        profile.enable()
        return profile

    return [browser.call(start()) for browser in envs.browsers]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contexts", type=int, default=8)
    parser.add_argument("--processes", type=int, default=0)
    parser.add_argument("--browsers", type=int, default=1, help="in each process")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--task", default="miniwob.click-checkboxes")
    parser.add_argument("--view", choices=["arrays", "typed"], default="arrays")
    parser.add_argument("--settle", choices=["frame", "input"], default="frame")
    parser.add_argument("--partly", action="store_true", help="step whoever is ready, instead of all in step")
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {arguments.task}")
    if arguments.processes or arguments.profile:
        measure(arguments, arguments.contexts, arguments.processes)
    else:
        one = measure(arguments, 1)
        print(f"{measure(arguments, arguments.contexts) / one:.2f} times one context")


if __name__ == "__main__":
    main()

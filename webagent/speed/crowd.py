"""Many contexts: steps a second against one context, what a further one holds in memory, and several processes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from webagent.envs.browser import Browser
from webagent.envs.env_pool import EnvPool
from webagent.envs.suites.miniwob import MiniWobScenario
from webagent.envs.types import Action
from webagent.envs.vector_env import VectorEnv
from webagent.speed.footprint import held_mb
from webagent.speed.sample import Sample
from webagent.speed.work import Work

BLOCK_S = 1.0
WARM_UP = 10
ENDLESS = 10**9  # steps; no episode ends while the clock runs
REST_S = 0.5  # before memory is read


@dataclass
class Crowd:
    """A vector at its work. ``steps``: all together, waiting for the slowest. ``parts``: whoever is ready goes on."""

    envs: VectorEnv | EnvPool
    work: Work
    steps: Sample = field(default_factory=Sample)
    parts: Sample = field(default_factory=Sample)

    def warm_up(self) -> None:
        size = self.envs.num_envs
        self.envs.reset(seed=[self.work.seed] * size)
        self._actions = [Action("click", self.work.find(seen).ref) for seen in self.envs.get_attr("observation")]
        for _ in range(WARM_UP):
            self.envs.step(self._actions)
        self.steps = Sample(weight=size)

    def block(self, seconds: float) -> None:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            t0 = time.perf_counter()
            self.envs.step(self._actions)
            self.steps.add(time.perf_counter() - t0)

    def block_in_parts(self, seconds: float) -> None:
        envs, actions = self.envs, self._actions
        began = time.perf_counter()
        done = 0
        envs.step_async(actions)
        while time.perf_counter() - began < seconds:
            who = envs.ready()
            envs.step_wait(who)
            done += len(who)
            envs.step_async([actions[row] for row in who], who)
        done += len(envs.step_wait().rewards)
        took = time.perf_counter() - began
        self.parts.extend([took * 1000 / done] * done)

    def told(self) -> dict[str, Any]:
        """Its pace; ``p50_ms`` and ``p95_ms`` are of a step of all of them."""
        pace = self.steps.pace()
        return {"contexts": self.envs.num_envs, **pace, "in_parts_steps_per_s": round(self.parts.per_s, 2)}


def measure_crowd(browser: Browser, work: Work, view: str, sizes: Sequence[int], seconds: float) -> dict[str, Any]:
    """The largest of ``sizes`` against one context; all sizes under ``sizes``. Needs a browser without contexts."""
    with ExitStack() as stack:
        crowds, held = [], []
        for size in sorted({1, *sizes}):
            scenarios = [MiniWobScenario(work.task) for _ in range(size)]
            envs = VectorEnv(scenarios, browser=browser, view=view, max_episode_steps=ENDLESS)
            stack.callback(envs.close)
            crowds.append(Crowd(envs, work))
            crowds[-1].warm_up()
            time.sleep(REST_S)
            held.append(held_mb())
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            for crowd in crowds:
                crowd.block(BLOCK_S)
                crowd.block_in_parts(BLOCK_S / 2)
    one, most = crowds[0], crowds[-1]
    further = sum(crowd.envs.num_envs for crowd in crowds[1:])
    return {
        **most.told(),
        "ratio": round(most.steps.per_s / one.steps.per_s, 3),
        "mb_per_context": round((held[-1][0] - held[0][0]) / further, 2),
        "memory": held[-1][1],
        "sizes": [crowd.told() for crowd in crowds],
    }


def measure_pool(
    executable: Path, work: Work, view: str, contexts: int, processes: int, seconds: float
) -> dict[str, Any]:
    """So many contexts in all, over processes with a browser each."""
    options = {"executable": str(executable), "view": view, "max_episode_steps": ENDLESS}
    with EnvPool(f"miniwob.{work.task}", contexts, processes, **options) as pool:
        crowd = Crowd(pool, work)
        crowd.warm_up()
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            crowd.block(BLOCK_S)
            crowd.block_in_parts(BLOCK_S / 2)
        return {"processes": processes, **crowd.told()}

"""One context: the raw protocol and the environment at both levels, in turns, so that a drifting machine hits all."""

from __future__ import annotations

import asyncio
import statistics
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from webagent.envs.browser import Browser
from webagent.envs.inputs import click
from webagent.envs.stage import LEVELS, Stage
from webagent.envs.suites.miniwob import MiniWobScenario
from webagent.envs.types import Action
from webagent.envs.web_env import WebEnv
from webagent.speed.sample import Sample
from webagent.speed.work import Work

BLOCK_S = 0.5
WARM_UP = 10
STEPS_PER_RESET = 10


class Raw:
    """The ceiling: the input messages of a click in one burst, their replies, then ``Runtime.evaluate("1")``.

    The same page in a context like any other, the same protocol session that an environment would use, nothing else.
    """

    def __init__(self, browser: Browser, work: Work) -> None:
        self.browser = browser
        self.steps = Sample()
        self.trips = Sample()
        self._stage = Stage(browser, MiniWobScenario(work.task))
        moment = browser.call(self._stage.reset(work.seed))
        x, y, width, height = work.find(moment.observation).box
        self._click = click(x + width / 2, y + height / 2)
        browser.call(self._steps(0.0, WARM_UP))
        self.steps = Sample()

    def block(self, seconds: float) -> None:
        """Click for most of the time; the last part is round trips alone."""
        self.browser.call(self._steps(0.8 * seconds))
        self.browser.call(self._trips(0.2 * seconds))

    async def _steps(self, seconds: float, at_least: int = 1) -> None:
        assert self._stage.session is not None
        send = self._stage.session.tab.cdp.send
        end = time.perf_counter() + seconds
        while time.perf_counter() < end or at_least > 0:
            at_least -= 1
            t0 = time.perf_counter()
            await asyncio.gather(*(send(method, params) for method, params in self._click))
            await send("Runtime.evaluate", {"expression": "1"})
            self.steps.add(time.perf_counter() - t0)

    async def _trips(self, seconds: float) -> None:
        assert self._stage.session is not None
        send = self._stage.session.tab.cdp.send
        end = time.perf_counter() + seconds
        while time.perf_counter() < end or not self.trips.ms:
            t0 = time.perf_counter()
            await send("Runtime.evaluate", {"expression": "1"})
            self.trips.add(time.perf_counter() - t0)

    def close(self) -> None:
        self.browser.call(self._stage.close())
        self._stage.scenario.close()


@dataclass
class Level:
    """The environment at one level: steps, resets in the page, and the parts of a step by name, each in ms."""

    env: WebEnv
    work: Work
    steps: Sample = field(default_factory=Sample)
    resets: Sample = field(default_factory=Sample)
    parts: dict[str, list[float]] = field(default_factory=dict)
    busy: int = 0

    def warm_up(self) -> None:
        self.env.reset(seed=self.work.seed)
        self.block(0.0)
        self.steps, self.resets, self.parts, self.busy = Sample(), Sample(), {}, 0

    def block(self, seconds: float) -> None:
        """Click on; after every few steps a reset, timed apart."""
        env = self.env
        end = time.perf_counter() + seconds
        while True:
            target = self.work.find(env.observation).ref
            for _ in range(STEPS_PER_RESET):
                t0 = time.perf_counter()
                *_, ended, cut, info = env.step(Action("click", target))
                self.steps.add(time.perf_counter() - t0)
                for name, ms in info["ms"].items():
                    self.parts.setdefault(name, []).append(ms)
                self.busy += info["settled"] == "busy"
                if ended or cut:
                    break
            t0 = time.perf_counter()
            env.reset(seed=self.work.seed)
            self.resets.add(time.perf_counter() - t0)
            if time.perf_counter() >= end:
                return

    def told(self, raw: Raw) -> dict[str, Any]:
        """The numbers of this level, with their ratios to the ceiling."""
        reset = self.resets.spread()
        return {
            **self.steps.pace(),
            "reset_ms": reset["p50"],
            "reset_p95_ms": reset["p95"],
            "resets_n": len(self.resets.ms),
            "ratio_raw": round(self.steps.per_s / raw.steps.per_s, 4),
            "reset_per_raw_step": round(self.resets.p50 / raw.steps.p50, 3),
            "reset_per_raw_round_trip": round(self.resets.p50 / raw.trips.p50, 3),
            "parts_ms": {name: round(statistics.median(ms), 3) for name, ms in self.parts.items()},
            "busy": self.busy,
        }


def measure_single(browser: Browser, work: Work, view: str, seconds: float) -> dict[str, Any]:
    """``{"raw": …, "levels": {"input": …, "frame": …}}``."""
    with ExitStack() as stack:
        raw = Raw(browser, work)
        stack.callback(raw.close)
        levels: dict[str, Level] = {}
        for level in LEVELS:
            env = WebEnv(MiniWobScenario(work.task), browser=browser, view=view, settle=level)  # type: ignore[arg-type]
            stack.callback(env.close)
            levels[level] = Level(env, work)
            levels[level].warm_up()
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            for block in (raw.block, *(level.block for level in levels.values())):
                block(BLOCK_S)
    return {
        "raw": {**raw.steps.pace(), "round_trip_ms": raw.trips.spread()},
        "levels": {name: level.told(raw) for name, level in levels.items()},
    }

"""One environment of a vector: what its turn does on the browser's loop, and how the news of its end gets out."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import threading
import time
from collections.abc import Collection, Iterable
from typing import Any

import gymnasium as gym
from gymnasium.vector import AutoresetMode

from .browser import Browser
from .errors import BrowserGone, WebAgentError
from .stage import Moment, Stage
from .vector_batch import Turn
from .web_env import WebEnv

Outcome = Turn | BaseException
AT_ONCE = 8
"""Contexts of a browser that are opened at the same time."""


class Lane:
    """Drives the stage of one ``WebEnv`` and counts its episodes. Its coroutines run on the browser's loop.

    ``gate``: passed while a context is opened, so that the clock of its reset does not run while it waits for others.
    ``begun``: it was reset and may be stepped. ``ended``: its episode is over, and autoreset has not begun another.
    """

    def __init__(self, number: int, env: WebEnv, browser: Browser, mode: AutoresetMode, limit: int | None) -> None:
        self.number = number
        self.env = env
        self.browser = browser
        self.mode = mode
        self.limit = limit
        self.stage: Stage = env._stage
        self.stage.max_steps = limit
        self.gate = asyncio.Semaphore(AT_ONCE)  # of its own until it is given one to share
        self.begun = False
        self.ended = False
        self.last: Any = None  # the last observation, encoded
        self.task: asyncio.Task[Turn] | None = None
        self._total, self._length, self._began = 0.0, 0, 0.0

    async def reset(self, seed: int | None) -> Turn:
        """Begin an episode; without a seed one is drawn from the environment's own generator."""
        self.begun = False
        env = self.env
        gym.Env.reset(env, seed=seed)
        drawn = int(env.np_random.integers(2**31)) if seed is None else seed
        async with self.gate if self.stage.ended else contextlib.nullcontext():
            moment = await self.stage.reset(drawn)
        self._total, self._length, self._began = 0.0, 0, time.perf_counter()
        self.begun, self.ended = True, False
        return self._turn(moment._replace(reward=0.0, info={**moment.info, "seed": drawn}))

    async def advance(self, action: Any) -> Turn:
        """One step; where the episode before it ended and the mode says so, the next episode's beginning."""
        if self.ended and self.mode == AutoresetMode.NEXT_STEP:
            return await self.reset(None)
        turn = self._turn(await self.stage.step(self.env._read(action)))
        self._total += turn.reward
        self._length += 1
        if self.limit is not None and self._length >= self.limit:
            turn = turn._replace(truncated=True)  # even where the task ended, too, as TimeLimit has it
        if not (turn.terminated or turn.truncated):
            return turn
        self.ended = True
        turn = turn._replace(episode=(self._total, self._length, round(time.perf_counter() - self._began, 6)))
        if self.mode != AutoresetMode.SAME_STEP:
            return turn
        begun = await self.reset(None)
        return turn._replace(observation=begun.observation, info=begun.info, final=(turn.observation, turn.info))

    def _turn(self, moment: Moment) -> Turn:
        self.last = self.env.view.encode(moment.observation)
        return Turn(self.last, moment.reward, moment.terminated, moment.truncated, self.env._info(moment))

    def seen(self) -> Any:
        """The last observation; an empty one before the first."""
        if self.last is None:
            self.last = self.env.view.encode(self.env.observation)
        return self.last

    def fault(self, error: BaseException, number: int) -> BaseException:
        """``error`` with the environment's number and task in front, where it is one of ours."""
        name = f"env {number} ({self.env.scenario.id})"
        if isinstance(error, WebAgentError):
            named = type(error)(f"{name}: {error}", error.hint)
        elif isinstance(error, asyncio.CancelledError) or not self.browser.running:
            named = BrowserGone(f"{name}: the browser was closed")
        else:
            error.add_note(name)
            return error
        named.__cause__ = error
        return named


class Arrivals:
    """Turns that have ended, handed from the loops' threads to the one thread that asks for them.

    ``done``: outcomes by number, in the order of their arrival. The asking thread is woken once, when all that it
    waits for is there.
    """

    def __init__(self) -> None:
        self.done: dict[int, Outcome] = {}
        self._changed = threading.Condition()
        self._awaited: frozenset[int] = frozenset()
        self._missing = 0

    def put(self, number: int, outcome: Outcome) -> None:
        with self._changed:
            if number in self.done:
                return
            self.done[number] = outcome
            if number in self._awaited:
                self._missing -= 1
                if self._missing == 0:
                    self._changed.notify()

    def wait(self, numbers: Collection[int], at_least: int, timeout: float) -> bool:
        """Wait until ``at_least`` of ``numbers`` have arrived; False if ``timeout`` seconds were too short."""
        with self._changed:
            self._awaited = frozenset(numbers)
            self._missing = at_least - sum(number in self.done for number in self._awaited)
            there = self._missing <= 0 or self._changed.wait(timeout)
            self._awaited = frozenset()
            return there

    def arrived(self, numbers: Collection[int]) -> list[int]:
        """Which of ``numbers`` are here, in the order in which they came."""
        with self._changed:
            return [number for number in self.done if number in numbers]

    def drop(self, numbers: Iterable[int]) -> None:
        with self._changed:
            for number in numbers:
                self.done.pop(number, None)


async def start_turns(turns: Iterable[tuple[Lane, Any, bool]], arrivals: Arrivals) -> None:
    """On a loop: begin the turn of each lane, ``(lane, action, False)`` or ``(lane, seed, True)`` for a reset."""
    for lane, what, reset in turns:
        lane.task = asyncio.ensure_future(lane.reset(what) if reset else lane.advance(what))
        lane.task.add_done_callback(functools.partial(_tell, arrivals, lane.number))


def _tell(arrivals: Arrivals, number: int, task: asyncio.Task[Turn]) -> None:
    arrivals.put(number, asyncio.CancelledError() if task.cancelled() else task.exception() or task.result())


async def stop_lanes(lanes: Iterable[Lane]) -> None:
    """On a loop: end what is under way and close the contexts, all at once."""
    listed = list(lanes)
    running = [lane.task for lane in listed if lane.task is not None and not lane.task.done()]
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    await asyncio.gather(*(lane.stage.close() for lane in listed), return_exceptions=True)

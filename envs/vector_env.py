"""``VectorEnv``: many contexts of one browser (or a few) stepped at the same time.

    envs = gym.make_vec("webagent/miniwob.click-test-v0", num_envs=8, view="arrays")
    envs = VectorEnv.of(["miniwob.click-test", "demo.contact"], num_envs=8, view="arrays")
    observations, infos = envs.reset(seed=7)
    observations, rewards, terminated, truncated, infos = envs.step(actions)

Everything is as in ``gymnasium.vector.SyncVectorEnv`` over the same environments: batches, infos with their masks,
seeds, every autoreset mode. A page, context or browser that dies ends the step of its own environments truncated, told
in ``infos["recovered"]``; the others go on. An actor that must not wait for the slowest page steps in parts:

    envs.step_async(actions)
    while True:
        who = envs.ready(at_least=2)
        observations, rewards, terminated, truncated, infos = envs.step_wait(who)     # rows in the order of who
        envs.step_async(policy(observations), who)

One thread at a time may use a vector.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from .browser import Browser
from .errors import BrowserGone, TimedOut, UsageError
from .scenario import Scenario
from .vector_batch import Batch, Turn, batch_of, infos_of, rows_to_reset, seeds_of, single_actions, stacked
from .vector_lane import AT_ONCE, Arrivals, Lane, start_turns, stop_lanes
from .web_env import WebEnv

LOOK_S = 2.0
"""How often a wait looks whether the browsers' threads are still there."""
CLOSE_S = 15.0


class VectorEnv(gym.vector.VectorEnv[Any, Any, Any]):
    """One ``WebEnv`` for each scenario, all of one view.

    Args:
        scenarios: what is to be done, a separate object for each environment.
        browsers: how many Chromium processes to spread the contexts over: context i lives in browser i % browsers.
        browser: a ``Browser`` to share instead; it stays open.
        executable, headless: for browsers of its own.
        autoreset_mode: ``NextStep``, ``SameStep`` or ``Disabled`` (reset ended ones with ``options["reset_mask"]``).
        max_episode_steps: truncates episodes, instead of each task's own limit.
        statistics: put ``infos["episode"]`` (``r``, ``l``, ``t``) into the step that ends an episode, as Gymnasium's
            ``RecordEpisodeStatistics`` does; that wrapper refuses environments that do it themselves.
        options: as for ``WebEnv``: ``view``, ``candidates``, ``settle``, ``frames``, ``render_mode`` and so on.

    ``envs`` are the single environments, for looking at; stepping them by hand mixes up the vector.
    """

    def __init__(
        self, scenarios: Sequence[Scenario], *, browsers: int = 1, browser: Browser | None = None,
        executable: str | None = None, headless: bool = True,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP, max_episode_steps: int | None = None,
        statistics: bool = False, **options: Any,
    ) -> None:  # fmt: skip
        if not scenarios or len({id(scenario) for scenario in scenarios}) < len(scenarios):
            raise UsageError(
                "expected at least one scenario, and another object for each environment",
                "make one for each: make_scenario(task) for _ in range(n)",
            )
        if browsers < 1:
            raise UsageError(f"expected browsers >= 1, found {browsers}")
        self._own = browser is None
        shown = headless and options.get("render_mode") != "human"
        made = [browser] if browser is not None else [Browser(executable, shown) for _ in range(browsers)]
        self.browsers: tuple[Browser, ...] = tuple(made)
        self.envs = [WebEnv(s, browser=made[i % len(made)], **options) for i, s in enumerate(scenarios)]
        self.num_envs = len(self.envs)
        self.statistics = statistics
        self._mode = AutoresetMode(autoreset_mode)
        first = self.envs[0]
        self.metadata = {**first.metadata, "autoreset_mode": self._mode}
        self.render_mode = first.render_mode
        self.single_observation_space = first.observation_space
        self.single_action_space = first.action_space
        if any(env.observation_space != first.observation_space for env in self.envs[1:]):
            raise UsageError("these tasks have screens of different sizes", "give a frame_size for all of them")
        self.observation_space = batch_space(first.observation_space, self.num_envs)
        self.action_space = batch_space(first.action_space, self.num_envs)
        self._lanes = [
            Lane(i, env, made[i % len(made)], self._mode, max_episode_steps) for i, env in enumerate(self.envs)
        ]
        for each in self.browsers:
            self._share_gate(each)
        self._arrivals = Arrivals()
        self._under_way: set[int] = set()  # started, and not yet collected
        self.first_number = 0  # what the first environment is called in errors

    @classmethod
    def of(cls, tasks: Sequence[str], num_envs: int | None = None, *, clock: bool = False, **options: Any) -> Self:
        """A vector over tasks by id, taken in turn until there are ``num_envs``. Raises ``UnknownName``."""
        from .registration import make_scenario

        count = len(tasks) if num_envs is None else num_envs
        return cls([make_scenario(tasks[i % len(tasks)], clock=clock) for i in range(count)], **options)

    # ---- Gymnasium's face ---------------------------------------------------------------------------------------

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin an episode everywhere, or where ``options["reset_mask"]`` is True. ``seed``: env i takes seed + i.

        Raises ``BrowserMissing``, ``PageUnreachable`` or ``BrowserGone`` with the environment named.
        """
        self._check_open()
        seeds = seeds_of(seed, self.num_envs)
        rows = rows_to_reset(options, self.num_envs)
        for row in rows:
            if row in self._under_way and row not in self._arrivals.done:
                raise gym.error.AlreadyPendingCallError(
                    f"{self._name(row)} is still at its step; step_wait first", "step"
                )
        self._arrivals.drop(rows)
        self._start_browsers()
        self._begin([(self._lanes[row], seeds[row], True) for row in rows])
        self._wait(rows, len(rows))
        infos = infos_of(rows, self._take(rows), self.num_envs)
        return stacked(self.single_observation_space, [lane.seen() for lane in self._lanes]), infos

    def step(
        self, actions: Any
    ) -> tuple[Any, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """One step of every environment: a batch of the action space, or one action (or ``Action``) for each."""
        self.step_async(actions)
        return self.step_wait()

    def render(self) -> tuple[Any, ...]:
        """What each environment renders."""
        self._check_idle("render")
        with ThreadPoolExecutor(self.num_envs) as threads:  # a page at rest lets its caller wait for a frame
            return tuple(threads.map(WebEnv.render, self.envs))

    def close_extras(self, **_: Any) -> None:
        """End what is under way, close the contexts, and the browsers if they are our own."""
        for browser in self.browsers:
            if not browser.running:
                continue
            try:
                browser.call(stop_lanes([lane for lane in self._lanes if lane.browser is browser]), timeout=CLOSE_S)
            except (BrowserGone, TimedOut):
                pass  # its loop is gone, and with it all that the contexts held
        if self._own:
            with ThreadPoolExecutor(len(self.browsers)) as threads:
                list(threads.map(Browser.close, self.browsers))
        for env in self.envs:
            env.close()

    # ---- in parts -----------------------------------------------------------------------------------------------

    def step_async(self, actions: Any, indices: Iterable[int] | None = None) -> None:
        """Start a step of these environments (all without ``indices``), one action for each, in their order.

        Raises ``AlreadyPendingCallError`` where a step was started that ``step_wait`` has not collected, and
        ``ResetNeeded`` where no episode runs and none begins by itself.
        """
        self._check_open()
        rows = self._rows(indices)
        wanted = single_actions(self.action_space, actions, len(rows))
        for row in rows:
            lane = self._lanes[row]
            if row in self._under_way:
                raise gym.error.AlreadyPendingCallError(
                    f"{self._name(row)} has a step that was not collected; step_wait first", "step"
                )
            if not lane.begun or (lane.ended and self._mode == AutoresetMode.DISABLED):
                raise gym.error.ResetNeeded(f"{self._name(row)} has no running episode; reset it")
        self._begin([(self._lanes[row], action, False) for row, action in zip(rows, wanted, strict=True)])

    def ready(self, at_least: int = 1, timeout: float | None = None) -> list[int]:
        """Whose step has ended, first come first; waits until there are ``at_least``, at most ``timeout`` seconds."""
        rows = sorted(self._under_way)
        self._wait(rows, min(at_least, len(rows)), timeout)
        return self._arrivals.arrived(rows)

    def step_wait(self, indices: Iterable[int] | None = None, timeout: float | None = None) -> Batch:
        """Collect the steps of these environments (of all that were started), waiting for them.

        The batch has one row for each, in the order of ``indices``. Raises ``NoAsyncCallError`` where none was
        started, ``TimedOut`` after ``timeout`` seconds; what was not collected then can be later.
        """
        self._check_open()
        rows = sorted(self._under_way) if indices is None else self._rows(indices)
        missing = [row for row in rows if row not in self._under_way]
        if missing or not rows:
            raise gym.error.NoAsyncCallError(
                f"no step was started in {self._name(missing[0]) if missing else 'any env'}", "step"
            )
        if not self._wait(rows, len(rows), timeout):
            late = sorted(set(rows) - set(self._arrivals.arrived(rows)))
            raise TimedOut(f"{', '.join(map(self._name, late))}: the step did not end within {timeout:g} s")
        return batch_of(self.single_observation_space, self._take(rows), self.statistics)

    # ---- all of them ----------------------------------------------------------------------------------------------

    @property  # type: ignore[misc]
    def np_random(self) -> tuple[np.random.Generator, ...]:  # type: ignore[override]
        """The generators that draw the environments' seeds."""
        return tuple(env.np_random for env in self.envs)

    @property
    def np_random_seed(self) -> tuple[int, ...]:  # type: ignore[override]
        return tuple(env.np_random_seed for env in self.envs)

    def action_masks(self) -> NDArray[np.bool_]:
        """``[num_envs, K]``: which actions of the ``arrays`` view exist now."""
        if self.envs[0].view.name != "arrays":
            raise UsageError(f"view {self.envs[0].view.name!r} has no action masks", "use view='arrays'")
        return np.stack([env.action_masks() for env in self.envs]).astype(np.bool_)

    def call(self, name: str, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """Each environment's attribute of that name, called with the arguments if it can be."""
        found = [env.get_wrapper_attr(name) for env in self.envs]
        if any(callable(value) for value in found):
            self._check_idle(name)
        return tuple(value(*args, **kwargs) if callable(value) else value for value in found)

    def get_attr(self, name: str) -> tuple[Any, ...]:
        """Each environment's attribute of that name: ``task``, ``observation``, ``verdict``, ``cost`` …"""
        return self.call(name)

    def set_attr(self, name: str, values: Any) -> None:
        """Set an attribute: a list or tuple gives each environment its own value, anything else all the same."""
        listed = list(values) if isinstance(values, (list, tuple)) else [values] * self.num_envs
        if len(listed) != self.num_envs:
            raise ValueError(f"expected {self.num_envs} values, one for each environment, found {len(listed)}")
        for env, value in zip(self.envs, listed, strict=True):
            env.set_wrapper_attr(name, value)

    # ---- turns --------------------------------------------------------------------------------------------------

    def _start_browsers(self) -> None:
        asleep = [browser for browser in self.browsers if not browser.running]
        if asleep:
            with ThreadPoolExecutor(len(asleep)) as threads:
                list(threads.map(Browser.start, asleep))
        for browser in asleep:
            self._share_gate(browser)  # the old one belongs to a loop that is gone

    def _share_gate(self, browser: Browser) -> None:
        gate = asyncio.Semaphore(AT_ONCE)
        for lane in self._lanes:
            if lane.browser is browser:
                lane.gate = gate

    def _begin(self, turns: Sequence[tuple[Lane, Any, bool]]) -> None:
        for browser in self.browsers:
            here = [turn for turn in turns if turn[0].browser is browser]
            self._under_way.update(lane.number for lane, _, _ in here)
            try:
                if here:
                    browser.submit(start_turns(here, self._arrivals))
            except BrowserGone as gone:
                for lane, _, _ in here:
                    self._arrivals.put(lane.number, gone)

    def _wait(self, rows: Sequence[int], at_least: int, timeout: float | None = None) -> bool:
        """Until so many of these have arrived; looks now and then whether somebody is left to bring them."""
        end = float("inf") if timeout is None else time.monotonic() + timeout
        while not self._arrivals.wait(rows, at_least, max(0.0, min(LOOK_S, end - time.monotonic()))):
            for row in rows:
                if not self._lanes[row].browser.running:
                    self._arrivals.put(row, BrowserGone("the browser was closed"))
            if time.monotonic() >= end:
                return False
        return True

    def _take(self, rows: Sequence[int]) -> list[Turn]:
        """The turns of these rows; an error among them is raised, and the others stay where they are."""
        turns = []
        for row in rows:
            outcome = self._arrivals.done[row]
            if isinstance(outcome, BaseException):
                self._arrivals.drop([row])
                self._under_way.discard(row)
                self._lanes[row].begun = False
                raise self._lanes[row].fault(outcome, self.first_number + row)
            turns.append(outcome)
        self._under_way.difference_update(rows)
        self._arrivals.drop(rows)
        return turns

    def _rows(self, indices: Iterable[int] | None) -> list[int]:
        rows = list(range(self.num_envs)) if indices is None else [int(i) for i in indices]
        if len(set(rows)) < len(rows) or not all(0 <= row < self.num_envs for row in rows):
            raise UsageError(f"expected different numbers from 0 to {self.num_envs - 1}, found {rows}")
        return rows

    def _name(self, row: int) -> str:
        return f"env {self.first_number + row} ({self.envs[row].scenario.id})"

    def _check_open(self) -> None:
        if self.closed:
            raise gym.error.ClosedEnvironmentError("this vector environment was closed")

    def _check_idle(self, what: str) -> None:
        self._check_open()
        if self._under_way:
            raise gym.error.AlreadyPendingCallError(f"{what}: steps are under way; step_wait first", "step")

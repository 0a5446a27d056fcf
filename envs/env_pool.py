"""``EnvPool``: vector environments in several processes, with the face of one.

    with make_pool("webagent/miniwob.click-test-v0", num_envs=32, processes=8, view="arrays") as pool:
        observations, infos = pool.reset(seed=7)
        observations, rewards, terminated, truncated, infos = pool.step(actions)

Each process has a ``VectorEnv`` and a browser of its own; one Python process drives only so many steps a second. Arrays
come back through shared memory. An actor that must not wait for the slowest process:

    pool.send(actions)
    while True:
        who, (observations, rewards, terminated, truncated, infos) = pool.recv()       # rows in the order of who
        pool.send(policy(observations), who)

A process that dies is replaced; the episodes in it end truncated, with ``infos["recovered"]`` "process". One thread at
a time may use a pool.
"""

from __future__ import annotations

import multiprocessing.connection
import os
import time
from collections.abc import Iterable, Sequence
from typing import Any, Self

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Dict
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from .errors import BrowserGone, TimedOut, UsageError, WebAgentError
from .pool_worker import LEAVE_S, Block, Plan, SharedRows, Worker
from .vector_batch import Batch, Turn, batch_of, joined, joined_infos, rows_to_reset, seeds_of, single_actions

START_S = 120.0
"""How long a worker may take to start."""
ANSWER_S = 300.0
"""How long one order may take; the environments' own limits are well below it."""
MOST_DEATHS = 3
"""How often in a row a worker may die before the pool gives up."""


class EnvPool(gym.vector.VectorEnv[Any, Any, Any]):
    """Processes with a vector environment each.

    Args:
        what: a Gymnasium id of ours, a task's id, or several of either, taken in turn.
        num_envs: how many environments in all, spread evenly in order.
        processes: how many processes.
        options: as for ``VectorEnv`` and ``WebEnv``; they must be picklable. ``browsers`` counts for each process.
    """

    def __init__(self, what: str | Sequence[str], num_envs: int, processes: int, **options: Any) -> None:
        from .registration import make_vector

        if not 1 <= processes <= num_envs:
            raise UsageError(f"expected 1 <= processes <= num_envs, found {processes} processes for {num_envs}")
        if "browser" in options:
            raise UsageError("a browser cannot be shared between processes", "leave it out: each process has its own")
        self._blocks: list[Block] = []  # first, so that close works whatever fails below
        self._shared: SharedRows | None = None
        self.num_envs = num_envs
        names = [what] if isinstance(what, str) else list(dict.fromkeys(what))
        pattern = make_vector(what if isinstance(what, str) else names, min(num_envs, len(names)), **options)
        self.metadata = pattern.metadata
        self.render_mode = pattern.render_mode
        self.single_observation_space = pattern.single_observation_space
        self.single_action_space = pattern.single_action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.spec = pattern.spec
        self._pattern = pattern.envs[0]
        self._mode: AutoresetMode = self.metadata["autoreset_mode"]
        self._draws = np.random.default_rng()
        pattern.close()
        if SharedRows.fits(self.single_observation_space):
            assert isinstance(self.single_observation_space, Dict)
            self._shared = SharedRows(self.single_observation_space, num_envs)
        for number, rows in enumerate(np.array_split(np.arange(num_envs), processes)):
            its = what if isinstance(what, str) else tuple(what[int(row) % len(what)] for row in rows)
            block = Block(number, Plan(its, len(rows), int(rows[0]), num_envs, options))
            self._blocks.append(block)
            self._start(block)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- Gymnasium's face ---------------------------------------------------------------------------------------

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin an episode everywhere, or where ``options["reset_mask"]`` is True. ``seed``: env i takes seed + i."""
        self._check_open()
        if isinstance(seed, int):
            self._draws = np.random.default_rng([seed, self.num_envs])
        seeds = seeds_of(seed, self.num_envs)
        mask = np.zeros(self.num_envs, np.bool_)
        mask[rows_to_reset(options, self.num_envs)] = True
        blocks = [block for block in self._blocks if mask[block.rows].any()]
        for block in blocks:
            if block.order is not None:
                raise gym.error.AlreadyPendingCallError(f"process {block.number} is at its {block.order[0]}", "step")
        for block in blocks:
            block.outcome = None
            part = mask[block.rows]
            self._order(block, "reset", [seeds[row] for row in block.rows], None if part.all() else part)
        self._wait(blocks, mask.size)
        batches = dict(zip([block.number for block in blocks], self._take(blocks), strict=True))
        infos = [(batches[b.number].infos if b.number in batches else {}, b.plan.size) for b in self._blocks]
        return self._seen(self._blocks), joined_infos(infos)

    def step(
        self, actions: Any
    ) -> tuple[Any, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """One step of every environment."""
        self.step_async(actions)
        return self.step_wait()

    def render(self) -> tuple[Any, ...]:
        """What each environment renders."""
        return self._ask_all("render", [()] * len(self._blocks))

    def close_extras(self, **_: Any) -> None:
        """Have every process close its browser and end; those that do not are ended."""
        end = time.monotonic() + LEAVE_S
        workers = [block.worker for block in self._blocks if block.worker is not None]
        for block in self._blocks:
            if block.worker is not None:
                block.worker.dismiss(now=block.order is not None)
            block.worker = None
        for worker in workers:
            worker.end(max(0.1, end - time.monotonic()))
        if self._shared is not None:
            self._shared.close()

    # ---- in parts -------------------------------------------------------------------------------------------------

    def send(self, actions: Any, indices: Iterable[int] | None = None) -> None:
        """Start a step of these environments, whole processes at a time (all without ``indices``)."""
        self.step_async(actions, indices)

    def recv(self, at_least: int = 1, timeout: float | None = None) -> tuple[NDArray[np.int64], Batch]:
        """The steps that have ended, of ``at_least`` so many environments: their numbers and their batch."""
        who = self.ready(at_least, timeout)
        if not who:
            raise TimedOut(f"no process answered within {timeout:g} s" if timeout else "no process has answered yet")
        return np.array(who), self.step_wait(who)

    def step_async(self, actions: Any, indices: Iterable[int] | None = None) -> None:
        """As ``VectorEnv.step_async``; ``indices`` must name whole processes."""
        self._check_open()
        blocks = self._named(indices)
        wanted = single_actions(self.action_space, actions, sum(block.plan.size for block in blocks))
        for block in blocks:
            if block.started:
                raise gym.error.AlreadyPendingCallError(
                    f"process {block.number} has a step that was not collected; step_wait first", "step"
                )
            if block.state == "new" or (block.state == "died" and self._mode == AutoresetMode.DISABLED):
                raise gym.error.ResetNeeded(f"process {block.number} has no running episode; reset it")
        for block in blocks:
            its, wanted = wanted[: block.plan.size], wanted[block.plan.size :]
            if block.state == "died":
                self._order(block, "reset", self._drawn(block), None)
            else:
                self._order(block, "step", its)

    def ready(self, at_least: int = 1, timeout: float | None = None) -> list[int]:
        """Whose step has ended, first come first; waits until there are ``at_least``, at most ``timeout`` seconds."""
        blocks = [block for block in self._blocks if block.started]
        self._wait(blocks, at_least, timeout)
        there = sorted((block for block in blocks if block.outcome is not None), key=lambda block: block.arrived)
        return [row for block in there for row in block.rows]

    def step_wait(self, indices: Iterable[int] | None = None, timeout: float | None = None) -> Batch:
        """As ``VectorEnv.step_wait``; ``indices`` must name whole processes."""
        self._check_open()
        blocks = [block for block in self._blocks if block.started] if indices is None else self._named(indices)
        if not blocks or not all(block.started for block in blocks):
            raise gym.error.NoAsyncCallError("no step was started there", "step")
        if not self._wait(blocks, self.num_envs, timeout):
            raise TimedOut(f"the steps did not end within {timeout:g} s")
        batches = self._take(blocks)
        return Batch(
            self._seen(blocks),
            np.concatenate([batch.rewards for batch in batches]),
            np.concatenate([batch.terminated for batch in batches]),
            np.concatenate([batch.truncated for batch in batches]),
            joined_infos((batch.infos, len(batch.rewards)) for batch in batches),
        )

    # ---- all of them ----------------------------------------------------------------------------------------------

    def action_masks(self) -> NDArray[np.bool_]:
        """``[num_envs, K]``: which actions of the ``arrays`` view exist now."""
        if self._shared is None:
            raise UsageError(f"view {self._pattern.view.name!r} has no action masks", "use view='arrays'")
        return self._shared.arrays["action_mask"].astype(np.bool_)

    def call(self, name: str, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """Each environment's attribute of that name, called with the arguments if it can be; must be picklable."""
        return self._ask_all("call", [(name, args, kwargs)] * len(self._blocks))

    def get_attr(self, name: str) -> tuple[Any, ...]:
        """Each environment's attribute of that name: ``task``, ``observation``, ``verdict``, ``cost`` …"""
        return self.call(name)

    def set_attr(self, name: str, values: Any) -> None:
        """Set an attribute: a list or tuple gives each environment its own value, anything else all the same."""
        listed = list(values) if isinstance(values, (list, tuple)) else [values] * self.num_envs
        if len(listed) != self.num_envs:
            raise ValueError(f"expected {self.num_envs} values, one for each environment, found {len(listed)}")
        self._ask_all("set", [(name, [listed[row] for row in block.rows]) for block in self._blocks])

    def _ask_all(self, name: str, arguments: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
        self._check_open()
        if any(block.started for block in self._blocks):
            raise gym.error.AlreadyPendingCallError(f"{name}: steps are under way; step_wait first", "step")
        for block, its in zip(self._blocks, arguments, strict=True):
            self._order(block, name, *its)
        self._wait(self._blocks, self.num_envs)
        return tuple(row for rows in self._take(self._blocks) for row in rows)

    # ---- orders and answers ---------------------------------------------------------------------------------------

    def _start(self, block: Block) -> None:
        block.worker = Worker(block.plan, self._shared.handle if self._shared is not None else None)
        block.greeted, block.deadline = False, time.monotonic() + START_S

    def _order(self, block: Block, *order: Any) -> None:
        assert block.worker is not None
        block.order = order
        if block.greeted:
            block.deadline = time.monotonic() + ANSWER_S
        block.worker.tell(order)

    def _wait(self, blocks: Sequence[Block], at_least: int, timeout: float | None = None) -> bool:
        """Until so many environments of these blocks (or all) have arrived; a process that dies arrives, too."""
        end = float("inf") if timeout is None else time.monotonic() + timeout
        wanted = min(at_least, sum(block.plan.size for block in blocks))
        while sum(block.plan.size for block in blocks if block.outcome is not None) < wanted:
            busy = {b.worker.connection: b for b in blocks if b.order is not None and b.worker is not None}
            now = time.monotonic()
            heard = multiprocessing.connection.wait(list(busy), max(0.0, min(1.0, end - now)))
            for connection, block in busy.items():
                if connection in heard:
                    self._hear(block)
                elif now > block.deadline:
                    self._died(block, "did not answer in time")
            if not heard and time.monotonic() >= end:
                return False
        return True

    def _hear(self, block: Block) -> None:
        assert block.worker is not None and block.order is not None
        try:
            kind, what = block.worker.connection.recv()
        except (EOFError, OSError):
            self._died(block, "died", patience=2.0)
            return
        if kind == "ready":
            block.greeted, block.deadline = True, time.monotonic() + ANSWER_S
            return
        if kind == "error":
            block.state = "new" if block.order[0] in ("reset", "step") else block.state
        else:
            block.deaths = 0
            if isinstance(what, Batch):
                what = self._complete(block, what)
        self._arrive(block, what)

    def _arrive(self, block: Block, outcome: Any) -> None:
        block.order, block.outcome, block.arrived = None, outcome, time.monotonic()

    def _complete(self, block: Block, batch: Batch) -> Batch:
        """A batch of a process; if its forerunner died in this step, with what that left to tell."""
        block.state = "alive"
        block.last = batch.observations
        ended, block.ended = block.ended, None
        if ended is None:
            return batch
        here = np.ones(block.plan.size, np.bool_)
        final = np.full(block.plan.size, None, object)
        final[:] = [self._lost_observation] * block.plan.size
        told = {"final_obs": final, "_final_obs": here, "final_info": ended.infos, "_final_info": here}
        return batch._replace(truncated=ended.truncated, infos={**batch.infos, **told})

    def _died(self, block: Block, how: str, patience: float = 0.0) -> None:
        """Replace a process; its steps end truncated, a reset is tried again, anything else is an error."""
        worker, order = block.worker, block.order
        assert worker is not None and order is not None
        fault = f"process {block.number} {how} (exit code {worker.end(patience)})"
        block.worker = None
        block.deaths += 1
        block.state = "died"
        self._start(block)
        if block.deaths >= MOST_DEATHS:
            self._arrive(block, WebAgentError(f"{fault}, {block.deaths} times in a row", "try: webagent doctor"))
        elif order[0] == "reset":
            self._order(block, *order)
        elif order[0] == "step":
            lost = self._lost(block, fault)
            if self._mode == AutoresetMode.SAME_STEP:
                block.ended = lost
                self._order(block, "reset", self._drawn(block), None)
            else:
                self._arrive(block, lost)
        else:
            self._arrive(block, BrowserGone(f"{fault}; its episodes are over, reset"))

    def _lost(self, block: Block, fault: str) -> Batch:
        """What a step gives whose process died: the same as where a browser died for good."""
        pattern = self._pattern
        moment = pattern._stage._lost(time.perf_counter(), "process", BrowserGone(fault))
        turn = Turn(pattern.view.encode(moment.observation), 0.0, False, True, pattern._info(moment))
        self._lost_observation = turn.observation
        batch = batch_of(self.single_observation_space, [turn] * block.plan.size)
        block.last = batch.observations
        if self._shared is None:
            return batch
        self._shared.write(batch.observations, block.plan.first)
        return batch._replace(observations=None)

    def _drawn(self, block: Block) -> list[int]:
        """Seeds for episodes that begin where the generators were lost."""
        return [int(seed) for seed in self._draws.integers(2**31, size=block.plan.size)]

    def _take(self, blocks: Sequence[Block]) -> list[Any]:
        """The outcomes of these blocks; an error among them is raised, and the others stay where they are."""
        for block in blocks:
            if isinstance(block.outcome, BaseException):
                error, block.outcome = block.outcome, None
                raise error
        taken = [block.outcome for block in blocks]
        for block in blocks:
            block.outcome = None
        return taken

    def _seen(self, blocks: Sequence[Block]) -> Any:
        """The last observations of these blocks."""
        if self._shared is not None:
            if len(blocks) == len(self._blocks) and blocks[0].number == 0:
                return self._shared.read(0, self.num_envs)
            parts = [self._shared.read(block.plan.first, block.plan.size) for block in blocks]
        else:
            parts = [block.last for block in blocks]
        return joined(self.single_observation_space, parts)

    def _named(self, indices: Iterable[int] | None) -> list[Block]:
        """The blocks that ``indices`` name, in their order."""
        if indices is None:
            return list(self._blocks)
        left = [int(i) for i in indices]
        named: list[Block] = []
        starts = {block.plan.first: block for block in self._blocks}
        while left:
            block = starts.pop(left[0], None)
            if block is None or left[: block.plan.size] != list(block.rows):
                raise UsageError(f"expected the numbers of whole processes, found {left}", "give back what recv gave")
            named.append(block)
            left = left[block.plan.size :]
        return named

    def _check_open(self) -> None:
        if self.closed:
            raise gym.error.ClosedEnvironmentError("this pool was closed")


def make_pool(what: str | Sequence[str], num_envs: int, processes: int | None = None, **options: Any) -> EnvPool:
    """An ``EnvPool``, with a process for every second core unless told otherwise."""
    return EnvPool(what, num_envs, processes or max(1, min(num_envs, (os.cpu_count() or 2) // 2)), **options)

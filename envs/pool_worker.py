"""The processes of an ``EnvPool``: how one is started, what it does, and the memory that it writes observations to.

A worker is a Python of its own that imports no main script, so a pool can be made in scripts, notebooks and from
standard input alike. It ends by itself when the pool's process is gone: the pipe between them ends then.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from typing import Any, Literal, NamedTuple

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Space

from .errors import WebAgentError
from .vector_batch import Batch
from .vector_env import VectorEnv

LEAVE_S = 10.0
"""How long a worker may take to close its browser once it is asked to go."""
_CODE = "import sys; sys.path.extend(sys.argv[3:]); from webagent.envs.pool_worker import main; main()"
_TELLABLE = (WebAgentError, gym.error.Error, LookupError, TypeError, ValueError, AttributeError, RuntimeError)


class Plan(NamedTuple):
    """The environments of one worker: what ``registration.make_vector`` takes, and where they stand in the pool."""

    what: str | tuple[str, ...]
    size: int
    first: int
    total: int
    options: dict[str, Any]


class SharedRows:
    """Observations of a flat ``Dict`` of arrays, a row for each environment, in memory that processes share.

    The memory has no name: it is gone when the last process that holds it is, however that ends.
    """

    def __init__(self, space: Dict, rows: int, handle: int | None = None) -> None:
        sizes = {key: rows * int(np.prod(box.shape or ())) * np.dtype(box.dtype).itemsize for key, box in space.items()}
        self.handle = _memory(max(1, sum(sizes.values()))) if handle is None else handle
        self._map = mmap.mmap(self.handle, max(1, sum(sizes.values())))
        self.arrays: dict[str, np.ndarray[Any, Any]] = {}
        at = 0
        # widest first, so that every array starts where its numbers may lie
        for key, box in sorted(space.items(), key=lambda entry: -np.dtype(entry[1].dtype).itemsize):
            shape = (rows, *(box.shape or ()))
            self.arrays[key] = np.frombuffer(self._map, box.dtype, int(np.prod(shape)), at).reshape(shape)
            at += sizes[key]
        self.arrays = {key: self.arrays[key] for key in space}

    @staticmethod
    def fits(space: Space[Any]) -> bool:
        """Whether observations of ``space`` can be shared."""
        arrays = (Box, Discrete, MultiBinary, MultiDiscrete)
        return isinstance(space, Dict) and all(isinstance(inner, arrays) for inner in space.values())

    def write(self, observations: dict[str, Any], first: int) -> None:
        """Put a batch where its environments stand."""
        for key, rows in observations.items():
            self.arrays[key][first : first + len(rows)] = rows

    def read(self, first: int, count: int) -> dict[str, Any]:
        """A copy of these rows."""
        return {key: rows[first : first + count].copy() for key, rows in self.arrays.items()}

    def close(self) -> None:
        self.arrays = {}
        with contextlib.suppress(BufferError):  # somebody still looks at it
            self._map.close()
        os.close(self.handle)


def _memory(size: int) -> int:
    if hasattr(os, "memfd_create"):
        handle = os.memfd_create("webagent-observations")
    else:
        with tempfile.TemporaryFile() as file:
            handle = os.dup(file.fileno())
    os.ftruncate(handle, size)
    return handle


class Worker:
    """The pool's end of one process. Its first answer is ``("ready", None)``; one order is answered at a time."""

    def __init__(self, plan: Plan, memory: int | None) -> None:
        self.connection, theirs = Pipe()
        shared = [] if memory is None else [memory]
        numbers = [theirs.fileno(), -1 if memory is None else memory]
        paths = [path for path in sys.path if path]
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-c", _CODE, *map(str, numbers), *paths],
                stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno(), *shared],
            )  # fmt: skip
        finally:
            theirs.close()
        self.tell(plan)

    def tell(self, order: Any) -> None:
        """Send an order; a process that has died is noticed when its answer is read."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.connection.send(order)

    def dismiss(self, now: bool) -> None:
        """Ask it to close its browser and go; ``now``: without finishing its order."""
        if now:
            self.process.terminate()
        self.tell(None)

    def end(self, patience: float = LEAVE_S) -> int:
        """Wait for its end, and bring it about after ``patience`` seconds; returns the exit code."""
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()  # its browser is ended by the watcher that it started
            self.process.wait()
        self.connection.close()
        return self.process.returncode


@dataclass(eq=False)
class Block:
    """The environments of one process: where they stand in the pool, and how far their order is.

    ``state``: ``new`` (must be reset), ``alive``, or ``died`` (its successor has not been reset yet). ``order``: what
    was asked and not yet answered. ``outcome``: an answer, or an error, that nobody has collected.
    """

    number: int
    plan: Plan
    worker: Worker | None = None
    state: Literal["new", "alive", "died"] = "new"
    greeted: bool = False
    deadline: float = 0.0
    deaths: int = 0  # in a row
    order: tuple[Any, ...] | None = None
    outcome: Any = None
    arrived: float = 0.0
    ended: Batch | None = None  # what the dead process left to tell with the reset that is under way
    last: Any = None  # the last observations, where they are not shared

    @property
    def rows(self) -> range:
        return range(self.plan.first, self.plan.first + self.plan.size)

    @property
    def started(self) -> bool:
        return self.order is not None or self.outcome is not None


# ---- in the process -----------------------------------------------------------------------------------------------


def main() -> None:
    """What a worker does: make its environments, then answer orders until None or the end of the pipe comes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the pool's to handle; it ends us in order
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    handles = [int(number) for number in sys.argv[1:3]]
    for handle in handles:
        if handle >= 0:
            os.set_inheritable(handle, False)
    with Connection(handles[0]) as connection, contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        _serve(connection, handles[1])


def _serve(connection: Connection, memory: int) -> None:
    from .registration import make_vector

    try:
        plan: Plan = connection.recv()
        envs = make_vector(plan.what, plan.size, **plan.options)
    except _TELLABLE as error:
        connection.send(("error", error))
        return
    envs.first_number = plan.first
    space = envs.single_observation_space
    shared = SharedRows(space, plan.total, memory) if memory >= 0 and isinstance(space, Dict) else None
    with contextlib.closing(envs):
        connection.send(("ready", None))
        while (order := connection.recv()) is not None:
            try:
                answer = ("done", _obey(envs, order, shared, plan.first))
            except _TELLABLE as error:
                answer = ("error", error)
            connection.send(answer)


def _obey(envs: VectorEnv, order: Sequence[Any], shared: SharedRows | None, first: int) -> Any:
    """The answer to an order: its name and its arguments."""
    name, *arguments = order
    if name == "reset":
        seeds, mask = arguments
        observations, infos = envs.reset(seed=seeds, options=None if mask is None else {"reset_mask": mask})
        nothing = np.zeros(envs.num_envs)
        batch = Batch(observations, nothing, nothing.astype(np.bool_), nothing.astype(np.bool_), infos)
    elif name == "step":
        batch = Batch(*envs.step(arguments[0]))
    elif name == "call":
        return envs.call(arguments[0], *arguments[1], **arguments[2])
    elif name == "set":
        envs.set_attr(*arguments)
        return ()
    else:
        return envs.render()
    if shared is None:
        return batch
    shared.write(batch.observations, first)
    return batch._replace(observations=None)

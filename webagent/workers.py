"""A pool of processes that play episodes, and a parent that outlives whatever happens to them.

A worker that answers too late is ended, one that dies is replaced, and the episode it was at counts as failed; no
episode is dropped. Only a worker that cannot even start ends the whole benchmark.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from webagent.envs.errors import WebAgentError
from webagent.scores import EpisodeResult

START_S = 120.0
"""How long a worker may take to start its browser."""
LEAVE_S = 5.0
"""How long a worker may take to close its browser once it is asked to go."""

Play = Callable[[str, int], EpisodeResult]
OpenLab = Callable[[Any], AbstractContextManager[Play]]


@dataclass
class Job:
    """Episodes of one task, played in order by one worker."""

    task: str
    episodes: deque[int]


STAY = 8
"""Most episodes of one task in a row in one process."""


def turns(task: str, first: int, count: int) -> list[Job]:
    """``count`` episodes of a task from number ``first`` on, cut up so that several processes can share them."""
    end = first + count
    return [Job(task, deque(range(at, min(at + STAY, end)))) for at in range(first, end, STAY)]


def play_all(
    jobs: Sequence[Job], open_lab: OpenLab, settings: Any, processes: int, timeout: float, tick: Callable[[], None]
) -> Iterator[EpisodeResult]:
    """Yield the result of every episode of ``jobs`` as it ends.

    ``open_lab(settings)`` is called in each process and must be importable there. ``timeout``: seconds an episode may
    take. ``tick``: called at least once a second. Raises what a worker raised while starting (``WebAgentError``).
    """
    pool = _Pool(deque(jobs), open_lab, settings, timeout)
    try:
        pool.grow(min(processes, len(jobs)))
        while pool.workers:
            tick()
            yield from pool.poll(1.0)
    finally:
        pool.close()


@dataclass
class _Worker:
    process: Any
    connection: Connection
    deadline: float
    ready: bool = False
    job: Job | None = None


@dataclass
class _Pool:
    pending: deque[Job]
    open_lab: OpenLab
    settings: Any
    timeout: float
    workers: list[_Worker] = field(default_factory=list)

    def grow(self, count: int) -> None:
        context = multiprocessing.get_context("spawn")
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, self.open_lab, self.settings), daemon=False)
            process.start()
            theirs.close()
            self.workers.append(_Worker(process, ours, time.monotonic() + START_S))

    def poll(self, seconds: float) -> Iterator[EpisodeResult]:
        """Wait for news at most ``seconds``; yield the episodes that ended."""
        ready = multiprocessing.connection.wait([w.connection for w in self.workers], seconds)
        for worker in list(self.workers):
            if worker.connection in ready:
                yield from self._hear(worker)
            elif time.monotonic() > worker.deadline:
                yield from self._lose(worker, f"TimedOut: no answer within {self.timeout:g} s; the process was ended")

    def _hear(self, worker: _Worker) -> Iterator[EpisodeResult]:
        try:
            kind, what = worker.connection.recv()
        except (EOFError, OSError):
            worker.process.join(LEAVE_S)
            yield from self._lose(worker, f"BrowserGone: the process died (exit code {worker.process.exitcode})")
            return
        if kind == "broken":
            if not worker.ready:
                raise what
            yield from self._lose(worker, f"{type(what).__name__}: {what}")
            return
        if kind == "done":
            assert worker.job is not None
            worker.job.episodes.popleft()
            yield what
        worker.ready = True
        if worker.job is None or not worker.job.episodes:
            worker.job = self.pending.popleft() if self.pending else None
        if worker.job is None:
            self._dismiss(worker)
            return
        worker.deadline = time.monotonic() + self.timeout
        _tell(worker, (worker.job.task, worker.job.episodes[0]))

    def _lose(self, worker: _Worker, error: str) -> Iterator[EpisodeResult]:
        self._end(worker)
        if not worker.ready:
            raise WebAgentError(f"a worker process could not start: {error}", "try: webagent doctor")
        job = worker.job
        assert job is not None
        yield EpisodeResult(task=job.task, i=job.episodes.popleft(), seed=-1, error=error)
        if job.episodes:
            self.pending.appendleft(job)
        if self.pending:
            self.grow(1)

    def _dismiss(self, worker: _Worker) -> None:
        """Let it close its browser by itself; the pool's end looks whether it did."""
        _tell(worker, None)
        self._end(worker, ask=False)

    def _end(self, worker: _Worker, ask: bool = True) -> None:
        self.workers.remove(worker)
        if ask:
            worker.process.terminate()
        worker.process.join(LEAVE_S)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
        worker.connection.close()

    def close(self) -> None:
        for worker in self.workers:
            worker.process.terminate()
        for worker in list(self.workers):
            self._end(worker)


def _tell(worker: _Worker, message: tuple[str, int] | None) -> None:
    try:
        worker.connection.send(message)
    except (BrokenPipeError, ConnectionResetError):
        pass  # it has died; the next poll hears the end of its pipe


def _work(connection: Connection, open_lab: OpenLab, settings: Any) -> None:
    """What a worker process does: tell that it is ready, then play what it is told."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle; it ends us in order
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    try:
        with open_lab(settings) as play:
            connection.send(("ready", None))
            while (order := connection.recv()) is not None:
                connection.send(("done", play(*order)))
    except WebAgentError as error:
        connection.send(("broken", error))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass  # the parent is gone

"""Processes that play, several contexts each, for one learner that decides for all of them.

    with Actors(playing, processes=4) as actors:
        actors.order(slot, Begin(task, seed))
        for news in actors.news():                  # waits for the first, gives all that are there
            actors.order(news.slot, decide(news.segment))

Observations are read into segments where they are made, so that the learner only looks and decides. A process that
dies or does not answer is replaced, and the episodes in it are told as lost.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.connection
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, NamedTuple, Protocol, Self

from webagent.envs.errors import WebAgentError
from webagent.models.config import PolicyConfig
from webagent.models.segment import Segment, read_observation
from webagent.models.words import Words

from .arena import Begin, Obey, Order, Playing, Seen, Tell, open_arena

START_S = 120.0
"""How long a process may take to start its browser."""
ANSWER_S = 120.0
"""How long an order may take; the environments' own limits are well below it."""
LEAVE_S = 10.0
MOST_DEATHS = 3
"""How often in a row a process may die before any answer."""

OpenArena = Callable[[Playing, Tell], AbstractContextManager[Obey]]


class News(NamedTuple):
    """``Seen``, as the policy reads it."""

    slot: int
    segment: Segment | None
    success: bool = False
    terminated: bool = False
    truncated: bool = False
    lost: str = ""


class Player(Protocol):
    """What a learner needs of its actors; ``Actors`` is one. ``slots``: how many episodes are under way."""

    slots: int

    def order(self, slot: int, order: Order) -> None: ...

    def news(self) -> list[News]: ...


@dataclass
class _Worker:
    """``pending``: slots with an order that is not answered, and since when. ``gone``: slots whose episode ended with a
    process before this one."""

    first: int
    process: Any
    connection: Connection
    ready: bool = False
    deaths: int = 0
    pending: dict[int, float] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)


class Actors:
    """``open_arena`` is called in each process and must be importable there. One thread at a time may use them."""

    def __init__(self, playing: Playing, processes: int, open_arena: OpenArena = open_arena) -> None:
        self.slots = processes * playing.contexts
        self._playing, self._open = playing, open_arena
        self._lost: list[News] = []
        self._workers = [self._started(n * playing.contexts) for n in range(processes)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pids(self) -> list[int]:
        return [worker.process.pid for worker in self._workers]

    def order(self, slot: int, order: Order) -> None:
        """Begin an episode in a slot, or act in it; the answer comes as news."""
        number = slot // self._playing.contexts
        worker = self._workers[number]
        if isinstance(order, Begin):
            worker.gone.discard(slot)
        if slot in worker.gone:
            self._lost.append(News(slot, None, lost="the actor's process died"))
            return
        worker.pending[slot] = time.monotonic()
        with contextlib.suppress(OSError):  # its end is heard by ``news``
            worker.connection.send((slot - worker.first, order))

    def news(self) -> list[News]:
        """At least one answer; [] if no order is under way. Raises ``WebAgentError`` if a process cannot start."""
        found: list[News] = []
        while not found:
            found, self._lost = self._lost, []
            busy = [worker for worker in self._workers if worker.pending]
            if not busy:
                break
            heard = multiprocessing.connection.wait([w.connection for w in busy], 0.0 if found else 1.0)
            for worker in busy:
                if worker.connection in heard:
                    self._hear(worker, found)
                elif self._is_late(worker):
                    self._replace(worker, "did not answer in time")
        return found

    def close(self) -> None:
        """Have every process close its browser and end; may be called twice."""
        for worker in self._workers:
            with contextlib.suppress(OSError):
                worker.connection.send(None)
        end = time.monotonic() + LEAVE_S
        for worker in self._workers:
            _end(worker, max(0.1, end - time.monotonic()))
        self._workers = []

    def _started(self, first: int) -> _Worker:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, self._open, self._playing), daemon=False)
        process.start()
        theirs.close()
        return _Worker(first, process, ours)

    def _hear(self, worker: _Worker, found: list[News]) -> None:
        try:
            while worker.connection.poll():
                kind, what = worker.connection.recv()
                if kind == "broken" and not worker.ready:
                    raise what
                worker.ready = True
                if kind == "news":
                    worker.deaths = 0
                    slot = worker.first + what.slot
                    worker.pending.pop(slot)
                    found.append(what._replace(slot=slot))
        except (EOFError, OSError):
            self._replace(worker, "died")

    def _is_late(self, worker: _Worker) -> bool:
        return time.monotonic() - min(worker.pending.values()) > ANSWER_S + (0 if worker.ready else START_S)

    def _replace(self, worker: _Worker, how: str) -> None:
        """Another process in its place; all its episodes are over."""
        code = _end(worker, 0.0)
        fault = f"the actor's process {how} (exit code {code})"
        if worker.deaths + 1 >= MOST_DEATHS:
            raise WebAgentError(f"{fault}, {MOST_DEATHS} times in a row", "try: webagent doctor")
        self._lost += [News(slot, None, lost=fault) for slot in worker.pending]
        new = self._started(worker.first)
        slots = set(range(worker.first, worker.first + self._playing.contexts))
        new.deaths, new.gone = worker.deaths + 1, slots - set(worker.pending)
        self._workers[self._workers.index(worker)] = new


def _end(worker: _Worker, patience: float) -> int | None:
    worker.process.join(patience)
    if worker.process.is_alive():
        worker.process.kill()  # its browser is ended by the watcher that it started
        worker.process.join()
    worker.connection.close()
    code: int | None = worker.process.exitcode
    return code


# ---- in the process -----------------------------------------------------------------------------------------------


def _work(connection: Connection, open_arena: OpenArena, playing: Playing) -> None:
    """Obey orders until None or the end of the pipe comes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the learner's to handle; it ends us in order
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    words = Words.of_text(playing.tokenizer)
    answers: queue.SimpleQueue[tuple[int, Seen] | None] = queue.SimpleQueue()
    last: dict[int, Order] = {}
    try:
        with open_arena(playing, lambda slot, seen: answers.put((slot, seen))) as obey:
            connection.send(("ready", None))
            threading.Thread(target=_listen, args=(connection, obey, answers, last), daemon=True).start()
            while (answer := answers.get()) is not None:
                slot, seen = answer
                connection.send(("news", read_news(slot, seen, last[slot], words, playing.config)))
    except WebAgentError as error:
        connection.send(("broken", error))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass  # the learner is gone


def read_news(slot: int, seen: Seen, order: Order, words: Words, config: PolicyConfig) -> News:
    """What came of an order, as the policy reads it."""
    segment = None
    if seen.observation is not None:
        last = None if isinstance(order, Begin) else order
        segment = read_observation(seen.observation, words, config, last)
    return News(slot, segment, *seen[1:])


def _listen(connection: Connection, obey: Obey, answers: Any, last: dict[int, Order]) -> None:
    """Hand on orders as they come; at the end, or where the browser is gone, the process is to end."""
    try:
        while (told := connection.recv()) is not None:
            slot, order = told
            last[slot] = order
            obey(slot, order)
    except (EOFError, OSError, WebAgentError):
        pass
    answers.put(None)

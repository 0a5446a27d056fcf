"""The actors on a Ray cluster: the same as ``actors``, on as many machines as there are.

    with RayActors(playing, 8, "auto") as actors:                     # or "HOST:PORT", "ray://HOST:PORT"
        actors.order(slot, Begin(task, seed))

An order is one remote call, its answer the call's. Every machine needs this package, and a browser of its own. An actor
that dies or does not answer is replaced, somewhere, and the episodes in it are told as lost.
"""

from __future__ import annotations

import queue
import socket
import time
from contextlib import ExitStack
from typing import Any, Self

from webagent.envs.errors import UsageError, WebAgentError
from webagent.models.words import Words

from .actors import ANSWER_S, MOST_DEATHS, START_S, News, OpenArena, read_news
from .arena import Begin, Order, Playing, Seen, open_arena

CONNECT_S = 10.0


class Seat:
    """What Ray runs in a process of its own: an arena. ``turn`` may be called for several slots at the same time."""

    def __init__(self, playing: Playing, open_arena: OpenArena) -> None:
        self._playing, self._open = playing, open_arena
        self._words = Words.of_text(playing.tokenizer)
        self._answers: list[queue.SimpleQueue[Seen]] = [queue.SimpleQueue() for _ in range(playing.contexts)]
        self._last: list[Order | None] = [None] * playing.contexts
        self._arena = ExitStack()

    def open(self) -> WebAgentError | None:
        """Start the browser; gives what keeps it from starting."""
        try:
            arena = self._open(self._playing, lambda slot, seen: self._answers[slot].put(seen))
            self._obey = self._arena.enter_context(arena)
        except WebAgentError as error:
            return error
        return None

    def turn(self, slot: int, order: Order) -> News:
        """Do it, and wait for what comes of it. Raises ``BrowserGone``."""
        self._last[slot] = order
        self._obey(slot, order)
        return read_news(slot, self._answers[slot].get(), order, self._words, self._playing.config)

    def close(self) -> None:
        self._arena.close()


class RayActors:
    """A ``Player``. ``address``: of the cluster, as Ray takes it. One thread at a time may use it.

    Raises ``UsageError`` where Ray is not installed or no cluster answers, ``WebAgentError`` where an actor cannot
    start.
    """

    def __init__(self, playing: Playing, actors: int, address: str, open_arena: OpenArena = open_arena) -> None:
        self._ray = _joined(address)
        self.slots = actors * playing.contexts
        self._playing, self._open = playing, open_arena
        self._lost: list[News] = []
        self._pending: dict[Any, tuple[int, float]] = {}  # of a call: the slot, and since when
        self._gone: set[int] = set()
        self._deaths = [0] * actors
        self._seats: list[Any] = []
        opened = [self._started() for _ in range(actors)]
        self._seats = [seat for seat, _ in opened]
        for _, call in opened:
            self._check_open(call)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def order(self, slot: int, order: Order) -> None:
        """Begin an episode in a slot, or act in it; the answer comes as news."""
        if isinstance(order, Begin):
            self._gone.discard(slot)
        if slot in self._gone:
            self._lost.append(News(slot, None, lost="the actor died"))
            return
        number, own = divmod(slot, self._playing.contexts)
        self._pending[self._seats[number].turn.remote(own, order)] = (slot, time.monotonic())

    def news(self) -> list[News]:
        """At least one answer; [] if no order is under way. Raises ``WebAgentError`` if an actor cannot start."""
        found: list[News] = []
        while not found:
            found, self._lost = self._lost, []
            if not self._pending:
                break
            calls = list(self._pending)
            heard, _ = self._ray.wait(calls, num_returns=len(calls), timeout=0)
            if not heard and not found:
                heard, _ = self._ray.wait(calls, num_returns=1, timeout=1.0)
            for call in heard:
                self._hear(call, found)
            for call, (slot, since) in list(self._pending.items()):
                if call in self._pending and time.monotonic() - since > ANSWER_S:
                    self._replace(slot // self._playing.contexts, "did not answer in time")
        return found

    def close(self) -> None:
        """Have every actor close its browser and end; may be called twice."""
        seats, self._seats, self._pending = self._seats, [], {}
        calls = [seat.close.remote() for seat in seats]
        if calls:
            self._ray.wait(calls, num_returns=len(calls), timeout=10.0)
        for seat in seats:
            self._ray.kill(seat)

    def _started(self) -> tuple[Any, Any]:
        options = {"max_concurrency": self._playing.contexts + 1, "scheduling_strategy": "SPREAD"}
        seat = self._ray.remote(Seat).options(num_cpus=1, **options).remote(self._playing, self._open)
        return seat, seat.open.remote()

    def _check_open(self, call: Any) -> None:
        try:
            fault = self._ray.get(call, timeout=START_S)
        except self._ray.exceptions.GetTimeoutError:
            raise WebAgentError(
                f"an actor did not start within {START_S:g} s", "each needs a free processor in the cluster: ray status"
            ) from None
        except self._ray.exceptions.RayActorError as error:
            raise WebAgentError(f"an actor died as it started: {_line(error)}", "try there: webagent doctor") from error
        if fault is not None:
            raise fault

    def _hear(self, call: Any, found: list[News]) -> None:
        if call not in self._pending:  # of an actor that was replaced meanwhile
            return
        slot = self._pending[call][0]
        number = slot // self._playing.contexts
        try:
            news = self._ray.get(call)
        except (self._ray.exceptions.RayActorError, self._ray.exceptions.RayTaskError) as error:
            self._replace(number, f"died: {_line(error)}")
            return
        del self._pending[call]
        self._deaths[number] = 0
        found.append(news._replace(slot=slot))

    def _replace(self, number: int, how: str) -> None:
        """Another actor in its place; all its episodes are over."""
        self._ray.kill(self._seats[number])
        fault = f"an actor {how}"
        self._deaths[number] += 1
        if self._deaths[number] >= MOST_DEATHS:
            raise WebAgentError(f"{fault}, {MOST_DEATHS} times in a row", "try: ray status")
        first = number * self._playing.contexts
        own = set(range(first, first + self._playing.contexts))
        asked = {call for call, (slot, _) in self._pending.items() if slot in own}
        waiting = {self._pending.pop(call)[0] for call in asked}
        self._lost += [News(slot, None, lost=fault) for slot in sorted(waiting)]
        self._gone |= own - waiting
        self._seats[number], call = self._started()
        self._check_open(call)


def _joined(address: str) -> Any:
    """Ray, joined with the cluster. Raises ``UsageError``."""
    try:
        import ray
    except ImportError:
        raise UsageError("expected Ray for --ray, found none", "pip install 'webagent[ray]'") from None
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        if port.isdecimal():  # Ray itself would try for minutes
            socket.create_connection((host, int(port)), CONNECT_S).close()
        ray.init(address=address, ignore_reinit_error=True, log_to_driver=False, configure_logging=False)
    except (OSError, ValueError) as error:
        found = f"expected a Ray cluster at {address!r}, found none: {_line(error)}"
        raise UsageError(found, "begin one: ray start --head") from None
    return ray


def _line(error: Exception) -> str:
    """The last line of what Ray tells, which is the error itself."""
    return (str(error).strip() or type(error).__name__).splitlines()[-1].strip()

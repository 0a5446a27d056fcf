"""The allow-list, enforced where no page can reach around it: a small forward proxy on loopback.

    async with Proxy(AllowList.for_site("https://example.com/")) as proxy:
        context = await browser.new_context(**context_options(proxy))
        ...
        proxy.take_blocked()      # what was stopped since the last call

One proxy is one policy on one port, in the event loop of the caller. Chromium sends everything of that context
through it: http as absolute-form requests, https and WebSockets as CONNECT tunnels (never opened up: no certificate
of ours, no reading of what is inside). A name is resolved here, the address checked, and that very address
connected to, so a name cannot change its meaning in between.

One connection carries one request, so an answer is passed on byte by byte up to its end, whatever its framing. What
was blocked gets 403 and ``x-webagent-blocked: host``; what could not be reached 502 or 504 and ``x-webagent-failed:
reason``. A tunnel shows neither to the page: Chromium reports ERR_TUNNEL_CONNECTION_FAILED.

Not covered: proxies that the environment names (``HTTPS_PROXY``), and ``file:`` pages, which never touch the network.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
import weakref
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from .allowlist import AllowList, Place, is_public, normal_address
from .http_messages import Request, for_client, page, parse_request, parse_status

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Name and port to IP addresses, best first; raises ``OSError`` where there are none."""

_HEAD_BYTES = 64 * 1024
_PIECE_BYTES = 256 * 1024
_Peer = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Blocked:
    """One request that was stopped. ``time``: s since the epoch. ``url``: without query and fragment, where typed
    values would show; ``host:port`` for a tunnel."""

    time: float
    url: str
    host: str
    reason: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that the proxy waits: for a request's head; for a connection, and for each address but the last; with
    no byte in either direction; for a client to read the end of an answer."""

    head: float = 60.0
    connect: float = 15.0
    each_address: float = 4.0
    idle: float = 300.0
    linger: float = 2.0


_RUNNING: weakref.WeakSet[Proxy] = weakref.WeakSet()


class Proxy:
    """A listening policy. ``resolve`` replaces the system's name resolution."""

    def __init__(self, allow: AllowList, resolve: Resolver | None = None, limits: Limits | None = None) -> None:
        self.allow = allow
        self.blocked: deque[Blocked] = deque(maxlen=1000)
        self._resolve = resolve or _system_resolver
        self._limits = limits or Limits()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._lies_inside: dict[str, bool] = {}

    @property
    def server(self) -> str:
        """``http://127.0.0.1:PORT``, as Playwright's ``proxy={"server": …}`` wants it."""
        if self._server is None:
            raise RuntimeError("expected a running proxy; await start() first")
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def start(self) -> Proxy:
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=_HEAD_BYTES, backlog=512)
            _RUNNING.add(self)
        return self

    async def close(self) -> None:
        """Stop listening and drop every connection. Twice is fine."""
        server, self._server = self._server, None
        _RUNNING.discard(self)
        if server is None:
            return
        server.close()
        for task in (tasks := list(self._tasks)):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()

    async def __aenter__(self) -> Proxy:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def take_blocked(self) -> list[Blocked]:
        """What was stopped since the last call (the newest 1000)."""
        taken = list(self.blocked)
        self.blocked.clear()
        return taken

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        writers = [writer]
        try:
            await self._serve((reader, writer), writers)
            async with asyncio.timeout(self._limits.linger):
                for each in writers:
                    each.close()
                    await each.wait_closed()
        except (OSError, EOFError, asyncio.CancelledError):  # a peer went away or hangs, or close() was called
            pass
        finally:
            self._tasks.discard(task)
            for each in writers:
                each.transport.abort()

    async def _serve(self, client: _Peer, writers: list[asyncio.StreamWriter]) -> None:
        try:
            async with asyncio.timeout(self._limits.head):
                request = parse_request(await client[0].readuntil(b"\r\n\r\n"))
        except asyncio.LimitOverrunError:
            return await self._say(client, page(431, "the head of the request is too large"))
        except ValueError as error:
            return await self._say(client, page(400, str(error)))
        try:
            upstream = await self._connect(request.place)
        except _NotAllowed as error:
            self.blocked.append(Blocked(time.time(), request.shown, request.place.host, str(error)))
            return await self._say(client, page(403, str(error), request.place))
        except _Unreachable as error:
            return await self._say(client, page(error.status, str(error)))
        writers.append(upstream[1])
        line = _Line(self._limits.idle)
        if request.tunnel:
            client[1].write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            up, down = line.pipe(client[0], upstream[1]), line.pipe(upstream[0], client[1])
            return await _first_of(line.gone_quiet(), up, down)
        upstream[1].write(request.for_server())
        up, down = _upload(line, request, client, upstream), _answer(line, request, client, upstream)
        await _first_of(line.gone_quiet(), up, down)
        if not line.answered:
            client[1].write(page(504, f"{request.place} did not answer"))
        await self._linger(client)

    async def _connect(self, place: Place) -> _Peer:
        reason = self.allow.verdict_host(place.host, place.port)
        if reason:
            raise _NotAllowed(reason)
        try:
            async with asyncio.timeout(self._limits.connect):
                return await self._connect_any(place.port, self._checked(place, await self._addresses(place)))
        except TimeoutError:
            raise _Unreachable(504, f"{place} did not answer within {self._limits.connect:g} s") from None
        except OSError as error:
            raise _Unreachable(502, f"{place} could not be reached: {error.strerror or error}") from None

    async def _addresses(self, place: Place) -> Sequence[str]:
        try:
            return [str(normal_address(place.host))]
        except ValueError:  # a name
            addresses = await self._resolve(place.host, place.port)
        if not addresses:
            raise OSError("the name has no address") from None
        return addresses

    def _checked(self, place: Place, addresses: Sequence[str]) -> list[str]:
        """The addresses that may be connected to; raises ``_NotAllowed`` if none may.

        A host that the list names may lie in the inner network, but one that was first seen on the public internet,
        if only with one of its addresses, may not move there later (DNS rebinding).
        """
        verdicts = [self.allow.verdict_address(place.host, place.port, a) for a in addresses]
        allowed = [a for a, reason in zip(addresses, verdicts, strict=True) if reason is None]
        inside = [a for a in allowed if not is_public(normal_address(a))]
        only_inside = len(inside) == len(allowed)
        if allowed and not self.allow.everything and not self._lies_inside.setdefault(place.host, only_inside):
            allowed = [a for a in allowed if a not in inside]
            verdicts += [f"{place.host} was on the public internet and now leads to {a}" for a in inside]
        if not allowed:
            raise _NotAllowed(next(v for v in verdicts if v))
        return allowed

    async def _connect_any(self, port: int, addresses: list[str]) -> _Peer:
        for address in addresses[:-1]:
            with contextlib.suppress(OSError):  # TimeoutError is one
                async with asyncio.timeout(self._limits.each_address):
                    return await asyncio.open_connection(address, port, limit=_HEAD_BYTES)
        return await asyncio.open_connection(addresses[-1], port, limit=_HEAD_BYTES)

    async def _say(self, client: _Peer, answer: bytes) -> None:
        client[1].write(answer)
        await self._linger(client)

    async def _linger(self, client: _Peer) -> None:
        """Let the client read to the end: closing on top of an unread upload would reset the connection."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._limits.linger):
                await client[1].drain()
                client[1].write_eof()
                while await client[0].read(_PIECE_BYTES):
                    pass


class _NotAllowed(Exception):
    pass


class _Unreachable(Exception):
    def __init__(self, status: int, line: str) -> None:
        super().__init__(line)
        self.status = status


class _Line:
    """One client and one server, talking: when the last byte passed, and whether an answer has begun."""

    def __init__(self, idle: float) -> None:
        self.answered = False
        self._idle = idle
        self._clock = asyncio.get_running_loop().time
        self._last = self._clock()

    async def gone_quiet(self) -> None:
        """Returns once no byte has passed in either direction for ``idle`` seconds."""
        while (left := self._last + self._idle - self._clock()) > 0:
            await asyncio.sleep(left)

    async def pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(_PIECE_BYTES):
            await self.send(writer, data)

    async def send(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        self._last = self._clock()
        writer.write(data)
        await writer.drain()

    async def exactly(self, size: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while size:
            data = await reader.read(min(size, _PIECE_BYTES))
            if not data:
                raise EOFError
            await self.send(writer, data)
            size -= len(data)


async def close_running() -> None:
    """Close every proxy that still runs on this loop, because the loop is about to end."""
    for proxy in list(_RUNNING):
        if proxy._server is not None and proxy._server.get_loop() is asyncio.get_running_loop():
            await proxy.close()


async def _system_resolver(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def _first_of(*ways: Coroutine[Any, Any, None]) -> None:
    """Run until one of them ends, then end the others. A broken connection is an end like any other."""
    tasks = [asyncio.ensure_future(way) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, (OSError, EOFError, ValueError)):
            raise result


async def _upload(line: _Line, request: Request, client: _Peer, upstream: _Peer) -> None:
    """Copy just this request's body, then return once the client is gone. Raises ``ValueError`` for a bad chunk."""
    if request.upgrade:
        return await line.pipe(client[0], upstream[1])
    if request.chunked:
        await _upload_chunks(line, client[0], upstream[1])
    else:
        await line.exactly(request.length, client[0], upstream[1])
    while await client[0].read(_PIECE_BYTES):
        pass


async def _upload_chunks(line: _Line, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    size = 1
    while size:
        head = await reader.readuntil(b"\r\n")
        digits = head.partition(b";")[0].strip()
        if not 0 < len(digits) <= 15 or digits.strip(b"0123456789abcdefABCDEF"):
            raise ValueError(f"expected the size of a chunk, found {digits[:20]!r}")
        size = int(digits, 16)
        await line.send(writer, b"%x\r\n" % size)
        await line.exactly(size + 2 if size else 0, reader, writer)
    while head != b"\r\n":  # trailers, up to the empty line
        head = await reader.readuntil(b"\r\n")
        await line.send(writer, head)


async def _answer(line: _Line, request: Request, client: _Peer, upstream: _Peer) -> None:
    """Pass on interim heads, the head and the body, up to the server's end."""
    switched, status = False, 100
    while status < 200 and not switched:
        try:
            head = await upstream[0].readuntil(b"\r\n\r\n")
            status = parse_status(head)
            switched = status == 101 and request.upgrade
            await line.send(client[1], head if status < 200 else for_client(head))
        except (EOFError, ValueError, asyncio.LimitOverrunError):
            line.answered = True
            client[1].write(page(502, f"{request.place} answered in no HTTP or not at all"))
            return
    line.answered = True
    await line.pipe(upstream[0], client[1])

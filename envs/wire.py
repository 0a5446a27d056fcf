"""Our own way to Chromium: one pipe, shared with Playwright's driver.

    wire = Wire(folder, executable)
    meeting = asyncio.ensure_future(wire.meet())
    native = await playwright.chromium.launch(executable_path=wire.program, …); await meeting
    channel = await wire.attach(target_id)
    await channel.send("Runtime.evaluate", {"expression": "1"})

Playwright starts ``hand_over`` in the browser's place, which sends us both ends of the driver's pipes. From then on its
messages are passed on as they are, and ours go beside them: no JSON in between, no port on the machine that others
could open. What belongs to whom is told by the session at the end of every message of Chromium's, so nothing is read
that is not ours. Protocol: https://chromedevtools.github.io/devtools-protocol/ (flat sessions; messages end in NUL).
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import os
import shlex
import socket
import sys
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from .hand_over import HANDLES

if TYPE_CHECKING:
    from playwright.async_api import Browser, Frame, Page

Handler = Callable[[dict[str, Any]], object]
Share = Callable[["Browser"], Awaitable[None]]
SESSION_LENGTH = 32  # hex digits, as Chromium writes them
FIRST = 2_000_000_000  # number of our one message outside of sessions; the driver counts from 1
_encode = json.JSONEncoder(separators=(",", ":")).encode
ROOT = "Target.attachToBrowserTarget"
GONE = "the browser or its page has been closed"
_wires: weakref.WeakKeyDictionary[Browser, Wire] = weakref.WeakKeyDictionary()


class Channel(Protocol):
    """A protocol session with one page or frame: ours, or Playwright's ``CDPSession``."""

    async def send(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """The answer. Raises Playwright's ``Error`` where the protocol does, or the target is gone."""
        ...

    def on(self, event: Any, f: Any) -> None:
        """Call ``f`` with the parameters of every event of that name."""
        ...

    def remove_listener(self, event: str, f: Any) -> None: ...


class WireChannel:
    """A protocol session of ours; made by ``Wire.attach``."""

    def __init__(self, wire: Wire, session: bytes) -> None:
        self._wire = wire
        self._tail = b',"sessionId":"' + session + b'"}\0'
        self._numbers = count(1)
        self._asked: dict[int, tuple[str, asyncio.Future[dict[str, Any]]]] = {}
        self._handlers: dict[bytes, list[Handler]] = {}
        self.session = session
        self.closed = False

    async def send(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        if self.closed:
            raise _error(method, GONE)
        number = next(self._numbers)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._asked[number] = method, answer
        self._wire.write(f'{{"id":{number},"method":"{method}","params":{_encode(params or {})}', self._tail)
        return await answer

    def on(self, event: str, f: Handler) -> None:
        self._handlers.setdefault(event.encode(), []).append(f)

    def remove_listener(self, event: str, f: Handler) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self._handlers[event.encode()].remove(f)

    def hear(self, message: bytes) -> None:
        """Take one message of Chromium's; events that nobody listens to are not even read."""
        if message.startswith(b'{"method":"'):
            name = message[11 : message.index(b'"', 11)]
            if name in self._handlers:
                params = json.loads(message.decode())["params"]
                for handler in list(self._handlers[name]):
                    asyncio.get_running_loop().call_soon(handler, params)
            return
        data = json.loads(message.decode())
        method, answer = self._asked.pop(data.get("id"), ("", None))
        if answer is None or answer.done():
            return
        if "error" in data:
            answer.set_exception(_error(method, str(data["error"].get("message", ""))))
        else:
            answer.set_result(data["result"])

    def end(self) -> None:
        """The target is gone: nothing more is answered."""
        self.closed = True
        asked, self._asked = self._asked, {}
        for method, answer in asked.values():
            if not answer.done():
                answer.set_exception(_error(method, GONE))


class Wire:
    """The pipe of one browser process. ``program``: what is to be started instead of the browser.

    Raises ``OSError`` where this system cannot hand pipes over, or nothing can be started from ``folder``.
    """

    def __init__(self, folder: str, executable: str | os.PathLike[str]) -> None:
        if not hasattr(socket, "send_fds"):
            raise OSError("pipes cannot be handed over on this system")
        meeting, program = Path(folder, "wire"), Path(folder, "browser")
        meeting.unlink(missing_ok=True)
        script = [sys.executable, "-I", "-S", str(Path(__file__).with_name("hand_over.py")), meeting, executable]
        program.write_text(f'#!/bin/sh\nexec {" ".join(shlex.quote(str(w)) for w in script)} "$@"\n', encoding="utf8")
        program.chmod(0o700)
        if not os.access(program, os.X_OK):
            raise OSError(f"{folder} lies where nothing may be started")
        self.program = program
        self._meeting = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._meeting.setblocking(False)
        try:
            self._meeting.bind(str(meeting))  # an OSError, too, where the path is too long
        except OSError:
            self._meeting.close()
            raise
        self._to_browser: asyncio.WriteTransport | None = None
        self._to_driver: asyncio.WriteTransport | None = None
        self._readers: list[asyncio.ReadTransport] = []
        self._outgoing: list[bytes] = []
        self._channels: dict[bytes, WireChannel] = {}
        self._root: asyncio.Future[WireChannel] | None = None

    async def meet(self) -> None:
        """Wait until the browser is being started, and take its pipes; cancelled, it leaves nothing open."""
        loop = asyncio.get_running_loop()
        here = asyncio.Event()
        loop.add_reader(self._meeting, here.set)
        try:
            await here.wait()
            handles = socket.recv_fds(self._meeting, 1, HANDLES)[1]
        finally:
            loop.remove_reader(self._meeting)
            self._meeting.close()
        for handle in handles:
            os.set_inheritable(handle, False)
        files = [os.fdopen(handle, mode, 0) for handle, mode in zip(handles, ("rb", "wb", "wb", "rb"), strict=True)]
        self._to_driver, _ = await loop.connect_write_pipe(lambda: _Writer(self.close), files[1])
        self._to_browser, _ = await loop.connect_write_pipe(lambda: _Writer(self.close), files[2])
        for file, take in ((files[3], self._from_browser), (files[0], self._from_driver)):
            self._readers.append((await loop.connect_read_pipe(functools.partial(_Reader, take, self.close), file))[0])

    def write(self, head: str, tail: bytes) -> None:
        """Send one message of ours, together with what else is sent in this round of the loop."""
        if not self._outgoing:
            asyncio.get_running_loop().call_soon(self._flush)
        self._outgoing += (head.encode(), tail)

    def _flush(self) -> None:
        outgoing, self._outgoing = self._outgoing, []
        if self._to_browser is not None:
            self._to_browser.write(b"".join(outgoing))

    def _from_driver(self, messages: list[bytes]) -> None:
        if self._to_browser is not None:
            self._to_browser.write(b"\0".join([*messages, b""]))

    def _from_browser(self, messages: list[bytes]) -> None:
        theirs = [message for message in messages if not self._is_ours(message)]
        if theirs and self._to_driver is not None:
            self._to_driver.write(b"\0".join([*theirs, b""]))

    def _is_ours(self, message: bytes) -> bool:
        """Take a message of one of our sessions."""
        channel = self._channels.get(message[-SESSION_LENGTH - 2 : -2])
        if channel is None:
            return self._is_root(message)
        if message.startswith((b'{"method":"Target.attachedToTarget"', b'{"method":"Target.detachedFromTarget"')):
            event = json.loads(message)
            session = str(event["params"]["sessionId"]).encode()
            if event["method"] == "Target.attachedToTarget":
                self._channels[session] = WireChannel(self, session)
            elif session in self._channels:
                self._channels.pop(session).end()
        channel.hear(message)
        return True

    def _is_root(self, message: bytes) -> bool:
        """Take the answer to our one message outside of sessions, which asks for one with the browser itself."""
        if self._root is None or self._root.done() or not message.startswith(b'{"id":%d,' % FIRST):
            return False
        data = json.loads(message)
        if "error" in data:
            self._root.set_exception(_error(ROOT, str(data["error"].get("message", ""))))
            return True
        session = str(data["result"]["sessionId"]).encode()
        self._channels[session] = WireChannel(self, session)
        self._root.set_result(self._channels[session])
        return True

    async def _ask_root(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Ask the browser itself, in a session beside the driver's: what we attach to is none of its business."""
        if self._to_browser is None:
            raise _error(method, GONE)
        if self._root is None:
            self._root = asyncio.get_running_loop().create_future()
            self.write(f'{{"id":{FIRST},"method":"{ROOT}"', b"}\0")
        root = await asyncio.shield(self._root)
        return await root.send(method, params)

    async def attach(self, target: str) -> WireChannel:
        """A session with a page or frame by its target's id. Raises Playwright's ``Error`` if there is none."""
        answer = await self._ask_root("Target.attachToTarget", {"targetId": target, "flatten": True})
        channel = self._channels.get(str(answer["sessionId"]).encode())
        if channel is None:
            raise _error("Target.attachToTarget", GONE)
        return channel

    @property
    def open(self) -> bool:
        return self._to_browser is not None

    def close(self) -> None:
        """One side is gone: let the other know, and answer what was asked. May be called twice."""
        for transport in (self._to_browser, self._to_driver, *self._readers):
            if transport is not None:
                transport.close()
        self._to_browser = self._to_driver = None
        self._readers = []
        channels, self._channels = self._channels, {}
        for channel in channels.values():
            channel.end()
        if self._root is not None and not self._root.done():
            self._root.set_exception(_error(ROOT, GONE))


class _Writer(asyncio.BaseProtocol):
    def __init__(self, on_end: Callable[[], None]) -> None:
        self._on_end = on_end

    def connection_lost(self, exc: Exception | None) -> None:
        self._on_end()


class _Reader(asyncio.Protocol):
    """Cuts what arrives into messages."""

    def __init__(self, on_messages: Callable[[list[bytes]], None], on_end: Callable[[], None]) -> None:
        self._on_messages = on_messages
        self._on_end = on_end
        self._begun = bytearray()

    def data_received(self, data: bytes) -> None:
        *whole, rest = data.split(b"\0")
        if whole and self._begun:
            whole[0] = bytes(self._begun) + whole[0]
            self._begun.clear()
        self._begun += rest
        if whole:
            self._on_messages(whole)

    def connection_lost(self, exc: Exception | None) -> None:
        self._on_end()


def _error(method: str, message: str) -> Exception:
    from playwright.async_api import Error

    return Error(f"Protocol error ({method}): {message}")


@contextlib.asynccontextmanager
async def shared_pipe(folder: str, executable: Path) -> AsyncIterator[tuple[Path, Share]]:
    """What to start instead of ``executable``, and what to call with the browser that came of it.

    Where pipes cannot be shared it is the browser itself, and sessions go through the driver.
    """
    try:
        wire = Wire(folder, executable)
    except OSError:
        wire = None
    meeting = asyncio.ensure_future(wire.meet()) if wire is not None else None

    async def share(native: Browser) -> None:
        if wire is not None and meeting is not None:
            await meeting
            _wires[native] = wire

    try:
        yield (wire.program if wire is not None else executable), share
    except BaseException:
        if wire is not None and meeting is not None:
            meeting.cancel()
            await asyncio.wait({meeting})
            wire.close()
        raise


async def open_channel(of: Page | Frame) -> tuple[Channel, str]:
    """A protocol session with a page, or with a frame that has a process of its own, and the id of its target.

    Over our own wire if there is one. Raises Playwright's ``Error`` where there is no such target.
    """
    page = of if hasattr(of, "context") else of.page
    session = await page.context.new_cdp_session(of)
    info = await session.send("Target.getTargetInfo")  # the browser's own answer: the frame may hang
    target = str(info["targetInfo"]["targetId"])
    wire = _wires.get(page.context.browser) if page.context.browser is not None else None
    if wire is None:
        return session, target
    channel = await wire.attach(target)
    await session.detach()
    return channel, target


def is_connected(native: Browser) -> bool:
    """The browser is there; Playwright may not have heard yet that it is not."""
    wire = _wires.get(native)
    return native.is_connected() and (wire is None or wire.open)


async def cut(native: Browser) -> None:
    """Close the wire of a browser that is no longer needed, before its loop ends."""
    wire = _wires.pop(native, None)
    if wire is not None:
        wire.close()
        await asyncio.sleep(0)  # what was closed is let go in the loop's next round

"""The pipe that we share with Playwright's driver: whose message is whose, and what happens when an end breaks off."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from webagent.envs import wire
from webagent.envs.browser import Browser
from webagent.envs.session import Options, Session
from webagent.envs.wire import Wire, WireChannel, _Reader, is_connected, open_channel


def test_messages_are_cut_out_of_whatever_pieces_arrive() -> None:
    heard: list[bytes] = []
    reader = _Reader(heard.extend, lambda: None)
    for piece in (b"on", b"e\0two\0th", b"r", b"ee", b"\0", b"four\0"):
        reader.data_received(piece)
    assert heard == [b"one", b"two", b"three", b"four"]


class _Silent:
    """A wire that sends nothing."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def write(self, head: str, tail: bytes) -> None:
        self.sent.append(json.loads(head.encode() + tail[:-1]))


def test_a_channel_matches_answers_and_reads_only_events_that_somebody_wants() -> None:
    from playwright.async_api import Error

    async def talk() -> None:
        silent = _Silent()
        channel = WireChannel(silent, b"S" * 32)  # type: ignore[arg-type]
        asked = [asyncio.ensure_future(channel.send(method, {"n": 1})) for method in ("A.one", "A.two", "A.three")]
        await asyncio.sleep(0)
        assert [m["method"] for m in silent.sent] == ["A.one", "A.two", "A.three"]
        assert {m["sessionId"] for m in silent.sent} == {"S" * 32}
        numbers = [m["id"] for m in silent.sent]
        channel.hear(b'{"id":%d,"result":{"a":2}}' % numbers[1])
        channel.hear(b'{"id":%d,"error":{"code":1,"message":"no such thing"}}' % numbers[0])
        channel.hear(b'{"id":99,"result":{}}')  # nobody asked
        assert await asked[1] == {"a": 2}
        with pytest.raises(Error, match=r"A\.one.*no such thing"):
            await asked[0]
        seen: list[dict[str, Any]] = []
        channel.on("B.event", seen.append)
        channel.hear(b'{"method":"B.other","params":not even JSON')
        channel.hear(b'{"method":"B.event","params":{"x":1}}')
        await asyncio.sleep(0)
        channel.remove_listener("B.event", seen.append)
        channel.hear(b'{"method":"B.event","params":{"x":2}}')
        await asyncio.sleep(0)
        assert seen == [{"x": 1}]
        channel.end()
        for waiting in (asked[2], channel.send("A.four")):
            with pytest.raises(Error, match="closed"):
                await waiting

    asyncio.run(talk())


def test_a_folder_from_which_nothing_starts_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(OSError, match="nothing may be started"):
        Wire(str(tmp_path), "/bin/true")


@pytest.fixture
def own() -> Iterator[Browser]:
    with Browser() as browser:
        yield browser


async def _number(session: Session, expression: str) -> Any:
    return (await session.tab.cdp.send("Runtime.evaluate", {"expression": expression}))["result"]["value"]


@pytest.mark.browser
def test_both_ways_stay_whole_side_by_side(chromium: Browser) -> None:
    """Large and small messages, ours and the driver's, at the same time in two pages."""

    async def talk() -> None:
        assert chromium.native is not None
        sessions = [await Session.open(chromium.native, Options()) for _ in range(2)]
        assert all(isinstance(s.tab.cdp, WireChannel) for s in sessions)
        try:
            large = "x" * 3_000_000
            work: list[Any] = []
            for n, session in enumerate(sessions):
                for i in range(40):
                    work.append(_number(session, f"{n} * 1000 + {i}"))
                    work.append(session.page.evaluate(f"{n} * 1000 + {i}"))
                work.append(_number(session, "'y'.repeat(3e6).length"))
                work.append(_number(session, f"'{large}'.length"))
                work.append(session.page.evaluate("'z'.repeat(3e6)"))
                work.append(session.page.evaluate("(text) => text.length", large))
            found = await asyncio.gather(*work)
        finally:
            for session in sessions:
                await session.close()
        for n in range(2):
            mine = found[n * 84 : (n + 1) * 84]
            assert mine[:80] == [n * 1000 + i // 2 for i in range(80)]
            assert mine[80:] == [3e6, 3e6, "z" * 3_000_000, 3e6]

    chromium.call(talk())


@pytest.mark.browser
def test_a_page_that_closes_ends_what_was_asked_of_it(chromium: Browser) -> None:
    from playwright.async_api import Error

    async def close() -> None:
        assert chromium.native is not None
        session = await Session.open(chromium.native, Options())
        tab = session.tab
        try:
            never = tab.cdp.send("Runtime.evaluate", {"expression": "new Promise(() => 0)", "awaitPromise": True})
            waiting = asyncio.ensure_future(never)
            await asyncio.sleep(0)
            await session._context.new_page()  # type: ignore[union-attr]
            await tab.page.close()
            with pytest.raises(Error):
                await asyncio.wait_for(waiting, 3)
            assert tab.closed
            with pytest.raises(Error, match="closed"):
                await tab.cdp.send("Runtime.evaluate", {"expression": "1"})
        finally:
            await session.close()

    chromium.call(close())


@pytest.mark.browser
def test_a_browser_that_dies_ends_everything_at_once(own: Browser) -> None:
    from playwright.async_api import Error

    async def die() -> None:
        assert own.native is not None
        session = await Session.open(own.native, Options())
        never = session.tab.cdp.send("Runtime.evaluate", {"expression": "new Promise(() => 0)", "awaitPromise": True})
        waiting = asyncio.ensure_future(never)
        await asyncio.sleep(0.05)
        for pid in own.pids():
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(Error):
            await asyncio.wait_for(waiting, 3)
        assert not is_connected(own.native)
        await session.close()

    own.call(die())
    assert own.call(own.connected()) is own.native and own.alive


@pytest.mark.browser
def test_without_shared_pipes_everything_goes_through_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("not here")

    monkeypatch.setattr(wire, "Wire", refuse)

    async def look() -> tuple[str, str]:
        assert browser.native is not None
        session = await Session.open(browser.native, Options(schemes=("data",)))
        try:
            await session.goto("data:text/html,<title>T</title><button>Go</button>")
            channel, _ = await open_channel(session.page)
            assert not isinstance(channel, WireChannel)
            reading = await session.observe("frame")
            return reading.title, reading.tree.elements[-1].name
        finally:
            await session.close()

    with Browser() as browser:
        assert browser.call(look()) == ("T", "Go")


def _listening(pids: list[int]) -> set[str]:
    """Sockets of these processes that wait for TCP connections."""
    inodes = set()
    for pid in pids:
        for handle in Path(f"/proc/{pid}/fd").glob("*"):
            try:
                inodes.add(os.readlink(handle))
            except OSError:
                continue
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    return {row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in inodes}


@pytest.mark.browser
def test_nobody_else_can_reach_the_browser(own: Browser) -> None:
    """No port waits for debuggers, and only its owner may enter the folder with the meeting place."""
    assert own.pids() and _listening(own.pids()) == set()
    assert Path(own.folder).stat().st_mode & 0o077 == 0

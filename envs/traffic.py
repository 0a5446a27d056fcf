"""What is on its way in one tab: navigations and requests, and how long each of them is worth waiting for.

Told by the protocol's ``Page`` and ``Network`` events on our own sessions, of the page and of those frames that have a
process of their own. Nothing is kept of a request that has ended.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .wire import Channel

REQUEST_LIMIT = 3.0  # seconds, for requests that the last action started
IMAGE_LIMIT = 0.5  # seconds, for pictures: they give boxes their size
NAVIGATION_LIMIT = 8.0
PARSE_LIMIT = 5.0  # seconds after which a page that has begun to show is used as far as it came
LOAD_LIMIT = 2.0  # seconds from DOMContentLoaded to load
RESTLESS = 4  # navigations of the page by itself during one look, after which no further one is waited for
IGNORED = frozenset(
    {"WebSocket", "EventSource", "Media", "Ping", "Font", "Other", "Manifest", "TextTrack", "Prefetch", "Preflight"}
    | {"CSPViolationReport"}
)


@dataclass(frozen=True, slots=True)
class Request:
    """One that is under way. ``frame``: which asked; ``document``: it asks for what that frame is to show."""

    frame: str
    document: bool


class Traffic:
    """Of the page whose frame has the protocol's id ``frame_id``.

    ``url``: of the page now. ``loader``: the protocol's id of its document. ``parsed``: that document is there as a
    whole. ``stage``: how far the page's last navigation has come: "" (not asked for), "asked", "answered". ``headers``:
    of that answer, names in lower case.
    """

    def __init__(self, frame_id: str) -> None:
        self.frame_id = frame_id
        self.url = ""
        self.loader = ""
        self.parsed = False
        self.stage = ""
        self.headers: dict[str, str] = {}
        self.unfinished: dict[str, Request] = {}  # of any kind and age, by the protocol's id
        self.leaving = False  # asked for another page, of which nothing has come
        self.commits = 0  # navigations of the page since the running look began, or since it was loaded
        self.opening = 0.0  # until when another tab is expected, on time.monotonic's clock
        self._awaited: dict[str, float] = {}  # requests -> until when they are waited for
        self._moving: dict[str, float] = {}  # frame that navigates or loads -> until when that is waited for
        self._since: float | None = None  # when the running look began
        self._change = asyncio.Event()

    async def follow(self, channel: Channel, frame_id: str) -> None:
        """Listen to the events of the page, or of the inner frame ``frame_id``. Raises Playwright's ``Error``."""
        handlers: dict[str, Callable[[dict[str, Any]], None]] = {
            "Page.frameRequestedNavigation": self._on_navigation_asked,
            "Page.windowOpen": lambda _: self._expects_window(),
            "Page.frameStartedLoading": lambda e: self.starts(e["frameId"]),
            "Page.domContentEventFired": lambda _: self._on_parsed(frame_id),
            "Page.frameStoppedLoading": self._on_stopped,
            "Page.frameNavigated": lambda e: self._on_navigated(e["frame"]),
            "Page.navigatedWithinDocument": self._on_moved,
            "Page.frameDetached": lambda e: self._on_detached(e["frameId"]),
            "Network.requestWillBeSent": self._on_request,
            "Network.responseReceived": self._on_response,
            "Network.loadingFinished": self._on_end,
            "Network.loadingFailed": self._on_end,
        }
        for event, handler in handlers.items():
            channel.on(event, handler)
        sizes = {"maxTotalBufferSize": 0, "maxResourceBufferSize": 0, "maxPostDataSize": 0}  # no copies for us
        await asyncio.gather(channel.send("Page.enable"), channel.send("Network.enable", sizes))

    def shows(self, frame: dict[str, Any]) -> None:
        """What the page's frame shows, as the protocol describes it."""
        self.url = str(frame["url"]) + str(frame.get("urlFragment", ""))
        self.loader = str(frame["loaderId"])

    # ---- a look, a load -------------------------------------------------------------------------------------------

    def begin_look(self) -> None:
        self._since, self.commits = time.monotonic(), 0

    def end_look(self) -> None:
        self._since = None

    def begin_load(self) -> None:
        self.commits, self.stage, self.headers = 0, "", {}

    @property
    def busy(self) -> bool:
        """A navigation is on its way, or a request that started a short time ago."""
        if not self._awaited and not self._moving:
            return False
        now = time.monotonic()
        self._awaited = {r: t for r, t in self._awaited.items() if now < t}
        self._moving = {f: t for f, t in self._moving.items() if now < t}
        return bool(self._moving) or bool(self._awaited)

    @property
    def restless(self) -> bool:
        """The page goes on to others, or to itself, without end."""
        return self.commits >= RESTLESS

    async def changed(self, limit: float) -> bool:
        """Wait until something ends, or until ``limit`` seconds are over: False then."""
        self._change.clear()
        try:
            await asyncio.wait_for(self._change.wait(), limit)
        except TimeoutError:
            return False
        return True

    async def quiet(self, closed: Callable[[], bool]) -> bool:
        """Wait until no navigation and no young request is left; False if one outlived its limit."""
        while self.busy and not closed():
            if self.restless:
                return False
            waiting = len(self._moving) + len(self._awaited)
            ends = [*self._moving.values(), *self._awaited.values()]
            told = await self.changed(max(0.01, min(ends) - time.monotonic()))
            if not told and (waiting > len(self._moving) + len(self._awaited) or not self.busy):
                return False
        return True

    def starts(self, frame: str, limit: float | None = None, only_shorten: bool = False) -> None:
        """A frame begins to load something, or (``only_shorten``) has come further with that."""
        main = frame == self.frame_id
        most = NAVIGATION_LIMIT if main else REQUEST_LIMIT
        until = self._until(limit or most, most)
        if (only_shorten and frame not in self._moving) or (main and self.restless):
            return
        self.leaving = self.leaving or (main and not only_shorten)
        self._moving[frame] = min(until, self._moving[frame]) if only_shorten else until

    def _until(self, limit: float, most: float) -> float:
        """When a wait of ``limit`` seconds ends that begins now; one look waits no longer than ``most`` in all."""
        now = time.monotonic()
        return now + limit if self._since is None else min(now + limit, self._since + most)

    # ---- events of frames -----------------------------------------------------------------------------------------

    def _on_navigation_asked(self, event: dict[str, Any]) -> None:
        if event.get("disposition", "currentTab") != "currentTab":
            self._expects_window()
        elif event.get("reason") not in ("metaTagRefresh", "httpHeaderRefresh"):
            self.starts(event["frameId"])

    def _expects_window(self) -> None:
        self.opening = time.monotonic() + LOAD_LIMIT

    def _on_parsed(self, frame: str) -> None:
        self.parsed = self.parsed or frame == self.frame_id
        self.starts(frame, LOAD_LIMIT, only_shorten=True)
        self._change.set()

    def _on_stopped(self, event: dict[str, Any]) -> None:
        frame = event["frameId"]
        self._moving.pop(frame, None)
        self.leaving = self.leaving and frame != self.frame_id
        self._drop(lambda request: request.frame == frame and request.document)
        self._change.set()

    def _on_navigated(self, frame: dict[str, Any]) -> None:
        if frame["id"] == self.frame_id:
            self.shows(frame)
            self.leaving = self.parsed = False
            self.commits += 1
            self.starts(self.frame_id, PARSE_LIMIT, only_shorten=True)
            self._drop(lambda request: not request.document or request.frame != self.frame_id)
        self._change.set()

    def _on_moved(self, event: dict[str, Any]) -> None:
        if event["frameId"] == self.frame_id:
            self.url = str(event["url"])

    def _on_detached(self, frame: str) -> None:
        self._moving.pop(frame, None)
        self._drop(lambda request: request.frame == frame)
        self._change.set()

    # ---- events of requests ---------------------------------------------------------------------------------------

    def _on_request(self, event: dict[str, Any]) -> None:
        number, kind, frame = event["requestId"], event.get("type", "Other"), event.get("frameId", "")
        if event["request"]["url"].startswith("data:"):
            return
        document = kind == "Document" and number == event["loaderId"]
        self.unfinished[number] = Request(frame, document)
        if document and frame == self.frame_id:
            self.stage = "asked"
        if kind not in IGNORED:
            self._awaited[number] = self._until(IMAGE_LIMIT if kind == "Image" else REQUEST_LIMIT, REQUEST_LIMIT)

    def _on_response(self, event: dict[str, Any]) -> None:
        if event.get("frameId") == self.frame_id and event["requestId"] == event["loaderId"]:
            self.stage = "answered"
            self.headers = {name.lower(): value for name, value in event["response"]["headers"].items()}

    def _on_end(self, event: dict[str, Any]) -> None:
        self._forget(event["requestId"])

    def _drop(self, which: Callable[[Request], bool]) -> None:
        for number in [number for number, request in self.unfinished.items() if which(request)]:
            self._forget(number)

    def _forget(self, number: str) -> None:
        self.unfinished.pop(number, None)
        if self._awaited.pop(number, None) is not None:
            self._change.set()

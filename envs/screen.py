"""The screen by screencast: the browser pushes a JPEG whenever something changed; nothing waits for a screenshot."""

from __future__ import annotations

import asyncio
import base64
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.async_api import CDPSession

QUALITY = 70
FRESH_WAIT = 0.25  # seconds that a first or newer frame is waited for


class Screen:
    """The latest frame of the followed tab. ``time``: its capture time (s since the epoch)."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self.jpeg = b""
        self.time = 0.0
        self._cdp: CDPSession | None = None
        self._known: set[CDPSession] = set()
        self._new = asyncio.Event()
        self._replies: set[asyncio.Future[None]] = set()

    async def follow(self, cdp: CDPSession) -> None:
        """Show this tab from now on."""
        from playwright.async_api import Error

        if self._cdp is not None and self._cdp is not cdp:
            try:
                await self._cdp.send("Page.stopScreencast")
            except Error:
                pass  # that tab is closed
        self._cdp = cdp
        if cdp not in self._known:
            self._known.add(cdp)
            cdp.on("Page.screencastFrame", lambda event: self._take(cdp, event))
        width, height = self.size
        await cdp.send(
            "Page.startScreencast",
            {"format": "jpeg", "quality": QUALITY, "maxWidth": width, "maxHeight": height, "everyNthFrame": 1},
        )

    def _take(self, cdp: CDPSession, event: dict[str, Any]) -> None:
        work = asyncio.ensure_future(self._acknowledge(cdp, event["sessionId"]))
        self._replies.add(work)
        work.add_done_callback(self._replies.discard)
        if cdp is self._cdp:
            self.jpeg = base64.b64decode(event["data"])
            self.time = float(event["metadata"].get("timestamp") or time.time())
            self._new.set()

    @staticmethod
    async def _acknowledge(cdp: CDPSession, number: int) -> None:
        from playwright.async_api import Error

        try:
            await cdp.send("Page.screencastFrameAck", {"sessionId": number})
        except Error:
            return  # the tab closed meanwhile

    async def latest(self, since: float = 0.0) -> bytes:
        """The newest frame; if it is older than ``since``, one more is given a short time to arrive."""
        if not self.jpeg or self.time < since:
            self._new.clear()
            try:
                await asyncio.wait_for(self._new.wait(), FRESH_WAIT)
            except TimeoutError:
                pass  # a page at rest sends no new frame: the last one still shows it
        return self.jpeg

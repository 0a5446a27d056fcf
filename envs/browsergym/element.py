"""One element by its bid, and how the pointer or the keyboard gets to it, within the half second that BrowserGym gives.

    element = await find(bids, "a12")
    x, y = await element.reach("click", ["enabled"])

What must hold before an element is touched is what Playwright's locators wait for: it is visible, at rest, enabled or
editable where that matters, and not covered by anything.
"""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass
from typing import Any

from ..errors import BrowserGone
from .bids import Bids
from .frames import Frame
from .wording import Refusal, missing, timed_out

ELEMENT_TIMEOUT = 0.5  # seconds
GRACE = 0.25  # seconds beyond it, for the page's answer
PAUSE = 0.02


async def find(bids: Bids, bid: Any) -> Element:
    """The element of a bid; raises ``ValueError`` if it is not on the page (any more)."""
    if not isinstance(bid, str):
        raise ValueError(f"expected a string, got {bid!r}")
    place = bids.place(bid)
    try:
        handle = await place.frame.handle(place.node) if place else None
    except BrowserGone:
        handle = None  # its frame has gone elsewhere
    if place is None or handle is None:
        raise missing(bid)
    return Element(bid, place.frame, handle)


@dataclass(frozen=True)
class Element:
    """``handle``: its object in our world of ``frame``."""

    bid: str
    frame: Frame
    handle: str

    async def call(self, function: str, *arguments: Any) -> Any:
        return await self.frame.call(function, self.handle, *arguments)

    async def reach(self, what: str, needs: list[str], force: bool = False) -> tuple[float, float]:
        """Scroll it into view and find a point of the window where the pointer hits it.

        ``what``: the action, for the error. ``force``: without checks. Raises ``TimeoutError``.
        """
        end = time.monotonic() + ELEMENT_TIMEOUT
        attempt, why = 0, ""
        try:
            async with asyncio.timeout(ELEMENT_TIMEOUT + GRACE):
                while True:
                    left = max(0.0, end - time.monotonic())
                    found = await self.call("reach", needs, left * 1000, attempt, force)
                    attempt, why = found["attempt"] + 1, found.get("why", "")
                    if "x" in found:
                        x, y, why = await self._outward(found["x"], found["y"])
                        if force or not why:
                            return _rounded(x), _rounded(y)
                    if "x" not in found or time.monotonic() + PAUSE >= end:
                        break
                    await asyncio.sleep(PAUSE)
        except TimeoutError:
            why = why or "the page does not answer"
        except BrowserGone as gone:
            why = str(gone)
        raise timed_out(what, self.bid, why, ELEMENT_TIMEOUT)

    async def _outward(self, x: float, y: float) -> tuple[float, float, str]:
        """A point of the element's document in the window, and what lies over it in the frames around, or ""."""
        frame, why = self.frame, ""
        while frame.parent is not None:
            handle = await frame.parent.handle(frame.owner)
            if handle is None:
                return x, y, "the frame was detached"
            outer = await frame.parent.call("outward", handle, x, y)
            if outer["by"] and not why:
                why = f"{outer['by']} intercepts pointer events"
            frame, x, y = frame.parent, outer["x"], outer["y"]
        return x, y, why

    async def ready(self, what: str, function: str, *arguments: Any) -> dict[str, Any]:
        """The page's answer to a function that says ``why`` it must wait. Raises ``TimeoutError``, ``Refusal``."""
        end = time.monotonic() + ELEMENT_TIMEOUT
        why = "the page does not answer"
        try:
            async with asyncio.timeout(ELEMENT_TIMEOUT + GRACE):
                while True:
                    answer: dict[str, Any] = await self.call(function, *arguments)
                    if "error" in answer:
                        raise Refusal(f"Locator.{what}: Error: {answer['error']}")
                    why = answer.get("why", "")
                    if not why:
                        return answer
                    if time.monotonic() + PAUSE >= end:
                        break
                    await asyncio.sleep(PAUSE)
        except TimeoutError:
            pass  # told below
        except BrowserGone as gone:
            why = str(gone)
        raise timed_out(what, self.bid, why, ELEMENT_TIMEOUT)


def _rounded(x: float) -> float:
    """To hundredths, and off the middle between two pixels, as Playwright points."""
    middle = 0.49 < x - math.floor(x) < 0.51
    return math.floor((x - 0.02 if middle else x) * 100) / 100

"""The screen by screencast: the browser pushes a JPEG whenever something was drawn; nothing waits for a screenshot.

    screen = Screen((320, 240)); await screen.follow(tab.cdp)
    stale = await screen.newest(since=acted)         # short and bounded
    frames = screen.frames(4); moved = screen.take_motion()

When a frame counts as captured. Chromium stamps a frame with the moment at which it is due on the screen, one refresh
interval after the page began to draw it, and so it can even lie in the future when the frame arrives. ``Frame.time`` is
the stamp less one interval: the picture is of that moment or later, never older. A picture that was asked for is
stamped as it is taken, so its time is up to one interval too early.

A page at rest sends nothing, and so does one whose frame is still on its way. ``newest`` tells them apart by restarting
the cast, which makes the browser capture what the screen shows now, changed or not (about 5 ms at 320 × 240, 20 ms at
1280 × 720). Two faults of the cast are met in the same way: with ``everyNthFrame`` above 1 a lone change is never sent,
and of a burst that is faster than pictures can be encoded the last one may be dropped.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import time
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .images import decode, grey, motion_of
from .types import Frame

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from .wire import Channel

QUALITY = 70
INTERVAL = 1 / 60  # seconds between two frames of a screen
FRESH_WAIT = 0.25  # seconds that a first or newer frame is waited for at most
IN_FLIGHT = 3  # frames that Chromium has under way at most; further ones are dropped unseen
STOP_LIMIT = 1.0
Watcher = Callable[[float, bytes], None]


class Shot:
    """One picture as it came, decoded when first asked for. ``stamp``: Chromium's; ``arrived``: here (both s)."""

    __slots__ = ("_data", "_frame", "_jpeg", "_small", "arrived", "stamp")

    def __init__(self, data: str, stamp: float, arrived: float) -> None:
        self.stamp = stamp
        self.arrived = arrived
        self._data = data
        self._jpeg = b""
        self._small: npt.NDArray[np.uint8] | None = None
        self._frame: tuple[tuple[int, int] | None, Frame] | None = None

    @property
    def time(self) -> float:
        """The picture is of this moment or later, s since the epoch."""
        return self.stamp - INTERVAL

    @property
    def jpeg(self) -> bytes:
        if not self._jpeg:
            self._jpeg, self._data = base64.b64decode(self._data), ""
        return self._jpeg

    def frame(self, size: tuple[int, int] | None) -> Frame:
        """In exactly ``size`` (width, height), or as the cast gave it."""
        if self._frame is None or self._frame[0] != size:
            pixels = decode(self.jpeg, size)
            self._frame = size, Frame(self.time, pixels.shape[1], pixels.shape[0], pixels.tobytes())
        return self._frame[1]

    @property
    def small(self) -> npt.NDArray[np.uint8]:
        """A small grey copy, to compare with others."""
        if self._small is None:
            self._small = grey(self.jpeg)
        return self._small


@dataclass(frozen=True)
class Cast:
    """How a screen is followed: see ``Screen``. ``size``: None for the viewport. ``on_frame``: one watcher."""

    size: tuple[int, int] | None = None
    every_nth: int = 1
    keep: int = 8
    on_frame: Watcher | None = None

    def screen(self, viewport: tuple[int, int]) -> Screen:
        screen = Screen(self.size or viewport, every_nth=self.every_nth, keep=self.keep)
        screen.watchers += [self.on_frame] if self.on_frame else []
        return screen


class Screen:
    """The last frames of the followed tab, on the browser's loop.

    Args:
        size: the largest width and height of a picture; Chromium scales to fit, keeping the proportions.
        every_nth: take every n-th frame of a page in motion.
        keep: how many frames are kept.

    ``watchers`` are called with time and JPEG of every frame as it arrives; they must neither wait nor raise.
    """

    def __init__(self, size: tuple[int, int], *, every_nth: int = 1, keep: int = 8) -> None:
        self.size = size
        self.every_nth = every_nth
        self.watchers: list[Watcher] = []
        self._shots: deque[Shot] = deque(maxlen=max(keep, IN_FLIGHT))
        self._cdp: Channel | None = None
        self._hear: Callable[[dict[str, Any]], None] | None = None
        self._new = asyncio.Event()
        self._work: set[asyncio.Future[None]] = set()
        self._unmeasured = 0  # frames that came since motion was last taken
        self._asked = -1.0  # when a picture was last asked for
        self._nth = every_nth  # of the cast that runs
        # Waited for before a picture is asked for: half of what a large one takes to be encoded; small ones are here.
        self._grace = max(0.0, 1.2e-8 * size[0] * size[1] - 0.002)

    @property
    def jpeg(self) -> bytes:
        """The newest frame; empty before the first."""
        return self._shots[-1].jpeg if self._shots else b""

    @property
    def time(self) -> float:
        """What the newest frame's time is; 0 before the first."""
        return self._shots[-1].time if self._shots else 0.0

    # ---- following --------------------------------------------------------------------------------------------

    async def follow(self, cdp: Channel) -> None:
        """Show this tab from now on; earlier frames stay. Nothing happens if it is followed already, or closed."""
        if cdp is self._cdp:
            return
        self._leave()
        self._cdp, self._hear = cdp, lambda event: self._take(cdp, event)
        cdp.on("Page.screencastFrame", self._hear)
        await self._send(cdp, "Page.startScreencast", self._cast(self.every_nth))

    async def stop(self) -> None:
        """Follow nothing; the frames stay. May be called twice, and on a tab or browser that is gone."""
        self._leave()
        if self._work:
            _, left = await asyncio.wait(set(self._work), timeout=STOP_LIMIT)
            for work in left:
                work.cancel()

    def clear(self) -> None:
        """Forget the frames, as at the start of an episode."""
        self._shots.clear()
        self._unmeasured = 0

    def _leave(self) -> None:
        cdp, self._cdp = self._cdp, None
        if cdp is not None and self._hear is not None:
            cdp.remove_listener("Page.screencastFrame", self._hear)
            self._spawn(self._send(cdp, "Page.stopScreencast"))

    def _cast(self, nth: int) -> dict[str, Any]:
        self._nth = nth
        width, height = self.size
        return {"format": "jpeg", "quality": QUALITY, "maxWidth": width, "maxHeight": height, "everyNthFrame": nth}

    def _restart(self, cdp: Channel, nth: int) -> None:
        """Begin the cast anew: its first frame is what the screen shows then. The messages leave in this order."""
        self._spawn(self._send(cdp, "Page.stopScreencast"))
        self._spawn(self._send(cdp, "Page.startScreencast", self._cast(nth)))

    @staticmethod
    async def _send(cdp: Channel, method: str, parameters: dict[str, Any] | None = None) -> None:
        from playwright.async_api import Error

        try:
            await cdp.send(method, parameters or {})
        except Error:
            return  # the tab is closed, crashed or gone with its browser: there is nothing to see

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    def _take(self, cdp: Channel, event: dict[str, Any]) -> None:
        # Acknowledged at once: frames are dropped, and not sent again, while too many wait for it.
        self._spawn(self._send(cdp, "Page.screencastFrameAck", {"sessionId": event["sessionId"]}))
        if cdp is not self._cdp:
            return
        now = time.time()
        shot = Shot(event["data"], float(event["metadata"].get("timestamp") or now), now)
        self._shots.append(shot)
        self._unmeasured += 1
        if self._nth != self.every_nth and shot.stamp >= self._asked:
            self._restart(cdp, self.every_nth)
        self._new.set()
        for watch in self.watchers:
            watch(shot.time, shot.jpeg)

    # ---- seeing -----------------------------------------------------------------------------------------------

    async def newest(self, since: float, limit: float = FRESH_WAIT) -> bool:
        """Have a frame that was captured at ``since`` or later (s since the epoch); False once there is one.

        True (stale) if none came within ``limit`` seconds: the last frame may be older than what the page shows, as
        on a tab in the background, one that crashed, or a machine with too much to do. A page at rest is not stale:
        its picture is asked for. What a timer of the page draws after the frame comes with the next one.
        """
        if self._cdp is None:
            return True
        end = time.time() + limit
        if not self._shows(since):
            await self._arrival(since, min(end, max(time.time() + self._grace, since + INTERVAL)))
        if not self._shows(since) and time.time() < end and self._cdp is not None:
            self._asked = time.time()
            self._restart(self._cdp, 1)
            await self._arrival(since, end)
        return not self._shows(since)

    def _shows(self, since: float) -> bool:
        """The newest frame is of ``since`` or later, and no later one was held back."""
        if not self._shots or self.time < since:
            return False
        if self._shots[-1].stamp >= self._asked >= since:
            return True
        return self.every_nth == 1 and not self._crowded()

    def _crowded(self) -> bool:
        """As many frames as may be were under way when the newest was captured: the next may have been dropped."""
        return len(self._shots) >= IN_FLIGHT and self._shots[-IN_FLIGHT].arrived > self.time

    async def _arrival(self, since: float, end: float) -> None:
        while not self._shows(since) and (left := end - time.time()) > 0:
            self._new.clear()
            try:
                await asyncio.wait_for(self._new.wait(), left)
            except TimeoutError:
                return

    async def latest(self, since: float = 0.0) -> bytes:
        """The newest frame as JPEG, waited for as ``newest`` does; empty if there is none."""
        await self.newest(since)
        return self.jpeg

    def frames(self, k: int, since: float = 0.0, size: tuple[int, int] | None = None) -> tuple[Frame, ...]:
        """The last ``k`` frames, oldest first, without those from before ``since`` (but never without the newest).

        Each is decoded once. ``size``: width and height of each; by default as Chromium scaled them.
        """
        shots = list(self._shots)[-k:] if k > 0 else []
        shown = [s for i, s in enumerate(shots) if s.time >= since or i == len(shots) - 1]
        return tuple(s.frame(size) for s in shown)

    def take_motion(self) -> float:
        """How much the screen changed from frame to frame since the last call, 0 to 1.

        The mean absolute difference of pixels on small grey copies, over all neighbours among the frames that came
        since then, the one before them included.
        """
        shots = list(self._shots)[-1 - self._unmeasured :]
        self._unmeasured = 0
        return motion_of([(a.small, b.small) for a, b in itertools.pairwise(shots)])

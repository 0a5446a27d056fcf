"""The frames of a page that its own scripts cannot enter: found, read and put into the tree around them.

Each is a world of its own, of the page's process or another. What such a frame does with its thread is its own affair:
one that does not answer is left out of the tree for a while, and the page around it is read all the same.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, NamedTuple

from .errors import ActionTimedOut, BrowserGone
from .tree import elements_of, splice
from .types import Element
from .wire import Channel, open_channel
from .world import World

if TYPE_CHECKING:
    from playwright.async_api import Frame

    from .tab import Tab

LIMIT = 4.0  # seconds that the frames of one level may hold up a look
REST = 20.0  # seconds for which a frame that did so is left out


class Look(NamedTuple):
    """How a page is looked at: settled how far, most elements, ms that motion is waited for."""

    level: str
    budget: int
    motion_ms: int


class InnerFrames:
    """Belongs to one tab, and knows the worlds and sessions of its frames."""

    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        self._sessions: dict[str, Channel] = {}
        self._asked: set[Frame] = set()  # for a session, whether they have one or not
        self._resting: dict[str, float] = {}  # frame that did not answer -> until when it is left out
        self._made = 0

    def begin(self) -> None:
        """The tab shows another page."""
        self._made = 0
        self._resting.clear()
        self._asked.clear()

    def forget(self, frame: str) -> None:
        """That frame is gone, or has moved to another process."""
        self._asked.clear()
        self._sessions.pop(frame, None)
        self._resting.pop(frame, None)

    async def read_into(self, elements: list[Element], world: World, refs: list[int], how: Look) -> list[Element]:
        """``elements`` with the trees of the frames inside the iframe elements ``refs`` of ``world``."""
        owners = {e.ref: e for e in elements}
        inside: list[tuple[Element, World]] = []
        for ref in refs:
            owner = owners.get(f"{world.prefix}e{ref}")
            inner = await self._world_of(world, ref) if owner else None
            if owner is not None and inner is not None:
                inside.append((owner, inner))
        trees = await asyncio.gather(*(self._read(owner, inner, world, how) for owner, inner in inside))
        for (owner, _), made in zip(inside, trees, strict=True):
            elements = splice(elements, owner.ref, made)
        return elements

    async def _read(self, owner: Element, inner: World, world: World, how: Look) -> list[Element]:
        if time.monotonic() < self._resting.get(inner.frame_id, 0.0):
            return []
        try:
            async with asyncio.timeout(LIMIT):
                first = how._replace(level="frame") if inner.fresh else how
                raw = await self.tab.look_fully(inner, first, ask_listeners=inner.cdp is not world.cdp)
                if first is not how and raw["loading"]:
                    self.tab.traffic.starts(inner.frame_id)
                origin = await inner.origin()
        except (BrowserGone, ActionTimedOut):
            return []  # it is navigating
        except TimeoutError:
            self._resting[inner.frame_id] = time.monotonic() + REST
            return []
        made = elements_of(raw["rows"], inner.prefix, origin, owner, not owner.has("visible") or owner.has("covered"))
        return await self.read_into(made, inner, raw["remote"], how)

    async def _world_of(self, world: World, ref: int) -> World | None:
        """The world inside an iframe element: of the same session, or of the frame's own process."""
        frame_id = await world.frame_id_of(ref)
        if frame_id is None:
            return None
        known = self.tab.worlds.get(frame_id)
        if known is None:
            session = await self.session_of(frame_id, world.cdp)
            self._made += 1  # a number is given once, or a frame that left would lend its refs to another
            known = self.tab.worlds[frame_id] = World(session, frame_id, f"f{self._made}")
        known.parent, known.origin_ref = world, ref
        return known

    async def session_of(self, frame_id: str, default: Channel) -> Channel:
        """The protocol session of a frame's own process; ``default`` for a frame that has none."""
        from playwright.async_api import Error

        page = self.tab.page
        if frame_id in self._sessions:
            return self._sessions[frame_id]
        for frame in page.frames:
            if frame.parent_frame is None or frame in self._asked:
                continue
            self._asked.add(frame)
            try:
                session, target = await open_channel(frame)
                self._sessions[target] = session
                await self.tab.follow(session, target)
            except Error:
                continue  # not a process of its own: it is read through its parent's session
        return self._sessions.get(frame_id, default)

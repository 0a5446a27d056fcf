"""One tab: its page, its protocol sessions, its frames as worlds, and what is going on in it.

``Tab.observe`` waits until the page has settled and reads the whole tree, frames of other origins included. Waits
beyond one frame happen only while navigations, requests, animations or changes are seen, and are bounded.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from . import stuck
from .errors import ActionTimedOut, BrowserGone
from .inner_frames import InnerFrames, Look
from .traffic import Traffic
from .tree import elements_of, within_budget
from .types import ActionTree
from .wire import Channel, open_channel
from .world import World

if TYPE_CHECKING:
    from playwright.async_api import Dialog, Page

T = TypeVar("T")
MOTION_LIMIT_MS = 600  # how long animations and changes are waited for
AIM_AGE = 0.008  # seconds, half a frame: nothing can have moved since that a person could have seen
LISTENERS_AGE = 0.25  # seconds after which listeners are asked for even if the document has not changed
SMALL_PAGE = 5000  # elements up to which the protocol is asked once for every closed shadow root


class Reading(NamedTuple):
    """What one look at the page gave.

    ``ms``: {"settle", "tree"}. ``mutations``: changes of the DOM since the look before. ``aims``: by ref, the point of
    the viewport where the look found that a click arrives (elements of the top document and what it may enter).
    ``drawn``: a frame that began then or later shows what was read, s since the epoch; 0 if nothing was waited for.
    """

    tree: ActionTree
    title: str
    url: str
    settled: str
    ms: dict[str, float]
    mutations: int = 0
    aims: Mapping[str, tuple[float, float]] = MappingProxyType({})
    drawn: float = 0.0


OnChannel = Callable[["Tab", Channel], Awaitable[None]]


class DialogOpened(Exception):
    """A JavaScript dialog stopped the page; nothing can be read until it is answered."""


class Tab:
    """Owns one page. Made with ``await Tab.open(page)``; everything runs on the browser's loop."""

    def __init__(self, page: Page, cdp: Channel, frame_id: str) -> None:
        self.page = page
        self.cdp = cdp
        self.main = World(cdp, frame_id, "")
        self.worlds: dict[str, World] = {frame_id: self.main}
        self.dialog: Dialog | None = None
        self.prompt: str | None = None
        self.dismisses = False  # dialogs, instead of showing them
        self.crashed = False
        self.last: Reading | None = None
        self._looked = 0.0  # when ``last`` was read, on time.monotonic's clock
        self._waiting: dict[asyncio.Task[Any], bool] = {}  # what a dialog would hold up, and whether it was ended
        self.suspect = 0.0  # since when something has gone unanswered, on time.monotonic's clock
        self.traffic = Traffic(frame_id)
        self.frames = InnerFrames(self)
        self.on_channel: OnChannel | None = None

    @classmethod
    async def open(cls, page: Page, on_channel: OnChannel | None = None) -> Tab:
        """Attach to a page: our own protocol session, our scripts in every new document, our listeners."""
        cdp, _ = await open_channel(page)
        frame = (await cdp.send("Page.getFrameTree"))["frameTree"]["frame"]
        tab = cls(page, cdp, str(frame["id"]))
        tab.on_channel = on_channel
        page.on("dialog", tab._on_dialog)
        page.on("crash", lambda _: tab._on_crash())
        cdp.on("Inspector.targetCrashed", lambda _: tab._on_crash())
        await tab.follow(cdp, str(frame["id"]))
        # Only now, or a page that has come since the first question would never be heard of.
        tab.traffic.shows((await cdp.send("Page.getFrameTree"))["frameTree"]["frame"])
        return tab

    async def follow(self, channel: Channel, frame_id: str) -> None:
        """Listen to what the page, or an inner frame with a session of its own, does. Raises Playwright's ``Error``."""
        channel.on("Page.frameNavigated", lambda e: self._on_navigated(e["frame"]["id"]))
        channel.on("Page.frameDetached", lambda e: self._on_detached(e["frameId"]))
        await self.traffic.follow(channel, frame_id)
        if self.on_channel is not None:
            await self.on_channel(self, channel)

    @property
    def url(self) -> str:
        return self.traffic.url

    @property
    def closed(self) -> bool:
        """The page is gone; Playwright may not have heard of it yet."""
        return getattr(self.cdp, "closed", False) or self.page.is_closed()

    @property
    def busy(self) -> bool:
        """A navigation is on its way, or a request that started a short time ago."""
        return self.traffic.busy

    async def quiet(self) -> bool:
        """Wait until no navigation and no young request is left; False if one outlived its limit."""
        return await self.traffic.quiet(lambda: self.closed)

    # ---- events -----------------------------------------------------------------------------------------------

    def _on_dialog(self, dialog: Dialog) -> None:
        if dialog.type == "beforeunload" or self.dismisses:
            self._spawn(dialog.accept() if dialog.type == "beforeunload" else dialog.dismiss())
            return
        self.dialog = dialog
        self.prompt = dialog.default_value if dialog.type == "prompt" else None
        self._stop_waiting()

    def _on_crash(self) -> None:
        self.crashed = True
        self._stop_waiting()

    def _stop_waiting(self) -> None:
        """End what would wait for an answer that does not come."""
        for task, stopped in self._waiting.items():
            if not stopped:
                self._waiting[task] = True
                task.cancel()

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        from playwright.async_api import Error

        async def quietly() -> None:
            try:
                await work
            except Error:
                return  # the page closed before the answer arrived

        return asyncio.ensure_future(quietly())

    def _on_navigated(self, frame: str) -> None:
        if frame == self.main.frame_id:
            self.worlds = {frame: self.main}
            self.frames.begin()
        if frame in self.worlds:
            self.worlds[frame].left()

    def _on_detached(self, frame: str) -> None:
        self.worlds.pop(frame, None)
        self.frames.forget(frame)

    # ---- waiting ----------------------------------------------------------------------------------------------

    async def until_dialog(self, work: Coroutine[Any, Any, T]) -> T:
        """Await ``work``; raises ``DialogOpened`` as soon as a dialog stops the page, ``BrowserGone`` if it crashes."""
        if self.dialog is not None or self.crashed:
            work.close()
            raise self._stopped()
        task = asyncio.current_task()
        assert task is not None
        outermost = task not in self._waiting
        self._waiting.setdefault(task, False)
        try:
            return await work
        except asyncio.CancelledError:
            if not self._waiting.get(task):  # we were cancelled by somebody else
                raise
            task.uncancel()
            raise self._stopped() from None
        finally:
            if outermost:
                del self._waiting[task]

    def _stopped(self) -> Exception:
        return BrowserGone("the page crashed") if self.crashed else DialogOpened()

    async def evaluate(self, expression: str, timeout: float = 5.0) -> Any:
        """The JSON value of an expression in the page's own world (promises awaited).

        Raises ``ActionTimedOut``, ``BrowserGone``; an exception in the page is ``ValueError``.
        """
        from playwright.async_api import Error

        options = {"expression": expression, "returnByValue": True, "awaitPromise": True}
        try:
            async with asyncio.timeout(timeout):
                answer = await self.until_dialog(self.cdp.send("Runtime.evaluate", options))
        except TimeoutError:
            raise ActionTimedOut(f"the page did not answer within {timeout:.0f} s") from None
        except DialogOpened:
            raise ActionTimedOut("a JavaScript dialog stops the page", "answer it first") from None
        except Error as error:
            raise BrowserGone(f"the page went away: {str(error).splitlines()[0]}") from None
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise ValueError(
                str(details.get("exception", {}).get("description") or details.get("text")).splitlines()[0]
            )
        return answer["result"].get("value")

    async def answer_dialog(self, accept: bool) -> None:
        """Close the open dialog with OK (and the typed text) or Cancel."""
        dialog, text = self.dialog, self.prompt
        self.dialog = self.prompt = None
        if dialog is not None:
            await (dialog.accept(text or "") if accept else dialog.dismiss())

    # ---- reading ----------------------------------------------------------------------------------------------

    async def observe(self, level: str, budget: int, motion_ms: int = MOTION_LIMIT_MS) -> Reading:
        """Settle at ``level`` and read the tree. Raises ``DialogOpened``, ``ActionTimedOut``, ``BrowserGone``."""
        t0 = time.perf_counter()
        self.traffic.begin_look()
        try:
            reading, settled = await self._observe(level, budget, motion_ms)
        finally:
            self.traffic.end_look()
        total = (time.perf_counter() - t0) * 1000
        ms = {**reading.ms, "settle": max(0.0, total - reading.ms["tree"])}
        self.last = reading._replace(ms=ms, settled=reading.settled if settled else "busy")
        for world in self.worlds.values():
            world.told = world.counter
        self._looked = time.monotonic() if self.last.settled != "busy" else 0.0
        return self.last

    async def _observe(self, level: str, budget: int, motion_ms: int) -> tuple[Reading, bool]:
        settled = True
        reading = None
        for _ in range(4):
            if level != "input" and self.busy:
                settled = await self.until_dialog(self.quiet())
            if not settled and not await self.until_dialog(self.responds()):
                raise ActionTimedOut("the page does not answer", "it may be stuck in a script")
            try:
                reading = await self.until_dialog(self._read(level, budget, motion_ms))
            except BrowserGone:
                if self.closed or self.crashed:
                    raise
                await self.quiet()
                continue
            if level == "input" or not self.busy or not settled:
                break
        if reading is None:
            raise BrowserGone("the page kept navigating while it was read", "wait, or go elsewhere")
        return reading, settled and not self.traffic.restless

    async def responds(self) -> bool:
        """Whether the page's thread is free. An answer that does not come is given up first.

        Until then the browser holds back what the page is asked.
        """
        if self.traffic.leaving or self.traffic.restless:
            await stuck.asked(self.cdp, "Page.stopLoading", stuck.STOP_LIMIT)
        free = await stuck.answers(self.cdp)
        self.suspect = 0.0 if free else self.suspect
        return free

    async def _read(self, level: str, budget: int, motion_ms: int) -> Reading:
        world = self.main
        raw = await self.look_fully(world, Look(level, budget, motion_ms), ask_listeners=True)
        elements = elements_of(raw["rows"])
        elements = await self.frames.read_into(elements, world, raw["remote"], Look(level, budget, motion_ms))
        kept, dropped = within_budget(elements, budget)
        width, height = raw["view"]
        x, y, mx, my = raw["scroll"]
        tree = ActionTree(tuple(kept), raw["dropped"] + dropped, (width, height), (x, y, mx, my))
        aims = {f"e{ref}": (x, y) for ref, x, y in raw["aims"]}
        ms = {"tree": raw["ms"][1]}
        drawn = raw["drawn"] / 1000
        return Reading(tree, raw["title"], self.url, raw["settled"], ms, raw["mutations"], aims, drawn)

    def take_aim(self, ref: str) -> tuple[float, float] | None:
        """Where to click ``ref`` without looking again; only right after a look, and only once."""
        fresh = time.monotonic() - self._looked < AIM_AGE and not self.busy
        self._looked = 0.0
        return self.last.aims.get(ref) if fresh and self.last is not None else None

    async def look_fully(self, world: World, how: Look, ask_listeners: bool) -> dict[str, Any]:
        """The rows of one frame, looked at again only if listeners or closed roots turn up that were not known.

        Listeners are asked for when the document is new, has changed, or was last asked a while ago: a script may add
        some without a change.
        """
        new = world.fresh or world.empty
        world.renumber = begins = world.renumber or world.fresh
        flags = await world.listeners() if ask_listeners and begins else None
        raw = await self._look(world, how, flags)
        if ask_listeners and not begins:
            old = time.monotonic() - world.asked > LISTENERS_AGE
            flags = await world.listeners() if old or raw["epoch"] != world.epoch else None
        found = await world.adopt_all_closed_roots() if new and raw["flags"]["n"] <= SMALL_PAGE else 0
        if raw["suspects"]:
            found += await world.adopt_closed_roots(raw["suspects"])
        if flags is not None and flags["n"] != raw["flags"]["n"]:
            flags = await world.listeners()  # the page changed between the two looks
        if found or (flags is not None and flags["f"] != raw["flags"]["f"]):
            again = await self._look(world, how._replace(level="input"), flags)
            again |= {"settled": raw["settled"], "drawn": raw["drawn"]}
            raw = {**again, "ms": [raw["ms"][0], raw["ms"][1] + again["ms"][1]]}
        if flags is not None:
            world.asked = time.monotonic()
        raw["mutations"] = max(0, raw["epoch"] - world.epoch)
        world.epoch = raw["epoch"]
        world.empty = not raw["rows"]
        world.renumber = False
        return raw

    async def _look(self, world: World, how: Look, flags: dict[str, Any] | None = None) -> dict[str, Any]:
        told = 0 if world.renumber else world.told
        text = await world.run(f"observe({how.level!r}, {how.motion_ms}, {how.budget}, {json.dumps(flags)}, {told})")
        world.fresh = False
        data: dict[str, Any] = json.loads(text)
        world.counter = data["counter"]
        return data

    async def session_of(self, frame_id: str, default: Channel) -> Channel:
        """The protocol session of a frame's own process; ``default`` for a frame that has none."""
        return await self.frames.session_of(frame_id, default)

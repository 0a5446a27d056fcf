"""One tab: its page, its protocol sessions, its frames as worlds, and what is going on in it.

``Tab.observe`` waits until the page has settled and reads the whole tree, frames of other origins included. Waits
beyond one frame happen only while navigations, requests, animations or changes are seen, and are bounded.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Coroutine, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from .errors import ActionTimedOut, BrowserGone
from .tree import elements_of, splice, within_budget
from .types import ActionTree, Element
from .world import World

if TYPE_CHECKING:
    from playwright.async_api import CDPSession, Dialog, Page, Request

T = TypeVar("T")
MOTION_LIMIT_MS = 600  # how long animations and changes are waited for
REQUEST_LIMIT = 3.0  # seconds, for requests that the last action started
IMAGE_LIMIT = 0.5  # seconds, for pictures: they give boxes their size
NAVIGATION_LIMIT = 10.0
LOAD_LIMIT = 2.0  # seconds from DOMContentLoaded to load
IGNORED_REQUESTS = frozenset(
    {"websocket", "eventsource", "media", "ping", "beacon", "font", "other", "manifest", "texttrack"}
)
AIM_AGE = 0.008  # seconds, half a frame: nothing can have moved since that a person could have seen
LISTENERS_AGE = 0.25  # seconds after which listeners are asked for even if the document has not changed
SMALL_PAGE = 5000  # elements up to which the protocol is asked once for every closed shadow root


class Reading(NamedTuple):
    """What one look at the page gave.

    ``ms``: {"settle", "tree"}. ``mutations``: changes of the DOM since the look before. ``aims``: by ref, the point of
    the viewport where the look found that a click arrives (elements of the top document and what it may enter).
    """

    tree: ActionTree
    title: str
    url: str
    settled: str
    ms: dict[str, float]
    mutations: int = 0
    aims: Mapping[str, tuple[float, float]] = MappingProxyType({})


class DialogOpened(Exception):
    """A JavaScript dialog stopped the page; nothing can be read until it is answered."""


class Tab:
    """Owns one page. Made with ``await Tab.open(page)``; everything runs on the browser's loop."""

    def __init__(self, page: Page, cdp: CDPSession, frame_id: str) -> None:
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
        self._waiting: set[asyncio.Future[Any]] = set()  # what a dialog would hold up
        self.opening = 0.0  # until when another tab is expected, on time.monotonic's clock
        self._moving: dict[str, float] = {}  # frame that navigates or loads -> until when that is waited for
        self._requests: dict[Request, float] = {}  # under way -> until when it is waited for
        self._change = asyncio.Event()
        self._sessions: dict[str, CDPSession] = {}

    @classmethod
    async def open(cls, page: Page) -> Tab:
        """Attach to a page: our own protocol session, our scripts in every new document, our listeners."""
        cdp = await page.context.new_cdp_session(page)
        tree = await cdp.send("Page.getFrameTree")
        frame_id = str(tree["frameTree"]["frame"]["id"])
        tab = cls(page, cdp, frame_id)
        page.on("dialog", tab._on_dialog)
        page.on("crash", lambda _: tab._on_crash())
        page.on("request", tab._on_request)
        page.on("requestfinished", tab._on_request_end)
        page.on("requestfailed", tab._on_request_end)
        cdp.on("Page.frameRequestedNavigation", tab._on_navigation_asked)
        cdp.on("Page.windowOpen", lambda _: tab._expects_window())
        cdp.on("Page.frameStartedLoading", lambda e: tab._starts(e["frameId"]))
        cdp.on("Page.domContentEventFired", lambda _: tab._starts(frame_id, LOAD_LIMIT, only_shorten=True))
        cdp.on("Page.frameStoppedLoading", tab._on_stopped)
        cdp.on("Page.frameNavigated", tab._on_navigated)
        cdp.on("Page.frameDetached", lambda e: tab._forget(e["frameId"]))
        await cdp.send("Page.enable")
        return tab

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
        waiting, self._waiting = self._waiting, set()
        for task in waiting:
            task.cancel()

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        from playwright.async_api import Error

        async def quietly() -> None:
            try:
                await work
            except Error:
                return  # the page closed before the answer arrived

        return asyncio.ensure_future(quietly())

    def _on_request(self, request: Request) -> None:
        if request.resource_type not in IGNORED_REQUESTS:
            limit = IMAGE_LIMIT if request.resource_type == "image" else REQUEST_LIMIT
            self._requests[request] = time.monotonic() + limit

    def _on_request_end(self, request: Request) -> None:
        if self._requests.pop(request, None) is not None:
            self._change.set()

    def _on_navigation_asked(self, event: dict[str, Any]) -> None:
        if event.get("disposition", "currentTab") != "currentTab":
            self._expects_window()
        elif event.get("reason") not in ("metaTagRefresh", "httpHeaderRefresh"):
            self._starts(event["frameId"])

    def _expects_window(self) -> None:
        self.opening = time.monotonic() + LOAD_LIMIT

    def _starts(self, frame: str, limit: float | None = None, only_shorten: bool = False) -> None:
        main = frame == self.main.frame_id
        until = time.monotonic() + (limit or (NAVIGATION_LIMIT if main else REQUEST_LIMIT))
        if only_shorten and frame not in self._moving:
            return
        self._moving[frame] = min(until, self._moving[frame]) if only_shorten else until

    def _on_stopped(self, event: dict[str, Any]) -> None:
        self._moving.pop(event["frameId"], None)
        self._change.set()

    def _on_navigated(self, event: dict[str, Any]) -> None:
        frame = event["frame"]["id"]
        if frame == self.main.frame_id:
            self._requests = {r: t for r, t in self._requests.items() if r.is_navigation_request()}
            self.worlds = {frame: self.main}
        if frame in self.worlds:
            self.worlds[frame].left()
        self._change.set()

    def _forget(self, frame: str) -> None:
        self.worlds.pop(frame, None)
        self._sessions.pop(frame, None)
        self._moving.pop(frame, None)

    # ---- waiting ----------------------------------------------------------------------------------------------

    async def until_dialog(self, work: Coroutine[Any, Any, T]) -> T:
        """Await ``work``, but raise ``DialogOpened`` as soon as a dialog stops the page, ``BrowserGone`` if it crashes."""
        if self.dialog is not None or self.crashed:
            work.close()
            raise self._stopped()
        task = asyncio.ensure_future(work)
        self._waiting.add(task)
        try:
            return await task
        except asyncio.CancelledError:
            if task in self._waiting:  # we were cancelled ourselves
                raise
            raise self._stopped() from None
        finally:
            self._waiting.discard(task)

    def _stopped(self) -> Exception:
        return BrowserGone("the page crashed") if self.crashed else DialogOpened()

    async def answer_dialog(self, accept: bool) -> None:
        """Close the open dialog with OK (and the typed text) or Cancel."""
        dialog, text = self.dialog, self.prompt
        self.dialog = self.prompt = None
        if dialog is not None:
            await (dialog.accept(text or "") if accept else dialog.dismiss())

    @property
    def busy(self) -> bool:
        """A navigation is on its way, or a request that started a short time ago."""
        now = time.monotonic()
        self._requests = {r: t for r, t in self._requests.items() if now < t}
        self._moving = {f: t for f, t in self._moving.items() if now < t}
        return bool(self._moving) or bool(self._requests)

    async def quiet(self) -> bool:
        """Wait until no navigation and no young request is left; False if one outlived its limit."""
        while self.busy and not self.page.is_closed():
            self._change.clear()
            waiting = len(self._moving) + len(self._requests)
            ends = [*self._moving.values(), *self._requests.values()]
            try:
                await asyncio.wait_for(self._change.wait(), max(0.01, min(ends) - time.monotonic()))
            except TimeoutError:
                if waiting > len(self._moving) + len(self._requests) or not self.busy:
                    return False
        return True

    # ---- reading ----------------------------------------------------------------------------------------------

    async def observe(self, level: str, budget: int, motion_ms: int = MOTION_LIMIT_MS) -> Reading:
        """Settle at ``level`` and read the tree. Raises ``DialogOpened``, ``ActionTimedOut``, ``BrowserGone``."""
        t0 = time.perf_counter()
        settled = True
        reading = None
        for _ in range(4):
            if level != "input" and self.busy:
                settled = await self.until_dialog(self.quiet())
            try:
                reading = await self.until_dialog(self._read(level, budget, motion_ms))
            except BrowserGone:
                if self.page.is_closed() or self.crashed:
                    raise
                await self.quiet()
                continue
            if level == "input" or not self.busy or not settled:
                break
        if reading is None:
            raise BrowserGone("the page kept navigating while it was read", "wait, or go elsewhere")
        total = (time.perf_counter() - t0) * 1000
        ms = {**reading.ms, "settle": max(0.0, total - reading.ms["tree"])}
        self.last = reading._replace(ms=ms, settled=reading.settled if settled else "busy")
        self._looked = time.monotonic() if self.last.settled != "busy" else 0.0
        return self.last

    async def _read(self, level: str, budget: int, motion_ms: int) -> Reading:
        world = self.main
        raw = await self._look_fully(world, level, budget, motion_ms, ask_listeners=True)
        elements = elements_of(raw["rows"])
        for ref in raw["remote"]:
            elements = await self._with_frame(elements, world, ref, level, budget, motion_ms)
        kept, dropped = within_budget(elements, budget)
        width, height = raw["view"]
        x, y, mx, my = raw["scroll"]
        tree = ActionTree(tuple(kept), raw["dropped"] + dropped, (width, height), (x, y, mx, my))
        aims = {f"e{ref}": (x, y) for ref, x, y in raw["aims"]}
        return Reading(
            tree, raw["title"], self.page.url, raw["settled"], {"tree": raw["ms"][1]}, raw["mutations"], aims
        )

    def take_aim(self, ref: str) -> tuple[float, float] | None:
        """Where to click ``ref`` without looking again; only right after a look, and only once."""
        fresh = time.monotonic() - self._looked < AIM_AGE and not self.busy
        self._looked = 0.0
        return self.last.aims.get(ref) if fresh and self.last is not None else None

    async def _look_fully(
        self, world: World, level: str, budget: int, motion_ms: int, ask_listeners: bool
    ) -> dict[str, Any]:
        """The rows of one frame, looked at again only if listeners or closed roots turn up that were not known.

        Listeners are asked for when the document is new, has changed, or was last asked a while ago: a script may add
        some without a change.
        """
        new = world.fresh or world.empty
        world.renumber = begins = world.renumber or world.fresh
        flags = await world.listeners() if ask_listeners and begins else None
        raw = await self._look(world, level, budget, motion_ms, flags)
        if ask_listeners and not begins:
            old = time.monotonic() - world.asked > LISTENERS_AGE
            flags = await world.listeners() if old or raw["epoch"] != world.epoch else None
        found = await world.adopt_all_closed_roots() if new and raw["flags"]["n"] <= SMALL_PAGE else 0
        if raw["suspects"]:
            found += await world.adopt_closed_roots(raw["suspects"])
        if flags is not None and flags["n"] != raw["flags"]["n"]:
            flags = await world.listeners()  # the page changed between the two looks
        if found or (flags is not None and flags["f"] != raw["flags"]["f"]):
            again = await self._look(world, "input", budget, motion_ms, flags)
            raw = {**again, "settled": raw["settled"], "ms": [raw["ms"][0], raw["ms"][1] + again["ms"][1]]}
        if flags is not None:
            world.asked = time.monotonic()
        raw["mutations"] = max(0, raw["epoch"] - world.epoch)
        world.epoch = raw["epoch"]
        world.empty = not raw["rows"]
        world.renumber = False
        return raw

    async def _look(
        self, world: World, level: str, budget: int, motion_ms: int, flags: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        text = await world.run(
            f"observe({level!r}, {motion_ms}, {budget}, {json.dumps(flags)}, {json.dumps(world.renumber)})"
        )
        world.fresh = False
        data: dict[str, Any] = json.loads(text)
        return data

    async def _with_frame(
        self, elements: list[Element], world: World, ref: int, level: str, budget: int, motion_ms: int
    ) -> list[Element]:
        """Splice in the tree of a frame that the parent's scripts cannot enter."""
        owner = next((e for e in elements if e.ref == f"{world.prefix}e{ref}"), None)
        inner = await self._world_of(world, ref) if owner else None
        if owner is None or inner is None:
            return elements
        try:
            own_process = inner.cdp is not world.cdp
            raw = await self._look_fully(
                inner, "frame" if inner.fresh else level, budget, motion_ms, ask_listeners=own_process
            )
            origin = await inner.origin()
        except (BrowserGone, ActionTimedOut):
            return elements  # the frame is navigating or stuck; the page around it is not
        made = elements_of(raw["rows"], inner.prefix, origin, owner, not owner.has("visible") or owner.has("covered"))
        for deeper in raw["remote"]:
            made = await self._with_frame(made, inner, deeper, level, budget, motion_ms)
        return splice(elements, owner.ref, made)

    async def _world_of(self, world: World, ref: int) -> World | None:
        """The world inside an iframe element: of the same session, or of the frame's own process."""
        frame_id = await world.frame_id_of(ref)
        if frame_id is None:
            return None
        known = self.worlds.get(frame_id)
        if known is None:
            session = await self.session_of(frame_id, world.cdp)
            known = self.worlds[frame_id] = World(session, frame_id, f"f{len(self.worlds)}")
        known.parent, known.origin_ref = world, ref
        return known

    async def session_of(self, frame_id: str, default: CDPSession) -> CDPSession:
        """The protocol session of a frame's own process; ``default`` for a frame that has none."""
        from playwright.async_api import Error

        if frame_id in self._sessions:
            return self._sessions[frame_id]
        for frame in self.page.frames:
            if frame.parent_frame is None:
                continue
            try:
                session = await self.page.context.new_cdp_session(frame)
                tree = await session.send("Page.getFrameTree")
            except Error:
                continue  # not a process of its own: it is read through its parent's session
            self._sessions[str(tree["frameTree"]["frame"]["id"])] = session
        return self._sessions.get(frame_id, default)

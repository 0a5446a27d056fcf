"""The async core of the gym: one browser context with its tabs, dialogs, downloads and allow-list.

    session = await Session.open(browser.native, Options(...))
    await session.goto(url); reading = await session.observe("frame"); failed = await session.act(action)

Everything here runs on the browser's own loop; ``WebEnv`` is the plain synchronous face. JavaScript dialogs appear in
the tree as an ``alertdialog`` with buttons, because that is what a person sees.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import stuck
from .actions import Hands, Limits
from .allowlist import AllowList, check_navigation, scheme_of
from .dialogs import act_on_dialog, dialog_tree
from .downloads import Downloads
from .errors import (
    ActionFailed,
    ActionTimedOut,
    BrowserGone,
    ElementCovered,
    NavigationFailed,
    PageUnreachable,
    RequestBlocked,
)
from .loading import HoldsOn, load
from .network import context_options
from .proxy import Proxy
from .screen import Cast, Screen
from .tab import DialogOpened, OnChannel, Reading, Tab
from .types import Action, ActionTree
from .types import Tab as TabView
from .wire import is_connected

if TYPE_CHECKING:
    from playwright.async_api import Browser as PlaywrightBrowser
    from playwright.async_api import BrowserContext, Page

ACT_TIMEOUT = 8.0
GOTO_TIMEOUT_MS = 15_000.0
CLOSE_LIMIT = 3.0
MOST_TABS = 20
NAVIGATION_OPS = frozenset({"goto", "back", "forward"})


@dataclass(frozen=True)
class Options:
    """What a context may do. ``allow``: None for every host. ``downloads``: where files go (None refuses them)."""

    viewport: tuple[int, int] = (1280, 720)
    allow: AllowList | None = None
    schemes: tuple[str, ...] = ()  # beyond http and https, that goto may open
    budget: int = 400
    limits: Limits = field(default_factory=Limits)
    downloads: Path | None = None
    screen: bool = False
    cast: Cast = field(default_factory=Cast)
    dismiss_dialogs: bool = False  # answer JavaScript dialogs with Cancel at once, as Playwright does by itself
    context: Mapping[str, Any] = field(default_factory=dict)  # further arguments of Playwright's new_context
    on_channel: OnChannel | None = None  # called with every tab and protocol session as it is opened


class Session:
    """Owns one browser context. ``tabs``: open pages, oldest first; ``active``: index of the one in front."""

    def __init__(self, native: PlaywrightBrowser, options: Options) -> None:
        self.native = native
        self.options = options
        self.tabs: list[Tab] = []
        self.active = 0
        self.downloads = Downloads(options.downloads)
        self.screen: Screen | None = None
        self._context: BrowserContext | None = None
        self._proxy: Proxy | None = None
        self.last_blocked: list[str] = []
        self._opening: set[asyncio.Future[Any]] = set()
        self._turned_away = 0  # tabs, for being too many
        self._arrived = asyncio.Event()  # another page appeared

    @classmethod
    async def open(cls, native: PlaywrightBrowser, options: Options) -> Session:
        """A new context. Raises ``BrowserGone``."""
        from playwright.async_api import Error

        session = cls(native, options)
        try:
            await session._open_context()
        except Error as error:
            await session.close()
            raise BrowserGone(f"no context could be opened: {str(error).splitlines()[0]}") from None
        except BaseException:
            await session.close()
            raise
        return session

    async def _open_context(self) -> None:
        width, height = self.options.viewport
        wanted = {"viewport": {"width": width, "height": height}, "locale": "en-US", **self.options.context}
        self._proxy = await Proxy(self.options.allow or AllowList(None)).start()
        wanted |= context_options(self._proxy)
        wanted["accept_downloads"] = self.options.downloads is not None
        self._context = await self.native.new_context(**wanted)
        self._context.set_default_timeout(GOTO_TIMEOUT_MS)
        self._context.on("page", self._on_page)
        await self._context.new_page()
        await self.tabs_ready()

    async def fresh(self) -> None:
        """A new, empty context: no cookies, no storage, one blank tab. Raises ``BrowserGone``."""
        from playwright.async_api import Error

        await self._close_context()
        try:
            await self._open_context()
        except Error as error:
            raise BrowserGone(f"no context could be opened: {str(error).splitlines()[0]}") from None

    # ---- tabs -------------------------------------------------------------------------------------------------

    def _on_page(self, page: Page) -> None:
        self._arrived.set()
        if len(self.tabs) + len(self._opening) >= MOST_TABS:
            self._turned_away += 1
            return stuck.aside(self._turn_away(page))
        work = asyncio.ensure_future(self._adopt(page))
        self._opening.add(work)
        work.add_done_callback(self._opening.discard)

    async def _adopt(self, page: Page) -> None:
        from playwright.async_api import Error

        page.on("download", self.downloads.take)
        try:
            tab = await Tab.open(page, self.options.on_channel)
        except Error:
            return  # closed before it could be looked at
        tab.dismisses = self.options.dismiss_dialogs
        self.tabs.append(tab)
        self.active = len(self.tabs) - 1
        page.on("close", lambda _: self._drop(tab))
        if self.options.screen:
            self.screen = self.screen or self.options.cast.screen(self.options.viewport)
            await self.screen.follow(tab.cdp)

    async def _turn_away(self, page: Page) -> None:
        """Close a tab too many; who goes on asking for more has its scripts switched off."""
        from playwright.async_api import Error

        with contextlib.suppress(Error):
            opener = await page.opener()
            await page.close()
            for tab in self.tabs:
                if tab.page is opener and self._turned_away > MOST_TABS:
                    await tab.cdp.send("Emulation.setScriptExecutionDisabled", {"value": True})

    def _drop(self, tab: Tab) -> None:
        if tab in self.tabs:
            index = self.tabs.index(tab)
            self.tabs.remove(tab)
            if index <= self.active:
                self.active = max(0, self.active - 1)

    async def tabs_ready(self) -> None:
        """Wait until every new page is adopted; at least one is there then, or ``BrowserGone`` is raised."""
        from playwright.async_api import Error

        if self._opening:
            await asyncio.wait(set(self._opening), timeout=5.0)
        if not self.tabs and self._context is not None:
            with contextlib.suppress(Error):  # the browser died; told below
                await self._context.new_page()
                await asyncio.wait(set(self._opening), timeout=5.0)
        if not self.tabs:
            raise BrowserGone("no page is left and none could be opened")

    @property
    def tab(self) -> Tab:
        if not self.tabs:
            raise BrowserGone("every page of this session is closed")
        return self.tabs[min(self.active, len(self.tabs) - 1)]

    @property
    def page(self) -> Page:
        return self.tab.page

    @property
    def alive(self) -> bool:
        return self._context is not None and is_connected(self.native)

    @property
    def crashed(self) -> bool:
        return any(tab.crashed for tab in self.tabs)

    def views(self) -> tuple[TabView, ...]:
        """The open tabs as an observation shows them."""
        return tuple(TabView(t.url, t.last.title if t.last else "", i == self.active) for i, t in enumerate(self.tabs))

    async def show(self, index: int) -> None:
        """Bring a tab to the front; raises ``ActionFailed`` for a number that is not there."""
        if not 0 <= index < len(self.tabs):
            raise ActionFailed(f"there is no tab {index}", f"tabs are numbered 0 to {len(self.tabs) - 1}")
        self.active = index
        await self.tab.page.bring_to_front()
        if self.screen:
            await self.screen.follow(self.tab.cdp)

    # ---- doing ------------------------------------------------------------------------------------------------

    async def goto(self, url: str, timeout_ms: float = GOTO_TIMEOUT_MS) -> None:
        """Load a page. A page that has begun to show but never ends counts as loaded.

        Raises ``RequestBlocked`` outside the allow-list, ``PageUnreachable`` if nothing came.
        """
        reason = check_navigation(url, self.options.schemes)
        if reason is None and self.options.allow is not None and scheme_of(url) in ("http", "https"):
            reason = self.options.allow.verdict(url)
        if reason is not None:
            raise RequestBlocked(reason, "allow the host with --allow HOST")
        tab = self.tab
        try:
            await load(tab, url, timeout_ms)
        except HoldsOn:
            await self._replace(tab)
            await load(self.tab, url, timeout_ms)
        except DialogOpened:
            return

    async def _replace(self, tab: Tab) -> None:
        """Go on in a new tab, and close one that hangs as far as it can be closed. Raises ``BrowserGone``."""
        assert self._context is not None
        try:
            async with asyncio.timeout(CLOSE_LIMIT):
                await self._context.new_page()
                await self.tabs_ready()
        except TimeoutError:
            tab.crashed = True  # as good as: it holds up the whole context
            raise BrowserGone("the page cannot be left") from None
        self._drop(tab)
        stuck.aside(stuck.close(tab, CLOSE_LIMIT))

    async def evaluate(self, expression: str, timeout: float = 5.0) -> Any:
        """The JSON value of an expression in the front page's own world; see ``Tab.evaluate``."""
        return await self.tab.evaluate(expression, timeout)

    async def act(self, action: Action) -> ActionFailed | None:
        """Do one action; what the world said no to comes back as an error instead of being raised."""
        from playwright.async_api import Error

        tab = self.tab
        before = len(self.tabs)
        try:
            async with asyncio.timeout(ACT_TIMEOUT):
                await self._act(tab, action)
                await self.expect_tab(tab, before)
        except ActionFailed as failed:
            return failed
        except PageUnreachable as failed:
            return NavigationFailed(str(failed), failed.hint)
        except DialogOpened:
            return None
        except TimeoutError:
            tab.suspect = time.monotonic() - ACT_TIMEOUT
            return ActionTimedOut(
                f"{action.op} was not answered within {ACT_TIMEOUT:.0f} s",
                "the page may be stuck; reload it or go elsewhere",
            )
        except (BrowserGone, Error) as error:
            if not self.alive or tab.crashed:
                raise BrowserGone(f"the page went away: {str(error).splitlines()[0]}") from None
            if tab.closed or (action.op == "wait" and isinstance(error, BrowserGone)):
                return None  # a page that goes elsewhere ends a wait
            return ActionFailed(f"{action.op} failed: {str(error).splitlines()[0]}", "choose from the new observation")
        return None

    async def _act(self, tab: Tab, action: Action) -> None:
        if tab.dialog is not None and action.op not in ("close_tab", "switch_tab", "answer", "done", "give_up"):
            if not (action.target or "").startswith("d"):
                raise ElementCovered("a JavaScript dialog is open", "answer it with its buttons")
            return await act_on_dialog(tab, action)
        if action.op in NAVIGATION_OPS or action.op in ("new_tab", "close_tab", "switch_tab"):
            return await self._navigate(tab, action)
        if action.op not in ("answer", "done", "give_up"):
            target = tab.last.tree.by_ref.get(action.target or "") if tab.last else None
            await tab.until_dialog(Hands(tab, self.options.limits).perform(action, target))

    async def _navigate(self, tab: Tab, action: Action) -> None:
        if action.op == "goto":
            await self.goto(self.options.limits.resolve(action.text or ""))
        elif action.op == "new_tab" and self._context is not None:
            await self._context.new_page()
            await self.tabs_ready()
            if action.text:
                await self.goto(self.options.limits.resolve(action.text))
        elif action.op == "close_tab":
            await stuck.close(tab, CLOSE_LIMIT)
            self._drop(tab)
            await self.tabs_ready()
        elif action.op == "switch_tab":
            await self.show(int(action.text or 0))
        else:
            step = tab.page.go_back if action.op == "back" else tab.page.go_forward
            if await tab.until_dialog(step(wait_until="commit", timeout=5000)) is None and action.op == "forward":
                return

    async def expect_tab(self, tab: Tab, before: int) -> None:
        """Where the page asked for another tab, wait (bounded) until it is there and adopted."""
        left = tab.traffic.opening - time.monotonic()
        if left > 0 and len(self.tabs) == before and not self._opening:
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), left)
            except TimeoutError:
                pass  # the browser opened none: a blocked popup
        tab.traffic.opening = 0.0
        if self._opening:
            await self.tabs_ready()

    # ---- seeing -----------------------------------------------------------------------------------------------

    async def observe(self, level: str = "frame", tries: int = 3) -> Reading:
        """Settle and read the front tab; of tabs that close meanwhile, ``tries``. Raises ``BrowserGone``."""
        from playwright.async_api import Error

        await self.tabs_ready()
        tab = self.tab
        try:
            if tab.dialog is not None:
                raise DialogOpened
            if tab.suspect and not await tab.until_dialog(tab.responds()):
                raise ActionTimedOut("the page does not answer")
            reading = await tab.observe(level, self.options.budget)
            if time.monotonic() < tab.traffic.opening or self._opening:
                await self.expect_tab(tab, len(self.tabs))
                if self.tab is not tab:
                    return await self.observe(level, tries)
            return reading
        except DialogOpened:
            return dialog_tree(tab, self.options.viewport)
        except ActionTimedOut:
            return await self._unstick(tab)
        except (BrowserGone, Error) as error:
            if tab.closed and self.alive and tries > 1:
                self._drop(tab)
                return await self.observe(level, tries - 1)
            if not self.alive or tab.crashed or tab.closed:
                raise BrowserGone(f"the page went away: {str(error).splitlines()[0]}") from None
            return self._unread(tab)  # it navigates without end

    async def _unstick(self, tab: Tab) -> Reading:
        """Stop a script that never ends and read what is there. Raises ``BrowserGone`` where it cannot be stopped."""
        async with stuck.standing_still(tab):
            try:
                return (await tab.observe("input", self.options.budget))._replace(settled="busy")
            except (BrowserGone, ActionTimedOut, DialogOpened):
                return self._unread(tab)

    def _unread(self, tab: Tab) -> Reading:
        """What was last seen of a page that cannot be read now."""
        nothing = Reading(ActionTree(viewport=self.options.viewport), "", "", "busy", {"tree": 0.0, "settle": 0.0})
        return (tab.last or nothing)._replace(settled="busy", url=tab.url)

    def renumber(self) -> None:
        """Let references start anew with the next observation, as on a freshly loaded page."""
        for world in self.tab.worlds.values():
            world.renumber = True

    def take_blocked(self) -> list[str]:
        """Hosts that the allow-list stopped since the last call; kept in ``last_blocked``."""
        self.last_blocked = sorted({b.host for b in self._proxy.take_blocked()}) if self._proxy else []
        return self.last_blocked

    async def close(self) -> None:
        """Close the context and its proxy; may be called twice."""
        await self._close_context()

    async def _close_context(self) -> None:
        from playwright.async_api import Error

        context, self._context = self._context, None
        proxy, self._proxy = self._proxy, None
        tabs, self.tabs, self.active = self.tabs, [], 0
        for tab in tabs:
            await stuck.before_closing(tab)
        if self.screen is not None:
            await self.screen.stop()
        if context is not None:
            try:
                await asyncio.wait_for(context.close(), 5.0)
            except (Error, TimeoutError):
                pass  # the browser is gone, and the context with it
        if proxy is not None:
            await proxy.close()

"""What a visit leaves in the browser, taken from one context and brought to another: the ``storage`` level.

Cookies, local storage, every tab's address, its session storage, fields, scroll positions and focus. What a page keeps
in its own scripts, its history, IndexedDB, passwords and chosen files are not taken: whoever restores compares the
state hash, and is told.
"""

from __future__ import annotations

import asyncio
import functools
import json
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from .errors import ActionFailed, BrowserGone
from .types import Action

if TYPE_CHECKING:
    from playwright.async_api import Page, Route

    from .session import Session
    from .tab import Tab

WORLD = "webagent-state"
LIMIT = 8.0  # seconds for one tab, there or back


@dataclass(frozen=True)
class TabState:
    """``items``: session storage as ``((origin, ((key, value), …)), …)``. ``page``: JSON of ``state.js``, or ""."""

    url: str
    items: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    page: str = ""


@dataclass(frozen=True)
class Storage:
    """``cookies`` as Playwright has them; ``local``: local storage by origin; ``missing``: what was not taken."""

    cookies: tuple[dict[str, Any], ...]
    local: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    tabs: tuple[TabState, ...]
    active: int = 0
    missing: tuple[str, ...] = ()


@functools.cache
def _source() -> str:
    return (files("webagent.envs") / "page" / "state.js").read_text("utf8")


# ---- taking ---------------------------------------------------------------------------------------------------------


async def take(session: Session) -> Storage:
    """What this session would need to go on elsewhere. Raises ``BrowserGone``."""
    from playwright.async_api import Error

    missing: list[str] = []
    state: dict[str, Any] = {"cookies": [], "origins": []}
    try:
        async with asyncio.timeout(LIMIT):
            state = dict(await session.page.context.storage_state())
    except TimeoutError:
        missing.append("cookies and local storage (a page did not answer)")
    except Error as error:
        raise BrowserGone(f"the context went away: {str(error).splitlines()[0]}") from None
    tabs = tuple([await _take_tab(tab, missing) for tab in session.tabs])
    local = tuple(
        (str(o["origin"]), tuple((str(i["name"]), str(i["value"])) for i in o["localStorage"]))
        for o in state["origins"]
    )
    return Storage(tuple(state["cookies"]), local, tabs, session.active, tuple(dict.fromkeys(missing)))


async def _take_tab(tab: Tab, missing: list[str]) -> TabState:
    if tab.dialog is not None:
        missing.append("an open dialog")
        return TabState(tab.url)
    answer = await _in_page(tab, "[take(), location.origin, Object.entries(sessionStorage)]")
    if answer is None:
        missing.append(f"the state of {tab.url} (it did not answer)")
        return TabState(tab.url)
    page, origin, items = answer
    missing += json.loads(page)["missing"]
    pairs = tuple((str(k), str(v)) for k, v in items)
    return TabState(tab.url, ((str(origin), pairs),) if pairs else (), page)


async def _in_page(tab: Tab, expression: str) -> Any:
    """The value of an expression in a world of our own that knows ``state.js``; None if the page does not answer."""
    from playwright.async_api import Error

    try:
        async with asyncio.timeout(LIMIT):
            world = await tab.cdp.send("Page.createIsolatedWorld", {"frameId": tab.main.frame_id, "worldName": WORLD})
            answer = await tab.cdp.send(
                "Runtime.evaluate",
                {
                    "expression": f"(({{take, give}}) => JSON.stringify({expression}))({_source()})",
                    "contextId": world["executionContextId"],
                    "returnByValue": True,
                },
            )
    except (Error, TimeoutError):
        return None
    return json.loads(answer["result"]["value"]) if "exceptionDetails" not in answer else None


# ---- bringing -------------------------------------------------------------------------------------------------------


async def bring(session: Session, storage: Storage) -> tuple[str, ...]:
    """Put all of it into a new context of this session; returns what could not be put back.

    Each page is loaded once, by GET; nothing of what was done on it is done again. Raises ``BrowserGone``,
    ``PageUnreachable``.
    """
    from playwright.async_api import Error

    missing = list(storage.missing)
    await session.fresh()
    try:
        await session.page.context.add_cookies([*storage.cookies])  # type: ignore[list-item]
        for number, state in enumerate(storage.tabs):
            if number:
                await session.act(Action("new_tab"))
            await _fill(session.page, [("sessionStorage", *pair) for pair in state.items])
            if not number:
                await _fill(session.page, [("localStorage", *pair) for pair in storage.local])
            await _arrive(session, state, missing)
        await session.show(min(storage.active, len(session.tabs) - 1))
    except Error as error:
        raise BrowserGone(f"the context went away: {str(error).splitlines()[0]}") from None
    return tuple(dict.fromkeys(missing))


async def _arrive(session: Session, state: TabState, missing: list[str]) -> None:
    if not state.url.startswith(("http:", "https:")):
        if state.url != "about:blank":
            missing.append(f"the page {state.url[:60]} (it has no address of its own)")
        return
    try:
        await session.goto(state.url)
    except ActionFailed as refused:
        missing.append(f"the page {state.url[:60]} ({refused})")
        return
    await session.observe("frame")
    tab = session.tab
    if state.page:
        answer = await _in_page(tab, f"give({state.page})")
        missing += ["the fields of a page"] if answer is None else json.loads(answer)
    await tab.cdp.send("Page.resetNavigationHistory")


async def _fill(page: Page, stores: list[tuple[str, str, tuple[tuple[str, str], ...]]]) -> None:
    """Write into the storages of origins whose empty stand-ins are shown for that, so that no script runs before."""

    async def stand_in(route: Route) -> None:
        await route.fulfill(status=200, content_type="text/html", body="")

    stores = [(store, origin, items) for store, origin, items in stores if items and origin.startswith("http")]
    if not stores:
        return
    await page.route("**/*", stand_in)
    for store, origin, items in stores:
        await page.goto(origin)
        await page.evaluate(f"(items) => {{ for (const [k, v] of items) {store}.setItem(k, v) }}", [*map(list, items)])
    await page.unroute("**/*", stand_in)

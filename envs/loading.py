"""From one page to the next: a navigation up to where a person would say "it is there", whatever either page does.

Slow servers are waited for. The page that is left is not: a script of it that holds the navigation up is ended, and a
page that holds on even so is told to the caller, who leaves its whole tab behind.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from .errors import PageUnreachable
from .network import check_answer
from .stuck import CUT_LIMIT, STOP_LIMIT, answers, aside, asked
from .traffic import PARSE_LIMIT

if TYPE_CHECKING:
    from .tab import Tab

T = TypeVar("T")
LEAVE_PATIENCE = 1.5  # seconds that a page may take to let itself be left
COMMIT_LOOK = 1.0  # seconds after which it is looked at anew whether the tab is still there


class HoldsOn(Exception):
    """The answer is there, but the old page cannot be left in its own tab."""


async def load(tab: Tab, url: str, timeout_ms: float) -> None:
    """Load an address that may be loaded. A page that has begun to show but never ends counts as loaded.

    Raises ``RequestBlocked``, ``PageUnreachable`` if nothing came, ``DialogOpened``, ``HoldsOn``.
    """
    from playwright.async_api import Error

    traffic = tab.traffic
    traffic.begin_load()
    if traffic.unfinished:  # what the old page still waits for may hold the few connections to a host
        await asked(tab.cdp, "Page.stopLoading", STOP_LIMIT)
    try:
        async with asyncio.timeout(timeout_ms / 1000):
            reason = await tab.until_dialog(_leave(tab, _commit(tab, url)))
    except TimeoutError:
        reason = f"no answer within {timeout_ms / 1000:g} s"
    except Error as error:
        reason = str(error).splitlines()[0]
    if not reason:
        check_answer(url, traffic.headers)
        began = time.monotonic()
        tab.suspect = 0.0 if await tab.until_dialog(_parsed(tab)) else began
        return
    if traffic.commits and not tab.url.startswith("chrome-error:"):
        return  # it has begun to show, or has gone on to another page by itself
    raise PageUnreachable(f"{url} did not load: {reason}", "check the address and that the server runs")


async def _commit(tab: Tab, url: str) -> str:
    """Ask for a page and wait until it, or one that says why not, has begun to show; returns that reason, or ""."""
    answer = await tab.cdp.send("Page.navigate", {"url": url})
    reason = str(answer.get("errorText", ""))
    if reason == "net::ERR_ABORTED":  # a download, an empty answer, another navigation in between: nothing more comes
        return reason
    while answer.get("loaderId") and not tab.traffic.commits and not tab.closed:  # else in the page that is there
        await tab.traffic.changed(COMMIT_LOOK)
    return reason


async def _leave(tab: Tab, navigation: Coroutine[Any, Any, T]) -> T:
    """Await a navigation up to its commit.

    Before its request goes out (``beforeunload``) a script that holds the page is ended. Once the answer is there, only
    the old page can be in the way (``unload``, a timer without end), and it cannot be asked any more.
    """
    task = asyncio.ensure_future(navigation)
    task.add_done_callback(lambda t: t.cancelled() or t.exception())
    try:
        while True:
            before = tab.traffic.stage
            done, _ = await asyncio.wait({task}, timeout=LEAVE_PATIENCE)
            if done:
                return task.result()
            if before == tab.traffic.stage == "answered":
                raise HoldsOn
            if not tab.traffic.stage and not await answers(tab.cdp):
                aside(asked(tab.cdp, "Runtime.terminateExecution", CUT_LIMIT))
    finally:
        task.cancel()


async def _parsed(tab: Tab) -> bool:
    """Wait until a page that has begun to show is there as a whole; False if that takes too long, or never rests."""
    traffic = tab.traffic
    end = time.monotonic() + PARSE_LIMIT
    while not traffic.parsed and not traffic.restless and time.monotonic() < end and not tab.closed:
        await traffic.changed(max(0.01, end - time.monotonic()))
    return traffic.parsed and not traffic.restless

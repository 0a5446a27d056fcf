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
from .stuck import CUT_LIMIT, answers, aside, asked

if TYPE_CHECKING:
    from playwright.async_api import Request, Response

    from .tab import Tab

T = TypeVar("T")
STOP_LIMIT = 1.0  # seconds for the browser to give up what is on its way
LEAVE_PATIENCE = 1.5  # seconds that a page may take to let itself be left
PARSE_LIMIT = 5.0  # seconds after which a page that has begun to show is used as far as it came


class HoldsOn(Exception):
    """The answer is there, but the old page cannot be left in its own tab."""


async def load(tab: Tab, url: str, timeout_ms: float) -> None:
    """Load an address that may be loaded. A page that has begun to show but never ends counts as loaded.

    Raises ``RequestBlocked``, ``PageUnreachable`` if nothing came, ``DialogOpened``, ``HoldsOn``.
    """
    from playwright.async_api import Error

    tab.commits = 0
    if tab.unfinished:  # what the old page still waits for may hold the few connections to a host
        await asked(tab.cdp, "Page.stopLoading", STOP_LIMIT)
    try:
        work = tab.page.goto(url, wait_until="commit", timeout=timeout_ms)
        answer = await tab.until_dialog(_leave(tab, work))
        check_answer(url, answer.headers if answer else {})
        began = time.monotonic()
        tab.suspect = 0.0 if await tab.until_dialog(_parsed(tab)) else began
    except Error as error:
        same = tab.page.url.split("#")[0] == url.split("#")[0]
        if (same or "interrupted by another" in str(error)) and not tab.page.url.startswith("chrome-error:"):
            return  # it has begun to show, or has gone on to another page by itself
        text = str(error).splitlines()[0].removeprefix("Page.goto: ").split(" at http")[0]
        raise PageUnreachable(f"{url} did not load: {text}", "check the address and that the server runs") from None


async def _leave(tab: Tab, navigation: Coroutine[Any, Any, T]) -> T:
    """Await a navigation up to its commit.

    Before its request goes out (``beforeunload``) a script that holds the page is ended. Once the answer is there, only
    the old page can be in the way (``unload``, a timer without end), and it cannot be asked any more.
    """
    seen: list[str] = []

    def on_request(request: Request) -> None:
        if request.is_navigation_request() and request.frame == tab.page.main_frame:
            seen.append("asked")

    def on_response(response: Response) -> None:
        if response.request.is_navigation_request() and response.frame == tab.page.main_frame:
            seen.append("answered")

    tab.page.on("request", on_request)
    tab.page.on("response", on_response)
    task = asyncio.ensure_future(navigation)
    task.add_done_callback(lambda t: t.cancelled() or t.exception())
    try:
        while True:
            before = seen[-1:]
            done, _ = await asyncio.wait({task}, timeout=LEAVE_PATIENCE)
            if done:
                return task.result()
            if before == seen[-1:] == ["answered"]:
                raise HoldsOn
            if not seen and not await answers(tab.cdp):
                aside(asked(tab.cdp, "Runtime.terminateExecution", CUT_LIMIT))
    finally:
        tab.page.remove_listener("request", on_request)
        tab.page.remove_listener("response", on_response)
        task.cancel()


async def _parsed(tab: Tab) -> bool:
    """Wait until a page that has begun to show is there as a whole; False if that takes too long, or never rests."""
    from playwright.async_api import Error

    waiting = asyncio.ensure_future(tab.page.wait_for_load_state("domcontentloaded", timeout=PARSE_LIMIT * 1000))
    try:
        while not waiting.done() and not tab.restless:
            await asyncio.wait({waiting}, timeout=0.2)
        if waiting.done():
            waiting.result()
        return not tab.restless
    except Error:
        return False
    finally:
        waiting.cancel()

"""Pages that hold their own thread: asked, cut off, read while they stand still.

A script without end blocks everything that is asked of its page. The browser can still end that script, from outside
the thread; where the page starts it again at once (a timer, a frame callback), scripts are switched off as long as the
page is being read. Nothing here waits longer than it says.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Coroutine
from typing import TYPE_CHECKING, Any

from .errors import BrowserGone

if TYPE_CHECKING:
    from .tab import Tab
    from .wire import Channel

PING = 2.0  # seconds in which a page that is alive says a number, however busy the machine
CUT_LIMIT = 2.0  # seconds for the browser to end a script
STOP_LIMIT = 1.0  # seconds for the browser to give up what is on its way
HANG_LIMIT = 13.0  # seconds without an answer, all waits together, after which a page is given up


async def asked(cdp: Channel, method: str, limit: float, **params: Any) -> dict[str, Any] | None:
    """The protocol's answer, or None where it failed or took longer than ``limit`` seconds."""
    from playwright.async_api import Error

    try:
        async with asyncio.timeout(limit):
            answer: dict[str, Any] = await cdp.send(method, params)
            return answer
    except (Error, TimeoutError):
        return None


async def answers(cdp: Channel) -> bool:
    """Whether the page's thread is free enough to say a number."""
    return await asked(cdp, "Runtime.evaluate", PING, expression="0") is not None


@contextlib.asynccontextmanager
async def standing_still(tab: Tab) -> AsyncIterator[None]:
    """No script of the page runs inside; what ran is ended. Raises ``BrowserGone`` where even that is not heard."""
    limit = max(CUT_LIMIT, tab.suspect + HANG_LIMIT - time.monotonic())
    tab.suspect = 0.0
    off = asyncio.ensure_future(asked(tab.cdp, "Emulation.setScriptExecutionDisabled", limit, value=True))
    end = asyncio.ensure_future(asked(tab.cdp, "Runtime.terminateExecution", limit))
    try:
        # It ends the script that runs, or the next one, and says nothing before: this one, if there is no other.
        began = time.monotonic()
        if not await answers(tab.cdp):
            # Perhaps no script: what a page is asked is also held back while an answer is awaited that never begins.
            await asked(tab.cdp, "Page.stopLoading", STOP_LIMIT)
            left = max(CUT_LIMIT, began + limit - time.monotonic())
            if await asked(tab.cdp, "Runtime.evaluate", left, expression="0") is None:
                raise BrowserGone("the page hangs")
        yield
    finally:
        off.cancel()
        end.cancel()
        await asked(tab.cdp, "Emulation.setScriptExecutionDisabled", PING, value=False)


async def close(tab: Tab, limit: float) -> None:
    """Close a tab within ``limit`` seconds, or leave it to its context: a page can hang in that, too."""
    from playwright.async_api import Error

    await before_closing(tab)
    with contextlib.suppress(Error, TimeoutError):
        await asyncio.wait_for(tab.page.close(), limit)


async def before_closing(tab: Tab) -> None:
    """Make a tab safe to close.

    Chromium dies where a page is closed while a frame of it shows a dialog that a protocol session with ``Page``
    switched on, beside Playwright's own, has been told of. Nobody waits for the answer: a dialog holds it back.
    """
    aside(asked(tab.cdp, "Page.disable", CUT_LIMIT))
    await asyncio.sleep(0)


def aside(work: Coroutine[Any, Any, Any]) -> None:
    """Let bounded work that raises nothing go on while nobody waits for it."""
    _aside.add(task := asyncio.ensure_future(work))
    task.add_done_callback(_aside.discard)


_aside: set[asyncio.Future[Any]] = set()

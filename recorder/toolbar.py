"""A small window of our own beside the page: goal, pause, mark step, redact, stop. The page cannot reach it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Page

SIZE = (520, 230)
BESIDE = 1310  # px from the left: where a window of the usual viewport ends


class Toolbar:
    """``await open(native)``; ``control(name, value)`` is called for what is pressed in it."""

    def __init__(self, control: Callable[[str, Any], None]) -> None:
        self._control = control
        self._context: BrowserContext | None = None
        self._page: Page | None = None

    async def open(self, native: Browser, goal: str) -> None:
        """Raises Playwright's ``Error``."""
        self._context = await native.new_context(no_viewport=True)
        page = self._page = await self._context.new_page()
        await page.expose_binding("control", lambda _, name, value: self._control(name, value))
        await page.set_content((files("webagent.recorder") / "toolbar.html").read_text("utf8"))
        await page.fill("#goal", goal)
        width = await page.evaluate("screen.availWidth")
        session = await self._context.new_cdp_session(page)
        window = (await session.send("Browser.getWindowForTarget"))["windowId"]
        left = min(BESIDE, max(0, width - SIZE[0]))
        bounds = {"left": left, "top": 10, "width": SIZE[0], "height": SIZE[1]}
        await session.send("Browser.setWindowBounds", {"windowId": window, "bounds": bounds})
        await session.detach()

    async def tell(self, line: str) -> None:
        """Show a line; a window that was closed shows none."""
        from playwright.async_api import Error

        if self._page is not None and not self._page.is_closed():
            with contextlib.suppress(Error):
                await self._page.evaluate("line => tell(line)", line)

    async def close(self) -> None:
        from playwright.async_api import Error

        context, self._context = self._context, None
        if context is not None:
            with contextlib.suppress(Error):
                await context.close()

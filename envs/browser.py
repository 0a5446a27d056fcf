"""One Chromium, launched once, with Playwright on a loop thread of its own.

    with Browser() as browser:
        browser.call(some_coroutine(browser))

The thread makes it work from scripts, other threads, Jupyter's running loop and spawned processes alike. Everything
the browser writes lies in one temporary folder that carries our mark; a watcher outside (``reaper``) kills the browser
and removes the folder if this process dies in any way. Not covered here: contexts (``session``), pages (``tab``).
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from .chromium import OWNER_SWITCH, find_browser, launch_args
from .errors import BrowserGone, BrowserMissing, TimedOut
from .network import launch_environment, launch_flags
from .proxy import close_running
from .reaper import claim, clean, marked, orphans
from .wire import cut, is_connected, shared_pipe

if TYPE_CHECKING:
    from playwright.async_api import Browser as PlaywrightBrowser

T = TypeVar("T")
START_TIMEOUT = 60.0
CALL_TIMEOUT = 120.0
ANSWER_TIMEOUT = 5.0
UNWANTED = ["--disable-ipc-flooding-protection"]  # a default of Playwright's: one page could drown the browser in moves
DIED = "has been closed"  # Playwright's words for a browser that ended while it was being started
_environment = threading.Lock()


class Browser:
    """A Chromium process and the thread that drives it.

    Args:
        executable: path of a Chrome or Chromium; found by itself if None (``WEBAGENT_BROWSER`` first).
        headless: False opens a window, which needs a display.

    Raises ``BrowserMissing`` on ``start`` if there is none or it does not come up.
    """

    def __init__(self, executable: str | os.PathLike[str] | None = None, headless: bool = True) -> None:
        self.headless = headless
        self._wanted = str(executable) if executable else None
        self.executable: Path | None = None
        self.version = ""
        self.folder = ""
        self.native: PlaywrightBrowser | None = None
        self._playwright: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._reaper: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()
        self._relaunch = asyncio.Lock()
        self._closing = False

    def __enter__(self) -> Browser:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> Any:
        return Browser, (self._wanted, self.headless)

    @property
    def alive(self) -> bool:
        return self.native is not None and is_connected(self.native) and self._owner == os.getpid()

    @property
    def running(self) -> bool:
        """Its thread is there, whether or not Chromium is."""
        return self._thread is not None and self._thread.is_alive() and self._owner == os.getpid()

    def start(self) -> Browser:
        """Launch, unless it runs already; returns itself."""
        if self.alive:
            return self
        self.close()
        self._owner, self._closing = os.getpid(), False
        self.executable = find_browser(self._wanted, headless=self.headless)
        if not self.headless and display_missing():
            raise BrowserMissing(
                "a window needs a display, and there is none (DISPLAY is not set)",
                "start an X server such as xvfb-run, or leave out --headed",
            )
        for folder in orphans(tempfile.gettempdir()):  # of an owner that was killed together with its reaper
            clean(folder, patience=0.0)
        self.folder = tempfile.mkdtemp(prefix=f"webagent-{os.getpid()}-")
        claim(self.folder)
        self._reaper = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__).with_name("reaper.py")), str(os.getpid()), self.folder],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(self._loop,), name="webagent-browser", daemon=True)
        self._thread.start()
        try:
            self.call(self.connected(), timeout=START_TIMEOUT)
        except BaseException:
            self.close()
            raise
        return self

    @staticmethod
    def _run(loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        loop.run_forever()
        loop.close()

    def call(self, work: Coroutine[Any, Any, T], timeout: float = CALL_TIMEOUT) -> T:
        """Run a coroutine on the browser's thread and wait for it; raises what it raises, or ``TimedOut``."""
        loop = self._loop
        if loop is None or self._owner != os.getpid() or self._thread is None or not self._thread.is_alive():
            work.close()
            raise BrowserGone("the browser is not running", "start it again: Browser.start()")
        if threading.current_thread() is self._thread:
            work.close()
            raise BrowserGone("call() was used on the browser's own thread", "await the coroutine there")
        return self._result(asyncio.run_coroutine_threadsafe(work, loop), timeout)

    def submit(self, work: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Start a coroutine on the browser's thread; the future tells when it is done."""
        if self._loop is None or self._owner != os.getpid():
            work.close()
            raise BrowserGone("the browser is not running", "start it again: Browser.start()")
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    @staticmethod
    def _result(future: concurrent.futures.Future[T], timeout: float) -> T:
        try:
            return future.result(timeout)
        except concurrent.futures.TimeoutError:
            if future.done():
                raise
            future.cancel()
            raise TimedOut(f"the browser did not answer within {timeout:.0f} s") from None
        except KeyboardInterrupt:
            future.cancel()
            raise

    async def connected(self, check: bool = False) -> PlaywrightBrowser:
        """The running Chromium, on the browser's own loop; launched anew if it has died. ``check``: ask it, too.

        Raises ``BrowserMissing`` if none comes up.
        """
        async with self._relaunch:
            if self._closing:
                raise BrowserGone("the browser is being closed")
            if check and self.alive and not await self._answers() and self.alive:
                self.kill()
                await self._end(self._playwright.stop)  # the driver itself may be what died
                self.native = self._playwright = None
            if not self.alive:
                await self._launch()
            assert self.native is not None
            return self.native

    async def _answers(self) -> bool:
        from playwright.async_api import Error

        assert self.native is not None
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                session = await self.native.new_browser_cdp_session()
                await session.send("Browser.getVersion")
                await session.detach()
        except (Error, TimeoutError):
            return False
        return True

    def kill(self) -> None:
        """End every process of this browser at once; the next ``connected`` launches it anew."""
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    async def _launch(self) -> None:
        """Start Chromium; one that dies while it starts gets a second chance. Raises ``BrowserMissing``."""
        from playwright.async_api import Error

        for last in (False, True):
            if self._playwright is None:
                self._playwright = await self._start_driver()
            try:
                self.native = await self._launch_once()
                self.version = self.native.version
                return
            except Error as error:
                await self._end(self._playwright.stop)  # the driver itself may be what died
                self._playwright = None
                reason = str(error).splitlines()[0]
            if last or DIED not in reason:
                raise BrowserMissing(f"{self.executable} does not start: {reason}", "run 'webagent doctor'")

    async def _launch_once(self) -> PlaywrightBrowser:
        flags = [*launch_args(self.headless), *launch_flags(), "--disable-smooth-scrolling", OWNER_SWITCH + self.folder]
        assert self.executable is not None
        async with shared_pipe(self.folder, self.executable) as (program, share):
            native: PlaywrightBrowser = await self._playwright.chromium.launch(
                executable_path=program, headless=self.headless, timeout=START_TIMEOUT * 500,
                handle_sigint=False, handle_sigterm=False, handle_sighup=False, ignore_default_args=UNWANTED,
                args=flags, env={**os.environ, "TMPDIR": self.folder, **launch_environment(self.folder)},
            )  # fmt: skip
            await share(native)
        return native

    async def _start_driver(self) -> Any:
        from playwright.async_api import async_playwright

        manager = async_playwright()
        with _environment:  # the driver inherits TMPDIR, and its profiles then lie in our folder
            before = os.environ.get("TMPDIR")
            os.environ["TMPDIR"] = self.folder
            try:
                return await manager.start()
            finally:
                os.environ.pop("TMPDIR") if before is None else os.environ.__setitem__("TMPDIR", before)

    def pids(self) -> list[int]:
        """Process ids that belong to this browser."""
        return marked(self.folder) if self.folder else []

    def close(self) -> None:
        """End the browser, its thread and its folder; may be called twice and from any state."""
        if self._owner != os.getpid():
            return
        self._closing = True
        if self._loop is not None and self._thread is not None and self._thread.is_alive():
            try:
                self.call(self._shut(), timeout=10.0)
            except (TimedOut, BrowserGone):
                pass  # what is left is killed below
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(5.0)
        if self.folder:
            clean(self.folder, patience=1.0)
        if self._reaper is not None:
            self._reaper.kill()
            self._reaper.communicate()
        self._loop = self._thread = self._reaper = self.native = self._playwright = None
        self.folder = ""

    @staticmethod
    async def _end(step: Callable[[], Coroutine[Any, Any, None]]) -> None:
        from playwright.async_api import Error

        with contextlib.suppress(Error, TimeoutError):
            await asyncio.wait_for(step(), 4.0)

    async def _shut(self) -> None:
        if self.native is not None:
            await self._end(self.native.close)
        if self._playwright is not None:
            await self._end(self._playwright.stop)
        if self.native is not None:
            await cut(self.native)
        await close_running()
        rest = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)


def display_missing() -> bool:
    """True where a window could not be opened."""
    return sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))

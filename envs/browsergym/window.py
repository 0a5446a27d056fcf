"""The browser as a BrowserGym agent has it: one context, its tabs with their bids, and Playwright's objects to hold.

Everything here may be called from any thread but the browser's own.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..actions import Limits
from ..allowlist import AllowList
from ..browser import Browser
from ..errors import BrowserGone, TimedOut
from ..scenario import Scenario
from ..session import Options, Session
from ..sync_face import Faces
from ..tab import Tab
from .action_set import Checked
from .actions import Actor, TabState, attempt, release
from .bids import Bids
from .chat import Chat
from .observation import Seen, look_anyway, settle, title_of
from .tasks import ScenarioTask

CALL_LIMIT = 3600.0  # seconds; noop and Playwright's own calls may take long


@dataclass(frozen=True)
class Choices:
    """What the environment's caller chose. ``wanted``: in place of what a task asks for, by its attribute's name."""

    wanted: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    resizeable: bool = False
    video: Path | None = None
    allow: tuple[str, ...] | None = None
    limits: Limits = field(default_factory=Limits)
    downloads: Path | None = None
    tags: str = "standard_html"
    raw_page: bool = False
    screenshots: bool = True
    settle: str = "frame"
    delay: float = 0.0


@dataclass(frozen=True)
class View:
    """What is on the page in front, and the tabs around it."""

    seen: Seen = field(default_factory=Seen)
    urls: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    active: int = 0


class Window:
    """Owns one session, and the browser where none is shared."""

    def __init__(self, choices: Choices, browser: Browser | None, executable: str | None, headless: bool) -> None:
        self.choices = choices
        self.session: Session | None = None
        self.view = View()
        self._browser = browser
        self._own = browser is None
        self._launch = (executable, headless)
        self._faces: Faces | None = None
        self._states: weakref.WeakKeyDictionary[Tab, TabState] = weakref.WeakKeyDictionary()
        self._default_scale = 1.0
        self._without: tuple[str, ...] = ()
        self._scenario: Scenario | None = None

    def call(self, work: Any) -> Any:
        """Run a coroutine on the browser's loop and wait for it."""
        assert self._browser is not None
        return self._browser.call(work, timeout=CALL_LIMIT)

    # ---- Playwright's objects ---------------------------------------------------------------------------------

    @property
    def page(self) -> Any:
        return self._face(self.session.page if self.session else None)

    @property
    def context(self) -> Any:
        return self._face(self.session.page.context if self.session else None)

    @property
    def browser(self) -> Any:
        return self._face(self._browser.native if self._browser is not None else None)

    def _face(self, thing: Any) -> Any:
        return self._faces.of(thing) if self._faces is not None and thing is not None else None

    @property
    def scale(self) -> float:
        """Pixels of the screenshot to one of the page: the page's ``_bgym_scale_factor`` or the task's ``scale``."""
        return float(getattr(self.session.page if self.session else None, "_bgym_scale_factor", self._default_scale))

    # ---- an episode -------------------------------------------------------------------------------------------

    def open(self, task: Any) -> Session:
        """A session for an episode of ``task``: a scenario goes on in its own, any other task gets an empty one."""
        if self._browser is None:
            self._browser = Browser(*self._launch)
        if not self._browser.alive:
            self.drop()
            self._browser.start()
        if not isinstance(task, ScenarioTask) or (self.session is not None and not self.session.alive):
            self.drop()
        self._default_scale = float(getattr(task, "scale", 1.0))
        self._without = tuple(getattr(task, "without", ()))
        self._scenario = task.scenario if isinstance(task, ScenarioTask) else None
        self.view = View()
        session: Session = self.call(self._open(task))
        return session

    async def _open(self, task: Any) -> Session:
        assert self._browser is not None and self._browser.native is not None
        session = self.session
        if session is None:
            self._faces = Faces(self._browser.call)
            self.session = session = await Session.open(self._browser.native, self._options(task))
            timeout = self._choice(task, "timeout")
            if timeout is not None:
                session.page.context.set_default_timeout(float(timeout))
        else:  # as on a page that was just opened: nothing held, the mouse in the corner
            await release(session.tab, self._state_of(session.tab))
        self._states.clear()
        return session

    def _options(self, task: Any) -> Options:
        choices = self.choices
        viewport = self._choice(task, "viewport")
        context = {n: v for n in ("locale", "timezone_id") if (v := self._choice(task, n)) is not None}
        context |= choices.context
        if choices.resizeable:
            context |= {"viewport": None, "no_viewport": True}
        if choices.video is not None:
            context |= {"record_video_dir": choices.video / "task_video", "record_video_size": viewport}
        hosts = choices.allow
        if self._scenario is not None and self._scenario.allow is not None:
            hosts = (*self._scenario.allow, *(hosts or ()))
        return Options(
            viewport=(int(viewport["width"]), int(viewport["height"])),
            allow=None if hosts is None else AllowList(hosts),
            limits=choices.limits,
            downloads=choices.downloads,
            dismiss_dialogs=True,
            context=context,
        )

    def _choice(self, task: Any, name: str) -> Any:
        chosen = self.choices.wanted.get(name)
        return getattr(task, name, None) if chosen is None else chosen

    def _state_of(self, tab: Tab) -> TabState:
        return self._states.setdefault(tab, TabState(Bids(self.choices.tags, self._without)))

    def do(self, calls: list[Checked], chat: Chat, force: bool) -> tuple[str, float, bool]:
        """Do an action: its error or "", seconds of a wait that ran out, whether it reported the task infeasible."""
        assert self.session is not None
        actor = Actor(self.session, self._state_of, chat, self.scale, force)
        error, timeout = self.call(attempt(actor, calls))
        return error, timeout, actor.infeasible

    def rest(self) -> str:
        """Wait until the page has done what it does by itself; the hosts that were refused to it meanwhile."""
        return str(self.call(self._rest()))

    async def _rest(self) -> str:
        session = self.session
        assert session is not None
        if self.choices.delay > 0:
            await asyncio.sleep(self.choices.delay)
        await session.tabs_ready()
        if self.choices.settle == "frame":
            if self._scenario is not None:
                await self._scenario.rest(session)
            await settle(session.tab)
        hosts, url = session.take_blocked(), session.tab.url
        stopped = [h for h in hosts if url.startswith("chrome-error:") or urlsplit(url).hostname in (h, f"[{h}]")]
        return ", ".join(stopped)

    def look(self) -> View:
        """See what there is now; kept in ``view``. Raises ``BrowserGone`` where nothing is left to see."""
        self.view = self.call(self._look())
        return self.view

    async def _look(self) -> View:
        session = self.session
        assert session is not None
        await session.tabs_ready()
        tab, seen = session.tab, Seen()
        if not self.choices.raw_page:
            bids = self._state_of(tab).bids
            seen = await look_anyway(tab, bids, self.scale, self.choices.screenshots, self.view.seen)
        pages = [t.page for t in session.tabs]
        titles = await asyncio.gather(*map(title_of, pages))
        return View(seen, tuple(p.url for p in pages), tuple(titles), pages.index(tab.page) if tab.page in pages else 0)

    # ---- the end ----------------------------------------------------------------------------------------------

    def drop(self) -> None:
        """Close the context, dead or alive."""
        session, self.session = self.session, None
        if session is not None and self._browser is not None:
            try:
                self._browser.call(session.close(), timeout=15.0)
            except (BrowserGone, TimedOut):
                return  # its loop is gone, and with it all that the session held

    def close(self) -> None:
        """Close the context, and the browser if it is our own; may be called twice."""
        self.drop()
        if self._own and self._browser is not None:
            self._browser.close()
            self._browser = None

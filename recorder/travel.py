"""Whether a person went to another page by the browser itself (back, forward, reload, an address), and which tabs there
were."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from webagent.envs.session import Session
from webagent.envs.tab import Tab
from webagent.envs.types import Action
from webagent.envs.types import Tab as TabView

BY_PAGE = 1.5  # s after an input within which the page may navigate by itself
COMMIT_LIMIT = 3.0  # s after a page says that it shows, within which the browser says so, too
AGAIN = 0.005  # s between two questions
BY_HAND = frozenset({"typed", "address_bar", "auto_bookmark", "keyword", "generated", "reload"})


class Place(NamedTuple):
    """Where a tab stands in its history: the ids of the entries, which of them shows, and in which document."""

    ids: tuple[int, ...] = ()
    shown: int = 0
    url: str = ""
    how: str = ""
    document: str = ""


async def place_of(tab: Tab) -> Place | None:
    """Where a tab stands, as soon as the browser can say; None for a tab that is gone.

    A page tells that it has gone elsewhere before the browser itself is through with that, and until then the browser
    refuses to tell its history; so it is asked again. None, too, where that takes longer than ``COMMIT_LIMIT``.
    """
    from playwright.async_api import Error

    end = time.monotonic() + COMMIT_LIMIT
    while True:
        try:
            history: dict[str, Any] = await tab.cdp.send("Page.getNavigationHistory")
            break
        except Error:
            if tab.closed or tab.crashed or time.monotonic() > end:
                return None
        await asyncio.sleep(AGAIN)
    entries, index = history["entries"], int(history["currentIndex"])
    if not entries:
        return Place()
    now = entries[index]
    ids, how = tuple(e["id"] for e in entries), str(now.get("transitionType", ""))
    return Place(ids, index, str(now["url"]), how, tab.traffic.loader)


def moves(before: Place, now: Place, by_page: bool) -> list[Action]:
    """The actions that led from one place to another; none where the page itself did it.

    ``by_page``: something was done on the page a moment ago, so that the page may have gone by itself.
    """
    entry = now.ids[now.shown] if now.ids else -1
    if by_page or now == before or not now.url or now.url.startswith("chrome"):
        return []
    if entry in before.ids and before.ids.index(entry) != before.shown:
        steps = before.ids.index(entry) - before.shown
        return [Action("back" if steps < 0 else "forward")] * abs(steps)
    return [Action("goto", text=now.url)] if now.how in BY_HAND else []


class Travels:
    """Where every tab stands, and when something was done in it; so that what a person did by the browser is known.

    ``touched`` and ``opened``: of each tab, when a person last did something in it and when it came, s since the epoch.
    """

    def __init__(self) -> None:
        self.touched: dict[Tab, float] = {}
        self.opened: dict[Tab, float] = {}
        self._places: dict[Tab, Place] = {}
        self._since = math.inf

    async def begin(self, tab: Tab) -> None:
        """What has led to where this tab stands is nobody's step; what comes from now on may be one."""
        self._since = time.time()
        place = await place_of(tab)
        if place is not None:
            self._places[tab] = place

    def begin_blank(self, tab: Tab) -> None:
        """A tab that a person opened: wherever it goes next is a step."""
        self._places[tab] = Place()

    def by_page(self, tab: Tab, at: float) -> bool:
        """The page may have done by itself what happened at this moment, since something was done on it just before."""
        return at - self.touched.get(tab, 0.0) < BY_PAGE

    def went(self, tab: Tab, at: float, now: Place) -> list[Action]:
        """The actions that led a tab to the place where it stood at ``at``."""
        if at < self._since:
            return []
        before, self._places[tab] = self._places.get(tab), now
        return moves(before, now, self.by_page(tab, at)) if before is not None else []


class Then(NamedTuple):
    """A moment (s since the epoch), and the address and title of the page in front at it, or ""."""

    at: float = math.inf
    url: str = ""
    title: str = ""


def tabs_at(session: Session, opened: Mapping[Tab, float], tab: Tab, then: Then) -> tuple[TabView, ...]:
    """The open tabs as they were at a moment when ``tab`` was in front.

    ``opened``: when each came. What came since is left out; a tab that was just closed is there again, as the last.
    """
    views = [
        TabView(then.url, then.title, True) if other is tab and then.url else replace(view, active=other is tab)
        for other, view in zip(session.tabs, session.views(), strict=True)
        if other is tab or opened.get(other, 0.0) < then.at
    ]
    return tuple(views) if tab in session.tabs else (*views, TabView(tab.url, active=True))

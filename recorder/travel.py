"""Whether a person went to another page by the browser itself (back, forward, reload, an address), and which tabs there
were."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from webagent.envs.session import Session
from webagent.envs.tab import Tab
from webagent.envs.types import Action
from webagent.envs.types import Tab as TabView

BY_HAND = frozenset({"typed", "address_bar", "auto_bookmark", "keyword", "generated", "reload"})


class Place(NamedTuple):
    """Where a tab stands in its history: the ids of the entries and which of them shows."""

    ids: tuple[int, ...] = ()
    shown: int = 0
    url: str = ""
    how: str = ""


async def place_of(tab: Tab) -> Place:
    """Raises Playwright's ``Error`` for a tab that is gone."""
    history: dict[str, Any] = await tab.cdp.send("Page.getNavigationHistory")
    entries, index = history["entries"], int(history["currentIndex"])
    if not entries:
        return Place()
    now = entries[index]
    return Place(tuple(e["id"] for e in entries), index, str(now["url"]), str(now.get("transitionType", "")))


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

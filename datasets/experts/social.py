"""Posts with icons below them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from webagent.envs.types import Action, Element

from .moves import click, pick
from .page import Expert, Lost, Page

MENU = ("Share via DM", "Copy link to Tweet", "Embed Tweet", "Mute", "Block", "Report")


def posts(page: Page) -> Iterator[tuple[str, Element]]:
    """Every icon and every line of an open menu, with the user whose post it is on."""
    user = ""
    for e in page.elements:
        said = re.search(r"(?:^| )@([\w-]+)(?: \d+h ago)?$", e.name)
        if e.role == "text" and said:
            user = said[1]
        elif e.role == "clickable" and user:
            yield user, e


def icons(page: Page, user: str, action: str) -> list[Element]:
    """The icons for this action on all posts of the user."""
    return [e for who, e in posts(page) if who == user and action.lower() in e.hint.split()]


def social_media(page: Page) -> Action:
    """One action on a post by the user: an icon, or a line of the menu behind "more"."""
    user, action = page.look(r'user @([\w-]+), click on the "(.+)" button').groups()
    lines = [e for who, e in posts(page) if who == user and re.sub(" @.*", "", e.name) == action]
    if lines:
        return click(lines[0])
    found = icons(page, user, "more" if action in MENU else action)
    if not found:
        raise Lost(f"no post by @{user}")
    free = [e for e in found if not e.has("covered")]
    return click(free[0] if free else _fold(page) or found[0])


def _fold(page: Page) -> Element | None:
    """What closes the open menu: the last icon above its lines."""
    more = None
    for _, e in posts(page):
        if e.name:
            return more
        more = e
    return None


def social_media_many(page: Page) -> Action:
    """Switch on the icons of as many posts of the user as wanted (all, or any), the others off; then Submit."""
    action, amount, user = page.look(r'the "(.+)" button on (all|\d+) posts? by @([\w-]+)').groups()
    found = icons(page, user, action)
    if not found:
        raise Lost(f"no post by @{user}")
    number = len(found) if amount == "all" else int(amount)
    wanted = sorted(found, key=lambda e: not _is_on(e))[:number]
    moves = (click(e) for _, e in posts(page) if e.hint and _is_on(e) != (e in wanted))
    return pick([*moves, click(page.get("Submit", "button"))])


def _is_on(e: Element) -> bool:
    return "active" in e.hint.split()


EXPERTS: dict[str, Expert] = {
    "social-media": social_media,
    "social-media-all": social_media_many,
    "social-media-some": social_media_many,
}

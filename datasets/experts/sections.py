"""Experts that open parts of a page to find something: tabs, collapsible sections, pages of results."""

from __future__ import annotations

from webagent.envs.types import Action, Element

from .clicks import enter
from .moves import click, first
from .page import Page


def is_open(e: Element) -> bool:
    """Whether the part that a tab or a section's header belongs to is shown."""
    return e.has("expanded") or e.has("selected")


def look_into(page: Page, word: str) -> Action:
    """Click a link that one of the tabs or sections holds.

    It opens the part that has shown the link before, otherwise those never seen, in document order.
    """
    link = page.named(word, "clickable", "link")
    if link is not None:
        return click(link)
    seen: dict[str, int] = {}
    for when, earlier in enumerate((*page.past, page)):
        there = earlier.named(word, "clickable", "link") is not None
        seen |= {e.name: -2 if there else when for e in earlier.of("tab") if is_open(e)}
    closed = [e for e in page.of("tab") if not is_open(e)]
    return click(page.need(min(closed, key=lambda e: seen.get(e.name, -1), default=None), f"a part with {word!r}"))


def find_link(page: Page) -> Action:
    """A link that is in one of the tabs or sections."""
    return look_into(page, page.says(r'link "(.+)"'))


def click_tab(page: Page) -> Action:
    """One tab by its name."""
    return click(page.get(page.says(r"(Tab #\d+)"), "tab"))


def click_collapsible(page: Page) -> Action:
    """The only section is open, then Submit."""
    header = page.first("tab")
    return first(None if is_open(header) else click(header), click(page.get("Submit", "button")))


# ---- pages of results -----------------------------------------------------------------------------------------------


def results(page: Page) -> list[Element]:
    """The links found, without those of the pager."""
    pager = {e.ref for bar in page.of("list") for e in page.inside(bar)}
    return [e for e in page.of("link") if e.ref not in pager]


def found_for(page: Page, text: str) -> bool:
    """Whether the results on the page were asked for with this text in the field: it may have changed since."""
    shown = [e.name for e in results(page)]
    asked = page
    for earlier in reversed(page.past):
        if [e.name for e in results(earlier)] != shown:
            break
        asked = earlier
    return bool(shown) and asked.first("textbox").value.lower() == text.lower()


def search_engine(page: Page) -> Action:
    """Search, turn to the page of three results, and click the n-th of all."""
    text, nth = page.look(r'enter "(.+)" and press "Search", then find and click the (\d+)').groups()
    entering = enter(page.first("textbox"), text)
    if entering is not None:
        return entering
    if not found_for(page, text):
        return click(page.get("Search", "button"))
    sheet, place = divmod(int(nth) - 1, 3)
    return _turn(page, sheet) or click(page.need(next(iter(results(page)[place:]), None), f"result {nth}"))


def _turn(page: Page, sheet: int) -> Action | None:
    """To a page of three; the first has no "<", the last no ">"."""
    back, on = page.named("<", "link"), page.named(">", "link")
    current = 0 if back is None else 2 if on is None else 1
    return None if current == sheet else click(page.get(str(sheet + 1), "link"))


EXPERTS = {
    "click-collapsible": click_collapsible,
    "click-collapsible-nodelay": click_collapsible,
    "click-collapsible-2": find_link,
    "click-collapsible-2-nodelay": find_link,
    "click-tab": click_tab,
    "click-tab-2": find_link,
    "click-tab-2-easy": find_link,
    "click-tab-2-hard": find_link,
    "click-tab-2-medium": find_link,
    "search-engine": search_engine,
}

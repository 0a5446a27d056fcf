"""Experts for book-flight: fill in the search, then take the cheapest or the shortest flight."""

from __future__ import annotations

import re

from webagent.envs.types import Action, Element

from .dates import calendar, pick_date
from .moves import Move, click, first
from .page import Lost, Page

PRICE = re.compile(r"Book flight for \$(\d+)")
DURATION = re.compile(r"(\d+)h (\d+)m")


def book_flight(page: Page) -> Action:
    """The fields in their order, Search, then a button among the results."""
    wanted = page.look(r"Book the (\w+) one-way flight from: (.+) to: (.+) on (\d\d/\d\d/\d{4})")
    if any(PRICE.match(e.name) for e in page.elements):
        return _book(page, *wanted.groups())
    origin, destination, day = page.of("textbox")[:3]
    return first(
        pick_date(page, day, wanted[4]) if calendar(page) else None,
        pick_suggestion(page, origin, wanted[2]),
        pick_suggestion(page, destination, wanted[3]),
        pick_date(page, day, wanted[4]),
        click(page.get("Search", "button")),
    )


def pick_suggestion(page: Page, field: Element, words: str) -> Move:
    """Have a suggestion with these words in a field: type them, then click it in the list."""
    offers = [e for e in page.where(lambda e: e.tag == "li") if _fits(e.name, words)]
    if field.has("focused") and offers:
        return click(offers[0])
    if _fits(field.value, words):
        return None
    if field.value and field.value != words:
        return Action("clear", field.ref)
    return Action("type", field.ref, text=words)


def _fits(place: str, words: str) -> bool:
    """``Minot, ND (MOT)`` for ``MOT`` and for ``Minot, ND``."""
    return place.endswith(")") and (f"({words})" in place or place.startswith(f"{words} ("))


def _book(page: Page, kind: str, origin: str, destination: str, day: str) -> Action:
    shown = page.text()[len(page.elements[0].name) :]
    if not all(words in shown for words in (origin, destination, day)):
        return click(page.get("Back", "button"))
    flights: list[tuple[int, int, Element]] = []
    minutes = 0
    for e in page.elements:
        duration, price = DURATION.search(e.name), PRICE.match(e.name)
        if duration:
            minutes = int(duration[1]) * 60 + int(duration[2])
        if price:
            flights.append((int(price[1]), minutes, e))
    if not flights:
        raise Lost("expected flights, found none")
    return click(min(flights, key=lambda f: f[0] if kind == "cheapest" else f[1])[2])


EXPERTS = {"book-flight": book_flight, "book-flight-nodelay": book_flight}

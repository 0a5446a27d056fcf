"""Experts for calendars: choose-date in its four forms, and the daily calendar."""

from __future__ import annotations

import re

from webagent.envs.types import Action, Element

from .moves import Move, click, drag, fill, first
from .page import Lost, Page

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
TITLE = re.compile(rf"^({'|'.join(MONTHS)}) (\d{{4}})$")
LONGEST = 3  # half hours of the longest event that is there already


def calendar(page: Page) -> tuple[int, int] | None:
    """Year and month (from 1) of the calendar that is open."""
    title = next((found for e in page.of("text") if (found := TITLE.match(e.name))), None)
    return (int(title[2]), MONTHS.index(title[1]) + 1) if title else None


def pick_date(page: Page, field: Element, date: str) -> Move:
    """Have ``MM/DD/YYYY`` in a read-only field whose calendar opens on focus and closes on a day."""
    shown = calendar(page)
    if shown is None and field.value == date:
        return None
    if shown is None:  # a field that has the focus already does not open its calendar
        return click(page.elements[0] if field.has("focused") else field)
    month, day, year = (int(part) for part in date.split("/"))
    ahead = (year - shown[0]) * 12 + month - shown[1]
    if ahead:
        return click(page.get("Next" if ahead > 0 else "Prev", "clickable"))
    return click(page.get(str(day), "link"))


def choose_date(page: Page) -> Action:
    """One date, then submit. The calendar lies over the button until a day is chosen."""
    date = page.says(r"(\d\d/\d\d/\d{4})")
    return first(pick_date(page, page.first("textbox"), date), click(page.get("Submit", "button")))


def half_hour(time: str) -> int:
    """Half hours since midnight, of ``4pm`` or ``4:30PM``."""
    found = re.fullmatch(r"(\d+)(:30)?([ap]m)", time.lower())
    if found is None:
        raise Lost(f"expected a time like 4pm, found {time!r}")
    return (int(found[1]) % 12 + 12 * (found[3] == "pm")) * 2 + bool(found[2])


def daily_calendar(page: Page) -> Action:
    """Drag over the first free half hours in the window, name the event, create it."""
    wanted = page.look(r'a ([\d.]+) (hours?|mins) event named "(.+?)", between (\w+) and (\w+)')
    length = round(float(wanted[1]) * 2) if wanted[2] != "mins" else int(wanted[1]) // 30
    start, end = half_hour(wanted[4]), half_hour(wanted[5])
    name = page.named("Event name", "textbox")
    if name is not None:
        begins, ends = (half_hour(t) for t in page.first("label").name.split(" to "))
        if ends - begins != length or begins < start or ends > end:
            return click(page.get("Cancel", "button"))
        return first(fill(name, wanted[3]), click(page.get("Create", "button")))
    fresh = page.named("New event", "clickable")
    if fresh is not None:
        return click(fresh)
    slots = page.where(lambda e: e.hint == "half hour")
    if len(slots) != 48:
        raise Lost(f"expected 48 half hours, found {len(slots)}")
    taken = _taken(page, slots)
    free = next((i for i in range(start, end - length + 1) if not taken & set(range(i, i + length))), None)
    if free is None:
        raise Lost(f"no {length} free half hours between {wanted[4]} and {wanted[5]}")
    if length == 1:
        return drag(slots[free], slots[free], (0.5, 0.8))
    return drag(slots[free], slots[free + length - 1])


def _taken(page: Page, slots: list[Element]) -> set[int]:
    """Half hours that events may cover: only their first line is seen, one pixel below their top."""
    taken: set[int] = set()
    events = page.where(lambda e: e.role == "text" and e.parent == slots[0].parent and e.box[0] > slots[0].box[0])
    for event in events:
        nearest = min(range(len(slots)), key=lambda i: abs(slots[i].box[1] - event.box[1] + 1))
        taken.update(range(nearest, nearest + LONGEST))
    return taken


EXPERTS = {
    "choose-date": choose_date,
    "choose-date-easy": choose_date,
    "choose-date-medium": choose_date,
    "choose-date-nodelay": choose_date,
    "daily-calendar": daily_calendar,
}

"""Dates, times and colours: from what people write to a field's value (HTML spec) and to the keys that enter it.

The keys suit Chromium's en-US fields, which is the locale that our contexts use.
"""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime

from .errors import NotEditable

_DATES = ("%Y-%m-%d", "%m/%d/%Y", "%d.%m.%Y", "%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y", "%m/%d/%y", "%Y/%m/%d")
_TIMES = ("%H:%M", "%I:%M %p", "%I:%M%p", "%H:%M:%S", "%I %p", "%I%p")
_EXAMPLES = {
    "date": "2026-03-31",
    "time": "14:05",
    "datetime-local": "2026-03-31T14:05",
    "month": "2026-03",
    "week": "2026-W14",
    "color": "#3366cc",
}
_COLOURS = {
    "black": "#000000", "white": "#ffffff", "red": "#ff0000", "green": "#008000", "lime": "#00ff00", "blue": "#0000ff",
    "yellow": "#ffff00", "cyan": "#00ffff", "magenta": "#ff00ff", "orange": "#ffa500", "purple": "#800080",
    "pink": "#ffc0cb",
    "gray": "#808080", "grey": "#808080", "brown": "#a52a2a",
}  # fmt: skip


def date_value(kind: str, text: str) -> str:
    """The value that an input of that type holds for ``text``; raises ``NotEditable`` naming the expected form."""
    words = " ".join(text.split())
    value = {"date": _date, "time": _time, "datetime-local": _moment, "month": _month, "week": _week, "color": _colour}[
        kind
    ](words)
    if value is None:
        raise NotEditable(f"a {kind} field takes the form {_EXAMPLES[kind]}, found {text!r}")
    return value


def _parsed(text: str, forms: tuple[str, ...]) -> datetime | None:
    for form in forms:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None


def _date(text: str) -> str | None:
    found = _parsed(text, _DATES)
    return found.strftime("%Y-%m-%d").rjust(10, "0") if found else None


def _time(text: str) -> str | None:
    found = _parsed(text.upper().replace(".", ""), _TIMES)
    return found.strftime("%H:%M") if found else None


def _moment(text: str) -> str | None:
    day, _, clock = text.replace("T", " ", 1).partition(" ") if re.match(r"\d{4}-", text) else text.rpartition(" ")
    parts = _date(day.strip(", ")), _time(clock.strip())
    return f"{parts[0]}T{parts[1]}" if parts[0] and parts[1] else None


def _month(text: str) -> str | None:
    found = _parsed(text, ("%Y-%m", "%m/%Y", "%B %Y", "%b %Y"))
    return found.strftime("%Y-%m") if found else None


def _week(text: str) -> str | None:
    match = re.fullmatch(r"(\d{4})-?W(\d{1,2})|week (\d{1,2}),? (\d{4})", text, re.IGNORECASE)
    if not match:
        return None
    year, week = (match[1], match[2]) if match[1] else (match[4], match[3])
    last = date(int(year), 12, 28).isocalendar().week
    return f"{year}-W{int(week):02d}" if 1 <= int(week) <= last else None


def _colour(text: str) -> str | None:
    named = _COLOURS.get(text.lower())
    if named:
        return named
    short = re.fullmatch(r"#([0-9a-f])([0-9a-f])([0-9a-f])", text, re.IGNORECASE)
    if short:
        return "#" + "".join(c * 2 for c in short.groups()).lower()
    return text.lower() if re.fullmatch(r"#[0-9a-f]{6}", text, re.IGNORECASE) else None


def date_keys(kind: str, value: str) -> list[str]:
    """Keys, one list entry each, that enter ``value`` from the field's first part on."""
    if kind == "date":
        year, month, day = value.split("-")
        return [*month, *day, *year]
    if kind == "time":
        hour, minute = map(int, value.split(":"))
        return [*f"{hour % 12 or 12:02d}", *f"{minute:02d}", "P" if hour >= 12 else "A"]
    if kind == "datetime-local":
        day, clock = value.split("T")
        return [*date_keys("date", day), "ArrowRight", *date_keys("time", clock)]
    if kind == "month":
        year, month = value.split("-")
        return [*calendar.month_name[int(month)], "ArrowRight", *year]  # its first part is a name
    year, week = value.split("-W")
    return [*week, *year]

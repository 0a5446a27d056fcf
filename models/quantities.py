"""What a text measures, as one number that others can be compared with.

Times of day and durations are told in hours, dates in days, amounts of data in kilobytes, all else as it stands.
"""

from __future__ import annotations

import datetime
import functools
import re
from collections.abc import Iterator

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<month{0}>" + "|".join(MONTHS) + r")[a-z]*\.?"
_BYTES = {"kb": 1.0, "mb": 1e3, "gb": 1e6, "tb": 1e9}
_SHORT = {"k": 1e3, "m": 1e6}
NUMBER = r"-?\d+(?:,\d{3})*(?:\.\d+)?"
QUANTITY = re.compile(
    "|".join(
        (
            r"(?P<iso>\b\d{4}-\d{1,2}-\d{1,2}\b)",
            r"(?P<slashed>\b\d{1,2}/\d{1,2}/\d{4}\b)",
            rf"\b{_MONTH.format(1)} (?P<day1>\d{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<year1>\d{{4}}))?\b",
            rf"\b(?P<day2>\d{{1,2}})(?:st|nd|rd|th)? {_MONTH.format(2)}(?:,? (?P<year2>\d{{4}}))?\b",
            r"\b(?P<hour>\d{1,2})(?::(?P<minute>\d{2}))?(?::\d{2})? ?(?P<half>[ap])\.?m\b",
            r"\b(?P<hour24>\d{1,2}):(?P<minute24>\d{2})\b",
            r"\b(?P<hours>\d+) ?h(?:rs?|ours?)?\b(?: ?(?P<minutes>\d+) ?m(?:ins?|inutes?)?\b)?",
            r"\b(?P<only>\d+) ?min(?:s|utes?)?\b",
            rf"(?P<number>{NUMBER})(?: ?(?P<bytes>[kmgt]b)\b|(?P<short>(?-i:k|K|M))\b)?",
        )
    ),
    re.IGNORECASE,
)


@functools.lru_cache(65_536)
def first_quantity(text: str) -> float | None:
    """The first number, time, duration or date of a text."""
    return next((value for _, _, value in quantities(text)), None)


def quantities(text: str) -> Iterator[tuple[int, int, float]]:
    """``(start, end, value)`` of each in order."""
    for found in QUANTITY.finditer(text):
        value = _value({name: part.lower() for name, part in found.groupdict().items() if part})
        if value is not None:
            yield found.start(), found.end(), value


def _value(parts: dict[str, str]) -> float | None:
    if "number" in parts:
        times = _BYTES.get(parts.get("bytes", ""), 1.0) * _SHORT.get(parts.get("short", ""), 1.0)
        return float(parts["number"].replace(",", "")[:16]) * times
    if "half" in parts:
        hour = int(parts["hour"]) % 12 + (12 if parts["half"] == "p" else 0)
        return hour + int(parts.get("minute", 0)) / 60
    if "hour24" in parts:
        return int(parts["hour24"]) + int(parts["minute24"]) / 60
    if "hours" in parts or "only" in parts:
        minutes = parts.get("only") or parts.get("minutes", "0")
        return int(parts.get("hours", "0")[:9]) + int(minutes[:9]) / 60
    return _days(*_date(parts))


def _date(parts: dict[str, str]) -> tuple[int, int, int]:
    """Year, month, day. Slashed ones as in the United States; without a year, any."""
    if "iso" in parts:
        year, month, day = map(int, parts["iso"].split("-"))
    elif "slashed" in parts:
        month, day, year = map(int, parts["slashed"].split("/"))
    else:
        which = "1" if "month1" in parts else "2"
        month, day = 1 + MONTHS.index(parts["month" + which]), int(parts["day" + which])
        year = int(parts.get("year" + which, 2000))
    return year, month, day


def _days(year: int, month: int, day: int) -> float | None:
    try:
        return float(datetime.date(year, month, day).toordinal())
    except ValueError:  # 31 February: no date
        return None

"""Values inside text: numbers, dates, times, colours. Pure functions; what cannot be read gives None or nothing.

Slashed dates are read month first unless the first number is above 12. Colours are the common names only.
"""

from __future__ import annotations

import colorsys
import datetime
import functools
import re

MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
          "november", "december")  # fmt: skip
_MONTH = r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATES = tuple(
    re.compile(p, re.IGNORECASE)
    for p in (
        r"\b(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})\b",
        r"\b(?P<m>\d{1,2})[/.](?P<d>\d{1,2})[/.](?P<y>\d{4})\b",
        rf"\b{_MONTH}\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>\d{{4}})\b",
        rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH},?\s+(?P<y>\d{{4}})\b",
    )
)
_MONTH_YEAR = re.compile(rf"\b{_MONTH}\s*,?\s*(?P<y>\d{{4}})\b", re.IGNORECASE)
_TIME = re.compile(r"\b(?P<h>\d{1,2})(?::(?P<m>\d{2}))?\s*(?P<half>am|pm|a\.m\.|p\.m\.)(?!\w)", re.IGNORECASE)
_CLOCK = re.compile(r"\b(?P<h>[01]?\d|2[0-3]):(?P<m>[0-5]\d)\b")
_NUMBER = re.compile(r"(?<![\w.])[-−]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|(?<![\w.])[-−]?\d+(?:\.\d+)?")
_DURATION = re.compile(r"(\d+)\s*(d|h|m|s)[a-z]*\b", re.IGNORECASE)
_UNIT_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}

_ORDINALS = {w: i + 1 for i, w in enumerate("first second third fourth fifth sixth seventh eighth ninth tenth".split())}
_COUNTS = {w: i for i, w in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())}
ORDINAL = re.compile(r"\b(\d+)(?:st|nd|rd|th)\b|\b(" + "|".join(_ORDINALS) + r")\b|\blast\b", re.IGNORECASE)

COLOURS = {
    "red": "#ff0000", "green": "#008000", "lime": "#00ff00", "blue": "#0000ff", "yellow": "#ffff00",
    "orange": "#ffa500", "purple": "#800080", "violet": "#ee82ee", "magenta": "#ff00ff", "fuchsia": "#ff00ff",
    "pink": "#ffc0cb", "brown": "#a52a2a", "black": "#000000", "white": "#ffffff", "gray": "#808080",
    "grey": "#808080", "cyan": "#00ffff", "aqua": "#00ffff", "teal": "#008080", "navy": "#000080",
    "maroon": "#800000", "olive": "#808000", "silver": "#c0c0c0", "gold": "#ffd700", "indigo": "#4b0082",
    "turquoise": "#40e0d0", "beige": "#f5f5dc", "tan": "#d2b48c", "salmon": "#fa8072", "crimson": "#dc143c",
}  # fmt: skip
_HUES = (
    ("red", 345, 15), ("orange", 15, 42), ("yellow", 42, 68), ("green", 68, 165), ("cyan", 165, 195),
    ("blue", 195, 262), ("purple", 262, 290), ("magenta", 290, 330), ("pink", 310, 350),
)  # fmt: skip
_HUE_OF = {
    "lime": "green", "aqua": "cyan", "turquoise": "cyan", "teal": "cyan", "violet": "purple", "fuchsia": "magenta",
    "indigo": "purple", "navy": "blue", "maroon": "red", "crimson": "red", "gold": "yellow",
}  # fmt: skip


def numbers(text: str) -> list[float]:
    """All numbers in reading order; thousands separators are dropped."""
    return [float(n.replace(",", "").replace("−", "-")) for n in _NUMBER.findall(text)]


def plain_number(value: float) -> str:
    """``3.0`` → "3", ``2.5`` → "2.5"."""
    return str(int(value)) if value == int(value) else f"{value:g}"


def quantity(text: str) -> float | None:
    """A number to compare by: seconds of "3h 20m", else the first number, else None."""
    if len(parts := _DURATION.findall(text)) >= 1 and not re.search(r"[$€£]", text):
        return float(sum(int(n) * _UNIT_SECONDS[unit.lower()] for n, unit in parts))
    found = numbers(re.sub(r"[$€£¥]", " ", text))
    return found[0] if found else None


def find_date(text: str) -> datetime.date | None:
    """The first date in ``text``, or None."""
    for pattern in _DATES:
        if match := pattern.search(text):
            parts = match.groupdict()
            month = _month_number(parts["month"]) if parts.get("month") else int(parts["m"])
            day = int(parts["d"])
            if month > 12 >= day:
                month, day = day, month
            if 1 <= month <= 12 and 1 <= day <= 31:
                return _date_or_none(int(parts["y"]), month, day)
    return None


def find_month(text: str) -> tuple[int, int] | None:
    """``(year, month)`` of a calendar's heading such as "October 2016", or None."""
    match = _MONTH_YEAR.search(text)
    return (int(match["y"]), _month_number(match["month"])) if match else None


def _month_number(name: str) -> int:
    return next(i + 1 for i, m in enumerate(MONTHS) if m.startswith(name.casefold()[:3]))


def _date_or_none(year: int, month: int, day: int) -> datetime.date | None:
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None


def find_time(text: str) -> tuple[int, int] | None:
    """``(hour, minute)`` on a 24-hour clock of the first time in ``text``, or None."""
    if match := _TIME.search(text):
        hour, minute = int(match["h"]) % 12, int(match["m"] or 0)
        return hour + (12 if match["half"].casefold().startswith("p") else 0), minute
    if match := _CLOCK.search(text):
        return int(match["h"]), int(match["m"])
    return None


def find_ordinal(text: str) -> int | None:
    """Position counted from 1 ("3rd", "second"), -1 for "last", else None."""
    match = ORDINAL.search(text)
    if match is None:
        return None
    if match[1]:
        return int(match[1])
    return _ORDINALS[match[2].casefold()] if match[2] else -1


def count_word(word: str) -> int | None:
    """``"three"`` and ``"3"`` → 3; None for other words."""
    return int(word) if word.isdecimal() else _COUNTS.get(word.casefold())


def colour_in(text: str) -> str:
    """The first colour word of ``text``, or ""."""
    return next((w for w in re.findall(r"[a-z]+", text.casefold()) if w in COLOURS), "")


def colour_hex(text: str) -> str:
    """``#rrggbb`` of a colour word or of a hex colour inside ``text``, or ""."""
    if match := re.search(r"#([0-9a-fA-F]{6})\b", text):
        return "#" + match[1].lower()
    return COLOURS.get(colour_in(text), "")


@functools.lru_cache(maxsize=4096)
def is_colour(fill: str, name: str) -> bool:
    """Whether ``fill`` (``#rrggbb``) would be called ``name``, shades of it included."""
    if not re.fullmatch(r"#[0-9a-f]{6}", fill) or name not in COLOURS:
        return False
    if fill == COLOURS[name] or (name in ("green", "lime") and fill in ("#00ff00", "#008000")):
        return True
    red, green, blue = (int(fill[i : i + 2], 16) / 255 for i in (1, 3, 5))
    hue, light, saturation = colorsys.rgb_to_hls(red, green, blue)
    if name in ("black", "white", "gray", "grey", "silver"):
        low, high = {"black": (0, 0.12), "white": (0.93, 1)}.get(name, (0.2, 0.85))
        return (saturation < 0.12 or name in ("black", "white")) and low <= light <= high
    if name == "brown":
        return (10 <= hue * 360 <= 42 and light < 0.45) or fill == "#a52a2a"
    if saturation < 0.12 or not 0.08 < light < 0.95:
        return False
    wanted = _HUE_OF.get(name, name)
    return any(n == wanted and _in_arc(hue * 360, low, high) for n, low, high in _HUES)


def _in_arc(angle: float, low: float, high: float) -> bool:
    return low <= angle < high if low < high else angle >= low or angle < high

"""Colours as words: which plain colour a person would call a shape's paint.

The nearest of a few named colours in CIE L*a*b*; so that a goal's "red" and a fill of ``#e01010`` can be compared.
"""

from __future__ import annotations

import functools

from webagent.envs.types import Shape

NAMED = {
    "black": "#000000", "white": "#ffffff", "gray": "#808080", "red": "#ff0000", "green": "#008000", "lime": "#00ff00",
    "blue": "#0000ff", "yellow": "#ffff00", "orange": "#ffa500", "purple": "#800080", "violet": "#ee82ee",
    "magenta": "#ff00ff", "pink": "#ffc0cb", "brown": "#a52a2a", "cyan": "#00ffff", "aqua": "#00ffff",
    "navy": "#000080", "teal": "#008080", "olive": "#808000", "maroon": "#800000", "silver": "#c0c0c0",
    "gold": "#ffd700",
}  # fmt: skip
Lab = tuple[float, float, float]


def colour_words(shape: Shape) -> str:
    """The kind of shape and the names of its fill, or of its stroke where nothing is filled; of a painted box the very
    colour too, which can be asked for."""
    paint = shape.fill or shape.stroke
    exact = paint.upper() if shape.kind == "box" and len(paint) == 7 else ""
    return " ".join(part for part in (shape.kind, colour_name(paint), exact) if part)


@functools.lru_cache(4096)
def colour_name(colour: str) -> str:
    """The nearest named colours' names (equal ones together); "" for what is no ``#rrggbb``."""
    if len(colour) != 7:
        return ""
    here = _lab(colour)
    far = {name: sum((a - b) ** 2 for a, b in zip(here, _lab(known))) for name, known in NAMED.items()}
    least = min(far.values())
    return " ".join(name for name, distance in far.items() if distance <= least + 1e-6)


@functools.cache
def _lab(colour: str) -> Lab:
    red, green, blue = (_linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    fx, fy, fz = _root(x), _root(y), _root(z)
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _root(part: float) -> float:
    return part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116

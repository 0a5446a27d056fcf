"""Experts that tell shapes, letters and digits apart: click one, count them, name the one shown, a point of a grid."""

from __future__ import annotations

import math

from webagent.envs.types import Action, Element

from .moves import centre, click
from .page import Lost, Page

COLOURS = {
    "red": "#ff0000",
    "green": "#008000",
    "blue": "#0000ff",
    "aqua": "#00ffff",
    "black": "#000000",
    "magenta": "#ff00ff",
    "yellow": "#ffff00",
}
TAGS = {"rect": "rectangle", "circle": "circle", "polygon": "triangle"}
KINDS = {"item": 1.0, "letter": 0.5, "digit": 0.2, "shape": 0.3, **dict.fromkeys(TAGS.values(), 0.1)}
"""How likely an item of the page is to be one of these."""
LARGE = 15  # pixels: small items are 10 or 11 high, large ones 20 or 22


def kind(e: Element) -> str:
    """rectangle, circle, triangle, digit or letter."""
    return TAGS.get(e.tag) or ("digit" if e.name.isdecimal() else "letter")


def colour(e: Element) -> str:
    """Its fill, or "" where the tree does not tell (words)."""
    return e.shape.fill if e.shape else ""


def items(page: Page) -> list[Element]:
    """Everything drawn: shapes, and the letters and digits between them."""
    return page.where(lambda e: e.tag in TAGS or e.tag == "text")


class Wanted:
    """What the goal describes, as "large red digit": size, colour and noun, each but the noun optional."""

    def __init__(self, words: str) -> None:
        parts = words.split()
        self.size = parts.pop(0) if parts[0] in ("large", "small") else ""
        self.colour = parts.pop(0) if parts[0] in COLOURS else ""
        self.noun = " ".join(parts)

    def fits(self, e: Element) -> bool:
        """True unless the tree tells that it is something else; the colour of words it does not tell."""
        if self.size and (e.box[3] > LARGE) != (self.size == "large"):
            return False
        if self.colour and colour(e) not in ("", COLOURS[self.colour]):
            return False
        return self.noun in ("item", kind(e), e.name) or (self.noun == "shape" and e.tag in TAGS)

    def certain(self, e: Element) -> bool:
        """True if the tree tells all of it."""
        return not self.colour or bool(colour(e))

    def chance(self) -> float:
        """That an item drawn at random is one."""
        return (0.5 if self.size else 1) * (1 / 7 if self.colour else 1) * KINDS.get(self.noun, 0.01)


def click_shape(page: Page) -> Action:
    """One that fits the goal, one whose colour is told before the others."""
    wanted = Wanted(page.says(r"Click on an? (.+)"))
    fitting = [e for e in items(page) if wanted.fits(e)]
    if not fitting:
        raise Lost(f"expected a {wanted.noun} on the page, found none")
    return click(next((e for e in fitting if wanted.certain(e)), fitting[0]))


def count_shape(page: Page) -> Action:
    """The button with the number of items that fit; where colours are not told, the likeliest of the numbers offered.

    Three of ten goals describe an item drawn at random, the others one of the page.
    """
    wanted = Wanted(page.says(r"How many (.+)s are there"))
    drawn = items(page)
    fitting = [e for e in drawn if wanted.fits(e)]
    known = sum(wanted.certain(e) for e in fitting)
    unknown = len(fitting) - known

    def likelihood(count: int) -> float:
        more = count - known
        if not 0 <= more <= unknown:
            return -1
        of_words = math.comb(unknown, more) * (1 / 7) ** more * (6 / 7) ** (unknown - more)
        return of_words * (0.3 * wanted.chance() + 0.7 * count / max(1, len(drawn)))

    buttons = page.of("button")
    if not buttons:
        raise Lost("expected buttons with numbers, found none")
    return click(max(buttons, key=lambda e: likelihood(int(e.name)) if e.name.isdecimal() else -2))


def count_sides(page: Page) -> Action:
    """The button with the number of corners of what is drawn; the first one where the tree has none (a canvas)."""
    drawn = page.need(next((e for e in page.elements if e.shape), None), "a drawing")
    corners = len(drawn.shape.points) // 2 if drawn.shape else 0
    return click(page.named(str(corners), "button") or page.first("button"))


def identify_shape(page: Page) -> Action:
    """The button that says what is drawn."""
    drawn = page.need(next(iter(items(page)), None), "a figure")
    words = {"digit": "Number"}.get(kind(drawn), kind(drawn).capitalize())
    return click(page.get(words, "button"))


def grid_coordinate(page: Page) -> Action:
    """The point (x, y) of a grid that ranges from -2 to 2 both ways."""
    wanted = page.look(r"\((-?\d+),(-?\d+)\)")
    points = page.where(lambda e: e.tag == "circle")
    across = sorted({round(centre(e)[0]) for e in points})
    down = sorted({round(centre(e)[1]) for e in points}, reverse=True)
    if len(across) != len(down) or len(points) != len(across) ** 2:
        raise Lost(f"expected a square grid of points, found {len(points)} points")
    place = [axis[len(axis) // 2 + int(n)] for axis, n in zip((across, down), wanted.groups(), strict=True)]
    return click(next(e for e in points if [round(v) for v in centre(e)] == place))


EXPERTS = {
    "click-shape": click_shape,
    "count-shape": count_shape,
    "count-sides": count_sides,
    "grid-coordinate": grid_coordinate,
    "identify-shape": identify_shape,
}

"""Experts that compute a point: middles, a right angle, the bisector of an angle, strokes through or around a dot.

The pages put their dot 2 pixels right of and below the click, on whole pixels, and judge by the left top corners of the
dots' boxes. So these experts look for the pixel whose dot is judged right, and submit once a dot lies on such a one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from webagent.envs.types import Action, Element

from .moves import at, centre, click
from .page import Lost, Page

Points = NDArray[np.float64]  # [..., 2], x and y
OFFSET = 2  # pixels from a click to the middle of its dot
BORDER = 1  # pixel of the drawing that is not clicked
CLOSE = 15  # pixels
PARTS = (0.5, 1.0, 0.25)  # of a side's length, that the other side of a right angle is given
FAR = 20  # pixels that it has at least, if there is room
ENOUGH = 0.985  # scores from here on count as right where a nearer pixel is wanted


def circles(page: Page) -> list[Element]:
    return page.where(lambda e: e.tag == "circle")


def corner(e: Element) -> Points:
    return np.array(e.box[:2])


def lengths(vectors: Points) -> Points:
    found: Points = np.hypot(vectors[..., 0], vectors[..., 1])
    return found


def angle(a: Points, b: Points, vertex: Points) -> Points:
    """Degrees between a and b, as seen from the vertex; 360 where b is too near to it to tell."""
    a, b = a - vertex, b - vertex
    cosine = (a * b).sum(-1) / np.maximum(lengths(a) * lengths(b), 1e-9)
    return np.where(lengths(b) < CLOSE, 360, np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def pixels(page: Page) -> tuple[Element, Points]:
    """The drawing, and every whole pixel of it that is free for a click."""
    drawing = page.need(next((e for e in page.elements if e.tag == "svg"), None), "a drawing")
    x, y, width, height = drawing.box
    bottom = min([y + height, *(e.box[1] for e in page.of("button"))])
    grid = np.meshgrid(
        np.arange(np.ceil(x + BORDER), x + width - BORDER), np.arange(np.ceil(y + BORDER), bottom - BORDER)
    )
    return drawing, np.stack(grid, -1).reshape(-1, 2)


def place(page: Page, dot: Element | None, radius: float, score: Callable[[Points], Points], near: Points) -> Action:
    """Put the dot where its score is high enough, as near to a point as can be; submit if it is there.

    ``score``: of dots whose boxes have these corners. ``near``: a middle of the dot.
    """
    drawing, free = pixels(page)
    scores = score(free + OFFSET - radius)
    need = min(ENOUGH, float(scores.max()) - 1e-6)
    if dot is not None and float(score(corner(dot)[None])[0]) >= need:
        return click(page.get("Submit", "button"))
    good = free[scores >= need]
    x, y = good[np.argmin(lengths(good + OFFSET - near))]
    return click(drawing, at(drawing, x + 0.25, y + 0.25))


def circle_center(page: Page) -> Action:
    """The middle of the circle; judged by corners as if the dot had a radius of 3."""
    ring, *dots = circles(page)
    wanted = np.array(centre(ring)) - 3
    reach = ring.box[2] / 2

    def score(corners: Points) -> Points:
        return 1 - lengths(corners - wanted) / reach

    return place(page, dots[-1] if dots else None, 3.5, score, np.array(centre(ring)))


def find_midpoint(page: Page) -> Action:
    """The middle between two dots."""
    a, b, *dots = circles(page)
    wanted = (corner(a) + corner(b)) / 2

    def score(corners: Points) -> Points:
        return 1 - lengths(corners - wanted) / 30

    return place(page, dots[-1] if dots else None, 3.5, score, wanted + 3.5)


def right_angle(page: Page) -> Action:
    """A point at 90 degrees to the line from the blue dot to the black one: half as far away as that if there is room
    on either side (else as far, or nearer)."""
    black, blue, *dots = circles(page)
    vertex = corner(blue)
    x, y = corner(black) - vertex
    _, free = pixels(page)
    low, high = free.min(0) + OFFSET, free.max(0) + OFFSET
    parts = sorted(PARTS, key=lambda part: part * float(np.hypot(x, y)) < FAR)
    ways = [np.array(centre(blue)) + part * np.array(side) for part in parts for side in ((-y, x), (y, -x))]
    near = next((way for way in ways if (low <= way).all() and (way <= high).all()), ways[0])

    def score(corners: Points) -> Points:
        return 1 - np.abs(90 - angle(corner(black), corners, vertex)) / 90

    return place(page, dots[-1] if dots else None, 3, score, near)


def bisect_angle(page: Page) -> Action:
    """A point that halves the angle at the blue dot, where the halving line meets the line between the others."""
    blue, a, b, *dots = circles(page)
    vertex = corner(blue)
    total = float(angle(corner(a), corner(b), vertex))
    part = float(lengths(corner(a) - vertex) / (lengths(corner(a) - vertex) + lengths(corner(b) - vertex)))
    near = np.array(centre(a)) * (1 - part) + np.array(centre(b)) * part

    def score(corners: Points) -> Points:
        larger = np.maximum(angle(corner(a), corners, vertex), angle(corner(b), corners, vertex))
        return (total - larger) / (total / 2)

    return place(page, dots[-1] if dots else None, 3.5, score, near)


def draw_line(page: Page) -> Action:
    """A stroke from the dot's edge through it, level or upright, towards the side with more room; then submit.

    The page wants one of the stroke's points near the dot: the first one always is.
    """
    level = page.says(r"Draw a (\w+) line") == "horizontal"
    dot = page.need(next(iter(circles(page)), None), "a dot")
    drawing = page.need(page.parent(dot), "a drawing")
    drawn = page.where(lambda e: e.tag == "path")
    if drawn and _through(drawn[-1], dot, level):
        return click(page.get("Submit", "button"))
    axis = 0 if level else 1
    back = centre(dot)[axis] > centre(drawing)[axis]
    start, end = (0.9, -4.6) if back else (0.1, 5.6)
    points = [(start, 0.5), (end, 0.5)] if level else [(0.5, start), (0.5, end)]
    if not drawn:
        return Action("drag", dot.ref, point=(*points[0], *points[1]))
    x, y, width, height = dot.box  # what is drawn may cover the dot
    ends = [at(drawing, x + px * width, y + py * height) for px, py in points]
    return Action("drag", drawing.ref, point=(*ends[0], *ends[1]))


def _through(stroke: Element, dot: Element, level: bool) -> bool:
    """Straight, long enough, and from the dot on."""
    _, _, width, height = stroke.box
    length, spread = (width, height) if level else (height, width)
    begin = np.array((stroke.shape.points if stroke.shape else ())[:2] or (-99, -99))
    return length > 34 and spread < 3 and float(lengths(begin - np.array(centre(dot)))) < 4.5


def draw_circle(page: Page) -> Action:
    """A drag is straight, and each removes the stroke before: no circle can be drawn."""
    raise Lost("a circle cannot be drawn by a straight drag")


EXPERTS = {
    "bisect-angle": bisect_angle,
    "circle-center": circle_center,
    "draw-circle": draw_circle,
    "draw-line": draw_line,
    "find-midpoint": find_midpoint,
    "right-angle": right_angle,
}

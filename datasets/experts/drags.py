"""Experts that drag: a shape one way, boxes and shapes into boxes, items of a list or grid to their place, a cube."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Sequence

from webagent.envs.types import Action, Element

from .moves import at, centre, click, drag
from .page import Lost, Page
from .shapes import COLOURS, TAGS, colour, kind

WAYS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}


def submit(page: Page) -> Action:
    return click(page.get("Submit", "button"))


# ---- one shape, one way ---------------------------------------------------------------------------------------------


def drag_one_way(page: Page) -> Action:
    """Drag the only shape by its own size from where it was at first; what counts is any distance that way."""
    dx, dy = WAYS[page.says(r"Drag the \w+ (left|right|up|down)")]
    now, before = (next((e for e in p.elements if e.tag in TAGS), None) for p in (page, Page(page.seen[:1])))
    if now is None or before is None:
        return submit(page)
    moved = (centre(now)[0] - centre(before)[0]) * dx + (centre(now)[1] - centre(before)[1]) * dy
    if moved > 2:
        return submit(page)
    x, y = centre(before)
    return Action("drag", now.ref, point=at(now, x + dx * now.box[2], y + dy * now.box[3]))


def drag_box(page: Page) -> Action:
    """The box "s" inside the box "L", which lies above it."""
    small, large = page.get("s"), page.get("L")
    room = large.box[2] - small.box[2]
    if all(0 < small.box[i] - large.box[i] < room for i in (0, 1)):
        return submit(page)
    x, y = centre(small)
    free = [(fx, fy) for fx in (0.5, 0.1, 0.9) for fy in (0.5, 0.1, 0.9) if not _within(large, *_spot(small, fx, fy))]
    if not free:
        return Action("drag", large.ref, point=(0.5, 0.5, *at(large, x, y)))  # it hides the small one
    if free[0] == (0.5, 0.5):
        return drag(small, large)
    fx, fy = free[0]
    px, py = _spot(small, fx, fy)
    lx, ly = centre(large)
    return Action("drag", small.ref, text=large.ref, point=(fx, fy, *at(large, lx + px - x, ly + py - y)))


def _spot(e: Element, fx: float, fy: float) -> tuple[float, float]:
    return e.box[0] + fx * e.box[2], e.box[1] + fy * e.box[3]


def _within(e: Element, x: float, y: float) -> bool:
    left, top, width, height = e.box
    return left <= x <= left + width and top <= y <= top + height


# ---- shapes into boxes ----------------------------------------------------------------------------------------------


def drag_shapes(page: Page) -> Action:
    """All of one kind into the black box, the others out of it."""
    noun = page.says(r"Drag all (\w+)s into")
    return _sort_out(page, lambda e: kind(e) == noun, outside=True)


def drag_shapes_2(page: Page) -> Action:
    """All of one kind or colour into the left box, the others into the right one."""
    found = page.look(r"Drag all (?:(\w+) shapes|(\w+)s) into the left")
    if found[1]:
        return _sort_out(page, lambda e: colour(e) == COLOURS.get(found[1]))
    return _sort_out(page, lambda e: kind(e) == found[2])


def _is_box(e: Element) -> bool:
    return e.tag == "rect" and colour(e) == ""


def _sort_out(page: Page, chosen: Callable[[Element], bool], outside: bool = False) -> Action:
    """What is chosen into the first box; the others into the second one, or ``outside`` to where they were at first.

    A shape is in a box when its left top corner is.
    """
    boxes = sorted(page.where(_is_box), key=lambda e: e.box[0])
    shapes, first = (p.where(lambda e: e.tag in TAGS and not _is_box(e)) for p in (page, Page(page.seen[:1])))
    if len(boxes) != (1 if outside else 2) or len(shapes) != len(first):
        raise Lost(f"expected boxes and {len(first)} shapes, found {len(boxes)} and {len(shapes)}")
    for i, e in enumerate(shapes):
        wanted = boxes[0] if chosen(e) else None if outside else boxes[1]
        inside = [b for b in boxes if _within(b, *e.box[:2])]
        if inside == ([wanted] if wanted else []):
            continue
        above = next((s for s in shapes[i + 1 :] if _within(s, *centre(e))), None)
        if above is not None:
            return _aside(above, boxes)
        if wanted is not None:
            return drag(e, wanted)
        return Action("drag", e.ref, point=at(e, *centre(first[i])))
    return submit(page)


def _aside(e: Element, boxes: Sequence[Element]) -> Action:
    """Away from what it covers: into the other half of its box, or of the first one."""
    box = next((b for b in boxes if _within(b, *e.box[:2])), boxes[0])
    right = centre(e)[0] > centre(box)[0]
    return drag(e, box, (0.25 if right else 0.75, 0.5))


# ---- items in order -------------------------------------------------------------------------------------------------

NTH = r"to the (\d+)(?:st|nd|rd|th) position"
ROWS = {"top": 0, "center": 1, "bottom": 2}
COLUMNS = {"left": 0, "center": 1, "right": 2}


def drag_items(page: Page) -> Action:
    """One item of a list to a place; the first drop ends the episode."""
    items = page.of("clickable")
    name, where = page.look(r"Drag (\S+) (.+?)\.?$").groups()
    i = items.index(page.get(name, "clickable"))
    nth = re.search(NTH, where)
    places = {"to the top": 0, "to the bottom": len(items) - 1, "up by one position": i - 1}
    j = int(nth[1]) - 1 if nth else places.get(where, i + 1)
    return _move(items, i, j)


def drag_items_grid(page: Page) -> Action:
    """One item of a grid of three columns to a place; the first drop ends the episode."""
    items = page.of("clickable")
    name, where = page.look(r"Drag (\S+) (.+?)\.?$").groups()
    i = items.index(page.get(name, "clickable"))
    step = re.match(r"(\w+) by one", where)
    if step:
        dx, dy = WAYS[step[1]]
        return _move(items, i, i + dx + 3 * dy)
    words = where.removeprefix("to the ").split()
    return _move(items, i, 3 * ROWS[words[0]] + COLUMNS[words[-1]])


def drag_sort_numbers(page: Page) -> Action:
    """From the top on, the number that belongs there; then submit."""
    items = page.of("clickable")
    numbers = [int(e.name) for e in items]
    for j, number in enumerate(sorted(numbers)):
        if numbers[j] != number:
            return _move(items, numbers.index(number, j), j)
    return submit(page)


def _move(items: Sequence[Element], i: int, j: int) -> Action:
    """Drop it beyond the middle of the item whose place it takes, which then makes room.

    A grid takes a move to the right as one to behind what it ends on: upwards that has to be the item before.
    """
    if not (0 <= j < len(items) and i != j):
        raise Lost(f"expected another place among {len(items)}, found {j + 1}")
    (x, _), (onto, _) = centre(items[i]), centre(items[j])
    if {e.box[0] for e in items} == {items[0].box[0]}:
        return drag(items[i], items[j], (0.5, 0.75 if j > i else 0.25))
    if j > i:
        return drag(items[i], items[j], (0.25, 0.5) if onto < x else (0.75, 0.75))
    return drag(items[i], items[j], (-0.25 if onto > x else 0.25, 0.5))


# ---- the cube -------------------------------------------------------------------------------------------------------

EDGE = 64  # pixels of the cube's edge
AROUND = {5: 86, 4: 177, 3: 269, 2: 0}  # the turn (about the upright axis) that shows these sides
ABOVE, BELOW, UPRIGHT, OVER = 88, 264, 0, 175  # the tilt that shows side 6, side 1, the others, the others upside down
ENOUGH = 30  # degrees from the best view at which a side is the active one for certain
DEGREES_PER_PIXEL = 1.45  # of a drag that begins at rest


def drag_cube(page: Page) -> Action:
    """Turn the cube until the side is the active one, and submit once it rests.

    A drag counts from where the pointer was, and the cube turns on for a while after it: so the expert points at the
    front side until two observations are alike, and only then drags. Where that side cannot be pointed at it takes the
    next ones, then the words above: a drag from anywhere counts. Until it is first turned, side 6 is active.
    """
    wanted = int(page.says(r'"(\d)" is the active side'))
    views = [_view(p) for p in (*page.past, page)]
    tilt, turn = views[-1]
    untouched = all(_alike(view, views[0]) for view in views)
    if wanted == 6 and untouched:
        return submit(page)
    still = list(itertools.takewhile(lambda i: _alike(views[i], views[-1]), range(len(views) - 1, -1, -1)))
    failed = sum(bool(page.seen[i].last_error) for i in still[:-1])
    sides = [_side(page, n) for n in _fronts(tilt, turn)]
    handle = [*sides[:3], page.elements[0]][min(failed, 3)]
    if len(still) < 2:
        return Action("hover", handle.ref)
    dy, dx = min((_way(tilt, turn, goal) for goal in _goals(wanted)), key=lambda way: max(map(abs, way)))
    if max(abs(dy), abs(dx)) <= ENOUGH and not untouched:
        return submit(page)
    if page.now.last_error:
        return Action("hover", handle.ref)
    right = _pixels(dx) * (-1 if 90 < tilt < 270 else 1)
    x, y = centre(handle)
    return Action("drag", handle.ref, point=(0.5, 0.5, *at(handle, x + right, max(1, y - _pixels(dy)))))


def _alike(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return all(abs(_turned(m, n)) < 0.5 for m, n in zip(a, b, strict=True))


def _side(page: Page, number: int) -> Element:
    return page.get(str(number))


def _turned(a: float, b: float) -> float:
    """Degrees from a to b, between -180 and 180."""
    return (b - a + 180) % 360 - 180


def _view(page: Page) -> tuple[float, float]:
    """Tilt and turn, out of where the middles of the six sides are seen."""
    c = {n: centre(_side(page, n)) for n in range(1, 7)}
    (ax, ay), (bx, by), (_, wy) = (
        ((c[i][0] - c[j][0]) / EDGE, (c[i][1] - c[j][1]) / EDGE) for i, j in ((2, 4), (3, 5), (6, 1))
    )
    turn = math.atan2(ax, bx)
    tilt = math.atan2(math.sin(turn) * by - math.cos(turn) * ay, wy)
    return math.degrees(tilt) % 360, math.degrees(turn) % 360


def _fronts(tilt: float, turn: float) -> list[int]:
    """The sides, the one nearest to the eye first."""
    t, u = math.radians(tilt), math.radians(turn)
    ahead, across, up = math.cos(u) * math.cos(t), -math.sin(u) * math.cos(t), math.sin(t)
    near = {2: ahead, 4: -ahead, 3: across, 5: -across, 6: up, 1: -up}
    return sorted(near, key=lambda side: -near[side])


def _goals(side: int) -> list[tuple[float, float | None]]:
    """Tilt and turn (None: any) that show this side best."""
    if side in (6, 1):
        return [(ABOVE if side == 6 else BELOW, None)]
    return [(UPRIGHT, AROUND[side]), (OVER, AROUND[{5: 3, 3: 5, 4: 2, 2: 4}[side]])]


def _way(tilt: float, turn: float, goal: tuple[float, float | None]) -> tuple[float, float]:
    return _turned(tilt, goal[0]), 0 if goal[1] is None else _turned(turn, goal[1])


def _pixels(degrees: float) -> float:
    return max(-60, min(60, degrees / DEGREES_PER_PIXEL))


EXPERTS = {
    "drag-box": drag_box,
    "drag-cube": drag_cube,
    "drag-circle": drag_one_way,
    "drag-items": drag_items,
    "drag-items-grid": drag_items_grid,
    "drag-shapes": drag_shapes,
    "drag-shapes-2": drag_shapes_2,
    "drag-single-shape": drag_one_way,
    "drag-sort-numbers": drag_sort_numbers,
}

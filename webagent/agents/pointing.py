"""Skills of the pointer: drag onto, drag in a list, sort, draw a line, point between two things."""

from __future__ import annotations

import re

from webagent.envs.types import Action, Element

from . import literals
from .goal_targets import GoalStep, Target, read_target
from .goal_text import protect
from .matching import area, colour_of, is_shape, name_score
from .page_view import PageView
from .skill import DONE, NOTHING, Option, Plan, StepMemory, centre, name_of, point_in

_UP_DOWN = re.compile(r"\b(up|down)\b(?:\s+by\s+(?P<n>\w+)(?:\s+positions?)?)?", re.IGNORECASE)
_MOVES = {"up": (0.0, -1.0), "down": (0.0, 1.0), "left": (-1.0, 0.0), "right": (1.0, 0.0)}


def drag(step: GoalStep, view: PageView, memory: StepMemory) -> Plan:
    """drag, move, drop: in a list by position, in a direction, or onto another element."""
    item = _list_item(step.target, view)
    if item is not None and (position := _position(step.place, item, view)) is not None:
        return _to_position(item, position, view, memory)
    direction = step.place.casefold().split(" ")[0] if step.place else ""
    if direction in _MOVES and "box" not in step.place:
        return _in_direction(step, direction, view)
    place = _destination(step.place, step.target, view)
    if place is None:
        return NOTHING
    sources = [e for e in _sources(step, view, memory) if e.ref != place.ref and not _holds(place, e)]
    if not sources:
        several = step.target.every or bool(step.target.shape)
        return DONE if several or memory.notes.get("dragged") else NOTHING
    tries = int(memory.notes.get(f"tries {sources[0].ref}", "0"))
    spot = ((0.5, 0.5), (0.35, 0.35), (0.65, 0.65), (0.3, 0.7), (0.7, 0.3))[tries % 5]
    why = f"{name_of(sources[0])} onto {name_of(place)}"
    note = (f"tries {sources[0].ref}", str(tries + 1))
    once = not (step.target.every or step.target.shape)
    memory.notes["dragged"] = "yes"
    return Plan(
        (
            Option(
                0.75, Action("drag", target=sources[0].ref, text=place.ref, point=spot), why, once and tries > 2, note
            ),
        )
    )


def siblings(e: Element, view: PageView) -> list[Element]:
    """Elements of the same role under the same parent, in document order."""
    return [s for s in view.children.get(e.parent, []) if s.role == e.role and s.tag == e.tag]


def _list_item(target: Target, view: PageView) -> Element | None:
    if not target.words or target.every:
        return None
    scored = [(name_score(target.words, e, view), e) for e in view.texts]
    best = max(scored, key=lambda p: p[0], default=(0.0, None))
    return best[1] if best[0] > 0.6 and best[1] is not None and len(siblings(best[1], view)) > 1 else None


def _position(place: str, item: Element, view: PageView) -> int | None:
    """Index in the list that the words mean, or None where they mean no position."""
    here = [s.ref for s in siblings(item, view)].index(item.ref)
    last = len(siblings(item, view)) - 1
    words = place.casefold()
    if "top" in words or "beginning" in words or "start" in words:
        return 0
    if "bottom" in words or re.search(r"\bend\b", words):
        return last
    if match := _UP_DOWN.search(words):
        amount = literals.count_word(match["n"] or "1") or 1
        return min(last, max(0, here + (amount if match[1] == "down" else -amount)))
    if "position" in words or "place" in words:
        ordinal = literals.find_ordinal(words)
        return None if ordinal is None else (ordinal - 1 if ordinal > 0 else last)
    return None


def _to_position(item: Element, position: int, view: PageView, memory: StepMemory) -> Plan:
    rows = siblings(item, view)
    here = [s.ref for s in rows].index(item.ref)
    if here == position:
        return DONE
    point = (0.5, 1.0) if position > here else (0.5, 0.0)
    why = f"{name_of(item)} from place {here + 1} to {position + 1}"
    return Plan(
        (Option(0.85, Action("drag", target=item.ref, text=rows[position].ref, point=point), why, memory.tries > 3),)
    )


def _in_direction(step: GoalStep, direction: str, view: PageView) -> Plan:
    pool = [e for e in view.items if e.shape and e.shape.kind not in ("canvas", "line")]
    pool = [e for e in pool if e.actionable] or pool or [e for e in view.usable if e.role == "clickable"]
    named = [e for e in pool if step.target.words and name_score(step.target.words, e, view) > 0.6]
    source = next(iter(named or pool), None)
    if source is None:
        return NOTHING
    dx, dy = _MOVES[direction]
    reach = max(0.8, 25 / max(4.0, min(source.box[2], source.box[3])))
    action = Action("drag", target=source.ref, point=(0.5 + dx * reach, 0.5 + dy * reach))
    return Plan((Option(0.75, action, f"{name_of(source)} {direction}", completes=True),))


def _destination(words: str, moved: Target, view: PageView) -> Element | None:
    """The element to drop on: by name, else the box (an outline or the larger area), by side or colour."""
    target = read_target(words, protect(""))
    if target.words:
        scored = [(name_score(target.words, e, view), area(e), e) for e in view.items if e.box[2] > 0]
        best = max(scored, key=lambda p: (p[0], p[1]), default=None)
        if best is not None and best[0] > 0.7:
            return best[2]
    frames = [e for e in view.items if e.shape and e.shape.kind in ("rect", "box") and not e.shape.fill]
    frames = frames or [e for e in view.items if (e.shape and e.shape.kind in ("rect", "box")) or e.role == "clickable"]
    if not frames:
        return None
    if target.colour and (coloured := [e for e in frames if literals.is_colour(colour_of(e), target.colour)]):
        frames = coloured
    if "left" in words.casefold():
        return min(frames, key=lambda e: centre(e)[0])
    if "right" in words.casefold():
        return max(frames, key=lambda e: centre(e)[0])
    return min(frames, key=area) if target.size.startswith("small") else max(frames, key=area)


def _sources(step: GoalStep, view: PageView, memory: StepMemory) -> list[Element]:
    target = step.target
    shapes = [e for e in view.items if e.shape and e.shape.kind not in ("canvas", "line") and e.shape.fill] or [
        e for e in view.usable if e.role == "clickable"
    ]
    if "else" in target.words or "rest" in target.words or "other" in target.words:
        frames = {e.ref for e in view.items if e.shape and not e.shape.fill}
        inside = [f for f in view.items if f.ref in frames]
        return [e for e in shapes if not any(_holds(f, e) for f in inside)]
    found = shapes
    if target.colour:
        found = [e for e in found if literals.is_colour(colour_of(e), target.colour)]
    if target.shape not in ("", "shape", "item", "rect") or (
        target.shape == "rect" and any(is_shape(e, "circle") for e in found)
    ):
        found = [e for e in found if is_shape(e, target.shape)]
    elif target.shape == "rect":
        found = [e for e in found if is_shape(e, "rect") or e.role == "clickable"]
    if target.size:
        found = sorted(found, key=area, reverse=target.size.startswith(("large", "big")))[:1]
    return found


def _holds(outer: Element, inner: Element) -> bool:
    """Whether one box lies well inside the other; its middle only, where it is too large for that."""
    if outer.ref == inner.ref:
        return False
    left, top, width, height = outer.box
    x, y, w, h = inner.box
    if w + 4 > width or h + 4 > height:
        x, y, w, h = *centre(inner), 0, 0
    return left + 2 <= x and x + w <= left + width - 2 and top + 2 <= y and y + h <= top + height - 2


def sort_items(step: GoalStep, view: PageView, memory: StepMemory) -> Plan:
    """Bring a list of numbers (or names) into order, one drag at a time."""
    groups: dict[str | None, list[Element]] = {}
    for e in view.items:
        if literals.numbers(e.name) and e.role not in ("button", "link", "label"):
            groups.setdefault(e.parent, []).append(e)
    rows = max(groups.values(), key=len, default=[])
    if len(rows) < 2:
        return NOTHING
    falling = re.search(
        r"\b(?:decreasing|descending|highest to lowest|largest to smallest)\b", step.value, re.IGNORECASE
    )
    ordered = sorted(rows, key=lambda e: literals.numbers(e.name)[0], reverse=bool(falling))
    for index, (is_there, should) in enumerate(zip(rows, ordered, strict=True)):
        if literals.numbers(is_there.name) != literals.numbers(should.name):
            action = Action("drag", target=should.ref, text=rows[index].ref, point=(0.5, 0.0))
            return Plan((Option(0.8, action, f"{name_of(should)} to place {index + 1}"),))
    return DONE


def draw(step: GoalStep, view: PageView, memory: StepMemory) -> Plan:
    """A straight line across a drawing, through the marked point where there is one."""
    sheet = _sheet(view)
    if sheet is None or "line" not in step.value.casefold():
        return NOTHING
    dots = [e for e in view.items if is_shape(e, "circle") and _holds(sheet, e)]
    x, y = point_in(sheet, *centre(dots[0])) if dots else (0.5, 0.5)
    low_x, high_x, low_y, high_y = max(0.03, x - 0.3), min(0.97, x + 0.3), max(0.03, y - 0.35), min(0.97, y + 0.35)
    point = (x, low_y, x, high_y) if "vertical" in step.value.casefold() else (low_x, y, high_x, y)
    return Plan(
        (Option(0.7, Action("drag", target=sheet.ref, point=point), f"a line across {name_of(sheet)}", completes=True),)
    )


def _sheet(view: PageView) -> Element | None:
    sheets = [e for e in view.items if e.role in ("graphics-document", "canvas") and not e.has("covered")]
    return max(sheets, key=area, default=None)


def between(view: PageView) -> Option | None:
    """The middle between two marked points of a drawing."""
    sheet = _sheet(view)
    dots = [e for e in view.items if is_shape(e, "circle")]
    if sheet is None or len(dots) != 2:
        return None
    (x0, y0), (x1, y1) = (centre(d) for d in dots)
    point = point_in(sheet, (x0 + x1) / 2, (y0 + y1) / 2)
    return Option(0.75, Action("click", target=sheet.ref, point=point), "the middle between two points", completes=True)

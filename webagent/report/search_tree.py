"""The picture of a search: what was tried before an action was taken, as a tree that grows from left to right.

A moment is a dot, as large as the share of simulations that went through it, coloured by what it came to be worth; the
way that was taken is drawn in full. A cross is a dead end, a ring an end of the task.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from webagent.envs.types import Branch
from webagent.report.page import Html, join, number, svg, tag
from webagent.words import clean

ROW, COLUMN, MARGIN = 20.0, 190.0, 14.0
"""Pixels between leaves, between levels, and around."""
SHOWN = 40
"""Moments that are drawn, breadth first; of the others only how many there are."""
LABEL = 24
Place = tuple[float, float]


def search_tree(branches: Sequence[Branch]) -> Html | None:
    """The card's part about the search; None where there was none."""
    if len(branches) < 2:
        return None
    shown = branches[:SHOWN]
    places, width, height = _laid_out(shown)
    edges = [_edge(b, places[b.parent], at) for b, at in zip(shown[1:], places[1:])]
    dots = [_dot(b, at, shown[0].visits) for b, at in zip(shown, places)]
    drawn = svg(*edges, *dots, width=width, height=height, class_="search", style=f"max-width:{width:.0f}px",
                role="img", aria_label=f"Search tree of {len(branches)} moments")  # fmt: skip
    left = len(branches) - len(shown)
    told = f"{branches[0].visits - 1} simulations" + (f" · {left} more moments not drawn" if left else "")
    return tag("details", tag("summary", tag("b", "Search"), f" {told}"), tag("div", drawn, class_="scrolls"),
               _legend(), open=True)  # fmt: skip


def _laid_out(branches: Sequence[Branch]) -> tuple[list[Place], float, float]:
    """A place for each moment: a column for each level, leaves below each other, others beside the middle of theirs."""
    children: list[list[int]] = [[] for _ in branches]
    for n, branch in enumerate(branches[1:], 1):
        children[branch.parent].append(n)
    levels, rows, leaves = [0] * len(branches), [0.0] * len(branches), 0
    order: list[int] = []
    waiting = [0]
    while waiting:  # depth first, so that leaves lie below each other in order
        n = waiting.pop()
        order.append(n)
        levels[n] = levels[branches[n].parent] + 1 if n else 0
        waiting += reversed(children[n])
        if not children[n]:
            rows[n], leaves = float(leaves), leaves + 1
    for n in reversed(order):
        if children[n]:
            rows[n] = (rows[children[n][0]] + rows[children[n][-1]]) / 2
    places = [(MARGIN + level * COLUMN, MARGIN + row * ROW) for level, row in zip(levels, rows)]
    return places, 2 * MARGIN + (max(levels) + 1) * COLUMN, 2 * MARGIN + (leaves - 1) * ROW


def _edge(branch: Branch, start: Place, end: Place) -> Html:
    middle = (start[0] + end[0]) / 2
    x0, y0, x1, y1, x = map(number, (*start, *end, middle))
    return tag("path", d=f"M{x0} {y0}C{x} {y0} {x} {y1} {x1} {y1}", class_="taken" if branch.taken else "way")


def _dot(branch: Branch, at: Place, simulations: int) -> Html:
    x, y = at
    radius = 2.5 + 5.5 * math.sqrt(branch.visits / max(simulations, 1))
    told = f"{branch.action or 'now'} · visits {branch.visits} · worth {branch.worth:+.2f}"
    title = tag("title", told + (f" · {branch.page}" if branch.page else "") + _ENDS[branch.kind])
    words = (
        tag("text", clean(branch.action, LABEL), x=number(x + radius + 4), y=number(y + 4)) if branch.action else None
    )
    return tag("g", title, _mark(branch, x, y, radius), words, class_="taken" if branch.taken else None)


def _mark(branch: Branch, x: float, y: float, radius: float) -> Html:
    if branch.kind == "dead":
        a, b, c, d = (number(v) for v in (x - 3, x + 3, y - 3, y + 3))
        return tag("path", d=f"M{a} {c}L{b} {d}M{a} {d}L{b} {c}", class_="dead")
    dot = tag("circle", cx=number(x), cy=number(y), r=number(radius), fill=_colour(branch.worth))
    ring = tag("circle", cx=number(x), cy=number(y), r=number(radius + 2.5), class_="end")
    return join(dot, ring) if branch.kind == "end" else dot


def _colour(worth: float) -> str:
    """Red at -1, grey at 0, green at 1."""
    share = min(1.0, abs(worth))
    red, green, blue = (17, 121, 90) if worth > 0 else (179, 38, 30)
    return "#" + "".join(f"{round(150 + share * (part - 150)):02x}" for part in (red, green, blue))


_ENDS = {"open": "", "end": " · the task ends here", "dead": " · seen before"}


def _legend() -> Html:
    marks = (("worth -1", _colour(-1.0)), ("0", _colour(0.0)), ("+1", _colour(1.0)))
    colours = [tag("span", tag("i", style=f"background:{colour}"), name) for name, colour in marks]
    words = ("larger: more simulations", "ringed: the task ends", "cross: seen before", "bold: taken")
    return tag("p", *colours, *[tag("span", word) for word in words], class_="legend")

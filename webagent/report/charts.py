"""Small pictures of numbers, as SVG."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from webagent.report.page import Html, number, svg, tag


def skyline(rates: Mapping[str, float], mean: float) -> Html:
    """One bar a task, tallest first, with the mean as a line; hovering a bar names its task."""
    width, height, foot = 640.0, 150.0, 1.5
    each = width / max(len(rates), 1)
    gap = min(2.0, each * 0.25)
    bars = []
    for i, (task, rate) in enumerate(sorted(rates.items(), key=lambda item: (-item[1], item[0]))):
        tall = max(rate * height, foot)
        bars.append(
            tag("rect", tag("title", f"{task}: {100 * rate:.0f} %"), x=number(i * each), y=number(height - tall),
                width=number(each - gap), height=number(tall), rx=1, class_="col")
        )  # fmt: skip
    level = number(height * (1 - mean))
    line = tag("line", x1=0, x2=number(width), y1=level, y2=level, class_="mean")
    label = tag("text", f"mean {100 * mean:.1f} %", x=number(width - 4), y=number(height * (1 - mean) - 5),
                text_anchor="end", class_="label")  # fmt: skip
    described = f"Success of each of {len(rates)} tasks, in order; mean {100 * mean:.1f} %"
    return svg(*bars, line, label, width=width, height=height, class_="chart", role="img", aria_label=described)


def histogram(rates: Sequence[float], bins: int = 10) -> Html:
    """How many tasks lie in each tenth of success; the last bin includes 100 %."""
    counts = [0] * bins
    for rate in rates:
        counts[min(int(rate * bins + 1e-9), bins - 1)] += 1
    width, height, foot = 320.0, 150.0, 18.0
    each, top = width / bins, max([*counts, 1])
    parts = []
    for i, count in enumerate(counts):
        tall = count / top * (height - foot - 16)
        x, y = i * each, height - foot - tall
        parts.append(
            tag("rect", tag("title", f"{10 * i}–{10 * (i + 1)} %: {count} tasks"), x=number(x + 1), y=number(y),
                width=number(each - 2), height=number(max(tall, 1)), rx=1, class_="col")
        )  # fmt: skip
        if count:
            middle = number(x + each / 2)
            parts.append(tag("text", count, x=middle, y=number(y - 4), text_anchor="middle", class_="label"))
    for i in (0, bins // 2, bins):
        anchor = {0: "start", bins: "end"}.get(i, "middle")
        words = f"{100 * i // bins} %"
        parts.append(tag("text", words, x=number(i * each), y=number(height - 4), text_anchor=anchor, class_="label"))
    return svg(*parts, width=width, height=height, class_="chart", role="img", aria_label=f"Tasks by success: {counts}")


@dataclass(frozen=True)
class Line:
    """``points``: x and y, in the order in which they are joined."""

    name: str
    points: tuple[tuple[float, float], ...]


INK, PALE = "#2563eb #c2410c #15803d #7e22ce #0e7490 #a16207".split(), "#8884"


def curves(lines: Sequence[Line], across: str, up: str, logarithmic: bool = False) -> Html:
    """Lines with dots over a pale grid, named at their ends; ``logarithmic``: the way across. A file of its own."""
    width, height, left, top, right, foot = 720.0, 400.0, 56.0, 16.0, 150.0, 44.0
    low_x, high_x, steps_x = _scale([x for line in lines for x, _ in line.points], logarithmic)
    low_y, high_y, steps_y = _scale([y for line in lines for _, y in line.points], False)

    def at(x: float, y: float) -> tuple[float, float]:
        part = (_log(x, logarithmic) - low_x) / (high_x - low_x)
        return left + part * (width - left - right), top + (high_y - y) / (high_y - low_y) * (height - top - foot)

    def text(what: object, x: float, y: float, anchor: str = "middle", **more: object) -> Html:
        return tag("text", what, x=number(x), y=number(y), text_anchor=anchor, **more)

    parts = []
    for y in steps_y:
        level = at(steps_x[0], y)[1]
        parts.append(tag("line", x1=left, x2=number(width - right), y1=number(level), y2=number(level), stroke=PALE))
        parts.append(text(number(y), left - 6, level + 4, "end"))
    parts += [text(number(x), at(x, steps_y[0])[0], height - foot + 18) for x in steps_x]
    for line, ink in zip(lines, itertools.cycle(INK)):
        places = [at(*point) for point in line.points]
        path = " ".join(f"{number(x)},{number(y)}" for x, y in places)
        parts.append(tag("polyline", points=path, fill="none", stroke=ink, stroke_width=2))
        for (px, py), point in zip(places, line.points):
            told = tag("title", f"{line.name}: {', '.join(map(number, point))}")
            parts.append(tag("circle", told, cx=number(px), cy=number(py), r=3.5, fill=ink))
        parts.append(text(line.name, places[-1][0] + 8, places[-1][1] + 4, "start", fill=ink))
    parts.append(text(across, (left + width - right) / 2, height - 8))
    parts.append(text(up, 14, height / 2, transform=f"rotate(-90 14 {number(height / 2)})"))
    return svg(*parts, width=width, height=height, xmlns="http://www.w3.org/2000/svg", font_family="sans-serif",
               font_size=12, fill="#666")  # fmt: skip


def _log(x: float, logarithmic: bool) -> float:
    return math.log10(max(x, 1e-9)) if logarithmic else x


def _scale(values: Sequence[float], logarithmic: bool) -> tuple[float, float, list[float]]:
    """Ends of an axis, as they are drawn, and the values that are named on it."""
    low, high = min(values), max(values)
    if logarithmic:
        low, high = max(low, 1e-9), max(high, 1.1 * low, 1e-8)
        tens = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        named = [m * 10.0**n for n in tens for m in (1, 2, 5) if low / 1.3 <= m * 10.0**n <= high * 1.3] or [low, high]
        return math.log10(min(low, named[0])), math.log10(max(high, named[-1])), named
    ten = 10.0 ** math.floor(math.log10(max(high - low, 1e-6)))
    step = next(s for s in (ten / 2, ten, 2 * ten, 5 * ten) if (high - low) / s <= 8)
    first = math.floor(low / step)
    last = max(math.ceil(high / step), first + 1)
    return first * step, last * step, [n * step for n in range(first, last + 1)]

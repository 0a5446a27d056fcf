"""Small pictures of numbers, as inline SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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

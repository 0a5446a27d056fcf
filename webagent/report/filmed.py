"""The video of a recording with its steps beside it: a step is a button that goes to its moment."""

from __future__ import annotations

from collections.abc import Sequence

from webagent.recorder.moments import Moment
from webagent.report.page import Html, number, tag


def filmed(video: Html, moments: Sequence[Moment]) -> Html:
    """``video``: the player, or a link to the file, which cannot be steered."""
    steps = [_step(i, moment) for i, moment in enumerate(moments, 1)]
    return tag("div", video, tag("ol", *steps, class_="moments", aria_label="Steps in the video"), class_="filmed")


def clock(second: float) -> str:
    """As a player tells it: minutes and seconds."""
    return f"{int(second) // 60}:{int(second) % 60:02d}"


def _step(i: int, moment: Moment) -> Html:
    words = (tag("b", i), tag("span", moment.words), tag("small", f"→ {moment.page}") if moment.page else None)
    if moment.second is None:
        return tag("li", tag("p", *words))
    at = tag("time", clock(moment.second))
    return tag("li", tag("button", *words, at, type="button", data_at=number(moment.second)))

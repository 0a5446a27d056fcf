"""When each step of a recording was done, in its video, and in which words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from webagent.envs.errors import DataDamaged

from .film import FPS
from .store import NOTES, VERSION


class Moment(NamedTuple):
    """``second``: of the video, None where it was not filmed. ``page``: title of the page that it led to, or ""."""

    words: str
    second: float | None
    page: str


def moments(folder: Path) -> list[Moment]:
    """Of each step of the recording in ``folder``; [] for an episode that is none. A last line that a kill cut off is
    left out. Raises ``DataDamaged`` for a recording of another version."""
    path = folder / NOTES
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    found: dict[int, Moment] = {}
    title = ""
    for n, line in enumerate(lines):
        try:
            told = json.loads(line)
        except ValueError:
            if n == len(lines) - 1:
                break
            raise DataDamaged(f"line {n + 1} of {path} cannot be read") from None
        if told.get("recording", VERSION) != VERSION:
            raise DataDamaged(
                f"expected a recording of version {VERSION}, found {told['recording']!r} in {path}",
                "it was made by another version of webagent",
            )
        if "step" in told:
            frame = told.get("video_frame")
            found[told["step"]] = Moment(told["words"], None if frame is None else frame / FPS, "")
        elif "outcome" in told and told["outcome"] in found:
            now = str(told.get("title", ""))
            found[told["outcome"]] = found[told["outcome"]]._replace(page=now if now != title else "")
            title = now
    return [found[n] for n in sorted(found) if found[n].words]

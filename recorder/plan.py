"""What is to be recorded, and how."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Plan:
    """What is recorded and how. ``hidden``: words of the names of fields that are masked from the beginning."""

    url: str
    out: Path
    goal: str = ""
    hidden: tuple[str, ...] = ()
    viewport: tuple[int, int] = (1280, 720)
    toolbar: bool = True
    video: bool = True

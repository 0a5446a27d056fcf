"""How an episode is done again, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from webagent.envs.types import Episode

PATIENCE = 10.0  # seconds that the element of a step is waited for
LONGEST = 5.0  # seconds of a recorded pause, at most
SAME = 0.9  # of the final page's elements that must be there again


@dataclass(frozen=True)
class Way:
    """``speed``: 1 keeps the pauses of the recording, 2 halves them, None leaves them out."""

    headless: bool = True
    speed: float | None = None
    executable: str | None = None
    video: Path | None = None
    patience: float = PATIENCE


@dataclass(frozen=True)
class Replayed:
    """``steps``: of each {"action", "words", "score", "second", "ms", "error"}. ``stopped``: why it broke off, or "".

    ``final``: {"url", "title": whether they agree, "elements": share of the recorded ones that are there again}; empty
    where the recording does not hold the page at the end. ``episode``: what was done, with the pages that it was done
    on; of a script alone, whose recording lacks them.
    """

    steps: tuple[dict[str, Any], ...]
    of: int
    stopped: str
    final: dict[str, Any] = field(default_factory=dict)
    episode: Episode | None = None

    @property
    def same(self) -> bool:
        """All steps were done, and the page came out as recorded, as far as that is known."""
        known = bool(self.final) or self.episode is None
        alike = bool(self.final.get("url")) and self.final.get("elements", 0.0) >= SAME
        return not self.stopped and (alike or not known)


def verdict(told: dict[str, Any]) -> str:
    """Behind the words of one step: how surely its element was found, or why it was not done."""
    return f"STOPPED: {told['error']}" if told["error"] else f"[{told['score']:.0%}, {told['ms']} ms]"

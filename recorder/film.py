"""The pictures of a recording: the last few at hand, all of them in a video, and which frame of it shows a moment."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path

from webagent.envs.errors import WebAgentError
from webagent.envs.video import EpisodeFilm

KEPT = 60
FPS = 10.0


class Film:
    """Takes the frames of a screencast (times in s since the epoch).

    ``guarded``: asked with each frame; while it says True, only what ``show`` was given goes into the video.
    """

    def __init__(self, path: Path | None, size: tuple[int, int], guarded: Callable[[], bool]) -> None:
        self.path = path
        self.recent: deque[tuple[float, bytes]] = deque(maxlen=KEPT)
        self._film = EpisodeFilm(path, size, FPS) if path else None
        self._guarded = guarded
        self._start = 0.0

    def take(self, at: float, jpeg: bytes) -> None:
        self.recent.append((at, jpeg))
        if not self._guarded():
            self.show(at, jpeg)

    def show(self, at: float, jpeg: bytes) -> None:
        """Put a picture into the video."""
        if self._film is not None and jpeg:
            self._start = self._start or at
            self._film.add(at, jpeg)

    def before(self, at: float) -> bytes:
        """What the screen showed last before a moment; empty if nothing is known."""
        older = [jpeg for time, jpeg in self.recent if time <= at]
        return older[-1] if older else self.recent[0][1] if self.recent else b""

    def number(self, at: float) -> int | None:
        """The frame of the video that shows a moment, counted from 0; None without a video."""
        return max(0, round((at - self._start) * FPS)) if self._film and self._start else None

    def finish(self) -> tuple[Path | None, str]:
        """End the video; its path, or None, and what went wrong."""
        if self._film is None:
            return None, ""
        try:
            return self._film.finish(), ""
        except WebAgentError as error:
            return None, str(error)

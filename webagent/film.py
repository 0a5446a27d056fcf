"""The video of one errand, for a person to watch: ``run --video``.

    film = RunFilm(folder / VIDEO, viewport, secrets)
    env.on_frame = film.frame; film.step(jpeg); video, trouble = film.finish()

Every frame of the screencast is in it, but what the agent decides on stays long enough to be looked at: a policy
without a model does ten steps in a blink. Waits for a slow one are cut short.
"""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path

from webagent.envs.errors import WebAgentError
from webagent.envs.video import EpisodeFilm
from webagent.vault import Secrets

VIDEO = "screen.webm"
STEP_SECONDS = 0.7  # that the picture before a step stays, at least
WAIT_SECONDS = 2.0  # that nothing happens in it, at most
END_SECONDS = 0.8


class RunFilm:
    """Frames by ``frame``, which the browser's thread calls, and each step's picture by ``step``.

    Where secrets may be typed, only the pictures of steps are in it, painted over like everywhere else: what a frame
    between two observations shows, nobody has looked at.

    Raises ``UsageError`` or ``WebAgentError`` at once if such a file cannot be written.
    """

    def __init__(self, path: Path, size: tuple[int, int], secrets: Secrets) -> None:
        self.path = path
        self._secret = bool(secrets.names)
        self._made = not path.parent.exists()
        self._film = EpisodeFilm(path, size, longest_hold=WAIT_SECONDS)
        self._lock = threading.Lock()
        self._ahead = 0.0  # s by which the video's clock is ahead of ours
        self._free = 0.0  # video time up to which the last step's picture stays; 0 before the first

    def frame(self, at: float, jpeg: bytes) -> None:
        """A frame of the screencast (s since the epoch)."""
        with self._lock:
            if self._free and not self._secret:
                self._film.add(self._video_time(at), jpeg)

    def step(self, jpeg: bytes) -> None:
        """What the screen shows before a step, or at the end, as it may be shown. The video begins with the first."""
        with self._lock:
            now = self._video_time(time.time())
            self._free = now + STEP_SECONDS
            if jpeg:
                self._film.add(now, jpeg)

    def _video_time(self, at: float) -> float:
        self._ahead = max(self._ahead, self._free - at)
        return at + self._ahead

    def finish(self) -> tuple[Path | None, str]:
        """Write it to the end; its path, or None if there was nothing to see, and what went wrong."""
        try:
            return self._film.finish(self._free + END_SECONDS), ""
        except WebAgentError as error:
            return None, str(error)
        finally:
            if self._made:
                with contextlib.suppress(OSError):
                    self.path.parent.rmdir()  # if nothing else was kept

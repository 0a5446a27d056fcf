"""The whole desktop as a video, by mss: what a screencast of the page does not show (choosers, other programs)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from webagent.envs.errors import UsageError
from webagent.envs.video import EpisodeFilm

FPS = 4.0


class Desktop:
    """Films all screens until ``stop``, and nothing from the moment that ``guarded`` says True on.

    Raises ``UsageError`` where mss is missing or there is no screen that it can read.
    """

    def __init__(self, path: Path, guarded: Callable[[], bool]) -> None:
        try:
            import mss
        except ImportError:
            raise UsageError("--desktop needs mss, which is not installed", "pip install 'webagent[record]'") from None
        try:
            with _screens() as screens:
                screens.grab(screens.monitors[0])
        except (mss.ScreenShotError, OSError) as error:
            raise UsageError(
                f"the desktop cannot be filmed: {str(error).splitlines()[0]}", "leave out --desktop"
            ) from None
        self._film = EpisodeFilm(path, fps=FPS)
        self._guarded = guarded
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="webagent-desktop", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        import mss.tools

        with _screens() as screens:
            while not self._ended.wait(1 / FPS):
                if self._guarded():
                    continue
                shot = screens.grab(screens.monitors[0])
                png = mss.tools.to_png(shot.rgb, shot.size, level=1)
                if png and not self._guarded():  # something secret may have been typed meanwhile
                    self._film.add(time.time(), png)

    def stop(self) -> Path | None:
        """The finished file, or None if nothing was filmed. Raises ``WebAgentError`` if it could not be written."""
        self._ended.set()
        self._thread.join(5.0)
        return self._film.finish()


def _screens() -> Any:
    import mss

    return mss.MSS() if hasattr(mss, "MSS") else mss.mss()  # its name before version 10

"""Screen video: pictures that come at irregular times become a file of constant frame rate.

    with VideoWriter("screen.webm", fps=10) as video:
        video.add(time, picture)                 # JPEG bytes or [H, W, 3] RGB

    film = EpisodeFilm("screen.webm"); Cast(on_frame=film.add); film.finish()

The suffix decides the format: ``.webm`` is VP8, ``.mp4`` is VP9, because those are what opencv's own build can write
and what browsers, VLC and ffmpeg play; MPEG-4 part 2, its other codec, shows in no browser. VP8 takes about a third of
the time. A file appears under its name when it is whole, and not before. There is no sound.
"""

from __future__ import annotations

import contextlib
import os
import queue
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .errors import UsageError, WebAgentError
from .images import decode

if TYPE_CHECKING:
    import cv2

Picture = bytes | npt.NDArray[np.uint8]
CODECS = {".webm": ("VP80", "VP90"), ".mp4": ("vp09", "avc1")}
"""Codes of what may be in a file, the one to be preferred first."""
FPS = 10.0
WAITING = 64  # pictures that an EpisodeFilm holds at most while they wait to be written
FINISH_LIMIT = 120.0  # seconds


class VideoWriter:
    """One video file; use as a context manager, or ``close`` it. Not for several threads at once.

    Args:
        path: where to; the suffix is ``.webm`` or ``.mp4``. A file of that name is replaced at the end.
        size: width and height in pixels; None takes the first picture's. Odd ones lose a pixel, as the codecs ask.
        fps: frames per second.
        longest_hold: seconds that one picture is held at most, so that a long wait makes no long video; None for ever.

    Raises ``UsageError`` for another suffix or a folder that cannot be written to, ``WebAgentError`` where this build
    of opencv has no codec for it (with the first picture, if no size is given).
    """

    def __init__(
        self, path: str | os.PathLike[str], size: tuple[int, int] | None = None, fps: float = FPS,
        *, longest_hold: float | None = None,
    ) -> None:  # fmt: skip
        self.path = Path(path)
        if self.path.suffix.lower() not in CODECS:
            raise UsageError(f"expected a video file of {' or '.join(CODECS)}, found {self.path.name}")
        if not fps > 0:
            raise UsageError(f"expected frames per second above 0, found {fps}")
        self.fps = fps
        self.frames = 0  # written so far
        self._longest = longest_hold
        self._temporary = self.path.with_name(f".{self.path.stem}.{os.getpid()}{self.path.suffix}")
        self._file: cv2.VideoWriter | None = None
        self._size = (0, 0)
        self._picture: npt.NDArray[np.uint8] | None = None  # held until the next one, BGR
        self._start = 0.0  # time of frame 0, moved on by what holds were cut short
        self._last = 0.0
        if size is not None:
            self._open(size)

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def add(self, time: float, picture: Picture) -> None:
        """Show ``picture`` from ``time`` (s) on; bytes that are none are left out. Raises ``UsageError`` for its shape.

        Of several within one frame the last one counts.
        """
        import cv2

        rgb = decode(picture) if isinstance(picture, bytes) else picture
        if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
            raise UsageError(f"expected a picture of [H, W, 3] uint8, found {list(rgb.shape)} {rgb.dtype}")
        if isinstance(picture, bytes) and rgb.shape == (1, 1, 3):
            return
        if self._file is None:
            self._open((rgb.shape[1], rgb.shape[0]))
        if self._picture is None:
            self._start = self._last = time
        self._hold(time)
        self._picture = _fitted(np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), np.uint8), self._size)

    def close(self, until: float | None = None) -> Path | None:
        """Hold the last picture until ``until`` (s; for one frame at least), and finish the file.

        Returns its path, or None if no picture was ever added; then there is no file. May be called twice. Raises
        ``WebAgentError`` if the file could not be written.
        """
        if self._file is None:
            return self.path if self.frames else None
        if self._picture is not None:
            shown = self.frames
            self._hold(until or 0.0)
            self._write(shown + 1)
        self._file.release()
        self._file = None
        if not self.frames:
            self._temporary.unlink(missing_ok=True)
            return None
        try:
            if not self._temporary.stat().st_size:
                raise WebAgentError(f"{self.path} could not be written", "is the disk full?")
            os.replace(self._temporary, self.path)
        except OSError as error:
            raise WebAgentError(f"{self.path} could not be written: {error.strerror}") from None
        return self.path

    def discard(self) -> None:
        """Give the file up; nothing of it stays."""
        if self._file is not None:
            self._file.release()
            self._file = None
            self.frames = 0
            self._temporary.unlink(missing_ok=True)

    def _hold(self, time: float) -> None:
        """Repeat the held picture up to ``time``."""
        time = max(time, self._last)
        if self._longest is not None:
            self._start += max(0.0, time - self._last - self._longest)
        self._last = time
        self._write(round((time - self._start) * self.fps))

    def _write(self, frames: int) -> None:
        while self._file is not None and self._picture is not None and self.frames < frames:
            self._file.write(self._picture)
            self.frames += 1

    def _open(self, size: tuple[int, int]) -> None:
        import cv2

        width, height = (max(2, side - side % 2) for side in size)
        self._size = (width, height)
        said = ""
        try:
            self._temporary.parent.mkdir(parents=True, exist_ok=True)
            self._temporary.touch()
        except OSError as error:
            raise UsageError(f"{self.path} cannot be written: {error.strerror}", "choose another folder") from None
        for code in CODECS[self.path.suffix.lower()]:
            with _codec_chatter() as chatter:
                fourcc = cv2.VideoWriter.fourcc(*code)
                file = cv2.VideoWriter(str(self._temporary), cv2.CAP_FFMPEG, fourcc, self.fps, self._size)
            if file.isOpened():
                self._file = file
                return
            said = chatter[-1] if chatter else said
        self._temporary.unlink(missing_ok=True)
        other = next(s for s in CODECS if s != self.path.suffix.lower())
        raise WebAgentError(
            f"this build of opencv cannot write {self.path.suffix} video" + (f": {said}" if said else ""),
            f"try {other}, or reinstall opencv-python-headless from its wheel",
        )


class EpisodeFilm:
    """The video of one episode, written by a thread of its own while the episode runs.

    ``add`` never waits and never raises, so that it may be called with every frame of a screencast (``Cast.on_frame``);
    at most ``waiting`` pictures are held in memory, and where the thread cannot keep up the oldest of them are left out
    (``left_out`` counts). Arguments as ``VideoWriter``'s. Use as a context manager, or ``finish`` it.
    """

    def __init__(
        self, path: str | os.PathLike[str], size: tuple[int, int] | None = None, fps: float = FPS,
        *, longest_hold: float | None = None, waiting: int = WAITING,
    ) -> None:  # fmt: skip
        self.left_out = 0
        self._video = VideoWriter(path, size, fps, longest_hold=longest_hold)
        self._error: WebAgentError | None = None
        self._until: float | None = None
        self._queue: queue.Queue[tuple[float, Picture] | None] = queue.Queue(max(1, waiting))
        self._adding = threading.Lock()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="webagent-film", daemon=True)
        self._thread.start()

    def __enter__(self) -> EpisodeFilm:
        return self

    def __exit__(self, *_: Any) -> None:
        self.finish()

    def add(self, time: float, picture: Picture) -> None:
        """Show ``picture`` from ``time`` (s) on; nothing happens after the end."""
        with self._adding:
            if self._ended:
                return
            if self._queue.full():
                with contextlib.suppress(queue.Empty):
                    self._queue.get_nowait()
                    self.left_out += 1
            self._queue.put_nowait((time, picture))

    def finish(self, until: float | None = None) -> Path | None:
        """Hold the last picture until then, and wait for the file; its path, or None if there was no picture.

        Raises what kept it from being written. May be called twice.
        """
        with self._adding:
            first, self._ended = not self._ended, True
        if first:
            self._until = until
            self._queue.put(None)
        self._thread.join(FINISH_LIMIT)
        if self._thread.is_alive():
            raise WebAgentError(f"{self._video.path.name} was not written within {FINISH_LIMIT:.0f} s")
        if self._error is not None:
            raise self._error
        return self._video.close()

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            try:
                if self._error is None:
                    self._video.add(*item)
            except WebAgentError as error:
                self._error = error
                self._video.discard()
        try:
            self._video.close(self._until)
        except WebAgentError as error:
            self._error = error


def _fitted(picture: npt.NDArray[np.uint8], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """``picture`` within ``size``: cropped by an odd pixel, else scaled with its proportions, on black."""
    import cv2

    width, height = size
    tall, wide = picture.shape[:2]
    if width <= wide <= width + 1 and height <= tall <= height + 1:
        return np.ascontiguousarray(picture[:height, :width])
    scale = min(width / wide, height / tall)
    w, h = max(1, min(width, round(wide * scale))), max(1, min(height, round(tall * scale)))
    x, y = (width - w) // 2, (height - h) // 2
    canvas = np.zeros((height, width, 3), np.uint8)
    canvas[y : y + h, x : x + w] = cv2.resize(picture, (w, h), interpolation=cv2.INTER_AREA)
    return canvas


_stderr = threading.Lock()


@contextlib.contextmanager
def _codec_chatter() -> Iterator[list[str]]:
    """What the codecs print while a file is opened, past Python, as lines; other text that came meanwhile is passed on.

    Even a success says on stderr that the tag was unusual, which is no news for a person.
    """
    lines: list[str] = []
    try:
        kept = os.dup(2)
    except OSError:  # there is no stderr
        yield lines
        return
    with _stderr, tempfile.TemporaryFile() as away:
        os.dup2(away.fileno(), 2)
        try:
            yield lines
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            away.seek(0)
            for line in away.read().splitlines(keepends=True):
                if any(mark in line for mark in (b"FFMPEG", b"@ 0x", b"cap_ffmpeg")):
                    lines.append(line.decode(errors="replace").strip())
                else:
                    os.write(2, line)

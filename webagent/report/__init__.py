"""Reports: one self-contained HTML file for an episode or a benchmark, to be read without network or server."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from webagent.datasets import find_episode, is_episode, read_episode
from webagent.envs.errors import UsageError
from webagent.evaluate import is_bench, read_bench
from webagent.recorder.moments import moments
from webagent.report.bench import render_bench
from webagent.report.episode import outcome_of, render_episode
from webagent.report.page import Html, document, tag, video

NAME = "report.html"
VIDEOS = ("screen.webm", "screen.mp4")
EMBEDDED = 16_000_000
"""Bytes of video that are put into the page; a longer one is linked, because the file would be slow to open."""

__all__ = ["NAME", "write_report"]


def write_report(source: str | Path, target: Path | None = None) -> Path:
    """Write the report of an episode (``FOLDER`` or ``FOLDER#ID``) or of a benchmark's folder; returns its path.

    ``target``: a folder, or a file that ends in ``.html``; by default beside what it reports on.
    Raises ``UsageError`` if there is neither, ``DataDamaged`` if it cannot be read.
    """
    folder = Path(source)
    if is_bench(folder) and not is_episode(folder):
        page = _bench_page(folder)
        path = _target(target or folder)
    else:
        folder = find_episode(source)
        episode, screens = read_episode(folder)
        title = f"{outcome_of(episode).label}: {episode.task.goal or episode.task.id}"
        path = _target(target or folder)
        page = document(title[:120], render_episode(episode, screens, _video_of(folder, path), moments(folder)))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        temporary.write_bytes(page)
        os.replace(temporary, path)
    except OSError as error:
        raise UsageError(f"the report cannot be written to {path}: {error.strerror}", "choose another folder") from None
    return path


def _video_of(folder: Path, report: Path) -> Html | None:
    """The episode's video: inside the page, or a link to where it lies."""
    found = next((folder / name for name in VIDEOS if (folder / name).is_file()), None)
    if found is None:
        return None
    size = found.stat().st_size
    if size <= EMBEDDED:
        return video(found.read_bytes(), found.suffix, "The screen during the episode")
    where = os.path.relpath(found.resolve(), report.resolve().parent)
    return tag("a", f"{found.name} ({size / 1e6:.0f} MB)", href=quote(Path(where).as_posix()))


def _bench_page(folder: Path) -> bytes:
    settings, results, data = read_bench(folder)
    title = f"{settings.policy} on {Path(settings.suite).stem}: {100 * data['mean']:.1f} %"
    return document(title, render_bench(folder, settings, results, data))


def _target(given: Path) -> Path:
    return given if given.suffix == ".html" else given / NAME

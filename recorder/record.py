"""``record``: a window in which a person shows a task once, and what is kept of it."""

from __future__ import annotations

import concurrent.futures
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from webagent.envs.browser import Browser
from webagent.envs.errors import BrowserGone
from webagent.envs.types import Action, Episode

from .desktop import Desktop
from .masking import Masking, Redactor
from .plan import Plan
from .recording import Recording
from .store import Store

DESKTOP = "desktop.webm"
END_LIMIT = 30.0  # seconds that the end of a recording may take
Say = Callable[[str], None]


@dataclass(frozen=True)
class Recorded:
    """What came of it. ``problems``: a line for everything that could not be recorded. ``stopped``: why it ended."""

    episode: Episode
    folder: Path
    problems: tuple[str, ...]
    stopped: str
    secrets: tuple[str, ...]
    video: Path | None
    desktop: Path | None


def record(
    plan: Plan,
    make_redactor: Callable[[Mapping[str, str]], Redactor],
    say: Say,
    *,
    executable: str | None = None,
    desktop: bool = False,
) -> Recorded:
    """Open a window on ``plan.url`` and record until the person stops it.

    ``make_redactor``: of ``{name: value}``, what takes secrets out of texts and pictures. ``say``: hears each step.
    Raises ``BrowserMissing`` without a display, ``PageUnreachable``, ``BrowserGone`` if nothing was recorded.
    """
    masking = Masking(make_redactor)
    with Browser(executable=executable, headless=False) as browser, Store(plan.out, plan.url, plan.goal) as store:
        filming = Desktop(store.folder / DESKTOP, lambda: masking.guarded) if desktop else None
        recording = Recording(plan, store, masking, say)
        try:
            interrupted = _run(browser, recording)
        finally:
            desktop_video = filming.stop() if filming else None
        return _finish(recording, interrupted, desktop_video)


def _run(browser: Browser, recording: Recording) -> str:
    """Record; returns why it broke off, "" where the person stopped it."""

    async def work() -> None:
        native = await browser.connected()
        native.on("disconnected", lambda _: recording.stop("the browser was closed"))
        await recording.run(native)

    future = browser.submit(work())
    try:
        _wait(future, recording, browser)
    except BrowserGone as error:
        if not recording.store.steps:
            raise
        return str(error)
    return ""


def _wait(future: concurrent.futures.Future[None], recording: Recording, browser: Browser) -> None:
    try:
        future.result()
    except KeyboardInterrupt:  # the usual way to stop
        recording.say("stopping")
        browser.call(_stop(recording, "Ctrl-C"))
        future.result(END_LIMIT)


async def _stop(recording: Recording, why: str) -> None:
    recording.stop(why)


def _finish(recording: Recording, interrupted: str, desktop: Path | None) -> Recorded:
    store, masking = recording.store, recording.masking
    final = replace(store.final, goal=store.goal)
    screen = masking.screen(recording.film.before(time.time()), final)
    if store.steps and not interrupted:
        store.add(final, Action("done"), screen, {"at": time.time()})
    store.final = replace(final, step=len(store.steps))
    why = interrupted or recording.stopped
    info: dict[str, Any] = {"problems": recording.problems, "stopped": why, "secrets": list(masking.names)}
    episode = store.finish(True if store.steps and not interrupted else None, masking.text(info), screen)
    if masking.guarded and screen:
        recording.film.show(time.time(), screen)
    recording.say("writing the video")
    video, trouble = recording.film.finish()  # last, since a long one takes a while
    problems = (*recording.problems, *([trouble] if trouble else []))
    return Recorded(episode, store.folder, problems, why, masking.names, video, desktop)


__all__ = ["Plan", "Recorded", "record"]

"""Does a recorded episode again, with no model: each element is found anew, and each step waits for its conditions.

    replayed = replay(episode, folder, Way(), resolve, say)

A step waits until its element is surely there and can be used, then acts. Where that does not come to be within
``PATIENCE`` seconds, or two elements are equally likely, it stops with one line: nothing is ever done to a guess.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from webagent.envs.actions import Limits
from webagent.envs.browser import Browser
from webagent.envs.errors import BadAction, DataDamaged
from webagent.envs.screen import Cast
from webagent.envs.session import Options, Session
from webagent.envs.types import Action, ActionTree, Episode, Observation, Step
from webagent.envs.video import EpisodeFilm

from .match import Match, match
from .narration import sentence
from .retrace import Retrace, is_script, window_of
from .store import UPLOADS
from .way import LONGEST, SAME, Replayed, Way, verdict

if TYPE_CHECKING:
    from playwright.async_api import Browser as PlaywrightBrowser

ENDS = ("done", "answer", "give_up")


def replay(
    episode: Episode, folder: Path, way: Way, resolve: Callable[[str], str], say: Callable[[str], None]
) -> Replayed:
    """Do ``episode``, which lies in ``folder``, again. ``resolve``: from text with {{secret:NAME}} to what is typed.

    One without steps, but with the ``actions`` of another tool's recording, is done by its locators (``retrace``).

    Raises ``DataDamaged`` for an episode without a start, ``BrowserMissing``, ``PageUnreachable``, ``BrowserGone``.
    """
    if "://" not in episode.task.start_url:
        raise DataDamaged(f"expected an address to start from, found {episode.task.start_url!r}", "is it a recording?")
    limits = Limits(folder / UPLOADS if (folder / UPLOADS).is_dir() else None, resolve)
    viewport = episode.steps[0].observation.tree.viewport if episode.steps else window_of(episode)
    film = EpisodeFilm(way.video, viewport) if way.video else None
    options = Options(
        viewport=viewport if all(viewport) else (1280, 720), limits=limits, schemes=("file",), screen=film is not None,
        cast=Cast(on_frame=film.add if film else None),
    )  # fmt: skip
    with Browser(executable=way.executable, headless=way.headless) as browser:
        again = _Again(episode, way, say) if episode.steps or not is_script(episode) else Retrace(episode, way, say)
        try:
            return browser.submit(again.run(browser.native, options)).result()
        finally:
            if film is not None:
                film.finish()


class _Again:
    def __init__(self, episode: Episode, way: Way, say: Callable[[str], None]) -> None:
        self.episode = episode
        self.way = way
        self.say = say
        self.done: list[dict[str, Any]] = []

    async def run(self, native: PlaywrightBrowser | None, options: Options) -> Replayed:
        assert native is not None
        session = await Session.open(native, options)
        steps = [step for step in self.episode.steps if step.action.op not in ENDS]
        try:
            await session.goto(self.episode.task.start_url)
            for number, step in enumerate(steps, 1):
                await self._pause(steps, number)
                error = await self._do(session, step)
                self.say(f"{number}. {sentence(step.action, step.observation)} {verdict(self.done[-1])}")
                if error:
                    return Replayed(tuple(self.done), len(steps), f"step {number}: {error}")
            final = await self._compare(session)
            return Replayed(tuple(self.done), len(steps), "", final)
        finally:
            await session.close()

    async def _pause(self, steps: Sequence[Step], number: int) -> None:
        """As long as the person took, by the times of the recording."""
        if self.way.speed and number > 1:
            pause = steps[number - 1].ms.get("pause", 0.0) / 1000
            await asyncio.sleep(min(LONGEST, pause) / self.way.speed)

    async def _do(self, session: Session, step: Step) -> str:
        """One step; what kept it from being done, or ""."""
        began = time.monotonic()
        wanted = [ref for ref in (step.action.target, step.action.text if step.action.op == "drag" else None) if ref]
        found = await self._find(session, step.observation, wanted, step.action)
        told: dict[str, Any] = {
            "action": str(step.action), "words": sentence(step.action, step.observation),
            "score": round(min((m.score for m in found), default=1.0), 3),
            "second": round(max((m.second for m in found), default=0.0), 3),
        }  # fmt: skip
        error = next((m.why for m in found if m.element is None), "")
        if not error:
            error = await self._act(session, step.action, [m.element.ref for m in found if m.element])
        self.done.append({**told, "ms": round((time.monotonic() - began) * 1000), "error": error})
        return error

    async def _act(self, session: Session, action: Action, refs: list[str]) -> str:
        if action.target:
            action = replace(action, target=refs[0], text=refs[1] if len(refs) > 1 else action.text)
        try:
            failed = await session.act(action)
        except BadAction as bad:
            return f"{bad}" + (f"; {bad.hint}" if bad.hint else "")
        return failed.line if failed else ""

    async def _find(self, session: Session, seen: Observation, wanted: list[str], action: Action) -> list[Match]:
        """The elements of a step in the page as it is now, waited for."""
        end = time.monotonic() + self.way.patience
        while True:
            reading = await session.observe("frame")
            found = [self._match(ref, seen, reading.tree) for ref in wanted]
            tab_there = action.op != "switch_tab" or int(action.text or 0) < len(session.tabs)
            if (tab_there and all(_ready(m, action) for m in found)) or time.monotonic() > end:
                return found
            await session.tab.main.run("untilChange(300)") if session.tab.dialog is None else await asyncio.sleep(0.1)

    @staticmethod
    def _match(ref: str, seen: Observation, now: ActionTree) -> Match:
        old = seen.tree.by_ref.get(ref)
        return match(old, seen.tree, now) if old else Match(None, 0.0, 0.0, f"the recording does not list {ref}")

    async def _compare(self, session: Session) -> dict[str, Any]:
        """The page at the end against the recording's; waited for a while, as a step is."""
        wanted = self.episode.final
        end = time.monotonic() + min(3.0, self.way.patience)
        while True:
            reading = await session.observe("frame")
            final = {
                "url": _place(reading.url) == _place(wanted.url), "title": reading.title == wanted.title,
                "elements": round(_share(wanted.tree, reading.tree), 3),
            }  # fmt: skip
            if (final["url"] and final["elements"] >= SAME) or time.monotonic() > end:
                return final
            await session.tab.main.run("untilChange(300)")


def _ready(found: Match, action: Action) -> bool:
    e = found.element
    return e is not None and (action.op in ("hover", "press") or not (e.has("disabled") or e.has("covered")))


def _place(url: str) -> tuple[str, str]:
    """Path and fragment of an address: the port of a local server may be another one."""
    parts = urlsplit(url)
    return parts.path, parts.fragment


def _share(old: ActionTree, new: ActionTree) -> float:
    """How many of the elements with words are there again, with the same role, name, value and tick."""
    wanted, there = ([_face(e) for e in tree.elements if e.name or e.value] for tree in (old, new))
    left = list(there)
    hits = 0
    for face in wanted:
        if face in left:
            left.remove(face)
            hits += 1
    return hits / len(wanted) if wanted else 1.0


def _face(e: Any) -> tuple[str, str, str, bool]:
    return e.role, e.name, "" if "•" in e.value or "{{secret:" in e.value else e.value, e.has("checked")


__all__ = ["Replayed", "Way", "replay"]

"""A maze in a browser. The task ends by itself, with reward 1, as soon as the wanted page is in front."""

from __future__ import annotations

import json
import weakref
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from ...errors import UnknownName
from ...scenario import Verdict
from ...types import ENDS_EPISODE, Action, Task
from ..server import POOL, StaticServer
from .draw import LEVELS, Maze, draw

if TYPE_CHECKING:
    from ...session import Session

MAX_STEPS = 10
"""The way takes three; who walks about by chance seldom gets there in ten."""


class MazeScenario:
    """The maze of one size, reusable over many episodes. ``maze``: what was drawn last. Raises ``UnknownName``.

    The pages are served from the first use of ``allow`` or ``start`` until ``close``.
    """

    sandboxed = True
    viewport = (800, 600)

    def __init__(self, name: str, max_steps: int | None = None) -> None:
        if name not in LEVELS:
            raise UnknownName.unknown("maze", name, LEVELS)
        self.name = name
        self.id = f"maze.{name}"
        self.max_steps = max_steps or MAX_STEPS
        self.maze: Maze | None = None
        self._server: StaticServer | None = None
        self._release: Callable[[], object] = _nothing

    @property
    def server(self) -> StaticServer:
        """The process's server of the page, shared by all scenarios."""
        if self._server is None:
            self._server = POOL.acquire(Path(__file__).parent, max_age=3600)
            self._release = weakref.finalize(self, POOL.release, self._server)
        return self._server

    @property
    def allow(self) -> tuple[str, ...]:
        return (self.server.host,)

    async def start(self, session: Session, seed: int) -> Task:
        """Draw a maze, put its plan into the browser and go to its entrance. Raises ``PageUnreachable``."""
        self.maze = draw(LEVELS[self.name], seed)
        address = f"{self.server.url}maze.html?page=0"
        await session.fresh()
        await session.goto(address)
        plan = json.dumps([asdict(page) for page in self.maze.pages])
        await session.evaluate(f"(localStorage.setItem('maze', {json.dumps(plan)}), true)")
        await session.goto(address)
        await session.tab.cdp.send("Page.resetNavigationHistory")
        return Task(self.id, self.maze.goal, address, seed, self.max_steps)

    async def rest(self, session: Session) -> None:
        pass

    async def judge(self, session: Session, action: Action | None) -> Verdict:
        there = self.maze is not None and _number(session.tab.url) == self.maze.wanted
        ends = action is not None and action.op in ENDS_EPISODE
        return Verdict(float(there), there or ends, there, there, {"reason": "found" if there else "not found"})

    def resume(self, session: Session, judged: int) -> None:
        pass

    def twin(self) -> MazeScenario:
        return MazeScenario(self.name, self.max_steps)

    def close(self) -> None:
        self._release()
        self._release = _nothing
        self._server = None


def _number(address: str) -> int | None:
    """Which page of the maze an address names."""
    given = parse_qs(urlsplit(address).query).get("page", [""])[0]
    return int(given) if given.isdecimal() else None


def _nothing() -> None:
    """What there is to release before the server was asked for."""

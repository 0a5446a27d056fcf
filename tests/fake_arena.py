"""Small tasks without a browser, as an arena that actors play in.

``maze-N``: the first page names a side, N equal pages follow, the last one has two doors (the passive T-maze, Ni et al.
2023); whatever is done on the way leads on, so only the end tells whether the start is known. ``coin``: heads wins.
``walk``: no end but the limit of 5 steps. ``die``: the process does. ``hang``: no answer comes.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from webagent.envs.errors import BrowserMissing
from webagent.envs.types import ActionTree, Element, Observation
from webagent.train.arena import Begin, Obey, Order, Playing, Seen, Tell

SIDES = ("left", "right")
STATES = ("actionable", "visible")
LIMIT = 5


def page(goal: str, *names: str) -> Observation:
    elements = [
        Element(name, "button", "button", name, box=(5.0, 30.0 * n, 60, 20), states=STATES)
        for n, name in enumerate(names)
    ]
    return Observation(goal, tree=ActionTree(tuple(elements), viewport=(160, 210)))


class Game:
    """One episode after the other."""

    def __init__(self) -> None:
        self.kind, self.step, self.side = "", 0, "left"

    def turn(self, order: Order) -> Seen | None:
        if isinstance(order, Begin):
            self.kind, self.step = order.task.removeprefix("fake."), 0
            if self.kind == "die":
                os.kill(os.getpid(), signal.SIGKILL)
            self.side = SIDES[int(np.random.default_rng(order.seed).integers(2))]
            return Seen(self._look())
        self.step += 1
        if self.kind == "hang":
            return None
        if self.kind == "walk":
            return Seen(self._look(), truncated=self.step == LIMIT)
        if self.kind.startswith("maze") and self.step <= int(self.kind.partition("-")[2]) + 1:
            return Seen(self._look())
        right = "heads" if self.kind == "coin" else f"door {self.side}"
        return Seen(self._look(), order.target == right, terminated=True)

    def _look(self) -> Observation:
        if self.kind == "coin":
            return page("coin", "heads", "tails")
        if not self.kind.startswith("maze"):
            return page("walk", "on")
        if not self.step:
            return page("maze", self.side)
        return page("maze", *(["on"] if self.step <= int(self.kind.partition("-")[2]) else ["door left", "door right"]))


@contextmanager
def open_fake_arena(playing: Playing, tell: Tell) -> Iterator[Obey]:
    games = [Game() for _ in range(playing.contexts)]

    def obey(slot: int, order: Order) -> None:
        seen = games[slot].turn(order)
        if seen is not None:
            tell(slot, seen)

    yield obey


@contextmanager
def open_no_arena(playing: Playing, tell: Tell) -> Iterator[Obey]:
    raise BrowserMissing("expected a Chrome or Chromium on this machine, found none", "run: webagent install")
    yield

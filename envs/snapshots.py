"""Snapshots of an episode, and the honest ways back to one.

    snapshot = env.snapshot()                   # small; plain JSON through types.to_json, or pickle
    restored = env.restore(snapshot)            # Restored(level="replay", exact=True, steps=4, ms=131.0, …)
    with env.fork() as twin: ...                # the same moment once more, in a context of its own

Level ``replay``, where everything that an action can reach is ours (``Scenario.sandboxed``): the same seed and the same
actions again, at the same settle level. References are numbered from the reset on, so those of the snapshot are valid.
It goes as fast as the page does; only if that shows another page, a second try rests where the first player did.
Level ``storage``, everywhere else, because what was done on a site is never done again: cookies, local and session
storage, addresses, fields, scroll positions and focus, in a new context (``storage.py``); references start anew.

Either way ``exact`` tells whether the state hash (``state_hash``) is the snapshot's, and ``why`` what is known if not.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import gymnasium as gym

from . import storage as storages
from .errors import BadAction, UsageError
from .site_graph import SiteGraph
from .stage import Moment, Settle, Stage
from .state_hash import address, state_hash
from .types import Action, Observation, Task

if TYPE_CHECKING:
    from .session import Session

TRIES = 2
PAUSE_LIMIT = 2.0
"""Seconds that a second try rests at most before an action."""


@dataclass(frozen=True)
class Move:
    """One entry of a trail: an action, or why what was given could not even be read as one; ``pause``: s before it."""

    action: Action | None
    pause: float = 0.0
    refused: str = ""
    hint: str = ""

    @classmethod
    def of(cls, entry: Action | BadAction, pause: float) -> Move:
        if isinstance(entry, Action):
            return cls(entry, round(pause, 3))
        return cls(None, round(pause, 3), str(entry), entry.hint)

    @property
    def entry(self) -> Action | BadAction:
        return self.action if self.action is not None else BadAction(self.refused, self.hint)


@dataclass(frozen=True)
class Snapshot:
    """A moment of an episode.

    ``moves``: what was done up to it, with the references as they were. ``hash``: what was to be seen. ``storage``:
    only where replay is out of the question; it holds cookies and what was typed, so keep it like a password.
    """

    task: Task
    moves: tuple[Move, ...]
    hash: str
    settle: Settle
    storage: storages.Storage | None = None

    @property
    def seed(self) -> int:
        return self.task.seed

    @property
    def trail(self) -> tuple[Action | BadAction, ...]:
        return tuple(move.entry for move in self.moves)


@dataclass(frozen=True)
class Restored:
    """How a restore went.

    ``exact``: the state hash is the snapshot's; if not, ``why``. ``steps``: actions that were done for it, over all
    ``tries``; ``ms``: how long it took. ``moment``: where the episode is now, as the last step gave it.
    ``observation``: the moment's, in the environment's view.
    """

    level: Literal["replay", "storage"]
    exact: bool
    steps: int
    ms: float
    moment: Moment
    why: str = ""
    tries: int = 1
    observation: Any = None


def replayable(stage: Stage) -> bool:
    """Whether the same actions may be done again: nothing but what the scenario itself serves can be reached."""
    return stage.scenario.sandboxed and not stage.settings.allow


def take_replayable(stage: Stage) -> Snapshot:
    """A snapshot without asking the browser anything. Raises ``UsageError`` where there is nothing to take."""
    if stage.ended:
        raise UsageError("expected a running episode to take a snapshot of, found none", "reset first")
    moves = tuple(Move.of(entry, pause) for entry, pause in zip(stage.trail, stage.pauses, strict=True))
    return Snapshot(stage.task, moves, state_hash(stage.observation), stage.settings.settle)


async def take(stage: Stage) -> Snapshot:
    """A snapshot of the moment that ``stage.observation`` shows. Raises ``UsageError``, ``BrowserGone``."""
    snapshot = take_replayable(stage)
    if replayable(stage):
        return snapshot
    assert stage.session is not None
    return replace(snapshot, storage=await storages.take(stage.session))


async def restore(stage: Stage, snapshot: Snapshot) -> Restored:
    """Bring a stage to a snapshot's moment, whoever took it, here or in another process.

    Raises ``UsageError`` where the snapshot is another task's, or holds actions that must not be done again and nothing
    else; ``BrowserGone`` and ``PageUnreachable`` as a reset does. Afterwards ``stage.restored`` holds the answer, too.
    """
    if snapshot.task.id != stage.scenario.id:
        raise UsageError(f"expected a snapshot of {stage.scenario.id}, found one of {snapshot.task.id}")
    began = time.perf_counter()
    settings, known = stage.settings, stage.graph
    stage.settings = replace(settings, settle=snapshot.settle)
    stage.graph = SiteGraph()
    try:
        if replayable(stage):
            restored = await _replay(stage, snapshot)
        elif snapshot.storage is not None:
            restored = await _bring(stage, snapshot, snapshot.storage)
        else:
            hint = "say sandboxed=True where its actions may be done again, or take the snapshot on this site"
            raise UsageError(f"{stage.scenario.id} is not sandboxed, and the snapshot holds its actions only", hint)
    finally:
        stage.settings = settings
        stage.graph = _joined(known, stage.observation)
    stage.restored = replace(restored, ms=(time.perf_counter() - began) * 1000, observation=stage.observation)
    return stage.restored


async def fork(stage: Stage) -> Stage:
    """The same moment once more, in a context of its own with a scenario of its own; ``restored`` says how well.

    Close it, and its ``scenario``, like any other. What it cost stands in its own ``cost``. Raises as ``restore`` does.
    """
    snapshot = await take(stage)
    twin = Stage(stage.browser, stage.scenario.twin(), stage.settings)
    twin.max_steps = stage.max_steps
    try:
        await restore(twin, snapshot)
    except BaseException:
        await twin.close()
        twin.scenario.close()
        raise
    return twin


# ---- the two ways ---------------------------------------------------------------------------------------------------


async def _replay(stage: Stage, snapshot: Snapshot) -> Restored:
    steps, wanted = 0, address(snapshot.task.start_url)
    for tries in range(1, TRIES + 1):
        moment = await stage.reset(snapshot.seed)
        if address(stage.task.start_url) != wanted:
            raise UsageError(f"expected a snapshot of {stage.task.start_url}, found one of {snapshot.task.start_url}")
        for move in snapshot.moves:
            if tries > 1:
                await asyncio.sleep(min(move.pause, PAUSE_LIMIT))
            moment = await stage.step(move.entry)
            steps += 1
            if stage.ended:
                break
        why = _fault(stage, snapshot)
        if not why:
            break
    return Restored("replay", not why, steps, 0.0, moment, why, tries)


def _fault(stage: Stage, snapshot: Snapshot) -> str:
    """Why this is not the snapshot's moment; "" if it is."""
    if stage.ended:
        return stage.observation.last_error
    if stage.task.goal != snapshot.task.goal:
        return f"the seed gave another goal: {stage.task.goal!r}"
    if state_hash(stage.observation) == snapshot.hash:
        return ""
    moving = "; the page was still moving" if stage.observation.settled == "busy" else ""
    return "the page looks different, though the same was done on it" + moving


async def _bring(stage: Stage, snapshot: Snapshot, storage: storages.Storage) -> Restored:
    missing: tuple[str, ...] = ()

    async def arrive(session: Session) -> None:
        nonlocal missing
        missing = await storages.bring(session, storage)

    moment = await stage.resume(snapshot.task, snapshot.trail, arrive)
    exact = state_hash(stage.observation) == snapshot.hash
    why = "" if exact else "the page looks different" + (f"; not restored: {', '.join(missing)}" if missing else "")
    return Restored("storage", exact, 0, 0.0, moment, why)


def _joined(known: SiteGraph, here: Observation) -> SiteGraph:
    """What is known of the site stays known, but nobody walked from where the stage was to where it is now."""
    graph = SiteGraph()
    graph.graph = known.graph
    graph.add(here)
    return graph


# ---- around an environment ------------------------------------------------------------------------------------------


def restore_wrapped(env: gym.Env[Any, Any], snapshot: Snapshot) -> Restored:
    """``env.unwrapped.restore`` for an environment of ``gym.make``: its step limit counts on from the snapshot, too."""
    restored: Restored = env.unwrapped.restore(snapshot)  # type: ignore[attr-defined]
    at = env
    while isinstance(at, gym.Wrapper):
        if isinstance(at, gym.wrappers.TimeLimit):
            at._elapsed_steps = len(snapshot.moves)  # type: ignore[assignment]
        elif isinstance(at, gym.wrappers.OrderEnforcing):
            at._has_reset = True
        at = at.env
    return restored

"""One task in one browser context, from reset to the end: the async core under ``WebEnv`` and ``VectorEnv``.

    stage = Stage(browser, scenario, Settings(settle="frame"))
    moment = await stage.reset(7); moment = await stage.step(Action("click", "e3"))

Everything here runs on the browser's own loop. Bad actions never raise from ``step``: they end up in ``last_error``.
Neither does a page, a context or a browser that dies: the step ends truncated, ``info["recovered"]`` names what died,
and the next reset finds a sound one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import urlsplit

from .actions import Limits
from .allowlist import AllowList
from .errors import ActionFailed, BadAction, BrowserGone, UsageError
from .scenario import Scenario, Verdict
from .screen import Cast, Watcher
from .session import Options, Session
from .site_graph import SiteGraph
from .tab import Reading
from .timings import Signals, Timings
from .types import ENDS_EPISODE, Action, ActionTree, Frame, Observation, Task

if TYPE_CHECKING:
    from .browser import Browser
    from .snapshots import Restored

Settle = Literal["input", "frame"]
LEVELS = ("input", "frame")
RESET_TRIES = 2
RESET_LIMIT = 60.0  # seconds that one try of a reset may take
STEP_LIMIT = 30.0
PICTURE_LIMIT = 0.1  # seconds that a frame of the action is waited for
ROUNDING = 0.002  # seconds by which the clocks of page and screen may differ


@dataclass(frozen=True)
class Settings:
    """How a stage acts and looks; ``WebEnv`` says what each means."""

    settle: Settle = "frame"
    budget: int = 400
    frames: int = 0
    frame_size: tuple[int, int] | None = None
    every_nth: int = 1
    screen: bool = False
    limits: Limits = field(default_factory=Limits)
    downloads: Path | None = None
    allow: tuple[str, ...] = ()
    redact: Callable[[Observation], Observation] | None = None

    def __post_init__(self) -> None:
        if self.settle not in LEVELS:
            raise UsageError.unknown("settle level", self.settle, LEVELS)
        if self.frames < 0:
            raise UsageError(f"expected a number of frames from 0 on, found {self.frames}")
        if self.every_nth < 1:
            raise UsageError(f"expected every_nth from 1 on, found {self.every_nth}")


class Moment(NamedTuple):
    """What a reset or a step gave."""

    observation: Observation
    reward: float
    terminated: bool
    truncated: bool
    info: dict[str, Any]


@dataclass
class Cost:
    """What was asked of the browser since the stage was made; replays count like any other step."""

    resets: int = 0
    steps: int = 0
    ms: float = 0.0


class Stage:
    """Owns one session. ``trail``: the actions of the running episode; ``seed``: what it was reset with."""

    def __init__(self, browser: Browser, scenario: Scenario, settings: Settings | None = None) -> None:
        self.browser = browser
        self.scenario = scenario
        self.settings = settings or Settings()
        self.task = Task(scenario.id, "", "")
        self.observation = Observation()
        self.verdict = Verdict()
        self.graph = SiteGraph()
        self.cost = Cost()
        self.seed = 0
        self.trail: list[Action | BadAction] = []
        self.pauses: list[float] = []  # s that each action of the trail came after the look before it
        self.session: Session | None = None
        self.restored: Restored | None = None  # how the last restore went
        self.max_steps: int | None = None  # instead of the task's own
        self.acted = 0.0  # when the last action's input was handled, s since the epoch
        self.shown = 0.0  # a picture of this moment or later shows what the last action did
        self.stale = True  # the newest frame may be older than that
        self.on_frame: Watcher | None = None  # called with every frame of the screen, on the browser's loop
        self._looked = 0.0  # when the last moment was handed out, on time.perf_counter's clock

    @property
    def ended(self) -> bool:
        return self.session is None

    # ---- an episode -------------------------------------------------------------------------------------------

    async def reset(self, seed: int) -> Moment:
        """Begin an episode of this seed; what is broken is made anew. Raises ``BrowserGone``, ``PageUnreachable``."""
        began = time.perf_counter()
        recovered = ""
        for last in range(1, RESET_TRIES + 1):
            try:
                async with asyncio.timeout(RESET_LIMIT):
                    reading = await self._start(seed)
                break
            except (BrowserGone, TimeoutError) as error:
                recovered = await self._repair()
                if last == RESET_TRIES:
                    raise BrowserGone(f"{self.scenario.id} did not start: {_reason(error)}") from None
        self.seed, self.trail, self.pauses = seed, [], []
        self.cost.resets += 1
        self._see(reading, "")
        return self._moment(reading, began, {}, recovered)

    async def _start(self, seed: int) -> Reading:
        session = await self._sound()
        self.task = await self.scenario.start(session, seed)
        self._arrived(session)
        reading = await session.observe(self.settings.settle)
        self.verdict, _ = await asyncio.gather(self.scenario.judge(session, None), self._picture(session, reading))
        session.take_blocked()
        return reading

    async def _sound(self) -> Session:
        """The session, opened or made anew if need be."""
        if self.session is not None and not self.session.alive:
            await self._repair()
        if self.session is None:
            hosts = self.scenario.allow
            allow = None if hosts is None else AllowList([*hosts, *self.settings.allow])
            self.session = await Session.open(await self.browser.connected(), self._options(allow))
        return self.session

    async def change(self, scenario: Scenario) -> None:
        """Another task from the next reset on; the context is kept where it suits that one, too."""
        before, self.scenario = self.scenario, scenario
        kept = all(getattr(before, name) == getattr(scenario, name) for name in ("viewport", "allow", "sandboxed"))
        if not kept:
            await self.close()

    async def resume(
        self, task: Task, trail: Sequence[Action | BadAction], arrive: Callable[[Session], Awaitable[None]]
    ) -> Moment:
        """Go on with an episode where it was left: ``arrive`` brings the session there. Raises as ``reset`` does."""
        began = time.perf_counter()
        self.task, self.seed, self.trail, self.pauses = task, task.seed, list(trail), [0.0] * len(trail)
        try:
            async with asyncio.timeout(RESET_LIMIT):
                session = await self._sound()
                await arrive(session)
                self._arrived(session)
                reading = await session.observe(self.settings.settle)
                self.scenario.resume(session, len(trail))
                last = trail[-1] if trail else None
                self.verdict = await self.scenario.judge(session, last if isinstance(last, Action) else None)
                await self._picture(session, reading)
        except (BrowserGone, TimeoutError) as error:
            await self._repair()
            raise BrowserGone(f"{self.scenario.id} was not taken up again: {_reason(error)}") from None
        session.take_blocked()
        self.cost.resets += 1
        self._see(reading, "")
        return self._moment(reading, began, {}, "")

    def _options(self, allow: AllowList | None) -> Options:
        s = self.settings
        return Options(
            viewport=self.scenario.viewport, allow=allow, budget=s.budget, limits=s.limits, downloads=s.downloads,
            screen=s.screen or s.frames > 0, context={"timezone_id": "UTC"} if self.scenario.sandboxed else {},
            cast=Cast(None if s.screen else s.frame_size, s.every_nth, s.frames, self._filmed),
        )  # fmt: skip

    async def step(self, action: Action | BadAction) -> Moment:
        """Do one action; a ``BadAction`` stands for one that could not even be read. Needs a reset before."""
        session = self.session
        if session is None:
            return self._lost(time.perf_counter(), "", BrowserGone("the last step ended this episode; reset"))
        began = time.perf_counter()
        self.trail.append(action)
        self.pauses.append(began - self._looked)
        self.cost.steps += 1
        try:
            async with asyncio.timeout(STEP_LIMIT):
                reading, error, took = await self._take(session, action)
        except (BrowserGone, TimeoutError) as gone:
            return self._lost(began, await self._repair(), gone)
        self._see(reading, error)
        done = not error and isinstance(action, Action) and action.op in ENDS_EPISODE
        return self._moment(reading, began, took, "", done)

    async def _take(self, session: Session, action: Action | BadAction) -> tuple[Reading, str, dict[str, float]]:
        t0 = time.perf_counter()
        error = ""
        try:
            if isinstance(action, BadAction):
                raise action
            for ref in (action.target, action.text if action.op == "drag" else None):
                if ref is not None:
                    self.observation.tree.find(ref)
            failed = await session.act(action)
            error = failed.line if isinstance(failed, ActionFailed) else ""
        except BadAction as bad:  # by its form, its target, its key or the secret that it names
            error = f"BadAction: {bad}" + (f"; {bad.hint}" if bad.hint else "")
        judged = action if isinstance(action, Action) and not error.startswith("BadAction") else None
        t1 = time.perf_counter()
        self.acted = time.time()
        if self.settings.settle == "input":  # nothing is waited for, so both may be asked for at once
            reading, self.verdict = await asyncio.gather(session.observe("input"), self.scenario.judge(session, judged))
            t2 = time.perf_counter()
            await self._picture(session, reading)
        else:
            await self.scenario.rest(session)
            rested = (time.perf_counter() - t1) * 1000
            reading = await session.observe(self.settings.settle)
            reading = reading._replace(ms={**reading.ms, "settle": reading.ms["settle"] + rested})
            t2 = time.perf_counter()
            self.verdict, _ = await asyncio.gather(
                self.scenario.judge(session, judged), self._picture(session, reading)
            )
        error = error or _blocked_page(reading.url, session.take_blocked())
        return reading, error, {"act": (t1 - t0) * 1000, "judge": (time.perf_counter() - t2) * 1000}

    def _arrived(self, session: Session) -> None:
        """The page stands as an episode finds it: references and frames count from here."""
        self.acted = time.time()
        session.renumber()
        if session.screen is not None:
            session.screen.clear()

    async def _picture(self, session: Session, reading: Reading) -> None:
        """Have a frame of what was read; at level ``input`` nothing is waited for."""
        self.shown = reading.drawn - ROUNDING if reading.drawn else self.acted
        if session.screen is not None:
            await session.screen.follow(session.tab.cdp)
            if self.settings.frames:
                limit = PICTURE_LIMIT if self.settings.settle == "frame" else 0.0
                self.stale = await session.screen.newest(self.shown, limit)

    def _filmed(self, at: float, jpeg: bytes) -> None:
        if self.on_frame is not None:
            self.on_frame(at, jpeg)

    # ---- what came of it --------------------------------------------------------------------------------------

    def _see(self, reading: Reading, error: str) -> None:
        session = self.session
        assert session is not None
        seen = Observation(
            goal=self.task.goal, url=reading.url, title=reading.title, tabs=session.views(), tree=reading.tree,
            last_error=error, settled=reading.settled, step=len(self.trail), frames=self._frames(session),
        )  # fmt: skip
        self.observation = self.settings.redact(seen) if self.settings.redact else seen
        self.graph.add(self.observation)

    def _frames(self, session: Session) -> tuple[Frame, ...]:
        wanted = self.settings.frames
        if not wanted or session.screen is None:
            return ()
        return session.screen.frames(wanted, size=self.settings.frame_size or self.scenario.viewport)

    def _moment(
        self, reading: Reading, began: float, took: dict[str, float], recovered: str, done: bool = False
    ) -> Moment:
        session, verdict = self.session, self.verdict
        assert session is not None
        terminated = (done or verdict.done) and bool(self.trail)
        truncated = not terminated and len(self.trail) >= (self.max_steps or self.task.max_steps)
        info = self._info(
            began,
            settled=reading.settled,
            signals=Signals(mutations=reading.mutations, **self._motion(session)),
            ms={**took, **reading.ms},
            blocked=list(session.last_blocked),
            downloads=list(session.downloads.log),
            recovered=recovered,
        )
        reward = float(verdict.reward) if self.trail else 0.0
        return Moment(self.observation, reward, terminated, truncated, info)

    def _motion(self, session: Session) -> dict[str, float]:
        return {"motion": session.screen.take_motion()} if self.settings.frames and session.screen else {}

    def _lost(self, began: float, recovered: str, error: Exception) -> Moment:
        """The end of an episode whose page died: truncated, with an empty tree."""
        line = f"BrowserGone: {_reason(error)}; the episode is over, reset"
        self.verdict = Verdict(info={"reason": line}, checked=self.verdict.checked)
        tree = ActionTree(viewport=self.scenario.viewport)
        self.observation = replace(
            self.observation, tree=tree, last_error=line, settled="busy", step=len(self.trail), tabs=(), frames=()
        )
        ms = {"act": 0.0, "settle": 0.0, "tree": 0.0, "judge": 0.0}
        info = self._info(began, settled="busy", signals=Signals(mutations=0), ms=ms, recovered=recovered)
        return Moment(self.observation, 0.0, False, True, info)

    def _info(self, began: float, *, ms: dict[str, float], **told: Any) -> dict[str, Any]:
        self._looked = time.perf_counter()
        total = (self._looked - began) * 1000
        self.cost.ms += total
        return {
            "blocked": [],
            "downloads": [],
            **({"frame_stale": self.stale or self.session is None} if self.settings.frames else {}),
            **told,
            "ms": Timings(**ms, total=total),
            "success": self.verdict.success,
            "success_positive": self.verdict.success_positive,
            "raw_reward": float(self.verdict.info.get("raw_reward", self.verdict.reward)),
            "last_error": self.observation.last_error,
        }

    # ---- repair -----------------------------------------------------------------------------------------------

    async def _repair(self) -> str:
        """Put away what is broken, and see that a browser runs; returns what died: page, context or browser."""
        session, self.session = self.session, None
        if not self.browser.alive:
            what = "browser"
        else:
            what = "page" if session is not None and session.crashed else "context"
        if session is not None:
            await session.close()
        before = self.browser.native
        return what if await self.browser.connected(check=True) is before else "browser"

    async def close(self) -> None:
        """Close the context; may be called twice."""
        session, self.session = self.session, None
        if session is not None:
            await session.close()


def _reason(error: BaseException) -> str:
    return str(error).splitlines()[0] if str(error) else "no answer in time"


def _blocked_page(url: str, hosts: list[str]) -> str:
    """The error of a move that ended on the allow-list's refusal instead of a page; "" if it did not."""
    stopped = [h for h in hosts if url.startswith("chrome-error:") or urlsplit(url).hostname in (h, f"[{h}]")]
    return (
        f"RequestBlocked: {', '.join(stopped)} is not on the allow-list; allow it with --allow HOST" if stopped else ""
    )

"""``WebEnv``: a web page as a Gymnasium environment, over one browser context.

    with WebEnv(MiniWobScenario("click-test")) as env:
        observation, info = env.reset(seed=7)
        observation, reward, terminated, truncated, info = env.step(Action("click", "e3"))
        env.observation, env.task, env.verdict     # the typed ones

The browser is launched on the first reset, once, and reset goes on in it. Bad actions never raise from ``step``: they
end up in ``last_error``. Truncation comes at the task's own step limit, or at ``max_episode_steps`` of ``gym.make``.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import gymnasium as gym

from . import spaces
from .actions import Limits
from .allowlist import AllowList
from .browser import Browser
from .errors import ActionFailed, BadAction, BrowserGone, TimedOut, UsageError
from .scenario import Scenario, Verdict
from .session import Options, Session
from .site_graph import SiteGraph
from .tab import Reading
from .timings import Timings
from .tree import render
from .types import ENDS_EPISODE, Action, Observation, Task

Settle = Literal["input", "frame"]
RESET_TRIES = 2


class WebEnv(gym.Env[dict[str, Any], Any]):
    """One task in one browser context.

    Args:
        scenario: what is to be done and who judges it (``scenario.Scenario``).
        browser: a running ``Browser`` to share; None launches one of its own, closed with the environment.
        view: the face of observations; ``typed`` is the dict of ``spaces.observation_space()``.
        settle: ``input`` (the handlers have run) or ``frame`` (one task and one frame later).
        budget: most elements in a tree.
        screen: follow the screen, so that ``screen()`` has something to show.
        resolve: turns ``{{secret:NAME}}`` into what is typed; only the keyboard ever sees it.
        redact: takes secrets out of observations, should a page show them.
        files, downloads: folders that uploads come from and downloads go to; None refuses them.
        allow: hosts beside the scenario's own that the network may reach.
        render_mode: ``rgb_array`` (H × W × 3 uint8), ``ansi`` (the tree as text), ``human`` (a window) or None.

    Raises ``BrowserMissing`` on the first reset, ``PageUnreachable`` where the start page does not load.
    """

    metadata = {"render_modes": ["human", "rgb_array", "ansi"], "render_fps": 10}

    def __init__(  # noqa: PLR0913 (gym.make takes flat keyword arguments)
        self, scenario: Scenario, *, browser: Browser | None = None, executable: str | None = None,
        headless: bool = True,
        view: str = "typed", settle: Settle = "frame", budget: int = 400, screen: bool = False,
        resolve: Callable[[str], str] = str, redact: Callable[[Observation], Observation] | None = None,
        files: str | os.PathLike[str] | None = None, downloads: str | os.PathLike[str] | None = None,
        allow: Sequence[str] = (), render_mode: str | None = None,
    ) -> None:  # fmt: skip
        if view != "typed":
            raise UsageError.unknown("view", view, ["typed"])
        if settle not in ("input", "frame"):
            raise UsageError.unknown("settle level", settle, ["input", "frame"])
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise UsageError.unknown("render mode", str(render_mode), self.metadata["render_modes"])
        self.scenario = scenario
        self.settle = settle
        self.render_mode = render_mode
        self.graph = SiteGraph()
        self.task: Task = Task(scenario.id, "", "")
        self.observation = Observation()
        self.verdict = Verdict()
        self.observation_space = spaces.observation_space()
        self.action_space = spaces.action_space()
        self._browser = browser
        self._own = browser is None
        self._launch = (executable, headless and render_mode != "human")
        self._session: Session | None = None
        self._redact = redact
        self._further = tuple(allow)
        self._options = Options(
            viewport=scenario.viewport,
            budget=budget,
            screen=screen or render_mode == "rgb_array",
            limits=Limits(Path(files) if files else None, resolve),
            downloads=Path(downloads) if downloads else None,
        )
        self._steps = 0
        self._acted = 0.0

    # ---- Gymnasium's face -------------------------------------------------------------------------------------

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Begin an episode. ``seed`` picks the task's instance; None draws one from the environment's generator."""
        super().reset(seed=seed)
        drawn = seed if seed is not None else int(self.np_random.integers(2**31))
        began = time.perf_counter()
        reading = self._begin(drawn)
        self._steps = 0
        self._see(reading, "")
        info = self._info(reading, began, {})
        return spaces.to_space(self.observation), {**info, "seed": drawn}

    def step(self, action: Action | dict[str, Any]) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        """Do one action: an ``Action`` or the action space's dict."""
        if self._session is None:
            raise gym.error.ResetNeeded("expected reset() before step()")
        began = time.perf_counter()
        reading, error, done, took = self._browser_call(self._take(action))
        self._steps += 1
        self._see(reading, error)
        limit = (
            self.spec.max_episode_steps
            if self.spec is not None and self.spec.max_episode_steps
            else self.task.max_steps
        )
        terminated = done or self.verdict.done
        info = self._info(reading, began, took)
        return (
            spaces.to_space(self.observation),
            float(self.verdict.reward),
            terminated,
            not terminated and self._steps >= limit,
            info,
        )

    def render(self) -> Any:
        """The screen as an array, the tree as text, or None in a window."""
        if self.render_mode == "rgb_array":
            from .images import decode

            return decode(self.screen(), self._options.viewport)
        return render(self.observation.tree) if self.render_mode == "ansi" else None

    def close(self) -> None:
        """Close the context, and the browser if it is our own; may be called twice."""
        self._drop_session()
        if self._own and self._browser is not None:
            self._browser.close()
            self._browser = None
        self.scenario.close()

    # ---- beyond Gymnasium -------------------------------------------------------------------------------------

    def screen(self) -> bytes:
        """The latest screen as JPEG; empty unless ``screen`` was asked for."""
        session = self._session
        if session is None or session.screen is None:
            return b""
        return self._browser_call(session.screen.latest(self._acted))

    @property
    def page(self) -> Any:
        """Playwright's (async) page in front; use it on the browser's loop only."""
        return self._session.page if self._session else None

    # ---- inside -----------------------------------------------------------------------------------------------

    def _browser_call(self, work: Any) -> Any:
        if self._browser is None:
            work.close()
            raise gym.error.ResetNeeded("expected reset() first")
        return self._browser.call(work)

    def _drop_session(self) -> None:
        """Close the context and its proxy, dead or alive."""
        session, self._session = self._session, None
        if session is not None and self._browser is not None:
            try:
                self._browser.call(session.close(), timeout=15.0)
            except (BrowserGone, TimedOut):
                return  # its loop is gone, and with it all that the session held

    def _begin(self, seed: int) -> Reading:
        for last in range(1, RESET_TRIES + 1):
            if self._browser is None:
                self._browser = Browser(*self._launch)
            if not self._browser.alive:
                self._drop_session()
                self._browser.start()
            try:
                reading: Reading = self._browser_call(self._start(seed))
                return reading
            except BrowserGone:
                self._drop_session()
                if last == RESET_TRIES:
                    raise
        raise AssertionError("unreachable")

    async def _start(self, seed: int) -> Reading:
        assert self._browser is not None and self._browser.native is not None
        if self._session is None:
            hosts = self.scenario.allow
            allow = None if hosts is None else AllowList([*hosts, *self._further])
            self._session = await Session.open(self._browser.native, replace(self._options, allow=allow))
        session = self._session
        self.task = await self.scenario.start(session, seed)
        session.renumber()
        reading = await session.observe(self.settle)
        self.verdict = await self.scenario.judge(session, None)
        session.take_blocked()
        return reading

    async def _take(self, action: Action | dict[str, Any]) -> tuple[Reading, str, bool, dict[str, float]]:
        session = self._session
        assert session is not None
        t0 = time.perf_counter()
        self._acted = time.time()
        checked: Action | None = None
        error = ""
        try:
            checked = action if isinstance(action, Action) else spaces.action_from_space(action)
            for ref in (checked.target, checked.text if checked.op == "drag" else None):
                if ref is not None:
                    self.observation.tree.find(ref)
            failed = await session.act(checked)
            error = failed.line if isinstance(failed, ActionFailed) else ""
        except BadAction as bad:  # by its form, its target, its key or the secret that it names
            error = f"BadAction: {bad}" + (f"; {bad.hint}" if bad.hint else "")
        t1 = time.perf_counter()
        reading = await session.observe(self.settle)
        t2 = time.perf_counter()
        error = error or _blocked_page(reading.url, session.take_blocked())
        self.verdict = await self.scenario.judge(session, checked if not error.startswith("BadAction") else None)
        done = checked is not None and not error and checked.op in ENDS_EPISODE
        return reading, error, done, {"act": (t1 - t0) * 1000, "judge": (time.perf_counter() - t2) * 1000}

    def _see(self, reading: Reading, error: str) -> None:
        session = self._session
        assert session is not None
        seen = Observation(
            goal=self.task.goal, url=reading.url, title=reading.title, tabs=session.views(), tree=reading.tree,
            last_error=error, settled=reading.settled, step=self._steps,
        )  # fmt: skip
        self.observation = self._redact(seen) if self._redact else seen
        self.graph.add(self.observation)

    def _info(self, reading: Reading, began: float, took: dict[str, float]) -> dict[str, Any]:
        session = self._session
        assert session is not None
        verdict = self.verdict
        return {
            "settled": reading.settled,
            "ms": Timings(**took, **reading.ms, total=(time.perf_counter() - began) * 1000),
            "success": verdict.success,
            "success_positive": verdict.success_positive,
            "raw_reward": float(verdict.info.get("raw_reward", verdict.reward)),
            "last_error": self.observation.last_error,
            "blocked": list(session.last_blocked),
            "downloads": list(session.downloads.log),
            "cut": spaces.cut_fields(self.observation),
        }


def _blocked_page(url: str, hosts: list[str]) -> str:
    """The error of a move that ended on the allow-list's refusal instead of a page; "" if it did not."""
    stopped = [h for h in hosts if url.startswith("chrome-error:") or urlsplit(url).hostname in (h, f"[{h}]")]
    return (
        f"RequestBlocked: {', '.join(stopped)} is not on the allow-list; allow it with --allow HOST" if stopped else ""
    )

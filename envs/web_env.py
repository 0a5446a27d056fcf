"""``WebEnv``: a web page as a Gymnasium environment, over one browser context.

    with WebEnv(MiniWobScenario("click-test")) as env:
        observation, info = env.reset(seed=7)
        observation, reward, terminated, truncated, info = env.step(Action("click", "e3"))
        env.observation, env.task, env.verdict     # the typed ones, whatever the view

The browser is launched on the first reset, once, and reset goes on in it. Bad actions never raise from ``step``: they
end up in ``last_error``. Truncation comes at ``max_episode_steps`` of ``gym.make`` or the task's own limit, and where
the page or its browser died (``info["recovered"]``).
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium as gym

from . import snapshots
from .actions import Limits
from .browser import CALL_TIMEOUT, Browser
from .errors import BadAction, BrowserGone, TimedOut, UsageError
from .scenario import Scenario, Verdict
from .screen import Watcher
from .site_graph import SiteGraph
from .snapshots import Restored, Snapshot
from .stage import STEP_LIMIT, Cost, Moment, Settings, Settle, Stage
from .tree import render
from .types import Action, Observation, Task
from .views import make_view


class WebEnv(gym.Env[Any, Any]):
    """One task in one browser context.

    Args:
        scenario: what is to be done and who judges it (``scenario.Scenario``).
        browser: a running ``Browser`` to share; None launches one of its own, closed with the environment.
        view: the face of observations and actions: ``typed`` (``spaces``) or ``arrays`` (``arrays.ArraysView``).
        candidates: how many actions the ``arrays`` view enumerates.
        settle: ``input`` (the handlers have run) or ``frame`` (the next frame was drawn, and on while things move).
        budget: most elements in a tree.
        frames: how many of the last screen frames an observation holds; ``frame_size``: their width and height
            (default: the viewport). ``every_nth``: take every n-th frame of a page in motion.
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
        headless: bool = True, view: str = "typed", candidates: int = 64, settle: Settle = "frame", budget: int = 400,
        frames: int = 0, frame_size: tuple[int, int] | None = None, every_nth: int = 1, screen: bool = False,
        resolve: Callable[[str], str] = str, redact: Callable[[Observation], Observation] | None = None,
        files: str | os.PathLike[str] | None = None, downloads: str | os.PathLike[str] | None = None,
        allow: Sequence[str] = (), render_mode: str | None = None,
    ) -> None:  # fmt: skip
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise UsageError.unknown("render mode", str(render_mode), self.metadata["render_modes"])
        size = frame_size or scenario.viewport
        asked = {"candidates": candidates, "frames": frames, "frame_size": size} if view == "arrays" else {}
        self.view = make_view(view, **asked)
        self.observation_space = self.view.observation_space
        self.action_space = self.view.action_space
        self.render_mode = render_mode
        self._own = browser is None
        self._browser = browser or Browser(executable, headless and render_mode != "human")
        settings = Settings(
            settle=settle, budget=budget, frames=frames, frame_size=frame_size, every_nth=every_nth,
            screen=screen or render_mode == "rgb_array",
            limits=Limits(Path(files) if files else None, resolve),
            downloads=Path(downloads) if downloads else None, allow=tuple(allow), redact=redact,
        )  # fmt: skip
        self._stage = Stage(self._browser, scenario, settings)
        self._acting = False

    # ---- what is going on, typed --------------------------------------------------------------------------------

    @property
    def scenario(self) -> Scenario:
        return self._stage.scenario

    @property
    def task(self) -> Task:
        return self._stage.task

    @property
    def observation(self) -> Observation:
        return self._stage.observation

    @property
    def verdict(self) -> Verdict:
        return self._stage.verdict

    @property
    def graph(self) -> SiteGraph:
        return self._stage.graph

    @property
    def cost(self) -> Cost:
        """Browser resets, steps and milliseconds so far, those of restores and forks included."""
        return self._stage.cost

    @property
    def on_frame(self) -> Watcher | None:
        """Called with time (s) and JPEG of every frame of the screen, on the browser's thread; needs ``screen``."""
        return self._stage.on_frame

    @on_frame.setter
    def on_frame(self, watch: Watcher | None) -> None:
        self._stage.on_frame = watch

    @property
    def page(self) -> Any:
        """Playwright's (async) page in front; use it on the browser's loop only."""
        return self._stage.session.page if self._stage.session else None

    # ---- Gymnasium's face ---------------------------------------------------------------------------------------

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode. ``seed`` picks the task's instance; None draws one from the environment's generator."""
        super().reset(seed=seed)
        drawn = seed if seed is not None else int(self.np_random.integers(2**31))
        if not self._browser.running:
            self._browser.start()
        self._stage.max_steps = self.spec.max_episode_steps if self.spec is not None else None
        moment = self._browser.call(self._stage.reset(drawn))
        self._acting = True
        return self.view.encode(moment.observation), {**self._info(moment), "seed": drawn}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Do one action: an ``Action`` or one of the view's action space."""
        if not self._acting:
            raise gym.error.ResetNeeded("expected reset() before step()")
        moment = self._browser.call(self._stage.step(self._read(action)))
        observation, reward, terminated, truncated, _ = moment
        return self.view.encode(observation), reward, terminated, truncated, self._info(moment)

    def _read(self, action: Any) -> Action | BadAction:
        if isinstance(action, Action):
            return action
        try:
            return self.view.decode(action, self._stage.observation)
        except BadAction as bad:
            return bad

    def _info(self, moment: Moment) -> dict[str, Any]:
        return {**moment.info, **self.view.info(moment.observation)}

    def render(self) -> Any:
        """The screen as an array, the tree as text, or None in a window."""
        if self.render_mode == "rgb_array":
            from .images import decode

            return decode(self.screen(), self._stage.scenario.viewport)
        return render(self.observation.tree) if self.render_mode == "ansi" else None

    def close(self) -> None:
        """Close the context, and the browser if it is our own; may be called twice."""
        self._acting = False
        try:
            if self._browser.running:
                self._browser.call(self._stage.close(), timeout=15.0)
        except (BrowserGone, TimedOut):
            pass  # its loop is gone, and with it all that the context held
        if self._own:
            self._browser.close()
        self._stage.scenario.close()

    # ---- snapshots ----------------------------------------------------------------------------------------------

    @property
    def restored(self) -> Restored | None:
        """How the last restore of this environment, or the fork that made it, went."""
        return self._stage.restored

    @property
    def replayable(self) -> bool:
        """Whether what is done here may be done again: nothing but what the scenario serves can be reached."""
        return snapshots.replayable(self._stage)

    def snapshot(self) -> Snapshot:
        """This moment, to come back to; without asking the browser where the task can be replayed (``snapshots``)."""
        if snapshots.replayable(self._stage):
            return snapshots.take_replayable(self._stage)
        return self._browser.call(snapshots.take(self._stage))

    def restore(self, snapshot: Snapshot) -> Restored:
        """Come back to a snapshot's moment; the answer tells how well that went, and holds the view's observation.

        For an environment of ``gym.make`` use ``snapshots.restore_wrapped``, so that its step limit counts rightly.
        """
        if not self._browser.running:
            self._browser.start()
        if self.spec is not None:
            self._stage.max_steps = self.spec.max_episode_steps
        limit = CALL_TIMEOUT + snapshots.TRIES * STEP_LIMIT * len(snapshot.moves)
        restored = self._browser.call(snapshots.restore(self._stage, snapshot), limit)
        self._acting = True
        moment = restored.moment
        seen = self.view.encode(moment.observation)
        return replace(restored, observation=seen, moment=moment._replace(info=self._info(moment)))

    def fork(self) -> WebEnv:
        """The same moment once more: an environment with a context of its own in the same browser, ``restored``.

        It runs beside this one, and closing it closes nothing else; it ends with the browser, at the latest.
        """
        twin = copy.copy(self)
        twin._own = False
        twin._np_random = copy.deepcopy(self._np_random)
        limit = 2 * CALL_TIMEOUT + snapshots.TRIES * STEP_LIMIT * len(self._stage.trail)
        twin._stage = self._browser.call(snapshots.fork(self._stage), limit)
        return twin

    # ---- beyond Gymnasium ---------------------------------------------------------------------------------------

    def action_masks(self) -> Any:
        """Which actions of the ``arrays`` view exist now, as sb3-contrib's MaskablePPO asks. Raises ``UsageError``."""
        told = self.view.info(self.observation)
        if "action_mask" not in told:
            raise UsageError(f"view {self.view.name!r} has no action masks", 'make the environment with view="arrays"')
        return told["action_mask"]

    def screen(self) -> bytes:
        """The latest screen as JPEG; empty unless ``screen`` was asked for."""
        session = self._stage.session
        if session is None or session.screen is None:
            return b""
        return self._browser.call(session.screen.latest(self._stage.shown))

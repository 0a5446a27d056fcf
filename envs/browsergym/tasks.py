"""Tasks as BrowserGym shapes them, and a ``Scenario`` in that shape.

    class Mine(AbstractBrowserTask):
        def setup(self, page): page.goto(…); return "the goal", {}
        def validate(self, page, chat_messages): return reward, done, message_to_the_agent, info

``page`` is a face of Playwright's page for synchronous use (``sync_face``).
"""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ActionTimedOut, BrowserGone
from ..types import Action
from .frames import Frame

if TYPE_CHECKING:
    from ..scenario import Scenario
    from ..session import Session

Messages = list[dict[str, Any]]
Judged = tuple[float, bool, str, dict[str, Any]]
MINIWOB_VIEWPORT = (332, 214)
MINIWOB_SCALE = 1.5
"""MiniWoB++ is shown to agents half as large again as it is drawn."""
MINIWOB_BOXES = ("click-canvas", "reward-display", "sync-task-cover")
"""What a MiniWoB++ page shows to people beside the task; it is hidden, and BrowserGym takes it off the page."""
_WOB = """typeof WOB_DONE_GLOBAL !== 'boolean' ? {} : {
  REWARD_GLOBAL: WOB_REWARD_GLOBAL, RAW_REWARD_GLOBAL: WOB_RAW_REWARD_GLOBAL, REWARD_REASON: WOB_REWARD_REASON,
  DONE_GLOBAL: WOB_DONE_GLOBAL, EPISODE_ID: WOB_EPISODE_ID, TASK_READY: WOB_TASK_READY}"""


class AbstractBrowserTask(ABC):
    """One task under one seed. Its attributes say what browser it wants; ``slow_mo`` is not obeyed."""

    @classmethod
    def get_task_id(cls) -> str:
        raise NotImplementedError

    def __init__(self, seed: int) -> None:
        self.random = np.random.RandomState(seed)
        self.viewport = {"width": 1280, "height": 720}
        self.slow_mo = 1000  # ms
        self.timeout = 5000  # ms
        self.locale: str | None = None
        self.timezone_id: str | None = None

    @abstractmethod
    def setup(self, page: Any) -> tuple[Any, dict[str, Any]]:
        """Bring the page to the task's beginning; the goal (a text, or a list of messages) and info."""

    @abstractmethod
    def validate(self, page: Any, chat_messages: Messages) -> Judged:
        """After every action: reward, whether the task is over, a message of the user ("" for none), info."""

    def cheat(self, page: Any, chat_messages: Messages) -> None:
        """Solve the task, where a task knows how."""
        raise NotImplementedError

    def teardown(self) -> None:
        """Free what the task holds."""
        return


class OpenEndedTask(AbstractBrowserTask):
    """Any page, any goal (or none yet); over when the user says "exit"."""

    @classmethod
    def get_task_id(cls) -> str:
        return "openended"

    def __init__(self, seed: int, start_url: str, goal: Any = None) -> None:
        super().__init__(seed)
        self.start_url = start_url
        self.goal = goal

    def setup(self, page: Any) -> tuple[Any, dict[str, Any]]:
        page.goto(self.start_url, timeout=10_000)
        return self.goal, {}

    def validate(self, page: Any, chat_messages: Messages) -> Judged:
        done = any(m["role"] == "user" and m["message"] == "exit" for m in chat_messages)
        return 0.0, done, "", {}


class ScenarioTask(AbstractBrowserTask):
    """A scenario as a task.

    MiniWoB++ has BrowserGym's window, instances (what a seed shows) and rewards (0 or 1), and as there the page itself
    does not tell the goal.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.miniwob = scenario.id.startswith("miniwob.")
        if self.miniwob and not scenario.id.startswith("miniwob.flight"):
            vars(scenario)["viewport"] = MINIWOB_VIEWPORT
        width, height = scenario.viewport
        self.viewport = {"width": width, "height": height}
        self.scale = MINIWOB_SCALE if self.miniwob else 1.0
        self.without = MINIWOB_BOXES if self.miniwob else ()
        self.timeout = 5000
        self.locale = None
        self.timezone_id = "UTC" if scenario.sandboxed else None
        self._seed = 0
        self._heard = 0
        self._session: Session | None = None
        self._run: Callable[..., Any] | None = None

    def begin(self, seed: int, session: Session, run: Callable[..., Any]) -> None:
        """Name the next episode's seed and where it is played; ``run`` carries coroutines to the browser's loop."""
        self._seed = int(np.random.RandomState(seed % 2**32).randint(0, 1_000_000)) if self.miniwob else seed
        self._session, self._run, self._heard = session, run, 0

    def setup(self, page: Any) -> tuple[Any, dict[str, Any]]:
        session, run = self._session, self._run
        assert session is not None and run is not None
        run(self._box("giveBack", session))
        task = run(self.scenario.start(session, self._seed))
        run(self._box("take", session))
        verdict = run(self.scenario.judge(session, None))
        return task.goal, run(self._info(session, verdict.info))

    def validate(self, page: Any, chat_messages: Messages) -> Judged:
        session, run = self._session, self._run
        assert session is not None and run is not None
        verdict = run(self.scenario.judge(session, self._said(chat_messages)))
        reward = float(verdict.success_positive) if self.miniwob else float(verdict.reward)
        return reward, verdict.done, "", run(self._info(session, {"success": verdict.success, **verdict.info}))

    def _said(self, messages: Messages) -> Action:
        """What the agent told the user with its last action, as an action of ours; else one that means nothing."""
        new, self._heard = messages[max(1, self._heard) :], len(messages)  # the first is the greeting
        for message in reversed(new):
            if message["role"] == "infeasible":
                return Action("give_up", text=message["message"])
            if message["role"] == "assistant":
                return Action("answer", text=message["message"])
        return Action("wait")

    async def _box(self, function: str, session: Session) -> None:
        """Empty the box above a MiniWoB++ task, which tells the goal once more, or fill it again."""
        tab = session.tab
        if self.miniwob and session.tab.url.startswith(("http:", "https:")) and not tab.crashed:
            with contextlib.suppress(ActionTimedOut, BrowserGone):  # the scenario says what is wrong with its page
                await Frame(tab.main.frame_id, "", tab.cdp).run(function, "query")

    async def _info(self, session: Session, info: dict[str, Any]) -> dict[str, Any]:
        if not self.miniwob:
            return dict(info)
        try:
            return dict(await session.evaluate(_WOB))
        except (ActionTimedOut, BrowserGone, ValueError):
            return {"error": "the task's page is gone"}

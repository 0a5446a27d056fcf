"""What one benchmark process holds: a browser, the environment of the task at hand, and how to play one episode in it.

The only place besides the command line's edge that catches everything, because here a crash must count: it becomes a
failed episode.
"""

from __future__ import annotations

import shutil
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from webagent.agents import frames_for, make_foresight, make_policy
from webagent.datasets import write_episode
from webagent.envs.errors import BrowserGone, WebAgentError
from webagent.envs.types import Action, Episode, Observation, Step
from webagent.planner import planning
from webagent.rollout import MakeAgent, Watch, run_episode
from webagent.safety import Guard
from webagent.scores import EpisodeResult, result_of
from webagent.seeds import bench_seed
from webagent.suites import Options, open_suite
from webagent.vault import Secrets
from webagent.workers import Play

if TYPE_CHECKING:
    from webagent.evaluate import BenchSettings

LOOPBACK = ("127.0.0.1", "localhost", "::1")
SCREENED = 5
"""Episodes of each task that are filmed; where only a later one fails, its report draws the tree instead."""


@contextmanager
def open_browser_lab(settings: BenchSettings) -> Iterator[Play]:
    """The real one: a browser of its own, started now. Raises ``BrowserMissing``."""
    from webagent.envs.browser import Browser
    from webagent.envs.web_env import WebEnv

    suite = open_suite(settings.suite)
    options = Options(settings.max_steps, settings.clock)
    secrets = suite.open_secrets(settings.secrets)
    frames = frames_for(settings.policy)

    def open_browser() -> Any:
        return Browser(executable=settings.browser).start()

    def open_env(task: str, browser: Any, screen: bool) -> Any:
        return WebEnv(
            suite.scenario(task, options),
            browser=browser,
            screen=screen,
            frames=frames,
            resolve=secrets.resolve,
            redact=secrets.redact_observation if secrets.names else None,
        )

    lab = Lab(settings, open_browser, open_env, secrets)
    try:
        lab.start()
        yield lab.play
    finally:
        lab.close()


class Lab:
    """Plays episodes; keeps browser and environment for as long as both are sound.

    ``open_browser()`` gives something to ``close()``; ``open_env(task, browser, screen)`` an environment in it.
    On pages of this machine nobody confirms anything; elsewhere what needs a person is refused, unless the settings
    say yes.
    """

    def __init__(
        self,
        settings: BenchSettings,
        open_browser: Callable[[], Any],
        open_env: Callable[[str, Any, bool], Any],
        secrets: Secrets | None = None,
    ) -> None:
        self._settings = settings
        self._open_browser = open_browser
        self._open_env = open_env
        self._make_agent = make_policy(settings.policy)
        self._foresight = make_foresight(settings.policy) if settings.plan else None
        self._source = f"{'search' if settings.plan else 'policy'}:{settings.policy}"
        self._secrets = secrets or Secrets()
        self._guard = Guard(settings.yes)
        self._browser: Any = None
        self._env: Any = None
        self._env_is: tuple[str, bool] | None = None

    def start(self) -> None:
        if self._browser is None:
            self._browser = self._open_browser()

    def close(self) -> None:
        self._close_env()
        browser, self._browser = self._browser, None
        if browser is not None:
            browser.close()

    def play(self, task: str, i: int) -> EpisodeResult:
        """Play episode ``i`` of ``task``; whatever breaks is told in the result's ``error``."""
        seed = bench_seed(self._settings.seed, task, i)
        shelf = Path(self._settings.out) / "episodes"
        room = _has_room(shelf, task, i, self._settings.keep)
        keeping = _Keeping(room and i < SCREENED, self._confirm, self._secrets)
        episode: Episode | None = None
        try:
            env = self._env_for(task, keeping.screens)
            with self._agents(env) as make_agent:
                episode = run_episode(env, make_agent, seed=seed, source=self._source, watch=keeping.watch())
            result = result_of(task, i, seed, episode)
        except Exception as error:  # noqa: BLE001 (a crash is a failed episode, never a dropped one)
            line, steps = _line_of(error), tuple(keeping.steps)
            goal = self._env.task.goal if self._env else ""
            result = EpisodeResult(task, i, seed, steps=len(steps), reason="error", error=line, goal=goal)
            episode = self._broken_episode(steps, line) if steps else None
            self._recover(error)
        if room and episode and not result.success:
            name = f"{task}-{i}"
            shutil.rmtree(shelf / name, ignore_errors=True)  # half of it may lie there, from a run that was ended
            write_episode(shelf / name, episode, tuple(keeping.pictures))
            result = EpisodeResult(**{**vars(result), "stored": name})
        return result

    def _agents(self, env: Any) -> AbstractContextManager[MakeAgent]:
        """The policy, looking ahead if that was asked for."""
        if self._settings.plan is None or self._foresight is None:
            return nullcontext(self._make_agent)
        return planning(env, self._foresight, self._settings.plan)

    def _confirm(self, observation: Observation, action: Action) -> None:
        if urlsplit(observation.url).hostname not in LOOPBACK:
            self._guard(observation, action)

    def _env_for(self, task: str, screen: bool) -> Any:
        self.start()
        if self._env_is != (task, screen):
            self._close_env()
            self._env = self._open_env(task, self._browser, screen)
            self._env_is = (task, screen)
        return self._env

    def _broken_episode(self, steps: tuple[Step, ...], error: str) -> Episode:
        info = {"reason": "error", "error": error, "judged_by": "check"}
        return Episode(self._env.task, steps, steps[-1].observation, self._source, False, info)

    def _recover(self, error: Exception) -> None:
        """Nothing of what broke is used again; only an error of ours other than a lost browser leaves the browser."""
        sound = isinstance(error, WebAgentError) and not isinstance(error, BrowserGone)
        try:
            self._close_env()
            if not sound:
                self.close()
        except WebAgentError:
            self._env = self._browser = None

    def _close_env(self) -> None:
        env, self._env, self._env_is = self._env, None, None
        if env is not None:
            env.close()


@dataclass
class _Keeping:
    """What is remembered of an episode while it runs; pictures only if it may be stored."""

    screens: bool
    guard: Callable[[Observation, Action], None]
    secrets: Secrets
    steps: list[Step] = field(default_factory=list)
    pictures: list[bytes] = field(default_factory=list)

    def watch(self) -> Watch:
        return Watch(screen=self._screen if self.screens else None, step=self._step, guard=self.guard)

    def _screen(self, jpeg: bytes, observation: Observation) -> None:
        self.pictures.append(self.secrets.redact_screen(jpeg, observation))

    def _step(self, step: Step) -> None:
        self.steps.append(self.secrets.redact_all(step))


def _line_of(error: Exception) -> str:
    """Class and message; where it happened too, unless it is one of ours and says enough."""
    line = " ".join(f"{type(error).__name__}: {error}".split())
    frames = traceback.extract_tb(error.__traceback__)
    if isinstance(error, WebAgentError) or not frames:
        return line
    return f"{line} ({Path(frames[-1].filename).name}, line {frames[-1].lineno})"


def _has_room(shelf: Path, task: str, i: int, keep: int) -> bool:
    others = [p for p in shelf.iterdir() if p.name.rpartition("-")[0] == task] if shelf.is_dir() else []
    return sum(p.name != f"{task}-{i}" for p in others) < keep

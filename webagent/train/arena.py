"""Where an actor plays: several contexts of one browser, each at a task of its own.

    with open_arena(playing, tell) as obey:
        obey(slot, Begin("miniwob.click-test", seed=7))      # each order is answered once: tell(slot, Seen(...))
        obey(slot, Action("click", "e3"))

Orders to different slots are under way at the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from webagent.demonstrate import suite_of
from webagent.envs.errors import WebAgentError
from webagent.envs.types import Action, Observation
from webagent.models.config import PolicyConfig
from webagent.suites import Options, Suite, together

if TYPE_CHECKING:
    from webagent.envs.browser import Browser
    from webagent.envs.stage import Moment, Stage


@dataclass(frozen=True)
class Playing:
    """What an actor process needs to know. ``tasks``: full ids. ``contexts``: episodes side by side. ``tokenizer`` and
    ``config``: of the policy, by which observations are read. ``max_steps``: instead of the tasks' own."""

    tasks: tuple[str, ...]
    contexts: int
    tokenizer: str
    config: PolicyConfig
    max_steps: int | None = None
    browser: str | None = None


class Begin(NamedTuple):
    """The order to begin an episode."""

    task: str
    seed: int


class Seen(NamedTuple):
    """What came of an order. ``success``: strict, where the episode ended. ``lost``: why the episode broke, or ""; then
    there is no observation."""

    observation: Observation | None
    success: bool = False
    terminated: bool = False
    truncated: bool = False
    lost: str = ""


Order = Begin | Action
Tell = Callable[[int, Seen], None]
Obey = Callable[[int, Order], None]


@contextmanager
def open_arena(playing: Playing, tell: Tell) -> Iterator[Obey]:
    """The real one, with a browser of its own. Raises ``BrowserMissing``; ``obey`` raises ``BrowserGone``."""
    from webagent.envs.browser import Browser

    suite = together(list(dict.fromkeys(map(suite_of, playing.tasks))))
    with Browser(executable=playing.browser) as browser:
        slots = [_Slot(browser, suite, playing) for _ in range(playing.contexts)]

        def obey(slot: int, order: Order) -> None:
            done = browser.submit(slots[slot].turn(order))
            done.add_done_callback(lambda future: tell(slot, future.result()))

        try:
            yield obey
        finally:
            for one in slots:
                browser.call(one.close())


class _Slot:
    """One context; its coroutines run on the browser's loop."""

    def __init__(self, browser: Browser, suite: Suite, playing: Playing) -> None:
        self._browser, self._suite, self._playing = browser, suite, playing
        self._scenarios: dict[str, Any] = {}
        self._stage: Stage | None = None

    async def turn(self, order: Order) -> Seen:
        """Do it; what goes wrong is told."""
        try:
            if isinstance(order, Begin):
                stage = await self._stage_for(order.task)
                return Seen((await stage.reset(order.seed)).observation)
            assert self._stage is not None
            return _seen(await self._stage.step(order))
        except WebAgentError as error:
            return Seen(None, lost=f"{type(error).__name__}: {error}")

    async def _stage_for(self, task: str) -> Stage:
        from webagent.envs.actions import Limits
        from webagent.envs.stage import Settings, Stage

        if task not in self._scenarios:
            self._scenarios[task] = self._suite.scenario(task, Options(self._playing.max_steps))
        scenario = self._scenarios[task]
        if self._stage is None:
            secrets = self._suite.open_secrets(())
            redact = secrets.redact_observation if secrets.names else None
            limits = Limits(None, secrets.resolve)
            settings = Settings(frames=self._playing.config.frames, limits=limits, redact=redact)
            self._stage = Stage(self._browser, scenario, settings)
        elif self._stage.scenario is not scenario:
            await self._stage.change(scenario)
        return self._stage

    async def close(self) -> None:
        if self._stage is not None:
            await self._stage.close()
        for scenario in self._scenarios.values():
            scenario.close()


def _seen(moment: Moment) -> Seen:
    if moment.info["recovered"]:
        return Seen(None, lost=moment.observation.last_error)
    ends = moment.terminated or moment.truncated
    success = ends and bool(moment.info["success"])
    return Seen(moment.observation, success, moment.terminated, moment.truncated)

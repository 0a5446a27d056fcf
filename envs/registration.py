"""Gymnasium ids of what ships: ``webagent/Web-v0``, ``webagent/miniwob.<task>-v0``, ``webagent/demo.<id>-v0``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gymnasium as gym

if TYPE_CHECKING:
    from .scenario import Scenario
    from .web_env import WebEnv

NAMESPACE = "webagent"
VERSION = 0
WEB_ID = f"{NAMESPACE}/Web-v{VERSION}"
DEFAULT_MAX_STEPS = 30


def register_all() -> None:
    """Make every id known to Gymnasium; ids that are known already stay as they are."""
    from .suites import catalogue

    _register(WEB_ID, "webagent.envs.registration:make_web", {})
    for task in catalogue.task_ids():
        _register(f"{NAMESPACE}/{task}-v{VERSION}", "webagent.envs.registration:make_task", {"task": task})


def _register(id: str, entry_point: str, kwargs: dict[str, Any]) -> None:
    if id not in gym.registry:
        gym.register(id, entry_point, max_episode_steps=DEFAULT_MAX_STEPS, kwargs=kwargs)


def make_web(url: str, goal: str = "", allow: tuple[str, ...] = (), **options: Any) -> WebEnv:
    """``gym.make("webagent/Web-v0", url=…, goal=…)``: any page, any goal; nobody judges it but the agent."""
    from .suites.task_file import WebScenario
    from .web_env import WebEnv

    return WebEnv(WebScenario(url, goal, tuple(allow)), **options)


def make_task(task: str, **options: Any) -> WebEnv:
    """The environment of a task that ships; ``clock`` (MiniWoB++ only) restores its episode clock."""
    from .web_env import WebEnv

    return WebEnv(make_scenario(task, clock=bool(options.pop("clock", False))), **options)


def make_scenario(task: str, clock: bool = False) -> Scenario:
    """The scenario of ``miniwob.<task>`` or ``demo.<id>``; raises ``UnknownName``."""
    from .suites import catalogue

    return catalogue.make_scenario(task, clock=clock)

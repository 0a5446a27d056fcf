"""Gymnasium ids of what ships: ``webagent/Web-v0``, ``webagent/miniwob.<task>-v0``,
``webagent/practice.<kind>-v0``, ``webagent/demo.<id>-v0``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import gymnasium as gym

if TYPE_CHECKING:
    from .browsergym.env import BrowserGymEnv
    from .scenario import Scenario
    from .vector_env import VectorEnv
    from .web_env import WebEnv

NAMESPACE = "webagent"
VERSION = 0
WEB_ID = f"{NAMESPACE}/Web-v{VERSION}"
DEFAULT_MAX_STEPS = 30


def register_all() -> None:
    """Make every id known to Gymnasium; ids that are known already stay as they are."""
    from .suites import catalogue

    chance = catalogue.left_to_chance()
    _register(WEB_ID, "make_web", {}, nondeterministic=True)
    for task in catalogue.task_ids():
        _register(f"{NAMESPACE}/{task}-v{VERSION}", "make_task", {"task": task}, nondeterministic=task in chance)


def _register(id: str, maker: str, kwargs: dict[str, Any], nondeterministic: bool) -> None:
    if id not in gym.registry:
        gym.register(
            id, f"{__name__}:{maker}", max_episode_steps=DEFAULT_MAX_STEPS, kwargs=kwargs,
            vector_entry_point=f"{__name__}:{maker}_vector", nondeterministic=nondeterministic,
        )  # fmt: skip


def make_web(
    url: str, goal: str = "", allow: tuple[str, ...] = (), sandboxed: bool | None = None, **options: Any
) -> WebEnv | BrowserGymEnv:
    """``gym.make("webagent/Web-v0", url=…, goal=…)``: any page, any goal; nobody judges it but the agent.

    ``sandboxed``: what is done there may be done again, as restoring a snapshot does; by itself true of local files.
    """
    from .suites.task_file import WebScenario

    return _face_of(WebScenario(url, goal, tuple(allow), sandboxed=sandboxed), options)


def make_web_vector(
    num_envs: int, url: str, goal: str = "", allow: tuple[str, ...] = (), sandboxed: bool | None = None, **options: Any
) -> VectorEnv:
    """``gym.make_vec("webagent/Web-v0", num_envs=…, url=…, goal=…)``: the same page in several contexts."""
    from .suites.task_file import WebScenario
    from .vector_env import VectorEnv

    return VectorEnv([WebScenario(url, goal, tuple(allow), sandboxed=sandboxed) for _ in range(num_envs)], **options)


def make_task(task: str, **options: Any) -> WebEnv | BrowserGymEnv:
    """The environment of a task that ships; ``clock`` (MiniWoB++ only) restores its episode clock."""
    return _face_of(make_scenario(task, clock=bool(options.pop("clock", False))), options)


def _face_of(scenario: Scenario, options: dict[str, Any]) -> WebEnv | BrowserGymEnv:
    """BrowserGym's view is an environment of its own, because its observations ask the page for more."""
    if options.get("view") == "browsergym":
        from .browsergym.env import BrowserGymEnv

        return BrowserGymEnv(scenario=scenario, **{name: value for name, value in options.items() if name != "view"})
    from .web_env import WebEnv

    return WebEnv(scenario, **options)


def make_task_vector(num_envs: int, task: str, tasks: Sequence[str] = (), **options: Any) -> VectorEnv:
    """Several contexts of a task that ships, or of ``tasks`` in turn, whatever the id says."""
    from .vector_env import VectorEnv

    return VectorEnv.of(list(tasks) or [task], num_envs, **options)


def make_vector(what: str | Sequence[str], num_envs: int, **options: Any) -> VectorEnv:
    """A vector over a Gymnasium id of ours, a task's id, or several of either in turn. Raises ``UnknownName``."""
    from .vector_env import VectorEnv

    if isinstance(what, str) and what.startswith(f"{NAMESPACE}/"):
        envs = gym.make_vec(what, num_envs=num_envs, vectorization_mode="vector_entry_point", **options).unwrapped
        assert isinstance(envs, VectorEnv)
        return envs
    names = [what] if isinstance(what, str) else what
    tasks = [str(gym.spec(name).kwargs["task"]) if name.startswith(f"{NAMESPACE}/") else name for name in names]
    return VectorEnv.of(tasks, num_envs, **options)


def make_scenario(task: str, clock: bool = False) -> Scenario:
    """The scenario of ``miniwob.<task>``, ``practice.<kind>`` or ``demo.<id>``; raises ``UnknownName``."""
    from .suites import catalogue

    return catalogue.make_scenario(task, clock=clock)

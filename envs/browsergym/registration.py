"""BrowserGym's ids on our browser: ``browsergym/miniwob.click-test``, ``browsergym/openended``, and tasks of one's own.

register_aliases()                                  # does nothing where BrowserGym itself is installed
register_task("mine.first", Mine); gym.make("browsergym/mine.first")
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import gymnasium as gym

from ..errors import UsageError
from ..suites import catalogue

if TYPE_CHECKING:
    from .env import BrowserGymEnv

NAMESPACE = "browsergym"


def register_aliases() -> list[str]:
    """Make BrowserGym's ids known to Gymnasium, unless it is installed; returns those that were registered."""
    if importlib.util.find_spec("browsergym") is not None:
        return []
    made = []
    for task in catalogue.task_ids():
        if task.startswith("miniwob.") and not task.startswith("miniwob.flight."):
            made += _register(task, "webagent.envs.browsergym.registration:make_scenario_env", {"task": task}, True)
    made += _register("openended", "webagent.envs.browsergym.registration:make_openended", {}, True)
    return made


def register_task(
    id: str, task_class: Callable[..., Any], task_kwargs: Mapping[str, Any] | None = None,
    default_task_kwargs: Mapping[str, Any] | None = None, nondeterministic: bool = True, **options: Any,
) -> None:  # fmt: skip
    """Register a task class as ``browsergym/<id>``.

    ``task_kwargs`` cannot be overridden by whoever makes the environment, ``default_task_kwargs`` can; ``options`` are
    those of ``gym.register``. Raises ``ValueError`` where the two overlap.
    """
    fixed, defaults = dict(task_kwargs or {}), dict(default_task_kwargs or {})
    if both := sorted(set(fixed) & set(defaults)):
        raise ValueError(f"{id}: {', '.join(both)} cannot be both fixed and a default")
    entry = functools.partial(_make_task_env, _Fixed(task_class, fixed, defaults))
    gym.register(f"{NAMESPACE}/{id}", entry, nondeterministic=nondeterministic, **options)


def make_scenario_env(task: str, **options: Any) -> BrowserGymEnv:
    """The view over a task that ships, by its full id (``miniwob.click-test``, ``demo.contact``)."""
    from .env import BrowserGymEnv

    return BrowserGymEnv(scenario=catalogue.make_scenario(task, clock=bool(options.pop("clock", False))), **options)


def make_openended(**options: Any) -> BrowserGymEnv:
    """``gym.make("browsergym/openended", task_kwargs={"start_url": …, "goal": …})``."""
    from .env import BrowserGymEnv
    from .tasks import OpenEndedTask

    if "start_url" not in options.get("task_kwargs", {}):
        raise UsageError("browsergym/openended needs task_kwargs={'start_url': …}")
    return BrowserGymEnv(OpenEndedTask, **options)


def _make_task_env(entrypoint: Callable[..., Any], **options: Any) -> BrowserGymEnv:
    from .env import BrowserGymEnv

    return BrowserGymEnv(entrypoint, **options)


class _Fixed:
    """A task class with arguments that cannot be overridden, and some that can."""

    def __init__(self, task_class: Callable[..., Any], fixed: dict[str, Any], defaults: dict[str, Any]) -> None:
        self._task_class, self._fixed, self._defaults = task_class, fixed, defaults

    def __call__(self, **kwargs: Any) -> Any:
        if clash := sorted(set(kwargs) & set(self._fixed)):
            raise ValueError(f"{', '.join(clash)} cannot be overridden")
        return self._task_class(**{**self._defaults, **kwargs, **self._fixed})


def _register(id: str, entry_point: str, kwargs: dict[str, Any], nondeterministic: bool) -> list[str]:
    full = f"{NAMESPACE}/{id}"
    if full in gym.registry:
        return []
    gym.register(full, entry_point, nondeterministic=nondeterministic, kwargs=kwargs)
    return [full]

"""BrowserGym's interface to our browser: its environment, action strings, observations and ids.

``env`` (the environment) · ``window`` (its browser) · ``grammar``, ``functions``, ``action_set`` (what actions are) ·
``bids``, ``frames``, ``observation``, ``snapshot``, ``axtree`` (what is seen) · ``actions``, ``element``, ``wording``
(what is done) · ``tasks``, ``chat``, ``spaces``, ``registration``.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .action_set import ActionSet
    from .env import BrowserGymEnv
    from .registration import register_aliases, register_task
    from .tasks import AbstractBrowserTask, OpenEndedTask

__all__ = [
    "AbstractBrowserTask",
    "ActionSet",
    "BrowserGymEnv",
    "OpenEndedTask",
    "register_aliases",
    "register_task",
]
_WHERE = {
    "AbstractBrowserTask": "tasks", "ActionSet": "action_set", "BrowserGymEnv": "env", "OpenEndedTask": "tasks",
    "register_aliases": "registration", "register_task": "registration",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f".{_WHERE[name]}", __name__), name)

"""Scripted demonstrators: pure functions of the goal and the observations so far, one for each task of MiniWoB++.

    act = expert_for("webagent/miniwob.click-button-v0")       # or just "click-button"
    action = act(observations)                                 # any prefix of an episode; Lost where it knows nothing

``experts()`` names them all; ``practice.expert_of`` is the one of practice sites. Their own success is measured by
``webagent data expert``; docs/EXPERTS.md tells which tasks depend on chance.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence

from webagent.envs.errors import UnknownName
from webagent.envs.types import Action, Observation

from .page import Expert, Lost, Page

__all__ = ["ON_THEIR_WAY", "Expert", "Lost", "expert_for", "experts"]
ON_THEIR_WAY = frozenset({"hot-cold", "highlight-text", "highlight-text-2", "simon-says", "text-editor"})
"""Tasks whose experts take for granted that all steps so far were their own: the page does not show what was done."""


@functools.cache
def experts() -> Mapping[str, Expert]:
    """Task name to expert, from the ``EXPERTS`` of every file of this folder."""
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    return {task: expert for module in modules for task, expert in getattr(module, "EXPERTS", {}).items()}


def expert_for(task: str) -> Callable[[Sequence[Observation]], Action]:
    """The demonstrator of a MiniWoB++ task, by its name or full id.

    It takes all observations of the episode so far, oldest first, and returns the next action; it raises ``Lost``
    where it knows none. Raises ``UnknownName`` for a task without an expert.
    """
    name = task.removeprefix("webagent/").removeprefix("miniwob.").removesuffix("-v0")
    if name not in experts():
        raise UnknownName.unknown("expert", name, experts())
    expert = experts()[name]
    return lambda seen: expert(Page(seen))

"""Views: how an environment's observations and actions look from outside.

``typed`` is the whole observation as nested spaces, ``arrays`` fixed arrays over enumerated actions. A view holds no
state of an episode, so that one serves many environments.
"""

from __future__ import annotations

import inspect
from typing import Any, Protocol

from gymnasium.spaces import Space

from . import spaces
from .arrays import ArraysView
from .errors import BadAction, UsageError
from .types import Action, Observation


class View(Protocol):
    """The way from an ``Observation`` to the observation space, and from the action space to an ``Action``."""

    name: str
    observation_space: Space[Any]
    action_space: Space[Any]

    def encode(self, observation: Observation) -> Any:
        """An element of ``observation_space``."""
        ...

    def decode(self, action: Any, observation: Observation) -> Action:
        """What an element of ``action_space`` means on ``observation``; raises ``BadAction``."""
        ...

    def info(self, observation: Observation) -> dict[str, Any]:
        """What the view adds to ``info``."""
        ...


class TypedView:
    """``typed``: the spaces of ``spaces.py``; ``info["cut"]`` names the strings that were too long for them."""

    name = "typed"

    def __init__(self) -> None:
        self.observation_space: Space[Any] = spaces.observation_space()
        self.action_space: Space[Any] = spaces.action_space()

    def encode(self, observation: Observation) -> dict[str, Any]:
        """The dict of ``observation_space``."""
        return spaces.to_space(observation)

    def decode(self, action: Any, observation: Observation) -> Action:
        """An ``Action`` as it is, or from the space's dict; raises ``BadAction``."""
        if isinstance(action, Action):
            return action
        if not isinstance(action, dict) or "op" not in action:
            raise BadAction(f"expected an Action or a dict with op, target, text and point, found {action!r}")
        return spaces.action_from_space(action)

    def info(self, observation: Observation) -> dict[str, Any]:
        """``cut``: the fields that do not fit their space."""
        return {"cut": spaces.cut_fields(observation)}


VIEWS: dict[str, type[TypedView] | type[ArraysView]] = {"typed": TypedView, "arrays": ArraysView}


def make_view(name: str, **options: Any) -> View:
    """The view of that name; raises ``UsageError`` for a name or an option that it does not know."""
    if name not in VIEWS:
        raise UsageError.unknown("view", name, VIEWS)
    kind = VIEWS[name]
    known = inspect.signature(kind).parameters
    for option in options:
        if option not in known:
            raise UsageError.unknown(f"option of view {name!r}", option, known)
    return kind(**options)

"""The spaces that BrowserGym declares: texts and pictures of any length, dicts of any content."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np

_SAMPLES = ("noop(10)", "scroll(0, 100)", "scroll(0, -100)", 'send_msg_to_user("Hello.")')


class _Open(gym.Space[Any]):
    """A space that is told by its kind alone; ``sample`` gives a plain member."""

    kinds: tuple[type, ...] = (object,)
    plain: Any = None

    def contains(self, x: Any) -> bool:
        return isinstance(x, self.kinds)

    def sample(self, mask: Any = None, probability: Any = None) -> Any:
        return self.plain

    @property
    def is_np_flattenable(self) -> bool:
        return False

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    __hash__ = None  # type: ignore[assignment]


class Unicode(_Open):
    """Any text."""

    kinds = (str,)
    plain = ""


class ActionText(Unicode):
    """Any text; ``sample`` gives harmless actions."""

    def sample(self, mask: Any = None, probability: Any = None) -> str:
        return _SAMPLES[int(self.np_random.integers(len(_SAMPLES)))]


class Float(_Open):
    """Any float."""

    kinds = (float,)
    plain = 0.0


class AnyDict(_Open):
    """Any dict."""

    kinds = (dict,)

    def sample(self, mask: Any = None, probability: Any = None) -> dict[str, Any]:
        return {}


class Anything(_Open):
    """Any object at all."""


class AnyBox(gym.Space[Any]):
    """Arrays of numbers between ``low`` and ``high``; a dimension of -1 may have any length."""

    def __init__(self, low: float, high: float, shape: Sequence[int], dtype: Any) -> None:
        super().__init__(tuple(shape), dtype)
        self.low = low
        self.high = high

    @property
    def is_np_flattenable(self) -> bool:
        return False

    def sample(self, mask: Any = None, probability: Any = None) -> Any:
        shape = [1 if n < 0 else n for n in self.shape or ()]
        return self.np_random.uniform(self.low, self.high, shape).astype(self.dtype)

    def contains(self, x: Any) -> bool:
        shape = self.shape or ()
        return (
            isinstance(x, np.ndarray)
            and np.can_cast(x.dtype, np.dtype(self.dtype))
            and len(x.shape) == len(shape)
            and all(wanted in (-1, found) for wanted, found in zip(shape, x.shape))
            and bool(x.size == 0 or (x.min() >= self.low and x.max() <= self.high))
        )

    def __repr__(self) -> str:
        return f"AnyBox({self.low}, {self.high}, {self.shape}, {self.dtype})"

    def __eq__(self, other: object) -> bool:
        parts = ("low", "high", "shape", "dtype")
        return isinstance(other, AnyBox) and all(getattr(self, p) == getattr(other, p) for p in parts)

    __hash__ = None  # type: ignore[assignment]


def observation_space(raw_page: bool = False) -> gym.spaces.Dict:
    """What an observation holds; with ``raw_page`` the page itself in place of what was read from it."""
    message = gym.spaces.Dict({"role": Unicode(), "timestamp": Float(), "message": Unicode()})
    read: dict[str, gym.Space[Any]] = {
        "screenshot": AnyBox(0, 255, (-1, -1, 3), np.uint8),
        "dom_object": AnyDict(),
        "axtree_object": AnyDict(),
        "extra_element_properties": AnyDict(),
        "focused_element_bid": Unicode(),
    }
    return gym.spaces.Dict(
        {
            "chat_messages": gym.spaces.Sequence(message),
            "goal": Unicode(),
            "goal_object": gym.spaces.Sequence(AnyDict()),
            "open_pages_urls": gym.spaces.Sequence(Unicode()),
            "open_pages_titles": gym.spaces.Sequence(Unicode()),
            "active_page_index": gym.spaces.Box(0, 255, (1,), np.int64),
            "url": Unicode(),
            "last_action": Unicode(),
            "last_action_error": Unicode(),
            "elapsed_time": gym.spaces.Box(0, np.inf, (1,), np.float64),
            **({"page": Anything()} if raw_page else read),
        }
    )

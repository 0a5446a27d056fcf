"""The ``arrays`` view: fixed arrays and one number to answer with, for any RL library.

    env = gym.make("webagent/miniwob.click-button-v0", view="arrays")
    observation, info = env.reset(seed=7)
    legal = np.flatnonzero(observation["action_mask"])      # also info["action_mask"]
    observation, reward, terminated, truncated, info = env.step(legal[0])

An action is an index into the observation's candidate actions (``candidates.py``), which stand in document order;
``view.candidates(observation)`` tells what they are. The observation is a flat ``Dict``, K candidates:

    candidates   [K * FEATURES] float32 in [-1, 1], row-major: reshape to [K, FEATURES]; zeros where there is none
    page         [PAGE_FEATURES] float32 in [-1, 1], the goal and the page as a whole
    action_mask  [K] int8, 1 for candidates that exist; never all 0
    frames       [frames, H, W, 3] uint8, only if asked for: oldest first, zeros before the first

``CANDIDATE_LAYOUT`` and ``PAGE_LAYOUT`` of ``array_features.py`` name the columns.
"""

from __future__ import annotations

import operator
import weakref
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, Space
from numpy.typing import NDArray

from .array_features import FEATURES, PAGE_FEATURES, candidate_rows, page_row
from .candidates import Candidates, candidates_of
from .errors import BadAction, UsageError
from .types import Action, Frame, Observation


class ArraysView:
    """Observations as fixed arrays, actions as an index of ``candidates``.

    Args:
        candidates: K, how many actions an observation offers at most.
        frames: how many screen frames an observation holds; 0 leaves them out.
        frame_size: their width and height.
    """

    name = "arrays"

    def __init__(self, candidates: int = 64, frames: int = 0, frame_size: tuple[int, int] = (160, 210)) -> None:
        if candidates < 1 or frames < 0 or min(frame_size) < 1:
            raise UsageError(
                f"expected candidates >= 1, frames >= 0, frame_size >= 1, found {candidates}, {frames}, {frame_size}"
            )
        self.size = candidates
        self.frames = frames
        self.frame_size = (int(frame_size[0]), int(frame_size[1]))
        shape: dict[str, Space[Any]] = {
            "candidates": Box(-1.0, 1.0, (candidates * FEATURES,), np.float32),
            "page": Box(-1.0, 1.0, (PAGE_FEATURES,), np.float32),
            "action_mask": MultiBinary(candidates),
        }
        if frames:
            shape["frames"] = Box(0, 255, (frames, self.frame_size[1], self.frame_size[0], 3), np.uint8)
        self.observation_space: Space[Any] = Dict(shape)
        self.action_space: Space[Any] = Discrete(candidates)
        self._known: dict[int, tuple[weakref.ref[Observation], Candidates]] = {}

    def __reduce__(self) -> tuple[type[ArraysView], tuple[int, int, tuple[int, int]]]:
        return type(self), (self.size, self.frames, self.frame_size)

    def encode(self, observation: Observation) -> dict[str, Any]:
        """The arrays named in this module's docstring."""
        found = self._candidates(observation)
        rows = np.zeros((self.size, FEATURES), np.float32)
        rows[: len(found.chosen)] = candidate_rows(found, observation.tree)
        encoded: dict[str, Any] = {
            "candidates": rows.reshape(-1),
            "page": page_row(observation, found, self.size),
            "action_mask": self.action_mask(observation),
        }
        if self.frames:
            encoded["frames"] = self._stacked(observation.frames)
        return encoded

    def decode(self, action: Any, observation: Observation) -> Action:
        """The candidate of that index (or an ``Action`` as it is); raises ``BadAction`` where there is none."""
        if isinstance(action, Action):
            return action
        try:
            number = -1 if isinstance(action, bool) else operator.index(action)
        except TypeError:
            raise BadAction(f"expected one whole number below {self.size}, found {action!r}") from None
        chosen = self._candidates(observation).chosen
        if not 0 <= number < len(chosen):
            raise BadAction(f"expected a candidate below {len(chosen)}, found {action!r}", "obey the action mask")
        return chosen[number].action

    def info(self, observation: Observation) -> dict[str, Any]:
        """``action_mask``, as in the observation."""
        return {"action_mask": self.action_mask(observation)}

    def action_mask(self, observation: Observation) -> NDArray[np.int8]:
        """``[K]``, 1 for the actions that exist."""
        mask = np.zeros(self.size, np.int8)
        mask[: len(self._candidates(observation).chosen)] = 1
        return mask

    def candidates(self, observation: Observation) -> tuple[Action, ...]:
        """The actions that the indices stand for, at least one, at most K."""
        return tuple(c.action for c in self._candidates(observation).chosen)

    def _candidates(self, observation: Observation) -> Candidates:
        """Worked out once an observation, and forgotten with it."""
        key = id(observation)
        known = self._known.get(key)
        if known is not None and known[0]() is observation:
            return known[1]
        found = candidates_of(observation, self.size)
        table = self._known
        self._known[key] = (weakref.ref(observation, lambda gone: _forget(table, key, gone)), found)
        return found

    def _stacked(self, frames: tuple[Frame, ...]) -> NDArray[np.uint8]:
        width, height = self.frame_size
        stacked = np.zeros((self.frames, height, width, 3), np.uint8)
        for place, frame in zip(range(self.frames - 1, -1, -1), reversed(frames), strict=False):
            pixels = np.frombuffer(frame.rgb, np.uint8).reshape(frame.height, frame.width, 3)
            if pixels.shape != stacked.shape[1:]:
                import cv2

                pixels = np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
            stacked[place] = pixels
        return stacked


def _forget(table: dict[int, tuple[weakref.ref[Observation], Candidates]], key: int, gone: Any) -> None:
    if key in table and table[key][0] is gone:
        del table[key]

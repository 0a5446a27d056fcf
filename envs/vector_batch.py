"""Many single results into one batch, as ``gymnasium.vector`` shapes them: observations, infos, actions.

Where the spaces are arrays a batch is fresh arrays with a row for each environment; strings and sequences are tuples.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from gymnasium.spaces import Dict, Space
from gymnasium.vector import VectorEnv as GymVectorEnv
from gymnasium.vector.utils import concatenate, create_empty_array, iterate
from numpy.typing import NDArray

from .errors import UsageError


class Turn(NamedTuple):
    """What one reset or step of one environment gave.

    ``final``: the last observation and info of the episode before, if this turn also began another. ``episode``:
    return, length and seconds of an episode that ended.
    """

    observation: Any
    reward: float
    terminated: bool
    truncated: bool
    info: dict[str, Any]
    final: tuple[Any, dict[str, Any]] | None = None
    episode: tuple[float, int, float] | None = None


class Batch(NamedTuple):
    """What ``step`` returns, n environments: rewards ``[n]`` float64, terminated and truncated ``[n]`` bool."""

    observations: Any
    rewards: NDArray[np.float64]
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]
    infos: dict[str, Any]


def batch_of(space: Space[Any], turns: Sequence[Turn], statistics: bool = False) -> Batch:
    """``space`` is that of a single observation; ``statistics`` puts ``episode`` into the infos."""
    return Batch(
        stacked(space, [turn.observation for turn in turns]),
        np.array([turn.reward for turn in turns], np.float64),
        np.array([turn.terminated for turn in turns], np.bool_),
        np.array([turn.truncated for turn in turns], np.bool_),
        infos_of(range(len(turns)), turns, len(turns), statistics),
    )


def infos_of(rows: Iterable[int], turns: Sequence[Turn], count: int, statistics: bool = False) -> dict[str, Any]:
    """The infos of turns as rows of ``count``: arrays by key, and under ``_key`` which rows have it."""
    table = GymVectorEnv[Any, Any, Any]()
    table.num_envs = count
    infos: dict[str, Any] = {}
    for row, turn in zip(rows, turns, strict=True):
        if turn.final is not None:
            infos = table._add_info(infos, {"final_obs": turn.final[0], "final_info": turn.final[1]}, row)
        infos = table._add_info(infos, turn.info, row)
    ended = np.array([turn.episode is not None for turn in turns])
    if statistics and ended.any():
        total, length, seconds = zip(*[turn.episode or (0.0, 0, 0.0) for turn in turns], strict=True)
        infos["episode"] = {"r": np.array(total), "l": np.array(length), "t": np.array(seconds)}
        infos["_episode"] = ended
    return infos


def stacked(space: Space[Any], observations: Sequence[Any]) -> Any:
    """A batch of observations of ``space``; its arrays are new."""
    empty: Any = create_empty_array(space, len(observations), np.empty)
    return concatenate(space, observations, empty)


def single_actions(space: Space[Any], actions: Any, count: int) -> list[Any]:
    """The actions one by one: from a batch of ``space``, or from a sequence with one for each environment."""
    single = list(iterate(space, actions)) if isinstance(actions, dict) else list(actions)
    if len(single) != count:
        raise UsageError(f"expected {count} actions, one for each environment, found {len(single)}")
    return single


def seeds_of(seed: int | Sequence[int | None] | None, count: int) -> list[int | None]:
    """One seed for each environment, as Gymnasium derives them: none, seed + i, or the list itself."""
    if seed is None:
        return [None] * count
    if isinstance(seed, (int, np.integer)):
        return [int(seed) + i for i in range(count)]
    if len(seed) != count:
        raise UsageError(f"expected {count} seeds, one for each environment, found {len(seed)}")
    return list(seed)


def rows_to_reset(options: dict[str, Any] | None, count: int) -> list[int]:
    """Whom ``options["reset_mask"]`` names; all without one."""
    if options is None or "reset_mask" not in options:
        return list(range(count))
    mask = options["reset_mask"]
    if not isinstance(mask, np.ndarray) or mask.shape != (count,) or mask.dtype != np.bool_ or not mask.any():
        raise UsageError(f"expected reset_mask to be a bool array of shape ({count},) with a True, found {mask!r}")
    return [int(i) for i in np.flatnonzero(mask)]


# ---- batches of batches -----------------------------------------------------------------------------------------


def joined(space: Space[Any], parts: Sequence[Any]) -> Any:
    """Batches of observations of ``space``, one after the other, as one."""
    if isinstance(space, Dict):
        return {key: joined(inner, [part[key] for part in parts]) for key, inner in space.items()}
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    return tuple(row for part in parts for row in part)


def joined_infos(parts: Iterable[tuple[dict[str, Any], int]]) -> dict[str, Any]:
    """Infos of several batches and their rows as the infos of all rows; where a batch lacks a key its rows are 0."""
    listed = list(parts)
    found: dict[str, Any] = {}
    for key in dict.fromkeys(key for infos, _ in listed for key in infos):
        values = [infos.get(key) for infos, _ in listed]
        if any(isinstance(value, dict) for value in values):
            found[key] = joined_infos((value or {}, rows) for value, (_, rows) in zip(values, listed, strict=True))
        else:
            like = next(value for value in values if value is not None)
            blank = [None if like.dtype == object else np.zeros((), like.dtype)] * len(values)
            found[key] = np.concatenate(
                [
                    np.full((rows, *like.shape[1:]), empty, like.dtype) if value is None else value
                    for value, empty, (_, rows) in zip(values, blank, listed, strict=True)
                ]
            )
    return found

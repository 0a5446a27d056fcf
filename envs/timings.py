"""Durations of a step, by name, in milliseconds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


class Timings(Mapping[str, float]):
    """A mapping from names to milliseconds.

    Any two are equal: a duration is no part of what happened, and Gymnasium's checker compares the infos of two runs.
    """

    def __init__(self, **ms: float) -> None:
        self._ms = ms

    def __getitem__(self, name: str) -> float:
        return self._ms[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._ms)

    def __len__(self) -> int:
        return len(self._ms)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Timings)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "Timings(" + ", ".join(f"{name}={value:.1f}" for name, value in self._ms.items()) + ")"

"""Measures of a step by name: durations, and how much moved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


class Timings(Mapping[str, float]):
    """A mapping from names to milliseconds.

    Any two are equal: a duration is no part of what happened, and Gymnasium's checker compares the infos of two runs.
    """

    def __init__(self, **values: float) -> None:
        self._values = values

    def __getitem__(self, name: str) -> float:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "Timings(" + ", ".join(f"{name}={value:.1f}" for name, value in self._values.items()) + ")"


class Signals(Timings):
    """How much moved in a step: ``mutations`` of the DOM, ``motion`` of the screen (0 … 1). Any two are equal, too."""

    def __repr__(self) -> str:
        return "Signals(" + ", ".join(f"{name}={value:.3g}" for name, value in self._values.items()) + ")"

"""Durations and what is told of them."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Sample:
    """Durations in ms. ``weight``: how many steps each one stands for (a vector takes several at once)."""

    ms: list[float] = field(default_factory=list)
    weight: int = 1

    def add(self, seconds: float) -> None:
        self.ms.append(seconds * 1000)

    def extend(self, ms: Iterable[float]) -> None:
        self.ms.extend(ms)

    @property
    def per_s(self) -> float:
        """Steps a second of the time that was measured."""
        return 1000 * self.weight * len(self.ms) / sum(self.ms)

    @property
    def p50(self) -> float:
        return statistics.median(self.ms)

    @property
    def p95(self) -> float:
        ordered = sorted(self.ms)
        return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]

    def spread(self) -> dict[str, float]:
        """``{"p50", "p95"}`` in ms."""
        return {"p50": round(self.p50, 3), "p95": round(self.p95, 3)}

    def pace(self) -> dict[str, float]:
        """``{"steps_per_s", "p50_ms", "p95_ms", "n"}``."""
        return {
            "steps_per_s": round(self.per_s, 2), "p50_ms": round(self.p50, 3), "p95_ms": round(self.p95, 3),
            "n": len(self.ms),
        }  # fmt: skip

"""Which task is played next: the more often the more there is to learn from it.

A task that is always or never solved teaches a policy gradient nothing: its episodes differ in nothing from what was
expected. So a task is drawn by how much its outcomes vary and by how much its rate of success is changing (learning
progress: Oudeyer and Kaplan 2007, "What is intrinsic motivation?"; for tasks of reinforcement learning Matiisen et al.
2017, arXiv:1707.00183). Each keeps a small chance, so that it is noticed when that changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from webagent.seeds import training_seed

SLOW, FAST = 0.05, 0.2
"""How much one episode counts in the two averages of a task's success; their difference is its progress."""
LEAST = 0.05
"""Chance of a task that teaches nothing, relative to one that is solved every other time."""


@dataclass
class Record:
    """Of one task: episodes begun and ended, and averages of its successes; a half where nothing is known."""

    begun: int = 0
    ended: int = 0
    slow: float = 0.5
    fast: float = 0.5

    def add(self, success: bool) -> None:
        """Count an episode; the first ones by their mean."""
        self.ended += 1
        self.slow += (success - self.slow) * max(SLOW, 1 / (self.ended + 1))
        self.fast += (success - self.fast) * max(FAST, 1 / (self.ended + 1))

    @property
    def worth(self) -> float:
        """What there is to learn: 1 where every other episode succeeds; more where that changes."""
        return LEAST + 4 * self.fast * (1 - self.fast) + abs(self.fast - self.slow)


class Curriculum:
    """Draws tasks, with seeds of the training half that no episode of this run had before."""

    def __init__(self, tasks: Sequence[str], seed: int) -> None:
        self.seed = seed
        self.records = {task: Record() for task in tasks}

    def draw(self, rng: np.random.Generator) -> tuple[str, int]:
        """A task, and the seed of its episode."""
        tasks = list(self.records)
        odds = np.array([self.records[task].worth for task in tasks])
        task = tasks[int(rng.choice(len(tasks), p=odds / odds.sum()))]
        record = self.records[task]
        record.begun += 1
        return task, training_seed(self.seed, task, record.begun - 1)

    def add(self, task: str, success: bool) -> None:
        """An episode of ``task`` ended."""
        self.records[task].add(success)

    def state(self) -> dict[str, Any]:
        return {task: asdict(record) for task, record in self.records.items()}

    def load(self, state: dict[str, Any]) -> None:
        self.records = {task: Record(**state[task]) if task in state else Record() for task in self.records}

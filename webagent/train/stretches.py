"""Batches of stretches: so many steps in a row of so many streams of episodes, the same ones for the same number.

Batch ``n`` depends on the seed and ``n`` alone, not on how many workers make batches or where a run was resumed.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor, from_numpy
from torch.utils.data import Dataset

from webagent.models.batch import Answers, Batch
from webagent.models.config import PolicyConfig
from webagent.models.words import Words

from .rows import Label, Row, collate_rows, row_of

Augment = Callable[[Sequence[Label], np.random.Generator], Sequence[Label]]


@dataclass(frozen=True)
class Stretch:
    """Steps in a row, of B streams. ``parts[t]``: a batch, its answers, ``fresh`` [B]: where another episode begins,
    ``outcomes`` [B] (nan where unknown)."""

    parts: tuple[tuple[Batch, Answers, Tensor, Tensor], ...]

    def to(self, device: Any) -> Stretch:
        return Stretch(tuple((b.to(device), a.to(device), f.to(device), o.to(device)) for b, a, f, o in self.parts))


class Shelf:
    """Episodes as labels, by task, packed so that worker processes share them without copying."""

    def __init__(self) -> None:
        self._packed: dict[str, list[tuple[int, bytes]]] = {}

    def add(self, task: str, labels: Sequence[Label]) -> None:
        if labels:
            self.put(task, len(labels), pack(labels))

    def put(self, task: str, count: int, packed: bytes) -> None:
        """Add ``count`` labels that are packed already."""
        self._packed.setdefault(task, []).append((count, packed))

    def counts(self) -> dict[str, int]:
        """Episodes of each task."""
        return {task: len(held) for task, held in self._packed.items()}

    def draw(self, task: str, rng: np.random.Generator) -> list[Label]:
        """One episode of the task."""
        held = self._packed[task]
        found: list[Label] = pickle.loads(held[int(rng.integers(len(held)))][1])
        return found


def pack(labels: Sequence[Label]) -> bytes:
    """As a ``Shelf`` keeps them."""
    return pickle.dumps(list(labels), pickle.HIGHEST_PROTOCOL)


class Stretches(Dataset[Stretch]):
    """``self[n]``: batch ``n``. ``weights``: how often each task is drawn, relative to the others."""

    def __init__(
        self,
        shelf: Shelf,
        words: Words,
        config: PolicyConfig,
        *,
        rows: int,
        steps: int,
        seed: int,
        weights: Mapping[str, float] | None = None,
        augment: Augment | None = None,
    ) -> None:
        self.shelf, self.words, self.config = shelf, words, config
        self.rows, self.steps, self.seed, self.augment = rows, steps, seed, augment
        self.tasks = sorted(shelf.counts())
        chances = np.array([(weights or {}).get(task, 1.0) for task in self.tasks], np.float64)
        self.chances = chances / chances.sum()

    def __getitem__(self, n: int) -> Stretch:
        rng = np.random.default_rng([self.seed, n])
        columns = [self._column(rng) for _ in range(self.rows)]
        parts = []
        for t in range(self.steps):
            rows = [column[t][0] for column in columns]
            fresh = np.array([column[t][1] for column in columns])
            outcomes = np.array([np.nan if r.outcome is None else r.outcome for r in rows], np.float32)
            parts.append((*collate_rows(rows, self.config.vocabulary), from_numpy(fresh), from_numpy(outcomes)))
        return Stretch(tuple(parts))

    def _column(self, rng: np.random.Generator) -> list[tuple[Row, bool]]:
        """Episodes one after the other, until the steps are full; the first may begin anywhere."""
        column: list[tuple[Row, bool]] = []
        while len(column) < self.steps:
            labels = self.shelf.draw(self.tasks[int(rng.choice(len(self.tasks), p=self.chances))], rng)
            room = self.steps - len(column)
            first = int(rng.integers(max(1, len(labels) - room + 1)))
            labels = labels[first : first + room]
            chosen = self.augment(labels, rng) if self.augment else labels
            column += [(row_of(label, self.words, self.config), t == 0) for t, label in enumerate(chosen)]
        return column

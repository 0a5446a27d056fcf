"""Batches of stretches: so many steps in a row of so many streams of episodes, the same ones for the same number.

Batch ``n`` depends on the seed and ``n`` alone, not on how many workers make batches or where a run was resumed.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np
from torch import Tensor, from_numpy
from torch.utils.data import Dataset

from webagent.models.batch import Answers, Batch
from webagent.models.config import PolicyConfig
from webagent.models.words import Words

from .rows import Label, Row, collate_rows, drawn, row_of

EDGES = (0, 24, 48, 96, 1 << 30)
"""Positions at which another size of episodes begins; of each size half as many rows as of the one before."""
LONGER = 3
Augment = Callable[[Sequence[Label], np.random.Generator], Sequence[Label]]


@dataclass(frozen=True)
class Stretch:
    """T steps in a row of B streams, as rows b T + t. ``fresh`` [B, T]: where another episode begins; ``outcomes``
    [B T], nan where unknown."""

    batch: Batch
    answers: Answers
    fresh: Tensor
    outcomes: Tensor


class Shelf:
    """Episodes as labels, by task, packed so that worker processes share them without copying."""

    def __init__(self) -> None:
        self._packed: dict[str, list[Packed]] = {}

    def add(self, task: str, labels: Sequence[Label]) -> None:
        if labels:
            self.put(task, pack(labels))

    def put(self, task: str, packed: Packed) -> None:
        self._packed.setdefault(task, []).append(packed)

    def counts(self) -> dict[str, int]:
        """Episodes of each task."""
        return {task: len(held) for task, held in self._packed.items()}

    def episodes(self, task: str) -> list[Packed]:
        return self._packed[task]


@dataclass(frozen=True)
class Packed:
    """An episode's labels: how many, how many positions the largest takes (about), and themselves."""

    count: int
    size: int
    data: bytes

    def labels(self) -> list[Label]:
        found: list[Label] = pickle.loads(self.data)
        return found


def pack(labels: Sequence[Label]) -> Packed:
    size = max(len(label.observation.tree.elements) + len(label.observation.goal) // 4 for label in labels)
    return Packed(len(labels), size, pickle.dumps(list(labels), pickle.HIGHEST_PROTOCOL))


class _Sized:
    """The episodes of one size, to be drawn by task. ``rows``, ``stretch``: of a batch of them; ``steps``: the part of
    all steps that they have."""

    def __init__(self, held: Mapping[str, list[Packed]], chances: Mapping[str, float], rows: int, stretch: int) -> None:
        self.rows, self.stretch = rows, stretch
        self.held = list(held.values())
        odds = np.array([chances[task] * len(of) for task, of in held.items()])
        self.odds = odds / odds.sum()
        lengths = [np.mean([one.count for one in of]) for of in self.held]
        self.steps = float((odds * lengths).sum())

    def draw(self, rng: np.random.Generator) -> list[Label]:
        held = self.held[int(rng.choice(len(self.held), p=self.odds))]
        return held[int(rng.integers(len(held)))].labels()


class Stretches(Dataset[Stretch]):
    """``self[n]``: batch ``n``, of episodes of about one size, so that little is padding.

    ``rows``: of the smallest ones; of larger ones fewer. ``steps``: in a row; of longer episodes ``LONGER`` times as
    many, so that what lies far back is learned to be remembered. ``weights``: how often each task is drawn, relative to
    the others; over many batches the sizes change nothing about that.
    """

    midst = True
    """Whether an episode may begin in its midst, which keeps a policy from leaning on its memory where the page tells
    as much; not for tasks of memory alone, where it asks for what was never shown."""

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
        self.words, self.config = words, config
        self.seed, self.augment = seed, augment
        counts = shelf.counts()
        chances = {task: (weights or {}).get(task, 1.0) / counts[task] for task in sorted(counts)}
        self.sizes: list[_Sized] = []
        for (n, (low, high)), longer in product(enumerate(pairwise(EDGES)), (1, LONGER)):
            held = {
                task: [p for p in shelf.episodes(task) if low <= p.size < high and (p.count > steps) == (longer > 1)]
                for task in chances
            }
            held = {task: found for task, found in held.items() if found}
            if held:
                self.sizes.append(_Sized(held, chances, max(1, (rows >> n) // longer), steps * longer))
        # A batch counts by its mean, however many its rows are.
        odds = np.array([sized.steps for sized in self.sizes])
        self.odds = odds / odds.sum()

    def __getitem__(self, n: int) -> Stretch:
        rng = np.random.default_rng([self.seed, n])
        sized = self.sizes[int(rng.choice(len(self.sizes), p=self.odds))]
        columns = [self._column(sized, rng) for _ in range(sized.rows)]
        rows = [row for column in columns for row, _ in column]
        fresh = np.array([[begins for _, begins in column] for column in columns])
        outcomes = np.array([np.nan if row.outcome is None else row.outcome for row in rows], np.float32)
        return Stretch(*collate_rows(rows, self.config.vocabulary), from_numpy(fresh), from_numpy(outcomes))

    def _column(self, sized: _Sized, rng: np.random.Generator) -> list[tuple[Row, bool]]:
        """Episodes one after the other, until the steps are full; a longer one often begins in its midst."""
        column: list[tuple[Row, bool]] = []
        while len(column) < sized.stretch:
            labels = sized.draw(rng)
            room = sized.stretch - len(column)
            midst = self.midst and len(labels) > room and rng.random() < 0.5
            first = int(rng.integers(len(labels) - room + 1)) if midst else 0
            labels = [drawn(label, rng) for label in labels[first : first + room]]
            chosen = self.augment(labels, rng) if self.augment else labels
            column += [(row_of(label, self.words, self.config), t == 0) for t, label in enumerate(chosen)]
        return column

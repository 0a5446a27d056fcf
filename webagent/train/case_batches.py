"""Batches of cases: as many successes as failures of each of a few tasks, each drawn by its kind first.

So neither what is frequent nor what a task is decides. Batch ``n`` depends on the seed and ``n`` alone, not on how many
processes make batches. The tasks of a batch are neighbours in size, so that little is padding.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import Dataset

from webagent.models.config import PolicyConfig
from webagent.models.histories import Histories, Look, side_by_side
from webagent.models.words import Words

from .cases import Case
from .docket import Filed, Kinds, by_task
from .rows import Label, row_of
from .stretches import Augment

SMALL = 48
"""Positions; a smaller page counts as one of these."""


@dataclass(frozen=True)
class Truth:
    """Of E episodes: ``right`` [E]; ``steps`` [E]; ``helped`` [E, L - 1]: progress of each step, nan where nobody
    knows."""

    right: Tensor
    steps: Tensor
    helped: Tensor


@dataclass(frozen=True)
class CaseBatch:
    """``shown`` [R]: where what was done lies on the way to the goal."""

    histories: Histories
    truth: Truth
    shown: Tensor


def truth_of(cases: Sequence[Case]) -> Truth:
    """What is known of them."""
    helped = [torch.tensor([math.nan if p is None else p for p in case.progress]) for case in cases]
    return Truth(
        torch.tensor([float(case.success) for case in cases]),
        torch.tensor([len(case.actions) for case in cases]),
        pad_sequence(helped, batch_first=True, padding_value=math.nan),
    )


def batch_of(
    cases: Sequence[Case], words: Words, config: PolicyConfig, augment: Augment | None, rng: np.random.Generator
) -> CaseBatch:
    """The cases side by side, changed by ``augment`` in what does not matter."""
    histories = side_by_side([_looks(case, words, config, augment, rng) for case in cases], config.vocabulary)
    truth = truth_of(cases)
    known = histories.rows[:, :-1] >= 0
    shown = torch.zeros(len(histories.flags))
    shown[histories.rows[:, :-1][known]] = (torch.nan_to_num(truth.helped) == 1).float()[known]
    return CaseBatch(histories, truth, shown)


def _looks(
    case: Case, words: Words, config: PolicyConfig, augment: Augment | None, rng: np.random.Generator
) -> list[Look]:
    actions = (*case.actions, None)
    labels = [Label(seen, action, last=last) for seen, action, last in zip(case.seen, actions, (None, *case.actions))]
    rows = [row_of(label, words, config) for label in (augment(labels, rng) if augment else labels)]
    return [
        Look(row.segment, row.choices, row.point, bool(seen.last_error))
        for row, seen in zip(rows, case.seen, strict=True)
    ]


class CaseBatches(Dataset[CaseBatch]):
    """``self[n]``: batch ``n``. ``tasks``: in a batch; ``looks``: about so many in a batch, of large pages fewer."""

    def __init__(
        self,
        docket: Sequence[Filed],
        words: Words,
        config: PolicyConfig,
        *,
        tasks: int,
        looks: int,
        seed: int,
        augment: Augment | None = None,
    ) -> None:
        self.shelf = list(by_task(docket).values())
        self.words, self.config, self.augment = words, config, augment
        self.tasks, self.looks, self.seed = min(tasks, len(self.shelf)), looks, seed

    def __getitem__(self, n: int) -> CaseBatch:
        rng = np.random.default_rng([self.seed, n])
        return batch_of([one.case() for one in self.draw(rng)], self.words, self.config, self.augment, rng)

    def draw(self, rng: np.random.Generator) -> list[Filed]:
        """Pairs of a success and a failure, of each of the batch's tasks in turn."""
        near = min(2 * self.tasks, len(self.shelf))
        first = int(rng.integers(1 - self.tasks, len(self.shelf) - near + self.tasks))  # those at the ends no less
        first = min(max(first, 0), len(self.shelf) - near)
        chosen = [first + int(k) for k in rng.permutation(near)[: self.tasks]]
        found: list[Filed] = []
        room = float(self.looks * SMALL)
        while room > 0:
            for k in chosen:
                pair = [_one(kinds, rng) for kinds in self.shelf[k]]
                found += pair
                room -= sum(one.looks * max(SMALL, one.size) for one in pair)
                if room <= 0:
                    break
        return found


def _one(kinds: Kinds, rng: np.random.Generator) -> Filed:
    held = kinds[sorted(kinds)[int(rng.integers(len(kinds)))]]
    return held[int(rng.integers(len(held)))]

"""Segments side by side as tensors, padded.

Letters as in ``segment``, and B segments, A choices of an action. Everything that is padded has a mask or an index 0
that nothing real uses; the page is element 0 of every segment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .geometry import FRACTIONS, PLACE_NUMBERS, place_numbers
from .grammar import ALIKE, TEXT_KINDS, Choice, Kind
from .segment import FIELDS, NO_AMOUNT, POINT, Segment, own_count

STEP = 8
"""Sizes are padded to multiples of this, so that few shapes occur."""
GROUPS = ((Kind.OP,), (Kind.TARGET,), (Kind.ONTO,), (Kind.GOAL_END,), (Kind.WORD_END,), TEXT_KINDS, (Kind.POINT,))
"""Kinds that are chosen from the same things."""


@dataclass
class Batch:
    """``goal_ids``, ``goal_words``, ``goal_amounts``, ``goal_quantities``, ``goal_mask`` [B, G]; ``kinds``, ``tags``,
    ``parents``, ``quantities`` [B, N];
    ``numbers`` [B, N, F]; ``boxes`` [B, N, 4]; ``pictures`` [B, N, 3 K, CROP, CROP]; ``names``, ``others`` [B, N, W];
    ``element_mask`` [B, N]; and each subword of the page: ``word_ids``, ``word_owner``, ``word_field``, ``word_place``,
    ``word_inner``, ``word_whole``, ``word_words``, ``word_amounts``, ``word_mask`` [B, T]."""

    goal_ids: Tensor
    goal_words: Tensor
    goal_amounts: Tensor
    goal_quantities: Tensor
    goal_mask: Tensor
    kinds: Tensor
    tags: Tensor
    parents: Tensor
    quantities: Tensor
    numbers: Tensor
    boxes: Tensor
    pictures: Tensor
    names: Tensor
    others: Tensor
    element_mask: Tensor
    word_ids: Tensor
    word_owner: Tensor
    word_field: Tensor
    word_place: Tensor
    word_inner: Tensor
    word_whole: Tensor
    word_words: Tensor
    word_amounts: Tensor
    word_mask: Tensor

    def to(self, device: Any) -> Batch:
        moved = {f.name: getattr(self, f.name).to(device, non_blocking=True) for f in fields(self)}
        return replace(self, **moved)

    @property
    def size(self) -> int:
        return int(self.goal_ids.shape[0])


@dataclass
class Answers:
    """What is to be chosen: ``kinds`` [B, A] (-1 behind the end), ``index`` [B, A] (of text: in the joint order of
    ``joint``), ``also`` [B, A, ALIKE]: what would be as right (-1: nothing), ``case`` [B, A]; ``point`` [B, 4]
    fractions, ``point_mask`` [B, 4]; ``weight`` [B]. ``places``: for each of ``GROUPS`` where its kinds stand in [B x
    A] (found here, so that a GPU need not be asked)."""

    kinds: Tensor
    index: Tensor
    also: Tensor
    case: Tensor
    point: Tensor
    point_mask: Tensor
    weight: Tensor
    places: tuple[Tensor, ...]


def collate(segments: Sequence[Segment], step: int = STEP) -> Batch:
    """Pad to the longest, rounded up to multiples of ``step``; an element's numbers are its own and its place's."""
    goals = _padded(max(len(s.goal_ids) for s in segments), step)
    elements = _padded(max(len(s.kinds) for s in segments), step)
    subwords = _padded(max(len(s.word_ids) for s in segments), 4 * step)

    def whole(name: str, room: int, fill: float = 0) -> Any:
        rows = [getattr(s, name) for s in segments]
        table = np.full((len(rows), room, *rows[0].shape[1:]), fill, rows[0].dtype)
        for n, row in enumerate(rows):
            table[n, : len(row)] = row
        return table

    def of(name: str, room: int, fill: float = 0) -> Tensor:
        return torch.from_numpy(whole(name, room, fill))

    def mask(name: str, room: int) -> Tensor:
        lengths = torch.tensor([len(getattr(s, name)) for s in segments])
        return torch.arange(room)[None] < lengths[:, None]

    kinds, parents, boxes = whole("kinds", elements), whole("parents", elements, -1), whole("boxes", elements)
    counts = np.array([len(s.kinds) for s in segments], np.int32)
    numbers = np.concatenate([whole("numbers", elements), place_numbers(boxes, kinds, parents, counts)], 2)
    return Batch(
        goal_ids=of("goal_ids", goals),
        goal_words=of("goal_words", goals),
        goal_amounts=of("goal_amounts", goals),
        goal_quantities=of("goal_quantities", goals, NO_AMOUNT),
        goal_mask=mask("goal_ids", goals),
        kinds=torch.from_numpy(kinds),
        tags=of("tags", elements),
        parents=torch.from_numpy(parents),
        quantities=of("quantities", elements, NO_AMOUNT),
        numbers=torch.from_numpy(numbers),
        boxes=torch.from_numpy(boxes),
        pictures=of("pictures", elements),
        names=of("names", elements),
        others=of("others", elements),
        element_mask=mask("kinds", elements),
        word_ids=of("word_ids", subwords),
        word_owner=of("word_owner", subwords),
        word_field=of("word_field", subwords),
        word_place=of("word_place", subwords),
        word_inner=of("word_inner", subwords),
        word_whole=of("word_whole", subwords),
        word_words=of("word_words", subwords),
        word_amounts=of("word_amounts", subwords),
        word_mask=mask("word_ids", subwords),
    )


def collate_answers(
    answers: Sequence[tuple[Choice, ...]],
    points: Sequence[Sequence[float] | None],
    batch: Batch,
    vocabulary: int,
    weights: Sequence[float] | None = None,
) -> Answers:
    """``answers``: the choices of each row, () where nothing is to be learned. ``points``: of its action, or None."""
    rows, most = len(answers), _padded(max((len(a) for a in answers), default=1), 4)
    kinds = np.full((rows, most), -1, np.int64)
    index, case = np.zeros((rows, most), np.int64), np.zeros((rows, most), np.int64)
    also = np.full((rows, most, ALIKE), -1, np.int64)
    point, known = np.zeros((rows, 4), np.float32), np.zeros((rows, 4), bool)
    for n, row in enumerate(answers):
        for k, choice in enumerate(row):
            kinds[n, k], index[n, k], case[n, k] = choice.kind, joint(choice, batch, vocabulary), choice.case
            also[n, k, : len(choice.also)] = np.array(choice.also, np.int64) + index[n, k] - choice.index
        here = points[n]
        if row and here is not None:
            point[n, : len(here)], known[n, : len(here)] = here, True
    weight = np.array(weights if weights is not None else np.ones(rows), np.float32)
    places = tuple(torch.from_numpy(np.isin(kinds, group).ravel().nonzero()[0]) for group in GROUPS)
    of = torch.from_numpy
    return Answers(of(kinds), of(index), of(also), of(case), of(point), of(known), of(weight), places)


def joint(choice: Choice, batch: Batch, vocabulary: int) -> int:
    """The index of a choice; what a text may begin with shares one range: subwords, goal, names, values, words."""
    return choice.index + offsets(batch, vocabulary)[choice.kind] if choice.kind in TEXT_KINDS else choice.index


def offsets(batch: Batch, vocabulary: int) -> dict[Kind, int]:
    """Where each of ``TEXT_KINDS`` begins in the joint range."""
    goals, elements = batch.goal_ids.shape[1], batch.kinds.shape[1]
    ends = np.cumsum([0, vocabulary, goals, elements, elements])
    return dict(zip(TEXT_KINDS, (int(e) for e in ends)))


def apart(index: int, batch: Batch, vocabulary: int) -> tuple[Kind, int]:
    """The kind and own index of a joint index."""
    starts = offsets(batch, vocabulary)
    kind = max((k for k in TEXT_KINDS if starts[k] <= index), key=lambda k: starts[k])
    return kind, index - starts[kind]


def _padded(length: int, step: int) -> int:
    return max(step, -(-length // step) * step)


FIELD_COUNT = len(FIELDS)


def number_count() -> int:
    """F of a batch: how many numbers an element has."""
    return own_count() + PLACE_NUMBERS


def fractions() -> slice:
    """Which of these are places as fractions: of the last action in its target, of a middle on the page and within the
    parent."""
    return slice(own_count() - POINT, own_count() + FRACTIONS)

"""How two positions of a segment stand to each other: what attention is told beside their contents.

Five tables of categories over goal subwords and elements, [B, S, S] with S = G + N: whether they share words, in what
order they come, how they lie in the tree, where one lies from the other on the screen, and which of two quantities is
the greater. Each category has a learned bias a head. So "the field beside this label", "the button with the goal's
words" and "what is cheaper than this" are one step of attention. How near in meaning their words lie is told besides.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from .batch import Batch
from .config import PolicyConfig
from .likeness import Likeness
from .meanings import Meanings
from .segment import NO_AMOUNT

NEAR = 8
MATCH = 8
ORDER = 1 + 2 * (2 * NEAR + 1)
TREE = 4
RINGS = (4.0, 16.0, 40.0, 100.0)
"""Distances in pixels at which "beside" becomes "near", "off", "far"."""
SIDES = 2 * len(RINGS) + 1
PLACE = 1 + SIDES * SIDES
AMOUNTS_APART = (1, 101, 1001, 10_001)
"""Differences in hundredths from which on a quantity is another, and then further and further off."""
COMPARED = 2 + 2 * len(AMOUNTS_APART)


class Relations(nn.Module):
    """``forward(batch, meanings)`` gives biases [B, H, S, S]."""

    def __init__(self, config: PolicyConfig) -> None:
        super().__init__()
        sizes = {"match": MATCH, "order": ORDER, "tree": TREE, "place": PLACE}
        if config.compares:
            sizes["compared"] = COMPARED
        self.tables = nn.ModuleDict({name: nn.Embedding(size, config.heads) for name, size in sizes.items()})
        for table in self.tables.values():
            assert isinstance(table, nn.Embedding)
            nn.init.normal_(table.weight, std=0.02)
        self.likeness = Likeness(config.heads) if config.meanings else None

    def forward(self, batch: Batch, meanings: Meanings | None = None) -> Tensor:
        biases = (_looked_up(table, TABLES[name](batch)) for name, table in self.tables.items())
        told = functools.reduce(torch.add, biases).permute(0, 3, 1, 2)
        if self.likeness is None or meanings is None:
            return told
        return told + self.likeness(meanings(batch.goal_words), meanings(batch.names), meanings(batch.others))


def _looked_up(table: nn.Module, index: Tensor) -> Tensor:
    """Rows of the table. On a GPU by a product with ones and zeros: gradients of millions of look-ups into a few rows
    would be added up one by one."""
    assert isinstance(table, nn.Embedding)
    if not index.is_cuda:
        return table(index)
    kinds = torch.arange(table.num_embeddings, device=index.device)
    return (index[..., None] == kinds).to(torch.bfloat16) @ table.weight.to(torch.bfloat16)


def match(batch: Batch) -> Tensor:
    """0 nothing; goal and element: 1 a word of its name, 2 of its other texts, 3 its whole name is in the goal; two
    elements: 4 share a word of their names, 5 have the same name, 6 one's name is in the other's texts; 7 two goal
    subwords of equal words."""
    goal, names, others = batch.goal_words, batch.names, batch.others
    shared = _common(goal, names)  # [B, G, N]
    named = names > 0
    inside = (names[:, :, :, None] == goal[:, None, None, :]).any(-1) | ~named
    whole = (inside.all(-1) & named.any(-1))[:, None, :]
    across = torch.where(shared, torch.where(whole, 3, 1), 2 * _common(goal, others).long())
    alike = _pairs(names, names)
    mark = _mark(names)
    same = (mark[:, :, None] == mark[:, None, :]) & (mark > 0)[:, :, None]
    mention = _pairs(names, others)
    mention = mention | mention.transpose(1, 2)
    between = torch.where(same, 5, torch.where(alike, 4, 6 * mention.long()))
    equal = 7 * ((goal[:, :, None] == goal[:, None, :]) & (goal > 0)[:, :, None]).long()
    top = torch.cat([equal, across], 2)
    return torch.cat([top, torch.cat([across.transpose(1, 2), between], 2)], 1)


def _common(goal: Tensor, words: Tensor) -> Tensor:
    """Whether a goal subword's word is among an element's: [B, G, N]."""
    return ((goal[:, :, None, None] == words[:, None]) & (words > 0)[:, None]).any(-1)


def _pairs(a: Tensor, b: Tensor, few: int = 4) -> Tensor:
    """Whether two elements share one of their first words: [B, N, N]."""
    found = torch.zeros(a.shape[0], a.shape[1], b.shape[1], dtype=torch.bool, device=a.device)
    for k in range(min(few, a.shape[2])):
        word = a[:, :, k]
        found |= ((word[:, :, None, None] == b[:, None]).any(-1)) & (word > 0)[:, :, None]
    return found


def _mark(names: Tensor) -> Tensor:
    """One number for a name, 0 for none."""
    weights = torch.arange(1, names.shape[2] + 1, device=names.device).long() * 2_654_435_761
    return (names.long() * weights).sum(-1)


def order(batch: Batch) -> Tensor:
    """How far one comes behind the other, at most ``NEAR``, among goal subwords and among elements; 0 across."""
    goals, elements = batch.goal_ids.shape[1], batch.kinds.shape[1]
    device = batch.goal_ids.device

    def apart(count: int) -> Tensor:
        steps = torch.arange(count, device=device)
        return (steps[None] - steps[:, None]).clamp(-NEAR, NEAR) + NEAR

    whole = torch.zeros(goals + elements, goals + elements, dtype=torch.long, device=device)
    whole[:goals, :goals] = 1 + apart(goals)
    whole[goals:, goals:] = 2 + 2 * NEAR + apart(elements)
    return whole[None]


def tree(batch: Batch) -> Tensor:
    """1 the other is its parent, 2 its child, 3 has the same parent."""
    parents = batch.parents
    numbers = torch.arange(parents.shape[1], device=parents.device)
    up = parents[:, :, None] == numbers[None, None]
    beside = (parents[:, :, None] == parents[:, None]) & (parents >= 0)[:, :, None]
    found = up.long() + 2 * up.transpose(1, 2).long()
    return _elements_only(torch.where(found > 0, found, 3 * beside.long()), batch)


def place(batch: Batch) -> Tensor:
    """In which direction and how far the other's middle lies; 0 for the goal."""
    middle = batch.boxes[:, :, :2] + batch.boxes[:, :, 2:] / 2
    away = middle[:, None] - middle[:, :, None]
    far = sum((away.abs() >= ring).long() for ring in RINGS)
    steps = far * away.sign().long() + len(RINGS)
    return _elements_only(1 + steps[..., 0] * SIDES + steps[..., 1], batch)


def compared(batch: Batch) -> Tensor:
    """0 one of them measures nothing; else the middle one if both measure the same, those before it if the other
    measures less, behind it if more."""
    amounts = torch.cat([batch.goal_quantities, batch.quantities], 1).long()
    known = amounts != NO_AMOUNT
    more = amounts[:, None] - amounts[:, :, None]
    size = more.abs()
    off = sum((size >= apart).long() for apart in AMOUNTS_APART) * more.sign()
    return (1 + len(AMOUNTS_APART) + off) * (known[:, None] & known[:, :, None])


def _elements_only(table: Tensor, batch: Batch) -> Tensor:
    goals = batch.goal_ids.shape[1]
    return functional.pad(table, (goals, 0, goals, 0))


TABLES: dict[str, Callable[[Batch], Tensor]] = {
    "match": match, "order": order, "tree": tree, "place": place, "compared": compared,
}  # fmt: skip

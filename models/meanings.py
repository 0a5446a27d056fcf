"""What words mean: directions that pretrained word vectors give them, so that words never trained on are not unknown.

    Meanings()(hashes)          # of word_hashes [...]: unit vectors [..., MEANING], nought for words that it lacks

The table (``meanings.npz``) is made of GloVe's vectors (Pennington, Socher, Manning: GloVe: Global Vectors for Word
Representation, EMNLP 2014; public domain) by ``python -m webagent.train.meanings``; it is never trained further and not
a part of a checkpoint.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from .geometry import Ints

MEANING = 48
"""Numbers of a direction."""
TABLE = Path(__file__).with_name("meanings.npz")


class Table(NamedTuple):
    """``hashes`` [n] of words, rising; ``directions`` [n, MEANING] in int8, each to be scaled to length 1."""

    hashes: Ints
    directions: np.ndarray[tuple[int, int], np.dtype[np.int8]]


@functools.cache
def meanings_table() -> Table:
    """What ships with the package."""
    with np.load(TABLE) as data:
        return Table(data["hashes"], data["directions"])


class Meanings(nn.Module):
    """``forward(hashes [...])`` gives [..., MEANING]; nought for a word that is not in the table, and for hash 0."""

    known: Tensor
    directions: Tensor

    def __init__(self) -> None:
        super().__init__()
        for name, values in _made().items():
            self.register_buffer(name, values, persistent=False)

    def fill(self) -> None:
        """As it was made: transformers makes modules without their values and fills in what a file holds."""
        for name, values in _made().items():
            getattr(self, name).copy_(values)

    def forward(self, hashes: Tensor) -> Tensor:
        flat = hashes.reshape(-1).to(self.known.dtype)
        at = torch.searchsorted(self.known, flat).clamp_max(len(self.known) - 1)
        row = torch.where(self.known[at] == flat, at, 0)
        return nn.functional.embedding(row, self.directions).view(*hashes.shape, MEANING)


def _made() -> dict[str, Tensor]:
    """Hash 0, which no word has, and its nought before all others."""
    known, directions = meanings_table()
    unit = directions / np.linalg.norm(directions.astype(np.float32), axis=1, keepdims=True)
    return {
        "known": torch.from_numpy(np.concatenate([np.zeros(1, np.int32), known])),
        "directions": torch.from_numpy(np.concatenate([np.zeros((1, MEANING), np.float32), unit])),
    }

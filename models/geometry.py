"""Where elements are, as numbers: on the page, in what surrounds them, and among their like.

Made for all segments of a batch at once, from boxes, kinds and parents alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]

LOW, HIGH = -2.0, 3.0
PLACE_NUMBERS = 2 + 2 + 2 + 2 + 1 + 1 + 12 + 2
FRACTIONS = 4
"""How many of the first of them are a middle's fractions."""


def place_numbers(boxes: Floats, kinds: Ints, parents: Ints, counts: Ints) -> Floats:
    """[B, N, PLACE_NUMBERS]. ``boxes`` [B, N, 4] px, the first one the page's; ``kinds``, ``parents`` [B, N] (a parent
    is an index, -1 for none); ``counts`` [B]: how many of the N are elements."""
    page = np.maximum(boxes[:, :1, 2:], 1)
    size = boxes[..., 2:]
    centres = boxes[..., :2] + size * np.float32(0.5)
    middle = np.clip(centres / page, LOW, HIGH)
    order = np.arange(boxes.shape[1], dtype=np.float32) / np.maximum(counts, 1)[:, None]
    inside = _inside(boxes, centres, parents)
    table: list[npt.NDArray[Any]] = [
        middle,
        inside[..., :2],
        np.clip(size / page, LOW, HIGH),
        np.log1p(np.maximum(size, 0)) / 8,
        np.log(np.maximum(np.hypot(size[..., :1], size[..., 1:]), 1)) / 4,
        order[..., None],
        _ranks(kinds, counts),
        inside[..., 2:],
    ]
    return np.concatenate(table, axis=2, dtype=np.float32)


def _ranks(kinds: Ints, counts: Ints) -> Floats:
    """Where it stands among those of its kind, from the front and from the back, and of how many: [B, N, 12]."""
    there = np.arange(kinds.shape[1]) < counts[:, None]
    alike = (kinds[:, :, None] == kinds[:, None]) & there[:, None]
    many = alike.sum(2)
    before = np.tril(alike, -1).sum(2)
    table = np.stack([before, many - 1 - before, many], 2).astype(np.float32)
    turns = np.float32(np.pi / 16) * table
    return np.concatenate([np.minimum(table, 32) / 32, np.sin(turns), np.cos(turns), np.sin(4 * turns)], axis=2)


def _inside(boxes: Floats, centres: Floats, parents: Ints) -> Floats:
    """Middle and size as fractions of the element around it; nothing for those that stand alone: [B, N, 4]."""
    outer = np.take_along_axis(boxes, np.maximum(parents, 0)[..., None], 1)
    size = np.maximum(outer[..., 2:], 1)
    found = np.concatenate([(centres - outer[..., :2]) / size, boxes[..., 2:] / size], axis=2)
    return np.where(parents[..., None] >= 0, np.clip(found, LOW, HIGH), np.float32(0))

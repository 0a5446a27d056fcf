"""What elements look like: small pictures of them, cut out of the last screen frames.

Their pictures go into the elements' own positions, so that frames cost no further ones; the page's is the whole screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from webagent.envs.types import Frame

from .geometry import Floats, Ints

CROP = 24
"""Width and height of a picture, in its own pixels."""
COLOURS = 3
Pictures = npt.NDArray[np.uint8]


def pictures(frames: Sequence[Frame], boxes: Floats, viewport: tuple[int, int], count: int) -> Pictures:
    """[N, 3 ``count``, CROP, CROP]: what lies in ``boxes`` [N, 4] (px of ``viewport``, width and height) in the last
    ``count`` of ``frames`` (oldest first), the newest first, each pixel the mean of what it covers. 0 beyond the screen
    and where there was no frame yet."""
    found = np.zeros((len(boxes), count, COLOURS, CROP, CROP), np.uint8)
    for n, frame in enumerate(frames[: -count - 1 : -1] if count else ()):
        found[:, n] = _cut_out(frame, boxes * (np.array([frame.width, frame.height] * 2) / (*viewport, *viewport)))
    return found.reshape(len(boxes), count * COLOURS, CROP, CROP)


def _cut_out(frame: Frame, boxes: npt.NDArray[np.float64]) -> Pictures:
    """[N, 3, CROP, CROP] of ``boxes`` in the frame's own pixels."""
    pixels = np.frombuffer(frame.rgb, np.uint8).reshape(frame.height, frame.width, COLOURS)
    sums = np.zeros((frame.height + 1, frame.width + 1, COLOURS), np.int64)
    np.cumsum(np.cumsum(pixels, 0, dtype=np.int64), 1, out=sums[1:, 1:])
    (left, right), (top, bottom) = (
        _edges(boxes[:, k], boxes[:, k + 2], (frame.width, frame.height)[k]) for k in (0, 1)
    )
    rows, below = top[:, :, None], bottom[:, :, None]
    columns, beyond = left[:, None], right[:, None]
    whole = sums[below, beyond] - sums[rows, beyond] - sums[below, columns] + sums[rows, columns]
    area = (below - rows) * (beyond - columns)
    return (whole // np.maximum(area, 1)[..., None]).astype(np.uint8).transpose(0, 3, 1, 2)


def _edges(start: npt.NDArray[np.float64], size: npt.NDArray[np.float64], room: int) -> tuple[Ints, Ints]:
    """Where each of CROP parts begins and ends, [N, CROP] each: a pixel at least, unless it lies beyond the screen."""
    steps = np.clip(start, -1e6, 1e6)[:, None] + np.clip(size, 0, 1e6)[:, None] * np.arange(CROP + 1) / CROP
    whole = np.floor(steps).astype(np.int32)
    ends = np.maximum(whole[:, 1:], whole[:, :-1] + 1)
    return whole[:, :-1].clip(0, room), ends.clip(0, room)


class Sight(nn.Module):
    """From pictures [B, N, 3 K, CROP, CROP] of bytes to [B, N, width]; says nothing at first."""

    def __init__(self, frames: int, width: int) -> None:
        super().__init__()
        sizes = (COLOURS * frames, 32, 64, 64)
        steps = [(nn.Conv2d(a, b, 3, stride=2, padding=1), nn.GELU()) for a, b in pairwise(sizes)]
        self.layers = nn.Sequential(*(layer for step in steps for layer in step), nn.Flatten())
        self.out = nn.Linear(sizes[-1] * (CROP // 2 ** len(steps)) ** 2, width)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, seen: Tensor) -> Tensor:
        level = seen.flatten(0, 1).to(self.out.weight.dtype) / 127.5 - 1
        told: Tensor = self.out(self.layers(level))
        return told.unflatten(0, seen.shape[:2])

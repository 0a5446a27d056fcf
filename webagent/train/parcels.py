"""Many small tensors as one: what a worker process hands over, and a device is sent, in one piece.

    parcel = packed(stretch)              # in the worker
    stretch = unpacked(parcel, "cuda")    # in the process that trains

A batch has some hundred tensors; handed over one by one they cost the receiver seven times as much (docs/LOG.md).
"""

from __future__ import annotations

import io
import pickle
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

ALIGNED = 16
"""Bytes; every tensor begins at a multiple."""


@dataclass(frozen=True)
class Parcel:
    """``frame``: the pickled object, with places in ``content`` [bytes] where its tensors were."""

    frame: bytes
    content: Tensor

    def pin_memory(self) -> Parcel:
        """In memory that a GPU reads by itself, while the processor goes on (a DataLoader asks for it)."""
        return Parcel(self.frame, self.content.pin_memory())


class _Packer(pickle.Pickler):
    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self.parts: list[Any] = []
        self.size = 0

    def persistent_id(self, obj: Any) -> tuple[int, int, torch.dtype, tuple[int, ...]] | None:
        if not isinstance(obj, Tensor):
            return None
        data = obj.detach().contiguous().flatten().view(torch.uint8).numpy()
        begins = self.size
        self.parts += [data, np.zeros(-len(data) % ALIGNED, np.uint8)]
        self.size += -(-len(data) // ALIGNED) * ALIGNED
        return begins, begins + len(data), obj.dtype, tuple(obj.shape)


class _Unpacker(pickle.Unpickler):
    def __init__(self, frame: bytes, content: Tensor) -> None:
        super().__init__(io.BytesIO(frame))
        self.content = content

    def persistent_load(self, pid: tuple[int, int, torch.dtype, tuple[int, ...]]) -> Tensor:
        begins, ends, dtype, shape = pid
        return self.content[begins:ends].view(dtype).view(shape)


def packed(thing: Any) -> Parcel:
    """Anything that can be pickled, its tensors (on the CPU, without gradients) side by side."""
    file = io.BytesIO()
    packer = _Packer(file)
    packer.dump(thing)
    whole = np.concatenate(packer.parts) if packer.parts else np.zeros(0, np.uint8)
    return Parcel(file.getvalue(), torch.from_numpy(whole))


def unpacked(parcel: Parcel, device: torch.device | str = "cpu") -> Any:
    """What was packed, its tensors on ``device``; they share one piece of memory."""
    return _Unpacker(parcel.frame, parcel.content.to(device, non_blocking=True)).load()

"""Numbers and places as waves of many lengths: what lies close together is told apart, and sums are turns.

A network reads a number's digits off waves of periods 10, 100 … and adds by turning them, with far less data than from
digits alone (Fourier number embeddings, Zhou et al. 2025); a place to the pixel off waves an octave apart (Tancik et
al. 2020).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .segment import NO_AMOUNT

PERIODS = (2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 10_000.0)
OCTAVES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
AMOUNTS = 4 + 2 * len(PERIODS)
PLACE_WAVES = 2 * len(OCTAVES)


def amount_waves(hundredths: Tensor) -> Tensor:
    """[..., AMOUNTS] of numbers in hundredths [...]; all 0 where there is none (``NO_AMOUNT``)."""
    known = hundredths != NO_AMOUNT
    exact = torch.where(known, hundredths, 0).double() / 100
    turns = (exact[..., None] / _numbers(PERIODS, exact)).frac().float() * (2 * math.pi)
    value = exact.float()
    sizes = [torch.ones_like(value), value.sign() * value.abs().log1p() / 12, *(_near(value / n) for n in (10, 100))]
    return torch.cat([torch.stack(sizes, -1), turns.sin(), turns.cos()], -1) * known[..., None]


def place_waves(fractions: Tensor) -> Tensor:
    """Sines, then cosines, [..., PLACE_WAVES n] of n fractions [..., n]."""
    turns = (fractions[..., None, :] * (math.pi * _numbers(OCTAVES, fractions))[:, None]).flatten(-2)
    return torch.cat([turns.sin(), turns.cos()], -1)


def _numbers(values: tuple[float, ...], like: Tensor) -> Tensor:
    return torch.tensor(values, dtype=like.dtype).to(like.device, non_blocking=True)


def _near(value: Tensor) -> Tensor:
    return value.clamp(-2, 2)

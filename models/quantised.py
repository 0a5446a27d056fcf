"""A network for a CPU: the trunk's weights in eight bits.

At a few dozen positions a CPU waits for weights, not for sums, so a quarter of the bytes is most of the gain
(docs/LOG.md). Rows of a matrix are scaled once, those of what comes in each time (dynamic quantisation, symmetric).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .network import PolicyNet
from .trunk import EPSILON, Layer, Norm

TOP = 127


class Linear8(nn.Module):
    """``nn.Linear`` without a bias: [..., in] to [..., out]. ``norm``: what would come before it, done in passing: a
    row that is scaled as a whole has the same eight bits."""

    weight: Tensor
    scale: Tensor

    def __init__(self, exact: nn.Linear, norm: Norm | None = None) -> None:
        super().__init__()
        self.normed = norm is not None
        weight = exact.weight.detach() if norm is None else exact.weight.detach() * norm.weight.detach()
        scale = weight.abs().amax(1).clamp_min(1e-8) / TOP
        self.register_buffer("weight", (weight / scale[:, None]).round().to(torch.int8).t())
        self.register_buffer("scale", scale)

    def forward(self, x: Tensor) -> Tensor:
        rows = x.reshape(-1, x.shape[-1])
        unit = rows.abs().amax(1, keepdim=True).clamp_min_(1e-8)
        small = rows.mul(unit.reciprocal().mul_(TOP)).round_().to(torch.int8)
        sums = torch._int_mm(small, self.weight).to(x.dtype)
        unit /= TOP
        if self.normed:
            unit *= rows.square().mean(1, keepdim=True).add_(EPSILON).rsqrt_()
        return sums.mul_(unit).mul_(self.scale).view(*x.shape[:-1], -1)


def quantised(net: PolicyNet) -> PolicyNet:
    """The same network with the trunk's matrices in int8; changed in place, for acting on a CPU.

    Where this build of torch has no fast product of such matrices (oneDNN), it stays as it is.
    """
    if torch.backends.mkldnn.is_available():
        for layer in net.trunk.layers:
            assert isinstance(layer, Layer)
            for name, norm in (("query_key_value", "before_attention"), ("up", "before_forward")):
                setattr(layer, name, Linear8(getattr(layer, name), getattr(layer, norm)))
                setattr(layer, norm, nn.Identity())
            for name in ("out", "down"):
                setattr(layer, name, Linear8(getattr(layer, name)))
    return net

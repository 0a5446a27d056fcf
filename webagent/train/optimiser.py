"""What turns gradients into updates: Muon for the trunk's matrices and AdamW for the rest, or AdamW for all.

Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/; torch's own) makes the update of a matrix nearly
orthogonal, so that no direction is drowned by the large ones. Its steps are scaled to the size that AdamW's have
(Liu et al. 2025, arXiv:2502.16982), so that both go by one learning rate.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

NAMES = ("muon", "adamw")


class Optimiser:
    """The optimisers of a network's parts as one; each group's ``height`` is its learning rate at its height."""

    def __init__(
        self, net: nn.Module, name: str, *, rate: float = 1e-3, gate_rate: float = 1e-2, decay: float = 0.05
    ) -> None:
        parts = _parts(net, name)
        fused = next(net.parameters()).is_cuda
        made = [
            {"params": parts["decayed"], "height": rate, "weight_decay": decay},
            {"params": parts["plain"], "height": rate, "weight_decay": 0.0},
            {"params": parts["gates"], "height": gate_rate, "weight_decay": 0.0},
        ]
        groups = [{**group, "lr": 0.0} for group in made if group["params"]]
        self.parts: list[torch.optim.Optimizer] = [torch.optim.AdamW(groups, betas=(0.9, 0.98), fused=fused)]
        if parts["trunk"]:
            group = {"params": parts["trunk"], "height": rate, "lr": 0.0}
            self.parts.append(torch.optim.Muon([group], weight_decay=decay, adjust_lr_fn="match_rms_adamw"))

    def set_rate(self, part: float) -> None:
        """``part`` of the height for every group."""
        for optimiser in self.parts:
            for group in optimiser.param_groups:
                group["lr"] = group["height"] * part

    def zero_grad(self) -> None:
        for optimiser in self.parts:
            optimiser.zero_grad(set_to_none=True)

    def step(self) -> None:
        for optimiser in self.parts:
            optimiser.step()

    def state(self) -> list[dict[str, Any]]:
        return [optimiser.state_dict() for optimiser in self.parts]

    def load(self, state: list[dict[str, Any]]) -> None:
        for optimiser, one in zip(self.parts, state, strict=True):
            optimiser.load_state_dict(one)


def _parts(net: nn.Module, name: str) -> dict[str, list[nn.Parameter]]:
    """Matrices decay; norms, biases and embeddings do not; gates have a rate of their own."""
    parts: dict[str, list[nn.Parameter]] = {"trunk": [], "decayed": [], "plain": [], "gates": []}
    tables = {id(m.weight) for m in net.modules() if isinstance(m, nn.Embedding)}
    for at, p in net.named_parameters():
        if at.endswith("memory_gate"):
            parts["gates"].append(p)
        elif p.ndim < 2 or id(p) in tables:
            parts["plain"].append(p)
        else:
            parts["trunk" if name == "muon" and at.startswith("trunk.layers") and p.ndim == 2 else "decayed"].append(p)
    return parts

"""How near in meaning the words of two positions lie: biases for attention beside those of ``relations``."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

BENDS = (0.4, 0.7)
"""Cosines from which on words are akin, and then much the same."""
PAIRS = ("goals", "goal_name", "goal_text", "name_goal", "text_goal", "names")


class Likeness(nn.Module):
    """``forward`` of what the goal's subwords [B, G, M] and the words of elements' names and of their other texts
    [B, N, W, M] mean gives biases [B, H, S, S], S = G + N. A goal's word and an element are as near as the nearest of
    its words, two elements as their names' words taken together. All of it counts for nought at first."""

    def __init__(self, heads: int) -> None:
        super().__init__()
        self.weights = nn.ParameterDict({pair: torch.zeros(1 + len(BENDS), heads) for pair in PAIRS})

    def forward(self, goal: Tensor, names: Tensor, texts: Tensor) -> Tensor:
        named, told = _nearest(goal, names), _nearest(goal, texts)
        together = functional.normalize(names.sum(2), dim=-1)
        above = [self._bias("goals", goal @ goal.mT), self._bias("goal_name", named) + self._bias("goal_text", told)]
        below = [
            self._bias("name_goal", named.mT) + self._bias("text_goal", told.mT),
            self._bias("names", together @ together.mT),
        ]
        return torch.cat([torch.cat(above, 2), torch.cat(below, 2)], 1).permute(0, 3, 1, 2)

    def _bias(self, pair: str, cosines: Tensor) -> Tensor:
        """[B, X, Y, H]."""
        parts = [cosines, *((cosines - bend).clamp_min(0) for bend in BENDS)]
        return torch.stack(parts, -1) @ self.weights[pair].to(cosines.dtype)


def _nearest(goal: Tensor, words: Tensor) -> Tensor:
    """The greatest cosine of a goal subword's word with one of an element's: [B, G, N]."""
    size, elements, room, _ = words.shape
    return (goal @ words.flatten(1, 2).mT).view(size, -1, elements, room).amax(-1)

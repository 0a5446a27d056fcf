"""Where in its target an action points: four coordinates, of which a click uses the first two.

Each is told by two hands. One chooses between places (a third of them inside the target): what was learned by heart.
The other works a point out: heads of attention over the middles of all elements, each turned and stretched by a matrix,
summed and moved. So the middle between two dots, or a place so far beside a mark, is exact to the pixel wherever these
lie, and is learned once for all places. Both give a likelihood, and so does their mixture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from .config import PolicyConfig

HEADS, DEPTH = 4, 32
FARTHEST = 12.0
"""How many sizes of its target away from its middle a point may lie."""
REACH = 1.5
UNIT = 100.0
"""Pixels in which points are worked out."""
NARROWEST, WIDEST = 0.1, 60.0
"""Of the scale of a worked out coordinate's error, in places."""


def flat(point: Tensor) -> Tensor:
    """Fractions of a target's box in [0, 1]: even inside the box (a third of all), by the logarithm outside."""
    off = (point - 0.5).clamp(-FARTHEST, FARTHEST)
    beyond = (off.abs() - 0.5).clamp_min(0)
    return (off.clamp(-0.5, 0.5) + off.sign() * torch.log1p(4 * beyond) / 4) / (2 * REACH) + 0.5


def unflat(place: Tensor) -> Tensor:
    """The inverse of ``flat``."""
    off = (place - 0.5) * (2 * REACH)
    beyond = (off.abs() - 0.5).clamp_min(0)
    return off.clamp(-0.5, 0.5) + off.sign() * torch.expm1(4 * beyond) / 4 + 0.5


@dataclass
class Pointed:
    """Of n actions: ``logs`` [n, 4, places]; ``middle`` [n, 4], the worked out point, and ``scale`` [n, 4] of its error
    (Laplace), in places; ``share`` [n, 4]: log-odds of the second hand."""

    logs: Tensor
    middle: Tensor
    scale: Tensor
    share: Tensor

    def surprise(self, point: Tensor) -> Tensor:
        """-log of the likelihood of ``point`` [n, 4] (fractions), for each coordinate, [n, 4]. By heart, a coordinate
        between two places is told by both, the nearer one more (distribution focal loss, Li et al. 2020)."""
        last = self.logs.shape[-1] - 1
        place = flat(point).clamp(0, 1) * last
        low = place.long().clamp_max(last - 1)
        parts = torch.stack([1 - (place - low), place - low], -1)
        known = (self.logs.gather(2, torch.stack([low, low + 1], -1)) * parts).sum(-1)
        # Its gradient does not grow as the scale shrinks, or sure points would drown everything else.
        calm = self.scale.detach().clamp_max(1)
        middle = self.middle * calm + self.middle.detach() * (1 - calm)
        worked_out = -(place - middle).abs() / self.scale - torch.log(2 * self.scale)
        hands = functional.logsigmoid(-self.share) + known, functional.logsigmoid(self.share) + worked_out
        return -torch.logaddexp(*hands)

    def likeliest(self) -> Tensor:
        """Fractions [n, 4]: the worked out point where its peak is the higher one, else the likeliest place, drawn
        towards its likelier neighbour."""
        chances = functional.pad(self.logs.exp(), (1, 1))
        best = chances.argmax(-1, keepdim=True)
        near = torch.cat([best - 1, best, best + 1], -1)
        weights = chances.gather(-1, near)
        known = ((near - 1) * weights).sum(-1) / weights.sum(-1)
        higher = torch.sigmoid(self.share) / (2 * self.scale) > torch.sigmoid(-self.share) * weights[..., 1]
        return unflat(torch.where(higher, self.middle, known) / (self.logs.shape[-1] - 1))


class Points(nn.Module):
    """Scores of points from the states behind all other choices of an action."""

    def __init__(self, config: PolicyConfig) -> None:
        super().__init__()
        width, self.bins = config.width, config.point_bins
        self.known = nn.Linear(width, 4 * self.bins)
        self.query, self.key = nn.Linear(width, HEADS * DEPTH), nn.Linear(width, HEADS * DEPTH)
        self.turn, self.shift = nn.Linear(width, 2 * HEADS * 4), nn.Linear(width, 4)
        self.scale, self.share = nn.Linear(width, 4), nn.Linear(width, 4)
        with torch.no_grad():
            for layer in (self.turn, self.shift, self.scale, self.share):
                layer.weight.mul_(0.1)
            self.turn.bias.copy_((torch.eye(2) / HEADS).expand(2, HEADS, 2, 2).flatten())
            self.scale.bias.fill_(math.log(10))

    def forward(self, states: Tensor, elements: Tensor, mask: Tensor, boxes: Tensor, ends: Tensor) -> Pointed:
        """``states`` [n, width] behind all other choices; ``elements`` [n, N, width], ``mask`` [n, N], ``boxes`` [n, N,
        4] px; ``ends`` [n, 2]: the elements within which the first and the second point are told."""
        rows = len(states)
        exact = states.float()
        own = torch.gather(boxes, 1, ends[..., None].expand(-1, -1, 4)).float()
        sizes = own[..., 2:].clamp_min(1)
        middles = own[..., :2] + own[..., 2:] / 2
        looks = self.query(states).view(rows, HEADS, DEPTH) / math.sqrt(DEPTH)
        keys = self.key(elements).unflatten(-1, (HEADS, DEPTH))
        scores = torch.einsum("nhd,nehd->nhe", looks, keys).float().masked_fill(~mask[:, None], -math.inf)
        centres = (boxes[..., :2] + boxes[..., 2:] / 2).float()
        # Seen from each end's own middle: [n, 2, HEADS, 2]
        found = (torch.softmax(scores, -1) @ centres)[:, None] - middles[:, :, None]
        turned = torch.einsum("nkhab,nkhb->nka", _exact(self.turn, exact).view(rows, 2, HEADS, 2, 2), found / UNIT)
        away = (turned + _exact(self.shift, exact).view(rows, 2, 2) * 0.1) * UNIT / sizes
        return Pointed(
            logs=torch.log_softmax(self.known(states).unflatten(-1, (4, self.bins)).float(), -1),
            middle=flat(away + 0.5).flatten(1) * (self.bins - 1),
            scale=NARROWEST + _exact(self.scale, exact).exp().clamp_max(WIDEST),
            share=_exact(self.share, exact),
        )


def _exact(layer: nn.Linear, x: Tensor) -> Tensor:
    """In fp32, whatever its weights are kept in."""
    return functional.linear(x, layer.weight.float(), layer.bias.float())

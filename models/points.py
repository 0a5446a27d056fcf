"""Where in its target an action points: two points, of which a click uses the first.

A point is known by heart, its coordinates chosen between places (a third of them inside the target), or is worked out
in one of a few ways: heads of attention over the middles of all elements, each turned and stretched by a matrix, summed
and moved. So the middle between two dots, or a place so far beside a mark, is exact to the pixel wherever these lie,
and is learned once for all places. All of these give a likelihood, and so does their mixture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from webagent.envs.types import Action

from .config import PolicyConfig
from .grammar import Choice, Unspeakable, spell
from .segment import Segment
from .words import Words

HEADS, DEPTH = 4, 32
WAYS = 4
SPREAD = 0.2
"""Standard deviation of the ways' matrices at first, so that they differ."""
FARTHEST = 12.0
"""How many sizes of its target away from its middle a point may lie."""
REACH = 1.5
MIDDLE = (0.5, 0.5)
UNIT = 100.0
"""Pixels in which points are worked out."""
NARROWEST, WIDEST = 0.1, 60.0
"""Of the scale of a worked out coordinate's error, in places."""
WOBBLE = 0.5
"""Least scale of a point that is drawn, in places: a sharper one tries nothing out."""


def spoken(
    action: Action, segment: Segment, words: Words, most: int = 48
) -> tuple[tuple[Choice, ...], tuple[float, ...] | None]:
    """The choices of ``action`` and its point; () and None if the policy could never say it (see ``grammar.spell``)."""
    point = action.point
    if action.op == "drag" and point is not None and len(point) == 2:
        point = (*MIDDLE, *point)  # where it goes to; it is taken by its middle
    if point is not None and any(abs(p - 0.5) >= FARTHEST for p in point):
        return (), None
    try:
        return spell(action, segment, words, most), point
    except Unspeakable:
        return (), None


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
    """Of n actions, for the two points (4 coordinates) of each: ``logs`` [n, 4, places]; ``middles`` [n, 2, WAYS, 2],
    the points that are worked out, and ``scales`` [n, 2, WAYS, 2] of their errors (Laplace), in places; ``shares`` [n,
    2, WAYS + 1]: log-probabilities of each way, knowing by heart the last."""

    logs: Tensor
    middles: Tensor
    scales: Tensor
    shares: Tensor

    def surprise(self, point: Tensor) -> Tensor:
        """-log of the likelihood of ``point`` [n, 4] (fractions), for each of the two, [n, 2]. By heart, a coordinate
        between two places is told by both, the nearer one more (distribution focal loss, Li et al. 2020)."""
        last = self.logs.shape[-1] - 1
        place = flat(point).clamp(0, 1) * last
        low = place.long().clamp_max(last - 1)
        parts = torch.stack([1 - (place - low), place - low], -1)
        known = (self.logs.gather(2, torch.stack([low, low + 1], -1)) * parts).sum(-1).unflatten(1, (2, 2)).sum(-1)
        # The gradient does not grow as the scale shrinks, or sure points would drown everything else.
        calm = self.scales.detach().clamp_max(1)
        middles = self.middles * calm + self.middles.detach() * (1 - calm)
        away = (place.unflatten(1, (2, 1, 2)) - middles).abs()
        worked_out = (-away / self.scales - torch.log(2 * self.scales)).sum(-1)
        return -torch.logsumexp(self.shares + torch.cat([worked_out, known[..., None]], -1), -1)

    def likeliest(self) -> Tensor:
        """Fractions [n, 4]: the worked out point with the highest peak, or the likeliest places, each drawn towards its
        likelier neighbour, where these are likelier still."""
        known, by_heart = self._by_heart()
        way = (self.shares + torch.cat([-torch.log(2 * self.scales).sum(-1), by_heart], -1)).argmax(-1)
        found = torch.cat([self.middles, known], 2).gather(2, way[..., None, None].expand(-1, -1, 1, 2))
        return unflat(found.flatten(1) / (self.logs.shape[-1] - 1))

    def ways(self) -> Tensor:
        """Fractions [n, 2, WAYS + 1, 2]: for each of the two points, one by every way, in the order of ``shares``."""
        return unflat(torch.cat([self.middles, self._by_heart()[0]], 2) / (self.logs.shape[-1] - 1))

    def _by_heart(self) -> tuple[Tensor, Tensor]:
        """The likeliest places [n, 2, 1, 2], and how likely they are, [n, 2, 1]."""
        chances = functional.pad(self.logs.exp(), (1, 1))
        best = chances.argmax(-1, keepdim=True)
        near = torch.cat([best - 1, best, best + 1], -1)
        weights = chances.gather(-1, near)
        known = (((near - 1) * weights).sum(-1) / weights.sum(-1)).unflatten(1, (2, 1, 2))
        return known, weights[..., 1].log().unflatten(1, (2, 2)).sum(-1, keepdim=True)

    def draw(self, temperature: float, generator: torch.Generator | None = None) -> Tensor:
        """Places [n, 4] by chance, of the density that ``logprob`` gives; ``fractions_of`` tells where they are."""
        shares, logs, scales = self._tempered(temperature)
        rows = torch.arange(len(logs), device=logs.device)[:, None]
        way = torch.multinomial(shares.exp().flatten(0, 1), 1, generator=generator).view(-1, 2)
        known = torch.multinomial(logs.exp().flatten(0, 1), 1, generator=generator).view(-1, 2, 2).to(logs.dtype)
        chance = torch.rand(2, len(logs), 2, 2, device=logs.device, generator=generator) - 0.5
        known = known + chance[0] * (1 - 1e-4)  # anywhere around a place that is nearest to it
        worked = way.clamp_max(WAYS - 1)
        middle, scale = (of[rows, torch.arange(2, device=logs.device), worked] for of in (self.middles, scales))
        laplace = middle - scale * chance[1].sign() * torch.log1p(-2 * chance[1].abs().clamp_max(0.4999999))
        return torch.where((way < WAYS)[..., None], laplace, known).flatten(1)

    def logprob(self, places: Tensor, temperature: float) -> Tensor:
        """Log-density of each of the two points that ``draw`` gave, [n, 2], a unit being one place."""
        shares, logs, scales = self._tempered(temperature)
        nearest = places.round().clamp(0, logs.shape[-1] - 1)
        known = logs.gather(2, nearest.long()[..., None])[..., 0]
        known = known.masked_fill((places - nearest).abs() > 0.5, -math.inf).unflatten(1, (2, 2)).sum(-1)
        away = (places.unflatten(1, (2, 1, 2)) - self.middles).abs()
        worked_out = (-away / scales - torch.log(2 * scales)).sum(-1)
        return torch.logsumexp(shares + torch.cat([worked_out, known[..., None]], -1), -1)

    def _tempered(self, temperature: float) -> tuple[Tensor, Tensor, Tensor]:
        """Shares, logs and scales at a temperature."""
        scales = (self.scales * temperature).clamp_min(WOBBLE)
        return (self.shares / temperature).log_softmax(-1), (self.logs / temperature).log_softmax(-1), scales

    def fractions_of(self, places: Tensor) -> Tensor:
        """Fractions [n, 4] of the targets' boxes; a place beyond the last is the last."""
        last = self.logs.shape[-1] - 1
        return unflat(places.clamp(0, last) / last)


class Points(nn.Module):
    """Scores of points from the states behind all other choices of an action; in fp32 wherever it runs: pixels are
    small."""

    def __init__(self, config: PolicyConfig, numbers: int) -> None:
        super().__init__()
        width, self.bins = config.width, config.point_bins
        self.known = nn.Linear(width, 4 * self.bins)
        self.query, self.key = nn.Linear(width, HEADS * DEPTH), nn.Linear(width, HEADS * DEPTH)
        self.number_key = nn.Linear(numbers, HEADS * DEPTH, bias=False)
        self.turn, self.shift = nn.Linear(width, 2 * WAYS * HEADS * 4), nn.Linear(width, 2 * WAYS * 2)
        self.scale, self.share = nn.Linear(width, 2 * WAYS * 2), nn.Linear(width, 2 * (WAYS + 1))
        with torch.no_grad():
            for layer in (self.turn, self.shift, self.scale, self.share):
                layer.weight.mul_(0.1)
            start = torch.eye(2) / HEADS + torch.randn(2, WAYS, HEADS, 2, 2) * SPREAD
            self.turn.bias.copy_(start.flatten())
            self.scale.bias.fill_(math.log(10))

    def forward(
        self, states: Tensor, elements: Tensor, numbers: Tensor, mask: Tensor, boxes: Tensor, ends: Tensor
    ) -> Pointed:
        """``states`` [n, width] behind all other choices; ``elements`` [n, N, width] behind the trunk, ``numbers`` [n,
        N, F] of their own (lengths among them), ``mask`` [n, N], ``boxes`` [n, N, 4] px; ``ends`` [n, 2]: the elements
        within which the first and the second point are told."""
        rows, exact = len(states), states.float()
        own = torch.gather(boxes, 1, ends[..., None].expand(-1, -1, 4)).float()
        middles = own[..., :2] + own[..., 2:] / 2
        queries = self.query(exact).view(rows, HEADS, DEPTH) / math.sqrt(DEPTH)
        keys = (self.key(elements.float()) + self.number_key(numbers.float())).unflatten(-1, (HEADS, DEPTH))
        scores = torch.einsum("nhd,nehd->nhe", queries, keys).masked_fill(~mask[:, None], -math.inf)
        centres = (boxes[..., :2] + boxes[..., 2:] / 2).float()
        # Seen from each end's own middle: [n, 2, HEADS, 2]
        found = ((torch.softmax(scores, -1) @ centres)[:, None] - middles[:, :, None]) / UNIT
        turned = torch.einsum("nkwhab,nkhb->nkwa", self.turn(exact).view(rows, 2, WAYS, HEADS, 2, 2), found)
        moved = turned + 0.1 * self.shift(exact).view(rows, 2, WAYS, 2)
        places = flat(moved * UNIT / own[:, :, None, 2:].clamp_min(1) + 0.5) * (self.bins - 1)
        scales = NARROWEST + self.scale(exact).view(rows, 2, WAYS, 2).exp().clamp_max(WIDEST)
        return Pointed(
            logs=torch.log_softmax(self.known(exact).unflatten(-1, (4, self.bins)), -1),
            middles=places,
            scales=scales,
            shares=torch.log_softmax(self.share(exact).view(rows, 2, WAYS + 1), -1),
        )

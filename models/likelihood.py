"""How likely a policy finds what it said by chance: what policy gradients are made of.

    found = likelihood(net, batch, answers, Resumed(memory, fresh), temperature)

The counterpart of ``decode`` with a ``Chooser`` that draws: the same choices are open, at the same temperature, so for
the weights that drew an action ``logprob`` is the decision's own. Unlike ``losses.surprise`` it counts the exact choice
that was made (not what would have been as right), the case of copied spans, and the density of the exact point.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .batch import Answers, Batch
from .decode import aimed_at_something, behind_start, lines_of
from .grammar import Kind
from .losses import choices_of, points_along, scores_along, states_along
from .network import Past, PolicyNet


@dataclass
class Likelihood:
    """``logprob`` [R] of each row's action, nats; 0 where it has none. ``entropy`` [R]: of the choices on the way to
    it, on average (a sum would be sought by long texts), points left out. ``value`` [R]: the chance of success
    that the value head tells, in [0, 1]. ``tail``: keys and values for the memory."""

    logprob: Tensor
    entropy: Tensor
    value: Tensor
    tail: list[tuple[Tensor, Tensor]]


def likelihood(net: PolicyNet, batch: Batch, answers: Answers, memory: Past, temperature: float = 1.0) -> Likelihood:
    """Score ``answers``, whose ``point`` holds places (``Decision.places``); ``memory`` as in ``PolicyNet.read``."""
    kinds, own = choices_of(answers, batch, net.config.vocabulary)
    reading = net.read(batch, memory, (kinds, own))
    states = states_along(net, reading, answers)
    most = states.shape[1]
    logprob = torch.zeros(answers.kinds.numel(), device=states.device)
    entropy = torch.zeros_like(logprob)
    for group, places, scores in scores_along(net, states, reading, answers):
        rows, at = places // most, places % most
        scores = _open(group[0], scores, own, batch, rows, at)
        logs = torch.log_softmax(scores / temperature, -1)
        chosen = answers.index[rows, at]
        logprob = logprob.index_put((places,), logs.gather(1, chosen[:, None])[:, 0])
        entropy = entropy.index_put((places,), _entropy(logs))
    logprob, entropy = (of.view_as(answers.kinds).sum(1) for of in (logprob, entropy))
    ends = (answers.kinds == Kind.GOAL_END) | (answers.kinds == Kind.WORD_END)
    cases = torch.log_softmax(net.case(states).float() / temperature, -1)
    said = cases.gather(2, answers.case[..., None])[..., 0]
    pointed = points_along(net, states, reading, answers).logprob(answers.point, temperature)
    pointed = torch.where(answers.point_mask[:, ::2], pointed, 0.0)
    return Likelihood(
        logprob=logprob + (said * ends).sum(1) + pointed.sum(1),
        entropy=(entropy + (_entropy(cases) * ends).sum(1)) / (answers.kinds >= 0).sum(1).clamp_min(1),
        value=(1 + torch.tanh(net.value(reading.start)[:, 0].float())) / 2,
        tail=net.tail(reading),
    )


def _open(kind: Kind, scores: Tensor, own: Tensor, batch: Batch, rows: Tensor, at: Tensor) -> Tensor:
    """Scores [n, choices] of what may be chosen at places ``at`` of ``rows`` [n], the rest closed as in ``decode``;
    ``own`` [B, A]: each choice's own index."""
    if kind == Kind.TARGET:
        return aimed_at_something(scores, own[rows, 0])
    if kind in (Kind.GOAL_END, Kind.WORD_END):
        first = own[rows, at - 1]
        return behind_start(scores, first, lines_of(batch)[rows] if kind == Kind.WORD_END else None)
    return scores


def _entropy(logs: Tensor) -> Tensor:
    """Of log-probabilities [..., choices], nats; what is closed has none."""
    return -(logs.exp() * logs.masked_fill(logs == -torch.inf, 0.0)).sum(-1)

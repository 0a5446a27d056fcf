"""What a policy is trained on: how unlikely it finds the right choices."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from .batch import GROUPS, Answers, Batch, offsets
from .grammar import TEXT_KINDS, Kind
from .network import Past, PolicyNet, Reading
from .points import Pointed


@dataclass
class Surprise:
    """``nll`` [B]: -log p of each row's action (its choices, and its point's cross-entropy), nats. ``first_wrong`` [B]:
    whether any choice was not the likeliest one. ``start``, ``end`` [B, width]: the state where the action begins, and
    the one behind its last choice (where nothing is said, where it would begin). ``tail``: keys and values for the
    memory."""

    nll: Tensor
    first_wrong: Tensor
    start: Tensor
    end: Tensor
    tail: list[tuple[Tensor, Tensor]]


def surprise(net: PolicyNet, batch: Batch, answers: Answers, memory: Past) -> Surprise:
    """Score ``answers`` with every earlier choice given, in one pass through the trunk; ``memory`` as in ``read``."""
    return surprised(net, net.read(batch, memory, choices_of(answers, batch, net.config.vocabulary)), answers)


def surprised(net: PolicyNet, reading: Reading, answers: Answers) -> Surprise:
    """The same where the choices were read along already: ``reading.after``."""
    states = states_along(net, reading, answers)
    right, also = answers.index.flatten(), answers.also.flatten(0, 1)
    scored = torch.zeros(right.shape, dtype=torch.float32, device=right.device)
    wrong = torch.zeros(right.shape, dtype=torch.bool, device=right.device)
    for _, places, scores in scores_along(net, states, reading, answers):
        index = torch.cat([right[places, None], also[places]], 1)
        logs = torch.log_softmax(scores, -1).gather(1, index.clamp_min(0)).masked_fill(index < 0, -math.inf)
        scored = scored.index_put((places,), -logs.logsumexp(1))
        wrong[places] = (scores.argmax(-1, keepdim=True) != index).all(1)
    ends = (answers.kinds == Kind.GOAL_END) | (answers.kinds == Kind.WORD_END)
    cases = functional.cross_entropy(net.case(states).float().flatten(0, 1), answers.case.flatten(), reduction="none")
    scored, wrong = (scored + cases * ends.flatten()).view_as(ends), wrong.view_as(ends)
    count = (answers.kinds >= 0).sum(1)
    last = reading.after[torch.arange(len(count), device=count.device), (count - 1).clamp_min(0)]
    end = torch.where(count[:, None] > 0, last, reading.start)
    nll = scored.sum(1) + _point_loss(net, states, reading, answers)
    return Surprise(nll, wrong.any(1), reading.start, end, net.tail(reading))


def states_along(net: PolicyNet, reading: Reading, answers: Answers) -> Tensor:
    """The states [B, A, width] from which each choice of ``answers`` is made, all before it given."""
    states = torch.cat([reading.start[:, None], reading.after[:, :-1]], 1)
    aimed = net.aimed(reading.start, answers.index[:, 0] * (answers.kinds[:, 0] == Kind.OP))
    second = torch.where((answers.kinds[:, 1] == Kind.TARGET)[:, None], aimed, states[:, 1])
    return torch.cat([states[:, :1], second[:, None], states[:, 2:]], 1)


def scores_along(
    net: PolicyNet, states: Tensor, reading: Reading, answers: Answers
) -> Iterator[tuple[tuple[Kind, ...], Tensor, Tensor]]:
    """Each group of kinds that occurs, its places in [B x A] and their scores [n, choices]."""
    for group, places in zip(GROUPS, answers.places):
        if not len(places):
            continue
        if group == TEXT_KINDS:
            yield group, places, net.texts(states, reading, places)
        elif group == (Kind.OP,):
            yield group, places, net.op(states.flatten(0, 1)[places]).float()
        elif group == (Kind.POINT,):
            rows = places // states.shape[1]
            yield group, places, net.pointed(states[rows, 1], reading.elements[rows, answers.index[rows, 1]])
        else:
            yield group, places, net.point_at(group[0], states, reading).flatten(0, 1)[places]


def _point_loss(net: PolicyNet, states: Tensor, reading: Reading, answers: Answers) -> Tensor:
    """[B]; 0 where an action has no point."""
    pointed = points_along(net, states, reading, answers)
    return (pointed.surprise(answers.point) * answers.point_mask[:, ::2]).sum(1)


def points_along(net: PolicyNet, states: Tensor, reading: Reading, answers: Answers) -> Pointed:
    """Where each row's action points."""
    rows = torch.arange(len(states), device=states.device)
    last = (answers.kinds == Kind.POINT).long().argmax(1)
    target, onto = (((answers.kinds == kind) * answers.index).sum(1) for kind in (Kind.TARGET, Kind.ONTO))
    return net.point(states[rows, last], reading, target, onto)


def choices_of(answers: Answers, batch: Batch, vocabulary: int) -> tuple[Tensor, Tensor]:
    """The choices as ``PolicyNet.read`` takes them: kinds, and joint indices of text back to each kind's own."""
    own = answers.index.clone()
    for kind, start in offsets(batch, vocabulary).items():
        own = torch.where(answers.kinds == kind, answers.index - start, own)
    return answers.kinds, own

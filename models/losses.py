"""What a policy is trained on: how unlikely it finds the right choices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from .batch import GROUPS, Answers, Batch, flat, offsets
from .grammar import TEXT_KINDS, Kind
from .network import PolicyNet, Reading
from .trunk import Memory


@dataclass
class Surprise:
    """``nll`` [B]: -log p of each row's action (its choices, and the bins of its point), nats. ``rest`` [B]: the mean
    distance from the true place in the right bin, as a part of a bin. ``first_wrong`` [B]: whether any choice was not
    the likeliest one. ``start`` [B, width]: the state where the action begins. ``tail``, ``used``: keys and values of
    the action's beginning, for the memory."""

    nll: Tensor
    rest: Tensor
    first_wrong: Tensor
    start: Tensor
    tail: list[tuple[Tensor, Tensor]]
    used: Tensor


def surprise(net: PolicyNet, batch: Batch, answers: Answers, memory: Memory) -> Surprise:
    """Score ``answers`` with every earlier choice given, in one pass through the trunk."""
    reading = net.read(batch, memory, (answers.kinds, _own_index(answers, batch, net.config.vocabulary)))
    states = torch.cat([reading.start[:, None], reading.after[:, :-1]], 1)
    aimed = net.aimed(reading.start, answers.index[:, 0] * (answers.kinds[:, 0] == Kind.OP))
    second = torch.where((answers.kinds[:, 1] == Kind.TARGET)[:, None], aimed, states[:, 1])
    states = torch.cat([states[:, :1], second[:, None], states[:, 2:]], 1)
    right = answers.index.flatten()
    scored = torch.zeros(right.shape, dtype=torch.float32, device=right.device)
    wrong = torch.zeros(right.shape, dtype=torch.bool, device=right.device)
    for places, scores in _scores(net, states, reading, answers):
        scored = scored.index_put((places,), functional.cross_entropy(scores, right[places], reduction="none"))
        wrong[places] = scores.argmax(-1) != right[places]
    ends = (answers.kinds == Kind.GOAL_END) | (answers.kinds == Kind.WORD_END)
    cases = functional.cross_entropy(net.case(states).float().flatten(0, 1), answers.case.flatten(), reduction="none")
    scored, wrong = (scored + cases * ends.flatten()).view_as(ends), wrong.view_as(ends)
    bins, rest = _point_loss(net, states, answers)
    tail = net.tail(reading, reading.said)
    used = torch.ones(len(scored), net.trunk.kept, dtype=torch.bool, device=scored.device)
    used[:, -2:] = answers.kinds[:, :2] >= 0
    return Surprise(scored.sum(1) + bins, rest, wrong.any(1), reading.start, tail, used)


def _scores(net: PolicyNet, states: Tensor, reading: Reading, answers: Answers) -> Iterator[tuple[Tensor, Tensor]]:
    """For each group of kinds that occurs: its places in [B x A] and their scores [n, choices]."""
    for group, places in zip(GROUPS, answers.places):
        if not len(places):
            continue
        if group == TEXT_KINDS:
            yield places, net.texts(states, reading, places)
        elif group == (Kind.OP,):
            yield places, net.op(states.flatten(0, 1)[places]).float()
        elif group == (Kind.POINT,):
            yield places, net.use_point(states.flatten(0, 1)[places]).float()
        else:
            yield places, net.point_at(group[0], states, reading).flatten(0, 1)[places]


def _point_loss(net: PolicyNet, states: Tensor, answers: Answers) -> tuple[Tensor, Tensor]:
    """[B] each; 0 where an action has no point."""
    last = (answers.kinds == Kind.POINT).long().argmax(1)
    _, scores, rest = net.points(states[torch.arange(len(last), device=last.device), last])
    place = flat(answers.point).clamp(0, 1 - 1e-6) * net.config.point_bins
    right = place.long()
    bins = functional.cross_entropy(scores.flatten(0, 1), right.flatten(), reduction="none").view_as(place)
    off = (rest.gather(2, right[..., None])[..., 0] - (place - right)).abs()
    known = answers.point_mask.float()
    return (bins * known).sum(1), (off * known).sum(1)


def _own_index(answers: Answers, batch: Batch, vocabulary: int) -> Tensor:
    """Joint indices of text back to each kind's own."""
    own = answers.index.clone()
    for kind, start in offsets(batch, vocabulary).items():
        own = torch.where(answers.kinds == kind, answers.index - start, own)
    return own

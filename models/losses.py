"""What a policy is trained on: how unlikely it finds the right choices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from .batch import Answers, flat, offsets
from .grammar import TEXT_KINDS, Kind
from .network import PolicyNet, Reading
from .trunk import Memory

POINTED_AT = (Kind.TARGET, Kind.ONTO, Kind.GOAL_END, Kind.WORD_END)


@dataclass
class Surprise:
    """``nll`` [B]: -log p of each row's action (its choices, and the bins of its point), nats. ``rest`` [B]: the mean
    distance from the true place in the right bin, as a part of a bin. ``first_wrong`` [B]: whether any choice was not
    the likeliest one. ``tail``, ``used``: keys and values of the action's beginning, for the memory."""

    nll: Tensor
    rest: Tensor
    first_wrong: Tensor
    tail: list[tuple[Tensor, Tensor]]
    used: Tensor


def surprise(net: PolicyNet, reading: Reading, answers: Answers, memory: Memory) -> Surprise:
    """Score ``answers`` with every earlier choice given."""
    own = _own_index(answers, reading, net.config.vocabulary)
    made = net.inputs(reading, answers.kinds, own)
    after, pairs = net.go_on(reading, made, memory)
    states = torch.cat([reading.start[:, None], after[:, :-1]], 1)
    scored = states.new_zeros(answers.kinds.shape, dtype=torch.float32)
    wrong = torch.zeros(answers.kinds.shape, dtype=torch.bool, device=scored.device)
    for rows, scores in _scores(net, states, reading, answers):
        right = answers.index[rows]
        scored[rows] = functional.cross_entropy(scores, right, reduction="none")
        wrong[rows] = scores.argmax(-1) != right
    case = torch.isin(answers.kinds, _tensor((Kind.GOAL_END, Kind.WORD_END), scored.device))
    cases = functional.cross_entropy(net.case(states).float().flatten(0, 1), answers.case.flatten(), reduction="none")
    scored = scored + cases.view_as(scored) * case
    bins, rest = _point_loss(net, states, answers)
    tail = net.tail(reading, pairs)
    used = torch.ones(len(scored), net.trunk.kept, dtype=torch.bool, device=scored.device)
    used[:, -2:] = answers.kinds[:, :2] >= 0
    return Surprise(scored.sum(1) + bins, rest, wrong.any(1), tail, used)


def _scores(net: PolicyNet, states: Tensor, reading: Reading, answers: Answers) -> Iterator[tuple[Tensor, Tensor]]:
    """For each kind that occurs: its rows (a mask [B, A]) and their scores [n, choices]."""
    kinds = answers.kinds
    rows = kinds == Kind.OP
    yield rows, net.op(states[rows]).float()
    for kind in POINTED_AT:
        rows = kinds == kind
        if rows.any():
            yield rows, net.point_at(kind, states, reading)[rows]
    rows = torch.isin(kinds, _tensor(TEXT_KINDS, kinds.device))
    if rows.any():
        yield rows, net.texts(states, reading, rows)
    rows = kinds == Kind.POINT
    if rows.any():
        yield rows, net.use_point(states[rows]).float()


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


def _own_index(answers: Answers, reading: Reading, vocabulary: int) -> Tensor:
    """Joint indices of text back to each kind's own."""
    own = answers.index.clone()
    for kind, start in offsets(reading.batch, vocabulary).items():
        own = torch.where(answers.kinds == kind, answers.index - start, own)
    return own


def _tensor(kinds: tuple[Kind, ...], device: torch.device) -> Tensor:
    return torch.tensor(kinds, device=device)

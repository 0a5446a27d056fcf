"""Stretches of episodes one step at a time, with the memory that acting has."""

from __future__ import annotations

from dataclasses import fields, replace

import torch
from torch import Tensor

from webagent.models.batch import Answers, Batch
from webagent.models.losses import surprise
from webagent.models.network import PolicyNet


def part_of(batch: Batch, answers: Answers, rows: Tensor) -> tuple[Batch, Answers]:
    """Some rows of both."""
    names = [f.name for f in fields(Answers) if f.name != "places"]
    place = torch.full((batch.size,), -1, device=rows.device)
    place[rows] = torch.arange(len(rows), device=rows.device)
    most = answers.kinds.shape[1]
    places = []
    for of in answers.places:
        row = place[of // most]
        places.append((row * most + of % most)[row >= 0])
    some = Batch(**{f.name: getattr(batch, f.name)[rows] for f in fields(Batch)})
    return some, replace(answers, places=tuple(places), **{name: getattr(answers, name)[rows] for name in names})


def by_steps(net: PolicyNet, batch: Batch, answers: Answers, fresh: Tensor) -> Tensor:
    """-log p of each row's action, [B, T]; rows are b T + t, ``fresh`` [B, T]."""
    count, steps = fresh.shape
    memory, found = net.trunk.empty(count, fresh.device), []
    first = torch.arange(count, device=fresh.device) * steps
    for t in range(steps):
        memory = memory.fresh(fresh[:, t])
        one = surprise(net, *part_of(batch, answers, first + t), memory)
        memory = net.trunk.remember(memory, one.tail, torch.ones_like(fresh[:, t]))
        found.append(one.nll)
    return torch.stack(found, 1)

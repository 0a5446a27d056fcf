"""Whole episodes read at once, and what the reward model is given of each of their looks: the evidence.

    histories = side_by_side([looks_of(seen, actions, words, config), …], config.vocabulary)
    found = evidence(net, histories)                 # found.given [E, L, evidence_width(net.config.width)]

Letters: E episodes of at most L looks, in B columns of T rows, so that R = B T looks go through the network together;
a column holds one episode behind the other, and its memory is forgotten in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from webagent.envs.types import Action, Observation

from .batch import Answers, Batch, collate, collate_answers
from .config import PolicyConfig
from .grammar import Choice
from .losses import Surprise, surprise
from .network import PolicyNet
from .points import spoken
from .segment import Segment, read_observation
from .words import Words

NUMBERS = ("value", "acted", "surprise", "worst", "wrong", "unsaid", "error", "ended")
"""Numbers of a look: the policy's value of it; whether anything was done before it and, of that action, its
surprise (log of 1 + nats) and the worst so far, whether the policy would have said another one, or could not say it;
whether an error is shown; whether the episode has ended there."""
SURPRISE, WORST, ENDED = (NUMBERS.index(name) for name in ("surprise", "worst", "ended"))
OWN = 2
"""The last of these are the page's own."""


@dataclass(frozen=True)
class Look:
    """An observation as it is read, and what was done there: ``choices`` are () where nothing was, or where the policy
    could not say it. ``error``: the page shows one."""

    segment: Segment
    choices: tuple[Choice, ...] = ()
    point: tuple[float, ...] | None = None
    error: bool = False


@dataclass
class Histories:
    """``batch``, ``answers``: of all R looks. ``fresh`` [B, T]: where an episode begins. ``flags`` [R, 3]: the action
    there cannot be said, an error is shown, the episode has ended. ``rows`` [E, L]: where each look of each episode
    lies, -1 behind its end."""

    batch: Batch
    answers: Answers
    fresh: Tensor
    flags: Tensor
    rows: Tensor

    def to(self, device: Any) -> Histories:
        moved = {f.name: getattr(self.answers, f.name) for f in fields(self.answers)}
        answers = {name: value.to(device) for name, value in moved.items() if isinstance(value, Tensor)}
        places = tuple(place.to(device) for place in self.answers.places)
        rest = (part.to(device) for part in (self.fresh, self.flags, self.rows))
        return Histories(self.batch.to(device), replace(self.answers, **answers, places=places), *rest)


@dataclass
class Evidence:
    """``given`` [E, L, ·]: ``NUMBERS``, the state where the action would begin, the state behind the last action's
    choices; without meaning behind an episode's end. ``nll`` [R]: how unlikely each action was, nats."""

    given: Tensor
    nll: Tensor


def evidence_width(width: int) -> int:
    """Of a network of this width."""
    return 2 * width + len(NUMBERS)


def looks_of(seen: Sequence[Observation], actions: Sequence[Action], words: Words, config: PolicyConfig) -> list[Look]:
    """``seen``: all observations of an episode, the final one too; ``actions``: those between them, one fewer."""
    found = []
    for n, observation in enumerate(seen):
        segment = read_observation(observation, words, config, actions[n - 1] if n else None)
        said = spoken(actions[n], segment, words, config.text_tokens) if n < len(actions) else ((), None)
        found.append(Look(segment, *said, bool(observation.last_error)))
    return found


def side_by_side(episodes: Sequence[Sequence[Look]], vocabulary: int) -> Histories:
    """The episodes in as few columns of the longest one's length as first-fit finds; what stays free repeats a look."""
    room = max(map(len, episodes))
    columns: list[list[int]] = []
    for n in sorted(range(len(episodes)), key=lambda n: -len(episodes[n])):
        fits = (c for c in columns if sum(len(episodes[m]) for m in c) + len(episodes[n]) <= room)
        column = next(fits, None)
        if column is None:
            columns.append([n])
        else:
            column.append(n)
    idle = min((look for looks in episodes for look in looks), key=lambda look: look.segment.positions)
    looks: list[Look] = []
    fresh = torch.zeros(len(columns) * room, dtype=torch.bool)
    flags = torch.zeros(len(columns) * room, 3)
    rows = torch.full((len(episodes), room), -1)
    for column in columns:
        begins = len(looks)
        for n in column:
            at, end = len(looks), len(looks) + len(episodes[n])
            looks += episodes[n]
            fresh[at], rows[n, : end - at] = True, torch.arange(at, end)
            flags[at:end, 0] = torch.tensor([not look.choices for look in episodes[n]]).float()
            flags[at:end, 1] = torch.tensor([look.error for look in episodes[n]]).float()
            flags[end - 1, 2] = 1.0
        fresh[len(looks) : begins + room] = True
        looks += [replace(idle, choices=(), point=None)] * (begins + room - len(looks))
    batch = collate([look.segment for look in looks], 1 if len(looks) == 1 else 8)
    answers = collate_answers([look.choices for look in looks], [look.point for look in looks], batch, vocabulary)
    return Histories(batch, answers, fresh.view(len(columns), room), flags, rows)


def evidence(net: PolicyNet, histories: Histories) -> Evidence:
    """With gradients where parameters want them; floats, whatever the network reads in."""
    found = surprise(net, histories.batch, histories.answers, histories.fresh)
    rows = histories.rows.clamp_min(0)
    done = functional.pad(told(found, histories.flags[:, 0])[rows[:, :-1]], (0, 0, 1, 0))
    ends = functional.pad(found.end.float()[rows[:, :-1]], (0, 0, 1, 0))
    worst = done[..., SURPRISE - 1].cummax(1).values[..., None]
    done = torch.cat([done[..., : WORST - 1], worst, done[..., WORST:]], -1)
    value = torch.tanh(net.value(found.start).float())
    own = histories.flags[:, -OWN:]
    return Evidence(torch.cat([value[rows], done, own[rows], found.start.float()[rows], ends], -1), found.nll.float())


def told(found: Surprise, unsaid: Tensor) -> Tensor:
    """[R, 5]: what the policy makes of each action, numbers 2 to 6 of ``NUMBERS``; ``unsaid`` [R]."""
    amount = torch.log1p(found.nll.float().clamp_min(0))
    return torch.stack([torch.ones_like(amount), amount, amount, found.first_wrong.float(), unsaid.float()], 1)

"""Acting: from segments to actions, choice by choice, many episodes side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from webagent.envs.errors import BadAction
from webagent.envs.types import OPS, Action

from .batch import FIELD_COUNT, STEP, Batch, apart, collate
from .grammar import MAY_AIM_AT_NOTHING, Choice, Kind, next_kind, utter
from .network import MOST_CHOICES, PolicyNet, Reading
from .said import Said
from .segment import Segment
from .trunk import Memory
from .words import Words

USED = Choice(Kind.POINT, 1)
AT_ONCE = (Kind.OP, Kind.TARGET, Kind.POINT)
"""What is chosen without a pass through the trunk of its own."""
ENDS = (Kind.GOAL_END, Kind.WORD_END)


@dataclass(frozen=True)
class Decision:
    """``action``: None where what was said is no action (``why`` tells). ``logprob``: of all its choices, nats.
    ``targets``: the likeliest targets of its op, best first, each with the log-probability of op and target.
    ``places``: where a drawn point lies, exactly. What was drawn by chance has the ``logprob`` of all that was drawn
    (``likelihood`` gives it again); of a likeliest one that of its cases and its point are left out."""

    action: Action | None
    choices: tuple[Choice, ...]
    point: tuple[float, ...]
    logprob: float
    targets: tuple[tuple[str, float], ...]
    value: float
    why: str = ""
    places: tuple[float, ...] = ()


def log_odds(decision: Decision) -> float:
    """Of all its choices being right, by the network's own account."""
    right = min(decision.logprob, -1e-9)
    return right - math.log(-math.expm1(right))


@dataclass
class _Row:
    """One episode's action in the making."""

    choices: list[Choice]
    logprob: float = 0.0
    targets: tuple[tuple[int, float], ...] = ()
    point: tuple[float, ...] = ()
    places: tuple[float, ...] = ()


class Chooser:
    """Takes the likeliest choice, or draws one at ``temperature`` (0: the likeliest)."""

    def __init__(self, temperature: float = 0.0, generator: torch.Generator | None = None) -> None:
        self.temperature = temperature
        self.generator = generator

    @property
    def draws(self) -> bool:
        return self.temperature > 0

    def take(self, scores: Tensor) -> tuple[Tensor, Tensor]:
        """For each row of ``scores`` [n, choices] an index [n] and its log-probability [n], that of the draw."""
        logs = torch.log_softmax(scores / self.temperature if self.draws else scores, -1)
        if self.draws:
            index = torch.multinomial(logs.exp(), 1, generator=self.generator)[:, 0]
        else:
            index = logs.argmax(-1)
        return index, logs.gather(1, index[:, None])[:, 0]


@torch.inference_mode()
def decide(
    net: PolicyNet, segments: Sequence[Segment], memory: Memory, words: Words, chooser: Chooser | None = None
) -> tuple[list[Decision], Memory]:
    """An action for each segment, and the memory after it."""
    device = net.registers.device
    batch = collate(segments, 1 if len(segments) == 1 else STEP).to(device)
    reading = net.read(batch, memory)
    values = torch.tanh(net.value(reading.start)[:, 0].float()).tolist()
    rows = _say(net, reading, memory, chooser or Chooser())
    going = torch.ones(len(rows), dtype=torch.bool, device=device)
    after = net.trunk.remember(memory, net.tail(reading), going)
    return [_decision(row, segments[n], words, values[n]) for n, row in enumerate(rows)], after


def _say(net: PolicyNet, reading: Reading, memory: Memory, chooser: Chooser) -> list[_Row]:
    """Every row's choices. Op, target and whether a point is needed take no pass through the trunk; texts and points
    take one a choice, less what was guessed rightly."""
    rows = [_Row([]) for _ in range(reading.batch.size)]
    said, aimed = Said(net, reading, memory), reading.start

    def behind(until: int) -> Tensor:
        choices = [row.choices[:until] for row in rows]
        if not said.has(choices):
            said.read(choices, _guessed(net, reading, aimed, choices[0]) if len(rows) == 1 else ())
        return said.states(until)

    for at in range(MOST_CHOICES):
        wanted = [next_kind(row.choices) for row in rows]
        kinds = dict.fromkeys(k for k in wanted if k is not None)
        if not kinds:
            break
        states = behind(at) if any(kind not in AT_ONCE for kind in kinds) else aimed
        for kind in kinds:
            which = [n for n, k in enumerate(wanted) if k == kind]
            _choose(net, reading, aimed if kind in AT_ONCE else states, which, kind, rows, chooser)
        if not at:
            aimed = net.aimed(reading.start, torch.tensor([row.choices[0].index for row in rows], device=aimed.device))
        pointed = [n for n, row in enumerate(rows) if row.choices[-1] == USED and not row.point]
        if pointed:
            _places(net, reading, behind(at), pointed, rows, chooser)
    return rows


def _guessed(net: PolicyNet, reading: Reading, aimed: Tensor, choices: list[Choice]) -> list[Choice]:
    """How one row's choices may well go on, until its first piece of text is said: by the state that the target was
    chosen from and the target itself, which were never trained for this and are nearly always right (docs/LOG.md)."""
    state = aimed + reading.elements[:, choices[1].index] if choices[1:2] and choices[1].kind == Kind.TARGET else aimed
    guessed: list[Choice] = []
    while True:
        said = [*choices, *guessed]
        kind = next_kind(said)
        begins = not said[1:] or said[-1].kind == Kind.TARGET
        if kind is None or kind in AT_ONCE or not (begins or kind in ENDS):
            return guessed
        index = int(scores_of(net, reading, state, kind, [said]).argmax(-1))
        own, number = apart(index, reading.batch, net.config.vocabulary) if kind == Kind.WRITE else (kind, index)
        guessed.append(Choice(own, number))


def _choose(
    net: PolicyNet, reading: Reading, states: Tensor, which: list[int], kind: Kind, rows: list[_Row], chooser: Chooser
) -> None:
    """Add a choice of this kind to the rows ``which``."""
    if len(which) < len(rows):
        reading, states = some_of(reading, which), states[which]
    scores = scores_of(net, reading, states, kind, [rows[n].choices for n in which])
    index, logprob = (part.tolist() for part in chooser.take(scores))
    cases = [0] * len(which)
    if kind in ENDS:
        taken, sure = chooser.take(net.case(states).float())
        cases = taken.tolist()
        logprob = [a + b for a, b in zip(logprob, sure.tolist())] if chooser.draws else logprob
    best = _best(scores, [rows[n].logprob for n in which]) if kind == Kind.TARGET else None
    for k, n in enumerate(which):
        row = rows[n]
        row.logprob += logprob[k]
        row.targets = best[k] if best else row.targets
        own, number = apart(index[k], reading.batch, net.config.vocabulary) if kind == Kind.WRITE else (kind, index[k])
        row.choices.append(Choice(own, number, cases[k]))


def scores_of(net: PolicyNet, reading: Reading, states: Tensor, kind: Kind, choices: list[list[Choice]]) -> Tensor:
    """Of all that may be chosen now, [n, choices]; -inf for what makes no sense."""
    if kind == Kind.OP:
        return net.op(states).float()
    if kind == Kind.POINT:
        target = torch.tensor([c[1].index for c in choices], device=states.device)
        return net.pointed(states, reading.elements[torch.arange(len(states), device=states.device), target])
    if kind == Kind.WRITE:
        return net.texts(states[:, None], reading, torch.arange(len(states), device=states.device))
    scores = net.point_at(kind, states[:, None], reading)[:, 0]
    if kind == Kind.TARGET:
        return aimed_at_something(scores, torch.tensor([c[0].index for c in choices], device=scores.device))
    if kind in ENDS:
        first = torch.tensor([c[-1].index for c in choices], device=scores.device)
        return behind_start(scores, first, lines_of(reading.batch) if kind == Kind.WORD_END else None)
    return scores


def aimed_at_something(scores: Tensor, ops: Tensor) -> Tensor:
    """Scores of targets [n, N] without the page itself for ``ops`` [n] that need one, if there is another."""
    needed = torch.tensor([op not in MAY_AIM_AT_NOTHING for op in OPS], device=scores.device)[ops]
    closed = needed & torch.isfinite(scores[:, 1:]).any(1)
    page = torch.arange(scores.shape[1], device=scores.device) == 0
    return scores.masked_fill(closed[:, None] & page, -math.inf)


def behind_start(scores: Tensor, first: Tensor, lines: Tensor | None) -> Tensor:
    """Scores of where a span ends [n, G or T], not before it began, ``first`` [n]; on the page within the same text,
    ``lines`` [n, T]."""
    closed = torch.arange(scores.shape[1], device=scores.device)[None] < first[:, None]
    if lines is not None:
        closed = closed | (lines != lines.gather(1, first[:, None]))
    return scores.masked_fill(closed, -math.inf)


def lines_of(batch: Batch) -> Tensor:
    """Which text each subword of the page lies in, [B, T]."""
    return batch.word_owner.long() * FIELD_COUNT + batch.word_field


def some_of(reading: Reading, which: list[int]) -> Reading:
    """The reading of some episodes, for pointing."""
    batch = replace(reading.batch, **{f.name: getattr(reading.batch, f.name)[which] for f in fields(Batch)})
    parts = {name: getattr(reading, name)[which] for name in ("goal", "elements", "start")}

    def keys(kind: Kind) -> tuple[Tensor, Tensor]:
        table, mask = reading.keys(kind)
        return table[which], mask[which]

    return replace(reading, batch=batch, keys=keys, **parts)


def _best(scores: Tensor, before: list[float], few: int = 5) -> list[tuple[tuple[int, float], ...]]:
    top = torch.log_softmax(scores, -1).topk(min(few, scores.shape[1]))
    rows = zip(top.indices.tolist(), top.values.tolist(), before)
    return [tuple((i, p + so_far) for i, p in zip(where, logs) if p > -math.inf) for where, logs, so_far in rows]


def _places(
    net: PolicyNet, reading: Reading, states: Tensor, which: list[int], rows: list[_Row], chooser: Chooser
) -> None:
    """The points of the rows ``which``."""
    elements = [[_index(rows[n], kind) for kind in (Kind.TARGET, Kind.ONTO)] for n in which]
    target, onto = torch.tensor(elements, device=states.device).unbind(1)
    if len(which) < len(rows):
        reading, states = some_of(reading, which), states[which]
    pointed = net.point(states, reading, target, onto)
    found = pointed.likeliest()
    if chooser.draws:
        places = pointed.draw(chooser.temperature, chooser.generator)
        found, logs = pointed.fractions_of(places), pointed.logprob(places, chooser.temperature).tolist()
        for n, place, both in zip(which, places.tolist(), logs):
            rows[n].places = tuple(place if _drags(rows[n]) else place[:2])
            rows[n].logprob += sum(both if _drags(rows[n]) else both[:1])
    for n, place in zip(which, found.tolist()):
        rows[n].point = tuple(round(p, 4) for p in place)


def _drags(row: _Row) -> bool:
    return OPS[row.choices[0].index] == "drag"


def _index(row: _Row, kind: Kind) -> int:
    return next((choice.index for choice in row.choices if choice.kind == kind), 0)


def _decision(row: _Row, segment: Segment, words: Words, value: float) -> Decision:
    targets = tuple((segment.refs[n], p) for n, p in row.targets if segment.refs[n])
    action, why = None, ""
    try:
        action = utter(row.choices, row.point or (0.5, 0.5, 0.5, 0.5), segment, words)
    except BadAction as error:
        why = str(error)
    return Decision(action, tuple(row.choices), row.point, row.logprob, targets, value, why, row.places)

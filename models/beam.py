"""Several actions that the policy may take next, likeliest first: a beam search over its choices.

Op and target are chosen from without a pass through the trunk; a text takes one a piece, for all of the beam together.
Two ways to say the same action count together. Where an action points, each way in which the network finds a point is
an action of its own, with its share of the probability.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from webagent.envs.errors import BadAction
from webagent.envs.types import OPS, Action

from .batch import apart, collate
from .decode import AT_ONCE, ENDS, USED, Decision, scores_of, some_of
from .grammar import AIMED, Choice, Kind, next_kind, utter
from .network import MOST_CHOICES, Looks, PolicyNet, Reading
from .segment import Segment
from .trunk import Memory
from .words import Words

Allowed = Callable[[str, str | None], bool]
NEAR = 0.005
"""Points that differ by less (fractions of the target) are the same."""


@dataclass(frozen=True)
class Line:
    """Choices so far, their log-probability (nats), and where they point, if they do."""

    choices: tuple[Choice, ...] = ()
    logprob: float = 0.0
    point: tuple[float, ...] = ()

    @property
    def kind(self) -> Kind | None:
        return next_kind(self.choices)


@torch.inference_mode()
def alternatives(
    net: PolicyNet, segment: Segment, memory: Memory, words: Words, few: int, allowed: Allowed = lambda op, ref: True
) -> tuple[list[Decision], Memory]:
    """At most ``few`` different actions, likeliest first, and the memory (of one episode) after this look.

    ``allowed``: whether an op on an element (None where the op takes none) may be among them; the likeliest may always.
    ``Decision.logprob``: of the action; of a point it counts how it was found, not its density. Empty only where
    nothing that the network would say is an action.
    """
    reading = net.read(collate([segment], 1).to(net.registers.device), memory)
    value = math.tanh(float(net.value(reading.start)[0, 0]))
    lines = [Line()]
    for _ in range(MOST_CHOICES):
        going = [line for line in lines if line.kind is not None]
        if not going:
            break
        ended = [line for line in lines if line.kind is None]
        longer = sorted([*ended, *_longer(net, reading, memory, going, few)], key=lambda line: -line.logprob)
        lines = [line for n, line in enumerate(longer) if not n or _is_allowed(line, segment, allowed)][:few]
    pointed = [line for line in lines if line.choices[-1] == USED]
    placed = [line for line in lines if line.choices[-1] != USED]
    placed += _placed(net, reading, memory, pointed) if pointed else []
    after = net.trunk.remember(memory, net.tail(reading), torch.ones(1, dtype=torch.bool, device=reading.start.device))
    whole = [line for line in placed if line.kind is None] or placed  # a text without end is taken as it stands
    return _distinct(whole, segment, words, value)[:few], after


def _is_allowed(line: Line, segment: Segment, allowed: Allowed) -> bool:
    """Once op and target are chosen."""
    op = OPS[line.choices[0].index]
    if op not in AIMED:
        return allowed(op, None)
    return len(line.choices) < 2 or allowed(op, segment.refs[line.choices[1].index] or None)


def _longer(net: PolicyNet, reading: Reading, memory: Memory, lines: list[Line], few: int) -> list[Line]:
    """Every line with each of its ``few`` likeliest next choices."""
    rows = _rows(reading, len(lines))
    aimed, behind = _states(net, rows, memory, lines)
    found: list[Line] = []
    for kind in dict.fromkeys(line.kind for line in lines):
        assert kind is not None
        which = [n for n, line in enumerate(lines) if line.kind == kind]
        states = (aimed if kind in AT_ONCE else behind)[which]
        scores = scores_of(net, some_of(rows, which), states, kind, [list(lines[n].choices) for n in which])
        # Of targets all, since most of them may not be allowed.
        most = scores.shape[1] if kind == Kind.TARGET else min(few, scores.shape[1])
        top = torch.log_softmax(scores, -1).topk(most)
        cases = net.case(states).argmax(-1).tolist() if kind in ENDS else [0] * len(which)
        for n, case, logs, places in zip(which, cases, top.values.tolist(), top.indices.tolist()):
            for log, place in zip(logs, places):
                if log > -math.inf:
                    joint = kind == Kind.WRITE
                    own, index = apart(place, reading.batch, net.config.vocabulary) if joint else (kind, place)
                    choices = (*lines[n].choices, Choice(own, index, case))
                    found.append(Line(choices, lines[n].logprob + log))
    return found


def _states(net: PolicyNet, rows: Reading, memory: Memory, lines: Sequence[Line]) -> tuple[Tensor, Tensor]:
    """What op, target and use of a point are chosen from, and what all else is, [n, width] each, for lines of one
    length."""
    length, device = len(lines[0].choices), rows.start.device
    if not length:
        return rows.start, rows.start
    aimed = net.aimed(rows.start, torch.tensor([line.choices[0].index for line in lines], device=device))
    if all(line.kind in AT_ONCE for line in lines):
        return aimed, aimed
    return aimed, _behind(net, rows, memory, [line.choices for line in lines])


def _behind(net: PolicyNet, rows: Reading, memory: Memory, choices: Sequence[Sequence[Choice]]) -> Tensor:
    """The states [n, width] behind choices of one length, read in one pass."""
    said = torch.tensor([[(int(c.kind), c.index) for c in row] for row in choices], device=rows.start.device)
    made = net.inputs(rows.looks, said[..., 0], said[..., 1])
    same = memory.rows(torch.zeros(len(choices), dtype=torch.long, device=rows.start.device))
    return net.go_on(rows, made, same)[0][:, -1]


def _placed(net: PolicyNet, reading: Reading, memory: Memory, lines: list[Line]) -> list[Line]:
    """Each line that points, with each of the points that it may mean."""
    found: list[Line] = []
    for line in lines:  # of different lengths, and few
        index = {choice.kind: choice.index for choice in line.choices}
        target, onto = (torch.tensor([index.get(kind, 0)]) for kind in (Kind.TARGET, Kind.ONTO))
        states = _behind(net, reading, memory, [line.choices[:-1]])
        pointed = net.point(states, reading, target.to(states.device), onto.to(states.device))
        likeliest = [round(p, 4) for p in pointed.likeliest()[0].tolist()]
        drags = Kind.ONTO in index
        shares = pointed.shares[0, int(drags)].tolist()
        points = [[round(p, 4) for p in way] for way in pointed.ways()[0, int(drags)].tolist()]
        for point, share in zip(points, shares):
            whole = [*likeliest[:2], *point] if drags else [*point, *likeliest[2:]]
            found.append(replace(line, logprob=line.logprob + share, point=tuple(whole)))
    return found


def _distinct(lines: Sequence[Line], segment: Segment, words: Words, value: float) -> list[Decision]:
    """Different actions, likeliest first; what is no action is left out."""
    found: dict[Action, Decision] = {}
    for line in sorted(lines, key=lambda line: -line.logprob):
        try:
            action = utter(line.choices, line.point or (0.5, 0.5, 0.5, 0.5), segment, words)
        except BadAction:
            continue
        same = next((other for other in found if _alike(other, action)), None)
        if same is None:
            found[action] = Decision(action, line.choices, line.point, line.logprob, (), value)
        else:
            together = float(torch.logaddexp(torch.tensor(found[same].logprob), torch.tensor(line.logprob)))
            found[same] = replace(found[same], logprob=together)
    return sorted(found.values(), key=lambda decision: -decision.logprob)


def _alike(a: Action, b: Action) -> bool:
    if (a.op, a.target, a.text) != (b.op, b.target, b.text) or (a.point is None) != (b.point is None):
        return False
    return a.point is None or all(abs(x - y) < NEAR for x, y in zip(a.point, b.point or ()))


def _rows(reading: Reading, count: int) -> Reading:
    """The reading of one episode, ``count`` times over."""
    same = [0] * count
    looks = Looks(*(part[same] for part in (reading.looks.goal, reading.looks.elements, reading.looks.words)))
    past = [(k.expand(count, -1, -1, -1), v.expand(count, -1, -1, -1)) for k, v in reading.past]
    return replace(some_of(reading, same), looks=looks, seen=reading.seen[same], past=past)

"""The policy's network: it reads a segment, and says an action choice by choice.

Positions of a segment: goal subwords, elements (the page first), registers, the place where the action begins, then its
choices as they are made. All words of an element are pooled into its one position: a sum over a small network of each
subword with its field and place, so that what was where is not lost. Elements are pointed at; so are the subwords of
goal and page that a text is copied from.

Plain torch: nothing of transformers is loaded to act. ``hub`` holds the face that ``from_pretrained`` knows.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from webagent.envs.types import OPS

from .batch import FIELD_COUNT, Batch, fractions, number_count
from .config import PolicyConfig
from .grammar import CASES, Kind
from .meanings import MEANING, Meanings
from .points import Pointed, Points
from .relations import Relations
from .segment import INNER, KINDS, PLACES, TAGS
from .sight import Sight
from .trunk import Chain, Memory, Norm, Resumed, Trunk
from .waves import AMOUNTS, PLACE_WAVES, amount_waves, place_waves

MOST_CHOICES = 64
Past = Memory | Resumed | Tensor
"""What is remembered, or ``fresh`` [B, T] of whole stretches that begin with nothing."""
ELEMENTS = (Kind.TARGET, Kind.ONTO, Kind.NAME, Kind.VALUE)
"""Kinds that point at an element."""


@dataclass
class Looks:
    """What a segment looks like before the trunk: ``goal`` [B, G, width], ``elements`` [B, N, width], and the page's
    subwords, ``words`` [B, T, width]."""

    goal: Tensor
    elements: Tensor
    words: Tensor


@dataclass
class Reading:
    """A segment that was read. ``goal`` [B, G, width], ``elements`` [B, N, width]: the trunk's states, for pointing;
    ``keys(kind)``: what a choice of this kind points at, [B, N, G or T, width], made when it is asked for, and which of
    these are there; ``start`` [B, width]: where the action begins; ``past``: keys and values of all positions that were
    ``seen`` [B, S]. ``after`` [B, A, width], ``said``: states behind choices that were read along, and their keys and
    values."""

    batch: Batch
    looks: Looks
    goal: Tensor
    elements: Tensor
    keys: Callable[[Kind], tuple[Tensor, Tensor]]
    start: Tensor
    seen: Tensor
    past: list[tuple[Tensor, Tensor]]
    after: Tensor
    said: list[tuple[Tensor, Tensor]]


class Reader(nn.Module):
    """From a batch to the trunk's inputs."""

    def __init__(self, config: PolicyConfig) -> None:
        super().__init__()
        width, narrow = config.width, config.word_width
        self.subword = nn.Embedding(config.vocabulary, narrow)
        self.place, self.inner = nn.Embedding(PLACES, narrow), nn.Embedding(INNER, narrow)
        self.field = nn.Embedding(FIELD_COUNT, narrow)
        self.amount = nn.Linear(AMOUNTS, narrow, bias=False)
        self.whole = nn.Linear(narrow, narrow, bias=False) if config.whole else None
        self.meanings = Meanings() if config.meanings else None
        self.meaning = nn.Linear(MEANING, narrow, bias=False) if config.meanings else None
        self.word = nn.Sequential(nn.Linear(narrow, 2 * narrow), nn.GELU(), nn.Linear(2 * narrow, width))
        self.goal = nn.Linear(narrow, width, bias=False)
        self.goal_place = nn.Embedding(config.goal_tokens, width)
        self.kind, self.tag = nn.Embedding(len(KINDS), width), nn.Embedding(len(TAGS), width)
        self.fractions = fractions()
        known = number_count() + PLACE_WAVES * (self.fractions.stop - self.fractions.start)
        self.numbers = nn.Sequential(nn.Linear(known, 2 * narrow), nn.GELU(), nn.Linear(2 * narrow, width))
        self.sight = Sight(config.frames, width) if config.frames else None
        self.norm = Norm(width)
        for table in (self.subword, self.place, self.inner, self.field, self.goal_place, self.kind, self.tag):
            nn.init.normal_(table.weight, std=0.02 if table is not self.subword else 1 / math.sqrt(narrow))
        last = self.numbers[2]
        assert isinstance(last, nn.Linear)
        nn.init.normal_(last.weight, std=0.01)  # else the waves of places drown the words (docs/LOG.md)
        nn.init.zeros_(last.bias)
        for added in (self.whole, self.meaning):
            if added is not None:
                nn.init.zeros_(added.weight)

    def forward(self, batch: Batch) -> Looks:
        kind = self.goal.weight.dtype
        where = self.place(batch.word_place) + self.inner(batch.word_inner) + self.field(batch.word_field)
        amounts = self.amount(amount_waves(batch.word_amounts).to(kind))
        words = self.subword(batch.word_ids) + where + amounts + self._meant(batch.word_words)
        words = words * batch.word_mask[..., None].to(kind)
        words = self.word(words + self._around(words, batch))
        words = words * batch.word_mask[..., None].to(kind)
        owner = batch.word_owner.long()
        pooled = words.new_zeros(*batch.kinds.shape, words.shape[-1])
        pooled = pooled.scatter_add(1, owner[..., None].expand_as(words), words)
        counts = torch.zeros(batch.kinds.shape, device=words.device, dtype=words.dtype)
        counts = counts.scatter_add(1, owner, batch.word_mask.to(words.dtype)).clamp_min(1)
        elements = pooled / counts.sqrt()[..., None] + self.kind(batch.kinds) + self.tag(batch.tags)
        waves = place_waves(batch.numbers[..., self.fractions])
        elements = elements + self.numbers(torch.cat([batch.numbers, waves], -1).to(kind))
        elements = self.norm(elements if self.sight is None else elements + self.sight(batch.pictures))
        places = torch.arange(batch.goal_ids.shape[1], device=words.device).clamp_max(
            self.goal_place.num_embeddings - 1
        )
        goal = self.subword(batch.goal_ids) + self.amount(amount_waves(batch.goal_amounts).to(kind))
        goal = goal + self._meant(batch.goal_words)
        goal = self.norm(self.goal(goal) + self.goal_place(places))
        return Looks(goal, elements, words)

    def _meant(self, hashes: Tensor) -> Tensor | float:
        """What the word that each subword lies in means, [..., word width]."""
        if self.meanings is None or self.meaning is None:
            return 0.0
        return self.meaning(self.meanings(hashes).to(self.meaning.weight.dtype))

    def _around(self, words: Tensor, batch: Batch) -> Tensor | float:
        """What stands up to the next spaces around each subword, all together: the start of ``an-encrypted.report.pdf``
        is to know how it ends."""
        if self.whole is None:
            return 0.0
        at = batch.word_whole.long()[..., None].expand_as(words)
        return self.whole(torch.zeros_like(words).scatter_add(1, at, words).gather(1, at))


class PolicyNet(nn.Module):
    """``read`` a batch of segments, then ``go_on`` with each choice; ``heads`` score what comes next."""

    def __init__(self, config: PolicyConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.reader = Reader(config)
        self.relations = Relations(config)
        self.trunk = Trunk(config)
        self.registers = nn.Parameter(torch.randn(config.registers + 1, width) * 0.02)
        self.said_kind = nn.Embedding(len(Kind), width)
        self.said_place = nn.Embedding(MOST_CHOICES, width)
        self.said_op = nn.Embedding(len(OPS), width)
        self.op = nn.Linear(width, len(OPS))
        self.aim = nn.Sequential(Norm(width), nn.Linear(width, width // 2), nn.GELU(), nn.Linear(width // 2, width))
        self.value = nn.Sequential(nn.Linear(width, width // 2), nn.GELU(), nn.Linear(width // 2, 1))
        self.pointers = nn.ModuleDict({kind.name.lower(): nn.Linear(width, width) for kind in POINTERS})
        self.element_key, self.goal_key = nn.Linear(width, width), nn.Linear(width, width)
        self.word_key, self.word_owner_key = nn.Linear(width, width), nn.Linear(width, width, bias=False)
        self.write = nn.Linear(width, config.word_width)
        self.case = nn.Linear(width, len(CASES))
        self.use_point = nn.Sequential(Norm(width), nn.Linear(width, width // 4), nn.GELU(), nn.Linear(width // 4, 2))
        self.points = Points(config, number_count())
        for table in (self.said_kind, self.said_place, self.said_op):
            nn.init.normal_(table.weight, std=0.02)

    # ---- reading --------------------------------------------------------------------------------------------------

    def read(self, batch: Batch, memory: Past, choices: tuple[Tensor, Tensor] | None = None) -> Reading:
        """All that is seen, the registers, and the place where the action begins; also its ``choices``, kinds and own
        indices [B, A], where they are known. Whole stretches are read at once where ``memory`` is ``fresh`` [B, T], or
        ``Resumed`` (see ``Chain``)."""
        looks = self.reader(batch)
        tail = self.registers[None].expand(batch.size, -1, -1).to(looks.goal.dtype)
        made = self.inputs(looks, *choices) if choices else tail[:, :0]
        seen = torch.cat([batch.goal_mask, batch.element_mask], 1)
        more = tail.shape[1] + made.shape[1]
        relations = functional.pad(self.relations(batch, self.reader.meanings), (0, more, 0, more))
        x = torch.cat([looks.goal, looks.elements, tail, made], 1)
        past = self._past(memory, seen.shape[1])
        states, pairs = self.trunk(x, relations, _mask(seen, tail.shape[1], made.shape[1]), past)
        goals, shown, ends, after = states.split(
            [batch.goal_ids.shape[1], batch.kinds.shape[1], tail.shape[1], made.shape[1]], 1
        )
        seen = torch.cat([seen, seen.new_ones(batch.size, tail.shape[1])], 1)
        first = seen.shape[1]
        before, said = (
            [(k[:, :, part], v[:, :, part]) for k, v in pairs] for part in (slice(first), slice(first, None))
        )
        keys = self._keys(batch, looks, goals, shown)
        return Reading(batch, looks, goals, shown, keys, ends[:, -1], seen, before, after, said)

    def _past(self, memory: Past, first: int) -> Memory | Chain:
        if isinstance(memory, Resumed):
            return self.trunk.chain(memory.fresh, first, memory.memory)
        return memory if isinstance(memory, Memory) else self.trunk.chain(memory, first)

    def _keys(
        self, batch: Batch, looks: Looks, goal: Tensor, elements: Tensor
    ) -> Callable[[Kind], tuple[Tensor, Tensor]]:
        """``Reading.keys``; each is made once."""
        page = functools.cache(lambda: self.element_key(elements))
        asked = functools.cache(lambda: self.goal_key(goal))
        words = functools.cache(
            lambda: self.word_key(looks.words) + _taken(self.word_owner_key(elements), batch.word_owner.long())
        )

        def keys(kind: Kind) -> tuple[Tensor, Tensor]:
            if kind in ELEMENTS:
                return page(), batch.element_mask
            return (asked(), batch.goal_mask) if kind in (Kind.GOAL, Kind.GOAL_END) else (words(), batch.word_mask)

        return keys

    def inputs(self, looks: Looks, kinds: Tensor, index: Tensor, first: int = 0) -> Tensor:
        """What choices look like to the trunk: [B, A, width] for ``kinds`` and own ``index`` [B, A]."""
        kind = kinds.clamp_min(0)
        made = self.said_kind(kind)
        places = torch.arange(first, first + kinds.shape[1], device=kinds.device).clamp_max(MOST_CHOICES - 1)
        made = made + self.said_place(places)
        for group, meaning in self._meanings(looks):
            chosen = functools.reduce(torch.logical_or, (kinds == one for one in group))
            found = meaning(torch.where(chosen, index, 0))
            made = made + found * chosen[..., None].to(found.dtype)
        return made

    def _meanings(self, looks: Looks) -> tuple[tuple[tuple[Kind, ...], Callable[[Tensor], Tensor]], ...]:
        """For groups of kinds, what an index looks like."""
        return (
            ((Kind.OP,), self.said_op),
            (ELEMENTS, lambda i: _taken(looks.elements, i)),
            ((Kind.GOAL, Kind.GOAL_END), lambda i: _taken(looks.goal, i)),
            ((Kind.WORD, Kind.WORD_END), lambda i: _taken(looks.words, i)),
            ((Kind.WRITE,), lambda i: self.reader.goal(self.reader.subword(i))),
        )

    def go_on(
        self, reading: Reading, made: Tensor, memory: Memory, before: list[tuple[Tensor, Tensor]] | None = None
    ) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
        """States [B, A, width] behind choices ``made`` [B, A, width], all of them behind what was read and behind the
        choices ``before`` (whose keys and values they are); and the keys and values of these."""
        earlier = before[0][0].shape[2] if before else 0
        count = made.shape[1]
        own = torch.ones(count, count, dtype=torch.bool, device=made.device).tril()
        own = torch.cat([own.new_ones(count, earlier), own], 1)[None].expand(made.shape[0], -1, -1)
        mask = torch.cat([reading.seen[:, None].expand(-1, count, -1), own], 2)
        relations = made.new_zeros(1, self.config.heads, count, mask.shape[2]).expand(made.shape[0], -1, -1, -1)
        return self.trunk(made, relations, mask, memory, [reading.past, before] if before else [reading.past])

    def tail(self, reading: Reading) -> list[tuple[Tensor, Tensor]]:
        """Keys and values [B, H, kept, D] of what a memory keeps."""
        kept = -self.trunk.kept
        return [(key[:, :, kept:], value[:, :, kept:]) for key, value in reading.past]

    def aimed(self, start: Tensor, op: Tensor) -> Tensor:
        """States [n, width] from which the target of ``op`` [n] is pointed at: no pass through the trunk is needed."""
        return start + self.aim(start + self.said_op(op))

    def pointed(self, aimed: Tensor, target: Tensor) -> Tensor:
        """Scores [n, 2] of a point being needed inside a target, whose state is ``target`` [n, width]."""
        scores: Tensor = self.use_point(aimed + target)
        return scores.float()

    # ---- choosing -------------------------------------------------------------------------------------------------

    def point_at(self, kind: Kind, states: Tensor, reading: Reading) -> Tensor:
        """Scores of what this kind may point at, [B, A, N, G or T]; -inf for what is padding."""
        query = self.pointers[kind.name.lower()](states)
        keys, mask = reading.keys(kind)
        scores = (query @ keys.transpose(1, 2)).float() / math.sqrt(query.shape[-1])
        return scores.masked_fill(~mask[:, None], -math.inf)

    def texts(self, states: Tensor, reading: Reading, places: Tensor) -> Tensor:
        """Scores of how a text goes on, at n ``places`` of ``states`` [B x A, width], in the joint order of
        ``batch.offsets``: [n, V + G + N + N + T]."""
        written = (self.write(states.flatten(0, 1)[places]) @ self.reader.subword.weight.t()).float()
        kinds = (Kind.GOAL, Kind.NAME, Kind.VALUE, Kind.WORD)
        pointed = (self.point_at(kind, states, reading).flatten(0, 1)[places] for kind in kinds)
        return torch.cat([written, *pointed], -1)

    def point(self, states: Tensor, reading: Reading, target: Tensor, onto: Tensor) -> Pointed:
        """Where the actions behind ``states`` [n, width] point: in ``target`` [n] and, for a drag's end, in ``onto``
        [n], where 0 stands for the target itself. ``reading``: of these n."""
        ends = torch.stack([target, torch.where(onto > 0, onto, target)], 1)
        b = reading.batch
        found: Pointed = self.points(states, reading.elements, b.numbers, b.element_mask, b.boxes, ends)
        return found


POINTERS = (Kind.TARGET, Kind.ONTO, Kind.GOAL, Kind.GOAL_END, Kind.NAME, Kind.VALUE, Kind.WORD, Kind.WORD_END)


def _mask(seen: Tensor, tail: int, choices: int) -> Tensor:
    """[B, L, L]: what was seen sees itself; registers see it and each other; the action's beginning sees all of that,
    each choice what came before it too."""
    batch, positions = seen.shape
    whole = positions + tail + choices
    allowed = torch.zeros(batch, whole, whole, dtype=torch.bool, device=seen.device)
    allowed[:, :, :positions] = seen[:, None]
    allowed[:, positions:, positions : positions + tail - 1] = True
    begins = positions + tail - 1
    own = torch.ones(choices + 1, choices + 1, dtype=torch.bool, device=seen.device).tril()
    allowed[:, begins:, begins:] = own
    # A padded position sees itself, or its softmax would be over nothing.
    return allowed | torch.eye(whole, dtype=torch.bool, device=seen.device)[None]


def _taken(table: Tensor, index: Tensor) -> Tensor:
    return torch.gather(table, 1, index[..., None].expand(-1, -1, table.shape[-1]))

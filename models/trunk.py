"""The decoder's layers, and what they remember from segment to segment.

A segment is one look and one action. Inside it attention is full over what was seen; the tail behind it (registers,
then the action's choices one by one) sees all of that and its own past. Between segments there are two memories:

- ``xl``: keys and values of the last segments' tails are attended to beside the segment's own (Transformer-XL, Dai et
  al. 2019: recurrence by cached states; positions are relative, one learned bias a head for each age in segments).
- ``infini``: each head keeps a matrix that its tail's keys and values are written into by the delta rule and that its
  queries read, mixed with local attention by a learned gate (Infini-attention, Munkhdalai et al. 2024).

``none`` forgets everything.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from .config import PolicyConfig

EPSILON = 1e-6
"""Added to a mean square before its root is taken."""
GATE_START = -1.0
"""Of the infini gates, before the sigmoid: about a quarter of what a head gives comes from memory at first."""
SHARPNESS = 1.15
"""Standard deviation of queries and keys at first. With torch's own, 0.58, attention is all but even, and what lies a
segment back is found only after several times as many updates (docs/LOG.md)."""


@dataclass
class Memory:
    """What is remembered, of B episodes. ``xl``: ``keys``, ``values`` [layers, B, H, M, D], ``ages`` [B, M] in segments
    (0 where nothing lies); M grows with the segments, up to the window. ``infini``: ``matrix`` [layers, B, H, D, D],
    ``norm`` [layers, B, H, D]. Unused ones are empty."""

    keys: Tensor
    values: Tensor
    ages: Tensor
    matrix: Tensor
    norm: Tensor

    def rows(self, index: Tensor) -> Memory:
        """Of these episodes only, in this order: ``index`` [B']."""
        return Memory(
            self.keys[:, index], self.values[:, index], self.ages[index], self.matrix[:, index], self.norm[:, index]
        )

    def put(self, index: Tensor, other: Memory) -> Memory:
        """With the episodes ``index`` [B'] replaced by those of ``other``."""
        room = max(self.ages.shape[1], other.ages.shape[1])
        whole, other = self.wide(room), other.wide(room)
        for name in ("keys", "values", "matrix", "norm"):
            getattr(whole, name)[:, index] = getattr(other, name).to(getattr(whole, name).dtype)
        whole.ages[index] = other.ages
        return whole

    def wide(self, room: int) -> Memory:
        """With at least ``room`` slots, empty ones before the others."""
        more = max(0, room - self.ages.shape[1])
        keys, values = (functional.pad(part, (0, 0, more, 0)) for part in (self.keys, self.values))
        return replace(self, keys=keys, values=values, ages=functional.pad(self.ages, (more, 0)))

    def fresh(self, begins: Tensor) -> Memory:
        """Emptied for the episodes that begin, ``begins`` [B]."""
        goes_on = ~begins
        many = goes_on[None, :, None, None]
        return Memory(
            self.keys * many[..., None], self.values * many[..., None], self.ages * goes_on[:, None],
            self.matrix * many[..., None], self.norm * many,
        )  # fmt: skip

    def detached(self) -> Memory:
        return Memory(*(part.detach() for part in vars(self).values()))

    def slim(self) -> Memory:
        """Without the slots that are empty in every episode."""
        used = int((self.ages > 0).any(0).sum())  # they stand before the others
        empty = self.ages.shape[1] - used
        return replace(self, keys=self.keys[..., empty:, :], values=self.values[..., empty:, :],
                       ages=self.ages[:, empty:])  # fmt: skip

    @classmethod
    def joined(cls, parts: Sequence[Memory]) -> Memory:
        """The episodes of all ``parts``, in their order."""
        room = max(part.ages.shape[1] for part in parts)
        wide = [part.wide(room) for part in parts]
        along = {"keys": 1, "values": 1, "ages": 0, "matrix": 1, "norm": 1}
        return cls(**{name: torch.cat([getattr(part, name) for part in wide], dim) for name, dim in along.items()})

    def before(self, layer: int, key: Tensor, value: Tensor) -> Before:
        """What a layer has from earlier segments: keys and values [B, H, M, D], matrix and norm or None."""
        store = (self.matrix[layer], self.norm[layer]) if len(self.matrix) else None
        return self.keys[layer], self.values[layer], store


Before = tuple[Tensor, Tensor, tuple[Tensor, Tensor] | None]


@dataclass
class Resumed:
    """Where T segments of B streams are read at once and go on from a ``memory`` of B rows; ``fresh`` [B, T]: where
    another episode begins, and what was remembered is forgotten."""

    memory: Memory
    fresh: Tensor


@dataclass
class Chain:
    """Stands for the memory where T segments of B streams are read at once, as rows b T + t: what a layer remembers of
    a segment are that layer's own keys and values, so no layer need wait for the segment before. ``fresh`` [B, T]:
    where another episode begins; ``tail``: the positions that are remembered; ``ages`` [B T, M] as in ``Memory``;
    ``held``: what is remembered of before the first segment."""

    form: str
    fresh: Tensor
    tail: slice
    ages: Tensor
    held: Memory | None = None

    def before(self, layer: int, key: Tensor, value: Tensor) -> Before:
        """As ``Memory.before``, out of the layer's own ``key`` and ``value`` [B T, H, L, D]."""
        nothing = key[:, :, :0]
        if self.form == "none":
            return nothing, nothing, None
        key, value = (p[:, :, self.tail].unflatten(0, self.fresh.shape).transpose(1, 2) for p in (key, value))
        if self.form == "infini":
            return nothing, nothing, self._written(layer, key, value)
        many = (-1, self.fresh.shape[1], -1, -1, -1)
        keys, values = key.flatten(2, 3), value.flatten(2, 3)
        if self.held is not None:
            keys = torch.cat([self.held.keys[layer].to(keys.dtype), keys], 2)
            values = torch.cat([self.held.values[layer].to(values.dtype), values], 2)
        keys, values = (p[:, None].expand(many).flatten(0, 1) for p in (keys, values))
        return keys, values, None

    def _written(self, layer: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """The memory before each segment, [B T, H, D, D] and [B T, H, D]; ``key``, ``value`` [B, H, T, K, D]."""
        batch, heads, every, _, depth = key.shape
        if self.held is None:
            matrix = torch.zeros(batch, heads, depth, depth, device=key.device)
            norm = torch.zeros(batch, heads, depth, device=key.device)
        else:
            matrix, norm = self.held.matrix[layer], self.held.norm[layer]
        goes_on, going = (~self.fresh)[:, :, None, None].float(), self.fresh.new_ones(batch)
        found = []
        for t in range(every):
            matrix, norm = matrix * goes_on[:, t, :, None], norm * goes_on[:, t]
            found.append((matrix, norm))
            matrix, norm = write(key[:, :, t], value[:, :, t], going, matrix, norm)
        return torch.stack([m for m, _ in found], 1).flatten(0, 1), torch.stack([z for _, z in found], 1).flatten(0, 1)


class Norm(nn.Module):
    """Root-mean-square normalisation with a learned scale."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        return functional.rms_norm(x, x.shape[-1:], self.weight, EPSILON)


class Layer(nn.Module):
    """Attention and a gated feed-forward, each on the normalised stream."""

    def __init__(self, config: PolicyConfig) -> None:
        super().__init__()
        width, self.heads = config.width, config.heads
        self.before_attention, self.before_forward = Norm(width), Norm(width)
        self.query_key_value = nn.Linear(width, 3 * width, bias=False)
        nn.init.normal_(self.query_key_value.weight[: 2 * width], std=SHARPNESS / math.sqrt(width))
        self.out = nn.Linear(width, width, bias=False)
        self.up = nn.Linear(width, 2 * config.hidden, bias=False)
        self.down = nn.Linear(config.hidden, width, bias=False)
        self.relation_scale = nn.Parameter(torch.ones(config.heads))
        self.dropout = nn.Dropout(config.dropout) if config.dropout else nn.Identity()
        self.memory_gate = nn.Parameter(torch.full((config.heads,), GATE_START)) if config.memory == "infini" else None

    def look(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values [B, H, L, D] of ``x`` [B, L, width]."""
        batch, length, width = x.shape
        shape = (batch, length, 3, self.heads, width // self.heads)
        query, key, value = self.query_key_value(self.before_attention(x)).view(shape).permute(2, 0, 3, 1, 4)
        return query, key, value

    def forward(self, x: Tensor, query: Tensor, keys: Tensor, values: Tensor, bias: Tensor, closed: Tensor,
                store: tuple[Tensor, Tensor] | None) -> Tensor:  # fmt: skip
        """The stream ``x`` [B, L, width] after this layer. ``query`` [B, H, L, D], ``keys``, ``values`` [B, H, P + L,
        D]; ``bias`` (relations) and ``closed`` (0 or -inf), [B, H or 1, L, P + L]; ``store``: the infini memory."""
        weights = torch.addcmul(closed, bias, self.relation_scale[None, :, None, None].to(bias.dtype))
        found = functional.scaled_dot_product_attention(query, keys, values, attn_mask=weights.to(query.dtype))
        if store is not None and self.memory_gate is not None:
            gate = torch.sigmoid(self.memory_gate)[None, :, None, None].to(found.dtype)
            found = gate * recall(query, *store).to(found.dtype) + (1 - gate) * found
        x = x + self.dropout(self.out(found.transpose(1, 2).flatten(2)))
        gated, plain = self.up(self.before_forward(x)).chunk(2, -1)
        return x + self.dropout(self.down(functional.silu(gated) * plain))


def recall(query: Tensor, matrix: Tensor, norm: Tensor) -> Tensor:
    """What the memory holds for these queries [B, H, L, D]; nothing where nothing was written."""
    read = functional.elu(query.float()) + 1
    return (read @ matrix) / (read @ norm[..., None]).clamp_min(1e-6)


def write(key: Tensor, value: Tensor, going: Tensor, matrix: Tensor, norm: Tensor) -> tuple[Tensor, Tensor]:
    """The memory with these keys and values [B, H, K, D] written by the delta rule, where ``going`` [B]."""
    marks = (functional.elu(key.float()) + 1) * going[:, None, None, None]
    known = (marks @ matrix) / (marks @ norm[..., None]).clamp_min(1e-6)
    return matrix + marks.transpose(2, 3) @ (value.float() - known), norm + marks.sum(2)


class Trunk(nn.Module):
    """All layers. The registers, and where the action begins, are what a memory keeps of a segment."""

    def __init__(self, config: PolicyConfig) -> None:
        super().__init__()
        self.config = config
        self.kept = config.registers + 1  # and where the action begins
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.ages = nn.Embedding(config.window + 1, config.heads)
        nn.init.zeros_(self.ages.weight)
        self.last = Norm(config.width)

    def empty(self, batch: int, device: torch.device | str = "cpu") -> Memory:
        """The memory at the start of an episode."""
        c = self.config
        depth = c.width // c.heads
        stored = c.layers if c.memory == "infini" else 0
        keys = torch.zeros(c.layers, batch, c.heads, 0, depth, device=device, dtype=self.last.weight.dtype)
        ages = torch.zeros(batch, 0, dtype=torch.long, device=device)
        matrix = torch.zeros(stored, batch, c.heads, depth, depth, device=device)
        return Memory(keys, keys.clone(), ages, matrix, torch.zeros(stored, batch, c.heads, depth, device=device))

    def chain(self, fresh: Tensor, first: int, held: Memory | None = None) -> Chain:
        """Of T segments of B streams, ``fresh`` [B, T], whose tails begin at position ``first``, behind ``held``."""
        every = fresh.shape[1]
        kept = self.kept if self.config.memory == "xl" else 0
        steps, episode = torch.arange(every, device=fresh.device), fresh.cumsum(1)
        back = steps[:, None] - steps[None]
        known = (episode[:, :, None] == episode[:, None]) & (back >= 1) & (back <= self.config.window)
        ages = torch.where(known, back, 0).flatten(0, 1).repeat_interleave(kept, 1)
        if held is not None:
            older = held.ages[:, None] + steps[:, None]
            known = (held.ages[:, None] > 0) & (episode == 0)[..., None] & (older <= self.config.window)
            ages = torch.cat([torch.where(known, older, 0).flatten(0, 1), ages], 1)
        return Chain(self.config.memory, fresh, slice(first, first + self.kept), ages, held)

    def forward(
        self,
        x: Tensor,
        relations: Tensor,
        mask: Tensor,
        memory: Memory | Chain,
        past: Sequence[list[tuple[Tensor, Tensor]]] = (),
    ) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
        """One part of a segment.

        ``x`` [B, L, width]; ``relations`` [B, H, L, P + L] and ``mask`` [B, L, P + L] (True: may be seen) over the P
        positions of the segment that came before (whose keys and values are ``past``, part by part, a layer) and its
        own.
        Gives the normalised stream and the keys and values, a layer.
        """
        remembered = memory.ages > 0
        aged = self.ages(memory.ages).permute(0, 2, 1)[:, :, None].expand(-1, -1, x.shape[1], -1)
        allowed = torch.cat([remembered[:, None].expand(-1, x.shape[1], -1), mask], 2)[:, None]
        closed = torch.zeros(allowed.shape, dtype=x.dtype, device=x.device).masked_fill(~allowed, -math.inf)
        bias = torch.cat([aged.to(x.dtype), relations.to(x.dtype)], 3)
        made: list[tuple[Tensor, Tensor]] = []
        for n, layer in enumerate(self.layers):
            assert isinstance(layer, Layer)
            query, key, value = layer.look(x)
            *held, store = memory.before(n, key, value)
            parts = [*(part[n] for part in past), (key, value)]
            if held[0].shape[2]:
                parts.insert(0, (held[0].to(key.dtype), held[1].to(key.dtype)))
            keys, values = (torch.cat(of, 2) if len(of) > 1 else of[0] for of in zip(*parts))
            x = layer(x, query, keys, values, bias, closed, store)
            made.append((key, value))
        return self.last(x), made

    def remember(self, memory: Memory, tail: list[tuple[Tensor, Tensor]], going: Tensor) -> Memory:
        """The memory after a segment. ``tail``: keys and values [B, H, K, D] a layer of the positions to be kept (K =
        ``kept``); ``going`` [B]: episodes that this segment was a part of."""
        if self.config.memory == "xl":
            keys = torch.stack([key for key, _ in tail]).to(memory.keys.dtype)
            values = torch.stack([value for _, value in tail]).to(memory.values.dtype)
            room = self.config.window * self.kept
            whole = memory.wide(min(room, memory.ages.shape[1] + self.kept))
            fits = whole.ages.shape[1]
            new = memory.ages.new_ones(len(memory.ages), self.kept)
            ages = torch.cat([torch.where(memory.ages > 0, memory.ages + 1, 0), new], 1)[:, -fits:]
            g = going[None, :, None, None, None]
            return replace(
                memory,
                keys=torch.where(g, torch.cat([memory.keys, keys], 3)[:, :, :, -fits:], whole.keys),
                values=torch.where(g, torch.cat([memory.values, values], 3)[:, :, :, -fits:], whole.values),
                ages=torch.where(going[:, None], ages.clamp_max(self.config.window), whole.ages),
            )
        if self.config.memory == "infini":
            made = [write(k, v, going, memory.matrix[n], memory.norm[n]) for n, (k, v) in enumerate(tail)]
            return replace(memory, matrix=torch.stack([m for m, _ in made]), norm=torch.stack([z for _, z in made]))
        return memory

    def after(self, past: Resumed, tail: list[tuple[Tensor, Tensor]], counts: Tensor) -> Memory:
        """The memory behind T segments of B streams, of which the first ``counts`` [B] are real. ``tail``: as in
        ``remember``, of rows b T + t."""
        memory, shape = past.memory, past.fresh.shape
        parts = [(key.unflatten(0, shape), value.unflatten(0, shape)) for key, value in tail]
        for t in range(shape[1]):
            going = t < counts
            memory = memory.fresh(past.fresh[:, t] & going)
            memory = self.remember(memory, [(key[:, t], value[:, t]) for key, value in parts], going)
        return memory

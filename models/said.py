"""Choices of an action as the network reads them behind the page, with guesses of what comes next.

A pass through the trunk costs nearly the same for one choice as for four, so a guess is read along; where it proves
right, the states behind it are there already. What is chosen does not change: a state only depends on what lies before.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .grammar import Choice
from .network import PolicyNet, Reading
from .trunk import Memory

NOTHING = (-1, 0)
Column = list[tuple[int, int]]
"""Kind and index of one choice of each row, ``NOTHING`` where a row has ended."""


class Said:
    """The states behind the choices of B rows, which are read when they are asked for."""

    def __init__(self, net: PolicyNet, reading: Reading, memory: Memory) -> None:
        self._net, self._reading, self._memory = net, reading, memory
        self._read: list[Column] = []
        self._states = reading.start[:, None]
        self._pairs = reading.said

    def has(self, rows: Sequence[Sequence[Choice]]) -> bool:
        """Whether all choices of the rows are read."""
        wanted = _columns(rows)
        return self._common(wanted) == len(wanted)

    def states(self, until: int) -> Tensor:
        """[B, width], behind the first ``until`` choices."""
        return self._states[:, until]

    def read(self, rows: Sequence[Sequence[Choice]], guessed: Sequence[Choice] = ()) -> None:
        """Read all choices of ``rows`` that are not read yet, and behind them what is ``guessed`` (of one row)."""
        wanted = _columns(rows) + [[(int(c.kind), c.index)] for c in guessed]
        known = self._common(wanted)
        device = self._states.device
        kinds, index = torch.tensor(wanted[known:], device=device).permute(2, 1, 0)
        earlier = [(k[:, :, :known], v[:, :, :known]) for k, v in self._pairs]
        made = self._net.inputs(self._reading.looks, kinds, index, known)
        states, pairs = self._net.go_on(self._reading, made, self._memory, earlier)
        self._read = wanted
        self._states = torch.cat([self._states[:, : known + 1], states], 1)
        self._pairs = [(torch.cat([k, a], 2), torch.cat([v, b], 2)) for (k, v), (a, b) in zip(earlier, pairs)]

    def _common(self, wanted: list[Column]) -> int:
        """How many of the first columns are read."""
        pairs = list(zip(self._read, wanted))
        return next((n for n, (read, asked) in enumerate(pairs) if read != asked), len(pairs))


def _columns(rows: Sequence[Sequence[Choice]]) -> list[Column]:
    most = max(map(len, rows))
    return [[(int(row[n].kind), row[n].index) if n < len(row) else NOTHING for row in rows] for n in range(most)]

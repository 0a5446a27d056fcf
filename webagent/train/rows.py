"""From episodes to what a network is trained on: a segment, the right choices, the point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from webagent.envs.types import Action, Observation
from webagent.models.batch import Answers, Batch, collate, collate_answers
from webagent.models.config import PolicyConfig
from webagent.models.grammar import Choice
from webagent.models.points import spoken
from webagent.models.segment import Segment, read_observation
from webagent.models.words import Words


@dataclass(frozen=True)
class Row:
    """One step. ``choices`` is () where nothing is to be learned from it. ``outcome``: in [-1, 1], or None."""

    segment: Segment
    choices: tuple[Choice, ...]
    point: tuple[float, ...] | None
    outcome: float | None = None


@dataclass(frozen=True)
class Label:
    """An observation and what was right there: None where nobody knew. ``outcome`` as in ``Row``; ``last``: what was
    really done just before; ``moved``: by how much the page's elements are scaled, then moved right and down (px).
    ``chances``: actions that are as right, each with its chance; ``action`` is one of them."""

    observation: Observation
    action: Action | None
    outcome: float | None = None
    last: Action | None = None
    moved: tuple[float, float, float] = (1.0, 0.0, 0.0)
    chances: tuple[tuple[Action, float], ...] = ()


def drawn(label: Label, rng: np.random.Generator) -> Label:
    """With one of the actions that are as right. Over many batches the loss is the cross-entropy with their chances,
    whatever kinds of choices they are made of."""
    if len(label.chances) < 2:
        return label
    at = int(rng.choice(len(label.chances), p=[chance for _, chance in label.chances]))
    return replace(label, action=label.chances[at][0])


def row_of(label: Label, words: Words, config: PolicyConfig) -> Row:
    """Read and spelled; an action that the policy cannot say is not learned from."""
    segment = read_observation(label.observation, words, config, label.last)
    scale, dx, dy = label.moved
    segment.boxes[1:] = segment.boxes[1:] * scale + (dx, dy, 0.0, 0.0)
    if label.action is None:
        return Row(segment, (), None, label.outcome)
    return Row(segment, *spoken(label.action, segment, words, config.text_tokens), label.outcome)


def collate_rows(rows: Sequence[Row], vocabulary: int) -> tuple[Batch, Answers]:
    """Side by side."""
    batch = collate([row.segment for row in rows])
    return batch, collate_answers([row.choices for row in rows], [row.point for row in rows], batch, vocabulary)

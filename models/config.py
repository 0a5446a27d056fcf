"""What decides the shape of a policy: one flat dataclass, saved beside the weights."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from webagent.envs.errors import DataDamaged, UsageError

MEMORIES = ("none", "xl", "infini")
MOST_FRAMES = 8
SIZES = {
    "tiny": {"width": 64, "layers": 2, "heads": 2, "hidden": 128, "word_width": 32, "vocabulary": 512},
    "small": {"width": 192, "layers": 4, "heads": 4, "hidden": 512, "word_width": 64},
    "base": {"width": 384, "layers": 6, "heads": 6, "hidden": 1024},
    "large": {"width": 512, "layers": 8, "heads": 8, "hidden": 1408},
}


@dataclass(frozen=True)
class PolicyConfig:
    """Sizes are counts unless said otherwise. Raises ``UsageError`` for what cannot be built."""

    vocabulary: int = 8192
    """Subwords that the tokenizer knows."""
    width: int = 384
    """Of the residual stream."""
    layers: int = 6
    heads: int = 6
    hidden: int = 1024
    """Of the gated feed-forward layers."""
    word_width: int = 128
    """Of a subword's embedding, before it is projected into the stream."""
    whole: bool = True
    """Whether a subword of the page knows all those up to the next spaces around it."""
    compares: bool = True
    """Whether attention is told which of two quantities is the greater."""
    meanings: bool = True
    """Whether words have directions of pretrained word vectors besides, and attention is told how near two lie."""
    memory: str = "xl"
    """``none``, ``xl`` (cached states of earlier segments) or ``infini`` (compressive, delta rule)."""
    registers: int = 4
    """Positions of each segment that gather what later segments may need."""
    window: int = 16
    """Earlier segments whose states ``xl`` keeps."""
    goal_tokens: int = 192
    """Longest goal that is read; of a longer one the middle is left out."""
    elements: int = 400
    """Most elements that are read."""
    text_tokens: int = 48
    """Most subwords that an action's text is made of."""
    point_bins: int = 120
    """Places that each coordinate of a point is told between, a third of them inside the target."""
    frames: int = 0
    """Of the last screen frames, that are read beside the tree."""
    dropout: float = 0.0
    """Probability, in training."""

    def __post_init__(self) -> None:
        if self.memory not in MEMORIES:
            raise UsageError.unknown("memory", self.memory, MEMORIES)
        if not 0 <= self.frames <= MOST_FRAMES:
            raise UsageError(f"expected 0 to {MOST_FRAMES} frames, found {self.frames}")
        if not 0 <= self.dropout < 1:
            raise UsageError(f"expected a dropout in [0, 1), found {self.dropout}")
        if self.width % (2 * self.heads):
            raise UsageError(f"expected a width that is a multiple of 2 x {self.heads} heads, found {self.width}")

    @classmethod
    def of_size(cls, size: str, **changes: Any) -> PolicyConfig:
        """A named size; raises ``UnknownName``."""
        if size not in SIZES:
            raise UsageError.unknown("size", size, SIZES)
        return cls(**{**SIZES[size], **changes})

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> PolicyConfig:
        """From what was saved; fields that are not ours are left out, missing ones are an error (``DataDamaged``)."""
        names = {f.name for f in fields(cls)}
        missing = names - set(data)
        if missing:
            raise DataDamaged(
                f"expected a policy's configuration, found none of: {', '.join(sorted(missing))}",
                "was it written by another version of webagent?",
            )
        return cls(**{name: data[name] for name in names})

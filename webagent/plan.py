"""How far an agent looks ahead: the settings of ``--search``, kept apart so that naming them loads nothing."""

from __future__ import annotations

from dataclasses import dataclass

from webagent.envs.errors import UsageError

RECIPES = ("gumbel", "puct", "best-first")
LEAVES = ("value", "reward", "rollout")
"""What a moment is worth. All but ``value`` (the policy's own) know the task's true reward: they tell what could be
reached, and make training data, but nobody has them on a page of his own."""


@dataclass(frozen=True)
class Plan:
    """Raises ``UsageError`` for names that do not exist."""

    simulations: int
    """For one decision."""
    recipe: str = "gumbel"
    leaf: str = "value"
    most_steps: int | None = None
    """Browser steps for one decision, replays included; None for as many as the simulations take."""
    thorough: bool = False
    """Whether the simulations go on where a way to the end was found: there may be a shorter one."""
    noise: float = 0.0
    """Of a Gumbel root: how much chance decides which candidates are considered; 1 to make training data."""

    def __post_init__(self) -> None:
        for what, name, known in (("search", self.recipe, RECIPES), ("leaf value", self.leaf, LEAVES)):
            if name not in known:
                raise UsageError.unknown(what, name, known)
        if self.simulations < 1 or (self.most_steps is not None and self.most_steps < 1):
            raise UsageError("expected a number of simulations and of browser steps from 1 on")

    @property
    def true_reward(self) -> bool:
        return self.leaf != "value"

    def __str__(self) -> str:
        return f"{self.recipe} search, {self.simulations} simulations, leaf {self.leaf}"

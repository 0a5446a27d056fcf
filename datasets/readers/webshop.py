"""WebShop's human-written shopping goals (Yao et al. 2022): texts only, the shop is not here."""

from __future__ import annotations

from collections.abc import Iterator

from webagent.envs.types import Episode, Observation, Task

from . import Refused
from .documents import load_list


def read(path: str, refused: Refused) -> Iterator[Episode]:
    """One episode without steps a goal."""
    for n, goal in enumerate(load_list(path, "WebShop goals")):
        if not isinstance(goal, str) or not goal.strip():
            refused(f"goal {n}", f"expected a text, found {goal!r}")
            continue
        yield Episode(Task(f"webshop.{n}", goal.strip(), ""), (), Observation(goal=goal.strip()), "human")

"""An episode told as one page, and the goal that it fulfils as what is said about it: demonstrations read backwards.

    page = told(seen, actions)                      # an observation: what was done, and what it changed
    label = backwards(case)                         # that page, and Action("answer", text=goal)

So a goal writer is a policy like any other: it reads a page and answers, and it copies names and texts from what was
done as a policy copies them from a page. What is not told: pages on the way beyond what was touched there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from webagent.envs.types import Action, ActionTree, Element, Observation

from .augment import Augmentation
from .cases import Case
from .rows import Label

QUESTION = "What was asked for?"
MOST_CHANGED = 40
"""Elements of the last page that were not on the first, that are told."""
MOST_AROUND = 4
"""Elements beside the one that was touched."""
ROW = 24.0
"""Pixels from one deed to the next."""
TELLING = ("checked", "selected", "pressed", "expanded")
"""States that something may have been done for."""


def told(seen: Sequence[Observation], actions: Sequence[Action]) -> Observation:
    """``seen``: all observations, the final one too; ``actions``: those between them, one fewer. Each deed is an
    element: what it was done to, what was typed there, and the op as its hint; behind them what the last page has and
    the first had not."""
    goal, final = seen[0].goal, seen[-1]
    deeds = [_deed(n, before, action) for n, (before, action) in enumerate(zip(seen, actions))]
    had = Counter(_told_by(e) for e in seen[0].tree.elements)
    new = []
    for e in final.tree.elements:
        had[_told_by(e)] -= 1
        if had[_told_by(e)] < 0 and (e.name or e.value) and goal not in (e.name, e.value):
            new.append(e)
    elements = [*deeds, *(replace(e, ref=f"n{n}", parent=None) for n, e in enumerate(new[:MOST_CHANGED]))]
    placed = tuple(replace(e, box=(0.0, ROW * n, 300.0, ROW), depth=0) for n, e in enumerate(elements))
    tree = ActionTree(placed, viewport=final.tree.viewport)
    return Observation(QUESTION, final.url, final.title, tree=tree)


def _deed(n: int, before: Observation, action: Action) -> Element:
    target = before.tree.by_ref.get(action.target or "")
    if target is None:
        return Element(f"s{n}", "text", "", name=action.text or "", hint=action.op)
    text = action.text or ""
    if action.op == "drag":
        onto = before.tree.by_ref.get(text)
        text = onto.name if onto is not None else ""
    return replace(
        target, ref=f"s{n}", parent=None, value=text or target.value, hint=action.op, shape=None, scroll=None
    )


def _told_by(e: Element) -> tuple[str, ...]:
    return (e.role, e.name, e.value, *(state for state in TELLING if e.has(state)))


def backwards(case: Case) -> Label:
    """What a goal writer is to say of a case that succeeded."""
    return Label(told(case.seen, case.actions), Action("answer", text=case.goal), 1.0)


@dataclass(frozen=True)
class Renamed:
    """Other names in the place of those that goal and page share, and a moved page: what is copied stays to be
    copied. ``names``: words to put in their place."""

    names: Sequence[str]

    def __call__(self, labels: Sequence[Label], rng: np.random.Generator) -> Sequence[Label]:
        change = Augmentation(self.names, chances=(0.5, 0.0, 0.5, 0.0, 0.0), own=0.0)
        return [_asking(change([_asking(label, _answer(label))], rng)[0], QUESTION) for label in labels]


def _answer(label: Label) -> str:
    assert label.action is not None
    return label.action.text or ""


def _asking(label: Label, goal: str) -> Label:
    return replace(label, observation=replace(label.observation, goal=goal))

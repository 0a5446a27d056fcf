"""Failures made of demonstrations without a browser, where what would have come of them is certain.

- ``goal_swapped``: right actions for the goal of another instance of the task;
- ``value_changed``: one named value of the goal is another one, so right actions end with one wrong value;
- ``cut_short``: it ended before its last deed.

With another goal the task's expert is asked what he would have done: only where he would have done something else, the
actions were wrong. Where no expert can look at any goal (practice sites), another goal is one that does not name what
was typed or chosen for this one: the site then holds what nobody asked for. What needs the page's true reaction is
played (``spoil``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from webagent.envs.types import ENDS_EPISODE, Observation

from .cases import DEMONSTRATION, Case, Expert, followed

WORDS = re.compile(r"\w+", re.UNICODE)
TEXTS = ("type", "select")
SWAPPED, CHANGED, CUT = "goal swapped", "value changed", "cut short"


def with_misfits(cases: Iterable[Case], expert_of: Callable[[str], Expert | None], seed: int = 0) -> Iterator[Case]:
    """The cases, and behind each demonstration that succeeded those failures that can be made of it."""
    whole = list(cases)
    shown = [case for case in whole if case.kind == DEMONSTRATION and case.success]
    goals: dict[str, list[str]] = {}
    for case in shown:
        goals.setdefault(case.task, []).append(case.goal)
    texts: dict[str, list[str]] = {}
    for case in shown:
        texts.setdefault(case.task, []).extend(a.text for a in case.actions if a.op in TEXTS and a.text)
    rng = np.random.default_rng(seed)
    yield from whole
    for case in shown:
        expert = expert_of(case.task)
        swapped = goal_swapped(case, goals[case.task], expert, rng)
        changed = value_changed(case, texts[case.task], expert, rng)
        yield from (one for one in (cut_short(case, rng), swapped, changed) if one is not None)


def goal_swapped(case: Case, goals: Sequence[str], expert: Expert | None, rng: np.random.Generator) -> Case | None:
    """With the goal of another instance; None where no other goal is at hand, or the same would have been right."""
    others = sorted({goal for goal in goals if _bag(goal) != _bag(case.goal)})
    if expert is None:
        others = [goal for goal in others if any(text not in goal for text, _ in _written(case))]
    return _wrong(case, SWAPPED, others[int(rng.integers(len(others)))], expert) if others else None


def value_changed(case: Case, texts: Sequence[str], expert: Expert | None, rng: np.random.Generator) -> Case | None:
    """With another value in the place of one that the goal names and an action used: instead of an element's name that
    of another one like it (where an expert knows what that asks for), instead of what was typed or chosen one of
    ``texts``, those of other instances."""
    found = [pair for n in range(len(case.actions)) for pair in _values(case, n, texts, expert is not None)]
    if not found:
        return None
    old, others = found[int(rng.integers(len(found)))]
    pattern = re.compile(rf"(?<!\w){re.escape(old)}(?!\w)")
    new = others[int(rng.integers(len(others)))]
    goal = pattern.sub(lambda match: new, case.goal)
    return _wrong(case, CHANGED, goal, expert) if _bag(goal) != _bag(case.goal) else None


def cut_short(case: Case, rng: np.random.Generator) -> Case | None:
    """Ended after a part of its actions; at least one that is not merely the end is left out."""
    deeds = [n for n, action in enumerate(case.actions) if action.op not in ENDS_EPISODE]
    if len(deeds) < 2:
        return None
    count = deeds[int(rng.integers(1, len(deeds)))]
    return replace(
        case, kind=CUT, success=False, seen=case.seen[: count + 1], actions=case.actions[:count],
        progress=case.progress[:count],
    )  # fmt: skip


def _wrong(case: Case, kind: str, goal: str, expert: Expert | None) -> Case | None:
    """The case with this goal, if that makes it a failure, and the page does not tell what the goal was."""
    if any(_tells(seen, case.goal) for seen in case.seen):
        return None
    seen = tuple(asked(observation, goal) for observation in case.seen)
    other = replace(case, kind=kind, seen=seen, success=False)
    if expert is None:
        strayed = [n for text, n in _written(case) if text not in goal]
        known = tuple(0.0 if n == min(strayed) else None for n in range(len(case.actions))) if strayed else ()
        return replace(other, progress=known) if known else None
    progress = followed(expert, other)
    return replace(other, progress=progress) if progress and 0.0 in progress else None


def _written(case: Case) -> list[tuple[str, int]]:
    """What was typed or chosen as the goal names it, and at which step."""
    named = ((action.text, n) for n, action in enumerate(case.actions) if action.op in TEXTS)
    return [(text, n) for text, n in named if text and text in case.goal]


def asked(seen: Observation, goal: str) -> Observation:
    """With another goal, also where the page shows it."""
    elements = tuple(replace(e, name=goal) if e.name == seen.goal else e for e in seen.tree.elements)
    return replace(seen, goal=goal, tree=replace(seen.tree, elements=elements))


def _tells(seen: Observation, goal: str) -> bool:
    """Whether the page shows a part of the goal's sentence, and not the whole of it."""
    texts = (e.name for e in seen.tree.elements if e.role == "text" and e.name != goal)
    return any(len(WORDS.findall(text)) > 3 and text in goal for text in texts)


def _values(case: Case, n: int, texts: Sequence[str], elements_too: bool) -> list[tuple[str, list[str]]]:
    """Values of action ``n`` that the goal names, each with what could stand in its place."""
    action, elements = case.actions[n], case.seen[n].tree.elements
    target = next((e for e in elements if e.ref == action.target), None)
    found: list[tuple[str, list[str]]] = []
    if elements_too and target is not None and target.name and target.name in case.goal:
        others = sorted({e.name for e in elements if e.role == target.role and e.name} - {target.name})
        found.append((target.name, others))
    if action.op in TEXTS and action.text and action.text in case.goal:
        found.append((action.text, sorted(set(texts) - {action.text})))
    return [(old, others) for old, others in found if others]


def _bag(goal: str) -> tuple[str, ...]:
    return tuple(sorted(word.lower() for word in WORDS.findall(goal)))

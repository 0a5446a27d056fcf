"""``random``: any sensible thing with equal chance. The floor under every other policy; it learns and reads nothing.

Sensible: clicks on what can be clicked, typing of the goal's own words into fields, choosing an option, scrolling what
can scroll. It never declares itself done: at the step limit the task is judged where it stands.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import numpy as np

from webagent.envs.types import Action, ActionTree, Element, Observation, Proposal, Task

QUOTED = re.compile(r"[\"“”]([^\"“”]{1,200})[\"“”]|(?<!\w)['‘]([^'‘’]{1,200})['’](?!\w)")
SHOWN = 8
"""Candidates that a proposal carries for the report; the rest are equally likely and left out."""


def make_agent(task: Task, rng: np.random.Generator) -> Callable[[Observation], Proposal]:
    """A random agent for one episode; ``rng`` is its only source of chance."""
    texts = _texts_of(task.goal)

    def propose(observation: Observation) -> Proposal:
        candidates = _candidates(observation.tree, texts)
        order = rng.permutation(len(candidates))[:SHOWN]
        each = math.log(1 / len(candidates))
        return Proposal(
            actions=tuple(candidates[i] for i in order),
            logprobs=(each,) * len(order),
            why=("drawn at random",) + ("as likely",) * (len(order) - 1),
            confidence=1 / len(candidates),
        )

    return propose


def _texts_of(goal: str) -> tuple[str, ...]:
    """What may be typed: the goal's quoted strings, or, where it quotes nothing, each of its words."""
    quoted = [a or b for a, b in QUOTED.findall(goal)]
    return tuple(dict.fromkeys(quoted or re.findall(r"\w[\w.@-]*", goal))) or ("",)


def _candidates(tree: ActionTree, texts: tuple[str, ...]) -> list[Action]:
    found = [
        action
        for element in tree.elements
        if not element.has("disabled") and not element.has("covered")
        for action in _for_element(element, tree, texts)
    ]
    if tree.scroll[3] > 0:
        found += [Action("scroll", text="down"), Action("scroll", text="up")]
    return found or [Action("wait")]


def _for_element(element: Element, tree: ActionTree, texts: tuple[str, ...]) -> list[Action]:
    if element.tag == "select" and element.actionable:
        return [Action("select", element.ref, label) for label in _options_of(element, tree)]
    if element.role == "option" and element.tag == "option":
        return []
    if element.has("editable") and not element.has("readonly"):
        return [Action("type", element.ref, text) for text in texts]
    if element.actionable:
        return [Action("click", element.ref)]
    if element.scroll and element.scroll[3] > 0:
        return [Action("scroll", element.ref, "down"), Action("scroll", element.ref, "up")]
    return []


def _options_of(select: Element, tree: ActionTree) -> list[str]:
    return [e.name for e in tree.elements if e.parent == select.ref and e.role == "option" and e.name]

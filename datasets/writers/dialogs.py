"""The answers to JavaScript dialogs in an episode, gathered: a script must know them before the dialogs open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from webagent.envs.types import Step

DIALOG, OK, CANCEL, FIELD = "d1", "d2", "d3", "d4"
CLICKS = ("click", "dblclick")


class Answer(NamedTuple):
    """``accept``: whether OK was pressed. ``text``: what a prompt was given; None for other dialogs."""

    accept: bool
    text: str | None = None


class Move(NamedTuple):
    """A step of the page (its number; None for what came before all), and the answers to the dialogs that it opened."""

    number: int | None
    answers: tuple[Answer, ...]
    told: tuple[int, ...]  # numbers of the steps that the answers were


def is_answer(step: Step) -> bool:
    """Whether a step was done on a dialog that was open."""
    if DIALOG not in step.observation.tree.by_ref:
        return False
    return step.action.op in (*CLICKS, "type", "clear", "press")


def moves(steps: Sequence[Step]) -> list[Move]:
    """The steps of an episode with the dialogs that each opened."""
    found: list[Move] = []
    n = 0
    if steps and is_answer(steps[0]):
        n, answers = _answers(steps, 0)
        found.append(Move(None, answers, tuple(range(n))))
    while n < len(steps):
        end, answers = _answers(steps, n + 1)
        found.append(Move(n, answers, tuple(range(n + 1, end))))
        n = end
    return found


def _answers(steps: Sequence[Step], first: int) -> tuple[int, tuple[Answer, ...]]:
    """The number of the first step from ``first`` on that is no answer, and what was answered before it."""
    answers: list[Answer] = []
    text: str | None = None
    n = first
    while n < len(steps) and is_answer(steps[n]):
        action, field = steps[n].action, steps[n].observation.tree.by_ref.get(FIELD)
        if field is not None and text is None:
            text = field.value
        if action.op == "clear":
            text = ""
        elif action.op == "type" and text is not None:
            text += action.text or ""
        elif action.target in (OK, CANCEL) or action.text in ("Enter", "Escape"):
            accept = action.target == OK or action.text == "Enter"
            answers.append(Answer(accept, text if accept else None))
            text = None
        n += 1
    return n, tuple(answers)

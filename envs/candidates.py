"""Candidate actions: what a person could sensibly do next, as a short list in document order.

Each control gives the ops that suit its role; typing copies a text out of the goal. Where there are more than asked
for, the most promising stay, and stay in document order, so that a list changes little from step to step.

Left out on purpose: ``goto``, ``back``, ``upload``, ``done`` and ``give_up`` (their use cannot be read off a page),
and points inside an element.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import NamedTuple

from .goal_texts import NO_MENTION, Goal, GoalText, Mention, content_of, echoes, mention, read_goal
from .types import Action, ActionTree, Element, Observation, Op

FIELDS = frozenset({"textbox", "searchbox", "combobox", "spinbutton", "listbox"})
DIALOGS = frozenset({"dialog", "alertdialog"})
MOST_DRAGGED = 12
"""Elements that may be dragged, and places to drop on, at most."""
LONGEST_ANSWER = 80
_ASKS_ANSWER = re.compile(r"\b(?:answer with|tell me|report (?:the|how|what|which|whether))\b", re.IGNORECASE)
_WORTH: dict[str, float] = {
    "type": 56.0, "click": 50.0, "select": 46.0, "press": 45.0, "hover": 48.0, "dblclick": 48.0, "scroll": 44.0,
    "switch_tab": 40.0, "answer": 30.0, "drag": 28.0, "clear": 12.0, "wait": 20.0,
}  # fmt: skip
"""How useful an op is in itself, when the list is too long."""
_COLOURS = {
    "black": (0, 0, 0), "white": (255, 255, 255), "gray": (128, 128, 128), "red": (255, 0, 0), "green": (0, 140, 0),
    "blue": (0, 0, 255), "yellow": (255, 255, 0), "orange": (255, 165, 0), "purple": (128, 0, 128),
    "magenta": (255, 0, 255), "pink": (255, 192, 203), "cyan": (0, 255, 255), "brown": (150, 75, 40),
}  # fmt: skip
_SHAPES = {"rect": "rectangle", "ellipse": "circle", "polygon": "polygon", "box": ""}


class Candidate(NamedTuple):
    """One action that can be taken.

    ``element``: what it acts on (None for the page); ``option``: the option of a native list that it chooses;
    ``text``: what it types or answers; ``mention``: how the goal speaks of the element or option.
    """

    action: Action
    element: Element | None = None
    option: Element | None = None
    text: GoalText | None = None
    mention: Mention = NO_MENTION


class Candidates(NamedTuple):
    """At least one candidate, in document order; ``left_out``: how many did not fit."""

    chosen: tuple[Candidate, ...]
    left_out: int
    goal: Goal


def candidates_of(observation: Observation, most: int) -> Candidates:
    """At most ``most`` candidates; a lone ``wait`` where nothing can be done."""
    goal = read_goal(observation.goal)
    found = list(_all(observation, goal))
    if len(found) > most:
        ranked = sorted(range(len(found)), key=lambda i: (-_worth(found[i]), i))
        return Candidates(tuple(found[i] for i in sorted(ranked[:most])), len(found) - most, goal)
    return Candidates(tuple(found or [Candidate(Action("wait"))]), 0, goal)


def label_of(element: Element, goal: Goal) -> str:
    """By what a person would call it: its name, or its looks; "" for a field that is named by the goal's own text."""
    if element.role in FIELDS and echoes(element.name, goal):
        return ""
    return element.name or _looks(element) or element.hint


def holds(element: Element, text: str) -> bool:
    """Whether a field holds that text; of a masked password only the length can be compared."""
    masked = element.value and "password" in element.states
    return len(element.value) == len(text) if masked else element.value == text


def is_done(candidate: Candidate) -> bool:
    """Whether the action would only repeat what already holds."""
    element, action = candidate.element, candidate.action
    if element is None:
        return False
    if action.op == "type":
        return holds(element, action.text or "")
    if candidate.option is not None:
        return candidate.option.has("selected")
    return action.op == "click" and (element.has("checked") or element.has("selected"))


def _worth(candidate: Candidate) -> float:
    action, element, said = candidate.action, candidate.element, candidate.mention
    worth = _WORTH.get(action.op, 0.0) + 40.0 * said.said + 20.0 * said.quoted
    if element is None:
        return worth
    text = candidate.text
    if text is not None:
        words = content_of(f"{element.name} {element.context}")
        near = not (words.isdisjoint(text.before) and words.isdisjoint(text.after))
        worth += (15.0 if near else 0.0) - 4.0 * text.at
    elif action.op == "click" and "editable" in element.states:
        worth -= 25.0
    if is_done(candidate):
        worth -= 10.0
    return worth + (30.0 if "visible" in element.states or candidate.option is not None else 0.0)


def _looks(element: Element) -> str:
    shape = element.shape
    if shape is None or not element.role.startswith("graphics"):
        return ""
    kind = "triangle" if shape.kind == "polygon" and len(shape.points) == 6 else _SHAPES.get(shape.kind, shape.kind)
    return f"{_colour_name(shape.fill or shape.stroke)} {kind}".strip()


@functools.lru_cache(maxsize=1024)
def _colour_name(colour: str) -> str:
    if not re.fullmatch(r"#[0-9a-f]{6}", colour):
        return ""
    rgb = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return min(_COLOURS, key=lambda name: sum((a - b) ** 2 for a, b in zip(_COLOURS[name], rgb)))


# ---- enumeration ----------------------------------------------------------------------------------------------


def _all(observation: Observation, goal: Goal) -> Iterator[Candidate]:
    tree = observation.tree
    options = _options(tree)
    pointing = _pointing_ops(goal)
    for element in tree.elements:
        if element.actionable and not element.has("disabled") and not element.has("covered"):
            yield from _for_element(element, goal, options, pointing)
        if element.scroll is not None and not element.has("covered"):
            yield from (
                Candidate(Action("scroll", element.ref, way), element, mention=mention(label_of(element, goal), goal))
                for way in _ways(element.scroll)
            )
    if goal.asks("drag", "drop", "move", "sort", "arrange", "reorder", "swap"):
        yield from _drags(tree, goal)
    if _ASKS_ANSWER.search(goal.text):
        yield from _answers(tree, goal)
    yield from (Candidate(Action("scroll", text=way)) for way in _ways(tree.scroll))
    yield from (Candidate(Action("switch_tab", text=str(i))) for i, t in enumerate(observation.tabs) if not t.active)
    if observation.settled == "busy":
        yield Candidate(Action("wait"))


def _options(tree: ActionTree) -> dict[str, list[Element]]:
    """The options of each native list, by the list's ref."""
    found: dict[str, list[Element]] = {}
    for element in tree.elements:
        if element.tag == "option":
            up = tree.by_ref.get(element.parent or "")
            while up is not None and up.tag != "select":
                up = tree.by_ref.get(up.parent or "")
            found.setdefault(up.ref if up is not None else "", []).append(element)
    return found


def _pointing_ops(goal: Goal) -> tuple[Op, ...]:
    """What else than a click the goal asks for."""
    hovers: tuple[Op, ...] = ("hover",) if goal.asks("hover", "mouse", "over") else ()
    return (*hovers, "dblclick") if goal.asks("double", "dblclick") else hovers


def _for_element(
    element: Element, goal: Goal, options: dict[str, list[Element]], pointing: tuple[Op, ...]
) -> Iterator[Candidate]:
    ref = element.ref
    said = mention(label_of(element, goal), goal)
    if element.tag == "select" and ref in options:
        yield from _choices(element, options[ref], goal)
    elif element.tag == "option":
        if any(element is option for option in options.get("", ())):
            yield Candidate(Action("click", ref), element, mention=said)
    elif element.tag == "input:file":
        return
    elif element.has("editable") and not element.has("readonly"):
        yield Candidate(Action("click", ref), element, mention=said)
        yield from (Candidate(Action("type", ref, t.text), element, text=t, mention=said) for t in goal.texts)
        if element.value:
            yield Candidate(Action("clear", ref), element, mention=said)
        if element.has("focused"):
            yield Candidate(Action("press", ref, "Enter"), element, mention=said)
    else:
        yield Candidate(Action("click", ref), element, mention=said)
        yield from (Candidate(Action(op, ref), element, mention=said) for op in pointing)
    if element.role == "slider" or "slider" in element.hint.split():
        for key in ("ArrowLeft", "ArrowRight"):
            yield Candidate(Action("press", ref, key), element, mention=said)


def _choices(select: Element, options: list[Element], goal: Goal) -> Iterator[Candidate]:
    for option in options:
        if option.has("disabled"):
            continue
        action = Action("click", option.ref) if select.has("multiple") else Action("select", select.ref, option.name)
        yield Candidate(action, select, option, mention=mention(option.name, goal))


def _ways(scroll: tuple[float, float, float, float]) -> list[str]:
    """The directions in which a region can still move by a pixel or more."""
    x, y, most_x, most_y = scroll
    room = {"up": y, "down": most_y - y, "left": x, "right": most_x - x}
    return [way for way, left in room.items() if left >= 1.0]


def _drags(tree: ActionTree, goal: Goal) -> Iterator[Candidate]:
    def is_free(element: Element) -> bool:
        return element.has("visible") and not element.has("covered") and not element.has("editable")

    fixed = {"button", "link", "checkbox", "radio", "option", "tab", *FIELDS}
    loose = [e for e in tree.actionable if is_free(e) and e.role not in fixed][:MOST_DRAGGED]
    spots = [e for e in tree.elements if is_free(e) and e.role not in {"text", "heading", "label", *fixed}]
    for source in loose:
        said = mention(label_of(source, goal), goal)
        for spot in spots[:MOST_DRAGGED]:
            if spot.ref not in (source.ref, source.parent):
                yield Candidate(Action("drag", source.ref, spot.ref), source, option=None, mention=said)


def _answers(tree: ActionTree, goal: Goal) -> Iterator[Candidate]:
    """What the page says, as answers; how the goal speaks of the words around tells them apart."""
    for element in tree.elements:
        name = element.name.strip()
        if 0 < len(name) <= LONGEST_ANSWER and not element.actionable and not echoes(name, goal):
            yield Candidate(Action("answer", text=name), element, mention=mention(element.context, goal))

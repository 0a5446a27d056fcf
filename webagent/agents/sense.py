"""Which actions make sense on a page at all, whatever the goal: what a search need not try out.

A policy that learned from demonstrations is so sure of itself that its second thoughts are noise (docs/LOG.md).
"""

from __future__ import annotations

from webagent.envs.goal_texts import read_goal
from webagent.envs.types import Element, Observation

FIXED = frozenset({"button", "link", "checkbox", "radio", "option", "tab", "textbox", "combobox", "searchbox"})
"""Roles of what nobody drags."""
ASKED = {
    "hover": ("hover", "mouse", "over"),
    "dblclick": ("double", "dblclick"),
    "drag": ("drag", "drop", "move", "sort", "arrange", "reorder", "swap", "draw", "resize", "slider"),
}
"""Words of a goal without which an op is not tried."""


def makes_sense(op: str, ref: str | None, observation: Observation) -> bool:
    """Whether an op on an element (or on none) could change what is seen.

    What ends the episode, leaves the page or waits for nothing could not; as a first choice it is still a policy's own.
    """
    if op in ASKED and not read_goal(observation.goal).asks(*ASKED[op]):
        return False
    if op == "scroll" or (op == "press" and ref is None):
        return True
    if op == "wait":
        return observation.settled == "busy"
    element = observation.tree.by_ref.get(ref or "")
    return element is not None and _suits(op, element)


def _suits(op: str, element: Element) -> bool:
    if element.has("disabled") or element.has("covered"):
        return False
    editable = element.has("editable") and not element.has("readonly")
    match op:
        case "click" | "dblclick" | "hover":
            return element.actionable
        case "press":
            return editable or element.has("focused") or element.role == "slider"
        case "type":
            return editable
        case "clear":
            return editable and bool(element.value)
        case "select":
            return element.tag == "select"
        case "drag":
            return element.role not in FIXED
        case _:
            return False

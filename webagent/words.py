"""Actions and elements in a person's words, for the terminal and the reports.

Whatever comes from a page is cleaned first: control characters could drive a terminal, direction marks could make a
line read as another one.
"""

from __future__ import annotations

import unicodedata

from webagent.envs.types import Action, ActionTree, Element


def clean(text: str, limit: int = 80) -> str:
    """One printable line of at most ``limit`` characters; what was cut shows as ``…``."""
    line = " ".join("".join(c if unicodedata.category(c)[0] != "C" else " " for c in text[: 4 * limit]).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def describe_element(element: Element, limit: int = 60) -> str:
    """``"Sign in" (button)``; the nearest words stand in where an element has no name of its own."""
    name = element.name or element.context or element.hint or element.value
    return f'"{clean(name, limit)}" ({element.role})' if name else f"({element.role})"


def describe_target(action: Action, tree: ActionTree) -> str:
    """The target's description, "" if the action has none, its ref if the tree does not list it."""
    if action.target is None:
        return ""
    element = tree.by_ref.get(action.target)
    return describe_element(element) if element else f"[{clean(action.target, 20)}]"


def describe_action(action: Action, tree: ActionTree) -> str:
    """The action as one would say it: ``type "Ann" into "Name" (textbox)``."""
    what = describe_target(action, tree)
    text = clean(action.text or "")
    match action.op:
        case "click" | "hover":
            return f"{action.op} {what}" + _at(action)
        case "dblclick":
            return f"double-click {what}" + _at(action)
        case "type":
            return f'type "{text}"' + (f" into {what}" if what else "")
        case "select":
            return f'select "{text}" in {what}'
        case "press":
            return f"press {text}" + (f" in {what}" if what else "")
        case "scroll":
            return f"scroll {text}" + (f" in {what}" if what else "")
        case "drag":
            onto = tree.by_ref.get(action.text or "")
            return f"drag {what}" + (f" onto {describe_element(onto)}" if onto else _at(action))
        case "upload":
            return f'upload "{text}" to {what}'
        case "goto":
            return f"go to {text}"
        case "switch_tab":
            return f"switch to tab {text}"
        case "answer":
            return f'answer "{text}"'
        case "give_up" | "done":
            return action.op.replace("_", " ") + (f": {text}" if text else "")
    words = action.op.replace("_", " ")
    return " ".join(part for part in (words, what, text) if part)


def _at(action: Action) -> str:
    if action.point is None:
        return ""
    return " at " + ", ".join(f"{100 * p:.0f}%" for p in action.point)

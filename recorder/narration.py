"""A recording in plain words, by rule: numbered instructions, and a goal where none was given."""

from __future__ import annotations

import re
from collections.abc import Iterable

from webagent.envs.types import Action, Episode, Observation, Step

SECRET = re.compile(r"\{\{secret:([\w-]+)\}\}")
ASIDE = frozenset(
    {"hover", "scroll", "switch_tab", "close_tab", "back", "forward", "wait", "done", "answer", "give_up"}
)
MOST_GOAL = 300  # characters
_CLICKS = {
    "link": "Follow", "option": "Choose", "radio": "Choose", "tab": "Open", "menuitem": "Choose",
    "menuitemradio": "Choose",
    "treeitem": "Choose", "textbox": "Click into", "searchbox": "Click into", "button": "Press",
}  # fmt: skip


def sentence(action: Action, seen: Observation) -> str:
    """What one action does, as one would tell a person; "" for the end."""
    text = action.text or ""
    target = _called(action.target, seen)
    match action.op:
        case "click" | "dblclick":
            return _clicking(action, seen, target)
        case "type":
            secret = SECRET.fullmatch(text)
            what = f"the secret {secret[1]}" if secret else _quoted(text)
            return f"Type {what} into {target}."
        case "select":
            return f"Choose {_quoted(text)} from {target}."
        case "press":
            return f"Press the key {text}{f' in {target}' if action.target else ''}."
        case "scroll":
            return f"Scroll {f'{target} ' if action.target else ''}{text}."
        case "drag":
            return f"Drag {target} to {_called(action.text, seen)}." if action.text else f"Drag {target}."
        case "upload":
            return f"Give {target} the file {', '.join(map(_quoted, text.splitlines()))}."
        case "goto" | "new_tab":
            place = f" {text}" if text else ""
            return f"Go to{place}." if action.op == "goto" else f"Open a new tab{place and ' with' + place}."
        case "switch_tab":
            return f"Switch to tab {int(text) + 1}."
    fixed = {"hover": f"Point at {target}.", "clear": f"Empty {target}.", "back": "Go back.", "forward": "Go forward.",
             "close_tab": "Close the tab.", "wait": "Wait.", "answer": f"Answer {_quoted(text)}."}  # fmt: skip
    return fixed.get(action.op, "")


def _clicking(action: Action, seen: Observation, target: str) -> str:
    element = seen.tree.by_ref.get(action.target or "")
    *keys, button = (action.text or "left").split("+")
    held = f" holding {' and '.join(keys)}" if keys else ""
    if action.op == "dblclick":
        return f"Double-click {target}{held}."
    if button != "left":
        return f"{button.capitalize()}-click {target}{held}."
    if element is not None and element.role in ("checkbox", "switch", "menuitemcheckbox"):
        return f"{'Untick' if element.has('checked') else 'Tick'} {target}{held}."
    return f"{_CLICKS.get(element.role if element else '', 'Click')} {target}{held}."


def _called(ref: str | None, seen: Observation) -> str:
    element = seen.tree.by_ref.get(ref or "")
    if element is None:
        return "the page"
    words = element.name or element.context or element.hint
    return _quoted(words) if words else f"the {element.role}"


def _quoted(text: str) -> str:
    short = " ".join(text.split())
    return f"'{short if len(short) <= 80 else short[:79] + '…'}'"


def instructions(steps: Iterable[Step]) -> list[str]:
    """Numbered sentences, one a step; what says the same as the one before is said once."""
    told = [sentence(step.action, step.observation) for step in steps]
    fresh = [
        s for before, s in zip(["", *told], told, strict=False) if s and (s != before or not s.startswith("Scroll"))
    ]
    return [f"{n}. {words}" for n, words in enumerate(fresh, 1)]


def guessed_goal(steps: Iterable[Step]) -> str:
    """One sentence of what matters among the steps: what was written, chosen and pressed, not how one got about."""
    kept = [sentence(s.action, s.observation) for s in steps if s.action.op not in ASIDE]
    words = [_lower(part.rstrip(".")) for part in kept if part]
    while len(words) > 2 and sum(map(len, words)) > MOST_GOAL:
        words.pop(len(words) // 2)
    whole = ", then ".join(words)
    return whole[:1].upper() + whole[1:]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def narration(episode: Episode) -> str:
    """The goal and the instructions, as they are written beside an episode."""
    return "\n".join([episode.task.goal or "(no goal)", "", *instructions(episode.steps), ""])

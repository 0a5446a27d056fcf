"""Action texts of BrowserGym: one JSON object an action, with the page that it was done on as text.

    {"step": 3, "goal": "…", "url": "…", "page": "RootWebArea 'Shop' … [12] button 'Save' …", "action": "click('12')"}

Elements are named in ``page`` and ``action`` alike, by the refs of the recording: data to learn from. They are not the
numbers that a live BrowserGym gives. What BrowserGym has no words for has ``"action": null`` and a ``why``.
"""

from __future__ import annotations

import json
from typing import Any

from webagent.envs.types import Action, Element, Observation

from . import Source
from .dialogs import is_answer
from .page_text import bid_of, page_text
from .phrases import keys

SCROLL_PART = 0.8  # of a region, that one scroll of ours moves
WAIT_MS = 1000


def text(source: Source) -> str:
    """The lines."""
    lines: list[dict[str, Any]] = []
    emptied = None
    for n, step in enumerate(source.episode.steps):
        seen = step.observation
        same: dict[str, Any] = {"step": n, "goal": source.episode.task.goal, "url": seen.url, "page": page_text(seen)}
        if is_answer(step):
            lines.append({**same, "action": None, "why": "dialogs are dismissed there"})
            continue
        told = actions(step.action, seen, emptied == step.action.target)
        emptied = step.action.target if step.action.op == "clear" else None
        lines += [{**same, "action": call} for call in told]
        if not told:
            lines.append({**same, "action": None, "why": f"there is no {step.action.op}"})
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def actions(action: Action, seen: Observation, emptied: bool = False) -> list[str]:
    """The calls that say the same as one action; none where there are no words for it.

    ``emptied``: the field was cleared by the step before, though the observation may not show it yet.
    """
    text, element = action.text or "", seen.tree.by_ref.get(action.target or "")
    plain = {
        "goto": _call("goto", text), "back": "go_back()", "forward": "go_forward()", "close_tab": "tab_close()",
        "wait": f"noop({WAIT_MS})", "answer": _call("send_msg_to_user", text),
        "give_up": _call("report_infeasible", text),
    }  # fmt: skip
    if action.op in plain:
        return [plain[action.op]]
    if action.op == "new_tab":
        return ["new_tab()", *([_call("goto", text)] if text else [])]
    if action.op == "switch_tab":
        return [f"tab_focus({int(text)})"]
    if action.op == "scroll":
        return [_scroll(text, element, seen)]
    if element is None:
        by_keys = {"press": _call("keyboard_press", keys(text)), "type": _call("keyboard_type", text)}
        return [by_keys[action.op]] if action.op in by_keys else []
    return _on(action, element, seen, emptied)


def _on(action: Action, e: Element, seen: Observation, emptied: bool) -> list[str]:
    bid, text = bid_of(e.ref), action.text or ""
    match action.op:
        case "click" | "dblclick":
            return [_click(action, e)]
        case "hover":
            return [_call("hover", bid)]
        case "clear":
            return [_call("clear", bid)]
        case "press":
            return [_call("press", bid, keys(text))]
        case "select":
            return [_call("select_option", bid, text)]
        case "upload":
            files = text.splitlines()
            return [_call("upload_file", bid, files[0] if len(files) == 1 else files)]
        case "type":
            return [_call("fill", bid, text if emptied else e.value.strip("•") + text)]  # it replaces what is there
    return [_drag(action, e, seen)] if action.op == "drag" else []


def _click(action: Action, e: Element) -> str:
    *held, button = (action.text or "left").split("+")
    more = [] if button == "left" and not held else [button]
    name = action.op
    if action.point and not held:
        return _call(f"mouse_{name}", *_place(e, action.point), *more)
    return _call(name, bid_of(e.ref), *more, *([held] if held else []))


def _drag(action: Action, e: Element, seen: Observation) -> str:
    goal = seen.tree.by_ref.get(action.text or "") or e
    point = action.point or (0.5, 0.5)
    if goal is not e and all(abs(p - 0.5) <= 0.5 for p in point):
        return _call("drag_and_drop", bid_of(e.ref), bid_of(goal.ref))
    start = point[:2] if len(point) == 4 else (0.5, 0.5)
    return _call("mouse_drag_and_drop", *_place(e, start), *_place(goal, point[-2:]))


def _scroll(way: str, region: Element | None, seen: Observation) -> str:
    size = region.box[2:] if region else seen.tree.viewport
    x, y = {"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0)}[way]
    by = round(x * size[0] * SCROLL_PART), round(y * size[1] * SCROLL_PART)
    if region is None:
        return _call("scroll", *by)
    at = _place(region, (0.5, 0.5))
    return _call("scroll_at", round(at[0]), round(at[1]), *by)


def _place(e: Element, point: tuple[float, ...]) -> tuple[float, float]:
    x, y, width, height = e.box
    return round(x + width * point[0], 1), round(y + height * point[1], 1)


def _call(name: str, *values: object) -> str:
    return f"{name}({', '.join(map(repr, values))})"

"""Ways through a practice site: from any page to any other, out of dialogs, past the cookie question."""

from __future__ import annotations

from collections import deque
from typing import Any

from webagent.envs.types import Action, Element

from .practice_moves import Sight, plain

HOME = "home"


def dialog_of(now: Sight, rule: dict[str, Any] | None) -> Action | None:
    """The answer to a native dialog: as the stage says, else no. None where there is none."""
    if now.dialog is None:
        return None
    if rule and rule.get("text") is not None:
        field = next((e for e in now.elements if e.role == "textbox"), None)
        if field is not None and field.value != rule["text"]:
            return Action("clear", field.ref) if field.value else Action("type", field.ref, text=rule["text"])
    wanted = (rule["button"], "OK") if rule else ("Cancel", "OK")
    button = next((b for name in wanted if (b := now.named(name)) is not None), None)
    return Action("click", button.ref) if button else None


def freed(script: dict[str, Any], now: Sight) -> Action | None:
    """The cookie question out of the way, as the script says; None where it is not asked."""
    shown = [e for label in script["clear"] if (e := now.named(label)) is not None]
    return Action("click", shown[0].ref) if shown and now.dialog is None else None


def way_to(script: dict[str, Any], page: str, now: Sight) -> Action:
    """The next step to a page: a link of this one that leads there or nearer, else back, else its address."""
    if now.modal is not None and (out := now.shut()) is not None:
        return out
    for to in _path(script, now.at, page) or [page]:
        link = _leading(script, now, to)
        if link is not None:
            return Action("click", link.ref)
        break
    menu = now.named(script["menu"], ("button",)) if script["menu"] else None
    if menu is not None and not menu.has("expanded"):
        return Action("click", menu.ref)
    start = now.page.now.url.partition("?")[0]
    if now.at:
        return Action("goto", text=f"{start}?page={page}")
    return Action("back")


def _path(script: dict[str, Any], origin: str, goal: str) -> list[str]:
    """Pages from here to there, without the first; empty where no way is known."""
    came: dict[str, str] = {origin: ""}
    queue = deque([origin])
    while queue:
        at = queue.popleft()
        if at == goal:
            path = []
            while at != origin:
                path.append(at)
                at = came[at]
            return path[::-1]
        for to in (*script["ways"].get(at, {}), *script["linked"]):
            if to not in came:
                came[to] = at
                queue.append(to)
    return []


def _leading(script: dict[str, Any], now: Sight, to: str) -> Element | None:
    """A link to that page, or what else is known to lead there."""
    links = [e for e in now.elements if e.role == "link" and e.href.endswith(f"page={to}") and e.actionable]
    if links:
        return min(links, key=lambda e: e.has("covered"))
    labels = {plain(label) for label in script["ways"].get(now.at, {}).get(to, ())}
    return next((e for e in now.elements if e.actionable and plain(e.name) in labels), None)

"""JavaScript dialogs as elements: ``d1`` the dialog, ``d2`` OK, ``d3`` Cancel, ``d4`` the field of a prompt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from .errors import BadAction, NotEditable
from .types import Action, ActionTree, Element

if TYPE_CHECKING:
    from .tab import Reading, Tab

OK, CANCEL, FIELD = "d2", "d3", "d4"
MOST_WORDS = 400  # characters of a message that are shown


def dialog_tree(tab: Tab, viewport: tuple[int, int]) -> Reading:
    """What is seen while a dialog is open: the dialog on top of the last tree, which it covers."""
    from .tab import Reading

    elements: list[Element] = [*_dialog(tab, viewport[0])]
    scroll = (0.0, 0.0, 0.0, 0.0)
    if tab.last is not None:
        elements += map(_under, tab.last.tree.elements)
        scroll = tab.last.tree.scroll
    tree = ActionTree(tuple(elements), tab.last.tree.dropped if tab.last else 0, viewport, scroll)
    return Reading(tree, tab.last.title if tab.last else "", tab.url, "frame", {"tree": 0.0, "settle": 0.0})


def _dialog(tab: Tab, width: int) -> Iterator[Element]:
    kind = tab.dialog.type if tab.dialog else "alert"
    message = tab.dialog.message[:MOST_WORDS] if tab.dialog else ""
    x, y, w = width / 2 - 160.0, 40.0, 320.0
    yield Element("d1", "alertdialog", "dialog", message, "", (x, y, w, 140.0), ("modal", "visible"), hint=kind)
    if tab.prompt is not None:
        box = (x + 20, y + 50, w - 40, 30.0)
        states = ("actionable", "editable", "focused", "visible")
        yield Element(FIELD, "textbox", "input:text", message, tab.prompt[:MOST_WORDS], box, states, "d1", 1)
    box = (x + w - 160, y + 100, 60.0, 28.0)
    yield Element(OK, "button", "button", "OK", "", box, ("actionable", "visible"), "d1", 1)
    if kind != "alert":
        box = (x + w - 85, y + 100, 70.0, 28.0)
        yield Element(CANCEL, "button", "button", "Cancel", "", box, ("actionable", "visible"), "d1", 1)


def _under(element: Element) -> Element:
    return replace(element, states=tuple(sorted({*element.states, "covered"}))) if element.actionable else element


async def act_on_dialog(tab: Tab, action: Action) -> None:
    """Press a dialog's button or write into its field. Raises ``NotEditable`` for anything else."""
    if action.op in ("click", "dblclick") and action.target in (OK, CANCEL):
        await tab.answer_dialog(action.target == OK)
    elif action.op == "press" and action.text in ("Enter", "Escape"):
        await tab.answer_dialog(action.text == "Enter")
    elif action.op in ("type", "clear") and action.target == FIELD and tab.prompt is not None:
        tab.prompt = "" if action.op == "clear" else tab.prompt + (action.text or "")
    elif action.target not in ("d1", OK, CANCEL, FIELD):
        raise BadAction(f"{action.target} is not part of the dialog")
    else:
        raise NotEditable(f"{action.op} does nothing on a JavaScript dialog", "press OK or Cancel")

"""JavaScript dialogs (alert, confirm, prompt) as elements: ``d1`` the dialog, ``d2`` OK, ``d3`` Cancel, ``d4`` the field."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .errors import BadAction, NotEditable
from .types import Action, ActionTree, Element

if TYPE_CHECKING:
    from .tab import Reading, Tab

OK, CANCEL, FIELD = "d2", "d3", "d4"


def dialog_tree(tab: Tab, viewport: tuple[int, int]) -> Reading:
    """What is seen while a dialog is open: the dialog on top of the last tree, which it covers."""
    from .tab import Reading

    dialog = tab.dialog
    kind = dialog.type if dialog else "alert"
    message = dialog.message if dialog else ""
    width, height = viewport
    x, y, w = width / 2 - 160.0, 40.0, 320.0
    states = ("actionable", "visible")
    made = [Element("d1", "alertdialog", "dialog", message, box=(x, y, w, 140.0), states=("modal", "visible"), hint=kind)]
    if tab.prompt is not None:
        made.append(Element(FIELD, "textbox", "input:text", message, tab.prompt, (x + 20, y + 50, w - 40, 30.0), ("actionable", "editable", "focused", "visible"), "d1", 1))
    made.append(Element(OK, "button", "button", "OK", box=(x + w - 160, y + 100, 60.0, 28.0), states=states, parent="d1", depth=1))
    if kind != "alert":
        made.append(Element(CANCEL, "button", "button", "Cancel", box=(x + w - 85, y + 100, 70.0, 28.0), states=states, parent="d1", depth=1))
    last = tab.last
    under = tuple(replace(e, states=tuple(sorted({*e.states, "covered"}))) if e.actionable else e for e in last.tree.elements) if last else ()
    tree = ActionTree((*made, *under), last.tree.dropped if last else 0, viewport, last.tree.scroll if last else (0, 0, 0, 0))
    return Reading(tree, last.title if last else "", tab.page.url, "frame", {"tree": 0.0, "settle": 0.0})


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

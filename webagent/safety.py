"""Nothing irreversible without a person: which actions need a yes, and how it is asked for.

    guard = Guard(yes=False, ask=terminal_asker())
    guard(observation, action)        # returns, or raises ConfirmationRefused (exit code 3)

The rule is over words on the page, so it is a seat belt and no proof: a button that names nothing, a link that deletes
by its address, a bulk action chosen in a list and applied by a button "Apply" pass unseen.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TextIO

from webagent.commitments import asks_for_payment, commitment, commitment_told, icon_commitment, is_assent
from webagent.envs.errors import ConfirmationRefused
from webagent.envs.types import Action, ActionTree, Element, Observation
from webagent.words import clean, describe_action, describe_element

Ask = Callable[[str], bool]

_SAYS = {
    "payment": "this may pay for or order something",
    "deletion": "this may delete or end something",
    "send": "this may send or publish something",
    "subscription": "this may change a subscription",
}
_NEVER_COMMIT = frozenset(
    "textbox searchbox combobox listbox option checkbox radio switch slider spinbutton tab menuitemcheckbox "
    "menuitemradio treeitem scrollbar canvas video audio columnheader rowheader heading text label img row cell".split()
)
_FIELDS = frozenset("textbox searchbox combobox spinbutton checkbox radio switch".split())
_MOST_WORDS = {"link": 4, "clickable": 5, "gridcell": 5, "menuitem": 6}
_SUBMIT_KEYS = frozenset({"Enter", "NumpadEnter"})
_ENCLOSING = frozenset({"form", "dialog", "alertdialog", "search"})


def needs_confirmation(action: Action, observation: Observation) -> str | None:
    """Why a person should agree to ``action`` first, in one line; None if it may be done.

    - A click (or Enter, or Space) on a button, link, menu item or other clickable thing commits if its name begins
      with a verb that pays, orders, deletes, sends, publishes or subscribes (``commitments`` holds the words; German
      verbs may also end the name). Names of many words are prose. An icon is read by its hint.
    - A button that only agrees (OK, Yes, Continue) commits if the dialog around it announces such a thing, or if the
      form around it is named so or asks for a card or account number.
    - Enter in a field (also as a line end typed into an ``input``) counts as a press of the buttons of its form, of
      the smallest group around it that has a button, or else of the next button on the page.
    - Boxes to tick, options, tabs and fields never commit by a click.
    """
    tree = observation.tree
    target = tree.by_ref.get(action.target) if action.target else None
    if action.op in ("click", "dblclick") and target:
        return _reason(target, tree)
    if action.op == "press" and action.text:
        target = target or _focused(tree)
        key = action.text.rpartition("+")[2] or action.text
        if target and key in _SUBMIT_KEYS:
            return _reason(target, tree) or _reason_of_enter(target, tree)
        if target and key in ("Space", " "):
            return _reason(target, tree)
    if action.op == "type" and "\n" in (action.text or ""):
        target = target or _focused(tree)
        return _reason_of_enter(target, tree) if target and target.tag.startswith("input") else None
    return None


def _focused(tree: ActionTree) -> Element | None:
    return next((e for e in tree.elements if e.has("focused")), None)


def _reason(element: Element, tree: ActionTree) -> str | None:
    kind = _kind_of(element, tree)
    return f"{_SAYS[kind]}: {describe_element(element)}" if kind else None


def _kind_of(element: Element, tree: ActionTree) -> str | None:
    if element.role in _NEVER_COMMIT or element.has("disabled"):
        return None
    name = element.name or element.value
    if not name:
        return icon_commitment(element.hint)
    kind = commitment(name, _MOST_WORDS.get(element.role, 8))
    if kind is None and element.role != "link" and is_assent(name):
        return _kind_around(element, tree)
    return kind


def _kind_around(element: Element, tree: ActionTree) -> str | None:
    """What the dialog or form announces that this element agrees to."""
    box = next((e for e in _ancestors(element, tree) if e.role in _ENCLOSING or e.has("modal")), None)
    if box is None:
        return None
    inside = [e for e in tree.elements if e is not element and box in _ancestors(e, tree)]
    if any(e.role in _FIELDS and asks_for_payment(f"{e.name} {e.context}") for e in inside):
        return "payment"
    if box.role in ("form", "search") and not box.has("modal"):
        titles = [box.name, *(e.name for e in inside if e.role == "heading")]
        return next((kind for title in titles if (kind := commitment(title))), None)
    told = [box.name, *(e.name for e in inside if not e.actionable)]
    return commitment_told(told)


def _reason_of_enter(field: Element, tree: ActionTree) -> str | None:
    if field.role not in _FIELDS:
        return None
    for button in _buttons_for(field, tree):
        kind = _kind_of(button, tree)
        if kind:
            return f"{_SAYS[kind]}: Enter in {describe_element(field)} may press {describe_element(button)}"
    return None


def _buttons_for(field: Element, tree: ActionTree) -> list[Element]:
    buttons = [e for e in tree.elements if e.role == "button" and e is not field]
    for box in _ancestors(field, tree):
        inside = [b for b in buttons if box in _ancestors(b, tree)]
        if inside or box.role in ("form", "search"):
            return inside
    if field.role == "searchbox":
        return []
    after = tree.elements[tree.elements.index(field) + 1 :]
    return [e for e in after if e.role == "button"][:1]


def _ancestors(element: Element, tree: ActionTree) -> Iterator[Element]:
    """From the nearest one outwards."""
    seen: set[str] = set()
    parent = element.parent
    while parent is not None and parent in tree.by_ref and parent not in seen:
        seen.add(parent)
        yield tree.by_ref[parent]
        parent = tree.by_ref[parent].parent


def confirm(reason: str, action: Action, observation: Observation, *, yes: bool, ask: Ask | None) -> None:
    """Get a yes for ``action`` or raise ``ConfirmationRefused``.

    ``yes``: everything is confirmed beforehand. ``ask``: puts a question to a person; None where there is nobody.
    """
    if yes:
        return
    if ask is None:
        hint = "run it in a terminal to be asked, or add --yes to confirm such actions beforehand"
        raise ConfirmationRefused(f"{reason}; there is no terminal to confirm it", hint)
    doing = clean(describe_action(action, observation.tree), 120)
    where = clean(observation.title or "page", 60)
    if not ask(f"{reason}\n  {doing}\n  on {where}, {clean(observation.url, 120)}\nGo on?"):
        raise ConfirmationRefused(
            f"{reason}; it was not confirmed", "nothing was done; add --yes to confirm beforehand"
        )


@dataclass(frozen=True)
class Guard:
    """Stands before each action: lets it pass, asks, or raises ``ConfirmationRefused``."""

    yes: bool = False
    ask: Ask | None = None

    def __call__(self, observation: Observation, action: Action) -> None:
        reason = needs_confirmation(action, observation)
        if reason:
            confirm(reason, action, observation, yes=self.yes, ask=self.ask)


def terminal_asker(stdin: TextIO | None = None, stderr: TextIO | None = None) -> Ask | None:
    """A question on the terminal, answered by y or yes; None unless both ends are a terminal."""
    source, screen = stdin or sys.stdin, stderr or sys.stderr
    if source is None or screen is None or not source.isatty() or not screen.isatty():
        return None

    def ask(question: str) -> bool:
        print(f"{question} [y/N] ", end="", file=screen, flush=True)
        return source.readline().strip().lower() in ("y", "yes")

    return ask

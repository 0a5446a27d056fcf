"""Experts that fill forms: logins, searches in any layout, sequences of controls, the spinner."""

from __future__ import annotations

import re

from webagent.envs.types import Action, Element

from .moves import Move, click, pick, tick
from .page import Page
from .typing_text import enter, secret, submit

CAPTIONS = {"genre": r"(Movie )?Genre:?", "director": r"Director( Name)?:?", "year": r"(Year|Released Date):?"}

HANDLE = 10  # pixels, a little more than half of the handle's width: there, a click takes hold of it and moves nothing


def login_user(page: Page) -> Action:
    """Username, password, button; a popup that comes between is cancelled."""
    cancel = page.named("Cancel", "button")
    if cancel:
        return click(cancel)
    goal = page.look(r'username "(.*)" and the password "(.*)" into')
    user, password = page.get("Username", "textbox"), page.get("Password", "textbox")
    button = page.named("Login", "button") or page.get("OK", "button")
    return pick([enter(user, goal[1]), secret(password, goal[2]), click(button)])


def search_movies(page: Page) -> Action:
    """Each field by its caption, whatever the layout and the order, then the button below."""
    goal = page.look(r"Search for (?P<genre>.+) movies directed by (?P<director>.+) from year (?P<year>\d+)")
    moves = [(page.index(e), enter(e, goal[key])) for key, e in _fields(page).items()]
    button = [e for e in page.of("button", "clickable") if e.actionable][-1]
    return pick([*(move for _, move in sorted(moves, key=lambda m: m[0])), click(button)])


def _fields(page: Page) -> dict[str, Element]:
    """The field of each caption: the one behind it, or the one before it where the page begins with a field."""
    captions = {
        key: next(e for e in page.of("text", "label", "columnheader") if re.fullmatch(words, e.name.strip()))
        for key, words in CAPTIONS.items()
    }
    places = {e.ref: page.index(e) for e in captions.values()}
    boxes = page.of("textbox")
    below = page.index(boxes[0]) < min(places.values())
    found = {}
    for key, caption in captions.items():
        before = [e for e in boxes if page.index(e) < places[caption.ref]]
        after = [e for e in boxes if page.index(e) > places[caption.ref]]
        found[key] = before[-1] if below else after[0]
    return found


def form_sequence(page: Page) -> Action:
    """The slider, the checkbox of that number and no other, then the button."""
    goal = page.look(r"Select (-?\d+) with the slider, click the (\d)\w\w checkbox")
    boxes = [tick(e, i == int(goal[2])) for i, e in enumerate(page.of("checkbox"), 1)]
    return pick([_slide(page, int(goal[1])), *boxes, submit(page)])


def _slide(page: Page, wanted: int, low: int = -10, high: int = 10) -> Move:
    """Click the place of the value on the bar; where the handle lies on it, its arrow keys are used instead."""
    bar = next(e for e in page.of("clickable", "slider") if "slider" in e.hint)
    value = int(next(e.name for e in page.of("text") if re.fullmatch(r"-?\d+", e.name)))
    if value == wanted:
        return None
    if "focus" in bar.hint and abs(value - wanted) / (high - low) * bar.box[2] < HANDLE:
        return Action("press", text="ArrowRight" if value < wanted else "ArrowLeft")
    return click(bar, (min(max((wanted - low) / (high - low), 0.01), 0.99), 0.5))


def form_sequence_2(page: Page) -> Action:
    """The radio button of that number, the number in the text field of that number, nothing in the other ones."""
    goal = page.look(r'Check the (\d)\w\w radio button and enter the number "(-?\d+)" into the (\d)\w\w textbox')
    moves = [tick(page.of("radio")[int(goal[1]) - 1])]
    for i, e in enumerate(page.of("textbox"), 1):
        if i == int(goal[3]):
            moves.append(enter(e, goal[2]))
        elif e.value:
            moves.append(Action("clear", e.ref))
    return pick([*moves, submit(page)])


def form_sequence_3(page: Page) -> Action:
    """Open the list, click the option, which closes it, then click the button."""
    goal = page.look(r'Choose (.+) from the dropdown, then click the button labeled "(.+)"')
    option = next((e for e in page.of("clickable") if e.tag == "li" and e.name == goal[1]), None)
    if option:
        return click(option)
    opener = next((e for e in page.of("clickable") if e.name.endswith("▾")), None)
    opener = page.need(opener, "a dropdown")
    return click(page.get(goal[2], "button") if opener.name == f"{goal[1]} ▾" else opener)


def use_spinner(page: Page) -> Action:
    """One click on the upper or the lower arrow for each step."""
    wanted = int(page.says(r"Select (-?\d+) with the spinner"))
    value = int(page.first("spinbutton").value or "0")
    if value == wanted:
        return submit(page)
    up, down = (e for e in page.of("button") if e.name != "Submit")
    return click(up if value < wanted else down)


EXPERTS = {
    "form-sequence": form_sequence,
    "form-sequence-2": form_sequence_2,
    "form-sequence-3": form_sequence_3,
    "login-user": login_user,
    "login-user-popup": login_user,
    "multi-layouts": search_movies,
    "multi-orderings": search_movies,
    "use-spinner": use_spinner,
}

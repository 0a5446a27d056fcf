"""Quests about single parts that pages are made of: menus in menus, native dialogs, the cookie question, pickers."""

from __future__ import annotations

from typing import Any

from . import fields, script
from .draw import words
from .forms import Form, draw_fields, look_of, sent, told_of
from .quest import Builder, Quest
from .script import Move

MENUS: dict[str, list[Any]] = {
    "File": ["New document", "Open recent", ("Export as", ["PDF", "Plain text", "Web page", "Picture"]), "Print"],
    "Edit": ["Undo", "Redo", ("Find", ["Next match", "Previous match", "Replace"]), "Select everything"],
    "View": ["Full screen", ("Zoom", ["50 %", "100 %", "200 %"]), "Ruler", "Page borders"],
    "Insert": ["Image", ("Table of", ["Two columns", "Three columns", "Four columns"]), "Comment", "Page number"],
    "Tools": ["Word count", ("Language of text", ["English", "French", "German"]), "Spelling"],
}


def menu(b: Builder) -> Quest:
    d = b.d
    names = d.some(sorted(MENUS), d.number(2, 5))
    key, page, title = b.fresh("menu"), b.fresh("page"), d.pick(("Editor", "Document", "Workspace", "Sheet"))
    told = d.pick(("Chosen", "Last command", "Done"))
    block = {
        "block": "menus",
        "key": key,
        "menus": [[name, MENUS[name]] for name in names],
        "told": told,
        "role": d.chance(0.6),
    }
    b.page(page, title, [block, {"block": "words", "lines": d.few("prose", d.number(1, 4))}])
    first = d.pick(names)
    entry = d.pick(MENUS[first])
    path: list[str] = [first, entry] if isinstance(entry, str) else [first, entry[0], d.pick(entry[1])]
    moves: list[Move] = []
    for n, label in enumerate(path[:-1]):
        moves.append(
            script.press(
                label if n == 0 else f"{label} ▸", path[n + 1 :] if n == len(path) - 2 else [f"{path[n + 1]} ▸"]
            )
        )
    said = " › ".join(path)
    short = [
        f"choose {said} in the menu",
        f"choose {' and then '.join(path[1:])} in the {first} menu",
        f"=From the {first} menu I need {' › '.join(path[1:])}",
        f"use the menu: {said}",
    ]
    made = script.stage(page, moves, press=script.press(path[-1]), proof=[f"{told}: {said}"])
    return Quest([made], [("press", label) for label in path], short, {f"menu.{key}": path}, page=page, entry=title)


YES = (
    ("Trash", "Empty trash", "There are 14 items in the trash.", "The trash is empty."),
    ("Storage", "Clear history", "Your history is kept for 90 days.", "The history was cleared."),
    ("Subscription", "Pause subscription", "Your subscription is running.", "The subscription is paused."),
    ("Devices", "Log out everywhere", "You are logged in on 3 devices.", "You are logged out on all devices."),
    ("Backup", "Start backup", "The last backup is 12 days old.", "The backup was made."),
)
NAMED = (
    ("Team name", "Rename team", "The team has no name yet.", "The team is now called:"),
    ("Folder", "New folder", "There is no folder yet.", "Folder made:"),
    ("Nickname", "Choose nickname", "You have no nickname.", "Your nickname:"),
    ("Status line", "Set status", "No status is set.", "Your status:"),
)


def question(b: Builder) -> Quest:
    """A button that asks by a native dialog: yes or no, or for a text."""
    d = b.d
    kind = d.pick(("confirm", "prompt"))
    title, label, before, told = d.pick(YES if kind == "confirm" else NAMED)
    text = d.pick((d.word("firm"), d.word("interest"), f"{d.word('city')} {d.number(2, 40)}"))
    if kind == "confirm":
        asks, proof, dialog = d.pick(("Are you sure?", "Really go on?", "Do you want this?")), told, script.accept()
        short = [
            f"{label.lower()} and confirm it",
            f"{label.lower()}; say yes to the question",
            f"press {label} and accept",
        ]
    else:
        asks, proof, dialog = (
            d.pick(("Which one?", "Please enter it:", "Name:")),
            f"{told} {text}",
            script.accept(text=text),
        )
        short = [f"{label.lower()}: {text}", f"press {label} and enter {text}", f"use {label} with the text {text}"]
    key, page = b.fresh("asked"), b.fresh("page")
    block = {
        "block": "asks", "key": key, "kind": kind, "heading": title, "before": before, "told": told, "label": label,
        "question": asks, "how": b.how(),
    }  # fmt: skip
    b.page(page, title, [block, {"block": "words", "lines": d.few("prose", d.number(1, 3))}])
    made = script.stage(page, [], press=script.press(label), proof=[proof], dialog=dialog)
    after = ("accept",) if kind == "confirm" else ("prompt", text)
    state = {f"asked.{key}": True if kind == "confirm" else text}
    return Quest([made], [("press", label), after], short, state, page=page, entry=title)


def pickers(b: Builder, what: str) -> Quest:
    """A short form around a field that is more than a box to type in: calendar, suggest, steps or slider."""
    d = b.d
    look = look_of(b)
    if what == "calendar":
        wishes = [fields.field(d, "day", {**look, "type": "calendar"})]
    elif what == "suggest":
        spec = {"key": "place", "label": d.pick(("From", "To", "Town", "Destination", "Airport")), "how": "for", **look}
        wishes = [fields.suggested(d, spec, sorted(words()["city"]))]
    elif what == "steps":
        labels = d.some(("Adults", "Children", "Nights", "Suitcases", "Bicycles", "Rooms"), d.number(2, 3))
        wishes = []
        for n, label in enumerate(labels):
            begun = d.number(0, 4)
            want = max(0, begun + d.pick((-2, -1, 1, 2, 3)))
            spec = {"key": f"n{n}", "label": label, "how": d.pick(("for", "aria", "cell", "above"))}
            wishes.append(fields.stepper(d, spec, begun, want))
    else:
        wishes = [fields.field(d, name, look) for name in d.some(("budget", "volume"), d.number(1, 2))]
    wishes += draw_fields(b, d.some(("name", "email", "size", "message"), d.number(0, 2)))
    submit = d.pick(("Search", "Find offers", "Go", "Continue", "Show results", "Request"))
    form = Form(b.fresh("pick"), wishes, submit, d.pick(("We are looking for offers.", "Thank you, that is noted.")))
    title, told = d.pick(("Travel", "Find offers", "Plan your trip", "Trip planner")), told_of(b, form)
    return sent(
        b,
        title,
        form,
        [
            f"search with {told}",
            f"plan a trip: {told}; then press {submit}",
            f"enter {told} and press {submit}",
            f"request offers with {told}",
        ],
    )


CHOICES = (
    (("Accept all", "all"), ("Only necessary", "needed")),
    (("Agree", "all"), ("Reject all", "none")),
    (("OK", "all"), ("No, thanks", "none"), ("Choose later", "later")),
    (("Allow cookies", "all"), ("Decline", "none")),
)


def cookies(b: Builder, always: bool = False) -> dict[str, Any] | None:
    """A question about cookies in front of the page, on some sites."""
    d = b.d
    if not always and not d.chance(0.25):
        return None
    text = d.pick(
        (
            "We use cookies to make this site better.",
            "This site stores small files on your device.",
            "May we count your visit?",
        )
    )
    choices = [list(choice) for choice in d.mixed(d.pick(CHOICES))]
    return {
        "text": text,
        "choices": choices,
        "look": d.pick(("bottom", "bottom", "middle")),
        "how": d.pick(("button", "button", "link", "div")),
        "role": d.pick((None, "dialog", "region")),
    }

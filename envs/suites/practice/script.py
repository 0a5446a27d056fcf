"""The script of a site: what its demonstrator is told, as plain data.

A script is ``{"stages", "end", "ways", "begin", "clear", "menu"}``. A **stage** is one thing to bring about on one
page: ``{"page", "moves", "press", "proof", "dialog"}``. Its *moves* say how the page must look (each can be checked on
an observation and knows what to do if it does not hold); when all hold, ``press`` is pressed; ``proof`` is what the
site shows once it counts. ``ways``: page to page, the labels that lead there. ``clear``: what closes a cookie question.
``datasets/experts/practice.py`` reads all that.

Fields of a move: ``do``; ``name``: of the element; ``of``: words in front of it (the title of its card, the legend of
its group); ``among``: the titles of all cards, which tell where one ends; ``unless``: not if one of these is there;
``reveal``: a move that brings the element into sight; ``maybe``: what was never seen needs nothing; ``soft``: it serves
others, and is not asked for itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Move = dict[str, Any]
Stage = dict[str, Any]
MASKED = "••••"
"""How an observation shows any password."""


def fill(name: str, text: str, shown: str | None = None, **more: Any) -> Move:
    """Have a field hold a text; ``shown``: how the observation tells it, if otherwise (dates, passwords)."""
    return {"do": "fill", "name": name, "text": text, "shown": text if shown is None else shown, **more}


def choose(name: str, option: str, **more: Any) -> Move:
    """Have an option chosen in a native list."""
    return {"do": "choose", "name": name, "option": option, **more}


def pick(name: str, option: str, **more: Any) -> Move:
    """The same in a list that the page makes itself: its opener is called ``name: option``."""
    return {"do": "pick", "name": name, "option": option, **more}


def tick(name: str, on: bool = True, **more: Any) -> Move:
    """Have a box, a switch or a radio button on or off."""
    return {"do": "tick", "name": name, "on": on, **more}


def pressed(name: str, on: bool = True, **more: Any) -> Move:
    """Have one of several buttons pressed in, or not."""
    return {"do": "pressed", "name": name, "on": on, **more}


def keys(name: str, text: str, clear: str) -> Move:
    """Have a display show a text, by pressing its keys one after the other; ``clear`` empties it."""
    return {"do": "keys", "name": name, "text": text, "clear": clear}


def moved(name: str, inside: bool, titles: Sequence[str], labels: Sequence[str]) -> Move:
    """Have something in the second of two lists, or in the first; ``labels``: what moves it there and back."""
    return {"do": "moved", "name": name, "inside": inside, "titles": list(titles), "labels": list(labels)}


def slide(name: str, value: str) -> Move:
    """Have a slider at a value."""
    return {"do": "slide", "name": name, "value": value}


def step(name: str, want: int, less: str, more: str, **rest: Any) -> Move:
    """Have a counter at a number, by its buttons."""
    return {"do": "step", "name": name, "want": want, "less": less, "more": more, **rest}


def day(name: str, value: str, less: str = "Previous month", more: str = "Next month") -> Move:
    """Have a day chosen in a calendar. ``value``: ISO. ``less`` and ``more``: what turns its month."""
    return {"do": "day", "name": name, "value": value, "less": less, "more": more}


def tags(name: str, want: Sequence[str], options: Sequence[str]) -> Move:
    """Have exactly these chips in a field that offers more of them while one types."""
    return {"do": "tags", "name": name, "want": list(want), "options": list(options)}


def suggest(name: str, text: str) -> Move:
    """Have a suggestion taken over into a field."""
    return {"do": "suggest", "name": name, "text": text}


def toggle(of: str, off: str, on: str, want: bool, among: Sequence[str]) -> Move:
    """Have an item's button say ``on`` (or ``off``); if both say the same, have it pressed in."""
    return {"do": "toggle", "of": of, "off": off, "on": on, "want": want, "among": list(among)}


def count(of: str, want: int, labels: dict[str, str], among: Sequence[str]) -> Move:
    """Have so many of an item in a basket; ``labels``: ``add``, ``drop`` and ``note``."""
    return {"do": "count", "of": of, "want": want, "among": list(among), **labels}


def gone(of: str, label: str, want: bool, among: Sequence[str], **more: Any) -> Move:
    """Have an item not there any more."""
    return {"do": "gone", "of": of, "name": label, "want": want, "among": list(among), **more}


def press(name: str, unless: Sequence[str] = (), **more: Any) -> Move:
    """Press what opens something: unless one of those names or texts is there already."""
    return {"do": "press", "name": name, "unless": list(unless), **more}


def turn(to: int, back: str, on: str, numbers: bool, unless: str) -> Move:
    """Turn to a page of a list (counted from 1), unless the title looked for is shown."""
    return {"do": "turn", "to": to, "back": back, "on": on, "numbers": numbers, "unless": [unless]}


def wait(unless: Sequence[str], ready: str = "") -> Move:
    """Wait until one of those names or texts is there, or the button ``ready`` can be pressed."""
    return {"do": "wait", "unless": list(unless), "ready": ready}


def order(wanted: Sequence[str]) -> Move:
    """Have a list in this order, by dragging: what is dropped on another takes its place."""
    return {"do": "order", "wanted": list(wanted)}


def lane(name: str, to: str, lanes: Sequence[str]) -> Move:
    """Have a card in a column, by dragging."""
    return {"do": "lane", "name": name, "to": to, "lanes": list(lanes)}


def ordered_by(name: str, down: bool) -> Move:
    """Have a table sorted by the head of a column."""
    return {"do": "sorted", "name": name, "down": down}


def scroll(unless: str) -> Move:
    """Scroll down until a title is there."""
    return {"do": "scroll", "unless": [unless]}


def stage(page: str, moves: Sequence[Move], **more: Any) -> Stage:
    """One thing to bring about. ``more``: ``press`` (a move), ``proof`` (texts), ``proof_page``, ``dialog``."""
    return {"page": page, "moves": list(moves), **more}


def accept(button: str = "OK", text: str | None = None) -> dict[str, Any]:
    """How a native dialog is answered during a stage; ``text``: what it asks for."""
    return {"button": button, "text": text}

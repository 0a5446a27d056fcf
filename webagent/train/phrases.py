"""Other ways to ask for the same: phrases that people use in one another's place.

Only what is outside quotation marks is reworded, and only whole phrases of ``WAYS``; an opening or a courtesy may be
put before. The ways were collected by reading how shoppers and annotators ask in WebShop (MIT) and Mind2Web (CC BY).
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

WAYS = (
    ("click on", "click", "press", "tap", "hit", "push", "use"),
    ("select", "choose", "pick", "go with", "mark", "opt for"),
    ("enter", "type", "put", "write", "fill in", "key in", "input"),
    ("find", "look for", "locate", "search for", "get me"),
    ("then", "after that", "next", "and then", "afterwards"),
    ("the button", "a button"),
    ("text field", "text box", "input field", "field", "box", "textbox"),
    ("from the list", "in the list", "out of the list", "from the options"),
    ("expand", "open", "unfold"),
    ("email", "mail", "e-mail"),
    ("delete", "remove", "get rid of", "trash"),
    ("and", "as well as", "plus"),
)
OPENINGS = (
    "please", "i want to", "i need to", "could you", "can you please", "i would like to", "help me", "your task:",
    "now", "kindly", "i'd like you to",
)  # fmt: skip
QUOTED = re.compile(r"(\"[^\"]*\"|“[^”]*”|'[^']*')")
PATTERNS = {way: re.compile(rf"(?<!\w){re.escape(way)}(?!\w)", re.IGNORECASE) for ways in WAYS for way in ways}
SWAP, OPEN = 0.5, 0.3


def reworded(goal: str, rng: np.random.Generator) -> str:
    """The goal in other words, or as it was."""
    parts = QUOTED.split(goal)
    parts[::2] = [_swapped(part, rng) for part in parts[::2]]
    said = "".join(parts)
    if rng.random() < OPEN and said[:1].isalpha():
        opening = OPENINGS[int(rng.integers(len(OPENINGS)))]
        said = f"{opening.capitalize()} {said[0].lower()}{said[1:]}"
    return said


def _swapped(text: str, rng: np.random.Generator) -> str:
    low = text.lower()
    for ways in WAYS:
        found = next((way for way in ways if way in low and PATTERNS[way].search(text)), None)
        if found is None or rng.random() > SWAP:
            continue
        other = ways[int(rng.integers(len(ways)))]
        text = PATTERNS[found].sub(_as_was(other, text), text)
        low = text.lower()
    return text


def _as_was(other: str, text: str) -> Callable[[re.Match[str]], str]:
    """In the place of a phrase: with a capital letter where it began a sentence with one; in the midst of a sentence a
    capital letter makes it a name (``click Next``), which stays."""

    def put(m: re.Match[str]) -> str:
        if not m[0][0].isupper():
            return other
        begins = not text[: m.start()].strip(" ") or text[: m.start()].rstrip(" ")[-1] in ".!?:\n"
        return other.capitalize() if begins else m[0]

    return put

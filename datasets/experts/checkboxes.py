"""Experts that have the right things marked and hand them in: checkboxes, and buttons that work like them."""

from __future__ import annotations

from collections.abc import Callable

from webagent.envs.types import Action, Element

from .moves import click, first, tick
from .page import Lost, Page

SYNONYMS = (
    "big large huge enormous gigantic",
    "small tiny little mini petite",
    "red scarlet crimson vermillion",
    "happy cheerful joyful gleeful delighted",
    "sad unhappy sorrowful miserable tragic",
    "angry mad furious irritated",
    "evil wicked immoral sinful corrupt depraved",
    "wrong incorrect mistaken erroneous",
    "real genuine actual",
    "strange odd peculiar unusual weird",
    "stop cease halt end finish",
    "scared terrified panicked fearful frightened afraid",
    "quiet calm peaceful serene mild",
    "old aged archaic",
    "love like adore favor",
    "kill murder assassinate",
    "keep retain preserve sustain maintain",
    "hide conceal camouflage",
    "hate despise loathe detest dislike",
    "funny humorous amusing comical laughable",
    "fat fleshy plump chubby",
    "stupid dumb dull unwise",
    "delicious savory delectable appetizing",
    "cut slice carve chop",
    "brave courageous fearless",
    "begin start initiate launch",
    "answer reply response",
    "television televisions TV TVs",
    "house home houses homes",
    "fire flame fires flames",
    "pig pork swine",
    "rabbit rabbits bunny bunnies",
    "car cars automobile automobiles vehicle vehicles",
    "water",
)
MEANING = {word: group for group in SYNONYMS for word in group.split()}

DIGITS = (
    ".##. #..# #..# #..# #..# #..# .##.",
    "..#. .##. ..#. ..#. ..#. ..#. ..#.",
    ".##. #..# #..# ..#. .#.. #... ####",
    ".##. #..# ...# .##. ...# #..# .##.",
    "#... #.#. #.#. #### ..#. ..#. ..#.",
    "#### #... #... ###. ...# #..# .##.",
    ".##. #..# #... ###. #..# #..# .##.",
    "#### #..# ...# ..#. ..#. .#.. .#..",
    ".##. #..# #..# .##. #..# #..# .##.",
    ".##. #..# #..# .### ...# #..# .##.",
)
"""How each digit is drawn in 7 rows of 4 boxes."""


def mark(page: Page, wanted: Callable[[Element], bool]) -> Action:
    """Have exactly the wanted boxes checked, in document order, then Submit."""
    return first(*(tick(e, wanted(e)) for e in page.of("checkbox")), click(page.get("Submit", "button")))


def click_checkboxes(page: Page) -> Action:
    """The boxes that the goal lists; "nothing" is the name of none."""
    words = page.says(r"Select (.+) and click Submit").split(", ")
    return mark(page, lambda e: e.name in words)


def click_checkboxes_soft(page: Page) -> Action:
    """The boxes whose words mean the same as one of the goal's."""
    words = page.says(r"Select words similar to (.+) and click Submit").split(", ")
    meanings = {MEANING.get(word, word) for word in words}
    return mark(page, lambda e: MEANING.get(e.name, e.name) in meanings)


def number_checkboxes(page: Page) -> Action:
    """Draw a digit in a grid of boxes, row by row."""
    digit = DIGITS[int(page.says(r'Draw the number "(\d)"'))].replace(" ", "")
    boxes = page.of("checkbox")
    if len(boxes) != len(digit):
        raise Lost(f"expected {len(digit)} checkboxes, found {len(boxes)}")
    drawn = {e.ref for e, cell in zip(boxes, digit, strict=True) if cell == "#"}
    return mark(page, lambda e: e.ref in drawn)


def odd_or_even(page: Page) -> Action:
    """Beside each number the button Odd or Even. The one chosen last is drawn 2 pixels lower than the other."""
    odds, evens = ([e for e in page.of("button") if e.name == name] for name in ("Odd", "Even"))
    numbers = [e.name for e in page.of("text") if e.name.lstrip("-").isdigit()]
    if not len(odds) == len(evens) == len(numbers):
        raise Lost("expected the buttons Odd and Even beside each number")
    for number, odd, even in zip(numbers, odds, evens, strict=True):
        right, wrong = (odd, even) if int(number) % 2 else (even, odd)
        if right.box[3] >= wrong.box[3] - 1:
            return click(right)
    return click(page.get("Submit", "button"))


EXPERTS = {
    "click-checkboxes": click_checkboxes,
    "click-checkboxes-large": click_checkboxes,
    "click-checkboxes-soft": click_checkboxes_soft,
    "click-checkboxes-transfer": click_checkboxes,
    "number-checkboxes": number_checkboxes,
    "odd-or-even": odd_or_even,
}

"""Experts for numbers: sums, guesses, order."""

from __future__ import annotations

import functools
import re

import numpy as np
import numpy.typing as npt

from webagent.envs.types import Action

from .moves import at, click, pick
from .page import Lost, Page
from .typing_text import answer, enter, shown, submit


def simple_arithmetic(page: Page) -> Action:
    """The result of two digits."""
    a, sign, b = _parts(page, r"(\d+) ([-+x]) (\d+) =")
    x, y = int(a), int(b)
    return answer(page, str({"+": x + y, "-": x - y, "x": x * y}[sign]))


def simple_algebra(page: Page) -> Action:
    """The x of a sum or a difference."""
    a, sign, b, total = _parts(page, r"(\w+) ([-+]) (\w+) = (-?\d+)")
    n = int(total)
    if sign == "+":
        return answer(page, str(n - int(b if a == "x" else a)))
    return answer(page, str(n + int(b) if a == "x" else int(a) - n))


def _parts(page: Page, pattern: str) -> tuple[str, ...]:
    for text in shown(page):
        found = re.fullmatch(pattern, text.strip())
        if found:
            return found.groups()
    raise Lost(f"expected a problem like {pattern!r}, found {shown(page)}")


def generate_number(page: Page) -> Action:
    """Generate again until the number will do, then submit."""
    goal = page.look(r"Generate an? (?:number (less|greater) than (\d+)|(odd|even) number)")
    number = next((int(e.name) for e in page.of("text") if re.fullmatch(r"-?\d+", e.name)), None)
    if number is None:
        return submit(page, "Generate")
    if goal[3]:
        good = number % 2 == (goal[3] == "odd")
    else:
        good = number < int(goal[2]) if goal[1] == "less" else number > int(goal[2])
    return submit(page, "Submit" if good else "Generate")


WORDS = ("HOT", "WARM", "COLD", "ICE COLD")  # nearer than 5, 10, 40 pixels, or not
HOT_TOP = 50  # where the area's own pixels begin in the page's
BELOW = {9: 8, 8: 7, 7: 6, 6: 5, 5: 4, 4: 1, 3: 2, 2: 1, 1: 0}
ABOVE = {0: 1, 1: 2, 2: 3, 3: 4, 4: 7, 5: 6, 6: 7, 7: 8, 8: 9}


def guess_number(page: Page) -> Action:
    """First 4, then what the last answer alone leads to: never more than four guesses, as with halving."""
    told = re.search(r"The number is (lower|higher) than (\d+)", page.text())
    guess = 4
    if told:
        guess = (BELOW if told[1] == "lower" else ABOVE)[int(told[2])]
    return pick([enter(page.first("spinbutton"), str(guess)), submit(page)])


def visual_addition(page: Page) -> Action:
    """Count the blocks of both groups: the only boxes without words."""
    return answer(page, str(len(page.of("img"))))


def find_greatest(page: Page) -> Action:
    """Turn over the card with the greatest number, then submit; no observation tells which card lies open."""
    if len(page.seen) % 2 == 0:
        return submit(page)
    cards = [e for e in page.of("clickable") if e.name.isdigit()]
    return click(max(cards, key=lambda e: int(e.name)))


def ascending_numbers(page: Page) -> Action:
    """Click 1; the squares that then hide the other numbers stand in their order."""
    one = page.named("1", "clickable")
    return click(one or page.first("graphics-symbol"))


@functools.cache
def _places() -> npt.NDArray[np.int32]:
    """Where the hot point may be: x and y in the area's own pixels, one row each."""
    xs, ys = np.meshgrid(np.arange(5, 155), np.arange(5, 120), indexing="ij")
    return np.stack([xs.ravel(), ys.ravel()], axis=1).astype(np.int32)


def _rings(places: npt.NDArray[np.int32], probes: npt.NDArray[np.int32]) -> npt.NDArray[np.int8]:
    """For each probe and place the number of the word that a probe there shows: 0 is HOT."""
    far = (places[:, 0] - probes[:, :1]) ** 2 + (places[:, 1] - probes[:, 1:]) ** 2
    return (far >= 25).astype(np.int8) + (far >= 100) + (far >= 1600)


@functools.lru_cache(maxsize=4096)
def _search(words: tuple[str, ...]) -> tuple[tuple[int, int], bool, npt.NDArray[np.int32]]:
    """Where to go after these words: the point, whether it must be hot, and the places still possible.

    Each time the probe that is told most by its word; a word that cannot be begins the search anew.
    """
    places = _places()
    if words:
        probe, _, before = _search(words[:-1])
        if words[-1] == WORDS[0]:
            return probe, True, before
        ring = _rings(before, np.array([probe], np.int32))[0]
        left = before[ring == WORDS.index(words[-1])]
        places = left if len(left) else places
    step = 10 if len(places) > 2000 else 5 if len(places) > 500 else 2
    probes = _places()[(_places() % step == 0).all(axis=1)]
    counts = np.stack([(_rings(places, probes) == k).sum(axis=1) for k in range(len(WORDS))], axis=1)
    sure = counts[:, 0] == len(places)
    shares = np.maximum(counts / len(places), 1e-12)
    best = int(np.argmax(sure)) if sure.any() else int(np.argmax(-(shares * np.log(shares)).sum(axis=1)))
    return (int(probes[best, 0]), int(probes[best, 1])), bool(sure.any()), places


def hot_cold(page: Page) -> Action:
    """Move the pointer to where the word tells most, until a point must be hot; click that.

    No observation tells where the pointer is: earlier words are read as if the moves had been these.
    """
    area = next(e for e in page.of("clickable") if "touch" in e.hint)
    words = [next((e.name for e in p.elements if e.name in WORDS), "") for p in (*page.past, page)]
    (x, y), hot, _ = _search(tuple(word for word in words if word))
    point = at(area, x + 0.5, y + HOT_TOP + 0.5)
    return click(area, point) if hot else Action("hover", area.ref, point=point)


EXPERTS = {
    "ascending-numbers": ascending_numbers,
    "find-greatest": find_greatest,
    "generate-number": generate_number,
    "guess-number": guess_number,
    "hot-cold": hot_cold,
    "simple-algebra": simple_algebra,
    "simple-arithmetic": simple_arithmetic,
    "visual-addition": visual_addition,
}

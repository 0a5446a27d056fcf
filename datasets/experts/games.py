"""Experts for small toys: terminal, tic-tac-toe, pie menu, shades of a colour, simon says, moving circles."""

from __future__ import annotations

import functools
import itertools
import re

from webagent.envs.types import Action, Element

from .moves import centre, click, first
from .page import Lost, Page

CURSOR = "█"  # blinks
Board = tuple[int, ...]  # nine cells: 1 is ours, -1 the computer's, 0 free
LINES = ((0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6))
RIM = 4  # pixels
RANDOM_MOVE = 0.55  # how often the computer takes any cell

# ---- terminal -------------------------------------------------------------------------------------------------------


def terminal(page: Page) -> Action:
    """List the files, then remove the first that has the wanted extension."""
    *past, typed = shown_commands(page)
    wanted = "ls"
    for words in (part.split() for part in reversed(past)):
        if len(words) > 1 and words[0] == "ls" and not {"error:", "Command"} & set(words):
            wanted = _removal(page, words[1:], typed)
            break
    same = sum(1 for _ in itertools.takewhile(lambda p: shown_commands(p) == [*past, typed], reversed(page.past)))
    if same % 2:  # what was typed got lost
        return click(_screen(page))
    if not wanted.startswith(typed):
        return Action("press", text="Backspace")
    # a blank at the end of the line does not show, but a letter taken away again tells of it
    blank = bool(page.past) and shown_commands(page.past[-1])[-1].startswith(f"{typed} ")
    rest = wanted[len(typed) :].removeprefix(" " if blank else "")
    return Action("type", text=rest) if rest else Action("press", text="Enter")


def _screen(page: Page) -> Element:
    return page.need(next((e for e in page.of("clickable") if "user$" in e.name), None), "a terminal with a prompt")


def shown_commands(page: Page) -> list[str]:
    """What stands behind each prompt: a command with its output, the line being typed last."""
    screen = _screen(page)
    text = " ".join(e.name for e in page.inside(screen)) or screen.name
    return [" ".join(part.replace(CURSOR, " ").split()) for part in text.split("user$")[1:]]


def _removal(page: Page, files: list[str], typed: str) -> str:
    """The command that removes a wanted file; one that has been begun is gone on with."""
    ending = page.look(r"the extension (\.\S+)|no file extension")[1]
    if ending is None:
        fit = [f for f in files if "." not in f]
    else:  # the page judges by where the extension's letters come first
        fit = [f for f in files if f.endswith(ending) and f.find(ending[1:]) == len(f) - len(ending) + 1]
    commands = [f"rm {f}" for f in fit]
    if not commands:
        raise Lost(f"expected a file with {ending or 'no extension'}, found {files}")
    return next((c for c in commands if c.startswith(typed)), commands[0])


# ---- tic-tac-toe ----------------------------------------------------------------------------------------------------


def tic_tac_toe(page: Page) -> Action:
    """The free cell that wins most often against this computer; of equals the middle, else the first."""
    cells = page.where(lambda e: e.hint.startswith("ttt"))
    board = tuple(_mark(e) for e in cells)
    if len(board) != 9 or all(board):
        raise Lost(f"expected nine cells, some of them free, found {board}")
    free = [i for i in range(9) if not board[i]]
    return click(cells[max(free, key=lambda i: (round(chance_of(board, i), 9), i == 4))])


def _mark(e: Element) -> int:
    words = e.hint.split()
    return 1 if "x" in words else -1 if "o" in words else 0


def won(board: Board, who: int) -> bool:
    return any(all(board[i] == who for i in line) for line in LINES)


def put(board: Board, cell: int, who: int) -> Board:
    return (*board[:cell], who, *board[cell + 1 :])


@functools.cache
def chance_of(board: Board, cell: int) -> float:
    """How often we win after taking this cell and playing well from there."""
    board = put(board, cell, 1)
    if won(board, 1):
        return 1.0
    free = [i for i in range(9) if not board[i]]
    if not free:
        return 0.0
    after = {i: _after(put(board, i, -1)) for i in free}
    chance = sum(after.values()) / len(free)
    clever = _clever(board)
    return chance if clever is None else RANDOM_MOVE * chance + (1 - RANDOM_MOVE) * after[clever]


def _after(board: Board) -> float:
    free = [i for i in range(9) if not board[i]]
    return 0.0 if won(board, -1) or not free else max(chance_of(board, i) for i in free)


def _clever(board: Board) -> int | None:
    """Where the computer goes when it thinks: it wins, else it blocks; of several cells the one it looks at last."""
    for who in (-1, 1):
        gaps = [_gap(board, lines, who) for lines in _LOOKS]
        found = [g for g in gaps if g is not None]
        if found:
            return found[-1]
    return None


def _gap(board: Board, looks: tuple[tuple[int, int, int], ...], who: int) -> int | None:
    """The first cell that is free between or beside two of the same: (cell, and the two others)."""
    return next((c for c, a, b in looks if board[c] == 0 and board[a] == board[b] == who), None)


_LOOKS: tuple[tuple[tuple[int, int, int], ...], ...] = (
    ((0, 1, 2), (3, 4, 5), (6, 7, 8)),
    ((1, 0, 2), (4, 3, 5), (7, 6, 8)),
    ((2, 0, 1), (5, 3, 4), (8, 6, 7)),
    ((0, 4, 8), (4, 0, 8), (8, 0, 4), (2, 4, 6), (4, 2, 6), (6, 2, 4)),
    ((0, 3, 6), (3, 0, 6), (6, 0, 3)),
    ((1, 4, 7), (4, 1, 7), (7, 1, 4)),
    ((2, 5, 8), (5, 2, 8), (8, 2, 5)),
)


# ---- pie menu and shades --------------------------------------------------------------------------------------------


def click_pie(page: Page) -> Action:
    """Open the menu, wait until the label lies free, click it.

    The item that the page takes for chosen can be hit only while the menu is still opening: at rest it flees from the
    pointer. Then close the menu and open it again.
    """
    label = page.says(r'labeled "(.+?)"')
    found = _pie_label(page, label)
    centre = _pie_centre(page)
    if centre.name == "+":
        return click(centre)
    if found is None or found.has("covered"):
        return Action("wait")
    if not _fleeing(page, label):
        return click(found)
    if sum(_pie_centre(p).name == "+" for p in page.past) > 3:
        raise Lost(f"the item {label!r} cannot be hit")
    return click(centre)


def _pie_centre(page: Page) -> Element:
    centre = next((e for e in page.of("clickable") if "spreader" in e.hint), None)
    return page.need(centre, "a button in the middle")


def _pie_label(page: Page, label: str) -> Element | None:
    return next((e for e in page.of("clickable") if e.name == label and "spreader" not in e.hint), None)


def _fleeing(page: Page, label: str) -> bool:
    """Whether the label belongs to the chosen slice (drawn before it, with a stroke of its own) and moves no more."""
    found, before = _pie_label(page, label), page.past and _pie_label(page.past[-1], label)
    if found is None or not before or found.box != before.box or found.has("covered"):
        return False
    around = page.elements[page.index(found) - 1].shape
    return around is not None and around.stroke == "#111111"


def click_shades(page: Page) -> Action:
    """Mark every square whose strongest part is the colour, unmark the others, submit."""
    channel = ("red", "green", "blue").index(page.says(r"shades of (\w+)"))
    moves: list[Action] = []
    for e in page.of("clickable"):
        if e.shape is None or not re.fullmatch("#[0-9a-f]{6}", e.shape.fill):
            continue
        parts = [int(e.shape.fill[i : i + 2], 16) for i in (1, 3, 5)]
        if (parts[channel] == max(parts)) != (e.hint == "selected"):
            moves.append(click(e))
    return first(*moves, click(page.get("Submit", "button")))


# ---- simon says ------------------------------------------------------------------------------------------------------


def simon_says(page: Page) -> Action:
    """Wait while buttons light up; when a wait has ended without a change, press them in the same order."""
    lights = [_lit(moment) for moment in (*page.past, page)]
    order = [light for light, before in zip(lights[1:], lights) if light and light != before]
    over = next((n for n in range(1, len(lights)) if any(lights[:n]) and not lights[n] and not lights[n - 1]), None)
    if over is None:
        return Action("wait")
    pressed = len(lights) - 1 - over
    if pressed >= len(order):
        raise Lost("all buttons were pressed, and the task has not ended")
    return Action("click", order[pressed])


def _lit(page: Page) -> str:
    """The ref of the button in another colour than at first, or ""."""
    at_rest = {e.ref: e.shape for e in page.seen[0].tree.elements if e.role == "button"}
    return next((e.ref for e in page.of("button") if e.shape != at_rest.get(e.ref)), "")


# ---- moving circles --------------------------------------------------------------------------------------------------


def moving_items(page: Page) -> Action:
    """Click a circle as soon as its middle is inside; until then, and at the end, wait."""
    left, top, width, height = page.first("graphics-document").box
    for e in page.of("graphics-symbol"):
        x, y = centre(e)
        if left + RIM < x < left + width - RIM and top <= y <= top + height:
            return click(e)
    return Action("wait")


EXPERTS = {
    "click-pie": click_pie,
    "click-pie-nodelay": click_pie,
    "click-shades": click_shades,
    "moving-items": moving_items,
    "simon-says": simon_says,
    "terminal": terminal,
    "tic-tac-toe": tic_tac_toe,
}

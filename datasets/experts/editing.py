"""Experts for text: read and scroll a text area, mark and style words, resize a field.

What is selected does not show in an observation, so these experts go by what has happened to the page since the
episode began.
"""

from __future__ import annotations

import itertools

from webagent.envs.types import Action, Element

from .moves import click, drag, fill, first
from .page import Lost, Page

BUTTONS = {"bold": "bold", "italics": "italic", "underlined": "underline"}
COLOURS = {
    "red": "#e60000", "orange": "#ff9900", "yellow": "#ffff00", "green": "#008a00", "blue": "#0066cc",
    "purple": "#9933ff",
}  # fmt: skip
BLACK = "#000000"
COPY = ("Control+End", "Control+Shift+ArrowLeft", "Control+Shift+ArrowLeft", "Control+c")  # the full stop, the word
ORDINALS = {"1st": 0, "2nd": 1, "3rd": 2}
# The editor: padding, size of the letters, height of a line in pixels; widths of letters in 1/1000 of their size.
LEFT, TOP, SIZE, LINE = 15.0, 12.0, 13.0, 18.46
_LETTERS = {
    222: "ijl", 278: "ftI ,.", 333: "r", 500: "ckJsvxyz", 556: "abdeghnopquL", 611: "FTZ", 667: "ABEKPSVXY",
    722: "CDHNRUw", 778: "GOQ", 833: "mM", 944: "W",
}  # fmt: skip
WIDTHS = {letter: wide for wide, letters in _LETTERS.items() for letter in letters}


def submit(page: Page) -> Action:
    return click(page.get("Submit", "button"))


# ---- text areas -----------------------------------------------------------------------------------------------------


def scroll_text(page: Page) -> Action:
    """The last word of the text area into the text field; where the text is shown cut short, by the clipboard."""
    area, field = page.of("textbox")[:2]
    words = Page(page.seen[:1]).first("textbox").value.split()
    if not words:
        raise Lost("expected a text, found none")
    if not words[-1].endswith("…"):
        return first(fill(field, words[-1].strip(".,")), submit(page))
    done = sum(p.tree.find(area.ref).has("focused") for p in page.seen)
    if done < len(COPY):
        return Action("press", area.ref, text=COPY[done])
    return submit(page) if field.value else Action("press", field.ref, text="Control+v")


def scroll_text_2(page: Page) -> Action:
    """Scroll until the region says that it is at the wanted end."""
    area = page.first("textbox")
    if area.scroll is not None:
        down = page.says(r"to the (bottom|top)") == "bottom"
        rest = area.scroll[3] - area.scroll[1] if down else area.scroll[1]
        if rest >= 1:
            return Action("scroll", area.ref, text="down" if down else "up")
    return submit(page)


def resize_textarea(page: Page) -> Action:
    """Drag the right or the lower edge: into the field, or a little outwards; the first look tells the first size."""
    side, change = page.look(r"the (width|height) is (smaller|larger)").groups()
    axis = 2 if side == "width" else 3
    area = page.first("textbox")
    before = Page(page.seen[:1]).first("textbox")
    grown = area.box[axis] - before.box[axis]
    if grown <= -1 if change == "smaller" else grown >= 1:
        return submit(page)
    handle = {"handle", "e" if side == "width" else "s"}
    edge = next((e for e in page.of("clickable") if handle <= set(e.hint.split())), None)
    edge = page.need(edge, f"a handle of the {side}")
    if change == "smaller":
        return drag(edge, area)
    return drag(edge, edge, (3.0, 0.5) if axis == 2 else (0.5, 3.0))


# ---- marking --------------------------------------------------------------------------------------------------------


def highlight_text(page: Page) -> Action:
    """Drag from the start of a paragraph to the start of the next one, or beyond the end of the last; submit.

    A selection does not show: the second look that tells of no error is after it.
    """
    paragraphs = page.of("text")[1:]
    place = ORDINALS[page.says(r"the (\dst|\dnd|\drd) paragraph")] if len(paragraphs) > 1 else 0
    if sum(not seen.last_error for seen in page.seen) > 1:
        return submit(page)
    if place + 1 < len(paragraphs):
        return drag(paragraphs[place], paragraphs[place + 1], (0.0, 0.2, 0.0, 0.2))
    button = page.get("Submit", "button")
    if button.box[1] > paragraphs[place].box[1]:
        return drag(paragraphs[place], button, (0.0, 0.2, 1.6, -0.2))
    return drag(paragraphs[place], paragraphs[place], (0.0, 0.2, 1.0, 3.0))


# ---- the editor -----------------------------------------------------------------------------------------------------


def text_editor(page: Page) -> Action:
    """Select the words in the editor, give them the style or colour and no other, submit.

    What is selected does not show, so it is counted; where the editor has lost the focus or its text has changed, the
    words are selected again. The buttons show what the selected words have.
    """
    editor, text = page.first("textbox"), Page(page.seen[:1]).first("textbox").value
    word = page.look(r"give the text (\S+) the")[1] if "give the text" in page.goal else ""
    picker, swatches = _hinted(page, "picker"), _swatches(page)
    if editor.value != text:
        return click(picker) if swatches else first(fill(editor, text))
    moves: list[Action] = [_select_word(editor, word)] if word else [Action("press", editor.ref, text="Control+a")]
    moves += [Action("press", editor.ref, text="Shift+ArrowRight")] * (len(word) - len(word.rstrip(".,")))
    moves.append(Action("wait"))  # the editor takes 0.1 s to notice what is selected
    done = _quiet_steps(page)
    if done < len(moves):
        return click(picker) if swatches else moves[done]
    kind, value = page.look(r"(style|color) (\w+)").groups()
    colour = swatches.get(COLOURS[value] if kind == "color" else BLACK)
    if colour is not None:
        return click(picker if "selected" in colour.hint else colour)
    wanted = BUTTONS[value] if kind == "style" else "picker"
    for hint in ("picker", *BUTTONS.values()):
        button = _hinted(page, hint)
        if ("active" in button.hint) != (hint == wanted):
            return click(button)
    return submit(page)


def _quiet_steps(page: Page) -> int:
    """How many moves since the editor was not in use, or its text another, have changed no button: the selecting."""
    quiet = 0
    for after, before in itertools.pairwise((page, *reversed(page.past))):
        focused = after.first("textbox").has("focused")
        if not (focused or _swatches(after)) or after.first("textbox").value != before.first("textbox").value:
            break
        quiet += focused and not after.now.last_error and _toolbar(after) == _toolbar(before)
    return quiet


def _toolbar(page: Page) -> list[str]:
    return [e.hint for e in page.of("clickable", "button")]


def _hinted(page: Page, hint: str) -> Element:
    return page.need(next((e for e in page.elements if hint in e.hint.split()), None), f"the button {hint!r}")


def _swatches(page: Page) -> dict[str, Element]:
    """The squares of the open list of colours."""
    return {e.shape.fill: e for e in page.elements if "picker" in e.hint and e.shape and e.shape.fill}


def _select_word(editor: Element, word: str) -> Action:
    """Double click in the middle of the word where it occurs last."""
    room = editor.box[2] - 2 * LEFT
    x, row, spot = 0.0, 0, None
    for each in editor.value.split():
        wide = _width(each)
        if x and x + wide > room:
            x, row = 0.0, row + 1
        if each == word:
            spot = (LEFT + x + _width(each.rstrip(".,")) / 2, TOP + (row + 0.5) * LINE)
        x += wide + _width(" ")
    if spot is None:
        raise Lost(f"expected the word {word!r}, found {editor.value!r}")
    return Action("dblclick", editor.ref, point=(spot[0] / editor.box[2], spot[1] / editor.box[3]))


def _width(text: str) -> float:
    return sum(WIDTHS.get(c, 556) for c in text) * SIZE / 1000


EXPERTS = {
    "highlight-text": highlight_text,
    "highlight-text-2": highlight_text,
    "resize-textarea": resize_textarea,
    "scroll-text": scroll_text,
    "scroll-text-2": scroll_text_2,
    "text-editor": text_editor,
}

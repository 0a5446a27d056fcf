"""Experts that click what the goal names: buttons, links, dialogs, widgets, fields, colours, entries of a list."""

from __future__ import annotations

from webagent.envs.types import Action, Element

from .moves import choose, click, first, tick
from .page import Lost, Page

COLORS = {
    "red": "#ff0000", "blue": "#0000ff", "olive": "#808000", "lime": "#00ff00", "black": "#000000",
    "white": "#ffffff", "grey": "#808080", "purple": "#800080", "orange": "#ffa500", "yellow": "#ffff00",
    "cyan": "#00ffff", "pink": "#ffc0cb", "magenta": "#ff00ff",
}  # fmt: skip
GRID = tuple((i + 0.5) / 20 for i in range(20))


def submit(page: Page) -> Action:
    """The button that hands a form in."""
    return click(page.get("Submit", "button"))


def enter(e: Element, text: str) -> Action | None:
    """Have exactly this text in a field: ``type`` adds at the end, so other text is cleared first."""
    if e.value == text:
        return None
    return Action("clear", e.ref) if e.value else Action("type", e.ref, text=text)


def click_seen(page: Page, e: Element) -> Action:
    """Click where nothing else lies over the element: in the middle unless its usual places are covered."""
    if not e.has("covered"):
        return click(e)
    left, top, width, height = e.box
    later = [o.box for o in page.elements[page.index(e) + 1 :] if o.parent == e.parent]
    for y in GRID:
        for x in GRID:
            px, py = left + x * width, top + y * height
            if not any(bx <= px <= bx + w and by <= py <= by + h for bx, by, w, h in later):
                return click(e, (x, y))
    raise Lost(f"{e.role} {e.name!r} is covered all over")


# ---- buttons and links ----------------------------------------------------------------------------------------------


def click_button(page: Page) -> Action:
    """One button by its words."""
    return click(page.get(page.says(r'[Cc]lick on the "(.+)" button'), "button"))


def click_test(page: Page) -> Action:
    """The only button there is."""
    return click(page.first("button"))


def click_test_2(page: Page) -> Action:
    """One of two buttons, which may lie over each other."""
    return click_seen(page, page.get(page.says(r"Click button (\w+)"), "button"))


def click_button_sequence(page: Page) -> Action:
    """Two buttons in the goal's order; the one that was clicked has had the focus."""
    start, then = (
        page.get(name, "button") for name in page.look(r"Click button (\w+), then click button (\w+)").groups()
    )
    pressed = [e.name for seen in (*page.past, page) for e in seen.of("button") if e.has("focused")]
    if then.name in pressed and start.name not in pressed:
        raise Lost("the second button was clicked first")
    return click_seen(page, then if start.name in pressed else start)


def click_link(page: Page) -> Action:
    """One word of a text that is a link."""
    return click(page.get(page.says(r'link "(.+)"'), "clickable", "link"))


# ---- dialogs --------------------------------------------------------------------------------------------------------


def click_dialog(page: Page) -> Action:
    """The cross of a dialog's title bar."""
    return click(page.get("Close", "button"))


def click_dialog_2(page: Page) -> Action:
    """A button of a dialog; "x" is the cross of its title bar."""
    name = page.says(r'labeled "(.+)"')
    return click(page.get("Close" if name == "x" else name, "button"))


# ---- widgets and fields ---------------------------------------------------------------------------------------------


def click_widget(page: Page) -> Action:
    """The first widget of a kind."""
    kind = page.says(r'"(\w+)" widget')
    if kind.startswith("text"):
        found = [e for e in page.of("textbox") if (e.tag == "textarea") == (kind == "textarea")]
    else:
        found = page.of(kind)
    return click(page.need(next(iter(found), None), f"a {kind} widget"))


def focus_text(page: Page) -> Action:
    """The only text field."""
    return click(page.first("textbox"))


def focus_text_2(page: Page) -> Action:
    """The n-th text field."""
    fields = page.of("textbox")
    number = int(page.says(r"the (\d+)(?:st|nd|rd|th)"))
    return click(page.need(fields[number - 1] if number <= len(fields) else None, f"text field {number}"))


def click_option(page: Page) -> Action:
    """One radio button, then Submit."""
    return first(tick(page.get(page.says(r"Select (.+) and click Submit"), "radio")), submit(page))


def click_color(page: Page) -> Action:
    """A box of the goal's colour. The goal may show a box of its own, which is none of the answers."""
    color = page.says(r"the (\w+) colored box")
    boxes = page.where(lambda e: e.shape is not None and e.shape.fill == COLORS.get(color) and "query" not in e.hint)
    return click(page.need(next(iter(boxes), None), f"a {color} box"))


# ---- lists ----------------------------------------------------------------------------------------------------------


def choose_list(page: Page) -> Action:
    """One entry of a drop-down list, then Submit."""
    return first(choose(page.first("combobox"), page.says(r"Select (.+) from the list")), submit(page))


def click_scroll_list(page: Page) -> Action:
    """One or more entries of a list that takes many; a click adds or takes away one."""
    wanted = f", {page.says(r'Select (.+) from the scroll list')}, "
    wrong = (e for e in page.of("option") if (f", {e.name}, " in wanted) != e.has("selected"))
    return first(*map(click, wrong), submit(page))


# ---- agreement ------------------------------------------------------------------------------------------------------


def sign_agreement(page: Page) -> Action:
    """Cancel at once, or: read to the end, which is what enables the name, sign, and press the button asked for."""
    if "Click the cancel button" in page.goal:
        return click(page.get("Cancel", "button"))
    name, button = page.look(r'enter the name "(.+)" then press "(.+)"').groups()
    text, field = page.of("textbox")[:2]
    if field.has("disabled"):
        return Action("press", text.ref, text="End")
    return first(enter(field, name), click(page.get(button, "button")))


EXPERTS = {
    "click-button": click_button,
    "click-button-sequence": click_button_sequence,
    "click-color": click_color,
    "click-dialog": click_dialog,
    "click-dialog-2": click_dialog_2,
    "click-link": click_link,
    "click-option": click_option,
    "click-scroll-list": click_scroll_list,
    "click-test": click_test,
    "click-test-2": click_test_2,
    "click-test-transfer": click_test_2,
    "click-widget": click_widget,
    "choose-list": choose_list,
    "focus-text": focus_text,
    "focus-text-2": focus_text_2,
    "sign-agreement": sign_agreement,
    "unicode-test": click_button,
}

"""The actions of BrowserGym's high-level action set as signatures: what agents are told, and what arguments are
checked against. Nothing happens here; ``hands`` does them.

The first part of a docstring is the description that agents read, the lines under ``Examples:`` are its examples.
"""

# Without `from __future__ import annotations`: a signature shows types, not their source text.
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Button = Literal["left", "middle", "right"]
Modifier = Literal["Alt", "Control", "ControlOrMeta", "Meta", "Shift"]
Signature = Callable[..., None]


def send_msg_to_user(text: str) -> None:
    """Send a message to the user; it shows up in the chat.

    Examples:
        send_msg_to_user("The cheapest flight leaves at 9:40.")
    """


def report_infeasible(reason: str) -> None:
    """Tell the user that what is asked for cannot be done here, and why.

    Examples:
        report_infeasible("The shop does not sell shoes in size 52.")
    """


def noop(wait_ms: float = 1000) -> None:
    """Do nothing and let the given time pass, in milliseconds.

    Examples:
        noop()
        noop(500)
    """


def scroll(delta_x: float, delta_y: float) -> None:
    """Turn the mouse wheel, in pixels: to the right and down where positive, to the left and up where negative.

    Examples:
        scroll(0, 300)
        scroll(-40.5, -120)
    """


def fill(bid: str, value: str, enable_autocomplete_menu: bool = False) -> None:
    r"""Put a text into a form field in place of what it holds: an input, a text area or editable content. With
    enable_autocomplete_menu the last character is typed as a key, so that suggestions come up.

    Examples:
        fill('31', "first line\nsecond line")
        fill('b7', "the \"new\" name")
        fill('a102', "Lisb", True)
    """


def check(bid: str) -> None:
    """Tick a checkbox or choose a radio button; nothing happens if it is already.

    Examples:
        check('73')
    """


def uncheck(bid: str) -> None:
    """Take the tick from a checkbox; nothing happens if there is none.

    Examples:
        uncheck('a214')
    """


def select_option(bid: str, options: str | list[str]) -> None:
    """Choose options of a select element by value or label; a list chooses several where the element allows it.

    Examples:
        select_option('a21', "medium")
        select_option('64', ["salt", "pepper"])
    """


def click(bid: str, button: Button = "left", modifiers: list[Modifier] = []) -> None:  # noqa: B006 (never written)
    """Click on an element.

    Examples:
        click('17')
        click('c5', button="right")
        click('230', button="middle", modifiers=["Control"])
    """


def dblclick(bid: str, button: Button = "left", modifiers: list[Modifier] = []) -> None:  # noqa: B006 (never written)
    """Click on an element twice, quickly.

    Examples:
        dblclick('90')
        dblclick('ab3', button="right")
        dblclick('41', modifiers=["Shift"])
    """


def hover(bid: str) -> None:
    """Move the mouse onto an element.

    Examples:
        hover('a66')
    """


def press(bid: str, key_comb: str) -> None:
    """Focus an element and press a key or a combination of keys. Keys have their names in keyboard events: Enter,
    Tab, Escape, Backspace, Delete, Home, End, PageUp, PageDown, Insert, ArrowUp, ArrowDown, ArrowLeft, ArrowRight,
    F1 - F12, Digit0 - Digit9, KeyA - KeyZ, Minus, Equal, Backquote, Backslash; or a single character, such as "a" or
    "#". Shift, Control, Alt, Meta and ControlOrMeta are held with a plus sign.

    Examples:
        press('52', 'Enter')
        press('b9', 'ControlOrMeta+a')
        press('a31', 'Control+Shift+ArrowLeft')
    """


def focus(bid: str) -> None:
    """Give an element the keyboard focus.

    Examples:
        focus('a45')
    """


def clear(bid: str) -> None:
    """Empty a text field.

    Examples:
        clear('306')
    """


def drag_and_drop(from_bid: str, to_bid: str) -> None:
    """Drag an element with the left mouse button and drop it on another.

    Examples:
        drag_and_drop('25', '140')
    """


def upload_file(bid: str, file: str | list[str]) -> None:
    """Click on an element that asks for files, and give it one or several. An empty list takes the files away.

    Examples:
        upload_file("88", "invoice.pdf")
        upload_file("a4", ["photos/one.png", "photos/two.png"])
    """


def scroll_at(x: int, y: int, dx: int, dy: int) -> None:
    """Move the mouse to a point and turn its wheel there, in pixels: to the right and down where positive.

    Examples:
        scroll_at(400, 250, 0, 300)
    """


def mouse_move(x: float, y: float) -> None:
    """Move the mouse to a point, in pixels from the top left corner of the window.

    Examples:
        mouse_move(312.5, 84)
    """


def mouse_up(x: float, y: float, button: Button = "left") -> None:
    """Move the mouse to a point and let go of a button there.

    Examples:
        mouse_up(200, 95)
        mouse_up(33, 410.5, 'right')
    """


def mouse_down(x: float, y: float, button: Button = "left") -> None:
    """Move the mouse to a point, press a button there and hold it.

    Examples:
        mouse_down(200, 95)
        mouse_down(33, 410.5, 'middle')
    """


def mouse_click(x: float, y: float, button: Button = "left") -> None:
    """Click at a point.

    Examples:
        mouse_click(640, 71.5)
        mouse_click(18, 300, 'right')
    """


def mouse_dblclick(x: float, y: float, button: Button = "left") -> None:
    """Click twice at a point, quickly.

    Examples:
        mouse_dblclick(512, 260)
        mouse_dblclick(77.5, 19, 'right')
    """


def mouse_drag_and_drop(from_x: float, from_y: float, to_x: float, to_y: float) -> None:
    """Press the left mouse button at a point, move to another and let go there.

    Examples:
        mouse_drag_and_drop(120, 80.5, 400, 310)
    """


def mouse_upload_file(x: float, y: float, file: str | list[str]) -> None:
    """Click at a point where files are asked for, and give one or several. An empty list takes the files away.

    Examples:
        mouse_upload_file(210, 48.5, "invoice.pdf")
        mouse_upload_file(77, 620, ["photos/one.png", "photos/two.png"])
    """


def keyboard_press(key: str) -> None:
    """Press a key or a combination of keys, wherever the focus is; the names are those of press.

    Examples:
        keyboard_press('Escape')
        keyboard_press('ControlOrMeta+a')
    """


def keyboard_down(key: str) -> None:
    """Press a key and hold it.

    Examples:
        keyboard_down('Shift')
        keyboard_down('x')
    """


def keyboard_up(key: str) -> None:
    """Let go of a key.

    Examples:
        keyboard_up('Shift')
        keyboard_up('x')
    """


def keyboard_type(text: str) -> None:
    """Type a text key by key, wherever the focus is; keys held down do not change it.

    Examples:
        keyboard_type('two return tickets')
    """


def keyboard_insert_text(text: str) -> None:
    """Insert a text at once where the focus is, without any key events.

    Examples:
        keyboard_insert_text('two return tickets')
    """


def go_back() -> None:
    """Go to the page before, as the browser's button does.

    Examples:
        go_back()
    """


def go_forward() -> None:
    """Go to the page after, as the browser's button does.

    Examples:
        go_forward()
    """


def goto(url: str) -> None:
    """Open an address.

    Examples:
        goto('http://localhost:8000/orders')
    """


def new_tab() -> None:
    """Open an empty tab and go on in it.

    Examples:
        new_tab()
    """


def tab_close() -> None:
    """Close the tab in front.

    Examples:
        tab_close()
    """


def tab_focus(index: int) -> None:
    """Bring a tab to the front, counted from 0.

    Examples:
        tab_focus(1)
    """


_POINTER: list[Signature] = [mouse_move, mouse_click, mouse_dblclick, mouse_down, mouse_up, scroll]
_WEB: list[Signature] = [
    scroll, keyboard_press, click, fill, hover, tab_focus, new_tab, go_back, go_forward, goto, tab_close, select_option,
    send_msg_to_user,
]  # fmt: skip
_FORMS: list[Signature] = [
    scroll, fill, select_option, click, dblclick, hover, press, focus, clear, drag_and_drop,
]  # fmt: skip
SUBSETS: dict[str, list[Signature]] = {
    "chat": [send_msg_to_user],
    "infeas": [report_infeasible],
    "bid": [*_FORMS, upload_file],
    "coord": [
        scroll_at, mouse_move, mouse_up, mouse_down, mouse_click, mouse_dblclick, mouse_drag_and_drop,
        mouse_upload_file, keyboard_down, keyboard_up, keyboard_press, keyboard_type, keyboard_insert_text,
    ],
    "nav": [go_back, go_forward, goto],
    "tab": [tab_close, tab_focus, new_tab],
    "miniwob_all": [*_POINTER, click, keyboard_press, keyboard_type, fill],
    "miniwob_shi17": [*_POINTER[1:], keyboard_press],
    "miniwob_liu18": [click, fill],
    "miniwob_humphreys22": [*_POINTER, keyboard_press, keyboard_type],
    "webarena": [*_WEB, report_infeasible],
    "visualwebarena": [*_WEB, upload_file, report_infeasible],
    "workarena": [*_FORMS, send_msg_to_user],
    "workarena++": [
        *_FORMS, tab_focus, new_tab, tab_close, go_back, go_forward, goto, send_msg_to_user, report_infeasible,
    ],
    "weblinx": [send_msg_to_user, click, hover, fill, goto, scroll, new_tab, tab_close, tab_focus],
    "assistantbench": [scroll, fill, select_option, click, press, go_back, goto, send_msg_to_user],
}  # fmt: skip
"""The actions of each subset, in the order in which they are described."""

UNLISTED: dict[str, Signature] = {"check": check, "uncheck": uncheck}
"""Actions that no subset describes; allowed where ``click`` is."""


@dataclass(frozen=True)
class Described:
    """What an agent is told about an action."""

    signature: str
    description: str
    examples: list[str]


def describe(function: Signature) -> Described:
    signature = inspect.signature(function).replace(return_annotation=inspect.Signature.empty)
    description, _, examples = (inspect.getdoc(function) or "").partition("Examples:")
    lines = [line.strip() for line in examples.strip().splitlines()]
    return Described(f"{function.__name__}{signature}", " ".join(description.split()), lines)


def arguments(function: Signature, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The call's arguments by name, with defaults; raises Python's own ``TypeError`` for a call that does not fit."""
    function(*args, **kwargs)
    bound = inspect.signature(function).bind(*args, **kwargs)
    bound.apply_defaults()
    return dict(bound.arguments)

"""Trusted input events as protocol messages: pure functions from what to do to ``[(method, params), …]``.

Key names are Playwright's (``Enter``, ``Control+A``, ``ArrowDown``); the table covers a US keyboard. Characters that
no key makes are inserted as text, as an input method would.
"""

from __future__ import annotations

import sys

from .errors import BadAction

Message = tuple[str, dict[str, object]]
BUTTONS = {"left": 1, "right": 2, "middle": 4}
MODIFIERS = {"Alt": 1, "Control": 2, "Meta": 4, "Shift": 8}
_ALIASES = {
    "ctrl": "Control", "cmd": "Meta", "command": "Meta", "option": "Alt", "esc": "Escape", "return": "Enter",
    "del": "Delete",
    "space": " ", "spacebar": " ", "up": "ArrowUp", "down": "ArrowDown", "left": "ArrowLeft", "right": "ArrowRight",
    "controlormeta": "Meta" if sys.platform == "darwin" else "Control",
}  # fmt: skip
_NAMED = {
    "Enter": 13, "Tab": 9, "Backspace": 8, "Delete": 46, "Escape": 27, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39,
    "ArrowDown": 40, "Home": 36, "End": 35, "PageUp": 33, "PageDown": 34, "Insert": 45, "Shift": 16, "Control": 17,
    "Alt": 18,
    "Meta": 91, "CapsLock": 20, "ContextMenu": 93, **{f"F{n}": 111 + n for n in range(1, 13)},
}  # fmt: skip
_PUNCTUATION = {
    "-": (189, "Minus", "_"), "=": (187, "Equal", "+"), "[": (219, "BracketLeft", "{"), "]": (221, "BracketRight", "}"),
    "\\": (220, "Backslash", "|"), ";": (186, "Semicolon", ":"), "'": (222, "Quote", '"'), "`": (192, "Backquote", "~"),
    ",": (188, "Comma", "<"), ".": (190, "Period", ">"), "/": (191, "Slash", "?"),
}  # fmt: skip
_SHIFTED_DIGITS = ")!@#$%^&*("
_EDITING = {"a": "selectAll", "c": "copy", "x": "cut", "v": "paste", "z": "undo", "y": "redo"}


def _key_of(char: str) -> tuple[int, str, bool] | None:
    """Key code, code name and whether Shift is held, for a character that a US keyboard has."""
    if char.isascii() and char.isalpha():
        return ord(char.upper()), f"Key{char.upper()}", char.isupper()
    if char.isascii() and char.isdigit():
        return ord(char), f"Digit{char}", False
    if char in _SHIFTED_DIGITS:
        n = _SHIFTED_DIGITS.index(char)
        return ord(str(n)), f"Digit{n}", True
    if char == " ":
        return 32, "Space", False
    for plain, (code, name, shifted) in _PUNCTUATION.items():
        if char in (plain, shifted):
            return code, name, char == shifted
    return None


def click(x: float, y: float, count: int = 1, modifiers: int = 0, button: str = "left") -> list[Message]:
    """Move to a point of the viewport (CSS pixels) and press a button ``count`` times there."""
    messages = [move(x, y, modifiers=modifiers)]
    for n in range(1, count + 1):
        messages += [_button(kind, x, y, n, modifiers, button) for kind in ("mousePressed", "mouseReleased")]
    return messages


def held_and_button(text: str) -> tuple[int, str]:
    """The modifiers (bits) and the button of a click's text: ``right``, ``Control+left``. Raises ``BadAction``."""
    *keys, button = text.split("+")
    if button not in BUTTONS or not all(key in MODIFIERS for key in keys):
        raise BadAction(f"a click's text is left, middle or right after keys that are held, found {text!r}")
    return sum(MODIFIERS[key] for key in set(keys)), button


def move(x: float, y: float, held: bool = False, modifiers: int = 0) -> Message:
    button = {"button": "left", "buttons": 1} if held else {"button": "none", "buttons": 0}
    return "Input.dispatchMouseEvent", {"type": "mouseMoved", "x": x, "y": y, "modifiers": modifiers, **button}


def _button(kind: str, x: float, y: float, count: int, modifiers: int = 0, button: str = "left") -> Message:
    buttons = BUTTONS[button] if kind == "mousePressed" else 0
    return "Input.dispatchMouseEvent", {
        "type": kind,
        "x": x,
        "y": y,
        "button": button,
        "buttons": buttons,
        "clickCount": count,
        "modifiers": modifiers,
    }


def wheel(x: float, y: float, dx: float, dy: float) -> list[Message]:
    return [
        move(x, y),
        ("Input.dispatchMouseEvent", {"type": "mouseWheel", "x": x, "y": y, "deltaX": dx, "deltaY": dy}),
    ]


def typing(text: str) -> list[Message]:
    """One key down and up a character; line breaks as Enter, tabs as Tab."""
    messages: list[Message] = []
    for char in text.replace("\r\n", "\n"):
        if char in "\n\t":
            messages += stroke("Enter" if char == "\n" else "Tab")
            continue
        key = _key_of(char)
        if key is None:
            messages.append(("Input.insertText", {"text": char}))
            continue
        code, name, shift = key
        common = {
            "key": char,
            "code": name,
            "windowsVirtualKeyCode": code,
            "modifiers": MODIFIERS["Shift"] if shift else 0,
        }
        messages += [
            ("Input.dispatchKeyEvent", {"type": "keyDown", "text": char, "unmodifiedText": char, **common}),
            ("Input.dispatchKeyEvent", {"type": "keyUp", **common}),
        ]
    return messages


def split_combination(keys: str) -> tuple[list[str], str]:
    """``"Control+Shift+A"`` → (["Control", "Shift"], "A"); raises ``BadAction`` for keys that do not exist."""
    parts = keys.split("+") if keys != "+" else ["+"]
    if keys.endswith("++"):
        parts = [*keys[:-2].split("+"), "+"]
    names = [_ALIASES.get(p.strip().lower(), p.strip()) if p.strip() else p for p in parts]
    *held, last = names
    for name in held:
        if name not in MODIFIERS:
            raise BadAction.unknown("modifier key", name, MODIFIERS)
    if last not in _NAMED and (len(last) != 1 or _key_of(last) is None):
        close = {n.lower(): n for n in _NAMED}.get(last.lower())
        if close is None:
            raise BadAction.unknown("key", last, [*_NAMED, "a … z", "0 … 9"])
        last = close
    return held, last


def stroke(keys: str) -> list[Message]:
    """A key or combination pressed and released."""
    held, last = split_combination(keys)
    bits = 0
    messages: list[Message] = []
    for name in held:
        bits |= MODIFIERS[name]
        messages.append(("Input.dispatchKeyEvent", {"type": "rawKeyDown", **_named(name, bits)}))
    shifted = bool(bits & MODIFIERS["Shift"])
    if last in _NAMED:
        params = _named(last, bits)
        text = "\r" if last == "Enter" and not bits & ~MODIFIERS["Shift"] else ""
    else:
        code, name, shift = _key_of(last) or (0, "", False)
        char = last.upper() if shifted else last
        params = {
            "key": char,
            "code": name,
            "windowsVirtualKeyCode": code,
            "modifiers": bits | (MODIFIERS["Shift"] if shift and not held else 0),
        }
        text = "" if bits & ~MODIFIERS["Shift"] else char
    down: dict[str, object] = {"type": "keyDown" if text else "rawKeyDown", **params}
    if text:
        down |= {"text": text, "unmodifiedText": text}
    command = _EDITING.get(last.lower()) if bits in (MODIFIERS["Control"], MODIFIERS["Meta"]) else None
    if command:
        down["commands"] = [command]
    messages += [("Input.dispatchKeyEvent", down), ("Input.dispatchKeyEvent", {"type": "keyUp", **params})]
    for name in reversed(held):
        bits &= ~MODIFIERS[name]
        messages.append(("Input.dispatchKeyEvent", {"type": "keyUp", **_named(name, bits)}))
    return messages


def _named(name: str, modifiers: int) -> dict[str, object]:
    side = {"Shift": "ShiftLeft", "Control": "ControlLeft", "Alt": "AltLeft", "Meta": "MetaLeft"}
    return {"key": name, "code": side.get(name, name), "windowsVirtualKeyCode": _NAMED[name], "modifiers": modifiers}

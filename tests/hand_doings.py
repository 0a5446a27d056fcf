"""What the hand of ``tests/hand.py`` does, kind by kind, and what must have been recorded of it."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

SECRETS = ("hunter2secret", "4111222233334444", "frame-secret-9")
CLICK = 0.75  # s after a click, so that two are no double click


class Hand:
    """Mouse and keyboard on one display; places are CSS pixels of the page."""

    def __init__(self, name: str) -> None:
        self.environment = {**os.environ, "DISPLAY": name}
        self.offset = (0.0, 0.0)

    def do(self, *words: object) -> None:
        command = ["xdotool", *map(str, words)]
        subprocess.run(command, env=self.environment, check=True, timeout=30, stdout=subprocess.DEVNULL)

    def find(self, where: dict[str, float]) -> None:
        """Learn where the page lies on the screen, from where it says that it saw the pointer."""
        end = time.monotonic() + 30
        spot = 500
        while "x" not in where:
            spot = 500 if spot == 501 else 501
            self.do("mousemove", spot, 740)
            time.sleep(0.2)
            if time.monotonic() > end:
                raise TimeoutError("the page never saw the pointer")
        self.offset = (spot - where["x"], 740 - where["y"])

    def move(self, x: float, y: float) -> None:
        self.do("mousemove", round(x + self.offset[0]), round(y + self.offset[1]))

    def click(self, x: float, y: float, button: int = 1, times: int = 1) -> None:
        self.move(x, y)
        time.sleep(0.05)
        self.do("click", "--repeat", times, "--delay", 60, button)
        time.sleep(CLICK)

    def drag(self, x0: float, y0: float, x1: float, y1: float) -> None:
        self.move(x0, y0)
        self.do("mousedown", 1)
        for n in range(1, 9):
            time.sleep(0.04)
            self.move(x0 + (x1 - x0) * n / 8, y0 + (y1 - y0) * n / 8)
        time.sleep(0.2)
        self.do("mouseup", 1)
        time.sleep(0.5)

    def wheel(self, x: float, y: float, button: int, times: int) -> None:
        self.move(x, y)
        self.do("click", "--repeat", times, "--delay", 60, button)
        time.sleep(0.8)

    def write(self, text: str) -> None:
        self.do("type", "--delay", 25, text)

    def key(self, *keys: str) -> None:
        self.do("key", "--delay", 60, *keys)
        time.sleep(0.35)

    def fill(self, x: float, y: float, text: str) -> None:
        self.click(x, y)
        self.write(text)


@dataclass(frozen=True)
class Doing:
    """``wanted``: what must be among the new steps, in order: (op, name of the target or None, text or None)."""

    kind: str
    act: Callable[[Hand], None]
    wanted: tuple[tuple[str, str | None, str | None], ...]


def doings(port: int, files: Path) -> list[Doing]:
    """Every kind, with what must have been recorded of it."""
    photo = files / "photo.txt"
    photo.write_text("a picture, as it were")
    return [*_pointing(), *_writing(), *_choosing(), *_moving(), *_in_parts(), *_with_browser(port, photo)]


def _pointing() -> list[Doing]:
    return [
        Doing("click", lambda h: h.click(90, 37), (("click", "Plain button", None),)),
        Doing("link", lambda h: h.click(200, 27), (("click", "Plain link", None),)),
        Doing("double click", lambda h: h.click(410, 37, times=2), (("dblclick", "Twice", None),)),
        Doing("right click", lambda h: h.click(570, 37, button=3), (("click", "Context here", "right"),)),
        Doing("fold", lambda h: h.click(700, 29), (("click", "More facts", None),)),
        Doing("bare listener", lambda h: h.click(890, 37), (("click", "Only a listener", None),)),
        Doing("held key", _held, (("click", "With control", "Control+left"),)),
        Doing("canvas", lambda h: h.click(850, 335), (("click", "Drawing", None),)),
        Doing("drawn shape", lambda h: h.click(1030, 50), (("click", None, None),)),
        Doing("late element", _late, (("click", "Add a button", None), ("click", "Late button", None))),
        Doing("gone on press", lambda h: h.click(1070, 217), (("click", "Gone on press", None),)),
    ]  # fmt: skip


def _held(h: Hand) -> None:
    h.move(410, 617)
    h.do("keydown", "ctrl", "click", 1, "keyup", "ctrl")
    time.sleep(CLICK)


def _late(h: Hand) -> None:
    h.click(1070, 117)
    h.click(1070, 167)


def _writing() -> list[Doing]:
    return [
        Doing("text", lambda h: h.fill(90, 97, "ada lovelace"), (("type", "User name", "ada lovelace"),)),
        Doing("lines", _lines, (("type", "Notes", "one\ntwo"),)),
        Doing("rich text", lambda h: h.fill(410, 97, "fine words"), (("type", "Rich text", "fine words"),)),
        Doing("password", lambda h: h.fill(570, 97, SECRETS[0]), (("type", "Password", "{{secret:PASSWORD}}"),)),
        Doing("marked", lambda h: h.fill(730, 97, SECRETS[1]), (("type", "Card number", "{{secret:CARD_NUMBER}}"),)),
        Doing("replaced text", _replaced, (("clear", "Old value", None), ("type", "Old value", "right"))),
        Doing("number", lambda h: h.fill(60, 217, "42"), (("type", "Amount", "42"),)),
        Doing("date", lambda h: h.fill(200, 217, "11232026"), (("type", "Day", "2026-11-23"),)),
        Doing("enter", _search, (("type", "Search", "lamps"), ("press", "Search", "Enter"))),
        Doing("arrow in a field", _combo, (("type", "City", "Ro"), ("press", "City", "ArrowDown"))),
        Doing("arrow in a widget", _arrow, (("press", "Sizes", "ArrowDown"),)),
        Doing("shortcut", lambda h: h.key("ctrl+k"), (("press", None, "Control+k"),)),
        Doing("copy", _copy, (("press", "Copy from", "Control+c"),)),
        Doing("paste", _paste, (("type", "Paste to", "copied words"),)),
    ]  # fmt: skip


def _lines(h: Hand) -> None:
    h.fill(250, 97, "one")
    h.key("Return")
    h.write("two")


def _replaced(h: Hand) -> None:
    h.click(890, 97)
    h.key("ctrl+a")
    h.write("right")


def _search(h: Hand) -> None:
    h.fill(560, 217, "lamps")
    h.key("Return")


def _combo(h: Hand) -> None:
    h.fill(1060, 277, "Ro")
    h.key("Down")


def _arrow(h: Hand) -> None:
    h.click(730, 217)
    h.key("Down")


def _copy(h: Hand) -> None:
    h.click(560, 337)
    h.key("ctrl+a", "ctrl+c")


def _paste(h: Hand) -> None:
    h.click(720, 337)
    h.key("ctrl+v")


def _choosing() -> list[Doing]:
    return [
        Doing("tick", lambda h: h.click(30, 150), (("click", "Weekly mail", None),)),
        Doing("tick by label", lambda h: h.click(290, 151), (("click", "Read the terms and agree", None),)),
        Doing("radio", lambda h: h.click(510, 150), (("click", "Blue", None),)),
        Doing("native list", _native_list, (("select", "Country", "Chile"),)),
        Doing("list of several", lambda h: h.click(850, 155), (("select", "Toppings", "Olives"),)),
        Doing("slider", lambda h: h.click(410, 215), (("type", "Volume", None),)),
        Doing("tick by key", _space, (("press", "By space bar", "Space"),)),
    ]  # fmt: skip


def _native_list(h: Hand) -> None:
    h.click(730, 157)
    h.key("Down", "Down", "Return")


def _space(h: Hand) -> None:
    h.click(830, 210)
    h.key("space")


def _moving() -> list[Doing]:
    return [
        Doing("hover", _menu, (("hover", None, None), ("click", "Hidden item", None))),
        Doing("hover by script", _tip, (("hover", "Tip on hover", None),)),
        Doing("native drag", lambda h: h.drag(400, 277, 570, 277), (("drag", "Card to drag", None),)),
        Doing("drag", lambda h: h.drag(720, 277, 890, 277), (("drag", "Free piece", None),)),
        Doing("scrolled region", lambda h: h.wheel(90, 360, 5, 3), (("scroll", None, "down"),)),
        Doing("scrolled page", lambda h: h.wheel(1100, 650, 5, 5), (("scroll", None, "down"),)),
        Doing("scrolled back", lambda h: h.wheel(1100, 650, 4, 10), (("scroll", None, "up"),)),
    ]  # fmt: skip


def _menu(h: Hand) -> None:
    h.move(1100, 560)
    time.sleep(1.2)
    h.move(60, 270)
    time.sleep(0.6)
    h.click(50, 284)


def _tip(h: Hand) -> None:
    h.move(1100, 560)
    time.sleep(1.2)
    h.move(250, 277)
    time.sleep(0.8)


def _in_parts() -> list[Doing]:
    hidden = (("type", "Inner secret", "{{secret:INNER_SECRET}}"),)
    return [
        Doing("open root", lambda h: h.click(90, 437), (("click", "In open root", None),)),
        Doing("closed root", lambda h: h.click(250, 437), (("click", "In closed root", None),)),
        Doing("text in a closed root", lambda h: h.fill(410, 437, "deep"), (("type", "Closed field", "deep"),)),
        Doing("frame", lambda h: h.click(90, 507), (("click", "Button of same", None),)),
        Doing("text in a frame", lambda h: h.fill(250, 507, "inside"), (("type", "Field of same", "inside"),)),
        Doing("foreign frame", lambda h: h.click(570, 507), (("click", "Button of other", None),)),
        Doing("text in a foreign frame", lambda h: h.fill(730, 507, "away"), (("type", "Field of other", "away"),)),
        Doing("password in a foreign frame", lambda h: h.fill(880, 507, SECRETS[2]), hidden),
        Doing("frame in a frame", lambda h: h.click(570, 577), (("click", "Button of deep", None),)),
    ]  # fmt: skip


def _with_browser(port: int, photo: Path) -> list[Doing]:
    here = f"http://127.0.0.1:{port}"
    named = (("click", "Ask my name", None), ("type", None, "Ada"), ("click", "OK", None))
    return [
        Doing("upload", lambda h: _upload(h, photo), (("upload", "Your photo", "photo.txt"),)),
        Doing("alert", lambda h: _answer(h, 570, "Return"), (("click", "Say hello", None), ("click", "OK", None))),
        Doing("confirm", lambda h: _answer(h, 730, "Escape"), (("click", "Ask me", None), ("click", "Cancel", None))),
        Doing("prompt", lambda h: _answer(h, 890, "Return", "Ada"), named),
        Doing("pop-up", _popup, (("click", "New window", None), ("click", "Button of popup", None))),
        Doing("closed tab", lambda h: _late_key(h, "ctrl+w"), (("close_tab", None, None),)),
        Doing("next page", lambda h: h.click(230, 607), (("click", "Next page", None),)),
        Doing("back", lambda h: _late_key(h, "alt+Left"), (("back", None, None),)),
        Doing("forward", lambda h: _late_key(h, "alt+Right"), (("forward", None, None),)),
        Doing("new tab", lambda h: _late_key(h, "ctrl+t"), (("new_tab", None, None),)),
        Doing("address", lambda h: _address(h, f"{here}/popup.html"), (("goto", None, f"{here}/popup.html"),)),
        Doing("other tab", _other_tab, (("switch_tab", None, "0"), ("click", "Button of next", None))),
    ]  # fmt: skip


def _upload(h: Hand, photo: Path) -> None:
    h.click(230, 335)
    time.sleep(1.5)
    h.do("search", "--onlyvisible", "--name", "Open File", "windowfocus", "--sync")  # no window manager does it here
    h.key("ctrl+l")
    h.write(str(photo))
    time.sleep(1.0)
    h.do("mousemove", 1074, 798, "click", 1)  # the chooser's own button, in pixels of the screen
    time.sleep(1.5)


def _answer(h: Hand, x: float, key: str, text: str = "") -> None:
    h.click(x, 437)
    time.sleep(0.5)
    if text:
        h.write(text)
    h.key(key)
    time.sleep(0.7)


def _popup(h: Hand) -> None:
    h.click(60, 607)
    time.sleep(1.5)
    h.click(90, 37)


def _late_key(h: Hand, key: str) -> None:
    time.sleep(1.8)  # or the page itself may have done it
    h.key(key)
    time.sleep(1.5)


def _address(h: Hand, url: str) -> None:
    h.key("ctrl+l")
    h.write(url)
    h.key("Return")
    time.sleep(1.8)


def _other_tab(h: Hand) -> None:
    h.key("ctrl+1")
    time.sleep(0.8)
    h.click(90, 37)

"""Recordings of Chrome DevTools' Recorder (JSON): one episode without steps each (``tape`` says what it keeps).

A change of a field tells only its value, so that a choice in a list is ``type``, too. ``offsetX`` and ``offsetY`` stay
with a click as ``at``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from webagent.envs.errors import DataDamaged, UsageError
from webagent.envs.types import Episode

from . import Refused
from .tape import Tape, files

WHAT = "a recording of Chrome DevTools (JSON)"
HELD = ("Control", "Shift", "Alt", "Meta")
BUTTONS = {"secondary": "right", "auxiliary": "middle"}
_ARIA = re.compile(r'aria/(.*?)(?:\[role="([^"]+)"\])?$', re.DOTALL)


def read(path: str, refused: Refused) -> Iterator[Episode]:
    """One episode a file. Raises ``UsageError``, ``DataDamaged``."""
    for stem, text in files(path, ".json", WHAT):
        try:
            data = json.loads(text)
        except ValueError as error:
            raise DataDamaged(f"{path} ({stem}) cannot be read: {error}") from error
        if not isinstance(data, dict) or not isinstance(data.get("steps"), list):
            raise UsageError(f"expected {WHAT} at {path} ({stem}), found JSON without steps")
        tape = Tape(stem, refused)
        try:
            _Player(tape).play(data["steps"])
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            refused(stem, f"a step that cannot be read: {' '.join(str(error).split()) or type(error).__name__}")
            continue
        episode = tape.episode(f"devtools.{stem}", str(data.get("title") or stem), file=stem)
        if episode is not None:
            yield episode


class _Player:
    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.held: list[str] = []
        self.tabs = ["main"]
        self.scrolled: dict[str, tuple[float, float]] = {}

    def play(self, steps: list[dict[str, Any]]) -> None:
        for step in steps:
            self.place(step)
            kind = str(step["type"])
            make = getattr(self, f"_{_snake(kind)}", None)
            if make is None:
                self.tape.leave_out(kind)
            else:
                make(step)
        if self.held:
            self.tape.leave_out("keyDown", f"of {'+'.join(self.held)} has no end")

    def place(self, step: dict[str, Any]) -> None:
        target = str(step.get("target") or "main")
        if target not in self.tabs:
            self.tabs.append(target)
        self.tape.tab = self.tabs.index(target)
        self.tape.frames = [str(n) for n in step.get("frame") or ()]

    # ---- one kind of step each --------------------------------------------------------------------------------------

    def _set_viewport(self, step: dict[str, Any]) -> None:
        self.tape.window = f"{step['width']}x{step['height']}"

    def _navigate(self, step: dict[str, Any]) -> None:
        self.tape.do("goto", str(step["url"]))

    def _click(self, step: dict[str, Any], op: str = "click") -> None:
        button = BUTTONS.get(str(step.get("button")), "left")
        with_ = "+".join([*self.held, button])
        at = [step[key] for key in ("offsetX", "offsetY") if key in step]
        it = _described(step) | ({"at": at} if at else {})
        self.tape.do(op, None if with_ == "left" else with_, **it)

    def _double_click(self, step: dict[str, Any]) -> None:
        self._click(step, "dblclick")

    def _hover(self, step: dict[str, Any]) -> None:
        self.tape.do("hover", **_described(step))

    def _change(self, step: dict[str, Any]) -> None:
        self.tape.do("type", str(step["value"]), **_described(step), replaces=True)

    def _key_down(self, step: dict[str, Any]) -> None:
        key = str(step["key"])
        if key in HELD:
            self.held.append(key)
        else:
            self.tape.do("press", "+".join([*self.held, "Space" if key == " " else key]))

    def _key_up(self, step: dict[str, Any]) -> None:
        if step["key"] in self.held:
            self.held.remove(step["key"])

    def _scroll(self, step: dict[str, Any]) -> None:
        it = _described(step)
        region = next(iter(it["locators"]), "")
        now = float(step.get("x") or 0), float(step.get("y") or 0)
        old = self.scrolled.get(region, (0.0, 0.0))
        self.scrolled[region] = now
        across, along = now[0] - old[0], now[1] - old[1]
        if along or not across:
            self.tape.do("scroll", "up" if along < 0 else "down", **it, by=along)
        else:
            self.tape.do("scroll", "left" if across < 0 else "right", **it, by=across)

    def _wait_for_element(self, step: dict[str, Any]) -> None:
        it = _described(step)
        self.tape.do("wait", None, it["locators"])
        self.tape.check("element", str(step.get("count", 1)), it["locators"])

    def _close(self, step: dict[str, Any]) -> None:
        self.tape.do("close_tab")


def _snake(kind: str) -> str:
    return re.sub(r"([A-Z])", lambda found: "_" + found[1].lower(), kind)


def _described(step: dict[str, Any]) -> dict[str, Any]:
    """Locators, and the role and name that they tell. A list among the selectors goes through shadow roots."""
    selectors = step.get("selectors") or ()
    locators = [one if isinstance(one, str) else " >>> ".join(map(str, one)) for one in selectors]
    aria = next((one.rsplit(" >>> ", 1)[-1] for one in locators if "aria/" in one), "")
    found = _ARIA.match(aria)
    words = next((one[5:] for one in locators if one.startswith("text/")), "")
    return {"locators": locators, "role": (found and found[2]) or "", "name": found[1] if found else words}

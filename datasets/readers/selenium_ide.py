"""Projects of Selenium IDE (``.side``): one episode without steps a test (``tape`` says what it keeps).

``store`` is followed where its value is plain, and so are frames, and windows that a click opens. A test that branches
or repeats cannot be told as a row of actions, and is refused whole. ``type`` replaces what the field holds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

from webagent.envs.errors import DataDamaged, UsageError
from webagent.envs.types import Episode

from . import Refused
from .tape import Tape, files

WHAT = "a .side project of Selenium IDE"
FLOW = frozenset({"if", "elseIf", "else", "end", "times", "while", "forEach", "do", "repeatIf", "run"})
PLAIN = {
    "click": "click", "clickAt": "click", "doubleClick": "dblclick", "doubleClickAt": "dblclick", "mouseOver": "hover",
    "mouseMoveAt": "hover",
}  # fmt: skip
TICKS = {"check": True, "uncheck": False}
DIALOGS = {
    "acceptAlert": "OK", "acceptConfirmation": "OK", "dismissConfirmation": "Cancel", "dismissPrompt": "Cancel",
    "webdriverChooseOkOnVisibleConfirmation": "OK", "webdriverChooseCancelOnVisibleConfirmation": "Cancel",
    "webdriverChooseCancelOnVisiblePrompt": "Cancel",
}  # fmt: skip
PROMPTS = ("answerPrompt", "webdriverAnswerOnVisiblePrompt")
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_KEY = re.compile(r"\$\{KEY_(\w+)\}")
KEYS = {
    "ENTER": "Enter", "TAB": "Tab", "ESC": "Escape", "ESCAPE": "Escape", "BACKSPACE": "Backspace", "BKSP": "Backspace",
    "DELETE": "Delete", "DEL": "Delete", "SPACE": "Space", "UP": "ArrowUp", "DOWN": "ArrowDown", "LEFT": "ArrowLeft",
    "RIGHT": "ArrowRight", "HOME": "Home", "END": "End", "PAGE_UP": "PageUp", "PGUP": "PageUp", "PAGE_DOWN": "PageDown",
    "PGDN": "PageDown", "INSERT": "Insert",
}  # fmt: skip


def read(path: str, refused: Refused) -> Iterator[Episode]:
    """One episode a test. Raises ``UsageError``, ``DataDamaged``."""
    for stem, text in files(path, ".side", WHAT):
        project = _project(path, stem, text)
        for n, test in enumerate(project["tests"]):
            name = str(test.get("name") or n) if isinstance(test, dict) else str(n)
            tape = Tape(f"{stem}, test {name!r}", refused)
            if not isinstance(test, dict) or not isinstance(test.get("commands"), list):
                refused(tape.what, "expected a test with a list of commands")
                continue
            flow = sorted({str(c.get("command")) for c in test["commands"] if isinstance(c, dict)} & FLOW)
            if flow:
                refused(tape.what, f"it branches or repeats ({', '.join(flow)})")
                continue
            _Player(tape, str(project.get("url") or "")).play(test["commands"])
            episode = tape.episode(f"selenium-ide.{stem}.{n}", name, file=stem)
            if episode is not None:
                yield episode


def _project(path: str, stem: str, text: str) -> dict[str, Any]:
    try:
        project = json.loads(text)
    except ValueError as error:
        raise DataDamaged(f"{path} ({stem}) cannot be read: {error}") from error
    if not isinstance(project, dict) or not isinstance(project.get("tests"), list):
        raise UsageError(f"expected {WHAT} at {path} ({stem}), found JSON without tests")
    return project


class _Player:
    """Follows the commands of one test."""

    def __init__(self, tape: Tape, base: str) -> None:
        self.tape = tape
        self.base = base
        self.held: dict[str, str] = {}
        self.windows: dict[str, int] = {}
        self.tabs = 1

    def play(self, commands: list[Any]) -> None:
        for command in commands:
            if not isinstance(command, dict) or not isinstance(command.get("command"), str):
                self.tape.leave_out("a line without a command", "cannot be read")
                continue
            name, target, value = (str(command.get(key) or "") for key in ("command", "target", "value"))
            if not name and not target and not value:
                continue  # an empty line
            if name.startswith("//"):
                self.tape.leave_out(name, "was switched off")
                continue
            missing = self._missing(name, target + value)
            if missing:
                self.tape.leave_out(name, f"needs ${{{missing}}}, which only the page knows")
                continue
            self._one(name, self._filled(target), self._filled(value), command)

    def _missing(self, name: str, text: str) -> str:
        if name in ("store", "storeWindowHandle"):
            return ""
        known = {*self.held, *self.windows}
        return next((v for v in _VARIABLE.findall(text) if v not in known and not v.startswith("KEY_")), "")

    def _filled(self, text: str) -> str:
        return _VARIABLE.sub(lambda found: self.held.get(found[1], found[0]), text)

    def _one(self, name: str, target: str, value: str, command: dict[str, Any]) -> None:
        it = _described(target, command)
        if name == "open":
            self.tape.do("goto", urljoin(self.base, target))
        elif name in PLAIN:
            at = {"at": value} if name.endswith("At") and value else {}
            self.tape.do(PLAIN[name], **it, **at)
        elif name in TICKS:
            self.tape.do("click", **it, ticks=TICKS[name])
        elif name == "type":
            self.tape.do("type", value, **it, replaces=True)
        elif name == "sendKeys":
            self._send_keys(value, it)
        elif name in ("select", "addSelection"):
            by, _, label = value.partition("=") if "=" in value else ("label", "", value)
            self.tape.do("select", label, **it, by=by)
        elif name in ("dragAndDropToObject", "dragAndDrop"):
            self.tape.do("drag", **it, onto=[value])
        elif name in DIALOGS:
            self.tape.do("click", role="button", name=DIALOGS[name])
        elif name in PROMPTS:
            self.tape.do("type", value or target, role="textbox", name="the prompt")
            self.tape.do("click", role="button", name="OK")
        elif not self._going(name, target, value):
            self._asking(name, target, value, it)
        if command.get("opensWindow"):
            self.windows[str(command.get("windowHandleName") or "")] = self.tabs
            self.tabs += 1

    def _going(self, name: str, target: str, value: str) -> bool:
        """Windows, frames, variables and waiting; False for anything else."""
        tape = self.tape
        if name == "selectFrame":
            if target == "relative=parent":
                tape.frames = tape.frames[:-1]
            else:
                tape.frames = [] if target in ("relative=top", "") else [*tape.frames, target]
        elif name == "selectWindow":
            handle = _VARIABLE.search(target)
            if handle is None or handle[1] not in self.windows:
                tape.leave_out(name, "names a window that no step opened")
                return True
            tape.tab, tape.frames = self.windows[handle[1]], []
            tape.do("switch_tab", str(tape.tab))
        elif name == "storeWindowHandle":
            self.windows[target] = tape.tab
        elif name == "setWindowSize":
            tape.window = target
        elif name == "store":
            self.held[value] = target
        elif name == "close":
            tape.do("close_tab")
        elif name == "pause" or name.startswith("waitFor"):
            tape.do("wait", None, [target] if target and name != "pause" else [])
        else:
            return False
        return True

    def _asking(self, name: str, target: str, value: str, it: dict[str, Any]) -> None:
        if name.startswith(("assert", "verify")):
            plain = name.endswith(("Title", "Alert", "Confirmation", "Prompt")) or name in ("assert", "verify")
            self.tape.check(name, value or (target if plain else ""), () if plain else it["locators"])
        else:
            self.tape.leave_out(name)

    def _send_keys(self, value: str, it: dict[str, Any]) -> None:
        """Texts as typing, keys as presses, in their order."""
        at = 0
        for found in _KEY.finditer(value):
            if found.start() > at:
                self.tape.do("type", value[at : found.start()], **it)
            self.tape.do("press", KEYS.get(found[1], found[1].capitalize()), **it)
            at = found.end()
        if value[at:]:
            self.tape.do("type", value[at:], **it)


def _described(target: str, command: dict[str, Any]) -> dict[str, Any]:
    """Locators, and the role and name that they tell."""
    more = [t[0] for t in command.get("targets") or () if isinstance(t, list) and t and isinstance(t[0], str)]
    locators = list(dict.fromkeys([target, *more])) if target else []
    link = next((one.partition("=")[2] for one in locators if one.startswith(("linkText=", "link="))), "")
    return {"locators": locators, "role": "link" if link else "", "name": link}

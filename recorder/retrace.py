"""Does the script of another tool's recording again: it tells what was done and on what, but holds no page.

    Retrace(episode, Way(), say).run(native, options)       # ``replay`` does this for an episode without steps

Each locator of a step is looked for on the live page (``seek``); what it finds is the element of our tree that a
person would have meant, as with recorded events. The element that most of the locators find must be ahead of all
others and be found by half of those that can be read; else the step waits, and stops with one line. What is done is
kept as an episode with its pages, which can be compiled and exported. Checks that the script made are not tried.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from webagent.envs.actions import SCROLL_PART
from webagent.envs.dialogs import CANCEL, FIELD, OK
from webagent.envs.errors import ActionFailed, ActionTimedOut, BadAction, BrowserGone
from webagent.envs.session import Options, Session
from webagent.envs.tab import Reading, Tab
from webagent.envs.types import Action, Element, Episode, Observation, Step

from .aim import needs_point
from .narration import sentence
from .seek import Sought, install, seek
from .way import Replayed, Way, verdict

if TYPE_CHECKING:
    from playwright.async_api import Browser as PlaywrightBrowser

IN_DIALOG = {"OK": OK, "Cancel": CANCEL, "the prompt": FIELD}
ON_NOTHING = frozenset(
    {"goto", "back", "forward", "new_tab", "close_tab", "switch_tab", "scroll", "press", "type", "wait"}
)
"""Ops that need no element."""
MOST_SCROLLS = 20
AT_ONCE = ("select", "input:date", "input:time", "input:month", "input:week", "input:datetime-local", "input:color",
           "input:range")  # fmt: skip
"""Tags of fields whose value is replaced as a whole."""
Told = dict[str, Any]


class NotDone(Exception):
    """One step cannot be done; the message says why. ``found``: what was looked for."""

    def __init__(self, why: str, found: Sequence[Sought] = ()) -> None:
        super().__init__(why)
        self.found = found


def is_script(episode: Episode) -> bool:
    """Whether an episode is another tool's recording: actions, but no pages."""
    return not episode.steps and bool(episode.info.get("actions"))


def window_of(episode: Episode) -> tuple[int, int]:
    """The size of the window that a script asks for, in px; else the usual one."""
    width, _, height = str(episode.info.get("window") or "").partition("x")
    return (int(width), int(height)) if width.isdecimal() and height.isdecimal() else (1280, 720)


class Retrace:
    """One way through a script."""

    def __init__(self, episode: Episode, way: Way, say: Callable[[str], None]) -> None:
        self.episode = episode
        self.way = way
        self.say = say
        self.done: list[Told] = []
        self.steps: list[Step] = []
        self._tabs: list[Tab] = []  # in the order in which they came, as a script counts them

    async def run(self, native: PlaywrightBrowser | None, options: Options) -> Replayed:
        """Do it. Raises ``PageUnreachable``, ``BrowserGone``."""
        assert native is not None
        info = self.episode.info
        for name, count in (info.get("left_out") or {}).items():
            self.say(f"NOT IN IT: {name}, {count} times, which had no action when it was imported")
        session = await Session.open(native, replace(options, on_channel=install))
        try:
            await session.goto(self.episode.task.start_url)
            stopped = ""
            for number, told in enumerate(info["actions"], 1):
                error = await self._do(session, told)
                self.say(f"{number}. {self.done[-1]['words']} {verdict(self.done[-1])}")
                if error:
                    stopped = f"step {number}: {error}"
                    break
            else:
                if info.get("checks"):
                    self.say(f"NOT TRIED: {len(info['checks'])} checks of the script")
            final = self._seen(session, await session.observe("frame"))
            return Replayed(tuple(self.done), len(info["actions"]), stopped, {}, self._kept(final, not stopped))
        finally:
            await session.close()

    def _kept(self, final: Observation, whole: bool) -> Episode:
        script = {key: value for key, value in self.episode.info.items() if key != "actions"}
        success = True if whole else None
        steps = (*self.steps, Step(final, Action("done"), terminated=True)) if whole else tuple(self.steps)
        return replace(self.episode, steps=steps, final=final, success=success, info={"script": script})

    # ---- one step ---------------------------------------------------------------------------------------------------

    async def _do(self, session: Session, told: Told) -> str:
        """One step of the script; what kept it from being done, or ""."""
        began, before = time.monotonic(), len(self.steps)
        found: Sequence[Sought] = ()
        error = ""
        try:
            await self._front(session, int(told["text"]) if told["op"] == "switch_tab" else told["tab"])
            found, reading = await self._find(session, told)
            for action in _actions(told, found, session.options.viewport):
                await self._act(session, action, reading)
                reading = await session.observe("frame")
        except NotDone as why:
            error, found = str(why), found or why.found
        made = self.steps[before:]
        words = " ".join(sentence(step.action, step.observation) for step in made)
        words = words or f"{told['op'].capitalize()}:{'' if error else ' nothing to do.'}"
        self.done.append({
            "action": "; ".join(str(step.action) for step in made) or told["op"], "words": words,
            "score": round(min((one.score for one in found), default=1.0), 3),
            "second": round(max((one.second for one in found), default=0.0), 3),
            "locators": [line for one in found for line in one.told],
            "ms": round((time.monotonic() - began) * 1000), "error": error,
        })  # fmt: skip
        return error

    async def _act(self, session: Session, action: Action, reading: Reading) -> None:
        seen = self._seen(session, reading)
        try:
            failed: ActionFailed | BadAction | None = await session.act(action)
        except BadAction as bad:
            failed = bad
        if failed is not None:
            raise NotDone(failed.line if isinstance(failed, ActionFailed) else f"{failed}; {failed.hint}".rstrip("; "))
        self.steps.append(Step(seen, action))

    def _seen(self, session: Session, reading: Reading) -> Observation:
        return Observation(self.episode.task.goal, reading.url, reading.title, session.views(), reading.tree,
                           settled=reading.settled, step=len(self.steps))  # fmt: skip

    async def _front(self, session: Session, number: int) -> None:
        """Go to a tab as the script counts them; waited for."""
        end = time.monotonic() + self.way.patience
        while True:
            self._tabs += [tab for tab in session.tabs if tab not in self._tabs]
            if number < len(self._tabs):
                break
            if time.monotonic() > end:
                raise NotDone(f"tab {number + 1} was not opened")
            await session.observe("frame")
        tab = self._tabs[number]
        if tab not in session.tabs:
            raise NotDone(f"tab {number + 1} was closed")
        if tab is not session.tab:
            action = Action("switch_tab", text=str(session.tabs.index(tab)))
            await self._act(session, action, await session.observe("frame"))

    async def _find(self, session: Session, told: Told) -> tuple[list[Sought], Reading]:
        """The elements of a step in the page as it is now, waited for. Raises ``NotDone``."""
        end = time.monotonic() + self.way.patience
        while True:
            reading = await session.observe("frame")
            try:
                found = await _sought(session.tab, reading, told)
            except (BrowserGone, ActionTimedOut) as error:
                if not session.alive:
                    raise
                found = [Sought(None, 0.0, 0.0, str(error))]
            trouble = next((why for one in found if (why := _trouble(one, told["op"]))), "")
            if not trouble:
                return found, reading
            if time.monotonic() > end or any(one.hopeless for one in found):
                raise NotDone(trouble, found)
            await session.tab.main.run("untilChange(300)") if session.tab.dialog is None else await asyncio.sleep(0.1)


async def _sought(tab: Tab, reading: Reading, told: Told) -> list[Sought]:
    """What a step of a script concerns: nothing, an element, or two of a drag."""
    pairs = ((told["locators"], _place(told.get("at"))), (told.get("onto"), told.get("onto_at")))
    wanted = [(locators, at) for locators, at in pairs if locators]
    if wanted and tab.dialog is not None:
        return [Sought(None, 0.0, 0.0, "a JavaScript dialog is open, which the recording does not answer")]
    if wanted:
        return [await seek(tab, reading.tree, locators, told["frames"], at) for locators, at in wanted]
    if told["role"] and told["name"] in IN_DIALOG:
        part = reading.tree.by_ref.get(IN_DIALOG[told["name"]])
        return [Sought(part, float(bool(part)), 0.0, "" if part else "no dialog is open")]
    if told["op"] in ON_NOTHING:
        return []
    return [Sought(None, 0.0, 0.0, "the recording tells no locator", hopeless=True)]


def _trouble(found: Sought, op: str) -> str:
    """What keeps an element from being used, or ""."""
    e = found.element
    if e is None or op in ("hover", "press", "upload", "wait"):
        return found.why
    state = next((state for state in ("disabled", "covered") if e.has(state)), "")
    return f"{e.role} {e.name!r} is {state}" if state else ""


def _actions(told: Told, found: list[Sought], viewport: tuple[int, int]) -> list[Action]:
    """The actions that one step of a script stands for; none where all is as it wants it."""
    op, text = told["op"], told["text"]
    first = found[0] if found else None
    target = first.element.ref if first and first.element else None
    if op in ("wait", "switch_tab") or (first and "ticks" in told and _is_on(first) == told["ticks"]):
        return []
    if op == "scroll":
        seen = first.element.box[2:] if first and first.element else viewport
        size = max(1.0, seen[0 if text in ("left", "right") else 1] * SCROLL_PART)
        return [Action("scroll", target, text)] * min(MOST_SCROLLS, max(1, round(abs(told.get("by", 0)) / size)))
    if op == "type" and first and first.element and told.get("replaces"):
        return _replacing(first.element, text)
    if op == "drag":
        return [_drag(told, *found)]
    if op == "press":
        return [Action("press", target, text.replace("ControlOrMeta", "Control"))]
    point = _point(told, first) if first and op in ("click", "dblclick", "hover") else None
    return [Action(op, target, text, point)]


def _is_on(found: Sought) -> bool:
    return bool(found.ticked) if found.ticked is not None else bool(found.element and found.element.has("checked"))


def _replacing(field: Element, text: str) -> list[Action]:
    """A text in place of what a field holds."""
    whole = field.tag in AT_ONCE or not field.value
    cleared = [] if whole and text else [Action("clear", field.ref)]
    return cleared + ([Action("type", field.ref, text)] if text else [])


def _drag(told: Told, source: Sought, goal: Sought) -> Action:
    assert source.element is not None and goal.element is not None
    at, onto_at = told.get("at"), told.get("onto_at")
    point = (*_part(source, at), *_part(goal, onto_at)) if at and onto_at else None
    onto = None if goal.element.ref == source.element.ref else goal.element.ref
    return Action("drag", source.element.ref, onto, point)


def _place(at: Any) -> list[float] | None:
    """Px from the corner of an element, also as Selenium writes it: ``"3,4"``; None where that is not told."""
    parts = at.split(",") if isinstance(at, str) else at or []
    try:
        x, y = map(float, parts)
    except ValueError:
        return None
    return [x, y]


def _part(found: Sought, at: Sequence[float]) -> tuple[float, float]:
    """The same as a part of the element's box; its middle where the element lies in what the tool measured."""
    e = found.element
    if e is None or found.inner or not all(e.box[2:]):
        return 0.5, 0.5
    return at[0] / e.box[2], at[1] / e.box[3]


def _point(told: Told, found: Sought) -> tuple[float, float] | None:
    """Where in an element the tool pressed, if that matters there."""
    at, e = _place(told.get("at")), found.element
    if e is None or at is None or found.inner or not needs_point(e, found.tag):
        return None
    x, y = _part(found, at)
    return min(1.0, max(0.0, x)), min(1.0, max(0.0, y))

"""Doing BrowserGym's actions on a session, with trusted input events.

    actor = Actor(session, state_of, chat); await actor.perform(calls)

Elements are readied by ``element`` and then touched with Playwright's mouse and keyboard, which also keep track of keys
that are held and carry native drag and drop. What goes wrong is raised, in BrowserGym's words where it has some.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ActionFailed, BrowserGone, NavigationFailed, UsageError
from ..types import Action, Op
from .action_set import Checked
from .bids import Bids
from .chat import Chat
from .element import Element, find
from .functions import Button, Modifier
from .observation import unstick
from .wording import SAID_NO, Refusal, error_line

if TYPE_CHECKING:
    from ..session import Session
    from ..tab import Tab

ACT_TIMEOUT = 8.0  # seconds for one call, noop aside
CHOOSER_TIMEOUT_MS = 5000.0
BUTTONS = ("left", "right", "middle")
MODIFIERS = ("Alt", "Control", "ControlOrMeta", "Meta", "Shift")
HELD = ("Alt", "Control", "Meta", "Shift")
Do = Callable[[bool], Awaitable[None]]


@dataclass
class TabState:
    """What is remembered of a tab between actions. ``held``: modifier keys that are down. ``scale``: of pictures."""

    bids: Bids
    held: set[str] = field(default_factory=set)


async def attempt(actor: Actor, calls: Sequence[Checked]) -> tuple[str, float]:
    """Perform them; the error that this ended in ("" for none), and the seconds of a wait that ran out (0 for none).

    Raises ``BrowserGone`` only where the browser is.
    """
    from playwright.async_api import Error

    try:
        await actor.perform(calls)
    except BrowserGone as gone:
        if not actor.session.alive or actor.tab.crashed:
            raise
        return error_line(gone), 0.0
    except (*SAID_NO, Error, ActionFailed, UsageError) as error:
        line = error_line(error)
        ran_out = re.search(r"Timeout ([\d.]+)ms exceeded", line) if isinstance(error, (TimeoutError, Error)) else None
        return line, float(ran_out[1]) / 1000 if ran_out else 0.0
    return "", 0.0


async def release(tab: Tab, state: TabState) -> None:
    """Let go of keys and put the mouse into the corner, as on a page that was just opened."""
    from playwright.async_api import Error

    try:
        async with asyncio.timeout(1.0):
            for key in list(state.held):
                await tab.page.keyboard.up(key)
            await tab.page.mouse.move(0, 0)
    except (Error, TimeoutError):
        return  # a page that hangs; its next document starts anew anyway


class Actor:
    """Performs the calls of one action.

    Args:
        session: whose front tab is acted on; tabs that open meanwhile are left alone, as in BrowserGym.
        state_of: what is known of a tab.
        chat: where messages go.
        scale: pixels of the screenshot to one of the page; coordinates are those of the screenshot.
        force: where an element is not ready in time, touch it without checks.
    """

    def __init__(
        self, session: Session, state_of: Callable[[Tab], TabState], chat: Chat, scale: float = 1.0, force: bool = False
    ) -> None:
        self.session = session
        self.chat = chat
        self.scale = scale
        self.tab = session.tab
        self.infeasible = False
        self._state_of = state_of
        self._force = force

    async def perform(self, calls: Sequence[Checked]) -> None:
        """Do them one after the other; the first that fails ends it with its error."""
        for call in calls:
            tab, before = self.tab, len(self.session.tabs)
            work = getattr(self, f"_{call.name}")(**call.arguments)
            try:
                async with asyncio.timeout(None if call.name == "noop" else ACT_TIMEOUT):
                    await tab.until_dialog(work)
            except TimeoutError as error:
                if str(error):
                    raise
                await unstick(tab)
                raise TimeoutError(f"Timeout {ACT_TIMEOUT * 1000:.0f}ms exceeded.") from None
            if tab.busy and not tab.closed:
                await tab.quiet()
            await self.session.expect_tab(tab, before)

    # ---- chat -------------------------------------------------------------------------------------------------

    async def _send_msg_to_user(self, text: str) -> None:
        if not isinstance(text, str):
            raise ValueError(f"Forbidden value: {text} is not a string")
        self.chat.add_message("assistant", text)

    async def _report_infeasible(self, reason: str) -> None:
        if not isinstance(reason, str):
            raise ValueError(f"Forbidden value: {reason} is not a string")
        self.chat.add_message("infeasible", reason)
        self.infeasible = True

    async def _noop(self, wait_ms: float) -> None:
        await asyncio.sleep(max(0.0, wait_ms / 1000))

    # ---- elements ---------------------------------------------------------------------------------------------

    async def _find(self, bid: str) -> Element:
        return await find(self._state_of(self.tab).bids, bid)

    async def _forcing(self, do: Do) -> None:
        try:
            await do(False)
        except TimeoutError:
            if not self._force:
                raise
            await do(True)

    async def _click(self, bid: str, button: Button, modifiers: list[Modifier], count: int = 1) -> None:
        element = await self._find(bid)
        what = "click" if count == 1 else "dblclick"
        _one_of(what, "button", button, BUTTONS)
        for n, key in enumerate(modifiers):
            _one_of(what, f"modifiers[{n}]", key, MODIFIERS)

        async def do(force: bool) -> None:
            x, y = await element.reach(what, ["enabled"], force)
            async with self._held(modifiers):
                mouse = self.tab.page.mouse
                await (mouse.click(x, y, button=button) if count == 1 else mouse.dblclick(x, y, button=button))

        await self._forcing(do)

    async def _dblclick(self, bid: str, button: Button, modifiers: list[Modifier]) -> None:
        await self._click(bid, button, modifiers, count=2)

    @asynccontextmanager
    async def _held(self, modifiers: Sequence[str]) -> AsyncIterator[None]:
        """Exactly these keys are down meanwhile; then those that were before."""
        keyboard, held = self.tab.page.keyboard, self._state_of(self.tab).held
        wanted = {"Control" if key == "ControlOrMeta" else key for key in modifiers}
        other = [key for key in HELD if (key in wanted) != (key in held)]
        for key in other:
            await (keyboard.down(key) if key in wanted else keyboard.up(key))
        yield
        for key in other:
            await (keyboard.up(key) if key in wanted else keyboard.down(key))

    async def _hover(self, bid: str) -> None:
        element = await self._find(bid)

        async def do(force: bool) -> None:
            await self.tab.page.mouse.move(*await element.reach("hover", [], force))

        await self._forcing(do)

    async def _fill(self, bid: str, value: str, enable_autocomplete_menu: bool) -> None:
        element = await self._find(bid)
        text = self._text("Locator.fill: value", value)

        async def do(force: bool) -> None:
            if not enable_autocomplete_menu:
                return await self._write(element, "fill", text, force)
            await self._write(element, "clear", "", force)
            if len(text) > 1:
                await self._write(element, "fill", text[:-1], force)
            if text:
                await element.call("focus", True)
                await self.tab.page.keyboard.type(text[-1])

        await self._forcing(do)

    async def _write(self, element: Element, what: str, text: str, force: bool = False) -> None:
        answer = await element.ready(what, "fill", text, force)
        if answer.get("type"):
            keyboard = self.tab.page.keyboard
            await (keyboard.insert_text(text) if text else keyboard.press("Delete"))

    async def _clear(self, bid: str) -> None:
        await self._write(await self._find(bid), "clear", "")

    async def _select_option(self, bid: str, options: str | list[str]) -> None:
        element = await self._find(bid)
        wanted = [options] if isinstance(options, str) else list(options)

        async def do(force: bool) -> None:
            await element.ready("select_option", "choose", wanted, force)

        await self._forcing(do)

    async def _press(self, bid: str, key_comb: str) -> None:
        element = await self._find(bid)
        await element.call("focus", True)
        await self.tab.page.keyboard.press(key_comb)

    async def _focus(self, bid: str) -> None:
        await (await self._find(bid)).call("focus", False)

    async def _check(self, bid: str, wanted: bool = True) -> None:
        element = await self._find(bid)
        what = "check" if wanted else "uncheck"

        async def do(force: bool) -> None:
            if await element.call("ticked") is None:
                raise Refusal(f"Locator.{what}: Error: Not a checkbox or radio button")
            if await element.call("ticked") == wanted:
                return
            await self.tab.page.mouse.click(*await element.reach(what, ["enabled"], force))
            if await element.call("ticked") != wanted:
                raise Refusal(f"Locator.{what}: Clicking the checkbox did not change its state")

        await self._forcing(do)

    async def _uncheck(self, bid: str) -> None:
        await self._check(bid, wanted=False)

    async def _drag_and_drop(self, from_bid: str, to_bid: str) -> None:
        mouse = self.tab.page.mouse
        source = await self._find(from_bid)
        await mouse.move(*await source.reach("hover", []))
        await mouse.down()
        try:
            target = await self._find(to_bid)
            await mouse.move(*await target.reach("hover", []))
        finally:
            await mouse.up()

    async def _upload_file(self, bid: str, file: str | list[str]) -> None:
        element = await self._find(bid)

        async def click() -> None:
            await self.tab.page.mouse.click(*await element.reach("click", ["enabled"]))

        await self._upload(click, file)

    async def _upload(self, click: Callable[[], Awaitable[None]], file: str | list[str]) -> None:
        paths = [self._path(name) for name in ([file] if isinstance(file, str) else file)]
        async with self.tab.page.expect_file_chooser(timeout=CHOOSER_TIMEOUT_MS) as info:
            await click()
        await (await info.value).set_files(paths)

    def _path(self, name: str) -> Path:
        folder = self.session.options.limits.files
        if folder is None:
            raise Refusal("uploads are switched off: no folder was named that files may come from (files=…)")
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()) or not path.is_file():
            raise Refusal(f"{name!r} is not a file inside {folder}")
        return path

    # ---- points and keys --------------------------------------------------------------------------------------

    def _point(self, x: float, y: float) -> tuple[float, float]:
        return x / self.scale, y / self.scale

    async def _scroll(self, delta_x: float, delta_y: float) -> None:
        await self.tab.page.mouse.wheel(*self._point(delta_x, delta_y))

    async def _scroll_at(self, x: int, y: int, dx: int, dy: int) -> None:
        await self.tab.page.mouse.move(*self._point(x, y))
        await self.tab.page.mouse.wheel(*self._point(dx, dy))

    async def _mouse_move(self, x: float, y: float) -> None:
        await self.tab.page.mouse.move(*self._point(x, y))

    async def _mouse_up(self, x: float, y: float, button: Button) -> None:
        await self.tab.page.mouse.move(*self._point(x, y))
        await self.tab.page.mouse.up(button=button)

    async def _mouse_down(self, x: float, y: float, button: Button) -> None:
        await self.tab.page.mouse.move(*self._point(x, y))
        await self.tab.page.mouse.down(button=button)

    async def _mouse_click(self, x: float, y: float, button: Button) -> None:
        await self.tab.page.mouse.click(*self._point(x, y), button=button)

    async def _mouse_dblclick(self, x: float, y: float, button: Button) -> None:
        await self.tab.page.mouse.dblclick(*self._point(x, y), button=button)

    async def _mouse_drag_and_drop(self, from_x: float, from_y: float, to_x: float, to_y: float) -> None:
        mouse = self.tab.page.mouse
        start, end = self._point(from_x, from_y), self._point(to_x, to_y)
        await mouse.move(*start)
        await mouse.down()
        await mouse.move(*end)
        await mouse.up()

    async def _mouse_upload_file(self, x: float, y: float, file: str | list[str]) -> None:
        point = self._point(x, y)

        async def click() -> None:
            await self.tab.page.mouse.click(*point)

        await self._upload(click, file)

    async def _keyboard_press(self, key: str) -> None:
        await self.tab.page.keyboard.press(key)

    async def _keyboard_down(self, key: str) -> None:
        await self.tab.page.keyboard.down(key)
        self._state_of(self.tab).held |= {m for m in HELD if key.startswith(m)}

    async def _keyboard_up(self, key: str) -> None:
        await self.tab.page.keyboard.up(key)
        self._state_of(self.tab).held -= {m for m in HELD if key.startswith(m)}

    async def _keyboard_type(self, text: str) -> None:
        await self.tab.page.keyboard.type(self._text("Keyboard.type: text", text))

    async def _keyboard_insert_text(self, text: str) -> None:
        await self.tab.page.keyboard.insert_text(self._text("Keyboard.insert_text: text", text))

    def _text(self, what: str, text: Any) -> str:
        if not isinstance(text, str):
            raise Refusal(f"{what}: expected string, got {_kind(text)}")
        return self.session.options.limits.resolve(text)

    # ---- going places -----------------------------------------------------------------------------------------

    async def _act(self, op: Op, text: str | None = None) -> None:
        """One of the session's own ops, on the tab that this action is about."""
        if self.session.tab is not self.tab and self.tab in self.session.tabs:
            await self.session.show(self.session.tabs.index(self.tab))
        failed = await self.session.act(Action(op, text=text))
        if isinstance(failed, NavigationFailed):
            _, _, reason = str(failed).partition(" did not load: ")
            raise Refusal(f"Page.goto: {reason} at {text}" if reason else f"Page.goto: {failed}")
        if failed is not None:
            raise failed
        self.tab = self.session.tab if op in ("new_tab", "close_tab") else self.tab

    async def _goto(self, url: str) -> None:
        await self._act("goto", self._text("Page.goto: url", url))

    async def _go_back(self) -> None:
        await self._act("back")

    async def _go_forward(self) -> None:
        await self._act("forward")

    async def _new_tab(self) -> None:
        await self._act("new_tab")

    async def _tab_close(self) -> None:
        await self._act("close_tab")
        await self._tab_focus(len(self.session.tabs) - 1)

    async def _tab_focus(self, index: int) -> None:
        tab = self.session.tabs[index]
        await self.session.show(self.session.tabs.index(tab))
        self.tab = tab


def _one_of(what: str, name: str, found: Any, values: Sequence[str]) -> None:
    """Raise ``Refusal`` for a value that is none of these, as Playwright words it."""
    if found not in values:
        raise Refusal(f"Locator.{what}: {name}: expected one of ({'|'.join(values)})")


def _kind(value: Any) -> str:
    """A type as JavaScript calls it."""
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, (int, float)) else "undefined" if value is None else "object"

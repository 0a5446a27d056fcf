"""Playwright's asynchronous objects as synchronous ones, for code that was written for its sync API.

    page = Faces(browser.call).of(async_page)
    page.goto(url); page.get_by_role("button").click(); page.keyboard.press("Enter"); page.context.pages[0].url
    with page.expect_popup() as info: page.click("a")      # info.value

Attributes, methods, nested objects, lists and context managers work as in the sync API; every call runs on the
browser's own loop and is awaited there. Functions that are handed over (event handlers, routes, exposed functions) run
on a thread of their own and get such objects too; predicates run on the loop and may only look at attributes.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable, Coroutine
from typing import Any

LIMIT = 3600.0  # seconds; Playwright's own timeouts end things earlier
_AT_ONCE = ("expect_", "wait_for_event")  # methods whose function arguments must answer at once


def native(thing: Any) -> Any:
    """What is behind a face; anything else as it is."""
    return object.__getattribute__(thing, "_it") if isinstance(thing, SyncFace) else thing


class SyncFace:
    """One of Playwright's objects. Equal to every other face of the same object."""

    __slots__ = ("_caller", "_it")

    def __init__(self, it: Any, caller: Faces) -> None:
        object.__setattr__(self, "_it", it)
        object.__setattr__(self, "_caller", caller)

    def __getattr__(self, name: str) -> Any:
        it, caller = _parts(self)
        value = getattr(it, name)
        if inspect.isawaitable(value):
            return caller.wait(value)
        if callable(value) and not isinstance(value, type) and not _is_ours(value):
            return functools.wraps(value)(functools.partial(caller.call, name, value))
        return caller.outward(value)

    def __setattr__(self, name: str, value: Any) -> None:
        it, caller = _parts(self)
        setattr(it, name, caller.inward(value, False))

    def __enter__(self) -> Any:
        it, caller = _parts(self)
        return caller.wait(it.__aenter__())

    def __exit__(self, *raised: Any) -> None:
        it, caller = _parts(self)
        caller.wait(it.__aexit__(*raised))

    def __eq__(self, other: object) -> bool:
        return native(self) is native(other)

    def __hash__(self) -> int:
        return hash(id(native(self)))

    def __repr__(self) -> str:
        return repr(native(self))

    def __dir__(self) -> list[str]:
        return dir(native(self))


def _parts(one: SyncFace) -> tuple[Any, Faces]:
    return object.__getattribute__(one, "_it"), object.__getattribute__(one, "_caller")


def _is_ours(value: Any) -> bool:
    """Whether it is one of Playwright's objects (not a method, a value or an error)."""
    return type(value).__module__.startswith("playwright.") and not isinstance(value, (BaseException, str, dict))


class Faces:
    """Makes faces, carries their calls to the loop and functions back from it.

    Args:
        run: runs a coroutine on the loop and waits for it: ``Browser.call``.
    """

    def __init__(self, run: Callable[..., Any]) -> None:
        self._run = run
        self._handlers: dict[Any, Any] = {}  # so that remove_listener knows what on() was given

    def of(self, thing: Any) -> Any:
        """``thing`` for synchronous use; whatever is not Playwright's stays as it is."""
        return self.outward(thing)

    def wait(self, work: Any) -> Any:
        async def waiting() -> Any:
            return await work

        return self.outward(self._run(waiting(), timeout=LIMIT))

    def call(self, name: str, method: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call a method on the loop, where Playwright makes its futures, and wait for what it answers."""
        at_once = name.startswith(_AT_ONCE)
        given = [self.inward(a, at_once) for a in args]
        named = {k: self.inward(v, at_once) for k, v in kwargs.items()}

        async def calling() -> Any:
            answer = method(*given, **named)
            return await answer if inspect.isawaitable(answer) else answer

        return self.outward(self._run(calling(), timeout=LIMIT))

    def outward(self, value: Any) -> Any:
        """An answer of Playwright's as the caller gets it. Data of pages may contain itself: one level is looked at."""
        if type(value) in (list, tuple):
            return type(value)(self._one(v) for v in value) if any(map(_is_ours, value)) else value
        if type(value) is dict:
            return {k: self._one(v) for k, v in value.items()} if any(map(_is_ours, value.values())) else value
        return self._one(value)

    def _one(self, value: Any) -> Any:
        return SyncFace(value, self) if _is_ours(value) else value

    def inward(self, value: Any, at_once: bool) -> Any:
        """A value of the caller's as Playwright takes it."""
        if isinstance(value, SyncFace):
            return native(value)
        if type(value) in (list, tuple):
            return type(value)(self.inward(v, at_once) for v in value)
        if type(value) is dict:
            return {k: self.inward(v, at_once) for k, v in value.items()}
        if not callable(value) or isinstance(value, type):
            return value
        return self._looking(value) if at_once else self._handlers.setdefault(value, self._handling(value))

    def _looking(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def on_loop(*args: Any) -> Any:
            return self.inward(function(*map(self.outward, args)), True)

        return on_loop

    def _handling(self, function: Callable[..., Any]) -> Callable[..., Coroutine[Any, Any, Any]]:
        @functools.wraps(function)
        async def on_loop(*args: Any) -> Any:
            work = functools.partial(function, *map(self.outward, args))
            return self.inward(await asyncio.get_running_loop().run_in_executor(None, work), False)

        return on_loop

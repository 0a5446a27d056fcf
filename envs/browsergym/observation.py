"""One look at a page in BrowserGym's terms: DOM snapshot, accessibility tree, boxes, focus and screenshot.

    seen = await look(tab, bids, scale=1.0)

The page is read through the protocol and from an isolated world; the attributes that BrowserGym writes into pages are
written into the snapshot instead. What was typed into password fields is masked.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import ActionTimedOut, BrowserGone
from ..tab import MOTION_LIMIT_MS, Tab
from .axtree import merged
from .bids import Bids
from .frames import READ_TIMEOUT, Frame, ask, read
from .snapshot import Facts, Snapshot, drawn, inject, join, properties

if TYPE_CHECKING:
    from playwright.async_api import Page

TRIES = 4
TITLE_LIMIT = 1.0  # seconds
UNSTICK_LIMIT = 3.0
VISIBILITY_LIMIT_MS = 300


@dataclass(frozen=True)
class Seen:
    """``png``: the screenshot, ``size`` (width, height) large."""

    dom: Snapshot = field(default_factory=lambda: {"documents": [], "strings": []})
    axtree: dict[str, Any] = field(default_factory=lambda: {"nodes": []})
    properties: dict[str, Any] = field(default_factory=dict)
    focused: str = ""
    png: bytes = b""
    size: tuple[int, int] = (1, 1)


class _Changed(Exception):
    """The page changed while it was looked at."""


async def settle(tab: Tab) -> None:
    """Wait, within bounds, until nothing is on its way to the page and a frame has passed without a change.

    A script that does not end is stopped. Raises ``BrowserGone`` if the page crashes.
    """
    for _ in range(4):
        if tab.busy:
            await tab.until_dialog(tab.quiet())
        try:
            await tab.until_dialog(tab.main.run(f"settle('frame', {MOTION_LIMIT_MS})"))
        except ActionTimedOut:
            await unstick(tab)
            return
        except BrowserGone:
            if tab.crashed:
                raise
            return  # it is going elsewhere: looking at it tells
        if not tab.busy:
            return


async def unstick(tab: Tab) -> bool:
    """Stop a script that does not end; False if even that gets no answer."""
    try:
        await tab.until_dialog(ask(tab.cdp, "Runtime.terminateExecution", limit=UNSTICK_LIMIT))
    except ActionTimedOut:
        return False
    return True


async def title_of(page: Page) -> str:
    """A page's title; "" where it does not answer."""
    from playwright.async_api import Error

    try:
        async with asyncio.timeout(TITLE_LIMIT):
            return await page.title()
    except (Error, TimeoutError):
        return ""


async def look_anyway(tab: Tab, bids: Bids, scale: float, screenshot: bool, last: Seen) -> Seen:
    """Look; stop a script that does not end, and show ``last`` of a page that cannot be read even then.

    Raises ``BrowserGone`` where there is no page any more.
    """
    for _ in range(2):
        try:
            return await tab.until_dialog(look(tab, bids, scale, screenshot))
        except ActionTimedOut:
            if not await unstick(tab):
                break
        except (BrowserGone, _Changed):
            if tab.closed or tab.crashed:
                raise
    return last


async def look(tab: Tab, bids: Bids, scale: float = 1.0, screenshot: bool = True) -> Seen:
    """Read the page, again where it changes meanwhile. Raises ``BrowserGone``, ``ActionTimedOut``."""
    for left in reversed(range(TRIES)):
        try:
            return await _look(tab, bids, scale, screenshot, lenient=not left)
        except (_Changed, BrowserGone):
            if not left or tab.closed or tab.crashed:
                raise
            await tab.quiet()
            await asyncio.sleep(0.02)
    raise AssertionError("unreachable")


async def _look(tab: Tab, bids: Bids, scale: float, screenshot: bool, lenient: bool) -> Seen:
    top = await read(tab)
    bids.number(top)
    frames = list(top.within())
    targets = [f for f in frames if f.parent is None or f.parent.cdp is not f.cdp]
    await asyncio.gather(*(frame.context() for frame in frames))  # tells soon where a page hangs
    looks, trees, snapshots, png = await asyncio.gather(
        asyncio.gather(*(_facts(frame, bids, lenient) for frame in frames)),
        asyncio.gather(
            *(ask(f.cdp, "Accessibility.getFullAXTree", limit=READ_TIMEOUT, frameId=f.id) for f in _every(top))
        ),
        asyncio.gather(*(_snapshot(f) for f in targets)),
        _picture(tab, scale) if screenshot else _no_picture(),
    )
    facts: dict[tuple[str, int], Facts] = {}
    active: dict[str, int] = {}
    for frame, (found, focused) in zip(frames, looks):
        facts.update({(frame.id, node): f for node, f in found.items()})
        active[frame.id] = focused
    dom = snapshots[0]
    for target, other in zip(targets[1:], snapshots[1:]):
        if target.parent is not None:
            join(dom, other, target.parent.id, target.owner)

    def facts_of(frame: str, node: int) -> Facts | None:
        return facts.get((frame, node))

    inject(dom, facts_of)
    return Seen(
        dom,
        merged(list(_every(top)), trees, bids, drawn(dom)),
        properties(dom, facts_of, scale),
        _focused(top, active, bids),
        png,
        await _size(tab, scale),
    )


def _every(frame: Frame) -> Iterator[Frame]:
    """The frame and all below it, also those that may not run scripts; deepest last, later siblings first."""
    stack = [frame]
    while stack:
        found = stack.pop()
        yield found
        stack += found.children.values()


async def _axtree(frame: Frame) -> dict[str, Any]:
    return await ask(frame.cdp, "Accessibility.getFullAXTree", limit=READ_TIMEOUT, frameId=frame.id)


async def _snapshot(frame: Frame) -> Snapshot:
    wanted = {"computedStyles": [], "includeDOMRects": True, "includePaintOrder": True}
    return await ask(frame.cdp, "DOMSnapshot.captureSnapshot", limit=READ_TIMEOUT, **wanted)


async def _picture(tab: Tab, scale: float) -> bytes:
    size = tab.page.viewport_size
    clip = {"x": 0, "y": 0, **size, "scale": scale} if size is not None and scale != 1.0 else None
    try:
        wanted = {"format": "png", "optimizeForSpeed": True, **({"clip": clip} if clip else {})}
        answer = await ask(tab.cdp, "Page.captureScreenshot", limit=READ_TIMEOUT, **wanted)
    except ActionTimedOut:
        return b""  # a page that is not drawn
    return base64.b64decode(answer["data"])


async def _size(tab: Tab, scale: float) -> tuple[int, int]:
    size = tab.page.viewport_size
    if size is None:  # a window that may be resized
        width, height = await tab.page.evaluate("[innerWidth, innerHeight]")
    else:
        width, height = size["width"], size["height"]
    return round(width * scale), round(height * scale)


async def _no_picture() -> bytes:
    return b""


async def _facts(frame: Frame, bids: Bids, lenient: bool) -> tuple[dict[int, Facts], int]:
    """What is known of a frame's elements by node id, and the node that has its focus (0 for none)."""
    text = await frame.run("look", sorted(bids.tags) if bids.tags else None, await frame.handled(), VISIBILITY_LIMIT_MS)
    raw = json.loads(text)
    if raw["tags"] != " ".join(node.tag for node in frame.nodes):
        if not lenient:
            raise _Changed
        named = ((node, bids.of(frame.id, node.id)) for node in frame.nodes)
        return {node.id: Facts(bid) for node, bid in named if bid}, 0
    values, checked = raw["values"], raw["checked"]
    found: dict[int, Facts] = {}
    for place, visible, marked in zip(raw["places"], raw["visible"], raw["marked"]):
        node = frame.nodes[place]
        bid = bids.of(frame.id, node.id)
        if bid:
            secret = node.tag == "input" and node.attributes.get("type", "").lower() == "password"
            key = str(place)
            found[node.id] = Facts(bid, float(visible), bool(marked), values.get(key), checked.get(key), secret)
    focused = frame.nodes[raw["active"]].id if raw["active"] >= 0 else 0
    return found, focused


def _focused(top: Frame, active: dict[str, int], bids: Bids) -> str:
    """The bid of what has the focus, followed into frames."""
    frame, bid = top, ""
    while active.get(frame.id):
        node = active[frame.id]
        bid = bids.of(frame.id, node)
        if node not in frame.children:
            break
        frame = frame.children[node]
    return bid

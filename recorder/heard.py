"""What the script in the page tells of a person's doings, and how it gets here.

    ears = Ears(queue.put_nowait, hidden=("card number",))
    Options(on_channel=ears.listen)

``listen.js`` runs in our isolated world of every frame, where no site can see it; what it tells comes over a binding
that exists in that world alone. The protocol's own events of navigation and dialogs are told the same way.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from importlib.resources import files
from typing import Any, NamedTuple

from webagent.envs.errors import ActionTimedOut, BrowserGone
from webagent.envs.tab import Tab
from webagent.envs.wire import Channel
from webagent.envs.world import NAME, page_source

from .travel import place_of

BINDING = "webagentTell"


class Heard(NamedTuple):
    """One message. ``frame``: the protocol's id of the frame; ``at``: s since the epoch.

    ``kind``: click, drag, hover, scroll, type, select, upload or press (with ``tree``, the rows of the frame at that
    moment, ``chain``, the numbers of the elements around the target from the inside out, and ``signs``, by which those
    are found again); hello, changed, secret, browsing, unheard; navigated, dialog, opened, closed.
    """

    tab: Tab
    frame: str
    at: float
    kind: str
    data: dict[str, Any]


@functools.cache
def script() -> str:
    own = [(files("webagent.recorder") / f"{name}.js").read_text("utf8") for name in ("signs", "listen")]
    return ";\n".join([page_source(), *own])


class Ears:
    """Listens on every protocol session of a recorded browser context; ``hear`` must neither wait nor raise.

    ``hidden``: words; a field whose name holds one of them is masked from the beginning.
    """

    def __init__(self, hear: Callable[[Heard], object], hidden: Sequence[str] = ()) -> None:
        self._hear = hear
        self._hidden = [word.lower() for word in hidden]

    async def listen(self, tab: Tab, channel: Channel) -> None:
        """Install the script in all frames of one session, now and in every later document."""
        frames: dict[int, str] = {}

        def born(event: dict[str, Any]) -> None:
            context = event["context"]
            frames[int(context["id"])] = str(context.get("auxData", {}).get("frameId", ""))

        def told(event: dict[str, Any]) -> None:
            if event["name"] == BINDING:
                data = json.loads(event["payload"])
                frame = frames.get(int(event["executionContextId"]), "")
                world = tab.worlds.get(frame)
                if world is not None and "tree" in data:  # these references have now been handed out
                    world.told = max(world.told, data["tree"].get("counter", 0))
                self._hear(Heard(tab, frame, float(data["at"]), data["kind"], data))

        channel.on("Runtime.executionContextCreated", born)
        channel.on("Runtime.bindingCalled", told)
        await channel.send("Runtime.enable")
        await channel.send("Runtime.addBinding", {"name": BINDING, "executionContextName": NAME})
        source = f"{script()};\nglobalThis.{NAME}.redactNames?.({json.dumps(self._hidden)});"
        options = {"source": source, "worldName": NAME, "runImmediately": True}
        await channel.send("Page.addScriptToEvaluateOnNewDocument", options)
        if channel is tab.cdp:
            self._listen_to_tab(tab, channel)

    def _listen_to_tab(self, tab: Tab, channel: Channel) -> None:
        def tell(kind: str, data: dict[str, Any]) -> None:
            self._hear(Heard(tab, tab.main.frame_id, time.time(), kind, data))

        def navigated(frame: str) -> None:
            if frame == tab.main.frame_id:  # asked now: until this is taken the tab may have gone on
                tell("navigated", {"place": asyncio.ensure_future(place_of(tab))})

        channel.on("Page.frameNavigated", lambda event: navigated(event["frame"]["id"]))
        channel.on("Page.navigatedWithinDocument", lambda event: navigated(event["frameId"]))
        channel.on("Page.javascriptDialogClosed", lambda event: tell("dialog", event))
        tab.page.on("close", lambda _: tell("closed", {}))
        tab.page.on("crash", lambda _: tell("crashed", {}))
        tell("opened", {})


async def quietly(work: Awaitable[Any]) -> None:
    """Wait for what a page that is gone or stuck need not answer."""
    with contextlib.suppress(BrowserGone, ActionTimedOut):
        await work

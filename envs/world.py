"""One frame of a page as our scripts see it: an isolated world that the site cannot notice or change.

The scripts of ``page/`` are put together here and installed on demand; a world that a navigation took away is made
anew once, then the error counts. All waits are bounded.
"""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Iterator
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from .errors import ActionTimedOut, BrowserGone

if TYPE_CHECKING:
    from .wire import Channel

NAME = "webagent"
ANSWER_TIMEOUT = 8.0
ASKED_AT_ONCE = 1000  # elements that the protocol describes in one answer
_FACE = (
    "observe", "settle", "untilChange", "locate", "describe", "focusOn", "caret", "optionIndex", "pick", "setValue",
    "boxOf", "reveal", "throughFrame", "scrollPage", "regionSize", "frameOrigin", "adopt", "nodeOf", "commonOf",
    "keysAreTaken", "lightDocument",
    # what a recorder's script in the same world needs
    "readNow", "latest", "refOf", "shadowOf", "conceal", "changes", "everyElement", "toJson", "calledOf", "outward",
    "accessibleNameOf", "wordsOf", "roleOf",
)  # fmt: skip


@functools.cache
def page_source() -> str:
    """The scripts of ``page/`` as one expression that installs ``globalThis.webagent`` once."""
    folder = files("webagent.envs") / "page"
    table = json.dumps(json.loads((folder / "roles.json").read_text("utf8")))
    parts = [(folder / f"{name}.js").read_text("utf8") for name in ("dom", "page", "names", "walk", "place", "act")]
    face = ", ".join(_FACE)
    return (
        f"(() => {{ if (Object.hasOwn(globalThis, '{NAME}')) return; const TABLE = {table};\n"
        + "\n".join(parts)
        + f"\nglobalThis.{NAME} = {{ {face} }}; }})()"
    )


@functools.cache
def listener_source() -> str:
    return (files("webagent.envs") / "page" / "listeners.js").read_text("utf8")


def _closed_roots(top: dict[str, Any]) -> Iterator[tuple[int, int]]:
    """Hosts and their closed roots in a node of the protocol, as pairs of backend ids."""
    stack = [top]
    while stack:
        node = stack.pop()
        for root in node.get("shadowRoots", []):
            if root.get("shadowRootType") == "closed":
                yield node["backendNodeId"], root["backendNodeId"]
        stack += [*node.get("children", []), *node.get("shadowRoots", [])]
        if "contentDocument" in node:
            stack.append(node["contentDocument"])


class World:
    """Evaluates our scripts in one frame.

    Args:
        cdp: session of the frame's own target (the page's, or an out-of-process frame's).
        frame_id: the protocol's frame id.
        prefix: what refs of this frame start with ("" for the page itself, "f1" …).
    """

    def __init__(self, cdp: Channel, frame_id: str, prefix: str) -> None:
        self.cdp = cdp
        self.frame_id = frame_id
        self.prefix = prefix
        self.origin_ref = 0
        self.parent: World | None = None
        self._context: int | None = None
        self.fresh = True  # a document that this world has not read yet
        self.renumber = False  # start references anew at the next look
        self.told = 0  # the highest reference that an observation has handed out
        self.counter = 0  # the highest one that the last look has given
        self.empty = True  # nothing was on it at the last look
        self.epoch = 0  # changes of the document up to the last look, as its script counts them
        self.asked = 0.0  # when listeners were last asked for, on time.monotonic's clock

    async def _enter(self) -> int:
        made = await self.cdp.send("Page.createIsolatedWorld", {"frameId": self.frame_id, "worldName": NAME})
        context = int(made["executionContextId"])
        await self.cdp.send("Runtime.evaluate", {"expression": page_source(), "contextId": context})
        self._context = context
        self.fresh = True
        return context

    def left(self) -> None:
        """The frame navigated: what was known of it is void."""
        self._context = None
        self.fresh = True

    async def run(self, expression: str, *, timeout: float = ANSWER_TIMEOUT, by_value: bool = True) -> Any:
        """The value of ``webagent.<expression>`` (a promise is awaited).

        Returns plain JSON data, or the remote object's description if not ``by_value``. Raises ``ActionTimedOut`` if
        the page's thread is stuck, ``BrowserGone`` if the page went away.
        """
        from playwright.async_api import Error

        for last in (False, True):
            try:
                async with asyncio.timeout(timeout):
                    context = self._context if self._context is not None else await self._enter()
                    answer = await self.cdp.send(
                        "Runtime.evaluate",
                        {
                            "expression": f"{NAME}.{expression}",
                            "contextId": context,
                            "returnByValue": by_value,
                            "awaitPromise": True,
                        },
                    )
            except TimeoutError:
                raise ActionTimedOut(
                    f"the page did not answer within {timeout:.0f} s",
                    "it may be stuck in a script; reload or go elsewhere",
                ) from None
            except Error as error:
                self.left()
                if last:
                    raise BrowserGone(f"the frame went away: {str(error).splitlines()[0]}") from None
                continue
            if "exceptionDetails" in answer:
                details = answer["exceptionDetails"]
                text = details.get("exception", {}).get("description") or details.get("text", "")
                raise BrowserGone(f"the page script failed: {text.splitlines()[0] if text else 'no reason given'}")
            return answer["result"].get("value") if by_value else answer["result"]
        raise AssertionError("unreachable")

    async def adopt_closed_roots(self, suspects: list[int]) -> int:
        """Look into possible hosts through the protocol, hand their closed roots to our scripts; how many.

        One question about the element around them all if not much lies in it, else one about each.
        """
        common = await self.run(f"commonOf({json.dumps(suspects)}, {ASKED_AT_ONCE})", by_value=False)
        if "objectId" in common:
            described = [await self._describe(common["objectId"], -1)]
        else:
            nodes = [await self.run(f"nodeOf({ref})", by_value=False) for ref in suspects]
            described = [await self._describe(n["objectId"], 0) for n in nodes if "objectId" in n]
        return await self._adopt_all([pair for node in described if node for pair in _closed_roots(node)])

    async def _describe(self, object_id: str, depth: int) -> dict[str, Any] | None:
        """The protocol's node with ``depth`` levels below it (-1 for all); None if it is nested too deeply or gone.

        The handle is given back, or the page could never forget that node.
        """
        from playwright.async_api import Error

        asked = {"objectId": object_id, "depth": depth, "pierce": True}
        try:
            answers = await asyncio.gather(
                self.cdp.send("DOM.describeNode", asked),
                self.cdp.send("Runtime.releaseObject", {"objectId": object_id}),
            )
        except Error:
            return None
        node: dict[str, Any] = answers[0]["node"]
        return node

    async def adopt_all_closed_roots(self) -> int:
        """Ask for the whole document, so that closed roots under hosts with content are found too; how many.

        Not by ``DOM.getDocument``, after which the browser would report every change of every node.
        """
        document = await self.run("lightDocument()", by_value=False)  # none where that is too much for one answer
        node = await self._describe(document["objectId"], -1) if "objectId" in document else None
        return await self._adopt_all(list(_closed_roots(node))) if node else 0

    async def _adopt_all(self, pairs: list[tuple[int, int]]) -> int:
        return sum([await self._adopt(host, root) for host, root in pairs])

    async def _adopt(self, host_id: int, root_id: int) -> bool:
        from playwright.async_api import Error

        context = self._context
        try:
            host, root = [
                (await self.cdp.send("DOM.resolveNode", {"backendNodeId": n, "executionContextId": context}))["object"]
                for n in (host_id, root_id)
            ]
            call = {
                "functionDeclaration": f"function (host) {{ {NAME}.adopt(host, this); }}",
                "objectId": root["objectId"],
                "arguments": [{"objectId": host["objectId"]}],
            }
            await asyncio.gather(
                self.cdp.send("Runtime.callFunctionOn", call),
                *(self.cdp.send("Runtime.releaseObject", {"objectId": o["objectId"]}) for o in (root, host)),
            )
        except Error:
            return False  # it left the page meanwhile
        return True

    async def origin(self) -> tuple[float, float, float]:
        """Where this frame's content starts in the top viewport (CSS pixels), and how it is scaled."""
        if self.parent is None:
            return (0.0, 0.0, 1.0)
        x, y, scale = await self.parent.origin()
        inner = await self.parent.run(f"frameOrigin({self.origin_ref})")
        if inner is None:
            raise BrowserGone("the frame's element left the page")
        return (x + scale * inner[0], y + scale * inner[1], scale * inner[2])

    async def frame_id_of(self, ref: int) -> str | None:
        """The protocol's frame id inside an iframe element."""
        node = await self.run(f"nodeOf({ref})", by_value=False)
        if "objectId" not in node:
            return None
        described = await self._describe(node["objectId"], 0)
        frame = described.get("frameId") if described else None
        return str(frame) if frame else None

    async def listeners(self) -> dict[str, Any] | None:
        """Which elements have click listeners; None if the page hides them.

        ``{"n": elements of the document, "all": elements walked, "f": [index in the order of the walk, …]}``
        """
        from playwright.async_api import Error

        options = {
            "expression": listener_source(),
            "includeCommandLineAPI": True,
            "returnByValue": True,
            "timeout": 1000,
        }
        try:
            async with asyncio.timeout(3.0):
                answer = await self.cdp.send("Runtime.evaluate", options)
            flags = json.loads(answer["result"].get("value") or "null")
        except (Error, TimeoutError, ValueError, TypeError, RecursionError):
            return None
        if (
            not isinstance(flags, dict)
            or not all(type(flags.get(k)) is int for k in ("n", "all"))
            or not isinstance(flags.get("f"), list)
        ):
            return None
        return {
            "n": flags["n"],
            "all": flags["all"],
            "f": [i for i in flags["f"] if type(i) is int and 0 <= i < flags["all"]],
        }

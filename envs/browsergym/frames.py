"""The frames of a tab as the protocol shows them, and our scripts in each of them.

A ``Target`` is one protocol session: the page's own, or that of a frame in a process of its own. A ``Frame`` is one
document; ``read`` finds them all, with their elements in document order. Nothing is written into any of them.
"""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from ..errors import ActionTimedOut, BrowserGone

if TYPE_CHECKING:
    from ..tab import Tab
    from ..wire import Channel

WORLD = "webagent-bids"
ANSWER_TIMEOUT = 8.0  # seconds
READ_TIMEOUT = 40.0  # for whole documents: ten thousand elements may take ten seconds on a busy machine
DEPTH = 64  # levels of a document in one answer; the protocol breaks off at 150


@functools.cache
def page_source() -> str:
    return (files("webagent.envs.browsergym") / "page.js").read_text("utf8")


async def ask(cdp: Channel, method: str, *, limit: float = ANSWER_TIMEOUT, **params: Any) -> dict[str, Any]:
    """One protocol call, bounded. Raises ``ActionTimedOut``; ``BrowserGone`` where the protocol refuses."""
    from playwright.async_api import Error

    try:
        async with asyncio.timeout(limit):
            answer: dict[str, Any] = await cdp.send(method, params)
            return answer
    except TimeoutError:
        raise ActionTimedOut(f"the page did not answer within {limit:.0f} s") from None
    except Error as error:
        raise BrowserGone(str(error).splitlines()[0]) from None


@dataclass(frozen=True, eq=False)
class Node:
    """One element. ``id``: the protocol's backend node id. ``tag``: lower case as in HTML, any case in XML."""

    id: int
    tag: str
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(eq=False)
class Frame:
    """One document. ``loader``: changes with every navigation. ``owner``: its element in ``parent``."""

    id: str
    loader: str
    cdp: Channel
    parent: Frame | None = None
    owner: int = 0
    document: int = 0
    nodes: list[Node] = field(default_factory=list)
    base: str = ""
    texts: dict[int, str] = field(default_factory=dict)  # by the text's node id
    above: dict[int, int] = field(default_factory=dict)  # by node id, the element around it
    order: list[int] = field(default_factory=list)  # of elements and texts, as the document has them
    silent: set[int] = field(default_factory=set)  # elements that are hidden from readers with all that is in them
    children: dict[int, Frame] = field(default_factory=dict)  # by the owner's node id
    _context: int | None = None

    @property
    def scripts(self) -> bool:
        """False in a sandbox that forbids them; such frames get no bids."""
        owner = next((n for n in self.parent.nodes if n.id == self.owner), None) if self.parent else None
        sandbox = owner.attributes.get("sandbox") if owner else None
        return sandbox is None or "allow-scripts" in sandbox.split()

    def within(self) -> Iterator[Frame]:
        """This frame and all below it that may run scripts, parents first."""
        if self.scripts:
            yield self
            for child in self.children.values():
                yield from child.within()

    async def context(self) -> int:
        """Our isolated world in this document, made on demand."""
        if self._context is None:
            made = await ask(self.cdp, "Page.createIsolatedWorld", frameId=self.id, worldName=WORLD)
            self._context = int(made["executionContextId"])
            await self._value("Runtime.evaluate", expression=page_source(), contextId=self._context)
        return self._context

    async def run(self, function: str, *arguments: Any) -> Any:
        """The JSON value of ``bids.<function>(…)`` in this document; it may take as long as reading does."""
        expression, context = f"bids.{function}({', '.join(map(json.dumps, arguments))})", await self.context()
        return await self._value("Runtime.evaluate", limit=READ_TIMEOUT, expression=expression, contextId=context)

    async def handle(self, node: int) -> str | None:
        """Our world's handle of a node; None if it has left the page."""
        try:
            made = await ask(
                self.cdp, "DOM.resolveNode", backendNodeId=node, executionContextId=await self.context(),
                objectGroup=WORLD,
            )  # fmt: skip
        except BrowserGone:
            return None
        handle = str(made["object"]["objectId"])
        return handle if await self.call("isConnected", handle) else None

    async def call(self, function: str, handle: str, *arguments: Any) -> Any:
        """The JSON value of ``bids.<function>(node, …)``; ``isConnected`` is the node's own."""
        body = "this.isConnected" if function == "isConnected" else f"bids.{function}(this, ...a)"
        return await self._value(
            "Runtime.callFunctionOn",
            objectId=handle,
            functionDeclaration=f"function (...a) {{ return {body}; }}",
            arguments=[{"value": a} for a in arguments],
        )

    async def handled(self) -> list[int]:
        """Places in the walk of elements whose ``onclick`` is set, as only the page's own world tells."""
        try:
            found = {"backendNodeId": self.document, "objectGroup": WORLD}
            made = await ask(self.cdp, "DOM.resolveNode", limit=READ_TIMEOUT, **found)
            document = made["object"]["objectId"]
            text = await self._value(
                "Runtime.callFunctionOn", limit=READ_TIMEOUT, objectId=document, functionDeclaration=_HANDLED
            )
            places = json.loads(text)
        except (BrowserGone, ValueError, TypeError):
            return []
        return [p for p in places if type(p) is int] if isinstance(places, list) else []

    async def _value(self, method: str, **params: Any) -> Any:
        answer = await ask(self.cdp, method, returnByValue=True, awaitPromise=True, **params)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            said = details.get("exception", {}).get("description") or details.get("text", "")
            raise BrowserGone(f"the page script failed: {said.splitlines()[0] if said else 'no reason given'}")
        return answer["result"].get("value")


_HANDLED = """function () {
  const all = [];
  const visit = (root) => {
    for (const el of root.querySelectorAll('*')) all.push(el), el.shadowRoot && visit(el.shadowRoot);
  };
  visit(this);
  return JSON.stringify(all.flatMap((el, i) => (el.onclick != null ? [i] : [])));
}"""


async def read(tab: Tab) -> Frame:
    """The page's frames with their elements. Raises ``BrowserGone``, ``ActionTimedOut``."""
    return await _read_target(tab, tab.cdp, None, 0, set())


async def _read_target(tab: Tab, cdp: Channel, parent: Frame | None, owner: int, seen: set[Channel]) -> Frame:
    seen.add(cdp)
    tree, document, _ignored = await asyncio.gather(
        ask(cdp, "Page.getFrameTree"),
        ask(cdp, "DOM.getDocument", limit=READ_TIMEOUT, depth=DEPTH, pierce=True),
        ask(cdp, "DOM.disable", limit=READ_TIMEOUT),  # else every change of the page is reported from now on
    )
    loaders = dict(_loaders(tree["frameTree"]))
    top = tree["frameTree"]["frame"]["id"]
    frame = Frame(top, loaders[top], cdp, parent, owner)
    await _complete(cdp, document["root"])
    foreign = _fill(frame, document["root"], loaders)
    for holder, node, frame_id in foreign:
        session = await tab.session_of(frame_id, cdp)
        if session not in seen:
            holder.children[node] = await _read_target(tab, session, holder, node, seen)
    return frame


async def _complete(cdp: Channel, root: dict[str, Any]) -> None:
    """Ask for what lies deeper than one answer of the protocol goes."""
    stack = [root]
    while stack:
        node = stack.pop()
        if node.get("childNodeCount") and "children" not in node:
            answer = await ask(cdp, "DOM.describeNode", backendNodeId=node["backendNodeId"], depth=DEPTH, pierce=True)
            node |= {"children": [], **answer["node"]}
        stack += [*_kids(node), *node.get("shadowRoots", [])]
        if "contentDocument" in node:
            stack.append(node["contentDocument"])


def _loaders(tree: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield tree["frame"]["id"], tree["frame"]["loaderId"]
    for child in tree.get("childFrames", []):
        yield from _loaders(child)


def _fill(frame: Frame, document: dict[str, Any], loaders: dict[str, str]) -> list[tuple[Frame, int, str]]:
    """Put a document's elements into its frame, and the frames in it below; returns those of other processes."""
    frame.document, frame.base = document["backendNodeId"], document.get("baseURL", "")
    foreign: list[tuple[Frame, int, str]] = []
    stack = list(reversed(document.get("children", [])))
    while stack:
        node = stack.pop()
        frame.order.append(node["backendNodeId"])
        if node["nodeType"] == 3:
            frame.texts[node["backendNodeId"]] = node["nodeValue"]
        if node["nodeType"] != 1:
            continue
        flat = node.get("attributes", [])
        made = Node(node["backendNodeId"], node["localName"], dict(zip(flat[::2], flat[1::2])))
        frame.nodes.append(made)
        if made.attributes.get("aria-hidden") == "true":
            frame.silent.add(made.id)
        inner = [c for root in node.get("shadowRoots", []) if root.get("shadowRootType") == "open" for c in _kids(root)]
        below = [*inner, *_kids(node)]
        frame.above.update({child["backendNodeId"]: made.id for child in below})
        stack += reversed(below)
        if "frameId" in node and made.tag in ("iframe", "frame"):
            if "contentDocument" not in node:
                foreign.append((frame, made.id, node["frameId"]))
            elif node["frameId"] in loaders:
                child = Frame(node["frameId"], loaders[node["frameId"]], frame.cdp, frame, made.id)
                frame.children[made.id] = child
                foreign += _fill(child, node["contentDocument"], loaders)
    return foreign


def _kids(node: dict[str, Any]) -> list[dict[str, Any]]:
    kids: list[dict[str, Any]] = node.get("children", [])
    return kids

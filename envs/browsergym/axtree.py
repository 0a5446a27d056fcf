"""The accessibility trees of a page's frames as one, with bids. Pure functions on what the protocol tells.

BrowserGym marks elements by ARIA attributes, which makes Chromium list some that it leaves out otherwise: the rows of a
table as a group, pictures without meaning, the label around a checkbox with its text, and around a text in a link or a
button the element that it stands in. They are listed here, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

from .bids import Bids
from .frames import Frame

AxNode = dict[str, Any]
DATES = ("Date", "DateTime", "InputTime")
PICTURES = {"img": "image", "svg": "group"}
TABLES = ("table", "grid", "treegrid")


def merged(frames: list[Frame], trees: list[dict[str, Any]], bids: Bids, drawn: dict[str, set[int]]) -> dict[str, Any]:
    """One accessibility tree of all frames: each frame's root is a child of its element.

    ``drawn``: by frame id, the nodes that have a place on the page.
    """
    nodes: list[AxNode] = []
    owners: dict[tuple[int, int], AxNode] = {}
    sessions: list[Any] = []
    for frame, tree in zip(frames, trees):
        if frame.cdp not in sessions:
            sessions.append(frame.cdp)
        number = sessions.index(frame.cdp)
        own: list[AxNode] = tree["nodes"]
        if number:  # node ids of another process are its own
            for node in own:
                _rename(node, f"{number}:")
        own += _revived(frame, own, bids)
        own += _wrapped(frame, own, bids)
        own += _pictures(frame, own, bids, drawn.get(frame.id, set()))
        parts = _parts(frame, own, bids)
        for node in own:
            backend = node.get("backendDOMNodeId")
            bid = bids.of(frame.id, backend) if backend else ""
            if not node.get("ignored") and (bid := bid or parts.get(node["nodeId"], "")):
                node["browsergym_id"] = bid
            if backend in frame.children:
                owners[id(frame), backend] = node
        nodes += own
    roots = {id(frame): tree["nodes"][0]["nodeId"] for frame, tree in zip(frames, trees) if tree["nodes"]}
    for frame in frames:
        owner = owners.get((id(frame.parent), frame.owner))
        if owner is not None and id(frame) in roots:
            owner.setdefault("childIds", []).append(roots[id(frame)])
    return {"nodes": nodes}


def _revived(frame: Frame, nodes: list[AxNode], bids: Bids) -> list[AxNode]:
    """List what BrowserGym's marks would make Chromium list; returns the nodes that this needs beside those there."""
    by_id = {node["nodeId"]: node for node in nodes}
    tags = {node.id: node.tag for node in frame.nodes}
    made: list[AxNode] = []
    for node in nodes:
        backend = node.get("backendDOMNodeId", 0)
        if not node.get("ignored") or not bids.of(frame.id, backend):
            continue
        parent, tag = by_id.get(node.get("parentId", "")), tags[backend]
        reasons = {reason["name"] for reason in node.get("ignoredReasons", [])}
        if tag in ("tbody", "tfoot", "thead") and parent is not None and _role(parent) in TABLES:
            _show(node, "role", "rowgroup", "")
        elif tag == "label" and "labelFor" in reasons:
            _show(node, "internalRole", "LabelText", "")
            made += [box for child in _below(node, by_id) if (box := _revived_text(frame, child))]
    return made


def _revived_text(frame: Frame, node: AxNode) -> AxNode | None:
    """List an ignored text; returns the box that goes below it."""
    text = " ".join(frame.texts.get(node.get("backendDOMNodeId", 0), "").split())
    if not node.get("ignored") or not text:
        return None
    _show(node, "internalRole", "StaticText", text)
    box: AxNode = {"nodeId": f"{node['nodeId']}:text", "parentId": node["nodeId"], "childIds": []}
    _show(box, "internalRole", "InlineTextBox", text)
    node["childIds"] = [box["nodeId"]]
    return box


def _wrapped(frame: Frame, nodes: list[AxNode], bids: Bids) -> list[AxNode]:
    """The elements that texts stand in, where Chromium hands the text to something further out."""
    by_id = {node["nodeId"]: node for node in nodes}
    listed = {node.get("backendDOMNodeId") for node in nodes}
    made: dict[int, AxNode] = {}
    for node in nodes:
        around = frame.above.get(node.get("backendDOMNodeId", 0), 0)
        outer = by_id.get(node.get("parentId", ""))
        if _role(node) != "StaticText" or outer is None or around in listed or not bids.of(frame.id, around):
            continue
        if around not in made:
            wrap = made[around] = {"nodeId": f"{outer['nodeId']}:{around}", "parentId": outer["nodeId"], "childIds": []}
            _show(wrap, "role", "generic", "")
            wrap["backendDOMNodeId"] = around
            outer["childIds"].insert(outer["childIds"].index(node["nodeId"]), wrap["nodeId"])
        if node["nodeId"] in outer["childIds"]:
            outer["childIds"].remove(node["nodeId"])
        made[around]["childIds"].append(node["nodeId"])
        node["parentId"] = made[around]["nodeId"]
    return list(made.values())


def _pictures(frame: Frame, nodes: list[AxNode], bids: Bids, drawn: set[int]) -> list[AxNode]:
    """Pictures that say nothing (``alt=""``), and drawings within drawings: Chromium lists neither."""
    by_backend = {node["backendDOMNodeId"]: node for node in nodes if "backendDOMNodeId" in node}
    place = {node: n for n, node in enumerate(frame.order)}
    backends = {node["nodeId"]: node.get("backendDOMNodeId", 0) for node in nodes}
    made: list[AxNode] = []
    for element in frame.nodes:
        kind = PICTURES.get(element.tag)
        if kind is None or element.id in by_backend or element.id not in drawn or not bids.of(frame.id, element.id):
            continue
        above = list(_ancestors(frame, element.id))
        outer = next((by_backend[a] for a in above if a in by_backend), None)
        if outer is None or {element.id, *above} & frame.silent:
            continue
        node: AxNode = {"nodeId": f"{outer['nodeId']}:{element.id}", "parentId": outer["nodeId"], "childIds": []}
        _show(node, "role", kind, "")
        node["backendDOMNodeId"] = element.id
        if source := element.attributes.get("src"):
            url = {"type": "string", "value": urljoin(frame.base, source)}
            node["properties"] = [{"name": "url", "value": url}]
        kids = outer["childIds"]
        after = [n for n, c in enumerate(kids) if place.get(backends.get(c, 0), -1) > place[element.id]]
        at = after[0] if after else len(kids)
        node["childIds"] = [c for c in kids[at:] if element.id in _ancestors(frame, backends.get(c, 0))]
        outer["childIds"] = [*kids[:at], node["nodeId"], *(c for c in kids[at:] if c not in node["childIds"])]
        backends[node["nodeId"]] = element.id
        by_backend[element.id] = node
        made.append(node)
    return made


def _ancestors(frame: Frame, node: int) -> Iterator[int]:
    while node in frame.above:
        node = frame.above[node]
        yield node


def _show(node: AxNode, kind: str, role: str, name: str) -> None:
    node.pop("ignoredReasons", None)
    node |= {"ignored": False, "role": {"type": kind, "value": role}, "properties": []}
    node["name"] = {"type": "computedString", "value": name, "sources": []}


def _parts(frame: Frame, nodes: list[AxNode], bids: Bids) -> dict[str, str]:
    """The bids of what a date or time field is made of, by node id: all have that of the field."""
    by_id = {node["nodeId"]: node for node in nodes}
    found: dict[str, str] = {}
    for node in nodes:
        if _role(node) in DATES:
            bid = bids.of(frame.id, node.get("backendDOMNodeId", 0))
            for part in _below(node, by_id):
                if _role(part) in ("spinbutton", "button"):
                    found[part["nodeId"]] = bid
    return found


def _role(node: AxNode) -> str:
    return str(node["role"]["value"])


def _below(node: AxNode, by_id: dict[str, AxNode]) -> list[AxNode]:
    found: list[AxNode] = []
    stack = list(node.get("childIds", []))
    while stack:
        child = by_id.get(stack.pop())
        if child is not None:
            found.append(child)
            stack += child.get("childIds", [])
    return found


def _rename(node: AxNode, prefix: str) -> None:
    node["nodeId"] = prefix + node["nodeId"]
    node["childIds"] = [prefix + child for child in node.get("childIds", [])]
    if "parentId" in node:
        node["parentId"] = prefix + node["parentId"]

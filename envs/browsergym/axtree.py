"""The accessibility trees of a page's frames as one, with bids. Pure functions on what the protocol tells.

BrowserGym marks elements by ARIA attributes, which makes Chromium list some that it leaves out otherwise: the rows of a
table as a group, the label around a checkbox, with its text. They are listed here, too.
"""

from __future__ import annotations

from typing import Any

from .bids import Bids
from .frames import Frame

AxNode = dict[str, Any]
DATES = ("Date", "DateTime", "InputTime")
TABLES = ("table", "grid", "treegrid")


def merged(frames: list[Frame], trees: list[dict[str, Any]], bids: Bids) -> dict[str, Any]:
    """One accessibility tree of all frames: each frame's root is a child of its element."""
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
        parent = by_id.get(node.get("parentId", ""))
        if tags.get(backend) in ("tbody", "tfoot", "thead") and parent is not None and _role(parent) in TABLES:
            _show(node, "role", "rowgroup", "")
        elif tags.get(backend) == "label" and "labelFor" in (r["name"] for r in node.get("ignoredReasons", [])):
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

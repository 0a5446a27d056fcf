"""The protocol's DOM snapshot as BrowserGym's agents read it. Pure functions on the snapshot, which they change.

``join`` puts the documents of other processes into the page's snapshot; ``inject`` writes bids, visibility, marks and
present values into the attribute lists, as BrowserGym leaves them in the page itself; ``properties`` tells boxes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

BID, VISIBILITY, MARK = "bid", "browsergym_visibility_ratio", "browsergym_set_of_marks"
_TEXTS = ("documentURL", "title", "baseURL", "contentLanguage", "encodingName", "publicId", "systemId", "frameId")
_RARE_TEXTS = (
    "shadowRootType", "textValue", "inputValue", "pseudoType", "pseudoIdentifier", "currentSourceURL", "originURL",
)  # fmt: skip
Snapshot = dict[str, Any]


@dataclass(frozen=True)
class Facts:
    """What is known of one element beside the snapshot. ``value``, ``checked``: None where it has none."""

    bid: str
    visibility: float = 0.0
    marked: bool = False
    value: str | None = None
    checked: bool | None = None
    secret: bool = False


class Strings:
    """The snapshot's table of strings; the empty one has no place in it."""

    def __init__(self, table: list[str]) -> None:
        self.table = table
        self._places = {text: i for i, text in enumerate(table)}

    def place(self, text: str) -> int:
        if not text:
            return -1
        if text not in self._places:
            self._places[text] = len(self.table)
            self.table.append(text)
        return self._places[text]

    def text(self, place: int) -> str:
        return self.table[place] if place >= 0 else ""


def join(page: Snapshot, other: Snapshot, parent: str, owner: int) -> None:
    """Put another process's documents below the node ``owner`` (backend id) of the frame ``parent``."""
    strings, documents = len(page["strings"]), len(page["documents"])

    def shift(place: int) -> int:
        return place + strings if place >= 0 else place

    for document in other["documents"]:
        nodes, layout = document["nodes"], document["layout"]
        for key in _TEXTS:
            document[key] = shift(document[key])
        for key in ("nodeName", "nodeValue"):
            nodes[key] = [shift(p) for p in nodes[key]]
        nodes["attributes"] = [[shift(p) for p in row] for row in nodes["attributes"]]
        for key in _RARE_TEXTS:
            if key in nodes:
                nodes[key]["value"] = [shift(p) for p in nodes[key]["value"]]
        inner = nodes["contentDocumentIndex"]
        inner["value"] = [d + documents for d in inner["value"]]
        layout["text"] = [shift(p) for p in layout["text"]]
        layout["styles"] = [[shift(p) for p in row] for row in layout["styles"]]
    page["strings"] += other["strings"]
    page["documents"] += other["documents"]
    for document in page["documents"][:documents]:
        nodes = document["nodes"]
        if page["strings"][document["frameId"]] == parent and owner in nodes["backendNodeId"]:
            nodes["contentDocumentIndex"]["index"].append(nodes["backendNodeId"].index(owner))
            nodes["contentDocumentIndex"]["value"].append(documents)


def inject(snapshot: Snapshot, facts_of: Callable[[str, int], Facts | None]) -> None:
    """Write what ``facts_of(frame id, node id)`` knows into the attribute lists."""
    strings = Strings(snapshot["strings"])
    hidden: set[int] = set()
    for document in snapshot["documents"]:
        nodes, frame = document["nodes"], strings.text(document["frameId"])
        typed = nodes["inputValue"]
        for index, node in enumerate(nodes["backendNodeId"]):
            facts = facts_of(frame, node)
            if facts is None:
                continue
            flat = nodes["attributes"][index]
            if facts.secret:
                hidden.update(value for name, value in zip(flat[::2], flat[1::2]) if strings.text(name) == "value")
                mask = strings.place(facts.value or "")
                where = typed["index"].index(index) if index in typed["index"] else -1
                if where >= 0:
                    hidden.add(typed["value"][where])
                    typed["value"][where] = mask
            nodes["attributes"][index] = _attributes(strings, flat, facts)
    if hidden:
        _blank(snapshot, hidden)


def _blank(snapshot: Snapshot, hidden: set[int]) -> None:
    """Take texts out of the table that nothing speaks of any more."""
    used: set[int] = set()
    for document in snapshot["documents"]:
        nodes, layout = document["nodes"], document["layout"]
        used.update(nodes["nodeName"], nodes["nodeValue"], layout["text"], *nodes["attributes"])
        used.update(*(nodes[key]["value"] for key in _RARE_TEXTS if key in nodes))
    for place in hidden - used - {-1}:
        snapshot["strings"][place] = ""


def _attributes(strings: Strings, flat: list[int], facts: Facts) -> list[int]:
    found = {strings.text(name): strings.text(value) for name, value in zip(flat[::2], flat[1::2])}
    for name in (BID, VISIBILITY, MARK):
        found.pop(name, None)
    found[VISIBILITY] = f"{facts.visibility:g}"
    if facts.value is not None:
        found["value"] = facts.value
    if facts.checked:
        found["checked"] = ""
    elif facts.checked is False:
        found.pop("checked", None)
    found |= {BID: facts.bid, MARK: "1" if facts.marked else "0"}
    return [strings.place(text) for pair in found.items() for text in pair]


def properties(snapshot: Snapshot, facts_of: Callable[[str, int], Facts | None], scale: float) -> dict[str, Any]:
    """By bid: visibility, bbox in pixels of the screenshot (None where nothing is drawn), clickable, set_of_marks."""
    made: dict[str, Any] = {}
    for document, (x, y) in _placed(snapshot):
        nodes, layout = document["nodes"], document["layout"]
        frame = snapshot["strings"][document["frameId"]]
        clickable = set(nodes["isClickable"]["index"])
        boxes = {
            node: [bounds[0] + x, bounds[1] + y, bounds[2], bounds[3]]
            for node, bounds, client in zip(layout["nodeIndex"], layout["bounds"], layout["clientRects"])
            if client
        }
        for index, node in enumerate(nodes["backendNodeId"]):
            facts = facts_of(frame, node)
            if facts is None:
                continue
            box = boxes.get(index)
            made[facts.bid] = {
                "visibility": facts.visibility,
                "bbox": [c * scale for c in box] if box else None,
                "clickable": index in clickable,
                "set_of_marks": facts.marked,
            }
    return made


def drawn(snapshot: Snapshot) -> dict[str, set[int]]:
    """By frame id, the nodes that have a place on the page."""
    found: dict[str, set[int]] = {}
    for document in snapshot["documents"]:
        ids = document["nodes"]["backendNodeId"]
        found[snapshot["strings"][document["frameId"]]] = {ids[index] for index in document["layout"]["nodeIndex"]}
    return found


def _placed(snapshot: Snapshot) -> Iterator[tuple[dict[str, Any], tuple[float, float]]]:
    """Every document with where its content begins in the window, as it is scrolled."""
    documents = snapshot["documents"]
    stack: list[tuple[int, float, float]] = [(0, 0.0, 0.0)]
    while stack:
        number, x, y = stack.pop()
        document = documents[number]
        x, y = x - document["scrollOffsetX"], y - document["scrollOffsetY"]
        yield document, (x, y)
        layout, inner = document["layout"], document["nodes"]["contentDocumentIndex"]
        drawn = dict(zip(layout["nodeIndex"], layout["bounds"]))
        for node, child in zip(inner["index"], inner["value"]):
            left, top = drawn[node][:2] if node in drawn else (-x, -y)
            stack.append((child, x + left, y + top))

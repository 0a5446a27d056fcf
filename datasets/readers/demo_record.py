"""One recorded demonstration, split without parsing what is not needed.

A record is up to 15 MB of JSON, nearly all of it DOM dumps of which one in ten is ever looked at. So the text is cut at
the places where a state begins (a pattern that cannot stand inside a JSON string, where quotes are escaped), and a
dump is parsed only when asked for. A record written with other spacing is parsed whole and cut then.

The recorder's numbers are not unique: what stands in the page from the start may share its number with what is made
later. Nodes are told apart by tag, id and order then, and get numbers of our own.

Not covered: a record damaged inside a dump that is never looked at passes unnoticed.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Node = dict[str, Any]
"""``tag, left, top, width, height, children, id, classes, ref, bgColor, text, value, focused, recordingTarget``"""

LIMIT = 256 * 2**20
_OURS = 10**7  # numbers from here on are ours
_STATE = re.compile(r'\{"time": ?-?[\d.]+, ?"action": ?(null|\{[^{}]*\}), ?"dom": ?')
_REF = re.compile(r'"ref": ?(-?\d+)')
_TOLD = ('"mousedown"', '"mouseup"', '"click"', '"keydown"')
_DECODER = json.JSONDecoder()


class Damaged(ValueError):
    """The record cannot be read; the message is the reason."""


@dataclass(frozen=True)
class Event:
    """A DOM event as it was caught on its way down. ``index``: of its state in the record."""

    index: int
    type: str
    x: float
    y: float


@dataclass(frozen=True)
class Record:
    """``header``: everything but the states. ``spans``: where each state's dump begins and its state ends."""

    header: dict[str, Any]
    text: str
    spans: tuple[tuple[int, int], ...]
    actions: tuple[str, ...]
    numbers: dict[tuple[Any, ...], int] = field(default_factory=dict, compare=False)

    def dom(self, index: int) -> Node:
        """The dump of that state; raises ``Damaged``."""
        try:
            node = _DECODER.raw_decode(self.text, self.spans[index][0])[0]
        except (ValueError, RecursionError) as error:
            raise Damaged("damaged JSON") from error
        if not isinstance(node, dict) or "ref" not in node:
            raise Damaged("damaged JSON")
        self._number(node, {})
        return node

    def _number(self, node: Node, seen: dict[tuple[Any, ...], int]) -> None:
        """Give the node a number that it shares with no other."""
        key = (node["ref"], node["tag"], str(node.get("id")))
        seen[key] = seen.get(key, 0) + 1
        full = (*key, seen[key])
        if full not in self.numbers:
            taken = (node["ref"],) in self.numbers
            self.numbers[full] = _OURS + len(self.numbers) if taken else node["ref"]
            self.numbers[node["ref"],] = 0
        node["ref"] = self.numbers[full]
        for child in node["children"]:
            self._number(child, seen)

    def page(self, index: int) -> int | None:
        """A number of the page that a dump shows; another one after the episode began anew."""
        start, end = self.spans[index]
        return self._ref_before(start, end)

    def target(self, index: int) -> int | None:
        """The number of the node that the event of that state went to."""
        start, end = self.spans[index]
        at = self.text.rfind('"recordingTarget"', start, end)
        ref = self._ref_before(start, at) if at >= 0 else None
        if ref is None or sum(self.text.count(f'"ref":{gap}{ref},', start, end) for gap in ("", " ")) < 2:
            return ref
        return marked(self.dom(index))

    def _ref_before(self, start: int, end: int) -> int | None:
        at = self.text.rfind('"ref"', start, end)
        found = _REF.match(self.text, at) if at >= 0 else None
        return int(found[1]) if found else None

    def events(self) -> Iterator[Event]:
        """Presses, releases, clicks and keys, each once: the recorder caught them on their way in and out."""
        for index, raw in enumerate(self.actions):
            if not any(word in raw for word in _TOLD):
                continue
            try:
                action = json.loads(raw)
                if action["timing"] == 1:
                    yield Event(index, str(action["type"]), float(action.get("x", -1)), float(action.get("y", -1)))
            except (KeyError, TypeError, ValueError) as error:
                raise Damaged("damaged JSON") from error


def marked(node: Node) -> int | None:
    """The number of the node that the recorder marked as the target."""
    if node.get("recordingTarget"):
        return int(node["ref"])
    return next((found for child in node["children"] if (found := marked(child)) is not None), None)


def unpack(data: bytes) -> str:
    """The text of a gzipped file; raises ``Damaged``."""
    unzip = zlib.decompressobj(31)
    try:
        raw = unzip.decompress(data, LIMIT)
        if not unzip.eof:
            raise Damaged("too long" if unzip.unconsumed_tail else "damaged gzip")
        return raw.decode("utf-8")
    except zlib.error as error:
        raise Damaged("damaged gzip") from error
    except UnicodeDecodeError as error:
        raise Damaged("damaged JSON") from error


def header_of(text: str) -> dict[str, Any]:
    """Everything but the states, which become an empty list; raises ``Damaged``."""
    first = _STATE.search(text)
    end = text.rfind("}]")
    if first is not None and end > first.end():
        try:
            found = json.loads(text[: first.start()] + text[end + 1 :])
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict) and found.get("states") == []:
            return found
    found = _whole(text)
    return {**found, "states": []}


def split(text: str, header: dict[str, Any]) -> Record:
    """The record, its states found but not parsed; raises ``Damaged``."""
    found = list(_STATE.finditer(text))
    if not found:
        text = json.dumps({"states": [_ordered(s) for s in _whole(text)["states"]]})
        found = list(_STATE.finditer(text))
    ends = [*(m.start() for m in found[1:]), len(text)]
    spans = tuple((m.end(), ends[i]) for i, m in enumerate(found))
    return Record(header, text, spans, tuple(m[1] for m in found))


def _whole(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Damaged("damaged JSON") from error
    if not isinstance(found, dict) or not isinstance(found.get("states"), list):
        raise Damaged("not a demonstration")
    return found


def _ordered(state: Any) -> dict[str, Any]:
    try:
        return {"time": int(state["time"]), "action": state["action"], "dom": _in_order(state["dom"])}
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise Damaged("not a demonstration") from error


def _in_order(node: Node) -> Node:
    """Children before the node's own number, and that before the mark, as the recorder wrote them."""
    made = {"children": [_in_order(child) for child in node["children"]], "ref": node["ref"]}
    return {**made, **{key: value for key, value in node.items() if key not in made}}

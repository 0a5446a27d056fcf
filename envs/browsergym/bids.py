"""Bids: the names that BrowserGym's agents know elements by, given on our side, with the numbers it would give.

    bids = Bids(); bids.number(frame); bids.of(frame.id, node_id)     # "12", in a frame "a3"
    bids.place("a3")                                                  # Place(frame, node)

Elements are counted in document order, an open shadow root's right after their host; frames have letters of their own.
An element keeps its bid while its document lasts, new ones get the next number. The page carries no mark.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from .frames import Frame

STANDARD = frozenset(
    """a abbr acronym address applet area article aside audio b base basefont bdi bdo big blockquote body br button
    canvas caption center cite code col colgroup data datalist dd del details dfn dialog dir div dl dt em embed fieldset
    figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe img input
    ins kbd label legend li link main map mark menu meta meter nav noframes noscript object ol optgroup option output p
    param picture pre progress q rp rt ruby s samp script search section select small source span strike strong style
    sub summary sup svg table tbody td template textarea tfoot th thead time title tr track tt u ul var video
    wbr""".split()
)
"""The tags that get a bid under ``standard_html``."""


def frame_letters(index: int) -> str:
    """The local name of a document's frame, counted from 0: a … z, aA … zZ, aAA …"""
    letters = ""
    index += 1
    while index:
        index, digit = divmod(index - 1, 26)
        letters = chr(ord("a") + digit) + letters
    return letters[0] + letters[1:].upper()


class Place(NamedTuple):
    frame: Frame
    node: int


@dataclass
class _Numbers:
    """What was given within one document."""

    loader: str
    prefix: str
    elements: int = 0
    frames: int = 0
    bids: dict[int, str] = field(default_factory=dict)


class Bids:
    """The bids of one tab.

    Args:
        tags: ``standard_html`` or ``all``.
        without: HTML ids of elements that get none, with all that is in them.
    """

    def __init__(self, tags: str = "standard_html", without: Collection[str] = ()) -> None:
        self.tags = None if tags == "all" else STANDARD
        self.without = frozenset(without)
        self._documents: dict[str, _Numbers] = {}
        self._places: dict[str, Place] = {}

    def number(self, top: Frame) -> None:
        """Give a bid to every element that has none; forget what is no longer on the page."""
        self._places = {}
        documents = dict(self._number(top, ""))
        self._documents = documents

    def _number(self, frame: Frame, prefix: str) -> Iterator[tuple[str, _Numbers]]:
        known = self._documents.get(frame.id)
        if known is None or known.loader != frame.loader or known.prefix != prefix:
            known = _Numbers(frame.loader, prefix)
        outside: set[int] = set()
        for node in frame.nodes:
            if node.attributes.get("id") in self.without or frame.above.get(node.id) in outside:
                outside.add(node.id)
            if node.id in outside or (self.tags is not None and node.tag.lower() not in self.tags):
                continue
            if node.id not in known.bids:
                known.bids[node.id] = prefix + self._next(known, node.tag)
            self._places[known.bids[node.id]] = Place(frame, node.id)
        yield frame.id, known
        for owner, child in frame.children.items():
            if owner in known.bids and child.scripts:
                yield from self._number(child, known.bids[owner])

    @staticmethod
    def _next(numbers: _Numbers, tag: str) -> str:
        if tag.lower() in ("iframe", "frame"):
            numbers.frames += 1
            return frame_letters(numbers.frames - 1)
        numbers.elements += 1
        return str(numbers.elements - 1)

    def of(self, frame_id: str, node: int) -> str:
        """The bid of a node, or ""."""
        known = self._documents.get(frame_id)
        return known.bids.get(node, "") if known else ""

    def place(self, bid: str) -> Place | None:
        """Where the element of a bid is; None for a bid that the last numbering did not see."""
        return self._places.get(bid)

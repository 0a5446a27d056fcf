"""One short name for what a person could see, to tell whether two moments are the same."""

from __future__ import annotations

import hashlib
import re
from typing import Any
from urllib.parse import urlsplit

from .types import ActionTree, Element, Observation

_BLOB = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def state_hash(observation: Observation) -> str:
    """32 hexadecimal digits, equal for observations that look alike, in any process.

    Covered: the address, the title, every tab (address, title, which is in front), the page's scroll position, and of
    each element in document order its role, name, value, box (whole pixels), states, shape and colours, its own scroll
    position, and which element holds it; an open dialog is an element like any other.

    Left out: what a person does not see or what a reload changes without meaning: refs, tags, hints, contexts, the
    targets of links, ``last_error``, ``settled``, ``step``, frames and times, the port of a server on this machine,
    the random name of a ``blob:`` address, how many elements the budget left out.
    """
    return hashlib.blake2b(repr(seen(observation)).encode("utf8", "replace"), digest_size=16).hexdigest()


def seen(observation: Observation) -> tuple[Any, ...]:
    """What ``state_hash`` covers, as nested tuples: compare two of them to learn where two moments differ."""
    tabs = tuple((address(t.url), t.title, t.active) for t in observation.tabs)
    tree = observation.tree
    x, y = tree.scroll[:2]
    return (address(observation.url), observation.title, tabs, (round(x), round(y)), *_elements(tree))


def address(url: str) -> str:
    """A URL without what a restart of a local server, or a reload, changes."""
    if url.startswith("blob:"):
        return _BLOB.sub("…", url)
    split = urlsplit(url)
    if split.hostname not in _LOOPBACK or split.port is None:
        return url
    return split._replace(netloc=split.netloc.rpartition(":")[0]).geturl()


def _elements(tree: ActionTree) -> tuple[tuple[Any, ...], ...]:
    place = {e.ref: i for i, e in enumerate(tree.elements)}
    return tuple(_element(e, place.get(e.parent, -1) if e.parent else -1) for e in tree.elements)


def _element(e: Element, parent: int) -> tuple[Any, ...]:
    x, y, w, h = e.box
    shape, scroll = e.shape, e.scroll
    return (
        parent, e.role, e.name, e.value, round(x), round(y), round(w), round(h), e.states,
        shape and (shape.kind, shape.fill, shape.stroke, *map(round, shape.points)),
        scroll and (round(scroll[0]), round(scroll[1])),
    )  # fmt: skip

"""The pages that an agent has seen and the links between them, as a ``networkx`` graph that grows as it moves.

A node is a page's address without its fragment, with ``title``, ``visits`` and ``seen`` (False for pages that are only
linked to). An edge is a link: ``names`` of the elements that carry it, ``followed`` times it was taken.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urldefrag

import networkx as nx

from .types import Observation


class SiteGraph:
    """Add observations in the order they were made; read ``graph`` (``networkx.DiGraph``)."""

    def __init__(self) -> None:
        self.graph: nx.DiGraph[str] = nx.DiGraph()
        self._last: str | None = None

    def add(self, observation: Observation) -> None:
        """Take in a page: itself, its links, and the move that led to it."""
        here = page_of(observation.url)
        if not here:
            return
        self._node(here, seen=True)
        self.graph.nodes[here]["title"] = observation.title
        if self._last != here:
            self.graph.nodes[here]["visits"] += 1
            if self._last is not None:
                self._edge(self._last, here)["followed"] += 1
        for element in observation.tree.elements:
            target = page_of(element.href)
            if target and target != here:
                self._node(target)
                self._edge(here, target)["names"].add(element.name)
        self._last = here

    def path(self, start: str, goal: str) -> list[str]:
        """The shortest known chain of links from one address to another; empty if none is known."""
        a, b = page_of(start), page_of(goal)
        if a not in self.graph or b not in self.graph or not nx.has_path(self.graph, a, b):
            return []
        return [str(n) for n in nx.shortest_path(self.graph, a, b)]

    def _node(self, page: str, seen: bool = False) -> None:
        if page not in self.graph:
            self.graph.add_node(page, title="", visits=0, seen=False)
        if seen:
            self.graph.nodes[page]["seen"] = True

    def _edge(self, a: str, b: str) -> dict[str, Any]:
        if not self.graph.has_edge(a, b):
            self.graph.add_edge(a, b, names=set(), followed=0)
        edge: dict[str, Any] = self.graph.edges[a, b]
        return edge


def page_of(url: str) -> str:
    """The address that names a page: without fragment; "" for what is no page of a site."""
    return urldefrag(url).url if url.startswith(("http:", "https:", "file:")) else ""

"""What an expert reads: the observations so far, with the few questions that experts ask of a page.

    page = Page(seen)                      # seen: every observation of the episode so far, oldest first
    page.named("Submit", "button")         # an element, or None
    page.look(r'enter "(.+?)" into')       # a match in the goal; Lost if the goal does not say so

An expert is a function ``(page) -> Action`` without memory of its own: the same observations give the same action, so
it can be asked about any state that somebody else has got into. It sees nothing but what a policy sees.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Sequence

from webagent.envs.errors import WebAgentError
from webagent.envs.types import Action, Element, Observation


class Lost(WebAgentError):
    """The expert does not know what to do here."""


class Page:
    """The newest observation, with those before it as pages of their own.

    Args:
        seen: the observations of one episode so far, oldest first; at least one.
    """

    def __init__(self, seen: Sequence[Observation]) -> None:
        self.seen = tuple(seen)
        self.now = self.seen[-1]

    @property
    def goal(self) -> str:
        return self.now.goal

    @property
    def elements(self) -> tuple[Element, ...]:
        """All of the tree, in document order."""
        return self.now.tree.elements

    @functools.cached_property
    def past(self) -> tuple[Page, ...]:
        """The page at each earlier moment, oldest first."""
        return tuple(Page(self.seen[: i + 1]) for i in range(len(self.seen) - 1))

    # ---- the goal -------------------------------------------------------------------------------------------------

    def look(self, pattern: str, flags: int = 0) -> re.Match[str]:
        """The first match in the goal; raises ``Lost`` if there is none."""
        found = re.search(pattern, self.goal, flags)
        if found is None:
            raise Lost(f"expected a goal like {pattern!r}, found {self.goal!r}")
        return found

    def says(self, pattern: str, flags: int = 0) -> str:
        """The first group of the first match in the goal; raises ``Lost``."""
        return self.look(pattern, flags)[1]

    # ---- elements -------------------------------------------------------------------------------------------------

    def of(self, *roles: str) -> list[Element]:
        """All elements of these roles, in document order."""
        return [e for e in self.elements if e.role in roles]

    def named(self, name: str, *roles: str) -> Element | None:
        """The first element with exactly this name (outer spaces aside), of these roles if any are given."""
        name = name.strip()
        return next((e for e in self.elements if e.name.strip() == name and (not roles or e.role in roles)), None)

    def get(self, name: str, *roles: str) -> Element:
        """Like ``named``; raises ``Lost`` if there is none."""
        return self.need(self.named(name, *roles), f"{'/'.join(roles) or 'element'} {name!r}")

    def first(self, *roles: str) -> Element:
        """The first element of these roles; raises ``Lost``."""
        return self.need(next(iter(self.of(*roles)), None), "/".join(roles))

    def where(self, test: Callable[[Element], bool]) -> list[Element]:
        """All elements that pass the test, in document order."""
        return [e for e in self.elements if test(e)]

    def need(self, element: Element | None, what: str) -> Element:
        """The element; raises ``Lost`` if it is None."""
        if element is None:
            raise Lost(f"expected {what} on the page, found none")
        return element

    # ---- structure ------------------------------------------------------------------------------------------------

    @functools.cached_property
    def _children(self) -> dict[str | None, list[Element]]:
        found: dict[str | None, list[Element]] = {}
        for e in self.elements:
            found.setdefault(e.parent, []).append(e)
        return found

    def children(self, e: Element) -> list[Element]:
        return self._children.get(e.ref, [])

    def inside(self, e: Element) -> Iterator[Element]:
        """Everything below ``e``, in document order."""
        for child in self.children(e):
            yield child
            yield from self.inside(child)

    def parent(self, e: Element) -> Element | None:
        return self.now.tree.by_ref.get(e.parent or "")

    def index(self, e: Element) -> int:
        """Its place in document order."""
        return self._places[e.ref]

    @functools.cached_property
    def _places(self) -> dict[str, int]:
        return {e.ref: i for i, e in enumerate(self.elements)}

    def text(self, e: Element | None = None) -> str:
        """All words of an element (by default: of the page), in document order, joined by single spaces."""
        parts = self.elements if e is None else [e, *self.inside(e)]
        return " ".join(" ".join(p.name for p in parts if p.name).split())


Expert = Callable[[Page], Action]

"""The nouns: a ``Quest`` is one thing that somebody may want on a site, a ``Site`` is what the seed made of a kind.

A quest function takes a ``Builder``, puts pages on the site, and says what is to be done there. Quests that nobody asks
for stay on the site as what distracts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .draw import Draw
from .script import Stage

Block = dict[str, Any]
Step = tuple[Any, ...]
"""A verb of ``wording.py`` with its words: ``("fill", "Name", "Ann Lee")``."""


@dataclass
class Quest:
    """What is wanted.

    ``stages``: how (``script.py``). ``steps``: the same in words, one by one. ``short``: ways to say it in one
    imperative sentence without its full stop; behind "=" any other sentence. ``state``: what the site must hold
    afterwards, beyond nothing. ``answer``: what must be told, if anything. ``page``: where it starts; ``entry``: the
    words of the link to it.
    """

    stages: list[Stage]
    steps: list[Step]
    short: list[str]
    state: dict[str, Any] = field(default_factory=dict)
    answer: str | None = None
    page: str = ""
    entry: str = ""


@dataclass(frozen=True)
class Site:
    """A drawn site.

    ``spec``: what the pages are rendered from. ``expected``: what "state" in the page's storage must be at the end.
    ``style``: of the goal, one of ``wording.STYLES``. ``script``: for the demonstrator.
    """

    kind: str
    seed: int
    goal: str
    style: str
    spec: dict[str, Any]
    start: str
    expected: dict[str, Any]
    answer: str | None
    script: dict[str, Any]


class Builder:
    """A site in the making. ``d``: its chance. ``made``: names of the quests on it."""

    def __init__(self, d: Draw) -> None:
        self.d = d
        self.made: list[str] = []
        self.pages: dict[str, dict[str, Any]] = {}
        self.links: list[tuple[str, str]] = []
        """Label and page of what stands in the navigation."""
        self.ways: dict[str, dict[str, list[str]]] = {}
        self.counter: dict[str, str] | None = None
        self.press = d.pick(("button", "button", "button", "input", "link", "role", "div"))
        self._numbers = 0

    def page(self, name: str, title: str, blocks: Sequence[Block], linked: bool = True, **more: Any) -> str:
        """Add a page; ``linked``: it stands in the navigation. Returns its name."""
        self.pages[name] = {"title": title, "heading": title, "blocks": list(blocks), **more}
        if linked:
            self.links.append((title, name))
        return name

    def way(self, origin: str, to: str, label: str) -> None:
        """A link in a page's own content."""
        self.ways.setdefault(origin, {}).setdefault(to, []).append(label)

    def fresh(self, word: str) -> str:
        """A key that nothing else on the site has."""
        self._numbers += 1
        return f"{word}{self._numbers}"

    def how(self, *more: str) -> str:
        """How a secondary button is made."""
        return self.d.pick(("button", "button", "link", "role", "div", *more))

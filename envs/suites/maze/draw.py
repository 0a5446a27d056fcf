"""The plan of a maze: which page links to which. Pure Python; the same level and seed give the same maze.

From the first page links lead to halls, from each hall to rooms, from each room to shelves. The names on the way say
nothing about what lies behind them; the goal is one shelf, by its name. Every page but the first links home, to the
page above it, and across to another page of its level, so ways cross and lead round in circles.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEVELS = {"small": 3, "wide": 5}
"""Links down of each page, by the name of the maze."""
DEPTH = 3
KINDS = ("hall", "room", "shelf")
FIRST = "Alder Amber Birch Cedar Copper Coral Hazel Ivory Jade Juniper Larch Linden Maple Marble Myrtle Olive Opal Poplar Rowan Silver Slate Spruce Sycamore Topaz Walnut Willow".split()  # noqa: E501
SECOND = "Arch Bridge Corner Court Crossing Garden Gate Grove Harbour Hill Lane Meadow Mill Orchard Passage Path Place Quay Ridge Row Square Stair Terrace Wharf Yard".split()  # noqa: E501
THINGS = "anchor barrel basket beacon bell bottle bowl brush bucket button candle canoe carpet clock coat compass crown drum feather fiddle flute fossil globe hammer harp helmet jar kettle kite ladder lamp lantern lens locket loom map mask mirror needle oar parasol pearl pipe plough prism pulley quill ribbon ring saddle scarf scroll shell shield sickle spoon statue sundial telescope thimble tile trumpet umbrella vase violin wagon wheel whistle".split()  # noqa: E501
COLOURS = "blue brass brown clay cracked dark folded gilded glass green grey heavy iron little old painted pale plain polished red round rusty silver small tall tin white wooden yellow".split()  # noqa: E501


@dataclass(frozen=True)
class Page:
    """``title``: its heading; ``links``: names and numbers of pages, in the order in which they are shown."""

    title: str
    links: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Maze:
    """``pages[0]`` comes first, ``pages[wanted]`` is to be found; ``way``: numbers of the pages that lead there."""

    pages: tuple[Page, ...]
    wanted: int
    way: tuple[int, ...]

    @property
    def goal(self) -> str:
        return f'Open the page "{self.pages[self.wanted].title}".'


def draw(width: int, seed: int) -> Maze:
    """A maze with ``width`` links down of each page but the last."""
    rng = np.random.default_rng([seed, width])
    levels, above = _numbered(width)
    titles = _titles(levels, rng)
    across = {n: _beside(n, level, rng) for level in levels[1:] for n in level}
    pages = []
    for n, title in enumerate(titles):
        down = [(titles[child], child) for child in above if above[child] == n]
        around = [("Home", 0), ("Up", above[n]), (f"See also: {titles[across[n]]}", across[n])] if n else []
        order = rng.permutation(len(down))
        pages.append(Page(title, (*(down[i] for i in order), *around)))
    wanted = int(rng.choice(levels[-1]))
    way = [wanted]
    while way[0]:
        way.insert(0, above[way[0]])
    return Maze(tuple(pages), wanted, tuple(way))


def _numbered(width: int) -> tuple[list[list[int]], dict[int, int]]:
    """The numbers of the pages of each level, and which page is above each."""
    levels, above = [[0]], {}
    for _ in range(DEPTH):
        first = levels[-1][-1] + 1
        levels.append([first + i for i in range(len(levels[-1]) * width)])
        above.update({n: levels[-2][i // width] for i, n in enumerate(levels[-1])})
    return levels, above


def _titles(levels: list[list[int]], rng: np.random.Generator) -> list[str]:
    inner, last = sum(map(len, levels[1:-1])), len(levels[-1])
    places = [f"{FIRST[i % len(FIRST)]} {SECOND[i // len(FIRST)]}" for i in _some(len(FIRST) * len(SECOND), inner, rng)]
    things = [f"The {COLOURS[i % len(COLOURS)]} {THINGS[i // len(COLOURS)]}"
              for i in _some(len(COLOURS) * len(THINGS), last, rng)]  # fmt: skip
    return ["Entrance", *places, *things]


def _some(of: int, count: int, rng: np.random.Generator) -> list[int]:
    return [int(i) for i in rng.choice(of, count, replace=False)]


def _beside(n: int, level: list[int], rng: np.random.Generator) -> int:
    """Another page of the level."""
    return int(rng.choice([other for other in level if other != n]))

"""A maze of linked pages, three levels deep, drawn from a seed: what a search over several pages is measured on."""

from __future__ import annotations

from .draw import LEVELS, Maze, draw
from .scenario import MazeScenario

__all__ = ["LEVELS", "Maze", "MazeScenario", "draw"]

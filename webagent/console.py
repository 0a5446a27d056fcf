"""What a person sees while a command works: lines and bars on stderr, colour only where a terminal shows it.

Results are not written here; they go to stdout, by the command line itself.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, TextIO

COLOURS = {"green": "32", "red": "31", "yellow": "33", "cyan": "36", "dim": "2", "bold": "1"}


def colourful(stream: TextIO) -> bool:
    """Whether ``stream`` may be coloured: a terminal, and neither ``NO_COLOR`` nor a dumb one."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint(text: str, colour: str, stream: TextIO) -> str:
    return f"\x1b[{COLOURS[colour]}m{text}\x1b[0m" if colourful(stream) else text


class Progress(Protocol):
    def advance(self, done: int, line: str = "") -> None:
        """So much is done. ``line`` is said beside the bar, or in a log without one; "" says nothing."""


@dataclass
class Console:
    """``quiet`` silences everything but errors."""

    quiet: bool = False
    stream: TextIO = field(default_factory=lambda: sys.stderr)

    def say(self, line: str, colour: str | None = None) -> None:
        if not self.quiet:
            print(paint(line, colour, self.stream) if colour else line, file=self.stream, flush=True)

    @contextmanager
    def progress(self, label: str, total: int) -> Iterator[Progress]:
        """A bar on a terminal, plain lines elsewhere, nothing if quiet."""
        if self.quiet or not self.stream.isatty():
            yield _Lines(self, total)
            return
        from rich.console import Console as RichConsole
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        times = (TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(), TextColumn("{task.fields[line]}"))
        with RichProgress(*columns, *times, console=RichConsole(file=self.stream), transient=True) as bars:
            yield _Bar(bars, bars.add_task(label, total=total, line=""))


@dataclass
class _Bar:
    bars: Any
    task: Any

    def advance(self, done: int, line: str = "") -> None:
        self.bars.update(self.task, completed=done, **({"line": line} if line else {}))


@dataclass
class _Lines:
    console: Console
    total: int

    def advance(self, done: int, line: str = "") -> None:
        if line:
            self.console.say(f"[{done}/{self.total}] {line}")

"""How much memory the processes that we started hold: drivers and browsers, without this process itself."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from webagent.memory import tree_mb

PROC = Path("/proc")


def descendants(pid: int) -> Iterator[int]:
    """Every process below ``pid``; empty where the system does not tell."""
    for listing in (PROC / str(pid) / "task").glob("*/children"):
        try:
            children = [int(word) for word in listing.read_text().split()]
        except OSError:  # it ended while we looked
            continue
        for child in children:
            yield child
            yield from descendants(child)


def held_mb() -> tuple[float, str]:
    """Memory of everything below this process in MB, and its kind.

    ``pss`` shares a page out among the processes that hold it, which is what another context really costs. ``rss``,
    where the system does not tell that, counts such a page once for each, and this process as well.
    """
    if (PROC / "self" / "smaps_rollup").exists():
        with contextlib.suppress(PermissionError):
            return sum(map(_pss_kb, descendants(os.getpid()))) / 1024, "pss"
    return tree_mb(os.getpid()), "rss"


def _pss_kb(pid: int) -> int:
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):  # it ended while we looked
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)

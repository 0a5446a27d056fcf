"""How much memory this process and everything it started hold: worker processes, drivers and browsers."""

from __future__ import annotations

import os
import resource
import sys
import time
from pathlib import Path

PROC = Path("/proc")
EVERY_S = 1.0


class PeakMemory:
    """The highest sum of resident memory seen by ``sample``, in MB.

    Pages that processes share count once for each, so it is an upper bound. Where there is no ``/proc``, only this
    process and its finished children are known.
    """

    def __init__(self) -> None:
        self.mb = 0.0
        self._due = 0.0

    def sample(self) -> None:
        """Look now, unless the last look was less than a second ago."""
        now = time.monotonic()
        if now >= self._due:
            self._due = now + EVERY_S
            self.mb = max(self.mb, tree_mb(os.getpid()))


def tree_mb(root: int) -> float:
    """Resident memory of ``root`` and its descendants, in MB."""
    if not (PROC / "self" / "stat").exists():
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        return (own + children) / (2**20 if sys.platform == "darwin" else 2**10)
    parents, pages = {}, {}
    for folder in PROC.glob("[0-9]*"):
        try:
            # The name, in brackets, may hold anything; what follows the last bracket is regular.
            fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
        except OSError:  # it ended while we looked
            continue
        parents[int(folder.name)], pages[int(folder.name)] = int(fields[1]), int(fields[21])
    family = {root}
    grew = True
    while grew:
        more = {pid for pid, parent in parents.items() if parent in family and pid not in family}
        family |= more
        grew = bool(more)
    return sum(pages.get(pid, 0) for pid in family) * os.sysconf("SC_PAGE_SIZE") / 2**20

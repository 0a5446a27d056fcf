"""Which tab each step of an episode concerns, by the variables that a script gives them."""

from __future__ import annotations

from webagent.envs.types import Observation


class Tabs:
    """``names``: the variables of the open tabs, in the browser's order: ``page``, ``page1``, …"""

    def __init__(self) -> None:
        self.names = ["page"]
        self._made = 1

    def here(self, seen: Observation) -> str:
        """The tab that an observation shows."""
        active = next((n for n, tab in enumerate(seen.tabs) if tab.active), len(self.names) - 1)
        return self.names[min(active, len(self.names) - 1)]

    def open(self) -> str:
        """A tab more; its variable."""
        name = f"page{self._made}"
        self._made += 1
        self.names.append(name)
        return name

    def close(self, name: str) -> None:
        if len(self.names) > 1:
            self.names.remove(name)

    def came(self, after: Observation) -> int:
        """How many tabs there are in an observation that no variable stands for."""
        return max(0, len(after.tabs) - len(self.names))

    def went(self, before: Observation, after: Observation) -> list[str]:
        """The variables of the tabs that closed between two observations."""
        many = len(self.names) - len(after.tabs)
        if many <= 0 or not after.tabs:
            return []
        left = [tab.url for tab in after.tabs]
        gone = [n for n, tab in enumerate(before.tabs[: len(self.names)]) if not _take(left, tab.url)]
        here = self.names.index(self.here(before))
        order = sorted(gone, key=lambda n: n != here) or [here]
        return [self.names[n] for n in order[:many]]


def _take(left: list[str], url: str) -> bool:
    if url in left:
        left.remove(url)
        return True
    return False

"""What everybody does while the clock runs: one click on one page, again and again."""

from __future__ import annotations

from dataclasses import dataclass

from webagent.envs.errors import UnknownName, WebAgentError
from webagent.envs.types import Element, Observation


@dataclass(frozen=True)
class Work:
    """A page of MiniWoB++ and a click there that never ends the episode.

    ``role``: of the first element that is clicked, in our tree. ``selector``: the same element for those who have no
    tree. Everybody starts the page with the same ``seed``.
    """

    task: str
    role: str
    selector: str
    about: str
    seed: int = 7

    def find(self, observation: Observation) -> Element:
        """The element to click; raises ``WebAgentError`` if the page does not show it."""
        for element in observation.tree.elements:
            if element.role == self.role:
                return element
        raise WebAgentError(f"expected a {self.role} on miniwob.{self.task}, found none")


WORKS = {
    work.task: work
    for work in (
        Work("click-checkboxes", "checkbox", "#area input", "a click on its first checkbox"),
        Work("click-test", "text", "#query", "a click on its text"),
        Work("enter-text", "textbox", "#tt", "a click into its field"),
    )
}


def find_work(task: str) -> Work:
    """The work on that page; raises ``UnknownName``."""
    if task not in WORKS:
        raise UnknownName.unknown("page to measure on", task, WORKS)
    return WORKS[task]

"""What a suite hands to ``WebEnv``: one task that can be started again and again and judged after every step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from .session import Session
    from .types import Action, Task


class Verdict(NamedTuple):
    """The task's own view of the episode.

    ``reward``: raw reward, 0 while the task runs. ``done``: the task ended by itself. ``success``: strict, the raw
    reward is at its maximum. ``success_positive``: the raw reward is above 0 (BrowserGym's rule for MiniWoB++).
    ``checked``: False where a task has no check, so that ``success`` says nothing.
    """

    reward: float = 0.0
    done: bool = False
    success: bool = False
    success_positive: bool = False
    info: dict[str, Any] = {}
    checked: bool = True


class Scenario(Protocol):
    """One task. Its methods run on the browser's loop thread.

    ``allow``: hosts that the network may reach (``host`` or ``host:port``), or None for no restriction. ``sandboxed``:
    whatever is done there may be done again, because it reaches nothing but files that the scenario serves; or somebody
    said so.
    """

    @property
    def id(self) -> str: ...

    @property
    def max_steps(self) -> int: ...

    @property
    def viewport(self) -> tuple[int, int]: ...

    @property
    def allow(self) -> tuple[str, ...] | None: ...

    @property
    def sandboxed(self) -> bool: ...

    async def start(self, session: Session, seed: int) -> Task:
        """Bring the page to the task's beginning under this seed; raises ``PageUnreachable``."""
        ...

    async def rest(self, session: Session) -> None:
        """Wait, bounded, for motions that only the task knows of; between an action and a look at level ``frame``."""
        ...

    async def judge(self, session: Session, action: Action | None) -> Verdict:
        """The verdict after ``action`` (None right after the start)."""
        ...

    def resume(self, session: Session, judged: int) -> None:
        """The page is in the middle of an episode already, ``judged`` of whose verdicts were given elsewhere."""
        ...

    def twin(self) -> Scenario:
        """The same task once more, for another context beside this one."""
        ...

    def close(self) -> None:
        """Free what the scenario holds (servers); may be called twice."""
        ...

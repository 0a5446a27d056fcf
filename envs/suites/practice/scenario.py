"""``Scenario``s of practice sites: a page that is described in the browser's own storage, judged by what is kept there.

    with WebEnv(PracticeScenario("shop-add")) as env:
        env.reset(seed=7)

The task is judged when the agent ends the episode or the steps run out: what the site holds then must be what the goal
asks for, no more and no less, and an answer that is asked for must be given.
"""

from __future__ import annotations

import json
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ActionFailed, BrowserGone, UnknownName
from ...scenario import Verdict
from ...types import ENDS_EPISODE, Action, Task
from ..server import POOL, StaticServer
from .kinds import KINDS, draw
from .quest import Site

if TYPE_CHECKING:
    from ...session import Session

MAX_STEPS = 30
VIEWPORT = (1280, 720)
PAGES_MAX_AGE = 3600
HELD = "[localStorage.getItem('seed'), JSON.parse(localStorage.getItem('state') || '{}')]"


class PracticeScenario:
    """One kind of practice site, reusable over many episodes and sessions, one session at a time.

    ``site``: what was drawn last. Raises ``UnknownName``. The pages are served from the first use of ``allow`` or
    ``start`` until ``close``.
    """

    sandboxed = True
    viewport = VIEWPORT

    def __init__(self, kind: str, max_steps: int | None = None) -> None:
        if kind not in KINDS:
            raise UnknownName.unknown("kind of practice site", kind, KINDS)
        self.kind = kind
        self.id = f"practice.{kind}"
        self.max_steps = max_steps or MAX_STEPS
        self.site: Site | None = None
        self._steps = 0
        self._server: StaticServer | None = None
        self._release: Callable[[], object] = _nothing

    @property
    def server(self) -> StaticServer:
        """The process's server of the pages, shared by all scenarios."""
        if self._server is None:
            self._server = POOL.acquire(Path(__file__).parent, max_age=PAGES_MAX_AGE)
            self._release = weakref.finalize(self, POOL.release, self._server)
        return self._server

    @property
    def allow(self) -> tuple[str, ...]:
        return (self.server.host,)

    @property
    def url(self) -> str:
        return f"{self.server.url}site.html"

    async def start(self, session: Session, seed: int) -> Task:
        """Describe the site to the browser and go to its first page. Raises ``PageUnreachable``."""
        self._steps = -1
        self.site = site = draw(self.kind, seed)
        if not (_whole(session) and session.tab.url.startswith(self.url) and await self._describe(session, seed, site)):
            await session.fresh()
            await session.goto(self.url)
            await self._describe(session, seed, site)
        address = f"{self.url}?page={site.start}"
        await session.goto(address)
        await session.tab.cdp.send("Page.resetNavigationHistory")
        return Task(self.id, site.goal, address, seed, self.max_steps)

    async def _describe(self, session: Session, seed: int, site: Site) -> bool:
        """Put the description where the pages look for it; False where the page in front cannot be asked.

        The seed goes with it, so that a restored or forked episode is judged as what it is.
        """
        items = json.dumps({"site": json.dumps(site.spec), "seed": str(seed)})
        try:
            await session.evaluate(f"(localStorage.clear(), Object.assign(localStorage, {items}), true)")
        except (ActionFailed, BrowserGone, ValueError):
            return False
        return True

    async def rest(self, session: Session) -> None:
        pass

    def resume(self, session: Session, judged: int) -> None:
        self._steps = judged - 1

    def twin(self) -> PracticeScenario:
        return PracticeScenario(self.kind, self.max_steps)

    def close(self) -> None:
        self._release()
        self._release = _nothing
        self._server = None

    async def judge(self, session: Session, action: Action | None) -> Verdict:
        # Called once right after the start and then after every step, also one whose action was refused (None).
        self._steps += 1
        ends = action is not None and action.op in ENDS_EPISODE
        if not ends and self._steps < self.max_steps:
            return Verdict()
        reason = await self._fault(session, action)
        if action is not None and action.op == "give_up":
            reason = action.text or reason
        success = not reason
        return Verdict(float(success), ends, success, success, {"reason": reason or "the site is as it was asked for"})

    async def _fault(self, session: Session, action: Action | None) -> str:
        """What is not as it was asked for, or ""."""
        try:
            seed, held = await session.evaluate(HELD)
        except (ActionFailed, BrowserGone, ValueError) as error:
            return f"the site cannot be asked: {error}"
        if seed is None:
            return "the site was left"
        site = draw(self.kind, int(seed))
        if site.answer is not None:
            given = action.text if action is not None and action.op == "answer" else None
            if given is None or _plain(given) != _plain(site.answer):
                return "no answer was given" if given is None else "the answer is not the expected one"
        return "" if as_asked(held, site.expected) else "the site is not as it was asked for"


def as_asked(held: dict[str, Any], expected: dict[str, Any]) -> bool:
    """Whether a site holds what is expected; how the cookie question was answered counts only if that was asked."""
    return {key: value for key, value in held.items() if key != "cookies" or key in expected} == expected


def _plain(answer: str) -> str:
    return " ".join(answer.split()).casefold().rstrip(".")


def _nothing() -> None:
    """What there is to release before the server was asked for."""


def _whole(session: Session) -> bool:
    """One tab that answers: what a fresh session has, too."""
    return len(session.tabs) == 1 and session.tab.dialog is None and not session.tab.crashed

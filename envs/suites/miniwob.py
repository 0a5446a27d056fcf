"""MiniWoB++ from the ``miniwob`` package's own pages: one ``Scenario`` a task, reset inside the page where exact.

    with WebEnv(MiniWobScenario("click-test")) as env:
        env.reset(seed=7)

A page is loaded once; every further episode seeds the page's own random generator and calls the page's own generator
of problems, one round trip. Tasks whose page keeps something of the last episode are loaded again instead
(``reload`` in ``miniwob_tasks.json``, with the reason). The pages are served as they are and never patched; the boxes
beside a task that tell a person the reward and the time are hidden. ``docs/MINIWOB.md`` says how success is judged.
"""

from __future__ import annotations

import asyncio
import functools
import importlib.util
import json
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..errors import ActionTimedOut, BrowserGone, PageUnreachable, UnknownName, WebAgentError
from ..inputs import click
from ..scenario import Verdict
from ..types import Task
from .server import POOL, StaticServer

if TYPE_CHECKING:
    from ..session import Session
    from ..types import Action

MAX_STEPS = 30
VIEWPORT = (320, 240)
"""Shows every page whole (tasks are drawn on 160 x 210, a few spill over by some pixels), with no scroll bars."""
FLIGHT_VIEWPORT = (560, 680)
NEVER_MS = 2**31 - 1
"""The longest time that a page's timer takes; about 25 days."""
START_TIMEOUT = 15.0
CLICK_TIMEOUT = 3.0
PAGES_MAX_AGE = 86_400

# What a person left behind goes before the page's own generator runs: the focus (and where Tab would go on from), what
# was typed and ticked (only a form's reset() makes a field follow its default again, hence the passing form), scroll
# positions, running animations, the URL's hash.
_BEGIN = """(async (o) => {
  if (o.loading && document.readyState !== 'complete')
    await new Promise((done) => addEventListener('load', done, {once: true}));  // after the page's own onload
  if (location.origin + location.pathname !== o.url || document.readyState !== 'complete') return null;
  if (typeof core !== 'object' || !core.cover_div) return null;
  if (o.clock && core.EPISODE_MAX_TIME === o.never) return null;
  if (!o.loading) {
    if (window.jQuery) jQuery(':animated').stop(true, true);
    const form = document.createElement('form');
    form.id = 'fields-of-no-form';
    form.tabIndex = -1;
    document.body.prepend(form);
    const loose = [...document.querySelectorAll('#wrap input, #wrap textarea, #wrap select')].filter((e) => !e.form);
    for (const e of loose) e.setAttribute('form', form.id);
    for (const f of document.forms) f.reset();
    for (const e of loose) e.removeAttribute('form');
    form.focus({preventScroll: true});
    form.remove();
    for (const e of document.querySelectorAll('#wrap, #wrap *')) if (e.scrollTop || e.scrollLeft) e.scrollTo(0, 0);
    scrollTo(0, 0);
    if (location.href !== o.url) history.replaceState(null, '', o.url);
  }
  if (o.loading) {
    // Pictures that a style names are fetched when they are first shown, and until then what shows them has no size.
    const pictures = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules].flatMap((rule) => {
      const named = /url\\("(.+?)"\\)/.exec(rule.style?.content);
      return named ? [Object.assign(new Image(), {src: new URL(named[1], sheet.href || location.href).href})] : [];
    }));
    const limit = new Promise((done) => setTimeout(done, 2000));
    await Promise.race([limit, Promise.all(pictures.map((picture) => picture.decode().catch(() => null)))]);
    addEventListener('pagehide', () => pictures.length);  // keeps them
  }
  if (!o.clock) core.EPISODE_MAX_TIME = o.never;
  Math.seedrandom(o.seed);
  core.startEpisodeReal();
  core.clearTimer();
  core.hideDisplay();
  core.cover_div.remove();
  document.getElementById('click-canvas').style.display = 'none';
  document.body.removeEventListener('click', core.canvasDrawClick);
  const limit = performance.now() + o.patience;
  while (!WOB_TASK_READY && performance.now() < limit) await new Promise((next) => setTimeout(next, 5));
  if (!WOB_TASK_READY) return null;
  const flight = frames.length ? frames[0].$miniwob : null;  // its first suggestions race with each other for this list
  if (flight && !flight.airports) flight.airports = await (await frames[0].fetch('surrogate/airports.json')).json();
  const said = core.getUtterance();
  const pretty = document.querySelectorAll('#query-pretty tr');
  if (!pretty.length) return typeof said === 'string' ? said : said.utterance;
  return [...pretty].map((row) => [...row.cells].map((c) => c.textContent.trim()).join(': ')).join('; ');
})"""

_STATE = """(() => typeof core === 'object' && typeof WOB_DONE_GLOBAL === 'boolean'
  ? [WOB_DONE_GLOBAL, WOB_RAW_REWARD_GLOBAL, WOB_REWARD_REASON && String(WOB_REWARD_REASON), core.EP_TIMER !== null]
  : null)()"""

# What an action brings about late. jQuery's animations go by a timer of 13 ms, so a frame without a change may come and
# go between two of its ticks. Its menus, suggestions and tabs (by keys) wait 300 ms; the highest number of those timers
# tells whether another one was set since it was `seen`.
_REST = """(async (seen) => {
  const limit = performance.now() + 1500;
  const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
  const $ = (frames.length ? frames[0] : window).jQuery;
  const last = () => Math.max(0, ...$('.ui-menu, .ui-autocomplete-input, .ui-tabs').get().map((e) =>
    $(e).data('ui-menu')?.timer ?? $(e).data('ui-autocomplete')?.searching ?? $(e).data('ui-tabs')?.activating ?? 0));
  while ($ && performance.now() < limit) {
    if (last() > seen) {
      seen = last();
      await sleep(330);
    } else if ($.timers.length) await sleep(5);
    else break;
  }
  return seen;
})"""


@dataclass(frozen=True)
class TaskInfo:
    """What is known about a task.

    ``category``: BrowserGym's, ``flight`` or ``other``. ``max_reward``: the raw reward from which an episode is a
    strict success, and why where that is not 1. ``deterministic``: the same seed shows the same page; else ``why`` not.
    ``reload``: why an in-page reset would not equal a fresh load, or "". ``late``: what an action does there comes by
    timers (animations, menus, suggestions, tabs), and is waited for.
    """

    name: str
    category: str
    max_reward: float = 1.0
    deterministic: bool = True
    reload: str = ""
    late: bool = False
    why: str = ""
    max_reward_why: str = ""

    @property
    def path(self) -> str:
        """Where the page lies under the package's ``html`` folder."""
        return f"flight/{self.name[7:]}/wrapper.html" if self.category == "flight" else f"miniwob/{self.name}.html"


@functools.cache
def _catalogue() -> Mapping[str, Any]:
    text = (files(__package__) / "miniwob_tasks.json").read_text("utf8")
    return MappingProxyType(json.loads(text))


def task_names() -> list[str]:
    """Every task, in the catalogue's order: ``click-test``, …, ``flight.AA``."""
    return list(_catalogue()["tasks"])


def task_info(name: str) -> TaskInfo:
    """What is known about a task; raises ``UnknownName``."""
    tasks = _catalogue()["tasks"]
    if name not in tasks:
        raise UnknownName.unknown("MiniWoB++ task", name, tasks)
    return TaskInfo(name, **tasks[name])


def subsets() -> dict[str, tuple[str, ...]]:
    """The lists that papers report on, as far as the package carries their tasks; and of ``train62`` our own ``dev12``
    and the rest, ``train50``."""
    lists = {name: tuple(tasks) for name, tasks in _catalogue()["subsets"].items()}
    return {**lists, "train50": tuple(t for t in lists["train62"] if t not in lists["dev12"])}


def subset(name: str) -> tuple[str, ...]:
    """The tasks of one list; raises ``UnknownName``."""
    lists = subsets()
    if name not in lists:
        raise UnknownName.unknown("subset", name, lists)
    return lists[name]


def missing() -> dict[str, tuple[str, ...]]:
    """By list, the tasks that the package does not carry."""
    return {name: tuple(tasks) for name, tasks in _catalogue()["missing"].items()}


def pages_root() -> Path:
    """The folder of pages in the installed ``miniwob`` package, found without importing it (it pulls in Selenium)."""
    spec = importlib.util.find_spec("miniwob")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        root = Path(folder) / "html"
        if (root / "core" / "core.js").is_file():
            return root
    raise WebAgentError("the pages of MiniWoB++ are not installed", "pip install 'miniwob>=1.1'")


class MiniWobScenario:
    """One MiniWoB++ task, reusable over many episodes and sessions, one session at a time.

    ``clock``: keep the page's own time limit, which ends an episode with raw reward -1; off by default. Raises
    ``UnknownName``. The pages are served from the first use of ``allow`` or ``start`` until ``close``.
    """

    max_steps = MAX_STEPS
    sandboxed = True

    def __init__(self, task: str, clock: bool = False) -> None:
        self.info = task_info(task)
        self.id = f"miniwob.{task}"
        self.clock = clock
        self.viewport = FLIGHT_VIEWPORT if self.info.category == "flight" else VIEWPORT
        self._server: StaticServer | None = None
        self._release: Callable[[], object] = _nothing
        self._page: Any = None
        self._begun = False
        self._timer = 0  # the last one of the page that was waited for

    @property
    def server(self) -> StaticServer:
        """The process's server of the pages, shared by all scenarios."""
        if self._server is None:
            # As UTF-8, because unicode-test does not declare its encoding. Some installers link the package's files.
            self._server = POOL.acquire(pages_root(), max_age=PAGES_MAX_AGE, charset="utf-8", follow_links=True)
            self._release = weakref.finalize(self, POOL.release, self._server)
        return self._server

    @property
    def allow(self) -> tuple[str, ...]:
        return (self.server.host,)

    @property
    def url(self) -> str:
        return self.server.url + self.info.path

    def resume(self, session: Session, judged: int) -> None:
        self._page, self._begun = session.page, judged == 0

    def twin(self) -> MiniWobScenario:
        return MiniWobScenario(self.info.name, self.clock)

    def close(self) -> None:
        self._release()
        self._release = _nothing
        self._server = self._page = None

    async def start(self, session: Session, seed: int) -> Task:
        """Begin the episode of this seed; in the page if it is there already. Raises ``PageUnreachable``."""
        whole = _whole(session)
        goal = None
        if whole and not self.info.reload and session.tab.url.split("#")[0] == self.url:
            goal = await self._begin(session, seed, loading=False)
            whole = goal is not None
        if goal is None:
            if not whole:
                await session.fresh()
            await session.goto(self.url)
            goal = await self._begin(session, seed, loading=True)
        if goal is None:
            raise PageUnreachable(f"{self.id} loaded but did not start", "check that the miniwob package is whole")
        self._page, self._begun = session.page, True
        if self.info.category == "flight":
            goal = f"Search for this flight: {goal}"
        return Task(self.id, goal, self.url, seed, self.max_steps)

    async def _begin(self, session: Session, seed: int, loading: bool) -> str | None:
        """The goal, or None where the page is not fit to begin (elsewhere, stuck, stopped by a dialog)."""
        options = {
            "loading": loading, "url": self.url, "seed": seed, "clock": self.clock, "never": NEVER_MS,
            "patience": START_TIMEOUT * 1000,
        }  # fmt: skip
        self._timer = 0
        if not await _click_beside(session, *self.viewport):
            return None
        try:
            goal = await session.evaluate(f"{_BEGIN}({json.dumps(options)})", timeout=START_TIMEOUT + 1)
        except ActionTimedOut:
            return None
        except (BrowserGone, ValueError) as error:
            if not loading:
                return None  # a navigation that the last episode began, or a page that it broke
            if isinstance(error, BrowserGone):
                raise
            raise PageUnreachable(f"{self.id} failed to start: {error}") from None
        return None if goal is None else str(goal)

    async def rest(self, session: Session) -> None:
        if not self.info.late:
            return
        try:
            self._timer = int(await session.evaluate(f"{_REST}({self._timer})"))
        except (ActionTimedOut, BrowserGone, ValueError):
            return  # a dialog, a navigation on its way, a frame that shows another site

    async def judge(self, session: Session, action: Action | None) -> Verdict:
        """What the page itself says. An episode whose page was left is over: it cannot be taken up again."""
        if self._begun:  # nothing has been done yet
            self._begun = False
            return RUNNING
        if self._page is not None and session.page is not self._page:
            return LEFT if self._page.is_closed() else RUNNING  # another tab is in front; this one may come back
        try:
            state = await session.evaluate(_STATE)
        except (ActionTimedOut, BrowserGone):
            return RUNNING  # a dialog or a navigation on its way; the next step tells
        if state is None:
            return LEFT
        done, raw, reason, timed = state
        if not done:
            return RUNNING if timed else LEFT
        reward = float(raw) if isinstance(raw, (int, float)) else 0.0  # bisect-angle divides by 0 on a degenerate click
        top = reward >= self.info.max_reward - 1e-9
        return Verdict(reward, True, top, reward > 0, {"raw_reward": reward, "reason": reason or ""})


RUNNING = Verdict(info={"raw_reward": 0.0, "reason": ""})
LEFT = Verdict(done=True, info={"raw_reward": 0.0, "reason": "left the task's page"})


def _nothing() -> None:
    """What there is to release before the server was asked for."""


async def _click_beside(session: Session, width: int, height: int) -> bool:
    """Click on the empty corner of the window, as a person might; False if the page does not answer.

    It takes the pointer out of what is drawn next, and the browser forgets what was pressed last (arrow keys would
    scroll that) and where Tab went on from. Without a move, which would wait for the page's next frame.
    """
    press, release = click(width - 1, height - 1)[1:]
    try:
        async with asyncio.timeout(CLICK_TIMEOUT):
            sent = [session.tab.cdp.send(*message) for message in (press, release)]
            return not any(isinstance(a, Exception) for a in await asyncio.gather(*sent, return_exceptions=True))
    except TimeoutError:
        return False


def _whole(session: Session) -> bool:
    """One tab that answers: what a fresh session has, too."""
    return len(session.tabs) == 1 and session.tab.dialog is None and not session.tab.crashed

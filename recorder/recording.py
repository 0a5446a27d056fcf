"""One recording: what is heard in the page's frames becomes the steps of an episode, one after the other.

    with Store(out, url, goal) as store:
        recording = Recording(plan, store, masking, say)
        browser.call(recording.run(browser.native))

The tree of a step was read in the very handler of its event, before the page heard of it; between events the page is
looked at whenever it changed, so that frames of other processes, closed shadow roots and listeners are known.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from webagent.envs import stuck
from webagent.envs.dialogs import CANCEL, FIELD, OK, dialog_tree
from webagent.envs.errors import ActionTimedOut, BrowserGone
from webagent.envs.screen import Cast
from webagent.envs.session import Options, Session
from webagent.envs.tab import DialogOpened, Reading, Tab
from webagent.envs.types import Action, ActionTree, Element, Observation

from .acts import Unrecordable, actions_of
from .aim import meant, tree_before
from .film import Film
from .heard import Ears, Heard, quietly
from .masking import Masking
from .plan import Plan
from .signs import found_by
from .store import Store
from .toolbar import Toolbar
from .travel import Then, Travels, tabs_at
from .uploads import keep_files

if TYPE_CHECKING:
    from playwright.async_api import Browser

PAUSE = 0.06  # s of quiet after which the page is looked at again
DOUBLE = 0.5  # s between the clicks of a double click
LOOK_LIMIT = 6.0
REST = 25.0  # times as long as a look took, the page is left alone behind it; unless a step waits for its outcome
ACTS = frozenset({"click", "drag", "hover", "scroll", "type", "select", "upload", "press"})
VIDEO = "screen.webm"


class Recording:
    """``problems``: one line for everything that could not be recorded, told as it happens."""

    def __init__(self, plan: Plan, store: Store, masking: Masking, say: Callable[[str], None]) -> None:
        self.plan = plan
        self.store = store
        self.masking = masking
        self.say = say
        self.problems: list[str] = []
        self.stopped = ""
        self.ready = False  # to hear
        self.film = Film(store.folder / VIDEO if plan.video else None, plan.viewport, lambda: masking.guarded)
        self._toolbar = Toolbar(self._control)
        self._queue: asyncio.Queue[Heard | None] = asyncio.Queue()
        self._session: Session | None = None
        self._seen: dict[Tab, Reading] = {}
        self._travels = Travels()
        self._held: Heard | None = None  # a click that may become a double click
        self._due = True  # a look
        self._free = 0.0  # when the page may be looked at again, on time.monotonic's clock
        self._paused = False
        self._marked = False
        self._unsettled = False  # the last step's outcome is not known yet

    @property
    def session(self) -> Session:
        assert self._session is not None
        return self._session

    # ---- the whole --------------------------------------------------------------------------------------------------

    async def run(self, native: Browser) -> None:
        """Record until stopped. Raises ``PageUnreachable``, ``BrowserGone``; what was recorded stays."""
        ears = Ears(self._queue.put_nowait, self.plan.hidden)
        cast = Cast(self.plan.viewport, on_frame=self.film.take)
        options = Options(
            viewport=self.plan.viewport, screen=True, cast=cast, on_channel=ears.listen,
            downloads=self.store.folder / "downloads", schemes=("file",),
        )  # fmt: skip
        self._session = await Session.open(native, options)
        try:
            if self.plan.toolbar:
                await self._toolbar.open(native, self.plan.goal)
            await self.session.goto(self.plan.url)
            await self._look()
            await self._travels.begin(self.session.tab)
            await self.session.page.bring_to_front()
            self.say(f"recording {self.plan.url}; stop with the toolbar, by closing the window or with Ctrl-C")
            self.ready = True
            await self._listen()
        finally:
            await self._toolbar.close()
            await self._session.close()

    def stop(self, why: str = "stopped") -> None:
        """End the recording as soon as what was heard is written; on the browser's loop."""
        self.stopped = self.stopped or why
        self._queue.put_nowait(None)

    def _control(self, name: str, value: Any) -> None:
        if name == "goal":
            self.store.goal = str(value).strip()
        elif name == "pause":
            self._paused = bool(value)
        elif name == "mark":
            self._marked = True
            self.store.note(mark=len(self.store.steps))
        elif name == "redact":
            for world in list(self.session.tab.worlds.values()):
                stuck.aside(quietly(world.run("redactNext()")))
        elif name == "stop":
            self.stop()

    async def _listen(self) -> None:
        while True:
            try:
                wait = PAUSE if self._due or self._held or self.store.behind else None
                heard = await asyncio.wait_for(self._queue.get(), wait)
            except TimeoutError:
                await self._rest()
                continue
            if heard is None:
                break
            await self._take(heard)
            if not self.session.tabs:
                self.stopped = self.stopped or "the window was closed"
                break
        await self._end()

    async def _end(self) -> None:
        """Let the pages tell what they still hold back, write it, and look once more."""
        for tab in self.session.tabs:
            for world in list(tab.worlds.values()):
                await quietly(world.run("finish?.()", timeout=1.0))
        await asyncio.sleep(0)
        while not self._queue.empty():
            heard = self._queue.get_nowait()
            if heard is not None:
                await self._take(heard)
        await self._release()
        await self._look()

    async def _rest(self) -> None:
        if self._held is not None and time.time() - self._held.at > DOUBLE:
            await self._release()
        self.store.catch_up()
        if self._due and (self._unsettled or time.monotonic() > self._free):
            began = time.monotonic()
            await self._look()
            self._free = time.monotonic() + REST * (time.monotonic() - began)

    # ---- seeing -----------------------------------------------------------------------------------------------------

    async def _look(self) -> None:
        """Read the front tab, and tell what came of the last step."""
        self._due = False
        if not self.session.tabs or not self.session.alive:
            return
        tab = self.session.tab
        if tab.url.startswith("chrome"):
            self._seen[tab] = Reading(ActionTree(viewport=self.plan.viewport), "", tab.url, "frame", {"tree": 0.0})
            return
        try:
            async with asyncio.timeout(LOOK_LIMIT):
                if tab.dialog is not None:
                    reading = dialog_tree(tab, self.plan.viewport)
                else:
                    reading = await tab.observe("frame", self.session.options.budget, 250)
        except (BrowserGone, ActionTimedOut, DialogOpened, TimeoutError):
            return  # it navigates, or is stuck; what changes is heard
        self._seen[tab] = reading
        await self._show(tab)
        if self._unsettled:
            self._unsettled = False
            self.store.note(outcome=len(self.store.steps) - 1, url=self.masking.text(reading.url),
                            title=self.masking.text(reading.title), tabs=len(self.session.tabs))  # fmt: skip
        self.store.final = self._observation(tab, reading.tree, Then())

    async def _show(self, tab: Tab) -> None:
        if self.session.screen is not None:
            await self.session.screen.follow(tab.cdp)

    def _observation(self, tab: Tab, tree: ActionTree, then: Then) -> Observation:
        seen = self._seen.get(tab)
        url, title = (then.url, then.title) if then.url else (seen.url, seen.title) if seen else (tab.url, "")
        tabs = tabs_at(self.session, self._travels.opened, tab, then)
        made = Observation(goal=self.store.goal, url=url, title=title, tabs=tabs, tree=tree, step=len(self.store.steps))
        return self.masking.observation(made)

    # ---- hearing ----------------------------------------------------------------------------------------------------

    async def _take(self, heard: Heard) -> None:
        if heard.kind in ACTS:
            await self._act(heard)
        elif heard.kind == "dialog":
            await self._answered(heard)
        elif heard.kind == "navigated":
            await self._travelled(heard)
        elif heard.kind in ("opened", "closed"):
            await self._counted(heard)
        elif heard.kind == "browsing":
            self._travels.touched.pop(heard.tab, None)  # where the tab goes next is the person's doing
        elif heard.kind == "secret":
            self.masking.guarded = True
        elif heard.kind == "unheard":
            self._trouble(heard.data["what"])
        elif heard.kind == "crashed":
            self._trouble("the page crashed; go elsewhere or stop")
        self._due = True

    def _trouble(self, line: str) -> None:
        self.problems.append(line)
        self.say(f"NOT RECORDED: {line}")
        self.store.note(problem=line, step=len(self.store.steps))

    async def _act(self, heard: Heard) -> None:
        recent = self._travels.by_page(heard.tab, heard.at)
        if self._paused or (heard.kind == "hover" and recent):
            return
        self._travels.touched[heard.tab] = heard.at
        held, self._held = self._held, None
        if held is not None and not self._is_second(held, heard):
            await self._write(held)
        if heard.kind == "click" and heard.data["count"] > 2:
            return self._trouble(f"click number {heard.data['count']} in a row on the same place")
        if heard.kind == "click" and heard.data["count"] == 1 and heard.data["keys"] == ["left"]:
            self._held = heard
            return
        if held is not None and self._is_second(held, heard):
            heard = held._replace(data={**held.data, "count": 2})
        await self._write(heard)

    @staticmethod
    def _is_second(first: Heard, second: Heard) -> bool:
        return second.kind == "click" and second.data["count"] == 2 and first.tab is second.tab

    async def _release(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            await self._write(held)

    # ---- writing ----------------------------------------------------------------------------------------------------

    async def _write(self, heard: Heard) -> None:
        """Make the steps of one message."""
        tab = heard.tab
        await self._switch(tab, heard.at)
        world = tab.worlds.get(heard.frame)
        if world is None:
            await self._look()
            world = tab.worlds.get(heard.frame)
        if world is None:
            return self._trouble(f"{heard.kind} in a frame of {tab.url} that cannot be read")
        last = self._seen[tab].tree if tab in self._seen else ActionTree(viewport=self.plan.viewport)
        owner: Element | None = None
        origin = (0.0, 0.0, 1.0)
        if world.parent is not None:
            owner = last.by_ref.get(f"{world.parent.prefix}e{world.origin_ref}")
            with contextlib.suppress(BrowserGone, ActionTimedOut):
                origin = await world.origin()
        tree = tree_before(heard.data["tree"], last, world.prefix, origin, owner)
        data = _lifted(heard.data, origin)
        try:
            if heard.kind == "type" and data["secret"]:
                data = self._hidden(data, tree, world.prefix)
            actions = actions_of(heard.kind, data, tree, world.prefix, owner.ref if owner else "")
        except Unrecordable as error:
            return self._trouble(str(error))
        if data.get("sealed"):
            self._trouble(f"what lies inside <{data['tag']}>: its shadow root could not be opened")
        if heard.kind == "upload":
            kept = await keep_files(world, data["chain"], self.store.folder)
            if not kept:
                self._trouble(f"the contents of {', '.join(data['files'])}: only the names are known")
        signs = await found_by(data, actions, world)
        outer = heard.data if world.parent is None else {}
        then = Then(heard.at, outer.get("url", ""), outer.get("title", ""))
        for action in actions:
            self._step(tab, tree, action, then, signs)

    def _hidden(self, data: dict[str, Any], tree: ActionTree, prefix: str) -> dict[str, Any]:
        field = meant(tree, prefix, data["chain"])
        if field is None:
            raise Unrecordable(f"a secret typed into <{data['tag']}>, which the tree of the page does not list")
        return {**data, "text": data["text"] and self.masking.placeholder(field, data["text"])}

    def _step(self, tab: Tab, tree: ActionTree, action: Action, then: Then, signs: Any = None) -> None:
        seen, at = self._observation(tab, tree, then), then.at
        screen = self.masking.screen(self.film.before(at), seen)
        if self.masking.guarded:
            self.film.show(at, screen)
        notes: dict[str, Any] = {"at": round(at, 3), "video_frame": self.film.number(at)}
        notes |= self.masking.text(signs or {})
        if self._marked:
            notes["marked"], self._marked = True, False
        words = self.store.add(seen, self.masking.text(action), screen, notes)
        self._unsettled = self._due = True
        self.say(f"{len(self.store.steps)}. {words}")
        stuck.aside(self._toolbar.tell(f"{len(self.store.steps)}. {words}"))

    async def _switch(self, tab: Tab, at: float) -> None:
        """The person went to another tab: that is a step of its own."""
        if not self.session.tabs or tab not in self.session.tabs or tab is self.session.tab:
            return
        index = self.session.tabs.index(tab)
        old = self.session.tab
        if self._travels.opened.get(old, 0.0) > at:
            return  # it came of this very step
        if old in self._seen:
            self._step(old, self._seen[old].tree, Action("switch_tab", text=str(index)), Then(at))
        self.session.active = index
        await self._show(tab)

    # ---- what the browser itself did --------------------------------------------------------------------------------

    async def _travelled(self, heard: Heard) -> None:
        tab, place = heard.tab, await heard.data["place"]
        if place is None:
            if not tab.closed and not tab.crashed:
                self._trouble("how a tab came to another page: the browser does not tell")
            return
        actions = self._travels.went(tab, heard.at, place)
        if self._paused or (not self.store.steps and tab not in self._seen):
            return
        for action in actions:
            await self._release()
            await self._switch(tab, heard.at)
            tree = self._seen[tab].tree if tab in self._seen else ActionTree(viewport=self.plan.viewport)
            self._step(tab, tree, action, Then(heard.at))

    async def _answered(self, heard: Heard) -> None:
        """A person pressed a button of a JavaScript dialog."""
        tab, data = heard.tab, heard.data
        await self._release()
        dialog = tab.dialog
        if dialog is None:
            return  # a question on leaving, which is answered by itself
        reading = dialog_tree(tab, self.plan.viewport)
        tab.dialog, prompt = None, tab.prompt
        tab.prompt = None
        self._travels.touched[tab] = heard.at
        if self._paused:
            return
        typed = str(data.get("userInput") or "")
        if data["result"] and prompt is not None and typed != prompt:
            if prompt:
                self._step(tab, reading.tree, Action("clear", FIELD), Then(heard.at))
            self._step(tab, reading.tree, Action("type", FIELD, typed), Then(heard.at))
        self._step(tab, reading.tree, Action("click", OK if data["result"] else CANCEL), Then(heard.at))

    async def _counted(self, heard: Heard) -> None:
        """A tab came or went: by the page, or by the person's hand, which is a step."""
        at, tab = heard.at, heard.tab
        others = [t for t in self._travels.touched if self._travels.by_page(t, at)]
        before = next((t for t in self.session.tabs if t in self._seen and t is not tab), None)
        front = self.session.tab if self.session.tabs else None
        if heard.kind == "opened":
            self._travels.opened[tab] = at
            await self._release()
            if before is not None and not others and not self._paused:
                old = next(t for t in reversed(self._seen) if t is not tab)
                self._step(old, self._seen[old].tree, Action("new_tab"), Then(at))
                self._travels.begin_blank(tab)
        elif front is not None and tab in self._seen:
            await self._release()
            if not self._travels.by_page(tab, at) and not self._paused:
                self._step(tab, self._seen[tab].tree, Action("close_tab"), Then(at))
            self._seen.pop(tab, None)


def _lifted(data: dict[str, Any], origin: tuple[float, float, float]) -> dict[str, Any]:
    """The message with its places in the top viewport."""
    x, y, scale = origin
    places = {key: [x + scale * data[key][0], y + scale * data[key][1]] for key in ("xy", "end") if data.get(key)}
    return {**data, **places}

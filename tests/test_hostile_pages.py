"""Pages that mean harm: none hangs, crashes or corrupts the observation, and the browser goes on afterwards."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hostile_site import HOSTILE, KINDS, Do, Kind, Site, serve_hostile

from webagent.envs import loading, session, stuck, traffic
from webagent.envs.browser import Browser
from webagent.envs.errors import PageUnreachable
from webagent.envs.suites.task_file import WebScenario
from webagent.envs.types import Action, Element, Observation, from_json, to_json
from webagent.envs.web_env import WebEnv

pytestmark = pytest.mark.browser
LIMIT = 15.0
"""Seconds that one reset or step may take, whatever the page does, on a machine that does nothing else."""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serve_hostile() as site:
        yield site


class Visit:
    """One environment on one hostile page; every reset and step is timed and its observation looked through."""

    def __init__(self, kind: Kind, env: WebEnv) -> None:
        self.kind = kind
        self.env = env
        self.died = ""  # what had to be made anew

    @property
    def words(self) -> str:
        return " ".join(f"{e.name} {e.value}" for e in self.env.observation.tree.elements)

    def named(self, name: str) -> Element | None:
        return next((e for e in self.env.observation.tree.elements if e.name == name and e.actionable), None)

    def reset(self) -> None:
        self.died = ""
        self.check(in_time("reset", lambda: self.env.reset(seed=1))[0])

    def do(self, step: Do) -> str:
        """One step; a target that the page may have taken away is waited for instead. Returns ``last_error``."""
        op, name, text = step
        target = self.named(name) if name else None
        if name and target is None:
            assert name == "OK" or not self.kind.listed, f"{name!r} is not listed: {self.words[:300]}"
            op = "wait"
        action = Action(op, target.ref if target else None, text or None)  # type: ignore[arg-type]
        seen, _, terminated, truncated, info = in_time(str(action), lambda: self.env.step(action))
        self.check(seen)
        assert not terminated
        assert truncated == bool(info["recovered"]), info
        self.died = info["recovered"]
        return self.env.observation.last_error

    def check(self, seen: dict[str, Any]) -> None:
        """The observation is one that a space, a file and a reader can take."""
        observation = self.env.observation
        assert self.env.observation_space.contains(seen)
        text = json.dumps(to_json(observation), ensure_ascii=False, allow_nan=False).encode("utf-8")
        assert from_json(Observation, json.loads(text)) == observation
        assert len(text) < 3_000_000
        above: set[str | None] = {None}
        for e in observation.tree.elements:
            assert e.ref not in above, f"{e.ref} is there twice"
            assert e.parent in above, f"{e.ref} comes before its parent {e.parent}"
            assert all(map(math.isfinite, e.box))
            above.add(e.ref)

    def go_on(self, url: str) -> None:
        """Leave for an honest page in the same context, closing the tab first where a dialog holds it."""
        for _ in range(3):
            if self.env.observation.tree.by_ref.get("d1") is not None:
                self.do(("close_tab", "", ""))
        assert self.do(("goto", "", url)) == "" or self.died
        if not self.died:
            go = self.named("Go")
            assert go is not None and go.role == "button"
            assert self.do(("click", "Go", "")) == ""
            assert "pressed 1" in self.words


def in_time(what: str, call: Callable[[], Any]) -> Any:
    began = time.monotonic()
    answer = call()
    took = time.monotonic() - began
    crowd = os.getloadavg()[0] / (os.cpu_count() or 1) / 2  # a browser alone is about two tasks a core
    assert took < LIMIT * max(1.0, crowd), f"{what} took {took:.1f} s"
    return answer


def be_hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, seconds in (
        (session, "ACT_TIMEOUT", 2.5),
        (traffic, "NAVIGATION_LIMIT", 2.5),
        (traffic, "PARSE_LIMIT", 1.0),
        (loading, "PARSE_LIMIT", 1.0),
        (loading, "LEAVE_PATIENCE", 0.5),
        (stuck, "PING", 0.8),
    ):
        assert getattr(module, name) > seconds
        monkeypatch.setattr(module, name, seconds)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
def test_a_hostile_page_neither_hangs_nor_crashes_nor_corrupts(
    kind: Kind, site: Site, chromium: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind.hasty:
        be_hasty(monkeypatch)
    scenario = WebScenario(site.url + kind.path, "press Go", allow=(site.other,))
    with WebEnv(scenario, browser=chromium) as env:
        visit = Visit(kind, env)
        visit.reset()
        go = visit.named("Go")
        assert not kind.listed or (go is not None and go.role == "button")
        error = ""
        for step in kind.do:
            error = visit.do(step) if not visit.died else error
        if not visit.died:
            assert kind.see in visit.words, (error, env.observation.settled)
            assert kind.error is None or (error.startswith(kind.error) and bool(error) == bool(kind.error)), error
            if kind.honest(site):
                visit.go_on(kind.honest(site))
        assert kind.dies or not visit.died, env.observation.last_error
        if visit.died or not kind.honest(site):
            visit.reset()
            assert visit.named("Go")


def test_a_page_that_redirects_without_end_from_the_start_is_unreachable(site: Site, chromium: Browser) -> None:
    with WebEnv(WebScenario(site.url + "redirects.html", "g"), browser=chromium) as env:
        with pytest.raises(PageUnreachable, match="REDIRECTS"):
            in_time("reset", lambda: env.reset(seed=1))
        with pytest.raises(PageUnreachable, match="REDIRECTS"):
            in_time("reset", lambda: env.reset(seed=1))


def test_a_killed_renderer_ends_the_episode_and_nothing_else(site: Site, chromium: Browser) -> None:
    kind = next(k for k in KINDS if k.id == "memory-500mb")
    with WebEnv(WebScenario(site.url + "plain.html", "g"), browser=chromium) as env:
        visit = Visit(kind, env)
        visit.reset()
        held = env._stage.session
        assert held is not None
        killing = chromium.submit(held.tab.cdp.send("Page.crash"))
        visit.do(("wait", "", ""))
        assert visit.died == "page"
        assert killing.done() or killing.cancel() is not None
        visit.reset()
        assert visit.do(("click", "Go", "")) == ""
        assert "pressed 1" in visit.words


def test_the_catalogue_names_every_page_once() -> None:
    assert len(KINDS) >= 100
    assert len({k.id for k in KINDS}) == len(KINDS)
    pages = {k.path for k in KINDS}
    parts = {
        "plain.html",
        "plain.css",
        "leaves-top.html",
        "trap-worker.js",
        "deep-100k.html",
        "drawing.svg",
        "feed.xml",
    }
    assert {p.name for p in Path(HOSTILE).iterdir()} - parts == {p for p in pages if (HOSTILE / p).is_file()}

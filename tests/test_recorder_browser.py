"""Recording and replaying in a real browser; with a display of our own where Xvfb and xdotool are installed."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from hand import display, leaks, serving, show, told
from hand_doings import SECRETS

from webagent.datasets import read_episode
from webagent.envs import stuck
from webagent.envs.browser import Browser
from webagent.envs.types import to_json
from webagent.recorder.masking import Masking
from webagent.recorder.moments import moments
from webagent.recorder.plan import Plan
from webagent.recorder.recording import Recording
from webagent.recorder.replay import Replayed, Way, replay
from webagent.recorder.store import Store
from webagent.vault import Secrets

pytestmark = pytest.mark.browser
Doings = Callable[[Any], Coroutine[Any, Any, None]]
VALUES = {"PASSWORD": SECRETS[0], "INNER_SECRET": SECRETS[2]}


def recorded(chromium: Browser, out: Path, url: str, act: Doings) -> tuple[Path, Recording]:
    """What comes of ``act`` (on Playwright's page) when it is recorded without a window."""
    with Store(out, url, "") as store:
        recording = Recording(Plan(url, out, toolbar=False, video=False), store, Masking(Secrets), lambda _: None)
        native = chromium.call(chromium.connected())
        running = chromium.submit(recording.run(native))
        end = time.monotonic() + 30
        while not recording.ready and time.monotonic() < end and not running.done():
            time.sleep(0.05)

        async def doing() -> None:
            await act(recording.session.page)
            recording.stop()

        if not running.done():
            chromium.call(doing())
        running.result(30)
        store.finish(True, {}, b"")
    return store.folder, recording


def again(folder: Path, url: str, **changes: Any) -> Replayed:
    episode, _ = read_episode(folder)
    assert episode.task.start_url == url
    return replay(episode, folder, Way(patience=3.0, **changes), Secrets(VALUES).resolve, lambda _: None)


async def parts(page: Any) -> None:
    """Into closed roots and frames of another site, where the page changes under the hand."""
    await page.wait_for_timeout(800)
    for x, y in ((1070, 217), (250, 437), (570, 507), (570, 577)):
        await page.mouse.click(x, y)
        await page.wait_for_timeout(700)
    for x, y, text in ((410, 437, "deep"), (570, 97, SECRETS[0]), (880, 507, SECRETS[2])):
        await page.mouse.click(x, y)
        await page.keyboard.type(text)
        await page.wait_for_timeout(300)
    await page.mouse.click(30, 150)
    await page.wait_for_timeout(700)


def test_closed_roots_frames_and_secrets_are_recorded_and_done_again(chromium: Browser, tmp_path: Path) -> None:
    with serving() as (port, _):
        url = f"http://127.0.0.1:{port}/index.html"
        folder, recording = recorded(chromium, tmp_path / "shown", url, parts)
        assert recording.problems == []
        episode, screens = read_episode(folder)
        found = [told(to_json(step)) for step in episode.steps]
        assert found == [
            ("click", "Gone on press", None), ("click", "In closed root", None), ("click", "Button of other", None),
            ("click", "Button of deep", None), ("click", "Closed field", None), ("type", "Closed field", "deep"),
            ("click", "Password", None), ("type", "Password", "{{secret:PASSWORD}}"),
            ("click", "Inner secret", None), ("type", "Inner secret", "{{secret:INNER_SECRET}}"),
            ("click", "Weekly mail", None),
        ]  # fmt: skip
        assert all(screens[:-1]) and leaks(tmp_path) == []
        done = again(folder, url)
    assert (done.stopped, done.of, done.same) == ("", len(found), True), done


def test_a_replay_stops_where_the_element_is_gone(chromium: Browser, tmp_path: Path) -> None:
    async def press(page: Any) -> None:
        await page.mouse.click(90, 37)
        await page.wait_for_timeout(700)

    with serving() as (port, _):
        url = f"http://127.0.0.1:{port}/index.html"
        folder, _ = recorded(chromium, tmp_path / "shown", url, press)
        head = folder / "meta.json"
        head.write_text(head.read_text().replace("index.html", "next.html"))
        done = again(folder, url.replace("index", "next"))
    assert done.stopped == "step 1: no button 'Plain button' is there" and not done.same


def test_every_way_through_the_history_is_recorded(chromium: Browser, tmp_path: Path) -> None:
    """The browser is between two pages when a page tells that it shows: about one navigation in four."""

    async def wander(page: Any) -> None:
        ways = [lambda: page.go_back(wait_until="commit"), lambda: page.go_forward(wait_until="commit"), page.reload]
        for way in [lambda: page.goto(url.replace("next", "popup")), *ways * 4]:
            await way()
            await page.wait_for_timeout(200)

    with serving() as (port, _):
        url = f"http://127.0.0.1:{port}/next.html"
        folder, recording = recorded(chromium, tmp_path / "shown", url, wander)
        episode, _ = read_episode(folder)
    there = ("goto", url.replace("next", "popup"))
    found = [(step.action.op, step.action.text) for step in episode.steps]
    assert found == [there, *[("back", None), ("forward", None), there] * 4] and recording.problems == []


def test_a_step_belongs_to_the_page_that_it_was_done_on(chromium: Browser, tmp_path: Path) -> None:
    async def follow(page: Any) -> None:
        await page.mouse.click(190, 607)
        await page.wait_for_timeout(1500)
        await page.mouse.click(90, 37)
        await page.wait_for_timeout(700)

    with serving() as (port, _):
        folder, _ = recorded(chromium, tmp_path / "shown", f"http://127.0.0.1:{port}/index.html", follow)
    episode, _ = read_episode(folder)
    pages = [(Path(s.observation.url).name, s.observation.title, s.observation.tabs[0].title) for s in episode.steps]
    first, then = "Many kinds of doing", "The next page"
    assert pages == [("index.html", first, first), ("next.html", then, then)]
    told = moments(folder)
    assert [(m.words, m.second, m.page) for m in told] == [
        ("Follow 'Next page'.", None, then), ("Press 'Button of next'.", None, ""),
    ]  # fmt: skip


def test_a_closed_window_ends_the_recording(chromium: Browser, tmp_path: Path) -> None:
    async def leave(page: Any) -> None:
        await page.mouse.click(90, 37)
        await page.wait_for_timeout(700)
        await page.close()

    with serving() as (port, _):
        folder, recording = recorded(chromium, tmp_path / "shown", f"http://127.0.0.1:{port}/index.html", leave)
    assert recording.stopped in ("the window was closed", "stopped")
    assert [s.action.op for s in read_episode(folder)[0].steps] == ["click"]


def test_a_crashed_page_loses_nothing(chromium: Browser, tmp_path: Path) -> None:
    async def crash(page: Any) -> None:
        await page.mouse.click(90, 37)
        await page.wait_for_timeout(700)
        session = await page.context.new_cdp_session(page)
        stuck.aside(asyncio.wait({asyncio.ensure_future(session.send("Page.crash"))}, timeout=5.0))  # it never answers
        await asyncio.sleep(1.0)

    with serving() as (port, _):
        folder, recording = recorded(chromium, tmp_path / "shown", f"http://127.0.0.1:{port}/index.html", crash)
    assert recording.problems == ["the page crashed; go elsewhere or stop"]
    assert [s.action.op for s in read_episode(folder)[0].steps] == ["click"]


@pytest.mark.slow
@pytest.mark.skipif(not (shutil.which("Xvfb") and shutil.which("xdotool")), reason="needs Xvfb and xdotool")
def test_a_hand_at_a_real_mouse_is_recorded(tmp_path: Path) -> None:
    kinds = "click,right click,text,native list,foreign frame"
    with serving() as (port, where), display() as name:
        right = show(tmp_path / "shown", kinds, name, port, where)
    assert json.dumps(right) == json.dumps(dict.fromkeys(kinds.split(","), True))

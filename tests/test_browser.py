"""The browser works from everywhere and leaves nothing behind, however its owner ends."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from page_reader import read_page

from webagent.envs.browser import Browser
from webagent.envs.errors import BrowserGone, BrowserMissing, TimedOut
from webagent.envs.reaper import marked
from webagent.envs.suites.task_file import WebScenario
from webagent.envs.web_env import WebEnv

pytestmark = pytest.mark.browser


async def version(browser: Browser) -> str:
    assert browser.native is not None
    return browser.native.version


def test_one_browser_serves_many_threads(chromium: Browser) -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(chromium.call(version(chromium)))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert found == [chromium.version] * 8


def test_it_works_inside_a_running_event_loop() -> None:
    async def notebook() -> str:
        return read_page()

    assert asyncio.run(notebook()) == "Go"


def test_it_works_in_a_spawned_process() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply_async(read_page).get(timeout=60) == "Go"


def test_it_refuses_to_wait_for_itself_and_works_no_more_once_closed() -> None:
    with Browser() as browser:
        folder = browser.folder

        async def inside() -> None:
            browser.call(version(browser))

        with pytest.raises(BrowserGone, match="own thread"):
            browser.call(inside())
        with pytest.raises(TimedOut):
            browser.call(asyncio.sleep(5), timeout=0.1)
    browser.close()
    assert not os.path.exists(folder)
    assert marked(folder) == []
    with pytest.raises(BrowserGone, match="not running"):
        browser.call(version(browser))


def test_a_program_that_is_no_browser_is_named(tmp_path: Path) -> None:
    fake = tmp_path / "chromium"
    fake.write_text("#!/bin/sh\nexit 3\n")
    fake.chmod(0o755)
    before = set(os.listdir(tempfile.gettempdir()))
    with pytest.raises(BrowserMissing, match="does not start") as error, Browser(fake):
        pass
    assert "webagent doctor" in error.value.hint
    left = {n for n in set(os.listdir(tempfile.gettempdir())) - before if n.startswith(f"webagent-{os.getpid()}-")}
    assert left == set()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_when_the_owner_is_killed(how: signal.Signals) -> None:
    script = (
        "import sys, time\nfrom webagent.envs.browser import Browser\n"
        "b = Browser().start()\nprint(b.folder, flush=True)\ntime.sleep(60)\n"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert owner.stdout is not None
    folder = owner.stdout.readline().strip()
    assert marked(folder)
    owner.send_signal(how)
    owner.communicate(timeout=20)
    end = time.monotonic() + 10
    while time.monotonic() < end and (marked(folder) or os.path.exists(folder)):
        time.sleep(0.05)
    assert marked(folder) == []
    assert not os.path.exists(folder)


def test_an_environment_survives_the_death_of_its_browser(tmp_path: Path) -> None:
    (tmp_path / "p.html").write_text("<button>Go</button>", encoding="utf8")
    with WebEnv(WebScenario("p.html", "g", base=tmp_path)) as env:
        env.reset(seed=1)
        for pid in env._browser.pids():  # type: ignore[union-attr]
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.2)
        env.reset(seed=1)
        assert env.observation.tree.elements[0].name == "Go"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_start_puts_away_what_a_killed_owner_and_its_reaper_left() -> None:
    script = (
        "import os, signal, time\nfrom webagent.envs.browser import Browser\n"
        "b = Browser().start()\nprint(b.folder, flush=True)\nos.kill(b._reaper.pid, signal.SIGKILL)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    owner = subprocess.run(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False
    )
    folder = owner.stdout.strip()
    stranger = Path(tempfile.mkdtemp(prefix="webagent-1-"))
    assert os.path.exists(folder)
    with Browser() as browser:
        assert not os.path.exists(folder)
        assert marked(folder) == []
        assert os.path.exists(browser.folder)
    assert stranger.exists(), "a folder without our mark is not ours to remove"
    stranger.rmdir()

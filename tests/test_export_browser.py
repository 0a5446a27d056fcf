"""Round trips in a real browser: recorded, exported, and the script run by itself ends where the recording did."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hand import serving
from hand_doings import SECRETS
from test_recorder_browser import recorded

from webagent.datasets import read_episode
from webagent.datasets.writers import Source, writer
from webagent.envs.browser import Browser
from webagent.envs.chromium import find_browser

pytestmark = pytest.mark.browser


async def press(page: Any, *places: tuple[int, int]) -> None:
    for x, y in places:
        await page.mouse.click(x, y)
        await page.wait_for_timeout(600)


async def doings(page: Any) -> None:
    """Frames of both sorts, a closed root, secrets, choices, a dialog, a drag and a tab."""
    await page.wait_for_timeout(800)
    await press(page, (250, 437), (570, 577), (90, 507))
    for x, y, text in ((410, 437, "deep"), (570, 97, SECRETS[0]), (90, 97, "ada"), (890, 97, " still")):
        await page.mouse.click(x, y)
        await page.keyboard.press("End")
        await page.keyboard.type(text)
        await page.wait_for_timeout(300)
    await press(page, (30, 150))
    await page.mouse.move(720, 277)
    await page.mouse.down()
    await page.mouse.move(890, 277, steps=5)
    await page.mouse.up()
    await press(page, (60, 607))


def run(form: str, folder: Path, script: Path) -> subprocess.CompletedProcess[str]:
    make = writer(form).text
    assert make is not None
    script.write_text(make(Source.at(folder)), encoding="utf-8")
    how = ["-m", "pytest", "-q", "-p", "no:cacheprovider"] if form == "pytest" else []
    environment = {**os.environ, "PASSWORD": SECRETS[0], "WEBAGENT_BROWSER": str(find_browser())}
    return subprocess.run(
        [sys.executable, *how, str(script)],
        capture_output=True, text=True, timeout=120, env=environment, cwd=script.parent, check=False,
    )  # fmt: skip


def test_a_recording_runs_as_a_script_and_as_a_test(chromium: Browser, tmp_path: Path) -> None:
    with serving() as (port, _):
        url = f"http://127.0.0.1:{port}/index.html"
        folder, recording = recorded(chromium, tmp_path / "shown", url, doings)
        final = read_episode(folder)[0].final
        script = run("playwright", folder, tmp_path / "shown.py")
        test = run("pytest", folder, tmp_path / "shown_test.py")
    assert recording.problems == [] and final.title == "The popup page"
    assert (script.returncode, script.stdout.splitlines()) == (0, [final.url, final.title]), script.stderr
    assert test.returncode == 0, test.stdout
    written = (tmp_path / "shown.py").read_text()
    assert SECRETS[0] not in written and 'secret("PASSWORD")' in written


def test_a_script_without_its_secret_says_so(chromium: Browser, tmp_path: Path) -> None:
    async def type_it(page: Any) -> None:
        await page.mouse.click(570, 97)
        await page.keyboard.type(SECRETS[0])
        await page.wait_for_timeout(600)

    with serving() as (port, _):
        folder, _ = recorded(chromium, tmp_path / "shown", f"http://127.0.0.1:{port}/index.html", type_it)
        make = writer("playwright").text
        assert make is not None
        (tmp_path / "shown.py").write_text(make(Source.at(folder)), encoding="utf-8")
        environment = {**os.environ, "PASSWORD": "", "WEBAGENT_BROWSER": str(find_browser())}
        done = subprocess.run([sys.executable, str(tmp_path / "shown.py")], capture_output=True, text=True, timeout=60,
                              env=environment, check=False)  # fmt: skip
    assert done.returncode == 1
    found = "expected the environment variable PASSWORD, found none: it holds a secret that is typed here"
    assert done.stderr.strip() == found

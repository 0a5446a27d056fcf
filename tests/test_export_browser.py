"""Round trips in a real browser: recorded, exported, and the script run by itself ends where the recording did."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hand import serving
from hand_doings import SECRETS
from playwright.sync_api import sync_playwright
from test_recorder_browser import recorded

from webagent.datasets import read_episode
from webagent.datasets.writers import Source, writer
from webagent.datasets.writers.locators import locator
from webagent.envs.browser import Browser
from webagent.envs.chromium import find_browser
from webagent.envs.tree import elements_of
from webagent.envs.types import ActionTree
from webagent.recorder.heard import script

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


def run(form: str, folder: Path, file: Path) -> subprocess.CompletedProcess[str]:
    make = writer(form).text
    assert make is not None
    file.write_text(make(Source.at(folder)), encoding="utf-8")
    how = ["-m", "pytest", "-q", "-p", "no:cacheprovider"] if form == "pytest" else []
    environment = {**os.environ, "PASSWORD": SECRETS[0], "WEBAGENT_BROWSER": str(find_browser())}
    return subprocess.run(
        [sys.executable, *how, str(file)],
        capture_output=True, text=True, timeout=120, env=environment, cwd=file.parent, check=False,
    )  # fmt: skip


def test_a_recording_runs_as_a_script_and_as_a_test(chromium: Browser, tmp_path: Path) -> None:
    with serving() as (port, _):
        url = f"http://127.0.0.1:{port}/index.html"
        folder, recording = recorded(chromium, tmp_path / "shown", url, doings)
        final = read_episode(folder)[0].final
        as_script = run("playwright", folder, tmp_path / "shown.py")
        as_test = run("pytest", folder, tmp_path / "shown_test.py")
    assert recording.problems == [] and final.title == "The popup page"
    assert (as_script.returncode, as_script.stdout.splitlines()) == (0, [final.url, final.title]), as_script.stderr
    assert as_test.returncode == 0, as_test.stdout
    written = (tmp_path / "shown.py").read_text()
    assert SECRETS[0] not in written and 'secret("PASSWORD")' in written


AWKWARD = Path(__file__).parent / "pages" / "awkward"
HARD = ("01-labels", "03-tables", "11-styled-inputs", "14-svg", "19-shadow-open", "25-hidden", "27-unicode")
STILL = sorted(path.stem for path in AWKWARD.glob("*.html") if path.stem != "29-late")  # that one changes meanwhile
SAME = """(el, id) => {
    const node = (globalThis.webagent ?? parent.webagent ?? top.webagent).nodeOf(id);
    const own = node.nodeType === 1 ? node : node.parentElement;
    return el === own || own.contains(el) || el.control === own;
}"""


def found(page: Any, tree: ActionTree, signed: bool) -> Counter[str]:
    """What comes of the locators of all elements that can be used: right, wrong, none or by place."""
    told: Counter[str] = Counter()
    for e in tree.elements:
        if not e.actionable or not e.has("visible") or e.role == "iframe":
            continue
        number = int(e.ref[1:])
        asked = f"webagent.signsFor([{number}], {{rows: [[{number}]]}})[{number}]"
        place = locator("page", e, tree, page.evaluate(asked) if signed else None)
        if place.at:
            told["place"] += 1
            continue
        it = eval(place.code, {"page": page})  # noqa: S307 (our own code, which is what is tested)
        count = it.count()
        right = count == 1 and it.evaluate(SAME, number)
        told["right" if right else "wrong" if count else "none"] += 1
    return told


@pytest.mark.parametrize("names", [HARD, pytest.param(STILL, marks=pytest.mark.slow)], ids=["hard", "all"])
def test_locators_find_what_was_meant_or_nothing(names: Sequence[str]) -> None:
    signed, bare = Counter[str](), Counter[str]()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser())
        page = browser.new_page()
        page.add_init_script("globalThis.webagentTell = () => {}")
        for name in names:
            page.goto((AWKWARD / f"{name}.html").as_uri())
            page.evaluate(script())
            raw = page.evaluate("webagent.readNow(400)")
            tree = ActionTree(tuple(elements_of(raw["rows"], "", (0.0, 0.0, 1.0), None)), viewport=(1280, 720))
            signed += found(page, tree, True)
            bare += found(page, tree, False)
        browser.close()
    assert set(signed) == {"right"} and signed["right"] > 80, signed
    assert not bare["wrong"] and bare["right"] > 0.5 * bare.total(), bare
    print(json.dumps({"with signs": signed, "by the tree alone": bare}))


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

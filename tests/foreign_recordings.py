"""Small recordings of other tools, as these write them, for the tests of their readers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

CODEGEN = """import os
import re
from playwright.sync_api import Playwright, sync_playwright, expect

BASE = "http://localhost:8000"


def run(playwright: Playwright) -> None:
    browser = playwright.chromium.launch(headless=False)
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{BASE}/")
    page.get_by_role("textbox", name="User name").click()
    page.get_by_role("textbox", name="User name").fill("ada")
    page.get_by_label("Password").fill(os.environ["PASSWORD"])
    page.get_by_role("checkbox", name="Weekly mail").check()
    page.get_by_label("Country").select_option("CL")
    page.get_by_test_id("photo").set_input_files(["a.txt", "b.txt"])
    page.locator("#cart").content_frame.get_by_text("Buy").click(button="right", modifiers=["Control"])
    page.once("dialog", lambda dialog: dialog.accept("Ada"))
    page.get_by_role("button", name="Sign in").click()
    with page.expect_popup() as page1_info:
        page.get_by_role("link", name=re.compile("Terms")).click()
    page1 = page1_info.value
    page1.get_by_text("Agree").dblclick()
    page1.close()
    page.keyboard.press("Control+k")
    page.mouse.wheel(0, 100)
    page.get_by_label("Day").fill(today())
    expect(page.get_by_role("heading")).to_have_text("Hello")

    # ---------------------
    context.close()
    browser.close()


with sync_playwright() as playwright:
    run(playwright)
"""
ASYNC = """async def test_it(page):
    await page.goto("http://localhost:8000/")
    await page.click("#go")
    await page.frame_locator("#cart").get_by_placeholder("Search").press("Enter")
    await page.locator("#a").drag_to(page.locator("#b"))


async def test_many(page):
    for name in ("a", "b"):
        await page.get_by_text(name).click()
"""
SAVE: dict[str, Any] = {"type": "click", "target": "main", "selectors": [['aria/Save[role="button"]'], ["#save"]]}
DEVTOOLS: dict[str, Any] = {
    "title": "Order",
    "steps": [
        {"type": "setViewport", "width": 800, "height": 600, "deviceScaleFactor": 1},
        {"type": "navigate", "url": "http://localhost:8000/", "assertedEvents": []},
        {"type": "click", "selectors": [["aria/Name"], ["my-form", "#name"]], "offsetX": 3, "offsetY": 4},
        {"type": "change", "value": "ada", "selectors": [["aria/Name"]], "target": "main"},
        {"type": "keyDown", "key": "Control"}, {"type": "keyDown", "key": "a"}, {"type": "keyUp", "key": "a"},
        {"type": "keyUp", "key": "Control"},
        {**SAVE, "button": "secondary", "frame": [0, 1]},
        {**SAVE, "type": "doubleClick", "target": "http://localhost:8000/other"},
        {"type": "scroll", "x": 0, "y": 300}, {"type": "scroll", "x": 0, "y": 100},
        {"type": "waitForElement", "selectors": ["#done"]},
        {"type": "waitForExpression", "expression": "true"},
    ],
}  # fmt: skip


def side(*commands: tuple[str, str, str] | tuple[str, str, str, dict[str, Any]], name: str = "one") -> dict[str, Any]:
    rows = [{"command": c[0], "target": c[1], "value": c[2], **(c[3] if len(c) > 3 else {})} for c in commands]
    return {"name": name, "commands": rows}


SIDE = {
    "url": "http://localhost:8000/",
    "tests": [
        side(
            ("setWindowSize", "800x600", ""), ("open", "/form.html", ""), ("store", "ada", "who"),
            ("type", "id=name", "${who}", {"targets": [["id=name", "id"], ["css=#name", "css:finder"]]}),
            ("sendKeys", "id=name", "x${KEY_ENTER}"), ("select", "id=land", "label=Chile"), ("check", "id=mail", ""),
            ("selectFrame", "index=0", ""),
            ("click", "linkText=More", "", {"opensWindow": True, "windowHandleName": "w"}),
            ("storeWindowHandle", "root", ""), ("selectWindow", "handle=${w}", ""), ("mouseOver", "css=b", ""),
            ("selectWindow", "handle=${root}", ""), ("answerPrompt", "Ada", ""), ("assertText", "id=told", "Hello"),
            ("executeScript", "return 1", "n"), ("type", "id=name", "${n}"), ("//click", "id=x", ""),
        ),
        side(("open", "/", ""), ("if", "true", ""), ("click", "id=a", ""), ("end", "", ""), name="branches"),
        side(("open", "/", ""), ("assertTitle", "Home", ""), name="only looks"),
    ],
}  # fmt: skip


def codegen(folder: Path) -> Path:
    """Two usable functions; refused: a value that is not plain, and a function that repeats."""
    (folder / "in").mkdir()
    (folder / "in" / "a.py").write_text(CODEGEN, encoding="utf-8")
    (folder / "in" / "b.py").write_text(ASYNC, encoding="utf-8")
    return folder / "in"


def devtools(folder: Path) -> Path:
    """One usable recording; refused: what waits for JavaScript, a recording without a doing, one with a broken step."""
    (folder / "in").mkdir()
    bad = [{"title": "b", "steps": []}, {"title": "c", "steps": [{"type": "navigate"}]}]
    for name, data in zip("abc", [DEVTOOLS, *bad], strict=True):
        (folder / "in" / f"{name}.json").write_text(json.dumps(data), encoding="utf-8")
    return folder / "in"


def selenium(folder: Path) -> Path:
    """One usable test with three commands that are not; refused too: one that branches, one that does nothing."""
    (folder / "in.side").write_text(json.dumps(SIDE), encoding="utf-8")
    return folder / "in.side"

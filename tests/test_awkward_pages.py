"""Proves the awkward pages and their manifest by Playwright alone, so that whoever fails them later cannot blame them.

For each control: its check is false before and true after it was operated. For each absent name: nothing that a mouse
does at its place reaches it. How the manifest is read is told in ``tests/pages/README.md``.
"""

from __future__ import annotations

import collections
import json
from collections.abc import Iterator
from typing import Any

import pytest
from awkward_site import AWKWARD, BIG, names, read_manifest, serve_awkward
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Locator, Page, sync_playwright

from webagent.envs import chromium
from webagent.envs.errors import BadAction
from webagent.envs.types import OPS, STATES, Action

MANIFEST = read_manifest()
FIELDS = {
    "role", "name", "operate", "check", "context", "states", "hint", "shape", "late_ms", "before", "frames", "selector",
    "at",
}  # fmt: skip
TIMEOUT_MS = 3000
EVENTS_MS = 1000
"""How long a check may take to come true after its operation (messages between frames, animations)."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with serve_awkward() as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find_browser(), args=chromium.launch_args())
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    context.set_default_timeout(TIMEOUT_MS)
    yield context
    context.close()


def locate(page: Page, control: dict[str, Any]) -> Locator:
    where: Page | FrameLocator = page
    for frame in control.get("frames", ()):
        where = where.frame_locator(frame)
    return where.locator(control["selector"]).first


def find(page_entry: dict[str, Any], name: str) -> dict[str, Any]:
    return next(c for c in page_entry["controls"] if name in names(c) and "operate" in c)


def operate(page: Page, page_entry: dict[str, Any], control: dict[str, Any]) -> None:
    op, text, point = (control["operate"].get(key) for key in ("op", "text", "point"))
    target = locate(page, control)
    at = control.get("at") or (point if point and op != "drag" else None)
    if op in ("click", "dblclick"):
        click(page, target, at, 2 if op == "dblclick" else 1)
    elif op == "type":
        typed(page, target, at, text)
    elif op == "clear":
        target.fill("")
    elif op == "select":
        target.select_option(label=text)
    elif op == "press":
        target.press(text)
    elif op == "hover":
        target.hover()
    elif op == "scroll":
        target.hover()
        page.mouse.wheel(0, 200)
    elif op == "upload":
        with page.expect_file_chooser() as chooser:
            target.click()
        chooser.value.set_files(AWKWARD / text)
    elif point:
        x0, y0 = place(target, point[:2])
        drag(page, (x0, y0), place(target, point[2:]))
    else:
        goal = locate(page, next(c for c in page_entry["controls"] if text in names(c)))
        drag(page, place(target, (0.5, 0.5)), place(goal, (0.5, 0.6)))


def click(page: Page, target: Locator, at: list[float] | None, count: int) -> None:
    if at is None:
        target.click(click_count=count)
    else:
        target.scroll_into_view_if_needed()
        page.mouse.click(*place(target, at), click_count=count)


def typed(page: Page, target: Locator, at: list[float] | None, text: str) -> None:
    if at is None:
        target.fill(text)
    else:
        page.mouse.click(*place(target, at))
        page.keyboard.insert_text(text)


def place(target: Locator, at: tuple[float, ...] | list[float]) -> tuple[float, float]:
    box = target.bounding_box()
    assert box is not None
    return box["x"] + at[0] * box["width"], box["y"] + at[1] * box["height"]


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + 6, start[1] + 4)
    page.mouse.move(*end, steps=4)
    page.mouse.up()


def holds(page: Page, check: str) -> bool:
    return bool(page.evaluate(check))


def comes_true(page: Page, check: str) -> bool:
    for _ in range(EVENTS_MS // 50):
        if holds(page, check):
            return True
        page.wait_for_timeout(50)
    return False


def fault(page: Page, page_entry: dict[str, Any], control: dict[str, Any]) -> str:
    """What is wrong with this control on a freshly loaded page, or nothing."""
    page.wait_for_timeout(control.get("late_ms", 0))
    for step in control.get("before", ()):
        if isinstance(step, str):
            operate(page, page_entry, find(page_entry, step))
        else:
            page.mouse.wheel(0, 600)
            page.wait_for_timeout(150)
    if "operate" not in control:
        return "" if locate(page, control).is_visible() else "is not to be seen"
    if "check" not in control:
        return "has no check"
    if holds(page, control["check"]):
        return "its check holds before anything was done"
    operate(page, page_entry, control)
    return "" if comes_true(page, control["check"]) else "its check is false after it was operated"


def test_the_manifest_is_well_formed() -> None:
    files = sorted(path.name for path in AWKWARD.glob("*.html"))
    assert [entry["page"] for entry in MANIFEST] == files
    assert len(files) == 30
    for entry in MANIFEST:
        seen = collections.Counter(
            json.dumps([c["name"], c.get("context"), c.get("operate")]) for c in entry["controls"]
        )
        assert max(seen.values()) == 1, (entry["page"], seen.most_common(1))
        for control in entry["controls"]:
            assert set(control) <= FIELDS, control
            assert set(control.get("states", ())) <= set(STATES)
            assert all(names(control)) and control["role"]
            as_action(control, entry)


def as_action(control: dict[str, Any], entry: dict[str, Any]) -> None:
    given = control.get("operate")
    if given is None:
        return
    assert given["op"] in OPS
    try:
        Action(target="e1", **given)
    except BadAction as error:
        pytest.fail(f"{entry['page']}: {control['name']}: {error}")
    for step in control.get("before", ()):
        assert isinstance(step, dict) or find(entry, step)
    if given["op"] == "upload":
        assert (AWKWARD / given["text"]).is_file()


@pytest.mark.browser
@pytest.mark.parametrize("entry", MANIFEST, ids=lambda entry: entry["page"].removesuffix(".html"))
def test_every_control_does_what_its_check_says(entry: dict[str, Any], site: str, context: BrowserContext) -> None:
    faults = []
    page = context.new_page()
    page.on("dialog", lambda dialog: dialog.accept())
    for control in entry["controls"]:
        page.mouse.move(0, 0)
        page.goto(site + entry["page"])
        wrong = fault(page, entry, control)
        if wrong:
            faults.append(f"{control['name']}: {wrong}")
        for opened in context.pages[1:]:
            opened.close()
    assert faults == []


REACHES = """name => {
  const says = e => e.matches('button, a, input, p, img, label') &&
    [e.textContent, e.alt, e.labels?.[0]?.textContent].some(t => (t || '').trim().startsWith(name));
  const reached = [];
  const look = root => root.querySelectorAll('*').forEach(e => {
    if (e.shadowRoot) look(e.shadowRoot);
    if (!says(e)) return;
    const {x, y, width, height} = e.getBoundingClientRect();
    const hit = width * height ? document.elementFromPoint(x + width / 2, y + height / 2) : null;
    if (hit && e.contains(hit)) reached.push(e.outerHTML.slice(0, 80));
  });
  look(document);
  return reached;
}"""


@pytest.mark.browser
@pytest.mark.parametrize(
    "entry", [e for e in MANIFEST if e["absent"]], ids=lambda entry: entry["page"].removesuffix(".html")
)
def test_what_is_absent_cannot_be_clicked(entry: dict[str, Any], site: str, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(site + entry["page"])
    for absent in entry["absent"]:
        reached = page.evaluate(REACHES, absent["name"])
        if absent["name"] in ("Nothing happens here.", "Just a picture"):
            assert len(reached) == 1, "a bystander is to be seen, but a click on it does nothing"
            before = page.evaluate("JSON.stringify(done)")
            page.get_by_text(absent["name"]).or_(page.get_by_alt_text(absent["name"])).click()
            assert page.evaluate("JSON.stringify(done)") == before
        else:
            assert reached == [], (absent["name"], reached)


@pytest.mark.browser
@pytest.mark.parametrize("nodes", [3000, 50000])
def test_the_big_page_has_the_size_it_was_asked_for_and_is_the_same_each_time(
    nodes: int, context: BrowserContext
) -> None:
    page = context.new_page()
    bodies = set()
    for _ in range(2):
        page.goto(BIG.as_uri() + f"?nodes={nodes}", timeout=30_000)
        assert page.evaluate("document.querySelectorAll('*').length") == nodes
        bodies.add(page.evaluate("document.body.innerHTML"))
    assert len(bodies) == 1
    assert page.locator("a, button, input, select").count() > nodes / 20

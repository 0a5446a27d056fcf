"""MiniWoB++: the catalogue against the package, and every page against itself: reset inside the page, and loaded anew.

What is compared is what a person sees: rendered text, boxes, colours, values, ticks, focus, scroll positions and, for
a few tasks, the pixels; never class names, which jQuery UI leaves in another order.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest

from webagent.envs.allowlist import AllowList
from webagent.envs.browser import Browser
from webagent.envs.errors import UnknownName
from webagent.envs.images import decode
from webagent.envs.scenario import Verdict
from webagent.envs.session import Options, Session
from webagent.envs.suites import miniwob
from webagent.envs.suites.miniwob import MiniWobScenario, task_info, task_names
from webagent.envs.types import Action, ActionTree

RESTLESS = tuple(name for name in task_names() if not task_info(name).deterministic)
STEADY = tuple(name for name in task_names() if name not in RESTLESS)
PIXELS = (
    "click-checkboxes", "click-collapsible-2", "click-tab-2", "email-inbox", "enter-text", "social-media",
    "tic-tac-toe", "use-colorwheel",
)  # fmt: skip
AT_ONCE = 4
FADE = 4
"""Antialiased corners differ by up to this much (of 255) between a first drawing and a repaint."""

SEEN = r"""JSON.stringify((() => {
  const out = [];
  const hidden = new Set(['reward-display', 'click-canvas']);
  const walk = (e, doc, dx, dy) => {
    const style = doc.defaultView.getComputedStyle(e);
    if (hidden.has(e.id) || style.display === 'none') return;
    const b = e.getBoundingClientRect();
    const box = [b.x + dx, b.y + dy, b.width, b.height].map((v) => Math.round(v * 10) / 10);
    if (style.visibility === 'visible' && style.opacity > 0 && (b.width || b.height)) out.push([
      e.tagName, ...box, style.color, style.backgroundColor, style.borderTopColor, style.borderTopWidth, style.fill,
      style.fontWeight, style.opacity, style.cursor, e.tagName === 'LI' ? '' : e.value, e.checked, e.scrollTop,
      e.scrollLeft, doc.activeElement === e,
      [...e.childNodes].filter((c) => c.nodeType === 3).map((c) => c.data.replace(/\s+/g, ' ')).join('').trim()]);
    const inner = e.tagName === 'IFRAME' && e.contentDocument;
    if (inner) walk(inner.documentElement, inner, b.x + dx, b.y + dy);
    for (const child of e.children) walk(child, doc, dx, dy);
  };
  walk(document.documentElement, document, 0, 0);
  return [out, scrollX, scrollY, location.href];
})())"""

TARGETS = """[...document.querySelectorAll('#area a, #area button, #area input, #area label, #area li, #area span, '
  + '#area svg *, #area h3, .ui-menu-item, .ui-dialog button')].map((e) => e.getBoundingClientRect())
  .filter((b) => b.width && b.height && b.x >= 0 && b.y > 50 && b.right < 300 && b.bottom < 230)
  .map((b) => [b.x + b.width / 2, b.y + b.height / 2])"""


# ---- the catalogue ------------------------------------------------------------------------------------------------


def test_every_page_of_the_package_is_a_task_and_nothing_else() -> None:
    root = miniwob.pages_root()
    flights = {f"flight.{page.parent.name}" for page in root.glob("flight/*/wrapper.html")}
    assert set(task_names()) == {page.stem for page in root.glob("miniwob/*.html")} | flights
    assert flights == {"flight.AA", "flight.Alaska", "flight.Alaska-auto", "flight.Alaska-auto-medium"}
    assert all((root / task_info(name).path).is_file() for name in task_names())


def test_subsets_have_the_sizes_that_their_papers_give() -> None:
    lists = miniwob.subsets()
    missing = miniwob.missing()
    sizes = {"bgym125": 125, "ccnet104": 104, "webgum56": 56, "pix2act59": 59, "train62": 62, "test63": 63, "dev12": 12}
    sizes["train50"] = 50
    assert {name: len(tasks) + len(missing.get(name, ())) for name, tasks in lists.items()} == sizes
    assert missing == {"ccnet104": ("drag-item",), "pix2act59": ("drag-item",)}
    assert all(set(tasks) <= set(task_names()) and len(set(tasks)) == len(tasks) for tasks in lists.values())
    by_hash = sorted(lists["train62"], key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    assert set(lists["dev12"]) == set(by_hash[:12])
    assert set(lists["train50"]) == set(by_hash[12:])
    assert set(lists["train62"]) | set(lists["test63"]) == set(lists["bgym125"])
    assert miniwob.subset("webgum56") == lists["webgum56"]


def test_exceptions_come_with_their_reason() -> None:
    for info in map(task_info, task_names()):
        assert bool(info.why) == (not info.deterministic), info
        assert bool(info.max_reward_why) == (info.max_reward != 1.0), info
        assert 0 < info.max_reward <= 1, info


def test_unknown_names_offer_the_nearest() -> None:
    with pytest.raises(UnknownName, match="click-tset") as caught:
        MiniWobScenario("click-tset")
    assert "click-test" in caught.value.hint
    with pytest.raises(UnknownName) as caught:
        miniwob.subset("webgum")
    assert "webgum56" in caught.value.hint


def test_a_scenario_opens_its_server_late_and_closes_it() -> None:
    scenario = MiniWobScenario("click-test")
    (host,) = scenario.allow
    assert scenario.url == f"http://{host}/miniwob/click-test.html"
    other = MiniWobScenario("flight.AA")
    assert other.allow == (host,)
    assert other.viewport > scenario.viewport
    scenario.close()
    scenario.close()
    assert other.url.startswith(f"http://{host}/flight/AA/")
    other.close()


# ---- in the browser -----------------------------------------------------------------------------------------------


@asynccontextmanager
async def playing(browser: Browser, task: str, clock: bool = False) -> AsyncIterator[tuple[MiniWobScenario, Session]]:
    """A scenario and a fresh session of its own."""
    scenario = MiniWobScenario(task, clock=clock)
    assert browser.native is not None
    session = await Session.open(browser.native, Options(viewport=scenario.viewport, allow=AllowList(scenario.allow)))
    try:
        yield scenario, session
    finally:
        await session.close()
        scenario.close()


async def rummage(session: Session, rng: random.Random) -> None:
    """What an aimless person does: a few clicks, some typing, scrolling, a drag."""
    page = session.page
    for kind in ("click", "type", "click", "wheel", "drag", "key", "click"):
        spots = await session.evaluate(TARGETS) or [[80.0, 120.0]]
        (x, y), (far_x, far_y) = rng.choice(spots), rng.choice(spots)
        if kind == "click":
            await page.mouse.click(x, y)
        elif kind == "type":
            await page.keyboard.type(rng.choice(["ab", "7"]))
        elif kind == "key":
            await page.keyboard.press(rng.choice(["Tab", "ArrowDown", "Backspace"]))
        elif kind == "wheel":
            await page.mouse.move(80, 130)
            await page.mouse.wheel(0, 90)
        else:
            await page.mouse.move(x, y)
            await page.mouse.down()
            await page.mouse.move(far_x, far_y, steps=3)
            await page.mouse.up()
    await session.observe("frame")


def plain(tree: ActionTree) -> list[tuple[object, ...]]:
    """A tree without the names of its references, boxes to whole pixels."""
    place = {e.ref: i for i, e in enumerate(tree.elements)}
    return [
        (
            e.role,
            e.tag,
            e.name,
            e.value,
            e.states,
            place.get(e.parent or ""),
            [round(v) for v in e.box],
            e.href,
            e.context,
        )
        for e in tree.elements
    ]


async def look(session: Session, until: str | None = None) -> tuple[str, list[tuple[object, ...]]]:
    """What is to be seen, and the tree. Waits (4 s at most) until the page rests or shows ``until``. A picture that is
    on its way has no height yet, however long nothing changes."""
    limit = time.monotonic() + 4
    await session.evaluate("Promise.all([...document.images].map((e) => e.decode().catch(() => null))).then(() => 0)")
    seen, before = await session.evaluate(SEEN), None
    while seen not in (until, before) and time.monotonic() < limit:
        await asyncio.sleep(0.15)
        seen, before = await session.evaluate(SEEN), seen
    return seen, plain((await session.observe("frame")).tree)


async def difference(browser: Browser, task: str, seed: int, pixels: bool = False) -> str:
    """Where a page reset inside itself after another episode differs from one loaded anew; "" if nowhere."""
    rng = random.Random(f"{task} {seed}")
    async with playing(browser, task) as (scenario, used), playing(browser, task) as (_, fresh):
        await scenario.start(used, seed + 1000)
        await rummage(used, rng)
        again, first = await scenario.start(used, seed), await scenario.start(fresh, seed)
        expected = await look(fresh)
        found = await look(used, until=expected[0])
        if again != first:
            return f"{task}: goal {again.goal!r}, expected {first.goal!r}"
        if found[0] != expected[0]:
            return f"{task}: shows {found[0]}, expected {expected[0]}"
        if found[1] != expected[1]:
            return f"{task}: tree {found[1]}, expected {expected[1]}"
        if pixels:
            shots = [decode(await s.page.screenshot(), scenario.viewport).astype(int) for s in (used, fresh)]
            if np.abs(shots[0] - shots[1]).max() > FADE:
                return f"{task}: other pixels"
    return ""


@pytest.mark.browser
@pytest.mark.parametrize("task", PIXELS)
def test_a_reset_shows_the_very_pixels_of_a_fresh_load(chromium: Browser, task: str) -> None:
    assert not chromium.call(difference(chromium, task, 3, pixels=True))


@pytest.mark.browser
@pytest.mark.slow
def test_a_reset_shows_what_a_fresh_load_shows_for_every_task(chromium: Browser) -> None:
    async def play() -> list[str]:
        some = asyncio.Semaphore(AT_ONCE)

        async def one(task: str) -> str:
            async with some:
                return await difference(chromium, task, 5)

        return await asyncio.gather(*(one(task) for task in STEADY if task not in PIXELS))

    assert [fault for fault in chromium.call(play(), timeout=550) if fault] == []


@pytest.mark.browser
@pytest.mark.parametrize("task", RESTLESS)
def test_restless_tasks_at_least_give_the_same_goal(chromium: Browser, task: str) -> None:
    async def play() -> None:
        async with playing(chromium, task) as (scenario, session):
            first = await scenario.start(session, 7)
            await rummage(session, random.Random(7))
            assert await scenario.start(session, 7) == first

    chromium.call(play())


def in_page(chromium: Browser, task: str, clock: bool, *scripts: str) -> list[Verdict]:
    """Verdicts after each of the scripts, run in the page of a task that has just begun."""

    async def play() -> list[Verdict]:
        async with playing(chromium, task, clock) as (scenario, session):
            await scenario.start(session, 1)
            verdicts = [await scenario.judge(session, None)]
            for script in scripts:
                await session.evaluate(script)
                verdicts.append(await scenario.judge(session, Action("wait")))
            return verdicts

    return chromium.call(play())


@pytest.mark.browser
def test_success_is_strict_beside_the_lenient_rule(chromium: Browser) -> None:
    for raw, strict, lenient in (("1", True, True), ("0.4", False, True), ("-1", False, False), ("NaN", False, False)):
        before, after = in_page(chromium, "click-checkboxes", False, f"core.endEpisode({raw}, true, 'why')")
        assert before[:4] == (0.0, False, False, False)
        assert after[1:4] == (True, strict, lenient)
        assert after.info == {"raw_reward": after.reward, "reason": "why"}
    assert in_page(chromium, "circle-center", False, "core.endEpisode(0.98)")[-1].success
    assert not in_page(chromium, "circle-center", False, "core.endEpisode(0.95)")[-1].success


@pytest.mark.browser
def test_the_end_stays_the_end(chromium: Browser) -> None:
    click = "document.querySelector('#subbtn').click()"
    _, first, second = in_page(chromium, "click-test", False, click, click)
    assert first == second
    assert first.success


@pytest.mark.browser
def test_leaving_the_page_ends_the_episode_and_the_next_one_begins(chromium: Browser) -> None:
    async def play() -> None:
        async with playing(chromium, "click-test") as (scenario, session):
            for leave in ("location.href = 'click-button.html'", "location.reload()", "open('about:blank'), 1"):
                await scenario.start(session, 1)
                assert not (await scenario.judge(session, None)).done  # as after every start
                await session.evaluate(leave)
                await session.observe("frame")
                verdict = await scenario.judge(session, None)
                assert verdict.done == ("open" not in leave)  # another tab can be closed again
                assert not verdict.success
                assert (await scenario.start(session, 2)).goal == "Click the button."
                assert len(session.tabs) == 1
                assert not (await scenario.judge(session, None)).done

    chromium.call(play())


@pytest.mark.browser
def test_the_clock_is_off_unless_asked_for(chromium: Browser) -> None:
    end = "core.EPISODE_MAX_TIME"
    late = "new Promise((done) => setTimeout(done, 50))"
    assert not in_page(chromium, "click-test", False, late)[-1].done

    async def limits() -> list[Any]:
        async with playing(chromium, "click-test", clock=True) as (ticking, session):
            calm = MiniWobScenario("click-test")
            found = []
            for scenario in (calm, ticking, calm):
                await scenario.start(session, 1)
                found.append(await session.evaluate(end))
            calm.close()
            return found

    assert chromium.call(limits()) == [miniwob.NEVER_MS, 10_000, miniwob.NEVER_MS]


@pytest.mark.browser
def test_nothing_beside_the_task_is_shown(chromium: Browser) -> None:
    async def play() -> None:
        async with playing(chromium, "click-test") as (scenario, session):
            await scenario.start(session, 1)
            names = [e.name for e in (await session.observe("frame")).tree.elements]
            assert names == ["Click the button.", "Click Me!"]
            await session.evaluate("document.querySelector('#subbtn').click()")
            names = [e.name for e in (await session.observe("frame")).tree.elements]
            assert names == ["Click the button.", "Click Me!"]

    chromium.call(play())

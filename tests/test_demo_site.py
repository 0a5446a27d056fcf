"""The bundled site and its task file: every task is solved with Playwright alone, so that a failure is the site's."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright

from webagent.envs import chromium, suites
from webagent.envs.suites.server import StaticServer
from webagent.envs.suites.task_file import TaskEntry, read_task_file

SITE = Path(suites.__file__).parent / "demo"
TASKS = {task.id: task for task in read_task_file(SITE / "demo.json").tasks}
PASSWORD = "fair-winds-7"
TIMEOUT_MS = 5000

Move = Callable[[Page], Page | None]
"""One step of a solution; it returns the new page where it opens one."""


def click(name: str, role: str = "button") -> Move:
    return lambda page: page.get_by_role(role, name=name, exact=True).first.click()  # type: ignore[arg-type]


def fill(label: str, text: str) -> Move:
    return lambda page: field(page, label).fill(text)


def choose(label: str, option: str) -> Move:
    return lambda page: field(page, label).select_option(label=option) and None


def tick(label: str) -> Move:
    return lambda page: field(page, label).check()


def field(page: Page, label: str) -> Locator:
    return page.get_by_label(label, exact=True)


def answer_dialogs(move: Move) -> Move:
    def step(page: Page) -> None:
        page.on("dialog", lambda dialog: dialog.accept())
        move(page)

    return step


def open_tides(page: Page) -> Page:
    with page.expect_popup() as popup:
        page.get_by_role("link", name="Tide table").click()
    popup.value.wait_for_load_state()
    return popup.value


def in_newsletter(act: Callable[[Locator], None]) -> Move:
    return lambda page: act(page.frame_locator("iframe.letter").locator("body"))


def save_for_later(page: Page) -> None:
    # The button is in a closed shadow root, where no locator leads.
    page.locator("save-button").click()


LOG_IN = [fill("User name", "ann.lee"), fill("Password", PASSWORD), click("Log in")]
SOLUTIONS: dict[str, list[Move]] = {
    "book-workshop": [
        click("Workshops", "link"), click("Book rope splicing", "link"), fill("Full name", "Ann Lee"),
        fill("Email", "ann@example.com"), choose("Session", "Saturday morning"), click("Next"),
        tick("I have some practice"), tick("Left-handed tools"), fill("Notes", "No nuts, please"), click("Next"),
        tick("I have read the house rules"), click("Finish booking"),
    ],
    "write-message": [
        click("Contact", "link"), fill("Name", "Ann Lee"), fill("Email", "ann@example.com"),
        choose("Topic", "Delivery"), fill("Best day to reach you", "2027-03-15"), tick("Telephone"),
        fill("Message", "Where is my parcel?"), tick("Send me a copy"), click("Send message"),
    ],
    "find-product": [
        click("Shop", "link"), fill("Search", "lantern"), lambda page: page.get_by_text("Storm lantern").click(),
    ],
    "filter-shop": [choose("Category", "Clothing"), choose("Sort by", "Price, low to high"), tick("In stock only")],
    "three-mugs": [click("One more"), click("One more"), click("Add to cart")],
    "four-stars": [
        click("Shop", "link"), lambda page: page.get_by_text("Brass compass").click(), click("4 stars", "radio"),
    ],
    "save-for-later": [save_for_later, lambda page: page.get_by_role("link", name=re.compile("^Saved")).click()],
    "newsletter": [
        in_newsletter(lambda body: body.get_by_label("Your email").fill("ann@example.com")),
        in_newsletter(lambda body: body.get_by_label("Add the tide table").check()),
        in_newsletter(lambda body: body.get_by_role("button", name="Subscribe").click()),
    ],
    "coat-size": [click("Choose size"), tick("Large"), click("Use this size"), click("Add to cart")],
    "few-cookies": [click("Only necessary")],
    "log-in": [click("Account", "link"), *LOG_IN],
    "change-settings": [
        click("Settings", "link"), click("Weekly mail", "switch"), choose("Language", "Norsk"), tick("Nautical miles"),
        click("Save settings"),
    ],
    "delivery-days": [click("Delivery", "link")],
    "high-water": [open_tides],
    "order-total": [*LOG_IN, click("See my orders", "link")],
    "returns-help": [click("Help", "link"), click("Returns", "tab"), click("Who pays for the way back?")],
    "delete-address": [answer_dialogs(click("Delete Old boathouse"))],
    "empty-cart": [
        click("Add to cart"), lambda page: page.get_by_role("link", name=re.compile("^Cart")).click(),
        answer_dialogs(click("Empty the cart")),
    ],
    "pay": [
        click("Add to cart"), click("Go to the cart", "link"), click("Go to checkout", "link"),
        fill("Full name", "Ann Lee"), fill("Street and number", "4 Net Loft Lane"), fill("Town", "Harbour town"),
        choose("Delivery area", "Mainland"), fill("Card number", "4000 0000 0000 0002"), tick("I accept the terms"),
        click("Pay now"),
    ],
    "cancel-order": [*LOG_IN, click("Orders", "link"), answer_dialogs(click("Cancel order"))],
}  # fmt: skip


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with StaticServer(SITE) as server:
        yield server.url


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


def holds(task: TaskEntry, page: Page, answer: str | None = None) -> bool:
    page.wait_for_load_state()
    value = page.evaluate(f"answer => ({task.check})", answer)
    assert isinstance(value, bool), f"{task.id}: a check answers true or false, found {value!r}"
    return value


def test_the_task_file_covers_the_site_and_starts_with_the_showcase() -> None:
    assert len(TASKS) >= 14
    assert list(TASKS) == list(SOLUTIONS)
    assert next(iter(TASKS)) == "book-workshop"
    for task in TASKS.values():
        assert (SITE / task.url.split("?")[0]).is_file(), task.url
        assert len(SOLUTIONS[task.id]) + 1 <= task.max_steps


def test_the_password_is_typed_by_name_only() -> None:
    assert PASSWORD not in json.dumps([task.goal for task in TASKS.values()])
    assert any("{{secret:demo_password}}" in task.goal for task in TASKS.values())
    assert PASSWORD in (SITE / "README.md").read_text(encoding="utf-8")


def test_the_site_needs_nothing_from_outside() -> None:
    for file in SITE.iterdir():
        if file.suffix in (".html", ".css", ".js"):
            links = re.findall(r"""(?:https?:)?//[^\s"'`]+""", file.read_text(encoding="utf-8"))
            assert all(link.startswith(("http://www.w3.org/", "// ")) for link in links), (file.name, links)


@pytest.mark.browser
@pytest.mark.parametrize("name", SOLUTIONS)
def test_a_task_is_done_by_its_last_step_and_not_before(name: str, site: str, context: BrowserContext) -> None:
    task = TASKS[name]
    page = context.new_page()
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    page.goto(site + task.url)
    assert not holds(task, page, task.expect_answer), "the check holds at the start"
    for move in SOLUTIONS[name]:
        assert not holds(task, page), "the check holds before the last step"
        page = move(page) or page
        page.wait_for_load_state()
    assert holds(task, page, task.expect_answer)
    if task.expect_answer is not None:
        assert not holds(task, page), "the check holds without an answer"
        assert task.expect_answer in page.locator("main").inner_text()
    assert errors == []


@pytest.mark.browser
def test_wrong_input_is_refused_in_words(site: str, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(site + "login.html")
    for move in [fill("User name", "ann.lee"), fill("Password", "guess"), click("Log in")]:
        move(page)
    assert page.locator("#wrong").inner_text() == "This user name and password do not belong together."
    page.goto(site + "product.html?id=oilskin-coat")
    click("Add to cart")(page)
    assert page.locator("#told").inner_text() == "Please choose a size first."
    page.goto(site + "contact.html")
    click("Send message")(page)
    assert page.evaluate("document.querySelector('#name').matches(':user-invalid')")
    assert page.evaluate("localStorage.getItem('harbour.messages')") is None


@pytest.mark.browser
@pytest.mark.parametrize("name", sorted(file.name for file in SITE.glob("*.html")))
def test_every_page_fits_the_window_and_loads_without_an_error(name: str, site: str, context: BrowserContext) -> None:
    page = context.new_page()
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(site + name)
    assert page.title()
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert errors == []

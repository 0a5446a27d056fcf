"""Playwright's sync API on our asynchronous objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from webagent.envs.browser import Browser
from webagent.envs.sync_face import Faces, SyncFace, native

pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium: Browser) -> Iterator[Any]:
    """A face of an empty page in a context of its own."""

    async def opened() -> Any:
        assert chromium.native is not None
        context = await chromium.native.new_context()
        return await context.new_page()

    face = Faces(chromium.call).of(chromium.call(opened()))
    yield face
    face.context.close()


def test_methods_attributes_and_nested_objects_answer_at_once(page: Any) -> None:
    page.set_content("<title>T</title><h1>Hello</h1><ul><li>a<li>b</ul><input><iframe srcdoc='<b>in</b>'></iframe>")
    assert page.title() == "T" and page.url == "about:blank" and page.viewport_size["width"] == 1280
    assert [item.inner_text() for item in page.locator("li").all()] == ["a", "b"]
    assert page.frame_locator("iframe").locator("b").text_content() == "in"
    page.get_by_role("textbox").fill("Ann")
    page.keyboard.press("Backspace")
    assert page.input_value("input") == "An"
    assert page.wait_for_function("() => 7").json_value() == 7


def test_faces_of_the_same_object_are_equal_and_go_in_as_arguments(page: Any) -> None:
    page.set_content("<h1>Hello</h1>")
    handle = page.query_selector("h1")
    assert page.evaluate("([word, el]) => word + el.tagName", ["my ", handle]) == "my H1"
    assert page.context.pages == [page] and page.context.pages[0] == page and len({page, page.main_frame.page}) == 1
    assert page != page.main_frame and native(page) is native(page.context.pages[0])
    page._bgym_scale_factor = 1.5
    assert page.context.pages[0]._bgym_scale_factor == 1.5


def test_data_of_pages_comes_back_as_it_is(page: Any) -> None:
    assert page.evaluate("() => ({a: [1, {b: null}], c: 'd'})") == {"a": [1, {"b": None}], "c": "d"}
    assert page.evaluate("() => { const a = {}; a.self = a; return a; }")["self"] is not None
    assert not isinstance(page.evaluate("() => [1, 2]"), SyncFace)


def test_expected_events_work_as_context_managers(page: Any) -> None:
    with page.expect_popup() as info:
        page.evaluate("() => void open('about:blank')")
    assert info.value.url == "about:blank" and len(page.context.pages) == 2
    with page.expect_console_message(lambda message: message.text == "second") as info:
        page.evaluate("() => (console.log('first'), console.log('second'))")
    assert info.value.text == "second"


def test_functions_are_called_with_faces_on_a_thread_of_their_own(page: Any) -> None:
    heard: list[str] = []

    def answer(dialog: Any) -> None:
        heard.append(dialog.message)
        dialog.accept("yes")

    page.on("dialog", answer)
    assert page.evaluate("() => prompt('sure?')") == "yes"
    page.remove_listener("dialog", answer)
    assert page.evaluate("() => prompt('again?')") is None and heard == ["sure?"]
    page.expose_function("add", lambda a, b: a + b)
    assert page.evaluate("() => add(1, 2)") == 3
    page.route("**/data", lambda route: route.fulfill(body="made up"))
    page.route("**/page", lambda route, request: route.fulfill(body=request.method, content_type="text/html"))
    page.goto("http://example.test/page")
    assert page.inner_text("body") == "GET"
    assert page.evaluate("() => fetch('/data').then((r) => r.text())") == "made up"


def test_errors_are_playwrights_own(page: Any) -> None:
    from playwright.sync_api import Error, TimeoutError

    with pytest.raises(TimeoutError, match="Timeout 50ms"):
        page.click("#none", timeout=50)
    with pytest.raises(Error, match="no such thing"):
        page.evaluate("() => { throw new Error('no such thing') }")
    with pytest.raises(AttributeError):
        _ = page.no_such_attribute

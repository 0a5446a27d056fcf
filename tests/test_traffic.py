"""What a tab waits for, told by the protocol's events alone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from webagent.envs import traffic
from webagent.envs.traffic import Traffic

MAIN, INNER = "MAIN", "INNER"


class Events:
    """A channel whose events the test makes up."""

    def __init__(self) -> None:
        self.handlers: dict[str, Callable[[dict[str, Any]], None]] = {}

    async def send(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        return {}

    def on(self, event: str, f: Callable[[dict[str, Any]], None]) -> None:
        self.handlers[event] = f

    def tell(self, event: str, **params: Any) -> None:
        self.handlers[event](params)

    def asks(self, number: str, kind: str, url: str = "http://a/x", frame: str = MAIN, loader: str = "L1") -> None:
        told = {"requestId": number, "type": kind, "request": {"url": url}, "frameId": frame, "loaderId": loader}
        self.tell("Network.requestWillBeSent", **told)

    def shows(self, loader: str, url: str = "http://a/", frame: str = MAIN, **more: str) -> None:
        self.tell("Page.frameNavigated", frame={"id": frame, "url": url, "loaderId": loader, **more})


async def _ready() -> tuple[Traffic, Events]:
    watched, events = Traffic(MAIN), Events()
    await watched.follow(events, MAIN)  # type: ignore[arg-type]
    return watched, events


@pytest.fixture
def pair() -> tuple[Traffic, Events]:
    return asyncio.run(_ready())


@pytest.mark.parametrize("kind", ["Script", "Stylesheet", "XHR", "Fetch", "Image", "Document"])
def test_a_young_request_is_waited_for_until_it_ends(pair: tuple[Traffic, Events], kind: str) -> None:
    watched, events = pair
    for end in ("Network.loadingFinished", "Network.loadingFailed"):
        events.asks("1", kind)
        assert watched.busy and watched.unfinished
        events.tell(end, requestId="1")
        assert not watched.busy and not watched.unfinished


@pytest.mark.parametrize("kind", ["WebSocket", "EventSource", "Media", "Font", "Ping", "Other", "Prefetch"])
def test_what_may_never_end_is_known_but_not_waited_for(pair: tuple[Traffic, Events], kind: str) -> None:
    watched, events = pair
    events.asks("1", kind)
    assert not watched.busy and set(watched.unfinished) == {"1"}


def test_addresses_that_hold_their_own_data_are_no_requests(pair: tuple[Traffic, Events]) -> None:
    watched, events = pair
    events.asks("1", "Image", "data:image/gif;base64,AAAA")
    assert not watched.busy and not watched.unfinished


def test_pictures_are_waited_for_less_long_than_scripts(
    pair: tuple[Traffic, Events], monkeypatch: pytest.MonkeyPatch
) -> None:
    watched, events = pair
    events.asks("1", "Image")
    events.asks("2", "Script")
    now = time.monotonic()
    monkeypatch.setattr(traffic.time, "monotonic", lambda: now + traffic.IMAGE_LIMIT + 0.1)
    assert watched.busy
    events.tell("Network.loadingFinished", requestId="2")
    assert not watched.busy


def test_another_page_ends_the_requests_of_the_one_before(pair: tuple[Traffic, Events]) -> None:
    watched, events = pair
    events.asks("1", "Fetch")
    events.asks("L2", "Document", loader="L2")
    assert watched.stage == "asked"
    answer = {"headers": {"X-Webagent-Blocked": "a"}}
    events.tell("Network.responseReceived", requestId="L2", loaderId="L2", frameId=MAIN, response=answer)
    assert watched.stage == "answered" and watched.headers == {"x-webagent-blocked": "a"}
    events.shows("L2", "http://a/b", urlFragment="#c")
    assert set(watched.unfinished) == {"L2"} and watched.commits == 1
    assert (watched.url, watched.loader) == ("http://a/b#c", "L2")
    events.tell("Page.navigatedWithinDocument", frameId=MAIN, url="http://a/b#d")
    assert watched.url == "http://a/b#d"


def test_a_frame_that_leaves_or_moves_to_another_process_takes_its_requests_along(pair: tuple[Traffic, Events]) -> None:
    watched, events = pair
    for leaves in (
        lambda: events.tell("Page.frameDetached", frameId=INNER, reason="swap"),
        lambda: events.tell("Page.frameStoppedLoading", frameId=INNER),
    ):
        events.tell("Page.frameStartedLoading", frameId=INNER)
        events.asks("L3", "Document", frame=INNER, loader="L3")
        assert watched.busy
        leaves()
        assert not watched.busy and not watched.unfinished
    assert watched.stage == ""  # that of the page itself


def test_refreshes_are_no_reason_to_wait_but_clicked_links_are(pair: tuple[Traffic, Events]) -> None:
    watched, events = pair
    events.tell("Page.frameRequestedNavigation", frameId=MAIN, reason="metaTagRefresh", disposition="currentTab")
    assert not watched.busy
    events.tell("Page.frameRequestedNavigation", frameId=MAIN, reason="anchorClick", disposition="newTab")
    assert not watched.busy and watched.opening > time.monotonic()
    events.tell("Page.frameRequestedNavigation", frameId=MAIN, reason="anchorClick", disposition="currentTab")
    assert watched.busy and watched.leaving
    events.tell("Page.frameStoppedLoading", frameId=MAIN)
    assert not watched.busy and not watched.leaving


def test_a_page_that_goes_on_and_on_is_restless_until_the_next_look(pair: tuple[Traffic, Events]) -> None:
    watched, events = pair
    watched.begin_look()
    for n in range(traffic.RESTLESS):
        assert not watched.restless
        events.shows(f"L{n}")
    assert watched.restless
    events.tell("Page.frameStartedLoading", frameId=MAIN)
    assert not watched.busy
    watched.begin_look()
    assert not watched.restless


def test_the_wait_ends_with_the_last_request_and_tells_of_one_that_outlived_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic, "REQUEST_LIMIT", 0.3)

    async def wait() -> tuple[bool, bool, float]:
        watched, events = await _ready()
        events.asks("1", "Fetch")
        asyncio.get_running_loop().call_later(0.05, lambda: events.tell("Network.loadingFinished", requestId="1"))
        first = await watched.quiet(lambda: False)
        events.asks("2", "Fetch")
        began = time.monotonic()
        second = await watched.quiet(lambda: False)
        return first, second, time.monotonic() - began

    first, second, took = asyncio.run(wait())
    assert first and not second and 0.2 < took < 2

"""References number what was handed out, in the order of the look that counts, however often a page was looked at."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from webagent.envs.browser import Browser
from webagent.envs.inner_frames import Look
from webagent.envs.session import Options, Session
from webagent.envs.types import ActionTree

pytestmark = pytest.mark.browser
HOSTS = "".join(f"<div style='width:{20 + n}px;height:20px;'></div>" for n in range(5))
ADD = "document.body.append(Object.assign(document.createElement('button'), {textContent: '%s'}))"
REMOVE = "[...document.querySelectorAll('button')].find((b) => b.textContent === '%s').remove()"


class Seen:
    """One page, looked at from the browser's loop."""

    def __init__(self, browser: Browser, session: Session) -> None:
        self.browser = browser
        self.session = session

    def open(self, markup: str) -> dict[str, int]:
        self.browser.call(self.session.goto("data:text/html," + quote(f"<!doctype html><title>T</title>{markup}")))
        return self.numbers()

    def do(self, script: str) -> None:
        self.browser.call(self.session.evaluate(script))

    def glance(self) -> None:
        """A look that nobody is shown."""
        tab = self.session.tab
        self.browser.call(tab._look(tab.main, Look("frame", 400, 600)))

    def numbers(self) -> dict[str, int]:
        tree: ActionTree = self.browser.call(self.session.observe("frame")).tree
        return {e.name: int(e.ref[1:]) for e in tree.elements}


@pytest.fixture
def seen(chromium: Browser) -> Iterator[Seen]:
    assert chromium.native is not None
    session = chromium.call(Session.open(chromium.native, Options(schemes=("data",))))
    yield Seen(chromium, session)
    chromium.call(session.close())


def test_hosts_that_only_might_hold_a_closed_root_take_no_references(seen: Seen) -> None:
    assert seen.open(f"<button>Go</button>{HOSTS}") == {"Go": 1}
    seen.do(ADD % "More")
    assert seen.numbers() == {"Go": 1, "More": 2}


def test_what_nobody_was_shown_is_numbered_anew(seen: Seen) -> None:
    assert seen.open("<button>Go</button>") == {"Go": 1}
    seen.do(ADD % "Brief")
    seen.glance()
    seen.do(REMOVE % "Brief")
    seen.do(ADD % "Lasting")
    assert seen.numbers() == {"Go": 1, "Lasting": 2}


def test_a_number_that_was_handed_out_is_never_another_element(seen: Seen) -> None:
    seen.open("<button>Go</button>")
    seen.do(ADD % "Old")
    assert seen.numbers() == {"Go": 1, "Old": 2}
    seen.do(REMOVE % "Old")
    assert seen.numbers() == {"Go": 1}
    seen.do(ADD % "New")
    assert seen.numbers() == {"Go": 1, "New": 3}


def test_closed_roots_are_found_by_the_numbers_of_their_hosts(seen: Seen) -> None:
    script = "document.querySelector('x-a').attachShadow({mode: 'closed'}).innerHTML = '<button>In</button>'"
    closed = f"<x-a></x-a><script>{script}</script>"
    assert set(seen.open(f"{HOSTS}{closed}<button>Go</button>")) == {"In", "Go"}
    seen.do(
        "const host = document.createElement('x-b'); document.body.append(host);"
        "host.attachShadow({mode: 'closed'}).innerHTML = '<button>Later</button>'"
    )
    assert set(seen.numbers()) == {"In", "Go", "Later"}

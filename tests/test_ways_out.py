"""No way out: over two hundred are tried in a real Chromium, most of them proved to work where they are allowed.

``ways_out.py`` lists them, ``breakout.py`` tries them. All run once, here; each is judged by a test of its own.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest
from breakout import NAMES, Ground, break_out
from ways_out import MULTICAST, SPEECHLESS, UNGUARDED

from webagent.envs.browser import Browser

pytestmark = pytest.mark.browser


class Runs(NamedTuple):
    guarded: Ground
    allowed: Ground
    bare: Ground


@pytest.fixture(scope="module")
def runs(chromium: Browser) -> Runs:
    async def all_three() -> Runs:
        return Runs(*await break_out(await chromium.connected(), str(chromium.executable)))

    return chromium.call(all_three(), timeout=900.0)


@pytest.mark.parametrize("name", NAMES)
def test_no_way_out(runs: Runs, name: str) -> None:
    tried = runs.guarded.outcome(name)
    assert tried.touched == []
    if name in SPEECHLESS:
        return
    control = runs.bare if name in UNGUARDED else runs.allowed
    assert control.outcome(name).touched, "the way is real: it arrives where nothing stops it"
    assert tried.stopped or name in UNGUARDED, "it was tried, and stopped by the proxy or the session"


def test_the_catalogue_is_big_and_mostly_proved() -> None:
    assert len(NAMES) == len(set(NAMES)) >= 200
    assert SPEECHLESS.keys() | UNGUARDED <= set(NAMES)
    assert len(SPEECHLESS) < len(NAMES) / 5


def test_the_browser_speaks_to_its_proxies_alone(runs: Runs) -> None:
    """Chromium's own log of its network: what no trap could see, such as a question to the system's resolver."""
    servers = {trap.port for trap in runs.guarded.traps.values()} | {runs.guarded.home.port}
    assert {event for event, _ in runs.guarded.log} == {"TCP_CONNECT_ATTEMPT"}
    assert [where for _, where in runs.guarded.log if not where.startswith("127.0.0.1:")] == []
    assert [where for _, where in runs.guarded.log if int(where.rpartition(":")[2]) in servers] == []


def test_no_name_is_asked_of_the_local_network(runs: Runs) -> None:
    multicast = ("UDP_BYTES_SENT", "224.0.0.251:5353")
    assert MULTICAST and multicast not in runs.guarded.log
    assert multicast in runs.bare.log, "the way is real"


def test_only_allowed_names_are_resolved(runs: Runs) -> None:
    """A name that is asked for tells the name server of the page's owner whatever stands in it."""
    assert runs.guarded.resolved == []
    assert "trap.test" in runs.allowed.resolved

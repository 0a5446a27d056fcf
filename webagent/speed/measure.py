"""The whole measurement in one run: raw protocol, environment, vector, memory, decisions, peers."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from webagent.envs.browser import Browser
from webagent.envs.chromium import find_browser
from webagent.speed.crowd import measure_crowd, measure_pool
from webagent.speed.decisions import measure_decisions, policy_to_time
from webagent.speed.peers import measure_peers, with_ratios
from webagent.speed.single import measure_single
from webagent.speed.work import Work

SINGLE_SHARE, CROWD_SHARE, DECISION_SHARE, PEER_SHARE = 0.55, 0.4, 0.05, 0.3
"""Of ``SpeedSettings.seconds``; the peers' is for each variant, and comes on top."""
DEFAULT_LEVEL = "frame"


@dataclass(frozen=True)
class SpeedSettings:
    """``seconds``: what the measuring takes, start-up and peers aside. ``contexts``: sizes of vectors beside one;
    ``processes``: over how many the largest is spread as well, if at all.

    ``policy``: whose decisions are timed (None: the shipped one's). ``interpreters``: where to look for
    peers; none of them without any.
    """

    work: Work
    seconds: float = 40.0
    contexts: tuple[int, ...] = (8,)
    processes: int | None = None
    view: str = "typed"
    policy: str | None = None
    interpreters: tuple[str, ...] = ()
    browser: str | None = None


def measure(settings: SpeedSettings, say: Callable[[str], None]) -> dict[str, Any]:
    """The document of ``webagent speed --json``; ``say`` gets a line for each part as it begins.

    Raises ``BrowserMissing``, ``UnknownName``.
    """
    policy = policy_to_time(settings.policy)
    executable = find_browser(settings.browser)
    work, view, seconds = settings.work, settings.view, settings.seconds
    machine: dict[str, Any] = {"processors": os.cpu_count() or 1, "load": _load(), "system": platform.platform()}
    if machine["load"] > machine["processors"] / 4:
        say(f"this machine is busy: load {machine['load']:.1f} on {machine['processors']} processors")
    say("raw protocol and one environment, in turns")
    with Browser(str(executable)) as browser:
        machine["browser"] = f"{executable} {browser.version}"
        single = measure_single(browser, work, view, SINGLE_SHARE * seconds)
        say(f"decisions of {policy}")
        decision = measure_decisions(browser, work, policy, DECISION_SHARE * seconds)
    say(f"vectors of 1 and {', '.join(map(str, sorted(settings.contexts)))} contexts")
    with Browser(str(executable)) as browser:
        crowd = measure_crowd(browser, work, view, settings.contexts, CROWD_SHARE * seconds)
    pool = None
    if settings.processes is not None:
        say(f"a pool of {max(settings.contexts)} contexts in {settings.processes} processes")
        share = CROWD_SHARE * seconds / 2
        pool = measure_pool(executable, work, view, max(settings.contexts), settings.processes, share)
    found = measure_peers(settings.interpreters, work, executable, PEER_SHARE * seconds, say)
    levels = single["levels"]
    return {
        "page": f"miniwob.{work.task}", "click": work.about, "level": DEFAULT_LEVEL, "view": view,
        "env": levels[DEFAULT_LEVEL], "levels": levels, "vector": crowd, "pool": pool, "raw": single["raw"],
        "ratio_raw": levels[DEFAULT_LEVEL]["ratio_raw"], "decision_ms": decision, "policy": policy,
        "peers": {name: with_ratios(peer, levels) for name, peer in found.peers.items()},
        "peers_failed": found.failed, "machine": machine,
    }  # fmt: skip


def _load() -> float:
    """The load average of the last minute; 0 where the system tells none."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else 0.0

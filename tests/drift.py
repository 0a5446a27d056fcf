"""A recording done again on changed versions of its site: how many steps find their element, how many a wrong one.

    PYTHONPATH=tests python tests/hand.py --keep FOLDER
    PYTHONPATH=tests python tests/drift.py FOLDER/shown

The versions: everything moved, restyled, partly relabelled, reordered, and with a banner and more of the same kind.
Names are unique on the site, so what each name became tells the right element. Where the replay would stop or go
wrong, the right element is taken and the recording goes on, so that each step is judged by itself. Prints one line of
JSON a version.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import json
import random
import re
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hand_doings import SECRETS

from webagent.datasets import read_episode
from webagent.envs.actions import Limits
from webagent.envs.browser import Browser
from webagent.envs.session import Options, Session
from webagent.envs.types import Action, Episode, Observation
from webagent.recorder.match import Match
from webagent.recorder.replay import Way, _Again
from webagent.recorder.store import UPLOADS

SITE = Path(__file__).parent / "pages" / "hand"
NEW_NAMES = {
    "Plain button": "Simple button", "Plain link": "Ordinary link", "More facts": "Further facts",
    "User name": "Login name", "Notes": "Remarks", "Password": "Your password", "Weekly mail": "Weekly newsletter",
    "Country": "Country of birth", "Amount": "Quantity", "Search": "Find", "Say hello": "Greet me",
    "Next page": "Continue", "New window": "Open a window", "Far below": "At the bottom", "City": "Town",
    "Add a button": "One more button", "Paste to": "Insert into",
    "Read the terms and agree": "I have read the terms and agree",
}  # fmt: skip
"""What the relabelled version says instead."""
BANNER = """<div style="left: 0; top: 0; width: 1200px; height: 90px; background: #333; color: #fff">We use cookies
<button style="margin: 30px">Accept all</button><button>Only needed ones</button><a href="#law">Read more facts</a>
<input aria-label="Search everything" /></div>
<button style="left: 1000px; top: 600px; width: 140px; height: 34px">Plain button, new</button>
<input aria-label="Second user name" style="left: 1000px; top: 650px" />"""
PLACE = re.compile(r"left: (\d+)px; top: (\d+)px")


def moved(page: str) -> str:
    return PLACE.sub(lambda m: f"left: {int(m[1]) + 37}px; top: {int(m[2]) * 23 // 20 + 60}px", page)


def restyled(page: str) -> str:
    style = "<style>* { font: 15px serif; color: #024; text-transform: uppercase } button { border: 3px solid }</style>"
    page = page.replace('class="cell"', 'class="x7f box"').replace(".cell {", ".x7f { padding: 1px;")
    return page.replace("<script", style + "<script", 1)


def relabelled(page: str) -> str:
    for old, new in NEW_NAMES.items():
        page = re.sub(rf'(?<=["> ]){re.escape(old)}(?=["<])', new, page)
    return page


def reordered(page: str) -> str:
    head, first, rest = page.partition('<button id="plain"')
    lines = (first + rest.removesuffix("</html>\n")).splitlines()
    placed = (n for n, line in enumerate(lines) if 'class="cell"' in line and PLACE.search(line))
    cells = [n for n in placed if "top: 1200px" not in lines[n]]
    places = [PLACE.search(lines[n])[0] for n in cells]  # type: ignore[index]
    random.Random(5).shuffle(places)
    for n, place in zip(cells, places, strict=True):
        lines[n] = PLACE.sub(place, lines[n], count=1)
    return head + "\n".join(reversed(lines)) + "</html>\n"


def bannered(page: str) -> str:
    page = PLACE.sub(lambda m: f"left: {m[1]}px; top: {int(m[2]) + 90}px", page)
    return page.replace('<button id="plain"', BANNER + '<button id="plain"', 1)


VERSIONS: dict[str, Callable[[str], str]] = {
    "as it was": lambda page: page,
    "moved": moved,
    "restyled": restyled,
    "relabelled": relabelled,
    "reordered": reordered,
    "banner": bannered,
}


class Site(http.server.SimpleHTTPRequestHandler):
    version: Callable[[str], str]

    def do_GET(self) -> None:
        if urlsplit(self.path).path != "/index.html":
            return super().do_GET()
        body = type(self).version((SITE / "index.html").read_text()).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None: ...


class Judged(_Again):
    """A replay that notes what it would have chosen and goes on with the right element."""

    def __init__(self, episode: Episode, way: Way, version: str) -> None:
        super().__init__(episode, way, lambda _: None)
        self.version = version
        self.counts = {"found": 0, "stopped": 0, "wrong": 0, "not there": 0}
        self.notes: list[str] = []

    async def _find(self, session: Session, seen: Observation, wanted: list[str], action: Action) -> list[Match]:
        found = await super()._find(session, seen, wanted, action)
        now = (await session.observe("frame")).tree
        right: list[Match] = []
        for ref, match in zip(wanted, found, strict=True):
            old = seen.tree.by_ref[ref]
            names = {self._now(old.name)} | ({old.name.upper()} if self.version == "restyled" else set())
            like = [e for e in now.elements if e.role == old.role and e.name in names]
            if len(like) != 1:  # no name, or several: judged on pages where it is the only one
                right.append(match)
                continue
            self._note(match, like[0].ref, f"{old.role} {old.name!r}")
            right.append(Match(like[0], match.score, match.second))
        return right

    def _now(self, name: str) -> str:
        return NEW_NAMES.get(name, name) if self.version == "relabelled" else name

    def _note(self, match: Match, ref: str, what: str) -> None:
        kind = "stopped" if match.element is None else "found" if match.element.ref == ref else "wrong"
        self.counts[kind] += 1
        if kind != "found":
            self.notes.append(f"{kind}: {what}: {match.why or match.element} ({match.score:.2f}, {match.second:.2f})")

    async def _do(self, session: Session, step: Any) -> str:
        error = await super()._do(session, step)
        if error:
            self.counts["not there"] += 1
            self.notes.append(f"not done: {step.action}: {error}")
        return ""


def judge(episode: Episode, folder: Path, version: str) -> dict[str, Any]:
    handler = type("Handler", (Site,), {"version": staticmethod(VERSIONS[version])})
    port = urlsplit(episode.task.start_url).port or 0  # addresses in the recording name it
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), functools.partial(handler, directory=SITE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    known = dict(zip(("PASSWORD", "CARD_NUMBER", "INNER_SECRET"), SECRETS, strict=True))
    limits = Limits(folder / UPLOADS, lambda text: re.sub(r"\{\{secret:(\w+)\}\}", lambda m: known[m[1]], text))
    again = Judged(episode, Way(patience=3.0), version)
    options = Options(viewport=episode.steps[0].observation.tree.viewport, limits=limits, schemes=("file",))
    began = time.monotonic()
    with Browser() as browser:
        replayed = browser.submit(again.run(browser.native, options)).result()
    server.shutdown()
    server.server_close()
    seconds = round(time.monotonic() - began, 1)
    return {"version": version, **again.counts, "final": replayed.final, "seconds": seconds, "notes": again.notes}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recording", type=Path)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    folder = next((options.recording / "episodes").iterdir())
    episode, _ = read_episode(folder)
    wrong = 0
    for version in VERSIONS:
        if options.only in version:
            told = judge(episode, folder, version)
            wrong += told["wrong"]
            print(json.dumps(told), flush=True)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())

"""What being recorded costs a page: the time of its own work, with and without, a real hand clicking all the while.

    PYTHONPATH=tests python tests/record_cost.py [--pairs 3] [--units 400]

``pages/hand/busy.html`` does N equal pieces of work, 20 a second, and tells how long they took. The same window of
the same browser, once with nothing but the page in it and once with ``webagent record``, in turns. Only on an idle
machine.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from hand import display, recording, serving
from hand_doings import Hand

BARE = """
import asyncio, sys
from webagent.envs.browser import Browser
from webagent.envs.session import Options, Session

async def work(native):
    session = await Session.open(native, Options(viewport=(1280, 720)))
    await session.goto(sys.argv[1])
    await asyncio.sleep(600)

with Browser(headless=False) as browser:
    browser.submit(work(browser.native)).result()
"""


@contextlib.contextmanager
def bare(url: str, name: str) -> Iterator[None]:
    """The page in a window that nobody records."""
    process = subprocess.Popen(
        [sys.executable, "-c", BARE, url], env={**os.environ, "DISPLAY": name}, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def once(recorded: bool, units: int, name: str) -> dict[str, float]:
    folder = Path(tempfile.mkdtemp(prefix="webagent-cost-"))
    with serving() as (port, where):
        url = f"http://127.0.0.1:{port}/busy.html?units={units}"
        with recording(folder / "shown", url, name) if recorded else bare(url, name):
            hand = Hand(name)
            hand.find(where)
            end = time.monotonic() + 60 + units / 10
            while "all" not in where and time.monotonic() < end:
                hand.click(90, 37)
        if "all" not in where:
            raise TimeoutError(f"the page did not end its {units} pieces of work")
    shutil.rmtree(folder)
    return dict(where)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--units", type=int, default=400)
    options = parser.parse_args()
    told: dict[bool, list[dict[str, float]]] = {False: [], True: []}
    with display() as name:
        for _ in range(options.pairs):
            for recorded in (False, True):
                told[recorded].append(once(recorded, options.units, name))
                print(json.dumps({"recorded": recorded, **told[recorded][-1]}), flush=True)
    ratios = {
        key: round(statistics.median(b[key] / a[key] for a, b in zip(told[False], told[True], strict=True)), 3)
        for key in ("work", "median", "all")
    }
    print(json.dumps(ratios))
    return int(ratios["work"] > 1.05)


if __name__ == "__main__":
    sys.exit(main())

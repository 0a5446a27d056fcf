"""How far the video of a recording is from its events: a page that flashes a code on each click of a real hand.

    PYTHONPATH=tests python tests/record_sync.py [--clicks 30]

For each click: the first frame of the video that shows its code, against the moment that the recording tells for it.
Prints the differences' median and largest (ms), as JSON. The bar: 100 ms.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

import cv2
from hand import display, recording, serving
from hand_doings import Hand

from webagent.recorder.film import FPS
from webagent.recorder.moments import moments

BARS = [(40 + n * 100 + 40, 260) for n in range(7)]


def codes(path: Path) -> dict[int, float]:
    """When each code is first seen, seconds of the video."""
    film = cv2.VideoCapture(str(path))
    first: dict[int, float] = {}
    number = 0
    while True:
        there, picture = film.read()
        if not there:
            return first
        code = sum(1 << n for n, (x, y) in enumerate(BARS) if picture[y, x].mean() > 127)
        first.setdefault(code, number / FPS)
        number += 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clicks", type=int, default=30)
    options = parser.parse_args()
    out = Path(tempfile.mkdtemp(prefix="webagent-sync-")) / "shown"
    pauses = random.Random(3)
    with serving() as (port, where), display() as name:
        with recording(out, f"http://127.0.0.1:{port}/flash.html", name):
            hand = Hand(name)
            hand.find(where)
            time.sleep(2.0)
            for _ in range(options.clicks):
                hand.click(90, 37)
                time.sleep(pauses.uniform(0.0, 0.5))
            time.sleep(1.0)
        folder = next((out / "episodes").iterdir())
    seen = codes(folder / "screen.webm")
    told = [moment.second for moment in moments(folder) if moment.words.startswith("Press")]
    off = [1000 * (seen[n] - at) for n, at in enumerate(told, 1) if n in seen and at is not None]
    found = {
        "clicks": options.clicks, "recorded": len(told), "seen": len(off),
        "median_ms": round(statistics.median(off)), "worst_ms": round(max(map(abs, off))),
    }  # fmt: skip
    print(json.dumps(found))
    return int(found["worst_ms"] > 100 or len(off) < options.clicks)


if __name__ == "__main__":
    sys.exit(main())

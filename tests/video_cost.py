"""What screen video costs: steps a second with frames in the observation against without, in turns on one machine.

    python tests/video_cost.py [--steps 300] [--rounds 6] [--frames 4] [--pages click,quiet,moving] [--json FILE]

A step is a click, settled at level ``frame``, and the full observation. Each row is one page at one size; both sides do
the same clicks on it, a round of one and a round of the other in turn. ``click`` shows another text after every click,
``quiet`` shows no change (so that a picture has to be asked for), ``moving`` has a spinner that never ends.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from webagent.envs.browser import Browser
from webagent.envs.suites.miniwob import MiniWobScenario
from webagent.envs.suites.task_file import WebScenario
from webagent.envs.types import Action
from webagent.envs.web_env import WebEnv

BAR = 0.7  # of the speed without, up to 500 x 320
SIZES = ((500, 320), (1280, 720))
ROW = "<p>Item {0} <button onclick='said({0})'>Press {0}</button> <input value='field {0}'></p>"
SPINNER = (
    "<style>@keyframes turn {to {transform: rotate(360deg)}} #s {width: 60px; height: 60px; border: 8px solid #35d;"
    "border-top-color: #eee; border-radius: 50%; animation: turn 1s linear infinite}</style><div id=s></div>"
)
TELL = "out.textContent = 'Pressed ' + i + ', ' + ++n + ' times'"
SCRIPT = "<script>let n = 0; function said(i) {{{tell}}}</script>"
PAGE = "<!doctype html><title>Rows</title><h2 id=out>Press one</h2>{top}{rows}" + SCRIPT
QUIET = "<style>button, button:hover, button:active, button:focus {all: unset}</style>"


def page(kind: str) -> str:
    top = {"click": "", "quiet": QUIET, "moving": SPINNER}[kind]
    return PAGE.format(top=top, rows="".join(map(ROW.format, range(12))), tell="" if kind == "quiet" else TELL)


class Side:
    """One environment and the times of its steps (ms)."""

    def __init__(self, env: WebEnv) -> None:
        self.env = env
        self.ms: list[float] = []
        self.stale = 0
        env.reset(seed=7)

    def run(self, steps: int, record: bool = True) -> None:
        for i in range(steps):
            seen = self.env.observation.tree.actionable
            buttons = [e for e in seen if e.role in ("button", "checkbox") and e.has("visible")]
            began = time.perf_counter()
            *_, terminated, truncated, info = self.env.step(Action("click", buttons[i % len(buttons)].ref))
            if record:
                self.ms.append(1000 * (time.perf_counter() - began))
                self.stale += bool(info.get("frame_stale"))
            if terminated or truncated:
                self.env.reset(seed=7)


def compare(name: str, make: Callable[..., WebEnv], frames: dict[str, Any], steps: int, rounds: int) -> dict[str, Any]:
    """One row: the same work without and with ``frames``, a round of each in turn."""
    off, on = Side(make()), Side(make(**frames))
    try:
        for side in (off, on):
            side.run(20, record=False)
        for i in range(rounds):
            for side in (off, on) if i % 2 == 0 else (on, off):
                side.run(max(1, steps // rounds))
        held = on.env.observation.frames[-1]
    finally:
        off.env.close()
        on.env.close()
    without, with_ = np.array(off.ms), np.array(on.ms)
    return {
        "row": name,
        "frame": f"{held.width}x{held.height}",
        "off_p50": float(np.percentile(without, 50)),
        "off_p95": float(np.percentile(without, 95)),
        "on_p50": float(np.percentile(with_, 50)),
        "on_p95": float(np.percentile(with_, 95)),
        "off_per_s": 1000 / float(without.mean()),
        "on_per_s": 1000 / float(with_.mean()),
        "ratio": float(without.mean() / with_.mean()),
        "ratio_p50": float(np.percentile(without, 50) / np.percentile(with_, 50)),
        "ratio_p95": float(np.percentile(without, 95) / np.percentile(with_, 95)),
        "stale": on.stale / len(on.ms),
    }


def measure(options: argparse.Namespace, browser: Browser, folder: Path) -> list[dict[str, Any]]:
    rows = []
    kinds = options.pages.split(",")

    def miniwob(**more: Any) -> WebEnv:
        return WebEnv(MiniWobScenario("click-checkboxes-large"), browser=browser, **more)

    frames = {"frames": options.frames, "frame_size": (160, 210), "every_nth": options.every_nth}
    rows.append(compare("miniwob 160x210", miniwob, frames, options.steps, options.rounds))
    show(rows[-1])
    for size in SIZES:
        for kind in kinds:
            (folder / f"{kind}.html").write_text(page(kind), encoding="utf8")

            def local(kind: str = kind, size: tuple[int, int] = size, **more: Any) -> WebEnv:
                scenario = WebScenario(f"{kind}.html", "press", base=folder, max_steps=10**6)
                scenario.viewport = size
                return WebEnv(scenario, browser=browser, **more)

            frames = {"frames": options.frames, "every_nth": options.every_nth}
            rows.append(compare(f"{kind} {size[0]}x{size[1]}", local, frames, options.steps, options.rounds))
            show(rows[-1])
    return rows


def show(row: dict[str, Any]) -> None:
    print(
        f"{row['row']:<18} {row['frame']:>9}   {row['off_p50']:6.1f} {row['off_p95']:6.1f} {row['off_per_s']:6.1f}   "
        f"{row['on_p50']:6.1f} {row['on_p95']:6.1f} {row['on_per_s']:6.1f}   "
        f"{row['ratio']:5.2f} {row['ratio_p50']:5.2f} {row['ratio_p95']:5.2f}   {100 * row['stale']:4.1f} %",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=300, help="steps a row and side")
    parser.add_argument("--rounds", type=int, default=6, help="how often the sides take turns")
    parser.add_argument("--frames", type=int, default=4, help="frames an observation")
    parser.add_argument("--every-nth", type=int, default=1)
    parser.add_argument("--pages", default="click,quiet,moving")
    parser.add_argument("--json", type=Path, default=None, help="write the rows there, too")
    options = parser.parse_args()
    print(f"{'':<18} {'':>9}   {'without':<20}   {'with':<20}   with / without")
    print(f"{'page, size':<18} {'frame':>9}   {'p50':>6} {'p95':>6} {'/s':>6}   {'p50':>6} {'p95':>6} {'/s':>6}   "
          f"{'/s':>5} {'p50':>5} {'p95':>5}   stale")  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, Browser() as browser:
        rows = measure(options, browser, Path(folder))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1), encoding="utf8")
    small = [row for row in rows if "1280" not in row["row"]]
    worst = min(small, key=lambda row: row["ratio"])
    print(f"up to 500x320: at least {worst['ratio']:.2f} x the speed without ({worst['row']}); the bar is {BAR}")


if __name__ == "__main__":
    main()

"""What the tree script costs, as a ratio to a bare walk that only reads every element's box, in one run.

``python tests/tree_cost.py`` prints the table. Measured inside the page, so that neither the protocol nor Python
counts; the two are taken in turns, and the medians are compared. Reading the listeners is a call of its own and
stands beside it.
"""

from __future__ import annotations

import json
import statistics
import threading
import time
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from webagent.envs.browser import Browser
from webagent.envs.session import Options, Session

PAGES = Path(__file__).parent / "pages"
BARE_WALK = """(() => {
  const t0 = performance.now();
  let sum = 0;
  for (const el of document.querySelectorAll("*")) {
    const r = el.getBoundingClientRect();
    sum += r.x + r.y + r.width + r.height;
  }
  return [performance.now() - t0, sum];
})()"""


@dataclass(frozen=True)
class Cost:
    """Medians in milliseconds; ``listeners`` includes the way there and back."""

    nodes: int
    bare: float
    tree: float
    listeners: float

    @property
    def ratio(self) -> float:
        return self.tree / self.bare


async def _measure(browser: Browser, url: str, nodes: int, rounds: int) -> Cost:
    assert browser.native is not None
    session = await Session.open(browser.native, Options())
    try:
        await session.goto(f"{url}?nodes={nodes}", timeout_ms=60_000)
        world = session.tab.main
        bare, tree, listeners = [], [], []
        for _ in range(rounds):
            bare.append(float((await session.evaluate(BARE_WALK))[0]))
            t0 = time.perf_counter()
            flags = await world.listeners()
            listeners.append((time.perf_counter() - t0) * 1000)
            tree.append(json.loads(await world.run(f"observe('input', 0, 400, {json.dumps(flags)})"))["ms"][1])
        return Cost(nodes, *(statistics.median(x[1:]) for x in (bare, tree, listeners)))
    finally:
        await session.close()


class _Quiet(SimpleHTTPRequestHandler):
    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, directory=str(PAGES), **more)

    def log_message(self, format: str, *args: object) -> None:
        pass


def measure(browser: Browser, sizes: tuple[int, ...] = (3000, 50_000), rounds: int = 9) -> list[Cost]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Quiet) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/big.html"
        costs = [browser.call(_measure(browser, url, nodes, rounds)) for nodes in sizes]
        server.shutdown()
    return costs


def table(costs: list[Cost]) -> str:
    rows = [f"{c.nodes:>7} {c.bare:>9.1f} {c.tree:>9.1f} {c.ratio:>6.2f} {c.listeners:>13.1f}" for c in costs]
    return "\n".join(["  nodes   bare ms   tree ms  ratio  listeners ms", *rows])


if __name__ == "__main__":
    with Browser() as chromium:
        print(table(measure(chromium)))

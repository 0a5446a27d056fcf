"""Measures one peer, in an interpreter that has it: ``python -I peer_process.py PEER ORDER``, ORDER a JSON object.

Imports nothing of ours, and the peer by name, because it is no dependency. Every variant does the same: ``resets``
resets or more, then clicks on one element until ``seconds`` are over, at least ``steps``. The last line of stdout is
``{"version", "variants": {name: {"steps": [ms …], "resets": [ms …], "errors"}}}`` or ``{"absent": module}``. A click
that the peer gave up is an error, not a step; too many of them end it.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import sys
import time
from typing import Any

MOST_ERRORS = 5


class ClickFailed(Exception):
    """The peer did not do its click; one line."""


class BrowserGym:
    """``shipped``; ``stripped``: without its fixed delay; ``bare``: without the task's slow motion, too."""

    modules = ("gymnasium", "browsergym.miniwob", "playwright.sync_api")
    distribution = "browsergym-core"
    variants: dict[str, dict[str, Any]] = {
        "shipped": {},
        "stripped": {"pre_observation_delay": 0},
        "bare": {"pre_observation_delay": 0, "slow_mo": 0},
    }

    def __init__(self, order: dict[str, Any], options: dict[str, Any]) -> None:
        os.environ["MINIWOB_URL"] = order["url"]
        _launch_only(order["browser"])
        gymnasium = importlib.import_module("gymnasium")
        self.env = gymnasium.make(f"browsergym/miniwob.{order['task']}", headless=True, **options)
        self.selector = order["selector"]
        self.seed = order["seed"]
        self.action = ""

    def reset(self) -> None:
        self.env.reset(seed=self.seed)

    def aim(self) -> None:
        bid = self.env.unwrapped.page.locator(self.selector).first.get_attribute("bid")
        self.action = f"click('{bid}')"

    def click(self) -> bool:
        observation, _, terminated, truncated, _ = self.env.step(self.action)
        if observation["last_action_error"]:
            raise ClickFailed(observation["last_action_error"].splitlines()[0])
        return bool(terminated or truncated)

    def close(self) -> None:
        self.env.close()


def _launch_only(path: str) -> None:
    """Every browser that Playwright starts here is the one at ``path``; the peer's chat window starts one, too."""
    kind = importlib.import_module("playwright.sync_api").BrowserType
    if not hasattr(kind, "launch_as_shipped"):
        kind.launch_as_shipped = kind.launch
        kind.launch = lambda self, **more: self.launch_as_shipped(**{"executable_path": path, **more})


class MiniWob:
    """``shipped``: with a screenshot in every observation; ``stripped``: without."""

    modules = ("gymnasium", "miniwob", "selenium", "numpy")
    distribution = "miniwob"
    variants: dict[str, dict[str, Any]] = {"shipped": {}, "stripped": {"record_screenshots": False}}

    def __init__(self, order: dict[str, Any], options: dict[str, Any]) -> None:
        if not order["driver"]:
            raise RuntimeError("found no chromedriver on PATH")
        os.environ["MINIWOB_CHROME_BINARY"] = order["browser"]
        os.environ["MINIWOB_CHROMEDRIVER"] = order["driver"]
        gymnasium = importlib.import_module("gymnasium")
        gymnasium.register_envs(importlib.import_module("miniwob"))
        self.env = gymnasium.make(f"miniwob/{order['task']}-v1", base_url=order["url"])
        self.options = options
        self.selector = order["selector"]
        self.seed = order["seed"]
        self.action: object = None

    def reset(self) -> None:
        self.env.reset(seed=self.seed, options=self.options)

    def aim(self) -> None:
        numpy = importlib.import_module("numpy")
        kinds = importlib.import_module("miniwob.action").ActionTypes
        middle = (
            f"const r = document.querySelector({json.dumps(self.selector)}).getBoundingClientRect();"
            "return [r.x + r.width / 2, r.y + r.height / 2];"
        )
        inner = self.env.unwrapped
        place = numpy.array(inner.instance.driver.execute_script(middle), dtype="float32")
        self.action = inner.create_action(kinds.CLICK_COORDS, coords=place)

    def click(self) -> bool:
        _, _, terminated, truncated, _ = self.env.step(self.action)
        return bool(terminated or truncated)

    def close(self) -> None:
        self.env.close()


def measure(make: Any, options: dict[str, Any], order: dict[str, Any]) -> dict[str, Any]:
    """Durations in ms of one variant; the first reset, which starts everything, does not count."""
    steps: list[float] = []
    resets: list[float] = []
    errors = 0
    peer = make(order, options)
    try:
        peer.reset()
        end = time.perf_counter() + order["seconds"] / 2
        while len(resets) < order["resets"] or time.perf_counter() < end:
            t0 = time.perf_counter()
            peer.reset()
            resets.append(1000 * (time.perf_counter() - t0))
        peer.aim()
        end = time.perf_counter() + order["seconds"] / 2
        while len(steps) < order["steps"] or time.perf_counter() < end:
            t0 = time.perf_counter()
            try:
                ended = peer.click()
            except ClickFailed:
                errors += 1
                if errors > MOST_ERRORS:
                    raise
                continue
            steps.append(1000 * (time.perf_counter() - t0))
            if ended:
                peer.reset()
    finally:
        peer.close()
    return {"steps": steps, "resets": resets, "errors": errors}


def main(name: str, order: dict[str, Any]) -> dict[str, Any]:
    make: Any = {"browsergym": BrowserGym, "miniwob": MiniWob}[name]
    for module in make.modules:
        try:
            importlib.import_module(module)
        except ImportError:
            return {"absent": module}
    found = {variant: measure(make, options, order) for variant, options in make.variants.items()}
    return {"version": importlib.metadata.version(make.distribution), "variants": found}


if __name__ == "__main__":
    answer = main(sys.argv[1], json.loads(sys.argv[2]))
    print("\n" + json.dumps(answer), flush=True)

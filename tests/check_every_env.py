"""Gymnasium's and Stable-Baselines3's checkers over every registered id.

``python tests/check_every_env.py --jobs 2 [--only 'webagent/miniwob.click-*']``. Gymnasium's checker runs on every view
with the typed one first, Stable-Baselines3's on ``arrays``, where no warning is let through. Frames are off.
"""

from __future__ import annotations

import argparse
import fnmatch
import multiprocessing
import sys
import time
import traceback
import warnings

import gymnasium as gym

import webagent.envs
from webagent.envs.browser import Browser

VIEWS = ("typed", "arrays", "browsergym")
PRECISION = "A Box observation space"  # Gymnasium: numbers far apart in one box are suspect; ours are pixels


def check(id: str, view: str, browser: Browser) -> str:
    """ "" or what the checkers said."""
    from gymnasium.utils.env_checker import check_env
    from stable_baselines3.common.env_checker import check_env as check_for_sb3

    options = {"url": "data/none", "goal": "g"} if id.endswith("/Web-v0") else {}
    if options:
        options = {"url": str(webagent.envs.__path__[0]) + "/suites/demo/shop.html", "goal": "Find a coat"}
    env = gym.make(id, view=view, browser=browser, disable_env_checker=True, **options)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            check_env(env.unwrapped, skip_render_check=True)
            if view == "arrays":
                check_for_sb3(env.unwrapped, skip_render_check=True)
        said = [str(w.message) for w in caught if view == "arrays" or "core dumped" in str(w.message)]
        return "; ".join(said)
    except Exception:  # noqa: BLE001 (whatever goes wrong is the finding)
        return traceback.format_exc().strip().splitlines()[-1]
    finally:
        env.close()


def work(ids: list[tuple[str, str]]) -> list[tuple[str, str, str]]:
    with Browser() as browser:
        return [(id, view, check(id, view, browser)) for id, view in ids]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="webagent/*")
    parser.add_argument("--views", nargs="+", default=VIEWS)
    options = parser.parse_args()
    ids = [i for i in gym.registry if i.startswith("webagent/") and fnmatch.fnmatch(i, options.only)]
    pairs = [(i, view) for i in ids for view in options.views]
    began = time.monotonic()
    with multiprocessing.get_context("spawn").Pool(options.jobs) as pool:
        parts = pool.map(work, [pairs[n :: options.jobs] for n in range(options.jobs)])
    found = [row for part in parts for row in part]
    bad = [row for row in found if row[2]]
    for id, view, said in sorted(bad):
        print(f"{id} [{view}]: {said}")
    print(f"{len(ids)} ids, {len(found)} checks in {time.monotonic() - began:.0f} s: {len(bad)} with something to say")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()

"""How long a policy takes to decide, on the page that the rest is measured on."""

from __future__ import annotations

import time

from webagent.agents import POLICIES, frames_for, make_policy
from webagent.envs.browser import Browser
from webagent.envs.suites.miniwob import MiniWobScenario
from webagent.envs.web_env import WebEnv
from webagent.rollout import run_episode
from webagent.speed.sample import Sample
from webagent.speed.work import Work

SHIPPED = "default"
"""The policy that is timed where none is named."""


def policy_to_time(asked: str | None) -> str | None:
    """The policy asked for, else the shipped one if there is one. Raises ``UnknownName``."""
    if asked is not None:
        make_policy(asked)
        return asked
    return SHIPPED if SHIPPED in POLICIES else None


def measure_decisions(browser: Browser, work: Work, policy: str, seconds: float) -> dict[str, float]:
    """``{"p50", "p95"}`` in ms over the decisions of whole episodes."""
    decisions = Sample()
    env = WebEnv(MiniWobScenario(work.task), browser=browser, frames=frames_for(policy))
    try:
        end = time.perf_counter() + seconds
        seed = work.seed
        while time.perf_counter() < end or not decisions.ms:
            episode = run_episode(env, make_policy(policy), seed=seed, source=f"policy:{policy}")
            decisions.extend(step.ms["decide"] for step in episode.steps)
            seed += 1
    finally:
        env.close()
    return decisions.spread()

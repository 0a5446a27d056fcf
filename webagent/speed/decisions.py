"""How long a policy takes to decide, on the page that the rest is measured on."""

from __future__ import annotations

import time

from webagent.agents import SHIPPED, frames_for, make_policy
from webagent.envs.browser import Browser
from webagent.envs.suites.miniwob import MiniWobScenario
from webagent.envs.web_env import WebEnv
from webagent.rollout import run_episode
from webagent.speed.sample import Sample
from webagent.speed.work import Work


def policy_to_time(asked: str | None) -> str:
    """The policy asked for, else the shipped one. Raises ``UnknownName``."""
    make_policy(asked or SHIPPED)
    return asked or SHIPPED


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

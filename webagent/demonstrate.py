"""Demonstrations: the experts play, in several processes, and what they did goes into a corpus.

Each process adds to the corpus by itself. An episode that breaks counts as failed and is not kept; one that the
environment does not call a success is kept as what it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from webagent.agents import frames_for, make_policy
from webagent.datasets.corpus import CorpusWriter
from webagent.envs.errors import BrowserGone, WebAgentError
from webagent.envs.types import Episode
from webagent.rollout import run_episode
from webagent.scores import EpisodeResult, result_of, summarise
from webagent.seeds import training_seed
from webagent.suites import Suite, open_suite
from webagent.workers import OpenLab, Play, play_all, turns

EPISODE_S = 120.0


@dataclass(frozen=True)
class Demonstration:
    """What is to be shown. ``episodes``: a task. ``out``: the corpus, or "" to keep nothing."""

    tasks: tuple[str, ...]
    """Full ids, of one suite or several."""
    episodes: int
    seed: int = 0
    first: int = 0
    """Number of the first episode, so that a corpus can be added to."""
    out: str = ""
    policy: str = "expert"
    browser: str | None = None
    frames: int = 0
    """Screen frames that an observation holds, if the policy asks for no more."""


@contextmanager
def open_stage(settings: Demonstration) -> Iterator[Play]:
    """What one process plays with."""
    make_agent = make_policy(settings.policy)
    with stage(settings, lambda env, seed: run_episode(env, make_agent, seed=seed, source=settings.policy)) as play:
        yield play


@contextmanager
def stage(settings: Demonstration, play_one: Callable[[Any, int], Episode]) -> Iterator[Play]:
    """A browser of its own, one environment at a time, and a writer if episodes are kept."""
    from webagent.envs.browser import Browser

    suites = {name: open_suite(name) for name in dict.fromkeys(map(suite_of, settings.tasks))}
    frames = max(settings.frames, frames_for(settings.policy))
    writer = CorpusWriter(settings.out) if settings.out else nullcontext()
    with Browser(executable=settings.browser) as browser, writer as kept:
        env: Any = None
        open_for = ""

        def play(task: str, i: int) -> EpisodeResult:
            nonlocal env, open_for
            seed = training_seed(settings.seed, task, i)
            try:
                if open_for != task:
                    if env is not None:
                        env.close()
                    env, open_for = _open_env(suites[suite_of(task)], task, browser, frames), task
                episode = play_one(env, seed)
            except BrowserGone:
                raise  # the process starts anew
            except WebAgentError as error:
                open_for = ""
                return EpisodeResult(task, i, seed, error=f"{type(error).__name__}: {error}")
            if kept is not None:
                kept.add(episode)
            return result_of(task, i, seed, episode)

        yield play


def suite_of(task: str) -> str:
    """The name of the suite that a full id begins with."""
    return task.partition(".")[0]


def _open_env(suite: Suite, task: str, browser: Any, frames: int) -> Any:
    from webagent.envs.web_env import WebEnv

    secrets = suite.open_secrets(())
    redact = secrets.redact_observation if secrets.names else None
    return WebEnv(suite.scenario(task), browser=browser, frames=frames, resolve=secrets.resolve, redact=redact)


def demonstrate(
    settings: Demonstration,
    jobs: int,
    on_result: Callable[[EpisodeResult, int], None],
    open_lab: OpenLab = open_stage,
) -> dict[str, Any]:
    """Have every episode played; ``on_result(result, done)`` is called for each. Returns the benchmark's numbers."""
    started = time.monotonic()
    work = [job for task in settings.tasks for job in turns(task, settings.first, settings.episodes)]
    results: list[EpisodeResult] = []
    for result in play_all(work, open_lab, settings, jobs, EPISODE_S, lambda: None):
        results.append(result)
        on_result(result, len(results))
    numbers = summarise(results, settings.tasks, {}, settings.seed)
    return {**numbers, "out": settings.out or None, "seconds": round(time.monotonic() - started, 1)}

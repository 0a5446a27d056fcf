"""From single episodes to a benchmark's numbers: means, intervals, quantiles. Knows no browser.

``mean`` is the unweighted mean over tasks of the strict success rate. Its interval is a bootstrap over episodes within
each task (stratified), so it speaks of chance in the episodes played, not of tasks that were left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from webagent.envs.types import Episode

RESAMPLES = 10_000


@dataclass(frozen=True)
class EpisodeResult:
    """One line of ``results.jsonl``.

    ``error``: class and message of what broke the episode, "" if it was played to its end; a broken one is a failed
    one. ``browser_steps``: asked of the browser, those of a search and its replays included. ``action_errors``: actions
    that the page refused. ``decide_ms``: one entry a decision. ``env_ms``: time inside the environment's steps.
    ``stored``: id of the full episode beside it, "" if it was not kept.
    """

    task: str
    i: int
    seed: int
    success: bool = False
    success_positive: bool = False
    reward: float = 0.0
    steps: int = 0
    reason: str = ""
    error: str = ""
    action_errors: int = 0
    decide_ms: tuple[float, ...] = ()
    env_ms: float = 0.0
    ms_total: float = 0.0
    goal: str = ""
    stored: str = ""
    browser_steps: int = 0


def result_of(task: str, i: int, seed: int, episode: Episode) -> EpisodeResult:
    """What is kept of an episode that was played to its end."""
    info = episode.info
    return EpisodeResult(
        task=task,
        i=i,
        seed=seed,
        success=bool(episode.success),
        success_positive=bool(info["success_positive"]),
        reward=float(info["reward"]),
        steps=len(episode.steps),
        reason=str(info["reason"]),
        action_errors=sum(bool(step.error) for step in episode.steps),
        decide_ms=tuple(step.ms["decide"] for step in episode.steps),
        env_ms=round(sum(step.ms["env"] for step in episode.steps), 2),
        ms_total=info["ms_total"],
        goal=episode.task.goal,
        browser_steps=int(info["browser_steps"]),
    )


def summarise(
    results: Iterable[EpisodeResult], tasks: Sequence[str], subsets: Mapping[str, Sequence[str]], seed: int
) -> dict[str, Any]:
    """The aggregates of ``bench --json`` over ``results``; tasks without an episode are left out of every mean."""
    by_task: dict[str, list[EpisodeResult]] = {task: [] for task in tasks}
    for result in results:
        by_task[result.task].append(result)
    played = {task: rows for task, rows in by_task.items() if rows}
    rates = {task: _mean(r.success for r in rows) for task, rows in played.items()}
    covered = {name: [t for t in members if t in rates] for name, members in subsets.items()}
    flat = [r for rows in played.values() for r in rows]
    decide = [ms for r in flat for ms in r.decide_ms]
    seconds = sum(r.env_ms for r in flat) / 1000
    return {
        "episodes": len(flat),
        "mean": _rounded(_mean(rates.values())),
        "ci95": interval([[r.success for r in rows] for rows in played.values()], seed),
        "mean_positive": _rounded(_mean(_mean(r.success_positive for r in rows) for rows in played.values())),
        "subsets": {name: _rounded(_mean(rates[t] for t in members)) for name, members in covered.items() if members},
        "subsets_n": {name: [len(members), len(subsets[name])] for name, members in covered.items() if members},
        "tasks": {task: _task_row(rows) for task, rows in played.items()},
        "errors": sum(bool(r.error) for r in flat),
        "ms_per_decision": {"p50": quantile(decide, 50), "p95": quantile(decide, 95)},
        "browser_steps_per_episode": round(_mean(r.browser_steps for r in flat), 1),
        "seconds_per_episode": round(_mean(r.ms_total for r in flat) / 1000, 3),
        "env_steps_per_s": round(sum(r.steps for r in flat) / seconds, 1) if seconds else None,
    }


def interval(outcomes: Sequence[Sequence[bool]], seed: int, level: float = 95.0) -> list[float]:
    """Bootstrap interval of the mean over tasks of the mean over episodes; ``outcomes`` [tasks][episodes].

    Drawing n outcomes with replacement from a task whose rate is p is a binomial draw, so that is what is drawn.
    """
    if not outcomes:
        return [0.0, 0.0]
    counts = np.array([len(row) for row in outcomes])
    rates = np.array([np.mean(row) for row in outcomes])
    rng = np.random.default_rng([seed, len(outcomes)])
    draws = rng.binomial(counts, rates, size=(RESAMPLES, len(counts))) / counts
    tail = (100 - level) / 2
    low, high = np.percentile(draws.mean(axis=1), [tail, 100 - tail])
    return [_rounded(float(low)), _rounded(float(high))]


def quantile(values: Sequence[float], percent: float) -> float | None:
    return round(float(np.percentile(values, percent)), 3) if values else None


def _task_row(rows: Sequence[EpisodeResult]) -> dict[str, Any]:
    return {
        "success": _rounded(_mean(r.success for r in rows)),
        "success_positive": _rounded(_mean(r.success_positive for r in rows)),
        "episodes": len(rows),
        "reward_mean": _rounded(_mean(r.reward for r in rows)),
        "steps_mean": round(_mean(r.steps for r in rows), 2),
        "browser_steps_mean": round(_mean(r.browser_steps for r in rows), 2),
        "seconds_mean": round(_mean(r.ms_total for r in rows) / 1000, 3),
        "errors": sum(bool(r.error) for r in rows),
    }


def _mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return float(sum(numbers)) / len(numbers) if numbers else 0.0


def _rounded(value: float) -> float:
    return round(value, 4)

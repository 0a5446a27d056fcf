"""One episode: an agent in an environment, from reset to the end. What it does not do: retry, search, learn.

``run_episode`` knows neither files nor terminals; whoever wants to keep or show steps passes functions.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from webagent.envs.types import ENDS_EPISODE, Action, Branch, Episode, Observation, Proposal, Step, Task


@dataclass(frozen=True)
class Choice:
    """What an agent that looks ahead decides: ``action``, one of ``proposal``'s; how often each of these was visited
    and what it was found to be worth; the tree for the report; and what it asked of the browser for that."""

    action: Action
    proposal: Proposal
    visits: tuple[int, ...] = ()
    search: tuple[Branch, ...] = ()
    browser_steps: int = 0
    worths: tuple[float | None, ...] = ()


Agent = Callable[[Observation], Proposal | Action | Choice]
MakeAgent = Callable[[Task, np.random.Generator], Agent]

STUCK_AFTER = 5
"""The same action on the same observation this often in a row ends an episode: nothing new can come of it."""


class Env(Protocol):
    """What a rollout needs of an environment; ``webagent.envs.web_env.WebEnv`` is one."""

    @property
    def task(self) -> Task: ...

    @property
    def observation(self) -> Observation: ...

    @property
    def verdict(self) -> Any: ...

    def reset(self, *, seed: int | None = None) -> tuple[Any, dict[str, Any]]: ...

    def step(self, action: Action) -> tuple[Any, float, bool, bool, dict[str, Any]]: ...

    def screen(self) -> bytes: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Watch:
    """Who looks on; every field is optional.

    ``start``: the task, once the page stands. ``screen``: the JPEG of each observation, with it, before its step (and
    of the final one). ``step``: each step as it is done. ``guard``: called before an action is taken; raises to forbid
    it (``NeedsPerson``).
    """

    start: Callable[[Task], None] | None = None
    screen: Callable[[bytes, Observation], None] | None = None
    step: Callable[[Step], None] | None = None
    guard: Callable[[Observation, Action], None] | None = None


def run_episode(
    env: Env,
    make_agent: MakeAgent,
    *,
    seed: int,
    source: str,
    max_steps: int | None = None,
    watch: Watch | None = None,
) -> Episode:
    """Play one episode and return it. Errors of the environment and of the agent pass through.

    ``seed`` decides the task's instance and, by a generator of its own, the agent's chance. ``max_steps`` can only
    shorten the task's own limit. ``Episode.info``: ``reason``, ``reward``, ``success_positive``, ``judged_by``,
    ``answer``, ``seed``, ``ms_total``, ``ms_reset``, ``blocked``, ``downloads`` and ``browser_steps``, with a search's.
    """
    watch = watch or Watch()
    started = time.perf_counter()
    _, info = env.reset(seed=seed)
    ms_reset = 1000 * (time.perf_counter() - started)
    if watch.start:
        watch.start(env.task)
    agent = make_agent(env.task, np.random.default_rng([seed, 1]))
    limit = min(env.task.max_steps, max_steps or env.task.max_steps)
    steps: list[Step] = []
    blocked: set[str] = set()
    reason, repeats, asked = "", 0, 0
    while not reason:
        if watch.screen:
            watch.screen(env.screen(), env.observation)
        step, info, more = _one_step(env, agent, watch)
        asked += 1 + more
        blocked.update(map(str, info.get("blocked") or ()))
        repeats = repeats + 1 if steps and _same(steps[-1], step) else 0
        reason = _end_of(step, env, len(steps) + 1 >= limit, repeats + 1 >= STUCK_AFTER)
        if reason in ("stuck", "step limit") and not (step.terminated or step.truncated):
            # The task is judged where the agent stands, as at its own step limit.
            env.step(Action("give_up", text=reason))
            step = dataclasses.replace(step, truncated=True, reward=float(env.verdict.reward))
        steps.append(step)
        if watch.step:
            watch.step(step)
    if watch.screen:
        watch.screen(env.screen(), env.observation)
    ms = {"ms_total": round(1000 * (time.perf_counter() - started), 1), "ms_reset": round(ms_reset, 1)}
    outcome = {**_outcome(env, steps[-1], reason, info), "blocked": sorted(blocked), "browser_steps": asked}
    return Episode(
        env.task, tuple(steps), env.observation, source, bool(env.verdict.success), {**outcome, **ms, "seed": seed}
    )


def proposal_in(choice: Proposal | Action | Choice) -> Proposal:
    """What an agent weighed."""
    if isinstance(choice, Choice):
        return choice.proposal
    return choice if isinstance(choice, Proposal) else Proposal((choice,), (0.0,))


def _one_step(env: Env, agent: Agent, watch: Watch) -> tuple[Step, dict[str, Any], int]:
    """The step, its info, and how many browser steps were asked for besides."""
    observation = env.observation
    started = time.perf_counter()
    choice = agent(observation)
    decide = 1000 * (time.perf_counter() - started)
    proposal = proposal_in(choice)
    searched = choice if isinstance(choice, Choice) else Choice(proposal.actions[0], proposal)
    action = searched.action
    if watch.guard:
        watch.guard(observation, action)
    started = time.perf_counter()
    _, reward, terminated, truncated, info = env.step(action)
    ms = {"env": 1000 * (time.perf_counter() - started), **info.get("ms", {})}
    step = Step(
        observation=observation,
        action=action,
        reward=float(reward),
        terminated=bool(terminated),
        truncated=bool(truncated),
        error=str(info.get("last_error") or ""),
        proposal=proposal,
        visits=searched.visits,
        worths=searched.worths,
        search=searched.search,
        ms={"decide": round(decide, 3), **{name: round(float(value), 2) for name, value in ms.items()}},
    )
    return step, info, searched.browser_steps


def _same(before: Step, now: Step) -> bool:
    """The agent did the same thing again, and the page had not changed since."""
    if before.action != now.action:
        return False
    a, b = before.observation, now.observation
    return (a.url, a.title, a.tabs, a.last_error, a.tree) == (b.url, b.title, b.tabs, b.last_error, b.tree)


def _end_of(step: Step, env: Env, at_limit: bool, stuck: bool) -> str:
    """Why the episode ends here, or "" if it goes on."""
    if step.terminated:
        own = "the task ended" if step.action.op not in ENDS_EPISODE else step.action.text or step.action.op
        return str(env.verdict.info.get("reason") or own)
    if stuck:
        return "stuck"
    return "step limit" if step.truncated or at_limit else ""


def _outcome(env: Env, last: Step, reason: str, info: dict[str, Any]) -> dict[str, Any]:
    verdict = env.verdict
    return {
        "reason": reason,
        "reward": float(verdict.info.get("raw_reward", verdict.reward)),
        "success_positive": bool(verdict.success_positive),
        "judged_by": "check" if verdict.checked else "agent",
        "answer": last.action.text if last.action.op == "answer" else None,
        "downloads": list(info.get("downloads") or ()),
    }

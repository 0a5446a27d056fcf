"""``webagent bench``: a policy on many tasks, with numbers that can be compared."""

from __future__ import annotations

import dataclasses
import re
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from webagent.commands import Result
from webagent.commands.options import (
    AsJson,
    Browser,
    Leaf,
    MaxSteps,
    Policy,
    Quiet,
    Search,
    SearchSteps,
    SearchWith,
    SecretName,
    Split,
    Subset,
    Tasks,
    Yes,
    flag,
)
from webagent.console import Console

if TYPE_CHECKING:
    from webagent import suites
    from webagent.evaluate import BenchRun, BenchSettings
    from webagent.scores import EpisodeResult

NAME = "bench"
EXAMPLE = "Example:  webagent bench miniwob --subset bgym125 --episodes 5 --jobs 2 --out out/lexical"


Suite = Annotated[str, typer.Argument(metavar="SUITE", help="miniwob, practice, maze, demo or a task file.")]
Episodes = Annotated[int, flag("--episodes", "Episodes a task.", metavar="N", min=1)]
Seed = Annotated[int, flag("--seed", "From which every episode's own seed is derived.", metavar="N", min=0)]
Clock = Annotated[bool, flag("--clock", "Let MiniWoB++'s own time limit run.")]
Jobs = Annotated[int, flag("--jobs", "Processes, each with a browser of its own.", metavar="N", min=1)]
EpisodeTimeout = Annotated[
    float, flag("--episode-timeout", "Longest that an episode may take.", metavar="SECONDS", min=1)
]
Out = Annotated[
    Path | None, flag("--out", "The benchmark's folder (default: webagent-out/<time>-bench-<suite>).", metavar="DIR")
]
Resume = Annotated[bool, flag("--resume", "Go on with the benchmark in --out.")]


def bench(
    suite: Suite,
    tasks: Tasks = None,
    subset: Subset = None,
    split: Split = None,
    episodes: Episodes = 5,
    seed: Seed = 0,
    policy: Policy = "default",
    search: Search = None,
    search_with: SearchWith = "gumbel",
    leaf: Leaf = "value",
    search_steps: SearchSteps = None,
    max_steps: MaxSteps = None,
    clock: Clock = False,
    jobs: Jobs = 1,
    episode_timeout: EpisodeTimeout = 120.0,
    resume: Resume = False,
    secret: SecretName = None,
    yes: Yes = False,
    browser: Browser = None,
    out: Out = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> Result:
    """Play many tasks and give the mean success.

    A crash counts as a failed episode. Interrupted, it goes on where it was with --resume and the same --out. On sites
    beyond this machine, what needs a person's confirmation fails, unless --yes is given.
    """
    from webagent.evaluate import BenchRun, BenchSettings
    from webagent.plan import Plan
    from webagent.suites import open_suite

    found = open_suite(suite)
    chosen = found.select(tasks, subset, split)
    settings = BenchSettings(
        suite=suite,
        tasks=chosen,
        episodes=episodes,
        seed=seed,
        policy=policy,
        plan=Plan(search, search_with, leaf, search_steps) if search else None,
        max_steps=max_steps,
        clock=clock,
        secrets=tuple(secret or ()),
        yes=yes,
        browser=browser,
        out=str(_folder(out, found.name, resume)),
    )
    return perform(found, settings, BenchRun(jobs, resume, episode_timeout), Console(quiet))


def perform(suite: suites.Suite, settings: BenchSettings, run: BenchRun, console: Console) -> Result:
    """Play it with progress; what was asked wrongly is told before a browser starts."""
    from webagent.agents import make_policy
    from webagent.evaluate import bench as play

    make_policy(settings.policy)
    check_secrets(suite, settings)
    check_search(suite, settings)
    won: Counter[str] = Counter()
    total = settings.episodes * len(settings.tasks)
    with console.progress(f"{suite.name} {settings.policy}", total) as progress:

        def on_result(result: EpisodeResult, done: int, of: int) -> None:
            won[result.task] += result.success
            progress.advance(done, _line_of(result, result.i + 1 == settings.episodes, won[result.task]))

        data = play(settings, suite.subsets, dataclasses.replace(run, on_result=on_result))
    return Result(data, _table(settings, data))


def check_secrets(suite: suites.Suite, settings: BenchSettings) -> None:
    """Raise ``UsageError`` now for a secret that a task names and nobody gave."""
    secrets = suite.open_secrets(settings.secrets)
    for task in settings.tasks:
        secrets.check(suite.goals.get(task, ""))


def check_search(suite: suites.Suite, settings: BenchSettings) -> None:
    """Raise ``UsageError`` now where a search would do for good what it tries."""
    from webagent.simulator import check_replayable
    from webagent.suites import Options

    for task in settings.tasks if settings.plan else ():
        scenario = suite.scenario(task, Options(settings.max_steps, settings.clock))
        check_replayable(scenario.sandboxed, task)
        scenario.close()


def _folder(out: Path | None, suite: str, resume: bool) -> Path:
    from webagent.envs.errors import UsageError

    if out is None and resume:
        raise UsageError("--resume needs to know what to go on with", "name it: --out DIR")
    name = re.sub(r"\W+", "-", suite)
    return out or Path("webagent-out") / f"{time.strftime('%Y%m%d-%H%M%S')}-bench-{name}"


def _line_of(result: EpisodeResult, last: bool, won: int) -> str:
    """What a log says: each task when it is through, each broken episode."""
    if result.error:
        return f"{result.task} #{result.i} broken: {result.error}"
    return f"{result.task}: {won} of {result.i + 1}" if last else ""


def _table(settings: BenchSettings, data: dict[str, Any]) -> str:
    low, high = data["ci95"]
    lines = [
        f"{settings.player} on {settings.suite}: {100 * data['mean']:.1f} % success"
        + (f" (95 % interval {100 * low:.1f} to {100 * high:.1f})" if settings.episodes > 1 else "")
        + f" over {len(data['tasks'])} tasks, {data['episodes']} episodes"
    ]
    lines += [
        f"  {name:<12} {100 * mean:5.1f} %   {data['subsets_n'][name][0]} of {data['subsets_n'][name][1]} tasks"
        for name, mean in data["subsets"].items()
    ]
    widest = max(map(len, data["tasks"]), default=0)
    lines += [
        f"  {task:<{widest}}  {100 * row['success']:5.1f} %  {row['steps_mean']:5.1f} steps"
        + (f"  {row['errors']} broken" if row["errors"] else "")
        for task, row in data["tasks"].items()
    ]
    decide = data["ms_per_decision"]["p50"]
    pace = [
        f"{decide:.1f} ms a decision" if decide is not None else "",
        f"{data['env_steps_per_s']} environment steps/s" if data["env_steps_per_s"] else "",
        f"{data['browser_steps_per_episode']:.1f} browser steps" if settings.plan else "",
        f"{data['seconds_per_episode']:.2f} s an episode",
        f"{data['errors']} broken episodes" if data["errors"] else "",
        f"peak {data['peak_rss_mb']:.0f} MB",
    ]
    lines.append(", ".join(part for part in pace if part))
    lines.append(f"results  {data['out']}   (webagent show {data['out']})")
    return "\n".join(lines)

"""``webagent train search``: a policy learns what a search found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from webagent.commands import Result
from webagent.commands.options import AsJson, Browser, Quiet, SearchSteps, SearchWith, Split, Subset, Tasks, flag
from webagent.console import Console

if TYPE_CHECKING:
    from webagent.suites import Suite
    from webagent.train.iteration import Iteration
    from webagent.train.supervised import Supervised

EXAMPLE = "Example:  webagent train search --tasks 'count-sides,use-*' --rounds 2 --episodes 10 --out run"
DEFAULT_SUITES = ("miniwob",)

Suites = Annotated[
    list[str] | None, flag("--suite", "Whose tasks: miniwob (default), practice or maze; repeat.", metavar="NAME")
]
Leaf = Annotated[str, flag("--leaf", "What a page is worth, by the true reward: rollout or reward.", metavar="NAME")]


def search(
    out: Annotated[str, flag("--out", "The run's folder.", metavar="RUN")],
    policy: Annotated[str, flag("--policy", "What to begin with: default or a folder.", metavar="NAME")] = "default",
    suites: Suites = None,
    tasks: Tasks = None,
    subset: Subset = None,
    split: Split = None,
    rounds: Annotated[int, flag("--rounds", "Of searching and learning.", metavar="N", min=1)] = 3,
    episodes: Annotated[int, flag("--episodes", "Of each task, searched a round.", metavar="N", min=1)] = 20,
    simulations: Annotated[int, flag("--search", "Simulations a decision.", metavar="N", min=1)] = 16,
    search_with: SearchWith = "gumbel",
    leaf: Leaf = "rollout",
    search_steps: SearchSteps = None,
    thorough: Annotated[bool, flag("--thorough", "Search on where a way was found: there may be a shorter.")] = False,
    alone: Annotated[int, flag("--alone", "Of each task, played alone before each round.", metavar="N", min=0)] = 10,
    data: Annotated[list[str] | None, flag("--data", "A corpus to learn from, too; repeat.", metavar="CORPUS")] = None,
    steps: Annotated[int, flag("--steps", "Updates in all.", metavar="N", min=1)] = 600,
    rows: Annotated[int, flag("--rows", "Streams of episodes side by side.", metavar="N", min=1)] = 64,
    stretch: Annotated[int, flag("--stretch", "Steps of a stream an update.", metavar="N", min=1)] = 4,
    learning_rate: Annotated[float, flag("--learning-rate", "At its height.", metavar="X")] = 2e-4,
    plain: Annotated[bool, flag("--no-augmentation", "Learn from the episodes as they are.")] = False,
    actors: Annotated[int, flag("--actors", "Processes that play, each with a browser.", metavar="N", min=1)] = 2,
    seed: Annotated[int, flag("--seed", "Of episodes, batches and chance.", metavar="N", min=0)] = 0,
    device: Annotated[str, flag("--device", "What learns: cpu or cuda.", metavar="NAME")] = "cpu",
    workers: Annotated[int, flag("--workers", "Processes that make batches.", metavar="N", min=0)] = 0,
    resume: Annotated[bool, flag("--resume", "Go on with the run in --out.")] = False,
    browser: Browser = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> Result:
    """Expert iteration: search the tasks with the true reward, learn to do at once what it found, repeat.

    Tasks need no expert, but pages that may be tried out. The policy lies in RUN/policy; docs/SEARCH.md tells more.
    """
    from webagent.plan import Plan
    from webagent.suites import together
    from webagent.train.iteration import Iteration
    from webagent.train.supervised import Supervised

    suite = together(suites or DEFAULT_SUITES)
    plan = Plan(simulations, search_with, leaf, search_steps, thorough, noise=1.0)
    settings = Supervised(
        out, steps, rows, stretch, learning_rate=learning_rate, warmup=min(200, 1 + steps // 10), seed=seed,
        device=device, workers=workers,
    )  # fmt: skip
    iteration = Iteration(
        suite.select(tasks, subset, split), plan, rounds, episodes, alone, tuple(data or ()), not plain, actors, browser
    )
    check_sandboxed(suite, iteration.tasks)
    return perform(settings, iteration, policy, resume, Console(quiet))


def check_sandboxed(suite: Suite, tasks: tuple[str, ...]) -> None:
    """Raise ``UsageError`` now where a search would do for good what it tries."""
    from webagent.simulator import check_replayable

    for task in tasks:
        scenario = suite.scenario(task)
        check_replayable(scenario.sandboxed, task)
        scenario.close()


def perform(settings: Supervised, iteration: Iteration, policy: str, resume: bool, console: Console) -> Result:
    """Search and learn with progress."""
    from webagent.agents import checkpoint_of
    from webagent.envs.errors import UnknownName
    from webagent.models.checkpoint import load_policy
    from webagent.train.iteration import START, learn, rounds_of
    from webagent.train.supervised import check_device

    check_device(settings.device)
    kept = Path(settings.out) / START
    folder = str(kept) if resume and (kept / "config.json").is_file() else checkpoint_of(policy)
    if folder is None:
        raise UnknownName(f"expected a trained policy to begin with, found {policy!r}", "default, or a folder")
    start = load_policy(folder)
    with console.progress("updates", settings.steps) as progress:

        def report(step: int, numbers: dict[str, float]) -> None:
            progress.advance(step, f"loss {numbers['loss']:.4f}, wrong {100 * numbers['wrong']:.2f} %")

        learn(settings, iteration, start, resume, console.say, report)
    where = f"{settings.out}/policy"
    rounds = list(rounds_of(settings.out).values())
    found = {"run": settings.out, "policy": where, "steps": settings.steps, "rounds": rounds}
    return Result(found, f"{iteration.rounds} rounds, {settings.steps} updates: {where}")

"""``webagent train goals`` and ``webagent train self``: a goal writer, and an agent that improves itself with it."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Annotated

from webagent.commands import Result
from webagent.commands.options import AsJson, Browser, Quiet, Split, Subset, Suites, Tasks, flag
from webagent.console import Console

GOALS_EXAMPLE = "Example:  webagent train goals --data demos --start models/default --steps 1500 --out goals"
SELF_EXAMPLE = (
    "Example:  webagent train self --policy run/policy --judge run/policy/reward --data demos "
    "--suite practice --tasks 'shop-*' --out self"
)
FORBIDDEN = "test63"
Corpora = Annotated[list[str] | None, flag("--data", "A corpus with demonstrations; repeat.", metavar="CORPUS")]
Taught = Annotated[str | None, flag("--taught", "Only demonstrations of tasks that match.", metavar="GLOB")]


def goals(
    out: Annotated[str, flag("--out", "The run's folder.", metavar="RUN")],
    data: Corpora = None,
    taught: Taught = None,
    start: Annotated[str, flag("--start", "The policy that it begins as (default: `default`).", metavar="FOLDER")] = "",
    steps: Annotated[int, flag("--steps", "Updates in all.", metavar="N", min=1)] = 1000,
    rows: Annotated[int, flag("--rows", "Demonstrations a batch.", metavar="N", min=1)] = 64,
    most: Annotated[int, flag("--most", "Demonstrations of a task out of each corpus.", metavar="N", min=1)] = 100,
    learning_rate: Annotated[float, flag("--learning-rate", "At its height.", metavar="X")] = 3e-4,
    seed: Annotated[int, flag("--seed", "Of batches.", metavar="N", min=0)] = 0,
    device: Annotated[str, flag("--device", "cpu or cuda.", metavar="NAME")] = "cpu",
    workers: Annotated[int, flag("--workers", "Processes that read and make batches.", metavar="N", min=0)] = 0,
    resume: Annotated[bool, flag("--resume", "Go on with the run in --out.")] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> Result:
    """Learn to say what was asked for, from what was done: demonstrations read backwards.

    The goal writer is a policy's network and lies in RUN/policy; a tenth of the demonstrations tells how it does."""
    from webagent.train.goals import FINE, Plan, learn
    from webagent.train.supervised import Supervised

    console, corpora = Console(quiet), _corpora(data)
    settings = Supervised(out, steps, rows, 1, FINE, learning_rate, seed=seed, device=device, workers=workers)
    plan = Plan(corpora, _shown(corpora, taught, ()), start or _shipped(), most)
    with console.progress("updates", steps) as progress:

        def report(step: int, numbers: dict[str, float]) -> None:
            progress.advance(step, f"loss {numbers['loss']:.3f}, {numbers['updates_per_s']:.1f}/s")

        found = learn(settings, plan, resume, console.say, report)[1]
    same, common = 100 * found["same"], 100 * found["common"]
    told = f"{found['episodes']} goals: {same:.1f} % to the letter, {common:.1f} % of words in common"
    return Result({"run": out, "policy": f"{out}/policy", "steps": steps, **found}, f"{told}\n{out}/policy")


def self_(
    out: Annotated[str, flag("--out", "The run's folder.", metavar="RUN")],
    policy: Annotated[str, flag("--policy", "What to begin with: default or a folder.", metavar="NAME")] = "default",
    judge: Annotated[str, flag("--judge", "The reward model (default: the policy's).", metavar="FOLDER")] = "",
    writer: Annotated[str, flag("--writer", "The goal writer (default: one is trained first).", metavar="FOLDER")] = "",
    data: Corpora = None,
    taught: Taught = None,
    suites: Suites = None,
    tasks: Tasks = None,
    subset: Subset = None,
    split: Split = None,
    held_out: Annotated[str | None, flag("--held-out", "Checked truly (default: the same tasks).", metavar="G")] = None,
    rounds: Annotated[int, flag("--rounds", "Rounds in all.", metavar="N", min=1)] = 2,
    explored: Annotated[int, flag("--explored", "Explorations of a task, a round.", metavar="N", min=0)] = 10,
    stated: Annotated[int, flag("--stated", "Sites of a task whose own goal is tried.", metavar="N", min=0)] = 10,
    tries: Annotated[int, flag("--tries", "Of each goal.", metavar="N", min=1)] = 2,
    threshold: Annotated[float, flag("--threshold", "From which probability on a try is good.", metavar="X")] = 0.8,
    checked: Annotated[int, flag("--checked", "True checks of a held-out task, a round.", metavar="N", min=1)] = 10,
    slack: Annotated[float, flag("--slack", "How far score and truth may part before it stops.", metavar="X")] = 0.05,
    steps: Annotated[int, flag("--steps", "Updates of the policy, a round.", metavar="N", min=1)] = 200,
    rows: Annotated[int, flag("--rows", "Streams of episodes side by side.", metavar="N", min=1)] = 64,
    judge_steps: Annotated[int, flag("--judge-steps", "Updates of the judge, a round.", metavar="N", min=0)] = 100,
    share: Annotated[float, flag("--share", "Of its own tries in what it learns from.", metavar="X")] = 0.5,
    writer_steps: Annotated[int, flag("--writer-steps", "Updates of the goal writer.", metavar="N", min=1)] = 1000,
    actors: Annotated[int, flag("--actors", "Processes that play, each with a browser.", metavar="N", min=1)] = 1,
    seed: Annotated[int, flag("--seed", "Of sites, chance and batches.", metavar="N", min=0)] = 0,
    device: Annotated[str, flag("--device", "cpu or cuda.", metavar="NAME")] = "cpu",
    workers: Annotated[int, flag("--workers", "Processes that read and make batches.", metavar="N", min=0)] = 0,
    resume: Annotated[bool, flag("--resume", "Go on with the run in --out.")] = False,
    browser: Browser = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> Result:
    """Improve where nobody tells it whether it succeeded: explore, make up goals, try them, judge, learn; repeat.

    No check of --tasks is looked at; it stops where the judge's opinion and the truth of --held-out part."""
    from webagent.train.self_taught import SelfTaught

    corpora, start = _corpora(data), _folder(policy)
    practised = _allowed(suites, tasks, subset, split)
    apart = _allowed(suites, held_out) if held_out else practised
    settings = SelfTaught(
        out, start, judge or start, practised, apart, corpora, _shown(corpora, taught, (*practised, *apart)), writer,
        rounds=rounds, explored=explored, stated=stated, tries=tries, threshold=threshold, checked=checked, slack=slack,
        steps=steps, rows=rows, judge_steps=judge_steps, share=share, writer_steps=writer_steps, seed=seed,
        actors=actors, device=device, workers=workers, browser=browser,
    )  # fmt: skip
    return perform(settings, resume, Console(quiet))


def perform(settings: object, resume: bool, console: Console) -> Result:
    """Learn with progress."""
    from webagent.train.self_taught import SelfTaught, learn, told

    assert isinstance(settings, SelfTaught)
    with console.progress("rounds", settings.rounds) as progress:
        found = learn(settings, resume, console.say, lambda number, numbers: progress.advance(number, ""))
    lines = [told(int(numbers["round"]), numbers) for numbers in found]
    data = {"run": settings.out, "policy": f"{settings.out}/policy", "rounds": found}
    return Result(data, "\n".join([*lines, f"{settings.out}/policy"]))


def _corpora(data: Sequence[str] | None) -> tuple[str, ...]:
    from webagent.envs.errors import UsageError

    if not data:
        raise UsageError("expected --data CORPUS, found none", "make one: webagent data expert --out demos")
    return tuple(data)


def _shown(corpora: Sequence[str], taught: str | None, hidden: Sequence[str]) -> tuple[str, ...]:
    """The tasks in the corpora that match, but for those that nobody may have shown, the test split among them. Raises
    ``UsageError``."""
    from webagent.datasets.corpus import Corpus
    from webagent.envs.errors import UsageError
    from webagent.suites import open_suite

    found: set[str] = set()
    for url in corpora:
        corpus = Corpus(url, lambda line: None)
        tables = (corpus.table(shard, ("task",)) for shard in corpus.shards())
        found.update(task for table in tables if table is not None for task in table.column("task").to_pylist())
    patterns = [part.strip() for part in (taught or "*").split(",")]
    chosen = tuple(
        t
        for t in sorted(found - {*hidden, *open_suite("miniwob").subsets[FORBIDDEN]})
        if any(fnmatchcase(t, pattern) for pattern in patterns)
    )
    if not chosen:
        raise UsageError("expected demonstrations of other tasks in --data, found none")
    return chosen


def _allowed(
    suites: Sequence[str] | None, glob: str | None, subset: str | None = None, split: str | None = None
) -> tuple[str, ...]:
    """Tasks by name. Raises ``UsageError`` for those of the test split, which no round may look at."""
    from webagent.envs.errors import UsageError
    from webagent.suites import open_suite, together

    chosen = together(suites or ("miniwob",)).select(glob, subset, split)
    if set(open_suite("miniwob").subsets[FORBIDDEN]) & set(chosen):
        raise UsageError(f"expected no task of {FORBIDDEN}, found some", "it is kept for the last measurement")
    return chosen


def _folder(policy: str) -> str:
    from webagent.agents import checkpoint_of
    from webagent.envs.errors import UsageError

    folder = checkpoint_of(policy)
    if folder is None:
        raise UsageError(f"expected a trained policy to begin with, found {policy!r}", "default, or a folder")
    return folder


def _shipped() -> str:
    from webagent.agents import folder_of_shipped

    return folder_of_shipped()

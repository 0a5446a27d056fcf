"""``webagent train reward``: make a reward model, or measure one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from webagent.commands import Result
from webagent.commands.options import AsJson, Browser, Quiet, Suites, Tasks, flag
from webagent.console import Console

if TYPE_CHECKING:
    from webagent.train.judging import Plan

EXAMPLE = "Example:  webagent train reward --start models/default --data demos --spoilt 4 --out run"
FORBIDDEN = "test63"
Players = Annotated[
    list[str] | None, flag("--player", "A policy that plays (default: --start's); repeat.", metavar="NAME")
]


def reward(
    out: Annotated[str, flag("--out", "The run's folder; with --measure the reward model's.", metavar="RUN")],
    data: Annotated[list[str] | None, flag("--data", "A corpus of episodes; repeat.", metavar="CORPUS")] = None,
    start: Annotated[str, flag("--start", "The policy that it reads with.", metavar="FOLDER")] = "",
    suites: Suites = None,
    tasks: Tasks = None,
    subset: Annotated[str, flag("--subset", "Tasks to learn from; of other suites all.", metavar="NAME")] = "train50",
    calibrate: Annotated[str, flag("--calibrate", "For calibration (default: 15 % of the former).", metavar="S")] = "",
    held_out: Annotated[str, flag("--held-out", "Tasks to measure on.", metavar="NAME")] = "dev12",
    spoilt: Annotated[int, flag("--spoilt", "Of each task, demonstrations played with a fault.", min=0)] = 0,
    played: Annotated[int, flag("--played", "Of each task, episodes that each player plays.", min=0)] = 0,
    players: Players = None,
    most: Annotated[int, flag("--most", "Episodes of a task, source and outcome.", metavar="N", min=1)] = 20,
    steps: Annotated[int, flag("--steps", "Updates in all.", metavar="N", min=1)] = 150,
    looks: Annotated[int, flag("--looks", "Looks in a batch, about.", metavar="N", min=1)] = 256,
    layers: Annotated[int, flag("--layers", "Last layers of the trunk that learn, too.", metavar="N", min=0)] = 0,
    hidden: Annotated[int, flag("--hidden", "Width of the head.", metavar="N", min=1)] = 32,
    layer_rate: Annotated[float, flag("--layer-rate", "Learning rate of the layers.", metavar="X")] = 1e-4,
    measure: Annotated[bool, flag("--measure", "Only measure the model in --out.")] = False,
    final: Annotated[bool, flag("--final", f"Measure on {FORBIDDEN}: once, a model worth landing.")] = False,
    actors: Annotated[int, flag("--actors", "Processes that play, each with a browser.", metavar="N", min=1)] = 1,
    seed: Annotated[int, flag("--seed", "Of weights, batches and failures made.", metavar="N", min=0)] = 0,
    device: Annotated[str, flag("--device", "cpu or cuda.", metavar="NAME")] = "cpu",
    workers: Annotated[int, flag("--workers", "Processes that read and make batches.", metavar="N", min=0)] = 0,
    compiled: Annotated[bool, flag("--compile", "Compile the layers (cuda).")] = False,
    browser: Browser = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> Result:
    """Learn to tell right episodes from wrong ones, and helpful steps from others, from corpora of both.

    Failures are also made of demonstrations: other goals, changed values, cut short, and, with --spoilt, one thing
    done wrong in a browser. The model lies in RUN/policy/reward. The test split is refused, but with --final.
    """
    from webagent.envs.errors import UsageError
    from webagent.train.judging import Plan
    from webagent.train.reward import Learning

    learned, curved, apart = _chosen(suites, tasks, (subset, calibrate, held_out), final)
    if not data:
        raise UsageError("expected --data CORPUS, found none", "make one: webagent data expert --out demos")
    settings = Learning(
        out, steps=steps, looks=looks, layers=layers, hidden=hidden, layer_rate=layer_rate, seed=seed, device=device,
        workers=workers, compiled=compiled,
    )  # fmt: skip
    policy = start or _shipped()
    by = tuple(players or (policy,))
    plan = Plan(settings, policy, tuple(data), learned, apart, curved, most, spoilt, played, by, actors, browser)
    return _measured(plan, Console(quiet)) if measure else perform(plan, Console(quiet))


def _chosen(
    suites: list[str] | None, tasks: str | None, names: tuple[str, str, str], final: bool
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Tasks to learn from, to calibrate and to measure on. Raises ``UsageError`` for those of the test split."""
    from webagent.envs.errors import UsageError
    from webagent.suites import open_suite, together

    subset, calibrate, held_out = names
    miniwob = open_suite("miniwob")
    suite = together(suites or ("miniwob",))
    learned = suite.select(tasks, subset if suite.subsets else None)
    curved = miniwob.select(None, calibrate) if calibrate else ()
    apart = miniwob.select(None, held_out)
    kept = set(miniwob.subsets[FORBIDDEN])
    if kept & {*learned, *curved, *(() if final else apart)}:
        raise UsageError(f"expected tasks of train62, found some of {FORBIDDEN}", "it is kept for the last measurement")
    return learned, curved, apart


def _measured(plan: Plan, console: Console) -> Result:
    from webagent.train.docket import Reading
    from webagent.train.judging import measure

    reading = Reading(plan.held_out, plan.most, seed=plan.learning.seed)
    found = measure(plan.learning.out, plan.data, reading, console.say, max(1, plan.learning.workers))
    return Result(found, told(found))


def perform(plan: Plan, console: Console) -> Result:
    """Learn with progress."""
    from webagent.train.judging import learn

    with console.progress("updates", plan.learning.steps) as progress:

        def report(step: int, numbers: dict[str, float]) -> None:
            wrong, waiting = 100 * numbers["wrong"], 100 * numbers["waiting"]
            progress.advance(step, f"loss {numbers['loss']:.3f}, wrong {wrong:.1f} %, waiting {waiting:.0f} %")

        found = learn(plan, console.say, report)[1]
    where = f"{plan.learning.out}/policy/reward"
    done = {"run": plan.learning.out, "reward": where, "steps": plan.learning.steps, "held_out": found}
    return Result(done, f"{told(found)}\n{where}")


def _shipped() -> str:
    from webagent.agents import folder_of_shipped

    return folder_of_shipped()


NAMES = {"auc": "AUC", "precision_at_recall_0.8": "precision at recall 0.8", "calibration_error": "calibration error"}


def told(found: dict[str, Any]) -> str:
    """The figures for people: all together, and each task."""
    if not found:
        return "nothing to measure on: no episodes of held-out tasks with both outcomes"
    parts = []
    for title, of in (("right and wrong alike", found), ("as they are", found["as_they_are"])):
        spans = [(NAMES[n], of[n]["value"], *of[n]["ci95"]) for n in NAMES]
        figures = ", ".join(f"{name} {value:.3f} ({low:.3f} to {high:.3f})" for name, value, low, high in spans)
        parts.append(f"{title}: {figures}")
    widest = max(map(len, found["by_task"]))
    rows = [
        f"  {task:<{widest}}  {row['successes']:>4} of {row['episodes']:<4} AUC {row['auc']:.3f}, precision "
        f"{row['precision_at_recall_0.8']:.3f}, calibration error {row['calibration_error']:.3f}"
        for task, row in found["by_task"].items()
    ]
    kinds = ", ".join(f"{kind} {value:.3f}" for kind, value in found["auc_by_failure"].items())
    head = f"{found['episodes']} episodes of {found['tasks']} held-out tasks, {100 * found['successes']:.0f} % succeed"
    return "\n".join([head, *parts, *rows, f"AUC by failure: {kinds}"])

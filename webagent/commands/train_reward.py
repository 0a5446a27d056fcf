"""``webagent train reward``: make a reward model, or measure one."""

from __future__ import annotations

from typing import Annotated, Any

from webagent.commands import Result
from webagent.commands.options import AsJson, Browser, Quiet, Tasks, flag
from webagent.console import Console

EXAMPLE = "Example:  webagent train reward --start models/default --data demos --spoilt 4 --out run"
FORBIDDEN = "test63"


def reward(
    out: Annotated[str, flag("--out", "The run's folder; with --measure the reward model's.", metavar="RUN")],
    data: Annotated[list[str] | None, flag("--data", "A corpus of episodes; repeat.", metavar="CORPUS")] = None,
    start: Annotated[str, flag("--start", "The policy that it reads with.", metavar="FOLDER")] = "",
    tasks: Tasks = None,
    subset: Annotated[str, flag("--subset", "Tasks to learn from.", metavar="NAME")] = "train50",
    held_out: Annotated[str, flag("--held-out", "Tasks to measure on.", metavar="NAME")] = "dev12",
    spoilt: Annotated[int, flag("--spoilt", "Of each task, demonstrations played with a fault.", min=0)] = 0,
    most: Annotated[int, flag("--most", "Episodes of a task, source and outcome.", metavar="N", min=1)] = 20,
    steps: Annotated[int, flag("--steps", "Updates in all.", metavar="N", min=1)] = 150,
    layers: Annotated[int, flag("--layers", "Last layers of the trunk that learn, too.", metavar="N", min=0)] = 0,
    hidden: Annotated[int, flag("--hidden", "Width of the head.", metavar="N", min=1)] = 32,
    measure: Annotated[bool, flag("--measure", "Only measure the model in --out.")] = False,
    actors: Annotated[int, flag("--actors", "Processes that play, each with a browser.", metavar="N", min=1)] = 1,
    seed: Annotated[int, flag("--seed", "Of weights, batches and failures made.", metavar="N", min=0)] = 0,
    browser: Browser = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> Result:
    """Learn to tell right episodes from wrong ones, and helpful steps from others, from corpora of both.

    Failures are also made of demonstrations: other goals, changed values, cut short, and, with --spoilt, one thing
    done wrong in a browser. The model lies in RUN/policy/reward. The test split is refused.
    """
    from webagent.envs.errors import UsageError
    from webagent.suites import open_suite
    from webagent.train import judging
    from webagent.train.reward import Learning

    suite, console = open_suite("miniwob"), Console(quiet)
    learned, apart = suite.select(tasks, subset), suite.select(None, held_out)
    if set(suite.subsets[FORBIDDEN]) & {*learned, *apart}:
        raise UsageError(f"expected tasks of train62, found some of {FORBIDDEN}", "it is kept for the last measurement")
    if not data:
        raise UsageError("expected --data CORPUS, found none", "make one: webagent data expert --out demos")
    if measure:
        found = judging.measure(out, data, apart, most, console.say)
        return Result(found, told(found))
    settings = Learning(out, steps=steps, layers=layers, hidden=hidden, seed=seed)
    plan = judging.Plan(
        settings, start or _shipped(), tuple(data), learned, apart, most, spoilt, actors, browser
    )  # fmt: skip
    with console.progress("updates", steps) as progress:

        def report(step: int, numbers: dict[str, float]) -> None:
            progress.advance(step, f"loss {numbers['loss']:.3f}, wrong {100 * numbers['wrong']:.1f} %")

        found = judging.learn(plan, console.say, report)[1]
    where = f"{out}/policy/reward"
    return Result({"run": out, "reward": where, "steps": steps, "held_out": found}, f"{told(found)}\n{where}")


def _shipped() -> str:
    from webagent.agents import folder_of_shipped

    return folder_of_shipped()


def told(found: dict[str, Any]) -> str:
    """The figures as a line for people."""
    if not found:
        return "nothing to measure on: no episodes of held-out tasks with both outcomes"
    parts = [
        f"{name.replace('_', ' ')} {found[name]['value']:.3f} ({found[name]['ci95'][0]:.3f} to "
        f"{found[name]['ci95'][1]:.3f})"
        for name in ("auc", "precision_at_recall_0.8", "calibration_error")
    ]
    return f"{found['episodes']} episodes of {found['tasks']} held-out tasks: {', '.join(parts)}"

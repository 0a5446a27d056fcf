"""``webagent judge``: how likely an episode succeeded, by a reward model."""

from __future__ import annotations

from typing import Annotated

import typer

from webagent.commands import Result
from webagent.commands.options import AsJson, flag

NAME = "judge"
EXAMPLE = "Example:  webagent judge bench#miniwob.click-test-0 --reward run/policy"


def judge(
    what: Annotated[str, typer.Argument(metavar="EPISODE", help="A folder with one episode, or FOLDER#ID.")],
    reward: Annotated[
        str, flag("--reward", "A reward model's folder, or its policy's (default: `default`'s).", metavar="FOLDER")
    ] = "",
    threshold: Annotated[
        float | None, flag("--threshold", "From which probability it succeeded (default: the model's).", metavar="X")
    ] = None,
    as_json: AsJson = False,
) -> Result:
    """Say how likely an episode succeeded, and how likely each step helped. Exit code 0 if it succeeded, else 1.

    What the environment said of it is not looked at.
    """
    from webagent.agents import folder_of_shipped
    from webagent.datasets.episodes import read_episode
    from webagent.envs.errors import UsageError
    from webagent.models.reward_checkpoint import load_reward

    if threshold is not None and not 0 <= threshold <= 1:
        raise UsageError(f"--threshold expects a probability in [0, 1], found {threshold}")
    episode, _ = read_episode(what)
    model = load_reward(reward or folder_of_shipped())
    needed = model.threshold if threshold is None else threshold
    found = model.judge(episode.task.goal, episode.steps, episode.final)
    success = found.success >= needed
    steps = [
        {"action": str(step.action), "progress": round(p, 4)} for step, p in zip(episode.steps, found.progress)
    ]  # fmt: skip
    data = {
        "episode": what, "success": success, "probability": round(found.success, 4), "threshold": needed,
        "steps": steps, "judged_by": "reward_model",
    }  # fmt: skip
    lines = [f"{100 * found.success:.1f} % success: {'succeeded' if success else 'failed'}"]
    lines += [f"  {n + 1:>3}  {100 * p:5.1f} %  {step.action}" for n, (step, p) in enumerate(
        zip(episode.steps, found.progress))]  # fmt: skip
    return Result(data, "\n".join(lines), 0 if success else 1)

"""``webagent compile``: recorded episodes, or the agent's own, as one program that needs no model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from webagent.commands import Result
from webagent.commands.options import AsJson, flag

NAME = "compile"
EXAMPLE = "Example:  webagent compile shown --out program.json"


def compile(
    episodes: Annotated[
        list[str], typer.Argument(metavar="EPISODE...", help="Folders with one episode each, or FOLDER#ID.")
    ],
    out: Annotated[Path, flag("--out", "The program's file; one that is there is replaced.", metavar="FILE")] = Path(
        "program.json"
    ),
    as_json: AsJson = False,
) -> Result:
    """Make a program of one or several episodes of the same task that succeeded.

    What came from the goal, or differs from episode to episode, becomes a parameter: webagent run --program FILE
    --set NAME=VALUE.
    """
    from webagent.datasets import find_episode, read_episode
    from webagent.recorder.compile import compile_episodes
    from webagent.recorder.program import Loop
    from webagent.recorder.program_file import write_program

    folders = [find_episode(name) for name in dict.fromkeys(episodes)]
    program = compile_episodes([read_episode(folder)[0] for folder in folders])
    path = write_program(program, out)
    loops = [step for step in program.steps if isinstance(step, Loop)]
    data = {
        "program": str(path), "name": program.name, "goal": program.goal, "steps": len(program.steps),
        "loops": len(loops), "episodes": [str(f) for f in folders],
        "parameters": [
            {"name": p.name, "label": p.label, "default": p.default, "secret": p.secret, "many": p.many}
            for p in program.parameters
        ],
    }  # fmt: skip
    lines = [f"{path}: {len(program.steps)} steps, {len(loops)} of them loops", f"goal: {program.goal}"]
    for p in program.parameters:
        usual = "a secret" if p.secret else "must be given" if p.default is None else f"default {p.default!r}"
        lines.append(f"  --{'secret' if p.secret else 'set'} {p.name}=…  {usual}")
    return Result(data, "\n".join(lines))

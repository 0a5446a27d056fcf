"""``webagent skills``: what the agent has done well before and can do again without a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from webagent.commands import Result
from webagent.commands.options import AsJson, Skills

NAME = "skills"
HELP = "What run has done well and kept: list, show, remove."

Name = Annotated[str, typer.Argument(metavar="NAME", help="As webagent skills list tells it.")]


def list_(skills: Skills = None, as_json: AsJson = False) -> Result:
    """List the skills that are kept."""
    from webagent.skills import list_skills, skills_folder

    folder = skills_folder(skills)
    damaged: list[str] = []
    found = list(list_skills(folder, damaged.append))
    rows = [
        {"name": name, "goal": p.goal, "start": p.start, "steps": len(p.steps), "made": p.made, "path": str(path)}
        for name, path, p in found
    ]
    lines = [f"{row['name']}  {row['steps']} steps  {row['start']}\n    {row['goal']}" for row in rows]
    data = {"folder": str(folder), "skills": rows, "damaged": damaged}
    return Result(data, "\n".join([*(lines or [f"no skills in {folder}"]), *damaged]))


def show(name: Name, skills: Skills = None, as_json: AsJson = False) -> Result:
    """Print one skill: the program, as it can be read and changed."""
    import json

    from webagent.recorder.program_file import program_text, read_program
    from webagent.skills import find_skill, skills_folder

    path = find_skill(skills_folder(skills), name)
    text = program_text(read_program(path))
    return Result({"name": name, "path": str(path), "program": json.loads(text)}, text.rstrip("\n"))


def remove(name: Name, skills: Skills = None, as_json: AsJson = False) -> Result:
    """Forget one skill."""
    from webagent.skills import find_skill, skills_folder

    path = find_skill(skills_folder(skills), name)
    path.unlink()
    return Result({"removed": name, "path": str(path)}, f"removed {path}")


COMMANDS: tuple[tuple[str, Callable[..., Result], str], ...] = (
    ("list", list_, "Example:  webagent skills list"),
    ("show", show, "Example:  webagent skills show turn-off-the-weekly-mail"),
    ("remove", remove, "Example:  webagent skills remove turn-off-the-weekly-mail"),
)

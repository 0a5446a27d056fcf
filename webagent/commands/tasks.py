"""``webagent tasks``: what there is to do."""

from __future__ import annotations

from typing import Annotated

import typer

from webagent.commands import Result
from webagent.commands.options import AsJson, Split, Subset, Tasks

NAME = "tasks"
EXAMPLE = "Example:  webagent tasks miniwob --subset webgum56"


def tasks(
    suite: Annotated[
        str | None, typer.Argument(metavar="[SUITE]", help="miniwob, practice, maze, demo or a task file.")
    ] = None,
    match: Tasks = None,
    subset: Subset = None,
    split: Split = None,
    as_json: AsJson = False,
) -> Result:
    """List the suites, or the tasks of one."""
    from webagent.suites import NAMES, open_suite

    if suite is None:
        suites = {name: open_suite(name) for name in NAMES}
        data = {"suites": [_about(name, len(s.tasks), s.subsets, s.splits) for name, s in suites.items()]}
        lines = [f"{name:<10} {len(s.tasks):>4} tasks   {NAMES[name]}" for name, s in suites.items()]
        return Result(data, "\n".join([*lines, "", "tasks of one: webagent tasks SUITE (or a task file of your own)"]))
    found = open_suite(suite)
    chosen = found.select(match, subset, split)
    listed = [
        {"id": task, "goal": found.goals.get(task), "subsets": [n for n, of in found.subsets.items() if task in of]}
        for task in chosen
    ]
    widest = max(map(len, chosen))
    lines = [f"{task:<{widest}}  {found.goals.get(task, '')}".rstrip() for task in chosen]
    return Result({"suite": found.name, "tasks": listed, "subsets": _sizes(found.subsets)}, "\n".join(lines))


def _about(name: str, count: int, subsets: object, splits: object) -> dict[str, object]:
    return {"name": name, "tasks": count, "subsets": _sizes(subsets), "splits": _sizes(splits)}


def _sizes(groups: object) -> dict[str, int]:
    return {name: len(members) for name, members in groups.items()} if isinstance(groups, dict) else {}

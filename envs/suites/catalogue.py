"""The tasks that ship with the package, by full id (``miniwob.click-test``, ``demo.contact``)."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from ..errors import UnknownName
from . import maze, practice

if TYPE_CHECKING:
    from ..scenario import Scenario


def task_ids() -> list[str]:
    """Every id, MiniWoB++ first."""
    return [
        *(f"miniwob.{name}" for name in _tasks("miniwob_tasks.json")),
        *(f"practice.{kind}" for kind in practice.KINDS),
        *(f"maze.{name}" for name in maze.LEVELS),
        *(f"demo.{t['id']}" for t in _tasks("demo/demo.json")),
    ]


def left_to_chance() -> set[str]:
    """Ids of the tasks whose pages a seed does not fix (why: ``docs/MINIWOB.md``)."""
    tasks = _tasks("miniwob_tasks.json")
    return {f"miniwob.{name}" for name, facts in tasks.items() if not facts.get("deterministic", True)}


def make_scenario(task: str, clock: bool = False) -> Scenario:
    """The scenario of an id; raises ``UnknownName`` with the nearest ones."""
    suite, _, name = task.partition(".")
    if task not in task_ids():
        raise UnknownName.unknown("task", task, task_ids())
    if suite == "miniwob":
        from .miniwob import MiniWobScenario

        return MiniWobScenario(name, clock=clock)
    if suite == "practice":
        return practice.PracticeScenario(name)
    if suite == "maze":
        return maze.MazeScenario(name)
    from .task_file import TaskFileScenario, read_task_file

    path = files("webagent.envs.suites") / "demo" / "demo.json"
    listed = read_task_file(str(path))
    return TaskFileScenario(listed.find(name), listed.path.parent, suite=suite)


def _tasks(name: str) -> Any:
    return json.loads((files("webagent.envs.suites") / name).read_text("utf8"))["tasks"]

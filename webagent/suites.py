"""Suites by name: what tasks there are, how they are grouped, and a scenario for each.

    suite = open_suite("miniwob")            # or "practice", "maze", "demo", or the path of a task file
    scenario = suite.scenario("miniwob.click-test")

Nothing is started here; a scenario starts what it needs when the environment does.
"""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from webagent.envs.errors import UnknownName, UsageError
from webagent.vault import Secrets

NAMES = {
    "miniwob": "the MiniWoB++ tasks: small pages, seeded, judged by the page itself",
    "practice": "sites that are drawn from a seed, with goals of many kinds: to learn on",
    "maze": "linked pages three levels deep, drawn from a seed: to search in",
    "demo": "the bundled site: forms, a shop, a login, a dialog, frames",
}
MINIWOB_STEPS = 30
DEMO_SECRETS = {"demo_password": "fair-winds-7"}
"""The bundled site's password, which its own page tells every visitor."""
SPLITS = {"train": "train62", "test": "test63"}


@dataclass(frozen=True)
class Options:
    """How the tasks of a suite are to be played. ``clock``: MiniWoB++'s own time limit. ``allow``: further hosts."""

    max_steps: int | None = None
    clock: bool = False
    allow: tuple[str, ...] = ()


@dataclass(frozen=True)
class Suite:
    """``tasks``: full ids in order. ``goals``: where they are fixed. ``subsets`` and ``splits``: ids by name.

    ``secrets``: values that the suite itself publishes. ``practice``: its pages only play at sending and deleting, so
    nobody needs to confirm that.
    """

    name: str
    tasks: tuple[str, ...]
    make: Callable[[str, Options], Any]
    goals: Mapping[str, str] = field(default_factory=dict)
    subsets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    splits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    practice: bool = False

    def scenario(self, task: str, options: Options | None = None) -> Any:
        """The scenario of a task, by its id; raises ``UnknownName``."""
        if task not in self.tasks:
            raise UnknownName.unknown("task", task, self.tasks)
        return self.make(task, options or Options())

    def select(self, glob: str | None = None, subset: str | None = None, split: str | None = None) -> tuple[str, ...]:
        """Tasks that match all that is given; raises ``UnknownName`` for a name, ``UsageError`` if none is left.

        ``glob`` is matched against ids with and without the suite's name, and may be a list parted by commas.
        """
        chosen = self.tasks
        for what, name, groups in (("subset", subset, self.subsets), ("split", split, self.splits)):
            if name is not None:
                if name not in groups:
                    raise _unknown_group(self.name, what, name, groups)
                chosen = tuple(t for t in chosen if t in groups[name])
        if glob:
            patterns = [p.strip() for p in glob.split(",") if p.strip()]
            for pattern in patterns:
                if not any(self._matches(t, pattern) for t in self.tasks):
                    raise UnknownName.unknown("task", pattern, [t.removeprefix(f"{self.name}.") for t in self.tasks])
            chosen = tuple(t for t in chosen if any(self._matches(t, p) for p in patterns))
        if not chosen:
            raise UsageError(f"no task of {self.name} matches all of that", f"see: webagent tasks {self.name}")
        return chosen

    def open_secrets(self, pairs: Sequence[str]) -> Secrets:
        """What ``--secret NAME=ENVVAR`` gives, and the suite's own; raises ``UsageError``."""
        given = {pair.partition("=")[0] for pair in pairs}
        own = {name: value for name, value in self.secrets.items() if name not in given}
        return Secrets.parse([*pairs, *(f"{name}={name}" for name in own)], {**os.environ, **own})

    def _matches(self, task: str, pattern: str) -> bool:
        short = (task.removeprefix(f"{self.name}."), task.partition(".")[2])
        return any(fnmatch.fnmatchcase(name, pattern) for name in (task, *short))


def _unknown_group(suite: str, what: str, name: str, groups: Mapping[str, Any]) -> UsageError:
    if not groups:
        return UnknownName(f"suite {suite!r} has no {what} {name!r}", f"it has no {what}s; choose with --tasks")
    return UnknownName.unknown(what, name, groups)


def open_suite(name: str) -> Suite:
    """The suite of that name, or the one that a task file describes; raises ``UsageError``."""
    if name == "miniwob":
        return _miniwob()
    if name == "practice":
        return _practice()
    if name == "maze":
        return _maze()
    if name == "demo":
        return _task_file_suite(_demo_file(), "demo", DEMO_SECRETS)
    path = Path(name)
    if path.suffix == ".json" or path.is_file():
        return _task_file_suite(path, None)
    raise UnknownName.unknown("suite", name, NAMES)


def together(names: Sequence[str]) -> Suite:
    """Several suites as one. A subset or split that only some of them have holds all tasks of the others."""
    parts = [open_suite(name) for name in dict.fromkeys(names)]
    if len(parts) == 1:
        return parts[0]

    def merged(of: Callable[[Suite], Mapping[str, tuple[str, ...]]]) -> dict[str, tuple[str, ...]]:
        known = dict.fromkeys(name for part in parts for name in of(part))
        return {name: tuple(task for part in parts for task in of(part).get(name, part.tasks)) for name in known}

    owners = {task: part for part in parts for task in part.tasks}
    return Suite(
        "+".join(part.name for part in parts), tuple(owners), lambda task, options: owners[task].make(task, options),
        goals={task: goal for part in parts for task, goal in part.goals.items()}, subsets=merged(lambda s: s.subsets),
        splits=merged(lambda s: s.splits), secrets={k: v for part in parts for k, v in part.secrets.items()},
        practice=all(part.practice for part in parts),
    )  # fmt: skip


def find_task(name: str) -> tuple[Suite, str]:
    """Suite and id of ``miniwob.<task>`` (or another suite's), ``FILE.json#task`` or ``FILE.json:task``."""
    for mark in ("#", ":"):
        file, found, task = name.rpartition(mark)
        if found and file.endswith(".json"):
            suite = open_suite(file)
            short = [t.removeprefix(f"{suite.name}.") for t in suite.tasks]
            if task not in short:
                raise UnknownName.unknown("task", task, short)
            return suite, f"{suite.name}.{task}"
    if name.endswith(".json"):
        suite = open_suite(name)
        if len(suite.tasks) == 1:
            return suite, suite.tasks[0]
        first = suite.tasks[0].removeprefix(f"{suite.name}.")
        raise UsageError(f"{name} holds {len(suite.tasks)} tasks", f"name one: {name}#{first}")
    suite_name = name.partition(".")[0]
    if suite_name in NAMES and "." in name:
        suite = open_suite(suite_name)
        if name in suite.tasks:
            return suite, name
        raise UnknownName.unknown("task", name, suite.tasks)
    known = [task for suite_name in NAMES for task in open_suite(suite_name).tasks]
    alike = [task for task in known if task.endswith(f".{name}")]
    raise UnknownName.unknown("task", name, alike or known)


def _miniwob() -> Suite:
    from webagent.envs.suites import miniwob

    def full(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(f"miniwob.{name}" for name in names)

    subsets = {name: full(tasks) for name, tasks in miniwob.subsets().items()}

    def make(task: str, options: Options) -> Any:
        scenario = miniwob.MiniWobScenario(task.removeprefix("miniwob."), clock=options.clock)
        scenario.max_steps = options.max_steps or MINIWOB_STEPS
        return scenario

    splits = {name: subsets[subset] for name, subset in SPLITS.items()}
    return Suite("miniwob", full(miniwob.task_names()), make, subsets=subsets, splits=splits, practice=True)


def _practice() -> Suite:
    from webagent.envs.suites import practice

    def make(task: str, options: Options) -> Any:
        return practice.PracticeScenario(task.removeprefix("practice."), options.max_steps)

    tasks = tuple(f"practice.{kind}" for kind in practice.KINDS)
    return Suite("practice", tasks, make, secrets=practice.SECRETS, practice=True)


def _maze() -> Suite:
    from webagent.envs.suites import maze

    def make(task: str, options: Options) -> Any:
        return maze.MazeScenario(task.removeprefix("maze."), options.max_steps)

    return Suite("maze", tuple(f"maze.{name}" for name in maze.LEVELS), make, practice=True)


def _task_file_suite(path: Path, name: str | None, secrets: Mapping[str, str] | None = None) -> Suite:
    from webagent.envs.suites.task_file import TaskFileScenario, read_task_file

    file = read_task_file(path)
    name = name or file.name

    def make(task: str, options: Options) -> Any:
        if options.clock:
            raise UsageError("--clock is for miniwob; a task file has no clock of its own")
        entry = file.find(task.removeprefix(f"{name}."))
        return TaskFileScenario(
            entry, path.resolve().parent, suite=name, max_steps=options.max_steps, allow=options.allow
        )

    ids = {f"{name}.{entry.id}": entry.goal for entry in file.tasks}
    return Suite(name, tuple(ids), make, goals=ids, secrets=secrets or {})


def _demo_file() -> Path:
    import webagent.envs.suites

    return Path(webagent.envs.suites.__path__[0]) / "demo" / "demo.json"

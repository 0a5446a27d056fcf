"""Episodes as ``webagent export --to jsonl`` writes them: one object a step, then one for the end; several may follow
one another in a file. A file whose last episode has no end has lost it, and the steps are refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import fsspec

from webagent.envs.errors import DataDamaged, UsageError
from webagent.envs.types import Episode, Observation, Step, Task, from_json

from . import Refused

SCHEMA = 1
ACTION = ("op", "target", "text", "point")
REST = ("reward", "terminated", "truncated", "error", "proposal", "visits", "worths", "ms", "search")


def read(path: str, refused: Refused) -> Iterator[Episode]:
    """One episode for each object that ends one. Raises ``UsageError``, ``DataDamaged``."""
    steps: list[dict[str, Any]] = []
    for number, line in _lines(path):
        steps.append(line)
        if line["op"] is not None:
            continue
        try:
            yield _episode(steps)
        except (KeyError, TypeError, ValueError, UsageError) as error:
            refused(f"the episode that ends in line {number}", " ".join(str(error).split()) or type(error).__name__)
        steps = []
    if steps:
        refused(f"the last {len(steps)} lines", "an episode without its end")


def _lines(path: str) -> Iterator[tuple[int, dict[str, Any]]]:
    some = False
    try:
        with fsspec.open(path, "rt", encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                data = json.loads(line)
                if not isinstance(data, dict) or data.get("schema") != SCHEMA or "op" not in data:
                    raise UsageError(
                        f"expected a step of schema {SCHEMA} in line {number} of {path}, found {line[:40]!r}"
                    )
                some = True
                yield number, data
    except (FileNotFoundError, IsADirectoryError, ImportError) as error:
        raise UsageError(f"expected a .jsonl file at {path}, found: {error}") from error
    except (OSError, ValueError) as error:
        raise DataDamaged(f"{path} cannot be read: {error}") from error
    if not some:
        raise UsageError(f"expected a .jsonl file of steps at {path}, found none")


def _episode(lines: list[dict[str, Any]]) -> Episode:
    *steps, end = lines
    if [line["step"] for line in lines] != list(range(len(lines))):
        raise ValueError(f"expected its steps in a row, found {[line['step'] for line in lines]}")
    task = from_json(Task, end["task"])
    final = from_json(Observation, end["observation"])
    return Episode(task, tuple(map(_step, steps)), final, end["source"], end["success"], end["info"])


def _step(line: dict[str, Any]) -> Step:
    data = {name: line[name] for name in REST if name in line}
    action = {name: line.get(name) for name in ACTION}
    step: Step = from_json(Step, {"observation": line["observation"], "action": action, **data})
    return step

"""Mind2Web's tasks (Deng et al. 2023) as the community carries them without pages: goals and actions as text.

Each action is ``["TYPE: Boston", "[searchbox]", "Find a location"]``: what was done, on what kind of element, its name.
``Episode.info["actions"]`` keeps them as ``{"op", "text", "role", "name"}`` with ops of ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from webagent.envs.types import Episode, Observation, Task

from . import Refused
from .documents import load_list, text_in

OPS = {"CLICK": "click", "TYPE": "type", "SELECT": "select", "HOVER": "hover", "ENTER": "press"}


def read(path: str, refused: Refused) -> Iterator[Episode]:
    """One episode without steps a task."""
    for n, entry in enumerate(load_list(path, "Mind2Web tasks")):
        try:
            goal, site = text_in(entry, "task"), text_in(entry, "website")
            info = {"website": site, "actions": [_action(a) for a in entry["actions"]]}
        except (KeyError, TypeError, ValueError) as error:
            refused(f"task {n}", str(error))
            continue
        yield Episode(Task(f"mind2web.{n}", goal, ""), (), Observation(goal=goal), "human", None, info)


def _action(entry: Any) -> dict[str, str | None]:
    done, role, name = entry
    op, _, text = done.partition(": ")
    if op not in OPS:
        raise ValueError(f"expected one of {', '.join(OPS)}, found {op!r}")
    return {"op": OPS[op], "text": text or ("Enter" if op == "ENTER" else None), "role": role.strip("[]"), "name": name}

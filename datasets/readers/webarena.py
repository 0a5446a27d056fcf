"""Task definitions of WebArena (Zhou et al. 2023) and of the suites that took over its form, such as VisualWebArena.

Their sites are not here: an episode holds the goal, the start page as the file names it (``__SHOPPING__``) and, in its
info, the sites and the check. All of it is test data of a public benchmark: for importing and measuring, not training.
"""

from __future__ import annotations

from collections.abc import Iterator

from webagent.envs.types import Episode, Observation, Task

from . import Refused
from .documents import load_list, text_in

KEPT = ("sites", "require_login", "intent_template_id", "eval", "image")


def read(path: str, refused: Refused) -> Iterator[Episode]:
    """One episode without steps a task."""
    for n, entry in enumerate(load_list(path, "WebArena tasks")):
        try:
            goal, url = text_in(entry, "intent"), text_in(entry, "start_url")
            sites = ".".join(entry["sites"])
            name = f"webarena.{sites}.{int(entry['task_id'])}"
        except (KeyError, TypeError, ValueError) as error:
            refused(f"task {n}", str(error))
            continue
        info = {"split": "test", **{k: entry[k] for k in KEPT if k in entry}}
        yield Episode(Task(name, goal, url), (), Observation(goal=goal, url=url), "human", None, info)

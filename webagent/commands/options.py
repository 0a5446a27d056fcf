"""Flags, each with its mirror in the environment: ``--max-steps`` is also ``WEBAGENT_MAX_STEPS``.

A flag on the line wins over its mirror.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer


def flag(name: str, help: str, *short: str, **more: Any) -> Any:
    """An option ``name`` with its environment mirror."""
    return typer.Option(name, *short, help=help, envvar=mirror(name), show_envvar=False, **more)


def mirror(name: str) -> str:
    """The environment variable of a flag."""
    return "WEBAGENT_" + name.lstrip("-").replace("-", "_").upper()


EVERYDAY = "lexical>default"
"""Who decides in ``run``: a step told in the page's own words is done by these; the trained policy does the rest.
On pages unlike those that it learned from it is surer of itself than it should be (docs/LOG.md)."""
AsJson = Annotated[bool, flag("--json", "One JSON document on stdout instead of text.")]
Quiet = Annotated[bool, flag("--quiet", "No progress on stderr.", "-q")]
Policy = Annotated[str, flag("--policy", "Who decides: default, lexical, random, expert or a folder.", metavar="NAME")]
MaxSteps = Annotated[int | None, flag("--max-steps", "Actions before an episode ends.", metavar="N", min=1)]
Browser = Annotated[str | None, flag("--browser", "The Chrome or Chromium to start (default: found).", metavar="PATH")]
Suites = Annotated[
    list[str] | None, flag("--suite", "Whose tasks: miniwob (default) or practice; repeat for both.", metavar="NAME")
]
Tasks = Annotated[str | None, flag("--tasks", "Only tasks whose name matches, e.g. 'click-*'.", metavar="GLOB")]
Subset = Annotated[str | None, flag("--subset", "Only a named subset, e.g. bgym125 or webgum56.", metavar="NAME")]
Split = Annotated[str | None, flag("--split", "Only one side of a split: train or test.", metavar="NAME")]
SecretName = Annotated[
    list[str] | None,
    flag("--secret", "Let {{secret:NAME}} be typed, taken from the environment; repeat.", metavar="NAME=ENVVAR"),
]
Search = Annotated[
    int | None,
    flag("--search", "Look ahead: N simulations a decision, on sandboxed pages only.", metavar="N", min=1),
]
SearchWith = Annotated[str, flag("--search-with", "How: gumbel, puct or best-first.", metavar="NAME")]
Leaf = Annotated[
    str,
    flag("--leaf", "What a page is worth: value (the policy's), or the true reward: reward, rollout.", metavar="NAME"),
]
SearchSteps = Annotated[
    int | None, flag("--search-steps", "Browser steps that one decision's search may take.", metavar="N", min=1)
]
Yes = Annotated[bool, flag("--yes", "Confirm payments, deletions and sends without asking.")]
Skills = Annotated[
    Path | None, flag("--skills", "Where skills are kept (default: the person's data folder).", metavar="DIR")
]

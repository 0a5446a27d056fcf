"""Policies by name. A policy makes an agent for one episode: ``(task, rng) -> (observation -> proposal)``."""

from __future__ import annotations

import importlib
import importlib.resources
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from webagent.envs.errors import UnknownName
from webagent.rollout import MakeAgent

from .foresight import MakeForesight, completed, replaying

SHIPPED = "default"
POLICIES = {
    SHIPPED: "the trained one that comes with the package",
    "expert": "scripted, for MiniWoB++ and practice tasks: what the trained policy learns from",
    "lexical": "matches the goal's words to the page's; no training",
    "random": "any sensible action with equal chance",
}

_SURE = re.compile(r"(.+)@(0(?:\.\d+)?|1(?:\.0+)?)")
__all__ = [
    "POLICIES",
    "SHIPPED",
    "check_policy",
    "checkpoint_of",
    "folder_of_shipped",
    "frames_for",
    "make_foresight",
    "make_policy",
]


def make_policy(name: str) -> MakeAgent:
    """The policy of that name, or of the checkpoint folder that it names; only what is named is imported.

    ``hf:FOLDER`` is a local language model, ``a>b`` a cascade: ``b`` goes on where ``a`` abstains; ``a@0.7>b``: where
    it is less sure than that. Raises ``UnknownName``, and ``DataDamaged`` for a checkpoint that cannot be read.
    """
    rungs = _rungs(name)
    if len(rungs) > 1:
        return _climbing(rungs)
    if name.startswith("hf:"):
        of_model: Callable[[str], MakeAgent] = importlib.import_module("webagent.agents.language_model").policy_in
        return of_model(name.removeprefix("hf:"))
    folder = checkpoint_of(name)
    if folder is not None:
        check_policy(name)
        policy_in: Callable[[str], MakeAgent] = importlib.import_module("webagent.agents.trained").policy_in
        return policy_in(folder)
    module = importlib.import_module(f"webagent.agents.{name}")
    make: MakeAgent = module.make_agent
    return make


def check_policy(name: str) -> None:
    """Raise ``UnknownName`` for a name that no policy has; loads nothing."""
    for rung, _ in _rungs(name):
        folder = checkpoint_of(rung)
        if folder is not None and rung not in POLICIES and not Path(folder, "config.json").is_file():
            raise UnknownName.unknown("policy", rung, POLICIES)


def make_foresight(name: str) -> MakeForesight:
    """What the policy of that name would propose at moments that are only thought of; raises as ``make_policy`` does.

    A trained policy gives several candidates with their probabilities; any other what it proposes anyway. Where these
    are few, the rest of what makes sense on the page comes behind them.
    """
    folder = checkpoint_of(name) if len(_rungs(name)) == 1 else None
    make_agent = make_policy(name)
    if folder is None:
        make = replaying(make_agent)
    else:
        make = importlib.import_module("webagent.agents.trained").foresight_in(folder)
    return lambda task, seed: completed(make(task, seed))


def frames_for(name: str) -> int:
    """How many of the last screen frames the policy of that name looks at; raises as ``make_policy`` does."""
    return max(_of_checkpoint(rung, "frames_in") or 0 for rung, _ in _rungs(name))


def _rungs(name: str) -> list[tuple[str, float | None]]:
    """Each policy of a cascade and the confidence that it is asked for, if one is named."""
    parts = [part.strip() for part in name.split(">")]
    if len(parts) == 1:
        return [(name, None)]
    found = [(part, _SURE.fullmatch(part)) for part in parts]
    return [(asked[1].strip(), float(asked[2])) if asked else (part, None) for part, asked in found]


def _climbing(rungs: list[tuple[str, float | None]]) -> MakeAgent:
    from .cascade import DEFAULT_BELOW, Rung, cascade

    def below(name: str, asked: float | None) -> float:
        own = _of_checkpoint(name, "threshold_in") if asked is None else asked
        return DEFAULT_BELOW if own is None else float(own)

    return cascade([Rung(name, make_policy(name), below(name, asked)) for name, asked in rungs])


def _of_checkpoint(name: str, what: str) -> Any:
    """What ``trained`` tells of the checkpoint folder of this name; None for other policies."""
    folder = checkpoint_of(name)
    return None if folder is None else getattr(importlib.import_module("webagent.agents.trained"), what)(folder)


def folder_of_shipped() -> str:
    """The checkpoint folder of the policy that comes with the package."""
    return str(importlib.resources.files("webagent.models") / SHIPPED)


def checkpoint_of(name: str) -> str | None:
    """The checkpoint folder that a policy's name stands for; None for policies without one."""
    if name == SHIPPED:
        return folder_of_shipped()
    return None if name in POLICIES or name.startswith("hf:") else name

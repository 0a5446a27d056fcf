"""Policies by name. A policy makes an agent for one episode: ``(task, rng) -> (observation -> proposal)``."""

from __future__ import annotations

import importlib

from webagent.envs.errors import UnknownName
from webagent.rollout import MakeAgent

POLICIES = {
    "expert": "scripted, for MiniWoB++ tasks: what the trained policy learns from",
    "lexical": "matches the goal's words to the page's; no training (the default)",
    "random": "any sensible action with equal chance",
}

__all__ = ["POLICIES", "make_policy"]


def make_policy(name: str) -> MakeAgent:
    """The policy of that name; raises ``UnknownName``. Only the named policy's module is imported."""
    if name not in POLICIES:
        raise UnknownName.unknown("policy", name, POLICIES)
    module = importlib.import_module(f"webagent.agents.{name}")
    make: MakeAgent = module.make_agent
    return make

"""A fake site with another name to sign in as for each seed, its expert, and a tiny policy that has never learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from fakes import GOAL, SCRIPT, FakeEnv, scripted

from webagent.envs.types import Action, Episode, Observation
from webagent.models.checkpoint import Policy
from webagent.models.config import PolicyConfig
from webagent.models.network import PolicyNet
from webagent.models.words import Words, train_tokenizer
from webagent.rollout import run_episode

NAMES = ("Ann", "Bob", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hal")


class NamedEnv(FakeEnv):
    """The fake site with another name to sign in as for each seed."""

    def reset(self, *, seed: int | None = None, options: object = None) -> tuple[None, dict[str, object]]:
        self.wanted, self.typed = NAMES[(seed or 0) % len(NAMES)], ""
        found = super().reset(seed=seed)
        self.task = replace(self.task, goal=goal_for(self.wanted))
        return found

    def step(self, action: Action) -> tuple[None, float, bool, bool, dict[str, object]]:
        if action.target and action.target not in {e.ref for e in self.observation.tree.elements}:
            action = Action("wait")
        if (action.op, action.target) == ("type", "n"):
            self.typed = action.text or ""
            action = replace(action, text="Ann" if self.typed == self.wanted else "nobody")
        return super().step(action)

    def _observe(self) -> Observation:
        seen = super()._observe()
        elements = tuple(replace(e, value=self.typed) if e.ref == "n" else e for e in seen.tree.elements)
        return replace(seen, goal=goal_for(self.wanted), tree=replace(seen.tree, elements=elements))


def goal_for(name: str) -> str:
    return GOAL.replace("Ann", name)


def script(name: str) -> tuple[Action, ...]:
    return (replace(SCRIPT[0], text=name), *SCRIPT[1:])


def expert(seen: Sequence[Observation]) -> Action:
    return script(seen[0].goal.split('"')[1])[len(seen) - 1]


def demonstration(seed: int) -> Episode:
    return run_episode(NamedEnv(), scripted(*script(NAMES[seed % len(NAMES)])), seed=seed, source="expert")


def tiny(seed: int = 0) -> Policy:
    words = Words(train_tokenizer([goal_for(name) for name in NAMES] * 3, 300))
    torch.manual_seed(seed)
    config = PolicyConfig.of_size("tiny", vocabulary=words.tokenizer.get_vocab_size(), window=4, registers=2)
    return Policy(PolicyNet(config).eval(), words, {})

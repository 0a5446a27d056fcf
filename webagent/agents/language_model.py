"""A local language model as a policy: it is shown goal and page as text, and its likeliest next action is taken.

Only actions that make sense are put before it (``envs.candidates``), so any model, however small, acts validly; a
model that was never trained on this acts about as well as chance.
"""

from __future__ import annotations

import functools

import numpy as np
import torch

from webagent.envs.candidates import candidates_of
from webagent.envs.tree import render
from webagent.envs.types import Observation, Proposal, Task
from webagent.models.language_model import LanguageModel
from webagent.rollout import Agent, MakeAgent

MOST = 48
"""Actions that are put before the model."""
SHOWN = 8
PAGE_CHARACTERS = 6000


def policy_in(folder: str) -> MakeAgent:
    """The policy of a model's folder, loaded now. Raises ``UsageError`` or ``DataDamaged``."""
    model = _loaded(folder)

    def make_agent(task: Task, rng: np.random.Generator) -> Agent:
        done: list[str] = []

        def propose(observation: Observation) -> Proposal:
            actions = [c.action for c in candidates_of(observation, MOST).chosen]
            logs = torch.log_softmax(
                torch.tensor(model.rank(_prompt(observation, done), [f" {a}\n" for a in actions])), 0
            )
            best = logs.argsort(descending=True).tolist()[:SHOWN]
            done.append(str(actions[best[0]]))
            chances = [min(float(logs[i]), 0.0) for i in best]
            return Proposal(tuple(actions[i] for i in best), tuple(chances), confidence=float(logs[best[0]].exp()))

        return propose

    return make_agent


def _prompt(observation: Observation, done: list[str]) -> str:
    page = render(observation.tree)[:PAGE_CHARACTERS]
    past = "".join(f"{action}\n" for action in done[-8:])
    error = f"Error: {observation.last_error}\n" if observation.last_error else ""
    return f"{page}\n\nPage: {observation.title} {observation.url}\nGoal: {observation.goal}\n{error}Actions:\n{past}"


@functools.lru_cache(1)
def _loaded(folder: str) -> LanguageModel:
    return LanguageModel(folder)

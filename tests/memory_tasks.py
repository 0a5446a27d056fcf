"""Two tasks that cannot be done without memory, in a real browser and as what a network is trained on.

``passkey``: a page shows a code of four digits once, ``wait`` pages with other numbers follow, the last one asks for
the code. ``maze``: the first page names a side, ``wait`` equal pages follow, the last one has two doors (the passive
T-maze, Ni et al. 2023). What to do on the way is always the same; only the end tells whether the start is known.

For training, the few kinds of page are looked at once in the browser and other digits are put into their texts.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from webagent.envs.suites.task_file import WebScenario
from webagent.envs.types import Action, Observation
from webagent.envs.web_env import WebEnv
from webagent.rollout import Agent
from webagent.train.rows import Label

PAGE = Path(__file__).parent / "pages" / "memory.html"
GOALS = {
    "passkey": "Remember the code, press Next until it is asked for, and enter it.",
    "maze": "Remember the side, press Next until there are doors, and take that one.",
}
SIDES = ("left", "right")
ARTICLE = re.compile(r"Article (\d{4})")
TRAINING = 8000
"""Codes below are trained on, the others asked for."""


@dataclasses.dataclass(frozen=True)
class Trial:
    """``code``: what is shown and asked for; ``wait``: pages between; ``seed``: of the other numbers."""

    task: str
    wait: int
    code: str
    seed: int

    @property
    def query(self) -> str:
        return f"?task={self.task}&wait={self.wait}&code={self.code}&seed={self.seed}"


def trial(task: str, wait: int, rng: np.random.Generator, training: bool) -> Trial:
    """A code of those that are trained on, or of the others."""
    if task == "maze":
        return Trial(task, wait, SIDES[int(rng.integers(2))], int(rng.integers(1, 1 << 20)))
    shuffled = np.random.default_rng(7).permutation(10_000)
    codes = shuffled[:TRAINING] if training else shuffled[TRAINING:]
    return Trial(task, wait, f"{int(rng.choice(codes)):04d}", int(rng.integers(1, 1 << 20)))


@contextmanager
def leaflet(task: str, browser: Any = None) -> Iterator[WebEnv]:
    """The page's environment, to be used with ``play`` and ``Templates``."""
    with WebEnv(WebScenario(str(PAGE), GOALS[task], max_steps=1_000_000), browser=browser) as env:
        env.reset(seed=0)
        yield env


def opened(env: WebEnv, one: Trial) -> Observation:
    env.step(Action("goto", text=env.observation.url + one.query))
    return env.observation


def play(env: WebEnv, one: Trial, agent: Agent) -> bool:
    """Whether the agent is right at the end; it is given twice as long as it needs."""
    seen = opened(env, one)
    for _ in range(2 * one.wait + 8):
        if seen.title in ("right", "wrong"):
            break
        env.step(agent(seen).actions[0])
        seen = env.observation
    return seen.title == "right"


class Templates:
    """The kinds of page, as the browser shows them."""

    def __init__(self, env: WebEnv, task: str) -> None:
        self.task = task
        first = opened(env, Trial(task, 1, "0000" if task == "passkey" else "left", 1))
        kinds = [first]
        for _ in range(2):
            following = next(e.ref for e in kinds[-1].tree.elements if e.name == "Next")
            env.step(Action("click", following))
            kinds.append(env.observation)
        self.first, self.between, self.last = kinds

    def labels(self, one: Trial, rng: np.random.Generator, told: float = 1.0) -> list[Label]:
        """The whole trial, done right; of the way, a part ``told`` says what is right."""
        pages = [_said(self.first, "0000" if self.task == "passkey" else "left", one.code)]
        number = next((m[1] for e in self.between.tree.elements if (m := ARTICLE.search(e.name))), "")
        for _ in range(one.wait):
            other = str(int(rng.integers(1000, 10_000)))
            pages.append(_said(self.between, number, other) if number else self.between)
        labels: list[Label] = []
        last: Action | None = None
        for page in pages:
            action = Action("click", next(e.ref for e in page.tree.elements if e.name == "Next"))
            labels.append(Label(page, action if rng.random() < told else None, last=last))
            last = action
        return [*labels, Label(self.last, self._answer(one), 1.0, last)]

    def _answer(self, one: Trial) -> Action:
        named = {e.name: e.ref for e in self.last.tree.elements if e.actionable}
        return Action("type", named["Code"], one.code) if self.task == "passkey" else Action("click", named[one.code])


def _said(seen: Observation, old: str, new: str) -> Observation:
    """With other words in a page's texts."""
    elements = tuple(dataclasses.replace(e, name=e.name.replace(old, new)) for e in seen.tree.elements)
    return dataclasses.replace(seen, tree=dataclasses.replace(seen.tree, elements=elements))

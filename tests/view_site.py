"""A tiny environment over saved pages, built on a view: what a view is tried on without a browser."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np

from webagent.envs.errors import BadAction
from webagent.envs.html import tree_from_html
from webagent.envs.types import Action, Observation
from webagent.envs.views import View

NAMES = "yes no ok okay cancel submit next previous back go help exit open close".split()


class OneButton(gym.Env[Any, Any]):
    """Press the button that the goal quotes, among up to six; other controls do nothing. ``last``: what was done."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.observation_space = view.observation_space
        self.action_space = view.action_space
        self.observation = Observation()
        self.wanted = ""
        self.last: Action | None = None

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        names = [NAMES[i] for i in self.np_random.permutation(len(NAMES))[: self.np_random.integers(2, 7)]]
        parts = [f"<button>{name}</button>" for name in names]
        for _ in range(int(self.np_random.integers(4))):
            other = "<p>lorem ipsum</p>" if self.np_random.random() < 0.5 else "<input aria-label='other'>"
            parts.insert(int(self.np_random.integers(len(parts) + 1)), other)
        self.wanted = names[int(self.np_random.integers(len(names)))]
        goal = f'Click on the "{self.wanted}" button.'
        self.observation = Observation(goal=goal, tree=tree_from_html(f"<p>{goal}</p>{''.join(parts)}"))
        return self.view.encode(self.observation), self.view.info(self.observation)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        seen = self.observation
        error, name = "", ""
        try:
            self.last = self.view.decode(action, seen)
            element = seen.tree.by_ref.get(self.last.target or "")
            name = element.name if element is not None and element.role == "button" else ""
        except BadAction as bad:
            error = f"BadAction: {bad}"
        self.observation = Observation(goal=seen.goal, tree=seen.tree, last_error=error, step=seen.step + 1)
        reward = 0.0 if not name else 1.0 if name == self.wanted else -1.0
        info = {**self.view.info(self.observation), "success": reward > 0}
        return self.view.encode(self.observation), reward, bool(name), self.observation.step >= 10, info

    def action_masks(self) -> np.ndarray[Any, Any]:
        """As sb3-contrib's MaskablePPO asks."""
        mask: np.ndarray[Any, Any] = self.view.info(self.observation)["action_mask"]
        return mask

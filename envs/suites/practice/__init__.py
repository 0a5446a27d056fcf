"""Practice sites: web sites with goals that are drawn from a seed, for an agent to learn on (``docs/PRACTICE.md``).

site = draw("shop-add", seed=7)                # pure Python: pages as data, goal, what counts as done, a script
scenario = PracticeScenario("shop-add")        # the same, played in a browser
"""

from __future__ import annotations

from .accounts import SECRETS
from .kinds import KINDS, draw
from .quest import Site
from .scenario import PracticeScenario, as_asked

__all__ = ["KINDS", "SECRETS", "PracticeScenario", "Site", "as_asked", "draw"]

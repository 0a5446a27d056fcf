"""The tree script stays within four bare walks, on small and on very large pages."""

from __future__ import annotations

import pytest
from tree_cost import measure, table

from webagent.envs.browser import Browser

BAR = 4.0
TRIES = 3  # a busy machine slows the longer of the two more; a tree that is too slow fails every time


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("nodes", [3000, 50_000])
def test_the_tree_costs_at_most_four_bare_walks(chromium: Browser, nodes: int) -> None:
    ratios = []
    for _ in range(TRIES):
        costs = measure(chromium, (nodes,))
        print(table(costs))
        ratios.append(costs[0].ratio)
        if ratios[-1] <= BAR:
            return
    pytest.fail(f"expected at most {BAR} bare walks, found {ratios}")

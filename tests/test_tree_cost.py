"""The tree script stays within four bare walks, on small and on very large pages."""

from __future__ import annotations

import pytest
from tree_cost import measure, table

from webagent.envs.browser import Browser

BAR = 4.0


@pytest.mark.browser
@pytest.mark.slow
def test_the_tree_costs_at_most_four_bare_walks(chromium: Browser) -> None:
    costs = measure(chromium)
    print(table(costs))
    assert all(c.ratio <= BAR for c in costs)

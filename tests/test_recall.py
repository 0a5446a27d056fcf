"""Every control of the awkward pages is in the tree, under its name, and works; what cannot be used is not offered."""

from __future__ import annotations

import pytest
from recall import measure, report

from webagent.envs.browser import Browser


@pytest.mark.browser
@pytest.mark.slow
def test_every_control_of_the_awkward_pages_is_listed_named_and_operable(chromium: Browser) -> None:
    controls, absent = measure(chromium)
    print(report(controls, absent))
    assert not [o for o in controls if o.listed or o.operated]
    assert not [o for o in absent if o.listed]

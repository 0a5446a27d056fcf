"""Shared fixtures: one browser for the whole run, closed at its end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from webagent.envs.browser import Browser


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser under test, launched once."""
    with Browser() as browser:
        yield browser

"""Shared fixtures: one browser for the whole run, closed at its end. No test uses or leaves skills of the person's."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from webagent.envs.browser import Browser

os.environ["WEBAGENT_NO_SKILLS"] = "1"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser under test, launched once."""
    with Browser() as browser:
        yield browser

"""What this machine has and lacks for running webagent, told without loading torch and without using the network.

    for check in diagnose():
        print("ok" if check.ok else "--", check.name, check.found, check.hint)

One check starts a real browser, because only that tells whether its libraries and its sandbox work here. Not covered:
whether the web can be reached, and accelerators.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from webagent.envs.chromium import browser_version, find_browser, left_over_browsers, runs_as_root
from webagent.envs.errors import BrowserMissing, WebAgentError

EXTRAS = ("train", "record", "ray")
FREE_SPACE_MB = 500


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. ``hint``: what to do about it, or "". ``required``: without it, nothing runs."""

    name: str
    ok: bool
    found: str
    hint: str = ""
    required: bool = True


def diagnose(browser: str | None = None) -> list[Check]:
    """Every check, in the order in which to mend things. ``browser``: an executable instead of the one found."""
    return [*_check_packages(), *_check_browser(browser), _check_display(), _check_space(), _check_left_overs()]


def _check_packages() -> Iterator[Check]:
    try:
        own = importlib.metadata.metadata("webagent")
    except importlib.metadata.PackageNotFoundError:
        yield Check("webagent", False, "not installed", "run: pip install .")
        return
    yield Check("webagent", True, own["Version"])
    wanted = own["Requires-Python"] or ""
    found = platform.python_version()
    ok = SpecifierSet(wanted).contains(found, prereleases=True)
    yield Check("python", ok, f"{found} (wanted {wanted})", "" if ok else f"install a Python {wanted}")
    for line in importlib.metadata.requires("webagent") or []:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield _check_package(requirement, extra="")
            continue
        extra = next((e for e in EXTRAS if requirement.marker.evaluate({"extra": e})), None)
        if extra:
            yield _check_package(requirement, extra)


def _check_package(requirement: Requirement, extra: str) -> Check:
    wanted = str(requirement.specifier) or "any version"
    try:
        found = importlib.metadata.version(requirement.name)
        ok = requirement.specifier.contains(found, prereleases=True)
    except importlib.metadata.PackageNotFoundError:
        found, ok = "not installed", False
    target = f"webagent[{extra}]" if extra else f"{requirement.name}{requirement.specifier}"
    name = f"{requirement.name} ({extra})" if extra else requirement.name
    return Check(name, ok, f"{found} (wanted {wanted})", "" if ok else f"run: pip install '{target}'", not extra)


def _check_browser(chosen: str | None) -> Iterator[Check]:
    try:
        path = find_browser(chosen)
        yield Check("browser", True, f"{path} ({browser_version(path)})")
    except BrowserMissing as error:
        yield Check("browser", False, str(error), error.hint)
        return
    if runs_as_root():
        yield Check("sandbox", False, "off: --no-sandbox because root", "run as another user to keep it on", False)
    else:
        yield Check("sandbox", True, "on", required=False)
    yield _check_launch(path)


def _check_launch(path: Path) -> Check:
    """Start the browser for real, through the class that every run uses."""
    from webagent.envs.browser import Browser  # loads Playwright, which nothing else here needs

    start = time.perf_counter()
    try:
        with Browser(executable=str(path)) as browser:
            version = browser.version
    except WebAgentError as error:
        return Check("launch", False, str(error), error.hint or f"try: {path} --version")
    return Check("launch", True, f"{version}, up and down in {time.perf_counter() - start:.1f} s")


def _check_display() -> Check:
    if sys.platform in ("win32", "darwin"):
        return Check("display", True, "the desktop's", required=False)
    found = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY")
    hint = "" if found else "needed for --headed and for recording only; a virtual one: xvfb-run"
    return Check("display", bool(found), found or "none", hint, required=False)


def _check_space() -> Check:
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free // 2**20
    ok = free >= FREE_SPACE_MB
    hint = "" if ok else f"free at least {FREE_SPACE_MB} MB there, or set TMPDIR; browser profiles live there"
    return Check("temporary space", ok, f"{free} MB free in {folder}", hint)


def _check_left_overs() -> Check:
    pids = left_over_browsers()
    if not pids:
        return Check("left-over browsers", True, "none", required=False)
    text = " ".join(map(str, pids))
    return Check("left-over browsers", False, f"processes {text}", f"end them: kill {text}", required=False)

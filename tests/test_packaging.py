"""The wheel is whole: every file of the rooms is in it, nothing else is, and it says what it needs."""

from __future__ import annotations

import configparser
import email
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import webagent

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("webagent", "envs", "recorder", "search", "models", "datasets")
BUILD_FILES = ("pyproject.toml", "README.md", "LICENSE")


def room_files() -> list[str]:
    """Paths of the rooms' files as git sees them (new ones too); without git, everything but caches."""
    git = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "--", *ROOMS]
    listed = subprocess.run(git, capture_output=True, text=True, check=False) if shutil.which("git") else None
    if listed is not None and listed.returncode == 0:
        return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]
    found = (p for room in ROOMS for p in (ROOT / room).rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return [p.relative_to(ROOT).as_posix() for p in found]


def installed_name(name: str) -> str:
    return name if name.startswith("webagent/") else f"webagent/{name}"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, because a build in place would pack what an earlier one left in ``build/lib``."""
    source = tmp_path_factory.mktemp("source")
    for name in (*room_files(), *BUILD_FILES):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, source / name)
    out = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-P", "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index",
         "--wheel-dir", str(out), str(source)],
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return next(out.glob("webagent-*.whl"))


def in_wheel(wheel: Path, ending: str) -> str:
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(next(n for n in archive.namelist() if n.endswith(ending))).decode()


def test_the_wheel_holds_the_rooms_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {n for n in archive.namelist() if ".dist-info/" not in n}
    expected = {installed_name(name) for name in room_files()}
    assert sorted(expected - packed) == [], "not in the wheel: see package-data and packages in pyproject.toml"
    assert sorted(packed - expected) == [], "in the wheel, not in the repository"


def test_the_console_script_is_there(wheel: Path) -> None:
    scripts = configparser.ConfigParser()
    scripts.read_string(in_wheel(wheel, "entry_points.txt"))
    assert dict(scripts["console_scripts"]) == {"webagent": "webagent.cli:main"}


def test_metadata_and_licence(wheel: Path) -> None:
    metadata = email.message_from_string(in_wheel(wheel, "METADATA"))
    assert metadata["Name"] == "webagent"
    assert metadata["Version"] == webagent.__version__
    assert metadata["License-Expression"] == "Apache-2.0"
    assert "Apache License" in in_wheel(wheel, "LICENSE")


def test_the_changelog_knows_this_version() -> None:
    assert f"## {webagent.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_ranges_in_pyproject_and_pins_in_constraints() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]
    pins = {r.name: r for r in map(Requirement, lines)}
    assert all(str(r.specifier).startswith("==") and "+" not in str(r.specifier) for r in pins.values())
    extras = project["optional-dependencies"]
    wanted = [Requirement(r) for r in (*project["dependencies"], *extras["dev"], *extras["train"], *extras["record"])]
    for requirement in wanted:
        assert "==" not in str(requirement.specifier), f"{requirement}: a range, please; pins are for constraints.txt"
        assert requirement.name in pins, f"{requirement.name} has no pin"
        pin = str(pins[requirement.name].specifier).removeprefix("==")
        assert requirement.specifier.contains(pin, prereleases=True), f"{requirement} refuses its own pin {pin}"

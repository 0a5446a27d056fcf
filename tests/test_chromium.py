"""Finding and installing a browser, with small fake executables instead of real ones."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from webagent.envs import chromium
from webagent.envs.errors import BrowserMissing

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the fakes are shell scripts")


def fake(folder: Path, name: str, script: str = "echo Chromium 9.8.7.6 built on Nothing") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any browser: its only PATH folder, empty; downloads would lie in ``downloads``."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "downloads"))
    monkeypatch.delenv("WEBAGENT_BROWSER", raising=False)
    monkeypatch.setattr(chromium, "_usual_places", list)
    return folder


def test_no_browser_is_one_line_with_a_hint(machine: Path) -> None:
    with pytest.raises(BrowserMissing, match="found none") as caught:
        chromium.find_browser()
    assert caught.value.hint == "run: webagent install"


def test_headless_prefers_the_shell_and_a_window_never_takes_it(machine: Path) -> None:
    shell = fake(machine, "chromium-headless-shell")
    assert chromium.find_browser(headless=True) == shell
    with pytest.raises(BrowserMissing):
        chromium.find_browser(headless=False)
    full = fake(machine, "google-chrome")
    assert chromium.find_browser(headless=True) == shell
    assert chromium.find_browser(headless=False) == full


def test_an_explicit_choice_wins_over_the_environment_and_both_over_the_search(
    machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(machine, "chromium")
    mine, other = fake(tmp_path, "mine"), fake(tmp_path, "other")
    monkeypatch.setenv("WEBAGENT_BROWSER", str(other))
    assert chromium.find_browser() == other
    assert chromium.find_browser(str(mine)) == mine
    assert chromium.find_browser("chromium") == machine / "chromium"


def test_a_choice_that_is_no_browser_is_named(machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(machine, "chromium")
    plain = tmp_path / "notes.txt"
    plain.write_text("hello")
    for chosen, found in (("/no/such/chrome", "no such file"), (str(tmp_path), "a folder"), (str(plain), "executed")):
        with pytest.raises(BrowserMissing, match=found) as caught:
            chromium.find_browser(chosen)
        assert chosen in str(caught.value) and "webagent install" in caught.value.hint
    monkeypatch.setenv("WEBAGENT_BROWSER", "/no/such/chrome")
    with pytest.raises(BrowserMissing, match="WEBAGENT_BROWSER"):
        chromium.find_browser()


def test_the_newest_download_is_found_last(machine: Path, tmp_path: Path) -> None:
    for revision in (900, 1200, 1100):
        fake(tmp_path, f"downloads/chromium_headless_shell-{revision}/chrome-linux/headless_shell")
    assert chromium.find_browser() == tmp_path / "downloads/chromium_headless_shell-1200/chrome-linux/headless_shell"
    new = fake(tmp_path, "downloads/chromium_headless_shell-1300/chrome-headless-shell-linux64/chrome-headless-shell")
    assert chromium.find_browser() == new
    with pytest.raises(BrowserMissing):
        chromium.find_browser(headless=False)
    assert chromium.find_browser() != fake(machine, "chromium") == chromium.find_browser()


def test_a_snap_stub_is_no_browser(machine: Path) -> None:
    fake(machine, "chromium-browser", "echo 'requires the snap: please run snap install chromium'; exit 1")
    with pytest.raises(BrowserMissing):
        chromium.find_browser()


def test_version(machine: Path) -> None:
    assert chromium.browser_version(fake(machine, "good")) == "Chromium 9.8.7.6"
    with pytest.raises(BrowserMissing, match=r"libnss3\.so: cannot open"):
        chromium.browser_version(fake(machine, "broken", "echo libnss3.so: cannot open >&2; exit 127"))
    with pytest.raises(BrowserMissing, match="timed out"):
        chromium.browser_version(fake(machine, "hangs", "exec /bin/sleep 30"), timeout=0.2)


def test_no_sandbox_only_as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    for user, expected in ((0, True), (1000, False)):
        monkeypatch.setattr(os, "geteuid", lambda user=user: user)
        assert ("--no-sandbox" in chromium.launch_args()) == expected
        assert chromium.runs_as_root() == expected


def test_install_takes_what_starts_and_skips_what_does_not(machine: Path) -> None:
    fake(machine, "chromium-headless-shell", "exit 127")
    good = fake(machine, "chromium")
    said: list[str] = []
    assert chromium.install_browser(said.append) == good
    assert said == []


def test_install_downloads_else_takes_the_package_else_says_one_command(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Playwright is replaced by a script that fails, apt-get by one that "installs" a browser."""
    monkeypatch.setattr(sys, "executable", str(fake(machine, "python", "echo '  at trace'; echo no network; exit 1")))
    browser = machine / "chromium"
    put = f"echo '#!/bin/sh\necho Chromium 1.2' > {browser}; /bin/chmod 755 {browser}"
    fake(machine, "apt-get", f'echo "$@"; case "$*" in *install*) {put};; esac')
    said: list[str] = []

    monkeypatch.setattr(chromium, "runs_as_root", lambda: False)
    with pytest.raises(BrowserMissing) as caught:
        chromium.install_browser(said.append)
    assert caught.value.hint == "run: sudo apt-get install chromium"
    assert "no network" in said and "  at trace" not in said

    monkeypatch.setattr(chromium, "runs_as_root", lambda: True)
    assert chromium.install_browser(said.append) == browser
    assert any("install -y --no-install-recommends chromium chromium-headless-shell" in line for line in said)


def test_a_command_that_hangs_is_ended_with_its_children() -> None:
    said: list[str] = []
    start = time.monotonic()
    assert not chromium._run_bounded(["sh", "-c", "echo start; sleep 60 & sleep 60"], 0.3, said.append, {})
    assert time.monotonic() - start < 10
    assert said == ["start"]


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc")
def test_left_overs_are_browsers_whose_owner_is_gone() -> None:
    def start(owner: int) -> subprocess.Popen[bytes]:
        code = "import time; time.sleep(60)"
        return subprocess.Popen([sys.executable, "-c", code, f"{chromium.OWNER_SWITCH}/tmp/webagent-{owner}-x"])

    nobody = 2**22 + 1  # more than Linux ever counts to
    orphan, ours = start(nobody), start(os.getpid())
    try:
        left = chromium.left_over_browsers()
        assert orphan.pid in left and ours.pid not in left
    finally:
        for process in (orphan, ours):
            process.kill()
            process.wait()

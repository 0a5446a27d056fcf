"""Find, start by name, and install a Chrome or Chromium. Loads neither Playwright nor a browser.

    path = find_browser()            # or BrowserMissing, whose hint says what to do
    browser_version(path)            # "Chromium 156.0.8078.79"
    install_browser(print)           # finds one, else Playwright's download, else Debian's package

What it does not do: it never updates or removes a browser, and it asks nobody for a password: where root rights are
needed and missing, the error names the one command that a person runs.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from .errors import BrowserMissing

INSTALL_HINT = "run: webagent install"
OWNER_SWITCH = "--webagent-owner="
"""On the command line of every browser that we start, followed by its folder, ``…/webagent-OWNER_PID-…``; Chromium
ignores it."""

_HEADLESS_NAMES = ("chromium-headless-shell", "chrome-headless-shell")
_NAMES = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
    "msedge", "microsoft-edge", "microsoft-edge-stable",
)  # fmt: skip
_DOWNLOADED_HEADLESS = (
    "chromium_headless_shell-*/chrome-*/chrome-headless-shell*",
    "chromium_headless_shell-*/chrome-*/headless_shell*",
)
_DOWNLOADED = (
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
    "chromium-*/chrome-win*/chrome.exe",
)
_DOWNLOAD_SECONDS = 300.0
_PACKAGE_SECONDS = 900.0


def find_browser(explicit: str | None = None, headless: bool = True) -> Path:
    """The executable to start: ``explicit``, else ``WEBAGENT_BROWSER``, else the first one found on this machine.

    ``explicit`` is a path or a name on PATH. Without a choice, a headless run prefers the headless shell because it
    is lighter; a run with a window never takes it. Raises ``BrowserMissing``, also for a choice that does not exist.
    """
    for chosen, where in ((explicit, ""), (os.environ.get("WEBAGENT_BROWSER"), " (from WEBAGENT_BROWSER)")):
        if chosen:
            return _chosen_browser(chosen, where)
    found = next(_installed_browsers(headless), None)
    if found is None:
        raise BrowserMissing("expected a Chrome or Chromium on this machine, found none", INSTALL_HINT)
    return found


def browser_version(path: Path, timeout: float = 10.0) -> str:
    """Product and version as the executable tells them; ``timeout`` in seconds. Raises ``BrowserMissing``."""
    if sys.platform == "win32":  # there, --version opens a window; the versions are the names of folders beside it
        names = [p.name for p in path.parent.iterdir() if re.fullmatch(r"\d+(\.\d+){3}", p.name)]
        return f"{path.stem} {max(names, key=_numbers)}" if names else path.stem
    try:
        done = subprocess.run(
            [str(path), "--version"], capture_output=True, text=True, errors="replace", timeout=timeout, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BrowserMissing(f"expected {path} to tell its version, found: {error}", INSTALL_HINT) from None
    lines = [line.strip() for line in done.stdout.splitlines() if re.search(r"\d+\.\d+", line)]
    if done.returncode != 0 or not lines:
        said = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise BrowserMissing(f"expected {path} to tell its version, found: {said}", INSTALL_HINT)
    return lines[-1].split(" built on ")[0]


def launch_args(headless: bool = True) -> list[str]:
    """Switches for every launch: no phoning home, no first-run pages; no sandbox only as root, where none can start.

    Without a window a frame is drawn only once the page has handed in what belongs to it. Chromium would else show the
    page one frame late, now and then for as long as it lives, under a time stamp that does not tell.
    """
    args = [
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    if headless:
        args += ["--disable-gpu", "--run-all-compositor-stages-before-draw"]
    if runs_as_root():
        args.append("--no-sandbox")
    return args


def runs_as_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def install_browser(progress: Callable[[str], None]) -> Path:
    """A browser that starts: the one found, else Playwright's headless shell, else Debian's package (as root only).

    ``progress`` gets one line of plain text at a time. Every step is bounded. Raises ``BrowserMissing`` whose hint is
    the one command that a person runs.
    """
    found = find_browser() if os.environ.get("WEBAGENT_BROWSER") else _first_that_starts()
    if found:
        return found
    progress("no browser found; downloading Playwright's headless shell")
    _run_bounded(
        [sys.executable, "-P", "-m", "playwright", "install", "chromium-headless-shell"],
        _DOWNLOAD_SECONDS,
        progress,
        {"NO_COLOR": "1", "PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": "15000"},
    )
    found = _first_that_starts()
    if not found and runs_as_root() and shutil.which("apt-get"):
        progress("no download that starts here; installing the distribution's chromium package")
        _install_package(progress)
        found = _first_that_starts()
    if not found:
        raise BrowserMissing("expected to install a browser, found no way that works here", _person_hint())
    return found


def left_over_browsers() -> list[int]:
    """Process ids of browsers that we started and whose owner is gone. Empty where there is no ``/proc``."""
    left = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:  # it ended meanwhile, or is not ours to read
            continue
        marks = [Path(word.removeprefix(OWNER_SWITCH)).name for word in words if word.startswith(OWNER_SWITCH)]
        owner = re.match(r"webagent-(\d+)-", marks[0]) if marks else None
        if owner and not Path("/proc", owner[1]).exists():
            left.append(int(folder.name))
    return sorted(left)


def _chosen_browser(chosen: str, where: str) -> Path:
    on_path = shutil.which(chosen)
    if on_path:
        return Path(on_path)
    path = Path(chosen).expanduser()
    if path.is_file() and os.access(path, os.X_OK):
        return path
    found = "no such file" if not path.exists() else "a file that cannot be executed" if path.is_file() else "a folder"
    raise BrowserMissing(
        f"expected a browser at {chosen!r}{where}, found {found}", "name another one, or " + INSTALL_HINT
    )


def _installed_browsers(headless: bool) -> Iterator[Path]:
    """Every candidate, best first."""
    for name in (*(_HEADLESS_NAMES if headless else ()), *_NAMES):
        path = shutil.which(name)
        if path and not _is_snap_stub(Path(path)):
            yield Path(path)
    yield from (path for path in _usual_places() if path.is_file())
    folder = _download_folder()
    for pattern in (*(_DOWNLOADED_HEADLESS if headless else ()), *_DOWNLOADED):
        paths = [p for p in folder.glob(pattern) if p.is_file() and os.access(p, os.X_OK)]
        yield from sorted(paths, key=lambda p: _numbers(p.relative_to(folder).parts[0]), reverse=True)


def _is_snap_stub(path: Path) -> bool:
    """Ubuntu's ``chromium-browser`` is a script that only asks to install a snap."""
    with path.open("rb") as file:
        head = file.read(4096)
    return head.startswith(b"#!") and b"snap install" in head


def _usual_places() -> list[Path]:
    """Where the installers of macOS and Windows put browsers (never on PATH there)."""
    if sys.platform == "darwin":
        apps = (Path("/Applications"), Path.home() / "Applications")
        names = ("Google Chrome", "Chromium", "Microsoft Edge")
        return [app / f"{name}.app" / "Contents" / "MacOS" / name for app in apps for name in names]
    if sys.platform == "win32":
        roots = [os.environ.get(v) for v in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")]
        tails = ("Google/Chrome/Application/chrome.exe", "Chromium/Application/chrome.exe",
                 "Microsoft/Edge/Application/msedge.exe")  # fmt: skip
        return [Path(root, tail) for root in roots if root for tail in tails]
    return []


def _download_folder() -> Path:
    """Where ``playwright install`` puts browsers: https://playwright.dev/python/docs/browsers"""
    named = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    if named and named != "0":
        return Path(named).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "ms-playwright"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "ms-playwright"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ms-playwright"


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(n) for n in re.findall(r"\d+", text))


def _first_that_starts() -> Path | None:
    """A found file may lack the libraries that it needs, so each is asked for its version."""
    for path in _installed_browsers(headless=True):
        try:
            browser_version(path)
        except BrowserMissing:
            continue
        return path
    return None


def _install_package(progress: Callable[[str], None]) -> None:
    apt = ["apt-get", "-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::Retries=3"]
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    install = [*apt, "install", "-y", "--no-install-recommends", "chromium"]
    _run_bounded([*apt, "update"], _PACKAGE_SECONDS, progress, quiet)
    if not _run_bounded([*install, "chromium-headless-shell"], _PACKAGE_SECONDS, progress, quiet):
        _run_bounded(install, _PACKAGE_SECONDS, progress, quiet)  # the shell is a package of its own in Debian only


def _person_hint() -> str:
    sudo = "" if runs_as_root() else "sudo "
    if shutil.which("apt-get"):
        return f"run: {sudo}apt-get install chromium"
    if shutil.which("dnf"):
        return f"run: {sudo}dnf install chromium-headless"
    return f"with network access, run: {sys.executable} -m playwright install --with-deps chromium-headless-shell"


def _run_bounded(
    command: list[str], seconds: float, progress: Callable[[str], None], environment: dict[str, str]
) -> bool:
    """Run a command, each new line of its output passed on; ends its whole process group when the time is up."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            env={**os.environ, **environment}, start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        progress(f"{command[0]}: {error.strerror}")
        return False
    clock = threading.Timer(seconds, _end_group, (process,))
    clock.daemon = True
    clock.start()
    ended = False
    said: set[str] = set()  # Playwright tries again and again with the same words
    with process:
        try:
            for raw in process.stdout or ():
                line = re.sub(r"\x1b\[[0-9;]*m", "", raw).rstrip()
                if line and not line.startswith((" ", "}")) and line not in said:  # indented: a stack trace
                    said.add(line)
                    progress(line)
            ended = True
        finally:
            if not ended:  # interrupted: leaving the block would wait for the command's own end
                _end_group(process)
    clock.cancel()
    return process.returncode == 0


def _end_group(process: subprocess.Popen[str]) -> None:
    if process.poll() is not None:
        return
    if sys.platform == "win32":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)

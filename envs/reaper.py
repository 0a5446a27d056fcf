"""Watches over one browser from outside: when its owner is gone, however it died, nothing is left behind.

Started by ``Browser`` as ``python reaper.py OWNER_PID FOLDER`` with a pipe as standard input. The pipe's end, or the
owner's end, is the sign; then every process whose command line names FOLDER is killed with its process group, and
FOLDER is removed. Standard library only, so that it starts fast and stays small.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import time

MARK = "owner"
"""The file in a browser's folder that says which process it belongs to, and when that began."""


def marked(folder: str) -> list[int]:
    """Process ids whose command line names ``folder``, this process aside."""
    found = []
    for pid, command in _processes():
        if folder in command and pid != os.getpid() and "reaper.py" not in command:
            found.append(pid)
    return found


def _processes() -> list[tuple[int, str]]:
    if os.path.isdir("/proc/self"):
        rows = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError), open(f"/proc/{name}/cmdline", "rb") as file:
                rows.append((int(name), file.read().replace(b"\0", b" ").decode(errors="replace")))
        return rows
    listing = subprocess.run(["ps", "-axo", "pid=,command="], capture_output=True, text=True, timeout=10, check=False)
    pairs = [line.strip().split(None, 1) for line in listing.stdout.splitlines()]
    return [(int(p[0]), p[1]) for p in pairs if len(p) == 2]


def claim(folder: str) -> None:
    """Write down whose folder this is, so that a later start can tell when nobody needs it any more."""
    with open(os.path.join(folder, MARK), "w", encoding="ascii") as file:
        file.write(f"{os.getpid()} {started(os.getpid())}")


def orphans(where: str) -> list[str]:
    """Folders in ``where`` that we claimed and whose owner is gone; those of other users aside."""
    found = []
    for entry in os.scandir(where):
        if not entry.name.startswith("webagent-") or not entry.is_dir(follow_symlinks=False):
            continue
        with contextlib.suppress(OSError, ValueError):
            if entry.stat(follow_symlinks=False).st_uid != getattr(os, "getuid", int)():
                continue
            with open(os.path.join(entry.path, MARK), encoding="ascii") as file:
                pid, since = file.read().split()
            if started(int(pid)) != since:
                found.append(entry.path)
    return found


def started(pid: int) -> str:
    """When a process began, in its system's own words; "" if there is none. Numbers are used again, these are not."""
    if os.path.isdir("/proc/self"):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[19].decode()
        return ""
    said = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return "_".join(said.stdout.split())


def clean(folder: str, patience: float = 2.0) -> None:
    """Kill what still carries the mark after ``patience`` seconds and remove ``folder``."""
    end = time.monotonic() + patience
    while time.monotonic() < end and marked(folder):
        time.sleep(0.05)
    for pid in marked(folder):
        with contextlib.suppress(OSError):
            group = os.getpgid(pid)
            if group == pid:
                os.killpg(group, signal.SIGKILL)
            else:
                os.kill(pid, signal.SIGKILL)
    for _ in range(20):
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.exists(folder):
            return
        time.sleep(0.1)


def main(owner: int, folder: str) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while os.getppid() == owner:
        ready, _, _ = select.select([sys.stdin], [], [], 1.0)
        if ready and not os.read(0, 64):
            break
    clean(folder)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])

"""Other gyms on the same page with the same browser, each in a process of an interpreter that has it installed."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from webagent.envs.errors import UsageError
from webagent.envs.suites.miniwob import MiniWobScenario
from webagent.speed.sample import Sample
from webagent.speed.work import Work

PEERS = {"browsergym": "BrowserGym", "miniwob": "MiniWoB++ over Selenium"}
SCRIPT = Path(__file__).with_name("peer_process.py")
START_S = 240.0
"""What a peer may take beyond its measuring: imports, launches, slow steps."""
ANSWER_S = 30.0
MIN_STEPS = 8
MIN_RESETS = 3


@dataclass(frozen=True)
class Found:
    """``peers``: by name, what was measured. ``failed``: by name, one line for each that is there but did not run."""

    peers: dict[str, dict[str, Any]]
    failed: dict[str, str]


def check_interpreter(path: str) -> str:
    """The interpreter at ``path``, or by that name; raises ``UsageError`` if it is none."""
    found = shutil.which(os.path.expanduser(path))
    hint = "give the python of a venv that has the peers, e.g. --peer-python peers/bin/python"
    if found is None:
        raise UsageError(f"--peer-python: expected an interpreter, found nothing to start at {path}", hint)
    try:
        line = [found, "-I", "-c", "import sys; print(sys.version_info[0])"]
        done = subprocess.run(line, capture_output=True, text=True, errors="replace", timeout=ANSWER_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"--peer-python: {path} does not start: {type(error).__name__}", hint) from None
    if done.returncode or done.stdout.strip() != "3":
        raise UsageError(f"--peer-python: expected a Python 3 interpreter, found {path}", hint)
    return os.path.abspath(found)  # not resolved: a venv's python is a link, and its place names the venv


def measure_peers(
    interpreters: Sequence[str], work: Work, browser: Path, seconds: float, say: Callable[[str], None]
) -> Found:
    """Each peer in the first interpreter that has it, ``seconds`` a variant. What is installed nowhere is left out."""
    scenario = MiniWobScenario(work.task)
    found = Found({}, {})
    try:
        order = {
            "url": scenario.server.url + "miniwob/", "browser": str(browser), "driver": shutil.which("chromedriver"),
            "task": work.task, "selector": work.selector, "seed": work.seed, "seconds": seconds,
            "steps": MIN_STEPS, "resets": MIN_RESETS,
        }  # fmt: skip
        for name in PEERS:
            for interpreter in interpreters:
                if name not in found.peers:
                    _measure(name, interpreter, order, found, say)
    finally:
        scenario.close()
    return found


def _measure(name: str, interpreter: str, order: dict[str, Any], found: Found, say: Callable[[str], None]) -> None:
    say(f"{PEERS[name]} in {interpreter}")
    try:
        answer = _ask(name, interpreter, order)
    except _Failed as failed:
        found.failed[name] = str(failed)
        return say(f"  did not run: {failed}")
    if "absent" in answer:
        return say(f"  not there: no module {answer['absent']}")
    found.failed.pop(name, None)
    found.peers[name] = {"version": answer["version"], **_variants(answer["variants"])}


class _Failed(Exception):
    """A peer that is installed and does not run; one line."""


def _ask(name: str, interpreter: str, order: dict[str, Any]) -> dict[str, Any]:
    """What the peer's process answers. It and everything that it started is gone when this returns."""
    with tempfile.TemporaryDirectory(prefix="webagent-peer-", ignore_cleanup_errors=True) as folder:
        out, err = Path(folder, "out"), Path(folder, "err")  # no pipes: what it leaves running would hold them open
        with out.open("wb") as answers, err.open("wb") as complaints:
            child = subprocess.Popen(
                [interpreter, "-I", str(SCRIPT), name, json.dumps(order)],
                stdin=subprocess.DEVNULL, stdout=answers, stderr=complaints,
                cwd=folder, env={**os.environ, "TMPDIR": folder}, start_new_session=sys.platform != "win32",
            )  # fmt: skip
            try:
                code = child.wait(timeout=START_S + 3 * order["seconds"])
            except subprocess.TimeoutExpired:
                raise _Failed("it took too long") from None
            finally:
                _end(child)
        lines = _lines(out)
        if code or not lines:
            raise _Failed((_lines(err) or [f"exit code {code}"])[-1])
    answer: dict[str, Any] = json.loads(lines[-1])
    return answer


def _lines(path: Path) -> list[str]:
    return [line.strip() for line in path.read_text(errors="replace").splitlines() if line.strip()]


def _end(child: subprocess.Popen[bytes]) -> None:
    if sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    child.kill()
    child.wait()


def _variants(measured: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The shipped variant's numbers at the top, the others' under their names."""
    told = {}
    for name, durations in measured.items():
        steps, resets = Sample(durations["steps"]), Sample(durations["resets"])
        reset = resets.spread()
        told[name] = {
            **steps.pace(), "reset_ms": reset["p50"], "reset_p95_ms": reset["p95"], "resets_n": len(resets.ms),
            "errors": durations["errors"],
        }  # fmt: skip
    return {**told.pop("shipped"), **told}


def with_ratios(peer: dict[str, Any], levels: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """``peer`` and its variants with how much faster we are: steps at each level, resets."""
    frame, bare = levels["frame"], levels["input"]
    ratios = {
        "ratio": round(frame["steps_per_s"] / peer["steps_per_s"], 2),
        "ratio_input": round(bare["steps_per_s"] / peer["steps_per_s"], 2),
        "ratio_reset": round(peer["reset_ms"] / frame["reset_ms"], 2),
        "ratio_reset_input": round(peer["reset_ms"] / bare["reset_ms"], 2),
    }
    plain = {key: with_ratios(value, levels) if isinstance(value, dict) else value for key, value in peer.items()}
    return {**plain, **ratios}

"""``webagent speed``: what it measures, how it tells it, and peers that are there, absent or broken."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from webagent import cli
from webagent.envs.errors import UsageError
from webagent.speed import peer_process
from webagent.speed.footprint import descendants, held_mb
from webagent.speed.peers import check_interpreter, measure_peers, with_ratios
from webagent.speed.sample import Sample
from webagent.speed.table import table
from webagent.speed.work import find_work

WORK = find_work("click-checkboxes")


def speed(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        cli.main(["speed", *args])
    out, err = capsys.readouterr()
    return int(end.value.code or 0), out, err


def test_a_sample_tells_pace_and_spread() -> None:
    sample = Sample([10.0] * 18 + [20.0, 100.0])
    assert sample.pace() == {"steps_per_s": round(20 / 0.3, 2), "p50_ms": 10.0, "p95_ms": 100.0, "n": 20}
    eight = Sample(weight=8)
    eight.add(0.02)
    eight.add(0.02)
    assert eight.per_s == pytest.approx(400)
    assert eight.spread() == {"p50": pytest.approx(20), "p95": pytest.approx(20)}


# ---- asked wrongly -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "message", "hint"),
    [
        (
            ["--peer-python", "/nowhere/python"],
            "found nothing to start at /nowhere/python",
            "a venv that has the peers",
        ),
        (["--peer-python", "true"], "expected a Python 3 interpreter, found true", "a venv that has the peers"),
        (["--task", "click-tset"], "unknown page to measure on 'click-tset'", "did you mean 'click-test'"),
        (["--view", "array"], "unknown view 'array'", "did you mean 'arrays'"),
        (["--policy", "lexcal"], "unknown policy 'lexcal'", "did you mean 'lexical'"),
        (["--seconds", "0"], "invalid value for '--seconds'", "webagent speed --help"),
        (["--processes", "9"], "expected --processes up to the contexts, 8, found 9", "--contexts"),
        (["--contexts", "1"], "invalid value for '--contexts'", "webagent speed --help"),
    ],
)
def test_a_mistake_is_told_before_anything_starts(
    capsys: pytest.CaptureFixture[str], args: list[str], message: str, hint: str
) -> None:
    code, out, err = speed(capsys, *args)
    assert (code, out, len(err.splitlines())) == (2, "", 2), err
    assert message in err.splitlines()[0]
    assert hint in err.splitlines()[1]


def test_a_program_that_only_looks_like_python_is_refused(tmp_path: Path) -> None:
    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\necho 2\n")
    fake.chmod(0o755)
    with pytest.raises(UsageError, match="expected a Python 3 interpreter"):
        check_interpreter(str(fake))
    fake.write_text("no program at all")
    with pytest.raises(UsageError, match=r"does not start|expected a Python 3"):
        check_interpreter(str(fake))


def test_the_interpreter_of_a_venv_stays_the_link_that_it_is(tmp_path: Path) -> None:
    link = tmp_path / "python"
    link.symlink_to(sys.executable)
    assert check_interpreter(str(link)) == str(link)


# ---- peers ---------------------------------------------------------------------------------------------------------

LEVELS = {
    "frame": {"steps_per_s": 60.0, "reset_ms": 5.0},
    "input": {"steps_per_s": 150.0, "reset_ms": 4.0},
}


def answering(tmp_path: Path, answer: str) -> str:
    """An interpreter that answers so when it is given the peers' script, with a process left running behind it."""
    path = tmp_path / "python"
    path.write_text(f"#!/bin/sh\nsleep 300 &\necho $! > '{tmp_path}/left'\n{answer}\n")
    path.chmod(0o755)
    return str(path)


def test_a_peer_is_compared_with_us(tmp_path: Path) -> None:
    durations = {"steps": [800.0, 1200.0], "resets": [3000.0], "errors": 0}
    quick = {"steps": [100.0], "resets": [3000.0], "errors": 0}
    measured = json.dumps({"version": "1.2", "variants": {"shipped": durations, "stripped": quick}})
    said: list[str] = []
    python = answering(tmp_path, f"echo noise; echo '{measured}'")
    found = measure_peers([python], WORK, Path("/nowhere"), 0.1, said.append)
    assert (sorted(found.peers), found.failed) == (["browsergym", "miniwob"], {})
    peer = with_ratios(found.peers["browsergym"], LEVELS)
    assert (peer["version"], peer["steps_per_s"], peer["reset_ms"]) == ("1.2", 1.0, 3000.0)
    assert (peer["ratio"], peer["ratio_input"], peer["ratio_reset"], peer["ratio_reset_input"]) == (60, 150, 600, 750)
    assert (peer["stripped"]["ratio"], peer["stripped"]["ratio_reset"]) == (6, 600)
    assert said == [f"BrowserGym in {python}", f"MiniWoB++ over Selenium in {python}"]


def test_what_a_peer_leaves_running_is_ended(tmp_path: Path) -> None:
    measure_peers([answering(tmp_path, "exit 1")], WORK, Path("/nowhere"), 0.1, lambda line: None)
    left = int((tmp_path / "left").read_text())
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and _runs(left):
        time.sleep(0.02)
    assert not _runs(left)


def _runs(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def test_a_peer_that_is_not_installed_is_absent_and_one_that_breaks_is_told(tmp_path: Path) -> None:
    said: list[str] = []
    python = answering(tmp_path, """echo '{"absent": "some.module"}'""")
    found = measure_peers([python], WORK, Path("/nowhere"), 0.1, said.append)
    assert (found.peers, found.failed) == ({}, {})
    assert said[1] == "  not there: no module some.module"
    python = answering(tmp_path, "echo 'Traceback' >&2; echo 'OSError: no such browser' >&2; exit 1")
    found = measure_peers([python], WORK, Path("/nowhere"), 0.1, said.append)
    assert (found.peers, found.failed["miniwob"]) == ({}, "OSError: no such browser")


def test_the_peers_script_says_what_it_lacks(tmp_path: Path) -> None:
    line = [sys.executable, "-I", "-S", peer_process.__file__, "browsergym", "{}"]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, cwd=tmp_path, check=True)
    assert json.loads(done.stdout) == {"absent": "gymnasium"}


class FakePeer:
    """Its second click ends the episode; ``failing`` clicks are given up."""

    def __init__(self, order: dict[str, Any], options: dict[str, Any]) -> None:
        self.did: list[str] = order["did"]
        self.failing: range = options["failing"]

    def reset(self) -> None:
        self.did.append("reset")

    def aim(self) -> None:
        self.did.append("aim")

    def click(self) -> bool:
        self.did.append("click")
        if self.did.count("click") in self.failing:
            raise peer_process.ClickFailed("TimeoutError: it took too long")
        return self.did.count("click") == 2

    def close(self) -> None:
        self.did.append("close")


def test_a_peers_first_reset_and_the_resets_between_clicks_do_not_count() -> None:
    did: list[str] = []
    order = {"seconds": 0, "steps": 3, "resets": 2, "did": did}
    found = peer_process.measure(FakePeer, {"failing": range(0)}, order)
    assert " ".join(did) == "reset reset reset aim click click reset click close"
    assert (len(found["steps"]), len(found["resets"]), found["errors"]) == (3, 2, 0)


def test_clicks_that_a_peer_gave_up_are_errors_and_too_many_end_it() -> None:
    order: dict[str, Any] = {"seconds": 0, "steps": 3, "resets": 1, "did": []}
    found = peer_process.measure(FakePeer, {"failing": range(3, 6)}, order)
    assert (len(found["steps"]), found["errors"], order["did"].count("click")) == (3, 3, 6)
    with pytest.raises(peer_process.ClickFailed, match="it took too long"):
        peer_process.measure(FakePeer, {"failing": range(100)}, {**order, "did": (did := [])})
    assert did[-1] == "close"


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromedriver") is None, reason="MiniWoB++ over Selenium needs a chromedriver")
def test_a_real_peer_does_the_same_click() -> None:
    from webagent.envs.chromium import find_browser

    found = measure_peers([sys.executable], WORK, find_browser(), 1.0, lambda line: None)
    peer = found.peers["miniwob"]
    assert set(found.failed) <= {"browsergym"}
    assert peer["n"] >= 8 and peer["stripped"]["n"] >= 8
    assert peer["p50_ms"] > 1 and peer["reset_ms"] > 1


# ---- memory --------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="the system does not tell")
def test_memory_of_what_we_started_is_seen() -> None:
    before, kind = held_mb()
    program = "x = b'1' * 60_000_000; print('there', flush=True); input()"
    child = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    assert child.pid in descendants(os.getpid())
    after, _ = held_mb()
    child.communicate(b"\n")
    assert kind in ("pss", "rss")
    assert 50 < after - before < 120


# ---- all of it -----------------------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.slow
def test_everything_is_measured_in_one_run(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = speed(capsys, *"--seconds 4 --contexts 2 --processes 2 --policy lexical --json".split())
    document = json.loads(out)
    data = document["data"]
    assert (code, document["ok"], document["command"], data["peers"], data["peers_failed"]) == (
        0,
        True,
        "speed",
        {},
        {},
    )
    assert {"steps_per_s", "p50_ms", "p95_ms", "reset_ms"} <= set(data["env"])
    assert {"contexts", "steps_per_s", "mb_per_context"} <= set(data["vector"])
    assert {"steps_per_s", "p50_ms"} <= set(data["raw"])
    assert data["env"] == data["levels"]["frame"]
    assert data["ratio_raw"] == pytest.approx(data["env"]["steps_per_s"] / data["raw"]["steps_per_s"], abs=0.001)
    assert [size["contexts"] for size in data["vector"]["sizes"]] == [1, 2]
    assert (data["pool"]["processes"], data["pool"]["contexts"], data["pool"]["steps_per_s"] > 0) == (2, 2, True)
    assert data["vector"]["mb_per_context"] > 1
    assert 0 < data["raw"]["round_trip_ms"]["p50"] < data["raw"]["p50_ms"]
    assert {"act", "settle", "tree", "judge", "total"} <= set(data["levels"]["input"]["parts_ms"])
    assert 0 < data["decision_ms"]["p50"] <= data["decision_ms"]["p95"]
    assert "raw protocol and one environment" in err
    peer = {"version": "1.2", "steps_per_s": 1.0, "p50_ms": 900.0, "p95_ms": 1100.0, "reset_ms": 3000.0}
    shown = table({**data, "peers": {"browsergym": with_ratios({**peer, "bare": peer}, data["levels"])}})
    for words in (
        "environment, level frame",
        "vector of 2",
        "MB (",
        "a decision of lexical",
        "BrowserGym 1.2 as shipped",
    ):
        assert words in shown
    assert max(map(len, shown.splitlines())) <= 120

"""The command line with a real browser: from a sentence to a finished task, and what interrupts it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><title>Greeter</title><h1>Greeter</h1>
<label>Name <input id=who></label> <button onclick="out.textContent = 'Hello ' + who.value">Greet</button>
<p id=out></p>"""
TASKS = {
    "name": "mine",
    "tasks": [
        {
            "id": "greet", "goal": 'Type "Ann" into Name and click "Greet"', "url": "greet.html?from=file#top",
            "setup": "document.body.dataset.ready = localStorage.length",
            "check": "const said = out.textContent; said === 'Hello Ann' && !localStorage.length;",
        },
        {"id": "never", "goal": 'Click "Greet"', "url": "greet.html", "check": "document.querySelector('#no').id"},
    ],
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "greet.html").write_text(PAGE)
    (tmp_path / "tasks.json").write_text(json.dumps(TASKS))
    return tmp_path


def shell(folder: Path, *args: str, **more: Any) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "webagent", *args]
    return subprocess.run(line, capture_output=True, text=True, timeout=120, cwd=folder, check=False, **more)


def test_a_sentence_becomes_a_finished_task(folder: Path) -> None:
    done = shell(
        folder, "run", 'Type "Ann" into Name and click "Greet"', "--url", "greet.html", "--report", ".", "--json"
    )
    document = json.loads(done.stdout)
    assert (done.returncode, document["ok"], document["data"]["judged_by"]) == (0, True, "agent"), done.stderr
    assert [s["element"] for s in document["data"]["steps"][:2]] == ['"Name" (textbox)', '"Greet" (button)']
    page = (folder / "report.html").read_text()
    assert page.count("data:image/jpeg") == len(document["data"]["steps"]) + 1
    shown = shell(folder, "show", "webagent-out", "--out", "again.html")
    assert (shown.returncode, shown.stdout.strip()) == (0, str(folder / "again.html"))


def test_a_task_of_a_file_is_judged_by_its_check(folder: Path) -> None:
    done = shell(folder, "run", "--task", "tasks.json#greet", "--out", "out", "--json")
    data = json.loads(done.stdout)["data"]
    assert (done.returncode, data["success"], data["judged_by"], data["reason"]) == (
        0,
        True,
        "check",
        "the check holds",
    )
    assert data["final_url"].endswith("/greet.html?from=file#top")


def test_a_benchmark_of_a_file(folder: Path) -> None:
    done = shell(folder, "bench", "tasks.json", "--episodes", "2", "--jobs", "2", "--out", "bench", "--json")
    data = json.loads(done.stdout)["data"]
    assert done.returncode == 0, done.stderr
    assert {task: row["success"] for task, row in data["tasks"].items()} == {"mine.greet": 1.0, "mine.never": 0.0}
    assert (data["mean"], data["episodes"], data["errors"]) == (0.5, 4, 0)
    reasons = [json.loads(line)["reason"] for line in (folder / "bench" / "results.jsonl").read_text().splitlines()]
    assert sum("the check failed: TypeError" in reason for reason in reasons) == 2
    shown = shell(folder, "show", "bench")
    assert Path(shown.stdout.strip()).read_text().count('<details class="card folded"') == 2


@pytest.mark.parametrize("host", ["127.0.0.1:19", "127.0.0.1:{closed}", "nowhere.invalid"])
def test_an_unreachable_page_is_one_line(folder: Path, host: str) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://{host.format(closed=closed.getsockname()[1])}/"
        done = shell(folder, "run", "Buy", "--url", address, "--json")
    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["type"], "Traceback" in done.stderr) == (1, "PageUnreachable", False)


def test_a_blocked_host_stops_for_a_person(folder: Path) -> None:
    (folder / "out.html").write_text('<a href="http://elsewhere.test/">Leave</a>')
    done = shell(folder, "run", 'Click "Leave"', "--url", "out.html", "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["error"]["type"]) == (3, "HostBlocked")
    assert "elsewhere.test is not on the allow-list" in document["error"]["message"]
    assert "--allow" in document["error"]["hint"]
    assert len(document["data"]["steps"]) == 1


def test_a_payment_without_a_person_is_refused(folder: Path) -> None:
    (folder / "pay.html").write_text("<button onclick=\"document.title = 'paid'\">Pay now</button>")
    line = ["run", 'Click "Pay now"', "--url", "pay.html", "--json"]
    done = shell(folder, *line, stdin=subprocess.DEVNULL)
    document = json.loads(done.stdout)
    assert (done.returncode, document["error"]["type"], document["data"]["steps"]) == (3, "ConfirmationRefused", [])
    assert "--yes" in document["error"]["hint"]
    assert json.loads(shell(folder, *line, "--yes").stdout)["data"]["success"] is True


def test_a_secret_is_typed_and_kept_nowhere(folder: Path) -> None:
    goal = 'Type "{{secret:word}}" into Name and click "Greet"'
    environment = {**os.environ, "THE_WORD": "open-sesame-42"}
    line = ["run", goal, "--url", "greet.html", "--secret", "word=THE_WORD", "--report", "."]
    done = shell(folder, *line, env=environment)
    assert done.returncode == 0, done.stderr
    kept = [p.read_bytes() for p in folder.rglob("*") if p.is_file()]
    assert not any(b"open-sesame-42" in data for data in [*kept, done.stdout.encode(), done.stderr.encode()])
    assert any(b"Hello {{secret:word}}" in data for data in kept)  # it was typed, and the page showed it


def test_no_browser_and_no_display_are_one_line(folder: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    for flags in (["--headed"], ["--browser", "/nowhere/chrome"]):
        done = shell(folder, "run", "Greet", "--url", "greet.html", *flags, env=environment)
        lines = done.stderr.splitlines()
        assert (done.returncode, done.stdout, len(lines)) == (1, "", 2), done.stderr
        assert lines[0].startswith("error: ")
        assert lines[1].startswith("hint: ")


def test_ctrl_c_leaves_a_benchmark_that_goes_on(folder: Path) -> None:
    line = [sys.executable, "-m", "webagent", "bench", "miniwob", "--tasks", "click-test,click-button",
            "--episodes", "30", "--jobs", "2", "--out", "bench", "--json"]  # fmt: skip
    child = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder)
    results = folder / "bench" / "results.jsonl"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (results.exists() and results.read_text().count("\n") >= 3):
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert (child.returncode, json.loads(out)["error"]["type"], "Traceback" in err) == (130, "Interrupted", False)
    before = results.read_text().splitlines()
    assert 3 <= len(before) < 60
    done = shell(folder, *line[3:], "--resume")
    assert (done.returncode, json.loads(done.stdout)["data"]["episodes"]) == (0, 60), done.stderr
    assert results.read_text().splitlines()[: len(before)] == before

"""The command line: its promises to people and to programs."""

from __future__ import annotations

import io
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fakes import SCRIPT, FakeEnv, scripted

from webagent import cli
from webagent.commands.options import mirror
from webagent.console import Console
from webagent.envs.errors import BrowserGone, ConfirmationRefused, PageUnreachable
from webagent.envs.types import Action
from webagent.errand import Errand, perform, whole_address

COMMANDS = [
    "run", "bench", "speed", "tasks", "show", "record", "replay", "export", "compile", "judge", "doctor", "install",
]  # fmt: skip
TASKS = {"name": "mine", "tasks": [{"id": "a", "goal": "Press it", "url": "a.html", "check": "true"}]}


def shell(*args: str, **more: Any) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **more.pop("env", {})}
    return subprocess.run(
        [sys.executable, "-m", "webagent", *args], capture_output=True, text=True, timeout=60, env=environment, **more
    )


def call(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        cli.main(args)
    out, err = capsys.readouterr()
    return int(end.value.code or 0), out, err


# ---- help ----------------------------------------------------------------------------------------------------------


def test_help_answers_at_once() -> None:
    took = []
    for _ in range(3):  # processor time, because a busy machine says nothing about us
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert shell("--help").returncode == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(took) < 0.3, took


def test_help_loads_nothing_heavy() -> None:
    heavy = ("numpy", "gymnasium", "torch", "playwright", "rich", "cv2", "transformers", "asyncio")
    code = (
        "import sys\nfrom webagent import cli\n"
        "for args in (['--help'], ['run', '--help'], ['bench', '--help']):\n    cli.run(args)\n"
        f"print([m for m in {heavy!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(capsys: pytest.CaptureFixture[str], command: str) -> None:
    code, out, err = call(capsys, command, "--help")
    assert (code, err) == (0, "")
    assert f"webagent {command}" in out.partition("Example:")[2]


def test_the_commands_are_these_and_no_stubs(capsys: pytest.CaptureFixture[str]) -> None:
    assert [c.name for c in cli.app.registered_commands] == COMMANDS
    assert call(capsys)[1].startswith("Usage: webagent")
    assert call(capsys, "--version")[1].startswith("webagent ")


def test_every_flag_has_its_mirror() -> None:
    from typer.main import get_command

    for command in get_command(cli.app).commands.values():  # type: ignore[attr-defined]
        for parameter in command.params:
            flags = [name for name in parameter.opts if name.startswith("--")]
            if flags and flags != ["--help"]:
                assert parameter.envvar == mirror(flags[0]), (command.name, flags)


def test_a_mirror_sets_its_flag(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBAGENT_TASKS", "log-in")
    assert call(capsys, "tasks", "demo")[1].startswith("demo.log-in ")
    assert call(capsys, "tasks", "demo", "--tasks", "newsletter")[1].startswith("demo.newsletter ")
    monkeypatch.setenv("WEBAGENT_JSON", "1")
    assert json.loads(call(capsys, "tasks", "demo")[1])["ok"]


# ---- mistakes ------------------------------------------------------------------------------------------------------

MISTAKES = [
    (["rnu"], "unknown command 'rnu'", "did you mean 'run'"),
    (["run", "--polcy", "x"], "unknown flag '--polcy'", "did you mean '--policy'"),
    (["run", "--serch", "8"], "unknown flag '--serch'", "did you mean "),
    (["bench", "minwob"], "unknown suite 'minwob'", "did you mean 'miniwob'?"),
    (["bench", "sites"], "unknown suite 'sites'", ""),
    (["bench", "demo", "--policy", "lexcal"], "unknown policy 'lexcal'", "did you mean 'lexical'?"),
    (["bench", "demo", "--tasks", "log-inn"], "unknown task 'log-inn'", "did you mean 'log-in'?"),
    (["bench", "demo", "--subset", "x"], "suite 'demo' has no subset 'x'", "--tasks"),
    (["bench", "demo", "--resume"], "--resume needs to know what to go on with", "--out DIR"),
    (["bench", "demo", "--episodes", "many"], "invalid value for '--episodes'", "webagent bench --help"),
    (["bench", "demo", "--episodes", "0"], "invalid value for '--episodes'", ""),
    (["bench"], "missing argument 'SUITE'", "webagent bench --help"),
    (["run", "--task", "demo.log-inn"], "unknown task 'demo.log-inn'", "did you mean 'demo.log-in'"),
    (["run", "Buy"], "expected --url", 'webagent run "Buy" --url URL'),
    (["run"], "expected a GOAL with --url", ""),
    (["run", "Buy", "--task", "demo.log-in"], "--task brings its own goal", "leave out GOAL"),
    (["run", "Type {{secret:x}}", "--url", "a.test"], "unknown secret 'x'", "--secret x=ENVVAR"),
    (["run", "Buy", "--url", "a.test", "--secret", "x"], "expected --secret NAME=ENVVAR", ""),
    (["run", "Buy", "--url", "a.test", "--allow", "a b"], "allow-list", "example.com"),
    (["run", "--policy"], "option '--policy' requires an argument", ""),
    (["show", "/nowhere"], "found nothing at /nowhere", ""),
    (["tasks", "absent.json"], "no task file at absent.json", ""),
    (["--jsn"], "unknown flag '--jsn'", "did you mean '--json'"),
]


@pytest.mark.parametrize(("args", "message", "hint"), MISTAKES, ids=[" ".join(m[0]) for m in MISTAKES])
def test_a_mistake_is_one_line_and_a_hint(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    args: list[str], message: str, hint: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    code, out, err = call(capsys, *args)
    assert (code, out) == (2, "")
    lines = err.splitlines()
    assert lines[0].startswith("error: ")
    assert message in lines[0]
    assert len(lines) == 1 or (len(lines) == 2 and lines[1].startswith("hint: "))
    assert hint in err
    code, out, err = call(capsys, *args, "--json")
    document = json.loads(out)
    assert (code, err, document["ok"], document["data"]) == (2, "", False, {})
    assert message in document["error"]["message"]
    assert hint in document["error"]["hint"]
    assert set(document["error"]) == {"type", "message", "hint"}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("line", ["--json tasks demo", "tasks --json demo", "tasks demo --json"])
def test_json_may_stand_anywhere(capsys: pytest.CaptureFixture[str], line: str) -> None:
    code, out, err = call(capsys, *line.split())
    document = json.loads(out)
    assert (code, err) == (0, "")
    assert set(document) == {"schema", "ok", "command", "data", "error"}
    assert (document["schema"], document["ok"], document["command"], document["error"]) == (1, True, "tasks", None)
    assert {"id", "goal", "subsets"} <= set(document["data"]["tasks"][0])


def test_what_nobody_expected_is_one_line_and_a_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(name: str) -> None:
        raise KeyError("no\nsuch thing")

    monkeypatch.setattr("webagent.suites.open_suite", broken)
    code, out, err = call(capsys, "tasks", "demo")
    assert (code, out) == (1, "")
    assert err.startswith("error: KeyError: 'no\\nsuch thing'\nhint: this is a bug in webagent; the details are in ")
    path = Path(err.split()[-1])
    assert "Traceback" in path.read_text()
    path.unlink()


def test_a_closed_pipe_is_quiet() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    line = [sys.executable, "-m", "webagent", "tasks", "demo"]
    done = subprocess.run(line, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


# ---- run -----------------------------------------------------------------------------------------------------------


def errand(tmp_path: Path, **more: Any) -> Errand:
    return Errand(**{"goal": "Press it", "url": "http://fake.test/", "out": tmp_path / "e", "policy": "random", **more})


def run(monkeypatch: pytest.MonkeyPatch, asked: Errand, *script: Action, env: FakeEnv | None = None) -> Any:
    monkeypatch.setattr("webagent.programs.make_policy", lambda name: scripted(*script))

    @contextmanager
    def open_env(asked: Errand, scenario: Any, secrets: Any) -> Iterator[FakeEnv]:
        yield env or FakeEnv()

    log = io.StringIO()
    return perform(asked, Console(stream=log), open_env), log.getvalue()


def test_a_task_done_is_told_in_full(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    result, log = run(monkeypatch, errand(tmp_path, report=tmp_path / "r"), *SCRIPT)
    assert (result.exit_code, result.error) == (0, None)
    data = result.data
    assert {"success", "answer", "steps", "reason", "final_url", "episode", "report", "ms_total", "judged_by"} <= set(
        data
    )
    assert (data["success"], data["judged_by"], data["answer"], data["final_url"]) == (
        True, "check", None, "http://fake.test/saved",
    )  # fmt: skip
    first = data["steps"][0]
    assert set(first) == {"action", "element", "confidence", "ms", "error"}
    assert first["action"] == {"op": "type", "target": "n", "text": "Ann", "point": None}
    assert (first["element"], first["confidence"], first["error"]) == ('"Name" (textbox)', 0.82, None)
    assert Path(data["report"]).is_file()
    assert json.loads(json.dumps(data)) == data
    assert re.search(r'^  1\. type "Ann" into "Name" \(textbox\)  ', log, re.MULTILINE)
    assert "success  yes (judged by check)" in result.text
    assert data["episode"] in result.text
    assert Path(data["episode"]).parent == tmp_path / "e"
    from webagent.datasets import read_episode

    assert read_episode(data["episode"])[0].success is True


def test_a_task_failed_is_exit_1(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    result, _ = run(monkeypatch, errand(tmp_path), Action("give_up", text="no such page"))
    assert (result.exit_code, result.data["success"], result.data["reason"]) == (1, False, "no such page")


def test_going_round_in_circles_ends(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    result, _ = run(monkeypatch, errand(tmp_path), Action("click", "h"), env=FakeEnv(max_steps=100))
    assert (result.exit_code, result.data["reason"], len(result.data["steps"])) == (1, "stuck", 5)


@pytest.mark.parametrize(
    ("error", "code"),
    [(ConfirmationRefused("nobody confirmed"), 3), (BrowserGone("it died"), 1), (KeyboardInterrupt(), 130)],
)
def test_what_stops_a_run_keeps_what_it_had(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: BaseException, code: int
) -> None:
    class Stopping(FakeEnv):
        def step(self, action: Action) -> Any:
            if self.steps == 2:
                raise error
            return super().step(action)

    result, _ = run(monkeypatch, errand(tmp_path, report=tmp_path), *SCRIPT, env=Stopping())
    assert result.exit_code == code
    assert result.error["type"] == ("Interrupted" if code == 130 else type(error).__name__)
    assert len(result.data["steps"]) == 2
    assert result.data["success"] is False
    assert "Unfinished" in (tmp_path / "report.html").read_text()


def test_a_run_that_takes_too_long_is_exit_124(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Slow(FakeEnv):
        def step(self, action: Action) -> Any:
            time.sleep(30 if self.steps else 0)
            return super().step(action)

    started = time.monotonic()
    result, _ = run(monkeypatch, errand(tmp_path, timeout=0.4), *SCRIPT, env=Slow())
    assert (result.exit_code, result.error["type"], len(result.data["steps"])) == (124, "TimedOut", 1)
    assert time.monotonic() - started < 10


def test_a_page_that_does_not_load_is_exit_1(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Away(FakeEnv):
        def reset(self, **more: Any) -> Any:
            raise PageUnreachable("http://fake.test/ did not load: refused", "check the address")

    result, log = run(monkeypatch, errand(tmp_path, report=tmp_path), *SCRIPT, env=Away())
    assert (result.exit_code, result.text, log) == (1, "", "")
    assert (result.data["episode"], result.data["report"], result.data["steps"]) == (None, None, [])


def test_no_run_writes_over_another(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folders = {run(monkeypatch, errand(tmp_path), *SCRIPT)[0].data["episode"] for _ in range(3)}
    assert len(folders) == 3
    assert {Path(f).parent for f in folders} == {tmp_path / "e"}


def test_words_of_a_page_cannot_drive_the_terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    result, log = run(monkeypatch, errand(tmp_path), Action("answer", text="\x1b[2Jgone\x07\u202e\nsuccess  yes"))
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", result.text + log)
    assert "answer   [2Jgone success yes" in result.text


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("example.com/a", "https://example.com/a"),
        ("localhost:8000", "http://localhost:8000"),
        ("127.0.0.1:8000/a", "http://127.0.0.1:8000/a"),
        ("https://a.test", "https://a.test"),
        ("file:///tmp", "file:///tmp"),
        (__file__, __file__),
    ],
)
def test_addresses_as_people_type_them(text: str, address: str) -> None:
    assert whole_address(text) == address


# ---- signals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_in_order(tmp_path: Path, number: int, code: int) -> None:
    program = (
        "import sys, time; sys.path.insert(0, sys.argv[1])\nfrom webagent import cli\nimport webagent.suites\n"
        "def slow(name):\n    try:\n        print('ready', flush=True)\n        time.sleep(60)\n"
        "    finally:\n        print('closed', flush=True)\n"
        "webagent.suites.open_suite = slow\ncli.main(['tasks', 'demo'])\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    child.send_signal(number)
    out, err = child.communicate(timeout=20)
    assert (child.returncode, out) == (code, "closed\n")
    assert "Traceback" not in err

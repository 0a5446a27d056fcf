"""``run`` with a program or a skill, ``compile`` and ``skills``: files in and out, exit codes. Needs no browser."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fakes import GOAL, SCRIPT, FakeEnv, scripted

from webagent import cli
from webagent.commands import Result
from webagent.console import Console
from webagent.envs.types import Action, Observation
from webagent.errand import Errand, perform
from webagent.recorder.compile import compile_episodes
from webagent.recorder.program_file import read_program, write_program
from webagent.rollout import run_episode
from webagent.skills import keep, list_skills, matching_skill, start_of, values_in

URL = "http://fake.test/"


class Site(FakeEnv):
    """The fake site with a button of another name, and the limit that ``run`` would give it."""

    save = "Save"

    def __init__(self) -> None:
        super().__init__(max_steps=40)

    def _observe(self) -> Observation:
        seen = super()._observe()
        told = [dataclasses.replace(e, name=self.save) if e.ref == "v" else e for e in seen.tree.elements]
        return dataclasses.replace(seen, tree=dataclasses.replace(seen.tree, elements=tuple(told)))


class Drifted(Site):
    save = "Keep it"


class Deleting(Site):
    save = "Delete account"


def perform_on(env: FakeEnv, tmp_path: Path, **more: Any) -> tuple[Result, str]:
    @contextmanager
    def open_env(*_: Any) -> Iterator[FakeEnv]:
        yield env

    log = io.StringIO()
    asked = Errand(**{"out": tmp_path / "out", "policy": "lexical", **more})
    return perform(asked, Console(stream=log), open_env), log.getvalue()


@pytest.fixture
def program(tmp_path: Path) -> Path:
    episode = run_episode(Site(), scripted(*SCRIPT), seed=0, source="human")
    return write_program(compile_episodes([episode]), tmp_path / "program.json")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webagent.follow.MOST_WAITS", 1)


def call(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        cli.main(args)
    out, err = capsys.readouterr()
    return int(end.value.code or 0), out, err


# ---- run --program --------------------------------------------------------------------------------------------------


def test_a_program_runs_without_a_model(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webagent.programs.make_policy", lambda name: pytest.fail("a model was asked for"))
    result, _ = perform_on(Site(), tmp_path, program=program)
    told = result.data["program"]
    assert (result.exit_code, told["model_calls"], told["steps_done"], told["diff"]) == (0, 0, 4, None)
    assert result.data["goal"] == GOAL and "0 model calls" in result.text
    assert json.loads(json.dumps(result.data)) == result.data


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("update", [False, True])
def test_a_repair_is_a_diff_beside_the_run_and_in_the_program_only_if_asked(
    program: Path, tmp_path: Path, update: bool
) -> None:
    before = program.read_text()
    result, log = perform_on(Drifted(), tmp_path, program=program, update_program=update)
    told = result.data["program"]
    assert result.exit_code == 0 and told["model_calls"] >= 1 and told["updated"] is update
    diff = Path(told["diff"]).read_text()
    assert Path(told["diff"]).parent == Path(result.data["episode"])
    assert '-        "name": "Save",' in diff and '+        "name": "Keep it",' in diff
    assert (program.read_text() == before) is not update
    assert "does not fit: no button 'Save' is there" in log
    if update:
        again, _ = perform_on(Drifted(), tmp_path, program=program)
        assert (again.exit_code, again.data["program"]["model_calls"]) == (0, 0)


def test_a_program_asks_for_the_same_confirmations(tmp_path: Path) -> None:
    episode = run_episode(Deleting(), scripted(*SCRIPT), seed=0, source="human")
    program = write_program(compile_episodes([episode]), tmp_path / "p.json")
    refused, _ = perform_on(Deleting(), tmp_path, program=program)
    assert (refused.exit_code, refused.error and refused.error["type"]) == (3, "ConfirmationRefused")
    assert len(refused.data["steps"]) == 3
    assert perform_on(Deleting(), tmp_path, program=program, yes=True)[0].exit_code == 0


MISTAKES: list[tuple[list[str], int, str, str]] = [
    (["--set", "nam=x"], 2, "unknown argument 'nam'", "did you mean 'name'"),
    (["--set", "name"], 2, "expected --set NAME=VALUE", "for example"),
    (["--search", "4"], 2, "expected --program or --search", "leave out --search"),
    (["--policy", "lexcal"], 2, "unknown policy 'lexcal'", "did you mean 'lexical'"),
]


@pytest.mark.parametrize(("args", "code", "message", "hint"), MISTAKES, ids=[m[2] for m in MISTAKES])
def test_a_mistake_with_a_program_is_one_line(
    capsys: pytest.CaptureFixture[str], program: Path, args: list[str], code: int, message: str, hint: str
) -> None:
    found, out, err = call(capsys, "run", "--program", str(program), *args)
    assert (found, out, len(err.splitlines())) == (code, "", 2)
    assert message in err and hint in err


def test_more_mistakes(capsys: pytest.CaptureFixture[str], program: Path, tmp_path: Path) -> None:
    assert "brings its own goal" in call(capsys, "run", "Buy", "--program", str(program))[2]
    assert "belong to --program" in call(capsys, "run", "Buy", "--url", URL, "--set", "a=b")[2]
    code, _, err = call(capsys, "run", "--program", str(tmp_path / "no.json"))
    assert (code, err.splitlines()[1]) == (2, "hint: make one: webagent compile EPISODE")
    assert err.startswith(f"error: expected a program at {tmp_path}/no.json, found nothing")
    program.write_text('{"program": 7}')
    code, _, err = call(capsys, "run", "--program", str(program))
    assert code == 1 and "expected a program of version 1, found version 7" in err


# ---- compile --------------------------------------------------------------------------------------------------------


def test_a_run_is_compiled(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webagent.programs.make_policy", lambda name: scripted(*SCRIPT))
    result, _ = perform_on(Site(), tmp_path, goal="Press it", url=URL)
    made = tmp_path / "made.json"
    code, out, _ = call(capsys, "compile", result.data["episode"], "--out", str(made), "--json")
    data = json.loads(out)["data"]
    assert (code, data["steps"], [p["name"] for p in data["parameters"]]) == (0, 4, ["name"])
    assert read_program(made).start == URL
    assert call(capsys, "compile", str(tmp_path / "nowhere"))[0] == 2


# ---- skills ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    episode = run_episode(Site(), scripted(*SCRIPT), seed=0, source="policy:x")
    folder = tmp_path / "skills"
    assert keep(folder, episode) is not None and keep(folder, episode) is None, "kept once"
    return folder


def test_a_success_is_kept_and_done_again_without_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "skills"
    with monkeypatch.context() as patched:
        patched.setattr("webagent.programs.make_policy", lambda name: scripted(*SCRIPT))
        first, _ = perform_on(Site(), tmp_path, goal=GOAL, url=URL, skills=folder)
    assert first.data["skill_kept"] and first.data["program"] is None
    monkeypatch.setattr("webagent.programs.make_policy", lambda name: pytest.fail("a model was asked for"))
    second, log = perform_on(Site(), tmp_path, goal=GOAL.upper().replace("ANN", "Ann"), url=URL, skills=folder)
    assert second.exit_code == 0 and second.data["program"]["model_calls"] == 0
    assert "SKILL " in log and second.data["program"]["skill"] and "skill" in second.text


@pytest.mark.usefixtures("impatient")
def test_a_skill_that_does_not_fit_falls_back_to_the_policy(kept: Path, tmp_path: Path) -> None:
    (path,) = kept.iterdir()
    before = path.read_text()
    result, _ = perform_on(Drifted(), tmp_path, goal=GOAL, url=URL, skills=kept)
    assert result.exit_code == 0 and result.data["program"]["model_calls"] >= 1 and result.data["program"]["diff"]
    assert path.read_text() == before


def test_a_failure_and_no_skills_leave_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webagent.programs.make_policy", lambda name: scripted(Action("give_up", text="no")))
    failed, _ = perform_on(Site(), tmp_path, goal=GOAL, url=URL, skills=tmp_path / "skills")
    monkeypatch.setattr("webagent.programs.make_policy", lambda name: scripted(*SCRIPT))
    done, _ = perform_on(Site(), tmp_path, goal=GOAL, url=URL)
    assert (failed.exit_code, done.exit_code) == (1, 0)
    assert not (tmp_path / "skills").exists() and done.data["skill_kept"] is None


def test_a_skill_fits_the_same_goal_on_the_same_site_only(kept: Path) -> None:
    def match(goal: str, url: str = URL) -> Any:
        return matching_skill(kept, goal, url, [], lambda line: None)

    found = match(GOAL.replace("Ann", "Bea Olsen"))
    assert found.filled.todo[0].step.text == "Bea Olsen"
    assert match(f"  {GOAL.lower()} ").filled.todo[0].step.text == "ann"
    assert match(GOAL + " and leave") is None
    assert match(GOAL, "http://other.test/") is None and match(GOAL, f"{URL}elsewhere") is None


def test_a_value_in_a_fixed_name_may_not_change(tmp_path: Path) -> None:
    class Signing(Site):
        def _observe(self) -> Observation:
            seen = super()._observe()
            told = [dataclasses.replace(e, name="Sign in Ann") if e.ref == "s" else e for e in seen.tree.elements]
            return dataclasses.replace(seen, tree=dataclasses.replace(seen.tree, elements=tuple(told)))

    episode = run_episode(Signing(), scripted(*SCRIPT), seed=0, source="policy:x")
    keep(tmp_path, episode)
    assert matching_skill(tmp_path, GOAL, URL, [], print) is not None
    assert matching_skill(tmp_path, GOAL.replace("Ann", "Bea"), URL, [], print) is None


def test_skills_are_listed_shown_and_removed(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (kept / "broken.json").write_text("{")
    code, out, _ = call(capsys, "skills", "list", "--skills", str(kept), "--json")
    data = json.loads(out)["data"]
    name = data["skills"][0]["name"]
    assert (code, len(data["skills"]), len(data["damaged"])) == (0, 1, 1)
    code, out, _ = call(capsys, "skills", "show", name, "--skills", str(kept))
    assert code == 0 and json.loads(out)["goal"] == GOAL.replace("Ann", "{{name}}")
    code, _, err = call(capsys, "skills", "remove", name[:-1], "--skills", str(kept))
    assert code == 2 and f"did you mean '{name}'" in err
    assert call(capsys, "skills", "remove", name, "--skills", str(kept))[0] == 0
    assert list(list_skills(kept, lambda line: None)) == []
    assert "no skills in" in call(capsys, "skills", "list", "--skills", str(kept / "none"))[1]


def test_goals_and_addresses(kept: Path, tmp_path: Path) -> None:
    ((_, _, program),) = list_skills(kept, print)
    assert values_in(program, GOAL) == {"name": ["Ann"]} and values_in(program, "Buy") is None
    page = tmp_path / "a.html"
    page.touch()
    assert start_of(f"{page}?id=3") == f"{page.as_uri()}?id=3" == start_of(f"{page.as_uri()}?id=3")
    assert start_of("shop.test/x") == "//shop.test/x" and start_of("https://shop.test/x") == "https://shop.test/x"

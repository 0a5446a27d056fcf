"""Task files: mistakes are named, tasks are judged when they end and not before."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from webagent.envs.errors import ActionTimedOut, UnknownName, UsageError
from webagent.envs.suites.task_file import TaskEntry, TaskFileScenario, WebScenario, read_task_file
from webagent.envs.types import Action, Task
from webagent.suites import find_task, open_suite

TASK = {"id": "mail-off", "goal": "Turn it off", "url": "http://127.0.0.1:8000/", "check": "true"}


def written(folder: Path, *tasks: Any, **more: Any) -> Path:
    path = folder / "tasks.json"
    path.write_text(json.dumps({"name": "mine", "tasks": list(tasks), **more}))
    return path


def without(*fields: str, **more: Any) -> dict[str, Any]:
    return {**{k: v for k, v in TASK.items() if k not in fields}, **more}


def test_a_task_file_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, TASK, without("check", id="who", expect_answer="Ann", max_steps=3, note="mine"))
    file = read_task_file(path)
    assert file.name == "mine"
    assert [t.id for t in file.tasks] == ["mail-off", "who"]
    assert (file.find("who").max_steps, file.find("mail-off").max_steps) == (3, 30)
    with pytest.raises(UnknownName) as unknown:
        file.find("mail-of")
    assert unknown.value.hint == "did you mean 'mail-off'?"


@pytest.mark.parametrize(
    ("task", "message", "hint"),
    [
        (without("goal"), r'tasks\[0\] \(mail-off\): missing field "goal"', "expected for example"),
        (without("id"), r'tasks\[0\]: missing field "id"', '"id": "mail-off"'),
        (without("url", ulr="x"), 'missing field "url"', "did you mean 'url'"),
        (without("check"), r'missing field "check" \(or "expect_answer"\)', "querySelector"),
        (without("check", expected_answer="x"), 'missing field "check"', "did you mean 'expect_answer'"),
        (without(goal=" "), '"goal" is empty', "for example"),
        (without(goal=3), 'expected "goal" to be a text, found a number', ""),
        (without(max_steps="3"), 'expected "max_steps" to be a whole number, found a text', ""),
        (without(max_steps=True), "found true or false", ""),
        (without(max_steps=0), "1 or more, found 0", ""),
        (without(allow="a.org"), 'expected "allow" to be a list, found a text', ""),
        (without(allow=[1]), "list of host names", ""),
        ("mail-off", r"tasks\[0\]: expected an object, found a text", ""),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, task: Any, message: str, hint: str) -> None:
    with pytest.raises(UsageError, match=message) as mistake:
        read_task_file(written(tmp_path, task))
    assert "tasks.json" in str(mistake.value)
    assert hint in mistake.value.hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"tasks": [\n  {"id": "a",}\n]}', "line 2, column"),
        ("[]", "found a list"),
        ('{"tasks": {}}', 'without a list "tasks"'),
        ('{"tasks": []}', "at least one task"),
        ('{"name": 3, "tasks": [{}]}', 'expected "name" to be a text'),
        ("[" * 100_000, "nested too deeply|not JSON"),
        ("\udcff", "cannot be read"),
    ],
)
def test_a_file_that_is_no_task_file(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text, errors="surrogateescape")
    with pytest.raises(UsageError, match=message):
        read_task_file(path)


def test_ids_are_used_once_and_files_exist(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="used twice"):
        read_task_file(written(tmp_path, TASK, TASK))
    with pytest.raises(UsageError, match="no task file at"):
        read_task_file(tmp_path / "absent.json")
    with pytest.raises(UsageError, match="cannot be read"):
        read_task_file(tmp_path)


class FakeSession:
    """Answers ``evaluate`` from a table of endings; remembers what it was asked."""

    def __init__(self, value: Any = True) -> None:
        self.value, self.asked, self.went = value, [], []  # type: ignore[var-annotated]

    async def fresh(self) -> None:
        self.went.append("fresh")

    async def goto(self, url: str) -> None:
        self.went.append(url)

    async def evaluate(self, expression: str) -> Any:
        self.asked.append(expression)
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


def play(entry: TaskEntry, session: FakeSession, *actions: Action | None, max_steps: int | None = None) -> list[Any]:
    async def episode() -> list[Any]:
        scenario = TaskFileScenario(entry, Path.cwd(), suite="mine", max_steps=max_steps)
        task = await scenario.start(session, 7)  # type: ignore[arg-type]
        assert task == Task("mine.mail-off", entry.goal, entry.url, 7, max_steps or entry.max_steps)
        return [await scenario.judge(session, a) for a in (None, *actions)]  # type: ignore[arg-type]

    return asyncio.run(episode())


CLICK, DONE = Action("click", "e1"), Action("done")
ENTRY = TaskEntry("mail-off", "Turn it off", "http://127.0.0.1:8000/", "document.title === 'x'")


def test_a_true_check_does_not_end_the_episode() -> None:
    session = FakeSession(True)
    start, click, done = play(ENTRY, session, CLICK, DONE)
    assert (start.done, click.done, click.success, done.done, done.success) == (False, False, False, True, True)
    assert session.went == ["fresh", "http://127.0.0.1:8000/"]
    assert len(session.asked) == 1


def test_the_step_limit_is_judged_without_ending_it() -> None:
    verdicts = play(ENTRY, FakeSession(True), None, CLICK, max_steps=2)  # a refused action is a step as well
    assert [(v.done, v.success) for v in verdicts] == [(False, False), (False, False), (False, True)]


@pytest.mark.parametrize(
    ("value", "success"), [(True, True), (1, True), (1.0, True), (2, False), ("yes", False), (None, False)]
)
def test_only_true_and_1_are_success(value: Any, success: bool) -> None:
    assert play(ENTRY, FakeSession(value), DONE)[-1].success is success


@pytest.mark.parametrize("error", [ValueError("TypeError: x is null"), ActionTimedOut("no answer")])
def test_a_check_that_throws_is_a_failure_with_its_reason(error: Exception) -> None:
    verdict = play(ENTRY, FakeSession(error), DONE)[-1]
    assert (verdict.done, verdict.success) == (True, False)
    assert str(error) in verdict.info["reason"]


def test_the_answer_is_compared_and_given_to_the_check() -> None:
    entry = TaskEntry("mail-off", "Who?", "http://127.0.0.1/", "answer.length > 2", " Ann Lee ")
    session = FakeSession(True)
    assert play(entry, session, Action("answer", text="ann lee"))[-1].success
    assert 'const answer = "ann lee";' in session.asked[0]
    assert not play(entry, session, Action("answer", text="Ann"))[-1].success
    assert play(entry, session, DONE)[-1].info["reason"] == "no answer was given"
    assert not play(entry, FakeSession(False), Action("answer", text="ann lee"))[-1].success


def test_giving_up_is_judged_too() -> None:
    verdict = play(ENTRY, FakeSession(False), Action("give_up", text="I cannot"))[-1]
    assert (verdict.done, verdict.success, verdict.info["reason"]) == (True, False, "I cannot")


def test_setup_runs_before_the_first_observation() -> None:
    entry = TaskEntry("mail-off", "g", "http://127.0.0.1/", "true", setup="localStorage.x = 1; // later")
    session = FakeSession()
    play(entry, session)
    assert session.asked == ["{\nlocalStorage.x = 1; // later\n}"]
    with pytest.raises(UsageError, match=r"mine\.mail-off: its setup failed: no"):
        play(entry, FakeSession(ValueError("no")))


def test_a_free_goal_is_judged_by_the_agent_alone() -> None:
    async def ends(action: Action) -> tuple[bool, bool, bool]:
        verdict = await WebScenario("http://a.test/", "g").judge(FakeSession(), action)  # type: ignore[arg-type]
        return verdict.checked, verdict.done, verdict.success

    assert asyncio.run(ends(CLICK)) == (False, False, False)
    assert asyncio.run(ends(Action("answer", text="3"))) == (False, True, True)
    assert asyncio.run(ends(Action("give_up"))) == (False, True, False)


def test_local_pages_are_served_from_where_they_lie(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a b.html").write_text("hello")
    other = tmp_path.parent / f"{tmp_path.name}-other.html"
    other.write_text("other")
    for url in ("sub/a%20b.html?x=1#y", (tmp_path / "sub" / "a b.html").as_uri()):
        scenario = WebScenario(url, "g", base=tmp_path)
        start = scenario.start_url
        with urllib.request.urlopen(start) as reply:
            assert reply.read() == b"hello"
        assert scenario.allow[0].endswith(start.split("/")[2])
        assert start.endswith("/sub/a%20b.html" + ("?x=1#y" if "?" in url else ""))
        scenario.close()
        scenario.close()
    outside = WebScenario(other.as_uri(), "g", base=tmp_path)
    with urllib.request.urlopen(outside.start_url) as reply:
        assert reply.read() == b"other"
    outside.close()


@pytest.mark.parametrize(
    ("url", "message"),
    [("absent.html", "found nothing"), ("ftp://a/b", "http, https or file"), ("file://host/x", "on this machine")],
)
def test_an_address_that_leads_nowhere(tmp_path: Path, url: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        _ = WebScenario(url, "g", base=tmp_path).start_url


def test_a_free_goal_reaches_its_own_site_and_what_is_named() -> None:
    assert WebScenario("http://127.0.0.1:8000/a", "g", ("cdn.test",)).allow == ("127.0.0.1:8000", "cdn.test")


def test_suites_select_tasks(tmp_path: Path) -> None:
    path = written(tmp_path, *[without("id", id=i) for i in ("buy-a", "buy-b", "read")])
    suite = open_suite(str(path))
    assert suite.tasks == ("mine.buy-a", "mine.buy-b", "mine.read")
    assert suite.select("buy-*") == suite.select("mine.buy-*") == ("mine.buy-a", "mine.buy-b")
    assert suite.select("read,buy-a") == ("mine.buy-a", "mine.read")
    for call in (lambda: suite.select("by-a"), lambda: suite.select(subset="x"), lambda: find_task(f"{path}#reed")):
        with pytest.raises(UnknownName):
            call()
    for name in (f"{path}#read", f"{path}:read"):
        assert find_task(name)[1] == "mine.read"
    with pytest.raises(UsageError, match="holds 3 tasks"):
        find_task(str(path))


def test_a_suite_may_publish_a_secret_and_a_person_may_give_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINE", "other")
    demo = open_suite("demo")
    assert demo.open_secrets(()).resolve("{{secret:demo_password}}") == demo.secrets["demo_password"]
    assert demo.open_secrets(["demo_password=MINE"]).resolve("{{secret:demo_password}}") == "other"
    assert not demo.practice
    assert open_suite("miniwob").practice


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("miniwob.click-tst", "miniwob.click-test"),
        ("click-test", "miniwob.click-test"),
        ("demo.newsleter", "demo.newsletter"),
    ],
)
def test_a_mistyped_task_is_offered_its_like(name: str, hint: str) -> None:
    with pytest.raises(UnknownName) as unknown:
        find_task(name)
    assert hint in unknown.value.hint


def test_a_mistyped_suite_is_offered_its_like() -> None:
    with pytest.raises(UnknownName) as unknown:
        open_suite("minwob")
    assert str(unknown.value) == "unknown suite 'minwob'"
    assert unknown.value.hint == "did you mean 'miniwob'?"

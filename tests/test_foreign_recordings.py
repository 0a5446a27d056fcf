"""What others' recordings become: each command an action of ours, or named as left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from foreign_recordings import codegen, devtools, selenium

from webagent import cli
from webagent.datasets.readers import reader
from webagent.datasets.writers import Source, writer
from webagent.envs.types import Action, ActionTree, Element, Episode, Observation, Step, Task


def read(name: str, path: Path) -> tuple[list[Episode], list[str]]:
    refused: list[str] = []
    return list(reader(name).read(str(path), lambda what, why: refused.append(why))), refused


def told(episode: Episode, *more: str) -> list[tuple[Any, ...]]:
    return [tuple(a.get(key) for key in ("op", "text", *more)) for a in episode.info["actions"]]


def test_a_codegen_script_becomes_actions(tmp_path: Path) -> None:
    (first, second), refused = read("codegen", codegen(tmp_path))
    assert (first.task.id, first.task.start_url) == ("codegen.a.run", "http://localhost:8000/")
    assert told(first, "role", "name", "tab") == [
        ("click", None, "textbox", "User name", 0), ("type", "ada", "textbox", "User name", 0),
        ("type", "{{secret:PASSWORD}}", "", "Password", 0), ("click", None, "checkbox", "Weekly mail", 0),
        ("select", "CL", "", "Country", 0), ("upload", "a.txt\nb.txt", "", "", 0),
        ("click", "Control+right", "", "Buy", 0), ("click", None, "button", "Sign in", 0),
        ("type", "Ada", "textbox", "the prompt", 0), ("click", None, "button", "OK", 0),
        ("click", None, "link", "Terms", 0), ("dblclick", None, "", "Agree", 1), ("close_tab", None, "", "", 1),
        ("press", "Control+k", "", "", 0), ("scroll", "down", "", "", 0),
    ]  # fmt: skip
    buy = first.info["actions"][6]
    assert (buy["frames"], buy["locators"]) == (["locator('#cart').content_frame"], ["get_by_text('Buy')"])
    assert first.info["left_out"] == {"fill": 1} and first.info["checks"][0]["at"] == 15
    assert first.task.goal.startswith("Press 'User name', then type 'ada' into 'User name', then type '{{secret:")
    assert told(second, "locators", "frames") == [
        ("click", None, ["locator('#go')"], []),
        ("press", "Enter", ["get_by_placeholder('Search')"], ["frame_locator('#cart')"]),
        ("drag", None, ["locator('#a')"], []),
    ]
    assert refused == ["fill was given today(), which is known only when it runs",
                       "it branches or repeats (for)"]  # fmt: skip


def test_a_devtools_recording_becomes_actions(tmp_path: Path) -> None:
    (episode,), refused = read("devtools", devtools(tmp_path))
    assert episode.info["title"] == "Order" and episode.info["window"] == "800x600"
    assert told(episode, "name", "locators", "tab") == [
        ("click", None, "Name", ["aria/Name", "my-form >>> #name"], 0), ("type", "ada", "Name", ["aria/Name"], 0),
        ("press", "Control+a", "", [], 0), ("click", "right", "Save", ['aria/Save[role="button"]', "#save"], 0),
        ("dblclick", None, "Save", ['aria/Save[role="button"]', "#save"], 1), ("scroll", "down", "", [], 0),
        ("scroll", "up", "", [], 0), ("wait", None, "", ["#done"], 0),
    ]  # fmt: skip
    assert episode.info["actions"][3]["frames"] == ["0", "1"] and episode.info["actions"][0]["at"] == [3, 4]
    assert refused == ["waitForExpression has no action of ours", "no action is in it",
                       "a step that cannot be read: 'url'"]  # fmt: skip


def test_a_selenium_test_becomes_actions(tmp_path: Path) -> None:
    (episode,), refused = read("selenium-ide", selenium(tmp_path))
    assert episode.task.start_url == "http://localhost:8000/form.html" and episode.info["window"] == "800x600"
    assert told(episode, "locators", "tab") == [
        ("type", "ada", ["id=name", "css=#name"], 0), ("type", "x", ["id=name"], 0), ("press", "Enter", ["id=name"], 0),
        ("select", "Chile", ["id=land"], 0), ("click", None, ["id=mail"], 0), ("click", None, ["linkText=More"], 0),
        ("switch_tab", "1", [], 1), ("hover", None, ["css=b"], 1), ("switch_tab", "0", [], 0), ("type", "Ada", [], 0),
        ("click", None, [], 0),
    ]  # fmt: skip
    assert episode.info["actions"][5]["frames"] == ["index=0"] and episode.info["actions"][7]["frames"] == []
    assert [c["check"] for c in episode.info["checks"]] == ["assertText"]
    assert refused[:3] == ["executeScript has no action of ours", "type needs ${n}, which only the page knows",
                           "//click was switched off"]  # fmt: skip
    assert refused[3:] == ["it branches or repeats (end, if)", "no action is in it"]


def test_an_exported_script_is_read_back(tmp_path: Path) -> None:
    tree = ActionTree(tuple(
        Element(f"e{n}", role, tag, name, states=("actionable", "visible"))
        for n, (role, tag, name) in enumerate((("button", "button", "Go"), ("textbox", "input:text", "Name")), 1)
    ))  # fmt: skip
    wanted = [Action("click", "e1"), Action("type", "e2", "a\n{{secret:PIN}}"), Action("press", "e2", "Enter")]
    steps = tuple(Step(Observation("g", tree=tree), action) for action in wanted)
    made = writer("playwright").text
    assert made is not None
    (tmp_path / "s.py").write_text(made(Source(Episode(Task("t", "g", "http://a/"), steps, Observation(), "human"))))
    (episode,), refused = read("codegen", tmp_path / "s.py")
    assert (episode.task.start_url, told(episode)) == ("http://a/", [(a.op, a.text) for a in wanted])
    assert refused == []


def test_what_is_left_out_is_loud(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        cli.main(["data", "import", "selenium-ide", str(selenium(tmp_path)), "--out", str(tmp_path / "out"), "--json"])
    data = json.loads(capsys.readouterr().out)["data"]
    assert (data["kept"], data["refused"]) == (1, 5) and data["reasons"]["executeScript has no action of ours"] == 1

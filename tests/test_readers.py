"""What every reader of a foreign format keeps to: sound episodes, nothing silently lost, one clear error.

A new reader adds its sample and its real file (skipped where absent) to ``SAMPLES``; every test here then holds for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from demo_pages import mixed
from foreign_recordings import codegen, devtools, selenium

from webagent.datasets import write_episode
from webagent.datasets.readers import READERS, reader
from webagent.datasets.writers import Source, writer
from webagent.envs.errors import UnknownName, WebAgentError
from webagent.envs.types import Action, ActionTree, Element, Episode, Observation, Step, Task, from_json, to_json

PUBLIC = Path(__file__).resolve().parents[2] / "shared" / "data"


@dataclass(frozen=True)
class Sample:
    """``write(folder)`` makes a small source with ``good`` usable entries and ``bad`` unusable ones.

    ``take``: how many entries of the real file a test reads, where all would take minutes; 0 for all.
    """

    write: Callable[[Path], Path]
    good: int
    bad: int
    real: str = ""
    real_entries: int = 0
    take: int = 0
    share: float = 0.4  # of its entries that are usable


def as_json(*entries: object) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / "source.json"
        path.write_text(json.dumps(entries), encoding="utf-8")
        return path

    return write


def folders(folder: Path) -> Path:
    tree = ActionTree((Element("e1", "button", "button", "Go", states=("actionable",)),))
    seen = Observation("go", tree=tree)
    one = Episode(Task("t.a", "go", "", 3), (Step(seen, Action("click", "e1")),), seen, "policy:lexical", True, {})
    write_episode(folder / "in" / "a", one)
    write_episode(folder / "in" / "b", one)
    write_episode(folder / "in" / "empty", Episode(one.task, (), seen, "human"))
    (folder / "in" / "b" / "meta.json").write_text("{")
    return folder / "in"


def lines(folder: Path) -> Path:
    """Two whole episodes; one whose action is none, and one that was cut off."""
    tree = ActionTree((Element("e1", "button", "button", "Go", states=("actionable",)),))
    seen = Observation("go", tree=tree)
    steps = (Step(seen, Action("click", "e1", None, (0.5, 0.5))),)
    text = writer("jsonl").text(Source(Episode(Task("t.a", "go", "", 3), steps, seen, "human", True, {"a": [1]})))
    step = text.split("\n")[0] + "\n"
    (folder / "in.jsonl").write_text(text * 2 + text.replace('"op": "click"', '"op": "fly"') + step, encoding="utf-8")
    return folder / "in.jsonl"


MIND2WEB = {
    "website": "shop",
    "task": "Buy milk",
    "actions": [["TYPE: milk", "[searchbox]", "Search"], ["CLICK", "[a]", ""]],
}
WEBARENA = {"sites": ["reddit"], "task_id": 3, "start_url": "__REDDIT__", "intent": "Find a post", "eval": {}}
SAMPLES = {
    "codegen": Sample(codegen, 2, 2),
    "devtools": Sample(devtools, 1, 3),
    "episodes": Sample(folders, 1, 2),
    "mind2web": Sample(
        as_json(MIND2WEB, {**MIND2WEB, "task": ""}, {**MIND2WEB, "actions": [["FLY", "[a]", ""]]}, 7),
        1, 3, "tasks/mind2web/mind2web_raw_1009.json", 1009,
    ),
    "jsonl": Sample(lines, 2, 2),
    "miniwob-demos": Sample(mixed, 2, 6, "miniwob-human-demos.tar", 12588, 4000),
    # of its 42 tests 16 only look, and each command that has no action of ours is an entry
    "selenium-ide": Sample(selenium, 1, 5, "tasks/recordings_selenium_ide", 73, share=0.2),
    "webarena": Sample(
        as_json(WEBARENA, {**WEBARENA, "task_id": None}, {**WEBARENA, "intent": 5}, []),
        1, 3, "tasks/webarena/test.raw.json", 812,
    ),
    "webshop": Sample(as_json("i need a lamp", "  ", None), 1, 2, "tasks/webshop/human_goals.json", 12087),
}  # fmt: skip


def read(name: str, path: Path, take: int = 0) -> tuple[list[Episode], list[tuple[str, str]]]:
    episodes: list[Episode] = []
    refused: list[tuple[str, str]] = []
    for episode in reader(name).read(str(path), lambda what, why: refused.append((what, why))):
        episodes.append(episode)
        if take and len(episodes) + len(refused) >= take:
            break
    return episodes, refused


def test_every_reader_has_a_sample() -> None:
    assert set(SAMPLES) == set(READERS)


def test_an_unknown_format_is_told() -> None:
    with pytest.raises(UnknownName, match="mind2webb"):
        reader("mind2webb")


@pytest.fixture(params=sorted(SAMPLES))
def case(request: pytest.FixtureRequest) -> tuple[str, Sample]:
    return request.param, SAMPLES[request.param]


def check_episode(episode: Episode) -> None:
    """What any episode at rest must be."""
    assert from_json(Episode, json.loads(json.dumps(to_json(episode)))) == episode
    assert episode.task.goal.strip() and episode.task.id and episode.source
    for step in episode.steps:
        assert step.observation.goal == episode.task.goal
        if step.action.target is not None:
            target = step.observation.tree.find(step.action.target)
            assert step.action.op in ("drag", "scroll") or target.actionable, (episode.task.id, step.action)
        if step.action.op == "drag" and step.action.text:
            step.observation.tree.find(step.action.text)
    assert not any(step.terminated for step in episode.steps[:-1])


def test_good_entries_come_and_bad_ones_are_told(case: tuple[str, Sample], tmp_path: Path) -> None:
    name, sample = case
    episodes, refused = read(name, sample.write(tmp_path))
    assert (len(episodes), len(refused)) == (sample.good, sample.bad)
    assert all(what and why and "\n" not in why for what, why in refused)
    for episode in episodes:
        check_episode(episode)


def test_reading_twice_gives_the_same(case: tuple[str, Sample], tmp_path: Path) -> None:
    name, sample = case
    path = sample.write(tmp_path)
    assert read(name, path) == read(name, path)


def test_what_is_not_there_or_of_another_kind_is_one_clear_error(case: tuple[str, Sample], tmp_path: Path) -> None:
    name, _ = case
    (tmp_path / "binary").write_bytes(bytes(range(256)))
    (tmp_path / "object.json").write_text("{}")
    for wrong in ("absent", "binary", "object.json"):
        with pytest.raises(WebAgentError) as told:
            read(name, tmp_path / wrong)
        assert "expected" in str(told.value) or "cannot be read" in str(told.value)


def test_the_real_file(case: tuple[str, Sample]) -> None:
    name, sample = case
    path = PUBLIC / sample.real
    if not sample.real or not path.exists():
        pytest.skip("the public file is not on this machine")
    episodes, refused = read(name, path, sample.take)
    entries = len(episodes) + len(refused)
    assert entries == sample.real_entries if not sample.take else entries >= sample.take
    assert len({e.task.id for e in episodes}) > 1 and len(episodes) > sample.share * entries
    for episode in episodes[:200]:
        check_episode(episode)

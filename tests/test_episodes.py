"""Episodes on disk: what is written is what is read, whatever happens in between."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from fakes import SCRIPT, FakeEnv, scripted

from webagent.datasets import EpisodeWriter, find_episode, list_episodes, read_episode, write_episode
from webagent.envs.errors import DataDamaged, UsageError
from webagent.envs.types import Action, Element, Episode, Frame, Observation, Proposal, Shape, Step, from_json, to_json
from webagent.rollout import Watch, run_episode


def play(pictures: list[bytes] | None = None) -> Episode:
    watch = Watch(screen=(lambda jpeg, _: pictures.append(jpeg)) if pictures is not None else None)
    return run_episode(FakeEnv(), scripted(*SCRIPT), seed=3, source="policy:scripted", watch=watch)


def test_an_episode_comes_back_as_it_went(tmp_path: Path) -> None:
    pictures: list[bytes] = []
    episode = play(pictures)
    write_episode(tmp_path / "e", episode, tuple(pictures))
    again, screens = read_episode(tmp_path / "e")
    assert again == episode
    assert [p.read_bytes() for p in screens if p] == pictures
    assert len(screens) == len(episode.steps) + 1


def test_odd_values_survive() -> None:
    element = Element("e1", "img", "circle", shape=Shape("circle", "#fff", "", (1.0, 2.0)), scroll=(0, 1, 2, 3))
    frame = Frame(1.5, 1, 1, b"\x00\xff\x10")
    observation = Observation(goal="a\ud800\u2028\x00", frames=(frame,), tabs=())
    observation = dataclasses.replace(observation, tree=dataclasses.replace(observation.tree, elements=(element,)))
    action = Action("drag", "e1", point=(0.1, 0.2, 0.9, 0.8))
    step = Step(observation, action, proposal=Proposal((action,), (float("-inf"),), None, ("x",), 0.5), visits=(3,))
    assert from_json(Step, json.loads(json.dumps(to_json(step)))) == step


def test_equal_screens_are_stored_once(tmp_path: Path) -> None:
    episode = play()
    write_episode(tmp_path, episode, (b"same",) * 6)
    assert len(list((tmp_path / "screens").iterdir())) == 1


def test_a_kill_leaves_a_valid_unfinished_episode(tmp_path: Path) -> None:
    episode = play()
    writer = EpisodeWriter(tmp_path / "e", episode.task, episode.source).__enter__()
    for step in episode.steps[:2]:
        writer.step(step)
    again, screens = read_episode(tmp_path / "e")  # nobody has closed it, as after kill -9
    assert again.steps == episode.steps[:2]
    assert again.success is None
    assert again.info["unfinished"]
    assert screens == (None, None, None)
    writer.__exit__(None, None, None)


def test_the_reason_of_an_early_end_is_kept(tmp_path: Path) -> None:
    episode = play()
    with pytest.raises(UsageError), EpisodeWriter(tmp_path, episode.task, "human") as writer:
        writer.step(episode.steps[0])
        raise UsageError("nobody knows")
    assert read_episode(tmp_path)[0].info["unfinished"] == "UsageError: nobody knows"


@pytest.mark.parametrize("cut", [1, 40, 400])
def test_a_damaged_last_line_is_skipped_and_named(tmp_path: Path, cut: int) -> None:
    episode = play()
    write_episode(tmp_path, episode)
    steps = tmp_path / "steps.jsonl"
    steps.write_bytes(steps.read_bytes()[:-cut])
    again, _ = read_episode(tmp_path)
    lost = 0 if cut == 1 else 1  # the line end alone carries nothing
    assert again.steps == episode.steps[: len(episode.steps) - lost]
    assert again.info.get("damaged", []) == ["steps.jsonl line 5"] * lost


def test_a_line_that_is_no_step_is_skipped_and_named(tmp_path: Path) -> None:
    episode = play()
    write_episode(tmp_path, episode)
    steps = tmp_path / "steps.jsonl"
    lines = steps.read_text().splitlines()
    bad = [json.dumps({"step": {"action": {"op": "exec", "text": "rm"}}, "screen": None}), "[1, 2]", "\x00\x00"]
    steps.write_text("\n".join([lines[0], *bad, *lines[1:]]) + "\n")
    again, screens = read_episode(tmp_path)
    assert again.steps == episode.steps
    assert again.info["damaged"] == ["steps.jsonl line 2", "steps.jsonl line 3", "steps.jsonl line 4"]
    assert len(screens) == len(again.steps) + 1


def test_nothing_readable_is_said(tmp_path: Path) -> None:
    write_episode(tmp_path, play())
    (tmp_path / "meta.json").write_text('{"schema": 1, "task"')
    with pytest.raises(DataDamaged, match=r"meta\.json"):
        read_episode(tmp_path)
    (tmp_path / "meta.json").write_text('{"schema": 99}')
    with pytest.raises(DataDamaged, match="expected schema 1, found 99"):
        read_episode(tmp_path)


def test_a_screen_name_cannot_leave_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(b"no")
    write_episode(tmp_path / "e", play(), (b"yes",) * 6)
    steps = tmp_path / "e" / "steps.jsonl"
    line = json.loads(steps.read_text().splitlines()[0])
    steps.write_text(json.dumps({**line, "screen": "../../secret.jpg"}) + "\n")
    assert read_episode(tmp_path / "e")[1][0] is None


def test_a_folder_is_never_written_over(tmp_path: Path) -> None:
    episode = play()
    write_episode(tmp_path, episode)
    with pytest.raises(UsageError, match="already holds an episode"):
        write_episode(tmp_path, episode)


def test_episodes_are_found_by_folder_and_id(tmp_path: Path) -> None:
    for name in ("fake.a-1", "fake.a-0"):
        write_episode(tmp_path / "episodes" / name, play())
    assert [p.name for p in list_episodes(tmp_path)] == ["fake.a-0", "fake.a-1"]
    assert find_episode(f"{tmp_path}#fake.a-1") == tmp_path / "episodes" / "fake.a-1"
    with pytest.raises(UsageError) as unknown:
        find_episode(f"{tmp_path}#fake.a-2")
    assert "did you mean" in unknown.value.hint
    with pytest.raises(UsageError, match="holds 2 episodes") as many:
        find_episode(tmp_path)
    assert many.value.hint.endswith("#fake.a-1")
    write_episode(tmp_path / "runs" / "only", play())
    assert find_episode(tmp_path / "runs") == find_episode(f"{tmp_path}/runs#only") == tmp_path / "runs" / "only"
    with pytest.raises(UsageError, match="found nothing"):
        find_episode(tmp_path / "nowhere")

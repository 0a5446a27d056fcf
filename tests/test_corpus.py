"""Many episodes at rest: what goes in comes out, whatever is interrupted or damaged."""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from webagent.datasets.corpus import HEAD, LIGHT, Corpus, CorpusWriter
from webagent.envs.errors import DataDamaged, UsageError
from webagent.envs.types import Action, ActionTree, Element, Episode, Frame, Observation, Proposal, Step, Task

TREE = ActionTree(
    (Element("e1", "button", "button", "Grün ✓ \u202eשלום", states=("actionable",)),), viewport=(320, 240)
)
RED, BLUE = (Frame(1.5, 2, 1, bytes(pixel) * 2) for pixel in ((255, 0, 0), (0, 0, 255)))


def episode(n: int = 0, steps: int = 2, frames: tuple[Frame, ...] = ()) -> Episode:
    goal = f"press it {n}"
    seen = Observation(goal, "http://127.0.0.1/", "T", tree=TREE, frames=frames, step=0)
    made = tuple(
        Step(
            dataclasses.replace(seen, step=i),
            Action("click", "e1", point=(0.25, 0.5)),
            0.1 * i,
            i == steps - 1,
            error="",
            proposal=Proposal((Action("click", "e1"),), (-0.5,), 0.25, ("why",), 0.75),
            visits=(3,),
            worths=(0.5,),
            ms={"decide": 1.25},
        )
        for i in range(steps)
    )
    final = dataclasses.replace(seen, goal="another goal", step=steps)
    return Episode(
        Task(f"site.task-{n}", goal, "http://127.0.0.1/", 7 + n), made, final, "expert", n % 2 == 0, {"a": [1]}
    )


def read(url: Path | str) -> tuple[list[Episode], list[str]]:
    damaged: list[str] = []
    return list(Corpus(str(url), damaged.append).episodes()), damaged


def write(url: Path | str, *episodes: Episode, **options: int) -> None:
    with CorpusWriter(str(url), **options) as writer:
        for one in episodes:
            writer.add(one)


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    told = [episode(0, frames=(RED,)), episode(1, 5), episode(2, 0)]
    write(tmp_path / "c", *told)
    assert read(tmp_path / "c") == (told, [])


def test_a_corpus_is_added_to(tmp_path: Path) -> None:
    write(tmp_path, episode(0))
    before = {p: p.read_bytes() for p in tmp_path.iterdir()}
    write(tmp_path, episode(1), episode(2), shard_steps=1)
    assert all(p.read_bytes() == data for p, data in before.items())
    assert len(Corpus(str(tmp_path), print).shards()) == 3
    assert [e.task.id for e in read(tmp_path)[0]] == ["site.task-0", "site.task-1", "site.task-2"]


def test_equal_frames_are_stored_once(tmp_path: Path) -> None:
    write(tmp_path, episode(0, 4, (RED, BLUE)), episode(1, 4, (BLUE, dataclasses.replace(RED, time=9.0))))
    assert len(list((tmp_path / "frames").iterdir())) == 2
    assert read(tmp_path)[0][1].steps[0].observation.frames[1].time == 9.0


def test_any_fsspec_url() -> None:
    write("memory://corpora/one", episode(0, frames=(RED,)))
    assert read("memory://corpora/one") == ([episode(0, frames=(RED,))], [])
    with pytest.raises(UsageError, match="fsspec"):
        Corpus("nosuch://x", print)


def test_light_columns_choose_without_the_rest(tmp_path: Path) -> None:
    write(tmp_path, *(episode(n) for n in range(6)))
    corpus = Corpus(str(tmp_path), print)
    assert [e.task.id for e in corpus.episodes(lambda row: row["success"] and row["seed"] > 7)] == [
        "site.task-2", "site.task-4",
    ]  # fmt: skip
    table = corpus.table(corpus.shards()[0], LIGHT)
    assert table is not None and table.column_names == list(LIGHT) and table.num_rows == 18


@pytest.mark.parametrize("harm", ["cut", "middle", "empty", "text"])
def test_a_damaged_shard_is_named_and_skipped(tmp_path: Path, harm: str) -> None:
    write(tmp_path, episode(0))
    write(tmp_path, episode(1))
    shard = tmp_path / Corpus(str(tmp_path), print).shards()[0]
    whole = shard.read_bytes()
    middle = whole[:60] + bytes(200) + whole[260:]
    shard.write_bytes({"cut": whole[:-100], "middle": middle, "empty": b"", "text": b"hello" * 50}[harm])
    episodes, damaged = read(tmp_path)
    assert [e.task.id for e in episodes] == ["site.task-1"]
    assert len(damaged) == 1 and shard.name in damaged[0]


def test_a_lost_frame_costs_its_episode(tmp_path: Path) -> None:
    write(tmp_path, episode(0, frames=(RED,)), episode(1))
    next((tmp_path / "frames").iterdir()).unlink()
    episodes, damaged = read(tmp_path)
    assert [e.task.id for e in episodes] == ["site.task-1"] and "frame" in damaged[0]


def test_another_schema_is_refused(tmp_path: Path) -> None:
    write(tmp_path, episode(0))
    (tmp_path / HEAD).write_text(json.dumps({"schema": 99}))
    with pytest.raises(DataDamaged, match="schema 1, found 99"):
        Corpus(str(tmp_path), print)
    with pytest.raises(DataDamaged, match="schema"), CorpusWriter(str(tmp_path)):
        pass


def test_other_folders_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="other files"), CorpusWriter(str(tmp_path)):
        pass
    with pytest.raises(UsageError, match="found none"):
        Corpus(str(tmp_path / "nothing"), print)


def _write_until_killed(folder: str) -> None:
    with CorpusWriter(folder, shard_steps=6) as writer:
        for n in range(100_000):
            writer.add(episode(n, frames=(RED,)))


def test_a_kill_at_any_moment_leaves_a_sound_corpus(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    for _ in range(5):
        before = len(read(tmp_path)[0]) if (tmp_path / HEAD).exists() else 0
        shards = len(list(tmp_path.glob("steps-*")))
        process = context.Process(target=_write_until_killed, args=(str(tmp_path),))
        process.start()
        end = time.monotonic() + 20
        while len(list(tmp_path.glob("steps-*"))) < shards + 3 and time.monotonic() < end:
            time.sleep(0.003)
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        episodes, damaged = read(tmp_path)
        assert damaged == [] and len(episodes) > before
        assert all(e.steps and e.source == "expert" for e in episodes)


def test_several_processes_write_to_one_corpus(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    work = [
        context.Process(target=write, args=(str(tmp_path), *(episode(10 * k + n) for n in range(10)))) for k in range(4)
    ]
    for process in work:
        process.start()
    for process in work:
        process.join()
    episodes, damaged = read(tmp_path)
    assert damaged == [] and sorted(e.task.seed for e in episodes) == [7 + n for n in range(40)]

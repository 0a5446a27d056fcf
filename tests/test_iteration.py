"""Expert iteration: what a search finds by trying is learned, whatever interrupts it."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from fake_learner import beginner
from fake_search import LABS, NAMES, WAYS

from webagent import cli
from webagent.datasets.corpus import Corpus, CorpusWriter
from webagent.envs.errors import UsageError
from webagent.envs.types import Action, ActionTree, Element, Episode, Observation, Proposal, Step, Task
from webagent.models.checkpoint import Policy, load_policy, save_policy
from webagent.plan import Plan
from webagent.seeds import BENCH_FLOOR, training_seed
from webagent.train.iteration import SOURCE, Iteration, Searching, learn, missing, played
from webagent.train.material import Library, as_right, labels_of
from webagent.train.rows import drawn
from webagent.train.supervised import Supervised


@pytest.fixture(autouse=True)
def one_thread() -> object:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def start() -> Policy:
    return beginner(texts=[*WAYS, *NAMES, "open the"])


def learned(out: Path, resume: bool = False, steps: int = 12, seed: int = 0, **more: object) -> dict[str, torch.Tensor]:
    settings = Supervised(
        str(out), steps, rows=16, stretch=2, learning_rate=3e-3, warmup=4, average=0.9, seed=seed, save_s=0.0
    )
    plan = Plan(16, leaf="reward", noise=1.0)
    asked = {"rounds": 2, "episodes": 12, "alone": 0, "augmented": False, "actors": 1, **more}
    iteration = Iteration(("fake.open",), plan, **asked)  # type: ignore[arg-type]
    return learn(settings, iteration, start(), resume, print, labs=LABS).net.state_dict()


def rounds(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "rounds.jsonl").read_text().splitlines()]


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.slow
def test_a_task_without_an_expert_is_learned(tmp_path: Path) -> None:
    learned(tmp_path, steps=150, rounds=1, episodes=60, alone=50)
    first, end = rounds(tmp_path)
    assert first["alone"]["mean"] < 0.2 and first["search"]["mean"] > 0.9
    assert end["alone"]["mean"] > 0.9
    episodes = list(Corpus(str(tmp_path / "searched" / "1"), print).episodes())
    assert len(episodes) == 60 and all(episode.task.seed < BENCH_FLOOR for episode in episodes)
    step = episodes[0].steps[0]
    assert step.proposal is not None and len(step.visits) == len(step.worths) == len(step.proposal.actions)
    steps = [step for episode in episodes for step in episode.steps]
    found = [step for step in steps if as_right(step)]  # where the search came to the end
    assert len(found) > len(steps) / 2 and all(dict(as_right(step)) == {step.action: 1.0} for step in found)
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert lines[0]["search/browser_steps"] > 2 and lines[-1]["alone/fake.open"] == end["alone"]["mean"]


def learn_to_be_killed(out: str) -> None:
    torch.set_num_threads(1)
    learned(Path(out), resume=True, actors=2)


@pytest.mark.slow
def test_a_run_ends_the_same_killed_or_not(tmp_path: Path) -> None:
    """Killed while it searches, while it learns, and while it searches again; with other processes each time."""
    whole = learned(tmp_path / "whole")
    out = tmp_path / "parts"
    for shows in ("searched/1/steps-*", "state.pt", "searched/2/steps-*"):
        code = f"import test_iteration; test_iteration.learn_to_be_killed({str(out)!r})"
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
        process = subprocess.Popen([sys.executable, "-P", "-c", code], env=environment)
        end = time.monotonic() + 180
        while not list(out.glob(shows)) and time.monotonic() < end:
            time.sleep(0.02)
        process.kill()
        assert process.wait() == -signal.SIGKILL, "it ended before it was killed"
    assert same(whole, learned(out, resume=True))
    assert [one["round"] for one in rounds(out)] == [1, 2]
    assert not same(whole, learned(tmp_path / "other", seed=1))
    with pytest.raises(UsageError, match="already holds a run"):
        learned(out)
    with pytest.raises(UsageError, match="episodes 12 to 13"):
        learned(out, resume=True, episodes=13)


# ---- what is learned from --------------------------------------------------------------------------------------------

SEEN = Observation("press Go", tree=ActionTree((Element("a", "button", "button", "Go", states=("actionable",)),)))
A, B, C = (Action("click", name) for name in "abc")


def searched(worths: tuple[float | None, ...], visits: tuple[int, ...] = (3, 1, 4)) -> Step:
    return Step(SEEN, A, proposal=Proposal((A, B, C), (-0.1, -2.0, -3.0)), visits=visits, worths=worths)


def test_what_turned_out_worse_keeps_no_share_of_the_visits() -> None:
    assert as_right(searched((0.99, 0.99, 0.98))) == ((A, 0.75), (B, 0.25))
    assert as_right(searched((0.99, None, -1.0), (3, 0, 1))) == ((A, 1.0),)
    assert as_right(searched((0.0, 0.0, -1.0))) == (), "no way to the end was found"
    assert as_right(Step(SEEN, A)) == ()


def test_over_many_batches_each_action_is_learned_by_its_share() -> None:
    episode = Episode(Task("t", "press Go", ""), (searched((0.99, 0.99, None)),), SEEN, SOURCE, True)
    (label,) = labels_of(episode)
    assert label.action == A
    rng = np.random.default_rng(0)
    counts = Counter(drawn(label, rng).action for _ in range(400))
    assert set(counts) == {A, B} and 0.7 < counts[A] / 400 < 0.8
    assert drawn(dataclasses.replace(label, chances=()), rng).action == A


def test_an_instance_counts_once_and_its_place_does_not_hang_on_who_wrote_it(tmp_path: Path) -> None:
    def episode(seed: int) -> Episode:
        return Episode(Task("t", f"press {seed}", "", seed), (Step(SEEN, A),), SEEN, SOURCE, True, {"browser_steps": 1})

    for name, shards in (("one", [(1, 2, 3)]), ("other", [(3,), (2, 1), (3, 2)])):
        for seeds in shards:
            with CorpusWriter(str(tmp_path / name)) as writer:
                for seed in seeds:
                    writer.add(episode(seed))
    shelves = []
    for name in ("one", "other"):
        library = Library(str.isascii, print)
        library.read([str(tmp_path / name)], once=True)
        shelves.append(library.shelf.episodes("t"))
    assert shelves[0] == shelves[1] and len(shelves[0]) == 3
    assert set(played(str(tmp_path / "other"))) == {("t", seed) for seed in (1, 2, 3)}


def test_only_what_is_missing_is_played(tmp_path: Path) -> None:
    asked = Searching(("t", "u"), 12, 5, 100, str(tmp_path))
    with CorpusWriter(str(tmp_path)) as writer:
        for i in (103, 111):
            done = Task("t", "", "", training_seed(5, "t", i))
            writer.add(Episode(done, (), SEEN, SOURCE, False, {"browser_steps": 1}))
    jobs = [(job.task, list(job.episodes)) for job in missing(asked)]
    assert jobs == [("t", [100, 101, 102, 104, 105, 106, 107, 108]), ("t", [109, 110]),
                    ("u", list(range(100, 108))), ("u", list(range(108, 112)))]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        (("--policy", "random"), "expected a trained policy to begin with, found 'random'"),
        (("--leaf", "value"), "expected a leaf value that knows the true reward, found 'value'"),
        (("--search-with", "mcts"), "unknown search 'mcts'"),
        (("--tasks", "clack-test"), "unknown task 'clack-test'"),
        (("--suite", "shop.json"), "expected a sandboxed task to search in, found shop.buy"),
        (("--device", "tpu"), "expected a device, cpu or cuda, found 'tpu'"),
    ],
)
def test_a_wrong_call_is_one_line(
    wrong: tuple[str, str], line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    task = {"id": "buy", "goal": "Buy it", "url": "http://127.0.0.1:9/", "check": "true"}
    Path("shop.json").write_text(json.dumps({"name": "shop", "tasks": [task]}))
    with pytest.raises(SystemExit) as end:
        cli.main(["train", "search", "--out", "run", *wrong])
    assert end.value.code == 2 and line in capsys.readouterr().err
    assert not Path("run").exists()


@pytest.mark.browser
@pytest.mark.slow
def test_rounds_in_a_real_browser(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_policy(tmp_path / "beginner", beginner())
    run = tmp_path / "run"
    line = ["train", "search", "--policy", str(tmp_path / "beginner"), "--tasks", "click-test-2", "--out", str(run),
            "--rounds", "2", "--episodes", "3", "--search", "4", "--leaf", "reward", "--alone", "2", "--steps", "4",
            "--rows", "4", "--actors", "1", "-q", "--json"]  # fmt: skip
    with pytest.raises(SystemExit) as end:
        cli.main(line)
    told = json.loads(capsys.readouterr().out)
    assert end.value.code == 0 and told["data"]["steps"] == 4 and len(told["data"]["rounds"]) == 3
    assert told["data"]["rounds"][0]["search"]["mean"] == 1.0
    assert load_policy(run / "policy").about["trained"] == {"updates": 4}
    found = [e for n in (1, 2) for e in Corpus(str(run / "searched" / str(n)), print).episodes()]
    assert len({e.task.seed for e in found}) == 6 and all(e.steps[0].worths for e in found)

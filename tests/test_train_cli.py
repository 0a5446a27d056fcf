"""``webagent train``: from demonstrations to a policy that plays, with the expert's corrections in between."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from webagent import cli
from webagent.datasets.corpus import Corpus, CorpusWriter
from webagent.envs.types import Action, ActionTree, Element, Episode, Observation, Step, Task
from webagent.models.checkpoint import load_policy
from webagent.models.config import PolicyConfig
from webagent.scores import EpisodeResult
from webagent.seeds import BENCH_FLOOR
from webagent.train.dagger import Gathering, _jobs, _Pair, failure_rates
from webagent.train.material import Library, executed, labels_of, make_words, names_in
from webagent.train.rounds import _keep_rates, _kept_weights
from webagent.train.rows import Label, row_of

SEEN = Observation("press Go", tree=ActionTree((Element("e1", "button", "button", "Go", states=("actionable",)),)))


def episode(source: str, success: bool | None = True, op: str = "click") -> Episode:
    action = Action("click", "e1") if op == "click" else Action("give_up", text="lost")
    return Episode(Task("miniwob.click-test", "press Go", ""), (Step(SEEN, action),), SEEN, source, success)


def call(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        cli.main(args)
    out, err = capsys.readouterr()
    return int(end.value.code or 0), out, err


def told(capsys: pytest.CaptureFixture[str], *args: str) -> dict[str, Any]:
    code, out, err = call(capsys, *args, "--json")
    assert code == 0, out + err
    return json.loads(out)["data"]  # type: ignore[no-any-return]


# ---- what is learned from --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "success", "learned"),
    [
        ("expert", True, True),
        ("expert", False, False),
        ("human", True, True),
        ("human", None, False),
        ("dagger", True, True),
        ("dagger", False, True),
        ("policy:lexical", True, False),
        ("search:x", True, True),
    ],
)
def test_who_is_imitated(source: str, success: bool | None, learned: bool) -> None:
    assert bool(labels_of(episode(source, success))) == learned


def test_giving_up_is_not_imitated() -> None:
    (label,) = labels_of(episode("dagger", False, "give_up"))
    assert label.action is None and label.outcome == -1.0


def test_processes_side_by_side_read_the_same(tmp_path: Path) -> None:
    for _ in range(3):
        with CorpusWriter(str(tmp_path)) as writer:
            writer.add(episode("expert"))
    (tmp_path / "steps-9-broken.parquet").write_bytes(b"no shard")
    told: list[str] = []
    alone, together = (Library(str.isascii, told.append, n) for n in (1, 2))
    for library in (alone, together):
        library.read([str(tmp_path)])
        assert library.shelf.counts() == {"miniwob.click-test": 3}
    assert alone.texts == together.texts and len(told) == 2 and "steps-9" in told[0]


def test_goals_alone_lend_their_words(tmp_path: Path) -> None:
    with CorpusWriter(str(tmp_path)) as writer:
        writer.add(episode("expert"))
        writer.add(Episode(Task("webshop.1", "a turquoise lamp", ""), (), Observation("a turquoise lamp"), "human"))
    library = Library(lambda task: True, print)
    library.read([str(tmp_path)])
    library.read([str(tmp_path)])  # nothing is read twice
    assert library.shelf.counts() == {"miniwob.click-test": 1} and "a turquoise lamp" in library.texts
    assert names_in(library.texts)[0] in ("press", "turquoise", "lamp")
    words = make_words(library.texts, 300)
    assert words.write(words.read("a turquoise lamp")[0]) == "a turquoise lamp"


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--data", "nowhere", "--out", "run"), "expected a corpus at nowhere"),
        (("--data", "empty", "--out", "run"), "expected episodes to learn from"),
        (("--data", "demos", "--out", "run", "--size", "huge"), "unknown size 'huge'"),
        (("--data", "demos", "--out", "run", "--memory", "lstm"), "unknown memory 'lstm'"),
        (("--data", "demos", "--out", "run", "--dropout", "1"), "expected a dropout in [0, 1), found 1.0"),
        (("--data", "demos", "--out", "run", "--invented", "7"), "--invented expects a share in [0, 1], found 7.0"),
        (("--data", "demos", "--out", "run", "--tasks", "clik-test"), "unknown task"),
        (("--data", "demos", "--out", "run", "--start", "nothing"), "expected a policy's folder"),
        (("--data", "demos", "--out", "run", "--device", "tpu"), "expected a device, cpu or cuda, found 'tpu'"),
        (
            ("--data", "demos", "--out", "run", "--optimiser", "sgd"),
            "an optimiser, muon or adamw, found 'sgd'",
        ),
        (("--out", "run"), "--data"),
        (("--out", "run", "--demonstrations-of", "click-test"), "--demonstrations-of expects GLOB=N"),
        (("--out", "run", "--demonstrations-of", "clik-test=3"), "unknown task"),
    ],
)
def test_mistakes_are_one_line(
    capsys: pytest.CaptureFixture[str],
    args: tuple[str, ...],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, held in (("empty", []), ("demos", [episode("expert")])):
        with CorpusWriter(name) as writer:
            for one in held:
                writer.add(one)
    code, out, err = call(capsys, "train", "supervised", *args)
    assert code == 2 and out == ""
    assert err.splitlines()[-2 if "hint" in err else -1].startswith("error: ") and says in err


# ---- from end to end -------------------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.slow
def test_demonstrations_corrections_and_a_policy_that_plays(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    demos, run = str(tmp_path / "demos"), str(tmp_path / "run")
    tasks = ("--tasks", "click-test,click-test-2")
    told(capsys, "data", "expert", *tasks, "--episodes", "12", "--out", demos, "-q")
    settings = ("--size", "tiny", "--steps", "40", "--rows", "16", "--stretch", "1", "--learning-rate", "0.006")
    rounds = ("--dagger-rounds", "1", "--dagger-episodes", "5", "--actors", "2", "--demonstrations", "3",
              "--demonstrations-of", "click-test-2=5", "--round-demonstrations", "4")  # fmt: skip
    line = ("train", "supervised", "--data", demos, "--out", run, *tasks, *settings, *rounds, "-q")
    made = told(capsys, *line)
    torch.set_num_threads(before)
    assert made["steps"] == 40 and load_policy(made["policy"]).about["trained"] == {"updates": 40}

    rates = [json.loads(text) for text in (tmp_path / "run" / "rates.jsonl").read_text().splitlines()]
    assert [(rate["round"], rate["episodes"]) for rate in rates] == [(0, 8), (1, 10)] and rates[0]["mean"] == 1.0
    own = [e.task.seed for e in Corpus(str(tmp_path / "run" / "demos"), print).episodes()]
    assert len(set(own)) == len(own) in (15, 16, 17) and all(seed < BENCH_FLOOR for seed in own)
    corrected = list(Corpus(str(tmp_path / "run" / "dagger"), print).episodes())
    assert corrected and {e.source for e in corrected} == {"dagger"}
    assert all(e.task.seed < BENCH_FLOOR and len(executed(e)) == len(e.steps) for e in corrected)
    known = {*own, *(e.task.seed for e in Corpus(demos, print).episodes())}
    assert len(known) == len(own) + 24
    assert not known & {e.task.seed for e in corrected}, "a round plays other instances than the demonstrations"

    played = told(capsys, "bench", "miniwob", "--tasks", "click-test", "--episodes", "2", "--policy", made["policy"],
                  "--out", str(tmp_path / "bench"), "-q")  # fmt: skip
    assert played["episodes"] == 2 and played["errors"] == 0
    code, _, err = call(capsys, *line)
    assert code == 2 and "already holds a run" in err
    assert told(capsys, *line, "--resume")["steps"] == 40
    assert len(list(Corpus(str(tmp_path / "run" / "demos"), print).episodes())) == len(own), "none is given twice"


def test_the_expert_takes_over_where_nothing_moves() -> None:
    pair = _Pair(lambda seen: Action("click", "wrong"), lambda seen: Action("click", "right"))
    page = Observation("press")
    assert [pair.decide(page).target for _ in range(4)] == ["wrong", "wrong", "right", "right"] and pair.helped
    strict = _Pair(lambda seen: Action("click", "wrong"), lambda seen: Action("click", "right"), strict=True)
    strict.decide(page)
    strict.decide(page)
    assert [action.op for action in strict.advice] == ["click", "give_up"]
    lost = _Pair(lambda seen: Action("click", "wrong"), lambda seen: Action("give_up"))
    assert [lost.decide(page).op for _ in range(3)] == ["click", "click", "give_up"]


def test_harder_tasks_are_played_more_and_none_is_left_out() -> None:
    jobs = _jobs(Gathering(("a", "b", "c"), episodes=10, first=100, weights=(1.0, 0.0, 4.0)))
    played = {task: sorted(n for job in jobs if job.task == task for n in job.episodes) for task in "abc"}
    assert played == {"a": list(range(100, 106)), "b": [100], "c": list(range(100, 124))}


def test_a_drag_to_a_point_is_learned_as_one_from_the_middle(tmp_path: Path) -> None:
    words = make_words(["drag the circle left"], 300)
    page = Observation("drag it left", tree=ActionTree((Element("e", "img", "circle", "circle", box=(9, 9, 9, 9)),)))
    row = row_of(Label(page, Action("drag", "e", "e", (-0.5, 0.5))), words, PolicyConfig())
    assert row.point == (0.5, 0.5, -0.5, 0.5)


def test_a_round_that_was_played_is_not_played_again(tmp_path: Path) -> None:
    played = [EpisodeResult("miniwob.a", n, n, success=n == 0) for n in range(3)]
    weights = {task: 0.25 + 2 * rate for task, rate in failure_rates(played).items()}
    _keep_rates(tmp_path, 1, played, weights, print)
    assert _kept_weights(tmp_path, 1) == weights == {"miniwob.a": pytest.approx(1.45)}
    assert _kept_weights(tmp_path, 2) == {} == _kept_weights(tmp_path / "new", 1)


def test_rounds_are_for_one_process(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with CorpusWriter(str(tmp_path / "demos")) as writer:
        writer.add(episode("expert"))
    made = ("--data", str(tmp_path / "demos"), "--out", str(tmp_path / "run"), "--dagger-rounds", "1")
    code, _, err = call(capsys, "train", "supervised", *made)
    assert code == 2 and "gathered by one process" in err
    code, _, err = call(capsys, "train", "supervised", "--demonstrations", "1", "--out", str(tmp_path / "run"))
    assert code == 2 and "gathered by one process" in err


def test_two_processes_learn_together(tmp_path: Path) -> None:
    with CorpusWriter(str(tmp_path / "demos")) as writer:
        writer.add(episode("expert"))
    together = (
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--rdzv-backend",
        "c10d",
        "--nproc-per-node",
        "2",
        "--rdzv-endpoint",
        "localhost:0",
    )
    made = ("--data", "demos", "--out", "run", "--size", "tiny", "--steps", "3", "--rows", "8", "--stretch", "1", "-q")
    line = [*together, "-m", "webagent", "train", "supervised", *made]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert load_policy(tmp_path / "run" / "policy").about["trained"] == {"updates": 3}

"""``webagent data``: corpora looked at, added to, and made by the experts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from webagent import cli
from webagent.datasets.corpus import Corpus, CorpusWriter
from webagent.datasets.experts import experts
from webagent.envs.suites.miniwob import subsets
from webagent.seeds import BENCH_FLOOR, bench_seed, check_training_seed, training_seed


def call(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        cli.main(["data", *args])
    out, err = capsys.readouterr()
    return int(end.value.code or 0), out, err


def told(capsys: pytest.CaptureFixture[str], *args: str) -> dict[str, Any]:
    code, out, _ = call(capsys, *args, "--json")
    document = json.loads(out)
    assert document["command"] == "data" and document["ok"] == (code == 0)
    return document["data"]  # type: ignore[no-any-return]


@pytest.fixture
def goals(tmp_path: Path) -> Path:
    path = tmp_path / "goals.json"
    path.write_text(json.dumps(["a red lamp", "a blue lamp", "", "a tall lamp"]), encoding="utf-8")
    return path


def test_goals_are_imported_listed_and_counted(capsys: pytest.CaptureFixture[str], tmp_path: Path, goals: Path) -> None:
    corpus = str(tmp_path / "corpus")
    made = told(capsys, "import", "webshop", str(goals), "--out", corpus)
    assert (made["kept"], made["refused"], len(made["examples"])) == (3, 1, 1)
    assert [row["task"] for row in told(capsys, "list", corpus)["episodes"]] == ["webshop.0", "webshop.1", "webshop.3"]
    assert told(capsys, "list", corpus, "--tasks", "*.1", "--limit", "1")["of"] == 1
    counted = told(capsys, "stats", corpus)
    assert (counted["episodes"], counted["steps"], counted["sources"]) == (3, 0, {"human": 3})
    code, out, _ = call(capsys, "stats", corpus)
    assert code == 0 and "3 episodes" in out and "not judged" in out


def test_a_damaged_shard_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path, goals: Path) -> None:
    corpus = tmp_path / "corpus"
    for _ in range(2):
        told(capsys, "import", "webshop", str(goals), "--out", str(corpus))
    shard = min(corpus.glob("steps-*"))
    shard.write_bytes(shard.read_bytes()[:-20])
    code, out, _ = call(capsys, "stats", str(corpus))
    assert code == 0 and "3 episodes" in out and f"damaged, skipped: {shard.name}" in out


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("list", "nowhere"), "expected a corpus at nowhere"),
        (("import", "webshopp", "x", "--out", "y"), "unknown format 'webshopp'"),
        (("import", "webshop", "nothing.json", "--out", "y"), "nothing.json"),
        (("expert", "demo"), "unknown expert"),
        (("expert", "miniwob", "--tasks", "clik-test"), "unknown task"),
        (("expert", "miniwob", "--episodes", "0"), "episodes"),
        (("lst",), "unknown command 'lst'"),
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
    code, out, err = call(capsys, *args)
    assert code == 2 and out == ""
    assert err.startswith("error: ") and says in err


@pytest.mark.browser
def test_the_experts_fill_a_corpus(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    corpus = str(tmp_path / "corpus")
    found = told(
        capsys, "expert", "--tasks", "click-test,enter-text", "--episodes", "3", "--jobs", "2", "--out", corpus, "-q"
    )
    assert found["mean"] == 1.0 and found["episodes"] == 6 and found["without_expert"] == []
    episodes = list(Corpus(corpus, print).episodes())
    assert len(episodes) == 6 and all(e.success and e.source == "expert" for e in episodes)
    assert {e.task.seed for e in episodes} == {
        training_seed(0, task, i) for task in ("miniwob.click-test", "miniwob.enter-text") for i in range(3)
    }
    more = told(capsys, "expert", "--tasks", "click-test", "--episodes", "2", "--first", "3", "--out", corpus, "-q")
    assert more["episodes"] == 2
    assert len({e.task.seed for e in Corpus(corpus, print).episodes()}) == 8


def test_training_and_benchmarks_never_share_a_seed() -> None:
    tasks = [f"miniwob.{name}" for name in ("click-test", "enter-text", "social-media")]
    training = {training_seed(n, task, i) for n in range(3) for task in tasks for i in range(200)}
    bench = {bench_seed(n, task, i) for n in range(3) for task in tasks for i in range(200)}
    assert len(training) == 1800 and len(bench) == 1800
    assert max(training) < BENCH_FLOOR <= min(bench)
    assert all(check_training_seed(seed) == seed for seed in training)


def test_every_task_of_the_benchmark_has_an_expert() -> None:
    assert set(subsets()["bgym125"]) <= set(experts())


def test_an_empty_writer_leaves_an_empty_corpus(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with CorpusWriter(str(tmp_path / "c")):
        pass
    assert "no episodes" in call(capsys, "list", str(tmp_path / "c"))[1]

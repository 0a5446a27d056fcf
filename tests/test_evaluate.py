"""Benchmarks: nothing is lost, nothing is counted twice, and the numbers are what they are called."""

from __future__ import annotations

import dataclasses
import json
import time
from pathlib import Path

import numpy as np
import pytest
from fakes import FakeBrowser, FakeEnv, open_fake_lab, open_no_lab

from webagent.envs.errors import BrowserMissing, UsageError
from webagent.envs.types import ActionTree, Element, Observation, from_json
from webagent.evaluate import BenchRun, BenchSettings, bench, read_bench
from webagent.lab import Lab
from webagent.memory import tree_mb
from webagent.scores import EpisodeResult, interval, quantile, summarise
from webagent.seeds import BENCH_CEILING, BENCH_FLOOR, bench_seed, check_training_seed

FAKE = BenchRun(open_lab=open_fake_lab)


def settings(out: Path, *tasks: str, episodes: int = 2, seed: int = 0) -> BenchSettings:
    return BenchSettings("fake", tasks, episodes, seed, policy="random", max_steps=4, out=str(out))


def lines_of(out: Path) -> list[EpisodeResult]:
    return [from_json(EpisodeResult, json.loads(line)) for line in (out / "results.jsonl").read_text().splitlines()]


def test_every_episode_is_played_once_and_aggregated(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    run = BenchRun(2, open_lab=open_fake_lab, on_result=lambda result, done, total: seen.append((done, total)))
    data = bench(settings(tmp_path, "fake.-a", "fake.-b", "fake.-c"), {"ab": ("fake.-a", "fake.-b")}, run)
    assert sorted((r.task, r.i) for r in lines_of(tmp_path)) == [(f"fake.-{t}", i) for t in "abc" for i in (0, 1)]
    assert seen == [(n, 6) for n in range(1, 7)]
    assert data["episodes"] == 6
    assert set(data["tasks"]["fake.-a"]) >= {"success", "episodes", "reward_mean", "steps_mean", "errors"}
    assert data["subsets_n"] == {"ab": [2, 2]}
    assert data["ms_per_decision"]["p95"] >= data["ms_per_decision"]["p50"]
    assert data["env_steps_per_s"] > 0
    assert data["peak_rss_mb"] > 1
    assert json.loads((tmp_path / "bench.json").read_text()) == data


def test_the_same_seed_plays_the_same_whatever_the_number_of_processes(tmp_path: Path) -> None:
    tasks = ("fake.-a", "fake.-b", "fake.-c")
    bench(settings(tmp_path / "1", *tasks, episodes=3), {}, FAKE)
    bench(settings(tmp_path / "2", *reversed(tasks), episodes=3), {}, dataclasses.replace(FAKE, jobs=3))
    a, b = ({(r.task, r.i): (r.seed, r.success, r.steps) for r in lines_of(tmp_path / n)} for n in "12")
    assert a == b
    bench(settings(tmp_path / "3", *tasks, episodes=3, seed=1), {}, FAKE)
    assert {r.seed for r in lines_of(tmp_path / "3")}.isdisjoint(r.seed for r in lines_of(tmp_path / "1"))


def test_a_crash_is_a_failed_episode(tmp_path: Path) -> None:
    data = bench(settings(tmp_path, "fake.crash-a", "fake.-b"), {}, FAKE)
    assert data["errors"] == 2
    assert data["tasks"]["fake.crash-a"] == {
        "success": 0.0, "success_positive": 0.0, "episodes": 2, "reward_mean": 0.0, "steps_mean": 0.0, "errors": 2,
        "browser_steps_mean": 0.0, "seconds_mean": 0.0,
    }  # fmt: skip
    errors = {r.error.partition(" (")[0] for r in lines_of(tmp_path)}
    assert errors == {"", "RuntimeError: the page <b>crashed</b>"}


def test_a_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    data = bench(settings(tmp_path, "fake.die-a", "fake.-b"), {}, FAKE)
    broken = [r for r in lines_of(tmp_path) if r.error]
    assert [(r.task, r.error) for r in broken] == [("fake.die-a", "BrowserGone: the process died (exit code -9)")] * 2
    assert [r.seed for r in broken] == [bench_seed(0, "fake.die-a", i) for i in (0, 1)]
    assert data["episodes"] == 4


def test_a_worker_that_hangs_is_ended(tmp_path: Path) -> None:
    started = time.monotonic()
    data = bench(settings(tmp_path, "fake.hang-a", "fake.-b", episodes=1), {}, dataclasses.replace(FAKE, timeout=1.0))
    assert time.monotonic() - started < 30
    assert [r.error.partition(":")[0] for r in lines_of(tmp_path) if r.error] == ["TimedOut"]
    assert data["episodes"] == 2


def test_what_keeps_a_worker_from_starting_ends_the_benchmark(tmp_path: Path) -> None:
    with pytest.raises(BrowserMissing) as missing:
        bench(settings(tmp_path, "fake.-a"), {}, BenchRun(2, open_lab=open_no_lab))
    assert missing.value.hint == "run: webagent install"


def test_resume_plays_only_what_is_missing(tmp_path: Path) -> None:
    asked = settings(tmp_path, "fake.-a", "fake.-b", episodes=3)
    whole = bench(asked, {}, FAKE)
    lines = (tmp_path / "results.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "results.jsonl").write_text("".join(lines[:2]) + lines[2][:25])  # a kill in the middle of a line
    again = bench(asked, {}, dataclasses.replace(FAKE, resume=True))
    assert again["mean"] == whole["mean"]
    assert again["episodes"] == 6
    assert again["peak_rss_mb"] >= whole["peak_rss_mb"]
    assert again["seconds"] >= whole["seconds"]
    settings_again, results, _ = read_bench(tmp_path)
    assert settings_again == asked
    assert sorted((r.task, r.i) for r in results) == [(f"fake.-{t}", i) for t in "ab" for i in range(3)]


def test_resume_refuses_other_settings_and_other_folders(tmp_path: Path) -> None:
    asked = settings(tmp_path / "a", "fake.-a", episodes=1)
    bench(asked, {}, FAKE)
    resume = dataclasses.replace(FAKE, resume=True)
    with pytest.raises(UsageError, match="already holds a benchmark"):
        bench(asked, {}, FAKE)
    with pytest.raises(UsageError, match="policy was 'random', is now 'lexical'"):
        bench(dataclasses.replace(asked, policy="lexical"), {}, resume)
    with pytest.raises(UsageError, match=r"tasks was fake\.-a, is now fake\.-b"):
        bench(dataclasses.replace(asked, tasks=("fake.-b",)), {}, resume)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="found other files"):
        bench(dataclasses.replace(asked, out=str(tmp_path / "b")), {}, resume)


def test_failed_episodes_are_kept_a_few_of_each_task(tmp_path: Path) -> None:
    bench(dataclasses.replace(settings(tmp_path, "fake.-a", episodes=5), max_steps=2), {}, FAKE)
    stored = [r.stored for r in sorted(lines_of(tmp_path), key=lambda r: r.i) if r.stored]
    assert stored == ["fake.-a-0", "fake.-a-1"]
    assert sorted(p.name for p in (tmp_path / "episodes").iterdir()) == stored


@pytest.mark.parametrize(
    ("url", "yes", "refused"),
    [("http://shop.test/", False, True), ("http://shop.test/", True, False), ("http://127.0.0.1:80/", False, False)],
)
def test_nobody_confirms_a_payment_beyond_this_machine(tmp_path: Path, url: str, yes: bool, refused: bool) -> None:
    button = Element("b", "button", "button", "Pay now", states=("actionable", "visible"))
    page = Observation(url=url, tree=ActionTree((button,)))

    class Shop(FakeEnv):
        def _observe(self) -> Observation:
            return page

    def make_shop(task: str, browser: object, screen: bool) -> Shop:
        return Shop(task, max_steps=2)

    lab = Lab(dataclasses.replace(settings(tmp_path, "fake.-a"), yes=yes), FakeBrowser, make_shop)
    lab.start()
    assert lab.play("fake.-a", 0).error.startswith("ConfirmationRefused") is refused


def result(task: str, i: int, success: bool, **more: object) -> EpisodeResult:
    return EpisodeResult(task=task, i=i, seed=i, success=success, **more)  # type: ignore[arg-type]


def test_the_mean_weighs_tasks_alike() -> None:
    rows = [result("a", i, True) for i in range(9)] + [result("b", 0, False)]
    data = summarise(rows, ["a", "b", "never"], {"x": ["a", "c"], "none": ["c"]}, 0)
    assert data["mean"] == 0.5
    assert data["subsets"] == {"x": 1.0}
    assert data["subsets_n"] == {"x": [1, 2]}
    assert set(data["tasks"]) == {"a", "b"}


def test_strict_success_stands_beside_any_reward() -> None:
    data = summarise([result("a", 0, False, success_positive=True, reward=0.5)], ["a"], {}, 0)
    assert (data["mean"], data["mean_positive"]) == (0.0, 1.0)
    assert data["tasks"]["a"]["reward_mean"] == 0.5


def test_the_interval_covers_as_it_says() -> None:
    rng = np.random.default_rng(0)
    rates = rng.uniform(0.1, 0.9, 30)
    hits = 0
    for trial in range(100):
        outcomes = rng.random((30, 20)) < rates[:, None]
        low, high = interval(outcomes.tolist(), trial)
        hits += low <= rates.mean() <= high
    assert 0.88 <= hits / 100 <= 0.99


def test_the_interval_equals_drawing_episodes_again() -> None:
    rng = np.random.default_rng(1)
    outcomes = [list(rng.random(n) < 0.4) for n in (3, 20, 50)]
    drawn = [np.mean([rng.choice(row, len(row)).mean() for row in outcomes]) for _ in range(4000)]
    assert interval(outcomes, 0) == pytest.approx(list(np.percentile(drawn, [2.5, 97.5])), abs=0.02)
    assert interval(outcomes, 0) == interval(outcomes, 0)
    assert interval([], 0) == [0.0, 0.0]


def test_quantiles_of_nothing_are_none() -> None:
    assert quantile([], 50) is None
    assert quantile([1.0, 3.0], 50) == 2.0


def test_seeds_of_benchmarks_and_training_never_meet() -> None:
    seeds = {bench_seed(n, task, i) for n in range(3) for task in ("a", "b") for i in range(200)}
    assert len(seeds) == 1200
    assert all(BENCH_FLOOR <= s < BENCH_CEILING for s in seeds)
    assert bench_seed(0, "miniwob.click-test", 0) == 2283993664  # a change here changes every number published
    for seed in seeds:
        with pytest.raises(UsageError, match="training expects"):
            check_training_seed(seed)
    assert check_training_seed(BENCH_FLOOR - 1) == BENCH_FLOOR - 1
    with pytest.raises(UsageError):
        check_training_seed(-1)
    with pytest.raises(UsageError):
        bench_seed(-1, "a", 0)


def test_memory_counts_this_process() -> None:
    import os

    assert tree_mb(os.getpid()) > 20

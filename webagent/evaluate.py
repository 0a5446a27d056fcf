"""Benchmarks: episodes x tasks, in several processes, every result on disk as soon as it is there.

    OUT/settings.json     what was asked for
    OUT/results.jsonl     one line an episode, appended as it ends
    OUT/episodes/         a few failed episodes of each task, whole, for the report
    OUT/bench.json        the numbers

An interrupted benchmark goes on with ``resume``; it refuses a folder whose settings differ, because a mean over two
questions answers neither.
"""

from __future__ import annotations

import dataclasses
import json
import os
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from webagent.datasets import is_episode
from webagent.envs.errors import DataDamaged, UsageError
from webagent.envs.types import from_json, to_json
from webagent.lab import open_browser_lab
from webagent.memory import PeakMemory
from webagent.plan import Plan
from webagent.scores import EpisodeResult, summarise
from webagent.seeds import bench_seed
from webagent.workers import Job, OpenLab, play_all

SCHEMA = 1
SETTINGS, RESULTS, BENCH = "settings.json", "results.jsonl", "bench.json"
DEFAULT_TIMEOUT_S = 120.0


@dataclass(frozen=True)
class BenchSettings:
    """What decides a benchmark's numbers, and where it is kept."""

    suite: str
    """Name of the suite, or the path of a task file."""
    tasks: tuple[str, ...]
    """Full ids of the tasks."""
    episodes: int
    """Episodes a task."""
    seed: int = 0
    """The ``--seed`` from which each episode's seed is derived."""
    policy: str = "default"
    """Who decides."""
    plan: Plan | None = None
    """How far it looks ahead, or None."""
    max_steps: int | None = None
    """Actions an episode, or None for the task's own limit."""
    clock: bool = False
    """MiniWoB++'s own time limit."""
    secrets: tuple[str, ...] = ()
    """``NAME=ENVVAR`` of what may be typed; never the values."""
    yes: bool = False
    """Confirm what would need a person, on sites beyond this machine."""
    keep: int = 2
    """Failed episodes a task that are kept whole."""
    browser: str | None = None
    """The browser's executable, or None for the one found."""
    out: str = ""
    """The benchmark's folder."""

    @property
    def player(self) -> str:
        """The policy and its search, in words."""
        return f"{self.policy} with {self.plan}" if self.plan else self.policy


MAY_DIFFER = ("browser", "out", "keep", "secrets")
"""Settings that a resumed benchmark may change, because no result depends on them."""


@dataclass(frozen=True)
class BenchRun:
    """How a benchmark is carried out. ``on_result(result, done, total)`` is called for every episode."""

    jobs: int = 1
    resume: bool = False
    timeout: float = DEFAULT_TIMEOUT_S
    on_result: Callable[[EpisodeResult, int, int], None] | None = None
    open_lab: OpenLab = open_browser_lab


def bench(settings: BenchSettings, subsets: Mapping[str, Sequence[str]], run: BenchRun | None = None) -> dict[str, Any]:
    """Play what is missing, write ``bench.json`` and return its content (the ``data`` of ``bench --json``).

    Raises ``UsageError`` for a folder that holds another benchmark, and whatever keeps a worker from starting.
    """
    run = run or BenchRun()
    out = Path(settings.out)
    done = _prepare(out, settings, subsets, run.resume)
    finished = {(r.task, r.i) for r in done}
    missing = {t: [i for i in range(settings.episodes) if (t, i) not in finished] for t in settings.tasks}
    jobs = [Job(task, deque(episodes)) for task, episodes in missing.items() if episodes]
    total = settings.episodes * len(settings.tasks)
    before = _numbers_before(out)
    memory = PeakMemory()
    started = time.perf_counter()
    with _open_results(out / RESULTS) as file:
        for result in play_all(jobs, run.open_lab, settings, run.jobs, run.timeout, memory.sample):
            if result.seed < 0:  # the parent's own word on an episode that its worker could not finish
                seed = bench_seed(settings.seed, result.task, result.i)
                result = dataclasses.replace(result, seed=seed, reason="error")
            file.write(json.dumps(to_json(result)) + "\n")
            file.flush()
            done.append(result)
            if run.on_result:
                run.on_result(result, len(done), total)
    data = {
        **_numbers(settings, done, subsets),
        "peak_rss_mb": round(max(memory.mb, before.get("peak_rss_mb", 0.0)), 1),
        "seconds": round(before.get("seconds", 0.0) + time.perf_counter() - started, 1),
        "jobs": run.jobs,
        "out": str(out),
    }
    _write_json(out / BENCH, data)
    return data


def is_bench(folder: Path) -> bool:
    return (folder / SETTINGS).is_file()


def read_bench(folder: Path) -> tuple[BenchSettings, list[EpisodeResult], dict[str, Any]]:
    """Settings, results and numbers of a benchmark's folder, finished or not; raises ``DataDamaged``."""
    settings, subsets = _read_settings(folder)
    results = list({(r.task, r.i): r for r in _read_results(folder / RESULTS) if r.task in settings.tasks}.values())
    return settings, results, {**_numbers_before(folder), **_numbers(settings, results, subsets)}


def _numbers_before(folder: Path) -> dict[str, Any]:
    """What ``bench.json`` says, or nothing: all but time and memory can be had from the results again."""
    try:
        return dict(json.loads((folder / BENCH).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def _numbers(
    settings: BenchSettings, results: Sequence[EpisodeResult], subsets: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    return {
        "suite": settings.suite,
        "policy": settings.policy,
        "search": to_json(settings.plan),
        "seed": settings.seed,
        "max_steps": settings.max_steps,
        **summarise(results, settings.tasks, subsets, settings.seed),
    }


def _read_settings(folder: Path) -> tuple[BenchSettings, dict[str, list[str]]]:
    path = folder / SETTINGS
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return from_json(BenchSettings, document["settings"]), dict(document["subsets"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataDamaged(f"{path} cannot be read: {error}") from error


def _prepare(
    out: Path, settings: BenchSettings, subsets: Mapping[str, Sequence[str]], resume: bool
) -> list[EpisodeResult]:
    """Make the folder, or check that it holds the same benchmark; returns what is done already."""
    if is_episode(out):
        raise UsageError(f"{out} holds an episode, not a benchmark", "give another --out")
    if is_bench(out):
        if not resume:
            raise UsageError(f"{out} already holds a benchmark", "go on with --resume, or give another --out")
        before, _ = _read_settings(out)
        for field in dataclasses.fields(BenchSettings):
            was, now = getattr(before, field.name), getattr(settings, field.name)
            if field.name not in MAY_DIFFER and was != now:
                raise UsageError(
                    f"--resume expects the settings of {out}: {field.name} was {_short(was)}, is now {_short(now)}",
                    "repeat them, or give another --out",
                )
        return read_bench(out)[1]
    if resume and out.is_dir() and any(out.iterdir()):
        raise UsageError(f"--resume expects a benchmark in {out}, found other files", "give its own --out")
    out.mkdir(parents=True, exist_ok=True)
    groups = {name: list(tasks) for name, tasks in subsets.items()}
    _write_json(out / SETTINGS, {"schema": SCHEMA, "settings": to_json(settings), "subsets": groups})
    return []


def _read_results(path: Path) -> list[EpisodeResult]:
    """Every readable line; the one that a kill cut short is left out, and so played again."""
    if not path.exists():
        return []
    results = []
    for line in path.read_bytes().split(b"\n"):
        try:
            results.append(from_json(EpisodeResult, json.loads(line)))
        except (ValueError, TypeError):
            continue
    return results


def _open_results(path: Path) -> IO[str]:
    """For appending; a line that a kill cut short is closed first, so that the next one stands on its own."""
    whole = not path.exists() or path.read_bytes()[-1:] in (b"", b"\n")
    file = path.open("a", encoding="utf-8")
    if not whole:
        file.write("\n")
    return file


def _short(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, tuple) else repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


def _write_json(path: Path, data: Any) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    os.replace(temporary, path)

"""Cases on file: read out of corpora by several processes, and packed, so that the processes that make batches share
them without copying.

    docket = read_docket(("demos", "played"), Reading(tasks, most=40), print, processes=16)
    docket[0].case()
"""

from __future__ import annotations

import functools
import multiprocessing
import pickle
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

from webagent.datasets.corpus import LIGHT, Corpus

from .cases import Case, case_of, expert_of
from .misfits import with_misfits


@dataclass(frozen=True)
class Filed:
    """A case: how many ``looks`` it has, how many positions its largest takes (``size``, about), and itself."""

    task: str
    kind: str
    success: bool
    looks: int
    size: int
    data: bytes

    def case(self) -> Case:
        found: Case = pickle.loads(self.data)
        return found


def filed(case: Case) -> Filed:
    size = max(len(seen.tree.elements) + len(seen.goal) // 4 for seen in case.seen)
    data = pickle.dumps(case, pickle.HIGHEST_PROTOCOL)
    return Filed(case.task, case.kind, case.success, len(case.seen), size, data)


@dataclass(frozen=True)
class Reading:
    """``tasks``: whose episodes; ``most``: of a task, source and outcome, out of each corpus; ``frames``: of the last
    ones, that are kept; ``misfits``: whether failures are made of demonstrations."""

    tasks: tuple[str, ...]
    most: int
    frames: int = 0
    seed: int = 0
    misfits: bool = True


def read_docket(
    urls: Iterable[str], reading: Reading, damaged: Callable[[str], None], processes: int = 1
) -> list[Filed]:
    """The cases, and the failures that can be made of demonstrations (``misfits``); the same ones for the same seed,
    however many processes read."""
    wanted = [place for url in urls for place in _chosen(url, reading, damaged)]
    read = functools.partial(_read_shard, reading)
    found: list[Filed] = []
    if processes > 1 and len(wanted) > 1:
        with ProcessPoolExecutor(min(processes, len(wanted)), multiprocessing.get_context("spawn")) as pool:
            parts = list(pool.map(read, *zip(*wanted)))
    else:
        parts = [read(*place) for place in wanted]
    for cases, lines in parts:
        found += cases
        for line in lines:
            damaged(line)
    return found


def _chosen(url: str, reading: Reading, damaged: Callable[[str], None]) -> list[tuple[str, str, frozenset[str]]]:
    """Shards and the episodes that are read of them, by chance among all that there are."""
    corpus, tasks = Corpus(url, damaged), frozenset(reading.tasks)
    rows = [
        (shard, row)
        for shard in corpus.shards()
        if (table := corpus.table(shard, LIGHT)) is not None
        for row in table.to_pylist()
        if row["op"] is None and row["task"] in tasks
    ]
    held: Counter[tuple[str, str, bool]] = Counter()
    chosen: dict[str, set[str]] = {}
    for n in np.random.default_rng(reading.seed).permutation(len(rows)):
        shard, row = rows[int(n)]
        place = (row["task"], row["source"], bool(row["success"]))
        if held[place] < reading.most:
            held[place] += 1
            chosen.setdefault(shard, set()).add(row["episode"])
    return [(url, shard, frozenset(names)) for shard, names in sorted(chosen.items())]


def _read_shard(reading: Reading, url: str, shard: str, names: frozenset[str]) -> tuple[list[Filed], list[str]]:
    lines: list[str] = []
    episodes = Corpus(url, lines.append).episodes(lambda row: row["episode"] in names, [shard])
    cases = [case.with_frames(reading.frames) for case in map(case_of, episodes) if case is not None]
    return [filed(case) for case in (with_misfits(cases, expert_of, reading.seed) if reading.misfits else cases)], lines


Kinds = dict[str, list[Filed]]


def by_task(docket: Sequence[Filed]) -> dict[str, tuple[Kinds, Kinds]]:
    """Successes and failures by kind, of each task that has both, the tasks with the smallest pages first."""
    found: dict[str, tuple[Kinds, Kinds]] = {}
    sizes: dict[str, list[int]] = {}
    for one in docket:
        right, wrong = found.setdefault(one.task, ({}, {}))
        (right if one.success else wrong).setdefault(one.kind, []).append(one)
        sizes.setdefault(one.task, []).append(one.size)
    order = sorted(found, key=lambda task: (float(np.median(sizes[task])), task))
    return {task: found[task] for task in order if all(found[task])}

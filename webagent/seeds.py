"""Which seeds belong to whom: benchmarks draw from the upper half of 32 bits, everything that trains from the lower.

So no training run can ever have seen an episode that a benchmark asks for, whatever numbers a person passes.
"""

from __future__ import annotations

import hashlib

import numpy as np

from webagent.envs.errors import UsageError

BENCH_FLOOR = 2**31
BENCH_CEILING = 2**32


def bench_seed(n: int, task: str, i: int) -> int:
    """Seed of episode ``i`` of ``task`` in a benchmark called with ``--seed n``; in [2^31, 2^32).

    Depends on these three alone, so that it is the same for any choice of tasks, order and number of processes.
    """
    return BENCH_FLOOR + _mixed(n, task, i)


def training_seed(n: int, task: str, i: int) -> int:
    """Seed of episode ``i`` of ``task`` in data that is collected with ``--seed n``; in [0, 2^31)."""
    return _mixed(n, task, i)


def _mixed(n: int, task: str, i: int) -> int:
    """Below 2^31."""
    if n < 0 or i < 0:
        raise UsageError(f"a seed counts from 0, found seed {n}, episode {i}")
    words = np.frombuffer(hashlib.sha256(task.encode()).digest()[:16], dtype="<u4")
    state = np.random.SeedSequence([n, *(int(w) for w in words), i]).generate_state(1, np.uint64)
    return int(state[0] % np.uint64(BENCH_CEILING - BENCH_FLOOR))


def check_training_seed(seed: int) -> int:
    """``seed`` itself if training may use it; raises ``UsageError`` for the benchmark's half."""
    if not 0 <= seed < BENCH_FLOOR:
        raise UsageError(
            f"training expects a seed from 0 to {BENCH_FLOOR - 1}, found {seed}",
            "seeds from 2^31 on are kept for benchmarks",
        )
    return seed

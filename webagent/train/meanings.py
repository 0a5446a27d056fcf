"""Makes the table of what words mean out of pretrained word vectors.

    python -m webagent.train.meanings glove.6B.100d.txt --out models/meanings.npz

A line of the file is a word and its numbers, frequent words first (GloVe's own format). Kept are the most frequent
words of English letters, and whatever else stands in the words that training writes. The mean and the two strongest
directions, which nearly all words share, are taken off (Mu, Viswanath: All-but-the-Top, ICLR 2018).
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import sys
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path

import numpy as np

from webagent.envs.errors import DataDamaged, UsageError
from webagent.models.meanings import MEANING, TABLE, Table
from webagent.models.words import hashed

MOST = 14_000
"""Most frequent words."""
SEARCHED = 200_000
"""Lines of the file that are looked at."""
SHARED = 2
ENGLISH = re.compile(r"[a-z]{2,20}")


def make_table(lines: Iterable[str], wanted: Iterable[str] = (), most: int = MOST) -> Table:
    """Of the first ``most`` words, and of all ``wanted`` ones. Words that are compared alike share the vector of the
    most frequent. Raises ``DataDamaged`` for lines that are no vectors, or for fewer than ``MEANING`` of them."""
    needed = {hashed(word) for word in wanted}
    found: dict[int, np.ndarray] = {}
    for word, vector in _vectors(itertools.islice(lines, SEARCHED)):
        key = hashed(word)
        if key not in found and (len(found) < most or key in needed):
            found[key] = vector
    if len(found) < MEANING:
        raise DataDamaged(f"expected at least {MEANING} words with vectors, found {len(found)}")
    hashes = np.array(sorted(found), np.int32)
    spread = np.stack([found[int(h)] for h in hashes])
    spread -= spread.mean(0)
    _, _, axes = np.linalg.svd(spread, full_matrices=False)
    directions = spread @ axes[SHARED : SHARED + MEANING].T
    directions *= 127 / np.abs(directions).max(1, keepdims=True).clip(1e-9)
    return Table(hashes, np.round(directions).astype(np.int8))


def _vectors(lines: Iterable[str]) -> Iterator[tuple[str, np.ndarray]]:
    size = 0
    for number, line in enumerate(lines, 1):
        word, *numbers = line.split()
        try:
            vector = np.array(numbers, np.float32)
        except ValueError:
            raise DataDamaged(f"line {number}: expected a word and its numbers, found {line[:60]!r}") from None
        size = size or len(vector)
        if len(vector) != size or size < SHARED + MEANING:
            expected = f"{size} numbers" if size >= SHARED + MEANING else f"at least {SHARED + MEANING} numbers"
            raise DataDamaged(f"line {number}: expected {expected}, found {len(vector)}")
        if ENGLISH.fullmatch(word):
            yield word, vector


def _own_words() -> set[str]:
    """Those of the lists that pages and goals are made of."""
    plain = resources.files("webagent.train").joinpath("words.txt").read_text(encoding="utf-8")
    drawn = resources.files("webagent.envs.suites.practice").joinpath("words.json").read_text(encoding="utf-8")
    return set(re.findall(r"[a-z]+", (plain + " " + json.dumps(json.loads(drawn))).lower()))


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0, or 2 with one line of what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m webagent.train.meanings", description=__doc__)
    parser.add_argument("vectors", type=Path)
    parser.add_argument("--out", type=Path, default=TABLE)
    options = parser.parse_args(arguments)
    try:
        with options.vectors.open(encoding="utf-8") as lines:
            table = make_table(lines, _own_words())
    except (OSError, UnicodeDecodeError, DataDamaged, UsageError) as error:
        print(f"error: {options.vectors}: {error}", file=sys.stderr)
        return 2
    with options.out.open("wb") as file:
        np.savez_compressed(file, hashes=table.hashes, directions=table.directions)
    print(f"{len(table.hashes):,} words: {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

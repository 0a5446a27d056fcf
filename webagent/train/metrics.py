"""How well probabilities tell right from wrong: area under the ROC curve, precision at a recall, calibration error.

Intervals are percentile bootstraps over whole groups (Efron 1979): episodes of one task are alike, so what is drawn
anew are tasks, not episodes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from .calibration import calibration_error

Numbers = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]
DRAWS = 1000
RECALL = 0.8


def auc(score: Numbers, right: Truths) -> float:
    """The probability that a right one scores higher than a wrong one, ties counted half; nan if there is only one
    kind. ``score``, ``right`` [n]."""
    many, few = int(right.sum()), int((~right).sum())
    if not many or not few:
        return float("nan")
    _, place, counts = np.unique(score, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return float((ranks[right].sum() - many * (many + 1) / 2) / (many * few))


def precision_at(score: Numbers, right: Truths, recall: float = RECALL) -> float:
    """The part of right ones among those that score at least what is needed to find a part ``recall`` of all right
    ones; nan if there are none."""
    if not right.any():
        return float("nan")
    needed = int(np.ceil(recall * right.sum() - 1e-9))
    below = np.sort(score[right])[::-1][max(needed, 1) - 1]
    return float(right[score >= below].mean())


def interval(
    measure: Callable[[Numbers, Truths], float], score: Numbers, right: Truths, group: Sequence[str], seed: int = 0
) -> tuple[float, float]:
    """The 95 % interval of a measure; ``group`` [n]: the task of each. Draws for which it is nan are left out."""
    names = sorted(set(group))
    members = [np.flatnonzero(np.array(group) == name) for name in names]
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(DRAWS):
        drawn = np.concatenate([members[int(n)] for n in rng.integers(0, len(names), len(names))])
        found.append(measure(score[drawn], right[drawn]))
    known = np.array(found)[~np.isnan(found)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, (0.025, 0.975))
    return float(low), float(high)


MEASURES: dict[str, Callable[[Numbers, Truths], float]] = {
    "auc": auc,
    "precision_at_recall_0.8": precision_at,
    "calibration_error": calibration_error,
}


def measured(probability: Numbers, right: Truths, group: Sequence[str]) -> dict[str, dict[str, float | list[float]]]:
    """Each of ``MEASURES`` with its interval: ``{"value", "ci95"}``."""
    return {
        name: {"value": measure(probability, right), "ci95": list(interval(measure, probability, right, group))}
        for name, measure in MEASURES.items()
    }

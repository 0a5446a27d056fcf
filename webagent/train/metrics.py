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


Measure = Callable[[Numbers, Truths, Numbers], float]


def even(right: Truths, group: Sequence[str]) -> Numbers:
    """Weights [n] by which every group counts the same, and in each of them right ones as much as wrong ones; a group
    that has only one kind does not count."""
    names = np.array(group)
    weight = np.zeros(len(right))
    for name in sorted(set(group)):
        here = names == name
        sides = [here & right, here & ~right]
        if all(side.any() for side in sides):
            for side in sides:
                weight[side] = 1 / side.sum()
    return weight if weight.any() else np.ones(len(right))


def auc(score: Numbers, right: Truths, weight: Numbers | None = None) -> float:
    """The probability that a right one scores higher than a wrong one, ties counted half; nan if there is only one
    kind. ``score``, ``right``, ``weight`` [n]."""
    counts = np.ones(len(right)) if weight is None else weight
    values, place = np.unique(score, return_inverse=True)
    few = np.bincount(place, counts * ~right, len(values))
    many = np.bincount(place, counts * right, len(values))
    if not many.sum() or not few.sum():
        return float("nan")
    return float((many * (np.cumsum(few) - few / 2)).sum() / (many.sum() * few.sum()))


def precision_at(score: Numbers, right: Truths, weight: Numbers | None = None, recall: float = RECALL) -> float:
    """The part of right ones among those that score at least what is needed to find a part ``recall`` of all right
    ones; nan if there are none."""
    counts = np.ones(len(right)) if weight is None else weight
    if not counts[right].sum():
        return float("nan")
    order = np.argsort(-score[right], kind="stable")
    found = np.cumsum(counts[right][order]) / counts[right].sum()
    below = score[right][order][int(np.searchsorted(found, recall - 1e-9))]
    return float(counts[right & (score >= below)].sum() / counts[score >= below].sum())


def interval(
    measure: Measure, score: Numbers, right: Truths, group: Sequence[str], weight: Numbers, seed: int = 0
) -> tuple[float, float]:
    """The 95 % interval of a measure; ``group`` [n]: the task of each. Draws for which it is nan are left out."""
    names = sorted(set(group))
    members = [np.flatnonzero(np.array(group) == name) for name in names]
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(DRAWS):
        drawn = np.concatenate([members[int(n)] for n in rng.integers(0, len(names), len(names))])
        found.append(measure(score[drawn], right[drawn], weight[drawn]) if weight[drawn].any() else float("nan"))
    known = np.array(found)[~np.isnan(found)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, (0.025, 0.975))
    return float(low), float(high)


MEASURES: dict[str, Measure] = {
    "auc": auc,
    "precision_at_recall_0.8": precision_at,
    "calibration_error": calibration_error,
}


def measured(
    probability: Numbers, right: Truths, group: Sequence[str], weight: Numbers | None = None
) -> dict[str, dict[str, float | list[float]]]:
    """Each of ``MEASURES`` with its interval: ``{"value", "ci95"}``; ``weight`` [n]: how much each one counts."""
    counts = np.ones(len(right)) if weight is None else weight
    return {
        name: {
            "value": measure(probability, right, counts),
            "ci95": list(interval(measure, probability, right, group, counts)),
        }
        for name, measure in MEASURES.items()
    }


def by_group(probability: Numbers, right: Truths, group: Sequence[str]) -> dict[str, dict[str, float]]:
    """``MEASURES`` of each group that has both kinds, right ones counting as much as wrong ones, with how many it
    has: ``episodes``, ``successes``."""
    names, found = np.array(group), {}
    for name in sorted(set(group)):
        here = names == name
        if len(set(right[here].tolist())) < 2:
            continue
        weight = even(right[here], [name] * int(here.sum()))
        told = {what: measure(probability[here], right[here], weight) for what, measure in MEASURES.items()}
        found[name] = {"episodes": int(here.sum()), "successes": int(right[here].sum()), **told}
    return found

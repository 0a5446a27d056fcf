"""How sure a policy may be of itself: its own probability of a decision, held against how often it was right.

    judged = judge(load_policy("RUN/policy"), Corpus("corrected").episodes())
    slope, offset = fit(judged.odds, judged.right)

Judged are decisions in states that the policy came to by itself, by an expert who says what he would have done there
(episodes of ``dagger``). There may be more than one right thing to do, so what is found is a lower bound. The fit is
Platt's (1999): a logistic curve over log-odds; expected calibration error as Guo et al. 2017, bins of equal width.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from webagent.envs.errors import UsageError
from webagent.envs.types import Action, Episode
from webagent.models.checkpoint import Policy
from webagent.models.decode import decide, log_odds
from webagent.models.segment import read_observation

from .dagger import HELPED
from .material import executed

Numbers = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]
BINS = 15
NEAR = 0.1
"""Of a target's size: points that are not farther apart are the same."""


@dataclass(frozen=True)
class Judged:
    """``odds``, ``right`` [n]: a decision's log-odds, and whether the expert would have done the same; ``episode`` [n]:
    its number; ``success`` [episodes]: what came of it without help."""

    odds: Numbers
    right: Truths
    episode: npt.NDArray[np.int64]
    success: Truths


def judge(policy: Policy, episodes: Iterable[Episode]) -> Judged:
    """Every decision for which there is advice. Raises ``UsageError`` if there is none."""
    odds: list[float] = []
    right: list[bool] = []
    owner: list[int] = []
    success: list[bool] = []
    for number, episode in enumerate(e for e in episodes if e.source == "dagger"):
        success.append(bool(episode.success) and episode.info.get("reason") != HELPED)
        for chance, same in _decisions(policy, episode):
            odds.append(chance)
            right.append(same)
            owner.append(number)
    if not odds:
        raise UsageError("expected decisions with an expert's advice, found none", "play tasks that have an expert")
    return Judged(np.array(odds), np.array(right), np.array(owner), np.array(success))


def _decisions(policy: Policy, episode: Episode) -> Iterable[tuple[float, bool]]:
    memory, last = policy.net.trunk.empty(1), None
    for step, done in zip(episode.steps, executed(episode)):
        segment = read_observation(step.observation, policy.words, policy.config, last)
        (decision,), memory = decide(policy.net, [segment], memory, policy.words)
        if step.action.op != "give_up":
            yield log_odds(decision), decision.action is not None and same(decision.action, step.action)
        last = done


def same(a: Action, b: Action) -> bool:
    """Whether two actions do the same, their points aside by no more than ``NEAR``."""
    if (a.op, a.target, a.text) != (b.op, b.target, b.text):
        return False
    one, other = (p.point or (0.5, 0.5) for p in (a, b))
    return all(abs(p - q) <= NEAR for p, q in zip(one[-2:], other[-2:]))


def sure(odds: Numbers, slope: float, offset: float) -> Numbers:
    """Probabilities of being right."""
    return 1 / (1 + np.exp(-np.clip(slope * odds + offset, -50, 50)))


def fit(odds: Numbers, right: Truths, rounds: int = 50, weight: Numbers | None = None) -> tuple[float, float]:
    """Slope and offset of the likeliest logistic curve (Newton's method, with Platt's softened targets); ``weight``
    [n]: how much each one counts."""
    counts = np.ones(len(odds)) if weight is None else weight * len(odds) / weight.sum()
    many, few = counts[right].sum(), counts[~right].sum()
    target = np.where(right, (many + 1) / (many + 2), 1 / (few + 2))
    table = np.stack([odds, np.ones_like(odds)], 1)
    found = np.array([1.0, 0.0])
    for _ in range(rounds):
        chance = sure(odds, *found)
        bend = (table * (counts * chance * (1 - chance))[:, None]).T @ table + 1e-6 * np.eye(2)
        found = found - np.clip(np.linalg.solve(bend, table.T @ (counts * (chance - target))), -1, 1)
    return float(found[0]), float(found[1])


def calibration_error(confidence: Numbers, right: Truths, weight: Numbers | None = None, bins: int = BINS) -> float:
    """By how much confidence and rate of being right differ, the mean over all decisions; ``weight`` as in ``fit``."""
    counts = np.ones(len(right)) if weight is None else weight
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = (abs((counts * (confidence - right))[place == b].sum()) for b in range(bins))
    return float(sum(gaps) / counts.sum())


def abstaining(confidence: Numbers, right: Truths, share: float = 0.1) -> dict[str, float]:
    """Errors among all, and among the surest once a ``share`` abstains; ``below``: the confidence that parts them."""
    order = np.argsort(confidence, kind="stable")
    kept = order[round(share * len(order)) :]
    below = float(confidence[kept[0]]) if len(kept) else 1.0
    return {
        "below": below, "errors": float(1 - right.mean()),
        "errors_when_abstaining": float(1 - right[kept].mean()) if len(kept) else 0.0,
    }  # fmt: skip


def surveyed(judged: Judged, slope: float, offset: float, share: float = 0.1) -> dict[str, Any]:
    """The figures, of single decisions and of whole episodes (which are as sure as their least sure decision)."""
    confidence = sure(judged.odds, slope, offset)
    least = np.ones(len(judged.success))
    np.minimum.at(least, judged.episode, confidence)
    return {
        "decisions": len(judged.right), "episodes": len(judged.success),
        "calibration_error": calibration_error(confidence, judged.right),
        "uncalibrated": calibration_error(sure(judged.odds, 1.0, 0.0), judged.right),
        "of_decisions": abstaining(confidence, judged.right, share),
        "of_episodes": abstaining(least, judged.success, share),
    }  # fmt: skip

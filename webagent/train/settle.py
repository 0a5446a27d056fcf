"""A policy plays, an expert judges, and how sure it may be is written into its ``config.json``."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from webagent.datasets.corpus import Corpus
from webagent.models.checkpoint import load_policy, tell
from webagent.models.quantised import quantised

from .calibration import fit, judge, surveyed
from .dagger import Gathering, gather


@dataclass(frozen=True)
class Settling:
    """``policy``: a checkpoint's folder. ``episodes``: of each of ``tasks``, from number ``first`` on. ``share``: of
    decisions to abstain from. ``fitted``: whether a curve is fitted and written, or the one it has is measured."""

    policy: str
    tasks: tuple[str, ...]
    episodes: int = 20
    first: int = 500_000
    share: float = 0.1
    fitted: bool = True
    actors: int = 2
    seed: int = 0
    browser: str | None = None


def settle(settings: Settling) -> dict[str, Any]:
    """The figures of ``calibration.surveyed``, with slope and offset. Raises ``UsageError``, ``DataDamaged``."""
    policy = load_policy(settings.policy)
    folder = str(Path(settings.policy).resolve())  # a folder, even one that is called as a policy is
    quantised(policy.net)  # as it acts
    with tempfile.TemporaryDirectory() as corpus:
        gather(
            Gathering(
                settings.tasks, settings.episodes, settings.seed, settings.first, corpus, folder,
                settings.browser,
            ),
            settings.actors,
        )  # fmt: skip
        judged = judge(policy, Corpus(corpus, lambda line: None).episodes())
    slope, offset = fit(judged.odds, judged.right) if settings.fitted else policy.about.get("calibration", (1.0, 0.0))
    found = surveyed(judged, slope, offset, settings.share)
    if settings.fitted:
        tell(settings.policy, {"calibration": [slope, offset], "threshold": found["of_decisions"]["below"]})
    return {**found, "slope": slope, "offset": offset, "tasks": len(settings.tasks)}

"""A run of a stock learner on tasks in a real browser, with the folder that every run has.

RUN/model.zip is Stable-Baselines3's own file: ``MaskedDQN.load("RUN/model.zip")``. A run cannot be resumed.
"""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from webagent.envs.errors import UsageError
from webagent.seeds import check_training_seed
from webagent.suites import Options, Suite

from .run_folder import RunFolder

MODEL = "model.zip"


@dataclass(frozen=True)
class Stock:
    """Settings of a run, flat; saved with it. ``tasks``: full ids, one a context in turn. ``steps``: of all contexts
    together. ``candidates``: K of the ``arrays`` view."""

    out: str
    algorithm: str
    tasks: tuple[str, ...]
    steps: int = 10_000
    contexts: int = 4
    candidates: int = 64
    max_steps: int | None = None
    seed: int = 0
    device: str = "cpu"
    report_every: int = 500


Report = Callable[[int, dict[str, float]], None]


def run(settings: Stock, suite: Suite, browser: str | None, report: Report) -> str:
    """Learn, and return where the model lies. Raises ``UsageError``, ``BrowserMissing``."""
    from webagent.envs.browser import Browser

    try:
        from .stock import Outcomes, make_learner, vector_of
    except ImportError as error:
        raise UsageError(f"expected Stable-Baselines3, found none: {error}", "pip install 'webagent[train]'") from None
    check_training_seed(settings.seed + settings.contexts)
    folder = RunFolder(settings.out, dataclasses.asdict(settings), resume=False)
    with Browser(executable=browser) as chromium:
        makers = [functools.partial(_environment, settings, suite, chromium, n) for n in range(settings.contexts)]
        envs = vector_of(makers)
        learner = make_learner(settings.algorithm, envs, settings.seed, settings.device)
        last = [0, time.monotonic()]

        def tell(steps: int, successes: list[bool]) -> None:
            now = time.monotonic()
            numbers = {
                "success": sum(successes) / max(1, len(successes)), "episodes": float(len(successes)),
                "steps_per_s": (steps - last[0]) / (now - last[1]),
            }  # fmt: skip
            last[:] = [steps, now]
            folder.report(steps, numbers)
            report(steps, numbers)

        try:
            learner.learn(settings.steps, Outcomes(tell, settings.report_every))
        finally:
            envs.close()
    folder.close()
    where = Path(settings.out) / MODEL
    learner.save(where)
    return str(where)


def _environment(settings: Stock, suite: Suite, browser: Any, number: int) -> Any:
    from webagent.envs.web_env import WebEnv

    scenario = suite.scenario(settings.tasks[number % len(settings.tasks)], Options(settings.max_steps))
    return WebEnv(scenario, browser=browser, view="arrays", candidates=settings.candidates)

"""A reward model from beginning to end: gather successes and failures, train, calibrate, measure on held-out tasks.

    learn(Plan(Learning("run"), start="models/default", data=("demos",), tasks=train50, held_out=dev12), say)

RUN/policy is a copy of the policy that it starts from, RUN/policy/reward the reward model, RUN/spoilt the spoilt
demonstrations, RUN/measured.json the figures. Tasks of the test split are refused.
"""

from __future__ import annotations

import dataclasses
import json
import math
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from webagent.datasets.corpus import Corpus
from webagent.envs.errors import UsageError
from webagent.envs.types import Episode
from webagent.models.checkpoint import CONFIG, TOKENIZER, TOKENIZER_CONFIG, WEIGHTS, load_policy
from webagent.models.reward import RewardModel
from webagent.models.reward_checkpoint import FOLDER, load_reward, save_reward

from .calibration import sure
from .cases import POLICY as POLICY_KIND
from .cases import Case, cases_in, expert_of
from .metrics import auc, measured
from .misfits import with_misfits
from .reward import Learning, Report, logits_of, train_reward
from .run_folder import POLICY, RunFolder
from .spoil import Spoiling, faults_of, spoil

SPOILT, MEASURED = "spoilt", "measured.json"


@dataclass(frozen=True)
class Plan:
    """``data``: corpora; ``tasks``: to learn from; ``held_out``: to measure on, none of the former. ``most``: episodes
    of a task, source and outcome out of each corpus. ``spoilt``: demonstrations of a task that are played again with a
    fault."""

    learning: Learning
    start: str
    data: tuple[str, ...]
    tasks: tuple[str, ...]
    held_out: tuple[str, ...] = ()
    most: int = 20
    spoilt: int = 0
    actors: int = 1
    browser: str | None = None


def learn(plan: Plan, say: Callable[[str], None], report: Report | None = None) -> tuple[RewardModel, dict[str, Any]]:
    """The model, and its figures on the held-out tasks. Raises ``UsageError``, ``DataDamaged``."""
    both = sorted(set(plan.tasks) & set(plan.held_out))
    if both:
        raise UsageError(f"expected held-out tasks that are not learned from, found {', '.join(both[:3])} in both")
    policy = load_policy(plan.start)
    folder = RunFolder(plan.learning.out, dataclasses.asdict(plan), False)
    _copied(plan.start, folder.path / POLICY)
    data = (*plan.data, *_played(plan, folder.path, say))
    say("reading the episodes")
    learned = gathered(data, plan.tasks, plan.most, policy.config.frames, say, plan.learning.seed)

    def told(step: int, numbers: dict[str, float]) -> None:
        folder.report(step, numbers)
        if report:
            report(step, numbers)

    model, names = train_reward(plan.learning, policy, learned, told)
    folder.close()
    about = {"trained": {"updates": plan.learning.steps, "cases": len(learned), "layers": plan.learning.layers}}
    save_reward(folder.path / POLICY / FOLDER, model, names, about)
    found = survey(model, gathered(data, plan.held_out, plan.most, policy.config.frames, say, plan.learning.seed))
    (folder.path / MEASURED).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return model, found


def measure(
    folder: str | Path, data: Iterable[str], tasks: tuple[str, ...], most: int, say: Callable[[str], None]
) -> dict[str, Any]:
    """The figures of a reward model that there is. Raises ``UsageError``, ``DataDamaged``."""
    model = load_reward(folder)
    return survey(model, gathered(data, tasks, most, model.policy.config.frames, say, 0))


def gathered(
    urls: Iterable[str], tasks: tuple[str, ...], most: int, frames: int, say: Callable[[str], None], seed: int
) -> list[Case]:
    """The cases of these tasks, with the failures that can be made of demonstrations."""
    wanted = frozenset(tasks)
    read = (case.with_frames(frames) for case in cases_in(urls, wanted.__contains__, most, say, seed))
    return list(with_misfits(read, expert_of, seed))


def survey(model: RewardModel, cases: list[Case]) -> dict[str, Any]:
    """What a model is worth on cases: see ``metrics.MEASURES``; also apart for each kind of failure (``auc`` against
    all successes), each task and the policies' own episodes, where there are both outcomes. {} where there is
    nothing to measure."""
    if len({case.success for case in cases}) < 2:
        return {}
    logits = logits_of(model, cases)
    probability = sure(logits.verdict, *model.curves.success)
    tasks, kinds = [case.task for case in cases], np.array([case.kind for case in cases])
    failures = {kind: (kinds == kind) & ~logits.success for kind in sorted(set(kinds[~logits.success].tolist()))}
    groups = {
        **{("auc_by_failure", k): m | logits.success for k, m in failures.items()},
        **{("auc_by_task", t): np.array(tasks) == t for t in sorted(set(tasks))},
    }
    parts: dict[str, dict[str, float]] = {"auc_by_failure": {}, "auc_by_task": {}}
    for (table, name), m in groups.items():
        if len(set(logits.success[m].tolist())) == 2:
            parts[table][name] = auc(probability[m], logits.success[m])
    own = kinds == POLICY_KIND
    others = {
        "auc_of_policies": auc(probability[own], logits.success[own]),
        "auc_of_value": auc(logits.value, logits.outcome),
        "auc_of_progress": auc(logits.progress, logits.helped),
    }
    return {
        "episodes": len(cases), "tasks": len(set(tasks)), "successes": float(logits.success.mean()),
        **measured(probability, logits.success, tasks), **parts,
        **{name: value for name, value in others.items() if not math.isnan(value)},
    }  # fmt: skip


def _copied(start: str, to: Path) -> None:
    to.mkdir(parents=True, exist_ok=True)
    for name in (CONFIG, WEIGHTS, TOKENIZER, TOKENIZER_CONFIG):
        if (Path(start) / name).is_file():
            shutil.copyfile(Path(start) / name, to / name)


def _played(plan: Plan, run: Path, say: Callable[[str], None]) -> tuple[str, ...]:
    if not plan.spoilt:
        return ()
    shown = _shown(plan, say)
    faults = {task: of for task, of in faults_of(shown, plan.spoilt, plan.learning.seed).items() if of}
    say(f"playing {sum(map(len, faults.values()))} spoilt demonstrations of {len(faults)} tasks")
    if not faults:
        return ()
    out = str(run / SPOILT)
    settings = Spoiling(tuple(faults), plan.spoilt, plan.learning.seed, 0, out, browser=plan.browser, faults=faults)
    results = spoil(settings, plan.actors)
    say(f"{sum(r.success for r in results)} of {len(results)} were harmless")
    return (out,)


def _shown(plan: Plan, say: Callable[[str], None]) -> Iterator[Episode]:
    """A few more episodes of each task than are to be spoilt: not each of them allows a fault."""
    held: Counter[str] = Counter()
    wanted = {*plan.tasks, *plan.held_out}
    for url in plan.data:
        corpus = Corpus(url, say)
        for shard in corpus.shards():
            for episode in corpus.episodes(lambda row: row["task"] in wanted and held[row["task"]] < 2 * plan.spoilt,
                                           [shard]):  # fmt: skip
                held[episode.task.id] += 1
                yield episode

"""A reward model from beginning to end: gather successes and failures, train, calibrate, measure on held-out tasks.

    learn(Plan(Learning("run"), start="models/default", data=("demos",), tasks=train50, held_out=dev12), say)

RUN/policy is a copy of the policy that it starts from, RUN/policy/reward the reward model, RUN/spoilt the spoilt
demonstrations, RUN/played what policies did alone, RUN/measured.json the figures.
"""

from __future__ import annotations

import dataclasses
import json
import math
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
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

from .augment import Augmentation
from .calibration import sure
from .cases import POLICY as POLICY_KIND
from .dagger import Gathering, play_alone
from .docket import Filed, Reading, read_docket
from .material import names_in
from .metrics import auc, by_group, even, measured
from .reward import Learning, Report, logits_of, train_reward, with_dropout
from .run_folder import POLICY, RunFolder
from .spoil import Spoiling, faults_of, spoil
from .supervised import check_device

FIRST_PLAYED = 400_000_000
"""Number of the first episode that a policy plays for a reward model; those of other runs are below."""

SPOILT, PLAYED, MEASURED = "spoilt", "played", "measured.json"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """``data``: corpora; ``tasks``: to learn from; ``calibrate``: to fit the curves on, or none: a part of ``tasks``;
    ``held_out``: to measure on; none is in two of these. ``most``: episodes of a task, source and outcome out of each
    corpus. ``spoilt``: demonstrations of a task that are played again with a fault. ``played``: episodes of a task that
    each of ``players`` (policies by name) plays alone."""

    learning: Learning
    start: str
    data: tuple[str, ...]
    tasks: tuple[str, ...]
    held_out: tuple[str, ...] = ()
    calibrate: tuple[str, ...] = ()
    most: int = 20
    spoilt: int = 0
    played: int = 0
    players: tuple[str, ...] = ()
    actors: int = 1
    browser: str | None = None

    @property
    def all_tasks(self) -> tuple[str, ...]:
        return (*self.tasks, *self.calibrate, *self.held_out)


def learn(plan: Plan, say: Say, report: Report | None = None) -> tuple[RewardModel, dict[str, Any]]:
    """The model, and its figures on the held-out tasks. Raises ``UsageError``, ``DataDamaged``."""
    twice = sorted(task for task, count in Counter(plan.all_tasks).items() if count > 1)
    if twice:
        raise UsageError(f"expected tasks to learn from, calibrate and measure on apart, found twice: {twice[0]}")
    check_device(plan.learning.device)
    policy = load_policy(plan.start)
    folder = RunFolder(plan.learning.out, dataclasses.asdict(plan), False)
    _copied(plan.start, folder.path / POLICY)
    _play(plan, folder.path, say)
    data = (*plan.data, *(str(folder.path / name) for name in (SPOILT, PLAYED) if (folder.path / name).is_dir()))

    def read(tasks: tuple[str, ...]) -> list[Filed]:
        reading = Reading(tasks, plan.most, policy.config.frames, plan.learning.seed)
        return read_docket(data, reading, say, max(1, plan.learning.workers)) if tasks else []

    def told(step: int, numbers: dict[str, float]) -> None:
        folder.report(step, numbers)
        if report:
            report(step, numbers)

    learned, calibrate, apart = read(plan.tasks), read(plan.calibrate), read(plan.held_out)
    say(f"{len(learned)} cases to learn from: {_counted(learned)}")
    if plan.learning.layers:
        policy = with_dropout(policy, plan.learning.dropout)
    model, names = train_reward(plan.learning, policy, learned, told, augmentation(learned), calibrate)
    folder.close()
    about = {"trained": {"updates": plan.learning.steps, "cases": len(learned), "layers": plan.learning.layers}}
    save_reward(folder.path / POLICY / FOLDER, model, names, about)
    found = survey(model, apart, plan.learning.device)
    (folder.path / MEASURED).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return model, found


def measure(folder: str | Path, data: Iterable[str], reading: Reading, say: Say, processes: int = 1) -> dict[str, Any]:
    """The figures of a reward model that there is. Raises ``UsageError``, ``DataDamaged``."""
    model = load_reward(folder)
    kept = dataclasses.replace(reading, frames=model.policy.config.frames)
    return survey(model, read_docket(data, kept, say, processes))


def augmentation(docket: Sequence[Filed], few: int = 2000) -> Augmentation:
    """Changes in what does not matter, with the words of some of these cases."""
    seen = [one.case().seen[0] for one in docket[:: max(1, len(docket) // few)]]
    texts = (text for o in seen for text in (o.goal, *(e.name for e in o.tree.elements)))
    return Augmentation(names_in(texts), own=0.0)


def survey(model: RewardModel, docket: Sequence[Filed], device: str = "cpu") -> dict[str, Any]:
    """What a model is worth on cases, see ``metrics.MEASURES``: right and wrong episodes of each task counting the
    same, and (``as_they_are``) every case counting the same; also for each task, and for each kind of failure (``auc``
    against all successes) and the policies' own episodes. {} where there is nothing to measure."""
    if len({one.success for one in docket}) < 2:
        return {}
    for part in (model.policy.net, model.head):
        part.to(device)
    logits = logits_of(model, docket)
    for part in (model.policy.net, model.head):
        part.cpu()
    probability = sure(logits.verdict, *model.curves.success)
    tasks, kinds = [one.task for one in docket], np.array([one.kind for one in docket])
    weight = even(logits.success, tasks)
    failures = {kind: (kinds == kind) & ~logits.success for kind in sorted(set(kinds[~logits.success].tolist()))}
    own = kinds == POLICY_KIND
    others = {
        "auc_of_policies": auc(probability[own], logits.success[own]),
        "auc_of_value": auc(logits.value, logits.outcome),
        "auc_of_progress": auc(logits.progress, logits.helped),
    }
    return {
        "episodes": len(docket), "tasks": len(set(tasks)), "successes": float(logits.success.mean()),
        **measured(probability, logits.success, tasks, weight),
        "as_they_are": measured(probability, logits.success, tasks),
        "by_task": by_group(probability, logits.success, tasks),
        "auc_by_failure": {k: auc(probability[m | logits.success], logits.success[m | logits.success])
                           for k, m in failures.items() if logits.success.any()},
        **{name: value for name, value in others.items() if not math.isnan(value)},
    }  # fmt: skip


def _counted(docket: Sequence[Filed]) -> str:
    counts = Counter((one.kind, one.success) for one in docket)
    parts = [f"{n} {kind}{'' if right else ' (failed)'}" for (kind, right), n in counts.most_common()]
    return f"{', '.join(parts)}; of {len({one.task for one in docket})} tasks"


def _copied(start: str, to: Path) -> None:
    to.mkdir(parents=True, exist_ok=True)
    for name in (CONFIG, WEIGHTS, TOKENIZER, TOKENIZER_CONFIG):
        if (Path(start) / name).is_file():
            shutil.copyfile(Path(start) / name, to / name)


def _play(plan: Plan, run: Path, say: Say) -> None:
    """Spoilt demonstrations, and what policies do alone."""
    if plan.spoilt:
        faults = {t: of for t, of in faults_of(_shown(plan, say), plan.spoilt, plan.learning.seed).items() if of}
        say(f"playing {sum(map(len, faults.values()))} spoilt demonstrations of {len(faults)} tasks")
        settings = Spoiling(
            tuple(faults), plan.spoilt, plan.learning.seed, 0, str(run / SPOILT), browser=plan.browser, faults=faults
        )
        results = spoil(settings, plan.actors) if faults else []
        say(f"{sum(r.success for r in results)} of {len(results)} were harmless")
    for player in plan.players if plan.played else ():
        say(f"{player} plays {plan.played} episodes of each of {len(plan.all_tasks)} tasks")
        own = Gathering(
            plan.all_tasks, plan.played, plan.learning.seed, FIRST_PLAYED, str(run / PLAYED), player, plan.browser
        )
        results = play_alone(own, plan.actors)
        say(f"{sum(r.success for r in results)} of {len(results)} succeeded")


def _shown(plan: Plan, say: Say) -> Iterator[Episode]:
    """A few more episodes of each task than are to be spoilt: not each of them allows a fault."""
    held: Counter[str] = Counter()
    wanted = set(plan.all_tasks)
    for url in plan.data:
        corpus = Corpus(url, say)
        for shard in corpus.shards():
            for episode in corpus.episodes(lambda row: row["task"] in wanted and held[row["task"]] < 2 * plan.spoilt,
                                           [shard]):  # fmt: skip
                held[episode.task.id] += 1
                yield episode

"""The goal writer: a small decoder of the policy's own kind that reads what was done and says what was asked for.

    learn(Supervised("goals", steps=1500, rows=32, stretch=1), Plan(("demos",), tasks, "models/default"), False, print)
    goals = write(load_policy("goals/policy"), [told(seen, actions)], Chooser(0.5, generator))

It is trained on demonstrations read backwards (``telling``) by the supervised trainer, from the policy's weights on.
A goal written behind the fact is called hindsight (Andrychowicz et al. 2017, arXiv:1707.01495).
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from webagent.envs.errors import UsageError
from webagent.envs.types import Observation
from webagent.models.checkpoint import Policy, load_policy
from webagent.models.decode import Chooser, decide
from webagent.models.segment import read_observation

from .docket import Filed, Reading, read_docket
from .material import names_in
from .stretches import Shelf, pack
from .supervised import Material, Report, Supervised, check_device, train
from .telling import Renamed, backwards, told

LONGEST = 60
"""Choices that a goal is made of, at most (``decode`` says no more)."""
FINE = "adamw"
"""The optimiser for weights that were trained already."""
AT_ONCE = 16
ASIDE = 0.1
"""Part of the demonstrations that are kept to tell how well goals are written."""


@dataclass(frozen=True)
class Plan:
    """``data``: corpora with demonstrations of ``tasks``; ``start``: the policy whose weights and words it begins with;
    ``most``: demonstrations of a task out of each corpus."""

    data: tuple[str, ...]
    tasks: tuple[str, ...]
    start: str
    most: int = 100


def learn(
    settings: Supervised, plan: Plan, resume: bool, say: Callable[[str], None], report: Report | None = None
) -> tuple[Policy, dict[str, float]]:
    """The writer, and how it does on demonstrations that were kept aside: see ``measured``. It lies in RUN/policy, the
    figures in RUN/measured.json. Raises ``UsageError``, ``DataDamaged``."""
    check_device(settings.device)
    start = load_policy(plan.start)
    reading = Reading(plan.tasks, plan.most, seed=settings.seed, misfits=False)
    cases = [one for one in read_docket(plan.data, reading, say, max(1, settings.workers)) if one.success]
    order = np.random.default_rng(settings.seed).permutation(len(cases))
    aside = [cases[int(n)] for n in order[: round(ASIDE * len(cases))]]
    learned = [cases[int(n)] for n in order[len(aside) :]]
    if not learned or not aside:
        raise UsageError("expected demonstrations to read backwards, found too few", "webagent data expert makes some")
    say(f"{len(learned)} demonstrations of {len({one.task for one in learned})} tasks, {len(aside)} kept aside")
    shelf, texts = Shelf(), list[str]()
    for one in learned:
        label = backwards(one.case())
        shelf.put(one.task, pack([label]))
        texts += [one.case().goal, *(e.name for e in label.observation.tree.elements)]
    config = dataclasses.replace(start.config, text_tokens=LONGEST)
    material = Material(shelf, start.words, config, augment=Renamed(names_in(texts)), start=start.net.state_dict())
    writer = train(settings, material, resume, report)
    found = measured(writer, aside)
    (Path(settings.out) / "measured.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return writer, found


def measured(writer: Policy, aside: Sequence[Filed]) -> dict[str, float]:
    """Of goals that it writes for demonstrations: the part that is the goal to the letter (``same``), and the part of
    its words and numbers that they have in common (``common``: words of both, twice, to all words of either)."""
    cases = [one.case() for one in aside]
    goals = write(writer, [told(case.seen, case.actions) for case in cases])
    same, common = [], []
    for case, goal in zip(cases, goals, strict=True):
        own, said = set(case.goal.lower().split()), set(goal.lower().split())
        same.append(goal == case.goal)
        common.append(2 * len(own & said) / max(1, len(own) + len(said)))
    return {"episodes": len(cases), "same": float(np.mean(same)), "common": float(np.mean(common))}


def write(writer: Policy, pages: Sequence[Observation], chooser: Chooser | None = None) -> list[str]:
    """A goal for each told episode; "" where none was said."""
    found: list[str] = []
    for at in range(0, len(pages), AT_ONCE):
        segments = [read_observation(page, writer.words, writer.config) for page in pages[at : at + AT_ONCE]]
        memory = writer.net.trunk.empty(len(segments), writer.net.registers.device)
        for decision in decide(writer.net, segments, memory, writer.words, chooser)[0]:
            answered = decision.action is not None and decision.action.op == "answer"
            found.append((decision.action.text or "").strip() if answered and decision.action else "")
    return found

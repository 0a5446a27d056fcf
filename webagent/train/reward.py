"""Training of a reward model: a head, and if asked for the last layers of the trunk, on cases of success and failure.

    model = train_reward(Learning(out="run", steps=150), load_policy("run/policy"), cases)

A batch holds as many successes as failures of each of a few tasks, each drawn by its kind first, so neither what is
frequent nor what a task is decides. The loss is binary cross-entropy of the verdict at the end,
of the same verdict from the midst of the episode (a value, by what came of it) and of each step's progress, each
balanced between right and wrong. Where the trunk stays as it is, an episode is read once.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from webagent.envs.errors import UsageError
from webagent.models.checkpoint import Policy
from webagent.models.reward import Curves, RewardHead, RewardModel, evidence_of

from .calibration import fit
from .cases import Case

READ_AT_ONCE = 48
"""Segments that are read side by side, but for a single longer episode."""


@dataclass(frozen=True)
class Learning:
    """Settings of a run, flat."""

    out: str
    steps: int = 150
    """Updates in all."""
    tasks: int = 6
    """Tasks in a batch."""
    pairs: int = 4
    """Successes of each task in a batch, and failures."""
    layers: int = 0
    """The last layers of the trunk that learn, too."""
    hidden: int = 32
    """Width of the head."""
    learning_rate: float = 1e-3
    """At its height."""
    layer_rate: float = 5e-5
    """Of the trunk's layers."""
    decay: float = 0.05
    value_weight: float = 0.25
    """Of the value's loss beside the verdict's."""
    progress_weight: float = 0.5
    apart: float = 0.15
    """Part of the tasks that are kept for calibration alone."""
    seed: int = 0
    report_every: int = 20


@dataclass(frozen=True)
class Logits:
    """What a model says of cases: ``verdict``, ``success`` [n] at their ends; ``value`` and what came of it, of looks
    before; ``progress`` and whether it was, of steps where that is known."""

    verdict: np.ndarray
    success: np.ndarray
    value: np.ndarray
    outcome: np.ndarray
    progress: np.ndarray
    helped: np.ndarray


Report = Callable[[int, dict[str, float]], None]


def train_reward(
    settings: Learning, policy: Policy, cases: Sequence[Case], report: Report | None = None
) -> tuple[RewardModel, tuple[str, ...]]:
    """A calibrated model and the names of the network's weights that learned; ``policy`` is changed where they did.

    Raises ``UsageError`` where there are not both successes and failures.
    """
    learned, kept = split(cases, settings.apart, settings.seed)
    run = _Run(settings, policy, learned)
    started = time.monotonic()
    for step in range(settings.steps):
        numbers = run.update(step)
        if report and ((step + 1) % settings.report_every == 0 or step + 1 == settings.steps):
            report(step + 1, {**numbers, "updates_per_s": (step + 1) / (time.monotonic() - started)})
    model = RewardModel(policy, run.head.eval())
    policy.net.eval()
    return dataclasses.replace(model, curves=curves_of(logits_of(model, kept))), run.names


def split(cases: Sequence[Case], apart: float, seed: int) -> tuple[list[Case], list[Case]]:
    """Cases to learn from and cases to calibrate on, of other tasks if there are several. Raises ``UsageError``."""
    both = sorted(t for t in {c.task for c in cases} if len({c.success for c in cases if c.task == t}) == 2)
    if not both:
        raise UsageError("expected successes and failures of one task, found none", "give more data, or --spoilt N")
    count = max(1, round(apart * len(both))) if len(both) > 1 and apart else 0
    chosen = {both[int(n)] for n in np.random.default_rng(seed).permutation(len(both))[:count]}
    learned = [case for case in cases if case.task not in chosen]
    return learned, [case for case in cases if case.task in chosen] or learned


class _Run:
    """Head, layers, optimiser, and the evidence that was read already."""

    def __init__(self, settings: Learning, policy: Policy, cases: Sequence[Case]) -> None:
        torch.manual_seed(settings.seed)
        self.settings, self.policy = settings, policy
        self.head = RewardHead(policy.config.width, settings.hidden)
        self.rng = np.random.default_rng(settings.seed)
        self.shelf = _shelved(cases)
        self.names = learned_names(policy, settings.layers)
        for name, p in policy.net.named_parameters():
            p.requires_grad_(name in self.names)
        own = [p for p in policy.net.parameters() if p.requires_grad]
        groups = [{"params": list(self.head.parameters()), "height": settings.learning_rate}]
        groups += [{"params": own, "height": settings.layer_rate}] if own else []
        self.optimiser = torch.optim.AdamW(groups, betas=(0.9, 0.98), weight_decay=settings.decay)
        self.read: dict[int, Tensor] | None = None if own else {}

    def update(self, step: int) -> dict[str, float]:
        s = self.settings
        part = min((step + 1) / 20, 0.5 * (1 + math.cos(math.pi * step / s.steps)))
        for group in self.optimiser.param_groups:
            group["lr"] = group["height"] * part
        self.head.train()
        cases = self.draw()
        loss, numbers = loss_of(self.head, self.evidence(cases), cases, s.value_weight, s.progress_weight)
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_([p for g in self.optimiser.param_groups for p in g["params"]], 1.0)
        self.optimiser.step()
        return numbers

    def draw(self) -> list[Case]:
        """``pairs`` of a success and a failure of each of ``tasks``, those of one task together."""
        names, s = list(self.shelf), self.settings
        found = []
        for n in sorted(self.rng.choice(len(names), min(s.tasks, len(names)), replace=False)):
            found += [_one(kinds, self.rng) for _ in range(s.pairs) for kinds in self.shelf[names[int(n)]]]
        return found

    def evidence(self, cases: Sequence[Case]) -> list[Tensor]:
        read: dict[int, Tensor] = {} if self.read is None else self.read
        unread = list({id(case): case for case in cases if id(case) not in read}.values())
        for part in _parts(unread):
            with torch.set_grad_enabled(self.read is None):
                rows = evidence_of(self.policy, _histories(part))
            read.update(zip(map(id, part), rows, strict=True))
        return [read[id(case)] for case in cases]


def learned_names(policy: Policy, layers: int) -> tuple[str, ...]:
    """The weights of the trunk's last ``layers``. Raises ``UsageError`` for more than there are."""
    have = policy.config.layers
    if not 0 <= layers <= have:
        raise UsageError(f"expected 0 to {have} layers, found {layers}")
    first = tuple(f"trunk.layers.{n}." for n in range(have - layers, have))
    own = (*first, "trunk.last.") if layers else ()
    return tuple(name for name, _ in policy.net.named_parameters() if own and name.startswith(own))


Kinds = dict[str, list[Case]]


def _shelved(cases: Iterable[Case]) -> dict[str, tuple[Kinds, Kinds]]:
    """Successes and failures by kind, of each task that has both."""
    found: dict[str, tuple[Kinds, Kinds]] = {}
    for case in cases:
        right, wrong = found.setdefault(case.task, ({}, {}))
        (right if case.success else wrong).setdefault(case.kind, []).append(case)
    return {task: pair for task, pair in sorted(found.items()) if all(pair)}


def _one(kinds: Kinds, rng: np.random.Generator) -> Case:
    held = kinds[sorted(kinds)[int(rng.integers(len(kinds)))]]
    return held[int(rng.integers(len(held)))]


def _parts(cases: Sequence[Case]) -> Iterator[list[Case]]:
    """Episodes that are read side by side: of one task, so that little is padding, and of one length."""
    groups: dict[tuple[str, int], list[Case]] = {}
    for case in cases:
        groups.setdefault((case.task, len(case.seen)), []).append(case)
    for (_, length), held in groups.items():
        most = max(1, READ_AT_ONCE // length)
        yield from (held[at : at + most] for at in range(0, len(held), most))


def _histories(cases: Sequence[Case]) -> list[tuple[Any, Any]]:
    return [(case.seen, case.actions) for case in cases]


def loss_of(
    head: RewardHead, evidence: Sequence[Tensor], cases: Sequence[Case], value_weight: float, progress_weight: float
) -> tuple[Tensor, dict[str, float]]:
    """The balanced loss, nats, and numbers for the report."""
    logits = head(pad_sequence(list(evidence), batch_first=True))[0]
    lengths = torch.tensor([len(case.actions) for case in cases])
    right = torch.tensor([float(case.success) for case in cases])
    ends = logits[torch.arange(len(cases)), lengths, 0]
    midst = torch.arange(logits.shape[1])[None] < lengths[:, None]
    helped = pad_sequence([_known(case) for case in cases], batch_first=True, padding_value=math.nan)
    verdict = balanced(ends, right)
    value = balanced(logits[:, :, 0][midst], right[:, None].expand_as(midst)[midst])
    progress = balanced(logits[:, 1:, 1].flatten(), helped.flatten())
    numbers = {
        "loss": verdict.item(), "value_loss": value.item(), "progress_loss": progress.item(),
        "wrong": ((ends > 0) != (right > 0)).float().mean().item(),
    }  # fmt: skip
    return verdict + value_weight * value + progress_weight * progress, numbers


def balanced(logits: Tensor, labels: Tensor) -> Tensor:
    """Binary cross-entropy, nats, the mean of its means over right and over wrong ones; ``labels`` [n] in 0, 1, nan."""
    losses = functional.binary_cross_entropy_with_logits(logits, labels.nan_to_num(), reduction="none")
    means = [losses[labels == kind].mean() for kind in (0.0, 1.0) if (labels == kind).any()]
    return torch.stack(means).mean() if means else losses.sum() * 0


def _known(case: Case) -> Tensor:
    return torch.tensor([math.nan if p is None else p for p in case.progress])


@torch.inference_mode()
def logits_of(model: RewardModel, cases: Sequence[Case]) -> Logits:
    """What the model says of each case, before any curve."""
    rows = {id(case): row for part in _parts(cases)
            for case, row in zip(part, evidence_of(model.policy, _histories(part)), strict=True)}  # fmt: skip
    ends, values, outcomes, steps, helped = [], [], [], [], []
    for case in cases:
        logits = model.head(rows[id(case)][None])[0][0].numpy().astype(np.float64)
        ends.append(logits[-1, 0])
        values += logits[:-1, 0].tolist()
        outcomes += [case.success] * (len(logits) - 1)
        known = [n for n, p in enumerate(case.progress) if p is not None]
        steps += logits[1:, 1][known].tolist()
        helped += [bool(case.progress[n]) for n in known]
    right = np.array([case.success for case in cases], bool)
    return Logits(
        np.array(ends), right, np.array(values), np.array(outcomes, bool), np.array(steps), np.array(helped, bool)
    )


def curves_of(logits: Logits) -> Curves:
    """Platt's curve of each."""
    pairs = ((logits.verdict, logits.success), (logits.value, logits.outcome), (logits.progress, logits.helped))
    return Curves(*(fit(odds, right) if len(odds) else (1.0, 0.0) for odds, right in pairs))

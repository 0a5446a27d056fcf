"""Training of a reward model: a head, and if asked for the last layers of the trunk, on cases of success and failure.

    model, names = train_reward(Learning(out="run", steps=150), load_policy("run/policy"), docket)

The loss is binary cross-entropy of the verdict at the end, of the same verdict from the midst of the episode (a value,
by what came of it) and of each step's progress, each balanced between right and wrong. Where the trunk stays as it is,
an episode is read once. Where it learns, it also goes on learning to say what lies on the way, so that its surprise
keeps its meaning; pages are then changed in what does not matter (``augment``).
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

from webagent.envs.errors import UsageError
from webagent.models.checkpoint import Policy
from webagent.models.histories import evidence
from webagent.models.network import PolicyNet
from webagent.models.reward import Curves, RewardHead, RewardModel, evidence_of

from .calibration import fit
from .case_batches import CaseBatch, CaseBatches, Truth, truth_of
from .docket import Filed, by_task
from .metrics import even
from .parcels import packed, unpacked
from .stretches import Augment
from .supervised import Half

READ_AT_ONCE = 48
"""Looks that are read side by side, but for a single longer episode; a GPU reads ten times as many."""


@dataclass(frozen=True)
class Learning:
    """Settings of a run, flat."""

    out: str
    steps: int = 150
    """Updates in all."""
    tasks: int = 6
    """Tasks in a batch."""
    looks: int = 256
    """Looks in a batch, about; of large pages fewer."""
    layers: int = 0
    """The last layers of the trunk that learn, too."""
    hidden: int = 32
    """Width of the head."""
    learning_rate: float = 1e-3
    """At its height."""
    layer_rate: float = 1e-4
    """Of the trunk's layers."""
    dropout: float = 0.1
    """Share of each layer that is left out at random where layers learn."""
    decay: float = 0.05
    value_weight: float = 0.25
    """Of the value's loss beside the verdict's."""
    progress_weight: float = 0.5
    saying_weight: float = 0.1
    """Of the loss of saying what lies on the way, where layers learn."""
    apart: float = 0.15
    """Part of the tasks that are kept for calibration alone."""
    seed: int = 0
    device: str = "cpu"
    workers: int = 0
    """Processes that make batches where layers learn, and that read corpora."""
    compiled: bool = False
    """Whether the layers are compiled."""
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
    settings: Learning,
    policy: Policy,
    docket: Sequence[Filed],
    report: Report | None = None,
    augment: Augment | None = None,
    calibrate: Sequence[Filed] = (),
    begin: RewardModel | None = None,
    read: dict[int, Tensor] | None = None,
) -> tuple[RewardModel, tuple[str, ...]]:
    """A calibrated model on the CPU and the names of the network's weights that learned; ``policy`` is changed where
    they did. ``calibrate``: cases that the curves are fitted on, or none: those of a part of the tasks. ``begin``: a
    model whose head goes on, made from ``policy``; ``read``: evidence by the case's ``id``, added to where the trunk
    does not learn.

    Raises ``UsageError`` where there are not both successes and failures.
    """
    learned, kept = split(docket, 0.0 if calibrate else settings.apart, settings.seed)
    run = _Run(settings, policy, learned, augment, read)
    if begin is not None:
        run.head.load_state_dict(begin.head.state_dict())
    started, reported = time.monotonic(), 0
    sums: dict[str, Tensor] = {}
    for step, (given, truth, saying) in enumerate(run.batches()):
        for name, number in run.update(step, given, truth, saying).items():
            sums[name] = sums[name] + number.detach() if name in sums else number.detach()
        if report and ((step + 1) % settings.report_every == 0 or step + 1 == settings.steps):
            numbers = {name: float(total) / (step + 1 - reported) for name, total in sums.items()}
            pace = (step + 1) / (time.monotonic() - started)
            report(step + 1, {**numbers, "updates_per_s": pace, "waiting": run.waited / (time.monotonic() - started)})
            sums, reported = {}, step + 1
    model = RewardModel(policy, run.head.eval())
    policy.net.eval()
    curves = curves_of(logits_of(model, calibrate or kept), calibrate or kept)
    policy.net.cpu()
    names = tuple(sorted({*run.names, *(begin.learned if begin else ())}))
    return dataclasses.replace(model, head=run.head.cpu(), curves=curves, learned=names), run.names


def split(docket: Sequence[Filed], apart: float, seed: int) -> tuple[list[Filed], list[Filed]]:
    """Cases to learn from and cases to calibrate on, of other tasks if there are several. Raises ``UsageError``."""
    both = sorted(by_task(docket))
    if not both:
        raise UsageError("expected successes and failures of one task, found none", "give more data, or --spoilt N")
    count = max(1, round(apart * len(both))) if len(both) > 1 and apart else 0
    chosen = {both[int(n)] for n in np.random.default_rng(seed).permutation(len(both))[:count]}
    learned = [one for one in docket if one.task not in chosen]
    return learned, [one for one in docket if one.task in chosen] or learned


Given = tuple[Tensor, Truth, Tensor]
"""Evidence [E, L, ·], what is known of the episodes, and the loss of saying what lies on the way."""


class _Run:
    """Head, layers, optimiser, and the evidence that was read already."""

    def __init__(
        self,
        settings: Learning,
        policy: Policy,
        docket: Sequence[Filed],
        augment: Augment | None,
        read: dict[int, Tensor] | None,
    ) -> None:
        torch.manual_seed(settings.seed)
        self.settings, self.policy, self.device = settings, policy, settings.device
        self.head = RewardHead(policy.config.width, settings.hidden).to(self.device).train()
        self.names = learned_names(policy, settings.layers)
        for name, p in policy.net.named_parameters():
            p.requires_grad_(name in self.names)
        policy.net.to(self.device).train(bool(self.names))
        self.half = Half(policy.net) if self.device.startswith("cuda") and self.names else None
        own = [p for p in policy.net.parameters() if p.requires_grad]
        groups = [{"params": list(self.head.parameters()), "height": settings.learning_rate}]
        groups += [{"params": own, "height": settings.layer_rate}] if own else []
        self.optimiser = torch.optim.AdamW(groups, betas=(0.9, 0.98), weight_decay=settings.decay)
        self.made = CaseBatches(
            docket, policy.words, policy.config, tasks=settings.tasks, looks=settings.looks, seed=settings.seed,
            augment=augment if self.names else None,
        )  # fmt: skip
        self.read = {} if read is None else read
        self.waited = 0.0
        if settings.compiled:
            for layer in (self.half.pairs[1] if self.half else policy.net).trunk.layers:
                layer.compile(dynamic=True)

    def batches(self) -> Iterator[Given]:
        """As many as there are updates."""
        if not self.names:
            for n in range(self.settings.steps):
                yield self._known(self.made.draw(np.random.default_rng([self.settings.seed, n])))
            return
        for batch in self._timed(self._loaded()):
            net = self.half.net() if self.half else self.policy.net
            found = evidence(net, batch.histories)
            shown = batch.shown
            yield found.given, batch.truth, (found.nll * shown).sum() / shown.sum().clamp_min(1)

    def _loaded(self) -> Iterator[CaseBatch]:
        workers = self.settings.workers
        options: dict[str, Any] = {"prefetch_factor": 4, "multiprocessing_context": "fork"} if workers else {}
        for parcel in DataLoader(
            self.made, batch_size=None, sampler=range(self.settings.steps), num_workers=workers, collate_fn=packed,
            pin_memory=self.device.startswith("cuda"), **options,
        ):  # fmt: skip
            yield unpacked(parcel, self.device)

    def _timed(self, batches: Iterator[CaseBatch]) -> Iterator[CaseBatch]:
        while True:
            before = time.monotonic()
            batch = next(batches, None)
            self.waited += time.monotonic() - before
            if batch is None:
                return
            yield batch

    def _known(self, drawn: Sequence[Filed]) -> Given:
        """Of cases that are read once, by a network that does not change."""
        unread = {id(one): one for one in drawn if id(one) not in self.read}
        for part in _parts(list(unread.values()), READ_AT_ONCE):
            with torch.no_grad():
                rows = evidence_of(self.policy, _histories(part))
            self.read.update(zip(map(id, part), rows, strict=True))
        given = pad_sequence([self.read[id(one)] for one in drawn], batch_first=True)
        truth = truth_of([one.case() for one in drawn])
        return given, Truth(*(part.to(self.device) for part in vars(truth).values())), given.new_zeros(())

    def update(self, step: int, given: Tensor, truth: Truth, saying: Tensor) -> dict[str, Tensor]:
        s = self.settings
        part = min((step + 1) / 20, 0.5 * (1 + math.cos(math.pi * step / s.steps)))
        for group in self.optimiser.param_groups:
            group["lr"] = group["height"] * part
        loss, numbers = loss_of(self.head, given, truth, s.value_weight, s.progress_weight)
        self.optimiser.zero_grad()
        (loss + s.saying_weight * saying).backward()
        if self.half:
            self.half.hand_over()
        nn.utils.clip_grad_norm_([p for g in self.optimiser.param_groups for p in g["params"]], 1.0)
        self.optimiser.step()
        return {**numbers, "saying_loss": saying}


def learned_names(policy: Policy, layers: int) -> tuple[str, ...]:
    """The weights of the trunk's last ``layers``. Raises ``UsageError`` for more than there are."""
    have = policy.config.layers
    if not 0 <= layers <= have:
        raise UsageError(f"expected 0 to {have} layers, found {layers}")
    first = tuple(f"trunk.layers.{n}." for n in range(have - layers, have))
    own = (*first, "trunk.last.") if layers else ()
    return tuple(name for name, _ in policy.net.named_parameters() if own and name.startswith(own))


def with_dropout(policy: Policy, share: float) -> Policy:
    """The same weights in a network that leaves out a part of each layer while it learns."""
    config = dataclasses.replace(policy.config, dropout=share)
    net = PolicyNet(config)
    net.load_state_dict(policy.net.state_dict())
    return dataclasses.replace(policy, net=net.eval())


def _parts(docket: Sequence[Filed], most: int) -> Iterator[list[Filed]]:
    """Episodes that are read side by side: of about one size and length."""
    held: list[Filed] = []
    for one in sorted(docket, key=lambda one: (one.size // 16, one.task, one.looks)):
        if held and (sum(o.looks for o in held) + one.looks > most or one.size // 16 > held[0].size // 16):
            yield held
            held = []
        held.append(one)
    if held:
        yield held


def _histories(docket: Sequence[Filed]) -> list[tuple[Any, Any]]:
    cases = [one.case() for one in docket]
    return [(case.seen, case.actions) for case in cases]


def loss_of(
    head: RewardHead, given: Tensor, truth: Truth, value_weight: float, progress_weight: float
) -> tuple[Tensor, dict[str, Tensor]]:
    """The balanced loss, nats, and numbers for the report."""
    logits = head(given)[0]
    ends = logits[torch.arange(len(given), device=given.device), truth.steps, 0]
    midst = torch.arange(logits.shape[1], device=given.device)[None] < truth.steps[:, None]
    verdict = balanced(ends, truth.right)
    value = balanced(logits[:, :, 0], torch.where(midst, truth.right[:, None], math.nan))
    progress = balanced(logits[:, 1:, 1], truth.helped)
    numbers = {
        "loss": verdict, "value_loss": value, "progress_loss": progress,
        "wrong": ((ends > 0) != (truth.right > 0)).float().mean(),
    }  # fmt: skip
    return verdict + value_weight * value + progress_weight * progress, numbers


def balanced(logits: Tensor, labels: Tensor) -> Tensor:
    """Binary cross-entropy, nats, the mean of its means over right and over wrong ones; ``labels`` in 0, 1, nan."""
    losses = functional.binary_cross_entropy_with_logits(logits, labels.nan_to_num(), reduction="none")
    sides = torch.stack([labels == 1, labels == 0]).float().flatten(1)
    counts = sides.sum(1)
    means = (sides * losses.flatten()).sum(1) / counts.clamp_min(1)
    return means.sum() / (counts > 0).sum().clamp_min(1)


@torch.inference_mode()
def logits_of(model: RewardModel, docket: Sequence[Filed]) -> Logits:
    """What the model says of each case, before any curve."""
    most = 10 * READ_AT_ONCE if next(model.head.parameters()).is_cuda else READ_AT_ONCE
    said: dict[int, np.ndarray] = {}
    for part in _parts(docket, most):
        for one, row in zip(part, evidence_of(model.policy, _histories(part)), strict=True):
            said[id(one)] = model.head(row[None])[0][0].cpu().numpy().astype(np.float64)
    ends, values, outcomes, steps, helped = [], [], [], [], []
    for one in docket:
        logits, known = said[id(one)], one.case().progress
        ends.append(logits[-1, 0])
        values += logits[:-1, 0].tolist()
        outcomes += [one.success] * (len(logits) - 1)
        told = [n for n, p in enumerate(known) if p is not None]
        steps += logits[1:, 1][told].tolist()
        helped += [bool(known[n]) for n in told]
    right = np.array([one.success for one in docket], bool)
    return Logits(
        np.array(ends), right, np.array(values), np.array(outcomes, bool), np.array(steps), np.array(helped, bool)
    )


def curves_of(logits: Logits, docket: Sequence[Filed]) -> Curves:
    """Platt's curve of each; that of success as if half of the episodes of each task had failed."""
    weight = even(logits.success, [one.task for one in docket])
    curves = [fit(logits.verdict, logits.success, weight=weight)]
    for odds, right in ((logits.value, logits.outcome), (logits.progress, logits.helped)):
        curves.append(fit(odds, right) if len(odds) else (1.0, 0.0))
    return Curves(*curves)

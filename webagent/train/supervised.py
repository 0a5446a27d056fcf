"""Imitation: the policy learns to say what demonstrators said, by cross-entropy over every choice of every action.

    train(Supervised(data=("demos",), out="run", steps=10_000))

One process a device, the same script under ``torchrun`` on several. Streams of episodes go through the network stretch
by stretch, memory and all, with gradients through the memory of a stretch (truncated back-propagation through time).
The gates of compressive memory have a learning rate of their own and no decay: with the trunk's they never move (see
docs/LOG.md). What is saved as the policy is a moving average of the weights.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from webagent.envs.errors import UsageError
from webagent.models.checkpoint import Policy, save_policy
from webagent.models.config import PolicyConfig
from webagent.models.losses import surprise
from webagent.models.network import PolicyNet
from webagent.models.words import Words

from .optimiser import NAMES, Optimiser
from .parcels import packed, unpacked
from .run_folder import POLICY, RunFolder
from .stretches import Augment, Shelf, Stretch, Stretches

MAY_DIFFER = ("out", "workers", "device", "compiled", "save_s", "report_every")


@dataclass(frozen=True)
class Supervised:
    """Settings of a run, flat; saved with it."""

    out: str
    """The run's folder."""
    steps: int = 10_000
    """Updates in all; the learning rate falls to nothing by the last one."""
    rows: int = 256
    """Streams side by side, over all devices together."""
    stretch: int = 4
    """Steps of a stream between two updates."""
    optimiser: str = "muon"
    """``muon`` for the trunk's matrices and AdamW for the rest, or ``adamw`` for all."""
    learning_rate: float = 1e-3
    gate_rate: float = 1e-2
    """Learning rate of the compressive memory's gates."""
    warmup: int = 200
    """Updates until the learning rate is at its height."""
    decay: float = 0.05
    """Of matrices; norms, biases, embeddings and gates have none."""
    average: float = 0.998
    """Weight of the past in the moving average of the weights."""
    value_weight: float = 0.1
    """Of the value's loss beside the actions'."""
    clip: float = 1.0
    """Largest norm of a gradient."""
    seed: int = 0
    device: str = "cpu"
    workers: int = 0
    """Processes that make batches."""
    compiled: bool = False
    """Whether the layers are compiled."""
    save_s: float = 60.0
    """Seconds between two saves."""
    report_every: int = 50
    """Updates between two reports."""


@dataclass
class Material:
    """What is learned from. ``weights``: how often each task is drawn."""

    shelf: Shelf
    words: Words
    config: PolicyConfig
    weights: dict[str, float] | None = None
    augment: Augment | None = None
    start: dict[str, Tensor] | None = None
    """Weights to begin with, or None for new ones."""


Report = Callable[[int, dict[str, float]], None]


def train(
    settings: Supervised,
    material: Material,
    resume: bool = False,
    report: Report | None = None,
    until: int | None = None,
) -> Policy:
    """Run to the last update, or to update ``until``; goes on where it was with ``resume``.

    Raises ``UsageError``, ``DataDamaged``.
    """
    last = min(settings.steps, until or settings.steps)
    rank, world = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    device = f"cuda:{os.environ.get('LOCAL_RANK', '0')}" if settings.device == "cuda" else settings.device
    flat = dataclasses.asdict(settings)
    if rank == 0:  # makes the folder, or refuses it, before another process can look
        RunFolder(settings.out, flat, resume, MAY_DIFFER)
    with _together(world, device):
        folder = RunFolder(settings.out, flat, True, MAY_DIFFER)
        run = _Run(settings, material, device, rank, world)
        state = folder.load(device) if resume else None
        if state is not None:
            run.load(state)
        last_save, sums = time.monotonic(), _Sums()
        for stretch in sums.waited_for(run.batches(last)):
            sums.add(run.update(stretch))
            if rank == 0 and (run.step % settings.report_every == 0 or run.step == last):
                numbers = {**sums.means(), "rate": run.rate()}
                folder.report(run.step, numbers)
                if report:
                    report(run.step, numbers)
                sums.clear()
            if rank == 0 and (time.monotonic() - last_save > settings.save_s or run.step == last):
                save_policy(folder.path / POLICY, run.policy())  # first: who finds the state finds its policy, too
                folder.save(run.state())
                last_save = time.monotonic()
        folder.close()
    return run.policy()


class _Run:
    """Network, optimiser, average, and how far it is."""

    def __init__(self, settings: Supervised, material: Material, device: str, rank: int, world: int) -> None:
        self.settings, self.material, self.device, self.rank, self.world = settings, material, device, rank, world
        torch.manual_seed(settings.seed)
        self.net = PolicyNet(material.config)
        if material.start is not None:
            self.net.load_state_dict(material.start)
        self.net.to(device).train()
        self.half = Half(self.net) if device.startswith("cuda") else None
        self.optimiser = Optimiser(
            self.net, settings.optimiser, rate=settings.learning_rate, gate_rate=settings.gate_rate,
            decay=settings.decay,
        )  # fmt: skip
        self.averaged = {name: p.detach().clone() for name, p in self.net.state_dict().items()}
        self.step = 0
        if settings.compiled:
            for layer in (self.half.pairs[1] if self.half else self.net).trunk.layers:
                layer.compile(dynamic=True)

    def batches(self, last: int) -> Iterator[Stretch]:
        s, m = self.settings, self.material
        made = Stretches(
            m.shelf, m.words, m.config, rows=s.rows // self.world, steps=s.stretch, seed=s.seed, weights=m.weights,
            augment=m.augment,
        )  # fmt: skip
        if s.workers:
            import resource  # not on Windows, which has no fork either

            # What a worker hands over is an open file.
            most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        order = [n * self.world + self.rank for n in range(self.step, last)]
        options: dict[str, Any] = {"prefetch_factor": 4, "multiprocessing_context": "fork"} if s.workers else {}
        for parcel in DataLoader(
            made,
            batch_size=None,
            sampler=order,
            num_workers=s.workers,
            collate_fn=packed,
            pin_memory=self.device.startswith("cuda"),
            **options,
        ):
            yield unpacked(parcel, self.device)

    def rate(self) -> float:
        """Learning rate of the coming update, as a part of its height."""
        s = self.settings
        if self.step < s.warmup:
            return (self.step + 1) / s.warmup
        return 0.5 * (1 + math.cos(math.pi * (self.step - s.warmup) / max(1, s.steps - s.warmup)))

    def update(self, stretch: Stretch) -> dict[str, float]:
        self.optimiser.set_rate(self.rate())
        net = self.half.net() if self.half else self.net
        loss, numbers = stretch_loss(net, stretch, self.settings.value_weight)
        self.optimiser.zero_grad()
        loss.backward()
        if self.half:
            self.half.hand_over()
        if self.world > 1:
            _average_gradients(self.net, self.world)
        norm = torch.nn.utils.clip_grad_norm_(self.net.parameters(), self.settings.clip)
        self.optimiser.step()
        self.step += 1
        past = min(self.settings.average, (1 + self.step) / (10 + self.step))
        own = self.net.state_dict()
        torch._foreach_lerp_(list(self.averaged.values()), [own[name] for name in self.averaged], 1 - past)
        return {**numbers, "gradient": norm.detach()}

    def policy(self) -> Policy:
        """The averaged weights, on the CPU."""
        net = PolicyNet(self.material.config)
        net.load_state_dict({name: p.cpu() for name, p in self.averaged.items()})
        return Policy(net.eval(), self.material.words, {"trained": {"updates": self.step}})

    def state(self) -> dict[str, Any]:
        return {
            "net": self.net.state_dict(), "optimiser": self.optimiser.state(), "averaged": self.averaged,
            "step": self.step,
        }  # fmt: skip

    def load(self, state: dict[str, Any]) -> None:
        self.net.load_state_dict(state["net"])
        self.optimiser.load(state["optimiser"])
        self.averaged, self.step = state["averaged"], state["step"]


class Half:
    """A network's copy in bfloat16, which reads and learns in half the time; the weights themselves stay exact."""

    def __init__(self, exact: PolicyNet) -> None:
        half = copy.deepcopy(exact).to(torch.bfloat16)
        half.points.float()
        self.pairs = exact, half

    def net(self) -> PolicyNet:
        """The copy, with the weights as they are now and no gradients."""
        exact, half = self.pairs
        with torch.no_grad():
            torch._foreach_copy_(list(half.parameters()), list(exact.parameters()))
        half.zero_grad(set_to_none=True)
        return half

    def hand_over(self) -> None:
        """Its gradients become those of the network."""
        for p, h in zip(*(net.parameters() for net in self.pairs)):
            p.grad = None if h.grad is None else h.grad.to(p.dtype)


def check_optimiser(name: str) -> None:
    """Raise ``UsageError`` for one that is not known."""
    if name not in NAMES:
        raise UsageError(f"expected an optimiser, {' or '.join(NAMES)}, found {name!r}")


def check_device(device: str) -> None:
    """Raise ``UsageError`` for a device that is not known or not there."""
    if device not in ("cpu", "cuda"):
        raise UsageError(f"expected a device, cpu or cuda, found {device!r}")
    if device == "cuda" and not torch.cuda.is_available():
        raise UsageError("expected a CUDA device, found none", "train on the CPU: --device cpu")


def stretch_loss(net: PolicyNet, stretch: Stretch, value_weight: float) -> tuple[Tensor, dict[str, Any]]:
    """The mean loss a labelled step, nats, and numbers for the report (tensors, not yet waited for)."""
    answers, outcome = stretch.answers, stretch.outcomes
    found = surprise(net, stretch.batch, answers, stretch.fresh)
    known = (answers.kinds[:, 0] >= 0).float() * answers.weight
    count = known.sum().clamp_min(1)
    action, wrong = (found.nll * known).sum() / count, (found.first_wrong * known).sum() / count
    judged = ~outcome.isnan()
    said = torch.tanh(net.value(found.start)[:, 0].float())
    value = ((said - outcome.nan_to_num()).square() * judged).sum() / judged.sum().clamp_min(1)
    numbers = {"loss": action.detach(), "wrong": wrong, "value_loss": value.detach()}
    return action + value_weight * value, numbers


def _average_gradients(net: PolicyNet, world: int) -> None:
    import torch.distributed

    for p in net.parameters():
        grad = p.grad if p.grad is not None else torch.zeros_like(p)
        torch.distributed.all_reduce(grad)
        p.grad = grad / world


@contextlib.contextmanager
def _together(world: int, device: str) -> Iterator[None]:
    """Joined with the other processes of ``torchrun``, if there are any."""
    if world == 1:
        yield
        return
    import torch.distributed

    if device.startswith("cuda"):
        torch.cuda.set_device(device)
    torch.distributed.init_process_group("nccl" if device.startswith("cuda") else "gloo")
    try:
        yield
    finally:
        torch.distributed.destroy_process_group()


class _Sums:
    """Means over the updates since the last report, how many there were a second, and what part of the time was spent
    waiting for batches."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.started, self.count, self.waited = time.monotonic(), 0, 0.0
        self.totals: dict[str, Any] = {}

    def waited_for(self, batches: Iterator[Stretch]) -> Iterator[Stretch]:
        while True:
            before = time.monotonic()
            stretch = next(batches, None)
            self.waited += time.monotonic() - before
            if stretch is None:
                return
            yield stretch

    def add(self, numbers: dict[str, Any]) -> None:
        self.count += 1
        for name, value in numbers.items():
            self.totals[name] = self.totals.get(name, 0.0) + value

    def means(self) -> dict[str, float]:
        means = {name: float(total) / self.count for name, total in self.totals.items()}
        passed = max(1e-9, time.monotonic() - self.started)
        return {**means, "updates_per_s": self.count / passed, "waiting": self.waited / passed}

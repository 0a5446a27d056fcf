"""Reinforcement: the policy plays by itself, and what went better than expected becomes likelier.

    train(Reinforced(out="run", updates=100), start, tasks, player)

Proximal policy optimisation (PPO: Schulman et al. 2017, arXiv:1707.06347) of a policy with memory. In this file, from
top to bottom: settings; the loop; advantages (generalised advantage estimation: Schulman et al. 2016,
arXiv:1506.02438); the loss. Episodes come from ``experience``, tasks from ``curriculum``, processes from ``actors``.

An action is a string of choices, and its ratio is that of all of them together. An episode is worth 1 where it ends in
success and else 0, so a value is a chance of success. Every stretch that is learned from begins with the memory that
the policy had there.
"""

from __future__ import annotations

import copy
import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from webagent.envs.errors import UsageError
from webagent.models.batch import Answers, Batch, collate, collate_answers
from webagent.models.checkpoint import Policy, load_policy, save_policy
from webagent.models.likelihood import Likelihood, likelihood
from webagent.models.network import PolicyNet
from webagent.models.trunk import Memory, Resumed

from .actors import Player
from .curriculum import Curriculum
from .experience import Acting, Experience, Transition
from .optimiser import Optimiser
from .parcels import packed, unpacked
from .run_folder import POLICY, RunFolder

START = "start"
"""Folder within the run: the policy that it began with."""
MAY_DIFFER = ("out", "device", "updates")
FARTHEST = 5.0
"""Nats that an action may have become likelier or less likely since the start before its pull back grows no more."""


@dataclass(frozen=True)
class Reinforced:
    """Settings of a run, flat; saved with it."""

    out: str
    """The run's folder."""
    updates: int = 100
    """Rounds of playing and learning in all."""
    steps: int = 512
    """Decisions a round, over all actors together."""
    stretch: int = 8
    """Longest stretch of decisions that gradients go back through."""
    rows: int = 64
    """Decisions a minibatch."""
    epochs: int = 2
    """How often each decision is learned from."""
    learning_rate: float = 1e-5
    gamma: float = 0.98
    """Discount of what comes one step later."""
    trace: float = 0.95
    """Lambda of generalised advantage estimation."""
    clip: float = 0.2
    """How far from 1 a ratio is rewarded."""
    kl: float = 0.05
    """Weight of the divergence from the policy that the run began with."""
    entropy: float = 0.0005
    """Weight of the entropy of all choices."""
    value_weight: float = 0.5
    gradient: float = 1.0
    """Largest norm of a gradient."""
    temperature: float = 1.0
    """At which actions are drawn while training."""
    seed: int = 0
    device: str = "cpu"

    def __post_init__(self) -> None:
        for name in ("updates", "steps", "stretch", "rows", "epochs", "learning_rate", "temperature", "clip"):
            if getattr(self, name) <= 0:
                raise UsageError(f"expected {name} above 0, found {getattr(self, name)}")
        for name in ("gamma", "trace"):
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"expected {name} from 0 to 1, found {getattr(self, name)}")


Report = Callable[[int, dict[str, float]], None]


# ---- the loop ---------------------------------------------------------------------------------------------------


def train(
    settings: Reinforced,
    start: Policy,
    tasks: Sequence[str],
    player: Player,
    resume: bool = False,
    report: Report | None = None,
) -> Policy:
    """Play and learn to the last update; goes on behind the last whole update with ``resume``.

    Raises ``UsageError``, ``DataDamaged``, and ``WebAgentError`` if the actors cannot play.
    """
    folder = RunFolder(settings.out, {**dataclasses.asdict(settings), "tasks": list(tasks)}, resume, MAY_DIFFER)
    state = folder.load(settings.device) if resume else None
    if state is None:
        save_policy(folder.path / START, start)
    else:
        start = load_policy(folder.path / START)
    run = _Run(settings, start, tasks)
    if state is not None:
        run.load(state)
    experience = Experience(player, run.curriculum, start.words)
    while run.update < settings.updates:
        numbers = run.round(experience)
        folder.report(run.update, numbers)
        if report:
            report(run.update, numbers)
        save_policy(folder.path / POLICY, run.policy(), torch.bfloat16)
        folder.save(run.state())
    folder.close()
    return run.policy()


class _Run:
    """Network, optimiser, curriculum, and how far it is; ``reference``: the policy that it began with, frozen."""

    def __init__(self, settings: Reinforced, start: Policy, tasks: Sequence[str]) -> None:
        self.settings, self.start = settings, start
        self.net = copy.deepcopy(start.net).to(settings.device).eval()
        self.reference = copy.deepcopy(self.net).requires_grad_(False) if settings.kl else None
        self.reference_memories: dict[int, Memory] = {}
        self.optimiser = Optimiser(self.net, "adamw", rate=settings.learning_rate, gate_rate=settings.learning_rate,
                                   decay=0.0)  # fmt: skip
        self.optimiser.set_rate(1.0)
        self.curriculum = Curriculum(tasks, settings.seed)
        self.update = 0

    def round(self, experience: Experience) -> dict[str, float]:
        """Play, learn from it, and tell how it went."""
        s, began = self.settings, time.monotonic()
        rng = np.random.default_rng([s.seed, self.update])
        generator = torch.Generator(s.device).manual_seed(int(rng.integers(2**62)))
        experience.clock.clear()
        streams = experience.collect(self.net, Acting(s.steps, s.temperature, s.stretch), rng, generator)
        stretches = self.stretches(streams)
        weigh(stretches, unlike_tasks(experience))
        numbers = self.learn(stretches, rng)
        experience.clock.mark_all("learner")
        self.update += 1
        outcomes = experience.outcomes
        taken = sum(len(stream) for stream in streams)
        return {
            **numbers,
            "success": float(np.mean([one.success for one in outcomes])) if outcomes else float("nan"),
            "episodes": len(outcomes),
            "lost": sum(bool(one.lost) for one in outcomes),
            "steps": taken,
            "steps_per_s": taken / (time.monotonic() - began),
            **{f"success/{task}": record.fast for task, record in self.curriculum.records.items()},
            **experience.clock.shares(),
        }

    def stretches(self, streams: Sequence[Sequence[Transition]]) -> list[Stretch]:
        """Streams in pieces, with advantages, and with what the reference says to them."""
        s, found = self.settings, []
        for slot, stream in enumerate(streams):
            gains = advantages(stream, s.gamma, s.trace)
            for first in range(0, len(stream), s.stretch):
                part, gain = stream[first : first + s.stretch], gains[first : first + s.stretch]
                values = np.array([step.value for step in part])
                found.append(Stretch(slot, part, gain, gain + values, np.ones(len(part))))
        if self.reference is not None:
            self._ask_reference(found)
        return found

    @torch.no_grad()
    def _ask_reference(self, stretches: Sequence[Stretch]) -> None:
        """How likely the reference finds each action; it has memories of its own, and goes through them in order."""
        assert self.reference is not None
        left, most = list(stretches), max(1, 4 * self.settings.rows // self.settings.stretch)
        while left:
            slots = list({one.slot: one for one in reversed(left)}.values())[:most]  # the first that is left of each
            left = [one for one in left if not any(one is other for other in slots)]
            empty = self.reference.trunk.empty(1, self.settings.device)
            memories = [self.reference_memories.get(one.slot, empty) for one in slots]
            batch = self._side_by_side(slots, memories)
            found = self._likelihood(self.reference, batch)
            after = self.reference.trunk.after(batch.past, found.tail, batch.counts)
            for n, one in enumerate(slots):
                one.reference = found.logprob.view(batch.past.fresh.shape)[n, : len(one.steps)].tolist()
                self.reference_memories[one.slot] = after.rows(torch.tensor([n])).slim()

    def learn(self, stretches: Sequence[Stretch], rng: np.random.Generator) -> dict[str, float]:
        """Some epochs of minibatches; the means of their numbers."""
        sums: dict[str, float] = {}
        count = 0
        for _ in range(self.settings.epochs):
            for part in minibatches(stretches, self.settings.rows, rng):
                batch = self._side_by_side(part, [one.memory for one in part])
                loss, numbers = ppo_loss(self._likelihood(self.net, batch), batch, self.settings)
                self.optimiser.zero_grad()
                loss.backward()
                norm = torch.nn.utils.clip_grad_norm_(self.net.parameters(), self.settings.gradient)
                self.optimiser.step()
                count += 1
                for name, value in {**numbers, "gradient": norm}.items():
                    sums[name] = sums.get(name, 0.0) + float(value)
        told = [one.weights for one in stretches]
        return {
            **{name: total / count for name, total in sums.items()},
            "learned_from": float(np.concatenate(told).mean()),
        }

    def _likelihood(self, net: PolicyNet, batch: Learned) -> Likelihood:
        return likelihood(net, batch.batch, batch.answers, batch.past, self.settings.temperature)

    def _side_by_side(self, stretches: Sequence[Stretch], memories: Sequence[Memory]) -> Learned:
        past = Memory.joined(memories)
        return side_by_side(stretches, past, self.net.config.vocabulary, self.settings.device)

    def policy(self) -> Policy:
        """The weights as they are, on the CPU."""
        net = copy.deepcopy(self.net).cpu()
        about = {k: v for k, v in self.start.about.items() if k not in ("calibration", "threshold")}
        return Policy(net.eval(), self.start.words, {**about, "reinforced": {"updates": self.update}})

    def state(self) -> dict[str, Any]:
        return {
            "net": self.net.state_dict(), "optimiser": self.optimiser.state(), "update": self.update,
            "curriculum": self.curriculum.state(),
        }  # fmt: skip

    def load(self, state: dict[str, Any]) -> None:
        self.net.load_state_dict(state["net"])
        self.optimiser.load(state["optimiser"])
        self.curriculum.load(state["curriculum"])
        self.update = state["update"]


# ---- what is learned from ---------------------------------------------------------------------------------------


@dataclass
class Stretch:
    """Up to T steps of a slot in a row. One a step: ``advantages``, ``targets`` of the value, ``weights`` (0 or 1: its
    part in the policy's gradient), ``reference`` (log-probabilities by the frozen policy)."""

    slot: int
    steps: Sequence[Transition]
    advantages: np.ndarray[Any, Any]
    targets: np.ndarray[Any, Any]
    weights: np.ndarray[Any, Any]
    reference: Sequence[float] = ()

    @property
    def memory(self) -> Memory:
        """What was remembered before the first step."""
        assert self.steps[0].memory is not None
        return self.steps[0].memory


def advantages(stream: Sequence[Transition], gamma: float, trace: float) -> np.ndarray[Any, Any]:
    """Generalised advantage estimates [T] of steps in a row; none reaches over the end of an episode."""
    found = np.zeros(len(stream))
    later = 0.0
    for t in reversed(range(len(stream))):
        step = stream[t]
        surprise = step.reward + gamma * step.following - step.value
        later = surprise + (0.0 if step.ends else gamma * trace * later)
        found[t] = later
    return found


def unlike_tasks(experience: Experience) -> set[str]:
    """Tasks whose episodes of this round did not all end alike; the others have nothing to tell apart."""
    ends = {(one.task, one.success) for one in experience.outcomes}
    known = {task for task, _ in ends}
    alike = {task for task in known if (task, True) not in ends or (task, False) not in ends}
    return set(experience.curriculum.records) - alike


def weigh(stretches: Sequence[Stretch], tasks: set[str]) -> None:
    """Leave the other tasks out of the policy's gradient, and bring the advantages of these to mean 0 and spread 1."""
    for one in stretches:
        one.weights = np.array([float(step.task in tasks) for step in one.steps])
    kept = np.concatenate([one.advantages[one.weights > 0] for one in stretches])
    mean, spread = (kept.mean(), kept.std()) if len(kept) else (0.0, 1.0)
    for one in stretches:
        one.advantages = (one.advantages - mean) / (spread + 1e-8)


def minibatches(stretches: Sequence[Stretch], rows: int, rng: np.random.Generator) -> Iterator[list[Stretch]]:
    """All of them, in an order of chance, about ``rows`` steps at a time."""
    part: list[Stretch] = []
    for n in rng.permutation(len(stretches)):
        part.append(stretches[int(n)])
        if sum(len(one.steps) for one in part) >= rows:
            yield part
            part = []
    if part:
        yield part


@dataclass
class Learned:
    """B stretches of up to T steps, as rows b T + t; ``counts`` [B] of them are real. ``real``, ``weights``,
    ``advantages``, ``targets``, ``before``, ``reference`` [B T]: is it a step, does it teach the policy, what it was
    worth, what the value should have been, log-probabilities as it was drawn and by the reference."""

    batch: Batch
    answers: Answers
    past: Resumed
    counts: Tensor
    real: Tensor
    weights: Tensor
    advantages: Tensor
    targets: Tensor
    before: Tensor
    reference: Tensor


def side_by_side(stretches: Sequence[Stretch], memory: Memory, vocabulary: int, device: str) -> Learned:
    """Padded to the longest with steps that say nothing; ``memory``: before each."""
    longest = max(len(one.steps) for one in stretches)
    steps = [step for one in stretches for step in (*one.steps, *[one.steps[-1]] * (longest - len(one.steps)))]
    counts = np.array([len(one.steps) for one in stretches])
    real = (np.arange(longest)[None] < counts[:, None]).ravel()
    fresh = np.array([step.begins for step in steps]) & real
    batch = collate([step.segment for step in steps])
    said = [step.choices if there else () for step, there in zip(steps, real)]
    answers = collate_answers(said, [step.places or None for step in steps], batch, vocabulary)

    def column(of: Callable[[Stretch], Any]) -> Tensor:
        table = np.zeros((len(stretches), longest), np.float32)
        for n, one in enumerate(stretches):
            values = of(one)
            table[n, : len(values)] = values
        return torch.from_numpy(table.ravel())

    made = (
        batch, answers, torch.from_numpy(fresh.reshape(-1, longest)), torch.from_numpy(counts), torch.from_numpy(real),
        column(lambda one: one.weights), column(lambda one: one.advantages), column(lambda one: one.targets),
        column(lambda one: [step.logprob for step in one.steps]), column(lambda one: one.reference),
    )  # fmt: skip
    batch, answers, fresh, *rest = unpacked(packed(made), device)
    return Learned(batch, answers, Resumed(memory, fresh), *rest)


# ---- the loss ---------------------------------------------------------------------------------------------------


def ppo_loss(found: Likelihood, batch: Learned, settings: Reinforced) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss of a minibatch, and numbers for the report (tensors, without gradients)."""
    s, real, weights = settings, batch.real.float(), batch.weights

    def mean(of: Tensor, by: Tensor) -> Tensor:
        return (of * by).sum() / by.sum().clamp_min(1)

    ratio = torch.exp((found.logprob - batch.before).clamp_max(20.0))
    clipped = ratio.clamp(1 - s.clip, 1 + s.clip)
    policy = -mean(torch.minimum(ratio * batch.advantages, clipped * batch.advantages), weights)
    value = mean((found.value - batch.targets).square(), real)
    entropy = mean(found.entropy, real)
    loss = policy + s.value_weight * value - s.entropy * entropy
    numbers = {
        "policy_loss": policy, "value_loss": value, "entropy": entropy,
        "clipped": mean(((ratio - 1).abs() > s.clip).float(), weights),
        "moved": mean(ratio - 1 - (found.logprob - batch.before), real),
    }  # fmt: skip
    if s.kl:
        # An unbiased estimate that is never below 0 (Schulman 2020, http://joschu.net/blog/kl-approx.html).
        apart = (batch.reference - found.logprob).clamp(-FARTHEST, FARTHEST)
        numbers["kl"] = mean(torch.exp(apart) - 1 - apart, real)
        loss = loss + s.kl * numbers["kl"]
    return loss, {name: number.detach() for name, number in numbers.items()}

"""What the policy goes through: episodes in all slots of the actors at once, and one look of the network at all those
that wait for a decision.

    experience = Experience(actors, curriculum, policy.words)
    streams = experience.collect(net, Acting(steps=512, temperature=1.0, every=8), rng, generator)

A stream is what one slot went through in a row, episode after episode. The memory before every so many of its steps is
kept, so that learning can begin there (stored states; Kapturowski et al. 2019).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from webagent.envs.errors import WebAgentError
from webagent.envs.types import Action
from webagent.models.batch import collate
from webagent.models.decode import Chooser, Decision, decide
from webagent.models.grammar import Choice
from webagent.models.network import PolicyNet
from webagent.models.segment import Segment
from webagent.models.trunk import Memory
from webagent.models.words import Words

from .actors import News, Player
from .arena import Begin
from .curriculum import Curriculum

MOST_LOST = 50
"""News in a row that tell of nothing but broken episodes."""


@dataclass
class Transition:
    """One decision and what came of it.

    ``choices`` and ``places``: what was said, as ``likelihood`` takes it, with its ``logprob`` then. ``value``: chance
    of success that the value head told. ``begins``: the memory was empty. ``memory``: what it was, where kept.
    ``reward``: 1 where the episode ended in success. ``ends``: the episode ended here. ``following``: the value of what
    was seen next: 0 where the task ended, the value head's where the episode was only cut off (Pardo et al. 2018,
    "Time limits in reinforcement learning").
    """

    task: str
    segment: Segment
    choices: tuple[Choice, ...]
    places: tuple[float, ...]
    logprob: float
    value: float
    begins: bool
    memory: Memory | None = None
    reward: float = 0.0
    ends: bool = False
    following: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """An episode that ended. ``lost``: why it broke, or ""; that counts as failed."""

    task: str
    success: bool
    steps: int
    lost: str = ""


@dataclass(frozen=True)
class Acting:
    """``steps``: decisions to collect. ``every``: steps between two memories that are kept."""

    steps: int
    temperature: float
    every: int


class Clock:
    """Where the actors' time goes: in their environments, waiting for a decision, waiting while the learner learns;
    seconds of one actor slot, added up."""

    def __init__(self, slots: int) -> None:
        self._since = [time.monotonic()] * slots
        self.clear()

    def clear(self) -> None:
        self.spent = {"environment": 0.0, "inference": 0.0, "learner": 0.0}

    def mark(self, slot: int, what: str) -> None:
        """What the slot did until now was ``what``."""
        now = time.monotonic()
        self.spent[what] += now - self._since[slot]
        self._since[slot] = now

    def mark_all(self, what: str) -> None:
        for slot in range(len(self._since)):
            self.mark(slot, what)

    def shares(self) -> dict[str, float]:
        """Parts of the whole."""
        whole = max(1e-9, sum(self.spent.values()))
        return {f"time/{what}": spent / whole for what, spent in self.spent.items()}


@dataclass
class _Slot:
    """``segment``: what waits for a decision, or None while the actor is at work."""

    task: str
    memory: Memory
    segment: Segment | None = None
    steps: int = 0
    stream: list[Transition] = field(default_factory=list)


class Experience:
    """All slots; episodes go on from one ``collect`` to the next."""

    def __init__(self, player: Player, curriculum: Curriculum, words: Words) -> None:
        self.player, self.curriculum, self.words = player, curriculum, words
        self.clock = Clock(player.slots)
        self.outcomes: list[Outcome] = []
        self._slots: list[_Slot] = []
        self._lost = 0

    def collect(
        self, net: PolicyNet, acting: Acting, rng: np.random.Generator, generator: torch.Generator
    ) -> list[list[Transition]]:
        """Streams, one a slot, of ``acting.steps`` decisions together (a few more where many wait at once).

        ``outcomes`` holds the episodes that ended meanwhile. Raises ``WebAgentError`` if no actor can start.
        """
        self.outcomes = []
        for number in range(self.player.slots):
            if not self._slots[number:]:
                self._slots.append(_Slot("", net.trunk.empty(1, net.registers.device)))
                self._begin(number, net, rng)
            self._slots[number].stream = []
        chooser = Chooser(acting.temperature, generator)
        while True:
            if sum(len(slot.stream) for slot in self._slots) < acting.steps:
                self._decide(net, chooser, acting.every)
            news = self.player.news()
            if not news:  # all wait for a decision
                break
            self._hear(news, net, rng)
        self._look_ahead(net)
        return [slot.stream for slot in self._slots]

    def _begin(self, number: int, net: PolicyNet, rng: np.random.Generator) -> None:
        slot = self._slots[number]
        slot.task, seed = self.curriculum.draw(rng)
        slot.memory, slot.segment, slot.steps = net.trunk.empty(1, net.registers.device), None, 0
        self.player.order(number, Begin(slot.task, seed))

    def _decide(self, net: PolicyNet, chooser: Chooser, every: int) -> None:
        """One look at all that wait, and an order to each."""
        waiting = [(number, slot) for number, slot in enumerate(self._slots) if slot.segment is not None]
        if not waiting:
            return
        segments = [slot.segment for _, slot in waiting if slot.segment is not None]
        memory = Memory.joined([slot.memory for _, slot in waiting])
        said, after = decide(net, segments, memory, self.words, chooser)
        for n, ((number, slot), decision) in enumerate(zip(waiting, said)):
            kept = slot.memory if len(slot.stream) % every == 0 else None
            slot.stream.append(_transition(slot, segments[n], decision, kept))
            slot.memory = after.rows(torch.tensor([n], device=after.ages.device)).slim()
            slot.segment, slot.steps = None, slot.steps + 1
            self.clock.mark(number, "inference")
            self.player.order(number, decision.action or Action("give_up", text=decision.why))

    def _hear(self, news: Sequence[News], net: PolicyNet, rng: np.random.Generator) -> None:
        cut: list[tuple[Transition, Segment, Memory]] = []
        for one in news:
            slot = self._slots[one.slot]
            self.clock.mark(one.slot, "environment")
            slot.segment = one.segment
            if one.lost:
                self._lose(slot)
            elif one.terminated or one.truncated:
                step = slot.stream[-1]
                step.ends, step.reward = True, float(one.success)
                if not (one.terminated or one.success) and one.segment is not None:
                    cut.append((step, one.segment, slot.memory))
            else:
                continue
            self.outcomes.append(Outcome(slot.task, one.success, slot.steps, one.lost))
            self.curriculum.add(slot.task, one.success)
            self._begin(one.slot, net, rng)
        self._value(net, cut)
        self._lost = self._lost + 1 if all(one.lost for one in news) else 0
        if self._lost > MOST_LOST:
            raise WebAgentError(f"episodes break one after the other: {news[-1].lost}", "try: webagent doctor")

    @staticmethod
    def _lose(slot: _Slot) -> None:
        """Nobody knows what came of the last action, so it is taken back; the one before led to where it was taken."""
        if not slot.steps or not slot.stream:
            return
        taken = slot.stream.pop()
        if slot.steps > 1 and slot.stream:
            slot.stream[-1].ends, slot.stream[-1].following = True, taken.value

    def _look_ahead(self, net: PolicyNet) -> None:
        """Give every transition the value of what followed; of the last ones that is yet to be decided on."""
        open_ends = []
        for slot in self._slots:
            for step, following in zip(slot.stream, slot.stream[1:]):
                if not step.ends:
                    step.following = following.value
            if slot.stream and not slot.stream[-1].ends and slot.segment is not None:
                open_ends.append((slot.stream[-1], slot.segment, slot.memory))
        self._value(net, open_ends)

    @torch.inference_mode()
    def _value(self, net: PolicyNet, seen: Sequence[tuple[Transition, Segment, Memory]]) -> None:
        """Let the value head tell what these transitions led to."""
        if not seen:
            return
        memory = Memory.joined([memory for _, _, memory in seen])
        reading = net.read(collate([segment for _, segment, _ in seen]).to(net.registers.device), memory)
        values = (1 + torch.tanh(net.value(reading.start)[:, 0].float())) / 2
        for (step, _, _), value in zip(seen, values.tolist()):
            step.following = value


def _transition(slot: _Slot, segment: Segment, decision: Decision, memory: Memory | None) -> Transition:
    return Transition(
        slot.task, segment, decision.choices, decision.places, decision.logprob, (1 + decision.value) / 2,
        begins=not slot.steps, memory=memory,
    )  # fmt: skip

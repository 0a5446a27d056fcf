"""The reward model: it reads a goal and an episode, and says how likely the episode succeeded and which steps helped.

    reward = load_reward("run/policy")
    judgement = reward.judge(goal, steps, final)          # Judgement(success=0.93, progress=(0.99, 0.97))
    state = reward.begin(observation)                     # or step by step; a state is never changed, so it may fork
    state = reward.step(state, action, observation)       # state.success: of an episode that goes on, a leaf's value

The policy's own network reads, segment by segment with its memory, each action along with the page that it was done on
(as when it learns to say it). What it makes of that goes through a small recurrent head: where the action begins in
this segment, the state behind the last action's choices, and how unlikely the policy finds that action. So it is an
outcome and a process reward model in one (Cobbe et al. 2021, arXiv:2110.14168; Lightman et al. 2023, arXiv:2305.20050).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from webagent.envs.types import Action, Observation, Step

from .batch import collate, collate_answers
from .checkpoint import Policy
from .histories import SURPRISE, WORST, evidence, evidence_width, looks_of, side_by_side, told
from .losses import Surprise, choices_of, surprised
from .network import Reading
from .points import spoken
from .segment import Segment, read_observation
from .trunk import Memory

DROPOUT = 0.2
Curve = tuple[float, float]
PLAIN: Curve = (1.0, 0.0)


@dataclass(frozen=True)
class Judgement:
    """``success``: the probability that the episode succeeded; ``progress``: of each step, that it helped."""

    success: float
    progress: tuple[float, ...]


@dataclass(frozen=True)
class Curves:
    """Slope and offset on a logit (Platt 1999): of success at an episode's end, of success of one that goes on, of a
    step's progress."""

    success: Curve = PLAIN
    value: Curve = PLAIN
    progress: Curve = PLAIN


class RewardHead(nn.Module):
    """From evidence [B, T, E] to logits [B, T, 2]: success as seen from here, and progress of the step before."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.given = nn.Sequential(nn.Linear(evidence_width(width), hidden), nn.GELU(), nn.Dropout(DROPOUT))
        self.recurrent = nn.GRU(hidden, hidden, batch_first=True)
        self.out = nn.Linear(2 * hidden, 2)

    def forward(self, evidence: Tensor, hidden: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The logits, and the hidden state [1, B, hidden] to go on from."""
        given = self.given(evidence)
        found, hidden = self.recurrent(given, hidden)
        return self.out(torch.cat([given, found], -1)), hidden


@dataclass(frozen=True)
class State:
    """A judged history. ``success``: the probability that it succeeds (has succeeded, if it ``ended``);
    ``progress``: of each step so far. The rest is what is needed to go on."""

    success: float
    progress: tuple[float, ...]
    ended: bool
    segment: Segment
    reading: Reading
    memory: Memory
    hidden: Tensor
    worst: float

    @property
    def judgement(self) -> Judgement:
        return Judgement(self.success, self.progress)


@dataclass(frozen=True)
class RewardModel:
    """A policy that reads and a head that judges. ``about``: what else its ``config.json`` tells."""

    policy: Policy
    head: RewardHead
    curves: Curves = Curves()
    threshold: float = 0.5
    """From which probability on an episode counts as a success."""
    learned: tuple[str, ...] = ()
    """Names of the network's weights that are not the policy's that it was made from."""

    def judge(self, goal: str, steps: Sequence[Step], final: Observation) -> Judgement:
        """Of an episode that ended after ``steps`` at ``final``; ``goal`` takes the place of the observations' own."""
        seen = [replace(o, goal=goal) for o in (*(step.observation for step in steps), final)]
        state = self.begin(seen[0], ended=not steps)
        for n, step in enumerate(steps):
            state = self.step(state, step.action, seen[n + 1], ended=n + 1 == len(steps))
        return state.judgement

    @torch.inference_mode()
    def begin(self, observation: Observation, ended: bool = False) -> State:
        """The state at an episode's first observation."""
        return self._seen(observation, None, None, ended)

    @torch.inference_mode()
    def step(self, state: State, action: Action, observation: Observation, ended: bool = False) -> State:
        """The state after ``action`` was done in ``state`` and ``observation`` came of it."""
        words, config, net = self.policy.words, self.policy.config, self.policy.net
        choices, point = spoken(action, state.segment, words, config.text_tokens)
        answers = collate_answers([choices], [point], state.reading.batch, config.vocabulary)
        made = net.inputs(state.reading.looks, *choices_of(answers, state.reading.batch, config.vocabulary))
        after, said = net.go_on(state.reading, made, state.memory)
        found = surprised(net, replace(state.reading, after=after, said=said), answers)
        memory = net.trunk.remember(state.memory, found.tail, torch.ones(1, dtype=torch.bool))
        return self._seen(observation, action, (replace(state, memory=memory), found, not choices), ended)

    def _seen(
        self, observation: Observation, last: Action | None, before: tuple[State, Surprise, bool] | None, ended: bool
    ) -> State:
        policy, net = self.policy, self.policy.net
        segment = read_observation(observation, policy.words, policy.config, last)
        memory = before[0].memory if before else net.trunk.empty(1)
        reading = net.read(collate([segment], 1), memory)
        own = torch.tensor([[bool(observation.last_error), ended]], dtype=torch.float32)
        value, done, behind = torch.tanh(net.value(reading.start).float()), torch.zeros(1, 5), reading.start * 0
        hidden, worst = None, 0.0
        if before is not None:
            state, found, unsaid = before
            done, behind = told(found, torch.tensor([unsaid])), found.end
            hidden, worst = state.hidden, max(state.worst, float(done[0, SURPRISE - 1]))
            done[0, WORST - 1] = worst
        row = torch.cat([value, done, own, reading.start, behind], 1)
        logits, hidden = self.head(row[None], hidden)
        success, progress = logits[0, 0].tolist()
        known = before[0].progress if before else ()
        return State(
            chance(success, self.curves.success if ended else self.curves.value),
            (*known, chance(progress, self.curves.progress)) if before else known,
            ended, segment, reading, memory, hidden, worst,
        )  # fmt: skip


def chance(logit: float, curve: Curve) -> float:
    """The calibrated probability of a logit."""
    return float(torch.sigmoid(torch.tensor(curve[0] * logit + curve[1], dtype=torch.float64)))


History = tuple[Sequence[Observation], Sequence[Action]]
"""All observations of an episode, the final one too, and the actions between them: one fewer."""


def evidence_of(policy: Policy, histories: Sequence[History]) -> list[Tensor]:
    """What the head is given of each episode, [steps + 1, E]; all of them are read side by side."""
    looks = [looks_of(seen, actions, policy.words, policy.config) for seen, actions in histories]
    device = next(policy.net.parameters()).device
    found = evidence(policy.net, side_by_side(looks, policy.config.vocabulary).to(device)).given
    return [given[: len(of)] for given, of in zip(found, looks, strict=True)]

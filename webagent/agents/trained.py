"""A trained policy as an agent: the network of a checkpoint, with its memory of the episode so far.

    make_agent = policy_in("checkpoint")

The network is loaded once a process, however many episodes are played with it.
"""

from __future__ import annotations

import functools
import math
import multiprocessing
import os
import threading
from collections import Counter
from pathlib import Path

import torch

from webagent.envs.types import Action, Observation, Proposal
from webagent.models.beam import alternatives
from webagent.models.checkpoint import Policy, load_policy
from webagent.models.decode import Decision, decide, log_odds
from webagent.models.grammar import WRITTEN
from webagent.models.quantised import quantised
from webagent.models.segment import read_observation
from webagent.models.trunk import Memory
from webagent.rollout import Agent, MakeAgent

from .foresight import CANDIDATES, Foresee, MakeForesight, Past
from .sense import makes_sense

MOST_THREADS = 4
AGAIN = 2
"""How often the same is done where all looks the same; then something else is tried. Waits and keys do not count."""
REPEATED = ("wait", "scroll", "press")
_one_at_a_time = threading.Lock()


def policy_in(folder: str | Path) -> MakeAgent:
    """The policy of a checkpoint folder, checked and loaded now. Raises ``UsageError`` or ``DataDamaged``."""
    policy = _loaded(str(Path(folder).resolve()))
    return lambda task, rng: agent_of(policy)


def agent_of(policy: Policy) -> Agent:
    """An agent for one episode. Greedy and without chance: the same observations give the same actions. It does not go
    in circles: what was done ``AGAIN`` times where all looked the same gives way to the likeliest that was not."""
    memory = policy.net.trunk.empty(1)
    last: Action | None = None
    done: Counter[tuple[int, Action]] = Counter()

    def propose(observation: Observation) -> Proposal:
        nonlocal memory, last
        segment = read_observation(observation, policy.words, policy.config, last)
        (decision,), after = decide(policy.net, [segment], memory, policy.words)
        look = hash((observation.url, observation.title, observation.tree))

        def tired(action: Action | None) -> bool:
            return action is not None and action.op not in REPEATED and done[look, action] >= AGAIN

        if tired(decision.action):
            sense = functools.partial(makes_sense, observation=observation)
            others, _ = alternatives(policy.net, segment, memory, policy.words, CANDIDATES, sense)
            decision = next((other for other in others if other.action and not tired(other.action)), decision)
        proposal = proposal_of(decision, policy)
        memory, last = after, proposal.actions[0]
        done[look, last] += 1
        return proposal

    return propose


def foresight_in(folder: str | Path) -> MakeForesight:
    """What the policy of a checkpoint folder would propose at moments only thought of; raises as ``policy_in``.

    Its memory of each of them is kept, so a moment costs one look, and one pass for each piece of text.
    """
    policy = _loaded(str(Path(folder).resolve()))
    return lambda task, seed: foresight_of(policy)


def foresight_of(policy: Policy, few: int = CANDIDATES) -> Foresee:
    """For one episode; ``few``: candidate actions of a proposal. Without chance."""
    memories: dict[tuple[tuple[Action, ...], Observation], Memory] = {}  # after a look that follows these actions

    def foresee(past: Past, observation: Observation) -> Proposal:
        done = tuple(action for _, action in past)
        memory = policy.net.trunk.empty(1)
        if done:
            before = (done[:-1], past[-1][0])
            if before not in memories:
                foresee(past[:-1], before[1])
            memory = memories[before]
        segment = read_observation(observation, policy.words, policy.config, done[-1] if done else None)
        decisions, memories[done, observation] = alternatives(
            policy.net, segment, memory, policy.words, few, lambda op, ref: makes_sense(op, ref, observation)
        )
        actions = tuple(decision.action for decision in decisions if decision.action is not None)
        if not actions:
            return Proposal(
                (Action("give_up", text="the policy says nothing that can be done"),), (0.0,), confidence=0.0
            )
        logprobs = tuple(min(decision.logprob, 0.0) for decision in decisions)
        return Proposal(actions, logprobs, decisions[0].value, confidence=confidence_of(decisions[0], policy))

    return foresee


def proposal_of(decision: Decision, policy: Policy) -> Proposal:
    """What was decided first, then the same op on other likely targets where the op needs nothing else."""
    action = decision.action or Action("give_up", text=f"the policy said what cannot be done: {decision.why}")
    actions, logprobs = [action], [min(decision.logprob, 0.0)]
    if decision.action is not None and action.op not in WRITTEN and action.point is None and action.op != "drag":
        for target, logprob in decision.targets:
            if target != action.target:
                actions.append(Action(action.op, target))
                logprobs.append(min(logprob, 0.0))
    confidence = confidence_of(decision, policy) if decision.action is not None else 0.0
    return Proposal(tuple(actions), tuple(logprobs), decision.value, confidence=confidence)


def confidence_of(decision: Decision, policy: Policy) -> float:
    """The probability that this step is right, from the log-probability of all its choices.

    ``about["calibration"]`` holds slope and offset of a logistic fit on the development tasks (Platt scaling of the
    log-odds); without one it is the plain probability.
    """
    slope, offset = policy.about.get("calibration") or (1.0, 0.0)
    return 1 / (1 + math.exp(max(-50.0, min(50.0, -slope * log_odds(decision) - offset))))


def threshold_in(folder: str | Path) -> float | None:
    """The confidence under which the policy of a checkpoint folder abstains, if that was settled."""
    threshold = _loaded(str(Path(folder).resolve())).about.get("threshold")
    return None if threshold is None else float(threshold)


def frames_in(folder: str | Path) -> int:
    """How many of the last screen frames the policy of a checkpoint folder looks at."""
    return _loaded(str(Path(folder).resolve())).config.frames


def _loaded(folder: str) -> Policy:
    with _one_at_a_time:  # who asks while another thread loads it gets that one
        return _load(folder)


@functools.lru_cache(2)
def _load(folder: str) -> Policy:
    # One of several worker processes has a core for itself, no more.
    alone = multiprocessing.parent_process() is None
    torch.set_num_threads(min(MOST_THREADS, os.cpu_count() or 1) if alone else 1)
    policy = load_policy(folder)
    quantised(policy.net)
    return policy

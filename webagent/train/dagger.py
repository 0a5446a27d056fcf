"""The policy acts, the expert says what it would have done: labels for the states that the policy gets into (DAgger,
Ross et al. 2011).

    rates = gather(policy, Gathering(tasks, seconds=120, out="corpus"), device="cuda")

Each actor is a process with a browser. It asks for every decision; one process answers all that wait, in one batch on
the device. Episodes go into the corpus with the expert's actions as their steps; what was really done stands in
``info["executed"]``. With chance ``mix`` the expert's action is taken instead, so that late states are seen too.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import torch

from webagent.datasets.corpus import CorpusWriter
from webagent.datasets.experts import Lost, expert_for
from webagent.envs.errors import WebAgentError
from webagent.envs.types import Action, Episode, Observation, Step, to_json
from webagent.models.checkpoint import Policy
from webagent.models.config import PolicyConfig
from webagent.models.decode import decide
from webagent.models.segment import Segment, read_observation
from webagent.models.trunk import Memory
from webagent.models.words import Words
from webagent.seeds import training_seed
from webagent.suites import Options, open_suite

STAY = 6
"""Episodes that an actor plays of one task before it takes another one."""
WAIT_S = 0.004
"""How long answers are held back for more questions to come."""
START_S = 120.0


@dataclass(frozen=True)
class Gathering:
    """``first``: number of the first episode; later rounds count on. ``weights``: how often each task is played."""

    tasks: tuple[str, ...]
    seconds: float
    out: str
    suite: str = "miniwob"
    actors: int = 2
    mix: float = 0.2
    seed: int = 0
    first: int = 0
    max_steps: int = 30
    weights: tuple[float, ...] = ()
    browser: str | None = None


@dataclass(frozen=True)
class Played:
    """One episode: its task, and whether the policy alone (``mixed`` False) succeeded."""

    task: str
    success: bool
    mixed: bool
    steps: int
    error: str = ""


def gather(
    policy: Policy, settings: Gathering, device: str = "cpu", heard: Callable[[Played], None] | None = None
) -> list[Played]:
    """Play for ``settings.seconds``; every episode that ended by then is in the corpus."""
    context = multiprocessing.get_context("spawn")
    net = policy.net.to(device).eval()
    text = policy.words.tokenizer.to_str()
    lines: list[Connection] = []
    processes: list[Any] = []
    played: list[Played] = []
    try:
        for number in range(settings.actors):
            ours, theirs = context.Pipe()
            process = context.Process(target=_act, args=(theirs, settings, text, policy.config, number), daemon=True)
            process.start()
            theirs.close()
            lines.append(ours)
            processes.append(process)
        service = _Service(net, policy.words, lines, device)
        for one in service.run(settings.seconds):
            played.append(one)
            if heard:
                heard(one)
    finally:
        for line in lines:
            line.close()
        for process in processes:
            process.join(10)
            if process.is_alive():
                process.kill()
        policy.net.to("cpu")
    return played


class _Service:
    """Answers the actors' questions, all that wait in one batch."""

    def __init__(self, net: Any, words: Words, lines: Sequence[Connection], device: str) -> None:
        self.net, self.words, self.lines, self.device = net, words, list(lines), device
        self.memory: Memory = net.trunk.empty(len(self.lines), device)

    def run(self, seconds: float) -> Iterator[Played]:
        """Yield each episode as it ends, for so long after the first question."""
        open_lines = {line: n for n, line in enumerate(self.lines)}
        end: float | None = None
        asked: dict[int, tuple[Segment, bool]] = {}
        started = time.monotonic()
        while open_lines and (end is None or time.monotonic() < end):
            if end is None and time.monotonic() - started > START_S:
                raise WebAgentError("no actor has started", "try: webagent doctor")
            ready = multiprocessing.connection.wait(list(open_lines), WAIT_S if asked else 0.5)
            for line in ready:
                assert isinstance(line, Connection)
                try:
                    kind, what = line.recv()
                except (EOFError, ConnectionResetError):
                    del open_lines[line]
                    continue
                if kind == "ask":
                    end = end or time.monotonic() + seconds
                    asked[open_lines[line]] = what
                else:
                    yield what
            if asked and (not ready or len(asked) >= len(open_lines) // 2):
                self._answer(asked)
                asked = {}

    def _answer(self, asked: dict[int, tuple[Segment, bool]]) -> None:
        rows = torch.tensor(sorted(asked), device=self.device)
        found = [asked[n] for n in sorted(asked)]
        fresh = torch.tensor([begins for _, begins in found], device=self.device)
        memory = self.memory.rows(rows).fresh(fresh)
        half = torch.autocast("cuda", torch.bfloat16, enabled=self.device.startswith("cuda"))
        with half:
            decisions, after = decide(self.net, [segment for segment, _ in found], memory, self.words)
        self.memory = self.memory.put(rows, after)
        for n, decision in zip(sorted(asked), decisions):
            try:
                self.lines[n].send(decision.action)
            except (BrokenPipeError, ConnectionResetError):
                continue  # the actor is gone; its line is closed at the next look


# ---- in an actor's process ------------------------------------------------------------------------------------------


def _act(line: Connection, settings: Gathering, tokenizer: str, config: PolicyConfig, number: int) -> None:
    """Play until the line is cut."""
    from webagent.envs.browser import Browser

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    words = Words.of_text(tokenizer)
    rng = np.random.default_rng([settings.seed, settings.first, number])
    chances = np.array(settings.weights or np.ones(len(settings.tasks)), np.float64)
    counts: Counter[str] = Counter()
    try:
        with Browser(executable=settings.browser) as browser, CorpusWriter(settings.out, shard_steps=512) as writer:
            while True:
                task = settings.tasks[int(rng.choice(len(settings.tasks), p=chances / chances.sum()))]
                _play_some(task, _Actor(line, settings, words, config, browser, writer, rng, counts, number))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the round is over


@dataclass
class _Actor:
    line: Connection
    settings: Gathering
    words: Words
    config: PolicyConfig
    browser: Any
    writer: CorpusWriter
    rng: np.random.Generator
    counts: Counter[str]
    number: int


def _play_some(task: str, actor: _Actor) -> None:
    """Some episodes of one task; a broken one is told and the environment is made anew."""
    from webagent.envs.web_env import WebEnv

    suite = open_suite(actor.settings.suite)
    env: Any = None
    try:
        for _ in range(STAY):
            try:
                env = env or WebEnv(suite.scenario(task, Options(actor.settings.max_steps)), browser=actor.browser)
                played = _play(env, task, actor)
            except WebAgentError as error:
                played = Played(task, False, False, 0, f"{type(error).__name__}: {error}")
                _close(env)
                env = None
            actor.line.send(("played", played))
    finally:
        _close(env)


def _close(env: Any) -> None:
    if env is not None:
        env.close()


def _play(env: Any, task: str, actor: _Actor) -> Played:
    settings, rng = actor.settings, actor.rng
    place = settings.first + actor.number + settings.actors * actor.counts[task]
    actor.counts[task] += 1
    env.reset(seed=training_seed(settings.seed, task, place))
    expert = expert_for(task)
    mixed = bool(rng.random() < 0.5) and settings.mix > 0
    seen: list[Observation] = []
    steps: list[Step] = []
    done: list[Action] = []
    over = False
    while not over:
        seen.append(env.observation)
        actor.line.send(("ask", (read_observation(env.observation, actor.words, actor.config), not steps)))
        own: Action = actor.line.recv() or Action("give_up", text="nothing that can be done was said")
        try:
            right = expert(seen)
        except Lost as lost:
            right = Action("give_up", text=str(lost))
        action = right if mixed and right.op != "give_up" and rng.random() < settings.mix else own
        _, reward, terminated, truncated, info = env.step(action)
        done.append(action)
        steps.append(Step(seen[-1], right, float(reward), terminated, truncated, str(info.get("last_error") or "")))
        over = terminated or truncated or len(steps) >= settings.max_steps
    success = bool(env.verdict.success)
    info = {"executed": [to_json(a) for a in done], "mixed": mixed}
    actor.writer.add(Episode(env.task, tuple(steps), env.observation, "dagger", success, info))
    return Played(task, success, mixed, len(steps))

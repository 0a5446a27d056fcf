"""Imitation from end to end: learn from demonstrations, act, have the expert correct what came of it, learn from both.

    learn(Supervised(out="run", steps=20_000, device="cuda"), Plan(tasks=tasks, shown=200, rounds=4), False, print)

Demonstrations that the run has its experts give lie in ``RUN/demos``, the rounds' episodes in ``RUN/dagger``; a run
that was killed goes on in the round that it was in.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import os
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from webagent.envs.errors import UsageError
from webagent.models.checkpoint import Policy, load_policy
from webagent.models.config import PolicyConfig
from webagent.models.words import Words
from webagent.scores import EpisodeResult

from .augment import Augmentation
from .dagger import Gathering, failure_rates, gather
from .material import Library, make_words, names_in
from .run_folder import CONFIG, POLICY, STATE
from .supervised import Material, Report, Supervised, check_device, check_optimiser, train

DAGGER, DEMOS, RATES = "dagger", "demos", "rates.jsonl"
SHOWN = 500_000_000
"""Number of a run's first demonstration; those of corpora are below, and so are the rounds' episodes."""


@dataclass(frozen=True)
class Plan:
    """What is learned, and in how many rounds. ``tasks``: full ids; only their episodes are read and played. ``data``:
    corpora. ``shown``: demonstrations of each task that the experts give first."""

    data: tuple[str, ...]
    tasks: tuple[str, ...]
    config: PolicyConfig
    shown: int = 0
    more: int = 0
    """Further demonstrations of a task, on average, a round; of harder tasks more."""
    rounds: int = 0
    episodes: int = 20
    """Of a task, on average, a round."""
    actors: int = 2
    augmented: bool = True
    shown_of: Mapping[str, int] = field(default_factory=dict)
    """Other numbers than ``shown``, by task."""
    start: str = ""
    """Folder of a policy whose weights and tokenizer are gone on with."""
    browser: str | None = None
    own: float = Augmentation.own
    """Share of the stretches that become small tasks of our own, if there is augmentation."""


SUITES = ("miniwob.", "practice.")
"""How tasks begin that experts show."""
Say = Callable[[str], None]


def learn(settings: Supervised, plan: Plan, resume: bool, say: Say, report: Report | None = None) -> Policy:
    """All rounds; the updates are shared out evenly among the demonstrations and each round."""
    out = Path(settings.out)
    _check(settings, plan, out, resume)
    start = load_policy(plan.start) if plan.start else None
    frames = (start.config if start else plan.config).frames
    library = Library(functools.partial(_wanted, frozenset(plan.tasks)), say, max(1, settings.workers), frames)
    asked = {task: plan.shown_of.get(task, plan.shown) for task in plan.tasks}
    if any(asked.values()) and not _is_played(out, 0):
        shown = _show(plan, settings, 0, max(1, round(sum(asked.values()) / len(asked))), asked)
        _keep_rates(out, 0, shown, {}, say)
    library.read([*plan.data, *_own(out, DEMOS)])
    if frames and not library.framed:
        raise UsageError("expected episodes with screen frames, found none", "make some: webagent data expert --frames")
    words = _words(out, plan, start, resume, library, say)
    shape = plan.config if start is None else dataclasses.replace(start.config, dropout=plan.config.dropout)
    config = dataclasses.replace(shape, vocabulary=words.tokenizer.get_vocab_size())
    weights: dict[str, float] = {}
    policy: Policy | None = None
    for number in range(plan.rounds + 1):
        until = settings.steps * (number + 1) // (plan.rounds + 1)
        if resume and updates_of(out) >= until:
            weights = _kept_weights(out, number) if number else {}
            continue
        if number:
            weights = _kept_weights(out, number) or _round(plan, settings, number, weights, say)
        library.read([*_own(out, DEMOS), *_own(out, DAGGER)])
        counts = library.shelf.counts()
        say(f"{sum(counts.values())} episodes of {len(counts)} tasks; left out: {dict(library.left_out)}")
        chosen = weights or None
        augment = Augmentation(names_in(library.texts), own=plan.own) if plan.augmented else None
        first = start.net.state_dict() if start is not None and number == 0 else None
        material = Material(library.shelf, words, config, chosen, augment, first)
        policy = train(settings, material, resume or number > 0, report, until)
    return policy or load_policy(out / POLICY)


def _check(settings: Supervised, plan: Plan, out: Path, resume: bool) -> None:
    """Refuse at once what could only fail later."""
    check_device(settings.device)
    check_optimiser(settings.optimiser)
    if not 0 <= plan.own <= 1:
        raise UsageError(f"--invented expects a share in [0, 1], found {plan.own}")
    shows = bool(plan.shown or any(plan.shown_of.values()))
    if not plan.data and not shows:
        raise UsageError("expected something to learn from, found nothing", "give --data or --demonstrations")
    if int(os.environ.get("WORLD_SIZE", "1")) > 1 and (plan.rounds or shows):
        raise UsageError(
            "episodes are gathered by one process, found several (torchrun)",
            "use --dagger-rounds 0 and make demonstrations first: webagent data expert",
        )
    if shows and (out / CONFIG).is_file() and not resume:
        raise UsageError(f"{out} already holds a run", "go on with it: --resume, or give another --out")


def _own(out: Path, name: str) -> list[str]:
    """A corpus of the run's, if there is one yet."""
    return [str(out / name)] if (out / name).exists() else []


def _show(
    plan: Plan, settings: Supervised, number: int, episodes: int, weights: Mapping[str, float]
) -> list[EpisodeResult]:
    """Have the experts give demonstrations, of harder tasks more."""
    policy, corpus = "expert", str(Path(settings.out) / DEMOS)
    one = _gathering(plan, settings, number, weights)
    first = SHOWN + one.first
    return gather(dataclasses.replace(one, policy=policy, out=corpus, first=first, episodes=episodes), plan.actors)


def _wanted(tasks: frozenset[str], task: str) -> bool:
    """Of a suite the chosen tasks, of other sources everything."""
    return task in tasks or not task.startswith(SUITES)


def _words(out: Path, plan: Plan, start: Policy | None, resume: bool, library: Library, say: Say) -> Words:
    """The run's tokenizer: the one it began with, the one of the policy that it goes on with, or a new one."""
    if start is not None:
        return start.words
    kept = out / "tokenizer.json"
    if resume and kept.is_file():
        return Words.load(kept)
    words = make_words(library.texts, plan.config.vocabulary)  # the same in every process
    if int(os.environ.get("RANK", "0")):
        return words
    if (out / CONFIG).is_file() and not resume:
        raise UsageError(f"{out} already holds a run", "go on with it: --resume, or give another --out")
    out.mkdir(parents=True, exist_ok=True)
    kept.write_text(words.tokenizer.to_str(), encoding="utf-8")
    say(f"a tokenizer of {words.tokenizer.get_vocab_size()} subwords")
    return words


def _round(plan: Plan, settings: Supervised, number: int, weights: Mapping[str, float], say: Say) -> dict[str, float]:
    """Play, and tell how often each task is to be drawn from now on: the more often the more it failed."""
    played = gather(_gathering(plan, settings, number, weights), plan.actors)
    chosen = {task: round(0.25 + 2 * rate, 4) for task, rate in failure_rates(played).items()}
    if plan.more:
        _show(plan, settings, number, plan.more, chosen)
    _keep_rates(Path(settings.out), number, played, chosen, say)
    return chosen


def _kept_weights(out: Path, number: int) -> dict[str, float]:
    """Those of a round that was played before the run was ended; empty if it was not."""
    return next((dict(one["weights"]) for one in _kept_rounds(out) if one["round"] == number), {})


def _is_played(out: Path, number: int) -> bool:
    return any(one["round"] == number for one in _kept_rounds(out))


def _kept_rounds(out: Path) -> list[dict[str, Any]]:
    path = out / RATES
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []


def _gathering(plan: Plan, settings: Supervised, number: int, weights: Mapping[str, float]) -> Gathering:
    return Gathering(
        tasks=plan.tasks,
        episodes=plan.episodes,
        seed=settings.seed,
        first=1_000_000 * number,
        out=str(Path(settings.out) / DAGGER),
        policy=str(Path(settings.out) / POLICY),
        browser=plan.browser,
        frames=plan.config.frames,
        weights=tuple(weights.get(task, 1.0) for task in plan.tasks) if weights else (),
    )


def _keep_rates(
    out: Path, number: int, played: Sequence[EpisodeResult], weights: Mapping[str, float], say: Say
) -> None:
    """The policy's own successes in the round, a line a round; round 0 is the experts'."""
    outcomes: dict[str, list[bool]] = defaultdict(list)
    for one in played:
        outcomes[one.task].append(one.success)
    rates = {task: round(sum(found) / len(found), 3) for task, found in sorted(outcomes.items())}
    broken = sum(bool(one.error) for one in played)
    mean = sum(rates.values()) / max(1, len(rates))
    out.mkdir(parents=True, exist_ok=True)
    with (out / RATES).open("a", encoding="utf-8") as file:
        told = {"round": number, "mean": round(mean, 4), "episodes": len(played), "rates": rates, "weights": weights}
        file.write(json.dumps(told) + "\n")
    say(f"round {number}: {len(played)} episodes, {100 * mean:.1f} % over {len(rates)} tasks, {broken} broken")


def updates_of(out: Path) -> int:
    """How many updates the run has behind it."""
    import torch

    path = out / STATE
    if not path.is_file():
        return 0
    return int(torch.load(path, map_location="cpu", weights_only=True, mmap=True)["step"])

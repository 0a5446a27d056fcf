"""``webagent train``: make a policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from webagent.commands import Result
from webagent.commands import train_reward as reward_command
from webagent.commands import train_search as search_command
from webagent.commands import train_self as self_command
from webagent.commands.options import AsJson, Browser, MaxSteps, Quiet, Split, Subset, Suites, Tasks, flag
from webagent.console import Console

if TYPE_CHECKING:
    from webagent.train.actors import Actors
    from webagent.train.arena import Playing
    from webagent.train.ppo import Reinforced
    from webagent.train.ray_actors import RayActors
    from webagent.train.rounds import Plan
    from webagent.train.supervised import Supervised

NAME = "train"
HELP = "Train a policy or a reward model: supervised, rl, search, sb3, calibrate, reward, goals, self."
DEFAULT_SUITES = ("miniwob",)

ShownOf = Annotated[
    list[str] | None, flag("--demonstrations-of", "Another number for some tasks; repeat.", metavar="GLOB=N")
]


def supervised(
    out: Annotated[str, flag("--out", "The run's folder.", metavar="RUN")],
    data: Annotated[list[str] | None, flag("--data", "A corpus to learn from; repeat.", metavar="CORPUS")] = None,
    shown: Annotated[int, flag("--demonstrations", "Of each task, that experts give first.", metavar="N", min=0)] = 0,
    shown_of: ShownOf = None,
    size: Annotated[str, flag("--size", "tiny, small, base or large.", metavar="NAME")] = "base",
    memory: Annotated[str, flag("--memory", "xl, infini or none.", metavar="NAME")] = "xl",
    steps: Annotated[int, flag("--steps", "Updates in all.", metavar="N", min=1)] = 10_000,
    rows: Annotated[int, flag("--rows", "Streams of episodes side by side.", metavar="N", min=1)] = 256,
    stretch: Annotated[int, flag("--stretch", "Steps of a stream an update.", metavar="N", min=1)] = 4,
    learning_rate: Annotated[float, flag("--learning-rate", "At its height.", metavar="X")] = 1e-3,
    optimiser: Annotated[str, flag("--optimiser", "muon (for the trunk) or adamw.", metavar="NAME")] = "muon",
    frames: Annotated[int, flag("--frames", "Screen frames that it looks at, too.", metavar="K", min=0)] = 0,
    dropout: Annotated[float, flag("--dropout", "Share of each layer left out at random.", metavar="X", min=0)] = 0.0,
    suites: Suites = None,
    tasks: Tasks = None,
    subset: Subset = None,
    split: Split = None,
    rounds: Annotated[int, flag("--dagger-rounds", "Rounds in which the expert corrects the policy.", min=0)] = 0,
    episodes: Annotated[int, flag("--dagger-episodes", "Of a task, on average, a round.", metavar="N", min=1)] = 20,
    more: Annotated[int, flag("--round-demonstrations", "Further ones of a task, a round.", metavar="N", min=0)] = 0,
    actors: Annotated[int, flag("--actors", "Processes that play, each with a browser.", metavar="N", min=1)] = 2,
    plain: Annotated[bool, flag("--no-augmentation", "Learn from the episodes as they are.")] = False,
    own: Annotated[float, flag("--invented", "Share of stretches made small tasks of our own.", metavar="X")] = 0.18,
    start: Annotated[str, flag("--start", "Go on with the weights of this policy.", metavar="FOLDER")] = "",
    seed: Annotated[int, flag("--seed", "Of weights, batches and played episodes.", metavar="N", min=0)] = 0,
    device: Annotated[str, flag("--device", "cpu or cuda.", metavar="NAME")] = "cpu",
    workers: Annotated[int, flag("--workers", "Processes that make batches.", metavar="N", min=0)] = 0,
    compiled: Annotated[bool, flag("--compile", "Compile the network (cuda).")] = False,
    resume: Annotated[bool, flag("--resume", "Go on with the run in --out.")] = False,
    browser: Browser = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> Result:
    """Imitate demonstrations, then the expert's corrections of what the policy does by itself (DAgger).

    Demonstrations come from corpora or are given first. The policy lies in RUN/policy. For several GPUs: torchrun."""
    from webagent.models.config import PolicyConfig
    from webagent.train.rounds import Plan
    from webagent.train.supervised import Supervised

    settings = Supervised(out, steps, rows, stretch, optimiser, learning_rate, seed=seed, device=device)
    settings = replace(settings, workers=workers, compiled=compiled)
    config = PolicyConfig.of_size(size, memory=memory, frames=frames, dropout=dropout)
    chosen = _taught(suites, tasks, subset, split)
    counts = _numbers(shown_of or (), suites, chosen)
    plan = Plan(
        tuple(data or ()), chosen, config, shown, more, rounds, episodes, actors, not plain, counts, start, browser, own
    )
    return perform(settings, plan, resume, Console(quiet))


def _taught(suites: Sequence[str] | None, glob: str | None, subset: str | None, split: str | None) -> tuple[str, ...]:
    """The tasks that match all that is given and have an expert: nobody could show or judge the others."""
    from webagent.agents.expert import has_expert
    from webagent.datasets.experts import expert_for
    from webagent.suites import together

    found = together(suites or DEFAULT_SUITES).select(glob, subset, split)
    taught = tuple(task for task in found if has_expert(task))
    if not taught:
        expert_for(found[0])  # says which there are
    return taught


def _numbers(asked: Sequence[str], suites: Sequence[str] | None, chosen: Sequence[str]) -> dict[str, int]:
    """``GLOB=N`` as a number a task; later ones win. Raises ``UsageError``."""
    from webagent.envs.errors import UsageError
    from webagent.suites import together

    found: dict[str, int] = {}
    suite = together(suites or DEFAULT_SUITES)
    for one in asked:
        glob, _, number = one.rpartition("=")
        if not glob or not number.isdecimal():
            raise UsageError(f"--demonstrations-of expects GLOB=N, found {one!r}")
        found.update(dict.fromkeys(set(suite.select(glob)) & set(chosen), int(number)))
    return found


def perform(settings: Supervised, plan: Plan, resume: bool, console: Console) -> Result:
    """Learn with progress."""
    from webagent.train.rounds import learn

    last: dict[str, float] = {}
    with console.progress("updates", settings.steps) as progress:

        def report(step: int, numbers: dict[str, float]) -> None:
            last.update(numbers)
            pace = f"{numbers['updates_per_s']:.1f}/s"
            progress.advance(step, f"loss {numbers['loss']:.4f}, wrong {100 * numbers['wrong']:.2f} %, {pace}")

        policy = learn(settings, plan, resume, console.say, report)
    count = sum(p.numel() for p in policy.net.parameters())
    where = f"{settings.out}/policy"
    found = {"run": settings.out, "policy": where, "parameters": count, "steps": settings.steps, "last": last}
    return Result(found, f"{count / 1e6:.1f} M parameters, {settings.steps} updates: {where}")


def rl(
    out: Annotated[str, flag("--out", "The run's folder.", metavar="RUN")],
    policy: Annotated[str, flag("--policy", "What to begin with: default or a folder.", metavar="NAME")] = "default",
    suites: Suites = None,
    tasks: Tasks = None,
    subset: Subset = None,
    split: Split = None,
    updates: Annotated[int, flag("--updates", "Rounds of playing and learning in all.", metavar="N", min=1)] = 100,
    steps: Annotated[int, flag("--steps", "Decisions a round.", metavar="N", min=1)] = 512,
    stretch: Annotated[int, flag("--stretch", "Decisions that gradients go back through.", metavar="N", min=1)] = 8,
    rows: Annotated[int, flag("--rows", "Decisions a minibatch.", metavar="N", min=1)] = 64,
    epochs: Annotated[int, flag("--epochs", "How often each is learned from.", metavar="N", min=1)] = 2,
    learning_rate: Annotated[float, flag("--learning-rate", "Of AdamW.", metavar="X")] = 1e-5,
    kl: Annotated[float, flag("--kl", "Pull back to the policy begun with; 0: none.", metavar="X", min=0)] = 0.05,
    entropy: Annotated[float, flag("--entropy", "Weight of chance in what is chosen.", metavar="X")] = 0.0005,
    temperature: Annotated[float, flag("--temperature", "At which actions are drawn.", metavar="X")] = 1.0,
    max_steps: MaxSteps = None,
    actors: Annotated[int, flag("--actors", "Processes that play, each with a browser.", metavar="N", min=1)] = 1,
    contexts: Annotated[int, flag("--contexts", "Episodes side by side in each.", metavar="N", min=1)] = 4,
    ray: Annotated[str, flag("--ray", "Play on this Ray cluster: auto or HOST:PORT.", metavar="ADDRESS")] = "",
    seed: Annotated[int, flag("--seed", "Of episodes and chance.", metavar="N", min=0)] = 0,
    device: Annotated[str, flag("--device", "cpu or cuda.", metavar="NAME")] = "cpu",
    resume: Annotated[bool, flag("--resume", "Go on with the run in --out.")] = False,
    browser: Browser = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> Result:
    """Reinforcement (PPO): play the tasks, and make likelier what succeeds.

    Tasks need no expert. The policy lies in RUN/policy; docs/RL.md tells the rest."""
    from webagent.suites import together
    from webagent.train.ppo import Reinforced

    settings = Reinforced(
        out=out, updates=updates, steps=steps, stretch=stretch, rows=rows, epochs=epochs, learning_rate=learning_rate,
        kl=kl, entropy=entropy, temperature=temperature, seed=seed, device=device,
    )  # fmt: skip
    chosen = together(suites or DEFAULT_SUITES).select(tasks, subset, split)
    seats = Seats(policy, chosen, actors, contexts, max_steps, browser, ray)
    return reinforce(settings, seats, resume, Console(quiet))


@dataclass(frozen=True)
class Seats:
    """Who plays what: ``policy`` by name, ``tasks`` by full id, ``actors`` processes of ``contexts`` each, here or on
    the cluster at ``ray``."""

    policy: str
    tasks: tuple[str, ...]
    actors: int
    contexts: int
    max_steps: int | None
    browser: str | None
    ray: str = ""


def reinforce(settings: Reinforced, seats: Seats, resume: bool, console: Console) -> Result:
    """Play and learn with progress."""
    from webagent.agents import checkpoint_of
    from webagent.envs.errors import UnknownName
    from webagent.models.checkpoint import load_policy
    from webagent.train.arena import Playing
    from webagent.train.ppo import START, train
    from webagent.train.supervised import check_device

    check_device(settings.device)
    kept = Path(settings.out) / START
    folder = str(kept) if resume and (kept / "config.json").is_file() else checkpoint_of(seats.policy)
    if folder is None:
        raise UnknownName(f"expected a trained policy to begin with, found {seats.policy!r}", "default, or a folder")
    start, last = load_policy(folder), dict[str, float]()
    playing = Playing(
        seats.tasks, seats.contexts, start.words.tokenizer.to_str(), start.config, seats.max_steps, seats.browser
    )
    with console.progress("updates", settings.updates) as progress, _players(playing, seats) as player:

        def report(update: int, numbers: dict[str, float]) -> None:
            last.update(numbers)
            progress.advance(update, told(numbers))

        train(settings, start, seats.tasks, player, resume, report)
    where = f"{settings.out}/policy"
    found = {"run": settings.out, "policy": where, "updates": settings.updates, "last": last}
    return Result(found, f"{settings.updates} updates: {where}")


def _players(playing: Playing, seats: Seats) -> Actors | RayActors:
    """Started, on this machine or on a cluster."""
    if seats.ray:
        from webagent.train.ray_actors import RayActors

        return RayActors(playing, seats.actors, seats.ray)
    from webagent.train.actors import Actors

    return Actors(playing, seats.actors)


def told(numbers: dict[str, float]) -> str:
    """One line about a round of reinforcement."""
    spent = ", ".join(
        f"{what} {100 * numbers[f'time/{what}']:.0f} %" for what in ("environment", "inference", "learner")
    )
    done = f"success {100 * numbers['success']:.1f} % of {numbers['episodes']:.0f}"
    return f"{done}, {numbers['steps_per_s']:.1f} steps/s ({spent})"


def sb3(
    out: Annotated[str, flag("--out", "The run's folder.", metavar="RUN")],
    algorithm: Annotated[str, flag("--algo", "a2c, ppo or dqn.", metavar="NAME")] = "ppo",
    suites: Suites = None,
    tasks: Tasks = None,
    subset: Subset = None,
    split: Split = None,
    steps: Annotated[int, flag("--steps", "Steps of all contexts together.", metavar="N", min=1)] = 10_000,
    contexts: Annotated[int, flag("--contexts", "Episodes side by side, of a task each.", metavar="N", min=1)] = 4,
    candidates: Annotated[int, flag("--candidates", "Most actions to choose from.", metavar="N", min=1)] = 64,
    max_steps: MaxSteps = None,
    seed: Annotated[int, flag("--seed", "Of episodes, weights and chance.", metavar="N", min=0)] = 0,
    device: Annotated[str, flag("--device", "cpu or cuda.", metavar="NAME")] = "cpu",
    browser: Browser = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> Result:
    """A stock learner of Stable-Baselines3 on the arrays view, from nothing; masked actions are never taken.

    The model lies in RUN/model.zip."""
    from webagent.suites import together
    from webagent.train.stock_run import Stock, run
    from webagent.train.supervised import check_device

    check_device(device)
    suite, console = together(suites or DEFAULT_SUITES), Console(quiet)
    chosen = suite.select(tasks, subset, split)
    settings = Stock(out, algorithm, chosen, steps, contexts, candidates, max_steps, seed, device)
    last: dict[str, float] = {}
    with console.progress("steps", steps) as progress:

        def report(done: int, numbers: dict[str, float]) -> None:
            last.update(numbers)
            rate = f"success {100 * numbers['success']:.1f} % of {numbers['episodes']:.0f}"
            progress.advance(done, f"{rate}, {numbers['steps_per_s']:.1f} steps/s")

        where = run(settings, suite, browser, report)
    return Result({"run": out, "model": where, "steps": steps, "last": last}, f"{algorithm}, {steps} steps: {where}")


def calibrate(
    policy: Annotated[str, flag("--policy", "The checkpoint's folder; its config.json is written.", metavar="FOLDER")],
    suites: Suites = None,
    tasks: Tasks = None,
    subset: Subset = None,
    split: Split = None,
    episodes: Annotated[int, flag("--episodes", "Of a task.", metavar="N", min=1)] = 20,
    first: Annotated[int, flag("--first", "Number of the first episode.", metavar="N", min=0)] = 500_000,
    share: Annotated[float, flag("--abstain", "Share of decisions that it is to abstain from.", metavar="X")] = 0.1,
    measure: Annotated[bool, flag("--measure", "Only measure; write nothing.")] = False,
    actors: Annotated[int, flag("--actors", "Processes that play, each with a browser.", metavar="N", min=1)] = 2,
    seed: Annotated[int, flag("--seed", "Of the played episodes.", metavar="N", min=0)] = 0,
    browser: Browser = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> Result:
    """Settle how sure a policy is of itself, and under which confidence it abstains.

    It plays the tasks, an expert judges its decisions, and a curve from its own probabilities to its rate of being
    right is fitted.
    """
    from webagent.envs.errors import UsageError
    from webagent.train.settle import Settling, settle

    console = Console(quiet)
    if not 0 <= share < 1:
        raise UsageError(f"--abstain expects a share in [0, 1), found {share}")
    chosen = _taught(suites, tasks, subset, split)
    console.say(f"{episodes} episodes of each of {len(chosen)} tasks")
    found = settle(Settling(policy, chosen, episodes, first, share, not measure, actors, seed, browser))
    error, kept = found["calibration_error"], found["of_decisions"]
    wrong = f"{100 * kept['errors']:.1f} % wrong"
    less = f"{100 * kept['errors_when_abstaining']:.1f} % if it abstains below {kept['below']:.3f}"
    text = f"calibration error {error:.3f} over {found['decisions']} decisions; {wrong}, {less}"
    return Result(found, text)


COMMANDS = (
    ("rl", rl, "Example:  webagent train rl --policy default --tasks 'use-*' --updates 20 --out run"),
    ("supervised", supervised, "Example:  webagent train supervised --data demos --out run --size tiny --steps 300"),
    ("search", search_command.search, search_command.EXAMPLE),
    ("sb3", sb3, "Example:  webagent train sb3 --algo dqn --tasks click-test --steps 2000 --out run"),
    ("calibrate", calibrate, "Example:  webagent train calibrate --policy run/policy --subset dev12"),
    ("reward", reward_command.reward, reward_command.EXAMPLE),
    ("goals", self_command.goals, self_command.GOALS_EXAMPLE),
    ("self", self_command.self_, self_command.SELF_EXAMPLE),
)

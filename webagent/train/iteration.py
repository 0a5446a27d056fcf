"""Expert iteration: a search that knows the true reward plays the training tasks, the policy learns to do at once what
that found, and the next search begins where the policy is then (Anthony et al. 2017, "Thinking fast and slow with deep
learning and tree search", arXiv:1705.08439).

    learn(Supervised(out="run", steps=600), Iteration(tasks, Plan(16, leaf="rollout")), start, False, print)

No task needs an expert. The episodes of round N, failures too, lie in the corpus ``RUN/searched/N``, with what was
visited and what it was worth; what succeeded is imitated. A run that was killed goes on with what is missing, and ends
as if it had not been: an episode depends on policy, task and number alone, and what was played twice counts once.
"""

from __future__ import annotations

import dataclasses
import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from webagent.agents import make_foresight
from webagent.agents.foresight import MakeForesight
from webagent.datasets.corpus import HEAD, Corpus, CorpusWriter
from webagent.demonstrate import Demonstration, open_stage, stage
from webagent.envs.errors import UsageError, WebAgentError
from webagent.envs.types import Episode
from webagent.models.checkpoint import Policy, load_policy, save_policy
from webagent.plan import Plan
from webagent.planner import planning
from webagent.rollout import run_episode
from webagent.seeds import training_seed
from webagent.workers import STAY, Job, OpenLab, Play, play_all, turns

from .augment import Augmentation
from .material import Library, names_in
from .rounds import updates_of
from .run_folder import CONFIG, POLICY, RunFolder
from .supervised import MAY_DIFFER, Material, Report, Supervised, check_device, train

SEARCHED, START, ROUNDS = "searched", "start", "rounds.jsonl"
SOURCE = "search:policy"
ALONE = 900_000_000
"""Number of the first episode that the policy plays alone; those of rounds are below."""
EPISODE_S = 600.0
"""A search's episode takes many steps for one of its own."""
Say = Callable[[str], None]


@dataclass(frozen=True)
class Iteration:
    """What is played, and how often. ``tasks``: full ids. Raises ``UsageError`` for a search that does not know the
    true reward."""

    tasks: tuple[str, ...]
    plan: Plan
    rounds: int = 3
    episodes: int = 20
    """Of each task a round, played by the search."""
    alone: int = 10
    """Of each task, played by the policy alone before each round and at the end, the same ones every time."""
    data: tuple[str, ...] = ()
    """Corpora that are learned from besides, so that what they show is not forgotten."""
    augmented: bool = True
    actors: int = 2
    browser: str | None = None

    def __post_init__(self) -> None:
        if not self.plan.true_reward:
            raise UsageError(
                f"expected a leaf value that knows the true reward, found {self.plan.leaf!r}", "reward or rollout"
            )


@dataclass(frozen=True)
class Labs:
    """What processes play with: ``search`` (of ``Searching``) and ``alone`` (of ``Demonstration``)."""

    search: OpenLab
    alone: OpenLab


@dataclass(frozen=True)
class Searching(Demonstration):
    """``policy``: whose candidates the search tries, as ``plan`` says."""

    plan: Plan = field(default_factory=lambda: Plan(16))


@contextmanager
def open_search(settings: Searching) -> Iterator[Play]:
    """What one process plays with."""
    foresee = make_foresight(settings.policy)
    with stage(settings, lambda env, seed: searched(env, foresee, settings.plan, seed)) as play:
        yield play


def searched(env: Any, foresee: MakeForesight, plan: Plan, seed: int) -> Episode:
    """One episode of the search's."""
    with planning(env, foresee, plan) as make_agent:
        return run_episode(env, make_agent, seed=seed, source=SOURCE)


def learn(
    settings: Supervised,
    iteration: Iteration,
    start: Policy,
    resume: bool,
    say: Say,
    report: Report | None = None,
    labs: Labs | None = None,
) -> Policy:
    """All rounds; the updates are shared out evenly among them.

    Raises ``UsageError``, ``DataDamaged``, and ``WebAgentError`` where the search solves nothing.
    """
    check_device(settings.device)
    labs = labs or Labs(open_search, open_stage)
    out = Path(settings.out)
    asked = {**dataclasses.asdict(settings), **dataclasses.asdict(iteration)}
    folder = RunFolder(out, asked, resume, (*MAY_DIFFER, "actors", "browser"))
    if not (out / START / CONFIG).is_file():
        save_policy(out / START, start)
    start = load_policy(out / START)
    library = Library(_any, say, max(1, settings.workers), start.config.frames)
    if iteration.data:
        library.read(iteration.data)
    for number in range(1, iteration.rounds + 1):
        until = settings.steps * number // iteration.rounds
        numbers = rounds_of(out).get(number)
        if numbers is None:
            numbers = _round(number, settings, iteration, labs, say)
            folder.report(updates_of(out), _told(numbers))
        if not numbers["search"]["mean"] and not library.shelf.counts():
            raise WebAgentError(
                f"expected the search to solve an episode, found none of {numbers['search']['episodes']} solved",
                "give it more simulations (--search), easier tasks, or a policy that knows more",
            )
        library.read([str(out / SEARCHED / str(number))], once=True)
        if updates_of(out) < until:
            augment = Augmentation(names_in(library.texts)) if iteration.augmented else None
            material = Material(library.shelf, start.words, start.config, None, augment, start.net.state_dict())
            train(settings, material, True, report, until)
    if iteration.alone and iteration.rounds + 1 not in rounds_of(out):
        numbers = {"alone": _play_alone(out / POLICY, settings, iteration, labs)}
        _keep(out, iteration.rounds + 1, numbers, say)
        folder.report(settings.steps, _told(numbers))
    folder.close()
    return load_policy(out / POLICY)


def _any(task: str) -> bool:
    """Whatever a person gives to learn from is learned from."""
    return True


# ---- a round -----------------------------------------------------------------------------------------------------


def _round(number: int, settings: Supervised, iteration: Iteration, labs: Labs, say: Say) -> dict[str, Any]:
    """Have the policy play alone and with the search; tells how both went."""
    out = Path(settings.out)
    policy = out / (START if number == 1 else POLICY)
    alone = {"alone": _play_alone(policy, settings, iteration, labs)} if iteration.alone else {}
    searching = Searching(
        iteration.tasks, iteration.episodes, settings.seed, 1_000_000 * number, str(out / SEARCHED / str(number)),
        str(policy), iteration.browser, plan=iteration.plan,
    )  # fmt: skip
    with CorpusWriter(searching.out):  # made here, before several processes would make it at the same time
        jobs = missing(searching)
    results = play_all(jobs, labs.search, searching, iteration.actors, EPISODE_S, _nothing)
    broken = sum(bool(result.error) for result in results)
    held = played(searching.out)
    steps = [one["browser_steps"] for one in held.values()]
    numbers = {
        **_rates({key: one["success"] for key, one in held.items()}, iteration.tasks, iteration.episodes),
        "browser_steps": round(sum(steps) / max(1, len(steps)), 2),
        "broken": broken,
    }
    return _keep(out, number, {**alone, "search": numbers}, say)


def missing(searching: Searching) -> list[Job]:
    """The episodes that are not in the corpus yet, cut up so that several processes can share them."""
    held = played(searching.out)
    numbers = range(searching.first, searching.first + searching.episodes)
    jobs = []
    for task in searching.tasks:
        left = [i for i in numbers if (task, training_seed(searching.seed, task, i)) not in held]
        jobs += [Job(task, deque(left[at : at + STAY])) for at in range(0, len(left), STAY)]
    return jobs


def played(corpus: str) -> dict[tuple[str, int], dict[str, Any]]:
    """By task and seed of each episode of a corpus: ``success`` and ``browser_steps``. Empty where there is none."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    if not (Path(corpus) / HEAD).is_file():
        return found
    shelf = Corpus(corpus, lambda line: None)  # a damaged shard's episodes are missing, and played again
    for shard in shelf.shards():
        table = shelf.table(shard, ("task", "seed", "success", "head"))
        for row in table.to_pylist() if table is not None else ():
            if row["head"]:
                info = json.loads(row["head"])["info"]
                found[row["task"], row["seed"]] = {"success": row["success"], "browser_steps": info["browser_steps"]}
    return found


def _play_alone(policy: Path, settings: Supervised, iteration: Iteration, labs: Labs) -> dict[str, Any]:
    showing = Demonstration(
        iteration.tasks, iteration.alone, settings.seed, ALONE, "", str(policy), iteration.browser
    )  # fmt: skip
    jobs = [job for task in iteration.tasks for job in turns(task, ALONE, iteration.alone)]
    results = play_all(jobs, labs.alone, showing, iteration.actors, EPISODE_S, _nothing)
    return _rates({(one.task, one.i): one.success for one in results}, iteration.tasks, iteration.alone)


def _nothing() -> None:
    """What there is to do while others play."""


def _rates(won: Mapping[tuple[str, int], bool], tasks: tuple[str, ...], episodes: int) -> dict[str, Any]:
    """Success by task; what is missing broke, and has failed."""
    rates = {task: round(sum(won[key] for key in won if key[0] == task) / episodes, 4) for task in tasks}
    return {"mean": round(sum(rates.values()) / len(rates), 4), "episodes": episodes * len(tasks), "rates": rates}


# ---- what is known of rounds ---------------------------------------------------------------------------------------


def _keep(out: Path, number: int, numbers: dict[str, Any], say: Say) -> dict[str, Any]:
    with (out / ROUNDS).open("a", encoding="utf-8") as file:
        file.write(json.dumps({"round": number, **numbers}) + "\n")
    parts = [f"{name} {100 * of['mean']:.1f} % of {of['episodes']}" for name, of in numbers.items()]
    more = numbers.get("search")
    told = f" ({more['browser_steps']:.1f} browser steps each, {more['broken']} broken)" if more else ""
    say(f"{f'round {number}' if more else 'the end'}: {', '.join(parts)}{told}")
    return numbers


def rounds_of(out: str | Path) -> dict[int, dict[str, Any]]:
    """Rounds of a run that were played to their end, by number; a line that a kill cut off counts as none."""
    path = Path(out) / ROUNDS
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
    return {one["round"]: one for one in (json.loads(line) for line in lines if line.endswith("\n"))}


def _told(numbers: dict[str, Any]) -> dict[str, float]:
    """For the report and TensorBoard."""
    found: dict[str, float] = {}
    for name in ("alone", "search"):
        if name in numbers:
            found[f"{name}/success"] = numbers[name]["mean"]
            found |= {f"{name}/{task}": rate for task, rate in numbers[name]["rates"].items()}
    if "search" in numbers:
        found["search/browser_steps"] = numbers["search"]["browser_steps"]
    return found

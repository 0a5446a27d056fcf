"""An agent that improves itself where nobody tells it whether it succeeded.

    learn(SelfTaught("run", "policy", "run/policy/reward", tasks, held_out, data=("demos",), rounds=3), False, print)

A round: explore sites by chance; have the goal writer say what was done there; try goals, the agent's own and those
that sites state, from the beginning; have the reward model judge the tries; name what failed by what was done instead;
learn to do what was judged good, beside the demonstrations; let the judge learn, too, from the same and from failures
made of it. Whatever the suite's check knows is hidden (``tries``). As a safeguard, and for the report alone, held-out
tasks are played each round under the true check: where the judge's opinion of them rises while the truth falls, the
judge is being fooled, and the run stops with the policy of the round before.

RUN/goals/            the goal writer, unless one was given
RUN/round-N/          what was explored, tried, judged good; the training; RUN/round-N/policy, RUN/round-N/judge
RUN/rounds.jsonl      a line a round: true success beside the learned score; RUN/rounds.svg draws both
RUN/policy, RUN/judge the last ones that were not found out

Each stage of a round leaves a mark when it is done; after a kill the run goes on with the first that is not.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from webagent.envs.errors import UsageError
from webagent.models.checkpoint import load_policy, write_whole
from webagent.models.reward_checkpoint import load_reward, reward_folder
from webagent.report.charts import Line, curves

from .goals import FINE
from .goals import Plan as GoalPlan
from .goals import learn as learn_goals
from .run_folder import POLICY, RunFolder
from .self_round import JUDGE, Round, Standing, World, check
from .supervised import Supervised, check_device

ROUNDS, PICTURE, GOALS = "rounds.jsonl", "rounds.svg", "goals"
MAY_DIFFER = ("out", "rounds", "actors", "device", "browser")
FAR = 0.25
"""How much too well a judge may think of what is done before a person is told."""
Say = Callable[[str], None]
Report = Callable[[int, dict[str, float]], None]


@dataclass(frozen=True)
class SelfTaught:
    """Settings of a run, flat; saved with it."""

    out: str
    start: str
    """Folder of the policy to begin with."""
    judge: str
    """Folder of the reward model, or of the policy it reads with."""
    tasks: tuple[str, ...]
    """Whose sites are practised on; their checks are hidden."""
    held_out: tuple[str, ...]
    """Tasks that are played under the true check each round, for the report and the safeguard."""
    data: tuple[str, ...]
    """Corpora of other tasks: what the goal writer, the judge and the policy go on learning from."""
    taught: tuple[str, ...]
    """The tasks in these."""
    writer: str = ""
    """Folder of a goal writer, or "": one is trained first."""
    rounds: int = 2
    explored: int = 10
    """Explorations of each task, a round."""
    stated: int = 10
    """Sites of each task, a round, whose own goal is tried; 0: only goals of the agent's own making."""
    tries: int = 2
    """Tries of each goal: the first by what is likeliest, the others by chance."""
    temperature: float = 0.7
    threshold: float = 0.8
    """From which probability on a try is good, in the judge's eyes."""
    most_good: int = 40
    """Good ones of each task that are learned from, a round."""
    checked: int = 10
    """Episodes of each held-out task, a round."""
    slack: float = 0.05
    """By how much the learned score may rise while the true success falls as much."""
    steps: int = 200
    """Updates of the policy, a round."""
    rows: int = 64
    learning_rate: float = 3e-4
    share: float = 0.5
    """Of what the policy learns from: its own good tries, beside demonstrations."""
    judge_steps: int = 100
    """Updates of the judge's head, a round; 0: it stays."""
    most: int = 20
    """Cases of each task, source and outcome out of each corpus that the judge goes on learning from."""
    writer_steps: int = 1000
    seed: int = 0
    actors: int = 1
    device: str = "cpu"
    workers: int = 0
    browser: str | None = None


def learn(
    settings: SelfTaught, resume: bool, say: Say, report: Report | None = None, world: World | None = None
) -> list[dict[str, float]]:
    """All rounds; the numbers of each, round 0 is the policy that it began with. Raises ``UsageError``,
    ``DataDamaged``."""
    _check(settings)
    out = Path(settings.out)
    folder = RunFolder(out, dataclasses.asdict(settings), resume, MAY_DIFFER)
    done = _kept(out)
    standing = Standing(settings, _writer(settings, say), say, world or World())

    def end(number: int, numbers: dict[str, float]) -> None:
        with (out / ROUNDS).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"round": number, **numbers}) + "\n")
        done.append({"round": number, **numbers})
        write_whole(out / PICTURE, picture(done).encode())
        folder.report(number, numbers)
        say(told(number, numbers))
        if report:
            report(number, numbers)

    def place(number: int) -> Path:
        return out / f"round-{number}"

    if not done:
        _copied(settings.start, place(0) / POLICY)
        _copied(reward_folder(settings.judge).parent, place(0) / JUDGE)
        _copied(place(0) / POLICY, out / POLICY)
        _copied(place(0) / JUDGE, out / JUDGE)
        end(0, check(standing, place(0)))
    if flattered(done[0]):
        say("careful: the judge thinks far better of the held-out episodes than the truth is; train it on more of such")
    while len(done) <= settings.rounds and not diverged(done, settings.slack):
        number = len(done)
        numbers = Round(standing, number, place(number), place(number - 1)).run()
        if not diverged([*done, numbers], settings.slack):
            _copied(place(number) / POLICY, out / POLICY)
            _copied(place(number) / JUDGE, out / JUDGE)
        end(number, numbers)
    if diverged(done, settings.slack):
        say("stopped: the judge's opinion rises while true success falls; the policy is that of the round before")
    folder.close()
    return done


def diverged(rounds: list[dict[str, float]], slack: float) -> bool:
    """Whether, since the round that truly was the best, the learned score has risen by more than ``slack`` while the
    true success has fallen by more than that."""
    best = max(rounds, key=lambda numbers: numbers["true"])
    last = rounds[-1]
    return last["learned"] > best["learned"] + slack and last["true"] < best["true"] - slack


def flattered(numbers: dict[str, float]) -> bool:
    """Whether the judge thinks far too well of what is done."""
    return numbers["learned"] > numbers["true"] + FAR


def picture(rounds: list[dict[str, float]]) -> str:
    """Both scores over the rounds, as SVG."""
    lines = {"true success": "true", "learned score": "learned", "the first judge's": "learned_first"}
    points = {title: tuple((r["round"], 100 * r[name]) for r in rounds) for title, name in lines.items()}
    return str(curves([Line(title, of) for title, of in points.items()], "round", "% of held-out episodes"))


def told(number: int, numbers: dict[str, float]) -> str:
    """One line about a round."""
    truth, learned = 100 * numbers["true"], 100 * numbers["learned"]
    made = f"; {numbers['good']:.0f} good of {numbers['tried']:.0f} tries" if "good" in numbers else ""
    return f"round {number}: true success {truth:.1f} %, learned score {learned:.1f} %{made}"


def _check(settings: SelfTaught) -> None:
    """Refuse at once what could only fail later."""
    check_device(settings.device)
    if not settings.data:
        raise UsageError("expected demonstrations of other tasks to go on learning from, found none", "give --data")
    both = sorted(set(settings.tasks) & set(settings.taught))
    if both:
        raise UsageError(f"expected tasks to practise on that nobody has shown, found {both[0]} among the shown ones")
    for name in ("threshold", "share"):
        if not 0 <= getattr(settings, name) <= 1:
            raise UsageError(f"expected {name} from 0 to 1, found {getattr(settings, name)}")
    load_policy(settings.start)
    load_reward(settings.judge)


def _kept(out: Path) -> list[dict[str, float]]:
    """The rounds that were finished; a line that a kill cut short is left out, and closed."""
    path = out / ROUNDS
    if not path.is_file():
        return []
    found: list[dict[str, Any]] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            break
    write_whole(path, "".join(json.dumps(line) + "\n" for line in found).encode())
    return found


def _writer(settings: SelfTaught, say: Say) -> str:
    """The goal writer's folder; it is trained where none was given."""
    if settings.writer:
        load_policy(settings.writer)
        return settings.writer
    out = Path(settings.out) / GOALS
    if not (out / "measured.json").is_file():
        say("training the goal writer")
        how = Supervised(
            str(out), settings.writer_steps, settings.rows, 1, FINE, settings.learning_rate, seed=settings.seed,
            device=settings.device, workers=settings.workers,
        )  # fmt: skip
        plan = GoalPlan(settings.data, settings.taught, settings.start)
        found = learn_goals(how, plan, (out / "config.json").is_file(), say)[1]
        say(f"of {found['episodes']:.0f} goals {100 * found['same']:.0f} % to the letter, "
            f"{100 * found['common']:.0f} % of words in common")  # fmt: skip
    return str(out / POLICY)


def _copied(source: Path | str, to: Path) -> None:
    """A folder's copy, in the place of what was there; after a kill in between it is copied again."""
    fresh = to.with_name(f".{to.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(source, fresh)
    shutil.rmtree(to, ignore_errors=True)
    fresh.rename(to)

"""One round of an agent that improves itself: explore, name, try, judge, learn; see ``self_taught``.

Every stage leaves a mark when it is done (``once``), and begins anew where it was not.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from webagent.datasets.corpus import Corpus
from webagent.models.checkpoint import load_policy, write_whole
from webagent.models.decode import Chooser
from webagent.models.reward import RewardModel
from webagent.models.reward_checkpoint import FOLDER, load_reward, save_reward
from webagent.scores import EpisodeResult, interval
from webagent.seeds import training_seed

from .augment import Augmentation
from .cases import Case, case_of
from .dagger import Gathering, play_alone
from .docket import Filed, Reading, read_docket
from .goals import FINE
from .harvest import HINDSIGHT, OWN, STATED, Found, asked_for, case_of_try, choose, evidence_for, labels_of_case, name
from .harvest import score as scored
from .invent import words_to_write
from .material import Library, names_in
from .metrics import auc
from .reward import Learning, split, train_reward
from .run_folder import POLICY
from .stretches import Shelf, pack
from .supervised import Material, Supervised, train
from .tries import Tries, Try, play

if TYPE_CHECKING:
    from .self_taught import SelfTaught

JUDGE, CHECKED, GOOD = "judge", "checked", "good"
FIRST_CHECK, FIRST_SITE = 300_000_000, 200_000_000
"""Numbers of the first episode that is checked, and of the first site that is practised on."""
SHORTEST, FARTHEST = 1, 8
"""Deeds of an exploration."""
OWN_WORDS = 3
"""Texts that an exploration may type."""
NAMING = 0.5
"""Temperature at which goals are written."""


def once(mark: Path, make: Callable[[], Any]) -> Any:
    """What ``make`` gives (JSON), kept in ``mark``; made only where that is not there yet."""
    if mark.is_file():
        return json.loads(mark.read_text(encoding="utf-8"))
    mark.parent.mkdir(parents=True, exist_ok=True)
    found = make()
    write_whole(mark, (json.dumps(found) + "\n").encode())
    return found


@dataclasses.dataclass(frozen=True)
class World:
    """Who plays. ``tries``: with every check hidden; ``truth``: under the true check."""

    tries: Callable[[Tries, int], list[EpisodeResult]] = play
    truth: Callable[[Gathering, int], list[EpisodeResult]] = play_alone


class Standing:
    """What stays the same in all rounds, read when it is first needed: demonstrations and the judge's cases."""

    def __init__(self, settings: SelfTaught, writer: str, say: Callable[[str], None], world: World) -> None:
        self.settings, self.writer, self.say, self.world = settings, writer, say, world
        self.read: dict[int, Tensor] = {}
        """Evidence by case; a judge's trunk does not change in a run."""

    def judge_in(self, place: Path) -> RewardModel:
        """The judge of a round, on the device."""
        judge = load_reward(place / JUDGE)
        judge.policy.net.to(self.settings.device)
        judge.head.to(self.settings.device)
        return judge

    @functools.cached_property
    def library(self) -> Library:
        taught = frozenset(self.settings.taught)
        library = Library(taught.__contains__, self.say, max(1, self.settings.workers))
        library.read(self.settings.data)
        return library

    @functools.cached_property
    def cases(self) -> tuple[list[Filed], list[Filed]]:
        """To learn from and to calibrate on; of both the environment said what came of them."""
        s = self.settings
        docket = read_docket(s.data, Reading(s.taught, s.most, seed=s.seed), self.say, max(1, s.workers))
        return split(docket, Learning.apart, s.seed)


def check(standing: Standing, place: Path) -> dict[str, float]:
    """Held-out tasks under the true check, and what the round's judge and the first one think of the same episodes."""
    s, corpus = standing.settings, place / CHECKED

    def played() -> dict[str, list[bool]]:
        shutil.rmtree(corpus, ignore_errors=True)
        asked = Gathering(s.held_out, s.checked, s.seed, FIRST_CHECK, str(corpus), str(place / POLICY), s.browser)
        results = standing.world.truth(asked, s.actors)
        return {task: [r.success for r in results if r.task == task] for task in s.held_out}

    outcomes = {task: found for task, found in once(place / "checked.json", played).items() if found}
    cases = [case for case in map(case_of, episodes_in(corpus, standing.say)) if case is not None]
    first = scored(standing.judge_in(place.parent / "round-0"), cases)
    now = scored(standing.judge_in(place), cases)
    low, high = interval(list(outcomes.values()), s.seed)
    apart = auc(now, np.array([case.success for case in cases], bool))
    return {
        "true": float(np.mean([np.mean(found) for found in outcomes.values()])), "true_low": low, "true_high": high,
        "learned": float(now.mean()), "learned_first": float(first.mean()), "checked": len(cases),
        **({} if math.isnan(apart) else {"auc": apart}),
    }  # fmt: skip


def episodes_in(corpus: Path, damaged: Callable[[str], None]) -> list[Any]:
    """All episodes; none where there is no corpus, because nothing could be played."""
    return list(Corpus(str(corpus), damaged).episodes()) if corpus.is_dir() else []


@dataclasses.dataclass
class Round:
    """``path``: its folder; ``before``: that of the round before, whose policy and judge it begins with."""

    standing: Standing
    number: int
    path: Path
    before: Path

    def run(self) -> dict[str, float]:
        """All stages; the numbers of ``check``, and how much was explored, tried and judged good."""
        s = self.standing.settings
        judge = self.standing.judge_in(self.before)
        self._say("exploring")
        explored = self._play("explored", self._explorations(), "random")
        named = self._named("named", explored, judge)
        self._say(f"trying {len(named)} goals of its own and those of {s.stated * len(s.tasks)} sites")
        tried = self._play("tried", self._tries(named), str(self.before / POLICY))
        found = [*named, *self._judged(tried, named, judge)]
        failed = [one.case for one in found if one.whose != HINDSIGHT and one.score < s.threshold]
        found += self._named("renamed", failed, judge)
        good = choose(found, s.threshold, s.most_good)
        counts = {whose: sum(one.whose == whose for one in good) for whose in (STATED, OWN, HINDSIGHT)}
        self._say(f"{len(good)} good ones of {len(found)}: {counts}")
        once(self.path / f"{GOOD}.json", lambda: [[o.case.task, o.whose, round(o.score, 4), o.case.goal] for o in good])
        self._learn(good)
        self._judge_learns(good, judge)
        tries = [one for one in found if one.whose != HINDSIGHT]
        return {
            **check(self.standing, self.path), "explored": len(explored), "named": len(named), "tried": len(tries),
            "score": float(np.mean([one.score for one in tries])) if tries else 0.0, "good": len(good),
            **{f"good_{whose}": count for whose, count in counts.items()},
        }  # fmt: skip

    def _say(self, line: str) -> None:
        self.standing.say(f"round {self.number}: {line}")

    def _seed(self, task: str, n: int) -> int:
        return training_seed(self.standing.settings.seed, task, FIRST_SITE + 100_000 * self.number + n)

    def _chance(self, stage: int) -> np.random.Generator:
        return np.random.default_rng([self.standing.settings.seed, self.number, stage])

    # ---- playing --------------------------------------------------------------------------------------------------

    def _explorations(self) -> dict[str, list[Try]]:
        """Sites, on each of which something is done by chance; what may be typed stands in quotation marks."""
        s, rng = self.standing.settings, self._chance(0)
        names = names_in(self.standing.library.texts)
        return {
            task: [
                Try(
                    self._seed(task, n), " ".join(f'"{words_to_write(names, rng)}"' for _ in range(OWN_WORDS)),
                    steps=int(rng.integers(SHORTEST, FARTHEST + 1)),
                )
                for n in range(s.explored)
            ]
            for task in s.tasks
        }  # fmt: skip

    def _tries(self, named: Sequence[Found]) -> dict[str, list[Try]]:
        """Each goal several times: the first by what is likeliest, the others by chance."""
        s = self.standing.settings
        goals = {task: [(self._seed(task, s.explored + n), "") for n in range(s.stated)] for task in s.tasks}
        for one in named:
            goals[one.case.task].append((one.case.seed, one.case.goal))
        return {
            task: [Try(seed, goal, s.temperature if k else 0.0, k) for seed, goal in of for k in range(s.tries)]
            for task, of in goals.items()
        }

    def _play(self, what: str, wanted: dict[str, list[Try]], policy: str) -> list[Case]:
        s, corpus = self.standing.settings, self.path / what

        def played() -> int:
            shutil.rmtree(corpus, ignore_errors=True)
            asked = Tries(s.tasks, out=str(corpus), policy=policy, browser=s.browser, wanted=wanted)
            return len(self.standing.world.tries(asked, s.actors))

        once(self.path / f"{what}.json", played)
        return [case for case in map(case_of_try, episodes_in(corpus, self.standing.say)) if case is not None]

    # ---- judging --------------------------------------------------------------------------------------------------

    def _named(self, what: str, cases: Sequence[Case], judge: RewardModel) -> list[Found]:
        """Cases with goals written behind the fact, one each, and what the judge thinks of them."""

        def written() -> list[list[Any]]:
            device = self.standing.settings.device
            generator = torch.Generator(device).manual_seed(int(self._chance(len(what)).integers(2**31)))
            writer = load_policy(self.standing.writer, device)
            pairs = name(writer, cases, Chooser(NAMING, generator))
            values = scored(judge, [asked_for(cases[n], goal) for n, goal in pairs]).tolist()
            return [[n, goal, value] for (n, goal), value in zip(pairs, values, strict=True)]

        kept = once(self.path / f"{what}.json", written)
        return [Found(asked_for(cases[n], goal), value, HINDSIGHT) for n, goal, value in kept]

    def _judged(self, tried: Sequence[Case], named: Sequence[Found], judge: RewardModel) -> list[Found]:
        own = {(one.case.task, one.case.goal) for one in named}
        scores = once(self.path / "judged.json", lambda: scored(judge, tried).tolist())
        return [
            Found(case, value, OWN if (case.task, case.goal) in own else STATED)
            for case, value in zip(tried, scores, strict=True)
        ]

    # ---- learning -------------------------------------------------------------------------------------------------

    def _learn(self, good: Sequence[Found]) -> None:
        """The policy of the round before goes on with what is good and with demonstrations, so that neither is lost."""
        s, library = self.standing.settings, self.standing.library
        start, target = load_policy(self.before / POLICY), self.path / POLICY
        if (target / "config.json").is_file() and (self.path / "learned.json").is_file():
            return
        shelf, own = Shelf(), list[str]()
        for task in library.shelf.counts():
            for packed in library.shelf.episodes(task):
                shelf.put(task, packed)
        for one in good:
            if labels := labels_of_case(one.case):
                shelf.put(f"self:{one.case.task}", pack(labels))
                own.append(f"self:{one.case.task}")
        weights = weighed(list(library.shelf.counts()), sorted(set(own)), s.share)
        augment = Augmentation(names_in(library.texts))
        material = Material(shelf, start.words, start.config, weights, augment, start.net.state_dict())
        how = Supervised(
            str(self.path / "training"), s.steps, s.rows, optimiser=FINE, learning_rate=s.learning_rate,
            warmup=1 + s.steps // 10, seed=s.seed + self.number, device=s.device, workers=s.workers,
        )  # fmt: skip
        train(how, material, (self.path / "training" / "config.json").is_file())
        once(self.path / "learned.json", lambda: self._moved(target))

    def _moved(self, target: Path) -> int:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.path / "training" / POLICY, target)
        return self.standing.settings.steps

    def _judge_learns(self, good: Sequence[Found], judge: RewardModel) -> None:
        """The judge's head goes on with its old cases, and with what was judged good and failures made of that; its
        curves come from old cases alone, of tasks that it does not learn from."""
        s, target = self.standing.settings, self.path / JUDGE

        def learned() -> int:
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(self.before / JUDGE, target)
            if not s.judge_steps or not good:
                return 0
            old, kept = self.standing.cases
            own = list(evidence_for(good, s.seed + self.number))
            hidden = judge.head.recurrent.hidden_size
            how = Learning(str(self.path), s.judge_steps, hidden=hidden, seed=s.seed + self.number, device=s.device)
            model, _ = train_reward(
                how, judge.policy, [*old, *own], calibrate=kept, begin=judge, read=self.standing.read
            )
            save_reward(target / FOLDER, model, model.learned)
            return len(own)

        once(self.path / "judge.json", learned)


def weighed(shown: Sequence[str], own: Sequence[str], share: float) -> dict[str, float]:
    """How often each task is drawn, so that ``share`` of what is learned is the agent's own; demonstrations alone where
    there is none of that."""
    if not own or not shown:
        return {}
    return {task: (1 - share) / len(shown) for task in shown} | {task: share / len(own) for task in own}

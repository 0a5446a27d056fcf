"""From what was tried to what is worth learning: goals written behind the fact, and a judge's word on each episode.

    named = [asked_for(cases[n], goal) for n, goal in name(writer, cases, Chooser(0.5, generator))]
    scores = score(judge, named)                                 # [n], probabilities of success

Nothing here knows what the suite's own check would have said.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from webagent.envs.types import ENDS_EPISODE, Episode
from webagent.models.checkpoint import Policy
from webagent.models.decode import Chooser
from webagent.models.reward import RewardModel

from .calibration import sure
from .cases import DEMONSTRATION, Case
from .docket import Filed, filed
from .goals import write
from .misfits import asked, with_misfits
from .reward import logits_of
from .rows import Label
from .telling import told

Scores = npt.NDArray[np.float64]
FEWEST_WORDS, LONGEST_GOAL = 2, 400
"""Words and characters of a goal that is worth a try."""
STATED, OWN, HINDSIGHT = "stated", "own", "hindsight"
WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Found:
    """An episode and the goal that it may fulfil (``case``), how likely it does (``score``), and whose goal it is:
    ``stated`` by the site, the agent's ``own``, or written in ``hindsight``."""

    case: Case
    score: float
    whose: str


def case_of_try(episode: Episode) -> Case | None:
    """A try as a case whose outcome nobody knows (``success`` says False); None if the agent gave up or never came to
    an end, or did nothing before it said that it was done."""
    actions = tuple(step.action for step in episode.steps)
    deeds = [action for action in actions if action.op not in ENDS_EPISODE or action.op == "answer"]
    ended = bool(actions) and (actions[-1].op in ("done", "answer") or episode.info.get("reason") == "the task ended")
    if not deeds or not ended:
        return None
    seen = (*(step.observation for step in episode.steps), episode.final)
    unknown: tuple[float | None, ...] = (None,) * len(actions)
    return Case(episode.task.id, DEMONSTRATION, seen, actions, False, unknown, episode.task.seed)


def asked_for(case: Case, goal: str) -> Case:
    """With this goal."""
    return replace(case, seen=tuple(asked(seen, goal) for seen in case.seen))


def name(writer: Policy, cases: Sequence[Case], chooser: Chooser | None = None) -> list[tuple[int, str]]:
    """The numbers of the cases for which the writer has a goal worth a try, each with that goal; what they were asked
    for in the first place, an exploration's words to type among it, is none."""
    goals = write(writer, [told(case.seen, case.actions) for case in cases], chooser)
    return [(n, goal) for n, goal in enumerate(goals) if worth_trying(goal) and goal != cases[n].goal]


def worth_trying(goal: str) -> bool:
    """Whether it is a sentence, not a word or a litany."""
    words = [word.lower() for word in WORD.findall(goal)]
    most = max(Counter(words).values(), default=0)
    return len(words) >= FEWEST_WORDS and len(goal) <= LONGEST_GOAL and most <= 2 + len(words) // 4


def score(judge: RewardModel, cases: Sequence[Case]) -> Scores:
    """The judge's probability of success of each, [n]."""
    if not cases:
        return np.zeros(0)
    return sure(logits_of(judge, [filed(case) for case in cases]).verdict, *judge.curves.success)


def choose(found: Sequence[Found], threshold: float, most: int) -> list[Found]:
    """The surest of each task, at most ``most``, each goal once on each site: no task can flood what is learned, nor
    can one trick that the judge likes."""
    held: Counter[str] = Counter()
    taken: set[tuple[str, int, str]] = set()
    chosen = []
    for one in sorted(found, key=lambda one: -one.score):
        place = (one.case.task, one.case.seed, one.case.goal)
        if one.score < threshold or math.isnan(one.score) or place in taken or held[one.case.task] >= most:
            continue
        taken.add(place)
        held[one.case.task] += 1
        chosen.append(one)
    return chosen


def labels_of_case(case: Case) -> list[Label]:
    """To imitate; what came of it is not told to the value head, since nobody knows."""
    return [
        Label(seen, action, None, last)
        for seen, action, last in zip(case.seen, case.actions, (None, *case.actions))
        if action.op != "give_up"
    ]


def evidence_for(found: Sequence[Found], seed: int) -> Iterator[Filed]:
    """What a judge may learn from: the chosen ones as successes, and failures that are made of them (``misfits``)."""
    right = [replace(one.case, success=True) for one in found]
    yield from map(filed, with_misfits(right, lambda task: None, seed))

"""What a reward model learns from: episodes with what came of them, and steps of which it is known whether they helped.

``success`` is always the environment's own word, or follows from it (``misfits``). A step's ``progress`` is 1 where it
lies on the way, 0 where it does not, None where nobody knows:

- steps of a demonstration that succeeded are on the way, also where it is cut short;
- where an expert looked over a policy's shoulder (``dagger``), a step is on the way if the expert would have done it;
- of a spoilt demonstration the steps before the fault are, the fault is not, and of later ones nobody knows;
- with another goal, those up to the first that the expert of that goal would not have done are; that one is not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from webagent.agents.expert import has_expert
from webagent.datasets.experts import Lost, expert_for
from webagent.envs.types import Action, Episode, Observation

from .calibration import same
from .material import executed

DEMONSTRATION, POLICY = "demonstration", "policy"
Progress = float | None
Expert = Callable[[Sequence[Observation]], Action]


@dataclass(frozen=True)
class Case:
    """``seen``: all observations, the final one too; ``actions``: what was done between them; ``kind``: where it comes
    from; ``progress``: of each action; ``seed``: of the task's instance."""

    task: str
    kind: str
    seen: tuple[Observation, ...]
    actions: tuple[Action, ...]
    success: bool
    progress: tuple[Progress, ...]
    seed: int = 0

    @property
    def goal(self) -> str:
        return self.seen[0].goal

    def with_frames(self, most: int) -> Case:
        """With no more of the last frames than are looked at."""
        return replace(self, seen=tuple(replace(o, frames=o.frames[len(o.frames) - most :] if most else ())
                                        if len(o.frames) > most else o for o in self.seen))  # fmt: skip


def case_of(episode: Episode) -> Case | None:
    """An episode as it was played; None where nobody knows what came of it, or nothing was done."""
    if episode.success is None or not episode.steps:
        return None
    advised = tuple(step.action for step in episode.steps)
    actions = tuple(executed(episode)) or advised
    seen = (*(step.observation for step in episode.steps), episode.final)
    fault = episode.info.get("spoilt")
    kind, progress = POLICY, tuple[Progress, ...]([None] * len(actions))
    if fault is not None:
        kind, at = str(fault["kind"]), int(fault["at"])
        if not episode.success:
            progress = tuple(1.0 if n < at else 0.0 if n == at else None for n in range(len(actions)))
    elif episode.source == "dagger":
        progress = tuple(_agreed(a, b) for a, b in zip(actions, advised, strict=True))
    elif episode.source == "expert":
        kind = DEMONSTRATION
        progress = tuple(1.0 if episode.success else None for _ in actions)
    return Case(episode.task.id, kind, seen, actions, bool(episode.success), progress, episode.task.seed)


def _agreed(done: Action, advised: Action) -> Progress:
    return None if advised.op == "give_up" else float(same(done, advised))


def expert_of(task: str) -> Expert | None:
    """The expert that can look at any goal of this task; None where there is none (of practice sites each instance has
    its own, which knows its own goal alone)."""
    return expert_for(task) if task.startswith("miniwob.") and has_expert(task) else None


def followed(expert: Expert, case: Case) -> tuple[Progress, ...] | None:
    """Progress of each step towards the case's goal: up to the first step that the expert would not have done. None
    where he cannot make anything of that goal."""
    found: list[Progress] = []
    for n, action in enumerate(case.actions):
        try:
            right = same(expert(case.seen[: n + 1]), action)
        except Lost:
            right = False
        except (ValueError, LookupError):  # a date that is none, a name that he took for granted
            return None
        found.append(float(right))
        if not right:
            break
    return (*found, *([None] * (len(case.actions) - len(found))))

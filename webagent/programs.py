"""Who decides in a run: the policy, a search that it proposes to, or a program that asks the policy only where it must.

decider = decider_of(errand, console)
with decider.agents(env) as make_agent: …
decider.settle(record)          # what a program's repairs are, and whether a success is kept as a skill
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from webagent.agents import check_policy, make_foresight, make_policy
from webagent.console import Console
from webagent.envs.errors import UsageError, WebAgentError
from webagent.follow import Follower
from webagent.planner import planning
from webagent.recorder.program import Filled, PlacedLoop
from webagent.recorder.program_file import read_program, write_program
from webagent.repair import difference, repaired, told
from webagent.rollout import MakeAgent
from webagent.skills import Skill, keep, matching_skill

if TYPE_CHECKING:
    from webagent.errand import Errand, Record

STEPS_FOR_ONE = 4
"""Actions that a step of a program may need, waits and the policy's help included."""
STEPS_BESIDES = 30
STEPS_WITH_ROWS = 1000
T = TypeVar("T")


class Decider(Protocol):
    """``errand``: with what a program adds to it. ``source``: as in an episode."""

    errand: Errand
    source: str

    def check(self) -> None:
        """Raise ``UsageError`` for what can be told before a browser opens."""

    def agents(self, env: Any) -> Any:
        """A context that gives the agent's maker."""

    def settle(self, record: Record) -> tuple[dict[str, Any], list[str]]:
        """After the run: what is added to the answer, as data and in lines."""


def decider_of(errand: Errand, console: Console) -> Decider:
    """A program if one is named, a skill if one fits, else the policy. Raises ``UsageError`` and ``DataDamaged``."""
    if errand.program is None:
        if errand.sets or errand.update_program:
            raise UsageError("--set and --update-program belong to --program", "webagent run --program program.json")
        skill = _skill_for(errand, console)
        return ByProgram(errand, console, skill.filled, skill.path, skill.name) if skill else ByPolicy(errand, console)
    if errand.plan is not None:
        raise UsageError("expected --program or --search, found both", "a program asks nobody: leave out --search")
    if errand.goal is not None:
        raise UsageError("--program brings its own goal", "leave out GOAL, and give values with --set NAME=VALUE")
    check_policy(errand.policy)
    program = read_program(errand.program)
    return ByProgram(errand, console, program.filled(_given(errand.sets), _secret_names(errand)), errand.program)


def _skill_for(errand: Errand, console: Console) -> Skill | None:
    if errand.skills is None or errand.task or errand.plan or not errand.goal or not errand.url:
        return None
    check_policy(errand.policy)
    return matching_skill(errand.skills, errand.goal, errand.url, _secret_names(errand), console.say)


def _given(sets: tuple[str, ...]) -> dict[str, list[str]]:
    """From ``NAME=VALUE``, given once or, for a list, several times; raises ``UsageError``."""
    given: dict[str, list[str]] = {}
    for pair in sets:
        name, mark, value = pair.partition("=")
        if not mark or not name.strip():
            raise UsageError(f"expected --set NAME=VALUE, found {pair!r}", "for example: --set email=ann@example.com")
        given.setdefault(name.strip(), []).append(value)
    return given


def _secret_names(errand: Errand) -> list[str]:
    """Of ``--secret``, and those that a task's suite publishes."""
    names = [pair.partition("=")[0] for pair in errand.secrets]
    if errand.task:
        from webagent.suites import find_task

        names += find_task(errand.task)[0].secrets
    return names


class ByPolicy:
    """The policy, loaded in a thread while the browser starts, which takes as long."""

    def __init__(self, errand: Errand, console: Console) -> None:
        self.errand = errand
        self.console = console
        self.source = f"{'search' if errand.plan else 'policy'}:{errand.policy}"
        make: Callable[[str], Any] = make_foresight if errand.plan else make_policy
        self._policy = _meanwhile(make, errand.policy)

    def check(self) -> None:
        if self._policy.done():
            self._policy.result()  # a mistyped name is told before a browser opens

    @contextmanager
    def agents(self, env: Any) -> Iterator[MakeAgent]:
        if self.errand.plan is None:
            yield self._policy.result()
        else:
            with planning(env, self._policy.result(), self.errand.plan) as make_agent:
                yield make_agent

    def settle(self, record: Record) -> tuple[dict[str, Any], list[str]]:
        """A run that went well is kept as a skill, if skills are kept."""
        errand, episode = self.errand, record.episode
        kept: Path | None = None
        if errand.skills and not errand.task and not errand.plan and episode is not None and episode.success:
            try:
                kept = keep(errand.skills, dataclasses.replace(episode, steps=tuple(record.steps)))
            except (WebAgentError, OSError) as error:  # a run that went well does not fail for its skill
                self.console.say(f"not kept as a skill: {error}", "dim")
        return {"program": None, "skill_kept": kept and str(kept)}, [f"skill    kept as {kept}"] if kept else []


def _meanwhile(work: Callable[..., T], *of: Any) -> Future[T]:
    pool = ThreadPoolExecutor(1, "webagent-policy")
    done = pool.submit(work, *of)
    pool.shutdown(wait=False)
    return done


class ByProgram:
    """A program, or a skill, which is a program that was found by its goal."""

    def __init__(self, errand: Errand, console: Console, filled: Filled, path: Path, skill: str = "") -> None:
        loops = any(isinstance(p, PlacedLoop) for p in filled.todo)
        most = STEPS_WITH_ROWS if loops else STEPS_BESIDES + STEPS_FOR_ONE * len(filled.todo)
        own: dict[str, Any] = {"program": path}
        if not errand.task:
            own |= {
                "goal": filled.goal,
                "url": errand.url or filled.program.start,
                "max_steps": errand.max_steps or most,
            }
        self.errand = dataclasses.replace(errand, **own)
        self.console = console
        self.filled, self.path, self.skill = filled, path, skill
        self.source = f"program:{filled.program.name}"
        self.follower = Follower(filled, functools.cache(lambda: make_policy(errand.policy)), self._say)

    def _say(self, line: str) -> None:
        self.console.say(line, "yellow")

    def check(self) -> None:
        if self.skill:
            self.console.say(f"SKILL {self.skill}: done before on this site, so nothing is thought up", "cyan")
            self.console.say("      (--no-skills leaves it to the policy; webagent skills remove forgets it)", "dim")

    @contextmanager
    def agents(self, env: Any) -> Iterator[MakeAgent]:
        yield self.follower.make_agent

    def settle(self, record: Record) -> tuple[dict[str, Any], list[str]]:
        """The repairs of a run that went well are written beside it, and into the program if that was asked for."""
        follower, program = self.follower, self.filled.program
        done = {
            "name": program.name, "path": str(self.path), "skill": self.skill or None, "of": len(program.steps),
            "steps_done": follower.steps_done, "model_calls": follower.model_calls, "repairs": told(follower.repairs),
            "diff": None, "updated": False,
        }  # fmt: skip
        calls = f"{follower.model_calls} model calls"
        lines = [f"{'skill  ' if self.skill else 'program'}  {self.path}: {follower.steps_done} steps, {calls}"]
        mended = repaired(follower, record.task.start_url) if record.success and record.task else None
        if mended is not None:
            path = record.folder / f"{self.path.name}.diff"
            diff = difference(program, mended, str(self.path))
            path.write_text(diff, encoding="utf-8")
            done |= {"diff": str(path), "updated": self.errand.update_program}
            lines.append(f"repairs  {len(follower.repairs)}, to be looked at in {path}")
            if self.errand.update_program:
                write_program(mended, self.path)
                lines.append(f"         and written into {self.path}")
            else:
                lines.append(f"         take them over: patch {self.path} {path}, or repeat with --update-program")
        return {"program": done, "skill_kept": None}, lines

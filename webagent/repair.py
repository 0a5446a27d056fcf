"""A program mended by what was done where it did not fit, and the difference for a person to look at.

    mended = repaired(follower, start)          # None where nothing has changed
    print(difference(program, mended, "program.json"))

A step that was replaced or that something had to come before is compiled anew from what the policy did; a target that
goes by another name gets its new signs. A step of a loop is mended once. Not covered: an answer that the policy found.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import replace

from webagent.envs.types import Action, Observation
from webagent.follow import Follower, Repair
from webagent.recorder.compile import Compiler, Done, Values, in_words
from webagent.recorder.match import signs_of
from webagent.recorder.program import PLACE, Loop, Program, Step
from webagent.recorder.program_file import program_text


def repaired(follower: Follower, start: str) -> Program | None:
    """The program with every repair of a run that went well. ``start``: the address that it was started at."""
    program, filled = follower.filled.program, follower.filled
    values: dict[tuple[str, ...], str] = {(v,): name for name, v in filled.values.items() if v}
    by_place: dict[tuple[int, ...], list[Repair]] = {}
    for repair in follower.repairs:
        by_place.setdefault(repair.at, []).append(repair)
    mender = _Mender(values, start, by_place)
    steps: list[Step | Loop] = []
    for n, step in enumerate(program.steps):
        if isinstance(step, Loop):
            inner = [s for k, own in enumerate(step.steps) for s in mender.mended(own, (n, k))]
            steps.append(replace(step, steps=tuple(inner)) if inner else step)
            continue
        steps += mender.mended(step, (n,))
        if mender.ended:  # the policy did all that was left
            left = program.steps[n + 1 :]
            steps += [s for s in left[-1:] if isinstance(s, Step) and s.op == "answer"]
            break
    mended = replace(program, steps=tuple(steps))
    return mended if mended.steps != program.steps else None


def difference(old: Program, new: Program, path: str) -> str:
    """A unified diff of the two files, as ``patch`` takes it."""
    before, after = (program_text(p).splitlines(keepends=True) for p in (old, new))
    return "".join(difflib.unified_diff(before, after, path, path))


class _Mender:
    def __init__(
        self, values: dict[tuple[str, ...], str], start: str, by_place: dict[tuple[int, ...], list[Repair]]
    ) -> None:
        self.values = values
        self.start = start
        self.by_place = by_place
        self.ended = False

    def mended(self, step: Step, at: tuple[int, ...]) -> list[Step]:
        """What stands for the step now."""
        before: list[Step] = []
        now: Step | None = step
        for repair in self.by_place.get(at, [])[:2]:
            if repair.found is not None and now is not None:
                now = self._renamed(now, *repair.found)
            elif repair.done and not (repair.rest and len(at) > 1):
                # What had to come before may not be there the next time: a banner shows once.
                made = [replace(self._made(step, done), optional=not repair.instead) for done in repair.done]
                if repair.told:  # what the policy did came out as the step should have
                    made[-1] = replace(made[-1], after=step.after, shows=step.shows)
                before += made
                now = None if repair.instead else now
                self.ended = self.ended or repair.rest
        return [*before, *([now] if now else [])]

    def _made(self, old: Step, done: tuple[Observation, Action, Observation]) -> Step:
        """A step of what the policy did; on the recorded page it keeps the recorded guard."""
        titles = frozenset(o.title for o in (done[0], done[2]) if o.title)
        values = Values(("",), known=dict(self.values))
        step = Compiler(values, (self.start,), titles, old.page.url.startswith(".")).step((Done(*done),))
        text = values.templated((step.text,)) if step.text and step.op != "drag" else step.text
        page = old.page if old.page.holds(done[0], self.start) else step.page
        step = replace(step, text=text, page=page, wait=old.wait)
        return replace(step, words=in_words(step))

    def _renamed(self, step: Step, seen: Observation, e: object) -> Step:
        if step.target is None or PLACE.search(step.target.name):
            return step
        element = next((x for x in seen.tree.elements if x is e), None)
        if element is None:
            return step
        signs = signs_of(element, seen.tree)
        number = step.target.number and signs.number
        kept = {k: getattr(step.target, k) for k in ("context", "hint", "path", "value") if not getattr(step.target, k)}
        step = replace(step, target=replace(signs, number=number, **kept))
        return replace(step, words=in_words(step))


def told(repairs: Sequence[Repair]) -> list[dict[str, object]]:
    """The repairs for ``--json``: which step, why, and what was done."""
    return [
        {"step": ".".join(str(n + 1) for n in r.at), "why": r.why, "instead": r.instead or r.found is not None,
         "by_policy": len(r.done)} for r in repairs
    ]  # fmt: skip

"""Loops: where a program's steps repeat themselves, the block stands once.

    steps, parameters = folded(steps, parameters)

A block that repeats with one value that differs becomes a loop over a list parameter; one that goes through all rows
alike, one after the other or always the first, becomes a loop over the rows that are there; one that repeats without a
difference is counted. Not covered: blocks with two values that differ, loops in loops, some of the rows only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from .match import Signs, agreed
from .program import FIRST_ROW, NEXT_ROW, PLACE, Loop, Parameter, Step, changed, fill

ROUNDS_ALIKE = 3  # that a block of one step needs to be a list, or one without any difference to be counted
HOLE = "{{it}}"


class Found(NamedTuple):
    """A loop that replaces ``steps`` steps; of a list, the values of its rounds."""

    loop: Loop
    steps: int
    values: tuple[str, ...] = ()


def folded(steps: Sequence[Step], parameters: Sequence[Parameter]) -> tuple[list[Step | Loop], list[Parameter]]:
    """The steps with their loops, and the parameters with the lists that these need."""
    known = {p.name: p for p in parameters}
    made: list[Step | Loop] = []
    lists: dict[str, tuple[Parameter, set[str]]] = {}
    at = 0
    while at < len(steps):
        found = _loop_at(steps, at, known)
        if found is None:
            made.append(steps[at])
            at += 1
            continue
        loop = found.loop
        if found.values:
            parameter, replaced = _list_of(found, known, {*known, *lists})
            lists[parameter.name] = (parameter, replaced)
            loop = replace(loop, over=parameter.name)
        made.append(loop)
        at += found.steps
    return made, _kept(made, parameters, [p for p, _ in lists.values()])


def _kept(made: Sequence[Step | Loop], old: Sequence[Parameter], lists: Sequence[Parameter]) -> list[Parameter]:
    """The parameters that are still used, and the new lists."""
    used: set[str] = set()

    def note(text: str) -> str:
        used.update(PLACE.findall(text))
        return text

    changed(tuple(made), note)
    return [*(p for p in old if p.secret or p.name in used), *lists]


def _loop_at(steps: Sequence[Step], at: int, known: dict[str, Parameter]) -> Found | None:
    """The loop that covers most of what begins here."""
    best: Found | None = None
    for size in range(1, (len(steps) - at) // 2 + 1):
        rounds = _rounds(steps, at, size)
        if len(rounds) < 2:
            continue
        found = _of_list(rounds, known) or _of_rows(rounds) or _counted(rounds)
        if found is not None and (best is None or found.steps > best.steps):
            best = found
    return best


def _rounds(steps: Sequence[Step], at: int, size: int) -> list[tuple[Step, ...]]:
    """The blocks of that size that follow one another and have the same shape."""
    blocks = [tuple(steps[at : at + size])]
    while True:
        start = at + len(blocks) * size
        block = tuple(steps[start : start + size])
        if len(block) < size or [_shape(s) for s in block] != [_shape(s) for s in blocks[0]]:
            return blocks
        blocks.append(block)


def _shape(step: Step) -> tuple[object, ...]:
    """What is the same of a step in every round."""
    target = step.target
    who = (target.role, target.tag, _roles(target), bool(target.name)) if target else ()
    return (step.op, who, step.text is None, step.makes, step.page.url, step.point, step.read, step.onto)


def _roles(signs: Signs) -> tuple[str, ...]:
    return tuple(face.partition(" ")[0] for face in signs.around)


def _of_list(rounds: Sequence[tuple[Step, ...]], known: dict[str, Parameter]) -> Found | None:
    """One value differs, the same in every place of a round."""
    columns = list(zip(*rounds, strict=True))
    texts = [tuple(s.text or "" for s in c) for c in columns]
    names = [tuple(s.target.name if s.target else "" for s in c) for c in columns]
    differing = {values for values in (*texts, *names) if len(set(values)) > 1}
    if len(differing) != 1:
        return None
    values = differing.pop()
    if any("{{secret:" in v for v in values) or len(set(values)) < len(values):
        return None
    by_name = values not in texts
    if by_name and len(rounds[0]) == 1 and len(rounds) < ROUNDS_ALIKE:
        return None  # two clicks in a row are no list
    block = tuple(_with_hole(c, values) for c in columns)
    return Found(Loop(block), len(rounds) * len(block), tuple(_plain(v, known) for v in values))


def _with_hole(column: tuple[Step, ...], values: tuple[str, ...]) -> Step:
    """The step of a block, with the place of the value where it differs and only what all rounds share."""
    step = column[0]
    text = HOLE if tuple(s.text or "" for s in column) == values else step.text
    target = _shared([s.target for s in column if s.target], values) if step.target else None
    shows = tuple(f for f in step.shows if all(f in s.shows for s in column))
    words = step.words.replace(values[0], HOLE) if values[0] else step.words
    return replace(step, text=text, target=target, shows=shows, words=words)


def _shared(signs: Sequence[Signs], values: tuple[str, ...]) -> Signs:
    one = signs[0]
    if tuple(s.name for s in signs) == values:
        one = replace(one, name=HOLE)
    for other in signs[1:]:
        one = agreed(one, other)
    return one


def _plain(text: str, known: dict[str, Parameter]) -> str:
    defaults = {name: p.default for name, p in known.items()}
    return fill(text, {name: value for name, value in defaults.items() if isinstance(value, str)})


def _list_of(found: Found, known: dict[str, Parameter], taken: set[str]) -> tuple[Parameter, set[str]]:
    """The list parameter of a loop, named after what its values were typed into or chosen from."""
    step = next(s for s in found.loop.steps if HOLE in (s.text or "", s.target.name if s.target else ""))
    label = step.target.name or step.target.context or step.target.hint if step.target else ""
    label = step.target.role if step.target and label == HOLE else label
    base = re.sub(r"\W+", "_", label.lower()).strip("_")[:30] or "item"
    name, number = f"{base}s", 2
    while name in taken:
        name, number = f"{base}s_{number}", number + 1
    replaced = {n for p in found.values for n in PLACE.findall(p)}
    wide_open = any(PLACE.search(v) for v in found.values)  # values that differ between episodes have no default
    default = None if wide_open else list(found.values)
    examples = tuple(e for v in found.values for n in PLACE.findall(v) for e in known[n].examples) or found.values
    return Parameter(name, label, default, examples, many=True), replaced


def _of_rows(rounds: Sequence[tuple[Step, ...]]) -> Found | None:
    """Only the number of the row differs, and every row that was there was done."""
    columns = list(zip(*rounds, strict=True))
    if any(len({s.text for s in c}) > 1 or len({s.target.name if s.target else "" for s in c}) > 1 for c in columns):
        return None
    total = len(rounds)
    ways = {NEXT_ROW: [(n, total) for n in range(total)], FIRST_ROW: [(0, total - n) for n in range(total)]}
    for over, numbers in ways.items():
        by_row = [c[0].target is not None and [s.target.number for s in c if s.target] == numbers for c in columns]
        if any(by_row):
            block = tuple(_row_step(c, hit) for c, hit in zip(columns, by_row, strict=True))
            return Found(Loop(block, over), total * len(block))
    return None


def _row_step(column: tuple[Step, ...], hit: bool) -> Step:
    step = column[0]
    shows = tuple(f for f in step.shows if all(f in s.shows for s in column))
    target = _shared([s.target for s in column if s.target], ()) if step.target else None
    return replace(step, target=replace(target, number=()) if target and hit else target, shows=shows)


def _counted(rounds: Sequence[tuple[Step, ...]]) -> Found | None:
    """Nothing differs but what the page shows."""
    columns = list(zip(*rounds, strict=True))
    faces = [{(s.text, s.target.name if s.target else "", s.target.number if s.target else ()) for s in c}
             for c in columns]  # fmt: skip
    if len(rounds) < ROUNDS_ALIKE or any(len(f) > 1 for f in faces):
        return None
    block = tuple(_row_step(c, False) for c in columns)
    return Found(Loop(block, times=len(rounds)), len(rounds) * len(block))

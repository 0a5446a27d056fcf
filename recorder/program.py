"""A program: what was done once, as steps that can be done again without a model. The nouns, and how values get in.

    program = read_program("program.json")                    # program_file
    filled = program.filled({"full_name": ["Bea Olsen"]})     # values in, lists unrolled; raises UsageError

Everything that a person may want to read or change by hand is plain text in it: ``{{name}}`` stands for a parameter,
``{{secret:name}}`` for a value that only the keyboard gets, ``*`` in a page's address or title for anything. A program
holds actions of the closed set and never code.
"""

from __future__ import annotations

import dataclasses
import json
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

from webagent.envs.errors import UsageError
from webagent.envs.types import Observation

from .match import Signs

FOR = "for"
PLACE = re.compile(r"\{\{([A-Za-z_]\w*)\}\}")
SECRET = re.compile(r"\{\{\s*secret:\s*([A-Za-z_][\w-]*)\s*\}\}")
NEXT_ROW, FIRST_ROW = "rows:next", "rows:first"
MOST_ROUNDS = 500
WAIT = 2.0
T = TypeVar("T")


@dataclass(frozen=True)
class Parameter:
    """``label``: of the field that it was typed into. ``default``: None where it must be given. ``examples``: what was
    recorded. ``secret``: given by ``--secret``, never written. ``many``: a list, one round of a loop each."""

    name: str
    label: str = ""
    default: str | list[str] | None = None
    examples: tuple[str, ...] = ()
    secret: bool = False
    many: bool = False


@dataclass(frozen=True)
class Page:
    """``url``: path, with the host before it where that is not the start's; for a local file from the start's folder on
    (``./``). ``title``: "" where it tells nothing.

    Either holding is enough: a page may move or be renamed, and is another one only if both changed.
    """

    url: str = ""
    title: str = ""

    def holds(self, observation: Observation, start: str) -> bool:
        """``start``: the address that the program was started at."""
        by_url = not self.url or fits(self.url, place_of(observation.url, start, self.url.startswith(".")))
        return by_url or bool(self.title and fits(self.title, observation.title))


@dataclass(frozen=True)
class Step:
    """One action.

    ``words``: for people and for the policy that is asked where the step does not fit. ``target``, ``onto`` (of a
    drag): how the elements are found again. ``text``: with parameters in it. ``read``: of an answer, the pattern of
    the element's text, ``*`` being the answer. ``page``: where it must be. ``makes``: states of the target that it
    brings about (``-checked``: takes away); where they hold already, nothing is done. ``after``, ``shows`` ("role
    name"): the page that it leads to and what appears there; waited for, ``wait`` seconds at most, as the target is.
    ``fresh``: it was typed into an empty field, so what stands there is cleared first. ``optional``: some recordings do
    without it.
    """

    op: str
    words: str = ""
    target: Signs | None = None
    onto: Signs | None = None
    text: str | None = None
    point: tuple[float, ...] | None = None
    read: str = ""
    page: Page = field(default_factory=Page)
    makes: tuple[str, ...] = ()
    after: Page = field(default_factory=Page)
    shows: tuple[str, ...] = ()
    wait: float = WAIT
    fresh: bool = False
    optional: bool = False


@dataclass(frozen=True)
class Loop:
    """``steps`` for each value of a list parameter ``over`` (``{{it}}`` in them; ``each`` is its name), so many
    ``times``, or for rows of the page: ``over`` is then ``rows:next`` (one after the other) or ``rows:first`` (always
    the first, because each is gone when it is done). In these, a target with an empty ``number`` is the row's own; the
    first of them is counted."""

    steps: tuple[Step, ...]
    over: str = ""
    each: str = "it"
    times: int = 0
    op: str = FOR


@dataclass(frozen=True)
class Program:
    """``goal``: with parameters in it. ``start``: the address it begins at. ``made_from``: ids of the episodes."""

    name: str
    goal: str
    start: str
    parameters: tuple[Parameter, ...] = ()
    steps: tuple[Step | Loop, ...] = ()
    made_from: tuple[str, ...] = ()
    made: str = ""

    def filled(self, given: Mapping[str, Sequence[str]], secrets: Sequence[str] = ()) -> Filled:
        """With the values of ``--set`` in their places. ``secrets``: names of those that are there.

        Raises ``UsageError`` for one that is missing, unknown, given twice or a secret.
        """
        known = {p.name: p for p in self.parameters}
        for name, values in given.items():
            if name not in known:
                raise UsageError.unknown("argument", name, [p.name for p in self.parameters if not p.secret])
            if known[name].secret:
                raise UsageError(f"{name!r} is a secret and is never written out", f"--secret {name}=ENVVAR")
            if len(values) > 1 and not known[name].many:
                raise UsageError(f"argument {name!r} is given {len(values)} times", "it takes one value")
        one: dict[str, str] = {}
        lists: dict[str, list[str]] = {}
        for p in self.parameters:
            values = _values(p, given, secrets)
            if p.many:
                lists[p.name] = values
            elif not p.secret:
                one[p.name] = values[0]
        steps = self.steps
        if len(self.made_from) == 1 and any(values != _usual(known[name]) for name, values in given.items()):
            steps = tuple(_trusting(step) for step in steps)
        told = one | {name: ", ".join(values) for name, values in lists.items()}
        return Filled(self, fill(self.goal, told), tuple(_unrolled(steps, one, lists)), one)


@dataclass(frozen=True)
class Placed:
    """A step with its values. ``at``: its place in the program, and in the loop that it is of, if any. ``row``: which
    of the elements alike is its target, in a loop over rows; None where the signs tell."""

    step: Step
    at: tuple[int, ...]
    row: int | None = None


@dataclass(frozen=True)
class PlacedLoop:
    """A loop over rows: how many rounds it has is known when the page is there."""

    loop: Loop
    at: int

    def rounds(self, rows: int) -> list[Placed]:
        """Every step of as many rounds."""
        return [
            Placed(step, (self.at, k), (n if self.loop.over == NEXT_ROW else 0) if by_row(step) else None)
            for n in range(min(rows, MOST_ROUNDS))
            for k, step in enumerate(self.loop.steps)
        ]


def by_row(step: Step) -> bool:
    """Whether the row of a loop says which target is meant: its number is left out."""
    return step.target is not None and not step.target.number


@dataclass(frozen=True)
class Filled:
    """A program with its values by parameter: ``goal`` in plain words, and what is to be done, in order."""

    program: Program
    goal: str
    todo: tuple[Placed | PlacedLoop, ...]
    values: Mapping[str, str] = field(default_factory=dict)


def _values(p: Parameter, given: Mapping[str, Sequence[str]], secrets: Sequence[str]) -> list[str]:
    if p.secret:
        if p.name not in secrets:
            raise UsageError(f"missing argument {p.name!r}, a secret", f"--secret {p.name}=ENVVAR")
        return []
    if p.name in given:
        return list(given[p.name])
    if p.default is None:
        like = f", e.g. --set {p.name}={_shell(p.examples[0])}" if p.examples else ""
        raise UsageError(f"missing argument {p.name!r}" + (f": {p.label}" if p.label else ""), f"add it{like}")
    return list(p.default) if isinstance(p.default, list) else [p.default]


def _usual(p: Parameter) -> list[str]:
    return list(p.default) if isinstance(p.default, list) else [p.default or ""]


def _trusting(step: Step | Loop) -> Step | Loop:
    """With other values than the only recording's a page may show other things: those that name none are let go."""
    if isinstance(step, Loop):
        return replace(step, steps=tuple(_told_only(s) for s in step.steps))
    return _told_only(step)


def _told_only(step: Step) -> Step:
    return replace(step, shows=tuple(face for face in step.shows if PLACE.search(face)))


def _shell(text: str) -> str:
    return text if re.fullmatch(r"[\w.@:/-]+", text) else json.dumps(text, ensure_ascii=False)


def _unrolled(
    steps: Sequence[Step | Loop], one: Mapping[str, str], lists: Mapping[str, list[str]]
) -> Iterator[Placed | PlacedLoop]:
    for at, step in enumerate(steps):
        if isinstance(step, Step):
            yield Placed(fill(step, one), (at,))
        elif step.over in (NEXT_ROW, FIRST_ROW):
            yield PlacedLoop(fill(step, one), at)
        else:
            values = lists[step.over] if step.over else [""] * step.times
            for value in values:
                yield from (Placed(fill(s, {**one, step.each: value}), (at, k)) for k, s in enumerate(step.steps))


def fill(value: T, values: Mapping[str, str]) -> T:
    """Every ``{{name}}`` replaced, through dataclasses and tuples."""
    return changed(value, lambda text: PLACE.sub(lambda m: values.get(m[1], m[0]), text))


def changed(value: Any, change: Any) -> Any:
    """``value`` with every text in it changed; what holds none is the same object."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, (tuple, list)):
        return type(value)(changed(v, change) for v in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: changed(getattr(value, f.name), change) for f in dataclasses.fields(value)})
    return value


def fits(pattern: str, text: str) -> bool:
    """Whether ``text`` is like ``pattern``, in which ``*`` stands for anything."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None


def place_of(url: str, start: str, local: bool = False) -> str:
    """Path and fragment of an address, with its host before them where that is not the host of ``start``; ``local``:
    from the folder of ``start`` on, wherever that may lie or be served."""
    parts, first = urlsplit(url), urlsplit(start)
    path = parts.path or "/"
    if parts.netloc != first.netloc:
        path = parts.netloc + path
    elif local:
        path = posixpath.relpath(path, posixpath.dirname(first.path) or "/")
        path = path if path.startswith("..") else f"./{path}"
    return path + (f"#{parts.fragment}" if parts.fragment else "")

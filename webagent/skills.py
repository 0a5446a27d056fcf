"""Skills: what a run has done well is kept as a program, and done again where the same is asked for on the same site.

    keep(folder, episode)                                           # after a run that went well
    skill = matching_skill(folder, goal, url, secrets, say)         # before the next one thinks

A skill fits if the goal is its goal but for the values of its parameters, which are then taken from it, and if it
begins at the same address. It is a program file like any other, one a skill, in a folder of the person's data.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from webagent.envs.errors import UnknownName, UsageError, WebAgentError
from webagent.envs.types import Episode
from webagent.recorder.compile import compile_episodes
from webagent.recorder.program import PLACE, Filled, Loop, Program
from webagent.recorder.program_file import read_program, write_program

ENDING = ".json"


class Skill(NamedTuple):
    """``filled``: its program with the values of the goal that it fits."""

    name: str
    path: Path
    filled: Filled


def skills_folder(named: Path | None = None) -> Path:
    """``named``, or the one in the person's data folder (``$XDG_DATA_HOME``, by default ``~/.local/share``)."""
    if named is not None:
        return named
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "webagent" / "skills"


def list_skills(folder: Path, say: Callable[[str], None]) -> Iterator[tuple[str, Path, Program]]:
    """Name, file and program of every skill, by name. One that cannot be read is passed over; ``say`` hears of it."""
    for path in sorted(folder.glob(f"*{ENDING}")) if folder.is_dir() else ():
        try:
            yield path.stem, path, read_program(path)
        except WebAgentError as error:
            say(f"skill passed over: {error}")


def find_skill(folder: Path, name: str) -> Path:
    """The file of the skill of that name; raises ``UnknownName`` with the nearest ones."""
    known = [p.stem for p in folder.glob(f"*{ENDING}")] if folder.is_dir() else []
    if name not in known:
        if not known:
            raise UnknownName(f"unknown skill {name!r}: {folder} holds none", "a run that goes well leaves one")
        raise UnknownName.unknown("skill", name, known)
    return folder / f"{name}{ENDING}"


def matching_skill(
    folder: Path, goal: str, url: str, secrets: Sequence[str], say: Callable[[str], None]
) -> Skill | None:
    """The skill that does ``goal`` from ``url`` on; of several, the one with the fewest parameters."""
    fitting = []
    for name, path, program in list_skills(folder, say):
        values = values_in(program, goal)
        if values is None or _place(program.start) != _place(url) or _bound(program, values):
            continue
        try:
            filled = program.filled(values, secrets)
        except UsageError:  # a secret is missing: the policy asks for it in its own words
            continue
        fitting.append((len(values), Skill(name, path, filled)))
    return min(fitting, key=lambda pair: pair[0])[1] if fitting else None


def values_in(program: Program, goal: str) -> dict[str, list[str]] | None:
    """The values that make the program's goal this goal, case and spaces aside; None if none do."""
    seen: set[str] = set()

    def place(found: re.Match[str]) -> str:
        name = found[1]
        if name in seen:
            return f"(?P={name})"
        seen.add(name)
        return f"(?P<{name}>.+?)"

    parts = re.split(f"({PLACE.pattern})", " ".join(program.goal.split()))
    # re.split gives text, the whole place, its name, text, …
    pattern = "".join(
        re.escape(part) if n % 3 == 0 else PLACE.sub(place, part) if n % 3 == 1 else "" for n, part in enumerate(parts)
    )
    found = re.fullmatch(pattern, " ".join(goal.split()), re.IGNORECASE)
    if found is None:
        return None
    many = {p.name for p in program.parameters if p.many}
    known = {p.name for p in program.parameters if not p.secret}
    return {
        name: value.split(", ") if name in many else [value]
        for name, value in found.groupdict().items()
        if name in known
    }


def _bound(program: Program, values: Mapping[str, Sequence[str]]) -> bool:
    """Whether other values would need other targets: one that is always clicked has a recorded value in its name."""
    flat = [s for step in program.steps for s in (step.steps if isinstance(step, Loop) else (step,))]
    names = [s.target.name.lower() for s in flat if s.target and not PLACE.search(s.target.name)]
    usual = {p.name: p.default for p in program.parameters if isinstance(p.default, str)}
    other = [d.lower() for name, d in usual.items() if d and name in values and list(values[name]) != [d]]
    return any(re.search(rf"(?<!\w){re.escape(value)}(?!\w)", name) for value in other for name in names)


def _place(url: str) -> str:
    """Site and path of an address; of a local file, the file."""
    text = start_of(url)
    parts = urlsplit(text)
    return f"{parts.netloc}{parts.path}".rstrip("/")


def start_of(url: str) -> str:
    """An address that means the same tomorrow and from another folder: files by their whole path."""
    name, mark, query = url.partition("?")
    path = Path(name.removeprefix("file://"))
    if name.startswith("file://") or path.exists():
        return path.resolve().as_uri() + mark + query
    return url if re.match(r"[a-zA-Z][\w+.-]*:(?!\d)", url) else f"//{url}"


def keep(folder: Path, episode: Episode) -> Path | None:
    """Keep an episode that went well; None if there is such a skill already, or nothing in it to be kept.

    Raises ``UsageError`` for one that no program can be made of.
    """
    if any(step.error for step in episode.steps) and episode.info.get("judged_by") == "agent":
        raise UsageError("the page refused a step, and only the agent says that it went well")
    program = compile_episodes([episode])
    if not any(isinstance(step, Loop) or step.op not in ("answer", "hover") for step in program.steps):
        return None
    for _, _, known in list_skills(folder, lambda line: None):
        if (known.goal, _place(known.start)) == (program.goal, _place(program.start)):
            return None
    name, number = program.name, 2
    while (folder / f"{name}{ENDING}").exists():
        name, number = f"{program.name}-{number}", number + 1
    return write_program(program, folder / f"{name}{ENDING}")

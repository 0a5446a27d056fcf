"""Human demonstrations of MiniWoB++ (Liu et al. 2018, stanfordnlp/miniwob-plusplus-demos): a tar, or its folder.

One gzipped JSON a demonstration: the goal, the reward, and the DOM events with a dump of the page at each. It
becomes one step for each thing that the person did, on a tree made from the dump (``demo_tree``: how it differs from a
live tree). Events are cleaned on the way (``demo_acts``). Only full success is kept, and only what our actions can say.
``Episode.info`` holds ``reward`` (falls with time), ``raw_reward``, ``file`` and, where the source has them, the
``fields`` that the goal was written from. Files come in the archive's order, those of a folder sorted; one at a time is
held in memory.

Not covered: the pages of 2017 differ a little from today's; seeds are unknown, so nothing here can be replayed.
Links in the archive that point outside of it hold no demonstration (2,326 of 12,588) and are refused.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from webagent.envs.errors import UsageError
from webagent.envs.types import Action, Episode, Observation, Step, Task

from . import Refused
from .demo_acts import Act, Unusable, acts, shifts
from .demo_names import kind
from .demo_record import Damaged, header_of, split, unpack
from .demo_tree import Refs, Tree

SUFFIX = ".json.gz"
MOST_STEPS = 30
_WHAT = "a tar or a folder with .json.gz files of MiniWoB++ demonstrations"
_FORMS = {
    "time": (r"\d{1,2}:\d\d(?: ?[AP]M)?", ("%I:%M %p", "%I:%M%p", "%H:%M"), "%H:%M"),
    "date": (r"\d\d/\d\d/\d{4}", ("%m/%d/%Y",), "%Y-%m-%d"),
}


def read(path: str, refused: Refused) -> Iterator[Episode]:
    """One episode a demonstration that ended in full success. Raises ``UsageError``."""
    for name, data in _files(Path(path)):
        try:
            if data is None:
                raise Unusable("a link to a file that is not here")
            yield _episode(name, data)
        except (Damaged, Unusable) as error:
            refused(name, str(error))


def _files(path: Path) -> Iterator[tuple[str, bytes | None]]:
    """Names and contents (None for links), one at a time."""
    if path.is_dir():
        found = sorted(p for p in path.rglob(f"*{SUFFIX}") if p.is_symlink() or p.is_file())
        if not found:
            raise UsageError(f"expected {_WHAT} at {path}, found a folder without any")
        for file in found:
            yield file.relative_to(path).as_posix(), None if file.is_symlink() else file.read_bytes()
    elif path.is_file():
        yield from _members(path)
    else:
        raise UsageError(f"expected {_WHAT} at {path}, found nothing")


def _members(path: Path) -> Iterator[tuple[str, bytes | None]]:
    some = False
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                if not member.name.endswith(SUFFIX) or not (member.isfile() or member.issym() or member.islnk()):
                    continue
                some = True
                file = archive.extractfile(member) if member.isreg() else None
                yield member.name, file.read() if file is not None else None
    except tarfile.TarError as error:
        raise UsageError(f"expected {_WHAT} at {path}, found a file that is no sound tar: {error}") from error
    if not some:
        raise UsageError(f"expected {_WHAT} at {path}, found a tar without any")


def _episode(name: str, data: bytes) -> Episode:
    text = unpack(data)
    header = header_of(text)
    task, goal, info = _facts(name, header)
    record = split(text, header)
    if not record.spans:
        raise Unusable("nothing recorded")
    try:
        taken, end = acts(record)
        if len(taken) > MOST_STEPS:
            raise Unusable(f"more than {MOST_STEPS} steps")
        refs = Refs()
        trees = [Tree(page.dom, goal, refs) for page in shifts(taken, end)]
    except (KeyError, TypeError, AttributeError, StopIteration, RecursionError) as error:
        raise Damaged("not a sound dump") from error
    steps = []
    for n, (act, tree) in enumerate(zip(taken, trees, strict=False)):
        last = n + 1 == len(taken)
        seen = Observation(goal, tree=tree.tree, step=n)
        steps.append(Step(seen, _action(act, tree, goal), reward=float(last), terminated=last))
    _check_end(taken[-1], trees[len(taken) - 1])
    final = Observation(goal, tree=trees[-1].tree, step=len(steps))
    return Episode(Task(f"miniwob.{task}", goal, ""), tuple(steps), final, "human", True, info)


def _facts(name: str, header: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Task name, goal and info; raises for demonstrations that failed."""
    file = name.rsplit("/", 1)[-1]
    task = header.get("taskName") or file.removesuffix(SUFFIX).rsplit("_", 2)[0]
    goal, raw = header.get("utterance"), header.get("rawReward")
    if not isinstance(goal, str) or not goal.strip() or not isinstance(task, str) or not task:
        raise Damaged("no goal")
    if not isinstance(raw, int | float):
        raise Damaged("no reward")
    if raw < 1:
        raise Unusable("failed" if raw <= 0 else "partial success")
    info = {"reward": header.get("reward"), "raw_reward": raw, "file": file}
    if isinstance(header.get("fields"), dict):
        info["fields"] = header["fields"]
    return task, goal.strip(), info


def _action(act: Act, tree: Tree, goal: str) -> Action:
    """The act as one of ours, on an element that the tree lists."""
    element = tree.target(act.ref)
    if element is None:
        raise Unusable("target not listed")
    if act.op == "select":
        above = tree.tree.by_ref.get(element.parent or "")
        if above is None:
            raise Unusable("target not listed")
        return Action("select", above.ref, act.text)
    if act.op == "click":
        if element.has("covered"):
            raise Unusable("target covered")
        return Action("click", element.ref)
    return Action("type", element.ref, _typed(act, goal))


def _typed(act: Act, goal: str) -> str:
    """What to type: after what the field holds already, and dates and times as the goal writes them."""
    node = act.before.nodes[act.ref]
    before, text = str(node.get("value") or ""), act.text or ""
    form = _FORMS.get(kind(node)[1])
    if form is not None:
        return next((m for m in re.findall(form[0], goal) if _as_value(m, form[1], form[2]) == text), text)
    if not text.startswith(before) or text == before:
        raise Unusable("text replaced in a filled field")
    return text[len(before) :]


def _as_value(text: str, forms: tuple[str, ...], value: str) -> str:
    for form in forms:
        try:
            return datetime.strptime(text, form).strftime(value)
        except ValueError:
            continue
    return ""


def _check_end(act: Act, tree: Tree) -> None:
    """Where there is a button to finish with, that must be the last one; and no episode ends by typing alone."""
    element = tree.target(act.ref)
    finish = [e for e in tree.tree.elements if e.role == "button" and e.name in ("Submit", "Login")]
    late = element is not None and (element.hint == "more" or (bool(finish) and element.role != "button"))
    if act.op != "click" or late:
        raise Unusable("does not end as the task does")

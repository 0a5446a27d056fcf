"""A page as lines of text, in the form that BrowserGym's agents read: one element a line, indented by depth."""

from __future__ import annotations

import re

from webagent.envs.types import Element, Observation

FLAGS = ("focused", "disabled", "required", "readonly", "multiple", "modal", "selected")
SAID = {"checked": "checked='true'", "mixed": "checked='mixed'", "pressed": "pressed='true'"}
_REF = re.compile(r"(?:f(\d+))?e(\d+)")


def bid_of(ref: str) -> str:
    """A ref as BrowserGym writes its names: ``e12`` is ``12``, ``f1e7`` (in the first frame of another site) ``a7``.

    Not the number that a live BrowserGym would give the element: that counts what a pruned tree has left out.
    """
    found = _REF.fullmatch(ref)
    return f"{_letters(int(found[1] or 0))}{found[2]}" if found else ref


def _letters(frame: int) -> str:
    """A … z, aA … zZ, as BrowserGym counts frames; "" for the page itself."""
    letters = ""
    while frame:
        frame, digit = divmod(frame - 1, 26)
        letters = chr(ord("a") + digit) + letters
    return letters[:1] + letters[1:].upper()


def page_text(seen: Observation) -> str:
    """All elements of an observation, parents before children."""
    lines = [f"RootWebArea {seen.title!r}"]
    lines += ["\t" * (e.depth + 1) + _line(e) for e in seen.tree.elements]
    return "\n".join(lines)


def _line(e: Element) -> str:
    if e.role == "text":
        return f"StaticText {e.name!r}"
    told = f"[{bid_of(e.ref)}] {e.role} {e.name!r}"
    told += f" value={e.value!r}" if e.value else ""
    marks = [flag for flag in FLAGS if e.has(flag)]
    marks += [words for state, words in SAID.items() if e.has(state)]
    if e.has("expanded") or e.has("collapsed"):
        marks.append(f"expanded={e.has('expanded')}")
    return ", ".join([told, *marks])

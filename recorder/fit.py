"""Whether a step of a program fits the page as it is: its guard, its action, and whether it has had its effect.

    fit(placed, observation, start).action      # None where the guard does not hold; ``why`` says so in one line

Pure: trees in, actions out.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from webagent.envs.errors import BadAction
from webagent.envs.types import Action, ActionTree, Element, Observation

from .match import Match, Signs, find, same_words
from .program import Placed, PlacedLoop, Step, by_row, fits

SHOWN = 0.5
"""Of what a step should show, that must be there."""


class Fit(NamedTuple):
    """``action``: the step on this page, or None and ``why`` not. ``already``: what it brings about holds. ``first``:
    the action only prepares the step."""

    action: Action | None = None
    score: float = 1.0
    why: str = ""
    already: bool = False
    element: Element | None = None
    first: bool = False


def fit(placed: Placed, seen: Observation, start: str, old: str = "") -> Fit:
    """The guard of a step on this page, and the action if it holds.

    ``start``: the address that was started at; ``old``: the one that the program was recorded at.
    """
    step = placed.step
    if not step.page.holds(seen, start):
        return Fit(why=f"expected the page {step.page.url or step.page.title}, found {_page_of(seen)}")
    if step.op == "answer" and step.target is not None:
        return _reading(step, seen.tree)
    refs: list[str] = []
    score, element = 1.0, None
    for signs, mark in ((step.target, placed.row), (step.onto, None)):
        if signs is None:
            continue
        found = find(signs, seen.tree) if mark is None else _row(signs, mark, seen.tree)
        if found.element is None:
            return Fit(why=found.why)
        refs.append(found.element.ref)
        score, element = min(score, found.score), element or found.element
    if element is not None:
        held = _held(step, element)
        if held is not None:
            return held
    return _acted(step, refs, score, element, seen, start, old)


def effect(step: Step, seen: Observation, start: str) -> bool:
    """Whether the page is as it should be after the step."""
    if not step.after.holds(seen, start):
        return False
    faces = {f"{e.role} {e.name}" for e in seen.tree.elements}
    hits = sum(1 for face in step.shows if face in faces or any(fits(face, f) or _alike(face, f) for f in faces))
    return hits >= SHOWN * len(step.shows)


def _alike(a: str, b: str) -> bool:
    (role, _, name), (other, _, said) = a.partition(" "), b.partition(" ")
    return role == other and bool(said) and same_words(name, said)


def _held(step: Step, e: Element) -> Fit | None:
    """What keeps the step from being done on this element; None if nothing does."""
    if step.makes:
        now = [e.has(s.removeprefix("-")) != s.startswith("-") for s in step.makes]
        if all(now):
            return Fit(already=True, element=e)
        if any(now):
            return Fit(why=f"{e.role} {e.name!r} is {' and '.join(e.states)}: neither as before the step nor as after")
    if step.op in ("hover", "press"):
        return None
    stopped = next((s for s in ("disabled", "covered") if e.has(s)), "")
    return Fit(why=f"{e.role} {e.name!r} is {stopped}") if stopped else None


def _acted(
    step: Step, refs: list[str], score: float, element: Element | None, seen: Observation, start: str, old: str
) -> Fit:
    text = refs[1] if step.op == "drag" and len(refs) > 1 else step.text
    if step.op == "goto" and text and old and _origin(text) == _origin(old):
        text = _origin(start) + text.removeprefix(_origin(old))  # a site that runs elsewhere now
    if step.op == "type" and step.fresh and element is not None and element.value:
        if element.value == text:
            return Fit(already=True, element=element)
        return Fit(Action("clear", element.ref), score, element=element, first=True)
    if step.op == "switch_tab" and int(step.text or 0) >= len(seen.tabs):
        return Fit(why=f"tab {step.text} is not there")
    try:
        return Fit(Action(step.op, refs[0] if refs else None, text, step.point), score, element=element)  # type: ignore[arg-type]
    except BadAction as bad:
        return Fit(why=str(bad))


def _origin(url: str) -> str:
    found = re.match(r"[\w+.-]+://[^/?#]*", url)
    return found[0] if found else ""


def _reading(step: Step, tree: ActionTree) -> Fit:
    """The answer that stands on the page."""
    assert step.target is not None
    pattern = re.compile("(.+?)".join(re.escape(p) for p in step.read.split("*", 1)), re.DOTALL)
    read = {e.ref: m[1] for e in tree.elements if (m := pattern.fullmatch(e.name or e.value))}
    found = find(step.target, tree)
    if found.element is None:
        return Fit(why=found.why)
    if found.element.ref not in read:
        return Fit(why=f"{found.element.role} {found.element.name!r} is not like {step.read!r}")
    return Fit(Action("answer", text=read[found.element.ref].strip()), found.score, element=found.element)


def made(step: Step, done: Element | None, tree: ActionTree) -> bool:
    """Whether what the step brings about holds for the element that something was done to instead."""
    e = tree.by_ref.get(done.ref) if done else None
    return e is not None and all(e.has(s.removeprefix("-")) != s.startswith("-") for s in step.makes)


def rows(placed: PlacedLoop, tree: ActionTree) -> int:
    """How many rows a loop goes through."""
    signs = next((s.target for s in placed.loop.steps if by_row(s)), None)
    return len(_alike_rows(signs, tree)) if signs else 0


def _alike_rows(signs: Signs, tree: ActionTree) -> list[Element]:
    return [e for e in tree.elements if (e.role, e.tag, e.name) == (signs.role, signs.tag, signs.name)]


def _row(signs: Signs, number: int, tree: ActionTree) -> Match:
    alike = _alike_rows(signs, tree)
    if number < len(alike):
        return Match(alike[number], 1.0, 0.0)
    return Match(None, 0.0, 0.0, f"no {signs.role} {signs.name!r} number {number + 1} is there")


def _page_of(seen: Observation) -> str:
    return f"{seen.title!r} at {seen.url}"

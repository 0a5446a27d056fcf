"""Changes to an episode that leave what is right as it is, so that the policy cannot lean on what does not matter.

    augment = Augmentation(names)
    changed = augment(labels, rng)

Each change is drawn once for a stretch of an episode and holds for all its steps: other words in the place of names
that goal and page share, other phrases for asking, a moved and scaled page, other hints and tags, a few elements more.
What is asked for, the chosen elements and the places inside them stay.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from webagent.envs.types import Action, ActionTree, Element, Frame

from .invent import invented
from .phrases import QUOTED, reworded
from .rows import Label

WORD = re.compile(r"[^\W\d_]{3,}", re.UNICODE)
KEPT_WORDS = frozenset(
    """
    the and with from into then that this for all not any click press select choose enter type button link field
    text box list menu item items tab checkbox checkboxes radio option options submit cancel close next previous
    back search find delete reply forward email mail user username password login date time year month day name
    first last number table row column value page section dialog icon slider drag drop move copy paste highlight
    scroll bold italic underline color colour red green blue yellow black white orange purple pink cyan magenta
    gray grey brown lime aqua teal navy olive maroon silver violet gold small large left right top bottom up
    down circle triangle rectangle square line letter letters word words upper lower case italics underlined
    style textbox input odd even duration january february march april may june july august september october
    november december monday tuesday wednesday thursday friday saturday sunday retweet like share
    """.split()
)  # fmt: skip
"""Words whose meaning is a part of the task; none was added for a task of the test split."""
Edit = Callable[[Element], dict[str, Any]]
"""What of an element becomes something else; fields that are left out stay."""
ENOUGH = 3
"""Links on a page that has its own."""
PARTS = ("names", "phrases", "place", "marks", "company")


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """``names``: words to put in the place of others. ``chances``: of each of ``PARTS``; ``own``: of a task of our own
    instead of the episode's (``invent``)."""

    names: Sequence[str]
    chances: tuple[float, ...] = (0.5, 0.5, 0.7, 0.5, 0.3)
    own: float = 0.18

    def __call__(self, labels: Sequence[Label], rng: np.random.Generator) -> Sequence[Label]:
        names, phrases, place, marks, company = rng.random(len(PARTS)) < self.chances
        if rng.random() < self.own:
            labels = invented(labels, self.names, rng)
        if phrases:
            labels = self._phrases(labels, rng)
        swap = self._swap(labels, rng) if names else None
        edits = [_texts(swap)] if swap else []
        if marks:
            edits.append(_marks(rng))
        if edits:
            labels = [_edited(label, edits, swap) for label in labels]
        if place:
            moved = _moved(rng)
            labels = [dataclasses.replace(label, moved=moved) for label in labels]
        return _company(labels, rng) if company else labels

    def _swap(self, labels: Sequence[Label], rng: np.random.Generator) -> Callable[[str], str] | None:
        """Words of the goal that stand on the page or in quotation marks, each replaced by another everywhere; None if
        there are none.

        A name that says the goal again, or a part of it, makes no word one of the page's. A word that is typed key by
        key, or in parts, stays.
        """
        goal = labels[0].observation.goal
        names = {e.name for label in labels for e in label.observation.tree.elements[1:]}
        here = {w.lower() for name in names if not _repeats(name, goal) for w in WORD.findall(name)}
        said = {w.lower() for w in WORD.findall(goal)}
        quoted = {w.lower() for text in QUOTED.findall(goal) for w in WORD.findall(text)}
        actions = [label.action for label in labels if label.action is not None]
        typed = {w.lower() for action in actions for w in re.findall(r"\w+", action.text or "")}
        parts = {w for w in said if any(w != o and w in o for o in here) or any(w != t and t in w for t in typed)}
        keys = any(action.op == "press" for action in actions)
        shared = set() if keys else (said & here | quoted) - KEPT_WORDS - parts
        if not shared:
            return None
        picks = rng.choice(len(self.names), len(shared))
        other = {word: self.names[int(i)].lower() for word, i in zip(sorted(shared), picks)}
        if len(set(other.values())) < len(other) or set(other.values()) & (here | KEPT_WORDS):
            return None  # two would become one
        return lambda text: WORD.sub(lambda m: _cased(other.get(m[0].lower()), m[0]), text)

    def _phrases(self, labels: Sequence[Label], rng: np.random.Generator) -> Sequence[Label]:
        goal = labels[0].observation.goal
        said = reworded(goal, rng)
        if said == goal or any(_needs(label.action, goal) and not _needs(label.action, said) for label in labels):
            return labels
        return [_asked(label, said) for label in labels]


def _repeats(name: str, goal: str) -> bool:
    """Whether the name is the goal, or several words of it."""
    return goal in name or (name in goal and len(WORD.findall(name)) > 3)


def _asked(label: Label, said: str) -> Label:
    """With another goal; a page that shows the goal shows it in the new words."""
    was = label.observation.goal
    elements = label.observation.tree.elements
    shown = tuple(dataclasses.replace(e, name=said) if e.name == was and e.role == "text" else e for e in elements)
    return _seen(label, goal=said, elements=shown)


def _needs(action: Action | None, goal: str) -> bool:
    """Whether the action's text can be copied from the goal."""
    return action is not None and bool(action.text) and str(action.text) in goal


def _cased(word: str | None, like: str) -> str:
    if word is None:
        return like
    return word.upper() if like.isupper() and len(like) > 1 else word.capitalize() if like[0].isupper() else word


def _edited(label: Label, edits: Sequence[Edit], swap: Callable[[str], str] | None) -> Label:
    """With other elements; ``swap`` changes what is asked for and said, too."""
    elements = []
    for e in label.observation.tree.elements:
        changes: dict[str, Any] = {}
        for edit in edits:
            changes.update(edit(e))
        elements.append(dataclasses.replace(e, **changes) if changes else e)
    goal = label.observation.goal
    changed = _seen(label, goal=swap(goal) if swap else goal, elements=tuple(elements))
    if swap is None:
        return changed
    return dataclasses.replace(changed, action=_said(label.action, swap), last=_said(label.last, swap))


def _said(action: Action | None, swap: Callable[[str], str]) -> Action | None:
    if action is None or not action.text or action.op not in ("type", "select", "answer"):
        return action
    return dataclasses.replace(action, text=swap(action.text))


def _texts(swap: Callable[[str], str]) -> Edit:
    swapped = functools.lru_cache(1024)(swap)

    def edit(e: Element) -> dict[str, Any]:
        texts = (("name", e.name), ("value", e.value), ("context", e.context), ("hint", e.hint))
        return {field: other for field, text in texts if text and (other := swapped(text)) != text}

    return edit


def _seen(label: Label, goal: str | None = None, elements: tuple[Element, ...] | None = None) -> Label:
    seen = label.observation
    tree = seen.tree if elements is None else dataclasses.replace(seen.tree, elements=elements)
    return dataclasses.replace(
        label, observation=dataclasses.replace(seen, goal=seen.goal if goal is None else goal, tree=tree)
    )


def _moved(rng: np.random.Generator) -> tuple[float, float, float]:
    """The page scaled and moved, as a label has it. Points and corners are told as fractions of boxes."""
    dx, dy = (float(d) for d in rng.uniform(-20, 60, 2))
    return float(np.exp(rng.uniform(-0.25, 0.3))), dx, dy


def _marks(rng: np.random.Generator) -> Edit:
    """Without hints, or without what surrounds; other tags where the tag says nothing."""
    no_hints, no_context = rng.random(2) < (0.5, 0.2)
    plain = {tag: str(t) for tag, t in zip(("div", "span", "p", "li"), rng.choice(["div", "span", "p", "li"], 4))}

    def edit(e: Element) -> dict[str, Any]:
        changes: dict[str, Any] = {"tag": plain[e.tag]} if e.tag in plain else {}
        if e.hint and e.name and no_hints:  # an icon has nothing else
            changes["hint"] = ""
        if e.context and e.name and no_context and e.role not in ("checkbox", "radio", "textbox"):
            changes["context"] = ""
        return changes

    return edit


def _company(labels: Sequence[Label], rng: np.random.Generator) -> Sequence[Label]:
    """A bar of links that have nothing to do with the goal, above or below; none where links may be the way to it."""
    if any(sum(e.role == "link" for e in label.observation.tree.elements) >= ENOUGH for label in labels):
        return labels
    words = (
        "Home",
        "About us",
        "Help",
        "Contact",
        "News",
        "Imprint",
        "Careers",
        "Blog",
        "Cart",
        "Sign out",
        "Settings",
    )
    goal = labels[0].observation.goal.lower()
    free = [w for w in words if not any(part.lower() in goal for part in w.split())]
    if not free:
        return labels
    count = int(rng.integers(1, 1 + min(5, len(free))))
    names = [free[int(i)] for i in rng.choice(len(free), count, replace=False)]
    high = bool(rng.random() < 0.5)

    def of(tree: ActionTree) -> tuple[Element, ...]:
        bottom = max((e.box[1] + e.box[3] for e in tree.elements), default=0.0)
        y = 4.0 if high else bottom + 8.0
        bar = tuple(
            Element(f"more{n}", "link", "a", name, box=(8.0 + 70 * n, y, 60.0, 16.0), states=("actionable", "visible"))
            for n, name in enumerate(names)
        )
        return (*bar, *(_lower(e, 24.0) for e in tree.elements)) if high else (*tree.elements, *bar)

    with_bar = [_seen(label, elements=of(label.observation.tree)) for label in labels]
    return [_frames_lower(label, 24.0) for label in with_bar] if high else with_bar


def _frames_lower(label: Label, by: float) -> Label:
    """The pictures of the page further down, too."""
    seen = label.observation

    def lower(frame: Frame) -> Frame:
        bytes_down = min(round(by * frame.width / seen.tree.viewport[0]), frame.height) * frame.width * 3
        return dataclasses.replace(frame, rgb=bytes(bytes_down) + frame.rgb[: len(frame.rgb) - bytes_down])

    frames = tuple(lower(frame) for frame in seen.frames)
    return dataclasses.replace(label, observation=dataclasses.replace(seen, frames=frames)) if frames else label


def _lower(e: Element, by: float) -> Element:
    """Further down the page, its drawing with it."""
    x, y, w, h = e.box
    shape = e.shape
    if shape is not None and shape.points:
        shape = dataclasses.replace(shape, points=tuple(p + by * (i % 2) for i, p in enumerate(shape.points)))
    return dataclasses.replace(e, box=(x, y + by, w, h), shape=shape)

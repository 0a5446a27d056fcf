"""Features of the ``arrays`` view: candidate actions and the page as rows of numbers in [-1, 1].

The layouts name the columns; ``columns(layout)`` gives their slices. Words are matched with the goal here, so that a
small network can learn from them, and hashed, so that it can learn words of its own.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from .candidates import DIALOGS, Candidate, Candidates, holds, is_done, label_of
from .goal_texts import KINDS, MOST_TEXTS, Goal, GoalText, Mention, content_of, echoes, hashed, mention, words_of
from .types import ActionTree, Element, Observation

Floats = NDArray[np.float32]

OPS_SHOWN = (
    "click", "type", "select", "press", "scroll", "drag", "clear", "hover", "dblclick", "answer", "switch_tab", "wait",
)  # fmt: skip
ROLES_SHOWN = (
    "button", "link", "checkbox", "radio", "textbox", "combobox", "option", "tab", "menuitem", "listitem", "cell",
    "slider", "spinbutton", "img", "clickable", "other",
)  # fmt: skip
STATES_SHOWN = (
    "visible", "focused", "checked", "selected", "expanded", "collapsed", "readonly", "required", "invalid", "password",
)  # fmt: skip
_ROLE_GROUPS = {
    "switch": "checkbox", "menuitemcheckbox": "checkbox", "menuitemradio": "radio", "searchbox": "textbox",
    "listbox": "combobox", "treeitem": "listitem", "row": "listitem", "gridcell": "cell", "columnheader": "cell",
    "rowheader": "cell", "graphics-symbol": "img", "graphics-document": "img", "graphics-object": "img",
}  # fmt: skip
_ROLE_WORDS = {
    "checkbox": ("checkbox", "check", "tick"), "textbox": ("textbox", "text", "field", "input", "textarea", "box"),
    "combobox": ("list", "dropdown", "combobox"), "menuitem": ("menu",), "listitem": ("item", "row"),
    "spinbutton": ("spinner", "number"), "img": ("image", "icon", "shape", "picture"), "cell": ("cell",),
}  # fmt: skip
_BACKWARD = frozenset({"up", "left", "ArrowLeft"})
_CHOSEN = frozenset({"checkbox", "radio", "switch", "option", "menuitemcheckbox", "menuitemradio"})
WORD_BINS = 20
GOAL_BINS = 64

CANDIDATE_LAYOUT: tuple[tuple[str, int], ...] = (
    ("op", len(OPS_SHOWN)),  # one-hot
    ("way", 1),  # scroll and press: 1 down, right, Enter; -1 up, left
    ("mention", 7),  # of its name or option by the goal: the fields of goal_texts.Mention
    ("best", 1),  # no other candidate's name is mentioned more
    ("done", 1),  # it already holds: field has that value, box is ticked, option chosen
    ("text", len(KINDS)),  # one-hot kind of the text that it types or answers
    ("text_order", 1),  # 1 for the goal's first text, towards 0
    ("text_key", 2),  # share of the field's words in the goal just before the text, just after it
    ("text_fits", 1),  # number, date, mail or secret in a field of that type
    ("text_turn", 1),  # the goal's n-th text and the page's n-th field
    ("text_used", 1),  # another field holds it already
    ("drop", 3),  # of drag: mention of the place, the way there in x and y as share of the viewport
    ("role", len(ROLES_SHOWN)),  # one-hot group
    ("states", len(STATES_SHOWN)),
    ("box", 4),  # middle x, y, width, height as share of the viewport
    ("place", 3),  # depth, which of its role, in a dialog
    ("around", 4),  # mention of its context, hint and value; the goal says its role
    ("words", WORD_BINS),  # hashed words of name, value and hint
)
PAGE_LAYOUT: tuple[tuple[str, int], ...] = (
    ("goal", GOAL_BINS),  # hashed words
    ("step", 1),  # of STEP_SCALE
    ("last_error", 1),
    ("busy", 1),  # the page was still moving
    ("candidates", 1),  # of K
    ("left_out", 1),  # candidates that did not fit, of K
    ("scroll", 2),  # how far down, how much is further down, in heights of the viewport / 8
    ("tabs", 1),  # of 8
    ("dialog", 1),  # a dialog is open
    ("texts", 1),  # that the goal offers, of MOST_TEXTS
    ("texts_left", 1),  # share of them that no field holds yet
    ("choices_left", 1),  # share of the boxes, options and list entries named by the goal that are not chosen yet
)
FEATURES = sum(n for _, n in CANDIDATE_LAYOUT)
PAGE_FEATURES = sum(n for _, n in PAGE_LAYOUT)
STEP_SCALE = 30


def _one_hot(names: tuple[str, ...]) -> dict[str, list[float]]:
    return {name: [float(name == other) for other in names] for name in names}


_OP_HOT, _ROLE_HOT, _KIND_HOT = _one_hot(OPS_SHOWN), _one_hot(ROLES_SHOWN), _one_hot(KINDS)
_NO_TEXT = [0.0] * (len(KINDS) + 6)
_NO_DROP = [0.0] * 3
_NO_ELEMENT = [0.0] * (len(ROLES_SHOWN) + len(STATES_SHOWN) + 4 + 3 + 4)


def columns(layout: tuple[tuple[str, int], ...]) -> dict[str, slice]:
    """Where each named group of features lies."""
    ends = np.cumsum([n for _, n in layout])
    return {name: slice(int(end) - n, int(end)) for (name, n), end in zip(layout, ends, strict=True)}


def candidate_rows(found: Candidates, tree: ActionTree) -> Floats:
    """``[len(found.chosen), FEATURES]`` in the order of ``CANDIDATE_LAYOUT``."""
    about = _About(tree, found.goal)
    best = max(_strength(c.mention) for c in found.chosen)
    elements: dict[str, int] = {"": 0}
    own: list[list[float]] = [_NO_ELEMENT]
    acting: list[list[float]] = []
    whose: list[int] = []
    words: list[Floats] = []
    for candidate in found.chosen:
        element = candidate.element
        ref = element.ref if element is not None else ""
        if element is not None and ref not in elements:
            elements[ref] = len(own)
            own.append(_own(element, about))
        whose.append(elements[ref])
        acting.append(_acting(candidate, about, best))
        words.append(hashed(_words(candidate, found.goal), WORD_BINS))
    rows = np.concatenate([np.array(acting, np.float32), np.array(own, np.float32)[whose], np.stack(words)], axis=1)
    return np.clip(rows, -1.0, 1.0, out=rows)


@functools.lru_cache(maxsize=4096)
def _strength(said: Mention) -> float:
    return said.said + said.covers + said.phrase + said.phrase_case + 2 * said.quoted + said.quoted_case


def _words(candidate: Candidate, goal: Goal) -> tuple[str, ...]:
    """At most 24 words of the option, or of the element's name, hint and value."""
    element = candidate.element
    if candidate.option is not None or element is None:
        return words_of(candidate.option.name) if candidate.option is not None else ()
    name = label_of(element, goal)
    words = words_of(name)
    if element.hint and element.hint != name:
        words += words_of(element.hint)
    if element.value:
        words += words_of(element.value)
    return words[:24]


class _About:
    """What the features of one observation share.

    ``inside``: refs in dialogs; ``nth``: how many of the same role come before; ``turn``: the n-th field of the page.
    """

    def __init__(self, tree: ActionTree, goal: Goal) -> None:
        self.tree = tree
        self.goal = goal
        self.width, self.height = max(1, tree.viewport[0]), max(1, tree.viewport[1])
        self.inside: set[str | None] = set()
        self.nth: dict[str, int] = {}
        self.turn: dict[str, int] = {}
        self._filled: list[Element] = []
        self._holders: dict[str, set[str]] = {}
        counts: dict[str, int] = {}
        for e in tree.elements:
            if e.role in DIALOGS or e.parent in self.inside:
                self.inside.add(e.ref)
            if not e.actionable:
                continue
            self.nth[e.ref] = counts[e.role] = counts.get(e.role, -1) + 1
            if e.has("editable"):
                self.turn[e.ref] = len(self.turn)
                self._filled += [e] if e.value else []

    def holders(self, text: str) -> set[str]:
        """Refs of the fields that hold that text."""
        if text not in self._holders:
            self._holders[text] = {e.ref for e in self._filled if holds(e, text)}
        return self._holders[text]


def _own(e: Element, about: _About) -> list[float]:
    """From ``role`` to ``around``: what is the same for all that can be done with the element."""
    goal, (x, y, w, h) = about.goal, e.box
    group = _ROLE_GROUPS.get(e.role, e.role)
    group = group if group in _ROLE_HOT else "other"
    return [
        *_ROLE_HOT[group],
        *(1.0 if s in e.states else 0.0 for s in STATES_SHOWN),
        (x + w / 2) / about.width,
        (y + h / 2) / about.height,
        w / about.width,
        h / about.height,
        e.depth / 16,
        about.nth.get(e.ref, 0) / 16,
        float(e.ref in about.inside),
        mention(e.context, goal).said if e.context and not echoes(e.context, goal) else 0.0,
        mention(e.hint, goal).said if e.hint and e.name else 0.0,
        mention(e.value, goal).said if e.value else 0.0,
        float(goal.asks(*_ROLE_WORDS.get(group, (group,)))),
    ]


def _acting(candidate: Candidate, about: _About, best: float) -> list[float]:
    """From ``op`` to ``drop``."""
    action = candidate.action
    way = 0.0
    if action.op in ("scroll", "press"):
        way = -1.0 if action.text in _BACKWARD else 1.0
    return [
        *_OP_HOT[action.op],
        way,
        *candidate.mention,
        float(0.0 < best <= _strength(candidate.mention)),
        float(is_done(candidate)),
        *(_typing(candidate.text, candidate.element, about) if candidate.text is not None else _NO_TEXT),
        *(_dropping(candidate, about) if action.op == "drag" else _NO_DROP),
    ]


def _typing(text: GoalText, field: Element | None, about: _About) -> list[float]:
    if field is None:
        return _NO_TEXT
    words = content_of(f"{label_of(field, about.goal)} {field.context}")
    share = 1.0 / max(1, len(words))
    return [
        *_KIND_HOT[text.kind],
        1.0 - text.at / MOST_TEXTS,
        len(words & text.before) * share,
        len(words & text.after) * share,
        float(_fits(text, field)),
        float(about.turn.get(field.ref) == text.at),
        float(bool(about.holders(text.text) - {field.ref})),
    ]


def _fits(text: GoalText, field: Element) -> bool:
    """Whether a text is of the sort that the field's type asks for."""
    sort = field.tag.removeprefix("input:")
    if field.has("password"):
        return "{{" in text.text
    if sort in ("number", "range", "tel") or field.role in ("spinbutton", "slider"):
        return text.kind == "number"
    if sort in ("date", "time", "month", "week", "datetime-local"):
        return text.kind == "moment" and "@" not in text.text
    return "@" in text.text if sort == "email" else sort == "url" and text.text.startswith(("http", "www"))


def _dropping(candidate: Candidate, about: _About) -> list[float]:
    source, spot = candidate.element, about.tree.by_ref.get(candidate.action.text or "")
    if source is None or spot is None:
        return _NO_DROP
    dx = spot.box[0] + spot.box[2] / 2 - source.box[0] - source.box[2] / 2
    dy = spot.box[1] + spot.box[3] / 2 - source.box[1] - source.box[3] / 2
    return [mention(label_of(spot, about.goal), about.goal).said, dx / about.width, dy / about.height]


def page_row(observation: Observation, found: Candidates, size: int) -> Floats:
    """``[PAGE_FEATURES]`` in the order of ``PAGE_LAYOUT``."""
    tree = observation.tree
    screen = 8.0 * max(1, tree.viewport[1])
    row = np.empty(PAGE_FEATURES, np.float32)
    row[:GOAL_BINS] = hashed(found.goal.words, GOAL_BINS)
    row[GOAL_BINS:] = [
        observation.step / STEP_SCALE,
        float(bool(observation.last_error)),
        float(observation.settled == "busy"),
        len(found.chosen) / size,
        found.left_out / size,
        tree.scroll[1] / screen,
        (tree.scroll[3] - tree.scroll[1]) / screen,
        len(observation.tabs) / 8,
        float(any(e.role in DIALOGS for e in tree.elements)),
        len(found.goal.texts) / MOST_TEXTS,
        *_left(observation, found),
    ]
    return np.clip(row, -1.0, 1.0, out=row)


def _left(observation: Observation, found: Candidates) -> tuple[float, float]:
    """``texts_left`` and ``choices_left``."""
    texts = found.goal.texts
    filled = [e for e in observation.tree.elements if e.value]
    open_texts = sum(not any(holds(e, t.text) for e in filled) for t in texts)
    named = [
        is_done(c)
        for c in found.chosen
        if (c.mention.phrase or c.mention.quoted) and c.element is not None
        if c.option is not None or (c.action.op == "click" and c.element.role in _CHOSEN)
    ]
    return open_texts / max(1, len(texts)), named.count(False) / max(1, len(named))

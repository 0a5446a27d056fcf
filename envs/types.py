"""The nouns of webagent: frozen dataclasses that every room speaks.

Every class here goes to plain JSON and back without loss: ``from_json(type, to_json(x)) == x``. Nothing in this
file knows a browser. A box is ``(x, y, w, h)`` in CSS pixels of the top page's viewport.
"""

from __future__ import annotations

import base64
import dataclasses
import functools
import operator
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from .errors import BadAction

Op = Literal[
    "click", "dblclick", "hover", "type", "clear", "select", "press", "scroll", "drag", "upload",
    "goto", "back", "forward", "new_tab", "close_tab", "switch_tab", "wait", "answer", "done", "give_up",
]  # fmt: skip
OPS: tuple[str, ...] = typing.get_args(Op)
NEEDS_TARGET = frozenset({"click", "dblclick", "hover", "clear", "select", "drag", "upload"})
NEEDS_TEXT = frozenset({"type", "select", "press", "scroll", "upload", "goto", "switch_tab", "answer"})
ENDS_EPISODE = frozenset({"answer", "done", "give_up"})
SCROLL_DIRECTIONS = ("up", "down", "left", "right")

STATES = (
    "actionable", "visible", "covered", "disabled", "checked", "mixed", "selected", "focused", "expanded", "collapsed",
    "readonly", "required", "invalid", "editable", "multiple", "scrollable", "password", "modal", "pressed", "current",
)  # fmt: skip
"""Everything that ``Element.states`` may hold. ``visible``: inside the viewport; ``covered``: something else would
take a click there; ``modal``: a dialog that blocks the rest of the page."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be done. ``max_steps``: actions before the episode is truncated."""

    id: str
    goal: str
    start_url: str
    seed: int = 0
    max_steps: int = 30


@dataclass(frozen=True, slots=True)
class Shape:
    """Geometry that only eyes would see: an SVG shape, a canvas, a coloured box.

    ``kind``: SVG tag name, ``canvas`` or ``box``. ``fill`` and ``stroke``: ``#rrggbb`` or "". ``points``: flat x, y
    pairs in viewport pixels (corners, line ends), at most 16 pairs; empty for round shapes, whose box says it all.
    """

    kind: str
    fill: str = ""
    stroke: str = ""
    points: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Element:
    """One node of the pruned tree.

    ``role``: ARIA role, or ``text`` for context text. ``name``: as a person would call it. ``value``: text of a
    field (masked as ``•`` for passwords), label of a select's choice. ``parent``: ref of the enclosing element that
    was kept. ``context``: the nearest words that tell this element from its like (row and column headers, preceding
    text). ``hint``: words from id, class or file name, only where nothing visible names it (icons).
    ``scroll``: ``(x, y, max_x, max_y)`` of a scrollable region. ``href``: where a link leads.
    """

    ref: str
    role: str
    tag: str
    name: str = ""
    value: str = ""
    box: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    states: tuple[str, ...] = ()
    parent: str | None = None
    depth: int = 0
    shape: Shape | None = None
    scroll: tuple[float, float, float, float] | None = None
    href: str = ""
    context: str = ""
    hint: str = ""

    def has(self, state: str) -> bool:
        return state in self.states

    @property
    def actionable(self) -> bool:
        return "actionable" in self.states

    def __reduce__(self) -> tuple[type[Element], tuple[Any, ...]]:
        """Pickled as a call: a page has hundreds, and the generated way takes five times as long."""
        return Element, _fields_of(self)


_fields_of = operator.attrgetter(*(f.name for f in dataclasses.fields(Element)))


@dataclass(frozen=True)
class ActionTree:
    """The pruned DOM in document order (parents before children).

    ``dropped``: how many elements the budget left out. ``viewport``: ``(width, height)``.
    ``scroll``: ``(x, y, max_x, max_y)`` of the page itself.
    """

    elements: tuple[Element, ...] = ()
    dropped: int = 0
    viewport: tuple[int, int] = (0, 0)
    scroll: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)

    @functools.cached_property
    def by_ref(self) -> dict[str, Element]:
        return {e.ref: e for e in self.elements}

    def find(self, ref: str) -> Element:
        """The element of that ref; raises ``BadAction`` if this tree does not list it."""
        try:
            return self.by_ref[ref]
        except KeyError:
            raise BadAction(
                f"expected a ref that this observation lists, found {ref!r}",
                f"choose one of its {len(self.elements)} elements",
            ) from None

    @property
    def actionable(self) -> tuple[Element, ...]:
        return tuple(e for e in self.elements if e.actionable)


@dataclass(frozen=True, slots=True)
class Tab:
    url: str
    title: str = ""
    active: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """One screen frame: ``rgb`` holds ``height × width × 3`` bytes; ``time``: when captured (s since the epoch)."""

    time: float
    width: int
    height: int
    rgb: bytes

    def __post_init__(self) -> None:
        if len(self.rgb) != self.width * self.height * 3:
            raise ValueError(f"expected {self.width} x {self.height} x 3 bytes, found {len(self.rgb)}")


@dataclass(frozen=True)
class Observation:
    """What the agent sees before it acts.

    ``last_error``: "" or one line about the previous action. ``settled``: ``input`` (handlers have run), ``frame``
    (one task and one frame later) or ``busy`` (the page was still moving when the wait ended).
    """

    goal: str = ""
    url: str = ""
    title: str = ""
    tabs: tuple[Tab, ...] = ()
    tree: ActionTree = field(default_factory=ActionTree)
    frames: tuple[Frame, ...] = ()
    last_error: str = ""
    settled: str = "frame"
    step: int = 0


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do, out of a closed set of ops; checked on construction, never source text.

    ``target``: an ``Element.ref`` of the observation; of ``type`` and ``press`` optional (what has the keyboard: the
    hidden field of a terminal, say). ``text``: what to type; the option's label for ``select``; keys in Playwright's
    names for ``press``; up, down, left or right for ``scroll``; a URL for ``goto`` (optional for ``new_tab``); a tab
    number for ``switch_tab``; paths, one a line, for ``upload``; the answer or the reason. ``point``: fractions of the
    target's box. For ``drag``: ``text`` is the ref of the element to drop on (default: the target itself) and ``point``
    is ``(x, y)`` within that, or ``(x0, y0, x1, y1)`` with the start inside the target.
    For ``click``: ``text`` is the button and the keys held with it (``right``, ``Control+left``; default: ``left``).
    Raises ``BadAction``.
    """

    op: Op
    target: str | None = None
    text: str | None = None
    point: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if self.op not in OPS:
            raise BadAction.unknown("op", self.op, OPS)
        if self.op in NEEDS_TARGET and not self.target:
            raise BadAction(f"{self.op} needs a target, found none; give the ref of an element")
        if self.op in NEEDS_TEXT and self.text is None:
            raise BadAction(f"{self.op} needs a text, found none")
        if self.op == "scroll" and self.text not in SCROLL_DIRECTIONS:
            raise BadAction.unknown("scroll direction", str(self.text), SCROLL_DIRECTIONS)
        if self.op == "switch_tab" and not (self.text or "").isdecimal():
            raise BadAction(f"switch_tab expects a tab number counted from 0, found {self.text!r}")
        if self.point is not None:
            object.__setattr__(self, "point", _checked_point(self.op, self.point))
        if self.op == "drag" and self.point is None and self.text in (None, self.target):
            raise BadAction("drag needs where to: the ref of another element as text, or a point")

    def __str__(self) -> str:
        parts = [self.op, self.target, repr(self.text) if self.text is not None else None]
        at = "at " + ", ".join(f"{p:.2f}" for p in self.point) if self.point else None
        return " ".join(p for p in [*parts, at] if p)


def _checked_point(op: str, point: Any) -> tuple[float, ...]:
    lengths = (2, 4) if op == "drag" else (2,)
    try:
        numbers = tuple(float(p) for p in point)
    except (TypeError, ValueError):
        raise BadAction(f"point expects numbers (fractions of the target's box), found {point!r}") from None
    if len(numbers) not in lengths or not all(-100 <= p <= 100 for p in numbers):
        raise BadAction(f"point of {op} expects {' or '.join(map(str, lengths))} finite fractions, found {point!r}")
    return numbers


@dataclass(frozen=True)
class Proposal:
    """Candidate actions ``[A]``, their log-probabilities ``[A]``, best first, and a value in [-1, 1] (or None).

    ``why``: one short line for the report, per candidate or empty. ``confidence``: probability that the first
    candidate is right, or None where the policy cannot tell.
    """

    actions: tuple[Action, ...]
    logprobs: tuple[float, ...]
    value: float | None = None
    why: tuple[str, ...] = ()
    confidence: float | None = None

    def __post_init__(self) -> None:
        if len(self.actions) != len(self.logprobs):
            raise ValueError(
                f"expected one log-probability an action, found {len(self.logprobs)} for {len(self.actions)}"
            )


@dataclass(frozen=True, slots=True)
class Branch:
    """A moment in a search tree, as the report draws it.

    ``parent``: its place in the list of branches, -1 for the root, which comes first. ``action``: what led there, in
    words. ``worth``: as the search came to see it. ``kind``: ``open``, ``end`` (the task ended there) or ``dead`` (a
    moment that was seen before). ``page``: its title. ``taken``: whether it lies behind the action that was taken.
    """

    parent: int
    action: str
    visits: int
    worth: float
    kind: str = "open"
    page: str = ""
    taken: bool = False


@dataclass(frozen=True)
class Step:
    """One observation, the action taken on it and what came of it.

    ``error``: the ``last_error`` that the action caused. ``visits``: search visits per candidate of ``proposal``, or
    empty; ``worths``: what it found each of them to be worth, in [-1, 1], None where it tried none of it. ``ms``: named
    durations in milliseconds (``decide``, ``act``, ``settle``, ``tree``). ``search``: the tree
    that the action was chosen by, or empty; corpora leave it out.
    """

    observation: Observation
    action: Action
    reward: float = 0.0
    terminated: bool = False
    truncated: bool = False
    error: str = ""
    proposal: Proposal | None = None
    visits: tuple[int, ...] = ()
    ms: dict[str, float] = field(default_factory=dict)
    search: tuple[Branch, ...] = ()
    worths: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class Episode:
    """A whole try at a task, whoever made it. ``source``: ``human``, ``expert``, ``policy:…`` or ``search:…``."""

    task: Task
    steps: tuple[Step, ...]
    final: Observation
    source: str
    success: bool | None = None
    info: dict[str, Any] = field(default_factory=dict)


def to_json(value: Any) -> Any:
    """Plain dicts, lists, strings, numbers and None; bytes as base64."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, (list, tuple)):
        return [to_json(v) for v in value]
    if isinstance(value, dict):
        return {k: to_json(v) for k, v in value.items()}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value


def from_json(kind: Any, data: Any) -> Any:
    """Rebuild a ``kind`` from what ``to_json`` made; unknown keys are an error (``TypeError``)."""
    return _rebuilder(kind)(data)


@functools.cache
def _rebuilder(kind: Any) -> Callable[[Any], Any]:
    """What makes a ``kind`` of plain data, worked out once for each kind."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        inner = _rebuilder(next(a for a in args if a is not type(None)))
        return lambda data: None if data is None else inner(data)
    if origin is tuple and args[-1] is Ellipsis:
        inner = _rebuilder(args[0])
        return tuple if inner is _plain else lambda data: tuple(map(inner, data))
    if origin is tuple:
        parts = [_rebuilder(a) for a in args]
        return lambda data: tuple(part(v) for part, v in zip(parts, data, strict=True))
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        rare = {name: made for name, hint in hints.items() if (made := _rebuilder(hint)) is not _plain}

        def rebuild(data: Any) -> Any:
            return kind(**{k: rare[k](v) if k in rare else v for k, v in data.items()})

        return rebuild
    return base64.b64decode if kind is bytes else _plain


def _plain(data: Any) -> Any:
    return data

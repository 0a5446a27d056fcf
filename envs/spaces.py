"""The ``typed`` view: Gymnasium spaces for ``Observation`` and ``Action``, and the way there and back.

``from_space(to_space(observation)) == observation`` as long as no string is longer than its space allows; what was cut
is named by ``cut_fields`` and in ``info["cut"]``. Strings live in a ``Text`` space that takes any Unicode.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, Sequence, Space, Text

from .types import OPS, STATES, Action, ActionTree, Element, Frame, Observation, Shape, Tab

FAR = 1e9
LENGTHS = {
    "goal": 20_000, "url": 8_000, "title": 1_000, "last_error": 2_000, "settled": 16, "ref": 24, "role": 64, "tag": 64,
    "name": 400, "value": 2_000, "parent": 24, "href": 1_000, "context": 400, "hint": 400, "kind": 32, "fill": 16,
    "stroke": 16,     "target": 24, "text": 20_000,
}  # fmt: skip
_OBSERVED = ("goal", "url", "title", "last_error", "settled")
_ELEMENT = ("ref", "role", "tag", "name", "value", "href", "context", "hint")
_SAMPLE = "".join(map(chr, range(32, 127)))


class UnicodeText(Text):
    """A ``Text`` space of any characters up to a length; samples are ASCII."""

    def __init__(self, max_length: int, *, seed: Any = None) -> None:
        super().__init__(max_length, min_length=0, charset=_SAMPLE, seed=seed)

    def contains(self, x: Any) -> bool:
        return isinstance(x, str) and len(x) <= self.max_length

    def __repr__(self) -> str:
        return f"UnicodeText({self.max_length})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UnicodeText) and other.max_length == self.max_length

    __hash__ = None  # type: ignore[assignment]


def _text(name: str) -> UnicodeText:
    return UnicodeText(LENGTHS[name])


def _numbers(n: int) -> Box:
    return Box(-FAR, FAR, (n,), np.float64)


def _whole(high: int = 2**31 - 1) -> Box:
    return Box(0, high, (), np.int64)


def observation_space() -> Dict:
    """The space of ``to_space(observation)``."""
    shape: dict[str, Space[Any]] = {
        "kind": _text("kind"),
        "fill": _text("fill"),
        "stroke": _text("stroke"),
        "points": Sequence(Box(-FAR, FAR, (), np.float64)),
    }
    element: dict[str, Space[Any]] = {
        **{name: _text(name) for name in _ELEMENT}, "parent": _text("parent"), "box": _numbers(4),
        "states": MultiBinary(len(STATES)), "depth": _whole(), "shape": Sequence(Dict(shape)),
        "scroll": Sequence(_numbers(4)),
    }  # fmt: skip
    tab: dict[str, Space[Any]] = {"url": _text("url"), "title": _text("title"), "active": Discrete(2)}
    frame: dict[str, Space[Any]] = {
        "time": Box(0, 1e12, (), np.float64),
        "size": Box(0, 2**15, (2,), np.int64),
        "rgb": UnicodeText(2**27),
    }
    return Dict(
        {
            **{name: _text(name) for name in _OBSERVED},
            "tabs": Sequence(Dict(tab)),
            "elements": Sequence(Dict(element)),
            "dropped": Box(0, 2**31 - 1, (1,), np.int64),
            "viewport": Box(0, 2**15, (2,), np.int64),
            "scroll": _numbers(4),
            "frames": Sequence(Dict(frame)),
            "step": Box(0, 2**31 - 1, (1,), np.int64),
        }
    )


def action_space() -> Dict:
    """``op``: index into ``types.OPS``; ``target`` and ``text``: "" for none; ``point``: no, two or four fractions."""
    return Dict(
        {
            "op": Discrete(len(OPS)),
            "target": _text("target"),
            "text": _text("text"),
            "point": Sequence(Box(-100.0, 100.0, (), np.float64)),
        }
    )


def to_space(observation: Observation) -> dict[str, Any]:
    """The dict of ``observation_space()``; strings that are too long are cut."""
    tree = observation.tree
    return {
        **{name: getattr(observation, name)[: LENGTHS[name]] for name in _OBSERVED},
        "tabs": tuple(
            {"url": t.url[: LENGTHS["url"]], "title": t.title[: LENGTHS["title"]], "active": np.int64(t.active)}
            for t in observation.tabs
        ),
        "elements": tuple(_element_to_space(e) for e in tree.elements),
        "dropped": np.array([tree.dropped], np.int64),
        "viewport": np.array(tree.viewport, np.int64),
        "scroll": np.array(tree.scroll, np.float64),
        "frames": tuple(
            {"time": np.array(f.time), "size": np.array((f.width, f.height)), "rgb": f.rgb.decode("latin-1")}
            for f in observation.frames
        ),
        "step": np.array([observation.step], np.int64),
    }


def _element_to_space(e: Element) -> dict[str, Any]:
    shape = e.shape
    return {
        **{name: getattr(e, name)[: LENGTHS[name]] for name in _ELEMENT},
        "parent": e.parent or "",
        "box": np.clip(np.array(e.box, np.float64), -FAR, FAR),
        "states": np.array([s in e.states for s in STATES], np.int8),
        "depth": np.array(e.depth, np.int64),
        "shape": (
            {
                "kind": shape.kind,
                "fill": shape.fill,
                "stroke": shape.stroke,
                "points": tuple(np.array(p) for p in shape.points),
            },
        )
        if shape
        else (),
        "scroll": (np.array(e.scroll, np.float64),) if e.scroll else (),
    }


def from_space(data: dict[str, Any]) -> Observation:
    """The ``Observation`` that ``to_space`` was given."""
    width, height = map(int, data["viewport"])
    tree = ActionTree(
        tuple(_element_from_space(e) for e in data["elements"]),
        int(data["dropped"][0]),
        (width, height),
        _four(data["scroll"]),
    )
    return Observation(
        **{name: data[name] for name in _OBSERVED},
        tabs=tuple(Tab(t["url"], t["title"], bool(t["active"])) for t in data["tabs"]),
        tree=tree,
        frames=tuple(
            Frame(float(f["time"]), int(f["size"][0]), int(f["size"][1]), f["rgb"].encode("latin-1"))
            for f in data["frames"]
        ),
        step=int(data["step"][0]),
    )


def _four(numbers: Any) -> tuple[float, float, float, float]:
    a, b, c, d = (float(n) for n in numbers)
    return (a, b, c, d)


def _element_from_space(data: dict[str, Any]) -> Element:
    shapes = [Shape(s["kind"], s["fill"], s["stroke"], tuple(float(p) for p in s["points"])) for s in data["shape"]]
    return Element(
        **{name: data[name] for name in _ELEMENT},
        box=_four(data["box"]),
        states=tuple(sorted(s for s, on in zip(STATES, data["states"], strict=True) if on)),
        parent=data["parent"] or None,
        depth=int(data["depth"]),
        shape=shapes[0] if shapes else None,
        scroll=_four(data["scroll"][0]) if data["scroll"] else None,
    )


def action_from_space(data: dict[str, Any]) -> Action:
    """An ``Action`` from the space's dict (``op`` as index or name); raises ``BadAction``."""
    op = data["op"]
    name = op if isinstance(op, str) else OPS[int(op)]
    text = data.get("text")
    point = tuple(float(p) for p in data.get("point") or ())
    no_text = text in (None, "") and name not in ("type", "answer", "select")
    return Action(name, data.get("target") or None, None if no_text else text, point or None)  # type: ignore[arg-type]


def cut_fields(observation: Observation) -> list[str]:
    """Names of the observation's fields that do not fit their space."""
    found = [n for n in _OBSERVED if len(getattr(observation, n)) > LENGTHS[n]]
    for e in observation.tree.elements:
        found += [f"{e.ref}.{n}" for n in _ELEMENT if len(getattr(e, n)) > LENGTHS[n]]
    return found

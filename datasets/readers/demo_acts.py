"""What a person did, out of the DOM events of a recording.

Press, release and click on one place are one click; all that happens in one text field is one ``type`` with what the
field holds in the end; keys that go nowhere, second halves of double clicks and clicks that a label passes on count for
nothing. Wherever the page comes back to a state that it was in before, everything between is cut: clicks without
effect, boxes ticked and unticked, months turned too far, the wrong mail opened. Scrolling is left out, because our
click scrolls by itself: the tree shows each region as it was scrolled at the act before.

Not covered: what is reached by hovering, and choices in a closed list, which the recorder did not see.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from .demo_names import words_in
from .demo_record import Damaged, Event, Node, Record, marked
from .demo_roles import chosen, is_date_picker, is_field, is_region
from .demo_tree import scrolled

SAME_PLACE = 8
"""Pixels that the mouse may move between press and release of one click."""
LIST_HEIGHT = 30
"""A list lower than that is closed: neither its options nor the choice are recorded."""


class Unusable(ValueError):
    """This demonstration cannot be told in our actions; the message is the reason."""


@dataclass(frozen=True)
class Gesture:
    """``kind``: ``mouse``, ``keys``, or ``enter`` for a click that a key caused."""

    kind: str
    start: int
    ref: int


@dataclass
class Snapshot:
    """One dump: its nodes by number, what it says (for comparing), and how far its regions are scrolled."""

    dom: Node
    nodes: dict[int, Node] = field(default_factory=dict)
    says: int = 0
    offsets: dict[int, float] = field(default_factory=dict)

    @classmethod
    def of(cls, dom: Node) -> Snapshot:
        made = cls(dom)
        said: list[Any] = []
        made._read(dom, said, None)
        made.says = hash(tuple(said))
        return made

    def _read(self, node: Node, said: list[Any], up: Node | None) -> None:
        self.nodes[node["ref"]] = node
        if is_region(node):
            self.offsets[node["ref"]] = scrolled(node)
        children = node["children"]
        if node["width"] <= 1 and not node["tag"].islower():
            return  # what is said to screen readers only
        if children or node["tag"] != "SPAN" or node.get("text"):  # icons come late, when their picture is there
            said += [
                node["tag"],
                words_in(node, "id"),
                _lasting(node),
                node.get("text"),
                node.get("value"),
                len(children),
            ]
            if node["tag"] == "OPTION":
                said.append(chosen(node))
        for child in children:
            self._read(child, said, node)
        said.append(None)

    def value(self, ref: int) -> Any:
        return self.nodes[ref].get("value") if ref in self.nodes else None


def _lasting(node: Node) -> tuple[str, ...]:
    """Class names without those that only follow the mouse."""
    classes = words_in(node, "classes")
    return tuple(c for c in classes.split() if c != "hover" and not c.startswith("ui-state")) if classes else ()


@dataclass(frozen=True)
class Act:
    """Something done to the node ``ref``. ``text``: what was typed or chosen. ``before``: the page as it was then."""

    op: str
    ref: int
    before: Snapshot
    text: str | None = None
    gesture: Gesture | None = None


def gestures(record: Record) -> list[Gesture]:
    """Everything up to the end of the episode, one gesture each."""
    found: list[Gesture] = []
    events = list(record.events())
    page = record.page(0)
    last = ""
    for at, event in enumerate(events):
        if record.page(event.index) != page:
            break
        ref = record.target(event.index)
        if ref is not None and event.type == "keydown":
            found.append(Gesture("keys", event.index, ref))
        elif ref is not None and event.type == "mousedown" and _is_click(events, at):
            found.append(Gesture("mouse", event.index, ref))
        elif ref is not None and event.type == "click" and last == "keydown":
            found.append(Gesture("enter", event.index, ref))
        last = event.type
    return found


def _is_click(events: list[Event], at: int) -> bool:
    """Released (or the page changed) where it was pressed; not dragged."""
    down = events[at]
    for event in events[at + 1 :]:
        if event.type == "click":
            return True
        if event.type == "mousedown":
            return False
        if event.type == "mouseup" and abs(event.x - down.x) + abs(event.y - down.y) > SAME_PLACE:
            return False
    return True


def acts(record: Record) -> tuple[list[Act], Snapshot]:
    """What was done, cleaned, and the last page of the episode. Raises ``Unusable`` or ``Damaged``."""
    found, snapshots = _sessions(record)
    if not found:
        raise Unusable("no action left")
    if any(n["tag"] == "SELECT" and n["height"] < LIST_HEIGHT for n in snapshots[0].nodes.values()):
        raise Unusable("has a closed list")
    ends = [*snapshots[1:], Snapshot.of(record.dom(_last(record)))]
    told = [_told(record, g, before, after) for g, before, after in zip(found, snapshots, ends, strict=True)]
    _check_lists(told, ends[-1])
    kept = _without_detours([act for act in told if act.op != "list"])
    if not kept:
        raise Unusable("no action left")
    if any(act.op == "unlisted" for act in kept):
        raise Unusable("typed into the date picker")
    return _chosen_in_the_end(_typed_once(kept), ends[-1]), ends[-1]


def _last(record: Record) -> int:
    """The last dump that shows the episode's own page."""
    page = record.page(0)
    return next(i for i in range(len(record.spans) - 1, -1, -1) if record.page(i) == page)


def _sessions(record: Record) -> tuple[list[Gesture], list[Snapshot]]:
    """Gestures with the page before each; those on one field in a row become one."""
    found: list[Gesture] = []
    snapshots: list[Snapshot] = []
    plain: set[int] = set()  # nodes that take no text, where keys go nowhere
    open_field: int | None = None
    for gesture in gestures(record):
        if gesture.ref == open_field or (gesture.kind == "keys" and gesture.ref in plain):
            continue
        snapshot = Snapshot.of(record.dom(gesture.start))
        node = snapshot.nodes.get(gesture.ref)
        if node is None or not node.get("recordingTarget"):
            gesture = replace(gesture, ref=marked(snapshot.dom) or 0)
            node = snapshot.nodes.get(gesture.ref)
        if node is None:
            raise Damaged("target not in the page")
        takes_text = is_field(node)
        if gesture.kind == "keys" and not takes_text and node["tag"] not in ("SELECT", "OPTION"):
            plain.add(gesture.ref)
            continue
        open_field = gesture.ref if takes_text else None
        found.append(gesture)
        snapshots.append(snapshot)
    return found, snapshots


def _told(record: Record, gesture: Gesture, before: Snapshot, after: Snapshot) -> Act:
    """One gesture as an act, by what it did to the page."""
    node, ref = before.nodes[gesture.ref], gesture.ref
    if node["tag"] == "OPTION":
        return Act("select", ref, before, str(node.get("text", "")), gesture)
    if node["tag"] == "SELECT":
        return Act("list", ref, before, None, gesture)
    if not is_field(node):
        return Act("click", ref, before, None, gesture)
    now = after.value(ref)
    if now is None:
        raise Unusable("what was typed is not recorded")
    if now == node.get("value"):
        return Act("click", ref, before, None, gesture)
    if is_date_picker(node):
        return Act("unlisted", ref, before, None, gesture)
    return Act("type", ref, before, str(now), gesture)


def _without_detours(told: list[Act]) -> list[Act]:
    """Only the last act may leave the page as it was: it ended the episode."""
    kept: list[Act] = []
    for act in told:
        back = next((i for i, earlier in enumerate(kept) if earlier.before.says == act.before.says), None)
        if back is not None:
            del kept[back:]
        kept.append(act)
    return kept


def _typed_once(kept: list[Act]) -> list[Act]:
    """Of several times in one field only the first, with the last text; between them the field shows that text."""
    last = {act.ref: (i, act.text) for i, act in enumerate(kept) if act.op == "type"}
    done: list[Act] = []
    typed: set[int] = set()
    for i, act in enumerate(kept):
        for ref in typed:
            until, text = last[ref]
            if i < until and ref in act.before.nodes:
                act.before.nodes[ref]["value"] = text
        if act.op != "type":
            done.append(act)
        elif act.ref not in typed:
            typed.add(act.ref)
            done.append(replace(act, text=last[act.ref][1]))
    return done


def _chosen(page: Snapshot) -> set[int]:
    return {n["ref"] for n in page.nodes.values() if n["tag"] == "OPTION" and chosen(n)}


def _check_lists(told: list[Act], end: Snapshot) -> None:
    """What is chosen in the end must have been clicked; keys and dragging leave no trace of that."""
    touched = {act.ref for act in told if act.op in ("select", "list")}
    if touched and not set() < _chosen(end) <= touched:
        raise Unusable("selection made in a way that is not recorded")


def _chosen_in_the_end(kept: list[Act], end: Snapshot) -> list[Act]:
    """In a list: each option once, and only those that are chosen in the end."""
    wanted = _chosen(end)
    first = {act.ref: i for i, act in reversed(list(enumerate(kept))) if act.op == "select"}
    return [a for i, a in enumerate(kept) if a.op != "select" or (a.ref in wanted and first[a.ref] == i)]


def shifts(taken: list[Act], end: Snapshot) -> Iterator[Snapshot]:
    """The page before each act, and the last one, with every region scrolled as it was at the act before."""
    shown: dict[int, float] = {}
    for page in [*(act.before for act in taken), end]:
        for ref, offset in page.offsets.items():
            _move(page.nodes[ref], offset - shown.get(ref, 0.0))
        shown.update(page.offsets)
        yield page


def _move(region: Node, down: float) -> None:
    if down:
        for child in region["children"]:
            child["top"] += down
            _move(child, down)

"""From a DOM dump to an ``ActionTree`` that looks as our live trees do (docs/TREE.md, envs/page/walk.js).

The goal stands at the top, as in the page (the recorder left it out); wrappers without a meaning of their own are left
out; texts are put together as far as the line goes.

Unlike in live trees: icons and entries inside a row that takes clicks itself are listed, since people click them (a
live tree gives one element for a row of mails, for Reply and Forward, for a menu of a post); text boxes are as wide as
their block; a list that is closed holds no options; ``href``, ``scroll`` of text areas and the colours and corners of
drawings are unknown; ``covered`` is told from boxes alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from webagent.envs.types import ActionTree, Element, Shape

from .demo_names import Names, cut, hint, kind, words_in
from .demo_record import Damaged, Node
from .demo_roles import (
    CONTAINER,
    INLINE,
    LEAF,
    LONELY,
    is_branch,
    is_overlay,
    is_region,
    role_of,
    states_of,
    value_of,
)

VIEWPORT = (320, 240)
Box = tuple[float, float, float, float]
_WHOLE: Box = (0, 0, *VIEWPORT)
_GOAL = -(10**9)  # the ref of the goal's node


@dataclass(slots=True)
class Item:
    """A candidate for the tree. ``up``: index of the item around it, or -1. ``words``: of a run of text."""

    node: Node
    role: str
    tag: str
    up: int
    act: bool
    box: Box
    words: str = ""
    region: bool = False
    keep: bool = True
    below: int = 0
    name: str = ""


@dataclass
class Refs:
    """Our refs of the recorder's numbers, the same all through an episode."""

    known: dict[tuple[int, int], str] = field(default_factory=dict)

    def of(self, number: int, part: int) -> str:
        return self.known.setdefault((number, part), f"e{len(self.known) + 1}")


class Tree:
    """One dump made into a tree.

    Args:
        dom: the dump; it is changed (the goal is put into it).
        goal: what the page says above everything else.
        refs: the episode's numbers.
    """

    def __init__(self, dom: Node, goal: str, refs: Refs) -> None:
        self.items: list[Item] = []
        self._run: Item | None = None
        self._overlays: list[tuple[Node, Box]] = []
        _put_goal(dom, goal)
        self.nodes: dict[int, Node] = {}
        self.parents: dict[int, Node] = {}
        self._index(dom)
        self.names = Names(self.parents)
        self._children(dom, -1, "text", False)
        self._flush()
        self._drop_bare()
        self._refs: dict[int, str] = {}
        self.tree = self._build(refs)

    def _index(self, node: Node) -> None:
        if node["ref"] in self.nodes:
            raise Damaged("two nodes of one number")
        self.nodes[node["ref"]] = node
        for child in node["children"]:
            self.parents[child["ref"]] = node
            self._index(child)

    def target(self, ref: int) -> Element | None:
        """The element that a click on that node is a click on, or None if it hit nothing that we list."""
        node = self.nodes.get(ref)
        if node is not None and node["tag"] == "path" and "-slice-" in words_in(node, "id"):
            title = words_in(node, "id").replace("-slice-", "-title-")
            node = next((n for n in self.nodes.values() if n.get("id") == title), node)
        while node is not None:
            if node["tag"] == "LABEL":
                node = next((c for c in node["children"] if c["tag"].startswith("INPUT")), node)
            element = self.tree.by_ref.get(self._refs.get(node["ref"], ""))
            if element is not None and element.actionable:
                return None if "scrollable" in element.states else element
            node = self.parents.get(node["ref"])
        return None

    # ---- the walk -------------------------------------------------------------------------------------------------

    def _children(self, node: Node, up: int, role: str, mute: bool) -> None:
        if node.get("text") and not mute and kind(node)[0] not in ("input", "textarea"):
            self._text(node, node, str(node["text"]), up, role)
        for child in node["children"]:
            if child["tag"] == "t":
                if not mute:
                    self._text(child, node, str(child["text"]), up, role)
            elif child["tag"] != "BR":
                self._element(child, up, role, mute)

    def _text(self, node: Node, owner: Node, words: str, up: int, role: str) -> None:
        run = self._run
        if run is None:
            self._run = Item(owner, role, kind(owner)[0], up, False, _box(node), words)
        else:
            run.words += " " + words
            run.box = _union(run.box, _box(node))

    def _flush(self) -> None:
        if self._run is not None:
            self.items.append(self._run)
            self._run = None

    def _element(self, node: Node, up: int, role: str, mute: bool) -> None:
        tag = kind(node)[0]
        if (node["width"] <= 1 or node["height"] <= 1) and tag not in ("path", "text", "svg"):
            return
        if tag in INLINE:
            return self._visible(node, tag, up, role, mute)
        self._flush()
        self._visible(node, tag, up, role, mute)
        self._flush()

    def _visible(self, node: Node, tag: str, up: int, text_role: str, mute: bool) -> None:
        role, act = role_of(node)
        region = is_region(node) and _overflows(node)
        if is_overlay(node):
            self._overlays.append((node, _box(node)))
        if not (act or region or role in CONTAINER):
            if tag == "label":
                known = any(c["tag"].startswith("INPUT") for c in node["children"]) or self._names_next(node)
                return self._children(node, up, "label", mute or known)
            return self._children(node, up, role if role in LEAF else text_role, mute)
        if role == "menuitem" and up >= 0 and self._in_word_list(up):
            return self._children(node, up, text_role, mute)
        self._flush()
        self.items.append(Item(node, role or "region", tag, up, act or region, _box(node), region=region))
        up = len(self.items) - 1
        if role in ("textbox", "checkbox", "radio") or tag == "input":
            return
        rich = role == "clickable" and not is_branch(node) and (_has_control(node) or len(self.names.text(node)) > 160)
        closed = act and not rich and role not in ("menu", "listbox", "tab", "list")
        self._children(node, up, text_role, mute or closed or role == "tab")
        self._flush()

    def _names_next(self, label: Node) -> bool:
        siblings = self.parents[label["ref"]]["children"]
        at = next(i for i, child in enumerate(siblings) if child is label)
        return at + 1 < len(siblings) and bool(self.names.label(siblings[at + 1]))

    def _in_word_list(self, up: int) -> bool:
        while up >= 0:
            if self.items[up].role == "list":
                return True
            up = self.items[up].up
        return False

    def _drop_bare(self) -> None:
        """Containers that hold nothing, or that only wrap one thing, say nothing."""
        for item in reversed(self.items):
            if not item.act and not item.words and item.role in CONTAINER:
                item.keep = item.below > 1 or (item.below == 1 and item.role not in LONELY)
            if item.up >= 0:
                self.items[item.up].below += 1 if item.keep else item.below

    # ---- the rows -------------------------------------------------------------------------------------------------

    def _build(self, refs: Refs) -> ActionTree:
        twins: dict[tuple[str, str], int] = {}
        for item in self.items:
            if item.keep and not item.words:
                item.name = self.names.name(item.node, item.role)
                if item.act:
                    twins[item.role, item.name] = twins.get((item.role, item.name), 0) + 1
        made: dict[int, Element] = {}
        clips: dict[int, Box] = {-1: _WHOLE}
        parts: dict[int, int] = {}
        for i, item in enumerate(self.items):
            clip = clips[item.up]
            clips[i] = _overlap(clip, item.box) if item.region or item.role == "listbox" else clip
            if not item.keep:
                continue
            up = item.up
            while up >= 0 and up not in made:
                up = self.items[up].up
            made[i] = self._row(item, made.get(up), clip, twins, refs, parts)
        return ActionTree(tuple(made.values()), viewport=VIEWPORT)

    def _row(
        self,
        item: Item,
        above: Element | None,
        clip: Box,
        twins: dict[tuple[str, str], int],
        refs: Refs,
        parts: dict[int, int],
    ) -> Element:
        part = 0
        if item.words:
            part = parts[item.node["ref"]] = parts.get(item.node["ref"], 0) + 1
        ref = refs.of(item.node["ref"], part)
        parent, depth = (above.ref, above.depth + 1) if above else (None, 0)
        part_seen = _overlap(clip, item.box)
        seen = part_seen[2] >= 1 and part_seen[3] >= 1
        box = (round(item.box[0], 1), round(item.box[1], 1), round(item.box[2], 1), round(item.box[3], 1))
        if item.words:
            states = ("visible",) if seen else ()
            return Element(ref, item.role, item.tag, cut(item.words, 800), "", box, states, parent, depth)
        self._refs[item.node["ref"]] = ref
        return self._act_row(item, ref, box, seen, (parent, depth), twins.get((item.role, item.name), 0) > 1)

    def _act_row(
        self, item: Item, ref: str, box: Box, seen: bool, place: tuple[str | None, int], twin: bool
    ) -> Element:
        node, role = item.node, item.role
        states = states_of(node, role, item.act)
        if item.region:
            states.append("scrollable")
        if seen:
            states.append("visible")
            if item.act and self._covered(item):
                states.append("covered")
        tag, sort = kind(node)
        wordless = item.act and not any(c.isalnum() for c in item.name)
        plain = item.act and tag not in ("svg", "path")
        fill = _colour(node) if item.act and not item.name else ""
        return Element(
            ref=ref,
            role=role,
            tag=f"input:{sort}" if tag == "input" else tag,
            name=item.name,
            value=value_of(node, role),
            box=box,
            states=tuple(sorted(states)),
            parent=place[0],
            depth=place[1],
            shape=Shape(tag) if tag == "path" else Shape("box", fill) if fill else None,
            scroll=_scroll(node) if item.region else None,
            context=self.names.context(node, role, item.name, twin) if plain else "",
            hint=hint(node) if wordless else "",
        )

    def _covered(self, item: Item) -> bool:
        """Under a calendar, a dialog or a list of words that it is not a part of."""
        area = item.box[2] * item.box[3]
        for overlay, box in self._overlays:
            part = _overlap(box, item.box)
            if part[2] * part[3] > 0.85 * area and not self._inside(item.node, overlay):
                return True
        return False

    def _inside(self, node: Node | None, outer: Node) -> bool:
        while node is not None:
            if node is outer:
                return True
            node = self.parents.get(node["ref"])
        return False


def _put_goal(dom: Node, goal: str) -> None:
    """The goal as the page shows it, in lines of about 35 letters."""
    at: Node | None = dom
    while at is not None and at.get("id") != "wrap":
        at = at["children"][0] if at["children"] else None
    width, lines = min(150.0, 4.4 * len(goal)), 1 + len(goal) // 36
    box = {"left": 3, "top": 3, "width": width, "height": 11 * lines}
    query = {"tag": "DIV", "id": "query", "classes": "", "ref": _GOAL, "children": [], "text": goal, **box}
    (at or dom)["children"].insert(0, query)


def _has_control(node: Node) -> bool:
    return any(
        c["tag"] in ("A", "BUTTON", "SELECT", "TEXTAREA") or c["tag"].startswith("INPUT") or _has_control(c)
        for c in node["children"]
    )


def _box(node: Node) -> Box:
    return (float(node["left"]), float(node["top"]), float(node["width"]), float(node["height"]))


def _union(a: Box, b: Box) -> Box:
    x, y = min(a[0], b[0]), min(a[1], b[1])
    return (x, y, max(a[0] + a[2], b[0] + b[2]) - x, max(a[1] + a[3], b[1] + b[3]) - y)


def _overlap(a: Box, b: Box) -> Box:
    x, y = max(a[0], b[0]), max(a[1], b[1])
    return (x, y, max(0.0, min(a[0] + a[2], b[0] + b[2]) - x), max(0.0, min(a[1] + a[3], b[1] + b[3]) - y))


def _colour(node: Node) -> str:
    """A background as ``#rrggbb``; "" if one looks through it."""
    found = str(node.get("bgColor", ""))
    if not found.startswith("rgb(") or node["tag"].startswith(("INPUT", "TEXTAREA")):
        return ""
    try:
        return "#" + "".join(f"{int(v):02x}" for v in found[4:-1].split(",")[:3])
    except ValueError:
        return ""


# ---- boxes that scroll ----------------------------------------------------------------------------------------------


def scrolled(node: Node) -> float:
    """How far down a region was scrolled: how far its first child is above its place."""
    return _inset(node) - (float(node["children"][0]["top"]) - float(node["top"])) if node["children"] else 0.0


def _inset(node: Node) -> float:
    return 2.0 if node.get("id") == "area" else 0.0


def _overflows(node: Node) -> bool:
    return _scroll(node)[3] > 1


def _scroll(node: Node) -> Box:
    if not node["children"]:
        return (0.0, 0.0, 0.0, 0.0)
    top = min(float(c["top"]) for c in node["children"])
    bottom = max(float(c["top"]) + float(c["height"]) for c in node["children"])
    most = bottom - top + _inset(node) - float(node["height"])
    return (0.0, round(max(0.0, scrolled(node))), 0.0, round(max(0.0, most)))

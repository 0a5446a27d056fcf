"""Small tasks of our own on pages that were seen: click this, write that there, first this and then that.

    labels = invented(labels, names, rng)

Demonstrations ask for what their task asks for, always on the same pages; a person asks for anything. So things on a
page are asked for by name, kind, order, paint, label, size of their number or what stands beside them, one to three of
them in a row; what the page tells is copied into fields; and ``done`` is what is right when all of it was done.
Whatever is asked for fits one element only. Made of the training tasks' pages alone.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence

import numpy as np

from webagent.envs.types import Action, Element, Observation
from webagent.models.colours import colour_name

from .readings import NEXT_TO, extremes, neighbours, told_values
from .rows import Label

NOUNS = {
    "button": ("button",), "link": ("link",), "checkbox": ("checkbox", "box"), "radio": ("radio button", "option"),
    "tab": ("tab",), "menuitem": ("menu item", "entry"), "option": ("option",), "img": ("picture", "image"),
    "textbox": ("field", "text field", "input", "text box"), "searchbox": ("search field", "search box"),
    "combobox": ("list", "dropdown"), "clickable": ("item", "element"), "graphics-symbol": ("shape",),
    "slider": ("slider",), "switch": ("switch",), "treeitem": ("entry",), "gridcell": ("cell",), "cell": ("cell",),
}  # fmt: skip
ORDER = ("first", "second", "third", "fourth", "fifth", "sixth", "1st", "2nd", "3rd", "4th", "5th", "6th")
CLICKS = ("click on", "click", "press", "tap", "choose", "go to")
FOR_ROLE = {
    "checkbox": ("tick", "check", "select"), "radio": ("select", "pick"), "option": ("select", "pick"),
    "tab": ("open", "switch to"), "link": ("open", "follow"), "menuitem": ("open", "select"),
}  # fmt: skip
WRITES = (
    'enter "{text}" into {it}', 'type "{text}" in {it}', 'fill {it} with "{text}"', "set {it} to {text}",
    'write "{text}" into {it}', "put {text} in {it}", 'type "{text}" into {it}', "type {text} into {it}",
)  # fmt: skip
SELECTS = (
    'choose "{text}" from {it}', "choose {text} from {it}", 'select "{text}" in {it}', "select {text} from {it}",
    "pick {text} from {it}", "set {it} to {text}",
)  # fmt: skip
COPIES = (
    "enter the {what} into {it}", "type the value of {what} into {it}", "find the {what} and write it into {it}",
    "copy the {what} to {it}", "put the value of {what} in {it}",
)  # fmt: skip
JOINS = (", then ", " and then ", " and ", ". Then ", ", ")
FIELDS = ("textbox", "searchbox")
LONGEST = 5
"""Words of a name that is asked by."""
MOST = 3


def invented(labels: Sequence[Label], names: Sequence[str], rng: np.random.Generator) -> Sequence[Label]:
    """At most as many steps as there were, on one of their pages; the labels themselves if nothing can be asked for.

    ``names``: words to write.
    """
    seen = labels[int(rng.integers(len(labels)))].observation
    free = [e for e in seen.tree.elements if e.actionable and e.role in NOUNS and _at_hand(e)]
    described = _Described(free, seen.tree.elements)
    known = [e for e in free if described.ways(e)]
    if not known:
        return labels
    count = min(len(labels), len(known), int(rng.integers(1, 1 + MOST)))
    wishes = [_wish(known[int(i)], described, names, rng) for i in rng.choice(len(known), count, replace=False)]
    join = JOINS[int(rng.integers(len(JOINS)))]
    goal = join.join(said for said, _ in wishes)
    goal = (_capital(goal) if rng.random() < 0.8 else goal) + ("." if rng.random() < 0.5 else "")
    return _played(_asking(seen, goal, bool(rng.random() < 0.5)), [a for _, a in wishes], len(labels))


def _at_hand(e: Element) -> bool:
    return e.has("visible") and not any(e.has(state) for state in ("disabled", "covered", "readonly"))


class _Described:
    """What tells each of these elements from all others."""

    def __init__(self, elements: Sequence[Element], everything: Sequence[Element]) -> None:
        self.names = Counter(e.name.casefold() for e in elements)
        self.labels = Counter(e.context.casefold() for e in elements if e.role in FIELDS)
        self.paints = Counter(_paint(e) for e in elements)
        self.kinds = Counter(e.role for e in elements)
        places: Counter[str] = Counter()
        self.place: dict[str, int] = {}
        for e in elements:
            self.place[e.ref] = places[e.role]
            places[e.role] += 1
        lists = {e.ref for e in elements if e.tag == "select"}
        self.extremes = extremes(elements)
        shared = [e for e in elements if e.name and self.names[e.name.casefold()] > 1]
        self.beside = neighbours(shared, everything)
        self.told = told_values(everything)
        self.offered = {ref: [e for e in everything if e.parent == ref and e.role == "option"] for ref in lists}

    def choices(self, e: Element) -> list[str]:
        """What could be chosen in a list: options that are not, and that have a name of their own."""
        offered = self.offered.get(e.ref, [])
        names = Counter(option.name for option in offered)
        return [o.name for o in offered if o.name.strip() and names[o.name] == 1 and not o.has("selected")]

    def ways(self, e: Element) -> list[str]:
        """Phrases that mean this one; ``{noun}`` stands for its kind."""
        found: list[str] = []
        if self.names[e.name.casefold()] == 1 and 0 < len(e.name.split()) <= LONGEST and "{" not in e.name:
            found += [f'"{e.name}"', f'the "{e.name}" {{noun}}', f"the {e.name} {{noun}}", e.name, f"{{noun}} {e.name}"]
        label = e.context.strip(" :*")
        clear = 0 < len(label.split()) <= 4 and "{" not in label
        if clear and e.role in FIELDS and self.labels[e.context.casefold()] == 1:
            found += [f"the {label} {{noun}}", f'the {{noun}} labelled "{label}"']
        if self.kinds[e.role] == 1:
            found.append("the {noun}")
        elif self.place[e.ref] < 6 and e.role != "clickable":
            found += [f"the {ORDER[self.place[e.ref] + shift]} {{noun}}" for shift in (0, 6)]
        found += [f"the {{noun}} with the {word} number" for word in self.extremes.get(e.ref, ())]
        if e.ref in self.beside:
            found += [way.format(name=e.name, text=self.beside[e.ref]) for way in NEXT_TO]
        if self.paints[_paint(e)] == 1 and all(_paint(e)):
            found += ["the {} {}".format(*_paint(e))] * 2
        return found


def _paint(e: Element) -> tuple[str, str]:
    """Colour and kind of what is drawn, or two times nothing."""
    if e.shape is None or e.shape.kind in ("box", "path", "text", "canvas"):
        return "", ""
    kind = "rectangle" if e.shape.kind == "rect" else e.shape.kind
    return colour_name(e.shape.fill or e.shape.stroke).partition(" ")[0], kind


def _wish(e: Element, described: _Described, names: Sequence[str], rng: np.random.Generator) -> tuple[str, Action]:
    """How it is asked for, and what is right."""
    ways, nouns = described.ways(e), NOUNS[e.role]
    noun = nouns[int(rng.integers(len(nouns)))]
    it = ways[int(rng.integers(len(ways)))].replace("{noun}", noun)
    if e.role in FIELDS and described.told and rng.random() < 0.5:
        what, text = described.told[int(rng.integers(len(described.told)))]
        return COPIES[int(rng.integers(len(COPIES)))].format(what=what, it=it), Action("type", e.ref, text)
    if e.role in FIELDS and rng.random() < 0.8:
        text = words_to_write(names, rng)
        return WRITES[int(rng.integers(len(WRITES)))].format(text=text, it=it), Action("type", e.ref, text)
    choices = described.choices(e)
    if choices:
        text = choices[int(rng.integers(len(choices)))]
        return SELECTS[int(rng.integers(len(SELECTS)))].format(text=text, it=it), Action("select", e.ref, text)
    verbs = CLICKS + FOR_ROLE.get(e.role, ())
    return f"{verbs[int(rng.integers(len(verbs)))]} {it}", Action("click", e.ref)


def words_to_write(names: Sequence[str], rng: np.random.Generator) -> str:
    """Something that may be typed: words, a number, an address, a secret's name."""
    kind = rng.random()
    if kind < 0.2:
        return str(int(rng.integers(0, 10 ** int(rng.integers(1, 6)))))
    words = [str(names[int(i)]) for i in rng.integers(0, len(names), int(rng.integers(1, 4)))]
    if kind < 0.3:
        return f"{words[0].lower()}@{words[-1].lower()}.com"
    if kind < 0.4:
        return f"{{{{secret:{words[0].lower()}}}}}"
    return " ".join(word.capitalize() for word in words) if kind < 0.6 else " ".join(words)


def _asking(seen: Observation, goal: str, shown: bool) -> Observation:
    """With another goal; a page that showed the old one shows this one, or none."""
    elements = [
        dataclasses.replace(e, name=goal) if e.name == seen.goal else e
        for e in seen.tree.elements
        if shown or e.name != seen.goal or e.role != "text"
    ]
    return dataclasses.replace(seen, goal=goal, tree=dataclasses.replace(seen.tree, elements=tuple(elements)))


def _played(seen: Observation, actions: Sequence[Action], room: int) -> list[Label]:
    """Each action on the page as the ones before left it, then the end, if there is room for it."""
    labels: list[Label] = []
    last: Action | None = None
    for action in (*actions, Action("done"))[:room]:
        labels.append(Label(seen, action, last=last))
        elements = tuple(_after(e, action) for e in seen.tree.elements)
        seen = dataclasses.replace(seen, tree=dataclasses.replace(seen.tree, elements=elements))
        last = action
    return labels


def _after(e: Element, action: Action) -> Element:
    if action.op == "select" and e.parent == action.target and e.role == "option":
        states = tuple(s for s in e.states if s != "selected")
        return dataclasses.replace(e, states=(*states, "selected") if e.name == action.text else states)
    if e.ref != action.target:
        return dataclasses.replace(e, states=tuple(s for s in e.states if s != "focused")) if e.has("focused") else e
    states = (*(s for s in e.states if s != "focused"), "focused")
    if action.op == "type":
        return dataclasses.replace(e, value=e.value + (action.text or ""), states=states)
    if action.op == "select":
        return dataclasses.replace(e, value=action.text or "", states=states)
    if e.role in ("checkbox", "switch"):
        ticked = (*states, "checked") if not e.has("checked") else tuple(s for s in states if s != "checked")
        return dataclasses.replace(e, states=ticked)
    return dataclasses.replace(e, states=(*states, "checked")) if e.role == "radio" and not e.has("checked") else e


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]

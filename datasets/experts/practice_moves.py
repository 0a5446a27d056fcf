"""The moves of a practice script on one observation: is it closed, and what is to be done if it is not.

``is_closed`` is None where the move's element is not shown; ``made`` is None there, too.
"""

from __future__ import annotations

import calendar
import functools
import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

from webagent.envs.types import Action, Element

from .page import Page

Move = dict[str, Any]
FIELDS = ("textbox", "searchbox", "combobox", "spinbutton", "slider", "listbox")
BOXES = ("checkbox", "radio", "switch")
SHUTS = ("close", "cancel", "not now", "no, thanks", "maybe later")
LANES = ("list", "region", "group", "clickable")
MONTHS = tuple(calendar.month_name)[1:]


class Sight:
    """One look at a practice site. ``at``: the name of the page, or "" elsewhere."""

    def __init__(self, page: Page) -> None:
        self.page = page
        split = urlsplit(page.now.url)
        self.at = parse_qs(split.query).get("page", ["home"])[0] if split.path.endswith("/site.html") else ""

    @functools.cached_property
    def elements(self) -> tuple[Element, ...]:
        return self.page.elements

    @functools.cached_property
    def dialog(self) -> Element | None:
        """A native dialog, which is all that there is then."""
        return next((e for e in self.elements if e.role == "alertdialog" and e.ref.startswith("d")), None)

    @functools.cached_property
    def modal(self) -> Element | None:
        return next((e for e in self.elements if e.role == "dialog" and e.has("modal")), None)

    def shut(self) -> Action | None:
        """What closes a dialog of the page's own: its last way out."""
        if self.modal is None:
            return None
        ways = [e for e in self.page.inside(self.modal) if e.actionable and plain(e.name) in SHUTS]
        return Action("click", ways[-1].ref) if ways else None

    def says(self, text: str) -> bool:
        """Whether the text is a part of some element's words, or goes on over several."""
        return any(text in e.name for e in self.elements) or text in self.page.text()

    def shows(self, text: str) -> bool:
        """Whether an element is called so."""
        return any(plain(e.name) == plain(text) for e in self.elements if e.role not in ("textbox", "searchbox"))

    def named(self, name: str, roles: Sequence[str] = (), within: Sequence[Element] | None = None) -> Element | None:
        """The first usable element of that name, uncovered ones first."""
        pool = self.elements if within is None else within
        found = [e for e in pool if plain(e.name) == plain(name) and (e.role in roles if roles else e.actionable)]
        found.sort(key=lambda e: e.has("covered"))
        return next(iter(found), None)

    def zone(self, of: str, among: Sequence[str]) -> list[Element] | None:
        """The elements from a title on up to the next title; None where it is not shown."""
        if not of:
            return list(self.elements)
        begin = next(
            (i for i, e in enumerate(self.elements) if plain(e.name) == plain(of) and e.role not in ("textbox", "row")),
            None,
        )
        if begin is None:
            return None
        others = {plain(t) for t in among} - {plain(of)}
        rest = self.elements[begin + 1 :]
        end = next((i for i, e in enumerate(rest) if plain(e.name) in others or e.role == "contentinfo"), len(rest))
        return [self.elements[begin], *rest[:end]]

    def zone_says(self, of: str, among: Sequence[str], texts: Sequence[str]) -> bool:
        words = " ".join(e.name for e in self.zone(of, among) or ())
        return all(text in words for text in texts)

    def field(self, move: Move, roles: Sequence[str]) -> Element | None:
        """The element that a move is about: of its name, behind the words of ``of`` if those are given."""
        of = move.get("of")
        if not of:
            return self.named(move["name"], roles)
        if "among" in move:
            return self.named(move["name"], roles, self.zone(of, move["among"]) or ())
        found = [e for e in self.elements if plain(e.name) == plain(move["name"]) and e.role in roles]
        near = [e for e in found if plain(of) in plain(e.context)]
        begin = next((i for i, e in enumerate(self.elements) if plain(e.name) == plain(of)), -1)
        behind = [e for e in found if self.page.index(e) > begin]
        return next(iter(behind if begin >= 0 else near or found), None)


def plain(name: str) -> str:
    """A name without what sites add to labels."""
    return " ".join(name.split()).rstrip("*: ").casefold()


# ---- each kind of move: (is it closed, what to do) ------------------------------------------------------------------

Verdict = tuple[bool, Callable[[], Action | None]]
"""Whether the move is closed, and what would be the next action if it is not."""


def _fill(move: Move, sight: Sight) -> Verdict | None:
    e = sight.field(move, FIELDS)
    if e is None:
        return None
    clears = e.value and e.tag not in ("input:date", "input:time") and e.tag != "input:number"
    act = Action("clear", e.ref) if clears else Action("type", e.ref, text=move["text"])
    return e.value == move.get("shown", move["text"]), lambda: act


def _slide(move: Move, sight: Sight) -> Verdict | None:
    e = sight.field(move, ("slider",))
    if e is None:
        return None
    return e.value == move["value"], lambda: Action("type", e.ref, text=move["value"])


def _choose(move: Move, sight: Sight) -> Verdict | None:
    e = sight.field(move, ("combobox", "listbox"))
    if e is None:
        return None
    return e.value == move["option"], lambda: Action("select", e.ref, text=move["option"])


def _pick(move: Move, sight: Sight) -> Verdict | None:
    label = plain(move["name"])
    opener = next(
        (e for e in sight.elements if e.actionable and plain(e.name.partition(": ")[0]) == label and ": " in e.name),
        None,
    )
    if opener is None:
        return None
    rest = sight.elements[sight.page.index(opener) + 1 :]
    option = (
        next((e for e in rest if e.role == "option" and e.name == move["option"]), None)
        if opener.has("expanded")
        else None
    )
    return opener.name.partition(": ")[2] == move["option"], lambda: Action("click", (option or opener).ref)


def _tick(move: Move, sight: Sight) -> Verdict | None:
    e = sight.field(move, BOXES)
    if e is None:
        return None
    return e.has("checked") == move["on"], lambda: Action("click", e.ref)


def _pressed(move: Move, sight: Sight) -> Verdict | None:
    e = sight.field(move, ("button",))
    if e is None:
        return None
    return e.has("pressed") == move["on"], lambda: Action("click", e.ref)


def _keys(move: Move, sight: Sight) -> Verdict | None:
    display = sight.field(move, ("textbox",))
    if display is None:
        return None
    goes_on = move["text"].startswith(display.value)
    name = move["text"][len(display.value) :][:1] if goes_on else move["clear"]
    key = sight.named(name, ("button",))
    return display.value == move["text"], lambda: Action("click", key.ref) if key else None


def _moved(move: Move, sight: Sight) -> Verdict | None:
    e = sight.named(move["name"], ("option",))
    above = sight.page.parent(e) if e is not None else None
    if e is None or above is None:
        return None
    inside = plain(above.name) == plain(move["titles"][1])
    button = sight.named(move["labels"][0 if move["inside"] else 1])
    return inside == move["inside"], lambda: Action("click", button.ref if e.has("selected") and button else e.ref)


def _step(move: Move, sight: Sight) -> Verdict | None:
    box = sight.field(move, ("textbox",))
    if box is None or not box.value.isdecimal():
        return None
    at, now = sight.page.index(box), int(box.value)
    before = [e for e in sight.elements[:at] if e.actionable and e.name == move["less"]]
    behind = [e for e in sight.elements[at:] if e.actionable and e.name == move["more"]]
    if not before or not behind:
        return None
    return now == move["want"], lambda: Action("click", (behind[0] if now < move["want"] else before[-1]).ref)


def _day(move: Move, sight: Sight) -> Verdict | None:
    e = sight.field(move, FIELDS)
    if e is None:
        return None
    return e.value == move["value"], lambda: _through_months(e, move, sight)


def _through_months(e: Element, move: Move, sight: Sight) -> Action:
    wanted = date.fromisoformat(move["value"])
    shown = next(
        (m for o in sight.elements if (m := re.fullmatch(rf"({'|'.join(MONTHS)}) (\d{{4}})", o.name.strip()))), None
    )
    if shown is None:
        return Action("click", e.ref)
    ahead = (wanted.year - int(shown[2])) * 12 + wanted.month - 1 - MONTHS.index(shown[1])
    name = move["more"] if ahead > 0 else move["less"] if ahead < 0 else str(wanted.day)
    button = sight.named(name, ("button", "gridcell"))
    return Action("click", button.ref if button else e.ref)


def _suggest(move: Move, sight: Sight) -> Verdict | None:
    e = sight.field(move, FIELDS)
    if e is None:
        return None
    rest = sight.elements[sight.page.index(e) + 1 :]
    offer = next((o for o in rest if o.role in ("option", "clickable") and o.name == move["text"]), None)
    if offer is not None:
        return False, lambda: Action("click", offer.ref)
    act = Action("clear", e.ref) if e.value else Action("type", e.ref, text=move["text"])
    return e.value == move["text"], lambda: act


def _toggle(move: Move, sight: Sight) -> Verdict | None:
    zone = sight.zone(move["of"], move["among"])
    if zone is None:
        return None
    on, off = sight.named(move["on"], within=zone), sight.named(move["off"], within=zone)
    e: Element | None = on or off
    if e is None:
        return None
    is_on = e.has("pressed") if move["on"] == move["off"] else on is not None
    return is_on == move["want"], lambda: Action("click", e.ref)


def _count(move: Move, sight: Sight) -> Verdict | None:
    zone = sight.zone(move["of"], move["among"])
    add = sight.named(move["add"], within=zone) if zone else None
    if zone is None or add is None:
        return None
    words = " ".join(e.name for e in zone)
    held = re.search(rf"(\d+) {re.escape(move['note'])}", words)
    now = int(held[1]) if held else 0
    drop = sight.named(move["drop"], within=zone)
    return now == move["want"], lambda: Action("click", (add if now < move["want"] else drop or add).ref)


def _gone(move: Move, sight: Sight) -> Verdict | None:
    zone = sight.zone(move["of"], move["among"])
    button = sight.named(move["name"], within=zone) if zone else None
    return button is None, lambda: Action("click", button.ref) if button else None


def _press(move: Move, sight: Sight) -> Verdict | None:
    zone = sight.zone(move["of"], move["among"]) if move.get("of") else None
    if move.get("of") and zone is None:
        return None
    usable = [e for e in zone or sight.elements if e.role not in FIELDS and (e.role != "link" or "leads" in move)]
    e = sight.named(move["name"], within=usable)
    if e is None:
        return None
    return False, lambda: Action("click", e.ref)


def _turn(move: Move, sight: Sight) -> Verdict | None:
    if move["numbers"]:
        number = sight.named(str(move["to"]), ("button",))
        return None if number is None else (False, lambda: Action("click", number.ref))
    shown = re.search(r"Page (\d+) of \d+", sight.page.text())
    if shown is None:
        return None
    e = sight.named(move["on"] if int(shown[1]) < move["to"] else move["back"])
    if e is None:
        return None
    return False, lambda: Action("click", e.ref)


def _scroll(move: Move, sight: Sight) -> Verdict | None:
    _, y, _, most = sight.page.now.tree.scroll
    return False, lambda: Action("scroll", text="down") if y < most - 1 else Action("wait")


def _wait(move: Move, sight: Sight) -> Verdict | None:
    button = next((e for e in sight.elements if plain(e.name) == plain(move["ready"])), None) if move["ready"] else None
    if button is not None and not button.has("disabled"):
        return True, lambda: None
    return False, lambda: Action("wait")


def _order(move: Move, sight: Sight) -> Verdict | None:
    wanted = move["wanted"]
    found = [(sight.named(t), t) for t in wanted]
    if any(e is None for e, _ in found):
        return None
    by = {t: e for e, t in found if e is not None}
    now = sorted(wanted, key=lambda t: sight.page.index(by[t]))
    if now == wanted:
        return True, lambda: None
    # One move that does it all, else the first place that is wrong; what is dropped on takes its place.
    alone = [t for t in wanted if [o for o in now if o != t] == [o for o in wanted if o != t]]
    moved = alone[0] if alone else next(t for t, o in zip(wanted, now) if t != o)
    onto = now[wanted.index(moved)]
    return False, lambda: Action("drag", by[moved].ref, text=by[onto].ref)


def _lane(move: Move, sight: Sight) -> Verdict | None:
    card = sight.named(move["name"])
    boxes = [e for e in sight.elements if e.role in LANES and e.tag == "div" and e.name in move["lanes"]]
    lanes = {e.name: e for e in boxes}
    if card is None or move["to"] not in lanes:
        return None
    above = sight.page.parent(card)
    while above is not None and above.name not in lanes:
        above = sight.page.parent(above)
    at = above.name if above is not None else ""
    return at == move["to"], lambda: Action("drag", card.ref, text=lanes[move["to"]].ref)


def _tags(move: Move, sight: Sight) -> Verdict | None:
    box = sight.field(move, FIELDS)
    if box is None:
        return None
    chips = {o: e for o in move["options"] if (e := sight.named(f"Remove {o}", ("button",))) is not None}
    wrong = [o for o in chips if o not in move["want"]]
    missing = [o for o in move["want"] if o not in chips]
    if not wrong and not missing:
        return True, lambda: None
    if wrong:
        return False, lambda: Action("click", chips[wrong[0]].ref)
    rest = sight.elements[sight.page.index(box) + 1 :]
    offer = next((o for o in rest if o.role == "option" and o.name == missing[0]), None)
    act = Action("clear", box.ref) if box.value else Action("type", box.ref, text=missing[0])
    return False, lambda: Action("click", offer.ref) if offer else act


def _sorted(move: Move, sight: Sight) -> Verdict | None:
    head = next((e for e in sight.elements if e.actionable and e.name.rstrip(" ▲▼") == move["name"]), None)
    if head is None:
        return None
    return head.name.endswith("▼" if move["down"] else "▲"), lambda: Action("click", head.ref)


KINDS: dict[str, Callable[[Move, Sight], Verdict | None]] = {
    "fill": _fill, "slide": _slide, "choose": _choose, "pick": _pick, "tick": _tick, "pressed": _pressed, "keys": _keys,
    "moved": _moved, "step": _step,
    "day": _day, "suggest": _suggest, "toggle": _toggle, "count": _count, "gone": _gone, "press": _press, "turn": _turn,
    "scroll": _scroll, "wait": _wait, "order": _order, "lane": _lane,
    "tags": _tags, "sorted": _sorted,
}  # fmt: skip


def is_closed(move: Move, sight: Sight) -> bool | None:
    """Whether nothing remains of it; None where its element is not shown."""
    verdict = KINDS[move["do"]](move, sight)
    return None if verdict is None else verdict[0]


def made(move: Move, sight: Sight) -> Action | None:
    """What brings it nearer; None where its element is not shown."""
    verdict = KINDS[move["do"]](move, sight)
    return None if verdict is None else verdict[1]()

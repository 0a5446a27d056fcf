"""Quests in long lists: something on a later page, behind a button for more, or found by a search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import fields, script
from .quest import Block, Builder, Quest
from .script import Move

JOINS = (("Enrol", "Enrolled"), ("Join", "Leave"), ("Register", "Registered"), ("Take part", "Cancel place"))
TURNS = (("Previous", "Next"), ("Back", "Forward"), ("‹ Previous page", "Next page ›"), ("Newer", "Older"))


@dataclass
class Courses:
    """A list on a site of which only a part is shown. ``openers``: by title, the move that brings it into sight."""

    page: str
    title: str
    key: str
    items: list[Block]
    off: str
    on: str
    per: int
    openers: dict[str, Move]

    @property
    def names(self) -> list[str]:
        return [item["title"] for item in self.items]


def paged(b: Builder, how: str = "") -> Quest:
    """Something on a later page of a list, or behind a button for more: to be told or to be joined."""
    d = b.d
    courses = _courses(b, how or d.pick(("pages", "pages", "more")))
    item = courses.items[d.number(courses.per, len(courses.items) - 1)]
    wanted, names, off = item["title"], courses.names, courses.off
    where: dict[str, Any] = {"page": courses.page, "entry": courses.title}
    if d.chance(0.35):
        name, value = d.pick(item["facts"])
        asked = f"the {name.lower()} of {wanted}"
        short = [
            f"tell me {asked}",
            f"find out {asked}",
            f"=What is {asked}? The list {'goes on as you scroll' if how == 'endless' else 'has several pages'}",
            f"answer with {asked}",
        ]
        made = script.stage(
            courses.page, [courses.openers[wanted]], row={"of": wanted, "among": names, "texts": [value]}
        )
        return Quest([made], [("find", wanted), ("answer", asked)], short, answer=value, **where)
    moves = [script.toggle(wanted, off, courses.on, True, names) | {"reveal": courses.openers[wanted]}]
    for other in names:
        if other != wanted:
            undo = script.toggle(other, off, courses.on, False, names)
            moves.append(undo | {"maybe": True, "reveal": courses.openers[other]})
    short = [
        f"enrol me in {wanted}",
        f"take part in {wanted}",
        f"find {wanted} in the programme and press {off}",
        f"sign me up for the course {wanted}",
    ]
    state = {f"list.{courses.key}": {item["id"]: {"in": True}}}
    return Quest([script.stage(courses.page, moves)], [("find", wanted), ("at", off, wanted)], short, state, **where)


def _courses(b: Builder, how: str) -> Courses:
    d = b.d
    names = d.few("course", d.number(16, 24) if how == "endless" else d.number(9, 18))
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
    facts = [[("Day", d.pick(days)), ("Teacher", name)] for name in d.people(len(names))]
    items = [{"id": f"c{n}", "title": t, "facts": of} for n, (t, of) in enumerate(zip(names, facts))]
    per, (off, on), (back, turn) = d.number(3, 6), d.pick(JOINS), d.pick(TURNS)
    numbers, more = d.chance(0.4), d.pick(("Load more", "Show more", "More results"))
    key, page, title = (
        b.fresh("courses"),
        b.fresh("page"),
        d.pick(("Courses", "Programme", "Classes", "Workshops and courses")),
    )
    block: Block = {
        "block": "list", "key": key, "look": d.pick(("table", "lines", "rows", "cards")), "titled": "Course",
        "items": items, "per": per, "turns": [back, turn], "numbers": numbers,
        "press": d.pick(("button", "role", "link")),
        "actions": [{"kind": "toggle", "name": "in", "off": off, "on": on, "how": b.how()}],
    }  # fmt: skip
    if how == "endless":
        per = d.number(6, 8)
        block |= {"more": "Loading more…", "endless": d.pick((100, 300, 700)), "per": per, "look": "posts"}
        openers = {t: script.scroll(t) for t in names}
    elif how == "more":
        block["more"] = more
        openers = {t: script.press(more, [t]) for t in names}
    else:
        openers = {t: script.turn(n // per + 1, back, turn, numbers, t) for n, t in enumerate(names)}
    b.page(page, title, [block])
    return Courses(page, title, key, items, off, on, per, openers)


@dataclass
class Programme:
    """Events on a site, each with a page of its own; ``items`` with ``all`` that their pages say."""

    page: str
    title: str
    key: str
    label: str
    button: str
    items: list[Block]


PAIRS = (
    ("Remember", "Remembered"), ("Interested", "Not interested"), ("Book a seat", "Seat booked"),
    ("Notify me", "Notifications on"),
)  # fmt: skip


def searched(b: Builder) -> Quest:
    """Search, open the right result, do something or read something there."""
    d = b.d
    off, on = d.pick(PAIRS)
    events = _programme(b, {"kind": "toggle", "name": "on", "off": off, "on": on, "how": b.how()})
    wanted = d.pick(events.items)
    name, inner = wanted["title"], wanted["page"]
    look = [
        script.fill(events.label, name, unless=[name]),
        script.press(events.button, [name]),
        script.press(name, leads=inner),
    ]
    find = script.stage(events.page, look, proof=[], proof_page=inner)
    steps: list[Any] = [("search", name), ("press", name)]
    where: dict[str, Any] = {"page": events.page, "entry": events.title}
    if d.chance(0.5):
        pressed = script.stage(inner, [script.toggle("", off, on, True, [])])
        short = [
            f"press {off} on the page of {name}",
            f"find {name} and press {off}",
            f"search for {name}, open it and click {off}",
        ]
        state = {f"list.{events.key}": {wanted["id"]: {"on": True}}}
        return Quest([find, pressed], [*steps, ("press", off)], short, state, **where)
    ask, value = d.pick(wanted["all"][1:])
    asked = {"Date": f"the date of {name}", "Tickets": f"what a ticket for {name} costs", "Host": f"who hosts {name}"}[
        ask
    ]
    short = [f"tell me {asked}", f"find out {asked}", f"look up {asked}", f"search for {name} and tell me {asked}"]
    return Quest(
        [find, script.stage(inner, [], proof=[value])], [*steps, ("answer", asked)], short, answer=value, **where
    )


def _programme(b: Builder, action: Block) -> Programme:
    d = b.d
    names = d.few("event", d.number(6, 14))
    key, page, title = b.fresh("events"), b.fresh("page"), d.pick(("Events", "What's on", "Calendar", "Search", "Find"))
    items: list[Block] = []
    for n, event in enumerate(names):
        inner, town = b.fresh("event"), d.word("city")
        item = {"id": f"e{n}", "title": event, "facts": [("Place", town)], "page": inner, "text": ""}
        facts = [
            ("Place", town),
            ("Date", fields.date_words(d, d.day())),
            ("Tickets", f"{d.price(2, 60)} euros"),
            ("Host", d.people(1)[0]),
        ]
        blocks: list[Block] = [
            {"block": "facts", "facts": facts, "look": d.pick(("", "lines", "table"))},
            {"block": "acts", "key": key, "item": item, "actions": [action]},
        ]
        b.page(inner, event, d.mixed(blocks), linked=False, under=[title, page])
        b.way(page, inner, event)
        items.append({**item, "all": facts})
    label, button = d.pick(("Search", "Search events", "Find an event", "Keyword")), d.pick(("Search", "Go", "Find"))
    block = {
        "block": "list", "key": key, "look": d.pick(("lines", "cards", "rows")), "items": items, "actions": [],
        "search": {"label": label, "button": button}, "press": b.press, "per": d.number(3, 5),
        "turns": ["Previous", "Next"], "numbers": False,
    }  # fmt: skip
    b.page(page, title, [block])
    return Programme(page, title, key, label, button, items)

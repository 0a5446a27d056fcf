"""Quests in lists whose items all have the same buttons: people and posts, tasks to tick, rows to edit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import script
from .quest import Builder, Quest, Step
from .script import Move
from .wording import listed

PAIRS = (
    ("Follow", "Following"),
    ("Follow", "Unfollow"),
    ("Subscribe", "Subscribed"),
    ("Connect", "Connected"),
    ("Like", "Like"),
    ("Like", "Liked"),
    ("Save", "Saved"),
    ("☆ Star", "★ Star"),
    ("Share", "Shared"),
)
DOES = {
    "Follow": "follow",
    "Subscribe": "subscribe to",
    "Connect": "connect with",
    "Like": "like",
    "Save": "save",
    "☆ Star": "star",
    "Share": "share",
}


def people_items(b: Builder, count: int) -> list[dict[str, Any]]:
    """Items with a person's name as title."""
    d = b.d
    names = (("Job", "job"), ("Team", "department"), ("Town", "city"))
    shown = d.some(names, d.number(0, 2))
    return [
        {
            "id": f"i{n}",
            "title": name,
            "facts": [(label, d.word(key)) for label, key in shown],
            "picture": d.colours() if d.chance(0.3) else "",
            "text": d.word("prose") if d.chance(0.4) else "",
        }
        for n, name in enumerate(d.people(count))
    ]


def follow(b: Builder) -> Quest:
    """Follow, like or save some of many; undo it for others."""
    d = b.d
    off, on = d.pick(PAIRS)
    items = people_items(b, d.number(4, 12))
    begun = {item["title"] for item in items if d.chance(0.25)}
    for item in items:
        item["state"] = {"on": True} if item["title"] in begun else {}
    titles = [item["title"] for item in items]
    free = [t for t in titles if t not in begun]
    chosen = d.some(free, min(len(free), d.pick((1, 1, 2, 3)))) or [titles[0]]
    wanted = {t: t in begun or t in chosen for t in titles}
    undo = [t for t in begun if t not in chosen][: 1 if d.chance(0.25) else 0]
    wanted |= dict.fromkeys(undo, False)
    action = {"kind": "toggle", "name": "on", "off": off, "on": on, "how": b.how("icon") if off != on else "button"}
    others = [
        {"kind": "toggle", "name": "other", "off": other, "on": other, "how": "button"}
        for other in d.some(("Report", "Hide", "Message"), d.pick((0, 0, 1)))
    ]
    key, title, page = (
        b.fresh("people"),
        d.pick(("People", "Posts", "Members", "Community", "Feed", "Discover")),
        b.fresh("page"),
    )
    block = {
        "block": "list",
        "key": key,
        "look": d.pick(("posts", "cards", "rows", "table", "lines")),
        "titled": "Name",
        "items": items,
        "actions": [action, *others],
        "press": b.press,
    }
    b.page(page, title, [block])
    does = DOES[off]
    said = listed(chosen)
    more = f" and no longer {does} {listed(undo)}" if undo else ""
    short = [f"{does} {said}{more}", f"=I want to {does} {said}{more}", f"{does} {said} on the {title} page{more}"]
    short += [f"{does} these: {said}{more}"] if len(chosen) > 1 else []
    moves = [script.toggle(t, off, on, wanted[t], titles) for t in titles]
    steps = [*(("at", off, t) for t in chosen), *(("at", on, t) for t in undo)]
    ids = {item["title"]: item["id"] for item in items}
    state = {f"list.{key}": {ids[t]: {"on": wanted[t]} for t in titles if wanted[t] != (t in begun)}}
    return Quest([script.stage(page, moves)], steps, short, state, page=page, entry=title)


def todo(b: Builder) -> Quest:
    """Tick tasks, add one, remove one."""
    d = b.d
    chores = d.few("chore", d.number(4, 9))
    fresh = chores.pop()
    begun = {t: d.chance(0.3) for t in chores}
    page, title, key, names = _list_of_tasks(b, begun)
    moves: list[Move] = []
    steps: list[Step] = []
    said: list[str] = []
    state: dict[str, Any] = {}
    free, wanted, dropped = d.mixed(chores), dict(begun), []
    for task in d.some(("tick", "add", "drop", "tick"), d.number(1, 2)):
        if task == "tick":
            t = free.pop()
            wanted[t] = not begun[t]
            steps.append(("mark" if wanted[t] else "unmark", t))
            said.append(f"mark {t} as {'done' if wanted[t] else 'not done'}")
        elif task == "drop":
            dropped.append(free.pop())
            steps.append(("at", names["drop"], dropped[-1]))
            said.append(f"remove {dropped[-1]} from the list")
        else:
            moves += [script.fill(names["label"], fresh, unless=[fresh]), script.press(names["button"], [fresh])]
            steps += [("fill", names["label"], fresh), ("press", names["button"])]
            said.append(d.pick((f"add {fresh} to the list", f"add the task {fresh}", f"put {fresh} on the list")))
            state[f"added.{key}"] = [fresh]
    proof = [fresh] if state else []
    moves += [script.tick(t, wanted[t]) for t in chores if t not in dropped]
    moves += [script.gone(t, names["drop"], True, [*chores, fresh]) for t in dropped]
    ids = {t: f"t{n}" for n, t in enumerate(chores)}
    differs = {ids[t]: {"done": wanted[t]} for t in chores if wanted[t] != begun[t]}
    differs |= {ids[t]: {"gone": True} for t in dropped}
    if differs:
        state[f"list.{key}"] = differs
    short = [listed(said), f"=On my list, {listed(said)}"]
    return Quest([script.stage(page, moves, proof=proof)], steps, short, state, page=page, entry=title)


def _list_of_tasks(b: Builder, begun: dict[str, bool]) -> tuple[str, str, str, dict[str, str]]:
    """Page, title, key and the words of its buttons; ``begun``: what is ticked."""
    d = b.d
    items = [
        {"id": f"t{n}", "title": t, "facts": [], "state": {"done": True} if on else {}}
        for n, (t, on) in enumerate(begun.items())
    ]
    names = {
        "label": d.pick(("New task", "What needs to be done?", "Add a task", "Next")),
        "button": d.pick(("Add", "Add task", "Enter", "Create")), "drop": d.pick(("Remove", "Delete", "×")),
    }  # fmt: skip
    drop = {"kind": "gone", "label": names["drop"], "how": b.how("icon") if names["drop"] != "×" else "button"}
    key, page, title = b.fresh("todo"), b.fresh("page"), d.pick(("To do", "Tasks", "My list", "Chores", "Checklist"))
    block = {
        "block": "list",
        "key": key,
        "look": "lines",
        "items": items,
        "actions": [{"kind": "tick", "name": "done"}, drop],
        "add": {"label": names["label"], "button": names["button"]},
        "press": b.press,
    }
    b.page(page, title, [block])
    return page, title, key, names


@dataclass
class Staff:
    """A table of people on a site, whose rows can be changed and deleted."""

    page: str
    title: str
    key: str
    items: list[dict[str, Any]]
    labels: dict[str, str]
    """``edit``, ``delete``, ``save`` and what deleting asks."""
    teams: list[str]
    block: dict[str, Any]

    @property
    def names(self) -> list[str]:
        return [item["title"] for item in self.items]


def rows(b: Builder, found: bool = False) -> Quest:
    """A table of rows with equal buttons: edit one in a dialog, delete one after a question.

    ``found``: it has to be searched for first, and is edited.
    """
    staff = _staff(b, found)
    if found:
        return _found(b, staff)
    item = b.d.pick(staff.items)
    return _deleted(staff, item) if b.d.chance(0.4) else _edited(b, staff, item)


def _found(b: Builder, staff: Staff) -> Quest:
    """Search for a row that is on no page yet, then edit it."""
    item = b.d.pick(staff.items[staff.block["per"] :])
    who, tool = item["title"], staff.block["search"]
    quest = _edited(b, staff, item)
    save = staff.labels["save"]
    moves = [script.fill(tool["label"], who, unless=[who, save]), script.press(tool["button"], [who, save])]
    quest.stages[0]["moves"] = [*(move | {"soft": True} for move in moves), *quest.stages[0]["moves"]]
    quest.steps = [("search", who), *quest.steps]
    quest.short += [f"find {who} and {quest.short[0].replace(f'for {who}', 'there')}"]
    return quest


def _staff(b: Builder, found: bool = False) -> Staff:
    d = b.d
    people = d.people(d.number(11, 30) if found else d.number(4, 10))
    facts = [[("Team", d.word("department")), ("Room", f"{d.pick('ABCDE')}{d.number(100, 399)}")] for _ in people]
    items = [{"id": f"r{n}", "title": name, "facts": of} for n, (name, of) in enumerate(zip(people, facts))]
    edit, delete = d.pick(("Edit", "Change", "Modify")), d.pick(("Delete", "Remove", "Discard"))
    labels = {
        "edit": edit, "delete": delete, "save": d.pick(("Save", "Update", "Save changes", "Done")),
        "asks": d.pick((f"{delete} {{}}?", "Are you sure? {} will be gone.", "")),
    }  # fmt: skip
    teams = sorted({*d.few("department", 4), *(of[0][1] for of in facts)})
    team = {"key": "Team", "label": "Team", "how": "for", "type": "select", "options": teams}
    room = {"key": "Room", "label": "Room", "how": "wrap", "type": "text", "required": True}
    how = b.how("icon")
    actions: list[dict[str, Any]] = [
        {
            "kind": "edit",
            "label": edit,
            "how": how,
            "title": f"{edit}: {{}}",
            "cancel": "Cancel",
            "fields": [team, room],
            "form": {"submit": labels["save"], "told": ""},
        },
        {"kind": "gone", "label": delete, "how": how, "confirm": labels["asks"]},
    ]
    key, page, title = (
        b.fresh("rows"),
        b.fresh("page"),
        d.pick(("Staff", "Employees", "Team list", "Directory", "Users")),
    )
    look = {"look": d.pick(("table", "table", "rows")), "titled": "Name", "acting": d.pick(("", "Actions"))}
    block: dict[str, Any] = {"block": "list", "key": key, "items": items, "actions": actions, **look}
    if found:
        search = {"label": d.pick(("Search", "Find a person", "Name")), "button": d.pick(("Search", "Find", "Go"))}
        block |= {"search": search, "per": d.number(4, 7), "turns": ["Previous", "Next"], "press": b.press}
    b.page(page, title, [block])
    return Staff(page, title, key, items, labels, teams, block)


def _deleted(staff: Staff, item: dict[str, Any]) -> Quest:
    who, delete, asks = item["title"], staff.labels["delete"], staff.labels["asks"]
    moves = [script.gone(who, delete, True, staff.names)]
    made = script.stage(staff.page, moves, dialog=script.accept() if asks else None)
    short = [
        f"{delete} {who} from the list",
        f"={who} has left; {delete.lower()} that row",
        f"{delete.lower()} the entry of {who}",
    ]
    steps = [("at", delete, who), *([("accept",)] if asks else [])]
    state = {f"list.{staff.key}": {item["id"]: {"gone": True}}}
    return Quest([made], steps, short, state, page=staff.page, entry=staff.title)


def _edited(b: Builder, staff: Staff, item: dict[str, Any]) -> Quest:
    d = b.d
    who, edit, save = item["title"], staff.labels["edit"], staff.labels["save"]
    old = dict(item["facts"])
    new = {"Team": d.pick([team for team in staff.teams if team != old["Team"]]), "Room": old["Room"]}
    if d.chance(0.5):
        new["Room"] = f"{d.pick('FGH')}{d.number(100, 399)}"
    changed = {k: v for k, v in new.items() if v != old[k]}
    opens = script.press(edit, [save], of=who, among=staff.names)
    moves = [opens, script.choose("Team", new["Team"]), script.fill("Room", new["Room"])]
    row = {"of": who, "among": staff.names, "texts": list(new.values())}
    made = script.stage(staff.page, moves, press=script.press(save), row=row)
    said = listed([f"{k.lower()} to {v}" for k, v in changed.items()])
    short = [
        f"change the {said} for {who}",
        f"set the {said} in the row of {who}",
        f"={who} has moved: {edit.lower()} that entry and set the {said}",
    ]
    steps = [
        ("at", edit, who),
        *(("choose" if k == "Team" else "fill", k, v) for k, v in changed.items()),
        ("press", save),
    ]
    return Quest([made], steps, short, {f"list.{staff.key}": {item["id"]: changed}}, page=staff.page, entry=staff.title)


ENTRIES = (
    ("Archive", "archived", "archive"), ("Pin", "pinned", "pin"), ("Mute", "muted", "mute"),
    ("Share", "shared", "share"),
    ("Export", "exported", "export"), ("Duplicate", "copied", "duplicate"), ("Lock", "locked", "lock"),
)  # fmt: skip


def row_menu(b: Builder) -> Quest:
    """Every row has a menu behind three dots."""
    d = b.d
    items = people_items(b, d.number(4, 9))
    titles = [item["title"] for item in items]
    for item in items:
        item |= {"text": "", "picture": ""}
    entries = [{"label": e[0], "name": e[1], "told": f"{{}}: {e[1]}"} for e in d.some(ENTRIES, d.number(2, 5))]
    label, words = d.pick((("More", True), ("⋯", True), ("Actions", True), ("More actions", False), ("Options", False)))
    action = {"kind": "more", "label": label, "words": words, "role": d.chance(0.5), "entries": entries}
    key, page, title = (
        b.fresh("menu"),
        b.fresh("page"),
        d.pick(("Chats", "Contacts", "Projects", "Customers", "Groups")),
    )
    look = {"look": d.pick(("table", "rows", "lines", "cards")), "titled": "Name", "press": b.press}
    b.page(page, title, [{"block": "list", "key": key, "items": items, "actions": [action], **look}])
    item, entry = d.pick(items), d.pick(entries)
    who, name = item["title"], entry["label"]
    opens = script.press(label, of=who, among=titles)
    moves = [{**script.press(name, of=who, among=titles), "reveal": opens}]
    made = script.stage(page, moves, proof=[f"{who}: {entry['name']}"])
    does = next(e[2] for e in ENTRIES if e[0] == name)
    short = [
        f"{does} {who}",
        f"choose {name} in the menu of {who}",
        f"open the menu next to {who} and press {name}",
        f"=In {title}, {does} {who}",
        f"={who}: {name.lower()}, please",
    ]
    steps = [("at", label, who), ("press", name)]
    state = {f"list.{key}": {item["id"]: {entry["name"]: True}}}
    return Quest([made], steps, short, state, page=page, entry=title)


def rated(b: Builder) -> Quest:
    """Every item has a row of stars; some are to be rated."""
    d = b.d
    what = d.pick(("course", "event", "chore")) if d.chance(0.5) else ""
    titles = d.few(what, d.number(3, 8)) if what else d.goods(d.number(3, 8))
    items: list[dict[str, Any]] = [
        {"id": f"s{n}", "title": t, "facts": [], "picture": d.colours()} for n, t in enumerate(titles)
    ]
    for item in items:
        item["state"] = {"rating": d.number(1, 5)} if d.chance(0.2) else {}
    action = {"kind": "stars", "name": "rating"}
    key, page, title = (
        b.fresh("rated"),
        b.fresh("page"),
        d.pick(("My ratings", "Rate them", "Watched", "What you tried")),
    )
    look = {"look": d.pick(("table", "rows", "lines", "cards")), "titled": "Name", "acting": "Rating"}
    b.page(page, title, [{"block": "list", "key": key, "items": items, "actions": [action], **look}])
    chosen = {
        item["title"]: d.pick([n for n in range(1, 6) if n != item["state"].get("rating")])
        for item in d.some(items, d.pick((1, 1, 2)))
    }
    names = {n: f"{n} star{'s' if n > 1 else ''}" for n in range(1, 6)}
    moves = [script.pressed(names[n], of=t, among=titles) for t, n in chosen.items()]
    said = listed([f"{t} {names[n]}" for t, n in chosen.items()])
    short = [f"give {said}", f"rate {listed([f'{t} with {names[n]}' for t, n in chosen.items()])}", f"=I give {said}"]
    short += [f"=On {title}, give {said}", f"rate {listed([f'{t} {n}/5' for t, n in chosen.items()])}"]
    steps: list[Step] = [("plain", f"give {t} {names[n]}") for t, n in chosen.items()]
    ids = {item["title"]: item["id"] for item in items}
    state = {f"list.{key}": {ids[t]: {"rating": n} for t, n in chosen.items()}}
    return Quest([script.stage(page, moves)], steps, short, state, page=page, entry=title)

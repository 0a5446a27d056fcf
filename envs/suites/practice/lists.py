"""Quests in lists whose items all have the same buttons: people and posts, tasks to tick, rows to edit, pages to turn."""

from __future__ import annotations

from typing import Any

from . import fields, script
from .quest import Block, Builder, Quest
from .wording import listed

PAIRS = (("Follow", "Following"), ("Follow", "Unfollow"), ("Subscribe", "Subscribed"), ("Connect", "Connected"), ("Like", "Like"), ("Like", "Liked"), ("Save", "Saved"), ("☆ Star", "★ Star"), ("Share", "Shared"))  # fmt: skip
DOES = {"Follow": "follow", "Subscribe": "subscribe to", "Connect": "connect with", "Like": "like", "Save": "save", "☆ Star": "star", "Share": "share"}  # fmt: skip


def people_items(b: Builder, count: int) -> list[dict[str, Any]]:
    """Items with a person's name as title."""
    d = b.d
    names = (("Job", "job"), ("Team", "department"), ("Town", "city"))
    shown = d.some(names, d.number(0, 2))
    return [
        {"id": f"i{n}", "title": name, "facts": [(label, d.word(key)) for label, key in shown], "picture": d.colours() if d.chance(0.3) else "", "text": d.word("prose") if d.chance(0.4) else ""}
        for n, name in enumerate(d.people(count))
    ]  # fmt: skip


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
    others = [{"kind": "toggle", "name": "other", "off": other, "on": other, "how": "button"} for other in d.some(("Report", "Hide", "Message"), d.pick((0, 0, 1)))]
    key, title, page = b.fresh("people"), d.pick(("People", "Posts", "Members", "Community", "Feed", "Discover")), b.fresh("page")
    block = {"block": "list", "key": key, "look": d.pick(("posts", "cards", "rows", "table", "lines")), "titled": "Name", "items": items, "actions": [action, *others], "press": b.press}
    b.page(page, title, [block])
    does = DOES[off]
    said = listed(chosen)
    more = f" and no longer {does} {listed(undo)}" if undo else ""
    short = [f"{does} {said}{more}", f"I want to {does} {said}{more}", f"{does} these: {said}{more}"]
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
    key, page, title = b.fresh("todo"), b.fresh("page"), d.pick(("To do", "Tasks", "My list", "Chores", "Checklist"))
    items = [{"id": f"t{n}", "title": t, "facts": [], "state": {"done": True} if d.chance(0.3) else {}} for n, t in enumerate(chores)]
    ids = {item["title"]: item["id"] for item in items}
    begun = {item["title"]: bool(item["state"]) for item in items}
    label, button = d.pick(("New task", "What needs to be done?", "Add a task", "Next")), d.pick(("Add", "Add task", "Enter", "Create"))
    drop = d.pick(("Remove", "Delete", "×"))
    block = {"block": "list", "key": key, "look": "lines", "items": items, "actions": [{"kind": "tick", "name": "done"}, {"kind": "gone", "label": drop, "how": b.how("icon") if drop != "×" else "button"}], "add": {"label": label, "button": button}, "press": b.press}
    b.page(page, title, [block])
    tasks = d.some(("tick", "add", "drop", "tick"), d.number(1, 2))
    moves, steps, said, state = [], [], [], {}
    free = d.mixed(chores)
    wanted, dropped = dict(begun), []
    for task in tasks:
        if task == "tick":
            t = free.pop()
            wanted[t] = not begun[t]
            steps.append(("tick" if wanted[t] else "untick", t))
            said.append(f"mark {t} as {'done' if wanted[t] else 'not done'}")
        elif task == "drop":
            t = free.pop()
            dropped.append(t)
            steps.append(("at", drop, t))
            said.append(f"remove {t} from the list")
        else:
            moves += [script.fill(label, fresh, unless=[fresh]), script.press(button, [fresh], shows=True)]
            steps += [("fill", label, fresh), ("press", button)]
            said.append(d.pick((f"add {fresh} to the list", f"add the task {fresh}", f"put {fresh} on the list")))
            state[f"added.{key}"] = [fresh]
    among = [*chores, fresh]
    moves += [script.tick(t, wanted[t]) for t in chores if t not in dropped]
    moves += [script.gone(t, drop, True, among) for t in dropped]
    differs = {ids[t]: {"done": wanted[t]} for t in chores if wanted[t] != begun[t] and t not in dropped}
    differs |= {ids[t]: {"gone": True} for t in dropped}
    if differs:
        state[f"list.{key}"] = differs
    proof = [fresh] if "add" in tasks else []
    return Quest([script.stage(page, moves, proof=proof)], steps, [listed(said), f"on my list, {listed(said)}"], state, page=page, entry=title)


def rows(b: Builder) -> Quest:
    """A table of rows with equal buttons: edit one in a dialog, delete one after a question."""
    d = b.d
    names = d.people(d.number(4, 10))
    items = [{"id": f"r{n}", "title": name, "facts": [("Team", d.word("department")), ("Room", f"{d.pick('ABCDE')}{d.number(100, 399)}")]} for n, name in enumerate(names)]
    edit, delete = d.pick(("Edit", "Change", "Modify")), d.pick(("Delete", "Remove", "Discard"))
    save = d.pick(("Save", "Update", "Save changes", "OK"))
    how = b.how("icon")
    options = sorted({*d.few("department", 4), *(item["facts"][0][1] for item in items)})
    team = {"key": "Team", "label": "Team", "how": "for", "type": "select", "options": options}
    room = {"key": "Room", "label": "Room", "how": "wrap", "type": "text", "required": True}
    asks = d.pick((f"{delete} {{}}?", "Are you sure? {} will be gone.", ""))
    key, page, title = b.fresh("rows"), b.fresh("page"), d.pick(("Staff", "Employees", "Team list", "Directory", "Users"))
    actions: list[dict[str, Any]] = [
        {"kind": "edit", "label": edit, "how": how, "title": f"{edit}: {{}}", "cancel": "Cancel", "fields": [team, room], "form": {"submit": save, "told": ""}},
        {"kind": "gone", "label": delete, "how": how, "confirm": asks},
    ]  # fmt: skip
    block = {"block": "list", "key": key, "look": d.pick(("table", "table", "rows")), "titled": "Name", "acting": d.pick(("", "Actions")), "items": items, "actions": actions}
    b.page(page, title, [block])
    item = d.pick(items)
    who = item["title"]
    if d.chance(0.4):
        made = script.stage(page, [script.gone(who, delete, True, names)], dialog=script.accept() if asks else None, seen=who)
        short = [f"{delete} {who} from the list", f"{who} has left; {delete.lower()} that row", f"{delete.lower()} the entry of {who}"]
        steps = [("at", delete, who), *([("accept",)] if asks else [])]
        return Quest([made], steps, short, {f"list.{key}": {item["id"]: {"gone": True}}}, page=page, entry=title)
    new = {"Team": d.pick([o for o in options if o != item["facts"][0][1]]), "Room": item["facts"][1][1]}
    if d.chance(0.5):
        new["Room"] = f"{d.pick('FGH')}{d.number(100, 399)}"
    changed = {k: v for (k, old), v in zip(item["facts"], new.values()) if v != old}
    moves = [script.press(edit, [save], of=who, among=names), script.choose("Team", new["Team"]), script.fill("Room", new["Room"])]
    made = script.stage(page, moves, press=script.press(save), row={"of": who, "among": names, "texts": list(new.values())}, modal=True)
    said = listed([f"{k.lower()} to {v}" for k, v in changed.items()])
    short = [f"change the {said} for {who}", f"set the {said} in the row of {who}", f"{who} has moved: {edit.lower()} that entry and set the {said}"]
    steps = [("at", edit, who), *(("choose" if k == "Team" else "fill", k, v) for k, v in changed.items()), ("press", save)]
    return Quest([made], steps, short, {f"list.{key}": {item["id"]: changed}}, page=page, entry=title)


def paged(b: Builder, how: str = "") -> Quest:
    """Something on a later page of a list, behind a button for more, or further down than what is loaded."""
    d = b.d
    how = how or d.pick(("pages", "pages", "more"))
    courses = d.few("course", d.number(9, 18))
    per = d.number(3, 6)
    facts = [[("Day", d.pick(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"))), ("Teacher", name)] for name in d.people(len(courses))]
    items = [{"id": f"c{n}", "title": t, "facts": f} for n, (t, f) in enumerate(zip(courses, facts))]
    place = d.number(per, len(items) - 1)
    wanted = items[place]["title"]
    off, on = d.pick((("Enrol", "Enrolled"), ("Join", "Leave"), ("Register", "Registered"), ("Take part", "Cancel place")))
    key, page, title = b.fresh("courses"), b.fresh("page"), d.pick(("Courses", "Programme", "Classes", "Workshops and courses"))
    back, turn, numbers = *d.pick((("Previous", "Next"), ("Back", "Forward"), ("‹ Previous page", "Next page ›"), ("Newer", "Older"))), d.chance(0.4)
    block: dict[str, Any] = {"block": "list", "key": key, "look": d.pick(("table", "lines", "rows", "cards")), "titled": "Course", "items": items, "per": per, "turns": [back, turn], "numbers": numbers, "press": d.pick(("button", "role", "link")), "actions": [{"kind": "toggle", "name": "in", "off": off, "on": on, "how": b.how()}]}
    if how == "more":
        block["more"] = d.pick(("Load more", "Show more", "More results"))
    b.page(page, title, [block])
    opener = script.press(block["more"], [wanted]) if how == "more" else script.turn(place // per + 1, back, turn, numbers, wanted)
    if d.chance(0.35):
        name, value = d.pick(items[place]["facts"])
        question = f"the {name.lower()} of {wanted}"
        short = [f"tell me {question}", f"find out {question}", f"what is {question}? The list has several pages", f"answer with {question}"]
        proof = {"of": wanted, "among": courses, "texts": [value]}
        return Quest([script.stage(page, [opener], row=proof)], [("find", wanted), ("answer", question)], short, answer=value, page=page, entry=title)
    moves = [script.toggle(wanted, off, on, True, courses) | {"reveal": opener}]
    for n, other in enumerate(courses):
        if other != wanted:
            again = opener if how == "more" else script.turn(n // per + 1, back, turn, numbers, other)
            moves.append(script.toggle(other, off, on, False, courses) | {"maybe": True, "reveal": again})
    short = [f"enrol me in {wanted}", f"take part in {wanted}", f"find {wanted} in the programme and press {off}", f"sign me up for the course {wanted}"]
    return Quest([script.stage(page, moves)], [("find", wanted), ("at", off, wanted)], short, {f"list.{key}": {items[place]["id"]: {"in": True}}}, page=page, entry=title)


def searched(b: Builder) -> Quest:
    """Search, open the right result, do something or read something there."""
    d = b.d
    events = d.few("event", d.number(6, 14))
    key, page, title = b.fresh("events"), b.fresh("page"), d.pick(("Events", "What's on", "Calendar", "Search", "Find"))
    off, on = d.pick((("Remember", "Remembered"), ("Interested", "Not interested"), ("Book a seat", "Seat booked"), ("Notify me", "Notifications on")))
    items: list[Block] = []
    for n, event in enumerate(events):
        inner = b.fresh("event")
        item = {"id": f"e{n}", "title": event, "facts": [("Place", d.word("city"))], "page": inner, "text": ""}
        facts = [("Place", item["facts"][0][1]), ("Date", fields.date_words(d, d.day())), ("Tickets", f"{d.price(2, 60)} euros"), ("Host", d.people(1)[0])]
        acts = {"block": "acts", "key": key, "item": item, "actions": [{"kind": "toggle", "name": "on", "off": off, "on": on, "how": b.how()}]}
        b.page(inner, event, d.mixed([{"block": "facts", "facts": facts, "look": d.pick(("", "lines", "table"))}, acts]), linked=False, under=[title, page])
        b.way(page, inner, event)
        items.append({**item, "all": facts})
    label, button = d.pick(("Search", "Search events", "Find an event", "Keyword")), d.pick(("Search", "Go", "Find"))
    block = {"block": "list", "key": key, "look": d.pick(("lines", "cards", "rows")), "items": items, "actions": [], "search": {"label": label, "button": button}, "press": b.press, "per": d.number(3, 5), "turns": ["Previous", "Next"], "numbers": False}
    b.page(page, title, [block])
    wanted = d.pick(items)
    name = wanted["title"]
    find = script.stage(page, [script.fill(label, name, unless=[name]), script.press(button, [name], shows=True), script.press(name, leads=wanted["page"])], proof=[], proof_page=wanted["page"])
    steps: list[Any] = [("search", name), ("press", name)]
    if d.chance(0.5):
        moves = [script.toggle(name, off, on, True, [name]) | {"of": ""}]
        short = [f"press {off} on the page of {name}", f"find {name} and press {off}", f"search for {name}, open it and click {off}"]
        return Quest([find, script.stage(wanted["page"], moves)], [*steps, ("press", off)], short, {f"list.{key}": {wanted["id"]: {"on": True}}}, page=page, entry=title)
    ask, value = d.pick(wanted["all"][1:])
    question = {"Date": f"the date of {name}", "Tickets": f"what a ticket for {name} costs", "Host": f"who hosts {name}"}[ask]
    short = [f"tell me {question}", f"find out {question}", f"look up {question}", f"search for {name} and tell me {question}"]
    return Quest([find, script.stage(wanted["page"], [], proof=[value])], [*steps, ("answer", question)], short, answer=value, page=page, entry=title)

"""Quests on things that are pressed in: seats, hours, rights in a table, lists side by side, colours and sizes."""

from __future__ import annotations

from typing import Any

from . import script
from .quest import Builder, Quest
from .wording import listed

HOUSES = ("Seats", "Choose your seats", "Seat plan", "Reservation", "Hall plan")


def seats(b: Builder) -> Quest:
    """Reserve seats of a plan, some of which are taken."""
    d = b.d
    rows, across = "ABCDEFG"[: d.number(3, 6)], d.number(4, 8)
    named = d.pick(("{row}{n}", "{n}{row}", "Row {row}, seat {n}", "Seat {row}-{n}"))
    every = [named.format(row=row, n=n) for row in rows for n in range(1, across + 1)]
    chosen = d.some(every, d.number(1, 3))
    taken = [seat for seat in every if seat not in chosen and d.chance(0.3)]
    key, page, title = b.fresh("seats"), b.fresh("page"), d.pick(HOUSES)
    button = d.pick(("Reserve", "Book seats", "Confirm", "Continue"))
    told = d.pick(("Reserved: {}", "Your seats: {}", "Booked: {}"))
    block = {
        "block": "seats", "key": key, "rows": [every[n : n + across] for n in range(0, len(every), across)],
        "taken": taken, "button": button, "told": told, "press": b.press, "front": d.pick(("Stage", "Screen", "")),
    }  # fmt: skip
    b.page(page, title, [block, {"block": "words", "lines": d.few("prose", d.number(0, 1))}])
    inside = sorted(chosen, key=every.index)
    moves = [script.pressed(seat, on=seat in chosen) for seat in every if seat not in taken]
    made = script.stage(page, moves, press=script.press(button), proof=[told.format(", ".join(inside))])
    said = listed(chosen)
    what = "seat" if len(chosen) == 1 else "seats"
    plain = said if named.startswith(("Row", "Seat")) else f"{what} {said}"
    short = [f"reserve {plain}", f"book {plain}", f"=I'd like to have {plain}", f"choose {plain} and press {button}"]
    steps = [*(("press", seat) for seat in chosen), ("press", button)]
    return Quest([made], steps, short, {f"seats.{key}": inside}, page=page, entry=title)


def slots(b: Builder) -> Quest:
    """Take one of the free hours of several days."""
    d = b.d
    dates = sorted({d.day() for _ in range(d.number(2, 5))})
    days = list(dict.fromkeys(f"{day:%A} {day.day} {day:%B}" for day in dates))
    hours = [f"{h}:{m}" for h in range(8, 18) for m in ("00", "15", "30", "45")]
    times = {day: sorted(d.some(hours, d.number(3, 6)), key=hours.index) for day in days}
    day = d.pick(days)
    time = d.pick(times[day])
    key, page = b.fresh("slots"), b.fresh("page")
    title = d.pick(("Appointments", "Book a visit", "Choose a time", "Calendar", "Surgery hours"))
    button, told = d.pick(("Book", "Confirm", "Book appointment", "Next")), d.pick(("Booked: {}", "See you on {}"))
    block = {
        "block": "slots", "key": key, "days": [[name, times[name]] for name in days], "button": button, "told": told,
        "press": b.press, "head": d.pick(("h2", "h3", "strong")),
    }  # fmt: skip
    b.page(page, title, [block])
    moves = [script.pressed(time, of=day, among=days)]
    made = script.stage(page, moves, press=script.press(button), proof=[told.format(f"{day}, {time}")])
    short = [
        f"book {time} on {day}", f"make an appointment for {day} at {time}", f"=I want to come on {day} at {time}",
        f"take the slot at {time} on {day}",
    ]  # fmt: skip
    steps = [("at", time, day), ("press", button)]
    return Quest([made], steps, short, {f"slots.{key}": f"{day}, {time}"}, page=page, entry=title)


RIGHTS = ("Read", "Write", "Export", "Delete", "Invite", "Publish", "Approve", "Comment")
CHANNELS = ("E-mail", "Text message", "Push", "Letter")


def matrix(b: Builder) -> Quest:
    """Tick cells of a table: who may do what, what is told in which way."""
    d = b.d
    people = d.chance(0.6)
    rows = d.people(d.number(3, 6)) if people else d.few("topic", d.number(3, 6))
    columns = d.some(RIGHTS if people else CHANNELS, d.number(2, 4))
    begun = {row: [c for c in columns if d.chance(0.4)] for row in rows}
    label = d.pick(("{row}: {column}", "{column} for {row}", "{row}, {column}"))
    changed = d.some([(r, c) for r in rows for c in columns], d.number(1, 3))
    wanted = {row: [c for c in columns if (c in begun[row]) != ((row, c) in changed)] for row in rows}
    key, page = b.fresh("matrix"), b.fresh("page")
    title = d.pick(("Permissions", "Roles", "Access")) if people else d.pick(("Notifications", "Messages to you"))
    button, told = d.pick(("Save", "Save changes", "Apply")), d.pick(("Saved", "Your changes were saved"))
    block = {
        "block": "matrix", "key": key, "rows": rows, "columns": columns, "begun": begun, "label": label,
        "button": button, "told": told, "press": b.press, "corner": "Name" if people else "Topic",
    }  # fmt: skip
    b.page(page, title, [block])
    moves = [
        script.tick(label.format(row=row, column=column), column in wanted[row]) for row in rows for column in columns
    ]
    said = [_right(row, column, column in wanted[row], people) for row, column in changed]
    short = [listed(said), f"=Under {title}, {listed(said)}", f"={listed(said)}. That is under {title}"]
    steps = [
        *(("tick" if c in wanted[r] else "untick", label.format(row=r, column=c)) for r, c in changed),
        ("press", button),
    ]
    state = {f"matrix.{key}": {row: wanted[row] for row in rows if wanted[row] != begun[row]}}
    made = script.stage(page, moves, press=script.press(button), proof=[told])
    return Quest([made], steps, short, state, page=page, entry=title)


def _right(row: str, column: str, on: bool, people: bool) -> str:
    if people:
        return f"{'let' if on else 'do not let'} {row} {column.lower()}{' any more' if not on else ''}"
    way = column.lower() if column != "E-mail" else "e-mail"
    return f"turn {way} {'on' if on else 'off'} for {row}"


def transfer(b: Builder) -> Quest:
    """Two lists side by side: move things from one to the other."""
    d = b.d
    things = d.few(d.pick(("course", "interest", "setting", "event")), d.number(5, 9))
    left, right = d.pick((("Available", "Chosen"), ("All columns", "Shown columns"), ("Not invited", "Invited")))
    add, drop = d.pick((("Add", "Remove"), ("Add →", "← Remove"), ("Move right", "Move left")))
    inside = [t for t in things if d.chance(0.3)][:3]
    outside = [t for t in things if t not in inside]
    chosen = d.some(outside, d.number(1, min(3, len(outside))))
    dropped = d.some(inside, 1) if inside and d.chance(0.4) else []
    wanted = [t for t in things if (t in inside or t in chosen) and t not in dropped]
    key, page = b.fresh("transfer"), b.fresh("page")
    title = d.pick(("Selection", "Programme", "Set up", "Assignments", "My choice"))
    block = {
        "block": "transfer", "key": key, "items": things, "begun": inside, "titles": [left, right],
        "labels": [add, drop], "press": b.press,
    }  # fmt: skip
    b.page(page, title, [block])
    moves = [script.moved(t, t in wanted, (left, right), (add, drop)) for t in things]
    more = f" and take {listed(dropped)} back out" if dropped else ""
    said = listed(chosen)
    short = [
        f'move {said} to "{right}"{more}', f'put {said} into the list "{right}"{more}',
        f'=I want {said} among "{right}"{more}',
    ]  # fmt: skip
    steps = [("plain", f"select {t} and press {add}") for t in chosen]
    steps += [("plain", f"select {t} and press {drop}") for t in dropped]
    return Quest(
        [script.stage(page, moves)], steps, short, {f"transfer.{key}": wanted}, page=page, entry=title
    )  # fmt: skip


def variant(b: Builder) -> Quest:
    """Choose colour and size of a product, then put it into the bag."""
    d = b.d
    thing = d.goods(1)[0]
    colours, sizes = d.few("colour", d.number(3, 6)), d.pick((["S", "M", "L", "XL"], ["36", "38", "40", "42"]))
    colour, size = d.pick(colours).capitalize(), d.pick(sizes)
    key, page = b.fresh("variant"), b.fresh("page")
    button = d.pick(("Add to bag", "Add to cart", "Buy now", "Put into basket"))
    told = "{colour}, {size}: in your bag"
    labels = d.pick((("Colour", "Size"), ("Choose a colour", "Choose a size")))
    block: dict[str, Any] = {
        "block": "variant", "key": key, "colours": [c.capitalize() for c in colours], "sizes": sizes, "button": button,
        "labels": list(labels), "told": told, "press": b.press, "painted": d.chance(0.5),
        "price": f"{d.price()} €", "listed": d.chance(0.5),
    }  # fmt: skip
    b.page(page, thing, [block, {"block": "words", "lines": d.few("prose", d.number(1, 2))}])
    sized = script.choose(labels[1], size) if block["listed"] else script.pressed(size)
    made = script.stage(
        page, [script.pressed(colour), sized], press=script.press(button),
        proof=[told.format(colour=colour, size=size)],
    )  # fmt: skip
    short = [
        f"put {thing} in {colour.lower()}, size {size}, into the bag", f"buy {thing} in {colour.lower()}, size {size}",
        f"=I want {thing}: {colour.lower()}, {size}", f"order the {colour.lower()} {thing} in size {size}",
    ]  # fmt: skip
    steps = [("press", colour), ("choose", labels[1], size), ("press", button)]
    return Quest([made], steps, short, {f"variant.{key}": [colour, size]}, page=page, entry=thing)

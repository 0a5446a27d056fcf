"""Quests in tables that do something: rows chosen for one command, heads that sort; two compared, units converted."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from . import asking, script
from .quest import Builder, Quest
from .wording import listed

COMMANDS = (
    ("Archive", "archived", "archive", "{} archived"), ("Delete", "deleted", "delete", "{} deleted"),
    ("Mark as paid", "paid", "mark as paid", "{} marked as paid"), ("Export", "exported", "export", "{} exported"),
    ("Approve", "approved", "approve", "{} approved"),
    ("Send reminder", "reminded", "send a reminder for", "{} reminded"),
)  # fmt: skip


def bulk(b: Builder) -> Quest:
    """Select several rows, then press one button for all of them."""
    d = b.d
    count = d.number(4, 9)
    status = ("open", "paid", "overdue", "draft")
    facts = [[("From", who), ("Status", d.pick(status))] for who in d.people(count)]
    names = d.few("subject", count) if d.chance(0.5) else [f"R-{n}" for n in d.some(range(1000, 9999), count)]
    items: list[dict[str, Any]] = [
        {"id": f"b{n}", "title": t, "facts": of} for n, (t, of) in enumerate(zip(names, facts))
    ]
    commands = d.some(COMMANDS, d.number(2, 4))
    label, name, does, told = commands[0]
    key, page, title = b.fresh("bulk"), b.fresh("page"), d.pick(("Documents", "Invoices", "Requests", "Files", "Queue"))
    select = d.pick(("Select {}", "{}"))
    block = {
        "block": "bulk", "key": key, "items": items, "titled": d.pick(("Title", "Name", "Number")), "all": "Select all",
        "select": select, "below": d.chance(0.4),
        "actions": [{"label": c[0], "name": c[1], "told": c[3]} for c in d.mixed(commands)],
    }  # fmt: skip
    b.page(page, title, [block])
    chosen = d.some(items, d.number(2, min(4, count - 1)))
    said = listed([item["title"] for item in chosen])
    of = d.pick(chosen)["facts"][1][1]
    if by_status := d.chance(0.35):
        chosen = [item for item in items if item["facts"][1][1] == of]
        said = d.pick((f"all that are {of}", f"everything with the status {of}"))
    moves = [script.tick(select.format(item["title"]), item in chosen) for item in items]
    made = script.stage(page, moves, press=script.press(label), proof=[told.format(len(chosen))])
    short = [
        f"{does} {said}" if "mark" not in does else f"mark {said} as paid",
        f"select {said} and press {label}",
        f"=In {title}, select {said}, then {label}",
        f"=Use {label} on {said}, please",
    ]
    steps = [("plain", f"select {said}")] if by_status else [("tick", item["title"]) for item in chosen]
    state = {f"bulk.{key}": {item["id"]: name for item in chosen}}
    return Quest([made], [*steps, ("press", label)], short, state, page=page, entry=title)


def sorting(b: Builder) -> Quest:
    """A table over several pages: who stands first is seen once a head was pressed."""
    d = b.d
    count = d.number(12, 40)
    first = ("Player", [f"{n} {d.word('last')}" for n in d.few("first", count)]) if d.chance(0.5) else None
    rows = first or ("Town", d.few("city", count))
    numbers = d.some(
        ("Points", "Age", "Games", "Wins", "Distance") if first else ("Visitors", "Height", "Hotels", "Schools"),
        d.number(1, 3),
    )
    values = [[str(v) for v in d.some(range(5, 900), count)] for _ in numbers]
    at, down = d.number(0, len(numbers) - 1), d.chance(0.5)
    best = (max if down else min)(range(count), key=lambda n: int(values[at][n]))
    back, on = d.pick((("Previous", "Next"), ("Back", "Forward"), ("‹ Previous page", "Next page ›")))
    block = {
        "block": "sheet", "columns": [rows[0], *numbers], "amounts": list(range(1, len(numbers) + 1)),
        "rows": [[rows[1][n], *(column[n] for column in values)] for n in range(count)], "per": d.number(5, 10),
        "button": d.chance(0.6), "downFirst": d.chance(0.4), "turns": [back, on],
        "numbers": d.chance(0.4), "press": b.press,
    }  # fmt: skip
    page, title = b.fresh("sheet"), d.pick(("Ranking", "Results", "Statistics", "All entries", "Comparison"))
    b.page(page, title, [block])
    of, head = numbers[at], rows[0].lower()
    most = (
        d.pick(("most", "highest") if down else ("fewest", "lowest"))
        if of != "Age"
        else ("highest" if down else "lowest")
    )
    amount = most in ("most", "fewest") and of not in ("Height", "Distance")
    clause = (
        f"which {head} has the {most} {of.lower()}"
        if amount
        else f"which {head} has the {'highest' if down else 'lowest'} value under {of}"
    )
    short = [
        f"tell me {clause}", f"find out {clause}", f"={asking.direct(clause)}",
        f"sort by {of} and tell me {clause}", f"={asking.direct(clause)} The table can be sorted",
    ]  # fmt: skip
    moves = [script.ordered_by(of, down)]
    steps = [("plain", f"sort the table by {of}"), ("answer", clause)]
    made = script.stage(page, moves, proof=[rows[1][best]])
    return Quest([made], steps, short, answer=rows[1][best], page=page, entry=title)


PAIRS = (
    ("Weight", "kg", ("heavier", "lighter")), ("Price", "€", ("dearer", "cheaper")),
    ("Length", "cm", ("longer", "shorter")),
    ("Guarantee", "months", ("guaranteed for longer", "guaranteed for less time")),
)  # fmt: skip


def two(b: Builder) -> Quest:
    """Which of two things is more."""
    d = b.d
    goods = d.goods(d.number(3, 9))
    values = {name: d.some(range(1, 37) if name == "Guarantee" else range(3, 200), len(goods)) for name, _, _ in PAIRS}
    shown = d.some(PAIRS, d.number(2, 4))
    items = [
        {"id": f"t{n}", "title": t, "facts": [(name, f"{values[name][n]} {unit}") for name, unit, _ in shown]}
        for n, t in enumerate(goods)
    ]
    page, title = b.fresh("two"), d.pick(("Compare models", "Overview of models", "Test winners", "Data sheets"))
    block = {
        "block": "list", "key": b.fresh("two"), "look": d.pick(("cards", "rows", "table", "lines")), "titled": "Model",
        "items": items, "actions": [],
    }  # fmt: skip
    b.page(page, title, [block])
    name, _, (more, less) = d.pick(shown)
    one, other = d.some(range(len(goods)), 2)
    high, low = sorted((one, other), key=lambda n: -values[name][n])
    word, answer = (more, goods[high]) if d.chance(0.5) else (less, goods[low])
    pair = f"{goods[one]} or {goods[other]}"
    clause = f"which is {word}, {pair}"
    short = [
        f"tell me {clause}", f"find out {clause}", f"=Which is {word}, {pair}?", f"=Which one is {word}: {pair}?",
        f"compare {goods[one]} with {goods[other]} and tell me which one is {word}",
    ]  # fmt: skip
    made = script.stage(page, [], proof=[goods[one], goods[other]])
    return Quest([made], [("answer", clause)], short, answer=answer, page=page, entry=title)


RATES: tuple[dict[str, str], ...] = (
    {"inches cm": "2.54", "feet cm": "30.48", "miles km": "1.609", "yards m": "0.914"},
    {"pounds kg": "0.454", "ounces g": "28.35", "stones kg": "6.35"},
    {"gallons litres": "3.785", "pints litres": "0.473", "cups ml": "240"},
    {"hours minutes": "60", "days hours": "24", "weeks days": "7", "minutes seconds": "60"},
)


def convert(b: Builder) -> Quest:
    """Have a page work something out, and tell it."""
    d = b.d
    rates = d.pick(RATES)
    units = list(dict.fromkeys(unit for pair in rates for unit in pair.split()))
    chosen = d.pick(sorted(rates))
    old, new = chosen.split()
    amount = str(d.number(2, 480))
    result = f"{(Decimal(amount) * Decimal(rates[chosen])).normalize():f}"
    labels = d.pick((("Amount", "From", "To"), ("Value", "Convert from", "Convert to"), ("How many?", "Unit", "Into")))
    button = d.pick(("", "Convert", "Calculate", "Go"))
    block = {
        "block": "convert", "units": d.mixed(units), "rates": {pair: float(rate) for pair, rate in rates.items()},
        "begun": "1", "from": d.pick(units), "to": d.pick(units), "labels": list(labels), "button": button,
        "press": b.press,
    }  # fmt: skip
    page, title = b.fresh("convert"), d.pick(("Converter", "Unit converter", "Calculator", "Conversions"))
    b.page(page, title, [block, {"block": "words", "lines": d.few("prose", d.number(0, 2))}])
    moves = [script.choose(labels[1], old), script.choose(labels[2], new), script.fill(labels[0], amount)]
    more = {"press": script.press(button)} if button else {}
    made = script.stage(page, moves, proof=[f"{amount} {old} = {result} {new}"], **more)
    clause = f"how many {new} {amount} {old} are"
    short = [
        f"tell me {clause}", f"=How many {new} are {amount} {old}?",
        f"convert {amount} {old} to {new} and tell me the number",
        f"=What is {amount} {old} in {new}? Just the number", f"find out {clause}",
    ]  # fmt: skip
    steps = [
        ("fill", labels[0], amount), ("choose", labels[1], old), ("choose", labels[2], new),
        *([("press", button)] if button else []), ("answer", "the number that comes out"),
    ]  # fmt: skip
    return Quest([made], steps, short, answer=result, page=page, entry=title)


THINGS = (
    ("Poster", ("Small", "Medium", "Large"), ("Frame", "Glossy paper", "Gift wrapping", "Express")),
    ("Room", ("Single room", "Double room", "Suite"), ("Breakfast", "Parking", "Sea view", "Late check-out")),
    ("Cake", ("For 6", "For 12", "For 20"), ("Candles", "Chocolate cover", "Name on it", "Delivery")),
    ("Ticket", ("Child", "Student", "Adult"), ("Audio guide", "Programme", "Drink", "Cloakroom")),
)


def estimate(b: Builder) -> Quest:
    """Have a page work out a price out of what is chosen, and tell it."""
    d = b.d
    thing, sizes, extras = d.pick(THINGS)
    prices = d.some(range(8, 95), 3)
    more = {name: d.number(1, 20) for name in d.some(extras, d.number(1, 4))}
    labels = d.pick((("Kind", "Quantity"), ("Which one?", "How many?"), (thing, "Number")))
    button, told = d.pick(("", "", "Calculate", "Show price")), d.pick(("Total", "Price", "You pay"))
    block = {
        "block": "estimate", "sizes": [list(pair) for pair in zip(sizes, prices)], "labels": list(labels),
        "extras": [[name, price] for name, price in more.items()], "button": button, "told": told, "press": b.press,
    }  # fmt: skip
    page, title = b.fresh("estimate"), d.pick(("Price calculator", "Estimate", "What does it cost?", "Configurator"))
    b.page(page, title, [block, {"block": "words", "lines": d.few("prose", d.number(0, 2))}])
    size, many = d.number(0, 2), d.number(1, 9)
    wanted = d.some(sorted(more), d.number(0, min(2, len(more))))
    total = str((prices[size] + sum(more[name] for name in wanted)) * many)
    moves = [script.choose(labels[0], sizes[size]), script.fill(labels[1], str(many))]
    moves += [script.tick(name, name in wanted) for name in more]
    pressing = {"press": script.press(button)} if button else {}
    made = script.stage(page, moves, proof=[f"{told}: {total} euros"], **pressing)
    extra = f" with {listed(wanted)}" if wanted else ""
    what = f"{many} x {thing.lower()} ({sizes[size]}{', each' + extra if extra else ''})"
    short = [
        f"tell me what {what} would cost", f"find out the price of {what}", f"=How much is {what}?",
        f"=What would I pay for {what}? Just the number", f"use {title.rstrip('?')} to find out what {what} costs",
    ]  # fmt: skip
    steps = [
        ("choose", labels[0], sizes[size]), ("fill", labels[1], many), *(("tick", name) for name in wanted),
        *([("press", button)] if button else []), ("answer", "the price"),
    ]  # fmt: skip
    return Quest([made], steps, short, answer=total, page=page, entry=title)

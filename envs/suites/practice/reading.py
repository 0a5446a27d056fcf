"""Quests where something has to be read first: answers under questions, from page to page, a code, offers to choose."""

from __future__ import annotations

from typing import Any

from . import asking, script
from .draw import Draw
from .quest import Block, Builder, Quest, Step

SAYINGS: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("Can I send goods back?", "Yes, within {} days of delivery.", ("14", "30", "60", "100"),
     "within how many days goods can be sent back"),
    ("What does delivery cost?", "Delivery costs {} euros within the country.", ("3.90", "4.50", "5.95", "7.20"),
     "how many euros delivery costs"),
    ("How can I pay?", "You pay by {}.", ("credit card", "bank transfer", "invoice", "direct debit"),
     "how one can pay"),
    ("When will I get my money back?", "The money is back on your account after {} working days.",
     ("3", "5", "7", "10"), "after how many working days money is paid back"),
    ("Are there discounts for groups?", "Groups of {} people or more pay less.", ("8", "10", "12", "20"),
     "from how many people on groups pay less"),
    ("May I bring my dog?", "Dogs may come {}.", ("on a lead", "on weekdays", "into the garden", "after 18:00"),
     "when or where dogs may come"),
    ("Where do I find the entrance?", "The entrance is {}.",
     ("behind the church", "on the first floor", "next to the station", "in the yard"), "where the entrance is"),
    ("Whom do I ask about a job?", "Write to {} about jobs.", ("Ms Okafor", "Mr Lindgren", "Dr Marsh", "Ms Petrov"),
     "whom to write to about a job"),
    ("How long does a course last?", "A course lasts {} weeks.", ("4", "6", "8", "12"),
     "how many weeks a course lasts"),
    ("Is there parking?", "There are {} places behind the house.", ("15", "24", "40", "65"),
     "how many parking places there are"),
    ("How do I cancel?", "Cancel {} before the day.", ("24 hours", "48 hours", "a week", "three days"),
     "how long before the day one has to cancel"),
    ("Which languages are spoken?", "We speak English and {}.", ("German", "Spanish", "Polish", "Danish"),
     "which language is spoken besides English"),
)  # fmt: skip


def questions(b: Builder) -> Quest:
    """Open the one of many questions that tells the answer."""
    d = b.d
    shown = d.some(SAYINGS, d.number(3, 8))
    told = [(question, form.format(value := d.pick(values)), value, clause) for question, form, values, clause in shown]
    question, sentence, answer, clause = d.pick(told)
    page, title = b.fresh("page"), d.pick(("Questions", "Good to know", "Frequent questions", "FAQ", "Help centre"))
    folds = [{"label": q, "blocks": [{"block": "words", "lines": [s]}]} for q, s, _, _ in told]
    b.page(page, title, [{"block": "folds", "folds": folds, "native": d.chance(0.5)}])
    made = script.stage(page, [script.press(question, [sentence])], proof=[sentence])
    short = [
        f"tell me {clause}", f"find out {clause}", f"look up {clause}", f"=I'd like to know {clause}",
        f"={asking.direct(clause)}", f"tell me {clause}, it stands under {title}",
    ]  # fmt: skip
    steps = [("press", question), ("answer", clause)]
    return Quest([made], steps, short, answer=answer, page=page, entry=title)


def twin(b: Builder) -> Quest:
    """From one page to another that it names, and what stands there."""
    d = b.d
    names = d.few("city", d.number(3, 6))
    link, ask = d.pick((("Twin town", "the twin town of {}"), ("Next stop", "the next stop after {}")))
    facts = {
        name: [
            ("Inhabitants", str(d.number(2, 900) * 1000)), ("Mayor", d.people(1)[0]),
            ("River", d.pick(("Aven", "Lorn", "Tessel", "Brae", "Ister", "Wend"))), ("Height", f"{d.number(2, 900)} m"),
        ]
        for name in names
    }  # fmt: skip
    inner = {name: b.fresh("town") for name in names}
    others = {name: d.pick([o for o in names if o != name]) for name in names}
    page, title = b.fresh("page"), d.pick(("Towns", "Places", "Atlas", "Travel guide"))
    for name in names:
        b.page(inner[name], name, _town(d, facts[name], link, others[name], inner[others[name]]), linked=False)
        b.way(page, inner[name], name)
        b.way(inner[name], inner[others[name]], others[name])
    b.page(page, title, [{"block": "links", "links": [[n, inner[n], ""] for n in names], "look": "tiles"}])
    first = d.pick(names)
    second = others[first]
    name, answer = d.pick(facts[second])
    what = {"Inhabitants": "how many inhabitants {} has", "Mayor": "who the mayor of {} is",
            "River": "which river {} lies on", "Height": "how high {} lies"}[name]  # fmt: skip
    clause = what.format(ask.format(first))
    stages = [script.stage(inner[first], [], proof=[second]), script.stage(inner[second], [], proof=[answer])]
    short = [f"tell me {clause}", f"find out {clause}", f"look up {clause}", f"=I want to know {clause}"]
    steps = [("press", first), ("press", second), ("answer", f"what is given as {name.lower()} there")]
    return Quest(stages, steps, short, answer=answer, page=page, entry=title)


def _town(d: Draw, facts: list[tuple[str, str]], link: str, other: str, page: str) -> list[Block]:
    body: list[Block] = [
        {"block": "facts", "facts": facts, "look": d.pick(("", "lines", "table"))},
        {"block": "links", "heading": link, "links": [[other, page, ""]], "look": "plainlinks"},
    ]
    return [{"block": "words", "lines": d.few("prose", d.number(0, 2))}, *d.mixed(body)]


SENDERS = ("the bank", "the library", "the parcel service", "the sports club", "the clinic", "the ticket office")


def copied(b: Builder) -> Quest:
    """A code that stands in a message has to be written into a field of another page."""
    d = b.d
    senders, codes = d.some(SENDERS, d.number(1, 4)), [str(n) for n in d.some(range(1000, 999_999), 4)]
    told = d.pick(("Your code is {}.", "Use {} to confirm.", "{} is your code. Do not share it."))
    inbox, page = b.fresh("page"), b.fresh("page")
    here, there = d.pick(("Messages", "Inbox", "News for you")), d.pick(("Confirm", "Verification", "Enter code"))
    items = [
        {"id": f"m{n}", "title": f"From {who}", "facts": [], "text": told.format(codes[n])}
        for n, who in enumerate(senders)
    ]
    look = d.pick(("posts", "cards"))
    b.page(inbox, here, [{"block": "list", "key": b.fresh("post"), "look": look, "items": items, "actions": []}])
    key, label, button = b.fresh("code"), d.pick(("Code", "Your code", "Security code")), d.pick(("Confirm", "Send"))
    block = {"block": "code", "key": key, "label": label, "button": button, "told": "Thank you", "press": b.press}
    b.page(page, there, [block])
    n = d.number(0, len(senders) - 1)
    of = f"the code from {senders[n]}"
    stages = [
        script.stage(inbox, [], proof=[told.format(codes[n])]),
        script.stage(page, [script.fill(label, codes[n])], press=script.press(button), proof=["Thank you"]),
    ]
    short = [
        f"enter {of} under {there}", f"confirm with {of}, it is under {here}, and {there} is where it goes",
        f"=I got a code from {senders[n]} under {here}. Enter it under {there}",
        f"read {of} under {here} and type it in under {there}",
    ]  # fmt: skip
    steps = [
        ("plain", f"read {of} under {here}"), ("go", there), ("plain", f"type it into {label}"), ("press", button),
    ]  # fmt: skip
    return Quest(stages, steps, short, {f"code.{key}": codes[n]}, page=inbox, entry=here)


def trips(b: Builder) -> Quest:
    """Of several journeys choose the one that is wanted."""
    d = b.d
    count = d.number(3, 8)
    titles = [f"{d.word('firm')} {n}" for n in d.some(range(100, 990), count)]
    starts = sorted(d.some(range(5 * 60, 22 * 60), count))
    lasts, prices = d.some(range(35, 400), count), d.some(range(12, 480), count)
    direct = [d.chance(0.4) for _ in range(count)]
    items: list[dict[str, Any]] = [
        {
            "id": f"j{n}", "title": titles[n],
            "facts": [
                ("Departs", _clock(starts[n])), ("Takes", f"{lasts[n] // 60} h {lasts[n] % 60:02d} min"),
                ("Changes", "none" if direct[n] else str(d.number(1, 3))), ("Price", f"{prices[n]} €"),
            ],
        }
        for n in range(count)
    ]  # fmt: skip
    best, clause = _wanted(d, starts, lasts, prices, direct)
    off, on = d.pick((("Select", "Selected"), ("Choose", "Chosen"), ("Book", "Booked"), ("Take this one", "Taken")))
    key, page, title = b.fresh("trips"), b.fresh("page"), d.pick(("Journeys", "Connections", "Flights", "Departures"))
    action = {"kind": "toggle", "name": "on", "off": off, "on": on, "how": b.how()}
    block = {
        "block": "list", "key": key, "look": d.pick(("cards", "rows", "table", "lines")), "titled": "Journey",
        "items": d.mixed(items), "actions": [action], "press": b.press,
    }  # fmt: skip
    b.page(page, title, [block])
    moves = [script.toggle(t, off, on, n == best, titles) for n, t in enumerate(titles)]
    short = [
        f"choose {clause}", f"book {clause}", f"=I'd like to take {clause}", f"take {clause}", f"=Please pick {clause}",
    ]  # fmt: skip
    steps = [("plain", f"find {clause}"), ("plain", f"press {off} there")]
    state = {f"list.{key}": {f"j{best}": {"on": True}}}
    return Quest([script.stage(page, moves)], steps, short, state, page=page, entry=title)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _wanted(d: Draw, starts: list[int], lasts: list[int], prices: list[int], direct: list[bool]) -> tuple[int, str]:
    """Which one, and what it is called."""
    every = range(len(starts))
    straight = [n for n in every if direct[n]]
    ways = [
        (min(every, key=lambda n: prices[n]), ("the cheapest journey", "the one with the lowest price")),
        (min(every, key=lambda n: lasts[n]), ("the fastest journey", "the one that takes the least time")),
        (min(every, key=lambda n: starts[n]), ("the earliest journey", "the one that departs first")),
        (max(every, key=lambda n: starts[n]), ("the last journey of the day", "the one that departs last")),
    ]
    if straight:
        cheapest = min(straight, key=lambda n: prices[n])
        ways.append((cheapest, ("the cheapest one without a change", "the cheapest direct journey")))
    after = d.pick(starts)
    ways.append((starts.index(after), (f"the one that departs at {_clock(after)}", f"the {_clock(after)} journey")))
    best, said = d.pick(ways)
    return best, d.pick(said)


def facets(b: Builder) -> Quest:
    """Tick what is wanted beside a list, and tell how many things are left."""
    d = b.d
    goods = d.goods(d.number(6, 14))
    colours, makers = d.few("colour", 3), d.few("firm", 3)
    items: list[dict[str, Any]] = [
        {"title": t, "facts": {"Colour": d.pick(colours), "Brand": d.pick(makers)}, "price": d.number(5, 300)}
        for t in goods
    ]
    some = d.pick(items)
    wanted = {name: some["facts"][name] for name in d.some(("Colour", "Brand"), d.number(1, 2))}
    limit = d.number(some["price"], 320) if d.chance(0.5) else 0
    left = [
        item for item in items
        if all(item["facts"][name] == value for name, value in wanted.items()) and (item["price"] <= (limit or 1000))
    ]  # fmt: skip
    page, title = b.fresh("page"), d.pick(("All products", "Assortment", "Catalogue", "Range"))
    told, limits = d.pick(("{} results", "{} articles found", "{} items")), d.pick(("Up to (€)", "Highest price"))
    block: dict[str, Any] = {
        "block": "facets", "items": items, "told": told, "limit": limits, "button": d.pick(("", "", "Apply", "Show")),
        "press": b.press,
    }  # fmt: skip
    b.page(page, title, [block])
    values = [(name, value) for name, all_ in (("Colour", colours), ("Brand", makers)) for value in sorted(set(all_))]
    present = [(name, v) for name, v in values if any(item["facts"][name] == v for item in items)]
    moves = [script.tick(v, wanted.get(name) == v) for name, v in present]
    moves.append(script.fill(limits, str(limit) if limit else "", clears=True))
    pressing = {"press": script.press(block["button"])} if block["button"] else {}
    made = script.stage(page, moves, proof=[told.format(len(left))], **pressing)
    kind = f"{wanted['Colour']} things" if "Colour" in wanted else "things"
    of = f" from {wanted['Brand']}" if "Brand" in wanted else ""
    clause = f"how many {kind}{of} are on offer{f' for {limit} € or less' if limit else ''}"
    short = [
        f"tell me {clause}", f"find out {clause}", f"use the filters under {title} to find out {clause}",
        f"={asking.direct(clause)}",
    ]  # fmt: skip
    steps: list[Step] = [("tick", value) for value in wanted.values()]
    steps += [("fill", limits, str(limit))] if limit else []
    steps += [("press", block["button"])] if block["button"] else []
    return Quest(
        [made], [*steps, ("answer", "how many are left")], short, answer=str(len(left)), page=page, entry=title
    )


def discount(b: Builder) -> Quest:
    """Use a voucher, and tell the new total."""
    d = b.d
    lines = [(t, d.number(4, 90)) for t in d.goods(d.number(1, 4))]
    total = sum(price for _, price in lines)
    off = d.number(1, min(40, total - 1))
    code = d.code()
    label, button = d.pick(("Voucher", "Promo code", "Discount code", "Coupon")), d.pick(("Apply", "Use", "Redeem"))
    told = d.pick(("Total", "To pay", "Sum"))
    page, title = b.fresh("page"), d.pick(("Your order", "Summary", "Checkout", "Payment"))
    block = {
        "block": "discount", "lines": [list(line) for line in lines], "code": code,
        "off": off, "label": label, "button": button, "told": told,
        "press": b.press, "wrong": "This code is not valid",
    }  # fmt: skip
    b.page(page, title, [block])
    made = script.stage(
        page, [script.fill(label, code)], press=script.press(button), proof=[f"{told}: {total - off} €"]
    )
    clause = f"the total in euros with the {label.lower()} {code}"
    short = [
        f"use the {label.lower()} {code} and tell me the new total", f"find out {clause}", f"tell me {clause}",
        f"=I have a {label.lower()}: {code}. What do I pay with it?",
    ]  # fmt: skip
    steps = [("fill", label, code), ("press", button), ("answer", "the new total in euros")]
    return Quest([made], steps, short, answer=str(total - off), page=page, entry=title)

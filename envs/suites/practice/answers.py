"""Quests that end in an answer: a cell of a table, the largest, how many, a fact on another page or in a new tab."""

from __future__ import annotations

from . import asking, fields, script
from .draw import Draw, words
from .quest import Block, Builder, Quest

Column = tuple[str, list[str]]
Question = tuple[str, str]
"""As a part of a sentence, and as a sentence of its own."""


def _columns(d: Draw, count: int) -> tuple[Column, list[Column], list[Column]]:
    """The names of rows, columns of words and columns of different numbers."""
    form = d.number(0, 3)
    numbers = [str(n) for n in d.some(range(3, 400), count)]
    more = [str(n) for n in d.some(range(10, 99), count)]
    people = d.people(count)
    days = [fields.date_words(d, d.day()) for _ in range(count)]
    some = [d.word("department") for _ in range(count)]
    if form == 0:
        return ("Name", people), [("Team", some), ("Joined", days)], [("Holidays left", more), ("Desk", numbers)]
    if form == 1:
        status = [d.pick(("open", "paid", "overdue")) for _ in range(count)]
        return (
            ("Invoice", [f"R-{n}" for n in d.some(range(1000, 9999), count)]),
            [("Customer", people), ("Status", status)],
            [("Amount", numbers)],
        )
    if form == 2:
        towns, lines = d.few("city", count), [f"{d.number(5, 22):02d}:{d.number(0, 59):02d}" for _ in range(count)]
        return (
            ("To", towns),
            [("Departs", lines), ("Platform", [str(d.number(1, 14)) for _ in range(count)])],
            [("Minutes", numbers), ("Fare", more)],
        )
    kinds = [d.pick(("wood", "metal", "glass", "paper")) for _ in range(count)]
    return (
        ("Article", d.goods(count)),
        [("Material", kinds), ("Shelf", [f"{d.pick('ABCD')}{d.number(1, 30)}" for _ in range(count)])],
        [("In stock", numbers), ("Sold", more)],
    )


def table(b: Builder, ask: str = "") -> Quest:
    """A question that one table answers: ``ask`` is cell, most, least, count or sum."""
    d = b.d
    ask = ask or d.pick(("cell", "cell", "most", "least", "count"))
    count = d.number(3, 6) if ask in ("sum", "count") else d.number(4, 14)
    rows, told, numbers = _columns(d, count)
    told = d.some(told, d.number(1, 2))
    columns = d.mixed([*told, *numbers])
    cells = [[rows[1][n], *(column[1][n] for column in columns)] for n in range(count)]
    caption = d.pick(("", f"{rows[0]} by {columns[0][0].lower()}"))
    block = {"block": "table", "columns": [rows[0], *(name for name, _ in columns)], "rows": cells, "caption": caption}
    title, page = (
        d.pick(("Overview", "List", "Figures", "Report", "Records", "Timetable", "Statistics")),
        b.fresh("table"),
    )
    b.page(page, title, [{"block": "words", "lines": d.few("prose", d.number(0, 2))}, block])
    if ask == "cell":
        question, answer, proof = _cell(d, rows, d.pick(columns))
    elif ask == "count":
        question, answer, proof = _how_many(d, rows, d.pick(told))
    else:
        question, answer, proof = _of_numbers(d, ask, rows, d.pick(numbers))
    return _asked(b, question, answer, page, title, [proof])


def _cell(d: Draw, rows: Column, column: Column) -> tuple[Question, str, str]:
    """The question, its answer, and what must have been seen."""
    n = d.number(0, len(rows[1]) - 1)
    name, of = column[0], rows[1][n]
    clause = d.pick((f"what stands under {name} for {of}", f"the value of {name} in the row {of}"))
    question = asking.ask(d, name, of) if d.chance(0.7) else (clause, f"What does the table say under {name} for {of}?")
    return question, column[1][n], of


def _how_many(d: Draw, rows: Column, column: Column) -> tuple[Question, str, str]:
    name, value = column[0], d.pick(column[1])
    said = asking.HOW_MANY[name].format(value)
    clause = d.pick((said, said, f"how many rows have {value} under {name}", f"how often {name} is {value}"))
    return (clause, asking.direct(clause)), str(column[1].count(value)), rows[1][0]


def _of_numbers(d: Draw, ask: str, rows: Column, column: Column) -> tuple[Question, str, str]:
    name, values = column[0], [int(v) for v in column[1]]
    if ask == "sum":
        clause = d.pick(
            (
                f"the sum of all values under {name}",
                f"the total of the column {name}",
                f"what all the numbers under {name} add up to",
            )
        )
        return (clause, asking.direct(clause)), str(sum(values)), rows[1][0]
    best = rows[1][values.index(max(values) if ask == "most" else min(values))]
    word = d.pick(("highest", "largest", "greatest") if ask == "most" else ("lowest", "smallest"))
    said = asking.MOST[name][0 if ask == "most" else 1]
    clause = d.pick((said, said, f"which {rows[0].lower()} has the {word} value under {name}"))
    if rows[0] == "To" and clause != said:
        clause = f"which town has the {word} value under {name}"
    return (clause, asking.direct(clause)), best, best


def _asked(b: Builder, question: Question, answer: str, page: str, title: str, proof: list[str]) -> Quest:
    clause, whole = question
    short = [
        f"tell me {clause}",
        f"find out {clause}",
        f"look up {clause}",
        f"check {clause}" if not clause.startswith("the ") else f"get me {clause}",
        f"={whole}",
        f"={whole}",
        f"=I want to know {clause}",
        f"=I'd like to know {clause}. Can you look it up?",
        f"=Question: {whole}",
        f"={whole} You'll find it under {title}",
    ]
    return Quest(
        [script.stage(page, [], proof=proof)], [("answer", clause)], short, answer=answer, page=page, entry=title
    )


def fact(b: Builder, new: bool = False) -> Quest:
    """Something that stands on another page, behind a link of this one, perhaps in a new tab."""
    d = b.d
    known = d.some(sorted(words()["fact"]), d.number(3, 6))
    places = [f"{d.word('firm')} {d.word('trade')}" for _ in range(d.number(3, 7))]
    places = list(dict.fromkeys(places))
    title, page = d.pick(("Places", "Our houses", "Branches", "Partners", "Directory", "Locations")), b.fresh("places")
    chosen, ask = d.pick(places), d.pick(known)
    links, answer, inner_page = [], "", ""
    how = "new" if new else d.pick(("link", "link", "button", "div"))
    for place in places:
        inner = b.fresh("place")
        facts = [(name, d.pick(words()["fact"][name])) for name in known]
        body: list[Block] = [{"block": "facts", "facts": facts, "look": d.pick(("", "lines", "table"))}]
        body += [{"block": "words", "lines": d.few("prose", 2)}]
        back = [title, page] if d.chance(0.5) else None
        b.page(inner, place, d.mixed(body), linked=False, back=back)
        b.way(page, inner, place)
        links.append([place, inner, d.word("prose") if d.chance(0.3) else ""])
        if place == chosen:
            answer, inner_page = dict(facts)[ask], inner
    b.page(
        page,
        title,
        [
            {"block": "words", "lines": d.few("prose", 1)},
            {"block": "links", "links": links, "how": how, "look": d.pick(("tiles", "plainlinks"))},
        ],
    )
    question = asking.ask(d, ask, chosen)
    quest = _asked(b, question, answer, inner_page, title, [answer])
    quest.steps = [("press", chosen), *quest.steps]
    quest.page = page
    return quest


def compared(b: Builder) -> Quest:
    """A question about one card of many: its price, or who carries a mark."""
    d = b.d
    goods = d.goods(d.number(4, 10))
    names = d.pick((("Price", "Weight", "Guarantee"), ("Costs", "Length", "Delivery")))
    items = [
        {
            "id": f"q{n}",
            "title": t,
            "picture": d.colours(),
            "facts": [
                (names[0], f"{d.price()} €"),
                (names[1], f"{d.number(2, 90)} {'kg' if names[1] == 'Weight' else 'cm'}"),
                (names[2], f"{d.number(2, 30)} {'months' if names[2] == 'Guarantee' else 'days'}"),
            ],
        }
        for n, t in enumerate(goods)
    ]
    title, page = d.pick(("Offers", "Compare", "Catalogue", "Price list", "Models")), b.fresh("offers")
    block = {
        "block": "list",
        "key": b.fresh("offers"),
        "look": d.pick(("cards", "rows", "table", "lines")),
        "titled": "Model",
        "items": items,
        "actions": [],
    }
    b.page(page, title, [block])
    item = d.pick(items)
    name, value = d.pick(item["facts"])
    question = asking.ask(d, name, str(item["title"]))
    quest = _asked(b, question, value, page, title, [])
    quest.stages[0]["row"] = {"of": item["title"], "among": goods, "texts": [value]}
    return quest

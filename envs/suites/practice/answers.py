"""Quests that end in an answer: a cell of a table, the largest, how many, a fact on another page or in a new tab."""

from __future__ import annotations

from . import fields, script
from .draw import Draw, words
from .quest import Block, Builder, Quest

Column = tuple[str, list[str]]


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
        return ("Invoice", [f"R-{n}" for n in d.some(range(1000, 9999), count)]), [("Customer", people), ("Status", status)], [("Amount", numbers)]
    if form == 2:
        towns, lines = d.few("city", count), [f"{d.number(5, 22):02d}:{d.number(0, 59):02d}" for _ in range(count)]
        return ("To", towns), [("Departs", lines), ("Platform", [str(d.number(1, 14)) for _ in range(count)])], [("Minutes", numbers), ("Fare", more)]
    kinds = [d.pick(("wood", "metal", "glass", "paper")) for _ in range(count)]
    return ("Article", d.goods(count)), [("Material", kinds), ("Shelf", [f"{d.pick('ABCD')}{d.number(1, 30)}" for _ in range(count)])], [("In stock", numbers), ("Sold", more)]


def table(b: Builder, ask: str = "") -> Quest:
    """A question that one table answers: ``ask`` is cell, most, least, count or sum."""
    d = b.d
    ask = ask or d.pick(("cell", "cell", "most", "least", "count"))
    count = d.number(3, 6) if ask in ("sum", "count") else d.number(4, 14)
    (head, names), told, numbers = _columns(d, count)
    columns = d.mixed([*d.some(told, d.number(1, 2)), *numbers])
    shown = [head, *(name for name, _ in columns)]
    rows = [[names[n], *(column[1][n] for column in columns)] for n in range(count)]
    title, page = d.pick(("Overview", "List", "Figures", "Report", "Records", "Timetable", "Statistics")), b.fresh("table")
    block = {"block": "table", "columns": shown, "rows": rows, "caption": d.pick(("", f"{head} by {columns[0][0].lower()}"))}
    words_above = {"block": "words", "lines": d.few("prose", d.number(0, 2))}
    b.page(page, title, [words_above, block])
    number = d.pick(numbers)
    values = [int(v) for v in number[1]]
    n = d.number(0, count - 1)
    if ask == "cell":
        column = d.pick(columns)
        answer, proof = column[1][n], [names[n], column[1][n]]
        question = d.pick((f"the {column[0].lower()} of {names[n]}", f"what stands under {column[0]} for {names[n]}", f"the value of {column[0]} in the row {names[n]}"))
    elif ask in ("most", "least"):
        best = values.index(max(values) if ask == "most" else min(values))
        answer, proof = names[best], [names[best]]
        word = d.pick(("highest", "largest", "greatest")) if ask == "most" else d.pick(("lowest", "smallest", "least"))
        question = d.pick((f"which {head.lower()} has the {word} value under {number[0]}", f"the {head.lower()} with the {word} {number[0].lower()}"))
    elif ask == "sum":
        answer, proof = str(sum(values)), [names[0]]
        question = d.pick((f"the sum of all values under {number[0]}", f"the total of the column {number[0]}"))
    else:
        column = d.pick([c for c in columns if c not in numbers])
        value = d.pick(column[1])
        answer, proof = str(column[1].count(value)), [names[0]]
        question = d.pick((f"how many rows have {value} under {column[0]}", f"in how many rows {column[0]} is {value}"))
    return _asked(b, question, answer, page, title, proof)


def _asked(b: Builder, question: str, answer: str, page: str, title: str, proof: list[str]) -> Quest:
    short = [f"tell me {question}", f"find out {question}", f"answer with {question}", f"look up {question}", f"I want to know {question}; tell me"]
    return Quest([script.stage(page, [], proof=proof)], [("answer", question)], short[: 4 + b.d.number(0, 1)], answer=answer, page=page, entry=title)


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
    b.page(page, title, [{"block": "words", "lines": d.few("prose", 1)}, {"block": "links", "links": links, "how": how, "look": d.pick(("tiles", "plainlinks"))}])
    question = d.pick((f"the {ask.lower()} of {chosen}", f"what the page of {chosen} says about {ask.lower()}", f"for {chosen}: {ask.lower()}"))
    quest = _asked(b, question, answer, inner_page, title, [answer])
    quest.steps = [("press", chosen), *quest.steps]
    quest.page = page
    return quest


def compared(b: Builder) -> Quest:
    """A question about one card of many: its price, or who carries a mark."""
    d = b.d
    goods = d.goods(d.number(4, 10))
    names = d.pick((("Price", "Weight", "Guarantee"), ("Costs", "Length", "Delivery")))
    items = [{"id": f"q{n}", "title": t, "picture": d.colours(), "facts": [(names[0], f"{d.price()} €"), (names[1], f"{d.number(2, 90)} {'kg' if names[1] == 'Weight' else 'cm'}"), (names[2], f"{d.number(2, 30)} {'months' if names[2] == 'Guarantee' else 'days'}")]} for n, t in enumerate(goods)]
    title, page = d.pick(("Offers", "Compare", "Catalogue", "Price list", "Models")), b.fresh("offers")
    block = {"block": "list", "key": b.fresh("offers"), "look": d.pick(("cards", "rows", "table", "lines")), "titled": "Model", "items": items, "actions": []}
    b.page(page, title, [block])
    item = d.pick(items)
    name, value = d.pick(item["facts"])
    question = d.pick((f"the {name.lower()} of {item['title']}", f"what is given as {name.lower()} for {item['title']}"))
    quest = _asked(b, question, value, page, title, [])
    quest.stages[0]["row"] = {"of": item["title"], "among": goods, "texts": [value]}
    return quest

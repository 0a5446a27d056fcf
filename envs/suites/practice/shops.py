"""Quests in shops: cards with equal buttons, the cheapest and the best, a basket, filters, an order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import script
from .forms import Form, block_of, draw_fields, stage_of, state_of, steps_of, told_of
from .quest import Block, Builder, Quest, Step
from .script import Move
from .wording import listed

ADDS = ("Add to basket", "Add to cart", "Buy", "Add", "Put in basket", "Order", "Add to bag", "I want this")
DROPS = ("Remove", "Take out", "Delete", "Drop")
NAMES = ("Shop", "Products", "Catalogue", "Our range", "Store", "Everything we sell")
COLUMNS = (("Price", "Rating", "Condition"), ("Costs", "Stars", "Kind"), ("Price", "Customer rating", "State"))
BASKETS = ("Basket", "Cart", "Shopping bag", "My basket")


@dataclass
class Shop:
    """A shop on a site. ``labels``: of its buttons. ``prices``, ``ratings``: by title."""

    key: str
    page: str
    title: str
    block: Block
    labels: dict[str, str]
    prices: dict[str, float]
    ratings: dict[str, float]
    kinds: dict[str, str]

    @property
    def titles(self) -> list[str]:
        return [item["title"] for item in self.block["items"]]

    def id_of(self, title: str) -> str:
        return next(item["id"] for item in self.block["items"] if item["title"] == title)

    def moves(self, wanted: dict[str, int]) -> list[Move]:
        """Have exactly these in the basket."""
        return [script.count(t, wanted.get(t, 0), self.labels, self.titles) for t in self.titles]

    def state(self, wanted: dict[str, int]) -> dict[str, Any]:
        return {f"list.{self.key}": {self.id_of(t): {"in": n} for t, n in wanted.items()}} if wanted else {}


def open_shop(b: Builder, count: int = 0, rated: bool = False, filters: bool = False) -> Shop:
    """Put a shop on the site. ``rated``: its ratings are shown. ``filters``: it can be filtered and sorted."""
    d = b.d
    goods = d.goods(count or d.number(4, 12))
    kinds = d.some(("New", "Used", "Refurbished", "Handmade", "Imported"), d.number(2, 3))
    ratings = {t: round(1 + 0.1 * n, 1) for t, n in zip(goods, d.some(range(5, 41), len(goods)))}
    prices = {
        t: f"{n}.{d.pick(('00', '50', '90', '95', '99', '20'))}"
        for t, n in zip(goods, d.some(range(3, 240), len(goods)))
    }
    of = {t: d.pick(kinds) for t in goods}
    sign = d.pick(("€ {}", "{} €", "${}", "{} EUR", "£{}"))
    price, stars, kind = d.pick(COLUMNS)
    shows = (True, d.chance(0.6) or rated, d.chance(0.4) or filters)
    facts = {t: [(price, sign.format(prices[t])), (stars, f"{ratings[t]}"), (kind, of[t])] for t in goods}
    items = [
        {
            "id": f"p{n}",
            "title": t,
            "facts": [f for f, on in zip(facts[t], shows) if on],
            "picture": d.colours(),
            "text": d.word("prose") if d.chance(0.15) else "",
        }
        for n, t in enumerate(goods)
    ]
    labels = {"add": d.pick(ADDS), "drop": d.pick(DROPS), "note": d.pick(("in your basket", "in the cart", "chosen"))}
    key, title, page = b.fresh("shop"), d.pick(NAMES), b.fresh("shop-page")
    block = {
        "block": "list",
        "key": key,
        "look": d.pick(("cards", "cards", "cards", "rows", "table")),
        "titled": "Product",
        "items": items,
        "actions": [{"kind": "count", "name": "in", "how": b.how("icon"), **labels}],
        "press": b.press,
    }
    if filters:
        up, down = d.pick((("Price: low to high", "Price: high to low"), ("Cheapest first", "Dearest first")))
        block["filters"] = [
            {"label": kind, "fact": kind, "all": d.pick(("All", "Any", "Everything")), "options": kinds}
        ]
        block["sorts"] = [{"label": up, "fact": price}, {"label": down, "fact": price, "down": True}]
        block |= {"sorting": "Sort by", "unsorted": d.pick(("Our choice", "Default", "Relevance"))}
    b.page(page, title, [block])
    b.counter = b.counter or {"key": key, "name": "in", "page": ""}
    return Shop(key, page, title, block, labels, {t: float(p) for t, p in prices.items()}, ratings, of)


def buy(b: Builder) -> Quest:
    """Put one, two or three named things into the basket."""
    d = b.d
    shop = open_shop(b)
    with_basket(b, shop)
    wanted = dict.fromkeys(d.some(shop.titles, d.pick((1, 1, 2, 3))), 1)
    said = listed(list(wanted))
    short = [
        f"Add {said} to the basket",
        f"Put {said} into the cart",
        f"Buy {said}; do not check out",
        f"Order {said}: just add to the basket",
        f"=I need {said} in my basket",
    ]
    steps = [("at", shop.labels["add"], t) for t in wanted]
    return Quest(
        [script.stage(shop.page, shop.moves(wanted))],
        steps,
        short,
        shop.state(wanted),
        page=shop.page,
        entry=shop.title,
    )


def extreme(b: Builder) -> Quest:
    """The cheapest, the dearest, the best rated."""
    d = b.d
    which = d.pick(("cheapest", "dearest", "best", "worst"))
    shop = open_shop(b, rated=which in ("best", "worst"))
    with_basket(b, shop)
    values = shop.prices if which in ("cheapest", "dearest") else shop.ratings
    title = (min if which in ("cheapest", "worst") else max)(values, key=lambda t: values[t])
    name = {
        "cheapest": ("cheapest product", "product with the lowest price"),
        "dearest": ("most expensive product", "dearest product", "product with the highest price"),
        "best": ("best rated product", "product with the highest rating"),
        "worst": ("product with the lowest rating", "worst rated product"),
    }[which]
    said, add = d.pick(name), shop.labels["add"]
    short = [
        f"Add the {said} to the basket",
        f"Put the {said} into the cart",
        f"Find the {said} and put it in the basket",
        f"Buy the {said}, but do not check out",
    ]
    steps = [("plain", f"find the {said}"), ("plain", f"click {add} there")]
    return Quest(
        [script.stage(shop.page, shop.moves({title: 1}))],
        steps,
        short,
        shop.state({title: 1}),
        page=shop.page,
        entry=shop.title,
    )


def with_basket(b: Builder, shop: Shop, begun: dict[str, int] | None = None) -> tuple[str, str, Block]:
    """A page that shows what is in the basket; ``begun``: what lies there already. Its page, title and block."""
    d = b.d
    for item in shop.block["items"]:
        if begun and item["title"] in begun:
            item["state"] = {"in": begun[item["title"]]}
    kind = d.pick(("number", "steps"))
    less, more = d.pick((("−", "+"), ("Less", "More")))
    change = {
        "kind": kind,
        "name": "in",
        "label": d.pick(("Quantity", "Amount", "Pieces")),
        "less": less,
        "more": more,
        "how": "button",
    }
    drop = {"kind": "toggle", "name": "in", "on": shop.labels["drop"], "off": "Add", "how": b.how("icon")}
    block = {
        "block": "list",
        "key": shop.key,
        "look": d.pick(("table", "rows", "lines")),
        "titled": "Product",
        "items": shop.block["items"],
        "only": "in",
        "actions": [change, drop],
        "none": "Your basket is empty.",
    }
    title, page = d.pick(BASKETS), b.fresh("basket")
    b.page(page, title, [block])
    if b.counter and b.counter["key"] == shop.key:
        b.counter["page"] = page
    return page, title, block


def basket_moves(shop: Shop, block: Block, wanted: dict[str, int]) -> list[Move]:
    """Have exactly these amounts in the basket, on its page."""
    change, moves = block["actions"][0], []
    for title in shop.titles:
        n = wanted.get(title, 0)
        if not n:
            moves.append(script.gone(title, shop.labels["drop"], True, shop.titles))
        elif change["kind"] == "number":
            moves.append(script.fill(change["label"], str(n), of=title, among=shop.titles))
        else:
            moves.append(script.step(change["label"], n, change["less"], change["more"], of=title, among=shop.titles))
    return moves


def basket(b: Builder) -> Quest:
    """Change amounts in a basket, or take something out of it."""
    d = b.d
    shop = open_shop(b)
    begun = {t: d.number(1, 4) for t in d.some(shop.titles, d.number(2, min(4, len(shop.titles))))}
    page, title, block = with_basket(b, shop, begun)
    wanted, said = dict(begun), []
    steps: list[Step] = []
    drop, change = shop.labels["drop"], block["actions"][0]
    for t in d.some(list(begun), d.pick((1, 1, 2)) if len(begun) > 2 else 1):
        if d.chance(0.5):
            del wanted[t]
            steps.append(("at", drop, t))
            said.append(f"remove {t} from the basket")
        else:
            wanted[t] = d.pick([n for n in range(1, 8) if n != begun[t]])
            steps.append(("plain", f"set the {change['label'].lower()} of {t} to {wanted[t]}"))
            said.append(
                d.pick(
                    (
                        f"change the amount of {t} in the basket to {wanted[t]}",
                        f"make it {wanted[t]} of {t} in the basket",
                    )
                )
            )
    differs = {t: wanted.get(t) for t in begun if wanted.get(t) != begun[t]}
    state = {f"list.{shop.key}": {shop.id_of(t): {"in": n or False} for t, n in differs.items()}}
    moves = basket_moves(shop, block, wanted)
    return Quest([script.stage(page, moves)], steps, [listed(said)], state, page=page, entry=title)


def order(b: Builder) -> Quest:
    """Put something into the basket, then send the order with an address."""
    d = b.d
    shop = open_shop(b, d.number(3, 8))
    page, title, block = with_basket(b, shop)
    wanted = dict.fromkeys(d.some(shop.titles, d.pick((1, 1, 2))), 1)
    names = ["name", *d.some(("street", "town", "email", "phone", "pay"), d.number(1, 3))]
    submit = d.pick(("Place order", "Order now", "Buy now", "Complete purchase"))
    form = Form(
        b.fresh("order"),
        draw_fields(b, names),
        submit,
        d.pick(("Thank you for your order.", "Your order is on its way.")),
        more={"heading": d.pick(("Your details", "Checkout", "Delivery"))},
    )
    made = block_of(b, form)
    b.pages[page]["blocks"] = [block, made]
    said, told = listed(list(wanted)), told_of(b, form)
    short = [
        f"Order {said} with {told}",
        f"Buy {said}: add to the basket, then check out with {told}",
        f"Order {said} for delivery ({told})",
    ]
    steps = [*(("at", shop.labels["add"], t) for t in wanted), ("go", title), *steps_of(form)]
    stages = [script.stage(shop.page, shop.moves(wanted)), stage_of(form, page, made)]
    return Quest(stages, steps, short, {**shop.state(wanted), **state_of(form)}, page=shop.page, entry=shop.title)


def filtered(b: Builder) -> Quest:
    """Filter or sort a shop by its lists, then buy or tell what stands first."""
    d = b.d
    shop = open_shop(b, d.number(6, 14), filters=True)
    with_basket(b, shop)
    block = shop.block
    tool, sort = block["filters"][0], d.pick(block["sorts"])
    kind = d.pick(sorted(set(shop.kinds.values())))
    of_kind = [t for t in shop.titles if shop.kinds[t] == kind]
    title = (max if sort.get("down") else min)(of_kind, key=lambda t: shop.prices[t])
    buys = d.chance(0.5)
    view = [script.choose(block["sorting"], sort["label"], soft=buys), script.choose(tool["label"], kind, soft=buys)]
    steps = [("sort", sort["label"]), ("filter", tool["label"], kind)]
    word = "most expensive" if sort.get("down") else "cheapest"
    if buys:
        short = [
            f"=With {tool['label']} set to {kind} and sorted by {sort['label']}, add the first product to the basket",
            f"Add the {word} product whose {tool['label'].lower()} is {kind} to the basket",
        ]
        steps.append(("plain", f"press {shop.labels['add']} at the first product"))
        # What lies wrongly in the basket first: the filter may hide it.
        moves = [move for move in shop.moves({title: 1}) if move["of"] != title]
        moves += [*view, *(move for move in shop.moves({title: 1}) if move["of"] == title)]
        return Quest(
            [script.stage(shop.page, moves)], steps, short, shop.state({title: 1}), page=shop.page, entry=shop.title
        )
    question = f"which product comes first when {tool['label']} is {kind} and the list is sorted by {sort['label']}"
    short = [
        f"tell me {question}",
        f"find out {question}",
        f"=What is the {word} product with {tool['label'].lower()} {kind}? Answer with its name",
    ]
    steps.append(("answer", "the name of the first product"))
    return Quest(
        [script.stage(shop.page, view, proof=[title])], steps, short, answer=title, page=shop.page, entry=shop.title
    )

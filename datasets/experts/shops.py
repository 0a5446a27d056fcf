"""Ordering from a menu, buying a ticket, buying stock."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from webagent.envs.types import Action, Element

from .moves import Move, click, pick
from .page import Expert, Lost, Page

# ---- order-food ---------------------------------------------------------------------------------------------------


@dataclass
class Dish:
    """A line of the menu: what it is made of, how many are ordered, and its two buttons."""

    name: str
    types: list[str] = field(default_factory=list)
    ordered: int = 0
    less: Element | None = None
    more: Element | None = None


def dishes(page: Page) -> list[Dish]:
    """The menu: each name is followed by its pictures, "-", the number if there is one, and "+"."""
    found: list[Dish] = []
    for e in page.elements:
        name = e.name.strip()
        if name == "-":
            found[-1].less = e
        elif name == "+":
            found[-1].more = e
        elif e.role == "img":
            found[-1].types.append(name)
        elif e.role == "text" and name.isdecimal():
            found[-1].ordered = int(name)
        elif e.role == "text":
            found.append(Dish(name))
    return found


def number(dish: Dish, wanted: int) -> Move:
    """One more or one less of it, until there are as many as wanted."""
    button = dish.more if dish.ordered < wanted else dish.less
    return None if dish.ordered == wanted or button is None else click(button)


def order_food(page: Page) -> Action:
    """One of each dish that is named, or some dishes of a kind: all of the first such one. Then the order."""
    menu = dishes(page)
    kind = re.search(r"Order (\d+) items? that (?:are|is) (.+)", page.goal)
    if kind is None:
        names = [name.strip() for name in page.says(r"Order one of each item: (.+)").split(",")]
        wanted = {dish.name: int(dish.name in names) for dish in menu}
    else:
        wanted = some_of(kind[2].strip(), int(kind[1]), menu)
    moves = (number(dish, wanted[dish.name]) for dish in menu)
    return pick([*moves, click(page.get("Order!", "button"))])


def some_of(kind: str, total: int, menu: list[Dish]) -> dict[str, int]:
    """How many of each: what is ordered of this kind stays as far as it is not too much, the first gets the rest."""
    wanted = {}
    for dish in menu:
        wanted[dish.name] = min(dish.ordered, total) if kind in dish.types else 0
        total -= wanted[dish.name]
    wanted[next(dish.name for dish in menu if kind in dish.types)] += total
    return wanted


# ---- buy-ticket ---------------------------------------------------------------------------------------------------


def buy_ticket(page: Page) -> Action:
    """The cheapest, the most expensive, the shortest or the longest: each time is followed by the button to book."""
    aim = page.says(r"with the (\w+(?: \w+)*)\.?$")
    offers: list[tuple[int, int, Element]] = []
    minutes = 0
    for e in page.elements:
        time, price = re.fullmatch(r"(\d+)h (\d+)m", e.name), re.search(r"\$(\d+)", e.name)
        if time:
            minutes = 60 * int(time[1]) + int(time[2])
        elif price and e.role == "button":
            offers.append((int(price[1]), minutes, e))
    if not offers:
        raise Lost("no tickets on the page")
    best = max if re.search("longest|most", aim) else min
    return click(best(offers, key=lambda offer: offer[1] if "duration" in aim else offer[0])[2])


# ---- stock-market -------------------------------------------------------------------------------------------------


def stock_market(page: Page) -> Action:
    """Wait for the next price until it is not above the limit, then buy at once: the next one comes in 0.1 s."""
    limit = float(page.says(r"less than \$([\d.]+\d)"))
    prices = [re.search(r"price: *\$([\d.]+)", e.name) for e in page.elements]
    now = next((float(p[1]) for p in prices if p), None)
    return click(page.get("Buy", "button")) if now is not None and now <= limit else Action("wait")


EXPERTS: dict[str, Expert] = {"order-food": order_food, "buy-ticket": buy_ticket, "stock-market": stock_market}

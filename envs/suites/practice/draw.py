"""Chance with words: everything that a site is made of is drawn from one generator, so that a seed is a site.

    d = Draw(7)
    d.pick(["a", "b"]), d.some(words, 3), d.chance(0.3), d.person(), d.word("city")

Words lie in ``words.json``: our own lists, nothing taken from any site.
"""

from __future__ import annotations

import functools
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from typing import Any, TypeVar

T = TypeVar("T")
FIRST_DAY = date(2025, 1, 1)
DAYS = 900


@functools.cache
def words() -> Any:
    """The lists of ``words.json`` by name."""
    return json.loads((files(__package__) / "words.json").read_text("utf8"))


@dataclass(frozen=True)
class Person:
    first: str
    last: str
    email: str

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"


class Draw:
    """One stream of chance. ``seed``: any whole number or text."""

    def __init__(self, seed: int | str) -> None:
        self.random = random.Random(seed)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def pick(self, things: Sequence[T]) -> T:
        return self.random.choice(things)

    def some(self, things: Sequence[T], count: int) -> list[T]:
        """So many different ones, in an order of chance."""
        return self.random.sample(list(things), count)

    def mixed(self, things: Sequence[T]) -> list[T]:
        return self.some(things, len(things))

    def number(self, low: int, high: int) -> int:
        """Both ends included."""
        return self.random.randint(low, high)

    def word(self, name: str) -> str:
        """One word of a list in ``words.json``."""
        return self.pick(words()[name])

    def few(self, name: str, count: int) -> list[str]:
        """Different words of a list in ``words.json``."""
        return self.some(words()[name], count)

    def person(self) -> Person:
        first, last = self.word("first"), self.word("last")
        name = self.pick((f"{first}.{last}", f"{first[0]}{last}", f"{first}{self.number(1, 99)}", last)).lower()
        host = self.pick(("example.org", "mail.example", "example.com", "post.example", "example.net"))
        return Person(first, last, f"{name}@{host}")

    def people(self, count: int) -> list[str]:
        """Different full names, no first name twice."""
        return [f"{first} {self.word('last')}" for first in self.few("first", count)]

    def phone(self) -> str:
        return f"0{self.number(20, 99)} {self.number(100, 999)} {self.number(1000, 9999)}"

    def code(self) -> str:
        """As order and member numbers look."""
        letters = "".join(self.some("ABCDEFGHKLMNPRSTUVWXYZ", 2))
        return self.pick(
            (
                f"{letters}-{self.number(1000, 9999)}",
                f"{self.number(100000, 999999)}",
                f"{letters}{self.number(10, 99)}",
            )
        )

    def day(self) -> date:
        return FIRST_DAY + timedelta(days=self.number(0, DAYS))

    def price(self, low: int = 3, high: int = 240) -> str:
        return f"{self.number(low, high)}.{self.pick(('00', '50', '90', '95', '99', '20'))}"

    def goods(self, count: int) -> list[str]:
        """Names of different products of one or two kinds, some with a word before."""
        kinds = [g for kind in self.some(sorted(words()["goods"]), 2) for g in words()["goods"][kind]]
        makes = self.few("make", count)
        return [
            f"{make} {thing.lower()}" if self.chance(0.6) else thing
            for make, thing in zip(makes, self.some(kinds, count))
        ]

    def colours(self) -> str:
        """A painted surface, as CSS."""
        hue = self.number(0, 359)
        other = (hue + self.number(20, 90)) % 360
        return f"linear-gradient({self.number(0, 180)}deg, hsl({hue} 45% 70%), hsl({other} 50% 55%))"

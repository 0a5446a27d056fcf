"""Experts that look things up: in a table of labels and values, in a book of pages."""

from __future__ import annotations

from webagent.envs.types import Action

from .moves import click, pick
from .page import Lost, Page
from .typing_text import answer, enter, submit


def cell(page: Page, label: str) -> str:
    """The cell to the right of the one with this label."""
    for row in page.of("row"):
        names = [e.name for e in page.children(row)]
        if label in names[:-1]:
            return names[names.index(label) + 1]
    raise Lost(f"expected a row {label!r}, found none")


def read_table(page: Page) -> Action:
    """The value of one label."""
    return answer(page, cell(page, page.says(r"value of (.+) into the text field")))


def read_table_2(page: Page) -> Action:
    """In each field the value of its own label."""
    fields = page.of("textbox")
    return pick([*(enter(e, cell(page, e.name.strip().rstrip(":"))) for e in fields), submit(page)])


def phone_book(page: Page) -> Action:
    """Turn pages until the person's name is the heading, then click what stands behind the wanted label."""
    goal = page.look(r"Find (.+) in the contact book and click on their (phone|email|address)")
    if page.named(goal[1], "heading"):
        label = page.get(goal[2].capitalize() + ":", "text")
        links = [e for e in page.elements[page.index(label) :] if e.actionable]
        return click(links[0])
    forth, back = page.named(">", "clickable"), page.named("<", "clickable")
    number = _number(page)
    later = [n for n in range(number + 1, 6) if n not in {_number(p) for p in page.past}]
    turn = forth if forth and (later or not back) else back
    return click(page.need(turn, "an arrow to turn pages"))


def _number(page: Page) -> int:
    """The page of the book that is open."""
    return int(next((e.name for e in page.of("clickable") if e.name.isdigit()), "0"))


EXPERTS = {
    "phone-book": phone_book,
    "read-table": read_table,
    "read-table-2": read_table_2,
}

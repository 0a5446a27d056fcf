"""Experts that type into plain text fields: given words, words found on the page, copies, completed items."""

from __future__ import annotations

import re
from datetime import datetime

from webagent.envs.types import Action, Element

from .moves import Move, click, pick
from .page import Lost, Page

FIELDS = ("textbox", "searchbox", "combobox", "spinbutton")


def submit(page: Page, name: str = "Submit") -> Action:
    """Press the button that ends the task."""
    return click(page.get(name, "button"))


def shown(page: Page) -> list[str]:
    """The texts that stand on the page besides the goal and before the first field, in document order."""
    goal = " ".join(page.goal.split())
    before = page.elements[: page.index(page.first(*FIELDS))]
    return [e.name for e in before if e.role == "text" and " ".join(e.name.split()) != goal]


def enter(e: Element, text: str) -> Move:
    """Have exactly this text in a field: typing goes on behind what is there, so a wrong text is cleared first."""
    if e.value == text:
        return None
    return Action("clear", e.ref) if e.value and e.tag != "input:number" else Action("type", e.ref, text=text)


def answer(page: Page, text: str) -> Action:
    """Have the text in the only field, then submit."""
    return enter(page.first(*FIELDS), text) or submit(page)


def secret(e: Element, text: str) -> Move:
    """Have this text in a field that shows dots: only an empty one is seen to lack it."""
    return None if e.value else Action("type", e.ref, text=text)


def enter_text(page: Page) -> Action:
    """The quoted word as it is."""
    return answer(page, page.says(r'Enter "(.*)" into'))


def enter_text_2(page: Page) -> Action:
    """The quoted word in upper or lower case."""
    goal = page.look(r'Type "(.*)" in all (upper|lower) case')
    return answer(page, goal[1].upper() if goal[2] == "upper" else goal[1].lower())


def enter_password(page: Page) -> Action:
    """The same password in every field."""
    password = page.says(r'password "(.*)" into')
    return pick([*(secret(e, password) for e in page.of("textbox")), submit(page)])


def enter_date(page: Page) -> Action:
    """The field takes the date as the goal writes it, and holds it as 2010-05-20."""
    date = page.says(r"Enter (\S+) as the date")
    month, day, year = date.split("/")
    return _timed(page, date, f"{year}-{month}-{day}")


def enter_time(page: Page) -> Action:
    """The field takes the time as the goal writes it, and holds it as 21:37."""
    time = page.says(r"Enter (.+) as the time")
    return _timed(page, time, f"{datetime.strptime(' '.join(time.split()), '%I:%M %p'):%H:%M}")


def _timed(page: Page, words: str, value: str) -> Action:
    field = page.first("textbox")
    return submit(page) if field.value == value else Action("type", field.ref, text=words)


def text_transform(page: Page) -> Action:
    """The letters above the field, without spaces."""
    return answer(page, "".join("".join(shown(page)).split()))


def find_word(page: Page) -> Action:
    """The word of that number in the paragraph, without punctuation."""
    number = int(page.says(r"Find the (\d+)\w\w word"))
    words = " ".join(shown(page)).split()
    if number > len(words):
        raise Lost(f"expected {number} words, found {len(words)}")
    return answer(page, re.sub(r"[^a-zA-Z]", "", words[number - 1]))


def copy_paste(page: Page) -> Action:
    """What stood in the (1st, 2nd, 3rd) text area at first, into the one-line field, spaces at the end included."""
    numbered = re.search(r"from the (\d)\w\w text area", page.goal)
    areas = [e for e in Page(page.seen[:1]).of("textbox") if e.tag == "textarea"]
    text = areas[int(numbered[1]) - 1 if numbered else 0].value
    field = next(e for e in page.of("textbox") if e.tag != "textarea")
    return pick([enter(field, text), submit(page)])


def use_autocomplete(page: Page) -> Action:
    """Type the beginning, click the first suggestion with this beginning and end, submit."""
    start = page.says(r'starts with "(.*?)"')
    found = re.search(r'ends with "(.*?)"', page.goal)
    end = found[1] if found else ""

    def fits(item: str) -> bool:
        return item.startswith(start) and item.endswith(end)

    field = page.first(*FIELDS)
    items = [e for e in page.elements if e.actionable and e.role not in (*FIELDS, "button") and fits(e.name)]
    if items:
        return click(items[0])
    if fits(field.value):
        return submit(page)
    return Action("clear", field.ref) if field.value else Action("type", field.ref, text=start)


EXPERTS = {
    "copy-paste": copy_paste,
    "copy-paste-2": copy_paste,
    "enter-date": enter_date,
    "enter-password": enter_password,
    "enter-text": enter_text,
    "enter-text-2": enter_text_2,
    "enter-text-dynamic": enter_text,
    "enter-time": enter_time,
    "find-word": find_word,
    "text-transform": text_transform,
    "use-autocomplete": use_autocomplete,
    "use-autocomplete-nodelay": use_autocomplete,
}

"""What a page tells: values behind labels and in tables, the greatest of a kind, what stands next to what."""

from __future__ import annotations

import numpy as np

from webagent.envs.types import Action, ActionTree, Element, Observation
from webagent.train.invent import invented
from webagent.train.readings import GREATEST, LEAST, extremes, neighbours, told_values
from webagent.train.rows import Label

READY = ("actionable", "visible")


def rows(*lines: tuple[str, ...], role: str = "cell", table: str = "t0") -> list[Element]:
    """A table's rows, of which the first may have another role."""
    found = [Element(table, "table", "table", "")]
    for n, line in enumerate(lines):
        found.append(Element(f"{table}r{n}", "row", "tr", "", parent=table))
        kind = role if n == 0 else "cell"
        found += [Element(f"{table}r{n}c{k}", kind, "td", text, parent=f"{table}r{n}") for k, text in enumerate(line)]
    return found


def test_rows_of_two_cells_are_labels_and_values() -> None:
    page = rows(("Country", "Chad"), ("City:", "Doba"), ("Note", "one two three four five six"))
    assert told_values(page) == [("Country", "Chad"), ("City", "Doba")]


def test_cells_under_headings_belong_to_their_row() -> None:
    page = rows(("Town", "Schools", "Parks"), ("Ulm", "12", "3"), ("Bonn", "7", "9"), role="columnheader")
    assert told_values(page)[:2] == [("Schools of Ulm", "12"), ("Parks of Ulm", "3")]
    assert len(told_values(page)) == 4


def test_what_is_told_twice_is_not_asked_for() -> None:
    page = [*rows(("Country", "Chad")), *rows(("Country", "Peru"), ("Size", "1")), *rows(("Age", "5"), table="t1")]
    assert told_values(page) == [("Size", "1"), ("Age", "5")]


def test_labels_with_a_colon_on_one_level() -> None:
    label = Element("a", "label", "label", "Duration:", box=(0, 10, 60, 20))
    value = Element("b", "text", "span", "2h 5m", box=(70, 10, 60, 20))
    below = Element("c", "text", "span", "9h", box=(70, 50, 60, 20))
    assert told_values([label, value]) == [("Duration", "2h 5m")]
    assert told_values([label, below]) == []


def test_the_greatest_and_the_least_of_a_kind() -> None:
    names = ("Book for $900", "Book for $74", "Book for $1,344")
    page = [Element(f"e{n}", "button", "button", name) for n, name in enumerate(names)]
    assert extremes(page) == {"e2": GREATEST, "e1": LEAST}
    assert extremes(page[:2]) == {}
    twice = [*page, Element("e3", "button", "button", "Book for $1344")]
    assert extremes(twice) == {"e1": LEAST}
    assert extremes([Element(f"e{n}", "button", "button", f"Q{n}h") for n in range(3)]) == {}


def shop() -> list[Element]:
    found = []
    for n, name in enumerate(("Kettle", "Lamp")):
        found.append(Element(f"t{n}", "text", "div", name, box=(0, 30 * n, 80, 20)))
        found.append(Element(f"b{n}", "button", "button", "Buy", box=(100, 30 * n, 40, 20), states=READY))
    return found


def test_things_of_one_name_are_told_apart_by_what_is_beside_them() -> None:
    page = shop()
    assert neighbours([e for e in page if e.role == "button"], page) == {"b0": "Kettle", "b1": "Lamp"}
    again = [*page, Element("b2", "button", "button", "Buy", box=(150, 0, 40, 20), states=READY)]
    assert neighbours([e for e in again if e.role == "button"], again) == {"b1": "Lamp"}


def test_they_are_asked_for_that_way() -> None:
    field = Element("f", "textbox", "input:text", "Answer", states=(*READY, "editable"), box=(0, 200, 80, 20))
    page = (*shop(), *rows(("Country", "Chad"), ("City", "Doba")), field)
    labels = [Label(Observation("x", tree=ActionTree(page, viewport=(320, 240))), Action("click", "b0"), 1.0)] * 4
    beside, copied = 0, 0
    for seed in range(80):
        for label in invented(labels, ["alpha"], np.random.default_rng(seed)):
            goal, action = label.observation.goal, label.action
            if action == Action("click", "b1") and "Lamp" in goal:
                beside += 1
            if action is not None and action.op == "type" and action.text in ("Chad", "Doba"):
                copied += 1
                assert ("Country" if action.text == "Chad" else "City") in goal and action.target == "f"
    assert beside and copied

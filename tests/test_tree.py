"""Budget, relinking and text form of the tree, without a browser."""

from __future__ import annotations

from webagent.envs.tree import elements_of, relink, render, splice, within_budget
from webagent.envs.types import ActionTree, Element


def row(number: int, role: str, name: str, states: list[str], parent: int = -1) -> list[object]:
    return [number, role, role, name, "", [1, 2, 3, 4], states, parent, None, None, "", "", ""]


def test_rows_become_elements_in_the_coordinates_of_the_page() -> None:
    rows = [row(1, "form", "F", []), row(2, "button", "B", ["visible", "actionable"], 0)]
    owner = Element("e9", "iframe", "iframe", depth=2)
    form, button = elements_of(rows, "f1", (10.0, 20.0, 0.5), owner, covered=True)
    assert (form.ref, form.parent, form.depth) == ("f1e1", "e9", 3)
    assert (button.parent, button.depth) == ("f1e1", 4)
    assert button.box == (10.5, 21.0, 1.5, 2.0)
    assert button.states == ("actionable", "covered", "visible")


def test_what_is_cut_off_for_good_is_left_out_and_its_children_move_up() -> None:
    rows = [row(1, "form", "F", ["lost"]), row(2, "button", "B", ["actionable"], 0)]
    (button,) = elements_of(rows)
    assert (button.ref, button.parent, button.depth) == ("e2", None, 0)


def test_the_budget_keeps_what_can_be_used_and_seen() -> None:
    elements = [
        Element("e1", "list", "ul"),
        Element("e2", "text", "p", parent="e1", depth=1),
        Element("e3", "button", "button", states=("actionable", "visible"), parent="e1", depth=1),
        Element("e4", "button", "button", states=("actionable",), parent="e1", depth=1),
    ]
    kept, dropped = within_budget(elements, 2)
    assert [e.ref for e in kept] == ["e3", "e4"]
    assert dropped == 2
    assert [(e.parent, e.depth) for e in kept] == [(None, 0), (None, 0)]
    assert within_budget(elements, 9) == (elements, 0)


def test_relinking_skips_what_is_gone() -> None:
    chain = [
        Element("a", "x", "x"),
        Element("b", "x", "x", parent="a", depth=1),
        Element("c", "x", "x", parent="b", depth=2),
    ]
    assert [(e.ref, e.parent, e.depth) for e in relink(chain, {"a", "c"})] == [("a", None, 0), ("c", "a", 1)]


def test_a_frame_is_spliced_in_behind_its_element() -> None:
    outer = [Element("e1", "iframe", "iframe"), Element("e2", "button", "button")]
    inner = [Element("f1e1", "link", "a")]
    assert [e.ref for e in splice(outer, "e1", inner)] == ["e1", "f1e1", "e2"]
    assert splice(outer, "gone", inner) == outer


def test_the_tree_as_text() -> None:
    tree = ActionTree(
        (Element("e1", "checkbox", "input", "A", states=("actionable", "checked", "visible")),), dropped=3
    )
    assert render(tree) == "[e1] checkbox 'A' (checked)\n… 3 more elements left out"

"""Tasks of our own: what is asked for fits one element, is done step by step, and ends when all is done."""

from __future__ import annotations

import numpy as np
import pytest

from webagent.envs.types import Action, ActionTree, Element, Observation, Shape
from webagent.train.augment import Augmentation
from webagent.train.invent import ORDER, invented
from webagent.train.rows import Label

READY = ("actionable", "visible")
NAMES = ["alpha", "beta", "gamma"]
GOAL = "Do what the task wants."
PAGE = (
    Element("e0", "text", "p", GOAL),
    Element("e1", "button", "button", "Save", states=READY),
    Element("e2", "button", "button", "Same", states=READY),
    Element("e3", "button", "button", "Same", states=READY),
    Element("e4", "checkbox", "input:checkbox", "Cheese", states=READY),
    Element("e5", "textbox", "input:text", "", context="City:", states=(*READY, "editable")),
    Element("e6", "textbox", "input:text", "Street", states=(*READY, "editable")),
    Element("e7", "button", "button", "Gone", states=(*READY, "disabled")),
    Element("e8", "graphics-symbol", "circle", "", states=READY, shape=Shape("circle", "#ff0000")),
    Element("e9", "graphics-symbol", "rect", "", states=READY, shape=Shape("rect", "#ff0000")),
    Element("e10", "combobox", "select", "Topic", value="Prices", states=READY),
    Element("e11", "option", "option", "Prices", states=("actionable", "selected"), parent="e10"),
    Element("e12", "option", "option", "Delivery", states=("actionable",), parent="e10"),
)


def labels(count: int = 4) -> list[Label]:
    seen = Observation(GOAL, tree=ActionTree(PAGE, viewport=(320, 240)))
    return [Label(seen, Action("click", "e1"), 1.0)] * count


@pytest.mark.parametrize("seed", range(40))
def test_what_is_asked_for_is_done(seed: int) -> None:
    made = invented(labels(), NAMES, np.random.default_rng(seed))
    goal = made[0].observation.goal
    assert goal != GOAL and made[-1].action == Action("done") and 2 <= len(made) <= 4
    by_ref = made[0].observation.tree.by_ref
    for label, before in zip(made, [None, *made]):
        assert label.observation.goal == goal and label.outcome is None
        assert label.last == (before.action if before else None)
        shown = [e.name for e in label.observation.tree.elements if e.role == "text"]
        assert shown in ([goal], [])
    for label in made[:-1]:
        assert label.action is not None and label.action.target is not None
        target = by_ref[label.action.target]
        assert not target.has("disabled")
        said = [
            target.name,
            target.context.strip(":"),
            *ORDER,
            "the checkbox",
            "the box",
            "the list",
            "the dropdown",
            "red circle",
            "red rectangle",
        ]
        assert any(part and part in goal for part in said)
        if target.name == "Same":
            assert any(word in goal for word in ("second", "2nd", "third", "3rd"))
        if label.action.op in ("type", "select"):
            assert label.action.text and label.action.text in goal


def test_the_page_shows_what_was_done() -> None:
    ops = set()
    for seed in range(60):
        made = invented(labels(), NAMES, np.random.default_rng(seed))
        for label in made[:-1]:
            assert label.action is not None and label.action.target is not None
            ops.add(label.action.op)
            last = made[-1].observation.tree.by_ref[label.action.target]
            if label.action.op == "type":
                assert last.value == label.action.text
            elif label.action.op == "select":
                assert (last.value, label.action.text) == ("Delivery", "Delivery")
                options = [e for e in made[-1].observation.tree.elements if e.parent == last.ref]
                assert [e.has("selected") for e in options] == [False, True]
            elif last.role == "checkbox":
                assert last.has("checked")
    assert ops == {"click", "type", "select"}


def test_no_more_steps_than_there_were() -> None:
    for seed in range(20):
        made = invented(labels(1), NAMES, np.random.default_rng(seed))
        assert len(made) == 1 and made[0].action is not None and made[0].action.op in ("click", "type", "select")


def test_where_nothing_can_be_asked_for_the_episode_stays() -> None:
    bare = [Label(Observation("x", tree=ActionTree((PAGE[0],))), Action("wait"))]
    assert invented(bare, NAMES, np.random.default_rng(0)) is bare


def test_it_is_a_part_of_the_augmentation() -> None:
    augment = Augmentation(NAMES, chances=(0.0,) * 5, own=0.5)
    rng = np.random.default_rng(0)
    goals = [augment(labels(), rng)[0].observation.goal for _ in range(200)]
    assert 60 < sum(goal == GOAL for goal in goals) < 140

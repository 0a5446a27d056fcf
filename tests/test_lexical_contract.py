"""What holds for the lexical policy on any tree: sound proposals, the same twice, in milliseconds. No browser."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from webagent.agents.lexical import make_agent
from webagent.envs.types import STATES, ActionTree, Element, Observation, Shape, Task

WORDS = "Save cancel ok name email date 1 2 10/12/2024 red next > Blue mug Add to cart $12 3h x ♥ password".split()
ROLES = "button link textbox combobox checkbox radio tab option slider listbox switch clickable".split()
ROLES += ["text", "label", "heading", "cell", "row", "table", "dialog", "canvas"]
GOALS = [
    "Select all the shades of red and press Submit.", "Book the cheapest flight from: A to: B on 10/01/2016.",
    "Drag all circles into the left box, and everything else into the right box.", "How many red items are there?",
    'Enter an item that starts with "Ca" and ends with "da".', "Set the sliders to the combination [1,2,3] and submit.",
    "Scroll to the bottom and click the 2nd link", "Open File > Export > PDF", "Rate it 4 stars, then log out",
    "Find the 4th word in the paragraph and type it into the textbox", "?!", "Reply to Ann with \"hi\"",
]  # fmt: skip


def random_tree(rng: np.random.Generator, size: int) -> ActionTree:
    elements: list[Element] = []
    for i in range(size):
        parent = f"e{rng.integers(i)}" if i and rng.random() < 0.6 else None
        name = " ".join(rng.choice(WORDS, rng.integers(0, 4)))
        states = {str(s) for s in rng.choice(STATES, 3)} | ({"actionable"} if rng.random() < 0.6 else set())
        box = tuple(float(v) for v in rng.integers(0, 200, 4))
        shape = Shape("circle", "#ff0000") if rng.random() < 0.2 else None
        role = str(rng.choice(ROLES))
        elements.append(Element(f"e{i}", role, "div", name, "", box, tuple(states), parent, shape=shape))
    return ActionTree(tuple(elements), viewport=(200, 200))


@pytest.mark.parametrize("goal", GOALS)
def test_any_tree_gets_a_sound_proposal(goal):
    rng = np.random.default_rng(7)
    agent = make_agent(Task("t", goal, ""), rng)
    for number, size in enumerate((0, 1, 40, 3, 90, 40)):
        error = "ElementGone: gone" if number == 2 else ""
        observation = Observation(goal=goal, url=f"u{number // 3}", tree=random_tree(rng, size), last_error=error)
        proposal = agent(observation)
        assert math.isclose(sum(math.exp(p) for p in proposal.logprobs), 1.0, abs_tol=1e-6)
        assert len(proposal.why) == len(proposal.actions) and max(proposal.logprobs) == proposal.logprobs[0]
        assert proposal.confidence is not None and 0 <= proposal.confidence <= 1
        assert all(a.target is None or a.target in observation.tree.by_ref for a in proposal.actions)


def test_same_page_same_proposal():
    def first() -> object:
        tree = random_tree(np.random.default_rng(3), 60)
        return make_agent(Task("t", GOALS[0], ""), np.random.default_rng(9))(Observation(goal=GOALS[0], tree=tree))

    assert first() == first()


def test_a_decision_on_a_full_tree_takes_milliseconds():
    rng = np.random.default_rng(5)
    took = []
    for goal in GOALS:
        agent = make_agent(Task("t", goal, ""), rng)
        observation = Observation(goal=goal, tree=random_tree(rng, 400))
        start = time.perf_counter()
        agent(observation)
        took.append(time.perf_counter() - start)
    assert sorted(took)[len(took) // 2] < 0.010

"""The random policy and the names of policies."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter

import numpy as np
import pytest

from webagent.agents import POLICIES, make_policy
from webagent.agents.random import make_agent
from webagent.envs.errors import UnknownName
from webagent.envs.types import Action, ActionTree, Element, Observation, Proposal, Task
from webagent.words import clean, describe_action

ON = ("actionable", "visible")
TREE = ActionTree(
    (
        Element("t", "text", "p", "Read me"),
        Element("b", "button", "button", "Go", states=ON),
        Element("d", "button", "button", "Off", states=(*ON, "disabled")),
        Element("c", "button", "button", "Under", states=(*ON, "covered")),
        Element("i", "textbox", "input", "Name", states=(*ON, "editable")),
        Element("r", "textbox", "input", "Fixed", states=(*ON, "editable", "readonly")),
        Element("s", "combobox", "select", "Colour", states=ON),
        Element("o", "option", "option", "Red", states=ON, parent="s"),
        Element("p", "option", "option", "Blue", states=ON, parent="s"),
        Element("l", "region", "div", "List", states=("visible", "scrollable"), scroll=(0, 0, 0, 90)),
    ),
    scroll=(0, 0, 0, 500),
)
TASK = Task("t", "Type \"Ann Lee\" or 'Bo' and don't stop", "http://a.test/")


def first_choices(seed: int, count: int, tree: ActionTree = TREE) -> list[Action]:
    propose = make_agent(TASK, np.random.default_rng(seed))
    return [propose(Observation(tree=tree)).actions[0] for _ in range(count)]


def test_every_sensible_thing_is_as_likely_and_nothing_else_is_done() -> None:
    counts = Counter(map(str, first_choices(0, 5000)))
    assert set(counts) == {
        "click b", "type i 'Ann Lee'", "type i 'Bo'", "click r", "select s 'Red'", "select s 'Blue'",
        "scroll l 'down'", "scroll l 'up'", "scroll 'down'", "scroll 'up'",
    }  # fmt: skip
    assert max(counts.values()) < 1.25 * min(counts.values())


def test_the_same_seed_does_the_same() -> None:
    assert first_choices(3, 20) == first_choices(3, 20)
    assert first_choices(3, 20) != first_choices(4, 20)


def test_an_empty_page_is_waited_for() -> None:
    assert first_choices(0, 1, ActionTree()) == [Action("wait")]


def test_a_goal_without_quotes_lends_its_words() -> None:
    propose = make_agent(Task("t", "write to a.b@c.org", "u"), np.random.default_rng(0))
    tree = ActionTree((TREE.find("i"),))
    seen = {propose(Observation(tree=tree)).actions[0].text for _ in range(100)}
    assert seen == {"write", "to", "a.b@c.org"}


@pytest.mark.parametrize("name", POLICIES)
def test_every_policy_proposes(name: str) -> None:
    task = dataclasses.replace(TASK, id="miniwob.click-test") if name == "expert" else TASK
    propose = make_policy(name)(task, np.random.default_rng(0))
    proposal = propose(Observation(goal=TASK.goal, tree=TREE))
    assert isinstance(proposal, Proposal)
    assert sum(math.exp(p) for p in proposal.logprobs) <= 1 + 1e-6
    assert len(proposal.why) in (0, len(proposal.actions))


def test_an_unknown_policy_is_offered_its_like() -> None:
    with pytest.raises(UnknownName) as unknown:
        make_policy("lexicl")
    assert (str(unknown.value), unknown.value.hint) == ("unknown policy 'lexicl'", "did you mean 'lexical'?")


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (Action("click", "b", point=(0.5, 0.25)), 'click "Go" (button) at 50%, 25%'),
        (Action("dblclick", "b"), 'double-click "Go" (button)'),
        (Action("type", "i", "a\nb"), 'type "a b" into "Name" (textbox)'),
        (Action("press", text="Enter"), "press Enter"),
        (Action("press", "i", "Enter"), 'press Enter in "Name" (textbox)'),
        (Action("scroll", text="down"), "scroll down"),
        (Action("drag", "o", "p"), 'drag "Red" (option) onto "Blue" (option)'),
        (Action("goto", text="http://a.test/"), "go to http://a.test/"),
        (Action("switch_tab", text="1"), "switch to tab 1"),
        (Action("new_tab"), "new tab"),
        (Action("give_up", text="no"), "give up: no"),
        (Action("done"), "done"),
        (Action("click", "gone"), "click [gone]"),
    ],
)
def test_actions_in_words(action: Action, words: str) -> None:
    assert describe_action(action, TREE) == words


def test_words_from_pages_are_cut_and_cleaned() -> None:
    assert clean("a\x00\x1b[31m\u202eb\u200b  c\n") == "a [31m b c"
    assert clean("x" * 100, 10) == "x" * 9 + "…"
    assert clean("\U0001f600" * 3) == "\U0001f600" * 3

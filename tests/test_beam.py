"""Several candidate actions of the network: different, likeliest first, with the probabilities that decoding gives."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from webagent.agents import make_foresight
from webagent.agents.trained import foresight_of
from webagent.envs.types import Action, ActionTree, Element, Observation, Proposal, Task
from webagent.models.beam import alternatives
from webagent.models.checkpoint import Policy
from webagent.models.config import PolicyConfig
from webagent.models.decode import decide
from webagent.models.network import PolicyNet
from webagent.models.segment import read_observation
from webagent.models.words import Words, train_tokenizer

NAMES = ["Submit", "Cancel", "Send it", "Next page"]
SHIPPED = make_foresight("default")


def page(goal: str) -> Observation:
    buttons = [
        Element(f"e{n}", "button", "button", name, states=("actionable", "visible"), box=(5.0, 20.0 * n, 60.0, 15.0))
        for n, name in enumerate(NAMES)
    ]
    box = (100.0, 5.0, 80.0, 20.0)
    field = Element("f", "textbox", "input:text", "Name", states=("actionable", "visible", "editable"), box=box)
    return Observation(goal, "http://127.0.0.1/", "A page", tree=ActionTree((*buttons, field), viewport=(320, 240)))


@pytest.fixture(params=("xl", "infini"))
def policy(request: pytest.FixtureRequest) -> Policy:
    torch.manual_seed(1)
    words = Words(train_tokenizer([*NAMES, "Click on the button", "Type into the field"] * 3, 400))
    shape = {"vocabulary": 400, "memory": request.param, "window": 3, "text_tokens": 6}
    return Policy(PolicyNet(PolicyConfig.of_size("tiny", **shape)).eval(), words, {})


def test_candidates_are_different_ordered_and_likely_together(policy: Policy) -> None:
    seen = page("Click on Submit")
    segment = read_observation(seen, policy.words, policy.config, None)
    for few in (1, 5):
        found, _ = alternatives(policy.net, segment, policy.net.trunk.empty(1), policy.words, few)
        actions = [d.action for d in found]
        assert 0 < len(found) <= few and None not in actions and len(set(actions)) == len(actions)
        logs = [d.logprob for d in found]
        assert logs == sorted(logs, reverse=True) and sum(map(math.exp, logs)) <= 1 + 1e-5
        assert -1 <= found[0].value <= 1


def test_a_beam_of_one_decides_as_decoding_does(policy: Policy) -> None:
    segment = read_observation(page("Type Submit into the field"), policy.words, policy.config, None)
    memory = policy.net.trunk.empty(1)
    (alone,), after = decide(policy.net, [segment], memory, policy.words)
    found, kept = alternatives(policy.net, segment, memory, policy.words, 1)
    if found:
        assert found[0].choices == alone.choices and found[0].value == pytest.approx(alone.value, abs=1e-5)
        assert found[0].logprob <= alone.logprob + 1e-4, "how a point was found counts, too"
    for mine, theirs in zip(vars(kept).values(), vars(after).values()):
        assert torch.equal(mine, theirs)


def test_what_is_foreseen_depends_on_the_way_there(policy: Policy) -> None:
    foresee = foresight_of(policy, few=4)
    first, second = page("Click on Submit"), page("Click on Cancel")
    click = Action("click", "e0")
    alone = foresee((), second)
    behind = foresee([(first, click)], second)
    assert behind == foresight_of(policy, few=4)([(first, click)], second), "asked at once or step by step"
    assert alone != behind
    assert foresee((), second) == alone


def test_the_shipped_policy_knows_its_alternatives() -> None:
    found = SHIPPED(Task("t", "", ""), 0)((), page('Enter "Ann" into the field and press Submit.'))
    assert isinstance(found, Proposal) and found.value is not None
    assert found.actions[0] == Action("type", "f", "Ann")
    assert len(found.actions) == len(set(found.actions)) >= 5
    assert {a.op for a in found.actions} - {"type"}, "other ops, too"
    assert sum(map(math.exp, found.logprobs)) <= 1 + 1e-5


@pytest.mark.parametrize("name", ["lexical", "random", "lexical>default"])
def test_other_policies_say_what_they_say_anyway(name: str) -> None:
    seen = page('Press "Cancel"')
    foresee = make_foresight(name)(Task("t", seen.goal, ""), 3)
    past = [(seen, Action("click", "e1"))]
    assert foresee(past, seen) == foresee(past, seen), "no state is kept"
    assert foresee((), seen).actions
    assert np.isfinite(foresee((), seen).logprobs).all()

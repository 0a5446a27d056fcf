"""An agent answers whatever it is shown: an action of the closed set, on something that is there."""

from __future__ import annotations

import copy
import time
from collections import Counter

import pytest
import torch
from test_segment import AWKWARD

from webagent.agents.trained import AGAIN, agent_of
from webagent.envs.types import OPS, Action, ActionTree, Element, Observation
from webagent.models.checkpoint import Policy
from webagent.models.config import MEMORIES, PolicyConfig
from webagent.models.network import PolicyNet
from webagent.models.words import Words, train_tokenizer


@pytest.fixture(scope="module", params=MEMORIES)
def policy(request: pytest.FixtureRequest) -> Policy:
    words = Words(train_tokenizer(["Click the Submit button, please", "0123456789"] * 3, 400))
    torch.manual_seed(0)
    config = PolicyConfig.of_size("tiny", vocabulary=words.tokenizer.get_vocab_size(), memory=request.param)
    return Policy(PolicyNet(config).eval(), words, {})


def answered(policy: Policy, seen: Observation, looks: int = 3) -> None:
    agent = agent_of(policy)
    for _ in range(looks):
        proposal = agent(seen)
        assert all(
            isinstance(a, Action) and (a.target is None or a.target in seen.tree.by_ref) for a in proposal.actions
        )
        assert proposal.confidence is not None and 0 <= proposal.confidence <= 1
        assert proposal.value is not None and -1 <= proposal.value <= 1
        assert all(p <= 0 for p in proposal.logprobs)


@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_observations_get_an_answer(policy: Policy, name: str) -> None:
    answered(policy, AWKWARD[name])


@pytest.mark.parametrize(
    "goal",
    ["x" * 10_000, "click the submit button " * 400, "اضغط على الزر " * 300, "", "\u202e\u0000\u2028"],
    ids=["a word", "long", "arabic", "empty", "signs"],
)
def test_any_goal_gets_an_answer(policy: Policy, goal: str) -> None:
    states = ("actionable", "visible")
    answered(policy, Observation(goal, tree=ActionTree((Element("e1", "button", "button", "Submit", states=states),))))


def test_a_page_of_fifty_thousand_elements_gets_an_answer_in_time(policy: Policy) -> None:
    many = tuple(
        Element(f"e{n}", "link", "a", f"link {n}", box=(0.0, 20.0 * n, 80.0, 18.0), states=("actionable",))
        for n in range(50_000)
    )
    started = time.perf_counter()
    answered(policy, Observation("Click link 40000", tree=ActionTree(many, viewport=(1280, 720))), looks=1)
    assert time.perf_counter() - started < 15


def test_an_agent_does_not_go_in_circles(policy: Policy) -> None:
    """One that only wants to click, on a page that never changes: each button twice, then another one."""
    stubborn = Policy(copy.deepcopy(policy.net), policy.words, {})
    with torch.no_grad():
        stubborn.net.op.bias[OPS.index("click")] += 50
        stubborn.net.use_point[-1].bias[0] += 50  # anywhere on it
    agent = agent_of(stubborn)
    buttons = tuple(
        Element(f"e{n}", "button", "button", name, box=(10.0, 30.0 * n, 80.0, 20.0), states=("actionable", "visible"))
        for n, name in enumerate(("Submit", "Send", "Help"))
    )
    seen = Observation("Click on Submit", tree=ActionTree(buttons, viewport=(160, 210)))
    targets = [(agent(seen).actions[0]).target for _ in range(6)]
    assert Counter(targets) == {"e0": AGAIN, "e1": AGAIN, "e2": AGAIN}, targets
    assert targets[0] == targets[1] != targets[2]

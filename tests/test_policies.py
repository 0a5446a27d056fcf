"""Policies by name: cascades that climb, and local language models."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from webagent.agents import make_policy
from webagent.agents.cascade import Rung, abstains, cascade
from webagent.envs.errors import DataDamaged, UnknownName, UsageError
from webagent.envs.types import Action, ActionTree, Element, Observation, Proposal, Task
from webagent.models.words import train_tokenizer

TASK = Task("t", 'Press "Go"', "")
TREE = ActionTree(
    tuple(
        Element(f"e{n}", "button", "button", name, box=(5, 30 * n, 60, 20), states=("actionable", "visible"))
        for n, name in enumerate(("Go", "Stop", "Wait"))
    ),
    viewport=(320, 240),
)
SEEN = Observation(TASK.goal, "http://127.0.0.1/", "A page", tree=TREE)


def says(name: str, *sure: float | None, asked: list[str] | None = None) -> Callable[..., Callable[..., Proposal]]:
    """A policy that clicks ``name``, as sure as told at each step."""

    def make_agent(task: Task, rng: np.random.Generator) -> Callable[[Observation], Proposal]:
        left = iter(sure)

        def propose(observation: Observation) -> Proposal:
            if asked is not None:
                asked.append(name)
            return Proposal((Action("click", name),), (-0.1,), confidence=next(left))

        return propose

    return make_agent


def played(rungs: list[Rung], steps: int) -> list[str | None]:
    propose = cascade(rungs)(TASK, np.random.default_rng(0))
    found = (propose(SEEN) for _ in range(steps))
    return [p.actions[0].target for p in found if isinstance(p, Proposal)]


def test_a_sure_policy_is_left_to_itself() -> None:
    asked: list[str] = []
    rungs = [Rung("a", says("a", 0.9, 0.8, 0.5)), Rung("b", says("b", asked=asked))]
    assert played(rungs, 3) == ["a", "a", "a"] and asked == []


def test_an_unsure_one_is_climbed_over_for_good() -> None:
    rungs = [Rung("a", says("a", 0.9, 0.2)), Rung("b", says("b", 0.9, 0.9)), Rung("c", says("c"))]
    assert played(rungs, 3) == ["a", "b", "b"]


def test_the_last_rung_never_abstains_and_several_can_be_climbed_at_once() -> None:
    rungs = [Rung("a", says("a", 0.1)), Rung("b", says("b", 0.1)), Rung("c", says("c", 0.0, 0.0))]
    assert played(rungs, 2) == ["c", "c"]


def test_who_abstains() -> None:
    sure = Proposal((Action("click", "e1"),), (0.0,), confidence=0.7)
    assert not abstains(sure, 0.5) and abstains(sure, 0.8)
    assert abstains(Proposal((Action("give_up", text="?"),), (0.0,), confidence=1.0), 0.0)
    assert not abstains(Proposal((Action("wait"),), (0.0,)), 0.9), "one that cannot tell how sure it is goes on"


def test_a_cascade_is_named_by_its_rungs() -> None:
    proposal = make_policy("lexical > random")(TASK, np.random.default_rng(0))(SEEN)
    assert isinstance(proposal, Proposal) and proposal.actions[0] == Action("click", "e0")
    with pytest.raises(UnknownName, match="'lexcal'"):
        make_policy("random>lexcal")


@pytest.mark.parametrize(("name", "climbs"), [("lexical@0.7>random", True), ("lexical@0.5>random", False)])
def test_how_sure_a_rung_must_be_can_be_said(name: str, climbs: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for one in ("lexical", "random"):
        monkeypatch.setattr(f"webagent.agents.{one}.make_agent", says(one, 0.6))
    proposal = make_policy(name)(TASK, np.random.default_rng(0))(SEEN)
    assert isinstance(proposal, Proposal) and (proposal.actions[0].target == "random") == climbs


@pytest.mark.parametrize("name", ["lexical@7>random", "lexical@x>random", "@0.5>random"])
def test_no_other_sureness_is_understood(name: str) -> None:
    with pytest.raises(UnknownName):
        make_policy(name)


@pytest.fixture(scope="module")
def language_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny causal language model with random weights."""
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("model")
    core = train_tokenizer(["click e0 e1 e2 type the goal page button"] * 4, 400)
    PreTrainedTokenizerFast(tokenizer_object=core, pad_token="<pad>", eos_token="<end>").save_pretrained(folder)
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    LlamaForCausalLM(LlamaConfig(vocab_size=400, max_position_embeddings=512, **sizes)).eval().save_pretrained(folder)
    return folder


def test_a_language_model_is_a_policy(language_model: Path) -> None:
    make_agent = make_policy(f"hf:{language_model}")
    found = [make_agent(TASK, np.random.default_rng(0))(SEEN) for _ in range(2)]
    for proposal in found:
        assert isinstance(proposal, Proposal)
        assert {a.target for a in proposal.actions if a.op == "click"} <= {"e0", "e1", "e2"}
        assert sum(map(math.exp, proposal.logprobs)) <= 1 + 1e-5
        assert list(proposal.logprobs) == sorted(proposal.logprobs, reverse=True)
    assert found[0] == found[1]


def test_continuations_are_ranked_as_the_model_itself_would(language_model: Path) -> None:
    import torch

    from webagent.models.language_model import LanguageModel

    model = LanguageModel(language_model)
    prompt, answers = "the goal page " * 30, [" click e1\n", " e2\n", " type the goal\n"]
    ranked = model.rank(prompt, answers)
    for answer, score in zip(answers, ranked):
        head, tail = (model.tokenizer(text)["input_ids"] for text in (prompt, answer))
        with torch.inference_mode():
            logs = torch.log_softmax(model.model(torch.tensor([head + tail])).logits[0].float(), -1)
        alone = sum(float(logs[len(head) + k - 1, token]) for k, token in enumerate(tail))
        assert score == pytest.approx(alone, abs=1e-3)


def test_a_long_page_is_cut_to_what_the_model_can_read(language_model: Path) -> None:
    from webagent.models.language_model import LanguageModel

    scores = LanguageModel(language_model).rank("button " * 5000, [" click e1\n"] * 20)
    assert len(scores) == 20 and all(np.isfinite(scores)) and max(scores) == pytest.approx(min(scores), abs=1e-4)


def test_what_is_no_language_model_is_told(tmp_path: Path, language_model: Path) -> None:
    with pytest.raises(UsageError, match="expected a language model's folder"):
        make_policy(f"hf:{tmp_path / 'nothing'}")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(DataDamaged, match="no causal language model"):
        make_policy(f"hf:{tmp_path}")

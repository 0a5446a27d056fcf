"""A policy on disk: saved, loaded with and without transformers, refused where it is broken."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from webagent.envs.errors import DataDamaged, UsageError, WebAgentError
from webagent.envs.types import Action, ActionTree, Element, Observation
from webagent.models.batch import collate
from webagent.models.checkpoint import CONFIG, TOKENIZER, WEIGHTS, Policy, load_policy, save_policy
from webagent.models.config import PolicyConfig
from webagent.models.decode import decide
from webagent.models.network import PolicyNet
from webagent.models.segment import read_observation
from webagent.models.words import Words, train_tokenizer

SEEN = Observation(
    "Click on Submit",
    tree=ActionTree(
        (Element("e1", "button", "button", "Submit"), Element("e2", "button", "button", "No")), viewport=(9, 9)
    ),
)


@pytest.fixture
def policy() -> Policy:
    torch.manual_seed(5)
    words = Words(train_tokenizer(["Click on Submit", "No"] * 3, 300))
    return Policy(PolicyNet(PolicyConfig.of_size("tiny", vocabulary=300)).eval(), words, {"temperature": 1.25})


def scores(policy: Policy) -> torch.Tensor:
    batch = collate([read_observation(SEEN, policy.words, policy.config)])
    with torch.inference_mode():
        return policy.net.op(policy.net.read(batch, policy.net.trunk.empty(1)).start)


def test_saved_and_loaded_it_says_the_same(policy: Policy, tmp_path: Path) -> None:
    save_policy(tmp_path, policy)
    again = load_policy(tmp_path)
    assert torch.equal(scores(policy), scores(again)) and again.config == policy.config
    assert again.about["temperature"] == 1.25
    segment = read_observation(SEEN, again.words, again.config)
    a, b = (decide(p.net, [segment], p.net.trunk.empty(1), p.words)[0] for p in (policy, again))
    assert a == b and isinstance(a[0].action, Action | None)


def test_loading_draws_nothing_and_is_light(policy: Policy, tmp_path: Path) -> None:
    save_policy(tmp_path, policy)
    code = (
        "import sys, torch\nfrom webagent.models.checkpoint import load_policy\n"
        f"before = torch.get_rng_state()\nload_policy({str(tmp_path)!r})\n"
        "print(torch.equal(before, torch.get_rng_state()), 'torch._dynamo' in sys.modules)"
    )
    line = [sys.executable, "-P", "-c", code]
    done = subprocess.run(line, capture_output=True, text=True, timeout=120, check=True, cwd=tmp_path)
    assert done.stdout.split() == ["True", "False"]


def test_half_precision_is_kept_in_the_file_only(policy: Policy, tmp_path: Path) -> None:
    save_policy(tmp_path / "whole", policy)
    save_policy(tmp_path / "half", policy, torch.bfloat16)
    sizes = [(tmp_path / name / WEIGHTS).stat().st_size for name in ("whole", "half")]
    assert sizes[1] < 0.65 * sizes[0]  # points stay whole
    again = load_policy(tmp_path / "half")
    assert next(again.net.parameters()).dtype == torch.float32
    torch.testing.assert_close(scores(policy), scores(again), rtol=0.05, atol=0.05)


def test_transformers_reads_and_writes_the_same_files(policy: Policy, tmp_path: Path) -> None:
    from transformers import AutoModel, AutoTokenizer, PreTrainedTokenizerFast

    from webagent.models.hub import WebAgentPolicy

    save_policy(tmp_path / "ours", policy)
    model = WebAgentPolicy.from_pretrained(tmp_path / "ours").eval()
    batch = collate([read_observation(SEEN, policy.words, policy.config)])
    with torch.inference_mode():
        torch.testing.assert_close(model(batch), scores(policy), rtol=1e-6, atol=1e-6)  # as it lies in the mapped file
    model.save_pretrained(tmp_path / "theirs")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "ours")
    assert isinstance(tokenizer, PreTrainedTokenizerFast)
    tokenizer.save_pretrained(tmp_path / "theirs")
    assert torch.equal(scores(load_policy(tmp_path / "theirs")), scores(policy))
    assert tokenizer("Click No")["input_ids"] == list(policy.words.read("Click No")[0])
    assert tokenizer.decode(tokenizer("Click No")["input_ids"]) == "Click No"
    assert isinstance(AutoModel.from_pretrained(tmp_path / "theirs"), WebAgentPolicy)


def broken(folder: Path, how: str) -> None:
    config = json.loads((folder / CONFIG).read_text())
    weights = folder / WEIGHTS
    if how == "no weights":
        weights.unlink()
    elif how == "cut weights":
        weights.write_bytes(weights.read_bytes()[:-50])
    elif how == "no tokenizer":
        (folder / TOKENIZER).unlink()
    elif how == "bad tokenizer":
        (folder / TOKENIZER).write_text("{}")
    elif how == "bad config":
        (folder / CONFIG).write_text("{")
    elif how == "other model":
        (folder / CONFIG).write_text(json.dumps({**config, "model_type": "gpt2"}))
    elif how == "other version":
        (folder / CONFIG).write_text(json.dumps({**config, "version": 99}))
    elif how == "field missing":
        (folder / CONFIG).write_text(json.dumps({k: v for k, v in config.items() if k != "width"}))
    else:
        (folder / CONFIG).write_text(json.dumps({**config, "layers": 3}))


@pytest.mark.parametrize(
    "how",
    ["no weights", "cut weights", "no tokenizer", "bad tokenizer", "bad config", "other model", "other version",
     "field missing", "other size"],
)  # fmt: skip
def test_a_broken_policy_is_one_clear_error(policy: Policy, tmp_path: Path, how: str) -> None:
    save_policy(tmp_path, policy)
    broken(tmp_path, how)
    with pytest.raises(WebAgentError) as told:
        load_policy(tmp_path)
    assert ("\n" not in str(told.value) and str(tmp_path) in str(told.value)) or how == "field missing"
    assert isinstance(told.value, DataDamaged | UsageError)


def test_a_folder_without_a_policy_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected a policy's folder"):
        load_policy(tmp_path / "nothing")


def test_acting_does_not_load_transformers(policy: Policy, tmp_path: Path) -> None:
    save_policy(tmp_path, policy)
    code = (
        "import sys; from webagent.models.checkpoint import load_policy; from webagent.models.decode import decide;"
        f"load_policy({str(tmp_path)!r}); print('transformers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "False"


def test_unknown_sizes_and_memories_are_told() -> None:
    with pytest.raises(UsageError, match="unknown size 'huge'"):
        PolicyConfig.of_size("huge")
    with pytest.raises(UsageError, match="unknown memory"):
        PolicyConfig(memory="lstm")
    with pytest.raises(UsageError, match="multiple"):
        PolicyConfig(width=100, heads=6)

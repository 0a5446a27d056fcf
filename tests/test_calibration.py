"""How sure a policy may be: the curve is found again, errors are counted as they are, and a checkpoint remembers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from webagent import cli
from webagent.agents import make_policy
from webagent.agents.trained import policy_in
from webagent.envs.types import Action
from webagent.models.checkpoint import Policy, load_policy, save_policy, tell
from webagent.models.config import PolicyConfig
from webagent.models.network import PolicyNet
from webagent.models.words import Words, train_tokenizer
from webagent.train.calibration import Judged, abstaining, calibration_error, fit, same, sure, surveyed


def drawn(slope: float, offset: float, count: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    odds = rng.normal(2, 3, count)
    return odds, rng.random(count) < sure(odds, slope, offset)


@pytest.mark.parametrize(("slope", "offset"), [(1.0, 0.0), (0.4, -0.5), (2.0, 1.0)])
def test_the_curve_is_found_again(slope: float, offset: float) -> None:
    odds, right = drawn(slope, offset)
    found = fit(odds, right)
    assert found == pytest.approx((slope, offset), abs=0.1)
    assert calibration_error(sure(odds, *found), right) < 0.02


def test_a_policy_that_is_too_sure_has_an_error() -> None:
    odds, right = drawn(0.4, -0.5)
    assert calibration_error(sure(odds, 1.0, 0.0), right) > 0.1
    assert calibration_error(np.array([0.9, 0.9, 0.9, 0.9]), np.array([True, True, True, False])) == pytest.approx(0.15)


@pytest.mark.parametrize("right", [[True] * 20, [False] * 20])
def test_all_right_or_all_wrong_ends_in_a_finite_curve(right: list[bool]) -> None:
    slope, offset = fit(np.linspace(-3, 3, 20), np.array(right))
    assert np.isfinite([slope, offset]).all()
    middle = float(sure(np.zeros(1), slope, offset)[0])
    assert (middle > 0.8) is right[0] and (middle < 0.2) is not right[0]


def test_the_least_sure_abstain() -> None:
    confidence, right = np.linspace(0, 1, 100), np.arange(100) >= 20
    found = abstaining(confidence, right, 0.1)
    assert found["errors"] == pytest.approx(0.2) and found["errors_when_abstaining"] == pytest.approx(10 / 90)
    assert (confidence < found["below"]).sum() == 10
    assert abstaining(confidence, right, 0.0)["errors_when_abstaining"] == pytest.approx(0.2)


def test_an_episode_is_as_sure_as_its_least_sure_decision() -> None:
    judged = Judged(
        np.array([3.0, -3.0, 3.0, 3.0]), np.array([True, False, True, True]), np.array([0, 0, 1, 1]),
        np.array([False, True]),
    )  # fmt: skip
    found = surveyed(judged, 1.0, 0.0, share=0.5)
    assert found["of_episodes"]["errors"] == 0.5 and found["of_episodes"]["errors_when_abstaining"] == 0.0


@pytest.mark.parametrize(
    ("a", "b", "alike"),
    [
        (Action("click", "e1"), Action("click", "e1", point=(0.55, 0.5)), True),
        (Action("click", "e1"), Action("click", "e1", point=(0.75, 0.5)), False),
        (Action("click", "e1"), Action("click", "e2"), False),
        (Action("type", "e1", "a"), Action("type", "e1", "b"), False),
        (Action("drag", "e1", point=(0.5, 0.5, 2.0, 0.5)), Action("drag", "e1", point=(2.0, 0.52)), True),
    ],
)
def test_what_counts_as_the_same(a: Action, b: Action, alike: bool) -> None:
    assert same(a, b) is alike


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    words = Words(train_tokenizer(["Click the button"] * 3, 300))
    torch.manual_seed(0)
    net = PolicyNet(PolicyConfig.of_size("tiny", vocabulary=words.tokenizer.get_vocab_size()))
    save_policy(tmp_path / "policy", Policy(net.eval(), words, {}))
    return tmp_path / "policy"


def test_a_checkpoint_remembers_its_curve(folder: Path) -> None:
    weights = load_policy(folder).net.state_dict()
    tell(folder, {"calibration": [0.5, 0.1], "threshold": 0.25})
    again = load_policy(folder)
    assert again.about["calibration"] == [0.5, 0.1]
    assert all(torch.equal(weights[name], w) for name, w in again.net.state_dict().items())
    assert callable(make_policy(f"{folder}>lexical"))


def call(*args: str) -> int | str | None:
    with pytest.raises(SystemExit) as end:
        cli.main(args)
    return end.value.code


def test_a_policy_is_calibrated_by_playing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["train", "calibrate", "--policy", str(folder), "--tasks", "click-test", "--episodes", "6", "--json"]
    assert call(*arguments, "--actors", "1", "-q") == 0
    data = json.loads(capsys.readouterr().out)["data"]
    assert data["episodes"] == 6 and data["decisions"] >= 6 and 0 <= data["calibration_error"] <= 1
    about = load_policy(folder).about
    assert about["calibration"] == [data["slope"], data["offset"]]
    assert about["threshold"] == data["of_decisions"]["below"]
    written = (folder / "config.json").read_bytes()
    assert call(*arguments, "--measure", "--actors", "1", "-q") == 0
    measured = json.loads(capsys.readouterr().out)["data"]
    assert measured["slope"] == data["slope"] and measured["calibration_error"] == data["calibration_error"]
    assert (folder / "config.json").read_bytes() == written
    assert callable(policy_in(folder))


def test_bad_input_is_one_line(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, code in (
        (["--policy", str(tmp_path / "none"), "--tasks", "click-test"], 2),
        (["--policy", str(folder), "--tasks", "click-test", "--abstain", "1.5"], 2),
        (["--policy", str(folder), "--tasks", "nothing-*"], 2),
    ):
        assert call("train", "calibrate", *arguments, "-q") == code
        assert 1 <= len(capsys.readouterr().err.strip().splitlines()) <= 2

"""What words mean: the table that ships, how it is made, and what the network is told of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from webagent.envs.errors import DataDamaged
from webagent.models.likeness import Likeness
from webagent.models.meanings import MEANING, Meanings
from webagent.models.words import hashed
from webagent.train.meanings import SHARED, main, make_table


def vectors(*words: str) -> torch.Tensor:
    return Meanings()(torch.tensor([hashed(word) for word in words], dtype=torch.int32))


@pytest.mark.parametrize(
    ("word", "akin", "other"),
    [
        ("buy", "purchase", "delete"),
        ("phone", "telephone", "river"),
        ("monday", "Tuesday", "oven"),
        ("mail", "emails", "chair"),
    ],
)
def test_words_that_mean_the_same_lie_near(word: str, akin: str, other: str) -> None:
    of, near, far = vectors(word, akin, other)
    assert float(of @ near) > 0.6 > 0.4 > float(of @ far)


def test_directions_are_of_length_one_and_unknown_words_have_none() -> None:
    found = vectors("button", "qzxwvk", "42")
    assert torch.allclose(found.norm(dim=-1), torch.tensor([1.0, 0.0, 0.0]), atol=1e-5)
    assert not Meanings()(torch.zeros(2, 3, dtype=torch.int32)).any()
    assert Meanings()(torch.zeros(2, 3, dtype=torch.int32)).shape == (2, 3, MEANING)


def test_the_table_is_no_part_of_a_checkpoint_and_is_filled_in_again() -> None:
    module = Meanings()
    assert not module.state_dict()
    before = module.directions.clone()
    module.directions.zero_(), module.known.zero_()
    module.fill()
    assert torch.equal(module.directions, before)


def lines(count: int, size: int = SHARED + MEANING) -> list[str]:
    drawn = np.random.default_rng(1).normal(size=(count, size)).round(4)
    letters = "abcdefghijklmnopqrstuvwxyz"
    return [f"{letters[n // 26]}{letters[n % 26]} " + " ".join(map(str, row)) for n, row in enumerate(drawn)]


def test_a_table_keeps_the_frequent_and_the_wanted() -> None:
    table = make_table(lines(200), wanted=["hq"], most=100)
    assert len(table.hashes) == 101 and hashed("hq") in table.hashes and hashed("hp") not in table.hashes
    assert (np.diff(table.hashes) > 0).all() and table.directions.shape == (101, MEANING)
    assert np.array_equal(table.directions, make_table(lines(200), wanted=["hq"], most=100).directions)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["the 0.1 x"], "line 1: expected a word and its numbers"),
        ([*lines(3), "the 0.1"], "line 4: expected 50 numbers, found 1"),
        (lines(3, 7), "line 1: expected at least 50 numbers, found 7"),
        (lines(5), "expected at least 48 words with vectors, found 5"),
    ],
)
def test_what_is_no_table_of_vectors_is_told(given: list[str], said: str) -> None:
    with pytest.raises(DataDamaged, match=said):
        make_table(given)


def test_a_table_is_made_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "v.txt").write_text("\n".join(lines(80)))
    assert main([str(tmp_path / "v.txt"), "--out", str(tmp_path / "m.npz")]) == 0
    with np.load(tmp_path / "m.npz") as data:
        assert len(data["hashes"]) == 80
    assert main([str(tmp_path / "none.txt")]) == 2
    assert "No such file" in capsys.readouterr().err


def test_biases_follow_the_nearest_word_of_a_name() -> None:
    told = Likeness(heads=2)
    with torch.no_grad():
        told.weights["goal_name"][0] = torch.tensor([1.0, -2.0])
    goal = vectors("buy")[None]
    names = torch.stack([vectors("river", "purchase"), vectors("oven", "chair")])[None]
    biases = told(goal, names, torch.zeros_like(names))
    nearest = (names[0] @ goal[0, 0]).amax(-1)
    assert biases.shape == (1, 2, 3, 3)
    assert torch.allclose(biases[0, :, 0, 1:], torch.stack([nearest, -2 * nearest]))
    assert not biases[0, :, 1:].any() and not biases[0, :, :, 0].any()

"""Training teaches: a small page world is learned past a threshold, the same way each time, and after a kill too."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch

from webagent.envs.errors import DataDamaged, UsageError
from webagent.envs.types import Action, ActionTree, Element, Observation
from webagent.models.checkpoint import Policy, load_policy
from webagent.models.config import PolicyConfig
from webagent.models.decode import decide
from webagent.models.network import PolicyNet
from webagent.models.segment import read_observation
from webagent.models.words import Words, train_tokenizer
from webagent.train.augment import Augmentation
from webagent.train.parcels import packed, unpacked
from webagent.train.rows import Label
from webagent.train.stretches import Shelf, Stretches
from webagent.train.supervised import Half, Material, Supervised, stretch_loss, train

SYLLABLES = "ba ko ri tu mel sa dor vin po la ne zi gra fu hem ost".split()


def word(rng: np.random.Generator) -> str:
    return "".join(SYLLABLES[int(i)] for i in rng.integers(0, len(SYLLABLES), 3)).capitalize()


def episode(rng: np.random.Generator) -> list[Label]:
    """A form with a field and some buttons: put a word into the field, then press the button that is named."""
    names = [word(rng) for _ in range(int(rng.integers(2, 5)))]
    right, text = names[int(rng.integers(len(names)))], word(rng)
    goal = f'Put "{text}" into the field and press {right}.'
    y = iter(range(5, 400, 25))
    field = Element("f", "textbox", "input:text", "Field", box=(5, next(y), 90, 20), states=("actionable", "visible"))
    buttons = [
        Element(f"b{n}", "button", "button", name, box=(5, next(y), 60, 20), states=("actionable", "visible"))
        for n, name in enumerate(names)
    ]
    rng.shuffle(buttons)  # type: ignore[arg-type]
    target = next(b for b in buttons if b.name == right)

    def seen(value: str) -> Observation:
        return Observation(
            goal, tree=ActionTree((dataclasses.replace(field, value=value), *buttons), viewport=(160, 210))
        )

    typed = Action("type", "f", text)
    return [Label(seen(""), typed), Label(seen(text), Action("click", target.ref), 1.0, typed)]


def material(episodes: int = 400) -> Material:
    shelf = Shelf()
    rng = np.random.default_rng(0)
    for _ in range(episodes):
        shelf.add("form", episode(rng))
    words = Words(train_tokenizer([label.observation.goal for _ in range(300) for label in episode(rng)[:1]], 400))
    return Material(shelf, words, PolicyConfig.of_size("tiny", vocabulary=400, window=2, registers=2))


def given(out: Path, **more: object) -> Supervised:
    return Supervised(
        **{"out": str(out), "steps": 150, "rows": 32, "stretch": 2, "learning_rate": 6e-3, "warmup": 20, **more}
    )  # type: ignore[arg-type]


def right_share(policy: Policy, count: int = 100) -> float:
    """Steps said right on pages with words never seen, one look at a time with the memory of the episode."""
    rng = np.random.default_rng(99)
    right = 0
    for _ in range(count):
        memory = policy.net.trunk.empty(1)
        for label in episode(rng):
            segment = read_observation(label.observation, policy.words, policy.config, label.last)
            (found,), memory = decide(policy.net, [segment], memory, policy.words)
            right += found.action == label.action
    return right / (2 * count)


@pytest.fixture
def one_thread() -> object:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.slow
def test_a_small_world_is_learned(tmp_path: Path, one_thread: object) -> None:
    started = time.monotonic()
    policy = train(given(tmp_path / "run"), material())
    assert time.monotonic() - started < 60
    assert right_share(policy) >= 0.9
    lines = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert lines[-1]["step"] == 150 and lines[-1]["loss"] < 0.3 * lines[0]["loss"]
    assert lines[-1]["value_loss"] < 0.2
    again = load_policy(tmp_path / "run" / "policy")
    assert right_share(again, 20) == right_share(policy, 20)


def test_the_same_seed_gives_the_same_weights(tmp_path: Path, one_thread: object) -> None:
    made = [train(given(tmp_path / name, steps=6), material(20)).net.state_dict() for name in ("a", "b")]
    assert all(torch.equal(made[0][k], made[1][k]) for k in made[0])
    other = train(given(tmp_path / "c", steps=6, seed=1), material(20)).net.state_dict()
    assert any(not torch.equal(made[0][k], other[k]) for k in other)


@pytest.mark.parametrize("optimiser", ["adamw", "muon"])
def test_a_resumed_run_ends_where_an_uninterrupted_one_does(optimiser: str, tmp_path: Path, one_thread: object) -> None:
    settings = functools.partial(given, optimiser=optimiser)
    whole = train(settings(tmp_path / "whole", steps=8), material(20)).net.state_dict()

    class Cut(Exception):
        pass

    def stop(step: int, numbers: dict[str, float]) -> None:
        if step == 5:
            raise Cut

    parts = settings(tmp_path / "parts", steps=8, report_every=1, save_s=0.0)
    with pytest.raises(Cut):
        train(parts, material(20), report=stop)
    resumed = train(parts, material(20), resume=True).net.state_dict()
    assert all(torch.equal(whole[k], resumed[k]) for k in whole)


def train_for_ever(out: str) -> None:
    torch.set_num_threads(1)
    train(Supervised(out=out, steps=100_000, rows=4, stretch=2, save_s=0.0, warmup=5), material(5))


def test_a_killed_run_goes_on(tmp_path: Path, one_thread: object) -> None:
    code = f"import test_learning; test_learning.train_for_ever({str(tmp_path)!r})"
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", code], env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    )
    end = time.monotonic() + 60
    while not (tmp_path / "state.pt").exists() and time.monotonic() < end:
        time.sleep(0.02)
    process.kill()
    process.wait()
    done = torch.load(tmp_path / "state.pt", weights_only=True)["step"]
    seen: list[int] = []
    goes_on = Supervised(out=str(tmp_path), steps=100_000, rows=4, stretch=2, save_s=0.0, warmup=5, report_every=1)

    def stop(step: int, numbers: dict[str, float]) -> None:
        seen.append(step)
        if len(seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(goes_on, material(5), resume=True, report=stop)
    assert seen[0] == done + 1
    load_policy(tmp_path / "policy")


def test_a_run_is_not_mixed_with_another(tmp_path: Path) -> None:
    train(given(tmp_path, steps=1), material(5))
    with pytest.raises(UsageError, match="already holds a run"):
        train(given(tmp_path, steps=1), material(5))
    with pytest.raises(UsageError, match=r"learning_rate 0\.006 to 1\.0"):
        train(given(tmp_path, steps=1, learning_rate=1.0), material(5), resume=True)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(DataDamaged, match="cannot be read"):
        train(given(tmp_path, steps=1), material(5), resume=True)


def test_a_copy_in_half_precision_learns_the_same() -> None:
    stuff = material(20)
    stretch = Stretches(stuff.shelf, stuff.words, stuff.config, rows=8, steps=3, seed=1)[0]
    torch.manual_seed(0)
    net = PolicyNet(stuff.config)
    half = Half(net)
    with torch.no_grad():
        net.op.bias.add_(0.25)  # what changes later reaches the copy too
    losses = []
    for of in (net, half.net()):
        loss, _ = stretch_loss(of, stretch, 0.1)
        loss.backward()
        losses.append(float(loss.detach()))
    exact = {name: p.grad.clone() for name, p in net.named_parameters() if p.grad is not None}
    half.hand_over()
    handed = {name: p.grad for name, p in net.named_parameters() if p.grad is not None}
    assert losses[1] == pytest.approx(losses[0], rel=0.02) and exact.keys() == handed.keys()
    whole = [torch.cat([g.float().flatten() for g in grads.values()]) for grads in (exact, handed)]
    assert all(g.dtype == torch.float32 for g in handed.values())
    assert float(torch.cosine_similarity(*whole, dim=0)) > 0.98


def test_batches_are_of_one_size_and_tasks_are_drawn_as_before() -> None:
    shelf, stuff = Shelf(), material(1)
    label = next(iter(stuff.shelf.episodes("form"))).labels()[0]

    def page(goal: str, count: int) -> Label:
        elements = tuple(Element(f"e{n}", "text", "div", "word") for n in range(count))
        return Label(Observation(goal, ActionTree(elements)), label.action)

    for _ in range(3):
        shelf.add("small", [page("small", 2)])
        shelf.add("large", [page("large", 60)] * 2)
        shelf.add("both", [page("both", 2)])
    shelf.add("both", [page("both", 60)])
    made = Stretches(shelf, stuff.words, stuff.config, rows=16, steps=2, seed=0)
    tokens = {stuff.words.read(task)[0]: task for task in ("small", "large", "both")}
    shares: Counter[str] = Counter()
    for n in range(300):
        batch = made[n].batch
        assert batch.kinds.shape[1] in (8, 64) and batch.size == (32 if batch.kinds.shape[1] == 8 else 8)
        for row, mask in zip(batch.goal_ids, batch.goal_mask):
            shares[tokens[tuple(row[mask].tolist())]] += 1 / batch.size
    whole = sum(shares.values())
    assert shares["small"] / whole == pytest.approx(1 / 4, abs=0.05)  # by steps: 1, 2 and 1 an episode
    assert shares["large"] / whole == pytest.approx(2 / 4, abs=0.05)


def test_batches_depend_on_seed_and_number_alone() -> None:
    stuff = material(20)
    made = [
        Stretches(stuff.shelf, stuff.words, stuff.config, rows=4, steps=3, seed=s)[n]
        for s, n in ((1, 5), (1, 5), (1, 6), (2, 5))
    ]
    ids = [stretch.batch.goal_ids for stretch in made]
    assert torch.equal(ids[0], ids[1])
    assert not any(ids[0].shape == other.shape and torch.equal(ids[0], other) for other in ids[2:])
    fresh = made[0].fresh
    assert fresh[:, 0].all() and fresh.sum(1).tolist() == [2] * 4


@pytest.mark.parametrize("seed", range(30))
def test_augmentation_leaves_what_is_right(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = episode(rng)
    changed = Augmentation(
        ["Quorra", "Ypsilanti", "Mbabane"] + [word(rng) + "x" for _ in range(50)], (1.0,) * 5, own=0.0
    )(labels, rng)
    assert len(changed) == len(labels)
    first, last = changed
    assert first.action is not None and first.action.op == "type" and first.action.text and last.action is not None
    assert f'"{first.action.text}"' in first.observation.goal
    assert last.observation.tree.find("f").value == first.action.text
    target = last.observation.tree.find(last.action.target or "")
    assert target.name and target.name in last.observation.goal
    others = [e.name for e in last.observation.tree.elements if e.role == "button" and e.ref != target.ref]
    assert target.name not in others


def test_what_is_packed_comes_back() -> None:
    tensors = [
        torch.arange(5),
        torch.zeros(0, 3),
        torch.tensor(2.5),
        torch.rand(3, 4).bfloat16(),
        torch.rand(2, 3).T > 0.5,
    ]
    again = unpacked(packed({"a": tensors, "b": ("text", 7)}))
    assert again["b"] == ("text", 7)
    for was, now in zip(tensors, again["a"], strict=True):
        assert was.dtype == now.dtype and was.shape == now.shape and torch.equal(was, now)
    assert unpacked(packed(())) == ()

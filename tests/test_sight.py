"""Frames as a second input: pictures are cut out right, and what only a picture tells is learned."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from webagent.agents import frames_for
from webagent.datasets.corpus import Corpus, CorpusWriter
from webagent.demonstrate import Demonstration, open_stage
from webagent.envs.errors import UsageError
from webagent.envs.types import Action, ActionTree, Element, Episode, Frame, Observation, Step, Task
from webagent.models.batch import collate
from webagent.models.checkpoint import Policy, save_policy
from webagent.models.config import MOST_FRAMES, PolicyConfig
from webagent.models.decode import decide
from webagent.models.network import PolicyNet
from webagent.models.segment import read_observation
from webagent.models.sight import CROP, pictures
from webagent.models.words import Words, train_tokenizer
from webagent.train.augment import _company
from webagent.train.rounds import Plan, learn
from webagent.train.rows import Label
from webagent.train.stretches import Shelf
from webagent.train.supervised import Material, Supervised, train

WIDTH, HEIGHT = 160, 120
COLOURS = {"red": (220, 30, 30), "green": (20, 160, 40), "blue": (30, 60, 220)}


@pytest.fixture(scope="module")
def words() -> Words:
    return Words(train_tokenizer(["Press the red one", "green blue"] * 20, 300))


def frame_of(pixels: np.ndarray, time: float = 0.0) -> Frame:
    return Frame(time, pixels.shape[1], pixels.shape[0], pixels.astype(np.uint8).tobytes())


def boxes(*of: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(of, np.float32)


def test_a_picture_is_the_mean_of_what_it_covers() -> None:
    pixels = np.zeros((2 * CROP, 4 * CROP, 3), np.uint8)
    pixels[:, : 2 * CROP : 2] = 200  # stripes of one pixel on the left
    pixels[:, 2 * CROP :] = (10, 20, 30)
    left, right = pictures(
        [frame_of(pixels)],
        boxes((0, 0, 2 * CROP, 2 * CROP), (2 * CROP, 0, 2 * CROP, 2 * CROP)),
        (4 * CROP, 2 * CROP),
        1,
    )
    assert left.shape == (3, CROP, CROP) and (left == 100).all()
    assert [set(right[k].ravel().tolist()) for k in range(3)] == [{10}, {20}, {30}]


def test_small_boxes_and_scaled_frames() -> None:
    pixels = np.zeros((60, 80, 3), np.uint8)  # half the viewport's size
    pixels[10, 20] = 255
    (dot,) = pictures([frame_of(pixels)], boxes((40, 20, 2, 2)), (160, 120), 1)
    assert (dot == 255).all()


@pytest.mark.parametrize("box", [(-500.0, 0.0, 50.0, 50.0), (1e9, 1e9, 1e9, 1.0), (20.0, -90.0, 10.0, 20.0)])
def test_beyond_the_screen_there_is_nothing(box: tuple[float, float, float, float]) -> None:
    white = frame_of(np.full((HEIGHT, WIDTH, 3), 255))
    assert not pictures([white], boxes(box), (WIDTH, HEIGHT), 1).any()


def test_the_newest_frame_comes_first_and_missing_ones_are_dark() -> None:
    frames = [frame_of(np.full((HEIGHT, WIDTH, 3), level)) for level in (50, 90)]
    (found,) = pictures(frames, boxes((0, 0, 20, 20)), (WIDTH, HEIGHT), 3)
    assert [int(found[3 * k].max()) for k in range(3)] == [90, 50, 0]
    assert pictures(frames, boxes((0, 0, 20, 20)), (WIDTH, HEIGHT), 0).shape == (1, 0, CROP, CROP)


def episode(rng: np.random.Generator) -> list[Label]:
    """Three canvases; only the frame tells which one has the colour that is asked for."""
    names = [str(name) for name in rng.permutation(list(COLOURS))]
    screen = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    elements = []
    for n, name in enumerate(names):
        x, y = 8 + 50 * n, int(rng.integers(5, 70))
        screen[y : y + 40, x : x + 40] = COLOURS[name]
        elements.append(
            Element(f"e{n}", "canvas", "canvas", box=(float(x), float(y), 40.0, 40.0), states=("actionable",))
        )
    asked = int(rng.integers(3))
    tree = ActionTree(tuple(elements), viewport=(WIDTH, HEIGHT))
    seen = Observation(f"Press the {names[asked]} one", tree=tree, frames=(frame_of(screen),))
    return [Label(seen, Action("click", f"e{asked}"), 1.0)]


def test_what_only_a_picture_tells_is_learned(words: Words, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    shelf = Shelf()
    for _ in range(200):
        shelf.add("colours", episode(rng))
    config = PolicyConfig.of_size("tiny", vocabulary=300, frames=1, memory="none")
    settings = Supervised(str(tmp_path), steps=120, rows=32, stretch=1, learning_rate=4e-3, warmup=20, average=0.9)
    policy = train(settings, Material(shelf, words, config))

    def right(blind: bool) -> float:
        count, rng = 0, np.random.default_rng(7)
        for _ in range(60):
            (label,) = episode(rng)
            seen = dataclasses.replace(label.observation, frames=()) if blind else label.observation
            segment = read_observation(seen, words, config)
            (decision,), _ = decide(policy.net, [segment], policy.net.trunk.empty(1), words)
            assert label.action is not None and decision.action is not None
            count += decision.action.target == label.action.target
        return count / 60

    assert right(blind=False) > 0.95
    assert right(blind=True) < 0.7


def test_frames_change_nothing_before_they_are_learned_from(words: Words) -> None:
    config = PolicyConfig.of_size("tiny", vocabulary=300, frames=2)
    torch.manual_seed(0)
    net = PolicyNet(config).eval()
    seen = episode(np.random.default_rng(0))[0].observation
    with_frames, without = (
        net.read(collate([read_observation(s, words, config)]), net.trunk.empty(1)).start
        for s in (seen, dataclasses.replace(seen, frames=()))
    )
    torch.testing.assert_close(with_frames, without)


def test_a_bar_above_the_page_moves_its_pictures_too() -> None:
    label = episode(np.random.default_rng(0))[0]
    for n in range(20):
        (moved,) = _company([label], np.random.default_rng(n))
        tree, seen = moved.observation.tree, label.observation
        before = pictures(seen.frames, boxes(*(e.box for e in seen.tree.elements)), (WIDTH, HEIGHT), 1)
        own = [e.box for e in tree.elements if not e.ref.startswith("more")]
        assert (pictures(moved.observation.frames, boxes(*own), (WIDTH, HEIGHT), 1) == before).all()


def test_a_policy_tells_how_many_frames_it_wants(words: Words, tmp_path: Path) -> None:
    config = PolicyConfig.of_size("tiny", vocabulary=300, frames=2)
    save_policy(tmp_path / "p", Policy(PolicyNet(config), words, {}))
    assert frames_for(str(tmp_path / "p")) == 2
    assert frames_for(f"lexical>{tmp_path / 'p'}") == 2
    assert frames_for("lexical") == 0
    with pytest.raises(UsageError, match="frames"):
        PolicyConfig.of_size("tiny", frames=MOST_FRAMES + 1)


def test_frames_go_from_the_browser_through_a_corpus_into_a_policy(tmp_path: Path) -> None:
    tasks = ("miniwob.click-test-2",)
    with open_stage(Demonstration(tasks, 2, out=str(tmp_path / "demos"), frames=2)) as play:
        assert all(play(tasks[0], i).success for i in range(2))
    kept = list(Corpus(str(tmp_path / "demos"), print).episodes())
    assert len(kept) == 2 and all(1 <= len(step.observation.frames) <= 2 for e in kept for step in e.steps)
    plan = Plan((str(tmp_path / "demos"),), tasks, PolicyConfig.of_size("tiny", frames=2))
    learn(Supervised(str(tmp_path / "run"), steps=2, rows=4), plan, False, lambda line: None)
    learned = str(tmp_path / "run" / "policy")
    with open_stage(Demonstration(tasks, 3, out=str(tmp_path / "own"), policy=learned)) as play:
        assert not play(tasks[0], 2).error
    (played,) = Corpus(str(tmp_path / "own"), print).episodes()
    assert 1 <= len(played.steps[0].observation.frames) <= 2


def test_frames_are_not_learned_from_where_there_are_none(tmp_path: Path) -> None:
    with CorpusWriter(str(tmp_path / "demos")) as writer:
        label = episode(np.random.default_rng(0))[0]
        blind = dataclasses.replace(label.observation, frames=())
        assert label.action is not None
        step = Step(blind, label.action, 1.0, True, False)
        writer.add(Episode(Task("miniwob.click-test-2", blind.goal, "", 1), (step,), blind, "expert", True, {}))
    plan = Plan((str(tmp_path / "demos"),), ("miniwob.click-test-2",), PolicyConfig.of_size("tiny", frames=1))
    with pytest.raises(UsageError, match="screen frames"):
        learn(Supervised(str(tmp_path / "run"), steps=2, rows=4), plan, False, lambda line: None)

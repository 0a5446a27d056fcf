"""Actors on a Ray cluster of two nodes, on this machine: the same learning, wherever they play."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from fake_arena import open_fake_arena, open_no_arena
from fake_learner import beginner, playing

from webagent.envs.errors import BrowserMissing, UsageError
from webagent.envs.types import Action
from webagent.train.actors import News
from webagent.train.arena import Begin
from webagent.train.curriculum import Curriculum
from webagent.train.experience import Acting, Experience
from webagent.train.ppo import Reinforced, train
from webagent.train.ray_actors import RayActors

ray = pytest.importorskip("ray", reason="Ray is an extra: pip install 'webagent[ray]'")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # Ray's own warnings are not ours


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent))  # for the fakes
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        small = {"num_cpus": 1, "object_store_memory": 100_000_000}
        cluster = Cluster(initialize_head=True, head_node_args={**small, "include_dashboard": False})
        cluster.add_node(**small)
        cluster.wait_for_nodes()
        yield cluster.address
        ray.shutdown()
        cluster.shutdown()


def asked(actors: RayActors, what: Any) -> list[Any]:
    """What each actor's own process tells."""
    return [ray.get(seat.__ray_call__.remote(what)) for seat in actors._seats]


def heard(actors: RayActors, count: int) -> dict[int, News]:
    found: dict[int, News] = {}
    end = time.monotonic() + 120
    while len(found) < count and time.monotonic() < end:
        found.update({one.slot: one for one in actors.news()})
    return found


def test_training_goes_on_two_nodes(address: str, tmp_path: Path) -> None:
    policy = beginner()
    settings = Reinforced(str(tmp_path / "run"), updates=3, steps=48, rows=24, kl=0.0, learning_rate=3e-3)
    told: list[dict[str, float]] = []
    with RayActors(playing(policy, 2, "coin", "maze-0"), 2, address, open_fake_arena) as actors:
        assert actors.slots == 4
        assert len(set(asked(actors, lambda seat: ray.get_runtime_context().get_node_id()))) == 2
        train(settings, policy, ["fake.coin", "fake.maze-0"], actors, report=lambda n, numbers: told.append(numbers))
    assert len(told) == 3 and all(numbers["steps"] >= 48 and not numbers["lost"] for numbers in told)
    assert (tmp_path / "run" / "policy" / "config.json").is_file()


def test_an_actor_that_dies_is_replaced_and_its_episodes_are_lost(address: str) -> None:
    policy = beginner()
    with RayActors(playing(policy, 2, "walk", "coin"), 1, address, open_fake_arena) as actors:
        for slot in range(2):
            actors.order(slot, Begin("fake.walk", 5))
        assert all(one.segment is not None for one in heard(actors, 2).values()) and actors.news() == []
        (first,) = asked(actors, lambda seat: os.getpid())
        os.kill(first, signal.SIGKILL)
        actors.order(0, Action("click", "on"))
        assert "died" in heard(actors, 1)[0].lost
        actors.order(1, Action("click", "on"))  # its episode was in the actor that died
        assert heard(actors, 1)[1].lost
        experience = Experience(actors, Curriculum(["fake.coin"], 0), policy.words)
        streams = experience.collect(policy.net, Acting(20, 1.0, 4), np.random.default_rng(0), torch.Generator())
        assert sum(map(len, streams)) >= 20 and not any(one.lost for one in experience.outcomes)


def test_what_keeps_an_actor_from_starting_is_told(address: str) -> None:
    with pytest.raises(BrowserMissing, match="expected a Chrome"):
        RayActors(playing(beginner(), 1, "walk"), 1, address, open_no_arena)


def test_no_cluster_is_told() -> None:
    ray.shutdown()
    with pytest.raises(UsageError, match="expected a Ray cluster at '127"):
        RayActors(playing(beginner(), 1, "walk"), 1, "127.0.0.1:1", open_fake_arena)

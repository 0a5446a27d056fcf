"""Processes that play: what dies or hangs is replaced, and its episodes are told as lost."""

from __future__ import annotations

import os
import signal
import sys
import time

import numpy as np
import pytest
import torch
from fake_arena import open_fake_arena, open_no_arena
from fake_learner import beginner, playing

from webagent.envs.errors import BrowserMissing, UsageError, WebAgentError
from webagent.envs.types import Action
from webagent.train import actors as module
from webagent.train.actors import Actors, News
from webagent.train.arena import Begin
from webagent.train.curriculum import Curriculum
from webagent.train.experience import Acting, Experience
from webagent.train.ray_actors import RayActors

BEGIN = Begin("fake.walk", 5)


def heard(actors: Actors, count: int) -> dict[int, News]:
    found: dict[int, News] = {}
    end = time.monotonic() + 60
    while len(found) < count and time.monotonic() < end:
        found.update({one.slot: one for one in actors.news()})
    return found


def test_every_order_is_answered() -> None:
    with Actors(playing(beginner(), 2, "walk"), 2, open_fake_arena) as actors:
        assert actors.slots == 4 and actors.news() == []
        for slot in range(4):
            actors.order(slot, BEGIN)
        assert all(one.segment is not None and not one.lost for one in heard(actors, 4).values())
        for _ in range(5):
            actors.order(3, Action("click", "on"))
            one = heard(actors, 1)[3]
        assert one.truncated and not one.terminated and not one.success
    actors.close()


def test_a_killed_process_is_replaced_and_its_episodes_are_lost() -> None:
    with Actors(playing(beginner(), 2, "walk"), 1, open_fake_arena) as actors:
        for slot in range(2):
            actors.order(slot, BEGIN)
        heard(actors, 2)
        first = actors.pids[0]
        os.kill(first, signal.SIGKILL)
        actors.order(0, Action("click", "on"))
        one = heard(actors, 1)[0]
        assert "died (exit code -9)" in one.lost and one.segment is None and actors.pids[0] != first
        actors.order(1, Action("click", "on"))  # its episode was in the process that died
        assert heard(actors, 1)[1].lost
        for slot in range(2):
            actors.order(slot, BEGIN)
        assert all(not one.lost for one in heard(actors, 2).values())


def test_a_process_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_S", 0.5)
    with Actors(playing(beginner(), 1, "hang"), 1, open_fake_arena) as actors:
        actors.order(0, Begin("fake.hang", 1))
        assert not heard(actors, 1)[0].lost
        actors.order(0, Action("click", "on"))
        assert "did not answer in time" in heard(actors, 1)[0].lost


def test_learning_goes_on_when_an_actor_is_killed() -> None:
    policy = beginner()
    with Actors(playing(policy, 2, "coin"), 1, open_fake_arena) as actors:
        experience = Experience(actors, Curriculum(["fake.coin"], 0), policy.words)
        for n in range(2):
            streams = experience.collect(policy.net, Acting(20, 1.0, 4), np.random.default_rng(0), torch.Generator())
            assert sum(map(len, streams)) >= 18
            assert sum(bool(one.lost) for one in experience.outcomes) == (2 if n else 0)
            os.kill(actors.pids[0], signal.SIGKILL)


def test_processes_that_always_die_end_it() -> None:
    policy = beginner()
    with (
        Actors(playing(policy, 1, "die"), 1, open_fake_arena) as actors,
        pytest.raises(WebAgentError, match="in a row"),
    ):
        for _ in range(3):
            actors.order(0, Begin("fake.die", 1))
            heard(actors, 1)


def test_actors_that_cannot_start_say_why() -> None:
    with Actors(playing(beginner(), 1, "walk"), 1, open_no_arena) as actors, pytest.raises(BrowserMissing):
        actors.order(0, BEGIN)
        actors.news()


def test_ray_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError, match="expected Ray for --ray, found none"):
        RayActors(playing(beginner(), 1, "walk"), 1, "auto")

"""Ids: every task has one, each makes a single environment or a vector, and a spec makes the same again."""

from __future__ import annotations

import gymnasium as gym
import pytest
from gymnasium.envs.registration import load_env_creator

import webagent.envs
from webagent.envs.env_pool import make_pool
from webagent.envs.errors import UnknownName
from webagent.envs.registration import DEFAULT_MAX_STEPS, make_vector
from webagent.envs.vector_env import VectorEnv
from webagent.envs.web_env import WebEnv

ID = "webagent/miniwob.click-test-v0"


def test_every_id_makes_single_environments_and_vectors() -> None:
    specs = [spec for id, spec in gym.registry.items() if id.startswith("webagent/")]
    assert len(specs) > 140
    for spec in specs:
        assert spec.max_episode_steps == DEFAULT_MAX_STEPS
        for point in (spec.entry_point, spec.vector_entry_point):
            assert isinstance(point, str) and callable(load_env_creator(point))


def test_registering_again_changes_nothing() -> None:
    before = dict(gym.registry)
    webagent.envs.register_all()
    assert gym.registry == before


def test_a_spec_makes_the_same_again() -> None:
    single = gym.make(ID, view="arrays", candidates=16, max_episode_steps=4)
    assert single.spec is not None
    again = gym.make(single.spec)
    assert isinstance(again.unwrapped, WebEnv) and again.action_space == single.action_space
    assert again.spec is not None and again.spec.max_episode_steps == 4
    vector = gym.make_vec(ID, num_envs=3, view="arrays", candidates=16, tasks=["demo.log-in"], max_episode_steps=4)
    assert vector.spec is not None
    for made in (gym.make_vec(vector.spec), gym.make_vec(type(vector.spec).from_json(vector.spec.to_json()))):
        assert isinstance(made, VectorEnv)
        assert made.num_envs == 3 and made.action_space == vector.action_space
        assert {env.scenario.id for env in made.envs} == {"demo.log-in"}
        assert made.spec is not None and made.spec.kwargs["max_episode_steps"] == 4


def test_a_vector_is_made_from_ids_tasks_or_both() -> None:
    assert make_vector(ID, 2).spec == gym.make_vec(ID, num_envs=2).spec
    mixed = make_vector([ID, "demo.log-in"], 3)
    assert [env.scenario.id for env in mixed.envs] == ["miniwob.click-test", "demo.log-in", "miniwob.click-test"]
    for make in (make_vector, make_pool):
        with pytest.raises(UnknownName) as error:
            make("miniwob.click-tset", 2)
        assert "miniwob.click-test" in error.value.hint
    with pytest.raises(gym.error.NameNotFound):
        make_vector("webagent/miniwob.click-tset-v0", 2)

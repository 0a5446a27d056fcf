"""Practice sites in a real browser: what counts as done, and a demonstrator that also finds its way back."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from webagent.agents import expert
from webagent.agents import random as chance
from webagent.envs.browser import Browser
from webagent.envs.suites.practice import KINDS
from webagent.envs.types import Action, Observation, Proposal, Task
from webagent.envs.web_env import WebEnv
from webagent.rollout import Agent, run_episode
from webagent.suites import Options, open_suite, together

pytestmark = pytest.mark.browser
SUITE = open_suite("practice")
SECRETS = SUITE.open_secrets(())
AWAY = ("done", "answer", "give_up", "goto", "upload", "new_tab")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as running:
        yield running


def opened(kind: str, browser: Browser, max_steps: int = 30) -> WebEnv:
    scenario = SUITE.scenario(f"practice.{kind}", Options(max_steps))
    return WebEnv(scenario, browser=browser, resolve=SECRETS.resolve, redact=SECRETS.redact_observation)


@pytest.mark.parametrize("kind", KINDS)
def test_the_demonstrator_succeeds_and_doing_nothing_does_not(kind: str, browser: Browser) -> None:
    env = opened(kind, browser)
    for seed in (1, 2, 2**31 + 3):
        episode = run_episode(env, expert.make_agent, seed=seed, source="expert")
        assert episode.success, (seed, episode.task.goal, episode.info["reason"])
        assert episode.steps[-1].action.op == ("done" if env.scenario.site.answer is None else "answer")
    env.reset(seed=seed)
    assert not env.verdict.success
    env.step(Action("done"))
    assert not env.verdict.success
    env.close()


def test_a_wrong_value_fails(browser: Browser) -> None:
    env = opened("contact", browser)

    def careless(task: Task, rng: np.random.Generator) -> Agent:
        right = expert.make_agent(task, rng)
        spoilt = []

        def decide(observation: Observation) -> Action:
            action = right(observation).actions[0]
            if action.op == "type" and not spoilt:
                spoilt.append(action)
                return Action("type", action.target, text=f"x{action.text}")
            return Action("done") if spoilt and action.op == "clear" else action

        return decide

    assert not run_episode(env, careless, seed=4, source="test").success
    env.close()


def straying(task: Task, rng: np.random.Generator) -> Agent:
    """The demonstrator, with something else done now and then in the first steps."""
    right, other, steps = expert.make_agent(task, rng), chance.make_agent(task, rng), iter(range(1000))

    def decide(observation: Observation) -> Proposal | Action:
        advice = right(observation)
        if next(steps) < 6 and rng.random() < 0.3:
            strayed = other(observation)
            action = strayed.actions[0] if isinstance(strayed, Proposal) else strayed
            return advice if action.op in AWAY else action
        return advice

    return decide


def test_the_demonstrator_finds_its_way_back(browser: Browser) -> None:
    kinds = ("shop-add", "settings", "follow", "wizard", "profile", "tabs", "basket", "booking", "pages", "mailbox")
    kinds += ("board", "bulk", "chips", "reorder", "row-menu", "pop-over")
    found = []
    for kind in kinds:
        env = opened(kind, browser, 60)
        found += [run_episode(env, straying, seed=seed, source="test").success for seed in (21, 22)]
        env.close()
    assert np.mean(found) >= 0.8, dict(zip([k for k in kinds for _ in range(2)], found))


def test_the_next_episode_begins_clean(browser: Browser) -> None:
    env = opened("shop-add", browser)
    run_episode(env, expert.make_agent, seed=8, source="expert")
    env.reset(seed=9)
    before = env.observation.tree
    run_episode(env, expert.make_agent, seed=8, source="expert")
    env.reset(seed=9)
    names = [(e.role, e.name, e.value) for e in env.observation.tree.elements]
    assert names == [(e.role, e.name, e.value) for e in before.elements]
    env.step(Action("back"))
    assert env.observation.url == env.task.start_url
    env.close()


def test_a_thing_dragged_to_another_place_fails(browser: Browser) -> None:
    env = opened("reorder", browser)
    for seed in (3, 4):
        env.reset(seed=seed)
        agent = expert.make_agent(env.task, np.random.default_rng(0))
        while (action := agent(env.observation).actions[0]).op != "drag":
            env.step(action)
        env.step(Action("drag", action.text, action.target, point=(0.5, 0.5)))
        first = expert.make_agent(env.task, np.random.default_rng(0))(env.observation).actions[0]
        env.step(Action("done"))
        assert env.verdict.success == (first.op == "done")  # two neighbours: either way of changing them is right
    env.close()


def test_what_comes_late_is_waited_for(browser: Browser) -> None:
    env = opened("countdown", browser)
    episode = run_episode(env, expert.make_agent, seed=5, source="expert")
    assert episode.success and "wait" in [step.action.op for step in episode.steps]
    env.close()


def test_suites_together_are_one() -> None:
    both = together(["miniwob", "practice"])
    assert both.scenario("practice.shop-add").id == "practice.shop-add"
    chosen = both.select(subset="dev12")
    assert len(chosen) == 12 + len(KINDS) and set(SUITE.tasks) < set(chosen)
    assert both.select("shop-*,click-test") == ("miniwob.click-test", "practice.shop-add", "practice.shop-best")


def test_an_episode_taken_up_after_another_one_is_judged_as_itself(browser: Browser) -> None:
    env = opened("to-do", browser)
    env.reset(seed=3)
    snapshot = env.snapshot()
    env.reset(seed=99)
    env.restore(snapshot)
    agent = expert.make_agent(Task("practice.to-do", "", "", 3, 30), np.random.default_rng(0))
    while not (env.verdict.done or env.observation.step >= 30):
        env.step(agent(env.observation).actions[0])
    assert env.verdict.success
    env.close()

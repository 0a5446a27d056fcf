"""Tasks in BrowserGym's environment: its task classes, MiniWoB++, ids, Gymnasium's checks, an agent."""

from __future__ import annotations

import warnings
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from browsergym_reading import bids, named, with_role
from gymnasium.utils.env_checker import check_env

from webagent.envs.browser import Browser
from webagent.envs.browsergym import AbstractBrowserTask, ActionSet, BrowserGymEnv, OpenEndedTask
from webagent.envs.browsergym import registration as ids
from webagent.envs.errors import UsageError
from webagent.envs.registration import make_scenario

pytestmark = pytest.mark.browser


class Counting(AbstractBrowserTask):
    """A task as its authors write them: Playwright's sync API, a message of the user, a picture in the goal."""

    ended: list[int] = []

    def __init__(self, seed: int, size: int = 300) -> None:
        super().__init__(seed)
        self.seed, self.viewport, self.timezone_id = seed, {"width": size, "height": 200}, "Asia/Tokyo"

    def setup(self, page: Any) -> tuple[Any, dict[str, Any]]:
        page.set_content("<button onclick='n = (self.n || 0) + 1'>Count</button>")
        page._bgym_scale_factor = 2.0
        self.page = page
        goal = [{"type": "text", "text": "Count to two"}, {"type": "image_url", "image_url": {"url": "data:x"}}]
        return goal, {"zone": page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")}

    def validate(self, page: Any, chat_messages: list[dict[str, Any]]) -> tuple[float, bool, str, dict[str, Any]]:
        count = page.evaluate("self.n || 0")
        elsewhere = page.context.new_page()
        elsewhere.close()
        return float(count == 2), count == 2, "go on" if count == 1 else "", {"count": count, "same": page == self.page}

    def cheat(self, page: Any, chat_messages: list[dict[str, Any]]) -> None:
        page.get_by_role("button").dblclick()

    def teardown(self) -> None:
        self.ended.append(self.seed)


def test_task_classes_run_unchanged(chromium: Browser) -> None:
    with BrowserGymEnv(Counting, {"size": 320}, browser=chromium) as env:
        observation, info = env.reset(seed=3)
        assert info["task_info"] == {"zone": "Asia/Tokyo"}
        assert observation["screenshot"].shape == (400, 640, 3)
        assert "more than text" in observation["goal"] and len(observation["goal_object"]) == 2
        assert [m["role"] for m in observation["chat_messages"]] == ["assistant", "user", "user_image"]
        box = next(p["bbox"] for p in observation["extra_element_properties"].values() if p["set_of_marks"])
        x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
        every = ActionSet(["coord"])
        env._actions = every
        observation, reward, terminated, _, info = env.step(f"mouse_click({x}, {y})")
        assert (
            info["task_info"] == {"count": 1, "same": True} and observation["chat_messages"][-1]["message"] == "go on"
        )
        assert len(observation["open_pages_urls"]) == 1 and not terminated
        env.reset(seed=4)
        assert env.task is not None and env.chat is not None
        env.task.cheat(env.page, env.chat.messages)
        *_, reward, terminated, _, info = env.step("noop(0)")
        assert (reward, terminated) == (1.0, True)
    assert Counting.ended == [3, 4]


def test_miniwob_has_browsergyms_window_instances_and_rewards(chromium: Browser) -> None:
    scenario = make_scenario("miniwob.click-test-2")
    with BrowserGymEnv(scenario=scenario, browser=chromium) as env:
        observation, info = env.reset(seed=5)
        wanted = {"REWARD_GLOBAL", "RAW_REWARD_GLOBAL", "REWARD_REASON", "DONE_GLOBAL", "EPISODE_ID", "TASK_READY"}
        assert set(info["task_info"]) == wanted
        assert observation["screenshot"].shape == (321, 498, 3)
        names = named(observation)
        one = next(bid for bid, name in names.items() if name == "ONE")
        observation, reward, terminated, truncated, info = env.step(f"I see it. click('{one}')")
        assert (reward, terminated, truncated) == (1.0, True, False)
        assert info["task_info"]["DONE_GLOBAL"] is True and info["task_info"]["RAW_REWARD_GLOBAL"] == 1


def test_the_goal_of_miniwob_is_told_by_the_observation_alone(chromium: Browser) -> None:
    with BrowserGymEnv(scenario=make_scenario("miniwob.login-user"), browser=chromium, screenshots=False) as env:
        seen = {}
        for seed in (1, 2, 1):
            observation, _ = env.reset(seed=seed)
            user = observation["goal"].split('"')[1]
            assert f'"{user}"' in observation["goal"] and user not in str(observation["axtree_object"])
            fields = [bid for bid, _ in with_role(observation, "textbox")]
            assert seen.setdefault(seed, (observation["goal"], fields)) == (observation["goal"], fields)
        assert seen[1][0] != seen[2][0]
        assert "click-canvas" not in bids(observation) and bids(observation)["username"] in fields


def test_a_seed_shows_the_instance_that_it_shows_in_browsergym(chromium: Browser) -> None:
    drawn = int(np.random.RandomState(8).randint(0, 1_000_000))
    with BrowserGymEnv(scenario=make_scenario("miniwob.click-button"), browser=chromium, screenshots=False) as env:
        goal = env.reset(seed=8)[0]["goal"]
        begin = "(seed) => (Math.seedrandom(seed), core.startEpisodeReal(), core.getUtterance())"
        assert env.page.evaluate(begin, drawn) == goal
        assert env.page.evaluate(begin, 8) != goal


def test_gymnasiums_checker_passes_on_the_view(chromium: Browser) -> None:
    env = gym.make("webagent/miniwob.click-test-v0", view="browsergym", browser=chromium)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", ".*maximum value is infinity")  # elapsed_time, as BrowserGym declares it
        check_env(env.unwrapped, skip_render_check=True)
    assert env.spec is not None and env.spec.nondeterministic
    again = gym.make(env.spec, browser=chromium)
    assert isinstance(again.unwrapped, BrowserGymEnv)
    again.close()
    env.close()
    env.close()


def test_aliases_and_tasks_of_ones_own_are_registered(chromium: Browser) -> None:
    before = dict(gym.registry)
    try:
        for id in [i for i in before if i.startswith("browsergym/")]:  # importing webagent.envs registered them
            del gym.registry[id]
        made = ids.register_aliases()
        assert "browsergym/miniwob.click-test" in made and "browsergym/openended" in made and len(made) > 100
        assert ids.register_aliases() == []
        with pytest.raises(UsageError, match="start_url"):
            gym.make("browsergym/openended")
        task = {"start_url": "about:blank", "goal": "Look"}
        env = gym.make("browsergym/openended", task_kwargs=task, browser=chromium, disable_env_checker=True)
        assert isinstance(env.unwrapped, BrowserGymEnv) and env.unwrapped.task_entrypoint is OpenEndedTask
        env.close()
        ids.register_task("mine", Counting, {"size": 100}, max_episode_steps=3)
        with pytest.raises(ValueError, match="cannot be overridden"):
            gym.make("browsergym/mine", browser=chromium, task_kwargs={"size": 5}).reset(seed=1)
    finally:
        gym.registry.clear()
        gym.registry.update(before)


def test_an_agent_that_reads_the_accessibility_tree_finishes_a_task(chromium: Browser) -> None:
    actions = ActionSet(["chat", "bid"], multiaction=False)
    scenario = make_scenario("miniwob.login-user")
    with BrowserGymEnv(
        scenario=scenario, browser=chromium, action_mapping=actions.to_python_code, screenshots=False
    ) as env:
        for seed in range(3):
            observation, _ = env.reset(seed=seed)
            user, password = observation["goal"].split('"')[1::2]
            told = [""]
            for text in (user, password, None):
                fields = [b for b, n in with_role(observation, "textbox")]
                button = next(b for b, n in with_role(observation, "button") if n == "Login")
                action = f"click('{button}')" if text is None else f"fill('{fields[len(told) - 1]}', '{text}')"
                observation, reward, terminated, *_ = env.step(f"Next: {action}")
                told.append(observation["last_action_error"])
            assert told == [""] * 4 and (reward, terminated) == (1.0, True)

"""Vector environments: the same as Gymnasium's over single ones, concurrent, in parts, and hard to break."""

from __future__ import annotations

import asyncio
import gc
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers.vector import RecordEpisodeStatistics

from webagent.envs.browser import Browser
from webagent.envs.errors import BrowserGone, PageUnreachable, TimedOut, UsageError
from webagent.envs.registration import make_scenario
from webagent.envs.suites.task_file import WebScenario
from webagent.envs.types import Action
from webagent.envs.vector_env import VectorEnv
from webagent.envs.web_env import WebEnv

pytestmark = pytest.mark.browser
TASK = "miniwob.click-checkboxes"
ID = f"webagent/{TASK}-v0"
Open = Callable[..., VectorEnv]
SLOW = "<button onclick='const t = Date.now(); while (Date.now() - t < 1500);'>Slow</button><button>Quick</button>"


@pytest.fixture
def vector(chromium: Browser) -> Iterator[Open]:
    """Opens vectors over tasks or scenarios, in the shared browser unless told otherwise."""
    made: list[VectorEnv] = []

    def open_vector(what: list[Any], **options: Any) -> VectorEnv:
        scenarios = [make_scenario(w) if isinstance(w, str) else w for w in what]
        options = {"view": "arrays", "settle": "input", **options}
        if "browsers" not in options:
            options.setdefault("browser", chromium)
        made.append(VectorEnv(scenarios, **options))
        return made[-1]

    yield open_vector
    for envs in made:
        envs.close()


@pytest.fixture
def page(tmp_path: Path) -> Callable[[str], WebScenario]:
    """A scenario on a page made of the given HTML."""

    def make_page(html: str) -> WebScenario:
        name = f"{len(list(tmp_path.iterdir()))}.html"
        (tmp_path / name).write_text(f"<!doctype html><title>T</title>{html}", encoding="utf8")
        return WebScenario(name, "try it", base=tmp_path)

    return make_page


def assert_same(ours: Any, theirs: Any, where: str = "") -> None:
    assert type(ours) is type(theirs), where
    if isinstance(ours, dict):
        assert ours.keys() == theirs.keys(), where
        for key in ours:
            assert_same(ours[key], theirs[key], f"{where}/{key}")
    elif isinstance(ours, tuple) or (isinstance(ours, np.ndarray) and ours.dtype == object):
        assert len(ours) == len(theirs), where
        for i, pair in enumerate(zip(ours, theirs, strict=True)):
            assert_same(*pair, f"{where}/{i}")
    elif isinstance(ours, np.ndarray):
        assert ours.dtype == theirs.dtype and ours.shape == theirs.shape, where
        assert np.array_equal(ours, theirs), where
    else:
        assert ours == theirs, where


def choose(observations: Any, rng: np.random.Generator) -> Any:
    """A batch of actions for a batch of observations of either view, some of them bad."""
    if "action_mask" in observations:
        return np.array([rng.choice(np.flatnonzero(mask)) for mask in observations["action_mask"]])
    refs = [rng.choice([e["ref"] for e in elements] + ["e999"]) for elements in observations["elements"]]
    return {
        "op": np.zeros(len(refs), np.int64),
        "target": tuple(refs),
        "text": ("",) * len(refs),
        "point": ((),) * len(refs),
    }


@pytest.mark.parametrize("view", ["arrays", "typed"])
@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_it_does_what_gymnasiums_sync_vector_does(chromium: Browser, view: str, mode: AutoresetMode) -> None:
    options = {"num_envs": 3, "browser": chromium, "view": view, "settle": "input", "max_episode_steps": 3}
    ours = gym.make_vec(ID, autoreset_mode=mode, **options)
    theirs = gym.make_vec(ID, vectorization_mode="sync", vector_kwargs={"autoreset_mode": mode}, **options)
    assert isinstance(ours, VectorEnv) and isinstance(theirs, gym.vector.SyncVectorEnv)
    assert ours.metadata == theirs.metadata
    assert ours.observation_space == theirs.observation_space and ours.action_space == theirs.action_space
    assert ours.spec is not None and ours.spec.id == ID and ours.spec.kwargs["max_episode_steps"] == 3
    rng = np.random.default_rng(5)
    mine, other = ours.reset(seed=11), theirs.reset(seed=11)
    assert_same(mine, other)
    assert mine[0] in ours.observation_space
    ended = np.zeros(3, np.bool_)
    endings = 0
    for _ in range(8):
        if mode == AutoresetMode.DISABLED and ended.any():
            mine = ours.reset(options={"reset_mask": ended})
            assert_same(mine, theirs.reset(options={"reset_mask": ended}))
        actions = choose(mine[0], rng)
        result, mine_too = ours.step(actions), theirs.step(actions)
        assert_same(tuple(result), mine_too)
        mine = result
        ended = result[2] | result[3]
        endings += ended.sum()
    assert endings >= 3
    assert ours.np_random_seed == theirs.np_random_seed == (11, 12, 13)
    ours.close()
    theirs.close()


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_episode_statistics_are_those_of_gymnasiums_wrapper(vector: Open, mode: AutoresetMode) -> None:
    tasks = ["miniwob.click-test", "miniwob.click-dialog", TASK]
    ours = vector(tasks, autoreset_mode=mode, max_episode_steps=2, statistics=True)
    theirs = RecordEpisodeStatistics(vector(tasks, autoreset_mode=mode, max_episode_steps=2))
    rng = np.random.default_rng(1)
    observations, _ = ours.reset(seed=4)
    theirs.reset(seed=4)
    for _ in range(5):
        actions = choose(observations, rng)
        observations, _, terminated, truncated, infos = ours.step(actions)
        other = theirs.step(actions)[-1]
        assert ("episode" in infos) == ("episode" in other) == bool((terminated | truncated).any())
        if "episode" in infos:
            took, took_too = infos["episode"].pop("t"), other["episode"].pop("t")
            assert took.shape == took_too.shape and ((took > 0) == infos["_episode"]).all()
            assert_same(infos["episode"], other["episode"])
            assert_same(infos["_episode"], other["_episode"])
        if mode == AutoresetMode.DISABLED and (ended := terminated | truncated).any():
            observations, _ = ours.reset(options={"reset_mask": ended})
            theirs.reset(options={"reset_mask": ended.copy()})


def test_any_page_and_different_tasks_side_by_side_through_make_vec(chromium: Browser, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<button>Go</button>", encoding="utf8")
    pages = gym.make_vec("webagent/Web-v0", num_envs=2, url=str(tmp_path / "a.html"), goal="press Go", browser=chromium)
    seen, _ = pages.reset(seed=0)
    assert seen["goal"] == ("press Go", "press Go")
    assert [elements[0]["name"] for elements in seen["elements"]] == ["Go", "Go"]
    *_, infos = pages.step([Action("click", "e1"), Action("click", "e7")])
    assert [error.split(":")[0] for error in infos["last_error"]] == ["", "BadAction"]
    pages.close()
    names = ["miniwob.click-test", "demo.log-in"]
    mixed = gym.make_vec(ID, num_envs=3, tasks=names, browser=chromium, view="arrays", autoreset_mode="SameStep")
    mixed.reset(seed=1)
    assert [task.id for task in mixed.get_attr("task")] == [*names, names[0]]
    assert mixed.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    mixed.close()


@pytest.mark.parametrize(("view", "shared"), [("arrays", True), ("typed", False)])
def test_gymnasiums_async_vector_takes_either_view(view: str, shared: bool) -> None:
    envs = gym.make_vec(
        "webagent/miniwob.click-test-v0", num_envs=2, vectorization_mode="async", view=view, settle="input",
        vector_kwargs={"shared_memory": shared},
    )  # fmt: skip
    seen, _ = envs.reset(seed=3)
    assert seen in envs.observation_space
    seen, rewards, terminated, *_ = envs.step(choose(seen, np.random.default_rng(0)))
    assert rewards.shape == terminated.shape == (2,)
    envs.close()


def test_seeds_are_one_for_each_or_counted_on_or_drawn(vector: Open) -> None:
    envs = vector([TASK] * 3)
    assert list(envs.reset(seed=7)[1]["seed"]) == [7, 8, 9]
    drawn = list(envs.reset()[1]["seed"])
    assert list(envs.reset(seed=[7, 8, None])[1]["seed"][:2]) == [7, 8]
    envs.reset(seed=7)
    assert list(envs.reset()[1]["seed"]) == drawn
    with pytest.raises(UsageError, match="3 seeds"):
        envs.reset(seed=[1, 2])
    with pytest.raises(UsageError, match="reset_mask"):
        envs.reset(options={"reset_mask": np.zeros(3, np.bool_)})
    with pytest.raises(UsageError, match="3 actions"):
        envs.step([0])


def test_all_environments_step_at_the_same_time(vector: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    envs = vector([TASK] * 4, browsers=2)
    envs.reset(seed=0)
    inside = {"now": 0, "most": 0}
    step = type(envs._lanes[0].stage).step

    async def counted(stage: Any, action: Any) -> Any:
        inside["now"] += 1
        inside["most"] = max(inside["most"], inside["now"])
        await asyncio.sleep(0.2)
        moment = await step(stage, action)
        inside["now"] -= 1
        return moment

    monkeypatch.setattr(type(envs._lanes[0].stage), "step", counted)
    envs.step(np.zeros(4, np.int64))
    assert inside["most"] == 4
    assert len({env._browser.folder for env in envs.envs}) == 2


def test_actors_need_not_wait_for_the_slowest_page(vector: Open, page: Callable[[str], WebScenario]) -> None:
    envs = vector([page(SLOW) for _ in range(3)], view="typed", max_episode_steps=2)
    envs.reset(seed=0)
    slow, quick = (Action("click", ref) for ref in ("e1", "e2"))
    with pytest.raises(gym.error.NoAsyncCallError):
        envs.step_wait()
    envs.step_async([slow, quick, quick])
    assert sorted(envs.ready(at_least=2)) == [1, 2]
    seen, rewards, *_ = envs.step_wait([2, 1])
    assert rewards.shape == (2,) and len(seen["elements"]) == 2
    envs.step_async([quick, slow], [1, 2])
    with pytest.raises(gym.error.AlreadyPendingCallError, match="env 0"):
        envs.step_async([quick], [0])
    with pytest.raises(gym.error.AlreadyPendingCallError, match="env 0"):
        envs.reset()
    assert envs.step_wait([1]).truncated.tolist() == [True]  # its second step
    envs.step_async([quick], [1])
    _, _, _, truncated, infos = envs.step_wait([1])
    assert not truncated[0] and infos["_seed"].tolist() == [True]  # it was reset alone
    with pytest.raises(TimedOut, match="env 2"):
        envs.step_wait([2], timeout=0.01)
    assert sorted(envs.ready(at_least=2)) == [0, 2]
    assert envs.step_wait().truncated.tolist() == [False, True]


def test_a_page_that_crashes_ends_its_own_episode_only(vector: Open) -> None:
    envs = vector([TASK] * 8)
    seen, _ = envs.reset(seed=0)
    rng = np.random.default_rng(0)
    hurt = envs.envs[3]
    hurt._browser.submit(hurt._stage.session.tab.cdp.send("Page.crash"))
    time.sleep(0.3)
    seen, _, _, truncated, infos = envs.step(choose(seen, rng))
    assert np.flatnonzero(truncated).tolist() == [3]
    assert [r for r in infos["recovered"] if r] == ["page"]
    assert infos["last_error"][3].startswith("BrowserGone")
    seen, _, _, truncated, infos = envs.step(choose(seen, rng))
    assert not truncated.any() and infos["_seed"][3]
    assert "BrowserGone" not in "".join(infos["last_error"])


def test_a_browser_that_dies_ends_the_episodes_in_it_and_the_vector_goes_on(vector: Open) -> None:
    envs = vector([TASK] * 8, browsers=2)
    seen, _ = envs.reset(seed=0)
    rng = np.random.default_rng(0)
    envs.step_async(choose(seen, rng))
    envs.step_wait()
    envs.browsers[1].kill()
    seen, _, _, truncated, infos = envs.step(choose(seen, rng))
    assert np.flatnonzero(truncated).tolist() == [1, 3, 5, 7]
    assert [bool(r) for r in infos["recovered"]] == [False, True] * 4 and "browser" in infos["recovered"]
    assert seen in envs.observation_space
    seen, _, _, truncated, infos = envs.step(choose(seen, rng))
    assert not truncated.any()
    assert envs.action_masks().any(axis=1).all()


def test_an_error_names_its_environment_and_leaves_the_rest_usable(
    vector: Open, page: Callable[[str], WebScenario]
) -> None:
    envs = vector([page("<p>a</p>"), WebScenario("http://127.0.0.1:9/", "g")], view="typed")
    with pytest.raises(PageUnreachable, match=r"env 1 \(web\)"):
        envs.reset(seed=0)
    with pytest.raises(gym.error.ResetNeeded, match="env 1"):
        envs.step_async([Action("wait")], [1])
    envs.reset(options={"reset_mask": np.array([True, False])})
    envs.step_async([Action("wait")], [0])
    assert envs.step_wait().rewards.tolist() == [0.0]


@pytest.fixture
def careless() -> Iterator[None]:
    """Nobody closes what lived on the loop of a browser that was closed from outside."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.mark.usefixtures("careless")
def test_a_browser_closed_from_outside_is_an_error_not_a_hang(page: Callable[[str], WebScenario]) -> None:
    with Browser() as browser:
        envs = VectorEnv([page(SLOW), page(SLOW)], browser=browser, settle="input")
        envs.reset(seed=0)
        envs.step_async([Action("click", "e1"), Action("click", "e1")])
        time.sleep(0.1)
        browser.close()
        with pytest.raises(BrowserGone, match="env 0"):
            envs.step_wait()
        envs.close()


def test_steps_under_way_do_not_keep_it_from_closing(vector: Open, page: Callable[[str], WebScenario]) -> None:
    envs = vector([page(SLOW), page(SLOW)], view="typed")
    envs.reset(seed=0)
    envs.step_async([Action("click", "e1")], [1])
    began = time.monotonic()
    envs.close()
    envs.close()
    assert time.monotonic() - began < 10
    for use in (envs.reset, envs.step_wait, lambda: envs.step([Action("wait")] * 2)):
        with pytest.raises(gym.error.ClosedEnvironmentError):
            use()


def test_attributes_masks_and_pictures_of_each(vector: Open) -> None:
    envs = vector([TASK, "miniwob.click-test"], render_mode="rgb_array")
    seen, _ = envs.reset(seed=0)
    masks = envs.action_masks()
    assert masks.dtype == np.bool_ and np.array_equal(masks, seen["action_mask"])
    assert [len(o.tree.elements) > 0 for o in envs.get_attr("observation")] == [True, True]
    assert [cost.resets for cost in envs.call("cost")] == [1, 1]
    assert [picture.shape for picture in envs.call("render")] == [picture.shape for picture in envs.render()]
    assert all(picture.std() > 0 for picture in envs.render())
    envs.set_attr("note", ["a", "b"])
    envs.set_attr("shared", 3)
    assert envs.get_attr("note") == ("a", "b") and envs.get_attr("shared") == (3, 3)
    with pytest.raises(ValueError, match="2 values"):
        envs.set_attr("note", ["a"])


def test_wrong_arguments_are_told(chromium: Browser) -> None:
    scenario = make_scenario(TASK)
    with pytest.raises(UsageError, match="another object"):
        VectorEnv([scenario, scenario], browser=chromium)
    with pytest.raises(UsageError, match="browsers"):
        VectorEnv([scenario], browsers=0)
    with pytest.raises(UsageError, match="different sizes"):
        VectorEnv([scenario, make_scenario("demo.log-in")], view="arrays", frames=1)
    with pytest.raises(UsageError, match="no action masks"):
        VectorEnv([scenario], browser=chromium).action_masks()
    assert isinstance(VectorEnv.of([TASK], 2, browser=chromium).envs[1], WebEnv)

"""Screen frames in observations: how many, of what size, how fresh, and what they tell about a step."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

from webagent.envs.browser import Browser
from webagent.envs.errors import UsageError
from webagent.envs.spaces import from_space
from webagent.envs.suites.task_file import WebScenario
from webagent.envs.types import Action, Frame
from webagent.envs.web_env import WebEnv

pytestmark = pytest.mark.browser
Open = Callable[..., WebEnv]
PAGE = """<!doctype html><title>T</title><body style="margin:0;background:#fff">
<div id=d style="position:absolute;left:0;top:0;width:320px;height:150px;background:#fff"></div>
<div style="position:absolute;left:10px;top:160px"><button id=a>Turn</button> <button>Rest</button>
<button onclick="window.open('page.html?black')">Tab</button></div><script>
let n = 0;
const show = () => { d.style.background = n % 2 ? '#000' : '#fff'; };
const ways = {
  sync: show, microtask: () => Promise.resolve().then(show), frame: () => requestAnimationFrame(show),
  timer: () => setTimeout(show, 0),
};
let way = 'sync';
a.onclick = () => { n++; ways[way](); };
if (location.search) { n = 1; show(); }
if (location.hash) way = location.hash.slice(1);
</script>"""


@pytest.fixture
def page(tmp_path: Path, chromium: Browser) -> Iterator[Open]:
    """Opens an environment on the page; ``at`` goes behind its address."""
    (tmp_path / "page.html").write_text(PAGE, encoding="utf8")
    made: list[WebEnv] = []

    def open_page(at: str = "", **options: object) -> WebEnv:
        scenario = WebScenario(f"page.html{at}", "try it", base=tmp_path, max_steps=200)
        scenario.viewport = (320, 240)
        env = WebEnv(scenario, browser=chromium, **options)  # type: ignore[arg-type]
        made.append(env)
        return env

    yield open_page
    for env in made:
        env.close()


def press(env: WebEnv, name: str) -> dict[str, object]:
    button = next(e for e in env.observation.tree.elements if e.name == name)
    return env.step(Action("click", button.ref))[4]


def brightness(frame: Frame) -> float:
    pixels = np.frombuffer(frame.rgb, np.uint8).reshape(frame.height, frame.width, 3)
    return float(pixels[frame.height // 10 : frame.height // 2, frame.width // 10 : -frame.width // 10].mean()) / 255


def test_the_last_frames_are_in_the_observation(page: Open) -> None:
    env = page(frames=3, frame_size=(160, 210))
    seen, info = env.reset(seed=1)
    assert info["frame_stale"] is False
    assert 1 <= len(env.observation.frames) <= 3
    for _ in range(4):
        seen, *_, info = env.step(Action("click", next(e.ref for e in env.observation.tree.actionable)))
    frames = env.observation.frames
    assert [(f.width, f.height) for f in frames] == [(160, 210)] * 3
    assert [f.time for f in frames] == sorted(f.time for f in frames)
    assert env.observation_space.contains(seen) and from_space(seen) == env.observation


def test_the_last_frame_shows_what_the_tree_tells(page: Open) -> None:
    late = 0
    for way in ("sync", "microtask", "frame", "timer"):
        env = page(f"#{way}", frames=1)
        env.reset(seed=1)
        for n in range(1, 16):
            before = time.time()
            info = press(env, "Turn")
            (frame,) = env.observation.frames
            assert info["frame_stale"] or frame.time >= before - 0.05
            late += not info["frame_stale"] and abs(brightness(frame) - (n % 2 == 0)) > 0.1
        env.close()
    assert late <= 6, "a machine with too much to do may draw late, but not often"


def test_a_step_that_changes_nothing_is_not_stale_and_shows_no_motion(page: Open) -> None:
    env = page(frames=2)
    env.reset(seed=1)
    press(env, "Rest")
    infos = [press(env, "Rest") for _ in range(5)]
    assert sum(bool(info["frame_stale"]) for info in infos) <= 1
    assert min(info["signals"]["motion"] for info in infos) == 0.0  # type: ignore[index]
    info = press(env, "Turn")
    info2 = press(env, "Rest")
    assert max(i["signals"]["motion"] for i in (info, info2)) > 0.1  # type: ignore[index]


def test_a_new_episode_begins_without_the_frames_of_the_last(chromium: Browser) -> None:
    env = gym.make("webagent/miniwob.click-test-v0", browser=chromium, frames=4)
    inner = env.unwrapped
    assert isinstance(inner, WebEnv)
    env.reset(seed=1)
    for seed in (2, 3):
        began = time.time()
        _, info = env.reset(seed=seed)
        assert not info["frame_stale"]
        assert all(frame.time > began - 0.02 for frame in inner.observation.frames)
    env.close()


def test_arrays_hold_frames_and_fill_up_with_black(page: Open) -> None:
    env = page(view="arrays", frames=8, frame_size=(40, 30))
    seen, _ = env.reset(seed=1)
    assert seen["frames"].shape == (8, 30, 40, 3)
    assert seen["frames"][-1].mean() > 100 and not seen["frames"][0].any()
    assert env.observation_space.contains(seen)


def test_after_a_tab_is_closed_the_one_in_front_is_shown(page: Open) -> None:
    env = page(frames=1)
    env.reset(seed=1)
    press(env, "Tab")
    for op in ("wait", "wait"):
        env.step(Action(op))  # type: ignore[arg-type]
    assert len(env.observation.tabs) == 2
    assert brightness(env.observation.frames[-1]) < 0.1
    env.step(Action("close_tab"))
    *_, info = env.step(Action("wait"))
    assert not info["frame_stale"]
    assert brightness(env.observation.frames[-1]) > 0.9


def test_level_input_waits_for_no_frame_and_says_so(page: Open) -> None:
    env = page(frames=1, settle="input")
    env.reset(seed=1)
    infos = [press(env, "Turn") for _ in range(10)]
    assert {type(info["frame_stale"]) for info in infos} == {bool}
    assert any(info["frame_stale"] for info in infos)


def test_whoever_watches_gets_every_frame(page: Open) -> None:
    env = page(screen=True)
    seen: list[tuple[float, bytes]] = []
    env.on_frame = lambda at, jpeg: seen.append((at, jpeg))
    env.reset(seed=1)
    assert env.observation.frames == ()
    for _ in range(3):
        press(env, "Turn")
        time.sleep(0.1)
    assert len(seen) >= 3 and all(jpeg[:2] == b"\xff\xd8" for _, jpeg in seen)
    env.on_frame = None
    count = len(seen)
    press(env, "Turn")
    time.sleep(0.1)
    assert len(seen) == count


def test_without_frames_nothing_is_said_of_them(page: Open) -> None:
    env = page()
    _, info = env.reset(seed=1)
    assert "frame_stale" not in info and "motion" not in info["signals"]
    assert env.observation.frames == ()


@pytest.mark.parametrize("options", [{"frames": -1}, {"frames": 1, "every_nth": 0}])
def test_impossible_numbers_are_the_callers_mistake(page: Open, options: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="expected"):
        page(**options)

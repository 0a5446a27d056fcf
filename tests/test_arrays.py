"""The ``arrays`` view: fixed arrays that stock learners take, over candidate actions that a person would think of."""

from __future__ import annotations

import gc
import pickle
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as check_env_sb3
from view_site import OneButton

import webagent.envs
from webagent.envs.array_features import CANDIDATE_LAYOUT, FEATURES, PAGE_FEATURES, PAGE_LAYOUT, columns
from webagent.envs.arrays import ArraysView
from webagent.envs.browser import Browser
from webagent.envs.errors import BadAction, UsageError
from webagent.envs.goal_texts import hashed, mention, read_goal
from webagent.envs.html import tree_from_html
from webagent.envs.types import Action, ActionTree, Element, Frame, Observation, Tab
from webagent.envs.views import TypedView, make_view

AT = columns(CANDIDATE_LAYOUT)
ON_PAGE = columns(PAGE_LAYOUT)
LOGIN = 'Enter the username "ann" and the password "x1" into the text fields and press login.'
LOGIN_PAGE = (
    "<label>Username <input></label><label>Password <input type=password></label><button>Login</button>"
    "<a href='/help'>Help</a><button disabled>Off</button>"
)


def see(html: str, goal: str = "", **more: Any) -> Observation:
    return Observation(goal=goal, tree=tree_from_html(html), **more)


def actions(observation: Observation, most: int = 64) -> list[str]:
    return [str(a) for a in ArraysView(most).candidates(observation)]


def rows(observation: Observation, most: int = 64) -> dict[str, np.ndarray[Any, Any]]:
    """Feature rows by what the candidate does."""
    view = ArraysView(most)
    table = view.encode(observation)["candidates"].reshape(most, FEATURES)
    return {str(a): table[i] for i, a in enumerate(view.candidates(observation))}


def ref(observation: Observation, name: str) -> str:
    return next(e.ref for e in observation.tree.elements if e.name == name and e.actionable)


# ---- candidates -----------------------------------------------------------------------------------------------


def test_fields_take_the_goals_texts_and_controls_a_click() -> None:
    page = see(LOGIN_PAGE, LOGIN)
    name, word = ref(page, "Username"), ref(page, "Password")
    assert actions(page) == [
        f"click {name}", f"type {name} 'ann'", f"type {name} 'x1'",
        f"click {word}", f"type {word} 'ann'", f"type {word} 'x1'",
        f"click {ref(page, 'Login')}", f"click {ref(page, 'Help')}",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("goal", "texts"),
    [
        ("Book the flight from: RAP to: New York on 11/16/2016.", ["RAP", "New York", "11/16/2016"]),
        ("Departure City: Boston, Seats: 2\nName: Ann Lee", ["Boston", "2", "Ann Lee"]),
        ("Select 129 with the slider and hit Submit.", ["129"]),
        ("Enter 9:52 PM as the time", ["9:52 PM"]),
        ("Type the word lantern into search", ["lantern"]),
        ("Forward it to Kiley.", ["Kiley"]),
        ("type {{secret:word}} into the field", ["{{secret:word}}"]),
        ("Send it to ann@example.com", ["ann@example.com"]),
        ("write “bonjour”", ["bonjour"]),
        ("", []),
    ],
)
def test_texts_to_type_come_from_the_goal(goal: str, texts: list[str]) -> None:
    assert [t.text for t in read_goal(goal).texts] == texts


def test_a_native_list_offers_its_options_and_no_click_on_closed_ones() -> None:
    page = see("<select aria-label=Size><option>S<option>M<option disabled>L</select>", "Choose M")
    list_ = ref(page, "Size")
    assert actions(page) == [f"select {list_} 'S'", f"select {list_} 'M'"]
    several = see("<select multiple size=3 aria-label=Size><option>S<option>M</select>")
    assert actions(several) == [f"click {ref(several, 'S')}", f"click {ref(several, 'M')}"]


def test_state_decides_what_is_offered() -> None:
    field = Element("e1", "textbox", "input:text", "Name", "ann", states=("actionable", "editable", "focused"))
    shut = Element("e2", "button", "button", "Buy", states=("actionable", "covered"))
    fixed = Element("e3", "textbox", "input:text", "Date", states=("actionable", "editable", "readonly"))
    box = Element("e4", "region", "div", states=("actionable",), scroll=(0, 5, 0, 5))
    knob = Element("e5", "slider", "div", "Volume", states=("actionable",))
    page = Observation(tree=ActionTree((field, shut, fixed, box, knob), scroll=(0, 0, 0, 900)))
    assert actions(page) == [
        "click e1", "clear e1", "press e1 'Enter'", "click e3", "click e4", "scroll e4 'up'", "click e5",
        "press e5 'ArrowLeft'", "press e5 'ArrowRight'", "scroll 'down'",
    ]  # fmt: skip


def test_rarer_ops_come_where_the_goal_asks_for_them() -> None:
    loose = [Element(f"e{i}", "clickable", "li", n, states=("actionable", "visible")) for i, n in enumerate("ab")]
    page = Observation(tree=ActionTree(tuple(loose)), tabs=(Tab("/a", active=True), Tab("/b")))
    assert actions(page) == ["click e0", "click e1", "switch_tab '1'"]
    assert "drag e0 'e1'" in actions(replace(page, goal="Drag a to b"))
    assert "hover e1" in actions(replace(page, goal="Hover over b"))
    assert "dblclick e1" in actions(replace(page, goal="Double-click b"))
    told = see("<table><tr><th>Iceland<td>6 days</table>", "How long to Iceland? Answer with the number of days.")
    assert "answer '6 days'" in actions(told)
    assert actions(replace(told, goal="How long to Iceland?")) == ["wait"]


def test_a_page_without_controls_leaves_waiting() -> None:
    view = ArraysView(4)
    for page in (Observation(), see("<p>Loading")):
        assert view.candidates(page) == (Action("wait"),)
        assert view.encode(page)["action_mask"].tolist() == [1, 0, 0, 0]
    assert actions(see("<button>A</button>", settled="busy"))[-1] == "wait"


def test_the_useful_candidates_stay_and_stay_in_document_order() -> None:
    links = [f"<a href='/{i}'>Link {i}</a>" for i in range(300)]
    goal = 'Type "hello" into Search, click "Link 250" and press Go'
    page = see("".join(["<input aria-label=Search>", *links, "<button>Go</button>"]), goal)
    kept = actions(page, 16)
    assert len(kept) == 16
    wanted = [f"type {ref(page, 'Search')} 'hello'", f"click {ref(page, 'Link 250')}", f"click {ref(page, 'Go')}"]
    assert [k for k in kept if k in wanted] == wanted
    everything = actions(page, 1000)
    assert kept == [a for a in everything if a in kept]
    assert ArraysView(16).encode(page)["page"][ON_PAGE["left_out"]] == 1.0


# ---- features -------------------------------------------------------------------------------------------------


def test_matches_with_the_goal_are_told() -> None:
    page = see(LOGIN_PAGE, LOGIN)
    found = rows(page)
    name, word = ref(page, "Username"), ref(page, "Password")
    right, wrong = found[f"type {name} 'ann'"], found[f"type {word} 'ann'"]
    assert right[AT["text_key"]].tolist() == [1.0, 0.0] and wrong[AT["text_key"]].tolist() == [0.0, 1.0]
    assert right[AT["text_turn"]] == 1.0 and wrong[AT["text_turn"]] == 0.0
    login, help_ = found[f"click {ref(page, 'Login')}"], found[f"click {ref(page, 'Help')}"]
    assert login[AT["mention"]][0] == 1.0 and not help_[AT["mention"]].any()
    assert login[AT["mention"]][-1] < right[AT["mention"]][-1], "the login button is named last"


def test_what_is_done_already_is_told() -> None:
    html = "<label><input type=checkbox {}>Mail</label><input aria-label=Name value='{}'>"
    before, after = (see(html.format(*x), 'Tick Mail and type "Ann"') for x in (("", ""), ("checked", "Ann")))
    for page, done in ((before, 0.0), (after, 1.0)):
        found = rows(page)
        assert found[f"click {ref(page, 'Mail')}"][AT["done"]] == done
        assert found[f"type {ref(page, 'Name')} 'Ann'"][AT["done"]] == done
        row = ArraysView().encode(page)["page"]
        assert row[ON_PAGE["texts_left"]] == 1.0 - done and row[ON_PAGE["choices_left"]] == 1.0 - done


def test_a_masked_password_of_that_length_counts_as_typed() -> None:
    field = Element("e1", "textbox", "input:password", "Password", "••", states=("actionable", "editable", "password"))
    page = Observation(goal='Type "x1" and "long" as Password', tree=ActionTree((field,), viewport=(320, 240)))
    found = rows(page)
    assert found["type e1 'x1'"][AT["done"]] == 1.0 and found["type e1 'long'"][AT["done"]] == 0.0


def test_exact_names_differ_from_names_in_other_letters() -> None:
    goal = read_goal('Click on the "ok" button')
    exact, loose, other = (mention(name, goal) for name in ("ok", "OK", "okay"))
    assert exact.quoted == loose.quoted == 1.0 and exact.quoted_case == 1.0 and loose.quoted_case == 0.0
    assert not any(other)


def test_a_field_named_by_the_goal_itself_is_not_a_match() -> None:
    goal = 'Enter "Myron" into the text field and press Submit.'
    field = Element("e1", "textbox", "input:text", goal, states=("actionable", "editable"))
    page = Observation(goal=goal, tree=ActionTree((field,), viewport=(320, 240)))
    assert not rows(page)["type e1 'Myron'"][AT["mention"]].any()


def test_hashing_is_the_same_in_every_process() -> None:
    code = "from webagent.envs.goal_texts import hashed; print(hashed(('save', 'order', 'é'), 20).tolist())"
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert there.stdout.strip() == str(hashed(("save", "order", "é"), 20).tolist())


def test_every_observation_lies_in_the_space() -> None:
    far = Element("e1", "button", "button", "x" * 5000, box=(-1e9, 1e9, 1e9, 1e9), states=("actionable",), depth=900)
    odd = [
        Observation(goal="\ud800 \0 " + "a" * 30_000 + ' "' * 50, tree=ActionTree((far,)), step=10**6),
        see("<button>∞ ⟶ 你好</button><button></button>", "你好"),
        see("".join(f"<input aria-label='f{i}'>" for i in range(200)), ", ".join(f'"t{i}"' for i in range(200))),
    ]
    view = ArraysView(64)
    for page in odd:
        encoded = view.encode(page)
        assert view.observation_space.contains(encoded)
        assert np.isfinite(encoded["candidates"]).all()
    assert FEATURES <= 96 and view.observation_space["page"].shape == (PAGE_FEATURES,)


def test_equal_observations_give_equal_arrays() -> None:
    first, second = (ArraysView().encode(see(LOGIN_PAGE, LOGIN)) for _ in range(2))
    assert all(np.array_equal(first[key], second[key]) for key in first)


def test_encoding_is_quick() -> None:
    page = see("".join(f"<p>Words {i}</p><button>Save {i}</button><a href='#'>To {i}</a>" for i in range(17)), LOGIN)
    view = ArraysView()
    took = []
    for _ in range(200):
        fresh = replace(page)
        began = time.perf_counter()
        view.encode(fresh)
        took.append(time.perf_counter() - began)
    assert len(page.tree.elements) >= 50 and min(took) < 0.001, f"{min(took) * 1000:.2f} ms"


def test_frames_are_stacked_with_the_newest_last() -> None:
    view = ArraysView(4, frames=3, frame_size=(8, 6))
    seen = tuple(Frame(float(t), w, h, bytes([t]) * (w * h * 3)) for t, w, h in ((1, 8, 6), (2, 16, 12)))
    encoded = view.encode(replace(see("<button>A"), frames=seen))
    assert view.observation_space.contains(encoded)
    assert encoded["frames"].shape == (3, 6, 8, 3)
    assert [int(f.max()) for f in encoded["frames"]] == [0, 1, 2]
    many = tuple(Frame(0.0, 8, 6, bytes([t]) * 144) for t in range(1, 6))
    assert [int(f.min()) for f in view.encode(replace(see(""), frames=many))["frames"]] == [3, 4, 5]


# ---- the view -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [int, np.int64, np.int32, np.array])
def test_any_whole_number_is_an_action(number: Callable[[int], Any]) -> None:
    page, view = see(LOGIN_PAGE, LOGIN), ArraysView()
    assert [view.decode(number(i), page) for i in range(8)] == list(view.candidates(page))
    assert view.decode(Action("wait"), page) == Action("wait")


@pytest.mark.parametrize("wrong", [8, 63, 64, -1, 1.0, True, "0", None, [0], np.array([[0]]), {"op": 1}])
def test_other_actions_are_bad(wrong: Any) -> None:
    with pytest.raises(BadAction):
        ArraysView().decode(wrong, see(LOGIN_PAGE, LOGIN))


def test_a_view_remembers_an_observation_only_while_it_lives() -> None:
    view = ArraysView()
    page = see(LOGIN_PAGE, LOGIN)
    assert view.candidates(page) and len(view._known) == 1
    for _ in range(50):
        view.encode(replace(page))
    gc.collect()
    assert len(view._known) == 1
    again = pickle.loads(pickle.dumps(view))
    assert again.candidates(page) == view.candidates(page)


def test_views_are_made_by_name() -> None:
    assert isinstance(make_view("typed"), TypedView)
    arrays = make_view("arrays", candidates=7, frames=2, frame_size=(4, 4))
    assert arrays.name == "arrays" and arrays.action_space.n == 7
    with pytest.raises(UsageError, match="unknown view 'array'") as wrong:
        make_view("array")
    assert "'arrays'" in wrong.value.hint
    with pytest.raises(UsageError, match="unknown option of view 'typed' 'candidates'"):
        make_view("typed", candidates=3)
    with pytest.raises(UsageError, match="candidates >= 1"):
        make_view("arrays", candidates=0)


def test_the_typed_view_is_the_typed_spaces() -> None:
    view = TypedView()
    page = see(LOGIN_PAGE, LOGIN)
    encoded = view.encode(page)
    assert view.observation_space.contains(encoded) and view.info(page) == {"cut": []}
    assert view.decode({"op": 0, "target": "e2", "text": "", "point": ()}, page) == Action("click", "e2")
    assert view.decode(Action("wait"), page) == Action("wait")
    for wrong in (3, "click", {"target": "e2"}):
        with pytest.raises(BadAction):
            view.decode(wrong, page)


def test_the_checkers_find_nothing() -> None:
    check_env(OneButton(ArraysView(16)), skip_render_check=True)
    check_env_sb3(OneButton(ArraysView(16)))


def test_an_async_vector_shares_its_memory() -> None:
    envs = gym.vector.AsyncVectorEnv([lambda: OneButton(ArraysView(16))] * 2, shared_memory=True, context="spawn")
    try:
        observations, infos = envs.reset(seed=[1, 2])
        assert observations["candidates"].shape == (2, 16 * FEATURES)
        assert np.array_equal(observations["action_mask"], infos["action_mask"])
        observations, _, _, _, infos = envs.step(np.zeros(2, np.int64))
        assert np.array_equal(observations["action_mask"], infos["action_mask"])
    finally:
        envs.close()


@pytest.mark.slow
def test_a_stock_learner_learns_to_press_the_named_button() -> None:
    import torch
    from sb3_contrib import MaskablePPO

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # a small network; on a busy machine threads would wait for one another
    model = MaskablePPO(
        "MultiInputPolicy", OneButton(ArraysView(16)), n_steps=512, n_epochs=4, batch_size=128, learning_rate=1e-3,
        gamma=0.9, ent_coef=0.01, seed=1, device="cpu",
    )  # fmt: skip
    try:
        model.learn(4096)
    finally:
        torch.set_num_threads(threads)
    env, successes = OneButton(ArraysView(16)), 0
    for seed in range(1000, 1200):
        observation, over = env.reset(seed=seed)[0], False
        while not over:
            action, _ = model.predict(observation, deterministic=True, action_masks=env.action_masks())
            observation, _, terminated, truncated, info = env.step(action)
            over = terminated or truncated
        successes += info["success"]
    assert successes > 0.85 * 200, "at random it is about a quarter"


# ---- over a browser -------------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize("task", ["miniwob.click-test", "miniwob.login-user", "demo.filter-shop"])
def test_the_checkers_find_nothing_over_a_browser(task: str, chromium: Browser) -> None:
    webagent.envs.register_all()
    env = gym.make(f"webagent/{task}-v0", view="arrays", browser=chromium, disable_env_checker=True)
    check_env(env.unwrapped, skip_render_check=True)
    check_env_sb3(env.unwrapped)
    env.close()


@pytest.mark.browser
def test_an_episode_is_won_by_numbers(chromium: Browser) -> None:
    env = gym.make("webagent/miniwob.login-user-v0", view="arrays", browser=chromium)
    observation, info = env.reset(seed=3)
    while True:
        table = observation["candidates"].reshape(-1, FEATURES)
        key, done, op = table[:, AT["text_key"]][:, 0], table[:, AT["done"]][:, 0], table[:, AT["op"]]
        typing = np.flatnonzero((key > 0) & (done == 0))
        press = np.flatnonzero(observation["action_mask"] & (table[:, AT["mention"]][:, 2] > 0) & (op[:, 0] > 0))
        assert np.array_equal(env.unwrapped.action_masks(), observation["action_mask"])
        observation, _, terminated, truncated, info = env.step(typing[0] if len(typing) else press[-1])
        if terminated or truncated:
            break
    assert info["success"]
    env.close()


@pytest.mark.browser
def test_a_number_beyond_the_mask_ends_in_last_error(chromium: Browser) -> None:
    env = gym.make("webagent/miniwob.click-test-v0", view="arrays", candidates=8, browser=chromium)
    env.reset(seed=3)
    observation, reward, terminated, _, info = env.step(np.int64(7))
    assert info["last_error"].startswith("BadAction: ") and not terminated and reward == 0.0
    assert observation["page"][ON_PAGE["last_error"]] == 1.0
    env.close()

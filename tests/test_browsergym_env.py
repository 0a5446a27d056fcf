"""BrowserGym's environment on a real browser: bids, observations, actions, errors, tasks, and the objects around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest
from browsergym_reading import bids, elements, named

from webagent.envs.browser import Browser
from webagent.envs.browsergym import ActionSet, BrowserGymEnv, OpenEndedTask
from webagent.envs.browsergym.bids import frame_letters
from webagent.envs.errors import UsageError
from webagent.envs.registration import make_scenario
from webagent.envs.suites.task_file import WebScenario

pytestmark = pytest.mark.browser
Open = Callable[..., BrowserGymEnv]
KEYS = {
    "chat_messages", "goal", "goal_object", "open_pages_urls", "open_pages_titles", "active_page_index", "url",
    "screenshot", "dom_object", "axtree_object", "extra_element_properties", "focused_element_bid", "last_action",
    "last_action_error", "elapsed_time",
}  # fmt: skip


@pytest.fixture
def page(tmp_path: Path, chromium: Browser) -> Iterator[Open]:
    """Opens an environment on a page made of the given HTML; its first observation is in ``env.first``."""
    made: list[BrowserGymEnv] = []

    def open_page(html: str, **options: Any) -> BrowserGymEnv:
        (tmp_path / "page.html").write_text(f"<!doctype html><title>T</title>{html}", encoding="utf8")
        scenario = WebScenario("page.html", "try it", base=tmp_path)
        env = BrowserGymEnv(scenario=scenario, browser=chromium, **{"screenshots": False, **options})
        made.append(env)
        env.first, env.info = env.reset(seed=1)  # type: ignore[attr-defined]
        return env

    yield open_page
    for env in made:
        env.close()


def error(env: BrowserGymEnv, action: str) -> str:
    return str(env.step(action)[0]["last_action_error"])


def test_frames_are_lettered() -> None:
    assert [frame_letters(n) for n in (0, 25, 26, 51, 52, 701, 702)] == ["a", "z", "aA", "aZ", "bA", "zZ", "aAA"]


def test_bids_count_in_document_order_through_shadow_roots_and_frames(page: Open) -> None:
    env = page(
        "<div id=host><b id=slotted slot=s>x</b></div><my-tag><i id=in-custom>y</i></my-tag><svg><rect id=r /></svg>"
        "<iframe id=f srcdoc='<p id=p>one</p><iframe id=g srcdoc=\"<a id=deep>z</a>\"></iframe>'></iframe>"
        "<iframe id=walled sandbox srcdoc='<p id=never></p>'></iframe><template><u id=u></u></template>"
        "<script id=last>const r = host.attachShadow({mode: 'open'});"
        "r.innerHTML = '<em id=dark>d</em><slot name=s></slot>'</script>"
    )
    # html 0, head 1, title 2, body 3, the host 4
    assert bids(env.first) == {
        "host": "4", "dark": "5", "slotted": "6", "in-custom": "7", "f": "a", "walled": "b", "last": "10",
        "p": "a3", "g": "aa", "deep": "aa3",
    }  # fmt: skip
    assert env.page.evaluate("document.documentElement.outerHTML.includes('bid')") is False


def test_bids_last_and_new_elements_get_the_next_number(page: Open) -> None:
    env = page("<button id=a onclick=\"b.insertAdjacentHTML('beforebegin', '<u id=new>n</u>')\">A</button><hr id=b>")
    before = bids(env.first)
    after = bids(env.step(f"click('{before['a']}')")[0])
    assert after == {**before, "new": str(int(before["b"]) + 1)}
    again, _ = env.reset(seed=1)
    assert bids(again) == before


def test_all_tags_can_be_marked(page: Open) -> None:
    env = page("<my-tag id=m></my-tag><svg id=s><rect id=r /></svg>", tags_to_mark="all")
    assert set(bids(env.first)) == {"m", "s", "r"}


def test_an_observation_has_browsergyms_keys_in_its_space(page: Open) -> None:
    env = page("<h1>Hello</h1><input id=n value=a><input id=c type=checkbox><input id=p type=password value=hush>",
               screenshots=True)  # fmt: skip
    observation, reward, terminated, truncated, info = env.step("fill('5', 'Ann')")
    for seen in (env.first, observation):
        assert set(seen) == KEYS
        assert env.observation_space.contains(seen)
    assert (reward, terminated, truncated) == (0.0, False, False)
    assert observation["screenshot"].shape == (720, 1280, 3) and observation["screenshot"].min() < 255
    assert observation["goal"] == "try it"
    assert [m["role"] for m in observation["chat_messages"]] == ["assistant", "user"]
    assert observation["last_action"] == "fill('5', 'Ann')" and observation["last_action_error"] == ""
    assert observation["focused_element_bid"] == "5" and env.first["focused_element_bid"] == "3"
    assert observation["elapsed_time"][0] > env.first["elapsed_time"][0] >= 0
    marked = {a["id"]: a for _, a in elements(observation) if "id" in a}
    assert marked["n"]["value"] == "Ann" and "checked" not in marked["c"]
    assert marked["p"]["value"] == "••••" and "hush" not in str(observation)
    box = observation["extra_element_properties"]["5"]
    assert box["visibility"] == 1.0 and box["clickable"] and box["set_of_marks"] and len(box["bbox"]) == 4
    assert named(observation)["4"] == "Hello"
    assert set(info) == {
        "action_exec_start", "action_exec_stop", "action_exec_timeout", "wait_for_page_loading_start",
        "wait_for_page_loading_stop", "validation_start", "validation_stop", "get_observation_start",
        "get_observation_stop", "task_info",
    }  # fmt: skip


def test_frames_hang_below_their_element_in_the_accessibility_tree(page: Open) -> None:
    env = page("<iframe srcdoc='<button>In</button>'></iframe>")
    nodes = {n["nodeId"]: n for n in env.first["axtree_object"]["nodes"]}
    frame = next(n for n in nodes.values() if n.get("browsergym_id") == "a")
    roots = [nodes[c] for c in frame["childIds"] if c in nodes]
    assert [r["role"]["value"] for r in roots] == ["RootWebArea"]
    assert nodes[next(iter(nodes))]["role"]["value"] == "RootWebArea"


def test_what_browsergyms_marks_make_visible_is_listed_without_marks(page: Open) -> None:
    env = page(
        "<label id=l><input type=checkbox> Agree</label><table><tbody id=b><tr><td>1<th>2</table>"
        "<button><span id=s>Save</span></button><p><img id=i src=x.png alt=''> <i>x</i></p><input id=d type=date>"
    )
    at = bids(env.first)
    nodes = {n["nodeId"]: n for n in env.first["axtree_object"]["nodes"]}
    listed = {n["browsergym_id"]: n for n in nodes.values() if "browsergym_id" in n}
    roles = {name: listed[at[name]]["role"]["value"] for name in "lbsi"}
    assert roles == {"l": "LabelText", "b": "rowgroup", "s": "generic", "i": "image"}
    inside = [
        nodes[c]["name"]["value"] for c in listed[at["l"]]["childIds"] if nodes[c]["role"]["value"] == "StaticText"
    ]
    assert inside == ["Agree"]
    assert listed[at["i"]]["properties"][0]["value"]["value"].endswith("/x.png")
    parts = [n for n in nodes.values() if n.get("browsergym_id") == at["d"]]
    assert {"Date", "spinbutton", "button"} == {n["role"]["value"] for n in parts}
    assert all(c in nodes for n in nodes.values() for c in n.get("childIds", []))


def test_documents_deeper_than_the_protocol_goes_are_read_whole(page: Open) -> None:
    env = page("<div>" * 400 + "<button id=b onclick='document.title = 1'>x</button>")
    assert bids(env.first)["b"] == "404"
    assert error(env, "click('404')") == "" and env.page.title() == "1"


@pytest.mark.parametrize(
    ("action", "line"),
    [
        ("click('99')", 'ValueError: Could not find element with bid "99"'),
        ("click('zz9')", 'ValueError: Could not find element with bid "zz9"'),
        ("click(4)", "ValueError: expected a string, got 4"),
        ("click('4', button='first')", "Error: Locator.click: button: expected one of (left|right|middle)"),
        ("fill('4', 'x')", "Error: Locator.fill: Error: Element is not an <input>, <textarea> or [contenteditable]"),
        ("fill('5', 7)", "Error: Locator.fill: value: expected string, got number"),
        ("check('4')", "Error: Locator.check: Error: Not a checkbox or radio button"),
        ("select_option('5', 'x')", "Error: Locator.select_option: Error: Element is not a <select> element"),
        ("tab_focus(9)", "IndexError: list index out of range"),
        ("upload_file('6', 'a.txt')", "Error: uploads are switched off: no folder was named"),
        ("send_msg_to_user(5)", "ValueError: Forbidden value: 5 is not a string"),
        ("goto('file:///etc/passwd')", "NavigationFailed|Error|RequestBlocked"),
        ("keyboard_press('NoSuchKey')", 'NameError: Invalid action type'),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_told_in_browsergyms_words(page: Open, action: str, line: str) -> None:
    env = page("<p>Text</p><input><input type=file>")
    said = error(env, action)
    assert said.startswith(tuple(line.split("|"))), said


def test_an_element_that_is_not_ready_in_half_a_second_is_a_timeout(page: Open) -> None:
    env = page(
        "<button disabled id=d>Off</button><button id=h style='display:none'>Gone</button>"
        "<div style='position:relative'><button id=u onclick='document.title=1'>Under</button>"
        "<div style='position:absolute;inset:0'>Over</div></div>"
    )
    for name, why in (("d", "not enabled"), ("h", "not visible"), ("u", "intercepts pointer events")):
        observation, *_, info = env.step(f"click('{bids(env.first)[name]}')")
        assert observation["last_action_error"].startswith("TimeoutError: Locator.click: Timeout 500ms exceeded.")
        assert why in observation["last_action_error"] and info["action_exec_timeout"] == 0.5
    forced = ActionSet("bid", retry_with_force=True)
    env = page("<button disabled id=d>Off</button>", action_mapping=forced.to_python_code)
    assert error(env, f"click('{bids(env.first)['d']}')") == ""


def test_an_element_that_left_the_page_is_not_found(page: Open) -> None:
    env = page("<button id=b onclick='this.remove()'>Once</button>")
    name = bids(env.first)["b"]
    assert error(env, f"click('{name}') click('{name}')") == f'ValueError: Could not find element with bid "{name}"'


def test_frames_in_processes_of_their_own_are_seen_and_used(page: Open) -> None:
    env = page("<p>Here</p><script>f = document.createElement('iframe'); f.id = 'f';"
               "f.src = `http://localhost:${location.port}/other.html`; document.body.append(f)</script>",
               allow=["localhost"])  # fmt: skip
    folder = env._scenario_task.scenario._start._base  # type: ignore[union-attr, attr-defined]
    (folder / "other.html").write_text("<button id=b onclick='document.title=`done`'>Press</button><input id=i>")
    observation, _ = env.reset(seed=2)
    assert bids(observation)["b"] == "a3"
    observation, *_ = env.step("click('a3') fill('a4', 'far away')")
    assert observation["last_action_error"] == "" and observation["focused_element_bid"] == "a4"
    assert env.page.frames[1].title() == "done"
    assert dict(a for a in ((x.get("id"), x.get("value")) for _, x in elements(observation)))["i"] == "far away"
    assert observation["extra_element_properties"]["a3"]["visibility"] == 1.0
    nodes = observation["axtree_object"]["nodes"]
    assert len({n["nodeId"] for n in nodes}) == len(nodes)


def test_dialogs_are_dismissed_as_playwright_does(page: Open) -> None:
    env = page(
        "<button id=b onclick=\"alert(1); document.title = String(confirm('?')) + prompt('x', 'y')\">Ask</button>"
    )
    observation, *_ = env.step(f"click('{bids(env.first)['b']}')")
    assert observation["open_pages_titles"] == ("falsenull",) and observation["last_action_error"] == ""


def test_tabs_are_opened_closed_and_counted(page: Open) -> None:
    env = page("<a id=a href=page.html target=_blank>More</a>")
    observation, *_ = env.step(f"click('{bids(env.first)['a']}')")
    assert len(observation["open_pages_urls"]) == 2 and observation["active_page_index"].tolist() == [1]
    observation, *_ = env.step("tab_focus(0) new_tab()")
    assert observation["url"] == "about:blank" and observation["active_page_index"].tolist() == [2]
    observation, *_ = env.step("tab_close() tab_close() tab_close()")
    assert len(observation["open_pages_urls"]) == 1


def test_messages_end_or_go_on_with_an_episode(page: Open) -> None:
    env = page("<p>x</p>")
    observation, _, terminated, _, info = env.step("send_msg_to_user('42')")
    assert (
        terminated and observation["chat_messages"][-1]["message"] == "42" and info["task_info"]["reason"] == "answer"
    )
    env.reset(seed=1)
    assert env.step("report_infeasible('there is none')")[2]
    env = page("<p>x</p>", terminate_on_infeasible=False)
    assert env.chat is not None and not env.step("noop(1)")[2]


def test_the_raw_page_can_be_asked_for(chromium: Browser, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<title>Raw</title>", encoding="utf8")
    scenario = WebScenario("page.html", "g", base=tmp_path)
    with BrowserGymEnv(scenario=scenario, browser=chromium, use_raw_page_output=True) as env:
        observation, _ = env.reset(seed=1)
        assert observation["page"].title() == "Raw" and "dom_object" not in observation
        assert env.observation_space.contains(observation)


def test_a_page_that_hangs_or_dies_does_not_take_the_environment_with_it(page: Open) -> None:
    env = page("<button id=b onclick='while (true);'>Hang</button><p>Text</p>")
    observation, *_ = env.step(f"click('{bids(env.first)['b']}')")
    assert env.observation_space.contains(observation)
    with pytest.raises(Exception, match=r"ERR_ABORTED|crash"):
        env.page.goto("chrome://crash", timeout=3000)
    observation, _, terminated, truncated, info = env.step("noop(1)")
    assert truncated and not terminated and "recovered" in info
    observation, _ = env.reset(seed=1)
    assert "b" in bids(observation)


def test_wrong_arguments_are_usage_errors(chromium: Browser) -> None:
    for options in ({}, {"scenario": make_scenario("miniwob.click-test"), "task_entrypoint": OpenEndedTask}):
        with pytest.raises(UsageError, match="one of the two"):
            BrowserGymEnv(**options)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="unknown tags_to_mark"):
        BrowserGymEnv(OpenEndedTask, tags_to_mark="none")  # type: ignore[arg-type]
    with pytest.warns(UserWarning, match="slow_start"):
        BrowserGymEnv(OpenEndedTask, pw_chromium_kwargs={"slow_start": True})
    with pytest.raises(gym.error.ResetNeeded):
        BrowserGymEnv(OpenEndedTask, browser=chromium).step("noop()")

"""Snapshot, restore and fork: replay on MiniWoB++ and the bundled site, storage where nothing may be done twice."""

from __future__ import annotations

import asyncio
import json
import pickle
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest

from webagent.envs import make_scenario, snapshots
from webagent.envs.browser import Browser
from webagent.envs.errors import UsageError
from webagent.envs.snapshots import Snapshot, restore_wrapped
from webagent.envs.stage import Stage
from webagent.envs.state_hash import seen, state_hash
from webagent.envs.suites.miniwob import MiniWobScenario
from webagent.envs.suites.task_file import TaskEntry, TaskFileScenario, WebScenario
from webagent.envs.types import Action, Observation, from_json, to_json
from webagent.envs.web_env import WebEnv

pytestmark = pytest.mark.browser
Open = Callable[..., WebEnv]
PASSWORD = "fair-winds-7"


@pytest.fixture
def open_env(chromium: Browser) -> Iterator[Open]:
    """Opens environments that are closed at the end."""
    made: list[WebEnv] = []

    def opened(scenario: Any, seed: int = 1, **options: Any) -> WebEnv:
        made.append(WebEnv(scenario, browser=chromium, **options))
        made[-1].reset(seed=seed)
        return made[-1]

    yield opened
    for env in made:
        env.close()


def do(env: WebEnv, op: str, name: str, text: str | None = None, role: str = "") -> Observation:
    found = [e for e in env.observation.tree.elements if e.name == name and e.actionable and role in ("", e.role)]
    env.step(Action(op, found[0].ref, text))  # type: ignore[arg-type]
    assert env.observation.last_error == ""
    return env.observation


def ticked(observation: Observation) -> list[bool]:
    return [e.has("checked") for e in observation.tree.elements if e.role == "checkbox"]


def test_an_episode_goes_on_from_its_middle_as_it_did_before(open_env: Open) -> None:
    env = open_env(MiniWobScenario("click-checkboxes"), seed=5)
    boxes = [e.ref for e in env.observation.tree.elements if e.role == "checkbox"]
    env.step(Action("click", boxes[0]))
    env.step({"op": "click", "target": "e99", "text": "", "point": ()})
    before = env.observation
    steps = env.cost.steps
    snapshot = env.snapshot()
    assert env.cost.steps == steps
    env.step(Action("click", boxes[1]))
    after = state_hash(env.observation)
    restored = env.restore(snapshot)
    assert (restored.level, restored.exact, restored.why) == ("replay", True, "")
    assert restored.steps == 2 * restored.tries
    assert env.observation == before
    assert env.observation.step == 2
    assert env.observation_space.contains(restored.observation)
    assert not restored.moment.terminated
    env.step(Action("click", boxes[1]))
    assert state_hash(env.observation) == after
    assert env.cost.steps == steps + 2 + restored.steps
    assert env.cost.resets == 1 + restored.tries


def test_a_snapshot_is_small_and_survives_json_and_pickle(open_env: Open) -> None:
    env = open_env(MiniWobScenario("click-checkboxes"), seed=5)
    for element in env.observation.tree.actionable[:3]:
        env.step(Action("click", element.ref))
    env.step({"op": "fly"})
    snapshot = env.snapshot()
    text = json.dumps(to_json(snapshot))
    assert len(text) < 2000
    assert from_json(Snapshot, json.loads(text)) == snapshot
    assert pickle.loads(pickle.dumps(snapshot)) == snapshot
    assert open_env(MiniWobScenario("click-checkboxes"), seed=9).restore(from_json(Snapshot, json.loads(text))).exact


def test_a_restored_end_is_an_end(open_env: Open) -> None:
    env = open_env(MiniWobScenario("click-test"), seed=2)
    beginning = env.snapshot()
    do(env, "click", "Click Me!")
    end = env.snapshot()
    assert not env.restore(beginning).moment.terminated
    assert not env.verdict.done
    moment = env.restore(end).moment
    assert (moment.reward, moment.terminated) == (1.0, True)
    assert env.verdict.success


def test_a_fork_runs_beside_its_parent(open_env: Open) -> None:
    env = open_env(MiniWobScenario("click-checkboxes-large"), seed=3)
    boxes = [e.ref for e in env.observation.tree.elements if e.role == "checkbox"]
    env.step(Action("click", boxes[0]))
    twin = env.fork()
    assert twin.restored is not None and twin.restored.exact
    assert twin.observation == env.observation
    for mine, its in ((boxes[1], boxes[2]), (boxes[3], boxes[4])):
        env.step(Action("click", mine))
        twin.step(Action("click", its))
    assert [i for i, on in enumerate(ticked(env.observation)) if on] == [0, 1, 3]
    assert [i for i, on in enumerate(ticked(twin.observation)) if on] == [0, 2, 4]
    assert twin.cost.steps == 3 and env.cost.steps == 3
    twin.close()
    env.step(Action("click", boxes[5]))
    assert env.observation.last_error == ""


def test_many_forks_step_at_once(chromium: Browser) -> None:
    async def play() -> list[list[bool]]:
        stage = Stage(chromium, MiniWobScenario("click-checkboxes-large"))
        await stage.reset(3)
        boxes = [e.ref for e in stage.observation.tree.elements if e.role == "checkbox"]
        await stage.step(Action("click", boxes[0]))
        twins = await asyncio.gather(*(snapshots.fork(stage) for _ in range(3)))
        moments = await asyncio.gather(*(t.step(Action("click", b)) for t, b in zip(twins, boxes[1:], strict=False)))
        for each in (stage, *twins):
            await each.close()
            each.scenario.close()
        return [ticked(moment.observation)[:4] for moment in moments]

    assert chromium.call(play()) == [[True, i == 1, i == 2, i == 3] for i in (1, 2, 3)]


def test_a_login_and_pages_visited_are_replayed(open_env: Open) -> None:
    secret = "{{secret:demo_password}}"
    env = open_env(make_scenario("demo.order-total"), resolve=lambda text: text.replace(secret, PASSWORD))
    do(env, "type", "User name", "ann.lee")
    do(env, "type", "Password", secret)
    half = env.snapshot()
    do(env, "click", "Log in")
    assert env.observation.url.endswith("account.html")
    inside = env.snapshot()
    assert PASSWORD not in json.dumps(to_json(inside))
    do(env, "click", "See my orders")
    orders = seen(env.observation)
    assert env.restore(half).exact
    assert env.observation.url.endswith("login.html")
    twin = env.fork()
    assert env.restore(inside).exact
    do(env, "click", "See my orders")
    assert seen(env.observation) == orders
    do(twin, "click", "Log in")
    assert twin.observation.url.endswith("account.html")
    twin.close()


def test_an_open_dialog_is_open_again(open_env: Open) -> None:
    env = open_env(make_scenario("demo.delete-address"))
    do(env, "click", "Delete Old boathouse")
    asked = env.snapshot()
    assert env.observation.tree.elements[0].role == "alertdialog"
    do(env, "click", "OK")
    gone = len(env.observation.tree.elements)
    assert env.restore(asked).exact
    twin = env.fork()
    do(twin, "click", "Cancel")
    do(env, "click", "OK")
    assert len(env.observation.tree.elements) == gone
    assert any(e.name == "Delete Old boathouse" for e in twin.observation.tree.elements)
    twin.close()


def test_the_step_limit_counts_on_from_the_snapshot(chromium: Browser) -> None:
    env = gym.make("webagent/miniwob.click-checkboxes-v0", browser=chromium, max_episode_steps=3)
    env.reset(seed=5)
    wait = {"op": "press", "target": "", "text": "Shift", "point": ()}
    env.step(wait)
    snapshot = env.unwrapped.snapshot()  # type: ignore[attr-defined]
    for _ in range(3):
        assert [env.step(wait)[3] for _ in range(2)] == [False, True]
        assert restore_wrapped(env, snapshot).exact
    env.close()


def test_a_fork_has_the_limit_of_its_parent(open_env: Open, tmp_path: Path) -> None:
    (tmp_path / "p.html").write_text("<button>Go</button>")
    env = open_env(WebScenario("p.html", "g", base=tmp_path, max_steps=3))
    do(env, "click", "Go")
    twin = env.fork()
    for each in (env, twin):
        assert [each.step(Action("press", text="Shift"))[3] for _ in range(2)] == [False, True]
    twin.close()


def test_where_a_page_has_been_is_known_after_a_restore(open_env: Open) -> None:
    env = open_env(make_scenario("demo.order-total"))
    snapshot = env.snapshot()
    link = next(e for e in env.observation.tree.elements if e.role == "link" and e.name.startswith("Help"))
    env.step(Action("click", link.ref))
    env.restore(snapshot)
    graph = env.graph.graph
    assert sorted(n.rpartition("/")[2] for n in graph if graph.nodes[n]["seen"]) == ["help.html", "login.html"]
    assert not any(d["followed"] for a, _, d in graph.edges(data=True) if a.endswith("help.html"))


@pytest.mark.parametrize(
    ("task", "op", "text", "shown"),
    [("use-autocomplete", "type", "T", "Taiwan"), ("click-collapsible", "click", None, "Submit")],
)
def test_what_comes_late_is_waited_for(open_env: Open, task: str, op: str, text: str | None, shown: str) -> None:
    env = open_env(MiniWobScenario(task), seed=5)
    target = next(e for e in env.observation.tree.elements if e.role in ("textbox", "tab"))
    env.step(Action(op, target.ref, text))  # type: ignore[arg-type]
    assert any(e.name == shown and e.has("visible") for e in env.observation.tree.elements)
    snapshot = env.snapshot()
    time.sleep(0.5)
    env.step(Action("press", text="Shift"))
    assert state_hash(env.observation) == snapshot.hash
    assert env.restore(snapshot).exact


def test_a_second_try_rests_where_the_player_did(open_env: Open, tmp_path: Path) -> None:
    late = "setTimeout(() => p.textContent = 'late', 250)"
    (tmp_path / "p.html").write_text(f'<button onclick="{late}">Go</button><p id=p>early</p>')
    env = open_env(WebScenario("p.html", "g", base=tmp_path))
    do(env, "click", "Go")
    time.sleep(0.4)
    env.step(Action("press", text="Shift"))
    assert env.observation.tree.elements[-1].name == "late"
    restored = env.restore(env.snapshot())
    assert restored.exact
    assert restored.steps == 2 * restored.tries


def test_a_page_that_never_comes_twice_is_told(open_env: Open, tmp_path: Path) -> None:
    (tmp_path / "p.html").write_text("<button>Go</button><p><script>document.write(Math.random())</script></p>")
    env = open_env(WebScenario("p.html", "g", base=tmp_path))
    restored = env.restore(env.snapshot())
    assert (restored.level, restored.exact, restored.tries) == ("replay", False, 2)
    assert "looks different" in restored.why


def test_a_snapshot_of_another_task_is_refused(open_env: Open, tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.html").write_text("<button>Go</button>")
    env = open_env(WebScenario("a.html", "g", base=tmp_path))
    with pytest.raises(UsageError, match=r"found one of miniwob\.click-test"):
        env.restore(open_env(MiniWobScenario("click-test")).snapshot())
    with pytest.raises(UsageError, match=r"found one of http.*/b\.html"):
        env.restore(open_env(WebScenario("b.html", "g", base=tmp_path)).snapshot())
    with pytest.raises(UsageError, match="expected a running episode"):
        WebEnv(MiniWobScenario("click-test")).snapshot()


# ---- storage ------------------------------------------------------------------------------------------------------


class Shop(BaseHTTPRequestHandler):
    """A site with a cookie, both storages, a long form, and an order that must not be given twice."""

    def do_GET(self) -> None:
        name = "guest" if "who=ann" not in (self.headers.get("Cookie") or "") else "Ann"
        body = f"""<!doctype html><title>Shop</title><h1>Hello {name}</h1><p id=s></p>
          <button onclick="localStorage.a = 'local'; sessionStorage.b = 'visit'; document.cookie = 'who=ann';
            fetch('/order', {{method: 'POST'}}).then(() => location.href = '/cart?x=1')">Order</button>
          <button onclick="this.textContent = 'Pressed'">Press</button>
          <form><label>Name <input name=n></label><label><input type=checkbox> Gift</label>
          <label>Size <select><option>S<option>M<option>L</select></label>
          <label>Key <input type=password></label><input type=submit></form>
          <div style='height: 3000px'></div><p>The end</p>
          <script>s.textContent = (localStorage.a || '-') + ' ' + (sessionStorage.b || '-')</script>"""
        self.answer(body)

    def do_POST(self) -> None:
        self.server.orders += 1  # type: ignore[attr-defined]
        self.answer("")

    def answer(self, body: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def shop() -> Iterator[Any]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as server:
        server.daemon_threads = True
        server.orders = 0  # type: ignore[attr-defined]
        server.url = f"http://127.0.0.1:{server.server_port}/"  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


def order(env: WebEnv) -> None:
    do(env, "click", "Order")
    do(env, "type", "Name", "Ann Lee")
    do(env, "click", "Gift", role="checkbox")
    do(env, "select", "Size", "L")
    env.step(Action("scroll", text="down"))
    assert env.observation.tree.scroll[1] > 100


def test_a_site_is_restored_without_doing_anything_twice(open_env: Open, shop: Any) -> None:
    env = open_env(WebScenario(shop.url, "g"))
    order(env)
    texts = {e.name for e in env.observation.tree.elements}
    assert {"Hello Ann", "local visit"} <= texts
    snapshot = from_json(Snapshot, json.loads(json.dumps(to_json(env.snapshot()))))
    do(env, "clear", "Name")
    twin = env.fork()
    assert twin.restored is not None and twin.restored.exact
    steps = env.cost.steps
    restored = env.restore(snapshot)
    assert (restored.level, restored.exact, restored.why, restored.steps) == ("storage", True, "", 0)
    assert (env.cost.steps, env.observation.step) == (steps, 5)
    assert shop.orders == 1
    do(twin, "type", "Name", "Bob")
    values = [next(e.value for e in o.tree.elements if e.name == "Name") for o in (env.observation, twin.observation)]
    assert values == ["Ann Lee", "Bob"]
    twin.close()


def test_tabs_are_restored_where_they_were(open_env: Open, shop: Any) -> None:
    env = open_env(WebScenario(shop.url, "g"))
    env.step(Action("new_tab", text=shop.url + "second"))
    do(env, "type", "Name", "Two")
    env.step(Action("switch_tab", text="0"))
    snapshot = env.snapshot()
    env.step(Action("close_tab"))
    restored = env.restore(snapshot)
    assert restored.exact, restored.why
    env.step(Action("switch_tab", text="1"))
    assert next(e.value for e in env.observation.tree.elements if e.name == "Name") == "Two"


def test_what_a_page_knows_by_itself_is_not_restored_and_told(open_env: Open, shop: Any) -> None:
    env = open_env(WebScenario(shop.url, "g"), resolve=lambda text: text.replace("{{secret:key}}", "hunter2"))
    do(env, "click", "Press")
    restored = env.restore(env.snapshot())
    assert (restored.level, restored.exact) == ("storage", False)
    do(env, "type", "Key", "{{secret:key}}")
    snapshot = env.snapshot()
    assert "hunter2" not in json.dumps(to_json(snapshot))
    assert "not restored: a password" in env.restore(snapshot).why


def test_the_open_web_is_never_replayed(open_env: Open, shop: Any) -> None:
    bold = open_env(WebScenario(shop.url, "g", sandboxed=True))
    do(bold, "click", "Order")
    snapshot = bold.snapshot()
    assert snapshot.storage is None
    restored = bold.restore(snapshot)
    assert (restored.level, shop.orders) == ("replay", 1 + restored.tries)
    careful = open_env(WebScenario(shop.url, "g"))
    with pytest.raises(UsageError, match="is not sandboxed, and the snapshot holds its actions only"):
        careful.restore(snapshot)
    assert shop.orders == 1 + restored.tries


def test_only_local_files_are_sandboxed_by_themselves(tmp_path: Path) -> None:
    assert WebScenario("a.html", "g", base=tmp_path).sandboxed
    assert not WebScenario("a.html", "g", ("example.com",), base=tmp_path).sandboxed
    assert not WebScenario("https://example.com", "g").sandboxed
    entry = TaskEntry("t", "g", "https://example.com", check="true")
    assert not TaskFileScenario(entry, tmp_path).sandboxed
    told = TaskFileScenario(entry, tmp_path, suite="mine", max_steps=7, sandboxed=True)
    assert told.sandboxed and told.twin().sandboxed
    assert (told.twin().id, told.twin().max_steps) == ("mine.t", 7)
    assert make_scenario("demo.pay").sandboxed and MiniWobScenario("click-test").sandboxed
    env = gym.make("webagent/Web-v0", url="https://example.com", sandboxed=True)
    assert env.unwrapped.scenario.sandboxed  # type: ignore[attr-defined]


def test_a_task_file_counts_its_steps_on_after_a_storage_restore(open_env: Open, shop: Any) -> None:
    entry = TaskEntry("t", "g", shop.url, check="document.querySelector('input').value === 'Ann'", max_steps=3)
    env = open_env(TaskFileScenario(entry, Path.cwd()))
    do(env, "type", "Name", "An")
    snapshot = env.snapshot()
    for _ in range(2):
        do(env, "type", "Name", "n")
        assert not env.verdict.done
        env.step(Action("press", text="Shift"))
        assert env.verdict.success
        assert env.restore(snapshot).exact
        assert not env.verdict.success

"""The environment on real pages: Gymnasium's contract, dialogs, tabs, frames, errors, bad pages."""

from __future__ import annotations

import http.server
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import gymnasium as gym
import pytest
from gymnasium.utils.env_checker import check_env

import webagent.envs
from webagent.envs.browser import Browser
from webagent.envs.errors import PageUnreachable, UsageError
from webagent.envs.spaces import from_space
from webagent.envs.suites.task_file import WebScenario
from webagent.envs.types import Action, Element
from webagent.envs.web_env import WebEnv

pytestmark = pytest.mark.browser
Open = Callable[..., WebEnv]


@pytest.fixture
def page(tmp_path: Path, chromium: Browser) -> Iterator[Open]:
    """Opens an environment on a page made of the given HTML."""
    made: list[WebEnv] = []

    def open_page(html: str, **options: object) -> WebEnv:
        (tmp_path / "page.html").write_text(f"<!doctype html><title>T</title>{html}", encoding="utf8")
        env = WebEnv(WebScenario("page.html", "try it", base=tmp_path), browser=chromium, **options)  # type: ignore[arg-type]
        made.append(env)
        env.reset(seed=1)
        return env

    yield open_page
    for env in made:
        env.close()


def named(env: WebEnv, name: str) -> Element:
    return next(e for e in env.observation.tree.elements if e.name == name)


def do(env: WebEnv, op: str, name: str = "", text: str | None = None, **more: object) -> str:
    target = named(env, name).ref if name else None
    env.step(Action(op, target, text, **more))  # type: ignore[arg-type]
    return env.observation.last_error


@pytest.mark.parametrize("id", ["webagent/miniwob.click-checkboxes-v0", "webagent/miniwob.login-user-v0"])
def test_gymnasiums_checker_passes(id: str) -> None:
    env = gym.make(id)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env.unwrapped, skip_render_check=True)
    env.close()
    assert gym.spec(id).max_episode_steps == 30


def test_any_page_and_goal_through_gym_make(tmp_path: Path, chromium: Browser) -> None:
    (tmp_path / "a.html").write_text("<button>Go</button>", encoding="utf8")
    env = gym.make(
        "webagent/Web-v0", url=str(tmp_path / "a.html"), goal="press Go", browser=chromium, render_mode="ansi"
    )
    seen, info = env.reset(seed=3)
    assert env.observation_space.contains(seen)
    assert from_space(seen).tree.elements[0].name == "Go"
    assert info["seed"] == 3
    assert "button 'Go'" in str(env.render())
    env.close()
    env.close()


def test_a_dialog_is_an_element_and_everything_else_waits_for_it(page: Open) -> None:
    env = page(
        "<button onclick=\"document.title = confirm('Sure?') ? 'yes' : 'no'\">Ask</button><button>Other</button>"
    )
    assert do(env, "click", "Ask") == ""
    assert [e.name for e in env.observation.tree.elements[:3]] == ["Sure?", "OK", "Cancel"]
    assert do(env, "click", "Other").startswith("ElementCovered: a JavaScript dialog is open")
    do(env, "click", "Cancel")
    assert env.observation.title == "no"


def test_a_prompt_takes_text(page: Open) -> None:
    env = page("<button onclick=\"document.title = prompt('Name?', 'A')\">Ask</button>")
    do(env, "click", "Ask")
    env.step(Action("type", "d4", "nn"))
    env.step(Action("click", "d2"))
    assert env.observation.title == "Ann"


def test_endless_alerts_do_not_hang(page: Open) -> None:
    env = page("<script>setTimeout(() => { while (true) alert('again') }, 50)</script><p>x</p>")
    for _ in range(5):
        began = time.monotonic()
        env.step(Action("click", "d2") if env.observation.tree.by_ref.get("d2") else Action("wait"))
        assert time.monotonic() - began < 8


def test_a_script_without_end_is_stopped_and_told(page: Open) -> None:
    env = page("<button onclick=\"document.title = 'on'; while (true);\">Loop</button>")
    began = time.monotonic()
    error = do(env, "click", "Loop")
    assert time.monotonic() - began < 40
    assert "ActionTimedOut" in error or env.observation.settled == "busy"
    env.reset(seed=1)
    assert named(env, "Loop")


def test_popups_become_tabs_and_closing_them_goes_back(page: Open) -> None:
    env = page("<a href='about:blank' target='_blank'>New</a>")
    do(env, "click", "New")
    assert [t.active for t in env.observation.tabs] == [False, True]
    env.step(Action("switch_tab", text="0"))
    assert env.observation.tabs[0].active
    env.step(Action("switch_tab", text="7"))
    assert "there is no tab 7" in env.observation.last_error
    env.step(Action("switch_tab", text="1"))
    env.step(Action("close_tab"))
    assert len(env.observation.tabs) == 1
    assert named(env, "New")


def test_bad_actions_end_in_last_error_not_in_an_exception(page: Open) -> None:
    env = page("<button disabled>Off</button><div style='height:3000px'></div><p>text</p>")
    env.step({"op": "click", "target": "e99", "text": "", "point": ()})
    assert env.observation.last_error.startswith("BadAction: expected a ref")
    assert do(env, "click", "Off").startswith("ElementDisabled: button 'Off'")
    assert do(env, "type", "text", "x").startswith("NotEditable")
    env.step(Action("goto", text="ftp://example.com/"))
    assert env.observation.last_error
    env.step(Action("press", text="Nokey"))
    assert env.observation.last_error.startswith("BadAction: unknown key 'Nokey'")
    assert env.step(env.action_space.sample())[0] is not None


TERMINAL = (
    "<div style='background:#000;color:#fff' onclick=\"document.getElementById('keys').focus()\">user$ "
    "<b id='line'></b></div><input id='keys' style='opacity:0;width:1px;height:1px;border:0;padding:0'>"
    "<script>keys.addEventListener('keydown', (e) => { e.preventDefault();"
    " line.textContent = e.key === 'Enter' ? 'done ' + line.textContent : line.textContent + e.key; });</script>"
)


def test_text_goes_to_what_has_the_keyboard_where_no_target_is_named(page: Open) -> None:
    env = page(TERMINAL + "<select><option>A</option></select><input readonly aria-label='Fixed'>")
    env.step(Action("type", text="ls"))
    assert env.observation.last_error.startswith("NotEditable: nothing that takes text has the focus")
    screen = next(e for e in env.observation.tree.elements if "user$" in e.name)
    env.step(Action("click", screen.ref))
    env.step({"op": "type", "target": "", "text": "ls -l\n", "point": ()})
    assert not env.observation.last_error
    assert any("done ls -l" in e.name for e in env.observation.tree.elements)
    env.step(Action("click", next(e.ref for e in env.observation.tree.elements if e.name == "Fixed")))
    env.step(Action("type", text="x"))
    assert env.observation.last_error.startswith("NotEditable")


def test_what_covers_an_element_is_named(page: Open) -> None:
    env = page(
        "<button style='position:absolute;left:10px;top:10px'>Under</button>"
        "<div role='dialog' aria-label='Cookies' style='position:fixed;inset:0;background:#fff;padding:200px'>"
        "<button>Close</button></div>"
    )
    assert named(env, "Under").has("covered")
    assert "covered by dialog Cookies" in do(env, "click", "Under")


def test_secrets_are_typed_but_never_seen(page: Open) -> None:
    env = page("<input aria-label='Key' type='password'>", resolve=lambda text: text.replace("{{secret:k}}", "hunter2"))
    do(env, "type", "Key", "{{secret:k}}")
    assert env._browser.call(env._stage.session.evaluate("document.querySelector('input').value")) == "hunter2"
    assert named(env, "Key").value == "••••"
    assert "hunter2" not in repr(env.observation)


def test_a_page_of_100_000_nodes_is_read_within_its_budget(page: Open) -> None:
    row = "const d = document.createElement('div'); d.innerHTML = '<a href=#x>L' + i + '</a> <b>t</b>'; r.append(d)"
    env = page(f"<div id=r></div><script>for (let i = 0; i < 33000; i++) {{ {row} }}</script>")
    tree = env.observation.tree
    assert len(tree.elements) == 400
    assert tree.dropped > 10_000
    assert do(env, "click", "L3") == ""


def test_malformed_html_and_hostile_globals_are_read(page: Open) -> None:
    env = page(
        "<div><p><table><b><form><input name=children><input name=parentNode aria-label=A></div></p><button>B</i>"
        "<script>JSON.stringify = () => { throw 1 }; Array.prototype.push = () => 0; Element.prototype.closest = null;"
        "document.querySelectorAll = () => { while (false); return [] };"
        "window.getEventListeners = () => { throw 2 }</script>"
    )
    assert named(env, "A") and named(env, "B")
    assert do(env, "type", "A", "x") == ""


def test_an_unknown_view_or_level_is_a_usage_error(chromium: Browser, tmp_path: Path) -> None:
    scenario = WebScenario("x.html", "g", base=tmp_path)
    with pytest.raises(UsageError, match="unknown view"):
        WebEnv(scenario, browser=chromium, view="type")
    with pytest.raises(UsageError, match="unknown settle level") as error:
        WebEnv(scenario, browser=chromium, settle="frames")  # type: ignore[arg-type]
    assert "'frame'" in error.value.hint


def test_an_unreachable_page_says_so(chromium: Browser) -> None:
    with WebEnv(WebScenario("http://127.0.0.1:9/", "g"), browser=chromium) as env, pytest.raises(PageUnreachable):
        env.reset(seed=1)


class Slow(http.server.BaseHTTPRequestHandler):
    """Sends the beginning of a page and then nothing more."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>Slow</title><button>Early</button>" + b" " * 2000)
        self.wfile.flush()
        self.server.stop.wait(60)  # type: ignore[attr-defined]

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.mark.slow
def test_a_page_that_never_ends_is_used_as_far_as_it_came(chromium: Browser) -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        server.daemon_threads = True
        server.stop = threading.Event()  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        with WebEnv(WebScenario(f"http://127.0.0.1:{server.server_port}/", "g"), browser=chromium) as env:
            began = time.monotonic()
            env.reset(seed=1)
            assert time.monotonic() - began < 40
            assert named(env, "Early")
        server.stop.set()  # type: ignore[attr-defined]
        server.shutdown()


def test_registered_ids_cover_every_task() -> None:
    ids = [i for i in gym.registry if i.startswith("webagent/miniwob.")]
    assert len(ids) >= 125
    assert webagent.envs.make_scenario("miniwob.click-test").id == "miniwob.click-test"


@pytest.mark.parametrize(
    "script",
    [
        "t.textContent = 'new'",
        "Promise.resolve().then(() => t.textContent = 'new')",
        "setTimeout(() => t.textContent = 'new')",
        "requestAnimationFrame(() => t.textContent = 'new')",
        "t.animate([{opacity: 0.5}, {opacity: 1}], 300).finished.then(() => t.textContent = 'new')",
    ],
)
def test_level_frame_misses_nothing_that_a_click_starts(page: Open, script: str) -> None:
    env = page(
        f'<button onclick="{script}">Go</button><p id=t>old</p><button onclick="t.textContent = \'old\'">Back</button>'
    )
    for _ in range(15):
        do(env, "click", "Go")
        told = "animate" in script and env.observation.settled == "busy"  # on a machine that stands still at times
        assert told or any(e.name == "new" for e in env.observation.tree.elements)
        do(env, "click", "Back")
        assert any(e.name == "old" for e in env.observation.tree.elements)


def test_the_site_graph_grows_with_the_way(page: Open, tmp_path: Path) -> None:
    (tmp_path / "b.html").write_text("<title>B</title><a href='page.html'>Home</a>", encoding="utf8")
    env = page("<a href='b.html'>Next</a><a href='c.html'>Other</a>")
    do(env, "click", "Next")
    assert env.observation.title == "B"
    graph = env.graph.graph
    assert len(graph) == 3
    assert sorted(graph.nodes[n]["seen"] for n in graph) == [False, True, True]
    home = env.task.start_url
    assert env.graph.path(env.observation.url, home.replace("page.html", "c.html")) == [
        env.observation.url, home, home.replace("page.html", "c.html"),
    ]  # fmt: skip
    env.step(Action("back"))
    assert env.observation.title == "T"


@pytest.mark.parametrize(
    ("html", "op", "text", "value"),
    [
        ("<select><option>A<option disabled>X<option>B<option>C</select>", "select", "C", "C"),
        ("<input type=date>", "type", "2026-03-31", "2026-03-31"),
        ("<input type=time>", "type", "2:05 PM", "14:05"),
        ("<input type=datetime-local>", "type", "2026-03-31T14:05", "2026-03-31T14:05"),
        ("<input type=month>", "type", "2026-03", "2026-03"),
        ("<input type=week>", "type", "2026-W14", "2026-W14"),
        ("<input type=range max=200 step=5>", "type", "120", "120"),
        ("<input type=number value=7>", "type", "42", "42"),
        ("<textarea>a</textarea>", "type", "bé\nc", "abé\nc"),
    ],
)
def test_fields_are_filled_with_trusted_events(page: Open, html: str, op: str, text: str, value: str) -> None:
    log = "addEventListener('input', e => document.title += ' ' + e.isTrusted)"
    env = page(f"<label>Field {html}</label><script>{log}</script>")
    target = next(e for e in env.observation.tree.elements if e.actionable)
    env.step(Action(op, target.ref, text))  # type: ignore[arg-type]
    assert env.observation.last_error == ""
    field = next(e for e in env.observation.tree.elements if e.ref == target.ref)
    assert field.value == value
    assert "true" in env.observation.title and "false" not in env.observation.title


def test_options_below_the_fold_of_a_list_are_reached(page: Open) -> None:
    env = page("<select multiple size=3 aria-label=List>" + "".join(f"<option>O{i}" for i in range(12)) + "</select>")
    do(env, "select", "List", "O9")
    do(env, "click", "O1")
    do(env, "select", "O11", "O11")
    assert [e.name for e in env.observation.tree.elements if e.has("selected")] == ["O1", "O9", "O11"]
    do(env, "click", "O9")
    assert [e.name for e in env.observation.tree.elements if e.has("selected")] == ["O1", "O11"]


WAITS = """<button onclick="setTimeout(() => { this.textContent = 'late' }, 300)">Later</button><p id=p>0</p>
<button onclick="count(performance.now() + 3000)">Count</button><script>
const count = (end) => { p.textContent++; if (performance.now() < end) requestAnimationFrame(() => count(end)); };
</script>"""


def test_a_wait_ends_with_the_next_change_and_with_the_end_of_endless_ones(page: Open) -> None:
    env = page(WAITS)

    def waited() -> float:
        began = time.monotonic()
        do(env, "wait")
        return time.monotonic() - began

    do(env, "click", "Later")
    assert waited() < 0.9 and named(env, "late")
    assert waited() > 0.9  # nothing changes
    do(env, "click", "Count")
    assert env.observation.settled == "busy"
    assert waited() > 0.9  # it changes with every frame, so the next change is nothing to wait for
    for _ in range(3):
        waited()
    assert env.observation.settled == "frame"


class Heavy(http.server.BaseHTTPRequestHandler):
    """A page with a link to 300 MB."""

    def do_GET(self) -> None:
        self.send_response(200)
        if self.path == "/":
            self.end_headers()
            self.wfile.write(b"<a href='/big.bin'>Get it</a>")
            return
        self.send_header("Content-Disposition", "attachment; filename=../big.bin")
        self.send_header("Content-Length", str(300 * 2**20))
        self.end_headers()
        try:
            for _ in range(300):
                self.wfile.write(bytes(2**20))
        except ConnectionError:
            return  # refused or cancelled, as it should be

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.mark.slow
@pytest.mark.parametrize("kept", [False, True])
def test_a_download_of_300_mb_holds_nothing_up(chromium: Browser, tmp_path: Path, kept: bool) -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Heavy) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        scenario = WebScenario(f"http://127.0.0.1:{server.server_port}/", "g")
        began = time.monotonic()
        with WebEnv(scenario, browser=chromium, downloads=tmp_path / "files" if kept else None) as env:
            env.reset(seed=1)
            assert do(env, "click", "Get it") == ""
            _, _, _, _, info = env.step(Action("wait"))
            assert named(env, "Get it")
            if not kept:
                (line,) = info["downloads"]
                assert line.startswith("refused ") and line.endswith("big.bin: no folder for downloads was given")
        assert time.monotonic() - began < 40
        server.shutdown()
    assert not (tmp_path / "big.bin").exists()

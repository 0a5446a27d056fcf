"""What eyes see beside words: controls in controls, painted marks, colours of drawn letters, what is switched on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from webagent.envs.browser import Browser
from webagent.envs.suites.task_file import WebScenario
from webagent.envs.types import Action, Element
from webagent.envs.web_env import WebEnv

pytestmark = pytest.mark.browser
Look = Callable[[str], WebEnv]
LISTEN = """<style>.mark { display: inline-block; width: 16px; height: 16px }</style><script>
for (const e of document.querySelectorAll("[data-on]"))
  e.addEventListener("click", () => { document.title += e.dataset.on; });
</script>"""


@pytest.fixture
def look(tmp_path: Path, chromium: Browser) -> Iterator[Look]:
    made: list[WebEnv] = []

    def open_page(body: str) -> WebEnv:
        (tmp_path / "page.html").write_text(f"<!doctype html><title>T</title><body>{body}{LISTEN}", encoding="utf8")
        env = WebEnv(WebScenario("page.html", "look", base=tmp_path), browser=chromium)
        made.append(env)
        env.reset(seed=1)
        return env

    yield open_page
    for env in made:
        env.close()


def acts(env: WebEnv) -> list[tuple[str, str]]:
    return [(e.name, e.hint) for e in env.observation.tree.actionable]


def test_a_row_and_the_star_in_it_are_both_there(look: Look) -> None:
    env = look('<div data-on="r">Mail from Ann <span data-on="s" class="mark star"></span></div>')
    assert acts(env) == [("Mail from Ann", ""), ("", "mark star")]
    row, star = env.observation.tree.actionable
    assert star.parent == row.ref
    env.step(Action("click", star.ref))
    assert env.observation.title.startswith("Ts")
    env.step(Action("click", env.observation.tree.actionable[0].ref))
    assert "r" in env.observation.title


def test_a_hand_over_two_buttons_is_no_button(look: Look) -> None:
    env = look('<div style="cursor:pointer"><span data-on="a">Reply</span> <span data-on="b">Forward</span></div>')
    assert acts(env) == [("Reply", ""), ("Forward", "")]


def test_a_second_wrapper_of_the_same_words_is_not_told(look: Look) -> None:
    env = look('<div data-on="a"><span data-on="b">Save</span></div>')
    assert acts(env) == [("Save", "")]


def test_painted_marks_are_told_and_other_boxes_are_not(look: Look) -> None:
    box = "display:inline-block;width:{}px;height:{}px;background:{}"
    env = look(
        f'<p>Pick <span style="{box.format(12, 12, "#c9fd89")}"></span> here</p>'
        f'<i class="icon-disk" style="{box.format(16, 16, "url(x.png)")}"></i>'
        f'<i class="icon" style="{box.format(16, 16, "url(x.png)")}"></i>'
        f'<div style="{box.format(200, 2, "red")}"></div><div style="{box.format(20, 20, "#ffffff")}"></div>'
        f'<div style="{box.format(20, 20, "blue")};visibility:hidden"></div>'
    )
    marks = [(e.hint, e.shape.fill if e.shape else None) for e in env.observation.tree.elements if e.role == "img"]
    assert marks == [("", "#c9fd89"), ("disk", None)]


def test_a_painted_host_of_a_closed_root_is_looked_into(look: Look) -> None:
    env = look(
        '<div id="h" style="width:30px;height:30px;background:#cccccc"></div>'
        "<script>h.attachShadow({mode: 'closed'}).innerHTML = '<button>In</button>'</script>"
    )
    assert [e.name for e in env.observation.tree.actionable] == ["In"]
    assert not [e for e in env.observation.tree.elements if e.role == "img"]


def test_drawn_letters_have_their_colour(look: Look) -> None:
    env = look(
        '<svg width=100 height=100><text x=10 y=20 fill="#ff0000">A</text>'
        '<text x=50 y=20 data-on=b fill="#0000ff">B</text></svg>'
    )
    found = {e.name: e for e in env.observation.tree.elements if e.shape}
    colours = {name: e.shape.fill for name, e in found.items() if e.shape}
    assert colours == {"A": "#ff0000", "B": "#0000ff"} and found["B"].actionable


def test_what_is_switched_on_shows_in_the_hint(look: Look) -> None:
    env = look('<span data-on="l" class="mark like active"></span><span data-on="x" class="mark x"></span>')
    assert acts(env) == [("", "mark like active"), ("", "mark x")]


@pytest.mark.parametrize("action", ["hover", "press", "scroll"])
def test_an_option_of_a_closed_list_answers_with_an_error(look: Look, action: str) -> None:
    env = look("<select><option>One<option>Two</select>")
    option = next(e for e in env.observation.tree.elements if e.name == "Two")
    text = {"press": "End", "scroll": "down"}.get(action)
    env.step(Action(action, option.ref, text))  # type: ignore[arg-type]
    assert env.observation.last_error.startswith("ElementHidden: Two is in a closed list")
    env.step(Action("click", option.ref))
    assert selected(env) == "Two"


def selected(env: WebEnv) -> str:
    found: Element = next(e for e in env.observation.tree.elements if e.tag == "select")
    return found.value


def test_many_rows_that_listen_stay_cheap(look: Look) -> None:
    row = '<div data-on="r">Row <b data-on="s">x</b> <i data-on="t">y</i> more words</div>'
    env = look(row * 700)
    *_, info = env.step(Action("wait"))
    assert info["ms"]["tree"] < 1500
    assert len(env.observation.tree.actionable) > 100

"""Programs on real pages: shown once, done again elsewhere and with another value, mended where a page has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from webagent.agents import make_policy
from webagent.envs.browser import Browser
from webagent.envs.suites.task_file import WebScenario
from webagent.envs.types import Episode
from webagent.envs.web_env import WebEnv
from webagent.follow import Follower
from webagent.recorder.compile import compile_episodes
from webagent.recorder.program import Loop, Program
from webagent.recorder.program_file import read_program, write_program
from webagent.repair import repaired
from webagent.rollout import MakeAgent, run_episode

pytestmark = pytest.mark.browser

GOAL = 'Type "Ann" into Name, tick "Loud" and click "Greet"'
PAGE = """<!doctype html><title>Greeter</title><h1>Greeter</h1>
<label>Name <input id=who></label> <label><input type=checkbox id=loud> Loud</label>
<button onclick="greet()">Greet</button> <p id=out></p>
<script>function greet() { out.textContent = "Hello " + who.value + (loud.checked ? "!" : "") }</script>"""
SLOWLY = PAGE.replace("{ out", "{ setTimeout(() => out").replace(" }</script>", ", 300) }</script>")
DRIFTED = (
    SLOWLY.replace("<h1>", "<p>Sale</p><h1>").replace(">Greet<", ">Say hello<").replace(
        '<label>Name <input id=who></label> <label><input type=checkbox id=loud> Loud</label>',
        '<label><input type=checkbox id=loud checked> Loud</label> <label>Name <input id=who value=Bob></label>',
    )
    + "<div role=dialog aria-label=Sale style='position:fixed;inset:0;background:white'>"
    "<button onclick='parentNode.remove()'>Close</button></div>"
)  # fmt: skip


def play(browser: Browser, page: Path, make_agent: MakeAgent, goal: str = GOAL) -> Episode:
    scenario = WebScenario(str(page), goal)
    env = WebEnv(scenario, browser=browser)
    try:
        return run_episode(env, make_agent, seed=0, source="policy:x")
    finally:
        env.close()
        scenario.close()


def follow(browser: Browser, page: Path, program: Program, **given: str) -> tuple[Episode, Follower]:
    filled = program.filled({name: [value] for name, value in given.items()})
    follower = Follower(filled, lambda: make_policy("lexical"), lambda line: None)
    return play(browser, page, follower.make_agent), follower


def said(episode: Episode) -> list[str]:
    return [e.name for e in episode.final.tree.elements if e.name.startswith("Hello")]


def test_a_page_is_done_again_and_mended(chromium: Browser, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    page, drifted = tmp_path / "greet.html", tmp_path / "there" / "greet.html"
    page.write_text(PAGE)
    drifted.write_text(DRIFTED)
    shown = play(chromium, page, make_policy("lexical"))
    program = read_program(write_program(compile_episodes([shown]), tmp_path / "p.json"))

    again, follower = follow(chromium, page, program, name="Bea Olsen")
    assert again.success and follower.model_calls == 0
    assert again.steps[-1].action.text == "every step of the program was done"

    changed, follower = follow(chromium, drifted, program)
    assert changed.success and said(changed) == ["Hello Ann!"], "cleared first, and not unticked"
    assert follower.model_calls > 0
    mended = repaired(follower, changed.task.start_url)
    assert mended is not None
    told = [(s.words, s.optional) for s in mended.steps if not isinstance(s, Loop)]
    assert ('Click "Close"', True) in told and ('Click "Say hello"', False) in told

    healed, follower = follow(chromium, drifted, mended)
    assert said(healed) == ["Hello Ann!"] and follower.model_calls == 0


def test_a_page_that_does_something_else_is_told(chromium: Browser, tmp_path: Path) -> None:
    page = tmp_path / "greet.html"
    page.write_text(PAGE)
    program = compile_episodes([play(chromium, page, make_policy("lexical"))])
    page.write_text(PAGE.replace("out.textContent", "out.title"))
    failed, _ = follow(chromium, page, program)
    assert not failed.success and "does not show" in str(failed.info["reason"])


def test_a_choice_that_is_not_there_is_told_and_nothing_chosen_instead(chromium: Browser, tmp_path: Path) -> None:
    page = tmp_path / "size.html"
    page.write_text("<!doctype html><title>Size</title><label>Size <select><option>S<option>M</select></label>")
    program = compile_episodes([play(chromium, page, make_policy("lexical"), 'Choose "M" from Size')])
    done, _ = follow(chromium, page, program, size="M")
    assert done.success
    failed, follower = follow(chromium, page, program, size="XXL")
    assert not failed.success and "no option 'XXL'" in str(failed.info["reason"]) and follower.model_calls == 0

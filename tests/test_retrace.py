"""Recordings of other tools done again: their locators looked for on real pages."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hand import serving
from playwright.sync_api import Page, sync_playwright

from webagent import cli
from webagent.datasets.readers import reader
from webagent.datasets.writers import Source, writer
from webagent.envs.chromium import find_browser
from webagent.envs.types import Episode
from webagent.recorder.locators import Unreadable, parts_of, parts_of_frame
from webagent.recorder.replay import Replayed, Way, replay
from webagent.recorder.seek import script

WORDS = {"text": "Save", "exact": False}
EXACT = {"text": "Save", "exact": True}
FIRST = {"by": "nth", "value": 0}


@pytest.mark.parametrize(
    ("locator", "parts"),
    [
        ("get_by_role('button', name='Save', exact=True)", [{"by": "role", "value": "button", "name": EXACT}]),
        ("get_by_text(re.compile('^Sa', re.IGNORECASE)).first",
         [{"by": "text", "words": {"pattern": "^Sa", "flags": "i"}}, FIRST]),
        ("get_by_role('row').filter(has_text='Save').get_by_label('Save').nth(-1)",
         [{"by": "role", "value": "row", "name": None}, {"by": "filter", "words": WORDS},
          {"by": "label", "words": WORDS}, {"by": "nth", "value": -1}]),
        ("locator('form >> text=\"Save\"')", [{"by": "css", "value": "form"}, {"by": "text", "words": EXACT}]),
        ("id=it", [{"by": "css", "value": '[id="it"]'}, FIRST]),
        ("//a[1]", [{"by": "xpath", "value": "//a[1]"}, FIRST]),
        ("linkText=Save", [{"by": "link", "words": EXACT}, FIRST]),
        ("my-form >>> pierce/#it",
         [{"by": "css", "value": "my-form"}, {"by": "css", "value": "#it"}, FIRST]),
        ('aria/Save[role="button"]',
         [{"by": "role", "value": "button", "name": EXACT}, FIRST]),
        ("xpath///b", [{"by": "xpath", "value": "//b"}, FIRST]),
    ],
)  # fmt: skip
def test_locators_of_three_tools_are_read(locator: str, parts: list[dict[str, Any]]) -> None:
    assert parts_of(locator) == parts


@pytest.mark.parametrize(
    "locator",
    ["get_by_role('button', pressed=True)", "get_by_text('a').filter(has=page.get_by_text('b'))", "locator('x').or_(y)",
     "locator('_react=Button')", "get_by_text(name)"],
)  # fmt: skip
def test_what_cannot_be_looked_for_is_said(locator: str) -> None:
    with pytest.raises(Unreadable, match="known"):
        parts_of(locator)


def test_frames_are_entered_by_number_or_by_locator() -> None:
    assert (
        parts_of_frame("1")
        == parts_of_frame("index=1")
        == [{"by": "frames"}, {"by": "nth", "value": 1}, {"by": "frame"}]
    )
    assert parts_of_frame("locator('#it').content_frame")[-1] == {"by": "frame"}
    assert parts_of_frame("frame_locator('#it')") == [{"by": "css", "value": "#it"}, {"by": "frame"}]
    assert parts_of_frame("id=it")[-1] == {"by": "frame"}


# ---- the same elements as Playwright finds --------------------------------------------------------------------------

AWKWARD = Path(__file__).parent / "pages" / "awkward"
HARD = ("01-labels", "03-tables", "09-selects", "14-svg", "19-shadow-open", "21-dialog", "25-hidden", "27-unicode")
STILL = sorted(path.stem for path in AWKWARD.glob("*.html") if path.stem != "29-late")  # that one changes meanwhile
NUMBERS = "els => els.map(el => webagent.refOf(webagent.seenFor(el)))"


def locators_of(signs: dict[str, Any]) -> Iterator[str]:
    """Ways in which a tool may have found an element."""
    role, name, label = (signs[key] for key in ("role", "name", "label"))
    if role:
        yield f"get_by_role({role!r})"
    if role and name:
        yield f"get_by_role({role!r}, name={name!r})"
        yield f"get_by_role({role!r}, name={name!r}, exact=True)"
    if name:
        yield from (f"get_by_text({name[:40]!r})", f"get_by_text({name!r}, exact=True)", f"get_by_label({name!r})")
    if label:
        yield f"get_by_label({label!r}, exact=True)"
    if signs["places"][-1] and not signs["sealed"] and len(signs["places"]) == 1:
        yield f"locator({signs['places'][-1]!r})"


def compared(page: Page, told: list[dict[str, Any]]) -> Iterator[str]:
    for code in sorted({code for signs in told for code in locators_of(signs)}):
        theirs = sorted(eval(f"page.{code}").evaluate_all(NUMBERS))  # noqa: S307 (our own code, compared with theirs)
        found = page.evaluate("parts => webagent.seek(parts).found", parts_of(code))
        ours = sorted(one["chain"][0] for one in found)
        if len(theirs) <= 20:  # no more are told
            yield "same" if ours == theirs else "other" if len(ours) == len(theirs) == 1 else f"differs: {code}"


@pytest.mark.browser
@pytest.mark.parametrize("names", [HARD, pytest.param(STILL, marks=pytest.mark.slow)], ids=["hard", "all"])
def test_the_same_elements_are_found_as_by_playwright(names: Sequence[str]) -> None:
    seen: Counter[str] = Counter()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser())
        page = browser.new_page()
        for name in names:
            page.goto((AWKWARD / f"{name}.html").as_uri())
            page.evaluate(script())
            refs = page.evaluate("webagent.readNow(400).rows.map(r => r[0])")
            asked = "ids => ids.map(id => webagent.signsFor([id], {rows: [[id]]})[id]).filter(Boolean)"
            seen.update(compared(page, page.evaluate(asked, refs)))
        browser.close()
    print(seen.most_common())
    assert not seen["other"] and seen["same"] > 0.98 * seen.total(), seen


# ---- whole recordings -----------------------------------------------------------------------------------------------


def imported(form: str, path: Path) -> Episode:
    (episode,) = reader(form).read(str(path), lambda *_: None)
    return episode


def again(episode: Episode, folder: Path, **values: str) -> Replayed:
    def resolve(text: str) -> str:
        for name, value in values.items():
            text = text.replace(f"{{{{secret:{name}}}}}", value)
        return text

    return replay(episode, folder, Way(patience=2.0), resolve, print)


CODEGEN = """def run(page):
    page.goto("URL/index.html")
    page.get_by_role("button", name="Plain button").click()
    page.get_by_label("User name").fill("ada")
    page.get_by_role("textbox", name="Old value").fill("new")
    page.get_by_label("Password").fill(os.environ["PASSWORD"])
    page.get_by_role("checkbox", name="Weekly mail").check()
    page.locator("#tick").check()
    page.get_by_label("Country").select_option("Chile")
    page.get_by_text("Context here").click(button="right")
    page.get_by_role("listbox", name="Sizes").press("ArrowDown")
    page.get_by_label("Day").fill("2026-11-23")
    page.get_by_text("Card to drag").drag_to(page.locator("#slot"))
    page.get_by_role("button", name="Free piece").drag_to(page.get_by_text("Goal field"))
    page.mouse.wheel(0, 600)
    page.locator("#same").content_frame.get_by_role("button").first.click()
    page.frame_locator("#other").get_by_role("textbox").first.fill("away")
    page.once("dialog", lambda dialog: dialog.accept("Ada"))
    page.get_by_role("button", name="Ask my name").click()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="New window").click()
    page1 = opened.value
    page1.get_by_role("button", name="Button of popup").click()
    page.get_by_role("link", name="Next page").click()
    page.get_by_role("button", name="Button of next").click()
    page.go_back()
"""


@pytest.mark.browser
def test_a_script_is_done_kept_exported_and_done_again(tmp_path: Path) -> None:
    with serving() as (port, _):
        (tmp_path / "a.py").write_text(CODEGEN.replace("URL", f"http://127.0.0.1:{port}"))
        first = again(imported("codegen", tmp_path / "a.py"), tmp_path, PASSWORD="hunter2")
        assert first.stopped == "" and first.same and first.episode is not None and first.episode.success
        assert "hunter2" not in str(first.episode)
        ops = [step.action.op for step in first.episode.steps]
        assert ops.count("click") == 10 and ops.count("clear") == 1 and ops.count("switch_tab") == 1
        assert ops[-2:] == ["back", "done"] and all(step["score"] == 1.0 for step in first.steps)
        made = writer("playwright").text
        assert made is not None
        (tmp_path / "b.py").write_text(made(Source(first.episode)))
        second = again(imported("codegen", tmp_path / "b.py"), tmp_path, PASSWORD="hunter2")
    assert second.stopped == "" and second.episode is not None
    assert second.episode.final.url == first.episode.final.url
    assert [s.action.op for s in second.episode.steps] == ops


DEVTOOLS: list[dict[str, Any]] = [
    {"type": "setViewport", "width": 1280, "height": 720},
    {"type": "navigate", "url": "URL/index.html"},
    {"type": "click", "selectors": [["aria/Plain button"], ["#plain"], ["xpath///*[@id='plain']"], ["text/Plain"]],
     "offsetX": 3, "offsetY": 4},
    {"type": "click", "selectors": [["aria/In open root"], ["#open", "button"]]},
    {"type": "change", "value": "right", "selectors": [["aria/Old value"], ["#old"]]},
    {"type": "change", "value": "Belgium", "selectors": [["#list"]]},
    {"type": "keyDown", "key": "Control"}, {"type": "keyDown", "key": "k"}, {"type": "keyUp", "key": "k"},
    {"type": "keyUp", "key": "Control"},
    {"type": "click", "selectors": [["button"]], "frame": [0]},
    {"type": "scroll", "x": 0, "y": 700},
    {"type": "waitForElement", "selectors": ["#plain"]},
]  # fmt: skip


@pytest.mark.browser
def test_a_devtools_recording_is_done(tmp_path: Path) -> None:
    with serving() as (port, _):
        text = json.dumps({"title": "t", "steps": DEVTOOLS}).replace("URL", f"http://127.0.0.1:{port}")
        (tmp_path / "a.json").write_text(text)
        done = again(imported("devtools", tmp_path / "a.json"), tmp_path)
    assert done.stopped == "" and done.episode is not None
    found = [(step.action.op, step.action.text) for step in done.episode.steps]
    assert found == [
        ("click", None), ("click", None), ("clear", None), ("type", "right"), ("type", "Belgium"),
        ("press", "Control+k"), ("click", None), ("scroll", "down"), ("done", None),
    ]  # fmt: skip
    values = {e.name: e.value for e in done.episode.final.tree.elements}
    assert (values["Old value"], values["Country"]) == ("right", "Belgium")


def side(port: int, *commands: tuple[str, str, str, list[str]]) -> str:
    rows = [{"command": c, "target": t, "value": v, "targets": [[m, ""] for m in more]} for c, t, v, more in commands]
    return json.dumps({"url": f"http://127.0.0.1:{port}", "tests": [{"name": "one", "commands": rows}]})


@pytest.mark.browser
def test_a_selenium_test_is_done_as_far_as_it_is_sure(tmp_path: Path) -> None:
    with serving() as (port, _):
        (tmp_path / "a.side").write_text(side(
            port, ("open", "/index.html", "", []),
            ("type", "id=user", "ada", ["css=#user", "xpath=//input[@id='user']"]),
            ("uncheck", "id=tick", "", []), ("check", "name=gone", "", ["id=tick"]),
            ("select", "id=list", "label=Chile", []),
            ("selectFrame", "index=0", "", []), ("click", "css=button", "", []),
            ("selectFrame", "relative=top", "", []), ("click", "linkText=Next page", "", []),
            ("click", "id=gone", "", ["css=.gone", "//div[3]/button", "//button"]),
        ))  # fmt: skip
        done = again(imported("selenium-ide", tmp_path / "a.side"), tmp_path)
    assert done.stopped.startswith("step 7: what is found by id=gone") and "25% only" in done.stopped
    assert [len(step["locators"]) for step in done.steps] == [3, 1, 2, 1, 1, 1, 4] and not done.same
    assert done.steps[2]["score"] == 0.5 and done.steps[2]["locators"][0] == "name=gone: none found"
    assert done.steps[1]["words"] == "Click: nothing to do."
    assert done.episode is not None and done.episode.success is None and len(done.episode.steps) == 5


@pytest.mark.browser
def test_two_that_fit_are_no_guess(tmp_path: Path) -> None:
    with serving() as (port, _):
        script = f'page.goto("http://127.0.0.1:{port}/index.html")\npage.get_by_role("checkbox").check()\n'
        (tmp_path / "a.py").write_text(script)
        done = again(imported("codegen", tmp_path / "a.py"), tmp_path)
    assert done.stopped == "step 1: 3 elements fit get_by_role('checkbox')"


@pytest.mark.browser
def test_what_is_imported_is_replayed_kept_and_compiled(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    def told(*words: object) -> tuple[int, dict[str, Any]]:
        with pytest.raises(SystemExit) as ended:
            cli.main([*map(str, words), "--json"])
        return int(ended.value.code or 0), json.loads(capsys.readouterr().out)

    corpus, kept = tmp_path / "corpus", tmp_path / "kept"
    with serving() as (port, _):
        script = f'page.goto("http://127.0.0.1:{port}/index.html")\npage.get_by_label("User name").fill("ada")\n'
        (tmp_path / "a.py").write_text(script + 'page.get_by_role("link", name="Next page").click()\n')
        assert told("data", "import", "codegen", tmp_path / "a.py", "--out", corpus)[0] == 0
        code, done = told("replay", f"{corpus}#codegen.a.script", "--out", kept)
        assert (code, done["data"]["of"], done["data"]["same"]) == (0, 2, True)
        code, done = told("replay", kept)
        assert (code, done["data"]["final"]["elements"]) == (0, 1.0)
    code, done = told("compile", kept, "--out", tmp_path / "p.json")
    assert (code, [p["default"] for p in done["data"]["parameters"]]) == (0, ["ada"])
    code, done = told("replay", f"{corpus}#codegen.b")
    assert (code, done["error"]["hint"]) == (2, "did you mean 'codegen.a.script'?")
    code, done = told("compile", corpus)
    assert code == 2 and "replay --out" in done["error"]["hint"]

"""Reports: one safe file with everything in it."""

from __future__ import annotations

import dataclasses
import json
import re
from collections import deque
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from fakes import SCRIPT, FakeEnv, open_fake_lab, scripted

from webagent.datasets import write_episode
from webagent.envs.errors import DataDamaged, UsageError
from webagent.envs.types import Action, ActionTree, Branch, Element, Episode, Observation, Proposal, Step, Task
from webagent.evaluate import BenchRun, BenchSettings, bench
from webagent.report import write_report
from webagent.report.charts import Line, curves, histogram, skyline
from webagent.report.page import VOID, Html, escape, join, tag
from webagent.rollout import Watch, run_episode

HOSTILE = '</script><script>alert(1)</script><img src=x onerror=alert(2)>" onclick="alert(3)" \x00\x1b[2J\u202egnp.exe'


class Outline(HTMLParser):
    """Counts elements, keeps their attributes, and holds them to be closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: deque[str] = deque()
        self.text: list[str] = []

    def handle_starttag(self, name: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((name, dict(attrs)))
        if name not in VOID:
            self.open.append(name)

    def handle_endtag(self, name: str) -> None:
        assert self.open.pop() == name

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def count(self, name: str, class_: str | None = None) -> int:
        return sum(n == name and (class_ is None or class_ in (a.get("class") or "").split()) for n, a in self.seen)


def outline(path: Path) -> Outline:
    parser = Outline()
    parser.feed(path.read_text(encoding="utf-8"))
    assert not parser.open
    return parser


def hostile_episode() -> Episode:
    element = Element(
        "e1", HOSTILE, HOSTILE, HOSTILE, HOSTILE, (1, 2, 3, 4), ("actionable", "covered"), context=HOSTILE
    )
    tree = ActionTree((element,), viewport=(100, 50))
    seen = Observation(HOSTILE, f"javascript:{HOSTILE}", HOSTILE, (), tree, (), HOSTILE)
    action = Action("type", "e1", HOSTILE)
    step = Step(seen, action, error=HOSTILE, proposal=Proposal((action,), (0.0,), 0.1, (HOSTILE,), 0.5))
    info = {"reason": HOSTILE, "answer": HOSTILE, "judged_by": "agent", "blocked": [HOSTILE]}
    return Episode(Task(HOSTILE, HOSTILE, HOSTILE), (step,), seen, HOSTILE, False, info)


def test_text_of_a_hostile_page_stays_text(tmp_path: Path) -> None:
    write_episode(tmp_path, hostile_episode())
    page = outline(write_report(tmp_path))
    assert page.count("script") == 1
    assert page.count("img") == 0
    assert not [a for _, attrs in page.seen for a in attrs if a.startswith("on")]
    assert not [
        v for _, attrs in page.seen for n, v in attrs.items() if n in ("href", "src") and "javascript" in str(v)
    ]
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", (tmp_path / "report.html").read_text(encoding="utf-8"))


def test_nothing_is_fetched(tmp_path: Path) -> None:
    pictures: list[bytes] = []
    watch = Watch(screen=lambda jpeg, observation: pictures.append(jpeg))
    episode = run_episode(FakeEnv(), scripted(*SCRIPT), seed=1, source="policy:x", watch=watch)
    write_episode(tmp_path, episode, tuple(pictures))
    page = outline(write_report(tmp_path))
    sources = [a["src"] for _, a in page.seen if a.get("src")]
    assert len(sources) == len(pictures)
    assert all(str(s).startswith("data:image/jpeg;base64,") for s in sources)
    assert all(str(a.get("href", "#")).startswith("#") for _, a in page.seen)
    policies = [str(a["content"]) for _, a in page.seen if a.get("http-equiv") == "Content-Security-Policy"]
    assert policies[0].startswith("default-src 'none'; img-src data:")
    assert page.count("link") == 0


def test_a_step_shows_what_was_seen_weighed_and_done(tmp_path: Path) -> None:
    episode = run_episode(FakeEnv(), scripted(Action("click", "x"), *SCRIPT), seed=1, source="policy:x")
    write_episode(tmp_path, episode)
    page = outline(write_report(tmp_path))
    assert page.count("section", "card") == len(episode.steps) + 1
    assert page.count("rect", "chosen") == len(episode.steps) - 1  # "done" has no element
    assert page.count("svg", "wireframe") == len(episode.steps) + 1  # drawn, as no picture was kept
    assert page.count("li", "first") == len(episode.steps)
    text = " ".join(page.text)
    assert 'type "Ann" into "Name" (textbox)' in text
    assert "ElementCovered: something else would take the click; close it first" in text
    assert "Success" in page.text
    assert page.count("span", "loud") >= 1  # the covered button


def test_a_search_is_drawn(tmp_path: Path) -> None:
    actions = (Action("click", "x"), Action("click", "s"))
    branches = (
        Branch(-1, "", 4, 0.1, page="Sign-In"),
        Branch(0, 'click "Help"', 1, -1.0, "dead"),
        Branch(0, HOSTILE, 2, 0.9, taken=True),
        Branch(2, 'click "Save"', 1, 1.0, "end", taken=True),
    )
    seen = hostile_episode().final
    step = Step(seen, actions[1], proposal=Proposal(actions, (-0.1, -3.0)), visits=(1, 2), search=branches)
    write_episode(tmp_path, Episode(Task("t", "g", "u"), (step,), seen, "search:default", True))
    page = outline(write_report(tmp_path))
    assert page.count("svg", "search") == page.count("path", "dead") == page.count("circle", "end") == 1
    assert page.count("path", "taken") == 2 and page.count("path", "way") == 1
    text = " ".join(page.text)
    assert "1 visit · " in text and "2 visits · " in text and "3 simulations" in text
    assert page.count("script") == 1 and page.count("img") == 0


def test_unfinished_and_empty_episodes_have_a_page(tmp_path: Path) -> None:
    empty = Episode(Task("t", "g", "u"), (), Observation(), "human", None, {})
    write_episode(tmp_path / "a", empty)
    assert "Not judged" in outline(write_report(tmp_path / "a")).text
    (tmp_path / "a" / "meta.json").write_text(
        (tmp_path / "a" / "meta.json").read_text().replace('"finished": true', '"finished": false')
    )
    assert "Unfinished" in outline(write_report(tmp_path / "a")).text


def test_a_recording_has_its_steps_beside_the_video(tmp_path: Path) -> None:
    episode = dataclasses.replace(hostile_episode(), source="human")
    write_episode(tmp_path, episode)
    notes = [
        {"recording": 1},
        {"step": 0, "words": "Press 'Save'.", "video_frame": 66},
        {"outcome": 0, "title": "Saved"},
    ]
    (tmp_path / "recording.jsonl").write_text("".join(json.dumps(note) + "\n" for note in notes) + '{"step": 1, "wo')
    (tmp_path / "screen.webm").write_bytes(b"film")
    page = write_report(tmp_path).read_text()
    assert re.findall(r'data-at="([\d.]+)"', page) == ["6.6"]
    assert outline(tmp_path / "report.html").count("ol", "moments") == 1
    assert "→ Saved" in page and "0:06" in page and "Median decision" not in page
    (tmp_path / "recording.jsonl").write_text('{"recording": 2}\n')
    with pytest.raises(DataDamaged, match="expected a recording of version 1, found 2"):
        write_report(tmp_path)


def test_where_a_report_goes(tmp_path: Path) -> None:
    write_episode(tmp_path / "e", hostile_episode())
    assert write_report(tmp_path / "e", tmp_path / "r") == tmp_path / "r" / "report.html"
    assert write_report(tmp_path / "e", tmp_path / "x.html") == tmp_path / "x.html"
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        write_report(tmp_path / "e", tmp_path / "file" / "r")


def test_a_benchmark_page_has_every_task_and_the_worst_episodes(tmp_path: Path) -> None:
    tasks = ("fake.-good", "fake.crash-one")
    settings = BenchSettings("fake", tasks, 3, policy="random", max_steps=4, out=str(tmp_path))
    bench(settings, {"all": (*tasks, "fake.absent")}, BenchRun(open_lab=open_fake_lab))
    page = outline(write_report(tmp_path))
    assert page.count("details", "folded") == 2  # kept of the task that was played; a crash at reset leaves no step
    text = " ".join(page.text)
    assert "3 broken episodes" in text
    assert "in part" in text
    assert "the page <b>crashed</b>" in text
    ids = [a["id"] for _, a in page.seen if a.get("id")]
    assert len(ids) == len(set(ids))
    assert {a["href"] for _, a in page.seen if a.get("href")} <= {f"#{i}" for i in ids}


def test_an_interrupted_benchmark_has_a_page_too(tmp_path: Path) -> None:
    settings = BenchSettings("fake", ("fake.-good",), 2, policy="random", max_steps=3, out=str(tmp_path))
    bench(settings, {}, BenchRun(open_lab=open_fake_lab))
    (tmp_path / "bench.json").unlink()
    lines = (tmp_path / "results.jsonl").read_text().splitlines()
    (tmp_path / "results.jsonl").write_text(lines[0] + "\n" + lines[1][:30])
    assert "1 of 2 episodes" in " ".join(outline(write_report(tmp_path)).text)


def test_html_is_escaped_by_construction() -> None:
    assert tag("p", "<b>", Html("<i></i>"), title='"') == '<p title="&quot;">&lt;b&gt;<i></i></p>'
    assert join("a", None, 1) == "a1"
    assert escape("\x00\x07") == "\ufffd\ufffd"
    assert tag("input", disabled=True, value=None) == "<input disabled>"


@pytest.mark.parametrize("rates", [{}, {"a": 0.0}, {"a": 1.0, "b": 0.5}, {str(i): i / 500 for i in range(500)}])
def test_charts_hold_for_any_number_of_tasks(rates: dict[str, float]) -> None:
    parser = Outline()
    parser.feed(skyline(rates, 0.5) + histogram(list(rates.values())))
    assert parser.count("rect") == len(rates) + 10


def test_a_drag_is_drawn_from_start_to_end(tmp_path: Path) -> None:
    boxes = {"a": (0.0, 0.0, 10.0, 10.0), "b": (50.0, 0.0, 10.0, 10.0)}
    elements = tuple(Element(ref, "img", "rect", box=box) for ref, box in boxes.items())
    tree = ActionTree(elements, viewport=(100, 50))
    seen = dataclasses.replace(Observation(), tree=tree)
    steps = tuple(Step(seen, a) for a in (Action("drag", "a", "b"), Action("drag", "a", point=(0.1, 0.1, 3.0, 0.5))))
    write_episode(tmp_path, Episode(Task("t", "g", "u"), steps, seen, "human", True, {}))
    lines = [a for n, a in outline(write_report(tmp_path)).seen if n == "line"]
    assert (lines[0]["x1"], lines[0]["x2"]) == ("5", "55")
    assert (lines[1]["x1"], lines[1]["x2"]) == ("1", "30")


@pytest.mark.parametrize("logarithmic", [False, True])
@pytest.mark.parametrize(
    "points", [((3.0, 50.0),), ((0.5, 10.0), (40.0, 95.0), (44.0, 95.0)), ((1e-3, 0.0), (9e5, 1e-9))]
)
def test_curves_hold_for_any_numbers(points: tuple[tuple[float, float], ...], logarithmic: bool) -> None:
    picture = curves([Line("a > b", points), Line("b", points[:1])], "ms", "%", logarithmic)
    root = ElementTree.fromstring(picture)
    width, height = map(float, root.attrib["viewBox"].split()[2:])
    dots = [(float(c.attrib["cx"]), float(c.attrib["cy"])) for c in root.iter("{http://www.w3.org/2000/svg}circle")]
    assert len(dots) == len(points) + 1
    assert all(0 <= x <= width and 0 <= y <= height for x, y in dots)
    assert [x for x, _ in dots[: len(points)]] == sorted(x for x, _ in dots[: len(points)])

"""One episode as a page: what the agent saw, weighed and did, step by step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from webagent.envs.types import Action, ActionTree, Element, Episode, Observation, Step
from webagent.recorder.moments import Moment
from webagent.report.filmed import filmed
from webagent.report.page import Html, join, number, picture, svg, tag
from webagent.report.search_tree import search_tree
from webagent.words import clean, describe_action

SHOWN_CANDIDATES = 8
LONG_GOAL = 160
LOUD_STATES = ("covered", "disabled", "invalid", "modal")
SILENT_STATES = ("actionable", "visible")
TIMINGS = ("decide", "act", "settle", "tree")


class Outcome(NamedTuple):
    """How an episode ended, as a badge: ``tone`` is ``good``, ``bad`` or ``open``."""

    label: str
    tone: str


def outcome_of(episode: Episode) -> Outcome:
    if "unfinished" in episode.info:
        return Outcome("Unfinished", "open")
    if episode.success is None:
        return Outcome("Not judged", "open")
    return Outcome("Success", "good") if episode.success else Outcome("Failed", "bad")


def render_episode(
    episode: Episode, screens: Sequence[Path | None], video: Html | None = None, moments: Sequence[Moment] = ()
) -> Html:
    """The whole page's body: header, the video if there is one (of a recording with its ``moments`` beside it), list of
    steps, a card for each."""
    film = filmed(video, moments) if video and moments else video
    shown = tag("section", tag("h2", "Video"), film, class_="card", id="video") if film else None
    return join(
        tag("header", _head(episode), class_="head"),
        tag("main", _contents(episode, video is not None),
            tag("div", shown, render_steps(episode, screens, moments=moments), class_="cards"), class_="episode"),
    )  # fmt: skip


def render_steps(
    episode: Episode, screens: Sequence[Path | None], prefix: str = "", moments: Sequence[Moment] = ()
) -> Html:
    """The cards alone; ``prefix`` keeps their anchors apart when several episodes share a page."""
    steps = episode.steps
    shots = [*screens, *[None] * (len(steps) + 1 - len(screens))]
    words = [*(moment.words for moment in moments), *[""] * len(steps)]
    cards = [_card(i, step, shot, prefix, said) for i, (step, shot, said) in enumerate(zip(steps, shots, words), 1)]
    return join(*cards, _final_card(episode, shots[len(steps)], prefix))


def badge(outcome: Outcome) -> Html:
    return tag("span", outcome.label, class_=f"badge {outcome.tone}")


def facts(*pairs: tuple[str, object]) -> Html:
    """A row of small figures; empty ones are left out."""
    shown = [tag("div", tag("dt", name), tag("dd", value)) for name, value in pairs if value not in (None, "")]
    return tag("dl", *shown, class_="facts")


def duration(ms: float | None) -> str:
    """Milliseconds as a person reads them."""
    if ms is None:
        return ""
    if ms < 10:
        return f"{ms:.1f} ms" if ms >= 0.05 else "< 0.1 ms"
    return f"{ms:.0f} ms" if ms < 1000 else f"{ms / 1000:.1f} s"


def _head(episode: Episode) -> Html:
    info, task = episode.info, episode.task
    decide = sorted(step.ms.get("decide", 0.0) for step in episode.steps)
    judge = f"judged by {info['judged_by']}" if info.get("judged_by") and episode.success is not None else None
    answer = info.get("answer")
    return join(
        tag("p", tag("span", "webagent", class_="brand"), " episode report", class_="crumb"),
        tag("h1", task.goal or task.id, class_="long" if len(task.goal) > LONG_GOAL else None),
        tag("p", badge(outcome_of(episode)), tag("span", judge, class_="muted") if judge else None,
            tag("span", info.get("unfinished") or info.get("reason") or "", class_="muted reason"), class_="verdict"),
        tag("p", tag("span", "Answer", class_="label"), tag("strong", answer), class_="answer") if answer else None,
        facts(
            ("Task", task.id),
            ("Start", task.start_url),
            ("Made by", episode.source),
            ("Seed", task.seed),
            ("Steps", len(episode.steps) if episode.source == "human" else f"{len(episode.steps)} of {task.max_steps}"),
            ("Total", duration(info.get("ms_total"))),
            ("Median decision", duration(decide[len(decide) // 2]) if decide and decide[-1] else None),
            ("Errors", sum(bool(step.error) for step in episode.steps) or None),
            ("Blocked hosts", ", ".join(info.get("blocked") or ())),
        ),
        *[tag("p", note, class_="warning") for note in _warnings(episode)],
    )  # fmt: skip


def _warnings(episode: Episode) -> list[str]:
    damaged = episode.info.get("damaged")
    return [f"Could not be read and is left out: {', '.join(damaged)}."] if damaged else []


def _contents(episode: Episode, filmed: bool) -> Html:
    video = tag("li", tag("a", tag("b", "▶"), tag("span", "Video"), href="#video")) if filmed else None
    links = [
        tag("li", tag("a", tag("b", i), tag("span", describe_action(step.action, step.observation.tree)),
                      href=f"#step-{i}", class_="failed" if step.error else None))
        for i, step in enumerate(episode.steps, 1)
    ]  # fmt: skip
    end = tag("li", tag("a", tag("b", "■"), tag("span", "The end"), href="#end"))
    return tag("nav", tag("h2", "Steps"), tag("ol", video, *links, end), class_="contents", aria_label="Steps")


def _card(i: int, step: Step, shot: Path | None, prefix: str, words: str) -> Html:
    tree = step.observation.tree
    return tag(
        "section",
        tag("h2", tag("span", i, class_="number"), describe_action(step.action, tree)),
        tag("p", step.error, class_="error") if step.error else None,
        tag("div",
            tag("div", _screen(step.observation, shot, step.action, f"The screen before step {i}"), class_="left"),
            tag("div", tag("p", words) if words else _weighed(step), _timings(step), class_="right"), class_="columns"),
        search_tree(step.search),
        _tree(tree, step.action.target),
        class_="card", id=f"{prefix}step-{i}",
    )  # fmt: skip


def _final_card(episode: Episode, shot: Path | None, prefix: str) -> Html:
    outcome = outcome_of(episode)
    reason = episode.info.get("unfinished") or episode.info.get("error") or episode.info.get("reason") or ""
    return tag(
        "section",
        tag("h2", tag("span", "■", class_="number"), "The end"),
        tag("div",
            tag("div", _screen(episode.final, shot, None, "The screen at the end"), class_="left"),
            tag("div", tag("p", badge(outcome), class_="verdict"), tag("p", reason, class_="muted"),
                tag("p", episode.final.last_error, class_="error") if episode.final.last_error else None,
                class_="right"), class_="columns"),
        _tree(episode.final.tree, None),
        class_="card", id=f"{prefix}end",
    )  # fmt: skip


def _screen(observation: Observation, shot: Path | None, action: Action | None, alt: str) -> Html:
    """The picture with the chosen element framed; without a picture, the tree's boxes stand in for it."""
    width, height = observation.tree.viewport
    if not width or not height:
        return tag("p", "No picture of this moment.", class_="muted")
    marks = _marks(observation.tree, action)
    inside = picture(shot.read_bytes(), alt) if shot else svg(*_wireframe(observation.tree), width=width, height=height,
                                                              class_="wireframe", aria_label=alt)  # fmt: skip
    overlay = svg(*marks, width=width, height=height, class_="overlay", aria_hidden="true")
    address = tag("figcaption", tag("span", clean(observation.title, 60), class_="title"), clean(observation.url, 90))
    frame = tag("div", inside, overlay, class_="screen", style=f"aspect-ratio: {width} / {height}")
    # Small screens are shown larger than they are, wide ones so that the other column still fits beside them.
    shown = min(560, max(width, min(2 * width, 400)))
    return tag("figure", address, frame, style=f"--wide: {shown}px")


def _marks(tree: ActionTree, action: Action | None) -> list[Html]:
    target = tree.by_ref.get(action.target or "") if action else None
    if action is None or target is None:
        return []
    x, y, w, h = target.box
    marks = [_rect(target, "chosen")]
    point = action.point or (0.5, 0.5)
    start = (x + point[0] * w, y + point[1] * h)
    if action.op == "drag":
        return marks + _drag_marks(tree, action, target)
    if action.op in ("click", "dblclick", "hover"):
        marks += [_circle(start, 9, "ring"), _circle(start, 3, "dot")]
    return marks


def _drag_marks(tree: ActionTree, action: Action, target: Element) -> list[Html]:
    onto = tree.by_ref.get(action.text or "", target)
    point = action.point or (0.5, 0.5)
    start = _inside(target, point[:2] if len(point) == 4 else (0.5, 0.5))
    end = _inside(onto, point[-2:])
    line = tag("line", x1=number(start[0]), y1=number(start[1]), x2=number(end[0]), y2=number(end[1]), class_="path")
    return [line, _circle(start, 3, "dot"), _circle(end, 9, "ring"), _circle(end, 3, "dot")]


def _inside(element: Element, point: Sequence[float]) -> tuple[float, float]:
    x, y, w, h = element.box
    return x + point[0] * w, y + point[1] * h


def _rect(element: Element, class_: str) -> Html:
    x, y, w, h = element.box
    return tag("rect", x=number(x), y=number(y), width=number(max(w, 1)), height=number(max(h, 1)), rx=2, class_=class_)


def _circle(at: tuple[float, float], radius: float, class_: str) -> Html:
    return tag("circle", cx=number(at[0]), cy=number(at[1]), r=number(radius), class_=class_)


def _wireframe(tree: ActionTree) -> list[Html]:
    drawn: list[Html] = []
    for element in tree.elements:
        if element.box[2] > 0 and (element.actionable or element.role == "text"):
            x, y, _, h = element.box
            words = clean(element.name or element.value, 40)
            size = number(min(13.0, max(6.0, h * 0.7)))
            drawn += [_rect(element, "actionable") if element.actionable else Html(""),
                      tag("text", words, x=number(x + 3), y=number(y + h * 0.72), font_size=size)]  # fmt: skip
    return drawn


def _weighed(step: Step) -> Html:
    proposal, tree = step.proposal, step.observation.tree
    if proposal is None:
        return tag("p", "What was weighed was not recorded.", class_="muted")
    rows = []
    for i, (action, logprob) in enumerate(zip(proposal.actions, proposal.logprobs, strict=True)):
        if i >= SHOWN_CANDIDATES:
            break
        chance = min(1.0, math.exp(min(logprob, 0.0)))
        target = tree.by_ref.get(action.target or "")
        rows.append(
            tag("li",
                tag("div", tag("span", describe_action(action, tree), class_="what"),
                    tag("span", _visited(step, i), _percent(chance), class_="figure"), class_="line"),
                tag("div", tag("div", style=f"width:{100 * chance:.1f}%"), class_="bar"),
                tag("div", proposal.why[i], class_="why") if i < len(proposal.why) and proposal.why[i] else None,
                class_="first" if action == step.action else None, data_box=_box(target) if target else None)
        )  # fmt: skip
    more = len(proposal.actions) - len(rows)
    sure = f"confidence {_percent(proposal.confidence)}" if proposal.confidence is not None else None
    value = f"value {proposal.value:+.2f}" if proposal.value is not None else None
    told = " · ".join(part for part in (sure, value) if part)
    return join(
        tag("h3", "What the policy weighed", tag("span", told, class_="muted") if told else None),
        tag("ol", *rows, class_="candidates"),
        tag("p", f"and {more} more", class_="muted") if more > 0 else None,
    )


def _visited(step: Step, i: int) -> Html | None:
    if i >= len(step.visits):
        return None
    return tag("span", f"{step.visits[i]} visit{'' if step.visits[i] == 1 else 's'} · ", class_="muted")


def _percent(share: float) -> str:
    return f"{100 * share:.0f}\u00a0%" if share >= 0.1 or share == 0 else f"{100 * share:.1f}\u00a0%"


def _timings(step: Step) -> Html | None:
    known = [(name, step.ms[name]) for name in TIMINGS if name in step.ms]
    total = sum(ms for _, ms in known)
    if not total:
        return None
    bar = [tag("div", class_=name, style=f"flex-grow:{ms:.3f}", title=f"{name} {duration(ms)}") for name, ms in known]
    words = [tag("span", tag("i", class_=name), f"{name} {duration(ms)}") for name, ms in known]
    return join(
        tag("h3", "Time", tag("span", duration(total), class_="muted")),
        tag("div", *bar, class_="timings", aria_hidden="true"),
        tag("p", *words, class_="legend"),
    )


def _tree(tree: ActionTree, chosen: str | None) -> Html | None:
    if not tree.elements:
        return None
    dropped = f", {tree.dropped} left out by the budget" if tree.dropped else ""
    title = f"{len(tree.elements)} elements, {len(tree.actionable)} to act on{dropped}"
    rows = [_row(element, element.ref == chosen) for element in tree.elements]
    return tag("details", tag("summary", tag("b", "Tree"), " ", title), tag("ol", *rows, class_="tree"))


def _row(element: Element, chosen: bool) -> Html:
    states = [s for s in element.states if s not in SILENT_STATES]
    chips = [tag("span", s, class_="state loud" if s in LOUD_STATES else "state") for s in states]
    unseen = None if element.has("visible") or not element.actionable else tag("span", "off screen", class_="state")
    classes = [name for name, on in (("chosen", chosen), ("actionable", element.actionable)) if on]
    return tag(
        "li",
        tag("span", element.role, class_="role"),
        tag("span", clean(element.name, 160), class_="name") if element.name else None,
        tag("span", "= ", clean(element.value, 80), class_="value") if element.value else None,
        tag("span", clean(element.context, 60), class_="context") if element.context and not element.name else None,
        unseen, *chips,
        class_=" ".join(classes) or None, style=f"--depth:{min(element.depth, 24)}", data_box=_box(element),
    )  # fmt: skip


def _box(element: Element) -> str:
    return ",".join(number(v) for v in element.box)

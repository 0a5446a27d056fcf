"""From episodes to a program: what was done, with what came from the goal as parameters.

    program = compile_episodes([episode])             # or several of the same task

One episode: what was typed, chosen or uploaded and stands in the goal too becomes a parameter with that value as its
default. Several: they are laid side by side; what differs becomes a parameter without a default, what is equal stays,
and a step that some do without is optional. Blocks that repeat become loops (``blocks``). Secrets become parameters.

Not covered: values that a page showed and that were copied by hand; an answer that no element of the page shows.
"""

from __future__ import annotations

import difflib
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from webagent.envs.errors import UsageError
from webagent.envs.types import ENDS_EPISODE, Action, ActionTree, Element, Episode, Observation

from .blocks import folded
from .match import Signs, agreed, signs_of
from .program import SECRET, Page, Parameter, Program, Step, place_of

TOGGLES = ("checked", "mixed", "expanded", "collapsed", "pressed", "selected")
WRITES = ("type", "select", "upload", "goto")
MOST_SHOWN = 3
LONGEST_SHOWN = 160
_TELLING = ("heading", "alert", "status", "dialog", "button", "link")


class Done(NamedTuple):
    """An action that mattered: the page before it and the page that it led to."""

    before: Observation
    action: Action
    after: Observation


def compile_episodes(episodes: Sequence[Episode]) -> Program:
    """Raises ``UsageError`` for episodes that failed, hold no step, or are of several tasks."""
    for episode in episodes:
        if not episode.success:
            found = "one that failed" if episode.success is False else "one that nobody judged"
            raise UsageError(f"expected an episode that succeeded, found {found}: {episode.task.id}", "choose another")
    columns = _side_by_side([done_of(e) for e in episodes])
    if not columns:
        raise UsageError("expected an episode with steps, found none that matter", "choose another")
    first = episodes[0]
    values = Values(tuple(e.task.goal for e in episodes))
    start = str(first.info.get("url") or first.task.start_url)
    starts = tuple(e.task.start_url for e in episodes)
    compiler = Compiler(values, starts, _telling_titles(columns), urlsplit(start).scheme == "file")
    steps = [compiler.step(column) for column in columns]
    blocks, parameters = folded(steps, values.parameters)
    goal = values.pattern(first.task.goal, parameters)
    name = re.sub(r"[^a-z0-9]+", "-", goal.lower()).strip("-")[:48].strip("-") or "program"
    made_from = tuple(e.task.id for e in episodes)
    return Program(name, goal, start, tuple(parameters), tuple(blocks), made_from, time.strftime("%Y-%m-%d"))


def done_of(episode: Episode) -> list[Done]:
    """The steps that mattered: no failed ones, no waiting, no end but an answer, no scrolling to what was there."""
    seen = [*(s.observation for s in episode.steps[1:]), episode.final][: len(episode.steps)]
    kept = [Done(s.observation, s.action, after) for s, after in zip(episode.steps, seen, strict=True)
            if not s.error and s.action.op != "wait" and s.action.op not in ENDS_EPISODE - {"answer"}]  # fmt: skip
    useful = [done for n, done in enumerate(kept) if not _idle_scroll(done, kept[n + 1 :])]
    following = [*(d.before for d in useful[1:]), episode.final][: len(useful)]
    return [done._replace(after=after) for done, after in zip(useful, following, strict=True)]


def _idle_scroll(done: Done, rest: Sequence[Done]) -> bool:
    """What it brought into view was there before: elements are scrolled to anyway."""
    if done.action.op != "scroll":
        return False
    coming = next((d for d in rest if d.action.op != "scroll"), None)
    if coming is None or not coming.action.target:
        return coming is None
    return coming.action.target in done.before.tree.by_ref and coming.before.url == done.before.url


Column = tuple[Done | None, ...]
"""The same step of each episode; None where one does without it."""


def _side_by_side(lanes: Sequence[Sequence[Done]]) -> list[Column]:
    columns: list[Column] = [(done,) for done in lanes[0]]
    for lane in lanes[1:]:
        known = [_kind(next(d for d in column if d)) for column in columns]
        width = len(columns[0]) if columns else 1
        matcher = difflib.SequenceMatcher(None, known, [_kind(d) for d in lane], autojunk=False)
        joined: list[Column] = []
        for tag, i, i_end, j, j_end in matcher.get_opcodes():
            if tag == "equal":
                joined += [(*columns[i + n], lane[j + n]) for n in range(i_end - i)]
            else:
                joined += [(*column, None) for column in columns[i:i_end]]
                joined += [(*[None] * width, done) for done in lane[j:j_end]]
        columns = joined
    shared = sum(all(c) for c in columns)
    if len(lanes) > 1 and 2 * shared < len(columns):
        raise UsageError(
            f"expected episodes of one task, found {shared} steps in common of {len(columns)}", "compile each by itself"
        )
    return columns


def _kind(done: Done) -> tuple[str, str, str]:
    """What is the same of a step in two episodes of one task; of a field its name, too."""
    e = _target(done)
    named = done.action.op in ("type", "clear", "select", "upload") or (e is not None and e.role in _FIXED)
    return done.action.op, e.role if e else "", (e.name or e.hint) if e and named else ""


_FIXED = ("button", "tab", "menuitem", "dialog", "combobox", "textbox", "searchbox")


def _target(done: Done) -> Element | None:
    return done.before.tree.by_ref.get(done.action.target or "")


def _telling_titles(columns: Sequence[Column]) -> frozenset[str]:
    """Titles that only one address has; any other says nothing about where one is."""
    places: dict[str, set[str]] = {}
    for seen in (o for column in columns for d in column if d for o in (d.before, d.after)):
        places.setdefault(_starred(seen.title), set()).add(seen.url.partition("#")[0].partition("?")[0])
    return frozenset(title for title, urls in places.items() if title and len(urls) == 1)


def _starred(title: str) -> str:
    return re.sub(r"\d+", "*", title)


@dataclass
class Values:
    """Which values are parameters. ``goals``: one an episode; ``known``: from the values in each to a name."""

    goals: tuple[str, ...]
    parameters: list[Parameter] = field(default_factory=list)
    known: dict[tuple[str, ...], str] = field(default_factory=dict)

    def text(self, texts: tuple[str, ...], label: str) -> str:
        """``texts``, one an episode, as the program has it: a constant, or with a parameter's place in it."""
        for name in SECRET.findall(texts[0]):
            if name not in [p.name for p in self.parameters]:
                self.parameters.append(Parameter(name, label, secret=True))
        if SECRET.search(texts[0]):
            return texts[0]
        bare = tuple(t.strip() for t in texts)
        if not (self._in_goal(bare[0]) if len(texts) == 1 else len(set(bare)) > 1):
            return texts[0]
        place = f"{{{{{self.name(bare, label)}}}}}"
        head, _, tail = texts[0].partition(bare[0]) if bare[0] else ("", "", "")
        return f"{head}{place}{tail}"

    def _in_goal(self, value: str) -> bool:
        return bool(value) and _whole(value).search(self.goals[0]) is not None

    def name(self, values: tuple[str, ...], label: str) -> str:
        """The parameter of these values; the same ones are the same parameter."""
        if values not in self.known:
            taken = {p.name for p in self.parameters}
            name = base = re.sub(r"\W+", "_", label.lower()).strip("_")[:32].strip("_") or "value"
            name = base = f"value_{base}" if base[0].isdigit() else base
            number = 2
            while name in taken:
                name, number = f"{base}_{number}", number + 1
            default = values[0] if len(values) == 1 else None
            self.parameters.append(Parameter(name, label, default, tuple(dict.fromkeys(values))))
            self.known[values] = name
        return self.known[values]

    def templated(self, texts: tuple[str, ...], inside: bool = False) -> str:
        """What is one of the values, with its place; ``inside``: also as part of a text. "" where the texts differ."""
        if texts in self.known:
            return f"{{{{{self.known[texts]}}}}}"
        if inside:
            told = {self._with_places(text, n) for n, text in enumerate(texts)}
            return told.pop() if len(told) == 1 else ""
        return texts[0] if len(set(texts)) == 1 else ""

    def _with_places(self, text: str, n: int) -> str:
        for values, name in sorted(self.known.items(), key=lambda kv: -len(kv[0][0])):
            if len(values[n]) > 2:
                text = _whole(values[n]).sub(f"{{{{{name}}}}}", text)
        return text

    def pattern(self, goal: str, parameters: Sequence[Parameter]) -> str:
        """The goal with places instead of values, the longest first. A list stands as its values do, with commas."""
        values = [(v[0], name) for v, name in self.known.items()]
        for p in parameters:
            if p.many and isinstance(p.default, list):
                values.append((", ".join(p.default), p.name))
        kept = {p.name for p in parameters}
        for value, name in sorted(values, key=lambda pair: -len(pair[0])):
            if value and name in kept:
                goal = _replaced(goal, value, f"{{{{{name}}}}}")
        return goal


def _replaced(goal: str, value: str, place: str) -> str:
    """``value`` replaced by ``place``, but not inside of other places."""
    either = re.compile(r"\{\{.*?\}\}|" + _whole(value).pattern, re.IGNORECASE)
    return either.sub(lambda m: m[0] if m[0].startswith("{{") else place, goal)


def _whole(value: str) -> re.Pattern[str]:
    """Finds ``value`` where it is no part of a longer word."""
    words = r"\s+".join(map(re.escape, value.split()))
    return re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)


@dataclass(frozen=True)
class Compiler:
    """Makes one step of one column. ``starts``: the address of each episode; ``titles``: that tell pages apart;
    ``local``: the site is files."""

    values: Values
    starts: tuple[str, ...]
    titles: frozenset[str]
    local: bool = False

    def step(self, column: Column) -> Step:
        """Raises ``UsageError`` for an answer that no element shows."""
        there = [(d, start) for d, start in zip(column, self.starts, strict=True) if d]
        done = [d for d, _ in there]
        action = done[0].action
        targets = [_target(d) for d in done]
        label = next((e.name or e.context or e.hint or e.role for e in targets if e), action.op)
        text = self._text(done, label)
        read, target = "", None
        if action.op == "answer":
            read, target = self._read(done)
        elif targets[0] is not None:
            target = self._signs([(e, d.before.tree) for e, d in zip(targets, done, strict=True) if e])
        onto = [d.before.tree.by_ref.get(d.action.text or "") for d in done] if action.op == "drag" else [None]
        dropped = self._signs([(e, d.before.tree) for e, d in zip(onto, done, strict=False) if e])
        page, after = (self._page([(d[at], start) for d, start in there]) for at in (0, 2))
        step = Step(
            action.op, "", target, dropped, text if action.op not in ("drag", "answer") else None, action.point, read,
            page, _makes(done), Page() if after == page else after, self._shows(done),
            fresh=action.op == "type" and not any(e.value for e in targets if e), optional=not all(column),
        )  # fmt: skip
        return replace(step, words=in_words(step))

    def _text(self, done: Sequence[Done], label: str) -> str | None:
        texts = tuple(d.action.text or "" for d in done)
        op = done[0].action.op
        if op == "upload":
            texts = tuple(PurePath(t).name if "\n" not in t else t for t in texts)
        if len(texts) < len(self.values.goals) or op not in WRITES or not texts[0]:
            return done[0].action.text
        return self.values.text(texts, "address" if op == "goto" else label)

    def _signs(self, found: Sequence[tuple[Element, ActionTree]]) -> Signs | None:
        """Those that all episodes agree on."""
        signs = [signs_of(e, tree) for e, tree in found]
        if not signs:
            return None
        names = tuple(s.name for s in signs)
        if len(set(names)) > 1 and len(names) == len(self.values.goals):
            self.values.name(names, signs[0].role)
        one = replace(signs[0], name=self.values.templated(names))
        for s in signs[1:]:
            one = agreed(one, s)
        return one

    def _page(self, seen: Sequence[tuple[Any, str]]) -> Page:
        title = _common([_starred(o.title) for o, _ in seen])
        url = _common([self._without_values(place_of(o.url, start, self.local)) for o, start in seen])
        return Page(url, title if title in self.titles else "")

    def _without_values(self, place: str) -> str:
        known = {re.sub(r"\W+", "", v.lower()) for values in self.values.known for v in values} - {""}
        return "/".join("*" if re.sub(r"\W+", "", part.lower()) in known else part for part in place.split("/"))

    def _shows(self, done: Sequence[Done]) -> tuple[str, ...]:
        told = [_fresh(d) for d in done]
        if len(done) == len(self.values.goals):
            faces = [[self.values.templated((f,), inside=True) if len(done) == 1 else f for f in lane] for lane in told]
        else:
            faces = told
        common = [_numberless(f) for f in faces[0] if all(f in lane for lane in faces[1:])]
        return tuple(dict.fromkeys(f for f in common if re.search(r"[^\W\d_]{3}", f.partition(" ")[2])))[:MOST_SHOWN]

    def _read(self, done: Sequence[Done]) -> tuple[str, Signs]:
        """Which element an answer was read from, and how."""
        answer = (done[0].action.text or "").strip()
        tree = done[0].before.tree
        holding = [e for e in tree.elements if answer and _whole(answer).search(e.name or e.value)]
        if not holding:
            raise UsageError(
                f"cannot compile the answer {answer!r}: no element of the last page shows it",
                "what was worked out is left to the policy",
            )
        e = min(holding, key=lambda e: len(e.name or e.value))
        pattern = _whole(answer).sub("*", e.name or e.value, count=1)
        return pattern, replace(signs_of(e, tree), name="", value="")


def _numberless(face: str) -> str:
    """With ``*`` for every number that is no part of a place: prices and dates are others tomorrow."""
    return re.sub(r"(\{\{.*?\}\})|\d+", lambda m: m[1] or "*", face)


def _common(texts: Sequence[str]) -> str:
    """What all are like, with ``*`` where they differ."""
    if len(set(texts)) == 1:
        return texts[0]
    parts = [t.split("/") for t in texts]
    if len({len(p) for p in parts}) == 1:
        return "/".join(p[0] if len(set(p)) == 1 else "*" for p in zip(*parts, strict=True))
    return "*"


def _makes(done: Sequence[Done]) -> tuple[str, ...]:
    """The states that clicking changed, the same in each episode."""
    if done[0].action.op not in ("click", "press"):
        return ()
    found = set()
    for d in done:
        a, b = _target(d), d.after.tree.by_ref.get(d.action.target or "")
        same = d.before.url.partition("#")[0] == d.after.url.partition("#")[0]
        if a is None or b is None or not same or (a.role, a.tag) != (b.role, b.tag):
            return ()
        found.add(tuple(s if b.has(s) else f"-{s}" for s in TOGGLES if a.has(s) != b.has(s)))
    return found.pop() if len(found) == 1 else ()


def _fresh(done: Done) -> list[str]:
    """What stands on the page after it and did not before, as "role name", what tells most first."""
    old = {(e.role, e.name) for e in done.before.tree.elements}
    new = [e for e in done.after.tree.elements if 0 < len(e.name) <= LONGEST_SHOWN and (e.role, e.name) not in old]
    ranked = sorted(new, key=lambda e: _TELLING.index(e.role) if e.role in _TELLING else len(_TELLING))
    return list(dict.fromkeys(f"{e.role} {e.name}" for e in ranked if "{{" not in e.name))


def in_words(step: Step) -> str:
    """The step as one would ask for it; what the policy is given as its goal where the step does not fit."""
    text = step.text or ""
    called = _called(step.target)
    match step.op:
        case "click" if {"checked", "-checked"} & set(step.makes) and step.target and step.target.role != "radio":
            return f"{'Tick' if 'checked' in step.makes else 'Untick'} {called}"
        case "click":
            button = {"right": "Right-click ", "middle": "Middle-click "}.get(text.rpartition("+")[2], "Click ")
            return button + called
        case "dblclick":
            return f"Double-click {called}"
        case "type":
            return f'Type "{text}" into {called}'
        case "select":
            return f'Choose "{text}" from {called}'
        case "press":
            return f"Press {text}" + (f" in {called}" if step.target else "")
        case "drag":
            return f"Drag {called}" + (f" to {_called(step.onto)}" if step.onto else "")
        case "upload":
            return f'Upload "{text}" to {called}'
        case "goto":
            return f"Go to {text}"
        case "answer":
            return f"Answer with what {called} says"
    return " ".join(part for part in (step.op.replace("_", " "), called if step.target else "", text) if part)


def _called(signs: Signs | None) -> str:
    if signs is None:
        return "the page"
    name = signs.name or signs.context or signs.hint
    return f'"{name}"' if name else f"the {signs.role}"

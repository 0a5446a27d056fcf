"""Element recall on the awkward pages: is every control in our tree, named as a person would, and can it be operated?

The manifest is read as ``pages/README.md`` says. ``measure(browser)`` plays every control on a page of its own;
``python tests/recall.py`` prints the table.
"""

from __future__ import annotations

import sys
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from awkward_site import AWKWARD, read_manifest, serve_awkward

from webagent.envs.browser import Browser
from webagent.envs.scenario import Verdict
from webagent.envs.session import Session
from webagent.envs.types import Action, ActionTree, Element, Task
from webagent.envs.web_env import WebEnv

PATIENCE = 1.2


class PageScenario:
    """One page, loaded anew for every episode, judged by nobody."""

    id, max_steps, viewport, allow, sandboxed = "page", 1000, (1280, 720), None, True

    def __init__(self, url: str) -> None:
        self.url = url

    async def start(self, session: Session, seed: int) -> Task:
        while len(session.tabs) > 1:
            await session.tabs[-1].page.close()
        await session.goto("about:blank")
        await session.goto(self.url)
        return Task(self.id, "", self.url, seed, self.max_steps)

    async def rest(self, session: Session) -> None:
        pass

    async def judge(self, session: Session, action: Action | None) -> Verdict:
        return Verdict(checked=False)

    def resume(self, session: Session, judged: int) -> None:
        pass

    def twin(self) -> PageScenario:
        return PageScenario(self.url)

    def close(self) -> None:
        pass


@dataclass(frozen=True)
class Outcome:
    """``listed`` and ``operated``: "" if fine, else what went wrong."""

    page: str
    name: str
    listed: str
    operated: str


def plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().replace("\u00ad", "").split()).rstrip(":").strip()


def many(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def matches(tree: ActionTree, e: Element, control: dict[str, Any]) -> bool:
    roles = many(control["role"])
    if "*" not in roles and not (e.actionable and ("clickable" in roles or e.role in roles)):
        return False
    if e.name:
        words = plain(f"{e.name} {e.hint}" if control.get("hint") else e.name)
    elif control.get("shape"):
        words = ""
    else:
        words = plain(e.hint)
    if not any(plain(n) in words for n in many(control["name"])) and not _shaped(e, control):
        return False
    above, at = [plain(e.name), plain(e.context)], e.parent
    while at:
        above.append(plain(tree.find(at).name))
        at = tree.find(at).parent
    return all(any(plain(c) in words for words in above) for c in many(control.get("context", [])))


def _shaped(e: Element, control: dict[str, Any]) -> bool:
    wanted = control.get("shape")
    return bool(wanted and e.shape and all(getattr(e.shape, k) == v for k, v in wanted.items()))


def candidates(tree: ActionTree, control: dict[str, Any]) -> list[Element]:
    """Elements that fit, those with exactly the name first, then the most deeply nested."""
    names = {plain(n) for n in many(control["name"])}
    found = [e for e in tree.elements if matches(tree, e, control)]
    roles = many(control["role"])
    return sorted(found, key=lambda e: (plain(e.name) not in names, e.role not in roles, -e.depth, e.has("covered")))


class Player:
    """Plays the controls of one page in one environment."""

    def __init__(self, env: WebEnv, entry: dict[str, Any]) -> None:
        self.env = env
        self.entry = entry

    def check(self, script: str) -> bool:
        env = self.env
        first = env._stage.session.tabs[0]  # the check's place is the first tab, whatever is in front
        answer = env._browser.call(first.cdp.send("Runtime.evaluate", {"expression": script, "returnByValue": True}))
        return bool(answer["result"].get("value"))

    def find(self, control: dict[str, Any]) -> Element | None:
        found = candidates(self.env.observation.tree, control)
        return found[0] if found else None

    def named(self, name: str) -> dict[str, Any]:
        return next(c for c in self.entry["controls"] if name in many(c["name"]) and "operate" in c)

    def prepare(self, control: dict[str, Any]) -> str:
        for step in control.get("before", ()):
            trouble = self.operate(self.named(step)) if isinstance(step, str) else self.act(Action(**step))
            if trouble:
                return f"before: {trouble}"
        return ""

    def act(self, action: Action) -> str:
        self.env.step(action)
        error = self.env.observation.last_error
        for _ in range(3):
            ok = next((e for e in self.env.observation.tree.elements if e.ref == "d2"), None)
            if ok is None:
                break
            self.env.step(Action("click", "d2"))
        return error

    def operate(self, control: dict[str, Any]) -> str:
        element = self.find(control)
        if element is None:
            return "not in the tree"
        how = dict(control["operate"])
        if how["op"] == "drag" and not how.get("point"):
            goal = self.find(next(c for c in self.entry["controls"] if how["text"] in many(c["name"])))
            if goal is None:
                return "nowhere to drop"
            how["text"] = goal.ref
        how["point"] = tuple(how["point"]) if how.get("point") else None
        return self.act(Action(target=element.ref, **how))

    def play(self, control: dict[str, Any]) -> Outcome:
        name = many(control["name"])[0]
        self.env.reset(seed=1)
        deadline = time.monotonic() + control.get("late_ms", 0) / 1000
        while time.monotonic() < deadline:
            self.env.step(Action("wait"))
        trouble = self.prepare(control)
        element = self.find(control)
        listed = "" if element else trouble or "not in the tree"
        missing = [s for s in control.get("states", ()) if element and not element.has(s)]
        if missing:
            listed = f"states {missing} missing in {element.states if element else ()}"
        operated = "" if "operate" not in control else self._operated(control, element)
        return Outcome(self.entry["page"], name, listed, operated)

    def _operated(self, control: dict[str, Any], element: Element | None) -> str:
        if element is None:
            return "not in the tree"
        if self.check(control["check"]):
            return "its check was true before"
        error = self.operate(control)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.check(control["check"]):
                return ""
            time.sleep(0.02)
        return error or "no effect"

    def absent(self) -> Iterator[Outcome]:
        self.env.reset(seed=1)
        for entry in self.entry.get("absent", ()):
            for name in many(entry["name"]):
                usable = [
                    e for e in self.env.observation.tree.elements
                    if plain(e.name) == plain(name) and e.actionable and not (e.has("covered") or e.has("disabled"))
                ]  # fmt: skip
                yield Outcome(self.entry["page"], name, f"listed as usable: {usable[0].role}" if usable else "", "")


def measure(browser: Browser, pages: str = "") -> tuple[list[Outcome], list[Outcome]]:
    """All controls, and all names that must not be usable."""
    controls: list[Outcome] = []
    absent: list[Outcome] = []
    with serve_awkward() as site:
        for entry in read_manifest():
            if pages and not entry["page"].startswith(pages):
                continue
            with WebEnv(PageScenario(site + entry["page"]), browser=browser, files=AWKWARD) as env:
                player = Player(env, entry)
                controls += [player.play(c) for c in entry["controls"]]
                absent += list(player.absent())
    return controls, absent


def report(controls: list[Outcome], absent: list[Outcome]) -> str:
    listed = sum(not o.listed for o in controls)
    operated = sum(not o.listed and not o.operated for o in controls)
    quiet = sum(not o.listed for o in absent)
    lines = [
        f"{o.page:24} {o.name!r}: listed: {o.listed or 'ok'}; operated: {o.operated or 'ok'}"
        for o in [*controls, *absent]
        if o.listed or o.operated
    ]
    lines.append(
        f"listed {listed}/{len(controls)}, listed and operated {operated}/{len(controls)}, "
        f"rightly unusable {quiet}/{len(absent)}"
    )
    return "\n".join(lines)


if __name__ == "__main__":
    with Browser() as chromium:
        print(report(*measure(chromium, sys.argv[1] if len(sys.argv) > 1 else "")))

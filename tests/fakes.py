"""A three-page site without a browser: a real, small implementation of what a rollout needs of an environment.

    sign in  --"Sign in"-->  settings  --"Save"-->  saved

The task is done when the weekly mail is off and saved. ``trouble`` makes an episode go wrong in a chosen way.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import cv2
import numpy as np

from webagent.envs.errors import BrowserMissing, ElementCovered
from webagent.envs.scenario import Verdict
from webagent.envs.types import Action, ActionTree, Element, Observation, Proposal, Tab, Task
from webagent.evaluate import BenchSettings
from webagent.lab import Lab

SIZE = (320, 200)
ON = ("actionable", "visible")
PAGES: dict[str, list[Element]] = {
    "sign-in": [
        Element("h", "heading", "h1", "Welcome back", box=(20, 15, 200, 24), states=("visible",)),
        Element("n", "textbox", "input", "Name", box=(20, 60, 180, 26), states=(*ON, "editable", "focused")),
        Element("s", "button", "button", "Sign in", box=(20, 110, 80, 28), states=ON),
        Element("x", "button", "button", "Help", box=(220, 110, 80, 28), states=(*ON, "covered")),
    ],
    "settings": [
        Element("h", "heading", "h1", "Settings", box=(20, 15, 200, 24), states=("visible",)),
        Element("w", "checkbox", "input", "Weekly mail", box=(20, 60, 20, 20), states=(*ON, "checked")),
        Element("v", "button", "button", "Save", box=(20, 110, 80, 28), states=ON),
    ],
    "saved": [Element("t", "text", "p", "Saved", box=(20, 15, 80, 20), states=("visible",))],
}
GOAL = 'Sign in as "Ann", turn off the weekly mail and save'
SCRIPT = (
    Action("type", "n", "Ann"), Action("click", "s"), Action("click", "w"), Action("click", "v"), Action("done"),
)  # fmt: skip


class FakeEnv:
    """Pages in memory; actions change them at once."""

    def __init__(self, task_id: str = "fake.mail-off", trouble: str = "", max_steps: int = 10) -> None:
        self.id, self.trouble, self.max_steps = task_id, trouble, max_steps
        self.task = Task(task_id, GOAL, "http://fake.test/", 0, max_steps)
        self.verdict = Verdict()
        self.closed = 0

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        if self.trouble == "crash":
            raise RuntimeError("the page <b>crashed</b>")
        if self.trouble == "hang":
            time.sleep(600)
        if self.trouble == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        self.task = Task(self.id, GOAL, "http://fake.test/", seed or 0, self.max_steps)
        self.page, self.name, self.mail, self.steps, self.error = "sign-in", "", True, 0, ""
        self.verdict = Verdict()
        self.observation = self._observe()
        return None, {"settled": "frame", "ms": {}}

    def step(self, action: Action) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.steps += 1
        self.error = ""
        match (action.op, action.target):
            case ("type", "n"):
                self.name = action.text or ""
            case ("click", "s"):
                self.page = "settings" if self.name == "Ann" else self.page
            case ("click", "w"):
                self.mail = not self.mail
            case ("click", "v"):
                self.page = "saved"
            case ("click", "x"):
                self.error = ElementCovered("something else would take the click", "close it first").line
        ends = action.op in ("answer", "done", "give_up")
        truncated = not ends and self.steps >= self.max_steps
        success = (ends or truncated) and self.page == "saved" and not self.mail
        self.verdict = Verdict(
            float(success), ends, success, success, {"reason": action.text or action.op} if ends else {}
        )
        self.observation = self._observe()
        info = {
            "ms": {"act": 1.0, "settle": 2.0, "tree": 0.5},
            "last_error": self.error,
            "blocked": [],
            "downloads": [],
        }
        return None, float(success), ends, truncated, info

    def screen(self) -> bytes:
        return draw(self.observation)

    def close(self) -> None:
        self.closed += 1

    def _observe(self) -> Observation:
        elements = [
            Element(**{**{s: getattr(e, s) for s in Element.__slots__}, "value": self.name}) if e.ref == "n" else e
            for e in PAGES[self.page]
            if e.ref != "w" or self.mail
        ]
        if self.page == "settings" and not self.mail:
            elements.insert(1, Element("w", "checkbox", "input", "Weekly mail", box=(20, 60, 20, 20), states=ON))
        url = f"http://fake.test/{self.page}"
        tree = ActionTree(tuple(elements), viewport=SIZE)
        return Observation(
            GOAL, url, self.page.title(), (Tab(url, self.page, True),), tree, (), self.error, "frame", self.steps
        )


def draw(observation: Observation) -> bytes:
    """A JPEG of the page's boxes and words."""
    image = np.full((SIZE[1], SIZE[0], 3), 250, np.uint8)
    for element in observation.tree.elements:
        x, y, w, h = (int(v) for v in element.box)
        if element.actionable:
            cv2.rectangle(image, (x, y), (x + w, y + h), (190, 180, 170), 1)
        words = element.value or element.name
        cv2.putText(image, words, (x + 4, y + h - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (60, 50, 40), 1, cv2.LINE_AA)
    return bytes(cv2.imencode(".jpg", image)[1])


def scripted(*actions: Action) -> Callable[[Task, np.random.Generator], Callable[[Observation], Proposal]]:
    """A policy that does these actions one after the other, and then the last one again and again."""

    def make_agent(task: Task, rng: np.random.Generator) -> Callable[[Observation], Proposal]:
        left: Iterator[Action] = iter(actions)

        def propose(observation: Observation) -> Proposal:
            first = next(left, actions[-1])
            others = [Action("click", e.ref) for e in observation.tree.actionable if e.ref != first.target][:3]
            logprobs = (-0.2, *[-1.8 - i for i in range(len(others))])
            why = ("the next line of the script", *["not in the script"] * len(others))
            return Proposal((first, *others), logprobs, 0.4, why, 0.82)

        return propose

    return make_agent


class FakeBrowser:
    def close(self) -> None:
        pass


@contextmanager
def open_fake_lab(settings: BenchSettings) -> Iterator[Any]:
    """Tasks ``fake.<trouble>-<n>``: the part between is the trouble of every episode of that task."""

    def open_env(task: str, browser: Any, screen: bool) -> FakeEnv:
        return FakeEnv(task, task.removeprefix("fake.").partition("-")[0], settings.max_steps or 10)

    lab = Lab(settings, FakeBrowser, open_env)
    lab.start()
    try:
        yield lab.play
    finally:
        lab.close()


@contextmanager
def open_no_lab(settings: BenchSettings) -> Iterator[Any]:
    raise BrowserMissing("expected a Chrome or Chromium on this machine, found none", "run: webagent install")
    yield

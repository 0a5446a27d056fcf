"""``BrowserGymEnv``: BrowserGym's environment, on our browser.

    env = BrowserGymEnv(OpenEndedTask, task_kwargs={"start_url": url, "goal": "Buy it"})    # or scenario=…
    observation, info = env.reset(seed=7)
    observation, reward, terminated, truncated, info = env.step("click('12')")
    env.page.evaluate("document.title"); env.chat.messages

Actions are BrowserGym's texts, observations its dict. What differs: pages carry no marks (bids are kept on our side,
``get_by_test_id`` does not know them), no text is run as Python, one browser lives on over resets, passwords are
masked, and instead of half a second after every action what the page does is waited for.
"""

from __future__ import annotations

import copy
import os
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import gymnasium as gym
import numpy as np
from gymnasium.envs.registration import EnvSpec

from ..actions import Limits
from ..browser import Browser
from ..errors import BrowserGone, UsageError
from ..images import decode
from ..scenario import Scenario
from .action_set import ActionSet, action_set_of
from .chat import GREETING, Chat
from .spaces import ActionText, observation_space
from .tasks import AbstractBrowserTask, ScenarioTask
from .window import Choices, Window
from .wording import SAID_NO, error_line

MORE_THAN_TEXT = "The goal holds more than text: read goal_object instead."
RESET_TRIES = 2
TIMES = tuple(
    f"{what}_{when}"
    for what in ("action_exec", "wait_for_page_loading", "validation", "get_observation")
    for when in ("start", "stop")
)
DEFAULT_ACTIONS = ActionSet()
Stepped = tuple[dict[str, Any], float, bool, bool, dict[str, Any]]


class BrowserGymEnv(gym.Env[dict[str, Any], str]):
    """One task in one browser context, in BrowserGym's terms.

    Args:
        task_entrypoint: makes a task from ``seed`` and ``task_kwargs`` at every reset (``tasks.AbstractBrowserTask``).
        viewport, timeout, locale, timezone_id: in place of the task's own.
        slow_mo: accepted, not obeyed.
        tags_to_mark: which elements get a bid: ``standard_html`` or ``all``.
        wait_for_user_message: after a message to the user, wait until ``chat.say`` answers.
        terminate_on_infeasible: ``report_infeasible`` ends the episode.
        record_video_dir: Playwright's recordings go below it.
        pw_chromium_kwargs: of these, ``executable_path`` is used; ``args`` are not.
        pw_context_kwargs: further arguments of Playwright's ``new_context``, such as ``storage_state``.
        action_mapping: an ``ActionSet`` (or its or BrowserGym's ``to_python_code``), or a function that turns an
            action into an action text. None allows every action.
        use_raw_page_output: the observation holds ``page`` instead of what is read from it.
        pre_observation_delay: seconds to wait before looking, beyond what the page does (``settle``).
        scenario: a task of ours, in place of ``task_entrypoint``.
        browser: a running ``Browser`` to share; None launches one of its own.
        allow: hosts that the network may reach, beside the scenario's own; None for no limit but the scenario's.
        files, downloads: folders that uploads come from and downloads go to; None refuses them.
        resolve: turns ``{{secret:NAME}}`` into what is typed.
        settle: ``frame`` (one task and one frame after the last change) or ``input`` (handlers have run).
        screenshots: False leaves the picture black, which is faster.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}
    _spec: EnvSpec | None = None

    def __init__(  # noqa: PLR0913 (gym.make takes flat keyword arguments)
        self, task_entrypoint: Callable[..., Any] | None = None, task_kwargs: Mapping[str, Any] | None = None,
        viewport: Mapping[str, int] | None = None, slow_mo: int | None = None, timeout: int | None = None,
        locale: str | None = None, timezone_id: str | None = None,
        tags_to_mark: Literal["all", "standard_html"] = "standard_html", headless: bool = True,
        wait_for_user_message: bool = False, terminate_on_infeasible: bool = True, resizeable_window: bool = False,
        record_video_dir: str | None = None, pw_chromium_kwargs: Mapping[str, Any] | None = None,
        pw_context_kwargs: Mapping[str, Any] | None = None,
        action_mapping: Any = DEFAULT_ACTIONS.to_python_code, use_raw_page_output: bool = False,
        pre_observation_delay: float = 0.0, *, scenario: Scenario | None = None, browser: Browser | None = None,
        allow: Sequence[str] | None = None, files: str | os.PathLike[str] | None = None,
        downloads: str | os.PathLike[str] | None = None, resolve: Callable[[str], str] = str,
        settle: Literal["input", "frame"] = "frame", screenshots: bool = True, render_mode: str | None = None,
    ) -> None:  # fmt: skip
        if (task_entrypoint is None) == (scenario is None):
            raise UsageError("expected a task_entrypoint or a scenario, one of the two")
        if tags_to_mark not in ("all", "standard_html"):
            raise UsageError.unknown("tags_to_mark", str(tags_to_mark), ["all", "standard_html"])
        if settle not in ("input", "frame"):
            raise UsageError.unknown("settle level", str(settle), ["input", "frame"])
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise UsageError.unknown("render mode", str(render_mode), self.metadata["render_modes"])
        self.task_entrypoint = task_entrypoint
        self.task_kwargs = dict(task_kwargs or {})
        self.tags_to_mark = tags_to_mark
        self.wait_for_user_message = wait_for_user_message
        self.terminate_on_infeasible = terminate_on_infeasible
        self.use_raw_page_output = use_raw_page_output
        self.pre_observation_delay = pre_observation_delay
        self.render_mode = render_mode
        self.task: AbstractBrowserTask | None = None
        self.chat: Chat | None = None
        self.goal_object: list[dict[str, Any]] = []
        self.observation_space = observation_space(use_raw_page_output)
        self.action_space = ActionText()
        self.last_action = self.last_action_error = ""
        self.start_time = 0.0
        self._scenario_task = ScenarioTask(scenario) if scenario is not None else None
        self._actions, self._before = action_set_of(action_mapping)
        self._video = Path(record_video_dir) if record_video_dir else None
        choices = Choices(
            {"viewport": viewport, "timeout": timeout, "locale": locale, "timezone_id": timezone_id},
            dict(pw_context_kwargs or {}), resizeable_window, self._video, None if allow is None else tuple(allow),
            Limits(Path(files) if files else None, resolve), Path(downloads) if downloads else None, tags_to_mark,
            use_raw_page_output, screenshots, settle, pre_observation_delay,
        )  # fmt: skip
        self._window = Window(choices, browser, _executable(pw_chromium_kwargs or {}), headless)
        self._infeasible = False

    # ---- Gymnasium's face -------------------------------------------------------------------------------------

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Begin an episode; ``seed`` is the task's. Raises what the task's ``setup`` raises."""
        super().reset(seed=seed)
        drawn = seed if seed is not None else int(self.np_random.integers(2**31))
        for last in range(1, RESET_TRIES + 1):
            try:
                return self._begin(drawn)
            except BrowserGone:
                self._window.drop()
                if last == RESET_TRIES:
                    raise
        raise AssertionError("unreachable")

    def step(self, action: str) -> Stepped:
        """Do an action text and look. Never raises for what the action says or does."""
        if self._window.session is None or self.chat is None:
            raise gym.error.ResetNeeded("expected reset() before step()")
        info: dict[str, Any] = {"action_exec_start": time.time()}
        self.last_action = str(action)
        try:
            info["action_exec_timeout"] = self._do(action, self.chat)
            info["action_exec_stop"] = info["wait_for_page_loading_start"] = time.time()
            refused = self._window.rest()
            if refused and not self.last_action_error:
                self.last_action_error = f"RequestBlocked: {refused} is not on the allow-list; name it in allow=…"
            info["wait_for_page_loading_stop"] = info["validation_start"] = time.time()
            reward, done, info["task_info"] = self._validate(self.chat)
            info["validation_stop"] = info["get_observation_start"] = time.time()
            self._window.look()
        except BrowserGone as gone:
            return self._lost(gone, info)
        info["get_observation_stop"] = time.time()
        return self._told(), reward, done or (self.terminate_on_infeasible and self._infeasible), False, info

    def render(self) -> Any:
        """The last screenshot."""
        return self._screenshot() if self.render_mode == "rgb_array" else None

    def close(self) -> None:
        """End the task and its context, and the browser if it is our own; may be called twice."""
        self._end_task()
        self._window.close()
        if self._scenario_task is not None:
            self._scenario_task.scenario.close()

    @property
    def spec(self) -> EnvSpec | None:
        """How it was made. Observations tell the time of day, so no two are the same, whatever the task's id says."""
        return self._spec

    @spec.setter
    def spec(self, spec: EnvSpec | None) -> None:
        self._spec = None if spec is None else replace(spec, nondeterministic=True)

    # ---- BrowserGym's attributes ------------------------------------------------------------------------------

    @property
    def page(self) -> Any:
        """The page in front, for synchronous use; None before the first reset."""
        return self._window.page

    @property
    def context(self) -> Any:
        return self._window.context

    @property
    def browser(self) -> Any:
        return self._window.browser

    # ---- inside -----------------------------------------------------------------------------------------------

    def _begin(self, seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
        self._end_task()
        task: Any = self._scenario_task
        if self.task_entrypoint is not None:
            task = self.task_entrypoint(seed=seed, **self.task_kwargs)
        session = self._window.open(task)
        if self._scenario_task is not None:
            self._scenario_task.begin(seed, session, self._window.call)
        began = time.time()
        self.task = task
        goal, task_info = task.setup(page=self.page)
        self.chat, self.goal_object = self._opened_chat(goal), _messages(goal)
        self.last_action = self.last_action_error = ""
        self._infeasible = False
        self._window.rest()
        self.start_time = time.time()
        self._listen(self.chat)
        info: dict[str, Any] = {"task_info": task_info}
        if self._video is not None:
            info |= {"recording_start_time": began, "recording_file": str(self.page.video.path())}
            info["chat"] = {"recording_start_time": began, "recording_file": ""}
        self._window.look()
        return self._told(), info

    @staticmethod
    def _opened_chat(goal: Any) -> Chat:
        chat = Chat()
        chat.add_message("assistant", GREETING)
        for message in _messages(goal):
            picture = message.get("image_url")
            if picture is None:
                chat.add_message("user", message["text"])
            else:
                chat.add_message("user_image", picture["url"] if isinstance(picture, dict) else picture)
        return chat

    def _do(self, action: str, chat: Chat) -> float:
        """Do it, and keep the error that it ends in; the seconds of a wait that ran out."""
        try:
            calls = self._actions.parse(self._before(action) if self._before else action)
        except (*SAID_NO, UsageError, SyntaxError) as error:
            self.last_action_error = error_line(error)
            return 0.0
        self.last_action_error, timeout, infeasible = self._window.do(calls, chat, self._actions.retry_with_force)
        self._infeasible = self._infeasible or infeasible
        return timeout

    def _validate(self, chat: Chat) -> tuple[float, bool, dict[str, Any]]:
        session, task = self._window.session, self.task
        assert session is not None and task is not None
        self._listen(chat)
        tab = session.tab
        reward, done, message, task_info = task.validate(self.page, chat.messages)
        if session.tab is not tab and tab in session.tabs:  # looking elsewhere is not going there
            session.active = session.tabs.index(tab)
        if message:
            chat.add_message("user", message)
        return float(reward), bool(done), task_info

    def _listen(self, chat: Chat) -> None:
        if self.wait_for_user_message and chat.messages[-1]["role"] == "assistant":
            chat.wait_for_user_message()

    def _told(self) -> dict[str, Any]:
        """The observation dict of the last view."""
        assert self.chat is not None
        view, seen = self._window.view, self._window.view.seen
        told: dict[str, Any] = {
            "chat_messages": tuple(copy.deepcopy(self.chat.messages)),
            "goal": _text_of(self.goal_object),
            "goal_object": tuple(copy.deepcopy(self.goal_object)),
            "open_pages_urls": view.urls,
            "open_pages_titles": view.titles,
            "active_page_index": np.asarray([view.active]),
            "url": view.urls[view.active] if view.urls else "",
            "last_action": self.last_action,
            "last_action_error": self.last_action_error,
            "elapsed_time": np.asarray([time.time() - self.start_time]),
        }
        if self.use_raw_page_output:
            return {"page": self.page, **told}
        return told | {
            "screenshot": self._screenshot(),
            "dom_object": seen.dom,
            "axtree_object": seen.axtree,
            "extra_element_properties": seen.properties,
            "focused_element_bid": seen.focused,
        }

    def _screenshot(self) -> Any:
        return decode(self._window.view.seen.png, self._window.view.seen.size)

    def _lost(
        self, gone: BrowserGone, info: dict[str, Any]
    ) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        """The step in which the page or the browser died: the episode is cut, the next reset starts anew."""
        self._window.drop()
        self.last_action_error = self.last_action_error or error_line(gone)
        now = dict.fromkeys(TIMES, time.time())
        return self._told(), 0.0, False, True, {**now, "task_info": {}, **info, "recovered": str(gone)}

    def _end_task(self) -> None:
        task, self.task = self.task, None
        if task is not None:
            task.teardown()
        if self.chat is not None:
            self.chat.close()


def _executable(given: Mapping[str, Any]) -> str | None:
    """The one of Playwright's launch arguments that counts; says so of the others."""
    other = sorted(set(given) - {"executable_path", "args", "headless"})
    if other:
        warnings.warn(f"pw_chromium_kwargs: {', '.join(other)} have no effect here", stacklevel=3)
    path = given.get("executable_path")
    return None if path is None else str(path)


def _messages(goal: Any) -> list[dict[str, Any]]:
    """A goal as a list of messages; raises ``ValueError`` for anything else than text or such a list."""
    if goal is None:
        return []
    if isinstance(goal, str):
        return [{"type": "text", "text": goal}]
    if not isinstance(goal, list) or any(m.get("type") not in ("text", "image_url") for m in goal):
        raise ValueError(f"expected a goal as text or as a list of texts and pictures, found {goal!r:.80}")
    return goal


def _text_of(goal: list[dict[str, Any]]) -> str:
    """The goal for those who read text only; what comes after the first picture is left out, and that is told."""
    texts = [m["text"] if m["type"] == "text" else MORE_THAN_TEXT for m in goal]
    return "\n".join(texts[: texts.index(MORE_THAN_TEXT) + 1] if MORE_THAN_TEXT in texts else texts)

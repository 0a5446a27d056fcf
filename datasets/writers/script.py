"""The steps of an episode as lines of Python for Playwright; ``playwright`` and ``pytest`` put head and foot to them.

    body = Script(source).lines()

One comment a step says in words what it does. Secrets come from the environment. A dialog's answer stands before the
action that opens it, a new tab around the action that it comes of.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PureWindowsPath
from typing import Any

from webagent.envs.errors import UsageError
from webagent.envs.types import Action, Element, Observation, Step

from . import Source
from .dialogs import Answer, Move, moves
from .locators import Place, locator
from .phrases import SECRET, keys, number_of, position, quoted, text_of, variable
from .strokes import Strokes
from .tabs import Tabs

ENDS = ("done", "answer", "give_up")
SCROLL_PART = 0.8  # of a region, that one scroll of ours moves
WAIT_MS = 1000


def start_of(source: Source) -> str:
    """Where an episode begins. Raises ``UsageError`` if a script could not go there."""
    url = source.episode.task.start_url
    if "://" not in url:
        raise UsageError(f"expected an address to start from, found {url!r}", "a task inside a suite has none")
    return url


class Script:
    """``used``: names of the helpers that the lines call. ``page``: the variable of the tab that shows at the end."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.steps = source.episode.steps
        self.tabs = Tabs()
        self.page = "page"
        self.used: set[str] = set()
        self.secrets: list[str] = []
        self._lines: list[str] = []
        self._strokes = Strokes()

    def lines(self) -> list[str]:
        """Of the function's body, without indent."""
        start_of(self.source)
        made = moves(self.steps)
        if made and made[0].number is None:
            self._say(made[0].told)
            self._expect_dialogs("page", made.pop(0).answers)
        self._lines.append("page.goto(START)")
        for n, move in enumerate(made):
            following = made[n + 1].number if n + 1 < len(made) else None
            after = self.steps[following].observation if following is not None else self.source.episode.final
            self._move(move, after)
        self.page = self.tabs.here(self.source.episode.final)
        self.secrets = sorted({variable(s) for s in SECRET.findall("\n".join(self._texts()))})
        if self.secrets:
            self.used.add("secret")
        return self._lines

    def place(self, number: int, name: str, ref: str, seen: Observation, page: str) -> Place:
        """The locator of an element that step ``number`` concerns. Raises ``UsageError``."""
        element = seen.tree.by_ref.get(ref)
        if element is None:
            raise UsageError(f"step {number + 1}: its page does not list {ref}", "the episode is damaged")
        return locator(page, element, seen.tree, self.source.sign(number, name))

    def _texts(self) -> list[str]:
        return [self.source.episode.task.start_url, *(step.action.text or "" for step in self.steps)]

    def _say(self, numbers: Sequence[int]) -> None:
        for n in numbers:
            words = self.source.words[n] if n < len(self.source.words) else str(self.steps[n].action)
            if words:
                self._lines.append(f"# {n + 1}. {' '.join(words.split())}")

    # ---- one step ---------------------------------------------------------------------------------------------------

    def _move(self, move: Move, after: Observation) -> None:
        assert move.number is not None
        step = self.steps[move.number]
        page = self.tabs.here(step.observation)
        self._say((move.number, *move.told))
        if step.error:
            self._lines.append(f"# left out, for it failed: {' '.join(step.error.split())}")
            return
        self._expect_dialogs(page, move.answers)
        done = self._done(move.number, step, page, after)
        came = self.tabs.came(after) if step.action.op not in (*ENDS, "new_tab", "close_tab") and done else 0
        if came:
            fresh = self.tabs.open()
            done = [f"with {page}.expect_popup() as opened:", *("    " + line for line in done)]
            done += [f"{fresh} = opened.value"]
            done += [f"{self.tabs.open()} = {page}.context.pages[{len(self.tabs.names) - 1}]" for _ in range(came - 1)]
        self._lines += done
        if step.action.op != "close_tab":
            for gone in self.tabs.went(step.observation, after):
                self.tabs.close(gone)

    def _expect_dialogs(self, page: str, answers: Sequence[Answer]) -> None:
        if len(answers) == 1:
            self._lines.append(f'{page}.once("dialog", lambda dialog: {_reply(answers[0])})')
        elif answers:
            self.used.add("answer_dialogs")
            replies = ", ".join(f"lambda dialog: {_reply(answer)}" for answer in answers)
            self._lines.append(f"answer_dialogs({page}, {replies})")

    def _done(self, number: int, step: Step, page: str, after: Observation) -> list[str]:
        action, seen = step.action, step.observation
        if action.op in ("goto", "back", "forward", "new_tab", "close_tab", "switch_tab"):
            return self._browsing(action, page)
        if action.op in ENDS:
            return [f"print({text_of(action.text)})"] if action.op == "answer" and action.text else []
        if action.op == "wait":
            return [f"{page}.wait_for_timeout({WAIT_MS})"]
        if not action.target:
            return self._without_target(action, seen, page)
        element = seen.tree.by_ref.get(action.target)
        place = self.place(number, "target", action.target, seen, page)
        assert element is not None
        if ".nth(" in place.code and self.source.sign(number, "target") is None:
            self._lines.append("# found by its number among its like: nothing better is known")
        if action.op == "drag":
            return self._drag(number, action, seen, page, place)
        if action.op == "scroll":
            return self._scroll(action, element, page, place)
        if action.op == "upload":
            return self._upload(action, page, place)
        listed = self._list_of(element, number, seen, page)
        if listed is not None and action.op in ("click", "dblclick", "select"):
            return self._strokes.choose(element, listed, step)
        following = self.steps[number + 1] if number + 1 < len(self.steps) else None
        return self._strokes.lines(step, element, place, page, after, following)

    def _list_of(self, element: Element, number: int, seen: Observation, page: str) -> tuple[Element, Place] | None:
        """The native list that an option belongs to, and where it is."""
        above = seen.tree.by_ref.get(element.parent or "")
        while above is not None and above.tag == "optgroup":
            above = seen.tree.by_ref.get(above.parent or "")
        if element.tag != "option" or above is None or not above.tag.startswith("select"):
            return None
        return above, locator(page, above, seen.tree, None)

    def _browsing(self, action: Action, page: str) -> list[str]:
        text = action.text or ""
        if action.op == "goto":
            return [f"{page}.goto({text_of(text)})"]
        if action.op in ("back", "forward"):
            return [f"{page}.go_{action.op}()"]
        if action.op == "new_tab":
            fresh = self.tabs.open()
            return [f"{fresh} = {page}.context.new_page()", *([f"{fresh}.goto({text_of(text)})"] if text else [])]
        if action.op == "close_tab":
            self.tabs.close(page)
            return [f"{page}.close()"]
        index = int(text)
        return [f"{self.tabs.names[index]}.bring_to_front()"] if index < len(self.tabs.names) else []

    @staticmethod
    def _without_target(action: Action, seen: Observation, page: str) -> list[str]:
        if action.op == "press":
            return [f"{page}.keyboard.press({quoted(keys(action.text or ''))})"]
        if action.op == "type":
            return [f"{page}.keyboard.type({text_of(action.text or '')})"]
        assert action.op == "scroll", action.op
        width, height = seen.tree.viewport
        x, y = _way(action.text or "", width, height)
        return [f'{page}.evaluate("window.scrollBy({x}, {y})")']

    @staticmethod
    def _scroll(action: Action, element: Element, page: str, place: Place) -> list[str]:
        x, y = _way(action.text or "", element.box[2], element.box[3])
        where = f"position={position(place.at)}" if place.at else ""
        return [f"{place.code}.hover({where}){f'  # {place.why}' if where else ''}", f"{page}.mouse.wheel({x}, {y})"]

    def _upload(self, action: Action, page: str, place: Place) -> list[str]:
        self.used.add("FILES")
        names = [f"FILES / {quoted(PureWindowsPath(path).name)}" for path in (action.text or "").splitlines()]
        files = names[0] if len(names) == 1 else f"[{', '.join(names)}]"
        if place.at is None:
            return [f"{place.code}.set_input_files({files})"]
        return [
            f"with {page}.expect_file_chooser() as chooser:  # {place.why}",
            f"    {place.code}.click(position={position(place.at)})",
            f"chooser.value.set_files({files})",
        ]

    def _drag(self, number: int, action: Action, seen: Observation, page: str, place: Place) -> list[str]:
        goal = action.text or action.target or ""
        target = self.place(number, "onto", goal, seen, page) if goal != action.target else place
        point = action.point or (0.5, 0.5)
        boxes = seen.tree.find(action.target or "").box, seen.tree.find(goal).box
        start = place.at or _inside(boxes[0], point[:2] if len(point) == 4 else (0.5, 0.5))
        end = target.at or _inside(boxes[1], point[-2:])
        signs: Any = self.source.sign(number, "target") or {}
        fits = all(0 < x < b[2] and 0 < y < b[3] for (x, y), b in ((start, boxes[0]), (end, boxes[1])))
        if signs.get("draggable") and fits and place.at is None and target.at is None:
            where = f"source_position={position(start)}, target_position={position(end)}"
            return [f"{place.code}.drag_to({target.code}, {where})"]
        self.used.add("drag")
        return [f"drag({page}, {place.code}, {_pair(start)}, {target.code}, {_pair(end)})"]


def _reply(answer: Answer) -> str:
    if not answer.accept:
        return "dialog.dismiss()"
    return f"dialog.accept({text_of(answer.text)})" if answer.text is not None else "dialog.accept()"


def _pair(at: Sequence[float]) -> str:
    return f"({number_of(at[0])}, {number_of(at[1])})"


def _inside(box: Sequence[float], point: Sequence[float]) -> tuple[float, float]:
    return box[2] * point[0], box[3] * point[1]


def _way(way: str, width: float, height: float) -> tuple[int, int]:
    x, y = {"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0)}[way]
    return round(x * width * SCROLL_PART), round(y * height * SCROLL_PART)

"""What others' recordings become: they tell what was done and on what, but not the page it was done on.

So each is an episode without steps, a task in words; ``Episode.info`` keeps the script:

    actions     [{"op", "text", "role", "name", "locators", "frames", "tab"}, …]: ops of ours; ``locators`` in the words
                of the tool, the best first; ``frames`` around it, from the outside in; ``tab`` counted from 0; where
                the tool tells: ``at`` (px from the corner), ``ticks``, ``replaces`` (what the field holds), ``onto``
    checks      [{"check", "text", "locators", …}, …]: what the script asked of the page, with ``at``: how many actions
                came before
    left_out    {command: how often}: what is not among them; each was told as refused
    title, file, window        its own name, where it stood, the size of the window
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from webagent.envs.errors import DataDamaged, UsageError
from webagent.envs.types import Episode, Observation, Task

from . import Refused

MOST_GOAL = 300  # characters
ASIDE = frozenset({"goto", "hover", "scroll", "wait", "switch_tab", "close_tab", "back", "forward"})
WORDS = {
    "click": "press {it}", "dblclick": "double-click {it}", "hover": "point at {it}", "clear": "empty {it}",
    "type": "type {text} into {it}", "select": "choose {text} from {it}", "press": "press the key {text}",
    "upload": "give {it} the file {text}", "drag": "drag {it}", "goto": "go to {text}", "scroll": "scroll {text}",
    "back": "go back", "forward": "go forward", "new_tab": "open a new tab", "close_tab": "close the tab",
    "switch_tab": "switch to tab {text}", "wait": "wait",
}  # fmt: skip


class Tape:
    """One script while it is read. ``what``: what refusals call it."""

    def __init__(self, what: str, refused: Refused) -> None:
        self.what = what
        self.actions: list[dict[str, Any]] = []
        self.checks: list[dict[str, Any]] = []
        self.left_out: Counter[str] = Counter()
        self.start_url = ""
        self.window = ""  # its size, in the words of the tool
        self.tab = 0
        self.frames: list[str] = []
        self._refused = refused

    def do(
        self, op: str, text: str | None = None, locators: Sequence[str] = (), role: str = "", name: str = "",
        **more: Any,
    ) -> None:  # fmt: skip
        """One action, in the tab and the frame that are current."""
        if op == "goto" and not self.start_url and not self.actions:
            self.start_url = text or ""
            return
        where = {"locators": list(locators), "frames": list(self.frames), "tab": self.tab}
        self.actions.append({"op": op, "text": text, "role": role, "name": name, **where, **more})

    def check(self, name: str, text: str = "", locators: Sequence[str] = ()) -> None:
        found = {"check": name, "text": text, "locators": list(locators), "frames": list(self.frames)}
        self.checks.append({**found, "at": len(self.actions)})

    def leave_out(self, command: str, why: str = "has no action of ours") -> None:
        """Say that something of the script is not kept."""
        self.left_out[command] += 1
        self._refused(f"{self.what}, {command}", f"{command} {why}")

    def episode(self, task: str, title: str, **info: Any) -> Episode | None:
        """What came of it; None, and told, where no action is left."""
        if not self.actions:
            self._refused(self.what, "no action is in it")
            return None
        goal = goal_of(self.actions) or title
        kept = {"title": title, "actions": self.actions, "checks": self.checks, "left_out": dict(self.left_out)}
        seen = Observation(goal=goal, url=self.start_url)
        kept |= {"window": self.window, **info}
        return Episode(Task(task, goal, self.start_url), (), seen, "human", None, kept)


def goal_of(actions: Sequence[dict[str, Any]]) -> str:
    """One sentence of what matters among them."""
    told = [words_of(a) for a in actions if a["op"] not in ASIDE] or [words_of(a) for a in actions]
    parts = list(dict.fromkeys(told))
    while len(parts) > 2 and sum(map(len, parts)) > MOST_GOAL:
        parts.pop(len(parts) // 2)
    whole = ", then ".join(parts)
    return whole[:1].upper() + whole[1:]


def words_of(action: dict[str, Any]) -> str:
    it = action["name"] or next(iter(action["locators"]), "") or action["role"] or "the page"
    return WORDS[action["op"]].format(it=_quoted(it), text=_quoted(action["text"] or ""))


def _quoted(text: str) -> str:
    short = " ".join(text.split())
    return f"'{short if len(short) <= 80 else short[:79] + '…'}'"


def files(path: str, suffix: str, what: str) -> Iterator[tuple[str, str]]:
    """Name without suffix and text of a file, or of all with that suffix in a folder, sorted.

    Raises ``UsageError`` if there is none, ``DataDamaged`` for one that is no text.
    """
    place = Path(path)
    found = sorted(p for p in place.rglob(f"*{suffix}") if p.is_file()) if place.is_dir() else [place]
    if not found or not found[0].is_file():
        raise UsageError(f"expected {what} at {path}, found none", f"a file, or a folder with {suffix} files")
    for file in found:
        try:
            yield file.name.removesuffix(suffix), file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise DataDamaged(f"{file} cannot be read: {error}") from error

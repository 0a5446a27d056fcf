"""Task files: a person's own benchmark in JSON, and free goals on any page.

    {"name": "settings", "tasks": [{"id": "mail-off", "goal": "Turn off the weekly mail and save",
      "url": "http://127.0.0.1:8000/settings", "check": "document.querySelector('#saved') !== null"}]}

``check`` is JavaScript (true or 1 = success) that sees ``answer``; ``expect_answer`` is compared with the answer, case
and outer spaces aside; one of the two is needed, and if both are given both must hold. Optional: ``max_steps``,
``setup`` (JavaScript run before the first observation), ``allow`` (further hosts). Other fields are the author's own.
A check that comes true does not end the episode: the task is judged at ``done``, ``answer``, ``give_up`` or the limit.
"""

from __future__ import annotations

import difflib
import json
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from ..allowlist import AllowList
from ..errors import ActionFailed, UnknownName, UsageError
from ..scenario import Verdict
from ..types import ENDS_EPISODE, Action, Task
from .server import POOL

if TYPE_CHECKING:
    from ..session import Session

DEFAULT_MAX_STEPS = 30
VIEWPORT = (1280, 720)
FIELDS: dict[str, type] = {
    "id": str, "goal": str, "url": str, "check": str, "expect_answer": str, "setup": str, "max_steps": int,
    "allow": list,
}  # fmt: skip
REQUIRED = ("id", "goal", "url")


@dataclass(frozen=True)
class TaskEntry:
    """One task of a task file, checked."""

    id: str
    goal: str
    url: str
    check: str | None = None
    expect_answer: str | None = None
    setup: str | None = None
    max_steps: int = DEFAULT_MAX_STEPS
    allow: tuple[str, ...] = ()


@dataclass(frozen=True)
class TaskFile:
    """``name``, where it lies (relative urls start there) and its tasks in order."""

    name: str
    path: Path
    tasks: tuple[TaskEntry, ...]

    def find(self, task: str) -> TaskEntry:
        """The entry of that id; raises ``UnknownName``."""
        for entry in self.tasks:
            if entry.id == task:
                return entry
        raise UnknownName.unknown("task", task, [entry.id for entry in self.tasks])


def read_task_file(path: str | Path) -> TaskFile:
    """Parse and check a task file; raises ``UsageError`` naming file, task and field."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(f"no task file at {path}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"task file {path} cannot be read: {error}") from None
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"{path}, line {error.lineno}, column {error.colno}: not JSON: {error.msg}") from None
    except RecursionError:
        raise UsageError(f"{path}: nested too deeply to be a task file") from None
    if not isinstance(data, dict) or not isinstance(data.get("tasks"), list):
        raise UsageError(f'{path}: expected {{"name": …, "tasks": […]}}, found {_kind(data)} without a list "tasks"')
    if not data["tasks"]:
        raise UsageError(f"{path}: expected at least one task, found none")
    name = data.get("name", path.stem)
    if not isinstance(name, str) or not name:
        raise UsageError(f'{path}: expected "name" to be a text, found {_kind(name)}')
    entries = tuple(_entry(path, index, task) for index, task in enumerate(data["tasks"]))
    seen: set[str] = set()
    for entry in entries:
        if entry.id in seen:
            raise UsageError(f"{path}: task id {entry.id!r} is used twice", "give each task an id of its own")
        seen.add(entry.id)
    return TaskFile(name, path, entries)


class WebScenario:
    """A free goal on any page. Nobody checks it: success is the agent's own claim, and is told as such.

    ``base``: the folder where a relative ``url`` starts. ``allow``: hosts beside the start page's own that may be
    reached. ``sandboxed``: what is done there may be done again; by itself true of local files alone. Those are served
    from a loopback port, which is held until ``close``.
    """

    viewport = VIEWPORT

    def __init__(
        self, url: str, goal: str, allow: tuple[str, ...] = (), *, id: str = "web", max_steps: int = DEFAULT_MAX_STEPS,
        base: Path | None = None, sandboxed: bool | None = None,
    ) -> None:  # fmt: skip
        self.id = id
        self.goal = goal
        self.max_steps = max_steps
        self.sandboxed = not (_is_remote(url) or allow) if sandboxed is None else sandboxed
        self._given = (url, base or Path.cwd())
        self._start = _StartPage(*self._given)
        self._further = tuple(allow)

    @property
    def start_url(self) -> str:
        """Where the episode starts, as the browser is told; starts the local server if the page is a file."""
        return self._start.url

    @property
    def allow(self) -> tuple[str, ...]:
        return AllowList.for_site(self.start_url, self._further).hosts or ()

    async def start(self, session: Session, seed: int) -> Task:
        await session.fresh()
        await session.goto(self.start_url)
        return Task(self.id, self.goal, self.start_url, seed, self.max_steps)

    async def rest(self, session: Session) -> None:
        pass

    async def judge(self, session: Session, action: Action | None) -> Verdict:
        if action is None or action.op not in ENDS_EPISODE:
            return Verdict(checked=False)
        claimed = action.op != "give_up"
        reason = action.op if action.op == "answer" else action.text or action.op
        return Verdict(0.0, True, claimed, claimed, {"reason": reason}, checked=False)

    def resume(self, session: Session, judged: int) -> None:
        pass

    def twin(self) -> WebScenario:
        url, base = self._given
        return WebScenario(
            url, self.goal, self._further, id=self.id, max_steps=self.max_steps, base=base, sandboxed=self.sandboxed
        )

    def close(self) -> None:
        self._start.close()


class TaskFileScenario(WebScenario):
    """One task of a task file, judged by its own check when the agent ends the episode or the steps run out."""

    def __init__(
        self, entry: TaskEntry, base: Path, *, suite: str = "task", max_steps: int | None = None,
        allow: tuple[str, ...] = (), sandboxed: bool | None = None,
    ) -> None:  # fmt: skip
        super().__init__(
            entry.url,
            entry.goal,
            (*entry.allow, *allow),
            id=f"{suite}.{entry.id}",
            max_steps=max_steps or entry.max_steps,
            base=base,
            sandboxed=sandboxed,
        )
        self.entry = entry
        self._made: dict[str, Any] = {"suite": suite, "max_steps": max_steps, "allow": allow, "sandboxed": sandboxed}
        self._steps = 0

    async def start(self, session: Session, seed: int) -> Task:
        self._steps = -1
        task = await super().start(session, seed)
        if self.entry.setup:
            try:
                await session.evaluate(_block(self.entry.setup))
            except (ActionFailed, ValueError) as error:
                raise UsageError(f"task {self.id}: its setup failed: {error}") from None
        return task

    def resume(self, session: Session, judged: int) -> None:
        self._steps = judged - 1

    def twin(self) -> TaskFileScenario:
        return TaskFileScenario(self.entry, self._given[1], **self._made)

    async def judge(self, session: Session, action: Action | None) -> Verdict:
        # Called once right after the start and then after every step, also one whose action was refused (None).
        self._steps += 1
        ends = action is not None and action.op in ENDS_EPISODE
        if not ends and self._steps < self.max_steps:
            return Verdict()
        answer = action.text if action is not None and action.op == "answer" else None
        success, reason = await self._check(session, answer)
        if action is not None and action.op == "give_up":
            reason = action.text or reason
        reward = float(success)
        return Verdict(reward, ends, success, success, {"reason": reason})

    async def _check(self, session: Session, answer: str | None) -> tuple[bool, str]:
        """Whether the task is done, and in a few words why (not)."""
        expected = self.entry.expect_answer
        if expected is not None and (answer is None or answer.strip().casefold() != expected.strip().casefold()):
            return False, "no answer was given" if answer is None else "the answer is not the expected one"
        if self.entry.check is None:
            return True, "the answer is the expected one"
        try:
            value = await session.evaluate(_block(self.entry.check, answer=answer))
        except (ActionFailed, ValueError) as error:
            return False, f"the check failed: {error}"
        return (True, "the check holds") if value is True or value == 1 else (False, "the check does not hold")


class _StartPage:
    """A start address; for a local file, the file and the port that it is served from while somebody uses it."""

    def __init__(self, url: str, base: Path) -> None:
        self._given = url
        self._base = base
        self._url: str | None = None
        self._release: weakref.finalize[..., Any] | None = None

    @property
    def url(self) -> str:
        if self._url is None:
            self._url = self._given if _is_remote(self._given) else self._serve()
        return self._url

    def close(self) -> None:
        if self._release is not None:
            self._url = None
            self._release()

    def _serve(self) -> str:
        path, query = _local_path(self._given, self._base)
        base = self._base.resolve()
        root = base if path.is_relative_to(base) else path.parent
        server = POOL.acquire(root)
        # A scenario that nobody closed gives its port back when it is forgotten.
        self._release = weakref.finalize(self, POOL.release, server)
        return server.url + quote(path.relative_to(root).as_posix()) + query


def _is_remote(url: str) -> bool:
    return urlsplit(url).scheme in ("http", "https", "about", "data")


def _local_path(url: str, base: Path) -> tuple[Path, str]:
    """The file that a ``file:`` address or a relative path means, and what follows it (``?…`` or ``#…``)."""
    split = urlsplit(url)
    if split.scheme not in ("", "file"):
        raise UsageError(f"expected an http, https or file address or a path, found {url!r}")
    if split.netloc not in ("", "localhost"):
        raise UsageError(f"expected a file on this machine, found {url!r}", "write file:///path")
    path = (base / unquote(split.path)).resolve()
    if path.is_dir():
        path /= "index.html"
    if not path.is_file():
        raise UsageError(f"expected a page at {path}, found nothing there", f"it was named {url!r}")
    return path, (f"?{split.query}" if split.query else "") + (f"#{split.fragment}" if split.fragment else "")


def _block(source: str, **names: Any) -> str:
    """``source`` as a block of its own with ``names`` in scope; its last statement is its value."""
    given = "".join(f"const {name} = {json.dumps(value)};" for name, value in names.items())
    return f"{{{given}\n{source}\n}}"


def _entry(path: Path, index: int, data: Any) -> TaskEntry:
    if not isinstance(data, dict):
        raise UsageError(f"{path}: tasks[{index}]: expected an object, found {_kind(data)}")
    label = f" ({data['id']})" if isinstance(data.get("id"), str) and data["id"] else ""
    where = f"{path}: tasks[{index}]{label}"
    for field in REQUIRED:
        if field not in data:
            raise UsageError(f'{where}: missing field "{field}"', _misspelt(field, data) or _example(field))
    for field, kind in FIELDS.items():
        value = data.get(field)
        if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
            raise UsageError(f'{where}: expected "{field}" to be {_KINDS[kind]}, found {_kind(value)}')
    for field in REQUIRED:
        if not data[field] or not data[field].strip():
            raise UsageError(f'{where}: "{field}" is empty', _example(field))
    if data.get("check") is None and data.get("expect_answer") is None:
        hint = _misspelt("check", data) or _misspelt("expect_answer", data)
        raise UsageError(f'{where}: missing field "check" (or "expect_answer")', hint or _example("check"))
    steps = data.get("max_steps")
    if steps is not None and steps < 1:
        raise UsageError(f'{where}: expected "max_steps" to be 1 or more, found {steps}')
    hosts = data.get("allow") or []
    if not all(isinstance(host, str) for host in hosts):
        raise UsageError(f'{where}: expected "allow" to be a list of host names, found {hosts!r}')
    known = {field: data[field] for field in FIELDS if data.get(field) is not None}
    return TaskEntry(**{**known, "allow": tuple(hosts)})


_KINDS = {str: "a text", int: "a whole number", list: "a list"}


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number" if isinstance(value, (int, float)) else type(value).__name__)


def _misspelt(field: str, data: dict[str, Any]) -> str:
    unknown = [key for key in data if key not in FIELDS]
    close = difflib.get_close_matches(field, unknown, n=1, cutoff=0.6)
    return f"found {close[0]!r}: did you mean {field!r}?" if close else ""


def _example(field: str) -> str:
    examples = {
        "id": '"id": "mail-off"',
        "goal": '"goal": "Turn off the weekly mail and save"',
        "url": '"url": "http://127.0.0.1:8000/settings", or a path relative to the task file',
        "check": "\"check\": \"document.querySelector('#saved').textContent === 'Saved'\"",
    }
    return f"expected for example {examples[field]}"

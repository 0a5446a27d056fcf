"""One errand for a person: open a browser, do the task, keep the record, say how it went. What ``run`` runs.

Whatever stops it, the steps so far are on disk and in the answer.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from webagent.agents import frames_for
from webagent.commands import Result
from webagent.commands.options import EVERYDAY
from webagent.console import Console
from webagent.datasets import EpisodeWriter
from webagent.deadline import deadline
from webagent.envs.errors import HostBlocked, RequestBlocked, UsageError, WebAgentError
from webagent.envs.suites.task_file import WebScenario
from webagent.envs.types import Episode, Observation, Step, Task, to_json
from webagent.film import VIDEO, RunFilm
from webagent.plan import Plan
from webagent.programs import decider_of
from webagent.report import write_report
from webagent.report.episode import duration
from webagent.rollout import Watch, run_episode
from webagent.safety import Guard, terminal_asker
from webagent.simulator import check_replayable
from webagent.skills import start_of
from webagent.suites import Options, find_task
from webagent.vault import Secrets
from webagent.words import clean, describe_action, describe_target

DEFAULT_MAX_STEPS = 30
DEFAULT_OUT = "webagent-out"
OpenEnv = Callable[["Errand", Any, Secrets], AbstractContextManager[Any]]


@dataclass(frozen=True)
class Errand:
    """What is to be done; one field a flag of ``webagent run``, which explains them."""

    goal: str | None = None
    url: str | None = None
    task: str | None = None
    policy: str = EVERYDAY
    plan: Plan | None = None
    max_steps: int | None = None
    seed: int = 0
    allow: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    yes: bool = False
    headed: bool = False
    browser: str | None = None
    out: Path | None = None
    files: Path | None = None
    report: Path | None = None
    timeout: float | None = None
    video: bool = False
    program: Path | None = None
    sets: tuple[str, ...] = ()
    update_program: bool = False
    skills: Path | None = None


def perform(errand: Errand, console: Console, open_env: OpenEnv | None = None) -> Result:
    """Do it. Raises only ``UsageError``, for what was asked wrongly; every other end is in the result.

    ``open_env(errand, scenario, secrets)``: a context with an environment; by default a browser of its own.
    """
    decider = decider_of(errand, console)
    errand = decider.errand
    scenario, secrets, practice = plan_of(errand)
    if errand.plan:
        check_replayable(scenario.sandboxed and not errand.allow, scenario.id)
    decider.check()
    guard = None if practice else Guard(errand.yes, terminal_asker())
    record = Record(console, _folder_for(errand), decider.source, secrets)
    record.asked_url = start_of(whole_address(errand.url)) if errand.url and not errand.task else ""
    record.filmed = scenario.viewport if errand.video else None
    error: WebAgentError | None = None
    try:
        with record, deadline(errand.timeout), (open_env or open_browser_env)(errand, scenario, secrets) as env:
            if record.film is not None:
                env.on_frame = record.film.frame
            with decider.agents(env) as make_agent:
                record.episode = run_episode(
                    env, make_agent, seed=errand.seed, source=decider.source, max_steps=errand.max_steps,
                    watch=record.watch(guard),
                )  # fmt: skip
            record.finish()
    except UsageError:
        raise
    except WebAgentError as stopped:
        error = stopped
    except KeyboardInterrupt:
        error = Interrupted("interrupted")
    finally:
        scenario.close()
    record.stopped = str(error or "")
    record.more, record.lines = decider.settle(record)
    if errand.report and record.task:
        record.report = write_report(record.folder, errand.report).resolve()
    if error:
        return Result.of_error(error, record.data(), record.text())
    return Result(record.data(), record.text(), 0 if record.success else 1)


@contextmanager
def open_browser_env(errand: Errand, scenario: Any, secrets: Secrets) -> Iterator[Any]:
    """A browser for this errand alone, and the scenario in it."""
    from webagent.envs.browser import Browser
    from webagent.envs.web_env import WebEnv

    with Browser(errand.browser, headless=not errand.headed) as browser:
        env = WebEnv(
            scenario,
            browser=browser,
            screen=True,
            frames=0 if errand.program else frames_for(errand.policy),
            allow=errand.allow,
            resolve=secrets.resolve,
            redact=secrets.redact_observation,
            files=errand.files,
            downloads=(errand.out or Path(DEFAULT_OUT)) / "downloads",
        )
        try:
            yield env
        finally:
            env.close()


class Interrupted(WebAgentError):
    exit_code = 130


def plan_of(errand: Errand) -> tuple[Any, Secrets, bool]:
    """The scenario, the secrets, and whether it is practice that nobody needs to confirm.

    Raises ``UsageError`` unless it is a goal with an address or a task, and all secrets that it names are there.
    """
    if errand.task:
        if errand.goal or errand.url:
            raise UsageError("--task brings its own goal and address", "leave out GOAL and --url")
        suite, task = find_task(errand.task)
        secrets = suite.open_secrets(errand.secrets)
        secrets.check(suite.goals.get(task, ""))
        return suite.scenario(task, Options(errand.max_steps, allow=errand.allow)), secrets, suite.practice
    if not errand.goal or not errand.goal.strip():
        raise UsageError("expected a GOAL with --url, or a --task", 'webagent run "GOAL" --url URL')
    if not errand.url:
        raise UsageError("expected --url: where to start", f'webagent run "{clean(errand.goal, 40)}" --url URL')
    secrets = Secrets.parse(errand.secrets)
    secrets.check(errand.goal)
    steps = errand.max_steps or DEFAULT_MAX_STEPS
    return WebScenario(whole_address(errand.url), errand.goal, errand.allow, max_steps=steps), secrets, False


def whole_address(text: str) -> str:
    """``example.com`` as ``https://example.com``, a local name with http; files and whole addresses as they are."""
    text = text.strip()
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:(?!\d+(/|$))", text) or Path(text.partition("?")[0]).exists():
        return text
    host = urlsplit(f"//{text}").hostname or ""
    local = host == "localhost" or "." not in host or re.fullmatch(r"[\d.]+|.*:.*", host)
    return f"{'http' if local else 'https'}://{text}"


@dataclass
class Record:
    """What is known of a run so far; writes the episode to ``folder`` as it happens."""

    console: Console
    folder: Path
    source: str
    secrets: Secrets = field(default_factory=Secrets)
    task: Task | None = None
    steps: list[Step] = field(default_factory=list)
    episode: Episode | None = None
    report: Path | None = None
    filmed: tuple[int, int] | None = None  # the size of what is filmed
    film: RunFilm | None = None
    video: Path | None = None
    asked_url: str = ""  # where the errand was to start; a file's served address is another one each time
    more: dict[str, Any] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    stopped: str = ""
    writer: EpisodeWriter | None = None
    since: float = field(default_factory=time.perf_counter)

    def __enter__(self) -> Record:
        if self.filmed is not None:
            self.film = RunFilm(self.folder / VIDEO, self.filmed, self.secrets)
        return self

    def __exit__(self, *exc: Any) -> None:
        if self.writer is not None:
            self.writer.__exit__(*exc)
        if self.film is not None:
            self.video, trouble = self.film.finish()
            if trouble:  # a run that went well does not fail for its video
                self.console.say(f"no video: {trouble}", "yellow")

    def watch(self, guard: Any) -> Watch:
        return Watch(start=self._start, screen=self._screen, step=self._step, guard=guard)

    def finish(self) -> None:
        """The episode has come to its own end."""
        if self.writer and self.episode:
            info = self.episode.info | ({"url": self.asked_url} if self.asked_url else {})
            self.episode = dataclasses.replace(self.episode, info=self.secrets.redact_all(info))
            self.writer.finish(self.episode)

    @property
    def success(self) -> bool:
        return bool(self.episode and self.episode.success)

    def data(self) -> dict[str, Any]:
        """The ``data`` of ``run --json``."""
        info = self.episode.info if self.episode else {}
        final = self.episode.final if self.episode else self.steps[-1].observation if self.steps else None
        return {
            "success": self.success,
            "judged_by": info.get("judged_by"),
            "answer": info.get("answer"),
            "reason": info.get("reason") or self.stopped,
            "steps": [_told(step) for step in self.steps],
            "final_url": final.url if final else None,
            "episode": str(self.folder) if self.writer else None,
            "report": str(self.report) if self.report else None,
            "video": str(self.video) if self.video else None,
            "ms_total": round(1000 * (time.perf_counter() - self.since), 1),
            "task": self.task.id if self.task else None,
            "goal": self.task.goal if self.task else None,
            "policy": self.source.partition(":")[2],
            "browser_steps": info.get("browser_steps"),
            **self.more,
        }

    def text(self) -> str:
        """The summary for a person."""
        if self.writer is None:
            return ""
        data = self.data()
        verdict = "stopped" if self.episode is None else "yes" if data["success"] else "no"
        judge = f" (judged by {data['judged_by']})" if data["judged_by"] else ""
        lines = [
            f"success  {verdict}{judge}",
            f"reason   {clean(data['reason'], 200)}",
            f"answer   {clean(data['answer'], 500)}" if data["answer"] is not None else "",
            f"steps    {len(self.steps)} in {duration(data['ms_total'])}",
            f"episode  {self.folder}",
            *self.lines,
            f"video    {self.video}" if self.video else "",
            f"report   {self.report}" if self.report else f"report   none yet: webagent show {self.folder}",
        ]
        return "\n".join(line for line in lines if line)

    def _start(self, task: Task) -> None:
        self.task = task
        self.console.say(f"goal  {clean(task.goal, 200)}", "bold")
        self.console.say(f"page  {clean(task.start_url, 200)}   {self.source}", "dim")
        self.writer = EpisodeWriter(self.folder, task, self.source).__enter__()

    def _screen(self, jpeg: bytes, observation: Observation) -> None:
        shown = self.secrets.redact_screen(jpeg, observation)
        if self.writer:
            self.writer.screen(shown)
        if self.film:
            self.film.step(shown)

    def _step(self, step: Step) -> None:
        step = self.secrets.redact_all(step)
        self.steps.append(step)
        if self.writer:
            self.writer.step(step)
        words = describe_action(step.action, step.observation.tree)
        self.console.say(f"{len(self.steps):>3}. {words}  {duration(step.ms.get('env', 0.0))}")
        if step.error:
            self.console.say(f"     {clean(step.error, 200)}", "yellow")
        name, _, message = step.error.partition(": ")
        if name == RequestBlocked.__name__:
            raise HostBlocked(message.partition(";")[0], "if you trust it, repeat with --allow HOST")


def _told(step: Step) -> dict[str, Any]:
    return {
        "action": to_json(step.action),
        "element": describe_target(step.action, step.observation.tree) or None,
        "confidence": step.proposal.confidence if step.proposal else None,
        "ms": step.ms,
        "error": step.error or None,
    }


def _folder_for(errand: Errand) -> Path:
    """A folder of its own under ``--out``, named by time and task, so that no run writes over another."""
    words = re.sub(r"[^a-z0-9]+", "-", (errand.task or errand.goal or "").lower()).strip("-")[:40].strip("-")
    parent = errand.out or Path(DEFAULT_OUT)
    name = f"{time.strftime('%Y%m%d-%H%M%S')}-{words or 'run'}"
    names = itertools.chain([name], (f"{name}-{n}" for n in itertools.count(2)))
    return next(parent / n for n in names if not (parent / n).exists())

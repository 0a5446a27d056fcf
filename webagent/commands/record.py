"""``webagent record``: a person shows a task once; training data, instructions and a film come of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from webagent.commands import Result
from webagent.commands.options import AsJson, Browser, Quiet, flag
from webagent.console import Console

NAME = "record"
EXAMPLE = 'Example:  webagent record http://127.0.0.1:8000/ --out shown --goal "Turn off the weekly mail"'


def record(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where to start: an address or a local file.")],
    out: Annotated[Path, flag("--out", "The corpus to add to; made if need be.", metavar="DIR")],
    goal: Annotated[str, flag("--goal", "What it is for, in plain words (default: guessed).", metavar="GOAL")] = "",
    redact: Annotated[
        list[str] | None, flag("--redact", "Mask fields whose name holds this word; repeat.", metavar="WORD")
    ] = None,
    desktop: Annotated[bool, flag("--desktop", "Film the whole desktop, too.")] = False,
    no_video: Annotated[bool, flag("--no-video", "Do not film the page.")] = False,
    no_toolbar: Annotated[bool, flag("--no-toolbar", "Do not show the recorder's own window.")] = False,
    browser: Browser = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> Result:
    """Open a window, record what is done in it until it is closed, and keep that as an episode.

    Passwords and marked fields are never written down. What cannot be recorded is said at once and again at the end.
    """
    from webagent.recorder.record import Plan
    from webagent.recorder.record import record as record_it
    from webagent.vault import Secrets

    place = Path(url)
    start = place.resolve().as_uri() if place.is_file() else url if "://" in url else f"http://{url}"
    console = Console(quiet)
    plan = Plan(start, out, goal, tuple(redact or ()), toolbar=not no_toolbar, video=not no_video)
    done = record_it(plan, Secrets, console.say, executable=browser, desktop=desktop)
    episode = done.episode
    data = {
        "episode": str(done.folder), "corpus": str(out), "goal": episode.task.goal, "steps": len(episode.steps),
        "problems": list(done.problems), "stopped": done.stopped, "secrets": list(done.secrets),
        "video": done.video and str(done.video), "desktop": done.desktop and str(done.desktop),
    }  # fmt: skip
    lines = [f"{len(episode.steps)} steps in {done.folder}", f"goal: {episode.task.goal}"]
    lines += [f"NOT RECORDED: {line}" for line in done.problems]
    lines += [f"masked: {name} (replay it with --secret {name}=ENVVAR)" for name in done.secrets]
    return Result(data, "\n".join(lines))

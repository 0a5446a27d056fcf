"""``webagent replay``: a recorded episode done again, with no model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from webagent.commands import Result
from webagent.commands.options import AsJson, Browser, Quiet, SecretName, flag
from webagent.console import Console

NAME = "replay"
EXAMPLE = "Example:  webagent replay shown --speed 2 --headed"


def replay(
    episode: Annotated[str, typer.Argument(metavar="EPISODE", help="A folder with one episode, or FOLDER#ID.")],
    speed: Annotated[
        float | None, flag("--speed", "Keep the recorded pauses: 1 as they were, 2 half (default: none).", min=0.1)
    ] = None,
    headed: Annotated[bool, flag("--headed", "Show the browser's window.")] = False,
    video: Annotated[Path | None, flag("--video", "Film it into this .webm or .mp4 file.", metavar="FILE")] = None,
    secret: SecretName = None,
    browser: Browser = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> Result:
    """Do a recorded episode again and compare how it ends.

    Each element is found anew by several signs. Where none is surely the one it stops: exit code 1, with one line.
    """
    import os

    from webagent.datasets import find_episode, read_episode
    from webagent.recorder.replay import Way
    from webagent.recorder.replay import replay as do_again
    from webagent.vault import Secrets

    folder = find_episode(episode)
    told, _ = read_episode(folder)
    secrets = Secrets.parse(secret or [], os.environ)
    console = Console(quiet)
    way = Way(headless=not headed, speed=speed, executable=browser, video=video)
    done = do_again(told, folder, way, secrets.resolve, console.say)
    data = {
        "episode": str(folder), "steps": list(done.steps), "of": done.of, "stopped": done.stopped,
        "final": done.final, "same": done.same, "video": str(video) if video else None,
    }  # fmt: skip
    data = secrets.redact_all(data)
    if done.stopped:
        error = {
            "type": "ReplayStopped",
            "message": secrets.redact(done.stopped),
            "hint": "nothing was done to a guess",
        }
        return Result(data, f"{len(done.steps) - 1} of {done.of} steps done", 1, error)
    final = f"address {_agrees(done.final['url'])}, {100 * done.final['elements']:.0f} % of the elements as recorded"
    return Result(data, f"{done.of} of {done.of} steps done; at the end: {final}", 0 if done.same else 1)


def _agrees(same: bool) -> str:
    return "as recorded" if same else "NOT as recorded"

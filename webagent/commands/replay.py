"""``webagent replay``: a recorded episode done again, with no model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from webagent.commands import Result
from webagent.commands.options import AsJson, Browser, Quiet, SecretName, flag
from webagent.console import Console

if TYPE_CHECKING:
    from webagent.envs.types import Episode

NAME = "replay"
EXAMPLE = "Example:  webagent replay shown --speed 2 --headed"


def replay(
    episode: Annotated[str, typer.Argument(metavar="EPISODE", help="A folder with one episode, or FOLDER#ID.")],
    speed: Annotated[
        float | None, flag("--speed", "Keep the recorded pauses: 1 as they were, 2 half (default: none).", min=0.1)
    ] = None,
    headed: Annotated[bool, flag("--headed", "Show the browser's window.")] = False,
    video: Annotated[Path | None, flag("--video", "Film it into this .webm or .mp4 file.", metavar="FILE")] = None,
    out: Annotated[
        Path | None, flag("--out", "Of an imported recording: keep what is done as an episode.", metavar="DIR")
    ] = None,
    secret: SecretName = None,
    browser: Browser = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> Result:
    """Do a recorded episode again and compare how it ends.

    Each element is found anew by several signs. Where none is surely the one it stops: exit code 1, with one line. A
    recording of another tool (CORPUS#TASK, after webagent data import) is done by its own locators.
    """
    import os

    from webagent.datasets import write_episode
    from webagent.envs.errors import UsageError
    from webagent.recorder.replay import Way
    from webagent.recorder.replay import replay as do_again
    from webagent.vault import Secrets

    told, folder = _open(episode)
    if out is not None and told.steps:
        raise UsageError(f"expected a recording without pages for --out, found {len(told.steps)} steps with theirs")
    if out is not None and out.exists() and any(out.iterdir()):
        raise UsageError(f"expected a new or empty folder at {out}, found something", "choose another --out")
    secrets = Secrets.parse(secret or [], os.environ)
    console = Console(quiet)
    way = Way(headless=not headed, speed=speed, executable=browser, video=video)
    done = do_again(told, folder, way, secrets.resolve, console.say)
    if out is not None and done.episode is not None:
        write_episode(out, secrets.redact_all(done.episode))
    data = {
        "episode": str(folder), "steps": list(done.steps), "of": done.of, "stopped": done.stopped,
        "final": done.final, "same": done.same, "video": str(video) if video else None,
        "out": str(out) if out else None,
    }  # fmt: skip
    return _result(secrets.redact_all(data), done.episode is not None)


def _result(data: dict[str, Any], script: bool) -> Result:
    """``script``: of another tool, whose recording does not hold the page at the end."""
    done, of = len(data["steps"]), data["of"]
    if data["stopped"]:
        error = {"type": "ReplayStopped", "message": data["stopped"], "hint": "nothing was done to a guess"}
        return Result(data, f"{done - 1} of {of} steps done", 1, error)
    if script:
        return Result(data, f"{of} of {of} steps done; the recording does not hold the page at the end")
    final = data["final"]
    told = f"address {_agrees(final['url'])}, {100 * final['elements']:.0f} % of the elements as recorded"
    return Result(data, f"{of} of {of} steps done; at the end: {told}", 0 if data["same"] else 1)


def _open(name: str) -> tuple[Episode, Path]:
    """An episode in a folder, or one without steps in a corpus; and where it lies. Raises ``UsageError``."""
    from webagent.datasets import find_episode, is_episode, list_episodes, read_episode
    from webagent.datasets.corpus import HEAD, episode_in

    place, _, wanted = name.partition("#")
    folder = Path(place)
    if (folder / HEAD).is_file() and not is_episode(folder) and not list_episodes(folder):
        return episode_in(place, wanted), folder
    found = find_episode(name)
    return read_episode(found)[0], found


def _agrees(same: bool) -> str:
    return "as recorded" if same else "NOT as recorded"

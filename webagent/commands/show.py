"""``webagent show``: an episode or a benchmark as one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from webagent.commands import Result
from webagent.commands.options import AsJson, flag

NAME = "show"
EXAMPLE = "Example:  webagent show webagent-out/20261121-120000-mail-off"


def show(
    what: Annotated[
        str, typer.Argument(metavar="EPISODE|RUN|BENCH", help="A folder that run or bench wrote, or FOLDER#ID.")
    ],
    out: Annotated[
        Path | None, flag("--out", "Where to write: a folder or a .html file (default: beside it).", metavar="PATH")
    ] = None,
    as_json: AsJson = False,
) -> Result:
    """Write a report as one HTML file and print its path.

    The file can be read, sent and kept without anything else.
    """
    from webagent.report import write_report

    path = write_report(what, out).resolve()
    return Result({"report": str(path), "bytes": path.stat().st_size}, str(path))

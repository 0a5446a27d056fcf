"""``webagent export``: an episode in another's format: a script that does it again, or data that others read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from webagent.commands import Result
from webagent.commands.options import AsJson, flag

if TYPE_CHECKING:
    from webagent.datasets.writers import Source

NAME = "export"
EXAMPLE = "Example:  webagent export shown --to playwright --out shown.py"


def export(
    episode: Annotated[str, typer.Argument(metavar="EPISODE", help="A folder with one episode, or FOLDER#ID.")],
    to: Annotated[str, flag("--to", "playwright, pytest, jsonl, browsergym, hf or minari.", metavar="FORMAT")],
    out: Annotated[
        Path | None, flag("--out", "The new file or folder (default: a file goes to stdout).", metavar="PATH")
    ] = None,
    as_json: AsJson = False,
) -> Result:
    """Write an episode in another format.

    A script needs Playwright alone. Files that were given to the page are put beside it; secrets are not in it.
    """
    from webagent.datasets.writers import Source, writer
    from webagent.envs.errors import UsageError
    from webagent.recorder.narration import sentence

    form = writer(to)
    source = Source.at(episode, lambda step: sentence(step.action, step.observation) or str(step.action))
    if form.write is not None:
        if out is None:
            raise UsageError(f"expected --out FOLDER: {to} is {form.about}, found none")
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise UsageError(f"expected a new or empty folder at {out}, found something", "choose another --out")
        form.write(source, out)
        files = sorted(str(path) for path in out.rglob("*") if path.is_file())
    else:
        assert form.text is not None
        if out is None:
            text = form.text(source)
            return Result({"episode": episode, "format": to, "text": text}, text.removesuffix("\n"))
        files = _write(form.text, source, out)
    steps = len(source.episode.steps)
    data = {"episode": episode, "format": to, "out": str(out), "files": files, "steps": steps}
    return Result(data, f"{steps} steps in {out}")


def _write(make: Callable[[Source], str], source: Source, out: Path) -> list[str]:
    """One file, and beside it the files that were given to the page."""
    import shutil

    from webagent.envs.errors import UsageError

    beside = out.with_name(f"{out.stem}_files")
    uploads = source.uploads if out.suffix == ".py" else None
    text = make(source.with_uploads(Path(beside.name)) if uploads else source)
    try:
        out.write_text(text, encoding="utf-8")
        if uploads:
            shutil.copytree(uploads, beside, dirs_exist_ok=True)
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}", "choose another --out") from None
    return [str(out), *sorted(str(path) for path in (beside.rglob("*") if uploads else ()))]

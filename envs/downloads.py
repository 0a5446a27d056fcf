"""Files that pages hand out and take: only inside the folder given for it, or refused and told.

A page chooses the name of what it hands out, so the name is made harmless and the file new: nothing is overwritten,
no link is followed.
"""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import ActionFailed

if TYPE_CHECKING:
    from playwright.async_api import Download

LIMIT_SECONDS = 60.0
MOST_FILES = 200  # a session
NAME_BYTES = 150
_DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\.|$)", re.IGNORECASE)


class Downloads:
    """``folder``: None refuses every download. ``log``: one line each, oldest first."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.log: list[str] = []
        self._taken = 0
        self._running: set[asyncio.Future[None]] = set()

    def take(self, download: Download) -> None:
        """Playwright's event handler."""
        name = safe_name(download.suggested_filename)
        if self.folder is None:
            self.log.append(f"refused {name}: no folder for downloads was given")
            return
        self._taken += 1
        kept = self._taken <= MOST_FILES
        work = asyncio.ensure_future(self._save(download, self.folder, name) if kept else self._refuse(download, name))
        self._running.add(work)
        work.add_done_callback(self._running.discard)

    async def _save(self, download: Download, folder: Path, name: str) -> None:
        from playwright.async_api import Error

        path: Path | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path = new_file(folder, name)
            async with asyncio.timeout(LIMIT_SECONDS):
                await download.save_as(path)
        except TimeoutError:
            self.log.append(f"cancelled {name}: not complete after {LIMIT_SECONDS:.0f} s")
            await self._end(download, path)
        except (Error, OSError) as error:
            self.log.append(f"failed {name}: {str(error).splitlines()[0]}")
            await self._end(download, path)
        else:
            self.log.append(f"saved {path}")

    async def _refuse(self, download: Download, name: str) -> None:
        if self._taken == MOST_FILES + 1:
            self.log.append(f"refused {name} and what follows: {MOST_FILES} files were handed out")
        await self._end(download, None)

    @staticmethod
    async def _end(download: Download, path: Path | None) -> None:
        """Stop what may still arrive, and take away the empty file."""
        from playwright.async_api import Error

        if path is not None:
            path.unlink(missing_ok=True)
        try:
            async with asyncio.timeout(LIMIT_SECONDS):
                await download.cancel()
        except (Error, TimeoutError):
            return  # its page or the browser is gone, and the download with it

    async def finish(self) -> None:
        """Wait for what is under way, bounded by each download's own limit."""
        if self._running:
            await asyncio.wait(set(self._running), timeout=LIMIT_SECONDS)


def safe_name(name: str) -> str:
    """A file name for every system: no path, nothing hidden, no device of Windows, nothing odd, at most NAME_BYTES."""
    plain = re.sub(r"[^\w.\- ()]", "_", name.replace("\\", "/").rpartition("/")[2]).strip(". ")
    if plain.startswith("-") or _DEVICES.match(plain):
        plain = "_" + plain
    stem, dot, suffix = plain.rpartition(".")
    if not dot or len(suffix.encode()) > 20:
        stem, suffix = plain, ""
    kept = stem.encode()[: NAME_BYTES - len((dot + suffix).encode())].decode(errors="ignore").rstrip(". ")
    return (kept + "." + suffix if suffix else kept) or "download"


def new_file(folder: Path, name: str) -> Path:
    """Make an empty file of that name, or of one like it where that is taken, if only by a link that leads nowhere.

    Raises ``OSError`` if none can be made.
    """
    path = folder / name
    for n in range(1, 1000):
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0), 0o666))
        except FileExistsError:
            path = folder / f"{Path(name).stem} ({n}){Path(name).suffix}"
        else:
            return path
    raise FileExistsError(f"{name} and 999 names like it are taken")


def file_inside(folder: Path, name: str) -> Path:
    """The file of that name in ``folder`` or below, links followed; raises ``ActionFailed`` where it lies elsewhere."""
    name = name.strip()
    try:
        path = (folder / name).resolve(strict=True)
        inside = path.is_relative_to(folder.resolve()) and path.is_file()
    except (OSError, ValueError, RuntimeError):  # not there, too long, a loop of links; a NUL in it
        inside = False
    if not inside:
        raise ActionFailed(f"{name[:200]!r} is not a file inside {folder}", "give a path relative to that folder")
    return path

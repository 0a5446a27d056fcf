"""Files that pages hand out: kept in the folder given for them, under their own names, or refused and told."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.async_api import Download

LIMIT_SECONDS = 60.0


class Downloads:
    """``folder``: None refuses every download. ``log``: one line each, oldest first."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.log: list[str] = []
        self._running: set[asyncio.Future[None]] = set()

    def take(self, download: Download) -> None:
        """Playwright's event handler."""
        name = safe_name(download.suggested_filename)
        if self.folder is None:
            self.log.append(f"refused {name}: no folder for downloads was given")
            return
        work = asyncio.ensure_future(self._save(download, self.folder, name))
        self._running.add(work)
        work.add_done_callback(self._running.discard)

    async def _save(self, download: Download, folder: Path, name: str) -> None:
        from playwright.async_api import Error

        folder.mkdir(parents=True, exist_ok=True)
        path = free_path(folder, name)
        try:
            async with asyncio.timeout(LIMIT_SECONDS):
                await download.save_as(path)
        except TimeoutError:
            await download.cancel()
            self.log.append(f"cancelled {name}: not complete after {LIMIT_SECONDS:.0f} s")
        except Error as error:
            self.log.append(f"failed {name}: {str(error).splitlines()[0]}")
        else:
            self.log.append(f"saved {path}")

    async def finish(self) -> None:
        """Wait for what is under way, bounded by each download's own limit."""
        if self._running:
            await asyncio.wait(set(self._running), timeout=LIMIT_SECONDS)


def safe_name(name: str) -> str:
    """A file name without a path and without anything odd."""
    return re.sub(r"[^\w.\- ()]", "_", Path(name.replace("\\", "/")).name).strip(". ")[:120] or "download"


def free_path(folder: Path, name: str) -> Path:
    path = folder / name
    for n in range(1, 1000):
        if not path.exists():
            return path
        path = folder / f"{Path(name).stem} ({n}){Path(name).suffix}"
    return path

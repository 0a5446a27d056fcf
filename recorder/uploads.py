"""The files that a person gave to a page, copied beside the recording so that it can be done again."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from webagent.envs.world import World

from .store import UPLOADS

if TYPE_CHECKING:
    from webagent.envs.wire import Channel

MOST_BYTES = 50_000_000


async def keep_files(world: World, chain: Sequence[int], folder: Path) -> bool:
    """Copy what the file field at the inner end of ``chain`` holds; False if not all of it could be copied."""
    from playwright.async_api import Error

    node = await world.run(f"nodeOf({chain[0]})", by_value=False) if chain else {}
    if "objectId" not in node:
        return False
    try:
        paths = await _paths(world.cdp, node["objectId"])
        (folder / UPLOADS).mkdir(exist_ok=True)
        for path in paths:
            if path.stat().st_size > MOST_BYTES:
                return False
            await asyncio.to_thread(shutil.copyfile, path, folder / UPLOADS / path.name)
    except (Error, OSError):
        return False
    return bool(paths)


async def _paths(channel: Channel, field: str) -> list[Path]:
    found = []
    count = (await _on(channel, field, "function () { return this.files.length; }", True))["value"]
    for n in range(int(count)):
        file = await _on(channel, field, f"function () {{ return this.files[{n}]; }}", False)
        found.append(Path((await channel.send("DOM.getFileInfo", {"objectId": file["objectId"]}))["path"]))
    return found


async def _on(channel: Channel, field: str, function: str, by_value: bool) -> dict[str, Any]:
    call = {"objectId": field, "functionDeclaration": function, "returnByValue": by_value}
    answer: dict[str, Any] = (await channel.send("Runtime.callFunctionOn", call))["result"]
    return answer

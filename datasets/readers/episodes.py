"""Episode folders as ``webagent run`` and ``bench`` write them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from webagent.envs.errors import DataDamaged, UsageError
from webagent.envs.types import Episode

from ..episodes import is_episode, list_episodes, read_episode
from . import Refused


def read(path: str, refused: Refused) -> Iterator[Episode]:
    """Every episode in a folder, or the one that the folder is."""
    folder = Path(path)
    found = [folder] if is_episode(folder) else list_episodes(folder) if folder.is_dir() else []
    if not found:
        raise UsageError(f"expected episodes at {path}, found none", "run and bench write episodes under --out")
    for one in found:
        try:
            episode, _ = read_episode(one)
        except (DataDamaged, UsageError) as error:
            refused(one.name, str(error))
            continue
        if not episode.steps:
            refused(one.name, "no step was taken")
            continue
        yield episode

"""Writers of other formats: each turns one episode into a file or a folder that others' tools read.

    source = Source.at("shown/episodes/20261123-101500-7")
    writer("playwright").text(source)         # or, of those that make a folder: .write(source, Path("out"))

A source is an episode with what a recording keeps beside it: the signs by which elements are found again, the files
that were given to the page. The agent's own episodes have none; scripts then go by the tree alone.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from webagent.envs.errors import UnknownName, UsageError
from webagent.envs.types import Episode, Step

from ..episodes import find_episode, read_episode

NOTES, UPLOADS = "recording.jsonl", "uploads"
TEXTS = {
    "playwright": "a Python script of Playwright that runs by itself (.py)",
    "pytest": "the same as a test that ends with what was to be seen (.py)",
    "jsonl": "one JSON object a step; import reads it back (.jsonl)",
    "browsergym": "BrowserGym's action texts, each with the page as text (.jsonl)",
}
FOLDERS = {
    "hf": "a folder that datasets.load_dataset reads (Parquet and a card)",
    "minari": "a folder that minari.MinariDataset reads (Arrow)",
}


@dataclass(frozen=True)
class Source:
    """What is exported.

    Args:
        episode: with at least one step.
        signs: of each step ``{"target": …, "onto": …}`` as recordings keep them, or {}.
        words: each step as a sentence, or ``()``.
        screens: the picture of each observation, the final one last, or ``()``.
        uploads: the folder of the files that were given to the page, if there is one.
    """

    episode: Episode
    signs: tuple[Mapping[str, Any], ...] = ()
    words: tuple[str, ...] = ()
    screens: tuple[Path | None, ...] = ()
    uploads: Path | None = None

    @classmethod
    def at(cls, path: str | Path, sentence: Callable[[Step], str] = lambda step: str(step.action)) -> Source:
        """The episode in a folder. ``sentence``: what one step does, in words.

        Raises ``UsageError`` if there is none or it has no step, ``DataDamaged`` if it cannot be read.
        """
        folder = find_episode(path)
        episode, screens = read_episode(folder)
        if not episode.steps:
            raise UsageError(f"expected an episode with steps, found none in {folder}", "nothing was done there")
        notes = _notes(folder / NOTES)
        uploads = folder / UPLOADS
        return cls(
            episode,
            tuple(notes.get(n, {}) for n in range(len(episode.steps))),
            tuple(sentence(step) for step in episode.steps),
            screens,
            uploads if uploads.is_dir() else None,
        )

    def with_uploads(self, folder: Path) -> Source:
        return replace(self, uploads=folder)

    def sign(self, step: int, name: str) -> Mapping[str, Any] | None:
        """The signs of what step number ``step`` concerns, as ``target`` or ``onto``; None where there are none."""
        found = self.signs[step].get(name) if step < len(self.signs) else None
        return found if isinstance(found, dict) and _sound(found) else None


def _notes(path: Path) -> dict[int, dict[str, Any]]:
    """Of each step, what the recorder wrote beside it; lines that do not parse are passed over."""
    found: dict[int, dict[str, Any]] = {}
    for line in path.read_bytes().split(b"\n") if path.is_file() else ():
        try:
            data = json.loads(line)
        except ValueError:
            continue
        if isinstance(data, dict) and "words" in data and isinstance(data.get("step"), int):
            found[data["step"]] = data
    return found


def _sound(signs: Mapping[str, Any]) -> bool:
    places = signs.get("places")
    return isinstance(places, list) and bool(places) and all(p is None or isinstance(p, str) for p in places)


@dataclass(frozen=True)
class Writer:
    """``text(source)`` for one file, or ``write(source, out)`` for a folder that is new or empty; the other is None.

    Both raise ``UsageError`` for an episode that the format has no words for.
    """

    name: str
    about: str
    text: Callable[[Source], str] | None = None
    write: Callable[[Source, Path], None] | None = None


def writer(name: str) -> Writer:
    """The writer of that name; raises ``UnknownName``. Only its own module is imported."""
    known: Sequence[str] = (*TEXTS, *FOLDERS)
    if name not in known:
        raise UnknownName.unknown("format", name, known)
    module = importlib.import_module(f"{__name__}.{name}")
    if name in TEXTS:
        return Writer(name, TEXTS[name], text=module.text)
    return Writer(name, FOLDERS[name], write=module.write)

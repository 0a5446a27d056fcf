"""Episodes on disk: one folder each, append-only, readable after a kill at any byte.

    FOLDER/meta.json              schema, task, source; once finished: success, info, the final observation
    FOLDER/steps.jsonl            one step a line, flushed as it is made
    FOLDER/screens/<hash>.jpg     what the screen showed, named by content, so that equal screens are stored once

Frames of observations are not kept here: the screens are. ``FOLDER#ID`` is the episode ``FOLDER/ID`` (as runs write
them) or ``FOLDER/episodes/ID`` (as benchmarks do). Corpora of many episodes are not covered here.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from webagent.envs.errors import DataDamaged, UsageError
from webagent.envs.types import Episode, Observation, Step, Task, from_json, to_json

SCHEMA = 1
META, STEPS, SCREENS, EPISODES = "meta.json", "steps.jsonl", "screens", "episodes"


class EpisodeWriter:
    """Writes one episode as it happens. Use as a context manager; a folder that holds an episode is refused.

    ``screen`` gives the picture of the observation that the next ``step`` acts on (or of the final one); it may be
    left out. Leaving the context without ``finish`` keeps a valid, unfinished episode that says why it stopped.
    """

    def __init__(self, folder: str | Path, task: Task, source: str) -> None:
        self.folder = Path(folder)
        self._head: dict[str, Any] = {"schema": SCHEMA, "task": to_json(task), "source": source, "finished": False}
        self._steps: IO[str] | None = None
        self._screen: str | None = None
        self._finished = False

    def __enter__(self) -> EpisodeWriter:
        if is_episode(self.folder):
            raise UsageError(f"{self.folder} already holds an episode", "give another --out folder")
        (self.folder / SCREENS).mkdir(parents=True, exist_ok=True)
        self._write_meta(self._head)
        self._steps = (self.folder / STEPS).open("a", encoding="utf-8")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._steps is not None:
            self._steps.close()
            self._steps = None
        if not self._finished and kind is not None:
            self._write_meta({**self._head, "stopped": f"{kind.__name__}: {error}".rstrip(": ")})

    def screen(self, jpeg: bytes) -> None:
        """Keep a JPEG as the screen of the current observation; empty bytes mean that there is none."""
        self._screen = None
        if jpeg:
            self._screen = hashlib.sha256(jpeg).hexdigest()[:16] + ".jpg"
            path = self.folder / SCREENS / self._screen
            if not path.exists():
                _write_whole(path, jpeg)

    def step(self, step: Step) -> None:
        if self._steps is None:
            raise UsageError("an EpisodeWriter takes steps only inside its 'with' block")
        bare = replace(step, observation=replace(step.observation, frames=()))
        line = json.dumps({"step": to_json(bare), "screen": self._screen})
        self._steps.write(line + "\n")
        self._steps.flush()
        self._screen = None

    def rename(self, task: Task) -> None:
        """The task is known better than at the start (a recording's goal may be guessed from its steps)."""
        self._head["task"] = to_json(task)
        self._write_meta(self._head)

    def finish(self, episode: Episode) -> None:
        """The end: outcome, info and the final observation (with the last ``screen``)."""
        self._write_meta(
            {
                **self._head,
                "task": to_json(episode.task),
                "finished": True,
                "success": episode.success,
                "info": to_json(episode.info),
                "final": to_json(replace(episode.final, frames=())),
                "final_screen": self._screen,
            }
        )
        self._finished = True

    def _write_meta(self, meta: dict[str, Any]) -> None:
        _write_whole(self.folder / META, (json.dumps(meta) + "\n").encode())


def write_episode(folder: str | Path, episode: Episode, screens: tuple[bytes, ...] = ()) -> Path:
    """A whole episode at once. ``screens``: one JPEG an observation (the final one last), or none at all."""
    with EpisodeWriter(folder, episode.task, episode.source) as writer:
        pictures = iter(screens)
        for step in episode.steps:
            writer.screen(next(pictures, b""))
            writer.step(step)
        writer.screen(next(pictures, b""))
        writer.finish(episode)
    return writer.folder


def read_episode(path: str | Path) -> tuple[Episode, tuple[Path | None, ...]]:
    """The episode and the picture of each of its observations (the final one last; None where there is none).

    An unfinished episode has success None and says ``unfinished`` (why it stopped) in its info; steps that could not
    be read are skipped and named in ``info["damaged"]``. Raises ``UsageError`` if there is no episode,
    ``DataDamaged`` if nothing of it can be read.
    """
    folder = find_episode(path)
    meta = _read_meta(folder)
    steps: list[Step] = []
    screens: list[Path | None] = []
    damaged: list[str] = []
    for number, data in _read_lines(folder / STEPS):
        try:
            steps.append(from_json(Step, data["step"]))
            screens.append(_screen_path(folder, data["screen"]))
        except (KeyError, TypeError, ValueError, UsageError):
            damaged.append(f"{STEPS} line {number}")
    try:
        task = from_json(Task, meta["task"])
        final = from_json(Observation, meta["final"]) if meta.get("final") else _last_observation(steps)
        source = str(meta["source"])
    except (KeyError, TypeError, ValueError, UsageError) as error:
        raise DataDamaged(f"{folder / META} cannot be read: {error}", "the episode's head is lost") from error
    info = dict(meta.get("info") or {})
    if damaged:
        info["damaged"] = damaged
    if not meta.get("finished"):
        info["unfinished"] = meta.get("stopped") or "the program ended before the episode did"
    screens.append(_screen_path(folder, meta.get("final_screen")))
    return Episode(task, tuple(steps), final, source, meta.get("success"), info), tuple(screens)


def is_episode(folder: Path) -> bool:
    return (folder / META).is_file()


def find_episode(path: str | Path) -> Path:
    """The folder that is meant: an episode's own, ``FOLDER#ID``, or one that holds a single episode.

    Raises ``UsageError`` with the nearest names.
    """
    if is_episode(Path(path)):
        return Path(path)
    name, _, wanted = str(path).partition("#")
    folder = Path(name)
    if not folder.is_dir():
        raise UsageError(f"expected a folder with an episode, found nothing at {name}")
    held = {p.name: p for p in list_episodes(folder)}
    if wanted in held:
        return held[wanted]
    if wanted:
        raise UsageError.unknown(f"episode in {folder}", wanted, held)
    if len(held) == 1:
        return next(iter(held.values()))
    if not held:
        raise UsageError(
            f"{folder} holds no episode",
            "run and bench write episodes under --out; of an import, replay --out makes one",
        )
    raise UsageError(f"{folder} holds {len(held)} episodes", f"name one: {folder}#{list(held)[-1]}")


def list_episodes(folder: Path) -> list[Path]:
    """The episodes that lie in a folder, by name (those of runs begin with their time)."""
    places = [p for p in (folder, folder / EPISODES) if p.is_dir()]
    return sorted((p for place in places for p in place.iterdir() if is_episode(p)), key=lambda p: p.name)


def _read_meta(folder: Path) -> dict[str, Any]:
    path = folder / META
    try:
        meta = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise DataDamaged(f"{path} cannot be read: {error}") from error
    if not isinstance(meta, dict) or meta.get("schema") != SCHEMA:
        found = meta.get("schema") if isinstance(meta, dict) else type(meta).__name__
        raise DataDamaged(f"{path}: expected schema {SCHEMA}, found {found!r}", "written by another version?")
    return meta


def _read_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number and document; a line that does not parse comes as {} and fails at its first use."""
    if not path.exists():
        return
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        if line.strip():
            try:
                data = json.loads(line)
            except ValueError:
                data = {}
            yield number, data if isinstance(data, dict) else {}


def _screen_path(folder: Path, name: Any) -> Path | None:
    # The name comes from a file that may have been edited: it may not lead out of the folder.
    if not isinstance(name, str) or Path(name).name != name:
        return None
    path = folder / SCREENS / name
    return path if path.is_file() else None


def _last_observation(steps: list[Step]) -> Observation:
    return steps[-1].observation if steps else Observation()


def _write_whole(path: Path, data: bytes) -> None:
    """All of it or nothing: a reader never sees half a file."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(data)
    os.replace(temporary, path)

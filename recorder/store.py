"""Where a recording lies, written as it grows, so that a kill at any byte leaves what had been done.

OUT/corpus.json, OUT/steps-….parquet      a corpus: what ``webagent data`` and ``train`` read
OUT/episodes/<id>/                        one episode: what ``webagent show``, ``replay`` and ``export`` read
    meta.json, steps.jsonl, screens/      as every episode (``datasets.episodes``)
    recording.jsonl                       beside each step: time, frame of the video, what came of it
    instructions.txt                      the same in plain words
    screen.webm, desktop.webm, uploads/
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from webagent.datasets.corpus import CorpusWriter
from webagent.datasets.episodes import EPISODES, STEPS, EpisodeWriter
from webagent.envs.errors import UsageError
from webagent.envs.types import Action, Episode, Observation, Step, Task

from .narration import guessed_goal, narration, sentence

VERSION = 1  # of recording.jsonl
NOTES, WORDS, UPLOADS = "recording.jsonl", "instructions.txt", "uploads"
SHARE = 10  # the corpus is rewritten after ten times as long as that took, so that long recordings stay smooth


class Store:
    """One recording on disk. Use as a context manager; left without ``finish`` it is valid and unfinished."""

    def __init__(self, out: Path, url: str, goal: str) -> None:
        self.goal = goal
        self.steps: list[Step] = []
        self.final = Observation()
        name = time.strftime("%Y%m%d-%H%M%S") + f"-{os.getpid()}"
        self.folder = out / EPISODES / name
        self.task = Task(f"recorded.{name}", goal, url)
        self._corpus = CorpusWriter(str(out))
        self._writer = EpisodeWriter(self.folder, self.task, "human")
        self._stack = contextlib.ExitStack()
        self._shard = ""
        self.behind = False  # the corpus, which has fewer steps than the episode
        self._last = 0.0  # when the last step was done
        self._next = 0.0  # when the corpus may be rewritten, on time.monotonic's clock

    def __enter__(self) -> Store:
        try:
            self._stack.enter_context(self._corpus)
            self._stack.enter_context(self._writer)
        except OSError as error:
            raise UsageError(f"{self.folder} cannot be written: {error.strerror}", "choose another --out") from None
        self._note({"recording": VERSION, "url": self.task.start_url})
        self._rewrite(self.episode(None, {}))
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)

    def episode(self, success: bool | None, info: dict[str, Any]) -> Episode:
        """What has been recorded so far."""
        task = replace(self.task, goal=self.goal or guessed_goal(self.steps), max_steps=max(30, len(self.steps)))
        steps = tuple(replace(s, observation=replace(s.observation, goal=task.goal)) for s in self.steps)
        return Episode(task, steps, replace(self.final, goal=task.goal), "human", success, info)

    def add(self, observation: Observation, action: Action, screen: bytes, notes: dict[str, Any]) -> str:
        """One step; returns it in words.

        ``screen``: a JPEG of the page before it. ``notes``: what stands beside it, ``at`` (s since the epoch) included.
        The pause before it is kept as ``ms["pause"]``.
        """
        pause = max(0.0, notes["at"] - self._last) * 1000 if self._last else 0.0
        self._last = notes["at"]
        step = Step(observation, action, terminated=action.op == "done", ms={"pause": round(pause, 1)})
        self._writer.screen(screen)
        self._writer.step(step)
        self.steps.append(step)
        words = sentence(action, observation)
        self._note({"step": len(self.steps) - 1, "words": words, **notes})
        self.behind = True
        self.catch_up()
        return words

    def catch_up(self) -> None:
        """Bring the corpus up to the last step, unless that was done a moment ago."""
        if self.behind and time.monotonic() >= self._next:
            self._rewrite(self.episode(None, {"unfinished": "the recording was cut off"}))
            self.behind = False

    def _rewrite(self, episode: Episode) -> None:
        began = time.monotonic()
        self._shard = self._corpus.rewrite(episode, self._shard)
        self._writer.rename(episode.task)
        (self.folder / WORDS).write_text(narration(episode), encoding="utf-8")
        self._next = time.monotonic() + SHARE * (time.monotonic() - began)

    def note(self, **notes: Any) -> None:
        """A line beside the steps: what came of one, or what could not be recorded."""
        self._note(notes)

    def _note(self, notes: dict[str, Any]) -> None:
        with (self.folder / NOTES).open("a", encoding="utf-8") as file:
            file.write(json.dumps(notes, ensure_ascii=False) + "\n")

    def finish(self, success: bool | None, info: dict[str, Any], screen: bytes) -> Episode:
        """The end: the goal goes into every step, the corpus gets the whole."""
        episode = self.episode(success, info)
        self._writer.screen(screen)
        self._writer.finish(episode)
        self._tell_goal(episode.task.goal)
        self._rewrite_last(episode)
        return episode

    def _rewrite_last(self, episode: Episode) -> None:
        self._shard = self._corpus.rewrite(episode, self._shard)
        (self.folder / WORDS).write_text(narration(episode), encoding="utf-8")

    def _tell_goal(self, goal: str) -> None:
        path = self.folder / STEPS
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for line in lines:
            line["step"]["observation"]["goal"] = goal
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        temporary.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        os.replace(temporary, path)

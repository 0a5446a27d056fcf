"""Many episodes at rest: Parquet shards of steps under a folder or any fsspec URL.

    CORPUS/corpus.json                 the schema version
    CORPUS/steps-<ns>-<id>.parquet     whole episodes, one row a step and one for the final observation (zstd)
    CORPUS/frames/<hash>.png           screen frames, named by content, so that equal ones are stored once

Shards are only ever added, each under a hidden name first, so several processes may write to one corpus and a kill at
any byte leaves what had been flushed; at most ``FLUSH_S`` seconds of episodes are in memory. A shard that cannot be
read is named and skipped. What lies in the columns besides the observation can be asked for without reading that.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any

import cv2
import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from webagent.envs.errors import DataDamaged, UsageError
from webagent.envs.types import Action, Episode, Frame, Observation, Proposal, Step, Task, from_json, to_json

SCHEMA = 1
HEAD, FRAMES = "corpus.json", "frames"
SHARD_STEPS = 4096
FLUSH_S = 30.0
ROWS = pa.schema(
    [
        ("episode", pa.string()),
        ("step", pa.int32()),  # counted from 0; the final observation has the number of steps
        ("task", pa.string()),
        ("goal", pa.string()),
        ("seed", pa.int64()),
        ("source", pa.string()),
        ("success", pa.bool_()),
        ("op", pa.string()),  # null for the final observation
        ("target", pa.string()),
        ("text", pa.string()),
        ("point", pa.list_(pa.float64())),
        ("reward", pa.float64()),
        ("terminated", pa.bool_()),
        ("truncated", pa.bool_()),
        ("error", pa.string()),
        ("visits", pa.list_(pa.int32())),
        ("worths", pa.list_(pa.float64())),  # not in corpora of before
        ("proposal", pa.string()),  # JSON, or null
        ("ms", pa.string()),  # JSON
        ("observation", pa.large_string()),  # JSON without the goal; frames as [[time, hash], …]
        ("head", pa.string()),  # JSON of task and info, in an episode's last row
    ]
)
LIGHT = ("episode", "step", "task", "seed", "source", "success", "op")
Damage = Callable[[str], None]


@dataclass
class CorpusWriter:
    """Adds episodes to the corpus at ``url``, which it makes if need be. Use as a context manager.

    ``shard_steps``: rows after which a shard is written. Raises ``DataDamaged`` if what lies there is of another
    schema, ``UsageError`` if something else lies there.
    """

    url: str
    shard_steps: int = SHARD_STEPS
    _rows: list[dict[str, Any]] = field(default_factory=list, repr=False)
    _since: float = 0.0

    def __enter__(self) -> CorpusWriter:
        self._fs, self._root = open_place(self.url)
        if _read_head(self._fs, self._root, self.url) is None:
            if self._fs.exists(self._root) and self._fs.ls(self._root):
                raise UsageError(f"expected a corpus or an empty folder at {self.url}, found other files")
            self._fs.makedirs(self._root, exist_ok=True)
            _write_whole(self._fs, _join(self._root, HEAD), json.dumps({"schema": SCHEMA}).encode())
        self._since = time.monotonic()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.flush()

    def add(self, episode: Episode) -> str:
        """Keep an episode; returns the id under which it can be found."""
        name = uuid.uuid4().hex
        self._rows += [*self._rows_of(name, episode)]
        if len(self._rows) >= self.shard_steps or time.monotonic() - self._since > FLUSH_S:
            self.flush()
        return name

    def flush(self) -> None:
        """Write what is in memory as a shard."""
        self._since = time.monotonic()
        if not self._rows:
            return
        self._write(_shard_name(), self._rows)
        self._rows = []

    def rewrite(self, episode: Episode, shard: str = "") -> str:
        """Keep an episode that is still growing in a shard of its own, in one piece and at once.

        ``shard``: what the last call for this episode returned; that shard is replaced.
        """
        shard = shard or _shard_name()
        self._write(shard, [*self._rows_of(shard.removesuffix(".parquet").rpartition("-")[2], episode)])
        return shard

    def _write(self, shard: str, rows: list[dict[str, Any]]) -> None:
        sink = pa.BufferOutputStream()
        pq.write_table(pa.Table.from_pylist(rows, ROWS), sink, compression="zstd")
        _write_whole(self._fs, _join(self._root, shard), sink.getvalue().to_pybytes())

    def _rows_of(self, name: str, episode: Episode) -> Iterator[dict[str, Any]]:
        task = episode.task
        same = {"episode": name, "task": task.id, "goal": task.goal, "seed": task.seed, "source": episode.source}
        same["success"] = episode.success
        for n, step in enumerate(episode.steps):
            yield {
                **same,
                "step": n,
                "observation": self._observation(step.observation, task.goal),
                **{f: getattr(step.action, f) for f in ("op", "target", "text", "point")},
                **{f: getattr(step, f) for f in ("reward", "terminated", "truncated", "error", "visits", "worths")},
                "proposal": step.proposal and json.dumps(to_json(step.proposal)),
                "ms": json.dumps(step.ms),
            }
        last = self._observation(episode.final, task.goal)
        head = json.dumps({"task": to_json(task), "info": to_json(episode.info)})
        yield {**same, "step": len(episode.steps), "observation": last, "head": head}

    def _observation(self, seen: Observation, goal: str) -> str:
        data = to_json(replace(seen, frames=()))
        data["frames"] = [[frame.time, self._frame(frame)] for frame in seen.frames]
        if seen.goal == goal:
            del data["goal"]
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"))

    def _frame(self, frame: Frame) -> str:
        size = f"{frame.width}x{frame.height}:".encode()
        name = hashlib.sha256(size + frame.rgb).hexdigest()[:32]
        path = _join(self._root, FRAMES, f"{name}.png")
        if not self._fs.exists(path):
            pixels = np.frombuffer(frame.rgb, np.uint8).reshape(frame.height, frame.width, 3)
            self._fs.makedirs(_join(self._root, FRAMES), exist_ok=True)
            _write_whole(self._fs, path, cv2.imencode(".png", pixels[:, :, ::-1])[1].tobytes())
        return name


class Corpus:
    """Reads the corpus at ``url``. Raises ``UsageError`` if there is none, ``DataDamaged`` for another schema.

    ``damaged``: called with one line for each shard or episode that cannot be read; it is skipped.
    """

    def __init__(self, url: str, damaged: Damage) -> None:
        self.url = url
        self.damaged = damaged
        self._fs, self._root = open_place(url)
        if _read_head(self._fs, self._root, url) is None:
            raise UsageError(f"expected a corpus at {url}, found none", "webagent data expert and import make one")

    def shards(self) -> list[str]:
        """Names of the shards, oldest first."""
        names = (posixpath.basename(str(p)) for p in self._fs.ls(self._root, detail=False))
        return sorted(n for n in names if n.startswith("steps-") and n.endswith(".parquet"))

    def table(self, shard: str, columns: tuple[str, ...] | None = None) -> pa.Table | None:
        """The rows of a shard (``columns``: only those), or None if it cannot be read."""
        try:
            # Arrow's threads and a Python file do not end well together: the interpreter aborts or hangs at its exit
            # (apache/arrow#50482). So the bytes are read first, and one thread makes a table of them.
            held = pa.BufferReader(self._fs.cat_file(_join(self._root, shard)))
            names = columns and list(columns)
            return pq.read_table(held, columns=names, schema=None if columns else ROWS, use_threads=False)
        except (OSError, pa.ArrowException, KeyError) as error:
            self.damaged(f"{shard}: {str(error).splitlines()[0] if str(error) else type(error).__name__}")
            return None

    def episodes(
        self, keep: Callable[[Mapping[str, Any]], bool] = lambda row: True, shards: Sequence[str] | None = None
    ) -> Iterator[Episode]:
        """Every episode, whole; ``keep`` is asked with the light columns of its last row before more is read.
        ``shards``: only those in these."""
        for shard in self.shards() if shards is None else shards:
            light = self.table(shard, LIGHT)
            if light is None:
                continue
            ends = [row for row in light.to_pylist() if row["op"] is None]
            if not any(keep(row) for row in ends):
                continue
            wanted = {row["episode"] for row in ends if keep(row)}
            table = self.table(shard)
            rows = table.to_pylist() if table is not None else []
            held: dict[str, list[dict[str, Any]]] = {}
            for row in rows:
                if row["episode"] in wanted:
                    held.setdefault(row["episode"], []).append(row)
            for name, of in held.items():
                try:
                    yield self._episode(of)
                except (KeyError, TypeError, ValueError, UsageError, DataDamaged) as error:
                    self.damaged(f"{shard}, episode {name}: {error}")

    def _episode(self, rows: list[dict[str, Any]]) -> Episode:
        *steps, end = sorted(rows, key=lambda row: row["step"])
        if not end["head"] or [row["step"] for row in steps] != list(range(len(steps))):
            raise DataDamaged(f"expected its steps in a row, found {[row['step'] for row in rows]}")
        head = json.loads(end["head"])
        task = from_json(Task, head["task"])
        return Episode(
            task,
            tuple(self._step(row, task.goal) for row in steps),
            self._seen(end["observation"], task.goal),
            end["source"],
            end["success"],
            head["info"],
        )

    def _step(self, row: dict[str, Any], goal: str) -> Step:
        point = tuple(row["point"]) if row["point"] is not None else None
        data = {f: row[f] for f in ("reward", "terminated", "truncated", "error")}
        return Step(
            self._seen(row["observation"], goal),
            Action(row["op"], row["target"], row["text"], point),
            **data,
            proposal=from_json(Proposal, json.loads(row["proposal"])) if row["proposal"] else None,
            visits=tuple(row["visits"] or ()),
            worths=tuple(row["worths"] or ()),
            ms=json.loads(row["ms"]),
        )

    def _seen(self, text: str, goal: str) -> Observation:
        data = json.loads(text)
        frames = tuple(self._frame(at, name) for at, name in data.pop("frames"))
        return replace(from_json(Observation, {"goal": goal, **data}), frames=frames)

    def _frame(self, at: float, name: str) -> Frame:
        try:
            data = self._fs.cat_file(_join(self._root, FRAMES, f"{posixpath.basename(name)}.png"))
        except OSError as error:
            raise DataDamaged(f"frame {name} is missing: {error}") from error
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        if pixels is None:
            raise DataDamaged(f"frame {name} is no picture")
        height, width = pixels.shape[:2]
        return Frame(at, width, height, pixels[:, :, ::-1].tobytes())


def episode_in(corpus: str, wanted: str = "") -> Episode:
    """The episode of a corpus whose task or id is ``wanted``; "" for the only one. Raises ``UsageError``."""
    damage: list[str] = []

    def keep(row: Mapping[str, Any]) -> bool:
        return not wanted or wanted in (row["task"], row["episode"], row["episode"][:12])

    opened = Corpus(corpus, damage.append)
    found = list(opened.episodes(keep))
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{corpus} holds {len(found)} such episodes", f"name one: {corpus}#{found[-1].task.id}")
    tables = (opened.table(shard, LIGHT) for shard in opened.shards())
    known = sorted({row["task"] for table in tables if table is not None for row in table.to_pylist()})
    raise UsageError.unknown(f"episode in {corpus}", wanted, known)


def open_place(url: str) -> tuple[Any, str]:
    """The file system and the path in it that a URL or path names. Raises ``UsageError`` for a protocol not known."""
    try:
        fs, root = fsspec.core.url_to_fs(url)
    except (ValueError, ImportError) as error:
        raise UsageError(f"expected a folder or a URL that fsspec can open, found {url!r}: {error}") from error
    return fs, str(root)


def _read_head(fs: Any, root: str, url: str) -> dict[str, Any] | None:
    """The corpus's own file; None if there is no corpus."""
    try:
        head = json.loads(fs.cat_file(_join(root, HEAD)))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise DataDamaged(f"{_join(root, HEAD)} cannot be read: {error}") from error
    if not isinstance(head, dict) or head.get("schema") != SCHEMA:
        found = head.get("schema") if isinstance(head, dict) else type(head).__name__
        raise DataDamaged(
            f"{url}: expected a corpus of schema {SCHEMA}, found {found!r}", "written by another version?"
        )
    return head


def _shard_name() -> str:
    return f"steps-{time.time_ns():020d}-{uuid.uuid4().hex[:12]}.parquet"


def _join(*parts: str) -> str:
    return "/".join(parts)


def _write_whole(fs: Any, path: str, data: bytes) -> None:
    """All of it or nothing: a reader never sees half a file."""
    folder, _, name = path.rpartition("/")
    temporary = f"{folder}/.{name}.{uuid.uuid4().hex[:8]}"
    fs.pipe_file(temporary, data)
    fs.mv(temporary, path)

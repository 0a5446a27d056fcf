"""A folder that Hugging Face's ``datasets.load_dataset`` reads: Parquet, and a card that says what the columns are.

    OUT/README.md                                 the card
    OUT/data/train-00000-of-00001.parquet         one row a step

``observation`` holds everything as JSON (``webagent.envs.types``); the other columns are what one looks at.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from webagent.envs.types import to_json

from . import Source
from .page_text import page_text

IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
COLUMNS = {
    "episode": (pa.string(), "the episode's task, and its seed"),
    "step": (pa.int32(), "counted from 0"),
    "goal": (pa.string(), "what it is for, in plain words"),
    "url": (pa.string(), "of the page before the step"),
    "title": (pa.string(), "of that page"),
    "page": (pa.string(), "that page as text: its pruned tree, one element a line"),
    "screen": (IMAGE, "what it looked like; null where no picture was kept"),
    "instruction": (pa.string(), "what was done, as a sentence"),
    "op": (pa.string(), "what was done: click, type, select, …"),
    "target": (pa.string(), "the ref of the element that it was done to"),
    "role": (pa.string(), "of that element"),
    "name": (pa.string(), "of that element"),
    "text": (pa.string(), "what was typed, chosen, pressed"),
    "point": (pa.list_(pa.float64()), "where in the element, as fractions of its box"),
    "reward": (pa.float64(), "that the step earned"),
    "terminated": (pa.bool_(), "whether the episode ended with it"),
    "success": (pa.bool_(), "of the whole episode; null if nobody judged it"),
    "source": (pa.string(), "human, expert, policy:… or search:…"),
    "observation": (pa.string(), "the whole observation before the step, as JSON"),
}
KINDS = {
    pa.string(): "string", pa.int32(): "int32", pa.float64(): "float64", pa.bool_(): "bool", IMAGE: "image",
    pa.list_(pa.float64()): "float64 list",
}  # fmt: skip
FILE = "data/train-00000-of-00001.parquet"


def write(source: Source, out: Path) -> None:
    """Make the folder. ``out``: new or empty."""
    kinds = {name: kind for name, (kind, _) in COLUMNS.items()}
    features = {"info": {"features": {name: _feature(kind) for name, kind in kinds.items()}}}
    schema = pa.schema(list(kinds.items()), metadata={"huggingface": json.dumps(features)})
    table = pa.Table.from_pylist([_row(source, n) for n in range(len(source.episode.steps))], schema)
    path = out / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, compression="zstd")
    (out / "README.md").write_text(_card(source, table.num_rows), encoding="utf-8")


def _row(source: Source, n: int) -> dict[str, Any]:
    episode = source.episode
    step = episode.steps[n]
    seen, action = step.observation, step.action
    target = seen.tree.by_ref.get(action.target or "")
    picture = source.screens[n] if n < len(source.screens) else None
    return {
        "episode": f"{episode.task.id}#{episode.task.seed}", "step": n, "goal": episode.task.goal,
        "url": seen.url, "title": seen.title, "page": page_text(seen),
        "screen": {"bytes": picture.read_bytes(), "path": picture.name} if picture else None,
        "instruction": source.words[n] if n < len(source.words) else str(action),
        "op": action.op, "target": action.target, "role": target and target.role, "name": target and target.name,
        "text": action.text, "point": action.point, "reward": step.reward, "terminated": step.terminated,
        "success": episode.success, "source": episode.source, "observation": json.dumps(to_json(seen)),
    }  # fmt: skip


def _feature(kind: pa.DataType) -> dict[str, Any]:
    if kind == IMAGE:
        return {"_type": "Image"}
    if kind == pa.list_(pa.float64()):
        return {"feature": {"dtype": "float64", "_type": "Value"}, "_type": "List"}
    return {"dtype": KINDS[kind], "_type": "Value"}


def _card(source: Source, rows: int) -> str:
    about = "\n".join(f"| `{name}` | {KINDS[kind]} | {words} |" for name, (kind, words) in COLUMNS.items())
    goal = " ".join(source.episode.task.goal.split())
    return f"""---
configs:
- config_name: default
  data_files:
  - split: train
    path: data/*.parquet
size_categories:
- n<1K
tags:
- web-agents
---

# {goal or "An episode"}

{rows} steps of one episode on the web, exported by webagent.
`datasets.load_dataset("THIS_FOLDER", split="train")` reads them.

| column | kind | what it is |
|---|---|---|
{about}
"""

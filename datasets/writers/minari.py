"""A dataset of Minari in its Parquet layout, written without Minari: ``minari.MinariDataset("OUT/data")`` reads it.

    OUT/data/metadata.json            spaces, counts, the version of the layout
    OUT/data/0/metadata.json          of the episode
    OUT/data/0/part-0.parquet         one row an observation; what belongs to a step is empty in the last

Observations and actions are spaces of Gymnasium that Minari knows: texts, and the op as a number. ``json`` holds all of
an observation, ``action`` all of an action (``webagent.envs.types``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from webagent.envs.types import OPS, Observation, to_json

from . import Source
from .page_text import page_text

LAYOUT = "0.5.3"  # the version of Minari whose layout this is
SEEN = ("goal", "url", "title", "page", "json")


def write(source: Source, out: Path) -> None:
    """Make the folder. ``out``: new or empty."""
    episode = source.episode
    seen = [_seen(s.observation) for s in episode.steps] + [_seen(episode.final)]
    done = [json.dumps(to_json(step.action), ensure_ascii=False) for step in episode.steps]
    ops = [OPS.index(step.action.op) for step in episode.steps]
    folder = out / "data" / "0"
    folder.mkdir(parents=True, exist_ok=True)
    observations = pa.StructArray.from_arrays([pa.array([o[key] for o in seen]) for key in SEEN], names=list(SEEN))
    actions = pa.StructArray.from_arrays([pa.array([*ops, 0]), pa.array([*done, None])], names=["op", "action"])
    columns = {
        "observations": observations, "actions": actions,
        "rewards": pa.array([*(s.reward for s in episode.steps), 0.0]),
        "terminations": pa.array([*(s.terminated for s in episode.steps), False]),
        "truncations": pa.array([*(s.truncated for s in episode.steps), False]),
    }  # fmt: skip
    pq.write_table(pa.table(columns), folder / "part-0.parquet", compression="zstd")
    head = {"id": 0, "total_steps": len(ops), "seed": episode.task.seed, "task": episode.task.id,
            "success": episode.success, "source": episode.source}  # fmt: skip
    _write(folder / "metadata.json", head)
    size = (folder / "part-0.parquet").stat().st_size / 1e6
    texts = {key: [o[key] for o in seen] for key in SEEN}
    spaces = {
        "observation_space": _dict({key: _text(values) for key, values in texts.items()}),
        "action_space": _dict({"op": {"type": "Discrete", "dtype": "int64", "start": 0, "n": len(OPS)},
                               "action": _text(done)}),
    }  # fmt: skip
    _write(
        out / "data" / "metadata.json",
        {
            "dataset_id": "webagent/episode-v0", "minari_version": LAYOUT, "data_format": "parquet",
            "total_episodes": 1, "total_steps": len(ops), "dataset_size": round(size, 1), "jpeg_encoding": True,
            "description": episode.task.goal, **{name: json.dumps(space) for name, space in spaces.items()},
        },
    )  # fmt: skip


def _seen(seen: Observation) -> dict[str, str]:
    told = {"goal": seen.goal, "url": seen.url, "title": seen.title, "page": page_text(seen)}
    return {**told, "json": json.dumps(to_json(seen), ensure_ascii=False)}


def _dict(spaces: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Dict", "subspaces": spaces}


def _text(values: Iterable[str]) -> dict[str, Any]:
    """A space that holds these texts: their characters, and the length of the longest."""
    held = list(values)
    letters = "".join(sorted(set("".join(held)))) or " "
    return {"type": "Text", "min_length": 0, "max_length": max(1, *map(len, held)), "charset": letters}


def _write(path: Path, data: dict[str, Any]) -> None:
    path.write_text(json.dumps(data, ensure_ascii=False) + "\n", encoding="utf-8")

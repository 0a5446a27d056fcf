"""One JSON object a step, and one for the end; ``readers.jsonl`` makes an equal episode of it (docs/RECORDER.md)."""

from __future__ import annotations

import json
from typing import Any

from webagent.envs.types import to_json

from . import Source

SCHEMA = 1


def text(source: Source) -> str:
    """The lines. ``element`` and ``words`` are for whoever reads them alone; ``observation`` and the rest is all."""
    episode = source.episode
    lines = []
    for n, step in enumerate(episode.steps):
        data: dict[str, Any] = to_json(step)
        target = step.observation.tree.by_ref.get(step.action.target or "")
        head = {"schema": SCHEMA, "step": n, "goal": episode.task.goal, "url": step.observation.url}
        told = {"words": source.words[n] if n < len(source.words) else str(step.action), "element": to_json(target)}
        signs = dict(source.signs[n]) if n < len(source.signs) else {}
        told["signs"] = {name: signs[name] for name in ("target", "onto") if name in signs}
        lines.append({**head, **data.pop("action"), **told, **data})
    end = {
        "schema": SCHEMA, "step": len(episode.steps), "goal": episode.task.goal, "url": episode.final.url, "op": None,
        "task": to_json(episode.task), "source": episode.source, "success": episode.success,
        "info": to_json(episode.info), "observation": to_json(episode.final),
    }  # fmt: skip
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in [*lines, end])

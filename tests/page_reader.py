"""Reads one page with a browser of its own; importable by spawned processes."""

from __future__ import annotations

import tempfile
from pathlib import Path

from webagent.envs.suites.task_file import WebScenario
from webagent.envs.types import Action
from webagent.envs.web_env import WebEnv


def read_page(html: str = "<button>Go</button>") -> str:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "p.html").write_text(html, encoding="utf8")
        with WebEnv(WebScenario("p.html", "g", base=Path(folder))) as env:
            env.reset(seed=1)
            env.step(Action("click", env.observation.tree.elements[0].ref))
            return env.observation.tree.elements[0].name

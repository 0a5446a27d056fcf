"""Readers of public formats: each turns a file or folder into ``Episode``s.

    for episode in reader("webarena").read("test.raw.json", refused=print): ...

What cannot be used is handed to ``refused`` as ``(what, why)`` and skipped. Task texts without a page are episodes
without steps, whose ``info`` keeps what else the source tells of the task.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from webagent.envs.errors import UnknownName
from webagent.envs.types import Episode

Refused = Callable[[str, str], None]
Read = Callable[[str, Refused], Iterator[Episode]]

READERS = {
    "codegen": "scripts of Playwright in Python (a .py file, or a folder of them)",
    "devtools": "recordings of Chrome DevTools' Recorder (a .json file, or a folder of them)",
    "episodes": "episode folders of webagent run and bench",
    "jsonl": "steps as webagent export --to jsonl writes them",
    "miniwob-demos": "human demonstrations of MiniWoB++ (a tar or a folder of .json.gz)",
    "mind2web": "Mind2Web's tasks with their action sequences as text (JSON)",
    "selenium-ide": "projects of Selenium IDE (a .side file, or a folder of them)",
    "webarena": "task definitions of WebArena and VisualWebArena (test.raw.json)",
    "webshop": "WebShop's human-written shopping goals (human_goals.json)",
}


@dataclass(frozen=True)
class Reader:
    """``read(path, refused)`` yields episodes. Raises ``UsageError`` where nothing of that format lies."""

    name: str
    about: str
    read: Read


def reader(name: str) -> Reader:
    """The reader of that name; raises ``UnknownName``. Only its own module is imported."""
    if name not in READERS:
        raise UnknownName.unknown("format", name, READERS)
    module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    return Reader(name, READERS[name], module.read)

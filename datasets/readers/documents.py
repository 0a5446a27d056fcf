"""Opening what readers read, with one kind of error."""

from __future__ import annotations

import json
from typing import Any

import fsspec

from webagent.envs.errors import DataDamaged, UsageError


def load_list(path: str, what: str) -> list[Any]:
    """A JSON file that holds a list (``what`` of: for the message). Raises ``UsageError`` or ``DataDamaged``."""
    try:
        with fsspec.open(path, "rb") as file:
            data = json.loads(file.read())
    except (FileNotFoundError, IsADirectoryError, ImportError) as error:
        raise UsageError(f"expected a file with {what} at {path}, found: {error}") from error
    except (OSError, ValueError) as error:
        raise DataDamaged(f"{path} cannot be read: {error}") from error
    if not isinstance(data, list):
        raise UsageError(f"expected a list of {what} in {path}, found {type(data).__name__}")
    return data


def text_in(entry: Any, name: str) -> str:
    """A text of that name in a JSON object; raises ``ValueError`` if it is not there or empty."""
    value = entry.get(name) if isinstance(entry, dict) else None
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"expected a text {name!r}, found {value!r}")
    return value.strip()

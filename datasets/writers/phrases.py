"""Words of Python: strings, secrets, places and keys as a script writes them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

SECRET = re.compile(r"\{\{\s*secret:\s*([A-Za-z_][\w-]*)\s*\}\}")


def quoted(text: str) -> str:
    """A string of Python, in double quotes."""
    return json.dumps(text.encode("utf-8", "replace").decode("utf-8"), ensure_ascii=False)


def text_of(text: str) -> str:
    """Python for a text, with its secrets taken from the environment."""
    parts = []
    at = 0
    for found in SECRET.finditer(text):
        parts += [quoted(text[at : found.start()])] if found.start() > at else []
        parts.append(f"secret({quoted(variable(found[1]))})")
        at = found.end()
    parts += [quoted(text[at:])] if text[at:] or not parts else []
    return " + ".join(parts)


def variable(secret: str) -> str:
    """The environment variable of a secret."""
    return secret.replace("-", "_").upper()


def position(at: Sequence[float]) -> str:
    return f'{{"x": {number_of(at[0])}, "y": {number_of(at[1])}}}'


def number_of(value: float) -> str:
    return f"{round(value, 1):g}"


KEYS = {
    "ctrl": "Control", "cmd": "Meta", "command": "Meta", "option": "Alt", "esc": "Escape", "return": "Enter",
    "del": "Delete", "space": "Space", "spacebar": "Space", "up": "ArrowUp", "down": "ArrowDown", "left": "ArrowLeft",
    "right": "ArrowRight", "controlormeta": "ControlOrMeta",
}  # fmt: skip


def keys(combination: str) -> str:
    """A key combination in Playwright's names."""
    if combination == "+" or combination.endswith("++"):
        return combination
    return "+".join(KEYS.get(part.lower(), part) if len(part) > 1 else part for part in combination.split("+"))

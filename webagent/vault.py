"""Secrets by name: ``{{secret:NAME}}`` stays a placeholder everywhere, and becomes a value only under the keyboard.

    secrets = Secrets.parse(["PASSWORD=SHOP_PASSWORD"], os.environ)
    env = WebEnv(…, resolve=secrets.resolve, redact=secrets.redact_observation)

What a page shows of a value is turned back into its placeholder, also where it stands percent-encoded in an address or
escaped in HTML or JSON, and the place where it stood can be painted over in a picture.

Not covered: a value that a page shows in parts, cut, or rewritten (other case, base64), and one of three characters or
fewer inside a longer word.
"""

from __future__ import annotations

import dataclasses
import functools
import html
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from webagent.envs.blackout import Box, black_out, black_out_frame
from webagent.envs.errors import BadAction, UsageError
from webagent.envs.types import Observation

T = TypeVar("T")
PLACEHOLDER = re.compile(r"\{\{\s*secret:\s*([A-Za-z_][\w-]*)\s*\}\}")
_PAIR = re.compile(r"([A-Za-z_][\w-]*)=(\S+)")
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_NOT_PAGE_TEXT = frozenset({"ref", "role", "tag", "states", "parent", "kind", "settled", "op", "target"})
"""Fields that hold our own words: a secret "button" must not turn every button's role into a placeholder."""

_SHORT = 3


class Secrets:
    """Names with values that never show in ``repr``, ``str``, pickles or messages.

    A pickle holds the names alone and looks the values up again in the environment where it is opened.
    """

    __slots__ = ("_pairs", "_redact", "_value", "names")

    def __init__(self, values: Mapping[str, str] | None = None, pairs: Sequence[str] = ()) -> None:
        kept = dict(values or {})
        self.names = tuple(kept)
        self._pairs = tuple(pairs)
        self._value: Callable[[str], str] = kept.__getitem__
        self._redact = _redactor(kept)

    @classmethod
    def parse(cls, pairs: Sequence[str], environ: Mapping[str, str] | None = None) -> Secrets:
        """From ``NAME=ENVVAR``: the secret's name and the environment variable that holds it.

        Raises ``UsageError`` for another form, a name given twice, or a variable that is not set or empty.
        """
        source = os.environ if environ is None else environ
        values: dict[str, str] = {}
        for pair in pairs:
            found = _PAIR.fullmatch(pair)
            if not found:
                raise UsageError(
                    "expected --secret NAME=ENVVAR: a name, and the environment variable that holds the value",
                    "for example: --secret PASSWORD=SHOP_PASSWORD, typed where the goal says {{secret:PASSWORD}}",
                )
            name, variable = found.groups()
            if name in values:
                raise UsageError(f"secret {name!r} is given twice")
            if not source.get(variable, "").strip():
                known = f"environment variable {variable}" if _VARIABLE.fullmatch(variable) else "environment variable"
                raise UsageError(
                    f"secret {name!r}: its {known} is not set or empty",
                    "after = comes the name of a variable, never the value itself; set it before the command",
                )
            values[name] = source[variable]
        return cls(values, pairs)

    def check(self, goal: str) -> None:
        """Raise ``UsageError`` if ``goal`` names a secret that is not here, before a browser is started for it."""
        for name in PLACEHOLDER.findall(goal):
            if name not in self.names:
                raise self._unknown(UsageError, name)

    def resolve(self, text: str) -> str:
        """``text`` with every placeholder replaced by its value, for the keyboard alone; raises ``BadAction``."""

        def value(found: re.Match[str]) -> str:
            if found[1] not in self.names:
                raise self._unknown(BadAction, found[1])
            return self._value(found[1])

        return PLACEHOLDER.sub(value, text)

    def redact(self, text: str) -> str:
        """``text`` with every value replaced by its placeholder."""
        return self._redact(text)

    def redact_all(self, value: T) -> T:
        """The same through dataclasses, mappings, lists and tuples; what did not change is the same object."""
        if not self.names:
            return value
        return _walk(value, self._redact)

    def redact_observation(self, observation: Observation) -> Observation:
        """All texts of the page redacted, and in its frames the places painted black where values stood.

        A placeholder that the page itself shows is disarmed: an agent that copies it types no secret.
        """
        if not self.names:
            return observation
        clean = _walk(observation, lambda text: self._redact(_disarmed(text)))
        clean = dataclasses.replace(clean, goal=self._redact(observation.goal))
        boxes = secret_boxes(clean)
        if not boxes or not clean.frames:
            return clean
        frames = tuple(black_out_frame(f, boxes, clean.tree.viewport) for f in clean.frames)
        return dataclasses.replace(clean, frames=frames)

    def redact_screen(self, jpeg: bytes, observation: Observation) -> bytes:
        """A screen with the places painted black where ``observation``, already redacted, holds placeholders."""
        boxes = secret_boxes(observation) if self.names else ()
        return black_out(jpeg, boxes, observation.tree.viewport) if boxes else jpeg

    def _unknown(self, error: type[UsageError], name: str) -> UsageError:
        if not self.names:
            return error(f"unknown secret {name!r}: none was given", f"add --secret {name}=ENVVAR")
        return error.unknown("secret", name, self.names)

    def __repr__(self) -> str:
        return f"Secrets({', '.join(self.names)})"

    def __reduce__(self) -> Any:
        return Secrets.parse, (self._pairs,)


def secret_boxes(observation: Observation) -> tuple[Box, ...]:
    """Where a redacted observation shows placeholders, in CSS pixels of the viewport."""
    texts = ((e.box, f"{e.name} {e.value}") for e in observation.tree.elements)
    return tuple(box for box, text in texts if "{{secret:" in text and box[2] > 0 and box[3] > 0)


def _redactor(values: Mapping[str, str]) -> Callable[[str], str]:
    """One pattern for all values, longest first; it lives in a closure, so that no ``repr`` shows it."""
    if not values:
        return str
    ordered = sorted(values, key=lambda name: len(values[name]), reverse=True)
    pattern = re.compile("|".join(f"({_pattern_of(values[name])})" for name in ordered))
    placeholders = [f"{{{{secret:{name}}}}}" for name in ordered]
    signs = [max(re.findall(r"[A-Za-z0-9]+", value), key=len, default="") for value in values.values()]
    signs += ["%", "&#", "\\u"]  # a text with none of these holds no value, and most texts are like that

    def redact(text: str) -> str:
        if not any(sign in text for sign in signs):
            return text
        return pattern.sub(lambda found: placeholders[(found.lastindex or 1) - 1], text)

    return redact


def _pattern_of(value: str) -> str:
    parts = re.split(r"(\s+)", value.strip() or value)
    whole = "".join(
        r"(?:\s|\+|%20|%0A|&nbsp;|&#(?:32|x20|160|10);|\\n)+" if part.isspace() else "".join(map(_spellings, part))
        for part in parts
    )
    return rf"(?<!\w){whole}(?!\w)" if len(value.strip()) <= _SHORT else whole


def _spellings(char: str) -> str:
    """One character as itself, percent-encoded, or escaped in HTML or JSON."""
    encoded = "".join(f"%{byte:02X}" for byte in char.encode())
    forms = {char, json.dumps(char)[1:-1], f"\\{char}" if char in "/'" else char, encoded, encoded.lower()}
    forms |= {html.escape(char), f"&#{ord(char)};", f"&#x{ord(char):x};", f"&#x{ord(char):X};"}
    return "(?:" + "|".join(re.escape(f) for f in sorted(forms, key=len, reverse=True)) + ")"


def _disarmed(text: str) -> str:
    return PLACEHOLDER.sub(r"[secret:\1]", text) if "{{" in text else text


@functools.cache
def _page_fields(kind: type) -> tuple[str, ...]:
    return tuple(f.name for f in dataclasses.fields(kind) if f.name not in _NOT_PAGE_TEXT)


def _walk(value: Any, redact: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return redact(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changed = {}
        for name in _page_fields(type(value)):
            old = getattr(value, name)
            new = _walk(old, redact) if old else old
            if new is not old and new != old:
                changed[name] = new
        return dataclasses.replace(value, **changed) if changed else value
    if isinstance(value, dict):
        return {key: _walk(each, redact) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        walked = [_walk(each, redact) for each in value]
        if all(new is old for new, old in zip(walked, value, strict=True)):
            return value
        return walked if isinstance(value, list) else tuple(walked)
    return value

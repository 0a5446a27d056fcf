"""What must not be written: values of passwords and marked fields, wherever they stand.

The page's script masks the fields themselves; here the same values are taken out of everything else (an echo on the
page, an address), and out of pictures. They are held in memory only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from webagent.envs.blackout import black_out
from webagent.envs.types import Element, Observation

T = TypeVar("T")
MASK = "••••••••"


class Redactor(Protocol):
    """Replaces values by ``{{secret:NAME}}``; ``webagent.vault.Secrets`` is one."""

    def redact_all(self, value: T) -> T: ...

    def redact_observation(self, observation: Observation) -> Observation: ...

    def redact_screen(self, jpeg: bytes, observation: Observation) -> bytes: ...


class Masking:
    """Collects values as they are typed. ``make``: a redactor of ``{name: value}``.

    ``guarded``: something secret may be on the screen, so only pictures that were looked at may be kept.
    """

    def __init__(self, make: Callable[[Mapping[str, str]], Redactor]) -> None:
        self._make = make
        self._values: dict[str, str] = {}
        self._redactor = make({})
        self.guarded = False

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._values)

    def placeholder(self, field: Element, value: str) -> str:
        """What stands for ``value`` in the episode; from now on it is taken out of everything."""
        self.guarded = True
        name = re.sub(r"\W+", "_", field.name, flags=re.ASCII).strip("_").upper() or "SECRET"
        name = name if name[0].isalpha() else f"S_{name}"
        name = next((n for n, v in self._values.items() if v == value), name)
        number = 2
        base = name
        while name in self._values and self._values[name] != value:
            name, number = f"{base}_{number}", number + 1
        if value.strip():
            self._values[name] = value
            self._redactor = self._make(self._values)
        return f"{{{{secret:{name}}}}}"

    def text(self, value: T) -> T:
        return self._redactor.redact_all(value)

    def observation(self, seen: Observation) -> Observation:
        return self._redactor.redact_observation(seen)

    def screen(self, jpeg: bytes, seen: Observation) -> bytes:
        """A picture with masked fields and every place of a value painted black. ``seen``: already redacted."""
        boxes = [e.box for e in seen.tree.elements if e.value == MASK]
        painted = black_out(jpeg, boxes, seen.tree.viewport) if boxes and jpeg else jpeg
        return self._redactor.redact_screen(painted, seen)

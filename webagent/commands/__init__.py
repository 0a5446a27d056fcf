"""The commands, one a file: ``NAME``, ``EXAMPLE`` and a function of that name whose parameters are its flags.

A command returns a ``Result``; ``webagent.cli`` prints it as text or as JSON. Nothing heavy is imported at the top of
these files.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from webagent.envs.errors import WebAgentError


@dataclass(frozen=True)
class Result:
    """``data``: for ``--json``. ``text``: for people. ``error``: ``{"type", "message", "hint"}`` or None."""

    data: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    exit_code: int = 0
    error: dict[str, str] | None = None

    @classmethod
    def of_error(cls, error: WebAgentError, data: dict[str, Any] | None = None, text: str = "") -> Result:
        """The result of a command that ``error`` ended, with what it had by then."""
        line = " ".join(str(error).split())
        told = {"type": type(error).__name__, "message": line, "hint": " ".join(error.hint.split())}
        return cls(data or {}, text, error.exit_code, told)

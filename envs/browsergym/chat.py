"""The conversation between user and agent: a list of messages, kept in memory, with no window.

Somebody who plays the user calls ``say``, from any thread; ``wait_for_user_message`` waits for that.
"""

from __future__ import annotations

import threading
import time
from typing import Any, Literal

Role = Literal["user", "user_image", "assistant", "info", "infeasible"]
ROLES = ("user", "user_image", "assistant", "info", "infeasible")
GREETING = "Hi! I work with web pages for you. What is to be done?"


class Chat:
    """``messages``: dicts of ``role``, ``timestamp`` (s since the epoch) and ``message``, oldest first."""

    recording_start_time: float | None = None

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self._spoken = threading.Event()

    def add_message(self, role: Role, msg: str) -> None:
        """Put a message at the end; ``info`` is for people and is not kept."""
        if role not in ROLES:
            raise ValueError(f"Invalid role: {role}")
        if role != "info":
            self.messages.append({"role": role, "timestamp": time.time(), "message": msg})

    def say(self, message: str) -> None:
        """A message of the user, for whom ``wait_for_user_message`` waits."""
        self.add_message("user", message)
        self._spoken.set()

    def wait_for_user_message(self) -> None:
        """Wait until the user has said something more."""
        self._spoken.clear()
        self._spoken.wait()

    def close(self) -> None:
        """Let go of whoever waits."""
        self._spoken.set()

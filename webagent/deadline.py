"""A bound on everything inside a ``with`` block, by the system's alarm clock."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from webagent.envs.errors import TimedOut


@contextmanager
def deadline(seconds: float | None) -> Iterator[None]:
    """Raise ``TimedOut`` in the block after ``seconds``; None never does.

    Works in the main thread of systems with alarms (not on Windows); elsewhere only the single steps are bounded.
    """
    possible = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if seconds is None or not possible:
        yield
        return

    def ring(number: int, frame: Any) -> None:
        raise TimedOut(f"not finished within {seconds:g} s", "give more time with --timeout")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

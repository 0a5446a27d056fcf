"""What goes wrong with an action, in BrowserGym's words: agents have learned to read them."""

from __future__ import annotations

from ..errors import ActionFailed, WebAgentError

SAID_NO = (ArithmeticError, AttributeError, LookupError, NameError, OSError, RuntimeError, TypeError, ValueError)
"""What arguments of the wrong kind end in."""


class Refusal(ActionFailed):
    """What Playwright would raise its plain ``Error`` for; it is shown under that name."""


def missing(bid: str) -> ValueError:
    return ValueError(f'Could not find element with bid "{bid}"')


def timed_out(what: str, bid: str, why: str, seconds: float) -> TimeoutError:
    """``what``: the method of Playwright's locators that waits in vain; ``why``: what for."""
    log = f'Call log:\n  - element with bid "{bid}": {why}'
    return TimeoutError(f"Locator.{what}: Timeout {seconds * 1000:.0f}ms exceeded.\n{log}")


def error_line(error: BaseException) -> str:
    """An error as ``last_action_error`` tells it: its name, and what it says."""
    name = "Error" if isinstance(error, Refusal) else type(error).__name__
    hint = f"; {error.hint}" if isinstance(error, WebAgentError) and error.hint else ""
    return f"{name}: {error}{hint}"

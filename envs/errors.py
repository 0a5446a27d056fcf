"""Every exception of webagent, one tree:

WebAgentError                 anything we raise on purpose; carries ``hint``, ``exit_code``
├── UsageError                the caller's mistake: unknown name, bad value (exit 2)
│   ├── BadAction             an action that the closed set or the observation does not allow
│   └── UnknownName           a suite, task or policy that does not exist ("did you mean")
├── NeedsPerson               stopped for a person (exit 3)
│   ├── ConfirmationRefused   an irreversible act that nobody confirmed
│   └── HostBlocked           a host outside the allow-list
├── TimedOut                  a bounded wait ended (exit 124)
├── BrowserMissing            no Chrome or Chromium found, or it does not start (exit 1)
├── BrowserGone               the page, context or browser died or was closed (exit 1)
├── PageUnreachable           the start page did not load (exit 1)
├── DataDamaged               a file of ours that cannot be read back (exit 1)
└── ActionFailed              the world said no to one action; ends up in ``last_error``, never ends an episode
    ├── ElementGone           the target left the page
    ├── ElementHidden         the target has no place on the screen
    ├── ElementCovered        something else would take the click
    ├── ElementDisabled       the target is switched off
    ├── NotEditable           typing, clearing or selecting where that is impossible
    ├── NoSuchOption          a select without that option
    ├── NavigationFailed      a page that did not load
    ├── RequestBlocked        the allow-list stopped it
    └── ActionTimedOut        the page did not answer in time
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class WebAgentError(Exception):
    """Base of all. ``str(error)`` is one line: expected, found; ``hint`` says what to do next."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(WebAgentError):
    exit_code = 2

    @classmethod
    def unknown(cls, what: str, found: str, known: Iterable[str]) -> UsageError:
        """``cls`` for a name that is not in ``known``, with the nearest names offered."""
        names = list(known)
        close = difflib.get_close_matches(found, names, n=3, cutoff=0.5)
        if close:
            hint = "did you mean " + " or ".join(repr(c) for c in close) + "?"
        else:
            hint = f"known: {', '.join(names[:12])}" + (" …" if len(names) > 12 else "")
        return cls(f"unknown {what} {found!r}", hint)


class BadAction(UsageError):
    pass


class UnknownName(UsageError):
    pass


class NeedsPerson(WebAgentError):
    exit_code = 3


class ConfirmationRefused(NeedsPerson):
    pass


class HostBlocked(NeedsPerson):
    pass


class TimedOut(WebAgentError):
    exit_code = 124


class BrowserMissing(WebAgentError):
    pass


class BrowserGone(WebAgentError):
    pass


class PageUnreachable(WebAgentError):
    pass


class DataDamaged(WebAgentError):
    pass


class ActionFailed(WebAgentError):
    """``line`` is what ``last_error`` shows: class name, message and hint."""

    @property
    def line(self) -> str:
        return f"{type(self).__name__}: {self}" + (f"; {self.hint}" if self.hint else "")


class ElementGone(ActionFailed):
    pass


class ElementHidden(ActionFailed):
    pass


class ElementCovered(ActionFailed):
    pass


class ElementDisabled(ActionFailed):
    pass


class NotEditable(ActionFailed):
    pass


class NoSuchOption(ActionFailed):
    pass


class NavigationFailed(ActionFailed):
    pass


class RequestBlocked(ActionFailed):
    pass


class ActionTimedOut(ActionFailed):
    pass

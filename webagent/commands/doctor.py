"""``webagent doctor``: what this machine has and lacks."""

from __future__ import annotations

import dataclasses

from webagent.commands import Result
from webagent.commands.options import AsJson, Browser

NAME = "doctor"
EXAMPLE = "Example:  webagent doctor --browser /usr/bin/chromium"


def doctor(browser: Browser = None, as_json: AsJson = False) -> Result:
    """Say what this machine has and lacks.

    Checks packages, browser, sandbox and display; starts a browser once, uses no network.
    """
    from webagent.doctor import diagnose

    checks = diagnose(browser)
    healthy = all(check.ok for check in checks if check.required)
    lines = []
    for check in checks:
        mark = "ok" if check.ok else "MISSING" if check.required else "note"
        lines.append(f"{mark:<8} {check.name}: {check.found}")
        if check.hint:
            lines.append(f"{'':<8} {check.hint}")
    lines.append("all that is needed is here" if healthy else "something that is needed is missing")
    data = {"healthy": healthy, "checks": [dataclasses.asdict(check) for check in checks]}
    return Result(data, "\n".join(lines), 0 if healthy else 1)

"""``webagent install``: a browser, if there is none."""

from __future__ import annotations

from webagent.commands import Result
from webagent.commands.options import AsJson, Quiet
from webagent.console import Console

NAME = "install"
EXAMPLE = "Example:  webagent install && webagent doctor"


def install(quiet: Quiet = False, as_json: AsJson = False) -> Result:
    """Find a system Chrome or Chromium, else install one."""
    from webagent.envs.chromium import browser_version, install_browser

    path = install_browser(Console(quiet).say)
    version = browser_version(path)
    return Result({"browser": str(path), "version": version}, f"{path} ({version})")

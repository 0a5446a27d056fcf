"""``webagent speed``: how fast the environment is here, against the raw protocol and against its peers."""

from __future__ import annotations

from typing import Annotated

from webagent.commands import Result
from webagent.commands.options import AsJson, Browser, Quiet, flag
from webagent.console import Console

NAME = "speed"
EXAMPLE = "Example:  webagent speed --peers --peer-python peers/bin/python"

Peers = Annotated[bool, flag("--peers", "Measure other gyms, too, as far as they are installed.")]
PeerPython = Annotated[
    list[str] | None,
    flag("--peer-python", "Interpreter of a venv with them (means --peers); repeat.", metavar="PATH"),
]
Task = Annotated[str, flag("--task", "The page of MiniWoB++ to measure on.", metavar="NAME")]
Seconds = Annotated[float, flag("--seconds", "How long to measure, start-up and peers aside.", metavar="N", min=1)]
Contexts = Annotated[
    list[int] | None, flag("--contexts", "A vector of so many contexts (default: 8); repeat.", metavar="N", min=2)
]
Processes = Annotated[
    int | None, flag("--processes", "The largest vector over so many processes, too.", metavar="N", min=1)
]
View = Annotated[str, flag("--view", "The observation's view: typed or arrays.", metavar="NAME")]
Timed = Annotated[
    str | None, flag("--policy", "Whose decisions to time (default: the shipped one).", metavar="NAME")
]  # fmt: skip


def speed(
    peers: Peers = False,
    peer_python: PeerPython = None,
    task: Task = "click-checkboxes",
    seconds: Seconds = 40.0,
    contexts: Contexts = None,
    processes: Processes = None,
    view: View = "typed",
    policy: Timed = None,
    browser: Browser = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> Result:
    """Measure how fast the environment is on this machine.

    Clicks on one page of MiniWoB++ again and again, over the raw protocol and through the environment in turns. Let
    nothing else run meanwhile.
    """
    import sys

    from webagent.envs.errors import UsageError
    from webagent.envs.views import make_view
    from webagent.speed.measure import SpeedSettings, measure
    from webagent.speed.peers import check_interpreter
    from webagent.speed.table import table
    from webagent.speed.work import find_work

    make_view(view)
    sizes = tuple(sorted(set(contexts or [8])))
    if processes is not None and processes > sizes[-1]:
        raise UsageError(
            f"expected --processes up to the contexts, {sizes[-1]}, found {processes}", "or more --contexts"
        )
    asked = peer_python or ([sys.executable] if peers else [])
    settings = SpeedSettings(
        work=find_work(task), seconds=seconds, contexts=sizes, processes=processes, view=view, policy=policy,
        interpreters=tuple(dict.fromkeys(map(check_interpreter, asked))), browser=browser,
    )  # fmt: skip
    data = measure(settings, Console(quiet).say)
    return Result(data, table(data))

"""``webagent run``: one task, done in a real browser, with a record and a report of how."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from webagent.commands import Result
from webagent.commands.options import (
    EVERYDAY,
    AsJson,
    Browser,
    Leaf,
    MaxSteps,
    Policy,
    Quiet,
    Search,
    SearchSteps,
    SearchWith,
    SecretName,
    Skills,
    Yes,
    flag,
)
from webagent.console import Console

NAME = "run"
EXAMPLE = 'Example:  webagent run "Turn off the weekly mail and save" --url http://127.0.0.1:8000/settings --report .'


Goal = Annotated[str | None, typer.Argument(metavar="GOAL", help="The task, in plain words.")]
Url = Annotated[str | None, flag("--url", "Where to start: an address or a local file.", metavar="URL")]
TaskId = Annotated[
    str | None,
    flag("--task", "A task instead: miniwob.NAME, practice.KIND, demo.NAME or FILE.json#NAME.", metavar="ID"),
]
Seed = Annotated[int, flag("--seed", "Which instance of the task, and the policy's chance.", metavar="N", min=0)]
Allow = Annotated[
    list[str] | None, flag("--allow", "A host that may be reached beside the start page's; repeat.", metavar="HOST")
]
Headed = Annotated[bool, flag("--headed", "Show the browser's window.")]
Out = Annotated[Path | None, flag("--out", "Keep the episode in a folder under this one.", metavar="DIR")]
Files = Annotated[Path | None, flag("--files", "Files from this folder may be uploaded.", metavar="DIR")]
Report = Annotated[Path | None, flag("--report", "Write report.html into this folder.", metavar="DIR")]
Video = Annotated[bool, flag("--video", "Film the screen, into screen.webm beside the episode and into the report.")]
Timeout = Annotated[
    float | None, flag("--timeout", "Give up after this long (exit code 124).", metavar="SECONDS", min=0.1)
]

Program = Annotated[
    Path | None,
    flag("--program", "Do what webagent compile made, without a model where it fits.", metavar="FILE"),
]
Sets = Annotated[
    list[str] | None, flag("--set", "A value of the program; repeat, also for a list.", metavar="NAME=VALUE")
]
UpdateProgram = Annotated[bool, flag("--update-program", "Write repairs into the program itself, too.")]
NoSkills = Annotated[bool, flag("--no-skills", "Neither use what was done before nor keep what is done now.")]


def run(
    goal: Goal = None, url: Url = None, task: TaskId = None,
    program: Program = None, set_: Sets = None, update_program: UpdateProgram = False,
    skills: Skills = None, no_skills: NoSkills = False,
    policy: Policy = EVERYDAY,
    search: Search = None, search_with: SearchWith = "gumbel", leaf: Leaf = "value", search_steps: SearchSteps = None,
    max_steps: MaxSteps = None, seed: Seed = 0,
    allow: Allow = None, secret: SecretName = None, yes: Yes = False,
    headed: Headed = False, browser: Browser = None,
    out: Out = None, files: Files = None, report: Report = None, video: Video = False,
    timeout: Timeout = None, quiet: Quiet = False, as_json: AsJson = False,
) -> Result:  # fmt: skip
    """Do one task in a real browser and say how it went.

    Only the start page's site can be reached, unless --allow names more. What needs a person's confirmation is asked
    for on a terminal, and refused without one (exit code 3), unless --yes is given. What the page hands out is kept
    in DIR/downloads of --out. With --search, each action is the best of those tried out in a second window. A goal
    that was done before on the same site is done again as it was, and the policy asked only where that does not fit.
    """
    from webagent.errand import Errand, perform
    from webagent.plan import Plan
    from webagent.skills import skills_folder

    errand = Errand(
        goal=goal, url=url, task=task, policy=policy, max_steps=max_steps, seed=seed, allow=tuple(allow or ()),
        plan=Plan(search, search_with, leaf, search_steps) if search else None, secrets=tuple(secret or ()), yes=yes,
        headed=headed, browser=browser, out=out, files=files, report=report, video=video, timeout=timeout,
        program=program, sets=tuple(set_ or ()), update_program=update_program,
        skills=None if no_skills else skills_folder(skills),
    )  # fmt: skip
    return perform(errand, Console(quiet))

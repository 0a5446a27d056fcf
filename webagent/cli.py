"""The command line: ``webagent COMMAND …``. Thin: each command lives in ``webagent/commands``.

Results on stdout, everything else on stderr. ``--json`` anywhere gives one document,
``{"schema": 1, "ok": …, "command": …, "data": {…}, "error": null | {"type", "message", "hint"}}``.
Exit codes: 0 success, 1 the task failed or an error, 2 usage, 3 stopped for a person, 124 time-out, 130 interrupted.

Only typer is imported here; what a command needs, it imports when it runs, so that ``--help`` answers at once.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from webagent import __version__
from webagent.commands import Result
from webagent.commands import bench as bench_command
from webagent.commands import compile as compile_command
from webagent.commands import data as data_command
from webagent.commands import doctor as doctor_command
from webagent.commands import export as export_command
from webagent.commands import install as install_command
from webagent.commands import judge as judge_command
from webagent.commands import record as record_command
from webagent.commands import replay as replay_command
from webagent.commands import run as run_command
from webagent.commands import show as show_command
from webagent.commands import skills as skills_command
from webagent.commands import speed as speed_command
from webagent.commands import tasks as tasks_command
from webagent.commands import train as train_command

SCHEMA = 1
INTERRUPTED = 130
TERMINATED = 143
ClickException: type[Exception] = typer.BadParameter.__mro__[2]
"""Typer's base of what a command line can get wrong; under another module name from release to release."""


class Commands(TyperGroup):
    """The group of all commands; an unknown one is reported as every other unknown name is."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args[0] not in self.commands:
            from webagent.envs.errors import UnknownName

            raise UnknownName.unknown("command", args[0], self.commands)
        return super().resolve_command(ctx, args)


app = typer.Typer(
    name="webagent",
    cls=Commands,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


@app.callback(
    invoke_without_command=True,
    epilog="Every flag can also be set in the environment: --max-steps as WEBAGENT_MAX_STEPS. Exit codes: 0 success, "
    "1 the task failed or an error, 2 usage, 3 stopped for a person, 124 time-out, 130 interrupted.",
)
def webagent(
    ctx: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON document on stdout; may stand anywhere on the line.")
    ] = False,
) -> Result | None:
    """An open, local web agent: give it a task in plain words, and it does it in a real Chromium."""
    if version:
        ctx.ensure_object(dict)["result"] = Result({"version": __version__}, f"webagent {__version__}")
        raise typer.Exit()
    if ctx.invoked_subcommand is None:
        ctx.ensure_object(dict)["result"] = Result({}, ctx.get_help())
        raise typer.Exit()
    return None


for module in (
    run_command, bench_command, speed_command, tasks_command, show_command, record_command,
    replay_command, export_command, compile_command, judge_command, doctor_command, install_command,
):  # fmt: skip
    app.command(module.NAME, epilog=module.EXAMPLE)(getattr(module, module.NAME))

for group in (data_command, skills_command, train_command):
    inner = typer.Typer(cls=Commands, rich_markup_mode=None, help=group.HELP)
    for name, command, example in group.COMMANDS:
        inner.command(name, epilog=example)(command)
    app.add_typer(inner, name=group.NAME)


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run one command and leave with its exit code."""
    args = list(sys.argv[1:] if argv is None else argv)
    args, as_json = _take_json(args)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _terminate)
    result = run(args)
    try:
        _report(result, _command_of(args), as_json)
    except BrokenPipeError:  # whoever read our output has gone (``| head``); nothing is left to say
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(result.exit_code)


def run(args: Sequence[str]) -> Result:
    """Run one command; every failure comes back as a ``Result`` with its exit code, never as an exception."""
    memory: dict[str, Result] = {}
    interrupted = Result(exit_code=INTERRUPTED, error={"type": "Interrupted", "message": "interrupted", "hint": ""})
    try:
        value = app(list(args), standalone_mode=False, obj=memory, prog_name="webagent")
    except ClickException as error:
        return _usage_result(error)
    except (KeyboardInterrupt, typer.Abort):
        return interrupted
    except Exception as error:  # noqa: BLE001 (the outermost edge: a person gets one line and a file, never a traceback)
        return _error_result(error)
    if isinstance(value, Result):
        return value
    if value == INTERRUPTED:  # typer has caught Ctrl-C itself
        return interrupted
    return memory.get("result") or Result(exit_code=value if isinstance(value, int) else 0)


def _error_result(error: Exception) -> Result:
    from webagent.envs.errors import WebAgentError

    if isinstance(error, WebAgentError):
        return Result.of_error(error)
    with tempfile.NamedTemporaryFile("w", prefix="webagent-", suffix=".txt", delete=False, encoding="utf-8") as file:
        traceback.print_exception(error, file=file)
    message = f"{type(error).__name__}: {error}".splitlines()[0].rstrip(": ")
    hint = f"this is a bug in webagent; the details are in {file.name}"
    return Result(exit_code=1, error={"type": type(error).__name__, "message": message, "hint": hint})


def _usage_result(error: Any) -> Result:
    """Typer's complaint in our words: lower case, one line, a hint."""
    from webagent.envs.errors import UsageError

    ctx = getattr(error, "ctx", None)
    path = ctx.command_path if ctx else "webagent"
    ours = UsageError(_lower(" ".join(error.format_message().split())), f"see: {path} --help")
    found = str(getattr(error, "option_name", ""))
    if type(error).__name__ == "NoSuchOption" and ctx:
        flags = sorted({flag for p in ctx.command.params for flag in p.opts if flag.startswith("--")} | {"--help"})
        ours = UsageError.unknown("flag", found, flags)
    return Result.of_error(ours)


def _lower(message: str) -> str:
    return (message[:1].lower() + message[1:]).rstrip(".")


def _take_json(args: list[str]) -> tuple[list[str], bool]:
    """The arguments without ``--json``, and whether it was among them (before a ``--``) or in the environment."""
    end = args.index("--") if "--" in args else len(args)
    head = [arg for arg in args[:end] if arg != "--json"]
    by_environment = os.environ.get("WEBAGENT_JSON", "").lower() in ("1", "true", "yes", "on")
    return head + args[end:], len(head) < end or by_environment


def _command_of(args: list[str]) -> str:
    names = {c.name for c in app.registered_commands} | {g.name for g in app.registered_groups}
    return next((arg for arg in args if arg in names), "")


def _report(result: Result, command: str, as_json: bool) -> None:
    if as_json:
        document = {
            "schema": SCHEMA,
            "ok": result.exit_code == 0,
            "command": command,
            "data": result.data,
            "error": result.error,
        }
        print(json.dumps(document, ensure_ascii=True, allow_nan=False), flush=True)
    elif result.text:
        print(result.text, flush=True)
    if result.error and not as_json:
        print(f"error: {result.error['message']}", file=sys.stderr)
        if result.error["hint"]:
            print(f"hint: {result.error['hint']}", file=sys.stderr, flush=True)


def _terminate(number: int, frame: Any) -> NoReturn:
    # Raised like Ctrl-C, so that every 'with' closes its browser on the way out.
    raise SystemExit(TERMINATED)

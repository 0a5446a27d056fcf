"""Programs on disk: JSON that a person can read and change, checked field by field when it is read.

write_program(program, "program.json")
program = read_program("program.json")
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from webagent.envs.errors import DataDamaged, UsageError
from webagent.envs.types import OPS

from .match import Signs
from .program import FIRST_ROW, FOR, NEXT_ROW, PLACE, SECRET, Loop, Page, Parameter, Program, Step

VERSION = 1
T = TypeVar("T")


def write_program(program: Program, path: str | Path) -> Path:
    """Whole or not at all; raises ``UsageError`` where that cannot be written."""
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(program_text(program), encoding="utf-8")
        os.replace(temporary, path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", "choose another place") from None
    return path


def program_text(program: Program) -> str:
    """The whole as JSON for people: what is as usual is left out, short lists stand on one line."""
    return _pretty({"program": VERSION, **_plain(program)}) + "\n"


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        told = {f.name: (getattr(value, f.name), f) for f in dataclasses.fields(value)}
        return {name: _plain(v) for name, (v, f) in told.items() if name in ("op", "role") or v != _usual(f)}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return round(value, 4) if isinstance(value, float) else value


def _usual(f: dataclasses.Field[Any]) -> Any:
    return f.default_factory() if f.default_factory is not dataclasses.MISSING else f.default


def _pretty(value: Any, indent: str = "") -> str:
    inner = indent + "  "
    if isinstance(value, dict) and value:
        rows = [f"{inner}{json.dumps(k)}: {_pretty(v, inner)}" for k, v in value.items()]
        return "{\n" + ",\n".join(rows) + f"\n{indent}}}"
    if isinstance(value, list) and any(isinstance(v, dict) for v in value):
        return "[\n" + ",\n".join(inner + _pretty(v, inner) for v in value) + f"\n{indent}]"
    return json.dumps(value, ensure_ascii=False)


def read_program(path: str | Path) -> Program:
    """Raises ``UsageError`` where there is none, ``DataDamaged`` for what is none or of another version."""
    path = Path(path)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"expected a program at {path}, found nothing", "make one: webagent compile EPISODE") from None
    except (OSError, ValueError) as error:
        raise DataDamaged(f"{path} cannot be read as a program: {error}", "make it anew: webagent compile") from None
    except RecursionError:
        raise DataDamaged(f"{path}: nested too deeply to be a program") from None
    found = data.get("program") if isinstance(data, dict) else None
    if found != VERSION or isinstance(found, bool):
        what = f"version {found!r}" if found is not None else "no program"
        raise DataDamaged(f"{path}: expected a program of version {VERSION}, found {what}", "webagent compile EPISODE")
    try:
        program = _checked(_program({k: v for k, v in data.items() if k != "program"}))
    except (TypeError, ValueError) as error:
        raise DataDamaged(f"{path}: {error}", "mend it, or make it anew: webagent compile") from None
    return program


def _program(data: dict[str, Any]) -> Program:
    steps = _made(tuple, data.pop("steps", []), "steps")
    parameters = _made(tuple, data.pop("parameters", []), "parameters")
    return replace(
        _built(Program, data, "the program"),
        parameters=tuple(_built(Parameter, p, f"parameter {n}") for n, p in enumerate(parameters, 1)),
        steps=tuple(_step(s, f"step {n}") for n, s in enumerate(steps, 1)),
    )


def _step(data: Any, where: str) -> Step | Loop:
    if isinstance(data, dict) and data.get("op") == FOR:
        inner = _made(tuple, data.get("steps", []), where)
        made = [_step(s, f"{where}.{n}") for n, s in enumerate(inner, 1)]
        if not made or not all(isinstance(s, Step) for s in made):
            raise ValueError(f"{where}: expected a loop of plain steps")
        return replace(_built(Loop, {**data, "steps": []}, where), steps=tuple(s for s in made if isinstance(s, Step)))
    nouns = {"target": Signs, "onto": Signs, "page": Page, "after": Page}
    plain = dict(data) if isinstance(data, dict) else data
    if isinstance(plain, dict):
        plain |= {k: _built(kind, plain[k], f"{where}, {k}") for k, kind in nouns.items() if plain.get(k) is not None}
    step = _built(Step, plain, where)
    if step.op not in OPS:
        raise ValueError(f"{where}: expected an op of {', '.join(OPS)}, found {step.op!r}")
    return step


_KINDS: dict[str, Any] = {"str": str, "bool": bool, "int": int, "float": (int, float), "tuple": (list, tuple)}


def _built(kind: type[T], data: Any, where: str) -> T:
    """A dataclass of plain data; every field has the type that it should have, or ``ValueError``."""
    if not isinstance(data, dict):
        raise ValueError(f"{where}: expected an object, found {type(data).__name__}")
    fields = {f.name: f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for name, value in data.items():
        if name not in fields:
            raise ValueError(f"{where}: unknown field {name!r}")
        wanted = str(fields[name].type)
        first = re.match(r"\w+", wanted)
        right = _KINDS.get(first[0] if first else "")
        fine = not right or (isinstance(value, right) and isinstance(value, bool) == (right is bool))
        fine = fine or (value is None and "None" in wanted) or (isinstance(value, list) and "list" in wanted)
        if not fine:
            raise ValueError(f"{where}: {name} should be {wanted}, found {value!r:.60}")
        parts = str if wanted.startswith("tuple[str") or "list[str]" in wanted else (int, float)
        if isinstance(value, list) and not all(isinstance(v, parts) for v in value):
            raise ValueError(f"{where}: {name} should be {wanted}, found {value!r:.60}")
    return kind(**{k: tuple(v) if isinstance(v, list) and k != "default" else v for k, v in data.items()})


def _made(kind: type, value: Any, where: str) -> Any:
    if not isinstance(value, list):
        raise ValueError(f"{where}: expected a list, found {type(value).__name__}")
    return kind(value)


def _checked(program: Program) -> Program:
    """Whether every place holder has its parameter, and every loop its list."""
    plain = {p.name for p in program.parameters if not p.secret}
    secret = {p.name for p in program.parameters if p.secret}
    lists = {p.name for p in program.parameters if p.many}
    if len(plain | secret) != len(program.parameters):
        raise ValueError("two parameters have the same name")
    for n, step in enumerate(program.steps, 1):
        each = {step.each} if isinstance(step, Loop) and step.over in lists else set()
        if isinstance(step, Loop) and step.over not in {"", NEXT_ROW, FIRST_ROW, *lists}:
            raise ValueError(f"step {n}: no list parameter {step.over!r} for its loop")
        for inner in step.steps if isinstance(step, Loop) else (step,):
            _check_places(inner, n, plain | each, secret)
    return program


def _check_places(step: Step, n: int, plain: set[str], secret: set[str]) -> None:
    for pattern, names, what in ((PLACE, plain, "parameter"), (SECRET, secret, "secret parameter")):
        for name in pattern.findall(step.text or ""):
            if name not in names:
                raise ValueError(f"step {n}: no {what} {name!r} for its text {step.text!r}")

"""The house holds together: who may import whom, how big a file may grow, what importing costs.

The tables here are the design; a new edge between rooms or a new third party is a decision, made by editing them.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("webagent", "envs", "recorder", "search", "models", "datasets")

NOUNS = ("webagent.envs.types", "webagent.envs.errors")
MAY_IMPORT = {
    "envs": ("webagent.envs",),
    "datasets": ("webagent.datasets", *NOUNS),
    "models": ("webagent.models", *NOUNS),
    "search": ("webagent.search", *NOUNS),
    "recorder": ("webagent.recorder", "webagent.envs", "webagent.datasets"),
    "webagent": ("webagent",),
}
THIRD_PARTIES = {
    "envs": {"numpy", "gymnasium", "lxml", "bs4", "cv2", "networkx", "miniwob"},
    "datasets": {"numpy", "pyarrow", "fsspec", "cv2"},
    "models": {"numpy", "torch", "transformers", "tokenizers", "safetensors"},
    "search": {"numpy", "networkx"},
    "recorder": {"playwright", "mss", "cv2"},
    "webagent": {
        "numpy",
        "gymnasium",
        "torch",
        "stable_baselines3",
        "sb3_contrib",
        "tensorboard",
        "rich",
        "typer",
        "packaging",
        "ray",
    },
}
TOUCHES_A_PAGE = {
    *(f"envs/{name}.py" for name in ("browser", "session", "tab", "world", "screen", "downloads", "storage")),
    *(f"envs/{name}.py" for name in ("inner_frames", "loading", "stuck", "wire")),
    *(f"envs/browsergym/{name}.py" for name in ("actions", "frames", "observation")),
}
"""The only files of ``envs`` that may import Playwright."""

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50
MAX_BLANKET_EXCEPTS = 0.5 / 1000  # a source line; BrowserGym has six times as many, and cannot tell whose fault it was


def python_files(*folders: str) -> list[Path]:
    return sorted(p for folder in folders for p in (ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    parts = parts if parts[0] == "webagent" else ("webagent", *parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports_of(path: Path) -> Iterator[str]:
    """Every module named anywhere in the file, also inside functions, relative ones made absolute."""
    package = module_of(path) if path.name == "__init__.py" else module_of(path).rpartition(".")[0]
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            # `from webagent import envs` names a module by its alias
            yield from (f"{base}.{alias.name}" for alias in node.names) if base == "webagent" else (base,)


def fault_of(path: Path, module: str) -> str:
    """What is wrong with this import in this file, or ""."""
    room = name_of(path).split("/")[0]
    top = module.split(".")[0]
    if module == "webagent.__version__" or top in sys.stdlib_module_names:
        return ""
    if top == "webagent":
        allowed = any(module == m or module.startswith(m + ".") for m in MAY_IMPORT[room])
        return "" if allowed else f"{name_of(path)}: {room} must not know {module}"
    if top == "playwright" and name_of(path) in TOUCHES_A_PAGE:
        return ""
    return "" if top in THIRD_PARTIES[room] else f"{name_of(path)}: {room} must not use {top}"


@pytest.mark.parametrize("room", ROOMS)
def test_the_import_table_holds(room: str) -> None:
    faults = [fault_of(path, module) for path in python_files(room) for module in imports_of(path)]
    assert sorted(set(filter(None, faults))) == []


def test_the_table_would_notice() -> None:
    assert fault_of(ROOT / "envs/html.py", "torch") == "envs/html.py: envs must not use torch"
    assert fault_of(ROOT / "envs/html.py", "playwright.sync_api")
    assert fault_of(ROOT / "models/policy.py", "webagent.envs.browser")
    assert not fault_of(ROOT / "models/policy.py", "webagent.envs.types")


def test_pages_are_touched_where_the_table_says() -> None:
    missing = [name for name in TOUCHES_A_PAGE if not (ROOT / name).is_file()]
    assert missing == [], "the table names files that do not exist"


def test_every_package_is_named_in_pyproject() -> None:
    setup = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    found = {module_of(p): p.parent for p in python_files(*ROOMS) if p.name == "__init__.py"}
    assert sorted(setup["packages"]) == sorted(found)
    assert setup["package-dir"] == {module: folder.relative_to(ROOT).as_posix() for module, folder in found.items()}
    homeless = [name_of(p) for p in python_files(*ROOMS) if not (p.parent / "__init__.py").is_file()]
    assert homeless == [], "these files lie in a folder without __init__.py"


def test_files_and_functions_stay_small() -> None:
    too_long = []
    for path in python_files(*ROOMS, "tests"):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > MAX_FILE_LINES:
            too_long.append(f"{name_of(path)}: {lines} lines")
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > MAX_FUNCTION_LINES:
                    too_long.append(f"{name_of(path)}:{node.lineno} {node.name}: {length} lines")
    assert too_long == []


def test_no_file_is_named_for_nothing() -> None:
    names = {"utils", "util", "common", "helpers", "misc"}
    assert [name_of(p) for p in python_files(*ROOMS, "tests") if {p.stem, p.parent.name} & names] == []


def test_tests_are_no_package() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_blanket_excepts_are_rare() -> None:
    lines, found = 0, []
    for path in python_files(*ROOMS):
        lines += len(path.read_text(encoding="utf-8").splitlines())
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.ExceptHandler) and _is_blanket(node.type):
                found.append(f"{name_of(path)}:{node.lineno}")
    assert len(found) <= lines * MAX_BLANKET_EXCEPTS, found


def _is_blanket(kind: ast.expr | None) -> bool:
    names = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(n is None or (isinstance(n, ast.Name) and n.id in {"Exception", "BaseException"}) for n in names)


def test_the_roof_holds_only_the_version() -> None:
    body = parse(ROOT / "webagent/__init__.py").body
    assigned = [n for n in body if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "__version__"]
    docstring = [n for n in body[:1] if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)]
    assert len(assigned) == 1 and len(body) == 1 + len(docstring)


def run_python(code: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONSAFEPATH": "1"}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("folder", [room for room in ROOMS if room != "webagent"])
def test_folders_are_not_importable_by_their_own_name(folder: str) -> None:
    code = f"import {folder}; print({folder}.__file__)"
    done = run_python(code, ROOT)
    assert str(ROOT) not in done.stdout, f"`import {folder}` makes a second copy of every class"
    if folder == "envs":
        assert "ModuleNotFoundError: No module named 'envs'" in done.stderr


def test_the_ground_is_light(tmp_path: Path) -> None:
    heavy = ("torch", "transformers", "playwright", "pyarrow", "stable_baselines3", "webagent.cli")
    code = (
        "import os, subprocess, sys\n"
        "def refuse(*a, **k): raise AssertionError('a process was started by an import')\n"
        "subprocess.Popen.__init__ = os.fork = os.posix_spawn = refuse\n"
        "import webagent.envs\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = run_python(code, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"

"""A training run on disk: what was asked for, what happened, and all that is needed to go on after any kill.

RUN/config.json     the settings, the environment, the commit
RUN/metrics.jsonl   one line a report
RUN/events*         the same for TensorBoard
RUN/state.pt        weights, optimiser, position; replaced whole
RUN/policy/         the policy so far, as ``--policy RUN/policy`` takes it
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch

from webagent import __version__
from webagent.envs.errors import DataDamaged, UsageError

CONFIG, METRICS, STATE, POLICY = "config.json", "metrics.jsonl", "state.pt", "policy"


class RunFolder:
    """Opens a run's folder. Without ``resume`` it must not hold a run; with it, it must hold one of these settings.

    ``may_differ``: settings that a resumed run may change. Raises ``UsageError``.
    """

    def __init__(
        self, out: str | Path, settings: dict[str, Any], resume: bool, may_differ: tuple[str, ...] = ()
    ) -> None:
        self.path = Path(out)
        there = (self.path / CONFIG).is_file()
        if there and not resume:
            raise UsageError(f"{self.path} already holds a run", "go on with it: --resume, or give another --out")
        if resume and there:
            was = self._settings()
            changed = sorted(k for k in settings if k not in may_differ and was.get(k) != _plain(settings[k]))
            if changed:
                told = ", ".join(f"{k} {was.get(k)!r} to {settings[k]!r}" for k in changed[:3])
                raise UsageError(f"expected the settings of the run in {self.path}, found other ones: {told}")
        self.path.mkdir(parents=True, exist_ok=True)
        if not there:
            head = {"settings": _plain(settings), "environment": _environment()}
            _write_whole(self.path / CONFIG, (json.dumps(head, indent=1) + "\n").encode())
        self._board: Any = None

    def _settings(self) -> dict[str, Any]:
        try:
            return dict(json.loads((self.path / CONFIG).read_text(encoding="utf-8"))["settings"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataDamaged(f"{self.path / CONFIG} cannot be read: {error}") from error

    def load(self, device: str) -> dict[str, Any] | None:
        """The state to go on from, or None at the start. Raises ``DataDamaged``."""
        path = self.path / STATE
        if not path.exists():
            return None
        try:
            state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
        except (OSError, RuntimeError, ValueError, EOFError, KeyError) as error:
            raise DataDamaged(f"{path} cannot be read: {str(error).splitlines()[0]}") from error
        return state

    def save(self, state: dict[str, Any]) -> None:
        temporary = self.path / f".{STATE}.{os.getpid()}"
        torch.save(state, temporary)
        os.replace(temporary, self.path / STATE)

    def report(self, step: int, numbers: dict[str, float]) -> None:
        """Keep a line of numbers."""
        line = {"step": step, "time": round(time.time(), 1), **{k: float(f"{v:.6g}") for k, v in numbers.items()}}
        with (self.path / METRICS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        board = self._tensorboard()
        if board is not None:
            for name, value in numbers.items():
                board.add_scalar(name, value, step)

    def close(self) -> None:
        if self._board:
            self._board.close()

    def _tensorboard(self) -> Any:
        if self._board is None:
            try:
                from torch.utils.tensorboard import SummaryWriter
            except ImportError:  # an extra: webagent[train]
                self._board = False
            else:
                self._board = SummaryWriter(str(self.path))
        return self._board or None


def _environment() -> dict[str, Any]:
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return {
        "webagent": __version__, "python": platform.python_version(), "torch": torch.__version__, "gpu": gpu,
        "cores": os.cpu_count(), "commit": _commit(), "command": " ".join(sys.argv),
    }  # fmt: skip


def _commit() -> str | None:
    here = Path(__file__).resolve().parent
    try:
        done = subprocess.run(
            ["git", "-C", str(here), "rev-parse", "HEAD"], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def _plain(value: Any) -> Any:
    """As JSON gives it back."""
    return json.loads(json.dumps(value))


def _write_whole(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(data)
    os.replace(temporary, path)

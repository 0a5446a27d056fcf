"""What the doctor says about this machine, and how quickly."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from webagent import doctor
from webagent.doctor import Check, diagnose


def by_name(checks: list[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


@pytest.mark.browser
def test_a_healthy_machine() -> None:
    start = time.monotonic()
    checks = diagnose()
    assert time.monotonic() - start < 15, "three seconds on an idle machine"
    assert [c for c in checks if c.required and not c.ok] == []
    found = by_name(checks)
    assert {"webagent", "python", "torch", "playwright", "browser", "sandbox", "launch", "display"} <= set(found)
    assert all(c.hint for c in checks if not c.ok), "whatever is wrong, say what to do"
    assert len(found) == len(checks)


def test_a_missing_browser_is_one_failed_check() -> None:
    found = by_name(diagnose("/no/such/browser"))
    assert not found["browser"].ok and found["browser"].required
    assert "/no/such/browser" in found["browser"].found and "webagent install" in found["browser"].hint
    assert "launch" not in found


@pytest.mark.parametrize(("root", "ok"), [(True, False), (False, True)])
@pytest.mark.browser
def test_the_sandbox_is_spoken_about(monkeypatch: pytest.MonkeyPatch, root: bool, ok: bool) -> None:
    monkeypatch.setattr(doctor, "runs_as_root", lambda: root)
    monkeypatch.setattr(doctor, "_check_launch", lambda path: Check("launch", True, "not tried"))
    sandbox = by_name(diagnose())["sandbox"]
    assert sandbox.ok == ok and not sandbox.required
    assert ("--no-sandbox" in sandbox.found) == root


def test_torch_is_not_loaded() -> None:
    code = "import sys; from webagent.doctor import diagnose; diagnose('/none'); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "False"

"""The policy that comes with the package: small enough, whole, and able."""

from __future__ import annotations

import importlib.resources
import json
from pathlib import Path
from typing import Any

import pytest
from safetensors import safe_open

from webagent import cli
from webagent.agents import make_policy
from webagent.models.checkpoint import EXACT, PREFIX, load_policy

FOLDER = Path(str(importlib.resources.files("webagent.models"))) / "default"
EASY = "click-test-2,click-button,click-checkboxes,enter-text,login-user,focus-text-2,click-tab,choose-list"


def call(capsys: pytest.CaptureFixture[str], *args: str) -> dict[str, Any]:
    with pytest.raises(SystemExit):
        cli.main((*args, "--json", "-q"))
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert "data" in document, err
    return document["data"]  # type: ignore[no-any-return]


def test_all_that_ships_is_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= 32e6
    assert sum(p.numel() for p in load_policy(FOLDER).net.parameters()) <= 25e6


def test_weights_are_in_half_precision_but_for_points() -> None:
    with safe_open(str(FOLDER / "model.safetensors"), "pt") as file:
        kinds = {name: file.get_slice(name).get_dtype() for name in file.keys()}  # noqa: SIM118 (no mapping)
    assert all(kind == ("F32" if name.startswith(PREFIX + EXACT) else "BF16") for name, kind in kinds.items())


def test_it_says_what_it_learned_and_how_sure_it_is() -> None:
    about = load_policy(FOLDER).about
    assert about["trained"]["updates"] > 0
    assert len(about["calibration"]) == 2 and 0 < about["threshold"] < 1
    assert callable(make_policy("lexical>default"))


@pytest.mark.browser
def test_it_plays_what_it_was_trained_on(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    played = call(capsys, "bench", "miniwob", "--tasks", EASY, "--episodes", "3", "--seed", "8", "--jobs", "2",
                  "--out", str(tmp_path))  # fmt: skip
    assert played["policy"] == "default" and played["episodes"] == 24 and played["errors"] == 0
    assert played["mean"] >= 0.9, played["tasks"]

"""The memory tasks: done by who knows the start, failed by who does not, and templates are what the browser shows."""

from __future__ import annotations

import numpy as np
import pytest
from memory_tasks import GOALS, Templates, Trial, leaflet, opened, play, trial

from webagent.envs.browser import Browser
from webagent.envs.types import Action, Observation, Proposal
from webagent.rollout import Agent


def answering(code: str) -> Agent:
    """Goes to the end and says ``code``."""

    def propose(seen: Observation) -> Proposal:
        named = {e.name: e.ref for e in seen.tree.elements if e.actionable}
        if "Next" in named:
            action = Action("click", named["Next"])
        elif "Code" in named:
            action = Action("type", named["Code"], code)
        else:
            action = Action("click", named[code])
        return Proposal((action,), (0.0,))

    return propose


@pytest.mark.parametrize("task", GOALS)
def test_only_the_right_end_counts(task: str, chromium: Browser) -> None:
    right, wrong = ("7391", "7392") if task == "passkey" else ("left", "right")
    with leaflet(task, chromium) as env:
        for wait in (0, 3):
            one = Trial(task, wait, right, seed=5)
            assert play(env, one, answering(right)) and not play(env, one, answering(wrong))
            assert right not in env.observation.url


@pytest.mark.parametrize("task", GOALS)
def test_templates_are_what_the_browser_shows(task: str, chromium: Browser) -> None:
    rng = np.random.default_rng(0)
    with leaflet(task, chromium) as env:
        labels = Templates(env, task).labels(one := trial(task, 2, rng, training=True), rng)
        shown: list[list[str]] = []

        def watched(seen: Observation) -> Proposal:
            shown.append([e.role for e in seen.tree.elements])
            return answering(one.code)(seen)

        assert play(env, one, watched)
        first = [e.name for e in opened(env, one).tree.elements]
    assert [[e.role for e in label.observation.tree.elements] for label in labels] == shown
    assert [e.name for e in labels[0].observation.tree.elements] == first
    assert labels[-1].action == answering(one.code)(labels[-1].observation).actions[0]


def test_codes_that_are_asked_for_are_never_trained_on() -> None:
    rng = np.random.default_rng(0)
    trained = {trial("passkey", 1, rng, training=True).code for _ in range(3000)}
    asked = {trial("passkey", 1, rng, training=False).code for _ in range(1000)}
    assert len(trained) > 1000 and len(asked) > 500 and not trained & asked

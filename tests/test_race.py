"""No observation at level ``frame`` misses what the click before it did (a sample; ``race.py`` counts thousands)."""

from __future__ import annotations

import pytest
from race import ANIMATIONS, WAYS, Outcome, Race, run

from webagent.envs.browser import Browser
from webagent.envs.types import ActionTree, Element, Observation

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("contexts", [1, 8])
@pytest.mark.parametrize("pause", [0.0, 20.0], ids=["right away", "at random phases"])
def test_an_observation_shows_what_its_click_did(chromium: Browser, contexts: int, pause: float) -> None:
    aimed = 0
    for kind in ("together", "alone"):
        outcome = run(chromium, Race(contexts, 100, kind, pause))  # type: ignore[arg-type]
        assert (outcome.observations, dict(outcome.missed), dict(outcome.errors)) == (100, {}, {})
        aimed += outcome.aimed
    if contexts == 1 and not pause:
        assert aimed > 50, "the way without a second look was hardly taken"
    if pause:
        assert aimed < 200, "the way with a second look was not taken"


def test_an_animation_is_waited_for_or_told(chromium: Browser) -> None:
    outcome = run(chromium, Race(2, 20, "animated", 20.0))
    assert (outcome.observations, dict(outcome.missed), dict(outcome.untold)) == (20, {}, {})


def test_the_page_can_tell_a_miss(chromium: Browser) -> None:
    """At level ``input`` the next frame has mostly not come yet; what came before it is there all the same."""
    outcome = run(chromium, Race(1, 100, "alone", 20.0, level="input"))
    assert outcome.missed["frame"] > 0
    assert outcome.missed["sync"] == outcome.missed["microtask"] == 0


def test_misses_are_counted() -> None:
    texts = ("sync 3", "microtask 3", "timeout 2", "frame 3", "css 3", "loop 2")
    tree = ActionTree(tuple(Element(f"e{i}", "text", "p", text) for i, text in enumerate(texts)))
    outcome = Outcome()
    outcome.see(Observation(tree=tree, settled="frame"), 3, WAYS, ANIMATIONS)
    outcome.see(Observation(tree=tree, settled="busy"), 3, WAYS, ANIMATIONS)
    outcome.see(Observation(tree=tree, settled="frame", last_error="ElementGone: x"), 3, ["frame"])
    assert dict(outcome.missed) == {"timeout": 2}
    assert (dict(outcome.untold), outcome.told, outcome.errors.total()) == ({"loop": 1}, 1, 1)

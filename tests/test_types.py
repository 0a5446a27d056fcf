"""The nouns: JSON out and in is the identity, actions are checked on construction."""

from __future__ import annotations

import json

import pytest

from webagent.envs.errors import BadAction, UnknownName, WebAgentError
from webagent.envs.spaces import action_from_space, action_space, cut_fields, from_space, observation_space, to_space
from webagent.envs.types import (
    OPS,
    Action,
    ActionTree,
    Element,
    Episode,
    Frame,
    Observation,
    Proposal,
    Shape,
    Step,
    Tab,
    Task,
    from_json,
    to_json,
)


def observation(name: str = "Grüße, 世界 \u202e!") -> Observation:
    shape = Shape("polygon", "#ff0000", "", (1.0, 2.5, 3.0, 4.0))
    elements = (
        Element("e1", "form", "form", "Order"),
        Element("e2", "textbox", "input:text", name, "x", (1.5, 2.0, 30.0, 10.0), ("actionable", "editable"), "e1", 1),
        Element("e3", "graphics-symbol", "polygon", shape=shape, scroll=(0.0, 5.0, 0.0, 90.0), hint="star"),
    )
    tree = ActionTree(elements, 7, (1280, 720), (0.0, 10.0, 0.0, 900.0))
    frame = Frame(12.5, 2, 1, bytes(range(6)))
    return Observation("Say hi", "http://a/", "A", (Tab("http://a/", "A", True),), tree, (frame,), "oops", "busy", 3)


def episode() -> Episode:
    seen = observation()
    proposal = Proposal((Action("click", "e2"), Action("done")), (-0.1, -2.0), 0.5, ("because", ""), 0.9)
    step = Step(
        seen, Action("drag", "e2", point=(0.1, 0.2, 0.3, 0.4)), 1.0, True, False, "", proposal, (3, 1), {"act": 2.0},
        worths=(0.5, None),
    )  # fmt: skip
    return Episode(Task("t", "Say hi", "http://a/", 5, 9), (step,), seen, "policy:lexical", True, {"seed": 5})


def test_json_out_and_in_is_the_identity() -> None:
    for thing in (episode(), observation(), Task("a", "b", "c"), Action("press", text="Enter")):
        text = json.dumps(to_json(thing))
        assert from_json(type(thing), json.loads(text)) == thing


def test_unknown_keys_in_json_are_an_error() -> None:
    with pytest.raises(TypeError, match="colour"):
        from_json(Task, {"id": "a", "goal": "b", "start_url": "c", "colour": "red"})


def test_space_and_back_is_the_identity() -> None:
    seen = observation()
    assert observation_space().contains(to_space(seen))
    assert from_space(to_space(seen)) == seen
    assert cut_fields(seen) == []


def test_strings_that_are_too_long_are_cut_and_told() -> None:
    seen = observation("n" * 500)
    assert observation_space().contains(to_space(seen))
    assert cut_fields(seen) == ["e2.name"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"op": "klick", "target": "e1"}, "unknown op 'klick'"),
        ({"op": "click"}, "click needs a target"),
        ({"op": "type", "target": "e1"}, "type needs a text"),
        ({"op": "scroll", "text": "sideways"}, "unknown scroll direction"),
        ({"op": "switch_tab", "text": "two"}, "expects a tab number"),
        ({"op": "click", "target": "e1", "point": (0.5,)}, "point of click expects 2"),
        ({"op": "click", "target": "e1", "point": (float("nan"), 0.0)}, "finite"),
        ({"op": "click", "target": "e1", "point": "ab"}, "expects numbers"),
        ({"op": "drag", "target": "e1"}, "drag needs where to"),
        ({"op": "drag", "target": "e1", "text": "e1"}, "drag needs where to"),
    ],
)
def test_wrong_actions_cannot_be_made(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(BadAction, match=message):
        Action(**wrong)  # type: ignore[arg-type]


def test_a_mistyped_name_is_offered_its_neighbour() -> None:
    with pytest.raises(BadAction) as error:
        Action("klick", "e1")  # type: ignore[arg-type]
    assert "'click'" in error.value.hint
    assert UnknownName.unknown("task", "zzz", ["a", "b"]).hint == "known: a, b"
    assert issubclass(UnknownName, WebAgentError)


def test_actions_come_out_of_the_space() -> None:
    assert action_from_space({"op": OPS.index("click"), "target": "e1", "text": "", "point": ()}) == Action(
        "click", "e1"
    )
    assert action_from_space({"op": "type", "target": "e1", "text": "", "point": ()}) == Action("type", "e1", "")
    assert action_from_space({"op": "click", "target": "e1", "point": (0.5, 0.25)}).point == (0.5, 0.25)
    space = action_space()
    space.seed(0)
    for _ in range(50):
        sample = space.sample()
        assert space.contains(sample)
        try:
            action_from_space(sample)
        except BadAction:
            continue


def test_only_listed_refs_are_found() -> None:
    tree = observation().tree
    assert tree.find("e2").role == "textbox"
    with pytest.raises(BadAction, match="'e9'"):
        tree.find("e9")

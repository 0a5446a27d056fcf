"""Input events and the values of date and time fields, without a browser."""

from __future__ import annotations

import pytest

from webagent.envs import inputs
from webagent.envs.errors import BadAction, NotEditable
from webagent.envs.fields import date_keys, date_value


def texts(messages: list[inputs.Message]) -> str:
    return "".join(str(p.get("text", "")) for _, p in messages)


def test_typing_gives_one_down_and_up_a_character() -> None:
    messages = inputs.typing("Ab1 !")
    assert texts(messages) == "Ab1 !"
    assert [p["type"] for _, p in messages] == ["keyDown", "keyUp"] * 5
    assert messages[0][1]["modifiers"] == inputs.MODIFIERS["Shift"]


def test_characters_without_a_key_are_inserted_and_line_breaks_are_enter() -> None:
    messages = inputs.typing("é\n世")
    assert [m for m, _ in messages] == ["Input.insertText", *["Input.dispatchKeyEvent"] * 2, "Input.insertText"]
    assert messages[1][1]["key"] == "Enter"


def test_combinations_hold_their_modifiers() -> None:
    messages = inputs.stroke("Control+Shift+a")
    assert [p["key"] for _, p in messages] == ["Control", "Shift", "A", "A", "Shift", "Control"]
    assert messages[2][1]["modifiers"] == 10
    assert inputs.stroke("Control+a")[1][1]["commands"] == ["selectAll"]


@pytest.mark.parametrize(
    "keys", ["Enter", "enter", "Escape", "esc", "ctrl+A", "+", "Control++", "F5", "ArrowDown", "é"]
)
def test_key_names(keys: str) -> None:
    if keys == "é":
        with pytest.raises(BadAction, match="unknown key"):
            inputs.stroke(keys)
    else:
        assert inputs.stroke(keys)


def test_unknown_keys_are_offered_their_neighbours() -> None:
    with pytest.raises(BadAction) as error:
        inputs.stroke("Entr")
    assert "'Enter'" in error.value.hint
    with pytest.raises(BadAction, match="unknown modifier"):
        inputs.stroke("Hyper+a")


@pytest.mark.parametrize(
    ("kind", "text", "value", "keys"),
    [
        ("date", "2026-03-31", "2026-03-31", "03312026"),
        ("date", "03/31/2026", "2026-03-31", "03312026"),
        ("date", "March 31, 2026", "2026-03-31", "03312026"),
        ("time", "2:05 PM", "14:05", "0205P"),
        ("time", "00:30", "00:30", "1230A"),
        ("month", "March 2026", "2026-03", "MarchArrowRight2026"),
        ("week", "2026-W07", "2026-W07", "072026"),
        ("color", "Red", "#ff0000", None),
        ("color", "#ABC", "#aabbcc", None),
        ("datetime-local", "2026-03-31 14:05", "2026-03-31T14:05", None),
    ],
)
def test_dates_times_and_colours(kind: str, text: str, value: str, keys: str | None) -> None:
    assert date_value(kind, text) == value
    if keys is not None:
        assert "".join(date_keys(kind, value)) == keys


@pytest.mark.parametrize(
    ("kind", "text"), [("date", "soon"), ("time", "25:00"), ("week", "2026-W60"), ("color", "reddish")]
)
def test_values_that_no_field_takes_are_refused_with_the_expected_form(kind: str, text: str) -> None:
    with pytest.raises(NotEditable, match=f"a {kind} field takes the form"):
        date_value(kind, text)

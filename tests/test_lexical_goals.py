"""How the lexical policy reads goals, and the numbers, dates, sums and colours in them. No browser."""

from __future__ import annotations

import pytest

from webagent.agents.arithmetic import solve
from webagent.agents.goal_steps import read_goal
from webagent.agents.literals import find_date, find_ordinal, find_time, is_colour, quantity


@pytest.mark.parametrize(
    ("goal", "kinds"),
    [
        ("Click button ONE, then click button TWO.", ["click", "click"]),
        ('Type "Bob" into the Name field and press Save.', ["type", "click"]),
        ("1. Open Settings\n2. Turn off the weekly mail\n3. Save", ["open", "uncheck", "submit"]),
        ("Select start, like and stop and click Submit.", ["choose", "click"]),
        ("What is the price of the blue mug?", ["answer"]),
        ("How many days does it take? Answer with the number.", ["answer"]),
        ("Find the email by Ann and forward it to Bob.", ["look", "act"]),
        ("Set the Topic to Delivery and the Priority to High.", ["set", "set"]),
        ("Press Ctrl+A then press the Delete key", ["press", "press"]),
        ("Please scroll down and drag the ball into the box", ["scroll", "drag"]),
        ("Close the dialog box by clicking the \"x\".", ["click"]),
        ("Name: Bob, Email: b@x.org", ["type", "type"]),
        ("Go to https://example.org/a,b and go back", ["goto", "back"]),
    ],
)  # fmt: skip
def test_goals_are_read_as_steps(goal, kinds):
    assert [s.kind for s in read_goal(goal)] == kinds


def test_values_and_fields_are_told_apart():
    goal = 'Enter the username "bob" and the password "x, y" into the text fields and press login.'
    user, password, press = read_goal(goal)
    assert (user.target.words, user.value) == ("username", "bob")
    assert (password.target.words, password.value) == ("password", "x, y")
    assert press.target.words == "login"


@pytest.mark.parametrize(
    ("goal", "pairs"),
    [
        ('Enter "Hello" as the title and "World" as the body.', [("title", "Hello"), ("body", "World")]),
        ('Fill in the form with name Ann Lee, email "a@x.org".', [("name", "Ann Lee"), ("email", "a@x.org")]),
        ("Fill the form: Name: Bob Lee, City: New York.", [("Name", "Bob Lee"), ("City", "New York")]),
        ("Log in as ann with password {{secret:PW}}", [("username", "ann"), ("password", "{{secret:PW}}")]),
        ('Type "foo" in all upper case letters in the text input', [("", "FOO")]),
    ],
)
def test_text_to_type_is_paired_with_its_field(goal, pairs):
    typed = [(s.target.words, s.value) for s in read_goal(goal) if s.kind == "type"]
    assert typed == pairs


def test_targets_carry_ordinals_extremes_and_scopes():
    third = read_goal("Click the 3rd search result.")[0].target
    assert (third.role, third.ordinal) == ("result", 3)
    largest = read_goal("Click on the card with the largest number.")[0].target
    assert largest.extreme == "max"
    ball = read_goal("Click on a small red circle.")[0].target
    assert (ball.size, ball.colour, ball.shape) == ("small", "red", "circle")
    assert read_goal("Check all checkboxes")[0].target.every


@pytest.mark.parametrize(
    ("text", "value"),
    [("7 + 5 =", "12"), ("x - 4 = 9", "13"), ("8 = 2 + y", "6"), ("12 - (3 + 4)", "5"), ("no sum", "")],
)
def test_sums_and_equations(text, value):
    assert solve(text) == value


def test_literals():
    assert find_date("on 12/26/2016").isoformat() == "2016-12-26"
    assert find_date("26/12/2016").isoformat() == find_date("December 26, 2016").isoformat() == "2016-12-26"
    assert find_date("02/31/2016") is None
    assert (find_time("3:45 PM"), find_time("12 am"), find_time("14:05")) == ((15, 45), (0, 0), (14, 5))
    assert (find_ordinal("the 2nd"), find_ordinal("last one"), find_ordinal("one")) == (2, -1, None)
    assert (quantity("3h 20m"), quantity("$1,250.50"), quantity("none")) == (12000.0, 1250.5, None)
    assert is_colour("#dd2233", "red") and not is_colour("#dd2233", "blue") and not is_colour("", "red")

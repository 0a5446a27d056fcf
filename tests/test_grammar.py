"""An action said choice by choice is the action that was meant."""

from __future__ import annotations

import pytest

from webagent.envs.types import Action, ActionTree, BadAction, Element, Observation
from webagent.models.config import PolicyConfig
from webagent.models.grammar import END_ID, Choice, Kind, Unspeakable, next_kind, spell, utter
from webagent.models.segment import Segment, read_observation
from webagent.models.words import Words, train_tokenizer

GOAL = 'Enter "Carlota Núñez-7" into the Name field, pick blue, then press Submit. מזל ✓'
TEXTS = [GOAL, "Submit the form", "the quick brown fox", "Text field", "0123456789", "abcdefghijklmnopqrstuvwxyz"]
TREE = ActionTree(
    (
        Element("e1", "textbox", "input:text", "Name", value="Old value", states=("actionable",), box=(0, 0, 100, 20)),
        Element("e2", "combobox", "select", "Colour", value="red", states=("actionable",), box=(0, 30, 100, 20)),
        Element("e3", "option", "option", "red", parent="e2"),
        Element("e4", "option", "option", "blue", parent="e2"),
        Element("e5", "text", "p", "The quick brown fox jumps over the lazy dog"),
        Element("e6", "button", "button", "Submit", states=("actionable",), box=(0, 60, 50, 20)),
    ),
    viewport=(320, 240),
)


@pytest.fixture(scope="module")
def words() -> Words:
    return Words(train_tokenizer(TEXTS * 3, 400))


@pytest.fixture(scope="module")
def segment(words: Words) -> Segment:
    return read_observation(Observation(GOAL, title="A page", tree=TREE), words, PolicyConfig(vocabulary=400))


ACTIONS = [
    Action("click", "e6"),
    Action("dblclick", "e5"),
    Action("click", "e6", point=(0.25, 0.75)),
    Action("type", "e1", "Carlota Núñez-7"),
    Action("type", "e1", "CARLOTA"),
    Action("type", "e1", "submit"),
    Action("type", "e1", "Old value"),
    Action("type", "e1", "brown fox"),
    Action("type", "e1", "something else 42"),
    Action("type", "e1", "@Carlota!"),
    Action("type", "e1", "Carlota and blue"),
    Action("type", "e1", ""),
    Action("type", None, "rm Old value"),
    Action("type", "e1", "  padded  "),
    Action("type", "e1", "中文 \u202e"),
    Action("select", "e2", "blue"),
    Action("select", "e2", "green"),
    Action("press", None, "Control+c"),
    Action("press", "e1", "Enter"),
    Action("scroll", None, "down"),
    Action("drag", "e6", "e1"),
    Action("drag", "e6", None, (0.5, 0.5, 2.0, 0.5)),
    Action("drag", "e6", "e1", (0.1, 0.2)),
    Action("goto", None, "http://127.0.0.1/x?y=1"),
    Action("answer", None, "fox"),
    Action("clear", "e1"),
    Action("back"),
    Action("done"),
    Action("wait"),
    Action("switch_tab", None, "1"),
]


@pytest.mark.parametrize("action", ACTIONS, ids=str)
def test_what_is_said_is_what_was_meant(action: Action, segment: Segment, words: Words) -> None:
    choices = spell(action, segment, words)
    point = (*(action.point or ()), 0.0, 0.0, 0.0, 0.0)[:4]
    said = utter(choices, point, segment, words)
    assert (said.op, said.target, said.text) == (action.op, action.target, action.text)
    assert said.point is None if action.point is None else said.point is not None and said.point[:2] == action.point[:2]


@pytest.mark.parametrize("action", ACTIONS, ids=str)
def test_the_order_of_choices_is_what_decoding_asks_for(action: Action, segment: Segment, words: Words) -> None:
    choices = spell(action, segment, words)
    texts = (Kind.WRITE, Kind.GOAL, Kind.NAME, Kind.VALUE, Kind.WORD)
    for n, choice in enumerate(choices):
        wanted = next_kind(choices[:n])
        assert choice.kind == wanted or (wanted == Kind.WRITE and choice.kind in texts)
    assert next_kind(choices) is None


def kinds(action: Action, segment: Segment, words: Words) -> list[Kind]:
    return [choice.kind for choice in spell(action, segment, words)]


def test_text_is_copied_rather_than_written(segment: Segment, words: Words) -> None:
    copied = [Kind.OP, Kind.TARGET, Kind.GOAL, Kind.GOAL_END, Kind.WRITE]
    assert kinds(Action("type", "e1", "Carlota Núñez-7"), segment, words) == copied
    assert spell(Action("type", "e1", "CARLOTA"), segment, words)[3].case == 1
    assert kinds(Action("type", "e1", "brown fox"), segment, words)[2:4] == [Kind.WORD, Kind.WORD_END]
    assert kinds(Action("type", "e1", "Old value"), segment, words)[2] == Kind.VALUE
    assert spell(Action("select", "e2", "blue"), segment, words)[2] == Choice(Kind.NAME, 4)


def test_words_of_the_page_are_copied_into_a_longer_text(segment: Segment, words: Words) -> None:
    said = kinds(Action("type", None, "rm Old value"), segment, words)
    assert said[-3:] == [Kind.WORD, Kind.WORD_END, Kind.WRITE] and set(said[2:-3]) == {Kind.WRITE}
    parts = kinds(Action("type", None, "rm ownish"), segment, words)  # `own` is only a part of `brown`
    assert set(parts[2:]) == {Kind.WRITE}


def test_what_cannot_be_said_is_refused(segment: Segment, words: Words) -> None:
    with pytest.raises(Unspeakable, match="not among"):
        spell(Action("click", "e99"), segment, words)
    with pytest.raises(Unspeakable, match="choices"):
        spell(Action("type", "e1", "zq " * 200), segment, words)
    with pytest.raises(BadAction):  # a click on nothing
        utter((Choice(Kind.OP, 0), Choice(Kind.TARGET, 0), Choice(Kind.POINT, 0)), (), segment, words)
    assert words.tokenizer.token_to_id("<end>") == END_ID


def test_the_same_words_elsewhere_are_as_right(words: Words) -> None:
    twice = (
        Element("e0", "text", "p", "a lazy dogma"),  # only a part of a word
        Element("e1", "text", "p", "lazy dog, brown fox, lazy dog"),
        Element("e2", "textbox", "input:text", "", "A lazy dog", states=("actionable",)),
    )
    tree = ActionTree(twice, viewport=(320, 240))
    seen = read_observation(Observation("Say it", tree=tree), words, PolicyConfig(vocabulary=400))
    begin, *_ = [c for c in spell(Action("type", "e2", "lazy dog"), seen, words) if c.kind == Kind.WORD]
    starts = [tuple(seen.word_spans[i]) for i in (begin.index, *begin.also)]
    assert len(begin.also) == 2 and {a for a, _ in starts} == {0, 21, 2}
    (alone,) = [c for c in spell(Action("type", "e2", "brown fox"), seen, words) if c.kind == Kind.WORD]
    assert alone.also == ()

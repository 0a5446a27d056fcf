"""From an observation to arrays: nothing raises, nothing grows without bound, equal words are seen to be equal."""

from __future__ import annotations

import re
import time

import numpy as np
import pytest
import torch

from webagent.envs.types import Action, ActionTree, Element, Observation, Shape
from webagent.models.batch import collate
from webagent.models.colours import colour_name, colour_words
from webagent.models.config import PolicyConfig
from webagent.models.grammar import spell, utter
from webagent.models.relations import match, order, place, tree
from webagent.models.segment import NO_AMOUNT, own_count, read_observation
from webagent.models.waves import PERIODS, amount_waves
from webagent.models.words import Words, hashed, train_tokenizer, word_hashes

CONFIG = PolicyConfig(vocabulary=400)


@pytest.fixture(scope="module")
def words() -> Words:
    return Words(train_tokenizer(["Click the Submit button, please", "0123456789"] * 3, 400))


def button(ref: str, name: str = "", **more: object) -> Element:
    return Element(ref, "button", "button", name, **{"states": ("actionable", "visible"), **more})  # type: ignore[arg-type]


def seen(*elements: Element, goal: str = "Click the Submit button") -> Observation:
    return Observation(goal, tree=ActionTree(tuple(elements), viewport=(320, 240)))


AWKWARD = {
    "empty page": seen(),
    "no goal": seen(button("e1"), goal=""),
    "no viewport": Observation("x", tree=ActionTree((button("e1", box=(1, 2, 3, 4)),))),
    "long goal": seen(button("e1"), goal="word and word " * 700),
    "long names": seen(*(button(f"e{n}", "name " * 3000, value="v" * 9000) for n in range(20))),
    "right to left": seen(button("e1", "שלום \u202e עולם"), goal="לחץ על שלום"),
    "signs": seen(button("e1", "👩‍👩‍👧 ﷽ \x00 \ud7ff Å"), goal="😀" * 50),
    "far away": seen(button("e1", box=(-1e9, 1e12, 1e9, 0))),
    "shape": seen(button("e1", shape=Shape("polygon", "#ff0000", "", tuple(float(i) for i in range(32))))),
    "odd colours": seen(button("e1", shape=Shape("box", "red", "#12", ()))),
    "lost parent": seen(button("e1", parent="e77")),
}


@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_observations_are_read(name: str, words: Words) -> None:
    segment = read_observation(AWKWARD[name], words, CONFIG)
    assert segment.refs[0] == "" and len(segment.refs) == len(segment.kinds) == len(segment.texts)
    assert segment.numbers.shape == (len(segment.refs), own_count()) and np.isfinite(segment.numbers).all()
    assert len(segment.goal_ids) == len(segment.goal_places) == len(segment.goal_words) <= CONFIG.goal_tokens
    assert segment.parents.max() < len(segment.refs)
    batch = collate([segment, read_observation(seen(button("e1", "Submit")), words, CONFIG)])
    for of in (match, order, tree, place):
        assert of(batch).min() >= 0


def test_a_page_of_fifty_thousand_elements_is_cut_to_the_useful(words: Words) -> None:
    many = [Element(f"e{n}", "text", "p", f"text {n}") for n in range(50_000)]
    many[40_000] = button("e40000", "Submit", parent="e39999")
    started = time.perf_counter()
    segment = read_observation(seen(*many), words, CONFIG)
    assert time.perf_counter() - started < 5
    assert len(segment.refs) == CONFIG.elements and "e40000" in segment.refs
    assert utter(spell(Action("click", "e40000"), segment, words), (), segment, words) == Action("click", "e40000")


def test_words_of_goal_and_page_are_compared(words: Words) -> None:
    page = seen(button("e1", "submit"), button("e2", "Cancel"), button("e3", "Buttons", context="click here"))
    segment = read_observation(page, words, CONFIG)
    batch = collate([segment], 1)
    found = match(batch)[0]
    goals = len(segment.goal_ids)
    for n, word in enumerate(segment.goal_words):
        row = found[n, goals:].tolist()
        assert row[1] == (3 if word == hashed("submit") else 0)
        assert row[2] == 0
        assert row[3] == (3 if word == hashed("button") else 2 if word == hashed("click") else 0)
    assert (found == found.T).all()


def test_plurals_and_case_make_no_difference() -> None:
    assert hashed("Buttons") == hashed("button") and hashed("class") != hashed("clas") and hashed("is") != hashed("i")
    assert [text[2] for text in word_hashes("two, Words!")] == [hashed("two"), hashed("words")]


def test_tree_and_screen_relations(words: Words) -> None:
    page = seen(
        Element("e1", "form", "form", box=(0, 0, 200, 100)),
        button("e2", "a", parent="e1", box=(0, 0, 20, 10)),
        button("e3", "b", parent="e1", box=(60, 0, 20, 10)),
    )
    segment = read_observation(page, words, CONFIG)
    batch = collate([segment], 1)
    g = len(segment.goal_ids)
    up = tree(batch)[0, g:, g:]
    assert (up[2, 1], up[1, 2], up[2, 3], up[2, 0]) == (1, 2, 3, 0)
    where = place(batch)[0, g:, g:]
    assert where[2, 3] != where[3, 2] and where[2, 2] == where[3, 3] == where[1, 1]
    assert (place(batch)[0, :g] == 0).all()


def test_colours_have_the_names_that_people_give_them() -> None:
    assert colour_name("#ff0000") == "red" and colour_name("#fe0505") == "red" and colour_name("#0000ee") == "blue"
    assert colour_name("#00ffff") == "cyan aqua" and colour_name("none") == ""
    assert colour_words(Shape("rect", "", "#000000")) == "rect black"


def test_reading_is_deterministic(words: Words) -> None:
    for page in AWKWARD.values():
        a, b = (read_observation(page, words, CONFIG) for _ in range(2))
        assert all(
            np.array_equal(x, y) if isinstance(x, np.ndarray) else x == y
            for x, y in zip(vars(a).values(), vars(b).values())
        )


def test_words_are_counted_and_numbers_known(words: Words) -> None:
    page = Observation(
        "Put 12.5 into field 3", tree=ActionTree((Element("e1", "text", "p", "Well, it's -7 or 1,200."),))
    )
    segment = read_observation(page, words, PolicyConfig.of_size("tiny"))
    text = segment.texts[1][0]
    told: dict[int, list[str]] = {}
    for word, (start, end), owner in zip(segment.word_place, segment.word_spans, segment.word_owner):
        if owner == 1:
            told.setdefault(int(word), []).append(text[start:end])
    spoken = ["".join(parts) for _, parts in sorted(told.items())]
    assert [re.sub(r"\W", "", part) for part in spoken] == ["Well", "it", "s", "7", "or", "1", "200"]
    amounts = {
        text[a:b]: int(v) for v, (a, b) in zip(segment.word_amounts, segment.word_spans) if v != NO_AMOUNT and b > a
    }
    assert amounts["7"] == -700 and amounts["2"] == 120_000 and "r" not in amounts
    of_goal = [int(v) for v in segment.goal_amounts if v != NO_AMOUNT]
    assert set(of_goal) == {1250, 300}


def test_sums_of_numbers_are_turns() -> None:
    known = amount_waves(torch.tensor([3400, 5800, 9200, NO_AMOUNT], dtype=torch.int32))
    sines, cosines = known[:, 4 : 4 + len(PERIODS)], known[:, 4 + len(PERIODS) :]
    assert torch.allclose(sines[0] * cosines[1] + cosines[0] * sines[1], sines[2], atol=1e-5)
    assert not known[3].any() and torch.equal(known[:3, 0], torch.ones(3))

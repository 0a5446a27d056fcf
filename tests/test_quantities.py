"""What texts measure, and what attention is told of it."""

from __future__ import annotations

import pytest
import torch

from webagent.envs.types import ActionTree, Element, Observation
from webagent.models.batch import collate
from webagent.models.config import PolicyConfig
from webagent.models.quantities import first_quantity, quantities
from webagent.models.relations import AMOUNTS_APART, compared
from webagent.models.segment import read_observation
from webagent.models.words import Words, train_tokenizer


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Book for $1,795.50", 1795.5),
        ("-58", -58.0),
        ("10h 30m", 10.5),
        ("1 hour 15 minutes", 1.25),
        ("45 min", 0.75),
        ("12am", 0.0),
        ("5:30 PM", 17.5),
        ("17:30", 17.5),
        ("1.2 MB", 1200.0),
        ("15k views", 15_000.0),
        ("31 February 2020", None),
        ("no number", None),
        ("", None),
    ],
)
def test_a_text_measures(text: str, value: float | None) -> None:
    assert first_quantity(text) == pytest.approx(value)


def test_dates_are_days_however_they_are_written() -> None:
    same = ("2024-03-03", "3/3/2024", "Mar 3, 2024", "3 March 2024", "3rd mar 2024")
    assert len({first_quantity(text) for text in same}) == 1
    assert (first_quantity("4 March 2024") or 0) - (first_quantity("28 Feb 2024") or 0) == 5


def test_every_quantity_is_found_where_it_stands() -> None:
    text = "between 8AM and 12PM, at most $30"
    assert [(text[a:b], value) for a, b, value in quantities(text)] == [("8AM", 8.0), ("12PM", 12.0), ("30", 30.0)]


def test_attention_is_told_which_is_the_greater() -> None:
    elements = tuple(
        Element(f"e{n}", "text", "span", name) for n, name in enumerate(("10h 28m", "9h 26m", "9h 26m", "none"))
    )
    goal = "Take 10:28 or less"
    words = Words(train_tokenizer([goal, "9h 26m 10h 28m none"], 300))
    config = PolicyConfig.of_size("tiny")
    batch = collate([read_observation(Observation(goal, tree=ActionTree(elements)), words, config)])
    table, goals = compared(batch)[0], batch.goal_ids.shape[1]
    longest, short, alike, none = range(goals + 1, goals + 5)
    same = 1 + len(AMOUNTS_APART)
    assert table[longest, longest] == table[short, alike] == same
    assert table[longest, short] == same - 2 and table[short, longest] == same + 2  # 1.03 apart: more than 1, not 10
    assert not table[none].any() and not table[:, none].any() and not table[goals].any()  # the page itself
    told = (batch.goal_quantities[0] == 1047).nonzero().flatten()
    assert len(told) and bool((table[told[0], [longest, short]] == torch.tensor([same, same - 2])).all())
    padding = slice(goals + 5, None)
    assert not table[padding].any()

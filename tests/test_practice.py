"""Practice sites as data: the same seed is the same site, goals say what is needed, scripts fit their sites."""

from __future__ import annotations

import json

import pytest

from webagent.envs.errors import UnknownName
from webagent.envs.suites.practice import KINDS, PracticeScenario, Site, as_asked, draw
from webagent.envs.suites.practice.wording import STYLES

SEEDS = range(6)


def sites(kind: str) -> list[Site]:
    return [draw(kind, seed) for seed in SEEDS]


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_is_a_site(kind: str) -> None:
    assert sites(kind) == sites(kind)
    assert len({json.dumps(site.spec, sort_keys=True) for site in sites(kind)}) == len(SEEDS)
    assert draw(kind, 2**31 + 5) == draw(kind, 2**31 + 5) != draw(kind, 5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_site_is_plain_data_that_leads_somewhere(kind: str) -> None:
    for site in sites(kind):
        for data in (site.spec, site.script, site.expected):
            assert json.loads(json.dumps(data)) == json.loads(json.dumps(data, sort_keys=True))
        assert site.start in site.spec["pages"] and len(site.goal) > 8 and "{" not in site.goal.replace("{{secret:", "")
        pages = {stage["page"] for stage in site.script["stages"]}
        assert pages <= set(site.spec["pages"])
        assert site.expected or site.answer is not None


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_typed_stands_in_the_goal(kind: str) -> None:
    for site in sites(kind):
        typed = [m["text"] for stage in site.script["stages"] for m in stage["moves"] if m["do"] in ("fill", "suggest")]
        unchanged = json.dumps(site.spec)
        assert all(text in site.goal or json.dumps(text)[1:-1] in unchanged for text in typed), site.goal


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_goals_of_all_styles(kind: str) -> None:
    assert {draw(kind, seed).style for seed in range(40)} == set(STYLES)
    assert {style: draw(kind, 3, style).style for style in STYLES} == {style: style for style in STYLES}
    assert len({draw(kind, seed, style).goal for seed in range(10) for style in STYLES}) > 15


def test_the_names_of_the_pages_to_go_to_are_unique() -> None:
    for kind in KINDS:
        for site in sites(kind):
            labels = [label for label, _ in site.spec["nav"]["links"]]
            assert len(labels) == len(set(labels)), (kind, site.seed, labels)


@pytest.mark.parametrize("kind", ("contact", "log-in", "to-do", "profile", "mailbox", "ask-in-dialog"))
def test_goals_in_a_hurry_keep_what_is_typed(kind: str) -> None:
    hurried = 0
    for seed in range(60):
        site = draw(kind, seed, "wordy")
        hurried += site.goal[:1].islower()
        stages = site.script["stages"]
        typed = [move["text"] for stage in stages for move in stage["moves"] if move["do"] == "fill"]
        typed += [stage["dialog"]["text"] or "" for stage in stages if stage.get("dialog")]
        unchanged = json.dumps(site.spec)
        assert all(text in site.goal or json.dumps(text)[1:-1] in unchanged for text in typed), site.goal
    assert 3 < hurried < 30


def test_a_sorted_table_is_asked_for_what_stands_first() -> None:
    for seed in range(30):
        site = draw("sort-table", seed)
        move = site.script["stages"][0]["moves"][0]
        block = site.spec["pages"][site.script["stages"][0]["page"]]["blocks"][0]
        at = block["columns"].index(move["name"])
        best = sorted(block["rows"], key=lambda row: int(row[at]), reverse=move["down"])[0]
        assert site.answer == best[0] and len(block["rows"]) > block["per"]


def test_the_check_is_exact() -> None:
    asked = {"list.shop1": {"p2": {"in": 1}}}
    assert as_asked({"list.shop1": {"p2": {"in": 1}}, "cookies": "all"}, asked)
    assert not as_asked({}, asked)
    assert not as_asked({"list.shop1": {"p2": {"in": 1}, "p3": {"in": 1}}}, asked)
    assert not as_asked({"list.shop1": {"p2": {"in": 1}}, "form.contact1": {}}, asked)
    assert not as_asked({"cookies": "all"}, {"cookies": "none"})


def test_unknown_kinds_are_named() -> None:
    with pytest.raises(UnknownName) as error:
        PracticeScenario("shop-ad")
    assert "shop-add" in error.value.hint
    with pytest.raises(UnknownName):
        draw("shop-ad", 1)

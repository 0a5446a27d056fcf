"""Learning without being told: episodes read backwards, checks that stay hidden, rounds that survive a kill, a stop."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from named_site import NAMES, NamedEnv, demonstration, expert, goal_for, script, tiny

from webagent import cli
from webagent.agents.trained import policy_in
from webagent.datasets.corpus import Corpus, CorpusWriter
from webagent.envs.errors import UsageError
from webagent.envs.types import Action, Episode
from webagent.models.checkpoint import load_policy, save_policy
from webagent.models.reward_checkpoint import load_reward, save_reward
from webagent.rollout import run_episode
from webagent.scores import EpisodeResult, result_of
from webagent.seeds import training_seed
from webagent.train.cases import case_of
from webagent.train.dagger import Gathering
from webagent.train.docket import filed
from webagent.train.goals import Plan, learn, write
from webagent.train.harvest import Found, case_of_try, choose, evidence_for, worth_trying
from webagent.train.material import labels_of
from webagent.train.misfits import with_misfits
from webagent.train.reward import Learning, train_reward
from webagent.train.rows import row_of
from webagent.train.self_round import World, once, weighed
from webagent.train.self_taught import SelfTaught, diverged, flattered
from webagent.train.self_taught import learn as improve
from webagent.train.stretches import Shelf
from webagent.train.supervised import Material, Supervised, train
from webagent.train.telling import QUESTION, Renamed, backwards, told
from webagent.train.tries import Tries, Try, drawing, tried

SHOWN, HIDDEN, APART = "fake.shown", "fake.hidden", "fake.apart"


def as_task(episode: Episode, task: str) -> Episode:
    return replace(episode, task=replace(episode.task, id=task))


@pytest.fixture(autouse=True)
def one_thread() -> object:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Demonstrations, and what was made of them: a policy, its judge, a goal writer."""
    place = tmp_path_factory.mktemp("school")
    with CorpusWriter(str(place / "demos")) as writer:
        for seed in range(32):
            writer.add(as_task(demonstration(seed), SHOWN))
    demos = (str(place / "demos"),)
    start, shelf = tiny(), Shelf()
    for seed in range(8):
        shelf.add(SHOWN, labels_of(demonstration(seed)))
    how = Supervised(str(place / "trained"), 40, 6, 5, "adamw", 3e-3, warmup=5, average=0.9)
    policy = train(how, Material(shelf, start.words, start.config))
    save_policy(place / "policy", policy)
    how = Supervised(str(place / "goals"), 100, 10, 1, "adamw", 3e-3, warmup=5, average=0.9)
    learn(how, Plan(demos, (SHOWN,), str(place / "policy")), False, print)
    cases = [case for case in map(case_of, map(demonstration, range(12))) if case is not None]
    docket = list(map(filed, with_misfits(cases, lambda task: expert)))
    learning = Learning("", steps=20, tasks=1, looks=30, hidden=16, apart=0.0)
    save_reward(place / "policy" / "reward", train_reward(learning, policy, docket)[0])
    return place


# ---- backwards ------------------------------------------------------------------------------------------------------


def test_an_episode_is_told_by_what_was_done_and_what_it_changed() -> None:
    case = case_of(demonstration(1))
    assert case is not None
    page = told(case.seen, case.actions)
    deeds = [(e.hint, e.name, e.value) for e in page.tree.elements if e.ref.startswith("s")]
    assert deeds[:2] == [("type", "Name", "Bob"), ("click", "Sign in", "")] and deeds[-1][0] == "done"
    assert [e.name for e in page.tree.elements if e.ref.startswith("n")] == ["Saved"]
    assert page.goal == QUESTION and case.goal not in str(page)
    label, policy = backwards(case), tiny()
    row = row_of(label, policy.words, replace(policy.config, text_tokens=60))
    kinds = {choice.kind.name for choice in row.choices}
    assert label.action == Action("answer", text=goal_for("Bob")) and "WORD_END" in kinds  # what was typed is copied


def test_other_names_on_the_told_page_are_other_names_in_the_goal() -> None:
    case = case_of(demonstration(1))
    assert case is not None
    renamed = Renamed([f"Name{a}{b}" for a in "abcdefgh" for b in "abcdefgh"])
    goals = set()
    for seed in range(20):
        (label,) = renamed([backwards(case)], np.random.default_rng(seed))
        assert label.action is not None and label.action.text is not None and label.observation.goal == QUESTION
        goals.add(label.action.text)
        typed = label.observation.tree.elements[0].value
        assert f'"{typed}"' in label.action.text
    assert len(goals) > 2


def test_a_goal_writer_says_what_was_asked_for(school: Path) -> None:
    found = json.loads((school / "goals" / "measured.json").read_text())
    assert found["episodes"] == 3 and found["common"] > 0.7
    case = case_of(demonstration(3))
    assert case is not None
    (goal,) = write(load_policy(school / "goals" / "policy"), [told(case.seen, case.actions)])
    assert "sign in" in goal.lower() and "weekly mail" in goal


# ---- hidden ---------------------------------------------------------------------------------------------------------


def test_nobody_hears_what_the_check_says() -> None:
    acting = script("Ann")

    def make_agent(task: Any, rng: np.random.Generator) -> Callable[[Any], Action]:
        left = iter(acting)
        return lambda observation: next(left)

    env = NamedEnv()
    episode = tried(env, make_agent, Try(0, "Sign somebody in"), "try:x")
    assert env.verdict.success and episode.success is None
    assert {step.reward for step in episode.steps} == {0.0} and episode.info["reward"] == 0
    assert not episode.info["success_positive"] and episode.info["judged_by"] == "nobody"
    assert {seen.goal for seen in (episode.task, episode.final, episode.steps[0].observation)} == {"Sign somebody in"}
    case = case_of_try(episode)
    assert case is not None and not case.success and case.seed == 0 and set(case.progress) == {None}
    stopped = tried(NamedEnv(), make_agent, Try(0, steps=2), "try:x")
    assert [step.action.op for step in stopped.steps] == ["type", "click", "done"]
    assert stopped.task.goal == goal_for("Ann")
    assert case_of_try(replace(stopped, steps=stopped.steps[:2])) is None  # it never came to an end


def test_another_draw_is_another_try() -> None:
    policy, seen = tiny(), demonstration(0).steps[0].observation
    task = demonstration(0).task

    def acts(draw: int) -> list[str]:
        agent = drawing(policy, 1.5, draw)(task, np.random.default_rng(7))
        return [str(agent(seen)) for _ in range(4)]

    assert acts(0) == acts(0) and any(acts(draw) != acts(0) for draw in (1, 2, 3))


# ---- choosing -------------------------------------------------------------------------------------------------------


def test_the_surest_are_chosen_and_none_floods_the_rest() -> None:
    case = case_of(demonstration(0))
    assert case is not None
    found = [Found(replace(case, seed=n), score, "own") for n, score in enumerate((0.95, 0.9, 0.85, 0.7))]
    found.append(Found(replace(case, seed=0), 0.99, "own"))
    found.append(Found(replace(case, task="other"), 0.81, "own"))
    chosen = choose(found, 0.8, 2)
    assert [(one.case.task, one.score) for one in chosen] == [("fake.mail-off", 0.99), ("fake.mail-off", 0.9),
                                                             ("other", 0.81)]  # fmt: skip
    own = list(evidence_for(chosen, 0))
    assert sum(one.success for one in own) == 3 and {one.kind for one in own if not one.success} >= {"cut short"}


def test_litanies_are_no_goals() -> None:
    assert worth_trying('Press "Save" and wait') and worth_trying("Tick milk, tick bread and tick eggs")
    assert not worth_trying("Save") and not worth_trying("") and not worth_trying("press press press press press press")


def test_what_is_drawn_keeps_its_share() -> None:
    weights = weighed(["a", "b", "c"], ["self:x"], 0.25)
    assert weights["self:x"] == pytest.approx(0.25) and sum(weights.values()) == pytest.approx(1)
    assert weighed(["a"], [], 0.5) == {}


def test_it_is_seen_when_score_and_truth_part() -> None:
    def rounds(*pairs: tuple[float, float]) -> list[dict[str, float]]:
        return [{"true": true, "learned": learned} for true, learned in pairs]

    assert not diverged(rounds((0.3, 0.4)), 0.05)
    assert not diverged(rounds((0.3, 0.4), (0.5, 0.7)), 0.05)
    assert not diverged(rounds((0.3, 0.4), (0.27, 0.7)), 0.05)
    assert diverged(rounds((0.3, 0.4), (0.2, 0.7)), 0.05)
    assert diverged(rounds((0.3, 0.4), (0.5, 0.45), (0.4, 0.6)), 0.05)
    assert not diverged(rounds((0.3, 0.4), (0.1, 0.1)), 0.05)
    assert flattered(rounds((0.2, 0.9))[0]) and not flattered(rounds((0.7, 0.9))[0])


# ---- rounds ---------------------------------------------------------------------------------------------------------


def played(corpus: str, task: str, episode: Episode) -> EpisodeResult:
    with CorpusWriter(corpus) as writer:
        writer.add(as_task(episode, task))
    return result_of(task, 0, episode.task.seed, episode)


def world(broken: list[str] | None = None) -> World:
    """The named site, in this process; ``broken``: names of stages that a kill ends, each once."""

    def killed(out: str) -> None:
        if broken and Path(out).name == broken[0]:
            raise KeyboardInterrupt(broken.pop(0))

    def tries(asked: Tries, actors: int) -> list[EpisodeResult]:
        found = []
        for task, of in asked.wanted.items():
            for one in of:
                make = policy_in(asked.policy) if Path(asked.policy).is_dir() else acting(one.seed)
                found.append(played(asked.out, task, tried(NamedEnv(), make, one, "try:x")))
                killed(asked.out)
        return found

    def truth(asked: Gathering, actors: int) -> list[EpisodeResult]:
        found = []
        for task in asked.tasks:
            for n in range(asked.episodes):
                seed = training_seed(asked.seed, task, asked.first + n)
                episode = run_episode(NamedEnv(), policy_in(asked.policy), seed=seed, source=asked.policy)
                found.append(played(asked.out, task, episode))
                killed(asked.out)
        return found

    return World(tries, truth)


def acting(seed: int) -> Callable[..., Any]:
    """Explores by doing what the site's script does: in the fake, chance would hardly ever sign in."""

    def make_agent(task: Any, rng: np.random.Generator) -> Callable[[Any], Action]:
        left = iter(script(NAMES[seed % len(NAMES)]))
        return lambda observation: next(left)

    return make_agent


@pytest.fixture
def settings(school: Path, tmp_path: Path) -> SelfTaught:
    return SelfTaught(
        str(tmp_path / "run"), str(school / "policy"), str(school / "policy"), (HIDDEN,), (APART,),
        (str(school / "demos"),), (SHOWN,), str(school / "goals" / "policy"), rounds=1, explored=1, stated=1,
        threshold=0.0, checked=1, slack=2.0, steps=2, rows=4, judge_steps=2, most=4, learning_rate=1e-4,
    )  # fmt: skip


def test_rounds_go_on_where_a_kill_ended_them(settings: SelfTaught, tmp_path: Path) -> None:
    whole = improve(settings, False, print, world=world())
    again = replace(settings, out=str(tmp_path / "again"))
    broken = ["checked", "tried"]
    for _ in range(len(broken)):
        with pytest.raises(KeyboardInterrupt):
            improve(again, (tmp_path / "again").is_dir(), print, world=world(broken))
    assert improve(again, True, print, world=world(broken)) == whole and broken == []
    assert [numbers["round"] for numbers in whole] == [0, 1] and whole[1]["good"] > 0
    out = Path(settings.out)
    for name in ("policy", "judge", "rounds.svg", "metrics.jsonl", "round-1/good.json"):
        assert (out / name).exists()
    assert load_reward(out / "judge").head.recurrent.hidden_size == 16
    kept = [json.loads(line) for line in (out / "rounds.jsonl").read_text().splitlines()]
    assert kept == whole and all(0 <= numbers[name] <= 1 for numbers in kept for name in ("true", "learned"))
    unknown = {episode.success for episode in Corpus(str(out / "round-1" / "tried"), print).episodes()}
    assert unknown == {None}


def test_a_judge_that_is_fooled_ends_the_run(settings: SelfTaught) -> None:
    found = improve(replace(settings, slack=-2.0), False, print, world=world())  # every round counts as parted
    assert len(found) == 1
    out = Path(settings.out)
    assert (out / "policy" / "model.safetensors").read_bytes() == (
        out / "round-0" / "policy" / "model.safetensors"
    ).read_bytes()


def test_what_cannot_be_is_said_at_once(settings: SelfTaught, tmp_path: Path) -> None:
    for wrong, match in (
        ({"data": ()}, "expected demonstrations"),
        ({"taught": (HIDDEN,)}, "found fake.hidden among the shown"),
        ({"threshold": 1.5}, "threshold from 0 to 1"),
        ({"judge": str(tmp_path / "none")}, "expected a reward model"),
    ):
        with pytest.raises(UsageError, match=match):
            improve(replace(settings, **wrong), False, print)
        assert not Path(settings.out).exists()


def test_a_mark_is_made_once(tmp_path: Path) -> None:
    assert [once(tmp_path / "a" / "mark.json", lambda n=n: {"n": n}) for n in range(3)] == [{"n": 0}] * 3


def call(*args: str) -> int | str | None:
    with pytest.raises(SystemExit) as end:
        cli.main(args)
    return end.value.code


def test_the_commands_refuse_in_one_line(settings: SelfTaught, capsys: pytest.CaptureFixture[str]) -> None:
    demos, out = settings.data[0], settings.out
    shared = ["--policy", settings.start, "--data", demos, "--out", out, "-q"]
    assert call("train", "self", *shared, "--subset", "test63") == 2 and "test63" in capsys.readouterr().err
    assert call("train", "self", *shared, "--tasks", "click-test", "--taught", "none.*") == 2
    assert call("train", "self", "--policy", "lexical", "--data", demos, "--out", out, "--tasks", "click-test") == 2
    assert call("train", "goals", "--out", out) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) <= 9
    goals = ["train", "goals", "--data", demos, "--start", settings.start, "--out", out, "--steps", "2", "--rows", "2"]
    assert call(*goals, "-q", "--json") == 0
    assert json.loads(capsys.readouterr().out)["data"]["episodes"] == 3

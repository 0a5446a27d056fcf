"""The reward model: figures as a hand computes them, failures that fail, right told from wrong, files that are safe."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from named_site import NAMES, NamedEnv, demonstration, expert, goal_for, script, tiny

from webagent import cli
from webagent.datasets import write_episode
from webagent.datasets.corpus import CorpusWriter
from webagent.envs.errors import DataDamaged, UsageError
from webagent.envs.types import Action
from webagent.models.checkpoint import Policy, load_policy, save_policy
from webagent.models.reward import RewardHead, RewardModel, evidence_of
from webagent.models.reward_checkpoint import load_reward, save_reward
from webagent.train.cases import Case, case_of, followed
from webagent.train.docket import Filed, Reading, filed, read_docket
from webagent.train.judging import Plan, augmentation, learn, measure
from webagent.train.metrics import auc
from webagent.train.misfits import cut_short, goal_swapped, value_changed, with_misfits
from webagent.train.reward import Learning, balanced, learned_names, logits_of, train_reward
from webagent.train.spoil import KINDS, Fault, drawn, faults_of, played


def replayed(case: Case, seed: int) -> bool:
    """What the environment says of the case's actions."""
    return bool(played(NamedEnv(), Fault(case.actions, 0, "as it was"), seed).success)


def world(seeds: range) -> list[Filed]:
    """Demonstrations, spoilt ones, and misfits."""
    found = []
    for seed in seeds:
        shown = demonstration(seed)
        fault = drawn(shown, np.random.default_rng(seed))
        assert fault is not None
        found += [case_of(shown), case_of(played(NamedEnv(), fault, seed))]
    cases = [case for case in found if case is not None]
    return [filed(case) for case in with_misfits(cases, lambda task: expert, seeds.start)]


def short(**more: object) -> Learning:
    return Learning(**{"out": "", "steps": 80, "tasks": 1, "looks": 40, "hidden": 32, "apart": 0.0, **more})  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def one_thread() -> object:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


# ---- the loss --------------------------------------------------------------------------------------------------------


def test_the_loss_counts_both_sides_alike_and_leaves_out_what_nobody_knows() -> None:
    logits = torch.tensor([0.0, 0.0, 0.0, 5.0, 7.0])
    labels = torch.tensor([1.0, 1.0, 1.0, 0.0, math.nan])
    wanted = (math.log(2) + math.log(1 + math.exp(5))) / 2
    assert balanced(logits, labels).item() == pytest.approx(wanted)
    assert balanced(logits, torch.full((5,), math.nan)).item() == 0


# ---- failures -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spoiler", KINDS, ids=lambda kind: kind.__name__)
def test_a_spoilt_demonstration_fails(spoiler: Callable[..., Fault | None]) -> None:
    for seed in range(6):
        shown = demonstration(seed)
        fault = spoiler(shown, np.random.default_rng(seed))
        assert shown.success and fault is not None
        case = case_of(played(NamedEnv(), fault, seed))
        assert case is not None and not case.success and case.kind == fault.kind
        assert case.progress[: fault.at + 1] == (1.0,) * fault.at + (0.0,)


def test_misfits_fail_in_the_environment_too() -> None:
    rng = np.random.default_rng(0)
    goals = [goal_for(name) for name in NAMES]
    for seed in range(8):
        case = case_of(demonstration(seed))
        assert case is not None and case.progress == (1.0,) * 5 and replayed(case, seed)
        swapped = goal_swapped(case, goals, expert, rng)
        changed = next(filter(None, (value_changed(case, NAMES, expert, rng) for _ in range(50))))  # not "Save"
        for wrong in (swapped, changed):
            assert wrong is not None and wrong.goal != case.goal and wrong.progress[0] == 0.0
            named = NAMES.index(wrong.goal.split('"')[1])
            assert not replayed(wrong, named)
        cut = cut_short(case, rng)
        assert cut is not None and not replayed(cut, seed) and 1 <= len(cut.actions) < 4
        assert len(cut.seen) == len(cut.actions) + 1 and cut.progress == (1.0,) * len(cut.actions)


def test_no_misfit_where_the_same_would_have_been_right_or_the_page_tells() -> None:
    rng = np.random.default_rng(0)
    case = case_of(demonstration(0))
    assert case is not None
    assert goal_swapped(case, [case.goal], expert, rng) is None
    assert goal_swapped(case, [goal_for("Bob")], lambda seen: script("Ann")[len(seen) - 1], rng) is None
    told = replace(case.seen[0].tree.elements[0], role="text", name="turn off the weekly mail")
    page = replace(case.seen[0], tree=replace(case.seen[0].tree, elements=(told,)))
    assert goal_swapped(replace(case, seen=(page, *case.seen[1:])), [goal_for("Bob")], expert, rng) is None
    lost = followed(lambda seen: script("Ann")[9], case)
    assert lost is None


def test_what_was_done_is_judged_not_what_was_advised() -> None:
    shown = demonstration(0)
    done = [{"op": "click", "target": "s", "text": None, "point": None}] * len(shown.steps)
    episode = replace(shown, source="dagger", success=False, info={"executed": done})
    case = case_of(episode)
    assert case is not None and {a.target for a in case.actions} == {"s"} and case.progress == (0, 1, 0, 0, 0)
    assert case_of(replace(shown, success=None)) is None


def test_cases_come_out_of_corpora(tmp_path: Path) -> None:
    with CorpusWriter(str(tmp_path / "demos")) as writer:
        for seed in range(6):
            writer.add(demonstration(seed))
    reading, url = Reading(("fake.mail-off",), 4), str(tmp_path / "demos")
    found = read_docket([url], reading, print)
    shown = [one for one in found if one.success]
    assert len(shown) == 4 and all(one.kind == "demonstration" and one.looks == 6 for one in shown)
    assert {one.kind for one in found if not one.success} == {"cut short", "goal swapped", "value changed"}
    assert read_docket([url, url], reading, print, processes=2) == found * 2
    assert read_docket([url], Reading(("fake.other",), 4), print) == []
    faults = faults_of((demonstration(seed) for seed in range(9)), 3)
    assert [len(of) for of in faults.values()] == [3]


# ---- learning -------------------------------------------------------------------------------------------------------


def test_right_is_told_from_wrong() -> None:
    model, _ = train_reward(short(steps=200, learning_rate=3e-3), tiny(), world(range(24)))
    cases = world(range(100, 116))
    logits = logits_of(model, cases)
    seen = np.array([case.kind not in ("goal swapped", "value changed") for case in cases])
    assert auc(logits.verdict[seen], logits.success[seen]) >= 0.9
    assert auc(logits.verdict, logits.success) >= 0.7  # a trunk that was never trained does not compare names
    assert auc(logits.progress, logits.helped) >= 0.8


@pytest.mark.parametrize("layers", [0, 1])
def test_the_same_seed_gives_the_same_weights(layers: int) -> None:
    cases, found = world(range(4)), []
    for seed in (0, 0, 1):
        policy = tiny()
        before = {name: weight.clone() for name, weight in policy.net.state_dict().items()}
        model, names = train_reward(short(steps=3, layers=layers, seed=seed), policy, cases)
        changed = {name for name, weight in policy.net.state_dict().items() if not torch.equal(weight, before[name])}
        assert set(names) == set(learned_names(policy, layers)) and changed <= set(names)
        assert bool(changed) == bool(layers)
        found.append(model.head.state_dict())
    assert all(torch.equal(found[0][k], found[1][k]) for k in found[0])
    assert any(not torch.equal(found[0][k], found[2][k]) for k in found[0])


def test_another_process_makes_the_same_batches() -> None:
    docket, heads = world(range(4)), []
    for workers in (0, 1):
        settings = short(steps=3, layers=1, workers=workers)
        model, _ = train_reward(settings, tiny(), docket, augment=augmentation(docket))
        heads.append(model.head.state_dict())
    assert all(torch.equal(heads[0][name], heads[1][name]) for name in heads[0])


def test_without_both_outcomes_there_is_nothing_to_learn() -> None:
    shown = [filed(case) for case in (case_of(demonstration(seed)) for seed in range(3)) if case is not None]
    with pytest.raises(UsageError, match="expected successes and failures"):
        train_reward(short(), tiny(), shown)
    with pytest.raises(UsageError, match="0 to 2 layers"):
        learned_names(tiny(), 3)


# ---- judging --------------------------------------------------------------------------------------------------------


def untrained(policy: Policy) -> RewardModel:
    torch.manual_seed(1)
    return RewardModel(policy, RewardHead(policy.config.width, 16).eval())


def test_step_by_step_is_the_same_as_the_whole() -> None:
    model, shown = untrained(tiny()), demonstration(2)
    case = case_of(shown)
    assert case is not None
    found = model.judge(shown.task.goal, shown.steps, shown.final)
    with torch.inference_mode():
        (row,) = evidence_of(model.policy, [(case.seen, case.actions)])
        logits = torch.sigmoid(model.head(row[None])[0][0])
    assert found.success == pytest.approx(logits[-1, 0].item(), abs=1e-5)
    assert found.progress == pytest.approx(logits[1:, 1].tolist(), abs=1e-5)
    again = evidence_of(model.policy, [(case.seen, case.actions)] * 2)
    assert torch.allclose(again[0], row, atol=1e-5) and torch.allclose(again[1], row, atol=1e-5)


def test_a_state_may_fork() -> None:
    model, shown = untrained(tiny()), demonstration(2)
    first = model.begin(shown.steps[0].observation)
    one = model.step(first, shown.steps[0].action, shown.steps[1].observation)
    other = model.step(first, Action("click", "s"), shown.steps[0].observation)
    again = model.step(first, shown.steps[0].action, shown.steps[1].observation)
    assert one.judgement == again.judgement != other.judgement
    assert first.progress == () and len(one.progress) == 1 and 0 < one.success < 1
    assert model.judge(shown.task.goal, (), shown.final).progress == ()


# ---- files and commands ---------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    policy = tiny()
    save_policy(tmp_path / "policy", policy)
    model, names = train_reward(short(steps=2, layers=1), policy, world(range(3)))
    save_reward(tmp_path / "policy" / "reward", model, names, {"trained": {"updates": 2}})
    return tmp_path / "policy"


def test_what_was_saved_judges_the_same(folder: Path) -> None:
    shown = demonstration(1)
    found = [load_reward(p).judge(shown.task.goal, shown.steps, shown.final) for p in (folder, folder / "reward")]
    assert found[0] == found[1]
    policy = load_policy(folder)
    model, _ = train_reward(short(steps=2, layers=1), tiny(), world(range(3)))
    again = model.judge(shown.task.goal, shown.steps, shown.final)
    assert again.success == pytest.approx(found[0].success, abs=1e-6)
    assert untrained(policy).judge(shown.task.goal, shown.steps, shown.final) != found[0]


def test_damage_and_other_versions_are_one_line(folder: Path, tmp_path: Path) -> None:
    config, weights = folder / "reward" / "config.json", folder / "reward" / "model.safetensors"
    good, data = config.read_text(), json.loads(config.read_text())
    whole = weights.read_bytes()
    for text, match in (
        (json.dumps({**data, "version": 99}), "expected version 1, found 99"),
        (json.dumps({**data, "policy_sha256": "0"}), "trained with other weights"),
        (json.dumps({**data, "hidden": 7}), "cannot be read"),
        ("{", "cannot be read"),
    ):
        config.write_text(text)
        with pytest.raises(DataDamaged, match=match):
            load_reward(folder)
    config.write_text(good)
    weights.write_bytes(whole[:100])
    with pytest.raises(DataDamaged, match="cannot be read"):
        load_reward(folder)
    with pytest.raises(UsageError, match="expected a reward model"):
        load_reward(tmp_path)


def corpus(place: Path, tasks: Sequence[str]) -> str:
    """Demonstrations and spoilt ones of these tasks."""
    with CorpusWriter(str(place)) as writer:
        for seed, task in enumerate(tasks * 3):
            shown = demonstration(seed)
            fault = drawn(shown, np.random.default_rng(seed))
            assert fault is not None
            for episode in (shown, played(NamedEnv(), fault, seed)):
                writer.add(replace(episode, task=replace(episode.task, id=task)))
    return str(place)


def test_a_run_from_corpora_to_figures(tmp_path: Path) -> None:
    save_policy(tmp_path / "start", tiny())
    learned, apart = ("fake.a", "fake.b"), ("fake.c",)
    data = corpus(tmp_path / "data", [*learned, *apart])
    settings = short(out=str(tmp_path / "run"), steps=3, report_every=1, apart=0.5)
    plan = Plan(settings, str(tmp_path / "start"), (data,), learned, apart)
    model, found = learn(plan, print)
    assert found["tasks"] == 1 and found["episodes"] >= 9 and 0 <= found["auc"]["value"] <= 1
    assert set(found["by_task"]) == set(apart) and "cut short" in found["auc_by_failure"]
    assert json.loads((tmp_path / "run" / "measured.json").read_text()) == json.loads(json.dumps(found))
    assert len((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()) == 3
    again = measure(tmp_path / "run" / "policy", [data], Reading(apart, 20), print)
    assert again["auc"] == found["auc"] and again["by_task"] == found["by_task"]
    assert load_reward(tmp_path / "run" / "policy").curves == model.curves
    with pytest.raises(UsageError, match=r"found twice: fake.a"):
        learn(replace(plan, held_out=learned[:1]), print)
    with pytest.raises(UsageError, match="already holds a run"):
        learn(plan, print)


def call(*args: str) -> int | str | None:
    with pytest.raises(SystemExit) as end:
        cli.main(args)
    return end.value.code


def test_judge_says_it_with_its_exit_code(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_episode(tmp_path / "kept" / "one", demonstration(1))
    arguments = ["judge", f"{tmp_path / 'kept'}#one", "--reward", str(folder), "--json"]
    assert call(*arguments, "--threshold", "0") == 0
    data = json.loads(capsys.readouterr().out)["data"]
    assert data["success"] and len(data["steps"]) == 5 and data["judged_by"] == "reward_model"
    assert call(*arguments, "--threshold", "1") == 1
    assert not json.loads(capsys.readouterr().out)["data"]["success"]
    assert call("judge", str(tmp_path / "kept"), "--reward", str(folder), "--threshold", "2") == 2
    assert call("judge", str(tmp_path / "kept"), "--reward", str(tmp_path / "none")) == 2
    assert call("judge", str(tmp_path / "none"), "--reward", str(folder)) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) <= 6


def test_the_test_split_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["train", "reward", "--out", str(tmp_path / "run"), "--data", str(tmp_path), "-q"]
    assert call(*arguments, "--subset", "test63") == 2
    assert "test63" in capsys.readouterr().err
    assert call(*arguments, "--held-out", "bgym125") == 2
    assert call(*arguments, "--calibrate", "test63", "--final") == 2

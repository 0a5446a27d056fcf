"""Reinforcement: what an advantage is, where an episode ends, that memory is learned to be used, and that kills cost
no more than the round they hit."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from fake_learner import Local, beginner, playing

from webagent import cli
from webagent.envs.errors import UsageError
from webagent.models.checkpoint import Policy, load_policy
from webagent.models.network import PolicyNet
from webagent.models.segment import Segment
from webagent.seeds import BENCH_FLOOR
from webagent.train.actors import News
from webagent.train.arena import Order
from webagent.train.curriculum import Curriculum
from webagent.train.experience import Acting, Experience, Transition
from webagent.train.ppo import Reinforced, Stretch, _Run, advantages, minibatches, ppo_loss, train, weigh


@pytest.fixture(autouse=True)
def one_thread() -> object:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def given(out: Path, **more: object) -> Reinforced:
    settings = {"out": str(out), "updates": 2, "steps": 24, "rows": 24, "kl": 0.0, "learning_rate": 3e-3}
    return Reinforced(**{**settings, **more})  # type: ignore[arg-type]


def seen(
    policy: Policy, steps: int, contexts: int, *tasks: str, every: int = 4
) -> tuple[Experience, list[list[Transition]]]:
    experience = Experience(
        Local(playing(policy, contexts, *tasks)), Curriculum([f"fake.{t}" for t in tasks], 0), policy.words
    )
    acting, chance = Acting(steps, 1.0, every), torch.Generator().manual_seed(0)
    return experience, experience.collect(policy.net, acting, np.random.default_rng(0), chance)


# ---- advantages ------------------------------------------------------------------------------------------------------


def step(value: float, following: float, reward: float = 0.0, ends: bool = False, task: str = "t") -> Transition:
    nothing: Segment = None  # type: ignore[assignment]
    return Transition(task, nothing, (), (), 0.0, value, False, None, reward, ends, following)


def test_advantages_are_those_worked_out_by_hand() -> None:
    stream = [step(0.5, 0.25), step(0.25, 0.0, reward=1.0, ends=True), step(0.125, 0.5)]
    # the last: 0 + 0.5 * 0.5 - 0.125; the end of an episode: 1 - 0.25; before that: 0.5 * 0.25 - 0.5 + 0.5 * 0.5 * 0.75
    assert advantages(stream, gamma=0.5, trace=0.5).tolist() == pytest.approx([-0.1875, 0.75, 0.125])


def test_a_cut_episode_is_worth_what_would_have_come_an_ended_one_is_not() -> None:
    """The limit of ``walk`` cuts it off, which says nothing about what lies behind; a wrong door ends the maze."""
    policy = beginner()
    with torch.no_grad():
        policy.net.value[-1].bias += 1.0
    _, streams = seen(policy, 40, 2, "walk")
    ends = [one for stream in streams for one in stream if one.ends]
    assert ends and all(one.reward == 0 and one.following > 0.5 for one in ends)
    _, streams = seen(policy, 40, 2, "maze-1")
    ends = [one for stream in streams for one in stream if one.ends]
    assert {one.reward for one in ends} == {0.0, 1.0} and all(one.following == 0 for one in ends)
    inside = [(a, b) for stream in streams for a, b in pairwise(stream) if not a.ends]
    assert inside and all(a.following == b.value and not b.begins for a, b in inside)


def test_tasks_that_all_end_alike_do_not_move_the_policy() -> None:
    a, b = step(0.5, 0.0, task="a"), step(0.5, 0.0, task="b")
    made = [
        Stretch(0, [a, b], np.array([3.0, -1.0]), np.zeros(2), np.ones(2)),
        Stretch(1, [a], np.array([1.0]), np.zeros(1), np.ones(1)),
    ]
    weigh(made, {"a"})
    assert [one.weights.tolist() for one in made] == [[1, 0], [1]]
    assert [made[0].advantages[0], made[1].advantages[0]] == pytest.approx([1, -1])


def test_minibatches_hold_everything_once() -> None:
    made = [Stretch(n, [step(0, 0)] * (1 + n % 4), np.zeros(1), np.zeros(1), np.zeros(1)) for n in range(20)]
    parts = list(minibatches(made, 10, np.random.default_rng(0)))
    assert sorted(one.slot for part in parts for one in part) == list(range(20))
    assert all(10 <= sum(len(one.steps) for one in part) <= 13 for part in parts[:-1])


# ---- ratios, memories ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("memory", ["none", "xl", "infini"])
@pytest.mark.parametrize("op", ["click", "type", "drag"])
def test_before_the_first_update_every_ratio_is_one(op: str, memory: str, tmp_path: Path) -> None:
    """Over several rounds of playing, so that stretches begin with stored memories, padding included."""
    from webagent.envs.types import OPS

    policy = beginner(memory)
    with torch.no_grad():
        policy.net.op.bias[OPS.index(op)] += 24
        policy.net.use_point[-1].bias[1] += 12
    run = _Run(given(tmp_path, kl=0.1, stretch=3), policy, ["fake.maze-4", "fake.walk"])
    experience, _ = seen(policy, 0, 5, "maze-4", "walk")
    for _ in range(3):
        acting, chance = Acting(31, 1.0, 3), torch.Generator().manual_seed(1)
        stretches = run.stretches(experience.collect(run.net, acting, np.random.default_rng(1), chance))
        batch = run._side_by_side(stretches, [one.memory for one in stretches])
        with torch.no_grad():
            found = run._likelihood(run.net, batch)
        before = batch.before
        assert (torch.exp(found.logprob - before) - 1).abs().max() < 1e-4
        assert (torch.exp(batch.reference - before) - 1).abs().max() < 1e-4  # it has memories of its own
        _, numbers = ppo_loss(found, batch, run.settings)
        assert abs(float(numbers["kl"])) < 1e-6 and float(numbers["clipped"]) == 0
    assert batch.past.memory.ages.shape[1] > 0 or memory != "xl"
    assert not batch.real.all() and batch.past.fresh.any()


def success(policy: Policy, task: str) -> float:
    experience, _ = seen(policy, 200, 16, task)
    return float(np.mean([one.success for one in experience.outcomes]))


@pytest.mark.slow
def test_memory_learns_a_maze_that_cannot_be_done_without(tmp_path: Path) -> None:
    """From two of three starts at least (one start in seven settles on one door early: docs/LOG.md)."""
    rates: dict[str, list[float]] = {"xl": [], "none": []}
    for memory, found in rates.items():
        for start in range(3):
            policy = beginner(memory, start)
            out = tmp_path / f"{memory}{start}"
            settings = given(out, updates=16, steps=192, rows=96, epochs=4, entropy=0.003, learning_rate=1e-3)
            made = train(settings, policy, ["fake.maze-1"], Local(playing(policy, 32, "maze-1")))
            found.append(success(made, "maze-1"))
    assert sorted(rates["xl"])[1] >= 0.9 and all(0.3 <= rate <= 0.7 for rate in rates["none"]), rates


# ---- runs ------------------------------------------------------------------------------------------------------------


def trained(out: Path, resume: bool = False, **more: object) -> dict[str, torch.Tensor]:
    policy = beginner()
    player = Local(playing(policy, 4, "coin", "maze-0"))
    tasks = ["fake.coin", "fake.maze-0"]
    return train(given(out, kl=0.1, **more), policy, tasks, player, resume).net.state_dict()


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(a[name], b[name]) for name in a)


def test_one_seed_has_one_result(tmp_path: Path) -> None:
    first = trained(tmp_path / "a")
    assert same(first, trained(tmp_path / "b")) and not same(first, trained(tmp_path / "c", seed=1))
    line = json.loads((tmp_path / "a" / "metrics.jsonl").read_text().splitlines()[-1])
    assert line["steps"] >= 24 and line["success/fake.coin"] >= 0
    parts = [line[f"time/{what}"] for what in ("environment", "inference", "learner")]
    assert sum(parts) == pytest.approx(1, abs=0.01) and parts[2] > 0
    assert load_policy(tmp_path / "a" / "policy").about["reinforced"] == {"updates": 2}


def train_for_ever(out: str) -> None:
    torch.set_num_threads(1)
    trained(Path(out), updates=100_000)


def test_a_killed_run_goes_on_behind_its_last_update(tmp_path: Path) -> None:
    code = f"import test_ppo; test_ppo.train_for_ever({str(tmp_path)!r})"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    process = subprocess.Popen([sys.executable, "-P", "-c", code], env=environment)
    end = time.monotonic() + 60
    while not (tmp_path / "state.pt").exists() and time.monotonic() < end:
        time.sleep(0.02)
    process.kill()
    process.wait()
    before = torch.load(tmp_path / "state.pt", weights_only=True)
    with pytest.raises(UsageError, match="already holds a run"):
        trained(tmp_path)
    with pytest.raises(UsageError, match=r"gamma 0\.98 to 0\.5"):
        trained(tmp_path, resume=True, updates=100_000, gamma=0.5)
    trained(tmp_path, resume=True, updates=before["update"] + 1)
    after = torch.load(tmp_path / "state.pt", weights_only=True)
    assert after["update"] == before["update"] + 1
    begun = [sum(record["begun"] for record in state["curriculum"].values()) for state in (before, after)]
    assert begun[1] > begun[0]  # no episode is played twice
    steps = [json.loads(line)["step"] for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert steps[-1] == after["update"] and steps[-2] in (before["update"], before["update"] + 1)


def test_the_divergence_from_the_start_is_held_back(tmp_path: Path) -> None:
    policy = beginner()
    moved = {}
    for kl in (0.001, 3.0):
        run = _Run(given(tmp_path, kl=kl, learning_rate=1e-3, steps=48), policy, ["fake.coin"])
        experience, _ = seen(policy, 0, 8, "coin")
        numbers = [run.round(experience) for _ in range(4)]
        moved[kl] = numbers[-1]["kl"]
    assert 0 <= moved[3.0] < moved[0.001]


def test_bad_settings_are_told() -> None:
    with pytest.raises(UsageError, match="expected gamma from 0 to 1, found 2"):
        Reinforced(out="x", gamma=2)
    with pytest.raises(UsageError, match="expected temperature above 0, found 0"):
        Reinforced(out="x", temperature=0)


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        (("--policy", "random"), "expected a trained policy to begin with, found 'random'"),
        (("--policy", "/nowhere"), "expected a policy's folder"),
        (("--tasks", "clack-test"), "unknown task 'clack-test'"),
        (("--temperature", "0"), "expected temperature above 0, found 0"),
        (("--device", "tpu"), "expected a device, cpu or cuda, found 'tpu'"),
    ],
)
def test_a_wrong_call_is_one_line(
    wrong: tuple[str, str], line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["train", "rl", "--out", str(tmp_path / "run"), *wrong])
    assert end.value.code == 2 and line in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


# ---- episodes that break ---------------------------------------------------------------------------------------------


class Breaking(Local):
    """Every third answer is that the episode broke."""

    count = 0

    def order(self, slot: int, order: Order) -> None:
        super().order(slot, order)
        self.count += 1
        if self.count % 3 == 0:
            self._found[-1] = News(slot, None, lost="broken")


def test_a_broken_episode_has_failed_and_its_last_action_is_not_learned_from() -> None:
    policy = beginner()
    experience = Experience(Breaking(playing(policy, 3, "walk")), Curriculum(["fake.walk"], 0), policy.words)
    streams = experience.collect(policy.net, Acting(30, 1.0, 4), np.random.default_rng(0), torch.Generator())
    broken = [one for one in experience.outcomes if one.lost]
    assert broken and not any(one.success for one in broken)
    for stream in streams:
        assert all(one.memory is not None for one in stream[::4])
        assert all(b.begins for a, b in pairwise(stream) if a.ends)
        assert not any(b.begins for a, b in pairwise(stream) if not a.ends)
        assert all(0 < one.following < 1 for one in stream if one.ends and not one.reward)


# ---- which tasks -----------------------------------------------------------------------------------------------------


def test_what_is_always_or_never_solved_is_seldom_played() -> None:
    curriculum, rng = Curriculum(["always", "never", "sometimes"], 3), np.random.default_rng(0)
    for n in range(60):
        curriculum.add("always", True)
        curriculum.add("never", False)
        curriculum.add("sometimes", n % 2 == 0)
    drawn = [curriculum.draw(rng) for _ in range(400)]
    counts = {task: sum(one == task for one, _ in drawn) for task in curriculum.records}
    assert counts["sometimes"] > 300 and min(counts.values()) > 3
    seeds = [seed for _, seed in drawn]
    assert len(set(seeds)) == len(seeds) and all(0 <= seed < BENCH_FLOOR for seed in seeds)
    again = Curriculum(["always", "never", "sometimes", "new"], 3)
    again.load(curriculum.state())
    assert again.records["always"] == curriculum.records["always"] and again.records["new"].worth > 1
    for _ in range(8):
        again.add("never", True)  # it begins to be solved
    assert again.records["never"].worth > 2 * curriculum.records["always"].worth
    assert dataclasses.asdict(again.records["new"])["begun"] == 0


def test_memory_is_emptied_where_an_episode_begins() -> None:
    policy = beginner()
    _, streams = seen(policy, 60, 3, "maze-2", every=1)
    steps = [one for stream in streams for one in stream]
    assert all((one.memory is not None and int((one.memory.ages > 0).sum()) == 0) == one.begins for one in steps)
    net: PolicyNet = policy.net
    deepest = max(int(one.memory.ages.max()) for one in steps if one.memory is not None and one.memory.ages.numel())
    assert deepest == 3 <= net.config.window

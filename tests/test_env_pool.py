"""Pools of processes: one vector environment to look at, whatever happens to the processes behind it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, MultiBinary
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers.vector import RecordEpisodeStatistics

from webagent.envs import env_pool
from webagent.envs.browser import Browser
from webagent.envs.env_pool import EnvPool, make_pool
from webagent.envs.errors import BrowserGone, PageUnreachable, TimedOut, UnknownName, UsageError, WebAgentError
from webagent.envs.pool_worker import SharedRows
from webagent.envs.vector_batch import joined_infos
from webagent.envs.vector_env import VectorEnv

pytestmark = pytest.mark.browser
TASKS = ["miniwob.click-checkboxes", "miniwob.click-test-2"]
OPTIONS: dict[str, Any] = {"view": "arrays", "settle": "input", "max_episode_steps": 3}


@pytest.fixture(scope="module")
def pool() -> Iterator[EnvPool]:
    """Five environments in two processes: 0 to 2, and 3 and 4."""
    with make_pool(TASKS, 5, 2, **OPTIONS) as made:
        yield made


@pytest.fixture
def seen(pool: EnvPool) -> dict[str, Any]:
    """The observations after a reset of all."""
    observations: dict[str, Any] = pool.reset(seed=3)[0]
    return observations


def choose(observations: Any, rng: np.random.Generator) -> list[int]:
    return [int(rng.choice(np.flatnonzero(mask))) for mask in observations["action_mask"]]


def pid_of(pool: EnvPool, process: int) -> int:
    worker = pool._blocks[process].worker
    assert worker is not None
    return worker.process.pid


def below(pid: int) -> list[int]:
    """A process and all that descend from it."""
    children = [child for task in Path(f"/proc/{pid}/task").glob("*/children") for child in task.read_text().split()]
    return [pid, *(p for child in children for p in below(int(child)))]


def alive(pids: list[int]) -> list[int]:
    def state(pid: int) -> str:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return "gone"

    return [pid for pid in pids if state(pid) not in ("gone", "Z")]


def all_gone(pids: list[int], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while (left := alive(pids)) and time.monotonic() < end:
        time.sleep(0.1)
    return not left


def assert_same(ours: Any, theirs: Any) -> None:
    if isinstance(ours, dict):
        assert ours.keys() == theirs.keys()
        for key in ours:
            assert_same(ours[key], theirs[key])
    elif isinstance(ours, tuple) or (isinstance(ours, np.ndarray) and ours.dtype == object):
        assert len(ours) == len(theirs)
        for pair in zip(ours, theirs, strict=True):
            assert_same(*pair)
    elif isinstance(ours, np.ndarray):
        assert ours.dtype == theirs.dtype and np.array_equal(ours, theirs)
    else:
        assert ours == theirs


def placeless(result: Any) -> Any:
    """Without addresses: every process serves the pages from a port of its own."""
    observations, *rest = result
    for seen in [observations, *(rest[-1].get("final_obs", []))]:
        del seen["url"], seen["tabs"]
    return (observations, *rest)


def test_a_pool_does_what_one_vector_does(pool: EnvPool, chromium: Browser) -> None:
    whole = VectorEnv.of(TASKS, 5, browser=chromium, **OPTIONS)
    assert pool.observation_space == whole.observation_space and pool.action_space == whole.action_space
    assert pool.metadata == whole.metadata
    ours, theirs = pool.reset(seed=20), whole.reset(seed=20)
    assert_same(ours, theirs)
    rng = np.random.default_rng(2)
    for _ in range(6):
        actions = choose(ours[0], rng)
        ours, theirs = pool.step(actions), whole.step(actions)
        assert_same(tuple(ours), tuple(theirs))
    mask = np.array([False, True, False, False, False])
    assert_same(pool.reset(seed=7, options={"reset_mask": mask}), whole.reset(seed=7, options={"reset_mask": mask}))
    assert np.array_equal(pool.action_masks(), whole.action_masks())
    whole.close()


def test_the_typed_view_and_statistics_come_through_the_pipe(chromium: Browser) -> None:
    options = {**OPTIONS, "view": "typed", "autoreset_mode": AutoresetMode.SAME_STEP, "max_episode_steps": 1}
    whole = VectorEnv.of(TASKS, browser=chromium, **options)
    with make_pool(TASKS, 2, 2, **options, statistics=True) as pool:
        assert_same(placeless(pool.reset(seed=1)), placeless(whole.reset(seed=1)))
        action = {"op": np.array([0, 0]), "target": ("e1", "e2"), "text": ("", ""), "point": ((), ())}
        ours, theirs = pool.step(action), whole.step(action)
        assert ours.infos.pop("episode")["l"].tolist() == [1, 1] and ours.infos.pop("_episode").all()
        assert_same(placeless(ours), placeless(theirs))
    whole.close()


def test_the_slowest_process_is_not_waited_for(pool: EnvPool, seen: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    os.kill(pid_of(pool, 0), signal.SIGSTOP)
    try:
        pool.send(choose(seen, rng))
        for _ in range(2):
            who, batch = pool.recv()
            assert who.tolist() == [3, 4] and batch.rewards.shape == (2,)
            pool.send(choose(batch.observations, rng), who)
        assert pool.ready(at_least=5, timeout=1.0) == [3, 4]
        pool.step_wait([3, 4])
        with pytest.raises(TimedOut):
            pool.recv(timeout=0.1)
        with pytest.raises(gym.error.AlreadyPendingCallError, match="process 0"):
            pool.step([0] * 5)
        with pytest.raises(gym.error.AlreadyPendingCallError):
            pool.call("task")
        with pytest.raises(UsageError, match="whole processes"):
            pool.send([0], [4])
    finally:
        os.kill(pid_of(pool, 0), signal.SIGCONT)
    who, batch = pool.recv()
    assert who.tolist() == [0, 1, 2] and not batch.truncated.any()


def test_a_process_that_dies_is_replaced_and_told(pool: EnvPool, seen: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    before = below(pid_of(pool, 1))
    os.kill(before[0], signal.SIGKILL)
    observations, rewards, _, truncated, infos = pool.step(choose(seen, rng))
    assert truncated.tolist() == [False] * 3 + [True] * 2 and not rewards[3:].any()
    assert infos["recovered"].tolist() == [""] * 3 + ["process"] * 2
    assert infos["last_error"][4].startswith("BrowserGone: process 1 died (exit code -9)")
    assert observations in pool.observation_space
    observations, _, terminated, truncated, infos = pool.step(choose(observations, rng))
    assert not (terminated | truncated)[3:].any() and infos["_seed"].tolist()[3:] == [True, True]
    assert pool.get_attr("cost")[3].resets == 1
    pool.step(choose(observations, rng))
    assert all_gone(before, 15), "its browser must not outlive it"


def test_a_process_that_hangs_is_replaced(pool: EnvPool, seen: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env_pool, "ANSWER_S", 1.0)
    os.kill(pid_of(pool, 1), signal.SIGSTOP)
    actions = choose(seen, np.random.default_rng(0))
    pool.step_async(actions)
    monkeypatch.setattr(env_pool, "ANSWER_S", 60.0)
    result = pool.step_wait()
    assert result.truncated.tolist() == [False] * 3 + [True] * 2
    assert "did not answer in time" in result.infos["last_error"][3]
    os.kill(pid_of(pool, 1), signal.SIGKILL)  # while nothing is asked of it
    with pytest.raises(BrowserGone, match="process 1 died"):
        pool.call("task")
    assert pool.reset(seed=1)[1]["seed"].tolist() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("mode", [AutoresetMode.SAME_STEP, AutoresetMode.DISABLED])
def test_every_autoreset_mode_outlives_its_process(mode: AutoresetMode) -> None:
    with make_pool(TASKS[0], 2, 2, **OPTIONS, autoreset_mode=mode) as pool:
        counted = RecordEpisodeStatistics(pool)
        observations, _ = counted.reset(seed=0)
        actions = choose(observations, np.random.default_rng(0))
        os.kill(pid_of(pool, 0), signal.SIGKILL)
        _, _, _, truncated, infos = counted.step(actions)
        assert truncated.tolist() == [True, False] and infos["_episode"].tolist() == [True, False]
        if mode == AutoresetMode.SAME_STEP:
            assert infos["_final_info"].tolist() == infos["_final_obs"].tolist() == [True, False]
            assert infos["final_info"]["recovered"].tolist() == ["process", None]
            assert infos["final_obs"][0] in pool.single_observation_space
        else:
            assert infos["recovered"].tolist() == ["process", ""]
            with pytest.raises(gym.error.ResetNeeded, match="process 0"):
                counted.step([0, 0])
            counted.reset(options={"reset_mask": truncated})
        assert counted.step([0, 0])[1].shape == (2,)


def test_an_error_in_a_process_is_raised_with_its_environments_number() -> None:
    with pytest.raises(UnknownName, match=r"miniwob\.click-tset"):
        make_pool("miniwob.click-tset", 2, 2)
    with pytest.raises(UsageError, match="processes <= num_envs"):
        make_pool(TASKS, 1, 2)
    with pytest.raises(UsageError, match="cannot be shared"):
        make_pool(TASKS, 2, 1, browser=Browser())
    with make_pool("webagent/Web-v0", 2, 2, url="http://127.0.0.1:9/", goal="g") as pool:
        assert pool.spec is not None and pool.spec.id == "webagent/Web-v0"
        with pytest.raises(PageUnreachable, match="env 0"):
            pool.reset(seed=0)
        with pytest.raises(PageUnreachable, match="env 1"):
            pool.reset(seed=0, options={"reset_mask": np.array([False, True])})
        with pytest.raises(gym.error.ResetNeeded):
            pool.step([{"op": 0}] * 2)


def test_a_process_that_cannot_start_ends_the_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with make_pool(TASKS, 2, 1, **OPTIONS) as pool, pytest.raises(WebAgentError, match="3 times in a row"):
        pool.reset(seed=0)


def test_closing_leaves_no_process(pool: EnvPool, seen: dict[str, Any]) -> None:
    with make_pool(TASKS, 2, 2, **OPTIONS) as short:
        short.reset(seed=0)
        pids = [pid for process in range(2) for pid in below(pid_of(short, process))]
        assert len(pids) > 4
        os.kill(pid_of(short, 0), signal.SIGSTOP)
        short.step_async([0, 0])
        os.kill(pid_of(short, 0), signal.SIGCONT)
    assert all_gone(pids, 15)
    with pytest.raises(gym.error.ClosedEnvironmentError):
        short.reset()
    assert pool.step(choose(seen, np.random.default_rng(0)))[1].shape == (5,)


SCRIPT = """
import time
from webagent.envs.env_pool import make_pool
pool = make_pool("miniwob.click-test", 2, 2, view="arrays", settle="input")
pool.reset(seed=0)
print(*[block.worker.process.pid for block in pool._blocks], flush=True)
time.sleep(60)
"""


def test_a_pool_from_standard_input_leaves_nothing_when_it_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path, text=True
    ) as script:
        assert script.stdin is not None and script.stdout is not None
        script.stdin.write(SCRIPT)
        script.stdin.close()
        workers = [int(pid) for pid in script.stdout.readline().split()]
        pids = [pid for worker in workers for pid in below(worker)]
        assert len(workers) == 2 and len(alive(pids)) > 4
        script.kill()
    assert all_gone(pids, 20)


def test_shared_rows_hold_arrays_of_every_width() -> None:
    space = Dict({"mask": MultiBinary(3), "x": Box(0, 1, (2, 2), np.float64), "n": Box(0, 9, (), np.int32)})
    rows = SharedRows(space, 4)
    batch = {"mask": np.ones((2, 3), np.int8), "x": np.full((2, 2, 2), 0.5), "n": np.array([7, 8], np.int32)}
    rows.write(batch, 1)
    other = SharedRows(space, 4, os.dup(rows.handle))
    assert_same(other.read(1, 2), batch)
    assert not other.read(0, 1)["x"].any() and not SharedRows.fits(Box(0, 1))
    other.close()
    rows.close()


def test_infos_of_batches_keep_their_rows() -> None:
    first = {"a": np.array([1.5]), "_a": np.array([True]), "s": {"r": np.array(["x"], object)}}
    both = joined_infos([(first, 1), ({"b": np.ones((2, 3))}, 2)])
    assert both["a"].tolist() == [1.5, 0, 0] and both["_a"].tolist() == [True, False, False]
    assert both["s"]["r"].tolist() == ["x", None, None] and both["b"].shape == (3, 3)

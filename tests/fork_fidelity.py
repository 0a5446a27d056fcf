"""Does a restored episode go on as the first one did? Replay on every deterministic MiniWoB++ task.

    python tests/fork_fidelity.py --seeds 3 --jobs 2 [--tasks 'click-*'] [--settle input] [--think 500] [--json FILE]

For each task and seed: random but sensible steps, a snapshot at one of them, on to the end, restore, and the same steps
once more. An episode holds if the state hash is the same at the restore and after each further step. ``--think`` rests
up to so many ms before each step of the first time, as a slow policy would. A script, not a test: minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import fnmatch
import json
import random
import re
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from webagent.agents.random import make_agent
from webagent.envs import snapshots
from webagent.envs.browser import Browser
from webagent.envs.stage import Settings, Stage
from webagent.envs.state_hash import seen, state_hash
from webagent.envs.suites.miniwob import MiniWobScenario, task_info, task_names
from webagent.envs.types import Action, Observation

STEPS = 6
"""Most steps of an episode; many tasks end sooner."""
DRAGS = re.compile(r"drag|slid|draw|resiz|highlight|cube|sort|move", re.IGNORECASE)
"""Goals where a drag is a sensible thing. Elsewhere it selects text, and scrolls by the browser's own timer."""
KEYS = ("Tab", "Enter", "ArrowDown", "Control+A", "Backspace", "Escape")


@dataclass(frozen=True)
class Outcome:
    """``fault``: "" if all was the same, else where it was not. ``tries``: replays that the restore took."""

    task: str
    seed: int
    fault: str
    tries: int
    steps: int
    ms: float
    trail: tuple[str, ...] = ()
    same_refs: bool = True


def sensible(rng: random.Random, propose: Any, observation: Observation) -> Action:
    """Mostly what the random policy does; now and then a hover, a key or a drag."""
    on_view = [e for e in observation.tree.elements if e.has("visible") and not e.has("covered") and e.ref[0] != "d"]
    draw = rng.random()
    if draw < 0.15 and on_view and DRAGS.search(observation.goal):
        a, b = rng.choice(on_view), rng.choice(on_view)
        return Action("drag", a.ref, b.ref) if a is not b else Action("drag", a.ref, point=(rng.random(), 0.5))
    if draw < 0.22 and on_view:
        return Action("hover", rng.choice(on_view).ref)
    if draw < 0.3:
        return Action("press", text=rng.choice(KEYS))
    proposal = propose(observation)
    return Action("wait") if not proposal.actions else proposal.actions[0]


async def play(stage: Stage, task: str, seed: int, think_ms: float) -> Outcome:
    rng = random.Random(f"{task} {seed}")
    moment = await stage.reset(seed)
    propose = make_agent(stage.task, np.random.default_rng(rng.randrange(2**32)))
    done: list[Action] = []
    taken = [snapshots.take_replayable(stage)]
    shown = [moment.observation]
    while len(done) < STEPS and not (moment.terminated or moment.truncated):
        await asyncio.sleep(rng.random() * think_ms / 1000)
        done.append(sensible(rng, propose, moment.observation))
        moment = await stage.step(done[-1])
        taken.append(snapshots.take_replayable(stage))
        shown.append(moment.observation)
    at = rng.randrange(min(1, len(done) - 1), len(done))
    restored = await snapshots.restore(stage, taken[at])
    told = tuple(map(str, done))
    same_refs = refs(restored.moment.observation) == refs(shown[at])
    fault = "" if restored.exact else f"at the restore (step {at}): " + difference(shown[at], stage.observation)
    for number in range(at + 1, len(taken)):
        if fault:
            break
        again = await stage.step(done[number - 1])
        same_refs = same_refs and refs(again.observation) == refs(shown[number])
        if state_hash(again.observation) != taken[number].hash:
            fault = f"after step {number} (restored at {at}): " + difference(shown[number], again.observation)
    if not fault and len(taken) > at + 1 and (again.reward, again.terminated) != (moment.reward, moment.terminated):
        fault = f"reward {again.reward}, expected {moment.reward}"
    return Outcome(task, seed, fault, restored.tries, restored.steps, restored.ms, told, same_refs)


def refs(observation: Observation) -> list[str]:
    return [e.ref for e in observation.tree.elements]


def difference(expected: Observation, found: Observation) -> str:
    """The first thing that is not the same, in short."""
    a, b = seen(expected), seen(found)
    settled = f" [{expected.settled}/{found.settled}] {found.last_error[:60]}"
    if len(a) != len(b):
        extra = next((x for x, y in zip(a[4:], b[4:], strict=False) if x != y), None)
        return f"{len(a) - 4} elements, then {len(b) - 4}; first: {str(extra)[:150]}{settled}"
    x, y = next(((x, y) for x, y in zip(a, b, strict=True) if x != y), ("", ""))
    return f"{str(x)[:150]}, then {str(y)[:150]}{settled}"


async def play_tasks(browser: Browser, tasks: list[str], wanted: argparse.Namespace) -> list[Outcome]:
    outcomes = []
    for task in tasks:
        stage = Stage(browser, MiniWobScenario(task), Settings(settle=wanted.settle))
        for number in range(wanted.seeds):
            seed = random.Random(f"{wanted.seed} {task} {number}").randrange(2**31)
            outcomes.append(await play(stage, task, seed, wanted.think))
        await stage.close()
        stage.scenario.close()
    return outcomes


def work(tasks: list[str], wanted: argparse.Namespace) -> list[Outcome]:
    with Browser() as browser:
        return browser.call(play_tasks(browser, tasks, wanted), timeout=7200)


def report(outcomes: list[Outcome]) -> dict[str, Any]:
    by_task: dict[str, list[Outcome]] = {}
    for o in outcomes:
        by_task.setdefault(o.task, []).append(o)
    held = {task: statistics.mean(not o.fault for o in some) for task, some in by_task.items()}
    steps, ms = [o.steps for o in outcomes], [o.ms for o in outcomes]
    return {
        "episodes": len(outcomes),
        "held": statistics.mean(not o.fault for o in outcomes),
        "second_try": statistics.mean(o.tries > 1 for o in outcomes),
        "same_refs": statistics.mean(o.same_refs for o in outcomes if not o.fault),
        "restore_steps": {"p50": float(np.percentile(steps, 50)), "p95": float(np.percentile(steps, 95))},
        "restore_ms": {"p50": float(np.percentile(ms, 50)), "p95": float(np.percentile(ms, 95))},
        "tasks": held,
        "faults": [asdict(o) for o in outcomes if o.fault or o.tries > 1 or not o.same_refs],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", default="*")
    parser.add_argument("--seeds", type=int, default=3, help="episodes a task")
    parser.add_argument("--seed", type=int, default=0, help="where the seeds are drawn from")
    parser.add_argument("--settle", default="frame")
    parser.add_argument("--think", type=float, default=0.0, help="ms at most before a step of the first time")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--json", type=Path)
    wanted = parser.parse_args()
    tasks = [t for t in task_names() if task_info(t).deterministic and fnmatch.fnmatch(t, wanted.tasks)]
    began = time.monotonic()
    with ProcessPoolExecutor(wanted.jobs, mp_context=get_context("spawn")) as pool:
        parts = [pool.submit(work, tasks[n :: wanted.jobs], wanted) for n in range(wanted.jobs)]
        outcomes = [o for part in parts for o in part.result()]
    found = report(outcomes)
    for o in outcomes:
        if o.fault or o.tries > 1 or not o.same_refs:
            mark = "FAIL" if o.fault else "2nd try" if o.tries > 1 else "refs"
            print(f"{mark}  {o.task} {o.seed}: {o.fault}\n      {' | '.join(o.trail)}")
    for task, share in found["tasks"].items():
        print(f"{share:7.1%}  {task}")
    told = {k: v for k, v in found.items() if k not in ("tasks", "faults")}
    print(json.dumps({**told, "tasks": len(found["tasks"]), "s": round(time.monotonic() - began)}))
    if wanted.json:
        wanted.json.write_text(json.dumps(found, indent=1), encoding="utf8")


if __name__ == "__main__":
    main()

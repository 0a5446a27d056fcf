"""``kill -9`` of any process of ``train rl``, at random moments: what is lost?

``PYTHONPATH=tests python tests/fault_proof.py --kills 20``. A small policy plays MiniWoB++ in real browsers, two
actors of two contexts. Each time an actor, a browser, or the trainer (which is the inference, too) is killed, in turn,
at a moment of chance. Behind an actor or a browser the run must go on by itself; behind the trainer nothing of it may
be left running, and ``--resume`` must go on with the very next update. The last line is JSON; exit code 1 otherwise.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import torch
from fake_learner import beginner

from webagent.envs.reaper import marked
from webagent.models.checkpoint import save_policy

PATIENCE_S = 240.0
VICTIMS = ("actor", "browser", "trainer")


class Run:
    """The training under test. ``process``: the trainer of now."""

    def __init__(self, out: Path) -> None:
        self.out = out
        save_policy(out / "beginner", beginner())
        self.start()

    def start(self) -> None:
        asked = ("--policy", str(self.out / "beginner"), "--tasks", "click-test,click-test-2", "--updates", "100000",
                 "--steps", "16", "--actors", "2", "--contexts", "2", "--out", str(self.out / "run"))  # fmt: skip
        line = (sys.executable, "-m", "webagent", "train", "rl", *asked, "--resume", "-q")
        self.process = subprocess.Popen(line, stdout=subprocess.DEVNULL)

    def updates(self) -> list[int]:
        """Of each line of the metrics, in the order in which they were written."""
        path = self.out / "run" / "metrics.jsonl"
        lines = path.read_text().splitlines(keepends=True) if path.is_file() else []
        return [json.loads(line)["step"] for line in lines if line.endswith("\n")]

    def saved(self) -> int:
        path = self.out / "run" / "state.pt"
        return int(torch.load(path, weights_only=True)["update"]) if path.is_file() else 0

    def goes_on(self, lines: int) -> bool:
        """Wait until the metrics have more lines than that."""
        end = time.monotonic() + PATIENCE_S
        while len(self.updates()) <= lines:
            if time.monotonic() > end or self.process.poll() is not None:
                return False
            time.sleep(0.05)
        return True

    def actors(self) -> list[int]:
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        return [pid for pid in map(int, Path(path).read_text().split()) if "spawn_main" in command(pid)]

    def browsers(self) -> list[int]:
        """Their first processes, of all actors."""
        return [
            pid
            for actor in self.actors()
            for pid in marked(f"webagent-{actor}-")
            if "--type=" not in command(pid) and "chrom" in command(pid).partition(" ")[0]
        ]


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def kill_one(run: Run, victim: str) -> str:
    """Kill it and see what comes of that; "" if all is well."""
    lines = len(run.updates())
    if victim != "trainer":
        pids = run.actors() if victim == "actor" else run.browsers()
        os.kill(random.choice(pids), signal.SIGKILL)
        return "" if run.goes_on(lines + 1) else "it did not go on"  # the first may have been all but there
    marks = [f"webagent-{actor}-" for actor in run.actors()]
    orphans = run.actors()
    run.process.kill()
    run.process.wait()
    end = time.monotonic() + PATIENCE_S
    while any(marked(mark) for mark in marks) or any("spawn_main" in command(pid) for pid in orphans):
        if time.monotonic() > end:
            return "processes were left"
        time.sleep(0.1)
    saved, told = run.saved(), run.updates()
    if told[-1] - saved not in (0, 1):
        return f"update {told[-1]} was told, {saved} saved"
    run.start()
    if not run.goes_on(len(told)):
        return "it was not resumed"
    return "" if run.updates()[len(told)] == saved + 1 else "it went on with another update"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    random.seed(options.seed)
    done: Counter[str] = Counter()
    faults: list[str] = []
    waited: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder))
        for number in range(options.kills):
            if not run.goes_on(len(run.updates())):
                faults.append("it did not begin")
                break
            time.sleep(random.uniform(0, 3))
            victim, began = VICTIMS[number % len(VICTIMS)], time.monotonic()
            fault = kill_one(run, victim)
            done[victim] += 1
            waited.append(time.monotonic() - began)
            print(f"{number + 1}: {victim}, update {run.updates()[-1]}: {fault or 'goes on'}", file=sys.stderr)
            if fault:
                faults.append(f"{victim}: {fault}")
                break
        steps = list(dict.fromkeys(run.updates()))
        if steps != list(range(1, len(steps) + 1)):
            faults.append(f"updates are missing: {steps}")
        run.process.terminate()
        run.process.wait()
    found = {"kills": sum(done.values()), **done, "updates": len(steps), "longest_s": round(max(waited, default=0), 1)}
    print(json.dumps({**found, "faults": faults}))
    sys.exit(bool(faults))


if __name__ == "__main__":
    os.environ["PYTHONSAFEPATH"] = "1"
    main()

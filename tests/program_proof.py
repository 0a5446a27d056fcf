"""Programs against the agent on ten tasks of the bundled site, and on three drifted copies of it; a script, not a test.

    python tests/program_proof.py --policy 'lexical>default' --rounds 3

First the agent does each task and its episode is compiled; then both do it again, ``--rounds`` times in turn, and the
medians are compared, once of the whole episode and once of what is left without the page's own time (``decide``). Then
every program runs on a copy of the site whose buttons have other names, whose forms begin with another field, and that
is covered by a banner; what it mended is run once more. Prints a table, one difference a copy, and a line of JSON.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

from webagent.agents import make_policy
from webagent.envs.browser import Browser
from webagent.envs.types import Episode
from webagent.envs.web_env import WebEnv
from webagent.follow import Follower
from webagent.recorder.compile import compile_episodes
from webagent.recorder.program import Program
from webagent.repair import difference, repaired
from webagent.rollout import MakeAgent, run_episode
from webagent.suites import DEMO_SECRETS, Options, Suite, open_suite
from webagent.vault import Secrets

TASKS = (
    "book-workshop", "write-message", "filter-shop", "three-mugs", "newsletter", "coat-size", "log-in",
    "change-settings", "high-water", "pay",
)  # fmt: skip
NEW_NAMES = {
    "Save settings": "Keep my choices", "Add to cart": "Put it in the basket", "Subscribe": "Get the letter",
    "Finish booking": "Complete", "Send message": "Off it goes", "Log in": "Enter", "Pay now": "Buy with card",
    "Use this size": "Take it",
}  # fmt: skip
DRIFTS = {
    "renamed": f"""for (const b of document.querySelectorAll("button")) {{
        const name = {json.dumps(NEW_NAMES)}[b.textContent.trim()]; if (name) b.textContent = name; }}""",
    "moved": """for (const form of document.forms) {
        const fields = [...form.querySelectorAll(":scope > .field")];
        if (fields.length > 1) fields.at(-1).after(fields[0]); }""",
    "banner": """if (self === top && !localStorage.getItem("drift.sale")) {
        const box = document.createElement("div");
        box.setAttribute("role", "dialog"); box.setAttribute("aria-label", "Autumn sale");
        box.style = "position:fixed;inset:0;z-index:9999;background:#fffd;padding:90px;text-align:center";
        box.innerHTML = "<p>Everything must go.</p><button>Close</button>";
        box.querySelector("button").onclick = () => { localStorage.setItem("drift.sale", "1"); box.remove(); };
        document.body.append(box); }""",
}  # each is run when the page stands


def drifted(demo: Path, folder: Path, name: str) -> Path:
    """A copy of the site that has drifted; its task file."""
    shutil.copytree(demo.parent, folder / name)
    script = folder / name / "site.js"
    script.write_text(script.read_text() + f'\naddEventListener("DOMContentLoaded", () => {{ {DRIFTS[name]} }});\n')
    return folder / name / "demo.json"


def play(browser: Browser, suite: Suite, task: str, make_agent: MakeAgent, source: str) -> Episode:
    secrets = Secrets(DEMO_SECRETS)
    scenario = suite.scenario(f"{suite.name}.{task}", Options(max_steps=40))
    env = WebEnv(scenario, browser=browser, resolve=secrets.resolve, redact=secrets.redact_observation)
    try:
        return run_episode(env, make_agent, seed=0, source=source)
    finally:
        env.close()
        scenario.close()


def follow(browser: Browser, suite: Suite, task: str, program: Program, policy: str) -> tuple[Episode, Follower]:
    follower = Follower(program.filled({}, list(DEMO_SECRETS)), lambda: make_policy(policy), lambda line: None)
    return play(browser, suite, task, follower.make_agent, "program:proof"), follower


def spent(episode: Episode) -> tuple[float, float]:
    """Milliseconds of the whole without its start, and of the decisions alone."""
    return episode.info["ms_total"] - episode.info["ms_reset"], sum(s.ms["decide"] for s in episode.steps)


def compare(browser: Browser, options: argparse.Namespace) -> tuple[dict[str, Program], list[dict[str, Any]]]:
    suite, programs, rows = open_suite("demo"), {}, []
    teacher, make_agent = make_policy(options.policy), make_policy(options.against or options.policy)
    for task in TASKS:
        first = play(browser, suite, task, teacher, "policy:proof")
        programs[task] = program = compile_episodes([first])
        agent, own, calls = [], [], 0
        for _ in range(options.rounds):
            agent.append(play(browser, suite, task, make_agent, "policy:proof"))
            episode, follower = follow(browser, suite, task, program, options.policy)
            own.append(episode)
            calls += follower.model_calls
        whole, decide = ([statistics.median(spent(e)[k] for e in es) for es in (agent, own)] for k in (0, 1))
        steps = len(own[0].steps)
        row = {
            "task": task, "agent": all(e.success for e in agent), "program": all(e.success for e in own),
            "calls": calls, "steps": [len(agent[0].steps), steps], "ms": [round(t) for t in whole],
            "decide_ms": [round(t, 1) for t in decide], "ms_a_step": round(whole[1] / steps, 1),
            "ratio": round(whole[0] / whole[1], 2), "ratio_decide": round(decide[0] / decide[1], 1),
        }  # fmt: skip
        print(row, flush=True)
        rows.append(row)
    return programs, rows


def drift(browser: Browser, programs: dict[str, Program], options: argparse.Namespace) -> list[dict[str, Any]]:
    told = []
    demo = Path(options.demo)
    with tempfile.TemporaryDirectory() as folder:
        for name in DRIFTS:
            suite, shown = open_suite(str(drifted(demo, Path(folder), name))), False
            for task, program in programs.items():
                episode, follower = follow(browser, suite, task, program, options.policy)
                start = episode.task.start_url
                mended = repaired(follower, start) if episode.success else None
                row = {"drift": name, "task": task, "success": bool(episode.success), "calls": follower.model_calls,
                       "repairs": [r.why for r in follower.repairs], "mended": mended is not None}  # fmt: skip
                if mended is not None:
                    again, after = follow(browser, suite, task, mended, options.policy)
                    row |= {"again": bool(again.success), "again_calls": after.model_calls}
                    if not shown:
                        print(difference(program, mended, f"{task}.json"))
                        shown = True
                print(row, flush=True)
                told.append(row)
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--policy", default="lexical>default")
    parser.add_argument("--against", help="the policy whose time is compared (default: the one that is compiled)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-drift", action="store_true")
    parser.add_argument("--demo", default=str(Path(__file__).parent.parent / "envs/suites/demo/demo.json"))
    options = parser.parse_args()
    with Browser() as browser:
        programs, rows = compare(browser, options)
        told = [] if options.no_drift else drift(browser, programs, options)
    total = [sum(r["ms"][k] for r in rows) for k in (0, 1)]
    healed = {
        name: sum(r["success"] and (not r["mended"] or r["again"]) for r in told if r["drift"] == name)
        for name in DRIFTS
    }
    summary = {
        "policy": options.policy, "against": options.against or options.policy,
        "agent": sum(r["agent"] for r in rows), "program": sum(r["program"] for r in rows),
        "calls": sum(r["calls"] for r in rows), "ratio": round(total[0] / total[1], 2),
        "ratio_median": statistics.median(r["ratio"] for r in rows),
        "ratio_decide": round(sum(r["decide_ms"][0] for r in rows) / sum(r["decide_ms"][1] for r in rows), 1),
        "ms_a_step": statistics.median(r["ms_a_step"] for r in rows), "healed": healed, "of": len(rows),
        "mended": {n: sum(r["mended"] for r in told if r["drift"] == n) for n in DRIFTS},
        "calls_again": sum(r.get("again_calls", 0) for r in told),
    }  # fmt: skip
    print(json.dumps(summary))


if __name__ == "__main__":
    main()

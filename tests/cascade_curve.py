"""Success against cost of a cascade, as the lower policy is asked to be surer and surer; a script, not a test.

    python tests/cascade_curve.py lexical default --subset bgym125 --episodes 4 --out curve --picture docs/cascade.svg

Both orders are played, with the same seeds at every point: ``lexical>default`` and ``default>lexical``. The cost is the
time an episode's decisions take (ms, mean over tasks). Prints a line of JSON a point.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from webagent.evaluate import BenchRun, BenchSettings, bench, read_bench
from webagent.report.charts import Line, curves
from webagent.suites import open_suite

SURE = (0.0, 0.2, 0.4, 0.6, 0.75, 0.9, 0.97, 1.0)


def point(policy: str, options: argparse.Namespace) -> dict[str, Any]:
    """Success and cost of a policy."""
    suite = open_suite("miniwob")
    tasks = suite.select(None, options.subset, None)
    out = Path(options.out) / policy.replace("/", "_").replace(">", "-")
    settings = BenchSettings("miniwob", tasks, options.episodes, options.seed, policy, out=str(out), keep=0)
    data = bench(settings, {}, BenchRun(jobs=options.jobs, resume=out.exists()))
    _, results, _ = read_bench(out)
    costs = [float(np.mean([sum(r.decide_ms) for r in results if r.task == task])) for task in tasks]
    return {"policy": policy, "mean": data["mean"], "ci95": data["ci95"], "ms": round(float(np.mean(costs)), 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("policies", nargs=2, metavar="POLICY")
    parser.add_argument("--subset", default="bgym125")
    parser.add_argument("--episodes", type=int, default=4)
    parser.add_argument("--seed", type=int, default=4001)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", required=True)
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    a, b = options.policies
    lines = []
    for lower, upper in ((a, b), (b, a)):
        found = []
        for sure in SURE:
            found.append(point(f"{lower}@{sure}>{upper}", options))
            print(json.dumps(found[-1]), flush=True)
        lines.append(Line(f"{lower} > {upper}", tuple((p["ms"], 100 * p["mean"]) for p in found)))
    if options.picture:
        options.picture.write_text(curves(lines, "ms of decisions an episode", "success, %", logarithmic=True) + "\n")


if __name__ == "__main__":
    main()

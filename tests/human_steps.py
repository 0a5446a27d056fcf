"""What people did, as a yardstick: a part of a corpus laid aside, and how often a policy would have done the same.

    python tests/human_steps.py apart human/all --learned human/learned --aside human/aside
    python tests/human_steps.py agree RUN/policy --corpus human/aside

Every tenth episode of a task is laid aside. A step agrees if op, target and text are the person's; the policy sees the
person's own path, with the memory of it. A script, not a test; prints a line of JSON a task and one for all.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict

import numpy as np

from webagent.datasets.corpus import Corpus, CorpusWriter
from webagent.models.checkpoint import Policy, load_policy
from webagent.models.decode import decide
from webagent.models.segment import read_observation
from webagent.train.material import labels_of
from webagent.train.rows import Label

EVERY = 10


def apart(corpus: str, learned: str, aside: str) -> None:
    """Lay every tenth episode of each task aside."""
    met: Counter[str] = Counter()
    with CorpusWriter(learned) as most, CorpusWriter(aside) as few:
        for episode in Corpus(corpus, print).episodes():
            met[episode.task.id] += 1
            (few if met[episode.task.id] % EVERY == 0 else most).add(episode)
    print(json.dumps({"tasks": len(met), "episodes": sum(met.values())}))


def same(policy: Policy, labels: list[Label]) -> list[tuple[bool, bool]]:
    """For each labelled step: whether op and target are the person's, and whether the text is besides."""
    memory, found = policy.net.trunk.empty(1), []
    for label in labels:
        segment = read_observation(label.observation, policy.words, policy.config, label.last)
        (said,), memory = decide(policy.net, [segment], memory, policy.words)
        if label.action is None:
            continue
        aimed = (said.action.op, said.action.target) == (label.action.op, label.action.target)
        found.append((aimed, aimed and said.action.text == label.action.text))
    return found


def agree(folder: str, corpus: str) -> None:
    """Print the shares of steps, and of episodes all of whose steps agree."""
    policy = load_policy(folder)
    steps: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    whole: dict[str, list[bool]] = defaultdict(list)
    for episode in Corpus(corpus, print).episodes():
        found = same(policy, labels_of(episode))
        if found:
            steps[episode.task.id] += found
            whole[episode.task.id].append(all(right for _, right in found))
    rows = []
    for task in sorted(steps):
        aimed, right = np.mean(steps[task], axis=0)
        rows.append((float(aimed), float(right), float(np.mean(whole[task]))))
        print(json.dumps({"task": task, "steps": len(steps[task]), **_named(rows[-1])}), flush=True)
    print(json.dumps({"mean of tasks": len(rows), **_named(tuple(np.mean(rows, axis=0)))}))


def _named(row: tuple[float, ...]) -> dict[str, float]:
    return {name: round(100 * float(x), 1) for name, x in zip(("aimed", "right", "episodes"), row, strict=True)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("apart")
    one.add_argument("corpus")
    one.add_argument("--learned", required=True)
    one.add_argument("--aside", required=True)
    two = commands.add_parser("agree")
    two.add_argument("policy")
    two.add_argument("--corpus", required=True)
    options = parser.parse_args()
    if options.command == "apart":
        apart(options.corpus, options.learned, options.aside)
    else:
        agree(options.policy, options.corpus)


if __name__ == "__main__":
    main()

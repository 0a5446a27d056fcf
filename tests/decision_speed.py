"""How long a decision takes, beside one look of a large text encoder at the same page and beside the page's own step.

    python tests/decision_speed.py --policy RUN/policy --corpus demos

The encoder is of ModernBERT-base's shape (149 M parameters, random weights: speed does not depend on them), reading
goal and page as text, a line an element, as ``hf:`` policies do; in our own subwords. All of it in one run, on two
threads; ratios, since machines differ.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from transformers import ModernBertConfig, ModernBertModel

from webagent.agents.trained import agent_of
from webagent.datasets.corpus import Corpus
from webagent.envs.tree import render
from webagent.envs.types import Action, ActionTree, Element, Observation
from webagent.envs.web_env import WebEnv
from webagent.models.checkpoint import load_policy
from webagent.models.quantised import quantised
from webagent.suites import open_suite


def page_of(count: int) -> Observation:
    """A shop's page of so many elements."""
    names = ("Add to basket", "Blue kettle, 1.7 litres", "€ 24.90", "Delivery on Tuesday", "Compare")
    roles = ("button", "link", "text", "text", "checkbox")
    elements = tuple(
        Element(f"e{n}", roles[n % 5], "div", f"{names[n % 5]} {n}", box=(8.0 + 90 * (n % 5), 20.0 * (n // 5), 80, 18))
        for n in range(count)
    )
    return Observation("Add the blue kettle 61 to the basket.", tree=ActionTree(elements, viewport=(1280, 720)))


def text_of(seen: Observation) -> str:
    """Goal and page as a language model of ours is shown them."""
    return f"{seen.goal}\n{render(seen.tree)}"


def timed(run: Callable[[], Any], repeats: int) -> float:
    """Median milliseconds."""
    run()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        run()
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times)


def own_step(browser: str | None, repeats: int) -> float:
    """Median milliseconds of ``env.step`` with a click."""
    env = WebEnv(open_suite("miniwob").scenario("miniwob.click-button"), browser=browser)
    times = []
    try:
        for n in range(repeats):
            env.reset(seed=n)
            target = next(e.ref for e in env.observation.tree.elements if e.role == "button")
            started = time.perf_counter()
            env.step(Action("click", target))
            times.append(1000 * (time.perf_counter() - started))
    finally:
        env.close()
    return statistics.median(times)


def corpus_pages(urls: list[str], most: int) -> list[Observation]:
    """First looks, at most one a task."""
    found: dict[str, Observation] = {}
    for url in urls:
        for episode in Corpus(url, print).episodes():
            found.setdefault(episode.task.id, episode.steps[0].observation)
    return list(found.values())[:most]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--policy", required=True)
    parser.add_argument("--corpus", required=True, nargs="+")
    parser.add_argument("--browser")
    parser.add_argument("--pages", type=int, default=200)
    options = parser.parse_args()
    torch.set_num_threads(2)
    torch.set_grad_enabled(False)
    policy = load_policy(options.policy)
    quantised(policy.net)
    encoder = ModernBertModel(ModernBertConfig()).eval()
    step = own_step(options.browser, 40)
    told: dict[str, Any] = {"step_ms": round(step, 2)}
    told["encoder_parameters"] = sum(p.numel() for p in encoder.parameters())
    for name, pages in (("miniwob", corpus_pages(options.corpus, options.pages)), ("300 elements", [page_of(300)])):
        ids = [torch.tensor([policy.words.read(text_of(page))[0]]) for page in pages]
        ours = [timed(lambda page=page: agent_of(policy)(page), 5) for page in pages]  # type: ignore[misc]
        theirs = [timed(lambda i=i: encoder(i), 3) for i in ids]  # type: ignore[misc]
        own, other = statistics.median(ours), statistics.median(theirs)
        told[name] = {
            "pages": len(pages), "tokens_p50": statistics.median(i.shape[1] for i in ids), "decision_ms": round(own, 1),
            "encoder_ms": round(other, 1), "ratio": round(other / own, 1), "in_own_steps": round(own / step, 2),
        }  # fmt: skip
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()

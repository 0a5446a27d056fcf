"""Does the memory carry what must be carried, and does a policy without it know no more than chance?

    python tests/memory_proof.py --task passkey --form infini --seed 0 --out proof

Trains one small network on one of ``memory_tasks``' tasks and asks it for codes that it was never trained on: in the
browser, from so many segments back, and beside that with its memory zeroed, exchanged for another episode's, or mixed
up. ``--form none`` is the control, ``gru`` a recurrent network of equal size in the memory's place. Prints one line of
JSON, and adds it to ``OUT/results.jsonl``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from memory_tasks import GOALS, Templates, Trial, leaflet, play, trial
from step_by_step import by_steps
from torch import Tensor, nn
from torch.utils.data import DataLoader

from webagent.agents.trained import agent_of
from webagent.models.checkpoint import Policy
from webagent.models.config import PolicyConfig
from webagent.models.decode import decide
from webagent.models.network import PolicyNet
from webagent.models.segment import read_observation
from webagent.models.trunk import Memory, Trunk
from webagent.models.words import Words, train_tokenizer
from webagent.train.optimiser import Optimiser
from webagent.train.parcels import packed, unpacked
from webagent.train.rows import Label
from webagent.train.stretches import Shelf, Stretch, Stretches
from webagent.train.supervised import stretch_loss

FORMS = ("none", "xl", "infini", "gru")
BACK = {"passkey": (1, 2, 4, 8, 16, 32), "maze": (50, 250, 500)}
"""Segments between what is shown and what is asked for."""
STAGES = {
    "passkey": ((3, 256, 1500), (8, 96, 300), (34, 32, 300)),
    "maze": ((3, 256, 400), (12, 64, 150), (48, 16, 300)),
}
"""Longest trials in segments, how many side by side, and updates."""
WINDOW = {"passkey": 16, "maze": 16}


class GruTrunk(Trunk):
    """A recurrent state in the memory's place: read with every position, written from where the action begins."""

    def __init__(self, config: PolicyConfig) -> None:
        super().__init__(config)
        self.cell = nn.GRUCell(config.width, config.width)
        self.told = nn.Linear(config.width, config.width)

    def empty(self, batch: int, device: torch.device | str = "cpu") -> Memory:
        none = super().empty(batch, device)
        state = torch.zeros(1, batch, 1, 1, self.config.width, device=device)
        return replace(none, matrix=state, norm=torch.zeros(1, batch, 1, 1, device=device))

    def forward(self, x: Tensor, relations: Tensor, mask: Tensor, memory: Memory, past: Any = ()) -> Any:
        x = x + self.told(memory.matrix[0, :, 0])
        return super().forward(x, relations, mask, replace(memory, matrix=memory.matrix[:0]), past)

    def remember(self, memory: Memory, tail: list[tuple[Tensor, Tensor]], going: Tensor) -> Memory:
        before = memory.matrix[0, :, 0, 0]
        after = self.cell(tail[-1][1][:, :, -1].flatten(1), before)
        return replace(memory, matrix=torch.where(going[:, None], after, before)[None, :, None, None])


def network(form: str, task: str, vocabulary: int) -> PolicyNet:
    config = PolicyConfig(
        vocabulary=vocabulary, width=64, layers=3, heads=4, hidden=160, word_width=32, registers=2,
        memory="none" if form == "gru" else form, window=WINDOW[task], text_tokens=8,
    )  # fmt: skip
    net = PolicyNet(config)
    if form == "gru":
        net.trunk = GruTrunk(config)
    return net


def batches(made: Stretches, updates: int, device: str, workers: int) -> Iterator[Stretch]:
    options: dict[str, Any] = {"prefetch_factor": 4, "multiprocessing_context": "fork"} if workers else {}
    for parcel in DataLoader(
        made, batch_size=None, sampler=range(updates), num_workers=workers, collate_fn=packed, **options
    ):
        yield unpacked(parcel, device)


def learn(net: PolicyNet, words: Words, templates: Templates, options: argparse.Namespace) -> float:
    """Train on short trials, then on longer ones; gives the last losses' mean."""
    seed, device = options.seed, options.device
    net.to(device)
    rng = np.random.default_rng([seed, 1])
    optimiser = Optimiser(net, "adamw")
    stages = [(longest, rows, round(options.times * updates)) for longest, rows, updates in STAGES[templates.task]]
    done, whole = 0, sum(updates for _, _, updates in stages)
    losses: list[Tensor] = []
    for longest, rows, updates in stages:
        shelf = Shelf()
        for _ in range(3000):
            wait = int(rng.integers(0, longest - 1))
            one = trial(templates.task, wait, rng, True)
            shelf.add(templates.task, templates.labels(one, rng, told=min(1.0, 0.3 / (wait + 1))))
        made = Stretches(shelf, words, net.config, rows=rows, steps=longest, seed=seed)
        made.midst = False
        for stretch in batches(made, updates, device, options.workers):
            rate = min(1.0, (done + 1) / 50, (whole - done) / (0.2 * whole))
            optimiser.set_rate(rate)
            optimiser.zero_grad()
            loss = loss_of(net, stretch)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            done += 1
            losses = [*losses[-19:], loss.detach()]
            if done % 50 == 0:
                print(f"{done} of {whole}: {mean(losses):.3f}", file=sys.stderr, flush=True)
    net.to("cpu")
    return mean(losses)


def mean(losses: Sequence[Tensor]) -> float:
    return float(torch.stack(list(losses)).mean())


def loss_of(net: PolicyNet, stretch: Stretch) -> Tensor:
    """The mean over the steps that say what is right, nats; a recurrent state can only be found step by step."""
    if not isinstance(net.trunk, GruTrunk):
        return stretch_loss(net, stretch, 0.0)[0]
    known = stretch.answers.kinds[:, 0].view_as(stretch.fresh) >= 0
    found = by_steps(net, stretch.batch, stretch.answers, stretch.fresh)
    return (found * known).sum() / known.sum().clamp_min(1)


Change = Callable[[Memory], Memory]


def mixed(memory: Memory) -> Memory:
    """Every vector's entries in another order: the same numbers, none in its place."""
    order = torch.randperm(memory.keys.shape[-1], generator=torch.Generator().manual_seed(5))
    deep = torch.randperm(memory.matrix.shape[-1], generator=torch.Generator().manual_seed(5))
    return replace(memory, keys=memory.keys[..., order], values=memory.values[..., order.flip(0)],
                   matrix=memory.matrix[..., deep])  # fmt: skip


CHANGES: dict[str, Change] = {
    "as it is": lambda memory: memory,
    "zeroed": lambda memory: memory.fresh(torch.ones(memory.ages.shape[0], dtype=torch.bool)),
    "another's": lambda memory: memory.rows(torch.arange(memory.ages.shape[0]).roll(1)),
    "mixed up": mixed,
}


@torch.inference_mode()
def asked(policy: Policy, trials: Sequence[Trial], labels: Sequence[list[Label]]) -> dict[str, float]:
    """How often the last action is right, with the memory as it is and changed just before; under ``says another's``
    how often it is what the other episode's would have been."""
    net = policy.net
    memory = net.trunk.empty(len(trials))
    for step in range(len(labels[0])):
        rows = [one[step] for one in labels]
        segments = [read_observation(r.observation, policy.words, policy.config, r.last) for r in rows]
        if step < len(labels[0]) - 1:
            _, memory = decide(net, segments, memory, policy.words)
    right = [rows[n].action for n in range(len(trials))]
    found = {}
    for name, change in CHANGES.items():
        said = [d.action for d in decide(net, segments, change(memory), policy.words)[0]]
        found[name] = sum(a == b for a, b in zip(said, right)) / len(trials)
        if name == "another's":
            found["says another's"] = sum(a == right[n - 1] for n, a in enumerate(said)) / len(trials)
    return found


def gates(net: PolicyNet) -> list[float]:
    """How much of each head comes from memory."""
    held = [p for name, p in net.named_parameters() if name.endswith("memory_gate")]
    return [round(float(g), 3) for p in held for g in torch.sigmoid(p.detach())]


def learned(net: PolicyNet, words: Words, templates: Templates, options: argparse.Namespace) -> dict[str, Any]:
    """Train, or take the weights that an earlier run with these settings left; tells what there is to tell."""
    kept = options.out / f"{options.task}.{options.form}.{options.seed}.pt"
    if kept.exists():
        found = torch.load(kept, weights_only=True)
        net.load_state_dict(found["weights"])
        told: dict[str, Any] = json.loads(found["told"])
        return told
    before = gates(net)
    loss = learn(net.train(), words, templates, options)
    told = {
        "task": options.task, "form": options.form, "seed": options.seed, "times": options.times, "loss": loss,
        "parameters": sum(p.numel() for p in net.parameters()), "gates": [before, gates(net)],
    }  # fmt: skip
    options.out.mkdir(parents=True, exist_ok=True)
    torch.save({"weights": net.state_dict(), "told": json.dumps(told)}, kept)
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task", choices=GOALS, default="passkey")
    parser.add_argument("--form", choices=FORMS, default="infini")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--episodes", type=int, default=100, help="of each distance")
    parser.add_argument("--played", type=int, default=20, help="of them in the browser")
    parser.add_argument("--times", type=float, default=1.0, help="so many times the updates of STAGES")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--workers", type=int, default=0, help="processes that make batches")
    parser.add_argument("--out", type=Path, default=Path("build/memory"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    started = time.monotonic()
    with leaflet(options.task) as env:
        templates = Templates(env, options.task)
        rng = np.random.default_rng([options.seed, 2])
        texts = [e.name for p in (templates.first, templates.between, templates.last) for e in p.tree.elements]
        words = Words(train_tokenizer([GOALS[options.task], *texts, *"0123456789 left right".split()], 400))
        net = network(options.form, options.task, words.tokenizer.get_vocab_size())
        told = {**learned(net, words, templates, options), "back": {}}
        policy = Policy(net.eval(), words, {})
        for back in BACK[options.task]:
            trials = [trial(options.task, back - 1, rng, False) for _ in range(options.episodes)]
            found = asked(policy, trials, [templates.labels(one, rng) for one in trials])
            played = [play(env, one, agent_of(policy)) for one in trials[: options.played]]
            told["back"][back] = {**found, "in the browser": sum(played) / max(1, len(played))}
    told["minutes"] = round((time.monotonic() - started) / 60, 1)
    with (options.out / "results.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(told) + "\n")
    print(json.dumps(told))


if __name__ == "__main__":
    main()

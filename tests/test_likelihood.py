"""What was drawn by chance is found exactly as likely again, whatever was said and remembered."""

from __future__ import annotations

import math

import pytest
import torch
from test_policy_network import NAMES, config, page, segments

from webagent.envs.types import OPS
from webagent.models.batch import collate, collate_answers
from webagent.models.config import MEMORIES
from webagent.models.decode import Chooser, Decision, decide
from webagent.models.grammar import Kind
from webagent.models.likelihood import Likelihood, likelihood
from webagent.models.network import PolicyNet
from webagent.models.points import Points
from webagent.models.segment import Segment, read_observation
from webagent.models.trunk import Memory, Resumed
from webagent.models.words import Words, train_tokenizer

CLOSE = 1e-4


@pytest.fixture(scope="module")
def words() -> Words:
    return Words(train_tokenizer([*NAMES, "Click on the button", "Type into the field"] * 3, 400))


def again(
    net: PolicyNet, read: list[Segment], said: list[Decision], memory: Memory | Resumed, temperature: float
) -> Likelihood:
    batch = collate(read)
    answers = collate_answers([d.choices for d in said], [d.places or None for d in said], batch, 400)
    with torch.no_grad():
        return likelihood(net, batch, answers, memory, temperature)


def ratios(found: Likelihood, said: list[Decision]) -> torch.Tensor:
    return torch.exp(found.logprob.double() - torch.tensor([d.logprob for d in said], dtype=torch.double))


@pytest.mark.parametrize("temperature", [1.0, 0.4])
@pytest.mark.parametrize("op", OPS)
def test_the_ratio_is_one_for_every_kind_of_action(op: str, temperature: float, words: Words) -> None:
    torch.manual_seed(2)
    net = PolicyNet(config("xl", text_tokens=8)).eval()
    with torch.no_grad():
        net.op.bias[OPS.index(op)] += 100
    read = [read_observation(page("Put Send it into the field", 2 + n % 5), words, net.config) for n in range(12)]
    chooser = Chooser(temperature, torch.Generator().manual_seed(5))
    memory = net.trunk.empty(len(read))
    said, _ = decide(net, read, memory, words, chooser)
    assert {OPS[d.choices[0].index] for d in said} == {op}
    if op in ("click", "drag"):
        assert {len(d.places) for d in said} >= {0, 2 if op == "click" else 4}
    found = again(net, read, said, memory, temperature)
    assert (ratios(found, said) - 1).abs().max() < CLOSE
    assert (found.value - torch.tensor([(1 + d.value) / 2 for d in said])).abs().max() < CLOSE


def test_every_kind_of_choice_was_tried(words: Words) -> None:
    torch.manual_seed(2)
    net = PolicyNet(config()).eval()
    with torch.no_grad():
        net.op.bias[OPS.index("drag")] += 2
    chooser, kinds = Chooser(1.0, torch.Generator().manual_seed(5)), set()
    for _ in range(12):
        said, _ = decide(net, segments(words, net), net.trunk.empty(4), words, chooser)
        kinds |= {choice.kind for d in said for choice in d.choices}
        found = again(net, segments(words, net), said, net.trunk.empty(4), 1.0)
        assert (ratios(found, said) - 1).abs().max() < CLOSE
    assert kinds == set(Kind)


@pytest.mark.parametrize("form", MEMORIES)
def test_a_stretch_goes_on_from_the_memory_before_it(form: str, words: Words) -> None:
    """Episodes end and begin inside the stretch; the memory is longer than its window, and so is what follows."""
    torch.manual_seed(1)
    net, chooser = PolicyNet(config(form)).eval(), Chooser(1.0, torch.Generator().manual_seed(3))
    read, memory, before = segments(words, net), net.trunk.empty(4), 5
    told: list[list[Decision]] = []
    fresh = torch.zeros(4, 6, dtype=torch.bool)
    fresh[0, 2] = fresh[2, 0] = fresh[2, 4] = True
    for t in range(before + 6):
        if t >= before:
            memory = memory.fresh(fresh[:, t - before])
        if t == before:
            start = memory
        said, memory = decide(net, read, memory, words, chooser)
        told = [*told, said]
    steps = told[before:]
    rows, flat = [s for s in read for _ in steps], [step[n] for n in range(4) for step in steps]
    past = Resumed(Memory.joined([start.rows(torch.tensor([n])).slim() for n in range(4)]), fresh)
    found = again(net, rows, flat, past, 1.0)
    assert (ratios(found, flat) - 1).abs().max() < CLOSE
    after = net.trunk.after(past, found.tail, torch.full((4,), 6))
    for name in ("keys", "values", "matrix", "norm", "ages"):
        torch.testing.assert_close(getattr(after, name), getattr(memory, name), rtol=1e-4, atol=1e-4)
    if form != "none":
        other = again(net, rows, flat, Resumed(net.trunk.empty(4), fresh), 1.0)
        assert (ratios(other, flat) - 1).abs().max() > 0.01


def test_entropy_is_that_of_the_choices(words: Words) -> None:
    torch.manual_seed(1)
    net = PolicyNet(config()).eval()
    with torch.no_grad():
        net.op.bias[OPS.index("wait")] += 100
    read = segments(words, net)
    said, _ = decide(net, read, net.trunk.empty(4), words, Chooser(1.0))
    assert again(net, read, said, net.trunk.empty(4), 1.0).entropy.abs().max() < 1e-6
    with torch.no_grad():
        net.op.bias[OPS.index("back")] += 100
        net.op.weight.zero_()
        net.op.bias[OPS.index("back")] = net.op.bias[OPS.index("wait")]
    found = again(net, read, said, net.trunk.empty(4), 1.0)
    assert found.entropy.tolist() == pytest.approx([math.log(2)] * 4, abs=1e-5)


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_drawn_points_have_the_density_that_is_told(temperature: float) -> None:
    """The density adds up to one, and what is drawn lies where it is high."""
    torch.manual_seed(0)
    net = Points(config(), 3)
    numbers, boxes = torch.randn(1, 4, 3), torch.tensor([[[0.0, 0, 160, 210], [10, 10, 40, 20], [60, 90, 30, 30]]])
    boxes = torch.cat([boxes, boxes[:, -1:]], 1)
    states, elements = torch.randn(1, 64), torch.randn(1, 4, 64)
    with torch.no_grad():
        pointed = net(states, elements, numbers, torch.ones(1, 4, dtype=torch.bool), boxes, torch.tensor([[1, 2]]))
        line = torch.arange(-150, 270, 1.0) + 0.2
        x, y = torch.meshgrid(line, line, indexing="ij")
        grid = torch.stack([x.flatten(), y.flatten()] * 2, 1)
        wide = type(pointed)(*(of.expand(len(grid), *of.shape[1:]) for of in vars(pointed).values()))
        density = wide.logprob(grid, temperature).exp()
        assert density.sum(0).tolist() == pytest.approx([1, 1], abs=0.03)
        many = type(pointed)(*(of.expand(4000, *of.shape[1:]) for of in vars(pointed).values()))
        drawn = many.draw(temperature, torch.Generator().manual_seed(1))
        mean = (density[:, :1] * grid[:, :2]).sum(0)
        assert torch.isfinite(many.logprob(drawn, temperature)).all()
        assert drawn[:, :2].mean(0).tolist() == pytest.approx(mean.tolist(), abs=2.5)

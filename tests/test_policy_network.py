"""The network: rows do not see each other, decoding goes the way of training, memory does what its name says."""

from __future__ import annotations

import copy
import dataclasses

import numpy as np
import pytest
import torch
from step_by_step import by_steps

from webagent.envs.types import Action, ActionTree, Element, Observation
from webagent.models import decode
from webagent.models.batch import Batch, collate, collate_answers
from webagent.models.config import MEMORIES, PolicyConfig
from webagent.models.decode import Chooser, Decision, decide
from webagent.models.grammar import Choice, Kind, spell
from webagent.models.losses import surprise
from webagent.models.network import PolicyNet
from webagent.models.quantised import Linear8, quantised
from webagent.models.segment import Segment, read_observation
from webagent.models.trunk import Memory
from webagent.models.words import Words, train_tokenizer

NAMES = ["Submit", "Cancel", "Send it", "Next page", "Äpfel", "42"]


@pytest.fixture(scope="module")
def words() -> Words:
    return Words(train_tokenizer([*NAMES, "Click on the button", "Type into the field"] * 3, 400))


def config(memory: str = "xl", **more: int) -> PolicyConfig:
    return PolicyConfig.of_size("tiny", **{"vocabulary": 400, "memory": memory, "window": 3, **more})


def page(goal: str, count: int = 4) -> Observation:
    boxes = [(5.0, 20.0 * n, 60.0, 15.0) for n in range(count)]
    made = [
        Element(f"e{n}", "button", "button", NAMES[n % 6], states=("actionable",), box=boxes[n]) for n in range(count)
    ]
    field = Element("f", "textbox", "input:text", "Field", states=("actionable",), box=(100, 5, 80, 20), context="Long")
    return Observation(goal, tree=ActionTree((*made, field), viewport=(320, 240)))


CASES = [
    (page("Click on Submit"), Action("click", "e0")),
    (page("Type Äpfel into the field", 9), Action("type", "f", "Äpfel")),
    (page("Put Send it in the middle of a rather long goal " * 3, 2), Action("click", "e1", point=(0.25, 0.75))),
    (page("Wait", 1), Action("wait")),
]


@pytest.fixture(params=MEMORIES)
def net(request: pytest.FixtureRequest) -> PolicyNet:
    torch.manual_seed(1)
    made = PolicyNet(config(request.param)).eval()
    for name, weight in made.named_parameters():
        if not weight.any() and ("reader." in name or "likeness." in name):
            torch.nn.init.normal_(weight, std=0.1)  # nothing before it is learned
    return made


def segments(words: Words, net: PolicyNet) -> list[Segment]:
    return [read_observation(seen, words, net.config) for seen, _ in CASES]


def scored(net: PolicyNet, words: Words, rows: list[int], memory: Memory | None = None) -> torch.Tensor:
    of = [segments(words, net)[n] for n in rows]
    batch = collate(of)
    spoken = [spell(CASES[n][1], s, words) for n, s in zip(rows, of)]
    answers = collate_answers(spoken, [CASES[n][1].point for n in rows], batch, net.config.vocabulary)
    memory = memory or net.trunk.empty(len(rows))
    with torch.inference_mode():
        return surprise(net, batch, answers, memory).nll


def lived(net: PolicyNet, words: Words, row: int = 0, times: int = 2) -> Memory:
    """The memory after acting on one page a few times."""
    memory = net.trunk.empty(1)
    for _ in range(times):
        _, memory = decide(net, [segments(words, net)[row]], memory, words)
    return memory


def test_a_batch_of_one_equals_its_row_in_a_batch_of_many(net: PolicyNet, words: Words) -> None:
    together = scored(net, words, [0, 1, 2, 3])
    alone = torch.cat([scored(net, words, [n]) for n in range(4)])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-4)
    many, _ = decide(net, segments(words, net), net.trunk.empty(4), words)
    for n, one in enumerate(segments(words, net)):
        decision = decide(net, [one], net.trunk.empty(1), words)[0][0]
        assert decision.choices == many[n].choices and decision.logprob == pytest.approx(many[n].logprob, abs=1e-4)


def test_decoding_scores_what_training_scores(net: PolicyNet, words: Words) -> None:
    """Greedy decoding's own log-probability is what teacher forcing gives to the same choices."""
    read = segments(words, net)
    found, _ = decide(net, read, net.trunk.empty(4), words)
    batch = collate(read)
    spoken = [d.choices for d in found]
    answers = collate_answers(spoken, [None] * 4, batch, net.config.vocabulary)
    memory = net.trunk.empty(4)
    with torch.inference_mode():
        nll = surprise(net, batch, answers, memory).nll
    spans = [sum(c.kind.name.endswith("_END") for c in d.choices) for d in found]
    for n in range(4):
        if not spans[n] and len(spoken[n]) < 64:  # the case of a copied span is scored in training only
            # A decoded choice is renormalised over what makes sense there, so it can only be likelier.
            assert found[n].logprob >= -float(nll[n]) - 1e-3


def test_a_subword_knows_what_stands_up_to_the_next_spaces(net: PolicyNet, words: Words) -> None:
    first, other = "some opera.gpg opera.zip", "some opera.gpg.a opera.zip"

    def looks(name: str) -> dict[tuple[int, int], torch.Tensor]:
        row = [
            Element(ref, "text", "p", text, box=(5.0, y, 60.0, 15.0))
            for ref, text, y in (("x", name, 0.0), ("y", first, 20.0))
        ]
        segment = read_observation(Observation("Read", tree=ActionTree(tuple(row))), words, net.config)
        with torch.inference_mode():
            said = net.reader(collate([segment])).words[0]
        return {(int(o), int(a)): said[n] for n, (o, (a, _)) in enumerate(zip(segment.word_owner, segment.word_spans))}

    before, after = looks(first), looks(other)
    known = {at for at, said in before.items() if at not in after or not torch.allclose(said, after[at], atol=1e-5)}
    begins, ends = first.index("opera"), first.index(" opera")
    assert {at for at in known if at[1] < ends} == {at for at in before if at[0] == 1 and begins <= at[1] < ends}


@pytest.mark.parametrize("memory", ["xl", "infini"])
def test_memory_changes_what_is_thought_and_none_does_not(memory: str, words: Words) -> None:
    torch.manual_seed(2)
    net, forgetful = PolicyNet(config(memory)).eval(), PolicyNet(config("none")).eval()
    fresh, later = scored(net, words, [1]), scored(net, words, [1], lived(net, words))
    assert abs(float(fresh - later)) > 1e-5
    same = scored(forgetful, words, [1], lived(forgetful, words))
    assert torch.equal(scored(forgetful, words, [1]), same)


def test_memories_of_episodes_are_apart(net: PolicyNet, words: Words) -> None:
    a, b = lived(net, words, 0), lived(net, words, 1, 3)
    a = a.wide(b.ages.shape[1])
    both = Memory(
        *(torch.cat([x, y], 0 if x.dtype == torch.long else 1) for x, y in zip(vars(a).values(), vars(b).values()))
    )
    together = scored(net, words, [2, 2], both)
    alone = torch.cat([scored(net, words, [2], a), scored(net, words, [2], b)])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-4)
    swapped = both.rows(torch.tensor([1, 0]))
    torch.testing.assert_close(scored(net, words, [2, 2], swapped), together.flip(0), rtol=1e-4, atol=1e-4)


def test_a_memory_is_put_into_one_of_another_length(words: Words) -> None:
    net = PolicyNet(config("xl")).eval()
    short, long = lived(net, words, 0), lived(net, words, 1, 3)
    both = net.trunk.empty(2).put(torch.tensor([1]), long).put(torch.tensor([0]), short)
    together = scored(net, words, [2, 2], both)
    alone = torch.cat([scored(net, words, [2], short), scored(net, words, [2], long)])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-4)


def test_xl_forgets_what_is_older_than_its_window(words: Words) -> None:
    torch.manual_seed(3)
    net = PolicyNet(config("xl")).eval()
    memory = lived(net, words, 1, 1)
    for _ in range(3):
        _, memory = decide(net, [segments(words, net)[0]], memory, words)
    assert int(memory.ages.max()) == 3 and memory.ages.shape[1] == 3 * net.trunk.kept
    assert (memory.ages > 0).all()


def test_an_episode_that_has_ended_is_not_written_to(net: PolicyNet, words: Words) -> None:
    batch = collate(segments(words, net))
    memory = net.trunk.empty(4)
    reading = net.read(batch, memory)
    after = net.trunk.remember(memory, net.tail(reading), torch.tensor([True, False, True, False]))
    for was, now in zip(vars(memory.wide(after.ages.shape[1])).values(), vars(after).values()):
        of = (lambda x: x[[1, 3]]) if was.dtype == torch.long else (lambda x: x[:, [1, 3]])
        assert torch.equal(of(was), of(now))


def test_gradients_reach_every_weight(words: Words) -> None:
    for memory in MEMORIES:
        torch.manual_seed(3)
        net = PolicyNet(config(memory))
        state, total = net.trunk.empty(4), torch.zeros(())
        for _ in range(2):
            read = segments(words, net)
            batch = collate(read)
            spoken = [spell(a, s, words) for (_, a), s in zip(CASES, read)]
            answers = collate_answers(spoken, [a.point for _, a in CASES], batch, 400)
            found = surprise(net, batch, answers, state)
            state = net.trunk.remember(state, found.tail, torch.ones(4, dtype=torch.bool))
            total = total + found.nll.mean() + net.value(found.start).mean()
        total.backward()
        idle = {name for name, p in net.named_parameters() if p.grad is None or not p.grad.abs().sum()}
        unused = {
            "pointers.onto",
            "pointers.word",
            "pointers.word_end",
            "pointers.value",
            "trunk.ages",
            "pointers.name",
        }
        if memory == "xl":
            unused -= {"trunk.ages"}
        assert {n.rpartition(".")[0] for n in idle} <= unused | {"reader.goal_place"}, memory


@pytest.mark.parametrize("form", MEMORIES)
def test_a_stretch_read_at_once_is_what_it_is_step_by_step(words: Words, form: str) -> None:
    torch.manual_seed(3)
    net = PolicyNet(config(form)).eval()
    torch.nn.init.normal_(net.trunk.ages.weight)
    fresh = torch.tensor([[True, False, False, False, False], [True, False, True, False, False]])
    rows = torch.tensor([[0, 1, 2, 3, 1], [3, 2, 1, 0, 2]])
    read = [segments(words, net)[n] for n in rows.flatten()]
    spoken = [spell(CASES[n][1], s, words) for n, s in zip(rows.flatten(), read)]
    batch = collate(read)
    answers = collate_answers(spoken, [CASES[n][1].point for n in rows.flatten()], batch, net.config.vocabulary)
    with torch.inference_mode():
        whole = surprise(net, batch, answers, fresh).nll.view(2, 5)
        assert torch.allclose(whole, by_steps(net, batch, answers, fresh), atol=1e-4)
        other = surprise(net, batch, answers, torch.ones_like(fresh)).nll.view(2, 5)
    remembered = ~torch.isclose(whole, other, atol=1e-4)
    assert remembered.tolist() == ([[False] * 5] * 2 if form == "none" else (~fresh).tolist())


def test_the_likeliest_is_taken_unless_chance_is_asked_for(words: Words) -> None:
    torch.manual_seed(4)
    net = PolicyNet(config()).eval()
    read = segments(words, net)[:1]
    drawn = [
        decide(net, read, net.trunk.empty(1), words, Chooser(1.0, torch.Generator().manual_seed(n)))[0][0].choices
        for n in (1, 1, 2, 3, 4, 5)
    ]
    assert drawn[0] == drawn[1] and len(set(drawn)) > 2


def test_guesses_change_no_choice_and_save_passes(words: Words, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(4)
    net = PolicyNet(config()).eval()
    passes: list[int] = []
    net.trunk.register_forward_hook(lambda *_: passes.append(1))

    def told(segment: Segment, seed: int, *guess: Choice) -> tuple[Decision, int]:
        """What is drawn with this seed, the first pass behind op and target reading a guess along; and its passes."""
        monkeypatch.setattr(decode, "_guessed", lambda *known: list(guess) if len(known[3]) == 2 else [])
        passes.clear()
        chance = Chooser(1.0, torch.Generator().manual_seed(seed))
        return decide(net, [segment], net.trunk.empty(1), words, chance)[0][0], len(passes)

    saved = 0
    for segment in segments(words, net):
        for seed in range(6):
            plain, cost = told(segment, seed)
            right, less = told(segment, seed, *plain.choices[2:5])
            wrong, same = told(segment, seed, Choice(Kind.WRITE, 399), Choice(Kind.GOAL, 1))
            for other in (right, wrong):
                assert other.choices == plain.choices and other.point == pytest.approx(plain.point, abs=1e-3)
                assert other.logprob == pytest.approx(plain.logprob, abs=1e-3)
            assert less <= cost == same
            saved += cost - less
    assert saved


def test_the_same_seed_makes_the_same_weights() -> None:
    made = []
    for _ in range(2):
        torch.manual_seed(11)
        made.append(PolicyNet(config("infini")).state_dict())
    assert all(torch.equal(made[0][name], made[1][name]) for name in made[0])


def test_batches_can_be_moved(words: Words, net: PolicyNet) -> None:
    batch = collate(segments(words, net))
    moved = batch.to("cpu")
    assert all(torch.equal(getattr(batch, f.name), getattr(moved, f.name)) for f in dataclasses.fields(Batch))
    assert np.array_equal(batch.kinds[0, :6].numpy(), segments(words, net)[0].kinds)


def test_eight_bits_say_nearly_the_same(words: Words) -> None:
    torch.manual_seed(5)
    net = PolicyNet(config("xl")).eval()
    for layer in net.trunk.layers:
        for norm in (layer.before_attention, layer.before_forward):
            torch.nn.init.uniform_(norm.weight, 0.5, 2.0)
    small = quantised(copy.deepcopy(net))
    batch = collate(segments(words, net))
    exact, coarse = (n.read(batch, n.trunk.empty(4)) for n in (net, small))
    assert {type(part) for layer in small.trunk.layers for part in (layer.up, layer.query_key_value)} == {Linear8}
    assert float(torch.cosine_similarity(exact.elements, coarse.elements, dim=-1).detach().min()) > 0.995
    alone = small.read(collate(segments(words, net)[:1]), small.trunk.empty(1))
    torch.testing.assert_close(alone.start, coarse.start[:1], rtol=1e-3, atol=1e-3)  # each row has a scale of its own


def test_without_a_fast_product_weights_stay_exact(words: Words, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    assert not any(isinstance(m, Linear8) for m in quantised(PolicyNet(config("none"))).modules())

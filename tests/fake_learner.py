"""A small policy that knows nothing yet, and actors in this process for it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from fake_arena import SIDES, open_fake_arena

from webagent.envs.types import OPS, Action
from webagent.models.checkpoint import Policy
from webagent.models.config import PolicyConfig
from webagent.models.network import PolicyNet
from webagent.models.segment import read_observation
from webagent.models.words import Words, train_tokenizer
from webagent.train.actors import News, OpenArena
from webagent.train.arena import Begin, Order, Playing, Seen

KNOWN = (*SIDES, "door", "heads", "tails", "on", "maze", "coin", "walk")


class Local:
    """Actors in this process: a player whose answers are there at once."""

    def __init__(self, playing: Playing, open_arena: OpenArena = open_fake_arena) -> None:
        self.slots, self._found, self._playing = playing.contexts, list[News](), playing
        self._words, self._last = Words.of_text(playing.tokenizer), dict[int, Action | None]()
        self._arena = open_arena(playing, self._tell)
        self._obey = self._arena.__enter__()

    def order(self, slot: int, order: Order) -> None:
        self._last[slot] = None if isinstance(order, Begin) else order
        self._obey(slot, order)

    def news(self) -> list[News]:
        found, self._found = self._found, []
        return found

    def _tell(self, slot: int, seen: Seen) -> None:
        segment = None
        if seen.observation is not None:
            segment = read_observation(seen.observation, self._words, self._playing.config, self._last[slot])
        self._found.append(News(slot, segment, *seen[1:]))


def beginner(memory: str = "xl", seed: int = 0, texts: Sequence[str] = KNOWN) -> Policy:
    """A small policy that knows nothing but that buttons are clicked; its tokenizer knows the words of ``texts``."""
    words = Words(train_tokenizer([*texts] * 3, 300))
    config = PolicyConfig(
        vocabulary=words.tokenizer.get_vocab_size(), width=32, layers=2, heads=2, hidden=64, word_width=16, registers=2,
        memory=memory, window=8, text_tokens=8, point_bins=12,
    )  # fmt: skip
    torch.manual_seed(seed)
    net = PolicyNet(config).eval()
    with torch.no_grad():
        net.op.bias[OPS.index("click")] += 12
        net.use_point[-1].bias += torch.tensor([12.0, 0.0])
    return Policy(net, words, {})


def playing(policy: Policy, contexts: int, *tasks: str) -> Playing:
    return Playing(tuple(f"fake.{task}" for task in tasks), contexts, policy.words.tokenizer.to_str(), policy.config)

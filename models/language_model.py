"""Any causal language model of a local folder, as a judge of continuations.

    model = LanguageModel("folder")
    model.rank(prompt, ["click 3", "click 7"])      # log-probability of each, nats

What transformers can load from disk; nothing is ever fetched.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from webagent.envs.errors import DataDamaged, UsageError

UNKNOWN_LENGTH = 2048
SIDE_BY_SIDE = 16
"""Continuations that are scored in one go."""


class LanguageModel:
    """Raises ``UsageError`` if there is no model in the folder, ``DataDamaged`` if it cannot be loaded."""

    def __init__(self, folder: str | Path, device: str = "cpu") -> None:
        from transformers import AutoModelForCausalLM, AutoTokenizer

        if not (Path(folder) / "config.json").is_file():
            raise UsageError(f"expected a language model's folder, found no config.json in {folder}")
        try:
            self.tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            self.model: Any = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise DataDamaged(f"{folder} is no causal language model: {' '.join(str(error).split())[:200]}") from error
        model: Any = self.model.eval()
        self.model = model.to(device)
        config = self.model.config
        sizes = (getattr(config, name, None) for name in ("max_position_embeddings", "n_positions"))
        self.room = next((size for size in sizes if isinstance(size, int) and size > 0), UNKNOWN_LENGTH)

    @torch.inference_mode()
    def rank(self, prompt: str, continuations: Sequence[str]) -> list[float]:
        """The log-probability of each continuation after the prompt. Of a prompt that is too long, the end is read."""
        answers = [self.tokenizer(text, add_special_tokens=False)["input_ids"] or [0] for text in continuations]
        longest = min(max(map(len, answers)), self.room // 2)
        answers = [ids[:longest] for ids in answers]
        ids = self.tokenizer(prompt)["input_ids"][-(self.room - longest) :]
        device = self.model.device
        # The last word of the prompt goes with the answers, so that their first word has something to follow.
        shared = self.model(torch.tensor([ids[:-1]], device=device), use_cache=True).past_key_values
        scores: list[float] = []
        for first in range(0, len(answers), SIDE_BY_SIDE):
            scores += self._score(ids[-1], answers[first : first + SIDE_BY_SIDE], shared, len(ids) - 1)
        return scores

    def _score(self, last: int, answers: Sequence[Sequence[int]], shared: Any, before: int) -> list[float]:
        device = self.model.device
        longest = max(map(len, answers))
        rows = torch.tensor([[last, *a, *[0] * (longest - len(a))] for a in answers], device=device)
        used = torch.tensor([[1] * (1 + len(a)) + [0] * (longest - len(a)) for a in answers], device=device)
        past = copy.deepcopy(shared)
        past.batch_repeat_interleave(len(answers))
        mask = torch.cat([used.new_ones(len(answers), before), used], 1)
        logits = self.model(rows, attention_mask=mask, past_key_values=past).logits[:, :-1].float()
        chosen = torch.log_softmax(logits, -1).gather(2, rows[:, 1:, None])[..., 0]
        return (chosen * used[:, 1:]).sum(1).tolist()

"""The policy as transformers knows models: ``from_pretrained``, ``save_pretrained``, ``AutoModel``.

    model = WebAgentPolicy.from_pretrained("checkpoint")
    tokenizer = AutoTokenizer.from_pretrained("checkpoint")        # a PreTrainedTokenizerFast

A thin face over ``network``; acting does not need it (``checkpoint`` loads the same files without transformers).
"""

from __future__ import annotations

import dataclasses
from typing import Any

from torch import Tensor
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel

from .batch import Batch
from .checkpoint import MODEL_TYPE, VERSION
from .config import PolicyConfig
from .meanings import Meanings
from .network import PolicyNet
from .trunk import Memory


class WebAgentConfig(PretrainedConfig):
    """The fields of ``PolicyConfig``, as a transformers configuration."""

    model_type = MODEL_TYPE

    def __init__(self, **fields: Any) -> None:
        ours = {f.name: fields.pop(f.name, f.default) for f in dataclasses.fields(PolicyConfig)}
        fields.setdefault("version", VERSION)
        super().__init__(**fields)
        for name, value in ours.items():
            setattr(self, name, value)

    def plain(self) -> PolicyConfig:
        return PolicyConfig(**{f.name: getattr(self, f.name) for f in dataclasses.fields(PolicyConfig)})


class WebAgentPolicy(PreTrainedModel):
    """``net`` is the policy's network; ``forward`` reads a batch of segments and scores the op of each."""

    config_class = WebAgentConfig
    base_model_prefix = "net"
    _no_split_modules = ["Layer"]

    def __init__(self, config: WebAgentConfig) -> None:
        super().__init__(config)
        self.net = PolicyNet(config.plain())
        self.post_init()

    def _init_weights(self, module: Any) -> None:
        """The network makes its own first weights; what no file holds is made once more."""
        if isinstance(module, Meanings):
            module.fill()

    def forward(self, batch: Batch, memory: Memory | None = None) -> Tensor:
        """Scores of the ops, [B, ops]; ``net`` goes on from there."""
        memory = memory or self.net.trunk.empty(batch.size, self.device)
        return self.net.op(self.net.read(batch, memory).start)


AutoConfig.register(MODEL_TYPE, WebAgentConfig)
AutoModel.register(WebAgentConfig, WebAgentPolicy)

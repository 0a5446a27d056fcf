"""A policy in a folder: ``config.json``, ``model.safetensors``, ``tokenizer.json`` (and its ``tokenizer_config.json``).

    policy = load_policy("checkpoint")       # reads what hub.WebAgentPolicy.save_pretrained wrote, and the other way
    save_policy("checkpoint", policy)

Loads without transformers, which would cost more time than the network itself. Strict: every weight must be there, in
its shape, and none besides.
"""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import nn
from torch.overrides import TorchFunctionMode

from webagent.envs.errors import DataDamaged, UsageError

from .config import PolicyConfig
from .network import PolicyNet
from .words import END, PAD, Words

CONFIG, WEIGHTS, TOKENIZER = "config.json", "model.safetensors", "tokenizer.json"
TOKENIZER_CONFIG = "tokenizer_config.json"
MODEL_TYPE, VERSION = "webagent-policy", 1
PREFIX = "net."
EXACT = "points."
"""What begins so is kept in fp32: pixels are small."""


@dataclass
class Policy:
    """A network with what it reads by. ``about``: what else its ``config.json`` tells (temperature, threshold …)."""

    net: PolicyNet
    words: Words
    about: dict[str, Any]

    @property
    def config(self) -> PolicyConfig:
        return self.net.config


def load_policy(folder: str | Path, device: str = "cpu") -> Policy:
    """The policy in ``folder``, ready to act. Raises ``UsageError`` if there is none, ``DataDamaged`` if it is broken
    or of another version."""
    place = Path(folder)
    if not (place / CONFIG).is_file():
        raise UsageError(f"expected a policy's folder, found no {CONFIG} in {place}")
    data = read_config(place / CONFIG)
    config = PolicyConfig.from_dict(data)
    try:
        weights = load_file(place / WEIGHTS, device=device)
        words = Words.load(place / TOKENIZER)
    except (OSError, SafetensorError) as error:
        raise DataDamaged(f"{place} cannot be read: {error}", "copy or train it again") from error
    with _Unfilled():
        net = PolicyNet(config)
    try:
        stripped = {name.removeprefix(PREFIX): weight.to(torch.float32, copy=True) for name, weight in weights.items()}
        net.load_state_dict(stripped, strict=True, assign=True)
    except RuntimeError as error:
        raise DataDamaged(f"{place / WEIGHTS}: {' '.join(str(error).split())[:300]}", "of another version?") from error
    own = {f.name for f in dataclasses.fields(PolicyConfig)}
    return Policy(net.eval(), words, {k: v for k, v in data.items() if k not in own})


class _Unfilled(TorchFunctionMode):
    """Modules are made without values drawn by chance, since others are loaded. (Modules on ``meta`` would import all
    of torch's compiler, which takes longer than everything else that loading does.)"""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in (nn.init.normal_, nn.init.uniform_, nn.init.kaiming_uniform_):
            return kwargs["tensor"]
        return (torch.empty if func is torch.randn else func)(*args, **(kwargs or {}))


def save_policy(folder: str | Path, policy: Policy, precision: torch.dtype = torch.float32) -> None:
    """Write it; ``precision``: of the weights in the file, those of points aside. A folder that holds one is
    overwritten, file by file."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    state = {name: weight.detach() for name, weight in policy.net.state_dict().items()}
    weights = {
        PREFIX + name: w.to(torch.float32 if name.startswith(EXACT) else precision).contiguous()
        for name, w in state.items()
    }
    head = {"model_type": MODEL_TYPE, "version": VERSION, "architectures": ["WebAgentPolicy"]}
    config = {**policy.about, **head, **dataclasses.asdict(policy.config)}
    for_transformers = {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": PAD, "eos_token": END}
    write_whole(place / TOKENIZER_CONFIG, (json.dumps(for_transformers, indent=1) + "\n").encode())
    write_whole(place / TOKENIZER, policy.words.tokenizer.to_str().encode())
    write_whole(place / WEIGHTS, save(weights, {"format": "pt"}))
    write_whole(place / CONFIG, (json.dumps(config, indent=1, sort_keys=True) + "\n").encode())


def tell(folder: str | Path, about: dict[str, Any]) -> None:
    """Add to what a policy's ``config.json`` tells about it. Raises as ``load_policy`` does."""
    path = Path(folder) / CONFIG
    data = {**read_config(path), **about}
    write_whole(path, (json.dumps(data, indent=1, sort_keys=True) + "\n").encode())


def read_config(path: Path, kind: str = MODEL_TYPE, version: int = VERSION) -> dict[str, Any]:
    """What a ``config.json`` of this model type tells. Raises ``UsageError`` for another type, ``DataDamaged``."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataDamaged(f"{path} cannot be read: {error}") from error
    if not isinstance(data, dict) or data.get("model_type") != kind:
        raise UsageError(
            f"expected a {kind} in {path}, found {data.get('model_type') if isinstance(data, dict) else data!r}"
        )
    if data.get("version") != version:
        raise DataDamaged(f"{path}: expected version {version}, found {data.get('version')!r}", "train it again")
    return data


def write_whole(path: Path, data: bytes) -> None:
    """Replace a file: a reader sees the old one or the new one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(data)
    os.replace(temporary, path)

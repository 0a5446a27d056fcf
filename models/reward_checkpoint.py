"""A reward model in a folder: ``config.json`` and ``model.safetensors``, inside the folder of the policy it reads with.

    save_reward("run/policy/reward", model, learned=("net.trunk.layers.5.…", …))
    model = load_reward("run/policy")                 # or run/policy/reward itself

It holds the head, and those weights of the network that were learned anew; all others are the policy's. That must be
the very policy that it was trained with: its weights' SHA-256 stands in the config.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from webagent.envs.errors import DataDamaged, UsageError

from .checkpoint import CONFIG, PREFIX, WEIGHTS, load_policy, read_config, write_whole
from .reward import Curves, RewardHead, RewardModel

FOLDER = "reward"
MODEL_TYPE, VERSION = "webagent-reward", 1
HEAD = "head."


def save_reward(
    folder: str | Path, model: RewardModel, learned: Iterable[str] = (), about: dict[str, Any] | None = None
) -> None:
    """Write it into ``folder``, whose parent holds the policy. ``learned``: names of the network's weights that are not
    that policy's; ``about``: what else the config is to tell."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    own = model.policy.net.state_dict()
    weights = {HEAD + name: weight for name, weight in model.head.state_dict().items()}
    weights |= {PREFIX + name: own[name] for name in learned}
    data = {name: weight.detach().to(torch.float32).contiguous() for name, weight in weights.items()}
    config = {
        **(about or {}), "model_type": MODEL_TYPE, "version": VERSION, "hidden": model.head.recurrent.hidden_size,
        "curves": dataclasses.asdict(model.curves), "threshold": model.threshold,
        "policy_sha256": _digest(place.parent / WEIGHTS),
    }  # fmt: skip
    write_whole(place / WEIGHTS, save(data, {"format": "pt"}))
    write_whole(place / CONFIG, (json.dumps(config, indent=1, sort_keys=True) + "\n").encode())


def load_reward(folder: str | Path) -> RewardModel:
    """The reward model in ``folder``, or in the policy's folder that this is, ready to judge. Raises ``UsageError`` if
    there is none, ``DataDamaged`` if it is broken, of another version or trained with another policy."""
    place = reward_folder(folder)
    config = read_config(place / CONFIG, MODEL_TYPE, VERSION)
    policy = load_policy(place.parent)
    if config.get("policy_sha256") != _digest(place.parent / WEIGHTS):
        raise DataDamaged(f"{place} was trained with other weights than those in {place.parent}", "train it again")
    try:
        weights = load_file(place / WEIGHTS)
        head = RewardHead(policy.config.width, int(config["hidden"]))
        head.load_state_dict({n.removeprefix(HEAD): w for n, w in weights.items() if not n.startswith(PREFIX)})
        own = {n.removeprefix(PREFIX): w for n, w in weights.items() if n.startswith(PREFIX)}
        policy.net.load_state_dict({**policy.net.state_dict(), **own})
        curves = Curves(**{name: (float(a), float(b)) for name, (a, b) in config["curves"].items()})
        threshold = float(config["threshold"])
    except (OSError, SafetensorError, RuntimeError, LookupError, AttributeError, TypeError, ValueError) as error:
        raise DataDamaged(f"{place} cannot be read: {' '.join(str(error).split())[:300]}", "train it again") from error
    return RewardModel(policy, head.eval(), curves, threshold, tuple(sorted(own)))


def reward_folder(folder: str | Path) -> Path:
    """Where the reward model lies that ``folder`` names. Raises ``UsageError`` if it names none."""
    for place in (Path(folder), Path(folder) / FOLDER):
        if (place / CONFIG).is_file() and _is_reward(place / CONFIG):
            return place
    raise UsageError(f"expected a reward model in {folder}, found none", "webagent train reward makes one")


def _is_reward(path: Path) -> bool:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return path.parent.name == FOLDER  # broken, which is told when it is read
    return isinstance(data, dict) and data.get("model_type") == MODEL_TYPE


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UsageError(f"expected a policy beside its reward model, found no {path}") from error

"""The gym: a real browser, its pages as pruned action trees, and the tasks to do in them.

Importing this registers the Gymnasium ids; it loads neither torch nor a browser.
"""

from typing import TYPE_CHECKING, Any

from .browsergym.registration import register_aliases
from .registration import make_scenario, register_all

if TYPE_CHECKING:
    from .browser import Browser
    from .env_pool import EnvPool, make_pool
    from .html import tree_from_html
    from .vector_env import VectorEnv
    from .web_env import WebEnv

__all__ = [
    "Browser", "EnvPool", "VectorEnv", "WebEnv", "make_pool", "make_scenario", "register_all", "tree_from_html",
]  # fmt: skip
_WHERE = {
    "Browser": "browser", "EnvPool": "env_pool", "VectorEnv": "vector_env", "WebEnv": "web_env",
    "make_pool": "env_pool", "tree_from_html": "html",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f".{_WHERE[name]}", __name__), name)


register_all()
register_aliases()

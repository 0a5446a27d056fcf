"""The gym: a real browser, its pages as pruned action trees, and the tasks to do in them.

Importing this registers the Gymnasium ids; it loads neither torch nor a browser.
"""

from typing import TYPE_CHECKING, Any

from .registration import make_scenario, register_all

if TYPE_CHECKING:
    from .browser import Browser
    from .html import tree_from_html
    from .web_env import WebEnv

__all__ = ["Browser", "WebEnv", "make_scenario", "register_all", "tree_from_html"]
_WHERE = {"Browser": "browser", "WebEnv": "web_env", "tree_from_html": "html"}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f".{_WHERE[name]}", __name__), name)


register_all()

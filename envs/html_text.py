"""The words of a saved page, and the role table that it shares with ``page/*.js``."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from importlib.resources import files

from .html_dom import Node
from .html_style import is_block, look, shows_text

PATIENCE = 2000  # nodes that one look for words goes through: an agent's page, not an archive, is what is read
CONTROLS = frozenset({"input", "select", "textarea", "button"})
FIELDS = frozenset({
    "textbox", "searchbox", "combobox", "listbox", "checkbox", "radio", "switch", "slider", "spinbutton",
})  # fmt: skip
_SPACE = re.compile("[\t-\r \u00a0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff]+")


@dataclass(frozen=True, slots=True)
class Table:
    """The role table that the page scripts use too."""

    tag: dict[str, str]
    input: dict[str, str]
    actionable: frozenset[str]
    from_content: frozenset[str]
    container: frozenset[str]
    lonely: frozenset[str]
    leaf: frozenset[str]
    inline: frozenset[str]
    skip: frozenset[str]
    shapes: frozenset[str]
    generic_words: frozenset[str]
    roles: frozenset[str]


@functools.cache
def table() -> Table:
    data = json.loads((files("webagent.envs") / "page" / "roles.json").read_text("utf8"))
    sets = {key: frozenset(words) for key, words in data.items() if isinstance(words, list)}
    names = [field.name for field in fields(Table) if field.name in sets]
    return Table(tag=data["tag"], input=data["input"], **{name: sets[name] for name in names})


def squash(text: str) -> str:
    return _SPACE.sub(" ", text).strip(" ")


def cut(text: str, size: int) -> str:
    return text[: size - 1] + "…" if len(text) > size else text


def kind_of(el: Node) -> str:
    return (el.get("type") or "text").lower() if el.tag == "input" else ""


def first(el: Node, test: Callable[[Node], bool]) -> Node | None:
    """The first element inside that passes, not through shadow roots."""
    for n, node in enumerate(el.below()):
        if n > PATIENCE:
            return None
        if node.is_element and test(node):
            return node
    return None


def text_of(node: Node, limit: int = 400, skip_controls: bool = True) -> str:
    """What a person reads inside a node: text, alternatives of images, names of widgets; hidden parts left out."""
    inline = table().inline
    parts: list[str] = []
    size = 0
    stack: list[tuple[Node | None, int]] = [(node, 0)]
    for _ in range(PATIENCE):
        if not stack:
            break
        n, depth = stack.pop()
        if n is None:
            parts.append(" ")
            continue
        if size > limit or depth > 60:
            continue
        if n.tag == "#text":
            if n.parent is None or n.parent is node or shows_text(n.parent):
                parts.append(n.text)
                size += len(n.text)
            continue
        if n is not node:
            spoken = _spoken(n, skip_controls)
            if spoken is not None:
                parts.append(f" {spoken} " if spoken else "")
                size += len(spoken.strip())
                continue
        if n.is_element and n.tag not in inline:
            parts.append(" ")
            stack.append((None, depth))
        elif n is not node and parts and not parts[-1][-1:].isspace() and is_block(n):
            parts.append(" ")
        inner = n.shadow if n.shadow is not None and n is not node else n
        stack.extend((kid, depth + 1) for kid in reversed(n.assigned or inner.kids))
    return cut(squash("".join(parts)), limit)


def _spoken(n: Node, skip_controls: bool) -> str | None:
    """What stands for an element inside a text, "" if nothing does; None if its content has to be read."""
    if n.tag in table().skip or n.get("aria-hidden") == "true":
        return ""
    seen = look(n)
    if not (seen.rendered and seen.visible):
        return ""
    if n.tag == "br":
        return " "
    spoken = n.get("aria-label") or (n.get("alt") if n.tag == "img" else "")
    if spoken:
        return spoken
    return "" if skip_controls and n.tag in CONTROLS and n.tag != "button" else None


def all_text(el: Node) -> str:
    return "".join(n.text for n in el.below() if n.tag == "#text")


def option_text(option: Node) -> str:
    return squash(option.get("label") or all_text(option))

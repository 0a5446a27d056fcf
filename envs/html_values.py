"""Values and states of single elements of a saved page."""

from __future__ import annotations

import math
import re

from .html_dom import Node
from .html_style import style_of
from .html_text import FIELDS, cut, kind_of, option_text, table, text_of

_NUMBER = re.compile(r"-?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_TICKS = frozenset({"checkbox", "radio", "switch", "button", "slider"})
_ARIA = (
    ("aria-checked", "checked"), ("aria-selected", "selected"), ("aria-pressed", "pressed"),
    ("aria-current", "current"),
)  # fmt: skip


def number(text: str) -> float | None:
    value = float(text) if _NUMBER.fullmatch(text.strip()) else math.nan
    return value if math.isfinite(value) else None


def _shown(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def value_of(el: Node) -> str:
    """The text of a field, the label of a choice, where something stands; passwords masked."""
    tag = el.tag
    if tag == "input":
        return _input_value(el, kind_of(el))
    if tag == "textarea":
        text = "".join(kid.text for kid in el.kids)
        return cut(text.removeprefix("\n"), 1000)
    if tag == "select":
        return ", ".join(option_text(option) for option in chosen(el))
    if tag in ("progress", "meter"):
        low = (number(el.get("min")) or 0.0) if tag == "meter" else 0.0
        high = number(el.get("max"))
        return _shown(min(max(number(el.get("value")) or 0.0, low), 1.0 if high is None else high))
    now = el.get("aria-valuetext") or el.get("aria-valuenow")
    if now:
        return now
    if is_editable(el):
        return text_of(el, 1000)
    return text_of(el, 100) if el.get("role") == "combobox" else ""


def _input_value(el: Node, kind: str) -> str:
    value = el.get("value")
    if kind == "password":
        return "••••" if value else ""
    if kind == "range":
        low = number(el.get("min")) or 0.0
        high = number(el.get("max"))
        high = max(low, 100.0 if high is None else high)
        given = number(value)
        return _shown(min(max((low + high) / 2 if given is None else given, low), high))
    if kind == "number" and number(value) is None:
        return ""
    if kind == "color":
        return value.lower() if re.fullmatch("#[0-9a-fA-F]{6}", value) else "#000000"
    silent = kind in ("file", "checkbox", "radio", "hidden") or table().input.get(kind) == "button"
    return "" if silent else cut(value, 1000)


def options_of(select: Node) -> list[Node]:
    return _options(select)[0]


def chosen(select: Node) -> list[Node]:
    """The options that are selected: the last marked one, or the first that can be, where only one can."""
    return _options(select)[1]


def _options(select: Node) -> tuple[list[Node], list[Node]]:
    known = select.scope.selects
    if select not in known:
        options = [n for n in select.below() if n.tag == "option"]
        known[select] = (options, _chosen(select, options))
    return known[select]


def _chosen(select: Node, options: list[Node]) -> list[Node]:
    marked = [o for o in options if "selected" in o.attrs]
    if "multiple" in select.attrs:
        return marked
    if marked:
        return marked[-1:]
    if (number(select.get("size")) or 0) > 1:
        return []
    return [o for o in options if "disabled" not in o.attrs and not _in_disabled_group(o)][:1]


def _in_disabled_group(option: Node) -> bool:
    parent = option.parent
    return parent is not None and parent.tag == "optgroup" and "disabled" in parent.attrs


def is_editable(el: Node) -> bool:
    for node in el.up():
        if "contenteditable" in node.attrs:
            return node.attrs["contenteditable"].lower() != "false"
    return False


def _is_disabled(el: Node) -> bool:
    if any("inert" in n.attrs or n.get("aria-disabled") == "true" for n in el.up()):
        return True
    if el.tag not in ("button", "input", "select", "textarea", "option", "optgroup", "fieldset"):
        return False
    if "disabled" in el.attrs or (el.tag == "option" and _in_disabled_group(el)):
        return True
    return el.tag != "option" and el.tag != "optgroup" and _in_disabled_fieldset(el)


def _in_disabled_fieldset(el: Node) -> bool:
    below = el
    for node in list(el.up())[1:]:
        if node.tag == "fieldset" and "disabled" in node.attrs:
            legend = next((kid for kid in node.kids if kid.tag == "legend"), None)
            if below is not legend:
                return True
        below = node
    return False


def _is_checked(el: Node) -> bool:
    if el.tag != "input" or "checked" not in el.attrs:
        return False
    if kind_of(el) != "radio" or not el.get("name"):
        return True
    form = next((n for n in el.up() if n.tag == "form"), None)
    return el.scope.chosen.get((form, el.get("name")), el) is el


def states_of(el: Node, role: str) -> list[str]:
    """The states that markup tells."""
    tag, attrs = el.tag, el.attrs
    states = ["disabled"] if _is_disabled(el) else []
    for key, state in _ARIA:
        value = el.get(key)
        if value and value != "false":
            states.append("mixed" if value == "mixed" else state)
    if _is_checked(el):
        states.append("checked")
    if tag == "option" and _selected(el):
        states.append("selected")
    if role in ("button", "link") and style_of(el).get("pointer-events") == "none":
        states.append("disabled")
    states += {"true": ["expanded"], "false": ["collapsed"]}.get(_expanded(el), [])
    for state, tags in (("readonly", ("input", "textarea")), ("required", ("input", "select", "textarea"))):
        if (state in attrs and tag in tags) or el.get(f"aria-{state}") == "true":
            states.append(state)
    if el.get("aria-invalid") == "true":
        states.append("invalid")
    if role in FIELDS and (is_editable(el) or tag == "textarea" or (tag == "input" and role not in _TICKS)):
        states.append("editable")
    if "multiple" in attrs and tag in ("input", "select"):
        states.append("multiple")
    if kind_of(el) == "password":
        states.append("password")
    if el.get("aria-modal") == "true":
        states.append("modal")
    return sorted(set(states))


def _expanded(el: Node) -> str:
    if el.tag != "summary":
        return el.get("aria-expanded")
    return "true" if el.parent is not None and "open" in el.parent.attrs else "false"


def _selected(option: Node) -> bool:
    select = next((n for n in option.up() if n.tag == "select"), None)
    return any(o is option for o in chosen(select)) if select is not None else "selected" in option.attrs

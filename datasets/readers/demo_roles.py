"""What the nodes of a DOM dump are, by the rules of our live trees (envs/page/roles.json, walk.js).

A dump tells neither listeners nor cursors, which in a live page make plain boxes actionable. Those of the 31 recorded
tasks are known by their class names instead; jQuery UI's widgets, which set ARIA roles, likewise.
"""

from __future__ import annotations

import functools

from .demo_names import kind, words_in
from .demo_record import Node

CLICKABLE = frozenset(
    "alink email-thread trash star email-send email-reply email-forward reply retweet like more widget share copy "
    "embed menu-user block-user report ui-menu-item ui-dialog-titlebar ui-dialog-content ui-dialog-buttonpane "
    "ui-resizable-handle".split()
)
CLICKABLE_IDS = frozenset(
    "open-search search-cancel close-email close-reply send-reply close-forward send-forward".split()
)
REGIONS = frozenset({"main", "search", "email"})
OVERLAYS = ("ui-datepicker ", "ui-autocomplete", "ui-dialog ")

ACTIONABLE = frozenset(
    "button link textbox searchbox combobox listbox option checkbox radio slider spinbutton tab menuitem gridcell "
    "graphics-symbol clickable".split()
)
CONTAINER = frozenset("dialog table row list listitem menu tablist tabpanel listbox region graphics-document".split())
LONELY = frozenset("list listitem row region graphics-document".split())
LEAF = frozenset({"heading", "cell", "columnheader"})
INLINE = frozenset("a b em i label span strong u small t".split())

_TAGS = {
    "button": "button", "textarea": "textbox", "table": "table", "tr": "row", "td": "cell", "th": "columnheader",
    "ul": "list", "ol": "list", "li": "listitem", "h1": "heading", "h2": "heading", "h3": "heading", "h4": "heading",
    "option": "option", "svg": "graphics-document", "path": "graphics-symbol", "text": "clickable",
}  # fmt: skip
_INPUTS = {
    "button": "button", "submit": "button", "reset": "button", "image": "button", "file": "button",
    "checkbox": "checkbox", "radio": "radio", "range": "slider", "number": "spinbutton", "search": "searchbox",
}  # fmt: skip
_WIDGETS = (
    ("ui-tabs-nav", "tablist"), ("ui-tabs-tab", "tab"), ("ui-tabs-panel", "tabpanel"), ("ui-accordion ", "tablist"),
    ("ui-accordion-header", "tab"), ("ui-accordion-content", "tabpanel"), ("ui-dialog ", "dialog"),
    ("ui-autocomplete ", "list"), ("ui-menu-item-wrapper", "menuitem"), ("ui-menu-item", "clickable"),
    ("ui-menu ", "menu"),
)  # fmt: skip


def role_of(node: Node) -> tuple[str, bool]:
    """Its role ("" for plain boxes and words), and whether a person can act on it."""
    tag, sort = kind(node)
    classes = words_in(node, "classes")
    if tag == "input":
        return _INPUTS.get(sort, "textbox"), sort != "hidden"
    if tag == "select":
        return ("listbox" if node["children"] else "combobox"), True
    if tag == "a":
        return _link(classes)
    if tag == "td":
        act = any(child["tag"] == "A" for child in node["children"])
        return ("gridcell" if act else "cell"), act
    if tag == "li" and is_branch(node):
        return "clickable", True
    return _by_class(tag, classes, words_in(node, "id"))


@functools.lru_cache(4096)
def _by_class(tag: str, classes: str, name: str) -> tuple[str, bool]:
    padded = f" {classes} "
    role = next((role for word, role in _WIDGETS if f" {word}" in padded), "") if "ui-" in padded else ""
    if not CLICKABLE.isdisjoint(classes.split()) or name in CLICKABLE_IDS:
        return (role or "clickable"), True
    if role:
        return role, role in ("tab", "menu", "menuitem") or " ui-autocomplete " in padded
    role = _TAGS.get(tag, "")
    return role, role in ACTIONABLE


def _link(classes: str) -> tuple[str, bool]:
    if "ui-datepicker-" in classes:
        return ("", False) if "ui-state-disabled" in classes else ("clickable", True)
    return "link", True


def is_branch(node: Node) -> bool:
    return any(words_in(child, "classes")[:4] in ("file", "fold") for child in node["children"])


def is_field(node: Node) -> bool:
    """Whether it takes text."""
    return role_of(node)[0] in ("textbox", "searchbox", "spinbutton")


def is_date_picker(node: Node) -> bool:
    """Its field is read-only in our pages: the day is chosen in what opens."""
    return "hasDatepicker" in words_in(node, "classes")


def is_region(node: Node) -> bool:
    """A box that scrolls."""
    if node.get("id") == "area":
        return bool(node["children"]) and words_in(node["children"][0], "classes") == "media"
    return node.get("id") in REGIONS


def is_overlay(node: Node) -> bool:
    """Whether it opens above the rest of the page."""
    classes = words_in(node, "classes")
    if not classes:
        return node["tag"] == "UL" and bool(node["children"]) and words_in(node["children"][0], "classes") == "share"
    return "ui-" in classes and any(word in classes + " " for word in OVERLAYS)


def chosen(option: Node) -> bool:
    """A chosen option of a list can be told by its colour only."""
    return str(option.get("bgColor", "")).replace(" ", "") not in (
        "",
        "rgba(0,0,0,0)",
        "transparent",
        "rgb(255,255,255)",
    )


def states_of(node: Node, role: str, act: bool) -> list[str]:
    """All but what depends on places: checked, selected, editable …"""
    states = ["actionable"] if act else []
    sort = kind(node)[1]
    classes = words_in(node, "classes")
    if node.get("focused"):
        states.append("focused")
    if role in ("checkbox", "radio") and node.get("value") is True:
        states.append("checked")
    if role == "option" and chosen(node):
        states.append("selected")
    if role == "tab":
        opened = "ui-tabs-active" in classes or "ui-accordion-header-active" in classes
        states += ["expanded", "selected"] if opened else ["collapsed"]
    if role in ("textbox", "searchbox", "spinbutton"):
        states.append("editable")
        states += ["password"] if sort == "password" else []
        states += ["readonly"] if is_date_picker(node) else []
    if role == "listbox":
        states.append("multiple")
    return states


def value_of(node: Node, role: str) -> str:
    value = node.get("value")
    if role not in ("textbox", "searchbox", "spinbutton", "slider") or not isinstance(value, str):
        return ""
    return "••••" * bool(value) if kind(node)[1] == "password" else value[:1000]

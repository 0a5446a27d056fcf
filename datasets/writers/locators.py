"""Playwright locators, as Python, for the elements of a recorded tree.

    locator("page", element, tree, signs)        # Place('page.get_by_role("button", name="Save")')

Role and name come first, then label, placeholder, test id, the same role within something that is named, text, a CSS
path, and its number as the last resort, or (of the agent's own) its place on the page. Whether one is ambiguous is
judged from the tree; it is then made exact. Without signs (the agent's own episodes) role and name are taken from the
tree, whose names are a person's: where a name is only near an element, the locator finds nothing, and the script stops.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from webagent.envs.types import ActionTree, Element

from .phrases import quoted

LONG = 120  # characters that signs keep of a name
SHORT = 60  # a text that is longer is no name
NOT_SPOKEN = frozenset(
    {"summary", "canvas", *(f"input:{kind}" for kind in ("file", "password", "date", "time", "month", "week", "color"))}
) | {"input:datetime-local"}
"""Tags whose role ARIA does not tell as the tree does."""
UNNAMED = frozenset({"region", "group", "gridcell", "img"})
"""Roles that the tree gives to more than ARIA does: without a name they say nothing."""
SPOKEN = frozenset(
    """alert alertdialog article button cell checkbox columnheader combobox dialog form grid gridcell group heading img
    link list listbox listitem menu menubar menuitem menuitemcheckbox menuitemradio navigation option progressbar radio
    radiogroup region row rowheader scrollbar search searchbox slider spinbutton status switch tab table tablist
    tabpanel textbox toolbar tree treegrid treeitem""".split()
)
SEALED, BARE = "it lies in a closed shadow root", "nothing but its place is known"
SCOPES = ("dialog", "alertdialog", "group", "region", "form", "navigation", "article", "listitem", "row", "treeitem")
Signs = Mapping[str, Any]


class Place(NamedTuple):
    """``code``: a locator. ``at``: where in it, in CSS pixels, if the element itself cannot be reached, and ``why``: it
    lies in a closed shadow root, whose host the locator is; or nothing but its place on the page is known."""

    code: str
    at: tuple[float, float] | None = None
    why: str = ""


def locator(page: str, element: Element, tree: ActionTree, signs: Signs | None) -> Place:
    """Where ``element`` of ``tree`` is. ``page``: the variable of its tab."""
    frames = _frames(element, tree)
    root = _root(page, frames, tree, signs)
    if signs and signs.get("sealed") and signs["places"][-1]:
        x, y = signs["sealed"]
        return Place(f"{root}.locator({quoted(signs['places'][-1])})", (float(x), float(y)), SEALED)
    inner = frames[-1].ref if frames else None
    beside = [e for e in tree.elements if e.ref != element.ref and _frame_of(e, tree) == inner]
    told = signs or _from_tree(element)
    found = next(_candidates(root, element, tree, beside, told), None)
    if found is not None:
        return Place(found)
    x, y, width, height = element.box
    return Place(f'{page}.locator("html")', (x + width / 2 + tree.scroll[0], y + height / 2 + tree.scroll[1]), BARE)


def _from_tree(e: Element) -> Signs:
    spoken = e.role in SPOKEN and e.tag not in NOT_SPOKEN and bool(e.name or e.role not in UNNAMED)
    field = e.has("editable") or e.tag.startswith("input")
    return {
        "role": e.role if spoken else "", "name": e.name, "label": e.name if field else "",
        "text": "" if field else e.name, "places": [None],
    }  # fmt: skip


def _candidates(root: str, e: Element, tree: ActionTree, beside: Sequence[Element], signs: Signs) -> Iterator[str]:
    """Locators that fit this element alone, the best first; none for one that has neither role, name nor path."""
    role, name = str(signs.get("role") or ""), str(signs.get("name") or "").strip()
    like = [other for other in beside if other.role == role or other.role == e.role]
    by_role = ""
    if role and name:
        exact = _needs_exact(name, like)
        by_role = f"get_by_role({quoted(role)}, name={quoted(name)}{', exact=True' if exact else ''})"
        if exact is not None:
            yield f"{root}.{by_role}"
        by_role = by_role if exact is not None else f"get_by_role({quoted(role)}, name={quoted(name)}, exact=True)"
    label = str(signs.get("label") or "").strip()
    if label and (exact := _needs_exact(label, beside)) is not None:
        yield f"{root}.get_by_label({quoted(label)}{', exact=True' if exact else ''})"
    if signs.get("placeholder"):
        yield f"{root}.get_by_placeholder({quoted(signs['placeholder'])}, exact=True)"
    if test := signs.get("test"):
        own = test["key"] == "data-testid"
        yield f"{root}.get_by_test_id({quoted(test['value'])})" if own else _by_attribute(root, **test)
    if by_role and (scope := _scope(e, tree, name, role)):
        yield f"{root}.{scope}.{by_role}"
    text = str(signs.get("text") or "").strip()
    if (
        text
        and text == e.name
        and len(text) <= SHORT
        and not any(text.lower() in other.name.lower() for other in beside)
    ):
        yield f"{root}.get_by_text({quoted(text)}, exact=True)"
    if signs["places"][-1]:
        yield f"{root}.locator({quoted(signs['places'][-1])})"
    if role:
        yield _by_number(root, e, beside, tree, by_role, role)


def _needs_exact(name: str, others: Sequence[Element]) -> bool | None:
    """Whether a name must be asked for exactly, since Playwright takes a part of one, too; None if even that is no
    help."""
    if any(" ".join(other.name.split()) == name or (len(name) >= LONG and name in other.name) for other in others):
        return None
    if len(name) >= LONG:
        return False  # it was cut
    return any(name.lower() in other.name.lower() for other in others)


def _by_attribute(root: str, key: str, value: str) -> str:
    return f"{root}.locator({quoted(f'[{key}={quoted(value)}]')})"


def _by_number(root: str, e: Element, beside: Sequence[Element], tree: ActionTree, by_role: str, role: str) -> str:
    of = by_role or f"get_by_role({quoted(role)})"
    same = {other.ref for other in beside if other.role == e.role and (not by_role or other.name == e.name)}
    before = [other for other in tree.elements[: tree.elements.index(e)] if other.ref in same]
    return f"{root}.{of}.nth({len(before)})"


# ---- what it lies in ------------------------------------------------------------------------------------------------


def _above(e: Element, tree: ActionTree) -> Iterator[Element]:
    up = tree.by_ref.get(e.parent or "")
    for _ in range(len(tree.elements)):
        if up is None:
            return
        yield up
        up = tree.by_ref.get(up.parent or "")


def _is_frame(e: Element) -> bool:
    return e.tag in ("iframe", "frame")


def _frame_of(e: Element, tree: ActionTree) -> str | None:
    return next((up.ref for up in _above(e, tree) if _is_frame(up)), None)


def _frames(e: Element, tree: ActionTree) -> list[Element]:
    """The iframe elements around one, from the outside in."""
    return [up for up in _above(e, tree) if _is_frame(up)][::-1]


def _root(page: str, frames: Sequence[Element], tree: ActionTree, signs: Signs | None) -> str:
    """The page, or the frame, that an element is looked for in."""
    places = signs["places"][:-1] if signs else [None] * len(frames)
    root = page
    for n, place in enumerate(places):
        if place:
            root += f".frame_locator({quoted(place)})"
            continue
        outer = frames[n - 1].ref if n and n <= len(frames) else None
        alike = [e.ref for e in tree.elements if _is_frame(e) and _frame_of(e, tree) == outer]
        index = alike.index(frames[n].ref) if n < len(frames) and frames[n].ref in alike else 0
        root += f'.locator("iframe").nth({index}).content_frame'
    return root


def _scope(e: Element, tree: ActionTree, name: str, role: str) -> str:
    """The nearest element around one that is known by itself and holds no other of that role and name; or ""."""
    for up in _above(e, tree):
        if _is_frame(up):
            return ""
        if up.role not in SCOPES:
            continue
        inside = [o for o in _below(up, tree) if o.role == role and o.name == name]
        others = [o for o in tree.elements if o.role == up.role and o.ref != up.ref]
        if len(inside) != 1:
            return ""
        if up.name and up.role not in ("listitem", "row") and not any(up.name in o.name for o in others):
            return f"get_by_role({quoted(up.role)}, name={quoted(up.name)}, exact=True)"
        words = _own_words(up, others, tree)
        if words:
            return f"get_by_role({quoted(up.role)}).filter(has_text={quoted(words)})"
    return ""


def _below(up: Element, tree: ActionTree) -> list[Element]:
    under, found = {up.ref}, []
    for e in tree.elements:
        if e.parent in under:
            under.add(e.ref)
            found.append(e)
    return found


def _own_words(up: Element, others: Sequence[Element], tree: ActionTree) -> str:
    """A text inside an element that none of its like holds."""
    elsewhere = [o.name.lower() for other in others for o in (other, *_below(other, tree))]
    for e in _below(up, tree):
        short = e.role in ("text", "heading", "link", "cell", "rowheader") and 0 < len(e.name) <= SHORT
        if short and not any(e.name.lower() in name for name in elsewhere):
            return e.name
    return ""

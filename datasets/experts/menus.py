"""Menus that unfold under the pointer, and the tree of files."""

from __future__ import annotations

from webagent.envs.types import Action

from .moves import click
from .page import Expert, Lost, Page


def follow(page: Page, path: list[str]) -> Action:
    """Click the last item of the path; as long as it is not to be seen, point at the nearest of those above it."""
    items = [page.named(name, "menuitem") for name in path]
    if items[-1] is not None:
        return click(items[-1])
    for item in reversed(items):
        if item is not None:
            return Action("hover", item.ref)
    raise Lost(f"nothing of {path} is on the page")


def click_menu(page: Page) -> Action:
    """Select A>B>C. A click on an item that only leads to others counts as the wrong choice."""
    return follow(page, [name.strip() for name in page.says(r"Select (.+)").split(">")])


PLAYBACK = ("Prev", "Stop", "Play", "Next")
ICONS = {"disk": "Save", "seek start": "Prev", "stop": "Stop", "play": "Play", "seek end": "Next", "zoomin": "Zoom In",
         "zoomout": "Zoom Out"}  # fmt: skip


def click_menu_2(page: Page) -> Action:
    """Open the menu, click the item; four are below "Playback". The goal tells its label or shows its icon."""
    if not page.of("menuitem"):
        return click(page.get("Menu", "button"))
    label = ICONS[page.first("img").hint] if "with the" in page.goal else page.says(r'item labeled "(.+)"')
    return follow(page, ["Playback", label] if label in PLAYBACK else [label])


def navigate_tree(page: Page) -> Action:
    """Click the folder or file of that name; as long as it is not to be seen, open the first closed folder.

    Only folders have an area left of the name to open them by. Folders inside folders are always empty.
    """
    name = page.says(r'named "(.+?)"')
    found = page.named(name, "clickable")
    if found is not None:
        return click(next((e for e in page.children(found) if e.name == name), found))
    areas = page.where(lambda e: "hitarea" in e.hint)
    for area in areas:
        if "expandable" in area.hint and area.box[0] == areas[0].box[0]:
            return click(area)
    raise Lost(f"no {name!r} in the tree")


EXPERTS: dict[str, Expert] = {
    "click-menu": click_menu,
    "click-menu-2": click_menu_2,
    "navigate-tree": navigate_tree,
}

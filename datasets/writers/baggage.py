"""What exported scripts bring with them: only what their lines call."""

from __future__ import annotations

from collections.abc import Collection

HELPERS = {
    "FILES": """
FILES = Path(os.environ.get("WEBAGENT_FILES") or {files})
""",
    "secret": '''
def secret(name: str) -> str:
    """A value that was never written down: set it in the environment before."""
    if not os.environ.get(name):
        sys.exit(f"expected the environment variable {name}, found none: it holds a secret that is typed here")
    return os.environ[name]
''',
    "answer_dialogs": '''
def answer_dialogs(page: Page, *replies: Callable[[Dialog], None]) -> None:
    """Answer the dialogs that open next, one after the other."""
    left = list(replies)

    def answer(dialog: Dialog) -> None:
        left.pop(0)(dialog)
        if not left:
            page.remove_listener("dialog", answer)

    page.on("dialog", answer)
''',
    "drag": '''
def drag(page: Page, source: Locator, start: tuple[float, float], target: Locator, end: tuple[float, float]) -> None:
    """By the mouse, from a place in one element to a place in (or beside) another."""
    source.scroll_into_view_if_needed()
    held, goal = source.bounding_box(), target.bounding_box()
    assert held and goal, "nothing to drag, or nowhere to drop it"
    x, y = held["x"] + start[0], held["y"] + start[1]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 8, y + 4, steps=2)
    page.mouse.move(goal["x"] + end[0], goal["y"] + end[1], steps=8)
    page.mouse.up()
''',
}
ORDER = ("FILES", "secret", "answer_dialogs", "drag")
NAMES = {"drag": ("Locator",), "answer_dialogs": ("Dialog",)}


def helpers(used: Collection[str], files: str) -> str:
    """The code of what is used. ``files``: Python for the folder that uploads come from."""
    return "".join("\n" + HELPERS[name].replace("{files}", files) for name in ORDER if name in used)


def standard_imports(used: Collection[str], more: Collection[str] = ()) -> str:
    """Imports from the standard library. ``more``: modules that the script itself needs."""
    modules = {"os", *more} | ({"sys"} if "secret" in used else set())
    lines = [f"import {name}" for name in sorted(modules)]
    if "answer_dialogs" in used:
        lines.append("from collections.abc import Callable")
    if "FILES" in used:
        lines.append("from pathlib import Path")
    return "\n".join(lines)


def playwright_names(used: Collection[str], more: Collection[str]) -> str:
    names = {"Page", "sync_playwright", *more, *(n for name in used for n in NAMES.get(name, ()))}
    return ", ".join(sorted(names, key=lambda name: (name[0].islower(), name)))

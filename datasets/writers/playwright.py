"""A script of Playwright (Python, sync) that does an episode again by itself: ``python script.py [--headed]``.

It needs ``playwright`` alone. ``WEBAGENT_BROWSER`` names the browser, ``WEBAGENT_START`` another address to start from,
``WEBAGENT_FILES`` the folder that uploads come from, and each secret has a variable of its own.
"""

from __future__ import annotations

from . import Source
from .baggage import helpers, playwright_names, standard_imports
from .phrases import quoted, text_of
from .script import Script, start_of

WINDOW = (1280, 720)
FRAME = '''"""{title}

{about}
"""

{standard}

from playwright.sync_api import {names}
{helpers}
START = os.environ.get("WEBAGENT_START") or {start}


def run(page: Page) -> Page:
    """All steps, from the first page to the last; returns the tab that shows at the end."""
    page.set_default_timeout(10_000)
{body}
    return {page}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--headed", action="store_true", help="show the browser's window")
    headed = parser.parse_args().headed
    with sync_playwright() as playwright:
        executable = os.environ.get("WEBAGENT_BROWSER") or None
        browser = playwright.chromium.launch(headless=not headed, executable_path=executable)
        context = browser.new_context(viewport={window})
        page = run(context.new_page())
        print(page.url, page.title(), sep="\\n")
        browser.close()


if __name__ == "__main__":
    main()
'''


def text(source: Source) -> str:
    """The script. Raises ``UsageError`` for an episode that says not where it starts."""
    script = Script(source)
    lines = script.lines()
    about = ["Written by webagent export. Run it:  python THIS_FILE [--headed]", *variables(script)]
    return FRAME.format(
        title=title_of(source),
        about="\n".join(about),
        standard=standard_imports(script.used, ("argparse",)),
        names=playwright_names(script.used, ()),
        helpers=helpers(script.used, files_of(source)),
        body=indented(lines),
        page=script.page,
        start=text_of(start_of(source)),
        window=window_of(source),
    )


def title_of(source: Source) -> str:
    """The goal as one line that can stand in a docstring."""
    goal = " ".join(source.episode.task.goal.split()) or "An episode"
    goal = goal.replace("\\", "/").replace('"', "'")
    return goal if len(goal) <= 110 else goal[:109] + "…"


def variables(script: Script) -> list[str]:
    """Which environment variables a script reads, for its docstring."""
    needed = [f"Set before: {', '.join(script.secrets)} (secrets are not written down)"] if script.secrets else []
    return [*needed, "WEBAGENT_BROWSER names the browser, if not Playwright's own; WEBAGENT_START another first page."]


def files_of(source: Source) -> str:
    """Python for the folder that uploads come from: beside the script, if that is where they were put."""
    if source.uploads is None:
        return '"."'
    if source.uploads.is_absolute():
        return quoted(str(source.uploads))
    return f"Path(__file__).parent / {quoted(source.uploads.as_posix())}"


def window_of(source: Source) -> str:
    width, height = source.episode.steps[0].observation.tree.viewport
    width, height = (width, height) if width and height else WINDOW
    return f'{{"width": {width}, "height": {height}}}'


def indented(lines: list[str]) -> str:
    return "\n".join("    " + line for line in lines)

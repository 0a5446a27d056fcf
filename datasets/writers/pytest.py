"""A test for pytest that does an episode again with Playwright and ends with what was to be seen: address, title, new
words, ticks and fields. ``WEBAGENT_BROWSER`` names the browser; ``HEADED=1`` shows it. Another ``WEBAGENT_START`` is
taken for the same page, so that only the address of the end is not asked for.
"""

from __future__ import annotations

from collections.abc import Iterator

from webagent.envs.types import Element, Step

from . import Source
from .baggage import helpers, playwright_names, standard_imports
from .phrases import SECRET, quoted, text_of
from .playwright import files_of, indented, title_of, variables, window_of
from .script import ENDS, Script, start_of
from .strokes import TICKS, WHOLE

MOST_WORDS = 5  # texts that are asked for at the end
LENGTHS = (3, 80)  # of such a text
SHOWS = ("text", "heading", "status", "alert")
FRAME = '''"""{title}

{about}
"""

{standard}
from collections.abc import Iterator

import pytest
from playwright.sync_api import {names}
{helpers}
START = os.environ.get("WEBAGENT_START") or {start}


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        executable = os.environ.get("WEBAGENT_BROWSER") or None
        browser = playwright.chromium.launch(headless=not os.environ.get("HEADED"), executable_path=executable)
        yield browser.new_context(viewport={window}).new_page()
        browser.close()


def test_{name}(page: Page) -> None:
    page.set_default_timeout(10_000)
{body}

{checks}
'''


def text(source: Source) -> str:
    """The test. Raises ``UsageError`` for an episode that says not where it starts."""
    script = Script(source)
    lines = script.lines()
    checks = [*_checks(source, script)] or [f"assert {script.page}.url"]
    standard = standard_imports(script.used)
    callable_ = "from collections.abc import Callable\n"
    made = FRAME.format(
        title=title_of(source),
        about="\n".join(["Written by webagent export. Run it:  pytest THIS_FILE", *variables(script)]),
        standard=standard,
        names=playwright_names(script.used, ("expect",)),
        helpers=helpers(script.used, files_of(source)),
        body=indented(lines),
        checks=indented(["# the end, as it was recorded", *checks]),
        name=_name_of(source),
        window=window_of(source),
        start=text_of(start_of(source)),
    )
    if "answer_dialogs" in script.used:
        made = made.replace(callable_, "").replace("import Iterator", "import Callable, Iterator", 1)
    return made


def _name_of(source: Source) -> str:
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in source.episode.task.goal.lower()).split()
    return "_".join(words[:8]) or "episode"


def _checks(source: Source, script: Script) -> Iterator[str]:
    """Lines that hold at the end of the recording."""
    final = source.episode.final
    if final.url and not _hides(final.url):
        yield 'if "WEBAGENT_START" not in os.environ:'
        yield f"    expect({script.page}).to_have_url({quoted(final.url)})"
    if final.title and not _hides(final.title):
        yield f"expect({script.page}).to_have_title({quoted(final.title)})"
    old = {e.name for e in source.episode.steps[0].observation.tree.elements}
    fresh = [e.name for e in final.tree.elements if _shows(e) and e.name not in old]
    for words in list(dict.fromkeys(fresh))[:MOST_WORDS]:
        yield f"expect({script.page}.get_by_text({quoted(words)}).first).to_be_visible()"
    for number, step in _last_of_each(source):
        yield from _kept(script, number, step)


def _hides(text: str) -> bool:
    return "•" in text or bool(SECRET.search(text))


def _shows(e: Element) -> bool:
    size = LENGTHS[0] <= len(e.name) <= LENGTHS[1]
    inner = e.ref.startswith(("f", "d"))  # in another site's frame, or of a dialog
    return e.role in SHOWS and e.has("visible") and size and not inner and not _hides(e.name) and "…" not in e.name


def _last_of_each(source: Source) -> list[tuple[int, Step]]:
    """The last step on each element that was written into or ticked, on the page of the end."""
    found: dict[str, tuple[int, Step]] = {}
    for n, step in enumerate(source.episode.steps):
        if step.action.target and step.action.op not in ENDS and not step.error:
            found.pop(step.action.target, None)
            found[step.action.target] = (n, step)
    return [(n, s) for n, s in found.values() if s.observation.url == source.episode.final.url]


def _kept(script: Script, number: int, step: Step) -> Iterator[str]:
    """What a field or a tick was at the end."""
    final = script.source.episode.final
    ref = step.action.target or ""
    old, now = step.observation.tree.find(ref), final.tree.by_ref.get(ref)
    if now is None or (now.role, now.name) != (old.role, old.name) or not now.has("visible"):
        return
    place = script.place(number, "target", ref, final, script.page)
    kind = now.tag.removeprefix("input:")
    if place.at is not None:
        return
    if now.tag in TICKS and step.action.op == "click":
        yield f"expect({place.code}).{'to_be_checked()' if now.has('checked') else 'not_to_be_checked()'}"
    elif step.action.op == "type" and kind != "password" and not _hides(now.value) and now.value:
        whole = now.value == step.action.text or kind in WHOLE
        if now.tag.startswith(("input", "textarea")) and whole:
            yield f"expect({place.code}).to_have_value({quoted(now.value)})"

r"""Locators in the words of other tools, as a row of parts that ``seek.js`` can look for on a live page.

    parts_of("get_by_role('button', name='Save')")   # [{"by": "role", "value": "button", "name": {…}}]
    parts_of("css=#save")                            # of Selenium IDE
    parts_of('aria/Save[role="button"]')             # of Chrome DevTools

Those of Playwright are strict, as in Playwright: what fits several elements fits none. Selenium and DevTools take the
first that fits, and so does ``{"by": "nth", "value": 0}`` at their end. A part that no look at the page could answer
(another engine's words, a filter by another locator) is ``Unreadable``: it is told, never guessed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from typing import Any

Part = dict[str, Any]

PLAYWRIGHT = re.compile(r"(get_by_\w+|locator|frame_locator)\(")
SELENIUM = re.compile(r"(id|name|css|xpath|linkText|link|partialLinkText|class)=|\(*//")
ARIA = re.compile(r'aria/(.*?)(?:\[role="([^"]+)"\])?', re.DOTALL)
BY_TEXT = {
    "get_by_text": "text", "get_by_label": "label", "get_by_placeholder": "placeholder", "get_by_title": "title",
    "get_by_alt_text": "alt",
}  # fmt: skip
FIRST: Part = {"by": "nth", "value": 0}


class Unreadable(ValueError):
    """A locator that cannot be looked for; the message says what of it."""


def parts_of(locator: str) -> list[Part]:
    """The parts of one locator, from the outside in. Raises ``Unreadable``."""
    if PLAYWRIGHT.match(locator):
        return _of_playwright(locator)
    if SELENIUM.match(locator):
        return [_of_selenium(locator), FIRST]
    return [*(_of_devtools(part) for part in locator.split(" >>> ")), FIRST]


def parts_of_frame(frame: str) -> list[Part]:
    """How a frame is entered: by a locator of Playwright's or Selenium's, or by its number among its like."""
    number = frame.removeprefix("index=")
    if number.isdecimal():
        return [{"by": "frames"}, {"by": "nth", "value": int(number)}, {"by": "frame"}]
    parts = parts_of(frame)
    return parts if parts[-1]["by"] == "frame" else [*parts, {"by": "frame"}]


# ---- Selenium IDE, Chrome DevTools ----------------------------------------------------------------------------------


def _of_selenium(locator: str) -> Part:
    if locator.startswith(("/", "(")):
        return {"by": "xpath", "value": locator}
    by, _, value = locator.partition("=")
    if by in ("id", "name", "class"):
        return {"by": "css", "value": f"[{by}{'~' if by == 'class' else ''}={_quoted(value)}]"}
    if by in ("linkText", "link", "partialLinkText"):
        return {"by": "link", "words": _words(value, exact=by != "partialLinkText")}
    return {"by": by, "value": value}


def _of_devtools(selector: str) -> Part:
    if found := ARIA.fullmatch(selector):
        return {"by": "role", "value": found[2] or "", "name": _words(found[1], exact=True)}
    kind, slash, value = selector.partition("/")
    if slash and kind == "text":
        return {"by": "text", "words": _words(value)}
    if slash and kind in ("xpath", "pierce"):
        return {"by": "css" if kind == "pierce" else "xpath", "value": value}
    return {"by": "css", "value": selector}


# ---- Playwright -----------------------------------------------------------------------------------------------------


def _of_playwright(source: str) -> list[Part]:
    try:
        value = ast.parse(source, mode="eval").body
    except SyntaxError:
        raise Unreadable(f"{source!r} is no expression") from None
    parts: list[Part] = []
    links: list[tuple[str, ast.Call | None]] = []
    while not isinstance(value, ast.Name):
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
            links.append((value.func.id, value))
            break
        call = value if isinstance(value, ast.Call) else None
        link = call.func if call is not None else value
        if not isinstance(link, ast.Attribute):
            raise Unreadable(f"{source!r} is no row of calls")
        links.append((link.attr, call))
        value = link.value
    for name, call in reversed(links):
        parts += _link(name, call)
    return parts


def _link(name: str, call: ast.Call | None) -> list[Part]:
    """One link of a chain: ``.get_by_role(…)``, ``.nth(1)``, ``.first``."""
    if name in ("first", "last"):
        return [{"by": "nth", "value": 0 if name == "first" else -1}]
    if name == "content_frame":
        return [{"by": "frame"}]
    if call is None or len(call.args) > 1:
        raise Unreadable(f"{name} is not known here")
    named = {word.arg or "**": word.value for word in call.keywords}
    read = _READ.get(name)
    if read is None:
        raise Unreadable(f"{name} is not known here")
    parts = read(call.args, named)
    if named:
        raise Unreadable(f"{name} with {', '.join(named)} is not known here")
    return parts


def _by_role(args: Sequence[ast.expr], named: dict[str, ast.expr]) -> list[Part]:
    exact = _exact(named)
    name = _pattern(named.pop("name"), exact) if "name" in named else None
    return [{"by": "role", "value": _plain(args), "name": name}]


def _by_text(kind: str) -> Callable[[Sequence[ast.expr], dict[str, ast.expr]], list[Part]]:
    def read(args: Sequence[ast.expr], named: dict[str, ast.expr]) -> list[Part]:
        return [{"by": kind, "words": _pattern(args[0] if args else named.pop("text"), _exact(named))}]

    return read


def _by_filter(args: Sequence[ast.expr], named: dict[str, ast.expr]) -> list[Part]:
    return [{"by": "filter", "words": _pattern(named.pop("has_text"), False)}] if "has_text" in named else []


def _by_selector(args: Sequence[ast.expr], named: dict[str, ast.expr]) -> list[Part]:
    selector = _plain(args)
    parts = [_engine(part.strip()) for part in selector.split(">>")]
    return [*parts, *_by_filter((), named)]


def _engine(selector: str) -> Part:
    """One selector of Playwright's: CSS, unless it names another engine."""
    if selector.startswith(("//", "..", "xpath=")):
        return {"by": "xpath", "value": selector.removeprefix("xpath=")}
    engine, equals, value = selector.partition("=")
    if not equals or not re.fullmatch(r"[\w:-]+", engine):
        return {"by": "css", "value": selector}
    if engine == "text":
        whole = re.fullmatch(r"([\"'])(.*)\1", value)
        return {"by": "text", "words": _words(whole[2], exact=True) if whole else _words(value)}
    if engine == "nth" and value.lstrip("-").isdecimal():
        return {"by": "nth", "value": int(value)}
    if engine in ("id", "data-testid", "data-test-id", "data-test"):
        return {"by": "css", "value": f"[{engine}={_quoted(value)}]"}
    if engine == "css":
        return {"by": "css", "value": value}
    raise Unreadable(f"the engine {engine!r} is not known here")


_READ: dict[str, Callable[[Sequence[ast.expr], dict[str, ast.expr]], list[Part]]] = {
    "get_by_role": _by_role,
    **{name: _by_text(kind) for name, kind in BY_TEXT.items()},
    "get_by_test_id": lambda args, named: [{"by": "css", "value": f"[data-testid={_quoted(_plain(args))}]"}],
    "locator": _by_selector,
    "frame_locator": lambda args, named: [*_by_selector(args, named), {"by": "frame"}],
    "nth": lambda args, named: [{"by": "nth", "value": int(_plain(args))}],
    "filter": _by_filter,
}


# ---- values ---------------------------------------------------------------------------------------------------------


def _words(text: str, exact: bool = False) -> Part:
    return {"text": text, "exact": exact}


def _quoted(text: str) -> str:
    return '"' + re.sub(r'["\\]', lambda found: "\\" + found[0], text).replace("\n", "\\a ") + '"'


def _plain(args: Sequence[ast.expr]) -> str:
    try:
        return str(ast.literal_eval(args[0]))
    except (ValueError, IndexError):
        raise Unreadable(f"{ast.unparse(args[0]) if args else 'nothing'} is known only when the script runs") from None


def _exact(named: dict[str, ast.expr]) -> bool:
    return "exact" in named and _plain([named.pop("exact")]) == "True"


def _pattern(value: ast.expr, exact: bool) -> Part:
    """Words, or a regular expression: ``re.compile("Terms", re.IGNORECASE)``."""
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "re.compile" and value.args:
        flags = " ".join(ast.unparse(flag) for flag in value.args[1:])
        return {"pattern": _plain(value.args), "flags": "i" if "IGNORECASE" in flags or "re.I" in flags else ""}
    return _words(_plain([value]), exact)

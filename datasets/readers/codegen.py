"""Scripts of Playwright in Python, as ``playwright codegen`` writes them: one episode without steps a function
(``tape`` says what it keeps). They are parsed, never run.

Read are calls on pages, locators and the keyboard, sync and async, pop-ups, dialogs and ``expect``. A locator is kept
as its source. Values must be plain: what is taken from the environment becomes ``{{secret:NAME}}``. A function that
branches or repeats cannot be told as a row of actions, and is refused whole.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from webagent.envs.errors import DataDamaged, UsageError
from webagent.envs.types import Episode

from . import Refused
from .tape import Tape, files

WHAT = "a script of Playwright for Python"
ON_ELEMENT = {
    "click": "click", "dblclick": "dblclick", "tap": "click", "hover": "hover", "clear": "clear", "fill": "type",
    "type": "type", "press_sequentially": "type", "press": "press", "select_option": "select", "check": "click",
    "uncheck": "click", "set_input_files": "upload", "drag_to": "drag", "drag_and_drop": "drag",
}  # fmt: skip
ON_PAGE = {"goto": "goto", "go_back": "back", "go_forward": "forward", "wait_for_timeout": "wait"}
LOCATES = frozenset(
    """get_by_role get_by_label get_by_placeholder get_by_test_id get_by_text get_by_title get_by_alt_text locator nth
    filter first last and_ or_""".split()
)
NAMED = ("get_by_label", "get_by_placeholder", "get_by_text", "get_by_title", "get_by_alt_text")
FRAMES = ("frame_locator", "content_frame")
HARNESS = frozenset(
    """launch new_context set_default_timeout set_default_navigation_timeout set_viewport_size bring_to_front
    scroll_into_view_if_needed focus start stop storage_state""".split()
)
"""Calls that make the ground for a script, or change nothing that a person would do."""
SCROLL_BY = re.compile(r"window\.scrollBy\((-?\d+), (-?\d+)\)")
FLOW = (ast.For, ast.AsyncFor, ast.While, ast.If, ast.Try, ast.Match)
WITH = (ast.With, ast.AsyncWith)


class Link(NamedTuple):
    """One link of a chain of calls: ``.name(…)``, or ``.name`` where ``call`` is None."""

    name: str
    call: ast.Call | None


def read(path: str, refused: Refused) -> Iterator[Episode]:
    """One episode a function. Raises ``UsageError``, ``DataDamaged``."""
    some = False
    for stem, text in files(path, ".py", WHAT):
        try:
            module = ast.parse(text)
        except (SyntaxError, ValueError) as error:
            raise DataDamaged(f"{path} ({stem}) cannot be read as Python: {error}") from error
        module = _Constants(module).visit(module)
        for function in _functions(module):
            some = True
            name = getattr(function, "name", "script")
            tape = Tape(f"{stem}, {name}", refused)
            flow = sorted({type(n).__name__.lower() for n in ast.walk(function) if isinstance(n, FLOW)})
            if flow:
                refused(tape.what, f"it branches or repeats ({', '.join(flow)})")
                continue
            _Player(tape).play(function.body)
            episode = tape.episode(f"codegen.{stem}.{name}", name.replace("_", " "), file=stem)
            if episode is not None:
                yield episode
    if not some:
        raise UsageError(f"expected {WHAT} at {path}, found no function or script that goes to a page")


def _functions(module: ast.Module) -> list[Any]:
    """The functions that act on a page, or else the module itself."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = [n for n in ast.walk(module) if isinstance(n, kinds) and _goes(n.body)]
    return found or ([module] if _goes(module.body) else [])


def _goes(body: Sequence[ast.stmt]) -> bool:
    """Whether statements themselves, not functions in them, open a page or press something."""
    for statement in body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        for node in ast.walk(statement):
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if named and node.func.attr in {"goto", *ON_ELEMENT}:  # type: ignore[attr-defined]
                return True
    return False


class _Constants(ast.NodeTransformer):
    """Puts the plain values of a module's own names (``BASE = "http://…"``) in their places."""

    def __init__(self, module: ast.Module) -> None:
        self.values: dict[str, ast.expr] = {}
        for statement in module.body:
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                try:
                    self.values[statement.targets[0].id] = ast.Constant(_text(statement.value))
                except ValueError:
                    continue

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.values.get(node.id, node) if isinstance(node.ctx, ast.Load) else node


class _Player:
    """Follows the statements of one function."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.pages: dict[str, int] = {}  # variable -> number of its tab
        self.promised: set[str] = set()  # variables that a pop-up is told by
        self.replies: list[tuple[bool, str | None]] = []  # to the dialogs that the next action opens

    def play(self, body: Sequence[ast.stmt]) -> None:
        for statement in body:
            self._statement(statement)

    def _statement(self, statement: ast.stmt) -> None:
        if isinstance(statement, WITH):
            for item in statement.items:
                told = _chain(item.context_expr)
                if told and told[1] and told[1][-1].name == "expect_popup" and isinstance(item.optional_vars, ast.Name):
                    self.promised.add(item.optional_vars.id)
            return self.play(statement.body)
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            return self._assign(statement.targets[0].id, statement.value)
        if isinstance(statement, ast.Expr) and not isinstance(statement.value, ast.Constant):
            self._expression(statement.value)

    def _assign(self, name: str, value: ast.expr) -> None:
        told = _chain(value)
        if told is None:
            return
        root, links = told
        last = links[-1].name if links else ""
        if last == "value" and root in self.promised:
            self.pages[name] = len(self.pages)
        elif last == "new_page":
            if self.pages:
                self.tape.do("new_tab")
            self.pages[name] = len(self.pages)
        elif links and links[-1].call is not None and last not in HARNESS and last not in LOCATES:
            self._expression(value)

    def _expression(self, value: ast.expr) -> None:
        told = _chain(value)
        if told is None or not told[1]:
            return self.tape.leave_out(_short(value), "is no call on a page")
        root, links = told
        last = links[-1]
        if root == "expect":
            return self._expect(links)
        if root in ("drag", "answer_dialogs") and len(links) == 1 and last.call is not None:
            return self._helper(root, last.call)
        if root not in self.pages and (root == "page" or root.startswith("page")):
            self.pages[root] = len(self.pages)
        if last.name in HARNESS or (last.name == "close" and root not in self.pages):
            return
        if last.call is None or root not in self.pages:
            return self.tape.leave_out(_short(value), "is no call on a page")
        self.tape.tab = self.pages[root]
        try:
            self._act(links[:-1], last.name, last.call, value)
        except ValueError as error:
            self.tape.leave_out(last.name, f"was given {error}, which is known only when it runs")

    # ---- calls ------------------------------------------------------------------------------------------------------

    def _act(self, where: list[Link], name: str, call: ast.Call, value: ast.expr) -> None:
        tape = self.tape
        values = list(call.args)
        if [link.name for link in where] == ["keyboard"] and name in ("press", "type", "insert_text"):
            tape.do("press" if name == "press" else "type", _text(values[0]))
        elif [link.name for link in where] == ["mouse"] and name == "wheel":
            self._scroll(values)
        elif not where and name == "evaluate" and (by := SCROLL_BY.fullmatch(_text(values[0]))):
            self._scroll([ast.parse(number, mode="eval").body for number in by.groups()])
        elif name in ("once", "on") and not where:
            self._dialog(values)
        elif not where and name in ON_PAGE:
            tape.do(ON_PAGE[name], _text(values[0]) if name == "goto" else None)
        elif not where and name == "close":
            tape.do("close_tab")
        elif name.startswith("wait_for"):
            tape.do("wait", None, _described(where)["locators"])
        elif name in ON_ELEMENT and (where or values):
            self._on_element(where, name, call, values)
        else:
            return tape.leave_out(f"{'.'.join(link.name for link in where[:1])}.{name}".lstrip("."))
        self._answer(name)

    def _helper(self, name: str, call: ast.Call) -> None:
        """A call of what ``webagent export`` brings with its scripts."""
        values = list(call.args)
        self.tape.tab = self.pages.setdefault(ast.unparse(values[0]), len(self.pages))
        try:
            if name == "answer_dialogs":
                for reply in values[1:]:
                    self._dialog([ast.Constant("dialog"), reply])
                return
            source, start, target, end = values[1:]
            it, onto = _described(_links(source)), _described(_links(target))["locators"]
            self.tape.frames = it.pop("frames")
            places: dict[str, Any] = {"at": _numbers(start), "onto_at": _numbers(end)}
        except ValueError as error:
            return self.tape.leave_out(name, f"was given {error}, which is known only when it runs")
        self.tape.do("drag", None, **it, onto=onto, **places)

    def _scroll(self, values: Sequence[ast.expr]) -> None:
        """By the wheel, where the pointer is."""
        across, along = _numbers(ast.Tuple(elts=list(values)))
        before = self.tape.actions[-1] if self.tape.actions else None
        it: dict[str, Any] = {}
        if before is not None and (before["op"], before["tab"]) == ("hover", self.tape.tab):
            it = {key: before[key] for key in ("locators", "role", "name")}
        else:
            self.tape.frames = []
        if along or not across:
            self.tape.do("scroll", "up" if along < 0 else "down", **it, by=along)
        else:
            self.tape.do("scroll", "left" if across < 0 else "right", **it, by=across)

    def _on_element(self, where: list[Link], name: str, call: ast.Call, values: list[ast.expr]) -> None:
        op = ON_ELEMENT[name]
        if all(link.call is None for link in where):  # page.click("#it"), as of old
            it: dict[str, Any] = {"locators": [f"locator({_text(values.pop(0))!r})"]}
            self.tape.frames = []
        else:
            it = _described(where)
            self.tape.frames = it.pop("frames")
        named = {word.arg: word.value for word in call.keywords if word.arg}
        if op == "drag":
            onto = values[0] if values else named["target"]
            it["onto"] = _described(_links(onto))["locators"] if name == "drag_to" else [f"locator({_text(onto)!r})"]
        elif op in ("type", "press", "select", "upload"):
            chosen = values[0] if values else next(named[k] for k in ("label", "value", "index", "files") if k in named)
            it |= {"replaces": True} if name == "fill" else {}
            for text in _texts(chosen) if op == "select" else ["\n".join(_texts(chosen))]:
                self.tape.do(op, text, **it)
            return
        places = {"position": "at", "source_position": "at", "target_position": "onto_at"}
        it |= {key: _place(named[word]) for word, key in places.items() if word in named}
        if name in ("check", "uncheck"):
            it["ticks"] = name == "check"
        with_ = [_text(one) for one in getattr(named.get("modifiers"), "elts", ())]
        button = _text(named["button"]) if "button" in named else "left"
        told = "+".join([*with_, button])
        self.tape.do(op, None if told == "left" else told, **it)

    def _dialog(self, values: list[ast.expr]) -> None:
        """``page.once("dialog", lambda dialog: dialog.accept("Ada"))``."""
        made = values[1] if len(values) == 2 and _text(values[0]) == "dialog" else None
        told = _chain(made.body) if isinstance(made, ast.Lambda) else None
        if told is None or not told[1] or told[1][-1].call is None:
            raise ValueError("a handler")
        words = told[1][-1].call.args
        self.replies.append((told[1][-1].name == "accept", _text(words[0]) if words else None))

    def _answer(self, name: str) -> None:
        """What was promised to a dialog comes right after the action that opens it."""
        if name in ("once", "on"):
            return
        for accept, text in self.replies:
            if text is not None:
                self.tape.do("type", text, role="textbox", name="the prompt")
            self.tape.do("click", role="button", name="OK" if accept else "Cancel")
        self.replies = []

    def _expect(self, links: list[Link]) -> None:
        """``expect(page.get_by_text("x")).to_be_visible()``: the first link is the call of ``expect`` itself."""
        asked, call = links[0].call, links[-1].call
        what = _links(asked.args[0]) if asked and asked.args else []
        text = ", ".join(ast.unparse(word) for word in call.args) if call else ""
        self.tape.check(links[-1].name, text, _described(what)["locators"])


# ---- expressions ----------------------------------------------------------------------------------------------------


def _chain(value: ast.expr) -> tuple[str, list[Link]] | None:
    """``page.locator("x").click()`` as ``page`` and its links; of ``expect(x).to_be()`` the first is its own call."""
    links: list[Link] = []
    while True:
        if isinstance(value, ast.Await):
            value = value.value
        elif isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
            links.append(Link(value.func.attr, value))
            value = value.func.value
        elif isinstance(value, ast.Attribute):
            links.append(Link(value.attr, None))
            value = value.value
        elif isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
            return value.func.id, [*reversed([*links, Link(value.func.id, value)])]
        else:
            return (value.id, links[::-1]) if isinstance(value, ast.Name) else None


def _links(value: ast.expr) -> list[Link]:
    told = _chain(value)
    return told[1] if told else []


def _described(links: Sequence[Link]) -> dict[str, Any]:
    """Locator, frames, and the role and name that they tell."""
    frames: list[str] = []
    parts: list[str] = []
    role = name = ""
    for link in links:
        parts.append(_source(link))
        if link.name in FRAMES:
            frames.append(".".join(parts))
            parts, role, name = [], "", ""
        elif link.call is None or not link.call.args:
            continue
        elif link.name == "get_by_role":
            role = _text(link.call.args[0])
            name = next((_text(word.value) for word in link.call.keywords if word.arg == "name"), "")
        elif link.name in NAMED:
            name = _text(link.call.args[0])
    return {"locators": [".".join(parts)] if parts else [], "frames": frames, "role": role, "name": name}


def _source(link: Link) -> str:
    if link.call is None:
        return link.name
    words = [ast.unparse(word) for word in (*link.call.args, *link.call.keywords)]
    return f"{link.name}({', '.join(words)})"


def _texts(value: ast.expr) -> list[str]:
    return [_text(one) for one in value.elts] if isinstance(value, ast.List | ast.Tuple) else [_text(value)]


def _text(value: ast.expr) -> str:
    """A plain value as text; what comes from the environment as a secret. Raises ``ValueError`` with what it is."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str | int | float):
        return str(value.value)
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        return _text(value.left) + _text(value.right)
    if isinstance(value, ast.JoinedStr):
        return "".join(_text(one.value if isinstance(one, ast.FormattedValue) else one) for one in value.values)
    if isinstance(value, ast.BoolOp):  # os.environ.get("START") or "http://…"
        return _text(value.values[-1])
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Div):  # FILES / "a.txt"
        return _text(value.right)
    if isinstance(value, ast.Call) and ast.unparse(value.func) in ("os.getenv", "os.environ.get", "secret"):
        return f"{{{{secret:{_text(value.args[0])}}}}}"
    if isinstance(value, ast.Subscript) and ast.unparse(value.value) == "os.environ":
        return f"{{{{secret:{_text(value.slice)}}}}}"
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "re.compile" and value.args:
        return _text(value.args[0])
    raise ValueError(_short(value))


def _place(value: ast.expr) -> list[float]:
    """``{"x": 3, "y": 4}``. Raises ``ValueError``."""
    if not isinstance(value, ast.Dict):
        raise ValueError(_short(value))
    return _numbers(ast.Tuple(elts=value.values))


def _numbers(value: ast.expr) -> list[float]:
    """A row of plain numbers. Raises ``ValueError`` with what it is."""
    try:
        return [float(number) for number in ast.literal_eval(value)]
    except (TypeError, ValueError):
        raise ValueError(_short(value)) from None


def _short(value: ast.expr) -> str:
    source = " ".join(ast.unparse(value).split())
    return source if len(source) <= 60 else source[:59] + "…"

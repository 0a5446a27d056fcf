"""Action strings as BrowserGym's agents write them: Python-like calls with literals, found in any text, never run.

    find_calls("I'd press it: click('12', button='right')  # quickly")   # [Call("click", ("12",), {"button": "right"})]

A call is a name and, in brackets, strings, numbers, lists, dicts (with text keys), tuples, ``True``, ``False`` or
``None``; keyword arguments follow the others. ``#`` starts a comment. What is no call is passed over.
"""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass, field
from typing import Any

from ..errors import UsageError

_NAME = re.compile(r"[^\W\d]\w*")
_SKIP = re.compile(r"(?:\s+|#[^\n]*)*")
_NUMBER = re.compile(r"[+-]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?")
_WORD = re.compile(r"(True|False|None)\b")
_STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""'
    r"|'''(?:[^'\\]|\\.|'(?!''))*'''"
    r'|"(?:[^"\\\n\r]|\\.)*"'
    r"|'(?:[^'\\\n\r]|\\.)*'",
    re.DOTALL,
)
_WORDS = {"True": True, "False": False, "None": None}
MAX_DEPTH = 50  # brackets within brackets


class ParseException(UsageError):
    """Strict mode: the text is more than calls. BrowserGym's agents look for this name."""


@dataclass(frozen=True)
class Call:
    """One call. ``str(call)`` is its canonical text."""

    name: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        given = [*map(repr, self.args), *(f"{k}={v!r}" for k, v in self.kwargs.items())]
        return f"{self.name}({', '.join(given)})"


def find_calls(text: str, strict: bool = False) -> list[Call]:
    """Every call of ``text`` in order; none is an empty list.

    Raises ``ParseException`` if ``strict`` and there is anything else in it, ``SyntaxError`` for a keyword given twice
    or a broken escape in a string.
    """
    found: list[Call] = []
    reader = _Reader(text)
    at = reader.skip(0)
    while at < len(text):
        try:
            call, at = reader.call(at)
            found.append(call)
        except _NoMatch as wrong:
            if strict:
                raise ParseException(reader.complaint(wrong.at)) from None
            name = _NAME.match(text, at)
            at = name.end() if name else at + 1  # a part of the name would end before the same bracket
        at = reader.skip(at)
    if strict and not found:
        raise ParseException(reader.complaint(at))
    return found


class _NoMatch(Exception):
    def __init__(self, at: int) -> None:
        self.at = at


class _Reader:
    """Reads one thing at a position; returns it and the position after it, or raises ``_NoMatch``."""

    def __init__(self, text: str) -> None:
        self.text = text

    def skip(self, at: int) -> int:
        """Past blanks and comments."""
        match = _SKIP.match(self.text, at)
        return match.end() if match else at

    def sees(self, char: str, at: int) -> bool:
        return self.text.startswith(char, at)

    def complaint(self, at: int) -> str:
        line, column = self.text.count("\n", 0, at) + 1, at - (self.text.rfind("\n", 0, at) + 1) + 1
        found = repr(self.text[at : at + 10]) if at < len(self.text) else "end of text"
        return f"Expected a call, found {found}  (at char {at}), (line:{line}, col:{column})"

    def expect(self, char: str, at: int) -> int:
        at = self.skip(at)
        if not self.sees(char, at):
            raise _NoMatch(at)
        return self.skip(at + len(char))

    def call(self, at: int) -> tuple[Call, int]:
        name = _NAME.match(self.text, at)
        if name is None:
            raise _NoMatch(at)
        at = self.expect("(", name.end())
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        while not self.sees(")", at):
            key = self.keyword(at)
            if key is None:
                if kwargs:
                    raise _NoMatch(at)
                value, at = self.value(at)
                args.append(value)
            else:
                value, at = self.value(self.expect("=", key.end()))
                if key[0] in kwargs:
                    raise SyntaxError(f"keyword argument repeated: {key[0]}")
                kwargs[key[0]] = value
            at = self.after_item(at, ")")
        return Call(name[0], tuple(args), kwargs), at + 1

    def keyword(self, at: int) -> re.Match[str] | None:
        key = _NAME.match(self.text, at)
        return key if key and self.sees("=", self.skip(key.end())) else None

    def after_item(self, at: int, end: str) -> int:
        """Past the comma after an item; before the closing bracket if that comes."""
        at = self.skip(at)
        if self.sees(",", at):
            return self.skip(at + 1)
        if not self.sees(end, at):
            raise _NoMatch(at)
        return at

    def value(self, at: int, depth: int = 0) -> tuple[Any, int]:
        string = _STRING.match(self.text, at)
        if string:
            return self.string(string), string.end()
        number = _NUMBER.match(self.text, at)
        if number:
            whole = number[0].lstrip("+-").isdigit()
            return (int(number[0]) if whole and len(number[0]) < 300 else float(number[0])), number.end()
        word = _WORD.match(self.text, at)
        if word:
            return _WORDS[word[0]], word.end()
        if depth < MAX_DEPTH and self.sees("{", at):
            return self.mapping(at, depth)
        for start, end, kind in (("[", "]", list), ("(", ")", tuple)):
            if depth < MAX_DEPTH and self.sees(start, at):
                items, at = self.items(at, end, depth)
                return kind(items), at
        raise _NoMatch(at)

    def items(self, at: int, end: str, depth: int) -> tuple[list[Any], int]:
        items: list[Any] = []
        at = self.skip(at + 1)
        while not self.sees(end, at):
            value, at = self.value(at, depth + 1)
            items.append(value)
            at = self.after_item(at, end)
        return items, at + 1

    def mapping(self, at: int, depth: int) -> tuple[dict[str, Any], int]:
        made: dict[str, Any] = {}
        at = self.skip(at + 1)
        while not self.sees("}", at):
            key = _STRING.match(self.text, at)
            if key is None:
                raise _NoMatch(at)
            value, at = self.value(self.expect(":", key.end()), depth + 1)
            made[self.string(key)] = value
            at = self.after_item(at, "}")
        return made, at + 1

    @staticmethod
    def string(token: re.Match[str]) -> str:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "\d" is a mistake, but says what is meant
            return str(ast.literal_eval(token[0]))

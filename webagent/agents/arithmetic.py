"""Sums and linear equations as a page writes them: "7 + 5 =", "3 x 4", "x - 4 = 9". Parsed by hand, no ``eval``."""

from __future__ import annotations

import re
from fractions import Fraction

_TOKEN = re.compile(r"\d+(?:\.\d+)?|[-+*/×÷−·:()=]|[a-zA-Z]")
_SUM = re.compile(r"(?:[-−(]\s*)*\d+(?:\.\d+)?(?:[\s()]*[-+*/×÷−·x][-−\s()]*\d+(?:\.\d+)?[\s)]*)+")
_SIDE = r"(?:[-−+*/×÷·().\d\s]|(?<![a-z])[a-z](?![a-z]))+"
_EQUATION = re.compile(rf"({_SIDE})=({_SIDE})", re.IGNORECASE)
_SIGNS = str.maketrans({"×": "*", "÷": "/", "−": "-", "·": "*", ":": "/"})

Linear = tuple[Fraction, Fraction]
"""``(a, b)`` of ``a * x + b``."""


def solve(text: str) -> str:
    """The value of the first equation's unknown or of the first sum in ``text``, as digits; "" where there is none."""
    for match in _EQUATION.finditer(text):
        if (value := _unknown(match[1], match[2])) is not None:
            return _written(value)
    added = _SUM.search(text)
    total = _linear(added[0].replace("x", "*")) if added else None
    return _written(total[1]) if total is not None and total[0] == 0 else ""


def _written(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{float(value):g}"


def _unknown(left: str, right: str) -> Fraction | None:
    first, second = _linear(left), _linear(right)
    if first is None or second is None or first[0] == second[0]:
        return None
    return (second[1] - first[1]) / (first[0] - second[0])


def _linear(text: str) -> Linear | None:
    """A side of an equation as ``a * x + b``, or None where it is no linear expression."""
    tokens = _TOKEN.findall(text.translate(_SIGNS))
    if len({t for t in tokens if t.isalpha()}) > 1:
        return None
    value, rest = _sum(tokens)
    return value if not rest else None


def _sum(tokens: list[str]) -> tuple[Linear | None, list[str]]:
    value, rest = _product(tokens)
    while value is not None and rest and rest[0] in "+-":
        sign = 1 if rest[0] == "+" else -1
        other, rest = _product(rest[1:])
        value = None if other is None else (value[0] + sign * other[0], value[1] + sign * other[1])
    return value, rest


def _product(tokens: list[str]) -> tuple[Linear | None, list[str]]:
    value, rest = _factor(tokens)
    while value is not None and rest and (rest[0] in "*/(" or rest[0].isalpha()):
        divides = rest[0] == "/"
        other, rest = _factor(rest[1:] if rest[0] in "*/" else rest)
        if other is None or (other[0] and (value[0] or divides)) or (divides and other[1] == 0):
            return None, rest
        if divides:
            value = (value[0] / other[1], value[1] / other[1])
        else:
            value = (value[0] * other[1] + other[0] * value[1], value[1] * other[1])
    return value, rest


def _factor(tokens: list[str]) -> tuple[Linear | None, list[str]]:
    if not tokens:
        return None, tokens
    head, rest = tokens[0], tokens[1:]
    if head == "-":
        value, rest = _factor(rest)
        return (None if value is None else (-value[0], -value[1])), rest
    if head == "(":
        value, rest = _sum(rest)
        return (value, rest[1:]) if rest and rest[0] == ")" else (None, rest)
    if head[0].isdigit():
        return (Fraction(0), Fraction(head)), rest
    return ((Fraction(1), Fraction(0)), rest) if head.isalpha() else (None, tokens)

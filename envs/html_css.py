"""A small reader of style sheets, for the few properties that decide whether a person sees an element.

It knows tag, id, class and attribute selectors, the four combinators, ``:not``/``:is``/``:where`` around simple ones
and the pseudo-classes below; a rule with anything else is left out. ``soupsieve`` would match more, but only on a
BeautifulSoup tree, and does not read style sheets. ``@media`` is judged for a screen of 1280 × 720.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from .html_dom import Node

PROPERTIES = frozenset({
    "display", "visibility", "opacity", "content-visibility", "cursor", "position", "left", "top", "width", "height",
    "max-height", "overflow", "overflow-x", "overflow-y", "float", "flex-direction", "font-size", "transform",
    "pointer-events", "content", "fill", "stroke", "background", "background-color",
})  # fmt: skip
SCREEN = 1280.0  # px: width of the screen that is taken for granted
PATIENCE = 1_000_000  # elements asked whether a rule fits, after which a page's rules count no more
MAX_STEPS = 20  # compounds of a selector
_NEVER = frozenset({
    "hover", "focus", "active", "focus-visible", "focus-within", "visited", "target", "popover-open", "modal",
    "fullscreen", "user-invalid", "user-valid", "autofill", "-webkit-autofill", "indeterminate",
})  # fmt: skip
# What is opened and never closed goes on to the end, once: looking for the end again from each place is quadratic.
_STRING = r"\"(?:\\.|[^\"\\\n])*+(?:\"|\n|\Z)|'(?:\\.|[^'\\\n])*+(?:'|\n|\Z)|\([^)]*+(?:\)|\Z)"
_DECLARATION = re.compile(rf"([-\w]+)\s*:\s*((?:{_STRING}|[^;\"'(])*+)", re.DOTALL)
_CSS = re.compile(rf"{_STRING}|[{{}};]", re.DOTALL)
_PART = re.compile(
    r"(?P<tag>\*|-?[a-z_][\w-]*)|\#(?P<id>[\w-]+)|\.(?P<cls>(?:[\w-]|\\.)+)"
    r"|\[\s*(?P<attr>[\w:-]+)\s*(?:(?P<op>[~|^$*]?=)\s*(?P<value>\"[^\"]*\"|'[^']*'|[^\]\s]+)\s*i?\s*)?\]"
    r"|::?(?P<pseudo>[a-z-]+)(?:\((?P<arg>[^()]*(?:\([^()]*\)[^()]*)*)\))?|(?P<comb>\s*[>+~]\s*|\s+)",
    re.IGNORECASE,
)

Test = Callable[[Node], bool]


class Compound:
    """One step of a selector: tests on one element, and how it hangs on the step before (" ", ">", "+", "~")."""

    def __init__(self, comb: str) -> None:
        self.comb = comb
        self.key = "*"
        self.words: list[str] = []  # the tag, #ids and .classes that an element must have
        self.tests: list[Test] = []

    def fits(self, node: Node) -> bool:
        return all(test(node) for test in self.tests)


class Selector(NamedTuple):
    steps: list[Compound]
    weight: tuple[int, int, int]
    pseudo: str


def _above(node: Node) -> Node | None:
    parent = node.parent
    return parent if parent is not None and parent.is_element else None


def _previous(node: Node) -> Node | None:
    other = node.sibling(-1)
    while other is not None and not other.is_element:
        other = other.sibling(-1)
    return other


def _following(node: Node) -> Node | None:
    other = node.sibling(1)
    while other is not None and not other.is_element:
        other = other.sibling(1)
    return other


def _disabled(node: Node) -> bool:
    return "disabled" in node.attrs


_PSEUDO: dict[str, Test] = {
    "root": lambda n: n.tag == "html",
    "empty": lambda n: not n.length and not n.elements(),
    "first-child": lambda n: _previous(n) is None,
    "last-child": lambda n: _following(n) is None,
    "only-child": lambda n: _previous(n) is None and _following(n) is None,
    "checked": lambda n: "checked" in n.attrs or (n.tag == "option" and "selected" in n.attrs),
    "disabled": _disabled,
    "enabled": lambda n: not _disabled(n),
    "link": lambda n: n.tag == "a" and "href" in n.attrs,
    "any-link": lambda n: n.tag == "a" and "href" in n.attrs,
}


def selectors(text: str) -> list[Selector]:
    """The selectors of a comma-separated list that this reader knows."""
    found = (_selector(part.strip()) for part in _split(text))
    return [s for s in found if s is not None]


def _split(text: str) -> Iterator[str]:
    depth = start = 0
    for i, sign in enumerate(text):
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and depth <= 0:
            yield text[start:i]
            start = i + 1
    yield text[start:]


def _selector(text: str) -> Selector | None:
    steps = [Compound("")]
    weight = [0, 0, 0]
    pseudo = ""
    at = 0
    while at < len(text):
        match = _PART.match(text, at)
        if match is None or pseudo:
            return None
        at = match.end()
        if match["comb"]:
            if len(steps) == MAX_STEPS:
                return None
            steps.append(Compound(match["comb"].strip() or " "))
        elif match["pseudo"] and match["pseudo"].lower() in ("before", "after"):
            pseudo = match["pseudo"].lower()
        elif not _add(steps[-1], match, weight):
            return None
    return Selector(steps, (weight[0], weight[1], weight[2]), pseudo) if text else None


def _add(step: Compound, match: re.Match[str], weight: list[int]) -> bool:
    if match["tag"]:
        name = match["tag"].lower()
        if name != "*":
            weight[2] += 1
            step.key = name
            step.words.append(name)
            step.tests.append(lambda n: n.tag == name)
    elif match["id"]:
        key = match["id"]
        weight[0] += 1
        step.key = "#" + key
        step.words.append(step.key)
        step.tests.append(lambda n: n.attrs.get("id") == key)
    elif match["cls"]:
        word = match["cls"].replace("\\", "")
        weight[1] += 1
        step.key = step.key if step.key.startswith("#") else "." + word
        step.words.append("." + word)
        step.tests.append(lambda n: word in n.get("class").split())
    elif match["attr"]:
        weight[1] += 1
        step.tests.append(_attribute(match["attr"].lower(), match["op"], (match["value"] or "").strip("\"'")))
    else:
        return _pseudo(step, match["pseudo"].lower(), match["arg"], weight)
    return True


def _attribute(key: str, op: str | None, wanted: str) -> Test:
    tests: dict[str | None, Callable[[str], bool]] = {
        None: lambda v: True,
        "=": lambda v: v == wanted,
        "~=": lambda v: wanted in v.split(),
        "|=": lambda v: v == wanted or v.startswith(wanted + "-"),
        "^=": lambda v: bool(wanted) and v.startswith(wanted),
        "$=": lambda v: bool(wanted) and v.endswith(wanted),
        "*=": lambda v: bool(wanted) and wanted in v,
    }
    test = tests[op]
    return lambda n: key in n.attrs and test(n.attrs[key])


def _pseudo(step: Compound, name: str, arg: str | None, weight: list[int]) -> bool:
    if name in _NEVER:
        step.tests.append(lambda n: False)
        return True
    if name in ("not", "is", "where"):
        parts = list(_split(arg or ""))
        inner = selectors(arg or "")
        if len(inner) < len(parts) or any(len(s.steps) > 1 or s.pseudo for s in inner):
            return False
        if name != "where":
            weight[:] = [a + b for a, b in zip(weight, max(s.weight for s in inner))]
        wanted = name != "not"
        step.tests.append(lambda n: any(s.steps[0].fits(n) for s in inner) is wanted)
        return True
    test = _PSEUDO.get(name)
    if test is None or arg is not None:
        return False
    weight[1] += 1
    step.tests.append(test)
    return True


# ---- style sheets -----------------------------------------------------------------------------------------------


def declarations(text: str) -> dict[str, tuple[bool, str]]:
    """``{property: (important, value)}`` of the properties that matter here."""
    found: dict[str, tuple[bool, str]] = {}
    for key, value in _DECLARATION.findall(text):
        key = key.lower()
        if key in PROPERTIES:
            plain, _, mark = value.partition("!")
            important = mark.strip().lower() == "important"
            if important or not found.get(key, (False, ""))[0]:
                found[key] = (important, plain.strip() if key == "content" else plain.strip().lower())
    return found


def rules(css: str, width: float = SCREEN) -> Iterator[tuple[str, str]]:
    """Selector text and declarations of every rule that holds on a screen of that width (px); nested ones left out."""
    css = re.sub(r"/\*.*?(?:\*/|\Z)|<!--|-->", " ", css, flags=re.DOTALL)
    start = 0
    heads: list[str] = []
    for match in _CSS.finditer(css):
        sign = match[0]
        if sign == ";":
            if not heads or heads[-1].startswith("@"):
                start = match.end()
        elif sign == "{":
            heads.append(css[start : match.start()].strip())
            start = match.end()
        elif sign == "}" and heads:
            head = heads.pop()
            if not head.startswith("@") and all(_holds(h, width) for h in heads):
                yield head, css[start : match.start()]
            start = match.end()


def _holds(head: str, width: float) -> bool:
    kind, _, condition = head.lower().partition(" ")
    if kind in ("@layer", "@supports"):
        return True
    return kind == "@media" and any(_medium(query, width) for query in condition.split(","))


def _medium(query: str, width: float) -> bool:
    if re.search(r"\b(print|not|speech)\b|prefers|hover\s*:\s*none|pointer\s*:\s*coarse|portrait", query):
        return False
    for side, name, number in re.findall(r"(min|max)-(width|height)\s*:\s*([\d.]+)px", query):
        size = width if name == "width" else 720.0
        if (float(number) > size) if side == "min" else (float(number) < size):
            return False
    return True


class _Answer(enum.Enum):
    FITS = enum.auto()
    NOT_HERE = enum.auto()
    NOT_BESIDE = enum.auto()  # nor at any sibling further left
    NOT_ABOVE = enum.auto()  # nor at any element further up, hence at no sibling either


class _Rule(NamedTuple):
    weight: tuple[int, int, int]
    order: int
    selector: Selector
    declared: dict[str, tuple[bool, str]]


class Sheet:
    """The rules of one document or shadow root, looked up by what their last step needs.

    ``words``: tags, #ids and .classes that occur in it; rules that need another are dropped at once.
    """

    def __init__(self, texts: list[str], words: set[str], width: float = SCREEN) -> None:
        self.by_key: dict[str, list[_Rule]] = {}
        self.left = PATIENCE
        order = 0
        for head, body in (rule for text in texts for rule in rules(text, width)):
            declared = declarations(body)
            for selector in selectors(head) if declared else ():
                if all(word in words for step in selector.steps for word in step.words):
                    order += 1
                    rule = _Rule(selector.weight, order, selector, declared)
                    self.by_key.setdefault(selector.steps[-1].key, []).append(rule)

    def declared(self, node: Node, pseudo: str = "") -> dict[str, str]:
        """What rules and the element's own ``style`` say, the stronger ones last."""
        found = self._matching(node, pseudo) if self.by_key else []
        if not found and (pseudo or "style" not in node.attrs):
            return {}
        layers = [rule.declared for rule in sorted(found, key=lambda rule: rule[:2])]
        if not pseudo and "style" in node.attrs:
            layers.append(declarations(node.attrs["style"]))
        values = {key: value for layer in layers for key, (_, value) in layer.items()}
        return {**values, **{key: value for layer in layers for key, (important, value) in layer.items() if important}}

    def _matching(self, node: Node, pseudo: str) -> list[_Rule]:
        keys = {"*", node.tag}
        if "id" in node.attrs:
            keys.add("#" + node.attrs["id"])
        if "class" in node.attrs:
            keys.update("." + word for word in node.attrs["class"].split())
        asked = [rule for key in keys for rule in self.by_key.get(key, ()) if rule.selector.pseudo == pseudo]
        self.left -= len(asked)
        return [rule for rule in asked if self._fits(rule.selector.steps, node)]

    def _fits(self, steps: list[Compound], node: Node) -> bool:
        return self.left > 0 and steps[-1].fits(node) and self._hangs(steps, len(steps) - 1, node) is _Answer.FITS

    def _hangs(self, steps: list[Compound], at: int, node: Node) -> _Answer:
        """Do the steps before ``at`` fit around ``node``?

        What the answers say beyond "no" keeps chains linear, where trying every combination would be exponential.
        """
        if at == 0:
            return _Answer.FITS
        comb = steps[at].comb
        before = steps[at - 1]
        step = _above if comb in (" ", ">") else _previous
        other = step(node)
        while other is not None and self.left > 0:
            self.left -= 1
            answer = self._hangs(steps, at - 1, other) if before.fits(other) else _Answer.NOT_HERE
            local = answer is _Answer.NOT_HERE or (answer is _Answer.NOT_BESIDE and comb == " ")
            if comb in (">", "+") or not local:
                return answer
            other = step(other)
        return {" ": _Answer.NOT_ABOVE, "~": _Answer.NOT_BESIDE}.get(comb, _Answer.NOT_HERE)

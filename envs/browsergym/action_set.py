"""Which actions an agent may use, how they are told to it, and how its text becomes checked calls.

    actions = ActionSet(["chat", "bid"], multiaction=False)
    prompt = actions.describe(); tools = actions.to_tool_description("anthropic")
    env = gym.make("browsergym/miniwob.click-test", action_mapping=actions.to_python_code)

Names, arguments and errors are those of BrowserGym's ``HighLevelActionSet``; ``of`` takes over the choices of one.
No text is ever run as code: ``to_python_code`` answers with the checked calls as text.
"""

from __future__ import annotations

import inspect
import random
import types
import typing
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import BadAction
from ..inputs import split_combination
from . import functions
from .functions import Described, Signature
from .grammar import Call, find_calls

DEFAULT_SUBSETS = ("chat", "infeas", "bid", "nav", "tab")
DIRECTIONS = {"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0)}
WHEEL = 500  # pixels that scroll("down") turns the wheel
_SHOWN = ("fill", "click", "mouse_click", "keyboard_type")  # what examples are taken from, if it is allowed


@dataclass(frozen=True)
class Checked:
    """A call of an action that exists, its arguments by name."""

    name: str
    arguments: dict[str, Any]


class ActionSet:
    """The allowed actions, by name in ``action_set``.

    Args:
        subsets: names of ``functions.SUBSETS``; ``noop`` is always allowed.
        multiaction: several calls in one action.
        strict: nothing but calls in an action.
        retry_with_force: where an element is not ready in time, do it without checks instead of failing.
        demo_mode: accepted for old callers; nothing is drawn on pages.

    Also accepted, and not described: ``check`` and ``uncheck``, ``scroll("down")``, ``press("Enter")`` without an
    element, and ``send_keys("…")``, each where what it stands for is allowed. Raises ``ValueError`` for a subset that
    does not exist, and for ``custom``: actions of one's own are code.
    """

    def __init__(
        self, subsets: str | Sequence[str] | None = DEFAULT_SUBSETS, custom_actions: Any = None,
        multiaction: bool = True, demo_mode: str | None = None, strict: bool = False, retry_with_force: bool = False,
    ) -> None:  # fmt: skip
        if not subsets:
            raise ValueError("'action_subsets' is empty.")
        if custom_actions or "custom" in subsets:
            raise ValueError("custom actions are code, which is never run here")
        allowed: list[Signature] = [functions.noop]
        for subset in [subsets] if isinstance(subsets, str) else subsets:
            if subset not in functions.SUBSETS:
                raise ValueError(f"Unknown high-level action subspace: {subset}")
            allowed += functions.SUBSETS[subset]
        self.multiaction = multiaction
        self.strict = strict
        self.retry_with_force = retry_with_force
        self.demo_mode = demo_mode
        self._functions = {f.__name__: f for f in allowed}
        self.action_set: dict[str, Described] = {name: functions.describe(f) for name, f in self._functions.items()}

    @classmethod
    def of(cls, names: Iterable[str], **choices: Any) -> ActionSet:
        """The set of exactly these actions (names that do not exist here are left out)."""
        made = cls(tuple(functions.SUBSETS), **choices)
        wanted = {"noop", *names}
        made._functions = {n: f for n, f in made._functions.items() if n in wanted}
        made.action_set = {n: made.action_set[n] for n in made._functions}
        return made

    # ---- what agents are told ---------------------------------------------------------------------------------

    def describe(self, with_long_description: bool = True, with_examples: bool = True) -> str:
        """The action space as text for a prompt."""
        lines = ["", f"{len(self.action_set)} different types of actions are available.", ""]
        for action in self.action_set.values():
            lines.append(action.signature)
            if with_long_description:
                lines.append(f"    Description: {action.description}")
            if with_examples and action.examples:
                lines.append("    Examples:")
                for example in action.examples:
                    lines += [f"        {example}", ""]
        if self.multiaction:
            lines.append(
                "Several actions can be given at once; they are done one after the other, without a look at the"
            )
            lines.append("page in between, so that more than two or three rarely end well.")
        else:
            lines.append("Only one action can be given at once.")
        return "\n".join(lines) + f" Example:\n{self.example_action(abstract=False)}\n"

    def example_action(self, abstract: bool, max_examples: int = 3) -> str:
        """What an action looks like: in words if ``abstract``, else as text that could be sent."""
        if abstract and self.multiaction:
            return "One or several actions, one a line."
        if abstract:
            return "One action, and only one."
        shown = [e for name in _SHOWN if name in self.action_set for e in self.action_set[name].examples]
        shown = shown or [e for action in self.action_set.values() for e in action.examples]
        random.Random(1).shuffle(shown)
        return "\n".join(shown[: max_examples if self.multiaction else 1])

    def to_tool_description(self, api: str = "openai", add_examples: bool = True) -> list[dict[str, Any]]:
        """The actions as tools of a model's interface: ``openai`` or ``anthropic``."""
        tools = []
        for name, action in self.action_set.items():
            text = action.description
            if add_examples and action.examples:
                text += "\n\nExamples:\n" + "".join(f"- {example}\n" for example in action.examples)
            key = "input_schema" if api == "anthropic" else "parameters"
            tool: dict[str, Any] = {"name": name, "description": text, key: _schema(self._functions[name])}
            tools.append({**tool, "type": "function"} if api == "openai" else tool)
        return tools

    # ---- what agents say --------------------------------------------------------------------------------------

    def parse(self, action: str) -> list[Checked]:
        """The calls of an action, checked by name and arguments.

        Raises ``ValueError`` (nothing in it, too much in it), ``NameError`` (no such action), ``TypeError`` (arguments
        that do not fit), ``ParseException`` (strict mode).
        """
        return [self._checked(call) for call in self._calls(action)]

    def to_python_code(self, action: str) -> str:
        """The calls of an action as text, one a line; raises as ``parse`` does for anything but wrong arguments."""
        return "".join(f"{call}\n" for call in self._calls(action))

    def _calls(self, action: str) -> list[Call]:
        if not isinstance(action, str):
            raise TypeError(f"expected an action as text, found {type(action).__name__}")
        calls = find_calls(action, self.strict)
        if not calls:
            raise ValueError("Received an empty action.")
        if len(calls) > 1 and not self.multiaction:
            raise ValueError("Received a multi-action, only single-actions are allowed.")
        for call in calls:
            if self._spelled(call) is None:
                self._function(call.name)
        return calls

    def _checked(self, call: Call) -> Checked:
        spelled = self._spelled(call)
        if spelled is not None:
            return spelled
        return Checked(call.name, functions.arguments(self._function(call.name), call.args, call.kwargs))

    def _function(self, name: str) -> Signature:
        if name in self._functions:
            return self._functions[name]
        if name in functions.UNLISTED and "click" in self._functions:
            return functions.UNLISTED[name]
        raise NameError(f"Invalid action type '{name}'.")

    def _spelled(self, call: Call) -> Checked | None:
        """What a call as other harnesses write it stands for; None for any other."""
        given = (*call.args, *call.kwargs.values())
        if len(given) != 1 or not isinstance(given[0], str):
            return None
        text: str = given[0]
        if call.name == "scroll" and "scroll" in self._functions and text.lower() in DIRECTIONS:
            dx, dy = DIRECTIONS[text.lower()]
            return Checked("scroll", {"delta_x": dx * WHEEL, "delta_y": dy * WHEEL})
        if not {"press", "keyboard_press"} & set(self._functions):
            return None
        if call.name == "send_keys" and not _is_key(text):
            return Checked("keyboard_type", {"text": text})
        if call.name == "send_keys" or (call.name == "press" and call.args):
            return Checked("keyboard_press", {"key": text})
        return None


def _is_key(text: str) -> bool:
    """Whether a text names a key or a combination (``Enter``, ``Control+a``), and is not to be typed."""
    try:
        held, last = split_combination(text)
    except BadAction:
        return False
    return bool(held) or len(last) > 1


def action_set_of(mapping: Any) -> tuple[ActionSet, Callable[[str], str] | None]:
    """The set behind an ``action_mapping``, and a function of one's own that comes before it.

    An ``ActionSet``, its ``to_python_code``, or that of any object with BrowserGym's attributes gives the set; None
    allows every action. Any other function is called first, and what it answers is read as an action.
    """
    owner = getattr(mapping, "__self__", mapping)
    if isinstance(owner, ActionSet):
        return owner, None
    if isinstance(getattr(owner, "action_set", None), dict):
        names = ("multiaction", "strict", "retry_with_force", "demo_mode")
        return ActionSet.of(owner.action_set, **{n: getattr(owner, n) for n in names if hasattr(owner, n)}), None
    return ActionSet(tuple(functions.SUBSETS)), mapping


def _schema(function: Signature) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": {}, "required": []}
    for name, parameter in inspect.signature(function).parameters.items():
        described = _type(parameter.annotation)
        if parameter.default is inspect.Parameter.empty:
            schema["required"].append(name)
        else:
            described["default"] = parameter.default
        schema["properties"][name] = described
    return schema


def _type(annotation: Any) -> dict[str, Any]:
    """A type as JSON schema names it."""
    origin = typing.get_origin(annotation)
    if origin is typing.Literal:
        return {"type": "string", "enum": list(typing.get_args(annotation))}
    if origin is list:
        return {"type": "array", "items": _type(typing.get_args(annotation)[0])}
    if origin is types.UnionType:
        return {"anyOf": [_type(a) for a in typing.get_args(annotation)]}
    return {"type": {str: "string", float: "number", int: "integer", bool: "boolean"}[annotation]}

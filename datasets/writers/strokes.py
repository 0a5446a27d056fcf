"""Clicks, texts, ticks and choices of an episode as lines of a Playwright script."""

from __future__ import annotations

from webagent.envs.types import Element, Observation, Step

from .locators import Place
from .phrases import keys, position, quoted, text_of

WHOLE = frozenset({"date", "time", "month", "week", "datetime-local", "color", "range", "number"})
TICKS = ("input:checkbox", "input:radio")
BY_KEYS = ("combobox", "searchbox")
"""Fields whose page often waits for the single keys."""


class Strokes:
    """Keeps what one step needs of the one before."""

    def __init__(self) -> None:
        self._emptied: str | None = None  # ref of a field that the text to come replaces
        self._chosen: tuple[str, Observation, list[str]] | None = None  # of a list of several

    def lines(
        self, step: Step, e: Element, place: Place, page: str, after: Observation, following: Step | None
    ) -> list[str]:
        """What one step does. ``after``: the page when it was done. ``following``: the step behind it."""
        action = step.action
        emptied, self._emptied = self._emptied, None
        if action.op in ("click", "dblclick"):
            return self._click(step, e, place, after)
        if action.op == "hover":
            return [f"{place.code}.hover({_at(place, e, step)}){_why(place)}"]
        if action.op == "press":
            return self._press(action.text or "", place, page)
        if action.op == "select":
            return self._select(step, e, place, page)
        if action.op == "clear":
            if _replaced(following, e.ref):
                self._emptied = e.ref
                return []
            return self._clear(place, page)
        assert action.op == "type", action.op
        return self._type(action.text or "", e, place, page, emptied == e.ref)

    # ---- pointing ----------------------------------------------------------------------------------------------------

    def _click(self, step: Step, e: Element, place: Place, after: Observation) -> list[str]:
        *held, button = (step.action.text or "left").split("+")
        words = [_at(place, e, step)]
        words += [f"button={quoted(button)}"] if button != "left" else []
        words += [f"modifiers=[{', '.join(map(quoted, held))}]"] if held else []
        told = ", ".join(word for word in words if word)
        if e.tag.startswith("select") and not told and not e.has("multiple"):
            return [f"{place.code}.focus()"]  # what is chosen is told by itself; an open list would be in the way
        if step.action.op == "dblclick":
            return [f"{place.code}.dblclick({told}){_why(place)}"]
        now = after.tree.by_ref.get(e.ref)
        if e.tag in TICKS and not told and now is not None and now.has("checked") != e.has("checked"):
            return [f"{place.code}.{'check' if now.has('checked') else 'uncheck'}()"]
        return [f"{place.code}.click({told}){_why(place)}"]

    @staticmethod
    def _press(text: str, place: Place, page: str) -> list[str]:
        if place.at is not None:
            return [f"{page}.keyboard.press({quoted(keys(text))}){_why(place)}; it has the focus"]
        return [f"{place.code}.press({quoted(keys(text))})"]

    # ---- choosing ----------------------------------------------------------------------------------------------------

    def _select(self, step: Step, e: Element, place: Place, page: str) -> list[str]:
        label = step.action.text or ""
        if place.at is not None:
            return [*_press_at(place), f"{page}.keyboard.type({text_of(label)})", f'{page}.keyboard.press("Enter")']
        if not e.tag.startswith("select"):
            return [f"{place.code}.click()", f'{page}.get_by_role("option", name={text_of(label)}).click()']
        if not e.has("multiple"):
            return [f"{place.code}.select_option({text_of(label)})"]
        return self._select_several(step, e, place, label, True)

    def choose(self, option: Element, listed: tuple[Element, Place], step: Step) -> list[str]:
        """A click on an option of a native list."""
        e, place = listed
        if not e.has("multiple"):
            return [f"{place.code}.select_option({text_of(option.name)})"]
        return self._select_several(step, e, place, option.name, not option.has("selected"))

    def _select_several(self, step: Step, e: Element, place: Place, label: str, on: bool) -> list[str]:
        seen = step.observation
        if self._chosen and self._chosen[0] == e.ref and self._chosen[1].tree == seen.tree:
            chosen = self._chosen[2]  # of the same event: the page has not been looked at in between
        else:
            chosen = [o.name for o in seen.tree.elements if o.parent == e.ref and o.has("selected")]
        chosen = [name for name in chosen if name != label] + ([label] if on else [])
        self._chosen = (e.ref, seen, chosen)
        return [f"{place.code}.select_option([{', '.join(map(text_of, chosen))}])"]

    # ---- writing -----------------------------------------------------------------------------------------------------

    @staticmethod
    def _clear(place: Place, page: str) -> list[str]:
        if place.at is None:
            return [f"{place.code}.clear()"]
        return [
            *_press_at(place), f'{page}.keyboard.press("ControlOrMeta+A")', f'{page}.keyboard.press("Delete")',
        ]  # fmt: skip

    def _type(self, text: str, e: Element, place: Place, page: str, replaces: bool) -> list[str]:
        told = text_of(text)
        if place.at is not None:
            before = self._clear(place, page) if replaces else _press_at(place)
            return [*before, f"{page}.keyboard.type({told})"]
        if e.tag.startswith("select"):
            return [f"{place.code}.select_option({told})"]
        kind = e.tag.removeprefix("input:")
        held = e.value.strip("•")  # a masked field tells only that it is one
        lines = e.tag.startswith("input") and "\n" in text
        by_keys = lines or (e.role in BY_KEYS and kind not in WHOLE)
        if kind in WHOLE or ((replaces or not held) and not by_keys):
            return [f"{place.code}.fill({told})"]
        before = [f"{place.code}.clear()"] if replaces else []
        if held and not replaces:
            end = "End" if e.tag.startswith("input") else "ControlOrMeta+End"
            before = [f"{place.code}.press({quoted(end)})"]
        return [*before, f"{place.code}.press_sequentially({told})"]


def _why(place: Place) -> str:
    """The comment behind a line that cannot name its element."""
    return f"  # {place.why}" if place.why else ""


def _press_at(place: Place) -> list[str]:
    return [f"{place.code}.click({_where(place.at or (0, 0))}){_why(place)}"]


def _at(place: Place, e: Element, step: Step) -> str:
    """Where in an element, if that matters."""
    point = step.action.point
    if place.at is not None and not point:
        return _where(place.at)
    if not point:
        return ""
    x, y = e.box[2] * point[0], e.box[3] * point[1]
    if place.at is not None:  # from the middle of the element, which is known, to the place in it
        x, y = place.at[0] + x - e.box[2] / 2, place.at[1] + y - e.box[3] / 2
    return _where((x, y))


def _where(at: tuple[float, float]) -> str:
    return f"position={position(at)}"


def _replaced(following: Step | None, ref: str) -> bool:
    return following is not None and following.action.op == "type" and following.action.target == ref

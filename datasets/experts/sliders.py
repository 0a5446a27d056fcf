"""Experts that set sliders and colours."""

from __future__ import annotations

import re

from webagent.envs.types import Action, Element

from .moves import click
from .page import Lost, Page

COLOURS = {
    "black": "000000",
    "white": "FFFFFF",
    "aqua": "00FFFF",
    "blue": "0000FF",
    "gray": "808080",
    "green": "008000",
    "lime": "00FF00",
    "maroon": "800000",
    "navy": "000080",
    "olive": "808000",
    "purple": "800080",
    "red": "FF0000",
    "silver": "C0C0C0",
    "teal": "008080",
    "yellow": "FFFF00",
    "pink": "FFC0CB",
    "magenta": "FF00FF",
    "gold": "FFD700",
    "orange": "FFA500",
}
STARTS = (-100, 0, 10, 100)
SPANS = (5, 10, 50, 100)
NEAR = 3  # values away that keys are pressed for
HANDLE = 9  # pixels from the middle of a handle in which a press does not move it
WORD = re.compile(r"\W+")


def submit(page: Page) -> Action:
    return click(page.get("Submit", "button"))


def use_colorwheel(page: Page) -> Action:
    """A named colour."""
    name = page.says(r"Select (\w+) with")
    if name not in COLOURS:
        raise Lost(f"the colour {name!r} is not known")
    return _colour(page, COLOURS[name])


def use_colorwheel_2(page: Page) -> Action:
    """The goal shows its colour on the page, as a small box; without one in the tree nothing tells the colour."""
    shown = next((e.shape.fill for e in page.elements if e.shape and e.shape.kind == "box" and e.shape.fill), None)
    if shown is None:
        raise Lost("the tree does not show the box with the colour")
    return _colour(page, shown.removeprefix("#").upper())


def _colour(page: Page, digits: str) -> Action:
    """Six hexadecimal digits into the field, a click beside it that closes the picker above the button, submit."""
    field, button = page.first("textbox"), page.get("Submit", "button")
    if field.value.upper() != digits:
        return Action("clear", field.ref) if field.value else Action("type", field.ref, text=digits)
    return click(page.get("Color:", "text")) if button.has("covered") else click(button)


# ---- sliders --------------------------------------------------------------------------------------------------------


def sliders(page: Page) -> list[tuple[Element, int]]:
    """Each slider with its value, the number behind it."""
    found = []
    for e in page.elements:
        if "slider" in WORD.split(e.hint):
            after = page.elements[page.index(e) + 1 :]
            value = next((t.name for t in after if re.fullmatch(r"-?\d+", t.name.strip())), None)
            if value is None:
                raise Lost("expected a number behind the slider, found none")
            found.append((e, int(value)))
    return found


def level(e: Element) -> bool:
    return e.box[2] > e.box[3]


def press_at(e: Element, part: float) -> Action:
    """Click at a part of its length; upright ones count from below."""
    half_pixel = 0.5 / max(e.box[2:])
    part = min(1 - half_pixel, max(half_pixel, part))
    return click(e, (part, 0.5) if level(e) else (0.5, 1 - part))


def use_slider_2(page: Page) -> Action:
    """Three sliders from 0 to 20, from the top on; a click beside the handle moves it there, keys go the rest."""
    wanted = [int(n) for n in page.says(r"\[([\d,]+)\]").split(",")]
    for (e, value), n in zip(sliders(page), wanted, strict=True):
        if value != n:
            near = abs(n - value) <= NEAR
            if near and _focused(e):
                return Action("press", text="ArrowRight" if n > value else "ArrowLeft")
            return press_at(e, (value if near else n) / 20)
    return submit(page)


def use_slider(page: Page) -> Action:
    """One slider of unknown range: its middle tells the range, the next click goes near, arrow keys do the rest."""
    wanted = int(page.says(r"Select (-?\d+) with"))
    e, value = _slider(page)
    if value == wanted:
        return submit(page)
    if not _focused(e):
        return press_at(e, 0.5)
    if abs(wanted - value) <= NEAR:
        return Action("press", text="ArrowRight" if wanted > value else "ArrowLeft")
    scale = _scale(page, wanted)
    if scale is None:
        return press_at(e, 0.5) if value in STARTS else Action("press", text="Home")
    start, span = scale
    part = (wanted - start) / span
    if abs(wanted - value) / span * max(e.box[2:]) > HANDLE:
        return press_at(e, part)
    return Action("press", text="Home") if part > 0.3 else press_at(e, 0.5)  # the handle lies there


def _slider(page: Page) -> tuple[Element, int]:
    found = sliders(page)
    if not found:
        raise Lost("expected a slider, found none")
    return found[0]


def _focused(e: Element) -> bool:
    return "focus" in WORD.split(e.hint)


def _scale(page: Page, wanted: int) -> tuple[int, int] | None:
    """Where the slider starts and its span: the only one that all values seen allow, or whose middle was seen last."""
    moments = [_slider(p) for p in (*page.past, page)]
    seen = {value for _, value in moments} | {wanted}
    possible = [(a, s) for a in STARTS for s in SPANS if all(a <= v <= a + s for v in seen)]
    for e, value in reversed(moments):
        slack = 1.5 / max(e.box[2:])
        found = [(a, s) for a, s in possible if abs(value - a - s / 2) <= 0.5 + s * slack]
        if _focused(e) and len(found) == 1:
            return found[0]
    return possible[0] if len(possible) == 1 else None


EXPERTS = {
    "use-colorwheel": use_colorwheel,
    "use-colorwheel-2": use_colorwheel_2,
    "use-slider": use_slider,
    "use-slider-2": use_slider_2,
}

"""Doing one ``Action`` on a tab with trusted input events.

Each op checks its target first (there, visible, enabled, not covered) within a short, finite time and raises an
``ActionFailed`` that says what to do instead. Ops that concern tabs belong to ``session``.
Not by input events, because no key or button does it: the value of a colour well, and files of a file input.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import inputs
from .downloads import file_inside
from .errors import ActionFailed, ElementCovered, ElementDisabled, ElementGone, ElementHidden, NoSuchOption, NotEditable
from .fields import date_keys, date_value
from .types import Action, Element

if TYPE_CHECKING:
    from .tab import Tab
    from .world import World

PATIENCE = 0.4  # seconds that a target may take to become ready
WAIT_MS = 1000  # the op "wait"
SCROLL_PART = 0.8  # of the region, a scroll
CHOOSES = ("click", "dblclick", "select")
"""Ops that an option of a closed drop-down list answers to."""
Facts = dict[str, Any]


@dataclass(frozen=True)
class Limits:
    """What actions may reach. ``files``: the folder that uploads come from (None refuses them)."""

    files: Path | None = None
    resolve: Callable[[str], str] = str  # from text with {{secret:NAME}} to what is typed


def _plainly_clicked(e: Element) -> bool:
    return e.tag not in ("option", "input:file") and not (e.has("disabled") or e.has("covered"))


class Hands:
    """Performs actions on one tab. ``send`` puts all events of one action on the wire and waits for their replies."""

    def __init__(self, tab: Tab, limits: Limits) -> None:
        self.tab = tab
        self.limits = limits

    async def perform(self, action: Action, target: Element | None = None) -> None:
        """Do it. Raises ``ActionFailed``; what the page does with it is seen by the next observation.

        ``target``: the element as it was observed; a click right after that look needs no second one.
        """
        aim = self.tab.take_aim(action.target or "")
        plain = action.op == "click" and action.point is None and action.text is None
        if plain and aim and target and _plainly_clicked(target):
            return await self.send(inputs.click(*aim))
        await getattr(self, f"_{action.op}")(action)

    async def send(self, messages: list[inputs.Message]) -> None:
        await asyncio.gather(*(self.tab.cdp.send(method, params) for method, params in messages))

    # ---- targets ----------------------------------------------------------------------------------------------

    def _world(self, ref: str) -> tuple[World, int]:
        match = re.fullmatch(r"((?:f\d+)?)e(\d+)", ref)
        if match:
            for world in self.tab.worlds.values():
                if world.prefix == match[1]:
                    return world, int(match[2])
        raise ElementGone(f"{ref} is not on the page any more", "choose from the new observation")

    async def _facts(
        self, action: Action, ref: str | None = None, point: tuple[float, ...] | None = None, enabled: bool = True
    ) -> Facts:
        """What the page says of a target that is ready for input; x and y in the top viewport."""
        ref = ref or action.target or ""
        world, number = self._world(ref)
        end = time.monotonic() + PATIENCE
        while True:
            facts: Facts = await world.run(f"locate({number}, {json.dumps(point and list(point[:2]))})")
            trouble = self._trouble(ref, facts, enabled)
            if trouble is None and "select" in facts and action.op not in CHOOSES:
                trouble = ElementHidden(f"{facts['name'] or 'the option'} is in a closed list", "click or select it")
            if trouble is None and "x" in facts:
                trouble = await self._lift(ref, world, number, facts)
            if trouble is None:
                return {**facts, "ref": ref, "world": world, "number": number}
            if isinstance(trouble, ElementGone) or time.monotonic() > end:
                raise trouble
            await world.run("settle('frame', 100)")

    @staticmethod
    async def _lift(ref: str, world: World, number: int, facts: Facts) -> ActionFailed | None:
        """Carry a point in a foreign frame out to the top viewport, and see that nothing is in the way."""
        inner, x, y = world, facts["x"], facts["y"]
        while inner.parent is not None:
            outer = await inner.parent.run(f"throughFrame({inner.origin_ref}, {x}, {y})")
            if outer is None:
                return ElementGone(f"the frame of {ref} is not on the page any more", "choose from the new observation")
            if outer["by"]:
                return ElementCovered(
                    f"the frame of {ref} is covered by {outer['by']}", "act on that first, or close it"
                )
            if outer["out"]:
                await world.run(f"reveal({number})")
                return ElementHidden(f"{ref} cannot be scrolled into view", "scroll its frame first")
            inner, x, y = inner.parent, outer["x"], outer["y"]
        facts |= {"x": x, "y": y}
        return None

    @staticmethod
    def _trouble(ref: str, facts: Facts, enabled: bool) -> ActionFailed | None:
        if facts.get("gone"):
            return ElementGone(f"{ref} is not on the page any more", "choose from the new observation")
        what = f"{facts['role'] or facts['tag']} {facts['name']!r} ({ref})"
        if enabled and facts["disabled"]:
            return ElementDisabled(f"{what} is disabled", "do first what enables it")
        if facts.get("hidden"):
            return ElementHidden(f"{what} has no place on the screen", "open what it belongs to first")
        if "select" not in facts and not facts["ok"]:
            if facts["clipped"]:
                return ElementHidden(f"{what} cannot be scrolled into view", "open or scroll what it belongs to first")
            return ElementCovered(f"{what} is covered by {facts['by']}", "act on that first, or close it")
        return None

    async def _focus(self, facts: Facts) -> None:
        if not facts["focused"]:
            await self.send(inputs.click(facts["x"], facts["y"]))
            await facts["world"].run(f"focusOn({facts['number']})")

    # ---- pointing ---------------------------------------------------------------------------------------------

    async def _click(self, action: Action, count: int = 1) -> None:
        facts = await self._facts(action, point=action.point)
        if "select" in facts:
            await self._choose(facts["world"], facts["select"], facts["label"])
        elif facts["kind"] == "file":
            raise NotEditable(f"{facts['name'] or 'the file field'} takes files", "use upload with a path")
        else:
            held, button = inputs.held_and_button(action.text or "left")
            held |= inputs.MODIFIERS["Control"] if facts["tag"] == "option" and count == 1 else 0
            await self.send(inputs.click(facts["x"], facts["y"], count, held, button))

    async def _dblclick(self, action: Action) -> None:
        await self._click(action, count=2)

    async def _hover(self, action: Action) -> None:
        facts = await self._facts(action, point=action.point, enabled=False)
        await self.send([inputs.move(facts["x"], facts["y"])])

    async def _drag(self, action: Action) -> None:
        point = action.point or ()
        start = point[:2] if len(point) == 4 else None
        source = await self._facts(action, point=start)
        goal = action.text or action.target
        x0, y0 = source["x"], source["y"]
        if goal == action.target and len(point) >= 2:
            x1, y1 = await self._inside(goal or "", point[-2:])
        else:
            x1, y1 = await self._inside(goal or "", point[-2:] if point else (0.5, 0.5))
        mouse = self.tab.page.mouse  # Playwright's mouse also carries native drag and drop
        await mouse.move(x0, y0)
        await mouse.down()
        try:
            await mouse.move(x0 + (x1 - x0) * 0.1, y0 + (y1 - y0) * 0.1, steps=2)
            await mouse.move(x1, y1, steps=8)
            await mouse.move(x1, y1)
        finally:
            await mouse.up()

    async def _inside(self, ref: str, point: tuple[float, ...]) -> tuple[float, float]:
        """A place within (or, beyond 0 … 1, beside) an element's box, covered or not."""
        world, number = self._world(ref)
        box = await world.run(f"boxOf({number})")
        if box is None:
            raise ElementGone(f"{ref} is not on the page any more", "choose from the new observation")
        ox, oy, scale = await world.origin()
        return ox + scale * (box[0] + box[2] * point[0]), oy + scale * (box[1] + box[3] * point[1])

    async def _scroll(self, action: Action) -> None:
        sx, sy = {"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0)}[action.text or "down"]
        target = action.target
        if target is None:
            done = await self.tab.main.run(f"scrollPage({sx * SCROLL_PART}, {sy * SCROLL_PART})")
            if done["moved"] or "ref" not in done:
                return
            target = f"e{done['ref']}"
        facts = await self._facts(action, ref=target, enabled=False)
        width, height = await facts["world"].run(f"regionSize({facts['number']})")
        await self.send(inputs.wheel(facts["x"], facts["y"], sx * width * SCROLL_PART, sy * height * SCROLL_PART))

    # ---- writing ----------------------------------------------------------------------------------------------

    async def _type(self, action: Action) -> None:
        if not action.target:
            return await self._type_on(self.limits.resolve(action.text or ""))
        facts = await self._facts(action, point=action.point)
        text = self.limits.resolve(action.text or "")
        what = f"{facts['role'] or facts['tag']} {facts['name']!r}"
        if facts["tag"] == "select":
            return await self._choose(facts["world"], facts["number"], text)
        if not facts["editable"]:
            raise NotEditable(f"{what} takes no text", "type into a text field; click other elements")
        if facts["readonly"]:
            raise NotEditable(f"{what} is read-only", "click it and choose from what opens")
        if facts["kind"] in ("date", "time", "month", "week", "datetime-local", "color"):
            return await self._fill(facts, text)
        if facts["kind"] == "range":
            return await self._slide(facts, text)
        await self._focus(facts)
        await facts["world"].run(f"caret({facts['number']}, {json.dumps(facts['whole'])})")
        await self.send(inputs.typing(text))

    async def _type_on(self, text: str) -> None:
        """Where the keyboard's keys go now; a frame of another site cannot be asked what it has in focus."""
        if not await self.tab.main.run("keysAreTaken()"):
            raise NotEditable("nothing that takes text has the focus", "name a text field as the target, or click one")
        await self.send(inputs.typing(text))

    async def _fill(self, facts: Facts, text: str) -> None:
        """Date and time fields key by key, as their parts take them; colour wells by value."""
        wanted = date_value(facts["kind"], text)
        world, number = facts["world"], facts["number"]
        if facts["kind"] != "color":
            await world.run(f"focusOn({number})")
            for keys in date_keys(facts["kind"], wanted):
                await self.send(inputs.stroke(keys) if len(keys) > 1 else inputs.typing(keys))
        if (await world.run(f"locate({number}, null)"))["value"] != wanted:
            await world.run(f"setValue({number}, {json.dumps(wanted)})")

    async def _slide(self, facts: Facts, text: str) -> None:
        """A native slider: press at about the value, then arrow keys for the rest."""
        low, high, step, _ = facts["range"]
        try:
            wanted = min(high, max(low, float(text)))
        except ValueError:
            raise NotEditable(f"a slider from {low:g} to {high:g} takes a number, found {text!r}") from None
        world, number = facts["world"], facts["number"]
        x, y = await self._inside(facts["ref"], ((wanted - low) / ((high - low) or 1), 0.5))
        await self.send(inputs.click(x, y))
        now = (await world.run(f"locate({number}, null)"))["range"][3]
        presses = min(1000, round(abs(wanted - now) / step))
        for _ in range(presses):
            await self.send(inputs.stroke("ArrowRight" if wanted > now else "ArrowLeft"))

    async def _clear(self, action: Action) -> None:
        facts = await self._facts(action)
        if not facts["editable"] or facts["readonly"]:
            raise NotEditable(
                f"{facts['role'] or facts['tag']} {facts['name']!r} cannot be cleared", "only text fields can"
            )
        if facts["kind"] in ("date", "time", "month", "week", "datetime-local", "color", "range"):
            await facts["world"].run(f"setValue({facts['number']}, '')")
            return
        await self._focus(facts)
        await facts["world"].run(f"caret({facts['number']}, true)")
        await self.send(inputs.stroke("Delete"))

    async def _press(self, action: Action) -> None:
        messages = inputs.stroke(action.text or "")
        if action.target:
            facts = await self._facts(action, enabled=False)
            if not facts["focused"] and not await facts["world"].run(f"focusOn({facts['number']})"):
                await self.send(inputs.click(facts["x"], facts["y"]))
        await self.send(messages)

    # ---- choosing ---------------------------------------------------------------------------------------------

    async def _select(self, action: Action) -> None:
        facts = await self._facts(action)
        if "select" in facts:
            return await self._choose(facts["world"], facts["select"], facts["label"])
        if facts["tag"] == "option":
            return await self._click(Action("click", action.target))
        if facts["tag"] != "select":
            raise NotEditable(
                f"{facts['role'] or facts['tag']} {facts['name']!r} is not a native list",
                "click it, then click the option",
            )
        await self._choose(facts["world"], facts["number"], self.limits.resolve(action.text or ""))

    async def _choose(self, world: World, number: int, label: str) -> None:
        found = await world.run(f"optionIndex({number}, {json.dumps(label)})")
        index = found["index"]
        if index < 0:
            raise NoSuchOption(f"no option {label!r} that can be chosen", f"options: {', '.join(found['labels'])}")
        if found["multiple"]:
            if not found["selected"]:
                await self._click(Action("click", f"{world.prefix}e{found['option']}"))
            return
        if index == found["current"]:
            return
        await world.run(f"focusOn({number})")
        steps = sum(found["enabled"][min(index, found["current"]) + 1 : max(index, found["current"])]) + 1
        if steps <= 40 and found["current"] >= 0:
            down = index > found["current"]
            await self._pick_by_keys(world, number, index, steps, down)
        now = await world.run(f"optionIndex({number}, {json.dumps(label)})")
        if now["current"] != index:
            await world.run(f"pick({number}, {index})")

    async def _pick_by_keys(self, world: World, number: int, index: int, steps: int, down: bool) -> None:
        """Open the list, walk to the option, accept it: one change event, as a person causes."""
        await self.send(inputs.stroke("Alt+ArrowDown"))
        await self.send([m for _ in range(steps) for m in inputs.stroke("ArrowDown" if down else "ArrowUp")])
        await self.send(inputs.stroke("Enter"))

    async def _upload(self, action: Action) -> None:
        world, number = self._world(action.target or "")
        facts = await world.run(f"locate({number}, null, false)")
        if facts.get("gone") or facts["kind"] != "file":
            raise NotEditable(f"{action.target} takes no files", "choose a file field (input:file)")
        paths = [self._allowed(line) for line in (action.text or "").splitlines() if line.strip()]
        node = await world.run(f"nodeOf({number})", by_value=False)
        await world.cdp.send("DOM.setFileInputFiles", {"files": [str(p) for p in paths], "objectId": node["objectId"]})

    def _allowed(self, name: str) -> Path:
        folder = self.limits.files
        if folder is None:
            raise ActionFailed("uploads are switched off", "name the folder that files may come from (--files DIR)")
        return file_inside(folder, name)

    async def _wait(self, action: Action) -> None:
        await self.tab.main.run(f"untilChange({WAIT_MS})")

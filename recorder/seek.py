"""Looks for what the locators of another tool mean on a live page, and tells which element of our tree that is.

    found = await seek(tab, tree, ["#save", "text/Save"], frames=["0"])      # Sought(element, score, second)

``seek.js`` does the looking, in our isolated world; each locator votes for what it finds. The element with the most
votes must have half of those that can be read, and be clearly ahead of all others.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, NamedTuple

from webagent.envs.tab import Tab
from webagent.envs.types import ActionTree, Element
from webagent.envs.wire import Channel
from webagent.envs.world import NAME, World, page_source

from .aim import meant
from .locators import Part, Unreadable, parts_of, parts_of_frame
from .match import CLEAR

HALF = 0.5  # of the locators that can be read


class Sought(NamedTuple):
    """``element``: None where none is surely the one; ``why`` says so in one line. Scores are from 0 to 1.

    ``tag`` and ``ticked``: of what the locators fit. ``inner``: the element lies in that. ``told``: what each locator
    found, in words. ``hopeless``: none of them can be read, so that waiting is no help.
    """

    element: Element | None
    score: float
    second: float
    why: str = ""
    tag: str = ""
    ticked: bool | None = None
    inner: bool = False
    told: tuple[str, ...] = ()
    hopeless: bool = False


@functools.cache
def script() -> str:
    own = [(files("webagent.recorder") / f"{name}.js").read_text("utf8") for name in ("signs", "seek")]
    return ";\n".join([page_source(), *own])


async def install(tab: Tab, channel: Channel) -> None:
    """Put the script into all frames of one session, now and in every later document: an ``Options.on_channel``."""
    options = {"source": script(), "worldName": NAME, "runImmediately": True}
    await channel.send("Page.addScriptToEvaluateOnNewDocument", options)


async def seek(
    tab: Tab, tree: ActionTree, locators: Sequence[str], frames: Sequence[str] = (), at: Sequence[float] | None = None
) -> Sought:
    """The element that most locators find. ``tree``: of the page now. ``frames``: around it, from the outside in.

    ``at``: where the tool pressed, px from the corner of what a locator finds; where that is nothing that can be used,
    the element there is what was meant.

    Raises ``BrowserGone`` and ``ActionTimedOut`` where the page cannot be asked.
    """
    votes: dict[str, float] = {}
    facts: dict[str, dict[str, Any]] = {}
    told, missed = [], ""
    read = 0
    for locator in locators:
        try:
            around = [part for frame in frames for part in parts_of_frame(frame)]
            found, world = await _look(tab, [*around, *parts_of(locator)], at)
        except Unreadable as error:
            told.append(f"{locator}: cannot be looked for, {error}")
            continue
        read += 1
        refs = {}
        for one in found:
            around_it, inside = meant(tree, world.prefix, one["chain"]), meant(tree, world.prefix, one["met"])
            usable = around_it is not None and around_it.actionable
            inner = inside is not None and not usable and (inside.actionable or around_it is None)
            element = inside if inner else around_it
            if element is not None:
                refs[element.ref] = {**one, "inner": inner}
        if found and not refs:
            missed = f"the tree of the page does not list <{found[0]['tag']}>, which {locator} finds"
        told.append(f"{locator}: {len(found) or 'none'} found")
        for ref, one in refs.items():
            votes[ref] = votes.get(ref, 0.0) + 1 / len(refs)
            facts.setdefault(ref, one)
    if not read:
        return Sought(None, 0.0, 0.0, "; ".join(told), told=tuple(told), hopeless=True)
    rated = sorted(((votes[ref] / read, ref) for ref in votes), reverse=True)
    (best, ref), second = rated[0] if rated else (0.0, ""), rated[1][0] if len(rated) > 1 else 0.0
    why = missed or f"nothing fits {', '.join(locators)}"
    if rated and best - second < CLEAR:
        why = f"{len(rated)} elements fit {', '.join(locators)}"
    elif best >= HALF:
        one = facts[ref]
        return Sought(tree.by_ref[ref], best, second, "", one["tag"], one["ticked"], one["inner"], tuple(told))
    elif rated:
        why = f"what is found by {', '.join(locators)} agrees in {best:.0%} only"
    return Sought(None, best, second, why, told=tuple(told))


async def _look(tab: Tab, parts: list[Part], at: Sequence[float] | None) -> tuple[list[dict[str, Any]], World]:
    """What one locator finds, and the world that it lies in. Raises ``Unreadable``."""
    world = tab.main
    while True:
        answer = await world.run(f"seek({json.dumps(parts)}, {json.dumps(at)})")
        if "unreadable" in answer:
            raise Unreadable(answer["unreadable"])
        if "frame" not in answer:
            return answer["found"], world
        inner = next((w for w in tab.worlds.values() if w.parent is world and w.origin_ref == answer["frame"]), None)
        if inner is None:
            return [], world
        world, parts = inner, answer["rest"]

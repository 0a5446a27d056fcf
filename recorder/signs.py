"""By which the elements of a step can be found again from outside, as a script's locators look for them.

``signs.js`` tells them for the elements around an event; here those of the one that was meant are picked, and the
frames of other sites around it added. They stand beside the step in ``recording.jsonl``:

    {"target": {"places": ["#cart", "button:nth-of-type(2)"], "sealed": null, "role": "button", "name": "Save", …},
     "onto": …}                              (of a drag)

``places``: CSS paths of the frames around it and of itself, from the outside in; None in place of what could not be
told. ``sealed``: where its middle is in its host, if it lies in a closed shadow root (the last place is the host's).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from webagent.envs.errors import ActionTimedOut, BrowserGone
from webagent.envs.types import Action
from webagent.envs.world import World

from .aim import prefix_of


async def found_by(data: dict[str, Any], actions: Sequence[Action], world: World) -> dict[str, Any]:
    """The signs of what the actions of one message concern: ``{"target": …, "onto": …}``, each only if it is known."""
    action = actions[0] if actions else None
    if action is None or not action.target:
        return {}
    onto = action.text or action.target if action.op == "drag" else None
    found = {"target": _of(action.target, data.get("signs"), world), "onto": _of(onto, data.get("ontoSigns"), world)}
    known = {name: signs for name, signs in found.items() if signs}
    outer = await _frames_around(world) if known else []
    return {name: {**signs, "places": [*outer, *signs["places"]]} for name, signs in known.items()}


def _of(ref: str | None, signs: dict[str, Any] | None, world: World) -> dict[str, Any] | None:
    if not ref or not signs or prefix_of(ref) != world.prefix:
        return None
    found: dict[str, Any] | None = signs.get(ref.rpartition("e")[2])
    return found


async def _frames_around(world: World) -> list[str | None]:
    """CSS paths of the frames of other sites around a world, from the outside in."""
    places: list[str | None] = []
    while world.parent is not None:
        try:
            signs = await world.parent.run(f"signsOfFrame({world.origin_ref})", timeout=1.0)
        except (BrowserGone, ActionTimedOut):
            signs = None
        places = [*(signs["places"] if signs and not signs["sealed"] else [None]), *places]
        world = world.parent
    return places

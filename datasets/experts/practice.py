"""The demonstrator of practice sites (``practice.*``): it knows the script that the site was drawn from.

    act = expert_of(script)        # see webagent.envs.suites.practice.script
    action = act(observations)

Unlike the experts of MiniWoB++ it is told what is to be done where; what it does is still worked out from the
observations alone. Of the script's stages it takes the first one that is not done, goes to its page, and makes the
first move that is still open there. What was done is read off what was seen: the last look at each thing counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from webagent.envs.types import Action, Observation

from .page import Lost, Page
from .practice_moves import Move, Sight, is_closed, made
from .practice_ways import dialog_of, freed, way_to

Script = dict[str, Any]
Stage = dict[str, Any]
BUTTONS = ("button", "clickable", "menuitem", "treeitem")
OPENS = ("press", "turn", "scroll", "wait")
"""Moves that only lead to others: nothing remains of them that would have to be proved."""


def expert_of(script: Script) -> Callable[[Sequence[Observation]], Action]:
    """The demonstrator of one drawn site; it raises ``Lost`` where it knows nothing."""

    def decide(seen: Sequence[Observation]) -> Action:
        sights = [Sight(Page([observation])) for observation in seen]
        now = sights[-1]
        action = next((_work(script, stage, sights) for stage in script["stages"] if not _done(stage, sights)), None)
        if action is None:
            action = dialog_of(now, None) or _end(script)
        if action.target and script["first"]:
            action = freed(script, now) or action
        return _reachable(script, now, action)

    return decide


def _end(script: Script) -> Action:
    return Action(script["end"]["op"], text=script["end"].get("text"))


def _reachable(script: Script, now: Sight, action: Action) -> Action:
    """What has to be done first where something lies over the target."""
    target = now.page.now.tree.by_ref.get(action.target or "")
    if target is None or not target.has("covered"):
        return action
    return now.shut() or freed(script, now) or Action("press", text="Escape")


# ---- what is done ---------------------------------------------------------------------------------------------------


def _done(stage: Stage, sights: Sequence[Sight]) -> bool:
    """Whether the last look at each thing of the stage showed it as it should be, and its proof was seen."""
    until = len(sights)
    if "proof" in stage or "row" in stage:
        page = stage.get("proof_page", stage["page"])
        proofs = [n for n, sight in enumerate(sights) if sight.at == page and _proved(stage, sight)]
        if not proofs:
            return False
        until = proofs[-1] + 1
    lasting = [m for m in stage["moves"] if m["do"] not in OPENS and not m.get("soft") and not m.get("unless")]
    return all(_settled(move, stage, sights[:until]) for move in lasting)


def _proved(stage: Stage, sight: Sight) -> bool:
    row = stage.get("row")
    if row and not (sight.modal is None and sight.zone_says(row["of"], row["among"], row["texts"])):
        return False
    return all(sight.says(text) for text in stage.get("proof", ()))


def _settled(move: Move, stage: Stage, sights: Sequence[Sight]) -> bool:
    for sight in reversed(sights):
        if sight.at == stage["page"] and sight.dialog is None:
            closed = is_closed(move, sight)
            if closed is not None:
                return closed
    return bool(move.get("maybe"))


# ---- what is to be done ---------------------------------------------------------------------------------------------


def _work(script: Script, stage: Stage, sights: Sequence[Sight]) -> Action:
    now = sights[-1]
    answer = dialog_of(now, stage.get("dialog"))
    if answer is not None:
        return answer
    if now.at != stage["page"]:
        return _away(script, stage, now)
    for move in stage["moves"]:
        if "unless" in move and any(now.shows(text) for text in move["unless"]):
            continue
        closed = is_closed(move, now)
        if closed is None and "reveal" in move and not _settled(move, stage, sights):
            move = move["reveal"]
        action = None if closed else made(move, now)
        if action is not None:
            return action
    return _sent(script, stage, sights)


def _away(script: Script, stage: Stage, now: Sight) -> Action:
    """On another page: go to the stage's own, or on from a page that is between (a wizard's last one)."""
    if stage.get("before") == now.at:
        button = now.named(stage["on"])
        if button is not None:
            return Action("click", button.ref)
    return way_to(script, stage["page"], now)


def _sent(script: Script, stage: Stage, sights: Sequence[Sight]) -> Action:
    """All is as it should be: send it; if it was sent wrongly before, begin again."""
    now = sights[-1]
    button = now.named(stage["press"]["name"], BUTTONS) if "press" in stage else None
    if button is not None:
        return Action("click", button.ref)
    if "again" in stage and (again := now.named(stage["again"])) is not None:
        return Action("click", again.ref)
    if len(sights) > 1 and sights[-2].page.now.tree == now.page.now.tree and sights[-2].at == now.at:
        raise Lost(f"expected something to do on the page {now.at!r}, found nothing twice")
    return way_to(script, now.at, now)

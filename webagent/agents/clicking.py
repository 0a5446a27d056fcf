"""Skills that end in a click: click, choose, check, open, close, submit."""

from __future__ import annotations

from dataclasses import replace

from webagent.envs.types import Action, Element, Op

from . import literals
from .goal_targets import GoalStep, Target
from .matching import Scored, best_of, looks_score, name_score, rank, scope_score, similarity
from .page_view import DIALOGS, FIELDS, OPTIONS, TICKS, PageView
from .skill import DONE, NOTHING, Option, Plan, StepMemory, click, name_of
from .words import bare, content

ENOUGH = 0.45
"""A match below this is not acted on; the page is explored instead."""

_CLOSERS = ("close", "x", "×", "dismiss", "cancel", "no thanks", "not now", "got it", "ok")
_UNSPECIFIC = frozenset({"below", "above", "section", "item", "follow", "the", "here"})
_OPS: dict[str, Op] = {"dblclick": "dblclick", "hover": "hover"}


def press_element(step: GoalStep, view: PageView, memory: StepMemory) -> Plan:
    """click, dblclick, hover, focus: the best match once, or each match where the goal says "all"."""
    op = _OPS.get(step.kind, "click")
    if step.kind == "focus":
        step = replace(step, target=replace(step.target, role=step.target.role or "field"))
    if step.target.every:
        return each(step, view, memory)
    target = step.target
    if target.role in ("checkbox", "option") and not target.ordinal and target.words:
        return pick_values(replace(step, values=(target.words,), kind="check"), view, memory)
    ranked = [(s, e) for s, e in rank(target, view) if s >= ENOUGH]
    if not ranked and target.ordinal and target.ordinal > 0:
        return _on_later_page(step, view, memory)
    words = f'words "{target.words}"' if target.words else f'"{target.phrase}"'
    return Plan(tuple(click(e, s, words, op=op) for s, e in ranked[:6]))


def _on_later_page(step: GoalStep, view: PageView, memory: StepMemory) -> Plan:
    """The n-th of a list that goes on on further pages: count this page's, then turn it."""
    like = [e for s, e in rank(replace(step.target, ordinal=None), view) if s >= 0.3]
    names = "|".join(e.name for e in like)
    before = int(memory.notes.get("seen", "0"))
    wanted = (step.target.ordinal or 0) - before
    if 0 < wanted <= len(like) and before:
        like.sort(key=lambda e: view.at[e.ref])
        return Plan((click(like[wanted - 1], 0.85, f'"{step.target.phrase}" counted over pages'),))
    turn = next((e for e in view.usable if bare(e.name) in ("next", ">", "»", "›") and not e.has("disabled")), None)
    if turn is None or not like or memory.notes.get("page") == names:
        return NOTHING
    return Plan((click(turn, 0.8, "next page", completes=False, note=("seen", str(before + len(like)))),))


def each(step: GoalStep, view: PageView, memory: StepMemory) -> Plan:
    """All elements that match, one after the other."""
    if step.place:
        return _in_order(step, view, memory)
    target = replace(step.target, every=False)
    colour = literals.colour_in(f"{target.words} {target.scope}")
    if colour and not target.colour:
        target = replace(target, colour=colour)
    if colour:
        matches = [(0.9, e) for e in view.usable if looks_score(replace(target, shape=""), e, view) and not e.name]
    else:
        matches = [(s, e) for s, e in rank(target, view) if s >= 0.6]
        best = max((s for s, _ in matches), default=0.0)
        matches = [(s, e) for s, e in matches if s >= best - 0.12]
        if target.scope and matches:
            belongs = {e.ref: scope_score(target.scope, e, view) for _, e in matches}
            matches = [(s, e) for s, e in matches if belongs[e.ref] >= 0.8 * max(belongs.values())]
    if not matches:
        return DONE if memory.clicked else NOTHING
    wants_on = step.kind != "uncheck"
    left = [(s, e) for s, e in matches if not _is_in_state(e, wants_on, memory)]
    words = f'each of "{step.target.phrase}"'
    return Plan(tuple(click(e, s, words, completes=False) for s, e in left[:6]), done=not left)


def _in_order(step: GoalStep, view: PageView, memory: StepMemory) -> Plan:
    """Numbers (or names) one after the other, by size."""
    numbered = [e for e in view.usable if literals.numbers(e.name) and len(e.name) < 12]
    pool = numbered if len(numbered) > 1 else [e for s, e in rank(replace(step.target, every=False), view) if s >= 0.6]
    falling = step.place in ("descending", "decreasing")
    ordered = sorted(pool, key=lambda e: literals.numbers(e.name)[0] if numbered else 0.0, reverse=falling)
    if not numbered:
        ordered = sorted(pool, key=lambda e: e.name.casefold(), reverse=falling)
    left = [e for e in ordered if e.ref not in memory.clicked]
    if not left:
        return DONE if memory.clicked else NOTHING
    return Plan((click(left[0], 0.8, f"{step.place} order:", completes=False),))


def _is_in_state(e: Element, on: bool, memory: StepMemory) -> bool:
    if e.role in TICKS:
        return e.has("checked") == on
    return e.ref in memory.clicked


def pick_values(step: GoalStep, view: PageView, memory: StepMemory) -> Plan:
    """choose, check, uncheck: bring every named choice into the wanted state, one action at a time."""
    if [bare(v) for v in step.values] in (["nothing"], ["none"]):
        return DONE
    wants_on = step.kind != "uncheck"
    waiting: list[Option] = []
    for value in step.values:
        plan = _pick(value, step, view, memory, wants_on)
        if plan.done:
            continue
        if plan.options and plan.options[0].score >= ENOUGH:
            return plan
        waiting.extend(plan.options)
        return Plan(tuple(waiting))
    return DONE


def _pick(value: str, step: GoalStep, view: PageView, memory: StepMemory, wants_on: bool) -> Plan:
    if value in memory.notes:
        return DONE
    ranked = choices(value, step, view)
    if not ranked:
        return NOTHING
    best = ranked[0][1]
    if ranked[0][0] >= ENOUGH and _settled(best, wants_on, view):
        return DONE
    return Plan(tuple(_choose(e, s, value, view) for s, e in ranked[:6]))


def choices(value: str, step: GoalStep, view: PageView) -> list[Scored]:
    """Elements that could be chosen for ``value``: boxes and options first, then anything clickable of that name."""
    scored: list[Scored] = []
    exact = any(e.name == value for e in view.items if e.role in TICKS | OPTIONS)
    for e in view.items:
        if e.has("disabled") or not (e.actionable or e.role in OPTIONS):
            continue
        score = name_score(value, e, view)
        if exact and e.name != value:
            score *= 0.8
        if e.role in FIELDS:
            score *= 0.3
        elif e.role not in TICKS | OPTIONS:
            score *= 0.88
        if score > 0.2 and not step.target.empty:
            score = min(1.0, score * 0.92 + 0.08 * _belongs(e, step.target, view))
        if score > 0.2:
            scored.append((score, e))
    return sorted(scored, key=lambda p: (-p[0], p[1].has("covered"), view.at[p[1].ref]))


def _belongs(e: Element, target: Target, view: PageView) -> float:
    """Whether a choice belongs to the field or group that the goal names."""
    around = [a.name for a in view.ancestors(e) if a.name] + [e.context]
    return max((similarity(target.words or target.phrase, words, view).score for words in around if words), default=0.0)


def _settled(e: Element, wants_on: bool, view: PageView) -> bool:
    if e.role in TICKS:
        return e.has("checked") == wants_on
    parent = view.by_ref.get(e.parent or "")
    if e.role == "option" and parent is not None and parent.value and parent.value == e.name:
        return wants_on
    if e.role in ("option", "tab", "treeitem", "gridcell"):
        return e.has("selected") == wants_on
    return e.role == "button" and e.has("pressed") == wants_on and (e.has("pressed") or not wants_on)


def _choose(e: Element, score: float, value: str, view: PageView) -> Option:
    parent = view.tree.by_ref.get(e.parent or "")
    reason = f'choice "{value}"'
    if e.role == "option" and parent is not None and parent.role == "group":
        parent = view.tree.by_ref.get(parent.parent or "")
    if e.role == "option" and parent is not None and parent.tag == "select":
        action = Action("select", target=parent.ref, text=e.name)
        return Option(score, action, f"{reason} match option of {name_of(parent)} ({score:.2f})")
    note = None if e.role in TICKS else (value, "chosen")
    return click(e, score, reason, completes=False, note=note)


def open_element(step: GoalStep, view: PageView, memory: StepMemory) -> Plan:
    """open, expand, switch to: a link, tab, heading or folder; nothing to do where it is open already."""
    target = step.target
    if step.optional and view.pool("field") and any(e.has("password") for e in view.fields):
        return DONE
    generic = content(target.words) <= _UNSPECIFIC and target.role in ("section", "menu", "node", "dialog", "thing")
    if generic:
        closed = [e for e in view.usable if e.has("collapsed") or (e.role == "tab" and not e.has("selected"))]
        closed = closed or [e for e in view.usable if e.role in ("tab", "clickable") and e.ref not in memory.clicked]
        return Plan(tuple(click(e, 0.7, f'closed "{target.phrase}"') for e in closed[:4]), done=not closed)
    ranked = []
    for score, e in rank(target, view):
        if e.role in ("link", "tab", "menuitem", "button", "clickable", "treeitem") or e.actionable:
            score = min(1.0, score * (1.03 if e.role in ("link", "tab", "menuitem") else 1.0))
            ranked.append((score, e))
    ranked.sort(key=lambda p: -p[0])
    ranked = [(s, e) for s, e in ranked if s >= ENOUGH]
    if ranked and (
        ranked[0][1].has("expanded")
        or (ranked[0][1].role == "tab" and ranked[0][1].has("selected"))
        or ranked[0][1].has("current")
    ):
        return DONE
    if not ranked and (step.optional or _is_here(target, view)):
        return DONE
    return Plan(tuple(click(e, s, f'words "{target.phrase}"') for s, e in ranked[:6]))


def _is_here(target: Target, view: PageView) -> bool:
    """The page itself is headed by the words."""
    return any(similarity(target.words, e.name, view).score >= 0.85 for e in view.items if e.role == "heading")


def close_element(step: GoalStep, view: PageView, memory: StepMemory) -> Plan:
    """close, dismiss, collapse: the named closer, the dialog's close button, or the open section itself."""
    target = step.target
    if target.words and target.role != "dialog":
        ranked = [(s, e) for s, e in rank(target, view) if s >= ENOUGH]
        if ranked and step.verb in ("collapse", "fold", "hide"):
            return (
                DONE
                if ranked[0][1].has("collapsed")
                else Plan(tuple(click(e, s, "open section") for s, e in ranked[:4]))
            )
    closer = closing_control(view)
    if closer is None:
        ranked = [(s, e) for s, e in rank(target, view) if s >= ENOUGH]
        return Plan(tuple(click(e, s, f'words "{target.phrase}"') for s, e in ranked[:4]))
    return Plan((click(closer[1], closer[0], "a closing control"),))


def closing_control(view: PageView) -> Scored | None:
    """The control that makes a dialog or pop-up go away without agreeing to anything."""
    inside = [e for e in view.usable if any(a.role in DIALOGS for a in view.ancestors(e))]
    pool = inside or [e for e in view.usable if e.role in ("button", "link", "clickable")]

    def score(e: Element) -> float:
        words = bare(e.name) if e.name else e.hint
        for number, closer in enumerate(_CLOSERS):
            if words == closer or (closer in words.split() and len(words.split()) <= 3):
                return 0.9 - 0.03 * number if inside or closer != "ok" else 0.0
        return 0.0

    return best_of(pool, score)


def submit(step: GoalStep, view: PageView, memory: StepMemory) -> Plan:
    """A button named after the verb, else one that submits by another name."""
    pool = [e for e in view.usable if e.role in ("button", "link", "clickable", "menuitem") and not e.has("disabled")]
    ranked = [(s * (0.8 if e.role == "link" and s < 0.9 else 1.0), e) for s, e in rank(step.target, view, pool)]
    ranked = sorted((p for p in ranked if p[0] >= 0.4), key=lambda p: -p[0])
    if not ranked:
        ranked = [(0.5, e) for e in submitters(view)[:1]]
    return Plan(tuple(click(e, s, f'words "{step.target.words}"') for s, e in ranked[:5]))


_SUBMIT_WORDS = content("submit ok okay go save apply search send done continue confirm login next book")
_HARMLESS = content("submit save apply search go done")


def submitters(view: PageView, *, unasked: bool = False) -> list[Element]:
    """Buttons that look like they hand a form in, best first; ``unasked``: only those that nobody would mind."""
    wanted = _HARMLESS if unasked else _SUBMIT_WORDS
    buttons = [e for e in view.usable if e.role in ("button", "clickable") and not e.has("disabled")]
    found = [e for e in buttons if content(e.name) & wanted and len(e.name) < 30]
    return sorted(found, key=lambda e: (0 if "submit" in content(e.name) else 1, -view.at[e.ref]))

"""Looking further where nothing matches: open what is closed, turn pages, scroll; and getting past pop-ups."""

from __future__ import annotations

from webagent.envs.types import Action, Element

from .clicking import closing_control
from .goal_targets import GoalStep
from .page_view import DIALOGS, PageView
from .skill import Option, StepMemory, click, name_of
from .words import STOP_WORDS, bare, content

_OPENERS = content(
    "more expand collapse toggle menu dropdown folder expandable hitarea arrow caret down chevron details show advanced"
)
_TURNERS = frozenset({"next", ">", "»", "›", "next page", "older", "load more", "show more", "more", "more results"})
_FOLDING_TAGS = frozenset({"li", "h1", "h2", "h3", "h4", "h5", "h6", "dt", "summary"})
_AGREES = frozenset({"ok", "yes", "confirm", "continue", "agree", "accept", "proceed", "delete", "submit"})


def explore(step: GoalStep, view: PageView, memory: StepMemory) -> list[Option]:
    """Things worth a look for the step, best first; each only once."""
    wanted = content(
        " ".join((step.target.phrase, step.target.scope, step.value, step.place, *step.values, step.clause))
    )
    found: list[tuple[float, Element, str]] = []
    for e in view.usable:
        if e.has("disabled") or e.has("covered") or key_of(e, view) in memory.explored:
            continue
        score, reason = _promise(e, view)
        named = content(f"{e.name} {e.hint}")
        shared = wanted & named
        if score:
            found.append((min(0.44, score + 0.1 * bool(shared)), e, reason))
        elif e.role == "link" and shared:
            cover = view.weight(shared) / view.weight(named)
            found.append((0.2 + 0.22 * cover, e, "may lead there:"))
    found.sort(key=lambda p: (-p[0], view.at[p[1].ref]))
    options = [
        Option(s, Action("click", target=e.ref), f"{reason} {name_of(e)}", note=("opened", str(memory.waits + 1)))
        for s, e, reason in found[:5]
    ]
    if memory.notes.get("opened") and memory.waits < int(memory.notes["opened"]) <= 6:
        options.insert(0, Option(0.44, Action("wait"), "what was opened may still be unfolding"))
    return sorted([*options, *_scrolls(view, memory)], key=lambda o: -o.score)


def key_of(e: Element, view: PageView) -> str:
    """Names an explored element so that it is known again after the page was redrawn."""
    if bare(e.name) in _TURNERS:
        return f"{e.name}|{hash(tuple(t.name for t in view.texts))}"
    twins = [t.ref for t in view.items if t.role == e.role and t.name == e.name]
    return f"{e.role}|{e.name}|{e.hint}|{twins.index(e.ref) if e.ref in twins else 0}"


def _promise(e: Element, view: PageView) -> tuple[float, str]:
    if e.has("collapsed") and e.role not in ("combobox",):
        return 0.34, "opens"
    if e.role == "tab" and not e.has("selected"):
        return 0.32, "shows another part:"
    name = bare(e.name)
    if name in _TURNERS:
        return 0.26, "goes on:"
    if e.hint and content(e.hint) & _OPENERS:
        return 0.24, "may open"
    if (e.role == "combobox" and e.tag != "select") or e.has("collapsed"):
        return 0.22, "opens"
    if name.isdecimal() and len(name) < 3 and e.role == "link" and not e.has("current"):
        return 0.2, "turns to page"
    if (e.role == "treeitem" or e.tag in _FOLDING_TAGS) and e.name and len(e.name) < 40:
        return 0.16, "may open"
    return 0.0, ""


def _scrolls(view: PageView, memory: StepMemory) -> list[Option]:
    """Scrolling on, while there is something left to scroll to."""
    options = []
    _, y, _, most = view.tree.scroll
    if y < most - 4 and memory.notes.get("scrolls", "") != "x" * 8:
        options.append(
            Option(
                0.15,
                Action("scroll", text="down"),
                "the page goes on below",
                note=("scrolls", memory.notes.get("scrolls", "") + "x"),
            )
        )
    for e in view.items:
        if e.has("scrollable") and e.scroll and e.scroll[1] < e.scroll[3] - 4:
            options.append(Option(0.18, Action("scroll", target=e.ref, text="down"), f"{name_of(e)} goes on below"))
    return options


def dismiss(step: GoalStep, view: PageView) -> Option | None:
    """A way past a dialog that stands in the way: agree where it asks about the step itself, else close it."""
    inside = [e for e in view.usable if any(a.role in DIALOGS for a in view.ancestors(e))]
    pool = inside or view.usable
    dialog = next((a for e in inside for a in view.ancestors(e) if a.role in DIALOGS), None)
    says = (
        content(" ".join([dialog.name, *(t.name for t in view.below(dialog.ref))]))
        if dialog is not None
        else frozenset()
    )
    about = (content(f"{step.verb} {step.target.words} {step.clause}") - STOP_WORDS) & says
    agreeing = [e for e in pool if bare(e.name) in _AGREES and e.role in ("button", "link", "clickable")]
    if dialog is not None and agreeing and (about or len([e for e in inside if e.role == "button"]) == 1):
        return click(agreeing[0], 0.7, "the dialog asks about this step", completes=False)
    closer = closing_control(view)
    return click(closer[1], min(0.65, closer[0]), "out of the way:", completes=False) if closer else None


def clear_view(view: PageView) -> list[Option]:
    """Ways to make a floating picker go away: its key, the next field, a click beside it."""
    keys = [Option(0.4, Action("press", text=k), f"{k} may clear what is in the way") for k in ("Escape", "Tab")]
    beside = [e for e in view.items if e.role in ("text", "heading", "label") and e.has("visible") and not e.actionable]
    return [
        *keys,
        *(Option(0.4, Action("click", target=e.ref), f"a click beside it, on {name_of(e)}") for e in beside[:2]),
    ]

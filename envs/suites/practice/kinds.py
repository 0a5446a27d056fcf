"""The kinds of tasks, and drawing a site of one: a quest or several, other pages beside them, a dress for it all.

    site = draw("shop-add", seed=7)

``seed`` is any whole number; the same kind and seed give the same site, goal and script. The goal's style is drawn,
too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ...errors import UnknownName
from . import (
    accounts,
    answers,
    dress,
    finding,
    forms,
    keys,
    later,
    lists,
    mail,
    moving,
    places,
    reading,
    sheets,
    shops,
    surveys,
    widgets,
)  # fmt: skip
from .draw import Draw
from .quest import Builder, Quest, Site
from .wording import STYLES, goal_of

MakeQuest = Callable[[Builder], Quest]

SINGLE: dict[str, MakeQuest] = {
    "any-form": forms.any_form,
    "ask-in-dialog": widgets.question,
    "autocomplete": partial(widgets.pickers, what="suggest"),
    "basket": shops.basket,
    "board": moving.board,
    "booking": forms.booking,
    "bulk": sheets.bulk,
    "calculator": keys.calculator,
    "calendar": partial(widgets.pickers, what="calendar"),
    "cards-question": answers.compared,
    "chat": keys.chat,
    "chips": surveys.tags,
    "code": reading.copied,
    "compare-two": sheets.two,
    "contact": forms.contact,
    "converter": sheets.convert,
    "count-rows": partial(answers.table, ask="count"),
    "countdown": later.countdown,
    "discount": reading.discount,
    "endless": partial(finding.paged, how="endless"),
    "estimate": sheets.estimate,
    "facets": reading.facets,
    "fact": answers.fact,
    "filter-sort": shops.filtered,
    "find-and-edit": partial(lists.rows, found=True),
    "folds": partial(accounts.behind, how="folds"),
    "follow": lists.follow,
    "form-in-frame": partial(forms.any_form, wrap="frame"),
    "form-in-shadow": partial(forms.any_form, wrap="shadow"),
    "keypad": keys.keypad,
    "late-result": later.late,
    "load-more": partial(finding.paged, how="more"),
    "loading": later.loading,
    "log-in": accounts.log_in,
    "mailbox": mail.letter,
    "matrix": places.matrix,
    "menu": widgets.menu,
    "modal-form": accounts.in_dialog,
    "month": surveys.month,
    "new-tab": partial(answers.fact, new=True),
    "order": shops.order,
    "pages": partial(finding.paged, how="pages"),
    "profile": accounts.profile,
    "questionnaire": surveys.questionnaire,
    "questions": reading.questions,
    "rate-items": lists.rated,
    "reorder": moving.ordered,
    "review": forms.rating,
    "row-menu": lists.row_menu,
    "rows": lists.rows,
    "search": finding.searched,
    "seats": places.seats,
    "settings": accounts.settings,
    "shop-add": shops.buy,
    "shop-best": shops.extreme,
    "sign-up": forms.register,
    "slider": partial(widgets.pickers, what="slider"),
    "slots": places.slots,
    "sort-table": sheets.sorting,
    "steppers": partial(widgets.pickers, what="steps"),
    "sum-column": partial(answers.table, ask="sum"),
    "table-best": lambda b: answers.table(b, ask=b.d.pick(("most", "least"))),
    "table-cell": partial(answers.table, ask="cell"),
    "tabs": partial(accounts.behind, how="tabs"),
    "to-do": lists.todo,
    "transfer": places.transfer,
    "tree": moving.tree,
    "trips": reading.trips,
    "twin": reading.twin,
    "variant": places.variant,
    "wizard": accounts.wizard,
}
DOING: tuple[MakeQuest, ...] = (
    forms.contact,
    forms.register,
    forms.booking,
    forms.any_form,
    forms.rating,
    accounts.settings,
    accounts.profile,
    accounts.behind,
    shops.buy,
    shops.extreme,
    lists.follow,
    lists.todo,
    lists.rows,
    widgets.question,
    mail.letter,
    finding.paged,
    lists.rated,
    lists.row_menu,
    moving.board,
    moving.ordered,
    moving.tree,
    sheets.bulk,
    surveys.questionnaire,
    places.seats,
    places.slots,
    places.matrix,
    places.transfer,
    places.variant,
    reading.copied,
    reading.trips,
    keys.keypad,
    keys.chat,
)
ASKING: tuple[MakeQuest, ...] = (
    answers.table,
    answers.fact,
    answers.compared,
    sheets.sorting,
    sheets.two,
    sheets.estimate,
    reading.questions,
    reading.twin,
    reading.facets,
    reading.discount,
    keys.calculator,
)
BESIDE: tuple[MakeQuest, ...] = (*DOING, *ASKING, finding.searched, widgets.menu, sheets.convert, surveys.tags)


FAMILIES = (
    {"settings", "profile", "behind", "log_in"},
    {"follow", "rows", "row_menu", "rated"},
    {"todo", "ordered", "board"},
    {"buy", "extreme", "basket", "order", "filtered", "variant", "facets", "discount"},
    {"table", "fact", "compared", "sorting", "two", "loading", "convert", "late", "estimate", "calculator", "twin"},
    {"contact", "tags", "month", "slots", "trips"},
    {"keypad", "copied", "calculator"},
    {"letter", "chat", "copied"},
    {"paged", "searched"},
)
"""Quests that are too much alike for one site: what the goal says could be meant of either."""


def _name_of(make: MakeQuest) -> str:
    return getattr(make, "func", make).__name__


def _free(b: Builder, makers: Sequence[MakeQuest]) -> list[MakeQuest]:
    """Those unlike all that the site has."""
    taken = set(b.made).union(*(family for family in FAMILIES if family & set(b.made)))
    return [make for make in makers if _name_of(make) not in taken]


def _put(b: Builder, make: MakeQuest) -> Quest:
    quest = make(b)
    b.made.append(_name_of(make))
    return quest


def _doing(b: Builder, makers: Sequence[MakeQuest] = DOING) -> Quest:
    """A quest that does something: one that ends in an answer is drawn again."""
    make = b.d.pick(_free(b, makers))
    while True:
        links, pages = list(b.links), dict(b.pages)
        quest = make(b)
        if quest.answer is None:
            b.made.append(_name_of(make))
            return quest
        b.links, b.pages = links, pages


def _two(b: Builder) -> list[Quest]:
    """Two things on one site."""
    return [_doing(b), _doing(b)]


def _and_tell(b: Builder) -> list[Quest]:
    """One thing to do, and then one to tell."""
    return [_doing(b), _put(b, b.d.pick(_free(b, ASKING)))]


def _member(b: Builder) -> list[Quest]:
    """Log in, then do something on the page that this leads to."""
    inner = _doing(b, (shops.buy, lists.todo, forms.any_form, lists.follow, forms.booking, lists.rows))
    first = accounts.log_in(b, then=inner.page)
    b.made.append("log_in")
    b.links = [(label, page) for label, page in b.links if page != inner.page or b.d.chance(0.3)]
    inner.entry = ""
    return [first, inner]


def _in_front(b: Builder) -> list[Quest]:
    """Something comes up in front of it."""
    return [b.d.pick((_doing, _telling))(b)]


def _telling(b: Builder) -> Quest:
    return _put(b, b.d.pick(_free(b, ASKING)))


def _cookies(b: Builder) -> list[Quest]:
    return [_doing(b)]


SEVERAL: dict[str, Callable[[Builder], list[Quest]]] = {
    "cookies": _cookies, "do-and-tell": _and_tell, "errands": _two, "member": _member,
    "pop-over": _in_front,
}  # fmt: skip
KINDS: tuple[str, ...] = tuple(sorted([*SINGLE, *SEVERAL]))


def draw(kind: str, seed: int, style: str = "") -> Site:
    """The site of that seed; ``style`` of the goal is drawn if none is asked for. Raises ``UnknownName``."""
    if kind not in KINDS:
        raise UnknownName.unknown("kind of practice site", kind, KINDS)
    d = Draw(f"{kind} {seed}")
    drawn = d.pick(STYLES)
    while True:
        b = Builder(d)
        quests = SEVERAL[kind](b) if kind in SEVERAL else [_put(b, SINGLE[kind])]
        labels = [label for label, _ in b.links]
        if len(labels) == len(set(labels)):  # two pages of one name would make the goal ambiguous
            break
    for _ in range(d.pick((0, 0, 1, 1, 2, 3))):
        _beside(b, d.pick(_free(b, BESIDE)))
    asked = widgets.cookies(b, always=kind == "cookies")
    # A page of many ways, or straight where the first thing is to be done; then nobody needs to be led there.
    straight = d.chance(0.4) and kind != "member"
    start = quests[0].page if straight else "home"
    if straight:
        quests[0].entry = ""
    spec = dress.dressed(b, asked)
    spec["popover"] = later.pop_over(b) if kind == "pop-over" else None
    return _site(kind, seed, style or drawn, b, quests, spec, start)


def _beside(b: Builder, make: MakeQuest) -> None:
    """A quest that nobody asks for, if its page's name is free."""
    before = list(b.links)
    _put(b, make)
    taken = {label for label, _ in before}
    b.links = [*before, *((label, page) for label, page in b.links[len(before) :] if label not in taken)]


def _site(kind: str, seed: int, style: str, b: Builder, quests: list[Quest], spec: dict[str, Any], start: str) -> Site:
    goal = goal_of(b.d, style, quests)
    expected = {key: value for quest in quests for key, value in quest.state.items()}
    asked = spec["cookies"]
    if kind == "cookies":
        label, value = b.d.pick(asked["choices"])
        expected["cookies"] = value
        said = b.d.pick(
            (
                f"If it asks about cookies, choose {label}.",
                f"Cookies: {label}.",
                f"First press {label} about the cookies.",
                f"On the cookie banner choose {label}.",
            )
        )
        goal, choices = f"{said} {goal}", [label]
    else:
        choices = [label for label, _ in (asked or {"choices": []})["choices"]]
    answer = quests[-1].answer
    links = [page for _, page in b.links]
    script = {
        "stages": [stage for quest in quests for stage in quest.stages],
        "end": {"op": "done"} if answer is None else {"op": "answer", "text": answer},
        "ways": b.ways,
        "linked": [*links, "home"],
        "menu": spec["nav"]["label"] if spec["nav"]["kind"] == "burger" else "",
        "labels": {page: label for label, page in b.links},
        "clear": choices,
        "first": kind == "cookies" or bool(asked and asked["look"] == "middle"),
    }
    return Site(kind, seed, goal, style, spec, start, expected, answer, script)

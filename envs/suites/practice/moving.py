"""Quests of moving things: a list put in order by dragging, cards on a board, a choice in a tree of groups."""

from __future__ import annotations

from . import script
from .draw import words
from .quest import Builder, Quest

HOWS = ("native", "pointer")
LANES = (
    ("To do", "Doing", "Done"), ("Backlog", "In progress", "Review"), ("New", "Waiting", "Closed"),
    ("Ideas", "This week", "Later", "Finished"), ("Open", "Assigned", "Solved"),
)  # fmt: skip


def ordered(b: Builder) -> Quest:
    """Drag one thing of a list to another place in it."""
    d = b.d
    what = d.pick(("chore", "course", "subject", "event"))
    titles = d.few(what, d.number(3, 7))
    key, page = b.fresh("order"), b.fresh("page")
    title = d.pick(("Priorities", "My ranking", "Running order", "Playlist", "Agenda", "Order of the day"))
    items = [{"id": f"o{n}", "title": t} for n, t in enumerate(titles)]
    block = {
        "block": "order", "key": key, "items": items, "how": d.pick(HOWS), "look": d.pick(("lines", "rows")),
        "numbers": d.chance(0.3), "text": d.pick(("", "Drag to change the order.", "Sort this list by dragging.")),
    }  # fmt: skip
    b.page(page, title, [block, {"block": "words", "lines": d.few("prose", d.number(0, 2))}])
    at = d.number(0, len(titles) - 1)
    moved = d.pick([t for t in titles if titles.index(t) != at])
    wanted = [t for t in titles if t != moved]
    wanted.insert(at, moved)
    step = d.pick(_places(wanted, moved))
    short = [step, f"drag {step.partition(' ')[2]}", f"=On {title}, {step}"]
    if len(titles) < 5:
        short.append(f"sort the list by dragging so that it reads {', '.join(wanted)}")
    ids = {item["title"]: item["id"] for item in items}
    made = script.stage(page, [script.order(wanted)])
    state = {f"order.{key}": [ids[t] for t in wanted]}
    return Quest([made], [("plain", step)], short, state, page=page, entry=title)


def _places(wanted: list[str], moved: str) -> list[str]:
    """Ways to say where something is to lie."""
    at = wanted.index(moved)
    if at == 0:
        said = [f"move {moved} to the top", f"put {moved} first in the list", f"drag {moved} to the first place"]
    elif at == len(wanted) - 1:
        said = [
            f"move {moved} to the bottom",
            f"move {moved} to the end of the list",
            f"drag {moved} to the last place",
        ]
    else:
        said = [
            f"move {moved} between {wanted[at - 1]} and {wanted[at + 1]}",
            f"move {moved} to place {at + 1} of the list",
        ]
    if at:
        said.append(f"move {moved} right below {wanted[at - 1]}")
    if at < len(wanted) - 1:
        said.append(f"drag {moved} right above {wanted[at + 1]}")
    return said


def board(b: Builder) -> Quest:
    """Drag one card or two of a board to another column."""
    d = b.d
    lanes = d.pick(LANES)
    titles = d.few("chore", d.number(3, 8))
    key, page, title = b.fresh("board"), b.fresh("page"), d.pick(("Board", "Project", "Sprint", "Team board", "Plan"))
    cards = [{"id": f"k{n}", "title": t, "lane": d.pick(lanes)} for n, t in enumerate(titles)]
    block = {
        "block": "board", "key": key, "lanes": list(lanes), "cards": cards, "how": d.pick(HOWS),
        "role": d.pick(("list", "region", "group")), "text": d.pick(("", "", "Drag cards between the columns.")),
    }  # fmt: skip
    b.page(page, title, [block])
    chosen = d.some(cards, d.pick((1, 1, 1, 2)) if len(cards) > 3 else 1)
    to = d.pick([lane for lane in lanes if all(card["lane"] != lane for card in chosen)] or [lanes[0]])
    chosen = [card for card in chosen if card["lane"] != to]
    if not chosen:  # all in one column already: any of the others will do
        chosen, to = [cards[0]], next(lane for lane in lanes if lane != cards[0]["lane"])
    said = " and ".join(card["title"] for card in chosen)
    steps = [("plain", d.pick((f"drag {c['title']} to {to}", f"move {c['title']} into {to}"))) for c in chosen]
    short = [
        f"move {said} to {to}",
        f"drag {said} into the {to} column",
        f"move the card{'s' if len(chosen) > 1 else ''} {said} over to {to}",
        f"={said} should be under {to} now, please move {'them' if len(chosen) > 1 else 'it'}",
    ]
    names = {card["title"]: to if card in chosen else card["lane"] for card in cards}
    moves = [script.lane(t, lane, lanes) for t, lane in names.items()]
    state = {f"board.{key}": {card["id"]: to for card in chosen}}
    return Quest([script.stage(page, moves)], list(steps), short, state, page=page, entry=title)


def tree(b: Builder) -> Quest:
    """Choose something out of a group that has to be opened first."""
    d = b.d
    goods = words()["goods"]
    groups = [
        [name.capitalize(), d.some(goods[name], d.number(2, 7))] for name in d.some(sorted(goods), d.number(3, 7))
    ]
    key, page = b.fresh("tree"), b.fresh("page")
    title = d.pick(("Categories", "Browse", "All departments", "Choose a category", "Topics"))
    told = d.pick(("Category", "You chose", "Selected"))
    block = {"block": "tree", "key": key, "groups": groups, "role": d.chance(0.5), "told": told}
    b.page(page, title, [block, {"block": "words", "lines": d.few("prose", d.number(0, 2))}])
    group, leaves = d.pick(groups)
    leaf = d.pick(leaves)
    made = script.stage(
        page, [script.press(group, [leaf])], press=script.press(leaf), proof=[f"{told}: {group} › {leaf}"]
    )
    short = [
        f"choose {leaf} under {group}",
        f"select the category {group} › {leaf}",
        f"pick {leaf} in the group {group}",
        f"=I need the {group.lower()} category, and there {leaf}",
        f"set the category to {group} > {leaf}",
    ]
    steps = [("press", group), ("press", leaf)]
    return Quest([made], steps, short, {f"tree.{key}": [group, leaf]}, page=page, entry=title)

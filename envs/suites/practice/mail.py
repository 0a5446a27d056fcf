"""Quests in a mailbox: open a letter, then answer, forward, star, archive or delete it; or tell what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import fields, script
from .forms import Form, block_of, stage_of, state_of
from .quest import Builder, Quest, Step
from .script import Move, Stage

MARKS = (
    ("archived", "Archive", "Archived", "archive"),
    ("starred", "Star", "Starred", "star"),
    ("junk", "Mark as spam", "Not spam", "mark as spam"),
    ("unread", "Mark as unread", "Mark as read", "mark as unread"),
)


@dataclass
class Mailbox:
    """A list of letters, each with a page of its own."""

    key: str
    page: str
    title: str
    items: list[dict[str, Any]]


def open_mailbox(b: Builder) -> Mailbox:
    d = b.d
    count = d.number(4, 9)
    key, page, title = b.fresh("mail"), b.fresh("page"), d.pick(("Inbox", "Mail", "Messages", "Post"))
    items = []
    people = d.people(count)
    for n, (who, subject) in enumerate(zip(people, d.few("subject", count))):
        inner = b.fresh("letter")
        item = {
            "id": f"m{n}",
            "title": subject,
            "facts": [("From", who), ("Day", fields.date_words(d, d.day()))],
            "page": inner,
            "text": "",
        }
        items.append({**item, "code": d.code()})
        b.way(page, inner, subject)
    block = {
        "block": "list",
        "key": key,
        "look": d.pick(("lines", "table", "rows")),
        "titled": "Subject",
        "items": items,
        "actions": [],
        "bare": d.chance(0.5),
    }
    b.page(page, title, [block])
    return Mailbox(key, page, title, items)


def letter(b: Builder) -> Quest:
    """One thing to do with one letter."""
    d = b.d
    box = open_mailbox(b)
    marks = d.some(MARKS, d.number(2, len(MARKS)))
    item = d.pick(box.items)
    for each in box.items:
        _letter_page(b, box, each, marks)
    who, subject = item["facts"][0][1], item["title"]
    which = d.pick(
        (f"the mail from {who}", f"the message {subject}", f"{who}'s mail {subject}", f"the mail about {subject}")
    )
    open_it: Step = ("press", subject)
    task = d.pick(("mark", "mark", "reply", "forward", "read"))
    if task == "mark":
        name, off, _, does = d.pick(marks)
        moves: list[Move] = [_mark(m, m[0] == name) for m in marks]
        said = f"{does} {which}" if " as " not in does else f"mark {which} as {does.rpartition(' ')[2]}"
        stages = [script.stage(item["page"], moves)]
        state = {f"list.{box.key}": {item["id"]: {name: True}}}
        return Quest(
            stages,
            [open_it, ("press", off)],
            [said, f"open {which} and press {off}"],
            state,
            page=box.page,
            entry=box.title,
        )
    if task == "read":
        question = f"the reference in {which}"
        short = [f"tell me {question}", f"find out {question}", f"look into {which} and answer with the reference"]
        return Quest(
            [script.stage(item["page"], [], proof=[item["code"]])],
            [open_it, ("answer", question)],
            short,
            answer=item["code"],
            page=box.page,
            entry=box.title,
        )
    return _written(b, box, item, task, which)


def _mark(mark: tuple[str, str, str, str], want: bool) -> Move:
    return {**script.toggle("", mark[1], mark[2], want, [])}


def _letter_page(b: Builder, box: Mailbox, item: dict[str, Any], marks: list[Any]) -> None:
    """The letter with its buttons and ways to the pages where it is answered."""
    d = b.d
    who = item["facts"][0][1]
    text = [f"From: {who}", *d.few("prose", d.number(1, 2)), f"Reference: {item['code']}", who.split()[0]]
    plain = {k: item[k] for k in ("id", "title", "facts")}
    acts = {
        "block": "acts",
        "key": box.key,
        "item": plain,
        "actions": [{"kind": "toggle", "name": m[0], "off": m[1], "on": m[2], "how": "button"} for m in marks],
    }
    ways = {
        "block": "links",
        "links": [["Reply", f"{item['page']}-reply"], ["Forward", f"{item['page']}-forward"]],
        "look": "plainlinks",
        "how": "link",
    }
    b.page(
        item["page"],
        item["title"],
        d.mixed([{"block": "words", "lines": text}, acts, ways]),
        linked=False,
        under=[box.title, box.page],
    )
    b.way(item["page"], box.page, box.title)
    for label in ("Reply", "Forward"):
        b.way(item["page"], f"{item['page']}-{label.lower()}", label)
        b.page(f"{item['page']}-{label.lower()}", label, [], linked=False)


def _written(b: Builder, box: Mailbox, item: dict[str, Any], task: str, which: str) -> Quest:
    """Answer a letter, or send it on."""
    d = b.d
    wishes = []
    to = d.person().email
    if task == "forward":
        wishes.append(
            fields.text(
                {"key": "to", "label": d.pick(("To", "Recipient", "Forward to")), "how": "for", "required": True},
                to,
                "email",
            )
        )
    if task == "reply" or d.chance(0.3):
        wishes.append(
            fields.field(d, "message", {"how": d.pick(("for", "aria", "placeholder", "above")), "required": True})
        )
    form = Form(
        f"{task}-{item['id']}",
        wishes,
        d.pick(("Send", "Send mail", "Send now")),
        d.pick(("Your mail was sent.", "Sent.")),
    )
    page, stages = f"{item['page']}-{task}", []
    block: dict[str, Any] = {**block_of(b, form), "again": "Write again"}
    b.pages[page]["blocks"] = [block]
    made: Stage = stage_of(form, page, block)
    stages.append(made)
    words = wishes[-1].want if wishes[-1].spec["key"] == "message" else ""
    label = task.capitalize()
    if task == "reply":
        short = [
            f'reply to {which} with "{words}"',
            f'answer {which}: "{words}"',
            f'write back to {item["facts"][0][1]} about {item["title"]}: "{words}"',
        ]
    else:
        more = f' with the note "{words}"' if words else ""
        short = [f"forward {which} to {to}{more}", f"send {which} on to {to}{more}"]
    steps = [("press", item["title"]), ("press", label), *(w.step for w in wishes if w.step), ("press", form.submit)]
    return Quest(stages, steps, short, state_of(form), page=box.page, entry=box.title)

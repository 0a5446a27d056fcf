"""The e-mail inbox: open the mail that the goal speaks of, then delete, star, answer or forward it.

The plain tasks say it in one fixed way; the ``-nl`` and ``-turk`` tasks in sentences of people. In those, both names
are senders in the inbox, so the words between and around the names tell whose mail goes to whom.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from webagent.envs.types import Action, Element

from .moves import Move, click, fill, first
from .page import Expert, Lost, Page


@dataclass(frozen=True)
class Wish:
    """What is to be done with whose mail. ``kind``: delete, star, reply or forward. ``text``: the answer, or to whom
    it is forwarded."""

    kind: str
    sender: str
    text: str = ""


# ---- goals ------------------------------------------------------------------------------------------------------

PLAIN = {
    "reply": r'email by (.+?) and reply to them with the text "(.*)"',
    "forward": r"email by (.+?) and forward that email to (.+?)\.?$",
    "delete": r"email by (.+?) and click the trash()",
    "star": r"email by (.+?) and click the star()",
}


def plain_wish(page: Page) -> Wish:
    """The wish of the tasks whose goals are all built alike."""
    for kind, pattern in PLAIN.items():
        found = re.search(pattern, page.goal)
        if found:
            return Wish(kind, found[1], found[2])
    raise Lost(f"no wish in {page.goal!r}")


DELETE = r"(?i)delet|get rid|trash|remove|throw|recycl|don't want|out of my inbox"
STAR = r"(?i)\bim\w*orta\w*|\bimpora|\bmark|\bstar\b|\bflag"


def free_wish(page: Page) -> Wish:
    """The wish in a sentence of a person: what is in quotes is an answer, other kinds have words of their own."""
    answer = re.search(r'"+\s*([^"]*?)\s*"', page.goal)
    words = page.goal if answer is None else page.goal.replace(answer[0], " ")
    names = spoken(words, senders(page.past[0] if page.past else page))
    bare = words
    for name in names:
        bare = bare.replace(name, "")
    if answer is not None:
        return Wish("reply", names[0], answer[1])
    if re.search(DELETE, bare):
        return Wish("delete", names[0])
    if re.search(STAR, bare):
        return Wish("star", names[0])
    return Wish("forward", *whose_to_whom(words, names))


def senders(page: Page) -> list[str]:
    """Every beginning of a mail in the inbox that may be a name: its first word, its first two."""
    found = []
    for e in threads(page):
        words = e.name.split()
        found += [" ".join(words[:2]), words[0]]
    return found


def spoken(goal: str, names: list[str]) -> list[str]:
    """Those of the names that occur in the goal, in its order; glued to other letters only if else there is none."""
    for pattern in (r"(?<![\w-]){}(?:'?s)?(?![\w-])", "{}"):
        at: dict[int, str] = {}
        for name in names:
            for found in re.finditer(pattern.format(re.escape(name)), goal):
                if len(at.get(found.start(), "")) < len(name):
                    at[found.start()] = name
        if at:
            return list(dict.fromkeys(at[i] for i in sorted(at)))
    raise Lost(f"no sender of the inbox is named in {goal!r}")


SWAPPED = r"yesterday's emails from|email from yesterday to|[Ff]orward all messages from|^Send .+ the message from"
"""Sentences whose page has mixed up the two: the mail of the one who is said to receive it goes to the other."""


def whose_to_whom(goal: str, names: list[str]) -> tuple[str, str]:
    """Sender and receiver: the receiver follows "to"; else the sender shows by "from", "by", "'s" or what he did."""
    if len(names) < 2:
        raise Lost(f"expected two senders of the inbox in {goal!r}, found {names}")
    pair = names[:2]
    to = [n for n in pair if re.search(rf"\bto {re.escape(n)}(?![\w-])", goal)]
    of = [n for n in pair if re.search(rf"\b(?:from|by) {re.escape(n)}(?![\w-])", goal)]
    did = [n for n in pair if re.search(rf"{re.escape(n)}(?:'s?| sent| wrote)(?![\w-])", goal)]
    if len(to) == 1:
        sender, receiver = next(n for n in pair if n != to[0]), to[0]
    elif of or did:
        sender = (of or did)[0]
        receiver = next(n for n in pair if n != sender)
    else:
        raise Lost(f"who gets whose mail in {goal!r}?")
    return (receiver, sender) if re.search(SWAPPED, goal) else (sender, receiver)


# ---- the page ---------------------------------------------------------------------------------------------------


def threads(page: Page) -> list[Element]:
    """The mails of the list: sender, subject and beginning in one element each, with its icons inside."""
    return [e for e in page.of("clickable") if e.name]


def icon(page: Page, hint: str, within: Element | None = None) -> Element | None:
    """An icon by its hint, anywhere or inside an element."""
    found = page.of("clickable") if within is None else page.children(within)
    return next((e for e in found if set(hint.split()) <= set(e.hint.split())), None)


def opened(page: Page) -> tuple[str, str] | None:
    """Sender and body of the mail that is open, or None."""
    texts = [e.name for e in page.of("text")]
    if icon(page, "close email") is None or "to me" not in texts:
        return None
    at = texts.index("to me")
    return texts[at - 1], " ".join(texts[at + 1 : at + 2])


def last_opened(page: Page) -> tuple[str, str] | None:
    """The mail that was open last."""
    return next((mail for p in reversed(page.past) if (mail := opened(p))), None)


def answering(page: Page, wish: Wish, close: Element) -> Action:
    """The form of an answer: its text, then send; another mail's form is left."""
    if wish.kind != "reply" or page.named(f"to: {wish.sender}") is None:
        return click(close)
    return first(fill(page.first("textbox"), wish.text), send(page))


def forwarding(page: Page, wish: Wish, close: Element) -> Action:
    """The form to forward: to whom, then send; the text stays the mail's own."""
    sender, body = last_opened(page) or (wish.sender, "")
    if wish.kind != "forward" or sender != wish.sender:
        return click(close)
    to, text = page.of("textbox")[:2]
    same = not body or text.value.split() == body.split()
    return first(fill(to, wish.text), None if same else fill(text, body), send(page))


def send(page: Page) -> Move:
    """Click the icon that sends the form."""
    return click(page.need(icon(page, "send"), "an icon to send"))


ICONS = {"delete": "trash", "star": "star"}


def do(page: Page, wish: Wish) -> Action:
    """One step towards the wish, wherever in the inbox this is."""
    for hint, form in (("close reply", answering), ("close forward", forwarding)):
        close = icon(page, hint)
        if close is not None:
            return form(page, wish, close)
    mail = opened(page)
    if mail is not None:
        if mail[0] != wish.sender:
            return click(page.need(icon(page, "close email"), "a way back"))
        if wish.kind in ICONS:
            return click(page.need(icon(page, ICONS[wish.kind]), wish.kind))
        return click(page.get(wish.kind.capitalize(), "clickable"))
    for e in threads(page):
        if e.name.startswith(wish.sender + " "):
            return click(icon(page, ICONS[wish.kind], e) or e if wish.kind in ICONS else e)
    return click(page.need(icon(page, "search cancel"), f"a mail by {wish.sender}"))


def by(wish: Callable[[Page], Wish]) -> Expert:
    """The expert of all tasks whose goal is read in this way."""
    return lambda page: do(page, wish(page))


PLAIN_TASKS = ("", "-delete", "-forward", "-important", "-noscroll", "-reply", "-star-reply")
FREE_TASKS = ("-forward-nl", "-forward-nl-turk", "-nl-turk")

EXPERTS: dict[str, Expert] = {f"email-inbox{task}": by(plain_wish) for task in PLAIN_TASKS} | {
    f"email-inbox{task}": by(free_wish) for task in FREE_TASKS
}

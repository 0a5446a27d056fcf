"""Quests on pages that change by themselves: late results, buttons to wait for, what comes up in front."""

from __future__ import annotations

from typing import Any

from . import answers, fields, script
from .quest import Builder, Quest

RESULTS = (
    ("Check availability", "Checking…", "Free seats: {}", ("how many seats are free", "How many seats are free?")),
    ("Get a code", "One moment…", "Your code is {}", ("the code that it gives you", "What code do you get?")),
    (
        "Track parcel",
        "Asking the carrier…",
        "Arrives on {}",
        ("when the parcel arrives", "When does my parcel arrive?"),
    ),
    ("Calculate", "Calculating…", "Total: {} euros", ("the total in euros", "How many euros is the total?")),
    ("Find a table", "Looking…", "Table {} is yours", ("which table you get", "Which table do I get?")),
    ("Test connection", "Testing…", "Speed: {} Mbit/s", ("the speed in Mbit/s", "How fast is it in Mbit/s?")),
    ("Draw a winner", "Drawing…", "The winner is {}", ("who the winner is", "Who is the winner?")),
)


def late(b: Builder) -> Quest:
    """Press, wait for the result, tell it."""
    d = b.d
    label, busy, told, (clause, whole) = d.pick(RESULTS)
    value = {
        "Get a code": d.code(), "Track parcel": fields.date_words(d, d.day()), "Draw a winner": d.people(1)[0],
    }.get(label, str(d.number(2, 400)))  # fmt: skip
    page, title = b.fresh("page"), d.pick(("Service", "Check", "Status", "Enquiry", "Tools"))
    block = {
        "block": "late", "label": label, "busy": busy, "told": told.format(value), "after": d.number(6, 30) * 100,
        "goes": d.pick((0, 0, 0, 9000)), "how": b.how(), "text": d.word("prose"),
    }  # fmt: skip
    b.page(page, title, d.mixed([block, {"block": "words", "lines": d.few("prose", d.number(1, 3))}]))
    moves = [script.press(label, [busy]), script.wait([told.format(value)])]
    short = [
        f"press {label} and tell me {clause}",
        f"={whole} Press {label} to see it",
        f"find out {clause}: press {label} and wait",
        f"tell me {clause}",
        f"=I want to know {clause}, you get it with {label}",
    ]
    return Quest(
        [script.stage(page, moves, proof=[told.format(value)])], [("press", label), ("answer", clause)], short,
        answer=value, page=page, entry=title,
    )  # fmt: skip


WAITS = (
    ("Download", "Your download will be ready soon.", "Ready in {} s", "The download has started."),
    ("Continue", "Please read this first.", "You can go on in {} seconds", "Thank you, you may go on."),
    ("Skip", "A word from our sponsors.", "Skip in {}", "Skipped."),
    ("Claim reward", "Your reward is being prepared.", "{} seconds left", "Claimed."),
    ("Resend code", "We have sent you a code.", "You can ask again in {} s", "A new code was sent."),
)


def countdown(b: Builder) -> Quest:
    """Press a button that can be pressed only after some seconds."""
    d = b.d
    label, text, note, told = d.pick(WAITS)
    key, page, title = b.fresh("wait"), b.fresh("page"), d.pick(("Waiting room", "Just a moment", "Almost there"))
    block = {
        "block": "countdown", "key": key, "label": label, "text": text, "note": note, "told": told,
        "seconds": d.number(2, 5), "ready": d.pick(("Ready.", "You can go on now.", "It's time.")),
    }  # fmt: skip
    b.page(page, title, d.mixed([block, {"block": "words", "lines": d.few("prose", d.number(1, 3))}]))
    made = script.stage(page, [script.wait([], ready=label)], press=script.press(label), proof=[told])
    short = [
        f"press {label} as soon as it can be pressed",
        f"wait until {label} can be pressed, then press it",
        f"click {label} when the time is up",
        f"=When the countdown is over, press {label}",
        f"wait for the {label} button and click it",
    ]
    steps = [("plain", f"wait until {label} can be pressed"), ("press", label)]
    return Quest([made], steps, short, {f"waited.{key}": True}, page=page, entry=title)


def loading(b: Builder) -> Quest:
    """A question about a table that is there only after a while."""
    quest = answers.table(b)
    page = b.pages[quest.page]
    busy = b.d.pick(("Loading…", "Please wait…", "Fetching data"))
    page["blocks"] = [{"block": "soon", "blocks": page["blocks"], "after": b.d.number(6, 30) * 100, "busy": busy}]
    stage = quest.stages[0]
    stage["moves"] = [script.wait(stage["proof"])]
    return quest


OFFERS = (
    ("10 % off your first order", "Leave your address and save.", "Get my discount"),
    ("Stay in touch", "Our letter comes once a month.", "Sign me up"),
    ("How do you like our site?", "It takes only a minute.", "Start survey"),
    ("Get our app", "Everything in your pocket.", "Install app"),
    ("Need help?", "We can chat with you now.", "Start chat"),
    ("Turn on notifications?", "Never miss a thing again.", "Allow"),
)


def pop_over(b: Builder) -> dict[str, Any]:
    """What comes up in front of the page and has to be closed before anything else."""
    d = b.d
    title, text, offer = d.pick(OFFERS)
    return {
        "title": title, "text": text, "offer": offer,
        "close": d.pick(("Close", "Not now", "No, thanks", "Maybe later")),
        "cross": d.chance(0.4), "after": d.pick((0, 0, 300, 1200)), "how": b.how(),
    }  # fmt: skip

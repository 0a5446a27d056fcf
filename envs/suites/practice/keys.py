"""Quests with keys to press one after the other, and with people to write to."""

from __future__ import annotations

from . import script
from .quest import Builder, Quest

PADS = (
    ("Dial a number", "Number", "Call", "Calling {}", "call {}"),
    ("Door", "Code", "Open", "Opened with {}", "open the door with the code {}"),
    ("Your PIN", "PIN", "OK", "Accepted: {}", "enter the PIN {}"),
    ("Locker", "Locker number", "Unlock", "Unlocked: {}", "unlock locker {}"),
)


def keypad(b: Builder) -> Quest:
    """A number, key by key."""
    d = b.d
    title, label, button, told, does = d.pick(PADS)
    number = str(d.number(10**2, 10 ** d.number(4, 8)))
    key, page, clear = b.fresh("keypad"), b.fresh("page"), d.pick(("C", "Clear", "Delete all"))
    block = {
        "block": "keypad", "key": key, "label": label, "button": button, "told": told, "clear": clear,
        "press": b.press, "phone": d.chance(0.6),
    }  # fmt: skip
    b.page(page, title, [block])
    made = script.stage(
        page, [script.keys(label, number, clear)], press=script.press(button), proof=[told.format(number)]
    )
    said = does.format(number)
    short = [said, f"{said} on the keypad", f"=I want to {said}", f"use the keys to {said}"]
    steps = [("plain", f"press the keys {' '.join(number)}"), ("press", button)]
    return Quest([made], steps, short, {f"keypad.{key}": number}, page=page, entry=title)


def calculator(b: Builder) -> Quest:
    """Have a calculator work something out, and tell it."""
    d = b.d
    sign, word = d.pick((("+", "plus"), ("−", "minus"), ("×", "times")))
    one, other = d.number(2, 999), d.number(2, 99)
    result = {"+": one + other, "−": one - other, "×": one * other}[sign]
    key, page, clear = b.fresh("sum"), b.fresh("page"), d.pick(("C", "AC", "Clear"))
    title, label = d.pick(("Calculator", "Pocket calculator", "Sums")), d.pick(("Display", "Result"))
    b.page(page, title, [{"block": "calculator", "key": key, "label": label, "clear": clear}])
    typed = f"{one}{sign}{other}"
    moves = [{**script.keys(label, typed, clear), "also": f"= {result}"}, script.press("=", [f"= {result}"])]
    made = script.stage(page, [moves[0]], press=moves[1], proof=[f"= {result}"])
    clause = f"what {one} {word} {other} is"
    short = [
        f"use the calculator to find out {clause}", f"work out {one} {sign} {other} with the calculator and tell me",
        f"=What is {one} {sign} {other}? Use the calculator", f"tell me {clause}, the {title.lower()} knows",
    ]  # fmt: skip
    steps = [("plain", f"press {' '.join(typed)}"), ("press", "="), ("answer", "what comes out")]
    return Quest([made], steps, short, answer=str(result), page=page, entry=title)


def chat(b: Builder) -> Quest:
    """Write to one of several people."""
    d = b.d
    people = d.people(d.number(3, 7))
    who, text = d.pick(people), d.word("message")
    heading = d.pick(("Chat with {}", "You and {}", "Conversation with {}"))
    label, button = d.pick(("Message", "Write something", "Your message")), d.pick(("Send", "Reply", "➤ Send"))
    key, page, title = b.fresh("chat"), b.fresh("page"), d.pick(("Chats", "Messenger", "Conversations", "Team chat"))
    said = {
        name: d.some(("Hello!", "See you soon.", "Did you get it?", "Thanks a lot."), d.number(0, 2)) for name in people
    }
    block = {
        "block": "chat", "key": key, "people": people, "said": said, "heading": heading, "label": label,
        "button": button, "press": b.press, "how": b.how(), "none": "Choose a conversation.",
    }  # fmt: skip
    b.page(page, title, [block])
    moves = [
        script.press(who, [heading.format(who)]), script.fill(label, text, unless=[f"You: {text}"]),
        script.press(button, [f"You: {text}"]),
    ]  # fmt: skip
    made = script.stage(page, moves, proof=[heading.format(who), f"You: {text}"])
    short = [
        f'write "{text}" to {who}', f'send {who} the message "{text}"', f'=Tell {who}: "{text}"',
        f'send "{text}" to {who} in {title}', f"message {who}: {text}",
    ]  # fmt: skip
    steps = [("press", who), ("fill", label, text), ("press", button)]
    return Quest([made], steps, short, {f"chat.{key}": {who: [text]}}, page=page, entry=title)

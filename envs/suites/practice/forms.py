"""Quests that end in sending one form: letters, registrations, settings, bookings, ratings, forms of any kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from . import fields, script
from .fields import Wish
from .quest import Block, Builder, Quest
from .script import Stage
from .telling import sheets, told

PLAIN = ("text", "email", "tel", "url", "number", "date", "time", "password", "select", "textarea")
SENT = (
    "Thank you! We have received your message.",
    "Your request was sent.",
    "Done. We will write to you soon.",
    "Thanks, everything was sent.",
)
SAVED = ("Your changes were saved.", "Saved.", "Settings updated.", "All changes are stored.")
CONSENTS = ("I accept the terms", "I have read the privacy notice", "I agree to the terms and conditions")


@dataclass
class Form:
    """A form in the making. ``wishes``: its fields in order. ``told``: what it says when it was sent."""

    key: str
    wishes: list[Wish]
    submit: str
    told: str
    keeps: bool = False
    more: dict[str, Any] = field(default_factory=dict)
    """Further fields of the form's block."""


def look_of(b: Builder) -> dict[str, Any]:
    """One way of labelling for a whole form, or a mixture."""
    d = b.d
    how = d.pick(("for", "wrap", "aria", "placeholder", "cell", "above", "legend", ""))
    return {"how": how, "star": d.chance(0.5), "alert": d.chance(0.5)} if how else {"star": d.chance(0.5)}


def draw_fields(b: Builder, names: Sequence[str], required: float = 0.6) -> list[Wish]:
    """Fields of these meanings, each asked for."""
    look = look_of(b)
    return ordered([fields.field(b.d, name, {**look, "required": b.d.chance(required)}) for name in names])


def ordered(wishes: list[Wish]) -> list[Wish]:
    """As they fit together: in a table all are rows, and the first row's field has no words that look like a header."""
    if all(w.spec["how"] != "cell" for w in wishes):
        return wishes
    plain = [w for w in wishes if w.spec["type"] in PLAIN]
    for wish in wishes:
        wish.spec["how"] = "cell" if plain else "for"
    return [*plain[:1], *(w for w in wishes if w not in plain[:1])]


def block_of(b: Builder, form: Form) -> Block:
    """The form's block."""
    d = b.d
    form.wishes = ordered(form.wishes)
    for wish in form.wishes:
        wish.spec["how"] = fields.fitting(wish.spec)
    block = {
        "block": "form",
        "key": form.key,
        "fields": [w.spec for w in form.wishes],
        "submit": form.submit,
        "told": form.told,
        "keeps": form.keeps,
        "press": b.press,
        "grid": d.chance(0.2),
        "bare": d.chance(0.2),
        "complains": d.pick(("", "top")),
        "others": [d.pick(("Reset", "Clear", "Start over"))] if d.chance(0.15) else [],
    }
    if not form.keeps:
        block |= {"summary": d.chance(0.5), "again": d.pick(("Send another one", "Back to the form", "Fill in again"))}
    return {**block, **form.more}


def stage_of(form: Form, page: str, block: Block, **more: Any) -> Stage:
    """Have the form sent with all that is wished for."""
    moves = [move for wish in form.wishes for move in wish.moves]
    made: dict[str, Any] = {"press": script.press(form.submit), "proof": [form.told], **more}
    if block.get("again"):
        made["again"] = block["again"]
    return script.stage(page, moves, **made)


def state_of(form: Form) -> dict[str, Any]:
    return {f"form.{form.key}": {w.spec["key"]: w.want for w in form.wishes}}


def steps_of(form: Form) -> list[Any]:
    return [*(w.step for w in form.wishes if w.step), ("press", form.submit)]


def told_of(b: Builder, form: Form) -> str:
    """The wishes in one breath."""
    return told(b.d, form.wishes)


def consent(b: Builder) -> list[Wish]:
    """Sometimes a box without which nothing is sent; the goal may leave it to the page to ask."""
    d = b.d
    if d.chance(0.6):
        return []
    more = {
        "required": True,
        "complaint": d.pick(("Please accept this first", "You must agree before you go on")),
        "how": d.pick(("for", "wrap")),
        "look": "",
    }
    wish = fields.box(d, d.pick(CONSENTS), "consent", False, True, more)
    return [wish if d.chance(0.5) else fields.untold(wish)]


def placed(b: Builder, title: str, form: Form, wrap: str = "") -> tuple[str, Stage]:
    """Put a form on a page of its own, in a frame or a shadow root if asked for; its page and stage."""
    d = b.d
    block = block_of(b, form)
    name = b.fresh("page")
    lines = {"block": "words", "lines": d.few("prose", d.number(0, 2))}
    blocks = [lines, block] if d.chance(0.5) else [block, lines]
    if wrap == "frame":
        inner = b.page(b.fresh("inner"), title, [block], linked=False, heading="")
        height = 180 + 80 * len(form.wishes)
        blocks = [lines, {"block": "frame", "page": inner, "title": title, "height": height}]
    elif wrap == "shadow":
        blocks = [lines, {"block": "shadow", "closed": d.chance(0.3), "blocks": [block]}]
    b.page(name, title, blocks)
    return name, stage_of(form, name, block)


def sent(b: Builder, title: str, form: Form, short: list[str], wrap: str = "") -> Quest:
    """The quest of sending a form on a page of its own."""
    page, made = placed(b, title, form, wrap)
    if not form.keeps:
        short = [*short, *sheets(b.d, title, form.submit, form.wishes)]
    return Quest([made], steps_of(form), short, state_of(form), page=page, entry=title)


def contact(b: Builder, wrap: str = "") -> Quest:
    d = b.d
    names = ["name", "email", *d.some(("phone", "topic", "company", "code"), d.number(0, 2)), "message"]
    wishes = draw_fields(b, names) + consent(b)
    submit = d.pick(("Send", "Send message", "Submit", "Send it", "Contact us", "Write to us now"))
    form = Form(b.fresh("contact"), wishes, submit, d.pick(SENT))
    title = d.pick(("Contact", "Contact us", "Write to us", "Get in touch", "Ask a question", "Help desk"))
    said = told_of(b, form)
    short = [
        f"Send a message through the contact form: {said}", f"Write to them with {said}",
        f"Contact them ({said}) and send it", f"Fill in the contact form with {said}, and send it",
    ]  # fmt: skip
    return sent(b, title, form, short, wrap)


def register(b: Builder, wrap: str = "") -> Quest:
    d = b.d
    person = d.pick((["name"], ["first", "last"], []))
    names = [*person, "email", *d.some(("often", "interests", "language", "town"), d.number(0, 2))]
    wishes = draw_fields(b, names) + consent(b)
    what = d.pick(("newsletter", "mailing list", "weekly letter", "waiting list", "members' club"))
    submit = d.pick(("Sign up", "Subscribe", "Register", "Join", "Count me in"))
    form = Form(
        b.fresh("sign-up"),
        wishes,
        submit,
        d.pick(("You are on the list.", "Welcome! You are signed up.", "Thanks for joining.")),
    )
    title = d.pick((what.capitalize(), "Sign up", "Join us", "Stay informed"))
    said = told_of(b, form)
    short = [
        f"Sign up for the {what} with {said}",
        f"Subscribe to the {what}: {said}",
        f"Register for the {what} ({said})",
        f"Join the {what} with {said}",
    ]
    return sent(b, title, form, short, wrap)


def booking(b: Builder, wrap: str = "") -> Quest:
    d = b.d
    names = ["name", "day", *d.some(("time", "guests", "phone", "email", "message", "language"), d.number(1, 3))]
    wishes = draw_fields(b, names) + consent(b)
    what = d.pick(
        ("a table", "a guided tour", "an appointment", "a room", "a bicycle", "a consultation", "a tennis court")
    )
    submit = d.pick(("Book", "Book now", "Reserve", "Request booking", "Make reservation"))
    form = Form(
        b.fresh("booking"),
        wishes,
        submit,
        d.pick(("Your booking is confirmed.", "Reserved! See you soon.", "We have noted your reservation.")),
    )
    title = d.pick(("Reservations", "Book online", "Booking", "Make a reservation"))
    said = told_of(b, form)
    short = [
        f"Book {what}: {said}",
        f"Reserve {what} with {said}",
        f"Make a booking for {what} ({said})",
        f"Get me {what}; {said}",
    ]
    return sent(b, title, form, short, wrap)


def any_form(b: Builder, wrap: str = "") -> Quest:
    d = b.d
    names = d.some(sorted(fields.LABELS.keys() - set(fields.APART)), d.number(3, 6))
    wishes = draw_fields(b, names)
    if d.chance(0.5):
        label = d.pick(("Call me back", "Send me a copy", "This is urgent", "Gift wrapping", "I am a member"))
        wishes.append(fields.box(d, label, "extra", False, True))
    what = d.pick(("request", "application", "order sheet", "registration", "survey", "report", "claim"))
    submit = d.pick(("Submit", "Send", "Continue", "Finish", "Hand in", "Done", "Save"))
    form = Form(b.fresh("any"), wishes, submit, d.pick(SENT), more={"confirm": ""})
    title = f"{d.pick(('Online', 'New', 'Your', 'Quick'))} {what}"
    said = told_of(b, form)
    short = [
        f"Submit the {what} with {said}",
        f"Fill in the {what} ({said}) and send it",
        f"Hand in the {what}: {said}",
    ]
    return sent(b, title, form, short, wrap)


def rating(b: Builder, wrap: str = "") -> Quest:
    d = b.d
    names = ["stars", *d.some(("name", "message", "volume", "subject"), d.number(0, 2))]
    wishes = draw_fields(b, names, 0.3)
    thing = d.pick((d.goods(1)[0], d.word("course"), d.word("event")))
    submit = d.pick(("Publish review", "Rate", "Send rating", "Post review", "Submit"))
    form = Form(
        b.fresh("review"),
        wishes,
        submit,
        d.pick(("Thank you for your review.", "Your rating counts now.")),
        more={"text": f"What do you think of: {thing}?"},
    )
    title = d.pick(("Review", "Your opinion", "Rate us", "Reviews"))
    said = told_of(b, form)
    short = [f"Review {thing} with {said}", f"Leave a rating: {said}", f"Post a review ({said})"]
    return sent(b, title, form, short, wrap)

"""Fields of forms: what they ask for, what somebody wants in them, how they look, and how each is said in a goal.

wish = field(d, "email", {"how": "placeholder"})
wish.spec      # for the page          wish.moves    # for the demonstrator
wish.step      # ("fill", "E-mail", …) wish.tell     # "e-mail ann@x.org"
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from . import script
from .draw import Draw, words
from .quest import Step
from .script import Move

APART = ("tags", "month")
"""Meanings that stand only in forms of their own."""
HOWS = ("for", "for", "wrap", "aria", "placeholder", "cell", "above", "legend")
CLOCK = tuple(f"{hour:02d}:{minute:02d}" for hour in range(8, 19) for minute in (0, 15, 30, 45))


@dataclass
class Wish:
    """A field as it is to be when the form is sent. ``want``: its value in the page's own terms."""

    spec: dict[str, Any]
    want: Any
    moves: list[Move]
    step: Step | None
    tell: str


LABELS: dict[str, tuple[str, ...]] = {
    "name": ("Name", "Full name", "Your name", "Contact person", "Name of the guest"),
    "first": ("First name", "Given name"),
    "last": ("Last name", "Surname", "Family name"),
    "email": ("E-mail", "Email address", "E-mail address", "Your e-mail", "Mail address"),
    "phone": ("Phone", "Phone number", "Telephone", "Mobile number"),
    "street": ("Street", "Street and number", "Address", "Address line"),
    "town": ("City", "Town", "Place of residence"),
    "company": ("Company", "Organisation", "Employer"),
    "code": ("Order number", "Customer number", "Reference", "Booking code", "Member ID"),
    "message": ("Message", "Your message", "Comment", "Remarks", "Notes", "How can we help?"),
    "subject": ("Subject", "Title", "About"),
    "site": ("Website", "Homepage"),
    "day": ("Date", "Preferred date", "Day of the visit", "Date of arrival", "Start date", "When?"),
    "time": ("Time", "Preferred time", "Arrival time", "Starts at"),
    "guests": ("Number of guests", "People", "Number of persons", "Participants", "Seats"),
    "age": ("Age", "Your age", "Age of the participant"),
    "topic": ("Topic", "Reason", "Department", "What is it about?", "Category"),
    "often": ("How often", "Frequency", "Send it", "Rhythm"),
    "language": ("Language", "Preferred language", "Language of the tour"),
    "colour": ("Colour", "Choose a colour", "Finish"),
    "size": ("Size", "Format", "Choose a size"),
    "pay": ("Payment", "Payment method", "Pay by"),
    "interests": ("Interests", "Topics", "I want to read about", "Subjects"),
    "budget": ("Budget", "Highest price", "Price limit in euros"),
    "stars": ("Rating", "Your rating", "Overall impression"),
    "tags": ("Tags", "Keywords", "Skills", "Labels"),
    "month": ("Day", "Date of your visit", "Chosen day", "Appointment on"),
    "volume": ("Volume", "Brightness", "Distance in km", "Text size"),
}
CHOICES: dict[str, tuple[str, ...]] = {
    "often": ("Daily", "Weekly", "Every two weeks", "Monthly", "Once a year"),
    "size": ("Small", "Medium", "Large", "Extra large"),
    "pay": ("Credit card", "Invoice", "Bank transfer", "Cash on delivery", "Gift card"),
}


def field(d: Draw, what: str, look: dict[str, Any] | None = None) -> Wish:
    """A field of that meaning. ``look``: ``how`` it is labelled, ``required``, ``star``, ``value`` to begin with."""
    spec = {"key": what, "label": d.pick(LABELS[what]), "how": d.pick(HOWS), **(look or {})}
    if what in ("topic", "often", "language", "colour", "size", "pay"):
        return choice(d, spec, options_of(d, what))
    makers: dict[str, Callable[[Draw, dict[str, Any]], Wish]] = {
        "day": _day, "time": _time, "guests": _guests, "interests": _interests, "budget": _slider, "volume": _slider,
        "stars": _stars, "town": _town, "tags": _tags, "month": _month,
    }  # fmt: skip
    return makers[what](d, spec) if what in makers else _text(d, what, spec)


def options_of(d: Draw, what: str) -> list[str]:
    if what == "topic":
        return d.few("topic", d.number(3, 7))
    if what in ("language", "colour"):
        return d.few(what, d.number(3, 6))
    return list(CHOICES[what][: d.number(3, len(CHOICES[what]))])


def _text(d: Draw, what: str, spec: dict[str, Any]) -> Wish:
    person = d.person()
    value = {
        "name": person.name, "first": person.first, "last": person.last, "email": person.email, "phone": d.phone(),
        "street": f"{d.word('street')} {d.number(1, 140)}", "company": f"{d.word('firm')} {d.word('trade')}",
        "code": d.code(), "message": d.word("message"), "subject": d.word("subject"),
        "site": f"https://{d.word('firm').lower()}.example", "age": str(d.number(18, 90)),
    }[what]  # fmt: skip
    kinds = {
        "email": ("email", "email", "text"),
        "phone": ("tel", "text"),
        "message": ("textarea",),
        "site": ("url", "text"),
        "age": ("number",),
    }
    return text(spec, value, d.pick(kinds.get(what, ("text",))))


def text(spec: dict[str, Any], value: str, kind: str = "text", shown: str | None = None) -> Wish:
    """A field that is typed into."""
    label = spec["label"]
    told = f'"{value}"' if kind == "textarea" else value
    typed = script.fill(label, value, shown)
    return Wish({**spec, "type": kind}, value, [typed], ("fill", label, value), f"{_lower(label)} {told}")


def choice(d: Draw, spec: dict[str, Any], options: Sequence[str], kind: str = "") -> Wish:
    """One of several, in any of the ways that pages offer that."""
    kind = kind or d.pick(("select", "select", "radio", "radio", "list", "segments"))
    free = [o for o in options if o != spec.get("value")]
    want, label = d.pick(free), spec["label"]
    spec = {**spec, "type": kind, "options": list(options), "look": d.pick(("", "after")), "down": d.chance(0.5)}
    if kind in ("select", "list") and "value" not in spec:
        spec["blank"] = d.pick(("Please choose", "– select –", "Choose…", "Not chosen"))
    move = {
        "select": script.choose(label, want), "list": script.pick(label, want),
        "radio": script.tick(want, of=label), "segments": script.pressed(want, of=label),
    }[kind]  # fmt: skip
    return Wish(spec, want, [move], ("choose", label, want), f"{_lower(label)} {want}")


def date_words(d: Draw, day: date) -> str:
    """A day as people write it; every form is understood by date fields."""
    month = day.strftime("%B")
    return d.pick(
        (day.isoformat(), f"{month} {day.day}, {day.year}", f"{day.day} {month} {day.year}", day.strftime("%m/%d/%Y"))
    )


def _day(d: Draw, spec: dict[str, Any]) -> Wish:
    day, label = d.day(), spec["label"]
    value = day.isoformat()
    if spec.get("type") == "calendar" or d.chance(0.25):
        months = d.number(-3, 3)
        start = date(day.year + (day.month - 1 + months) // 12, (day.month - 1 + months) % 12 + 1, 1)
        how = spec["how"] if spec["how"] != "placeholder" else "for"
        spec = {**spec, "how": how, "type": "calendar", "from": start.isoformat()}
        said = d.pick(
            (
                value,
                f"{day.strftime('%B')} {day.day}, {day.year}",
                f"{day.day} {day.strftime('%B')} {day.year}",
                f"{day.strftime('%b')} {day.day}, {day.year}",
            )
        )
        return Wish(spec, value, [script.day(label, value)], ("choose", label, said), f"{_lower(label)} {said}")
    said = date_words(d, day)
    how = spec["how"] if spec["how"] != "placeholder" else "aria"
    moves = [script.fill(label, said, value)]
    return Wish({**spec, "how": how, "type": "date"}, value, moves, ("fill", label, said), f"{_lower(label)} {said}")


def _time(d: Draw, spec: dict[str, Any]) -> Wish:
    at, label = d.pick(CLOCK), spec["label"]
    if d.chance(0.5):
        return choice(d, spec, sorted(d.some(CLOCK, d.number(3, 7))), d.pick(("select", "radio", "list")))
    hour, minute = map(int, at.split(":"))
    said = d.pick((at, f"{hour % 12 or 12}:{minute:02d} {'PM' if hour >= 12 else 'AM'}"))
    how = spec["how"] if spec["how"] != "placeholder" else "aria"
    moves = [script.fill(label, said, at)]
    return Wish({**spec, "how": how, "type": "time"}, at, moves, ("fill", label, said), f"{_lower(label)} {said}")


def _guests(d: Draw, spec: dict[str, Any]) -> Wish:
    kind, want = d.pick(("number", "stepper", "select")), d.number(2, 7)
    if kind == "stepper":
        spec = {**spec, "how": d.pick(("for", "aria", "cell"))}
        return stepper(d, spec, d.number(max(1, want - 4), want + 2), want)
    if kind == "select":
        return choice(d, spec, [str(n) for n in range(1, d.number(5, 9))], "select")
    return text({**spec, "min": 1, "max": 40}, str(want), "number")


def stepper(d: Draw, spec: dict[str, Any], begun: int, want: int) -> Wish:
    """A number between two buttons."""
    label = spec["label"]
    less, more = d.pick((("−", "+"), ("–", "+"), ("Less", "More"), ("Fewer", "More"), ("-", "+")))
    spec = {**spec, "type": "stepper", "value": str(begun), "words": [less, more], "press": "button"}
    moves = [script.step(label, want, less, more)]
    return Wish(spec, str(want), moves, ("fill", label, want), f"{_lower(label)} {want}")


def _interests(d: Draw, spec: dict[str, Any]) -> Wish:
    options = d.few("interest", d.number(3, 8))
    want = d.some(options, d.number(1, min(3, len(options) - 1)))
    label = spec["label"]
    moves = [script.tick(o, o in want, of=label) for o in options]
    spec = {**spec, "type": "chips", "options": options, "look": d.pick(("", "after")), "down": d.chance(0.4)}
    said = " and ".join(want) if len(want) < 3 else f"{want[0]}, {want[1]} and {want[2]}"
    return Wish(spec, sorted(want), moves, ("plain", f"tick {said} under {label}"), f"{_lower(label)} {said}")


def _slider(d: Draw, spec: dict[str, Any]) -> Wish:
    size = d.pick((1, 5, 10))
    low = 0
    high = size * d.number(10, 20)
    begun = size * (high // size // 2)
    want, label = str(d.pick([n for n in range(size, high, size) if n != begun])), spec["label"]
    how = d.pick(("for", "aria", "wrap"))
    spec = {**spec, "how": how, "type": "range", "min": low, "max": high, "step": size, "value": str(begun)}
    return Wish(spec, want, [script.slide(label, want)], ("slide", label, want), f"{_lower(label)} {want}")


def _stars(d: Draw, spec: dict[str, Any]) -> Wish:
    n = d.number(1, 5)
    name = "1 star" if n == 1 else f"{n} stars"
    spec = {**spec, "type": "stars"}
    return Wish(spec, str(n), [script.pressed(name)], ("rate", n), f"{n} of 5 stars")


def _town(d: Draw, spec: dict[str, Any]) -> Wish:
    kind = d.pick(("text", "auto", "select"))
    if kind == "text":
        return text(spec, d.word("city"))
    if kind == "select":
        return choice(d, spec, sorted(d.few("city", d.number(5, 12))), "select")
    return suggested(d, spec, sorted(words()["city"]))


def _tags(d: Draw, spec: dict[str, Any]) -> Wish:
    options = d.few("interest", d.number(6, 14))
    begun, label = d.some(options, d.number(0, 3)), spec["label"]
    added = d.some([o for o in options if o not in begun], d.number(1, 2))
    dropped = d.some(begun, d.number(0, min(1, len(begun))))
    want = sorted({*begun, *added} - {*dropped})
    spec = {**spec, "type": "tags", "options": options, "value": begun, "hintWords": "Type to search"}
    step = f"add {' and '.join(added)} to {label}" + (f" and remove {dropped[0]} there" if dropped else "")
    tell = f"{label.lower()} {' and '.join(added)} added" + (f" and {dropped[0]} removed" if dropped else "")
    return Wish(spec, want, [script.tags(label, want, options)], ("plain", step), tell)


def _month(d: Draw, spec: dict[str, Any]) -> Wish:
    day, label = d.day(), spec["label"]
    ahead = d.number(-3, 3)
    start = date(day.year + (day.month - 1 + ahead) // 12, (day.month - 1 + ahead) % 12 + 1, 1)
    less, more = d.pick(
        (("Earlier", "Later"), ("‹", "›"), ("Prev", "Next"), ("«", "»"), ("Month before", "Month after"))
    )
    spec = {**spec, "type": "days", "from": start.isoformat(), "words": [less, more], "press": "button"}
    spec["sunday"] = d.chance(0.5)
    said = d.pick(
        (f"{day.strftime('%B')} {day.day}, {day.year}", f"{day.day} {day.strftime('%b')} {day.year}", day.isoformat())
    )
    moves = [script.day(label, day.isoformat(), less, more)]
    return Wish(spec, day.isoformat(), moves, ("choose", label, said), f"{_lower(label)} {said}")


def suggested(d: Draw, spec: dict[str, Any], options: Sequence[str]) -> Wish:
    """A field that suggests while one types."""
    want, label = d.pick(options), spec["label"]
    spec = {**spec, "type": "auto", "options": list(options), "look": d.pick(("", "plain"))}
    return Wish(spec, want, [script.suggest(label, want)], ("fill", label, want), f"{_lower(label)} {want}")


def box(d: Draw, label: str, key: str, begun: bool, want: bool, look: dict[str, Any] | None = None) -> Wish:
    """A box to tick, or a switch."""
    spec: dict[str, Any] = {
        "key": key,
        "label": label,
        "how": d.pick(("for", "wrap")),
        "look": d.pick(("", "", "switch", "role")),
    }
    spec = {**spec, **(look or {}), "type": "checkbox", "value": begun}
    step = ("tick" if want else "untick", label)
    return Wish(
        spec,
        want,
        [script.tick(label, want)],
        step,
        d.pick((f"{label}: yes", f'"{label}" ticked', f"{label} ticked")) if want else f"{label} not ticked",
    )


def untold(wish: Wish) -> Wish:
    """The same field where the goal says nothing of it."""
    return Wish(wish.spec, wish.want, wish.moves, None, "")


def fitting(spec: dict[str, Any]) -> str:
    """How a field of its type can be labelled: a label around several controls would be called by all their words."""
    if spec["type"] in ("stepper", "auto", "calendar", "range", "list", "checkbox") and spec["how"] == "wrap":
        return "wrap" if spec["type"] == "checkbox" else "for"
    if spec["type"] in ("date", "time", "range", "calendar", "stepper") and spec["how"] == "placeholder":
        return "aria"
    return str(spec["how"])


def at_rest(wish: Wish, begun: Any) -> Wish:
    """A field of a form that nobody asks to change: it stays as it began."""
    spec = {**wish.spec, "value": begun}
    return Wish(spec, begun, [], None, "")


def _lower(label: str) -> str:
    return label.rstrip("?").lower() if label[1:2].islower() else label.rstrip("?")

"""What is wanted in a form, in one breath: names before values or behind them, as a list, as lines.

told(d, wishes)                    # "name Ann Lee and e-mail ann@x.org", "Ann Lee as name, …"
sheets(d, "Contact", "Send", ws)   # whole sentences around "Name: Ann Lee", one a line or in a row
"""

from __future__ import annotations

from collections.abc import Sequence

from .draw import Draw
from .fields import Wish
from .wording import WHOLE, listed

NOUNS = {
    "When?": "date", "Choose a colour": "colour", "Choose a size": "size", "How can we help?": "message",
    "What is it about?": "topic", "Starts at": "start time", "Pay by": "payment method", "How often": "frequency",
    "Send it": "frequency", "I want to read about": "topics", "About": "subject", "Preferred date": "date",
    "Preferred time": "time", "Preferred language": "language", "E-mail address": "e-mail", "Email address": "email",
    "Mail address": "mail", "Telephone": "phone", "Phone number": "phone", "Mobile number": "mobile",
    "Number of guests": "guests", "Number of persons": "persons", "Street and number": "street",
}  # fmt: skip
"""How people call a field whose label is no noun, or a long one."""
STIFF = frozenset(
    (
        "When?", "Choose a colour", "Choose a size", "How can we help?", "What is it about?", "Starts at", "Pay by",
        "How often", "Send it", "I want to read about", "About",
    )
)  # fmt: skip
"""Labels that cannot stand in a sentence as they are."""
PAIRS = (
    "{0} {1}", "{0} {1}", "{0}: {1}", "{1} as {0}", "{1} as the {0}", "{1} for the {0}", "{0} = {1}", '{0} "{1}"',
    '"{1}" as {0}', "the {0} {1}",
)  # fmt: skip


def told(d: Draw, wishes: Sequence[Wish]) -> str:
    """All of them as a part of a sentence, in one manner."""
    pair, joint = d.pick(PAIRS), d.pick(("and", "and", "and", ", ", "; "))
    exact = d.chance(0.25)
    said = [_one(wish, pair, exact) for wish in wishes if wish.step and wish.tell]
    return listed(said) if joint == "and" else joint.join(said)


def _one(wish: Wish, pair: str, exact: bool) -> str:
    verb, *about = wish.step or ("plain", "")
    if verb not in ("fill", "choose", "slide"):
        return wish.tell
    label, value = str(about[0]), str(about[1])
    quotes = wish.spec["type"] == "textarea" and '"' not in pair
    return pair.format(_noun(label, exact), f'"{value}"' if quotes else value)


def _noun(label: str, exact: bool) -> str:
    """A field's name in a sentence; ``exact``: as the page has it, in quotes if need be."""
    if exact:
        return f'"{label}"' if label in STIFF else label
    name = NOUNS.get(label, label.removeprefix("Your ").rstrip("?"))
    return name[:1].lower() + name[1:] if name[1:2].islower() or name.startswith("E-") else name


def sheets(d: Draw, title: str, submit: str, wishes: Sequence[Wish]) -> list[str]:
    """Whole sentences that give the values as a list."""
    asked = [wish for wish in wishes if wish.step and wish.tell]
    if len(asked) < 2:
        return []
    exact = d.chance(0.6)
    rows = [_row(wish, exact) for wish in asked]
    end = d.pick(
        (f"Then press {submit}", f"Press {submit} at the end", "Then send it off", "Send it when you are done")
    )
    begin = d.pick(
        (f"Fill in the form under {title}", f"{title}", f"Please complete “{title}”", f"The form on the page {title}")
    )
    mark = d.pick(("", "- ", "* ", ""))
    lines = "\n".join(f"{mark}{row}" for row in rows)
    return [
        f"{WHOLE}{begin}:\n{lines}\n{end}",
        f"{WHOLE}{begin}. {'. '.join(rows)}. {end}",
        f"{WHOLE}{begin} – {', '.join(rows)}. {end}",
    ]


def _row(wish: Wish, exact: bool) -> str:
    row = _one(wish, "{0}: {1}", exact)
    if wish.spec["type"] in ("chips", "tags"):
        label = wish.spec["label"]
        row = f"{label}:{row[len(label) :]}"
    return row if exact else row[:1].upper() + row[1:]

"""Quests of long questionnaires: several pages of questions, each with a few answers to choose from."""

from __future__ import annotations

from typing import Any

from . import fields
from .forms import Form, block_of, sent, stage_of, state_of, steps_of, told_of
from .quest import Builder, Quest
from .script import Stage
from .telling import sheets, told

SCALES = (
    ("Very good", "Good", "Fair", "Poor"), ("Always", "Often", "Rarely", "Never"), ("Yes", "No", "Not sure"),
    ("Agree", "Neutral", "Disagree"), ("1", "2", "3", "4", "5"),
)  # fmt: skip
QUESTIONS = (
    "The website is easy to use", "The staff were friendly", "Waiting time", "Cleanliness", "Value for money",
    "I would come again", "I would recommend you", "The rooms are quiet", "Choice of food", "Opening times suit me",
    "Parking", "Information before the visit", "Accessibility of the building", "I read your newsletter",
    "I use public transport", "I shop online", "The prices are clear", "The app works well",
)  # fmt: skip


def questionnaire(b: Builder) -> Quest:
    """Two or three pages of questions, with one answer each."""
    d = b.d
    count = d.number(2, 3)
    asked = d.some(QUESTIONS, d.number(count, 6))
    parts = [asked[n::count] for n in range(count)]
    on, submit = d.pick(("Next", "Continue", "Next page")), d.pick(("Finish", "Submit", "Send answers", "Done"))
    title = d.pick(("Visitor survey", "Your opinion matters", "Questionnaire", "Feedback survey"))
    thanks = d.pick(("Thank you for your answers", "All answered", "Your answers were saved"))
    pages = [b.fresh("survey") for _ in parts]
    end = b.page(b.fresh("end"), thanks, [{"block": "words", "lines": d.few("prose", 1)}], linked=False)
    scale, look = d.pick(SCALES), {"how": "legend", "down": d.chance(0.5)}
    wishes: list[fields.Wish] = []
    steps: list[Any] = []
    stages: list[Stage] = []
    state: dict[str, Any] = {}
    for n, part in enumerate(parts):
        after, last = [*pages[1:], end][n], n == count - 1
        made = [_question(b, f"q{n}{i}", words, scale, look) for i, words in enumerate(part)]
        form = Form(b.fresh("part"), made, submit if last else on, "", keeps=True, more={"go": after, "others": []})
        block = block_of(b, form)
        progress = {"block": "words", "lines": [f"Page {n + 1} of {count}"]}
        heading = title if n == 0 else f"{title}, page {n + 1}"
        back = None if n == 0 else ("Back", pages[n - 1])
        b.page(pages[n], heading, [progress, block], linked=n == 0, back=back)
        proof = [thanks] if last else [f"Page {n + 2} of"]
        stages.append(stage_of(form, pages[n], block, proof=proof, proof_page=after))
        wishes += form.wishes
        steps += steps_of(form)
        state |= state_of(form)
    said = told_of(b, Form("", wishes, submit, ""))
    short = [
        f"fill in the survey: {said}",
        f"answer the questions ({said}) and finish",
        *sheets(d, title, submit, wishes),
    ]
    return Quest(stages, steps, short, state, page=pages[0], entry=title)


def _question(b: Builder, key: str, words: str, scale: tuple[str, ...], look: dict[str, Any]) -> fields.Wish:
    spec = {"key": key, "label": words, "required": True, **look}
    return fields.choice(b.d, spec, scale, b.d.pick(("radio", "radio", "radio", "segments")))


def tags(b: Builder) -> Quest:
    """A form around a field of chips: add some, take away others."""
    return _around(b, "tags", ("Edit article", "New post", "Describe your project", "Tag your photo"))


def month(b: Builder) -> Quest:
    """A form around a month that stays open."""
    return _around(b, "month", ("Choose your day", "Appointment", "Book a visit", "Date finder"))


def _around(b: Builder, what: str, titles: tuple[str, ...]) -> Quest:
    d = b.d
    wishes = [fields.field(d, what, {"how": d.pick(("for", "above", "aria") if what == "month" else ("for", "aria"))})]
    wishes += [
        fields.field(d, name, {"how": "for"})
        for name in d.some(("name", "email", "message", "subject"), d.number(0, 2))
    ]
    submit = d.pick(("Save", "Publish", "Continue", "Send", "Confirm"))
    form = Form(b.fresh(what), wishes, submit, d.pick(("Saved, thank you.", "We have noted that.", "All set.")))
    title = d.pick(titles)
    if what == "tags":
        rest = told(d, wishes[1:]) if wishes[1:] else ""
        doing = str((wishes[0].step or ("", ""))[1]) + (f" and enter {rest}" if rest else "")
    else:
        doing = f"enter {told(d, wishes)}"
    short = [
        f"{doing} and press {submit}",
        f"{doing}, then {'save it' if submit in ('Save', 'Publish') else 'submit'}",
        f"={title}: {doing}. Press {submit} at the end",
        f"=On the page {title}, {doing} and {submit.lower()}",
    ]
    return sent(b, title, form, short)

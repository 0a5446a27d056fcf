"""Goals in words: stepwise instructions, terse wishes, and how people ask politely or at length.

goal_of(d, "steps", quests)        # 'Click "Contact", type "Ann Lee" into "Name" and press "Send".'
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from .draw import Draw
from .quest import Quest, Step

STYLES = ("steps", "terse", "wordy")

VERBS: dict[str, tuple[str, ...]] = {
    "go": ("open {0}", "go to {0}", "click {0}", "navigate to {0}", "follow {0}"),
    "fill": (
        "type {1} into {0}",
        "enter {1} as {0}",
        "fill {0} with {1}",
        "put {1} into {0}",
        "write {1} in {0}",
        "set {0} to {1}",
        "type {1} into the {0} field",
        "enter {1} in the {0} field",
    ),
    "choose": (
        "choose {1} as {0}",
        "select {1} from {0}",
        "set {0} to {1}",
        "pick {1} for {0}",
        "choose {1} from the {0} list",
    ),
    "tick": ("tick {0}", "check {0}", "turn on {0}", "switch {0} on", "enable {0}"),
    "untick": ("untick {0}", "uncheck {0}", "turn off {0}", "switch {0} off", "disable {0}"),
    "mark": ("tick {0}", "check {0}", "tick off {0}", "mark {0} as done", "check {0} off"),
    "unmark": ("untick {0}", "uncheck {0}", "mark {0} as not done", "take the tick from {0}"),
    "press": ("press {0}", "click {0}", "hit {0}", "push {0}", "click on {0}", "click the {0} button"),
    "at": (
        "press {0} at {1}",
        "click {0} next to {1}",
        "click {0} for {1}",
        "press the {0} button of {1}",
        "use {0} at {1}",
    ),
    "rate": ("give {0} of 5 stars", "rate it with {0} of 5 stars", "choose {0} out of 5 stars"),
    "slide": ("set {0} to {1}", "move the {0} slider to {1}", "drag {0} to {1}"),
    "search": ("search for {0}", "look for {0} with the search", "type {0} into the search and start it"),
    "filter": ("set {0} to {1}", "filter {0} by {1}", "choose {1} under {0}"),
    "sort": ("sort by {0}", "choose {0} as the order", "order the list by {0}"),
    "tab": ("open the {0} tab", "click {0}", "switch to {0}"),
    "accept": ("confirm it", "confirm with OK", "accept the question", "say OK when asked"),
    "prompt": ("enter {0} when asked", "type {0} into the dialog and confirm", "answer the dialog with {0}"),
    "find": ("find {0} in the list", "page through the list to {0}", "look for {0} in the list"),
    "answer": ("tell me {0}", "find out {0}", "report {0}", "look up {0} and tell me"),
    "plain": ("{0}",),
}
WHOLE = "="
"""How a wish begins that is a sentence of its own: nothing is said around it."""
QUOTES = (('"', '"'), ("'", "'"), ("“", "”"), ("", ""), ("", ""))
OPENERS = (
    "Please {}.",
    "Could you {}?",
    "Can you {}?",
    "I need you to {}.",
    "I'd like you to {}.",
    "Would you please {}?",
    "Hi! Please {}. Thanks!",
    "Hello, could you {} for me?",
    "Do me a favour and {}.",
    "Your job is to {}.",
    "My task for you: {}.",
    "I want you to {}.",
    "Help me: {}.",
    "It would be great if you could {}.",
    "I can't do it myself right now, so please {}.",
    "Kindly {}.",
    "Please {} as soon as you can.",
    "On this site, {}.",
    "Use this website to {}.",
    "You are on a website; {}.",
    "Next thing on my list: {}.",
    "As discussed, please {}.",
    "Can somebody {} for me?",
    "Pls {}",
    "Pls {}, thx",
    "Hey, can u {}?",
    "Quick one: {}",
    "I would like to {}.",
    "I'm trying to {}. Can you do that?",
    "Would you mind doing this: {}?",
    "{}, please.",
    "{}. Thank you!",
    "{} pls",
    "Could somebody {}? Thank you.",
)
ASKING = tuple(opener for opener in OPENERS if "?" in opener and "this:" not in opener)
THEN = (", then ", ", and then ", ". Then ", ". After that, ", "; next, ", ". When that is done, ", " and afterwards ")


def goal_of(d: Draw, style: str, quests: Sequence[Quest]) -> str:
    """The goal of one or several quests in a style; now and then as typed in a hurry, all in small letters."""
    goal = _said(d, style, quests)
    hurry = d.chance(0.12 if style == "steps" else 0.2)
    return _hurried(goal, _typed(quests)) if hurry else goal


def _typed(quests: Sequence[Quest]) -> list[str]:
    """What has to be typed letter by letter."""
    texts = {
        str(move["text"]) for quest in quests for stage in quest.stages for move in stage["moves"] if "text" in move
    }
    texts |= {str(rule["text"]) for quest in quests for stage in quest.stages if (rule := stage.get("dialog"))}
    return sorted(texts - {"None", ""}, key=lambda text: (-len(text), text))


def _hurried(goal: str, exact: Sequence[str]) -> str:
    """In small letters but for what is typed exactly so."""
    parts = re.split(f"({'|'.join(map(re.escape, exact))})", goal) if exact else [goal]
    return "".join(part if part in exact else part.lower() for part in parts).rstrip(".")


def _said(d: Draw, style: str, quests: Sequence[Quest]) -> str:
    if style == "steps":
        return _stepwise(d, [step for quest in quests for step in _led(d, quest)])
    alone = len(quests) == 1
    told = [d.pick([s for s in quest.short if alone or not s.startswith(WHOLE)]) for quest in quests]
    if told[0].startswith(WHOLE):
        ends = told[0].endswith(("?", ".", "!")) or "\n" in told[0]
        return _capital(told[0].removeprefix(WHOLE)) + ("" if ends else ".")
    if style == "terse":
        joined = d.pick(THEN).join([told[0], *map(_small, told[1:])])
        return _capital(joined) + d.pick((".", ".", ""))
    opener = d.pick(OPENERS)
    joint = d.pick([then for then in THEN if ". " not in then] if opener in ASKING else THEN)
    if any(". " in one for one in told):  # several sentences: a question around them would not end
        opener = d.pick(("Please {}.", "Hi! Please {}.", "{}. Thank you!"))
    return _capital(opener.format(joint.join(map(_small, told))))


def _led(d: Draw, quest: Quest) -> list[Step]:
    return [("go", quest.entry), *quest.steps] if quest.entry else quest.steps


def _stepwise(d: Draw, steps: Sequence[Step]) -> str:
    left, right = d.pick(QUOTES)

    def quoted(word: object) -> str:
        text = str(word)
        if not left and text.endswith("?"):  # a label that would end the sentence
            return f'"{text}"'
        return f"{left}{text}{right}"

    said = [phrase(d, step, quoted) for step in steps]
    form = d.number(0, 3)
    if form == 0 and len(said) > 1:
        return "\n".join(f"{n}. {_capital(one)}" for n, one in enumerate(said, 1))
    if form == 1:
        return " ".join(f"{_capital(one)}." for one in said)
    joint = d.pick((", ", ", ", ", then ", "; "))
    last = d.pick((" and ", ", then ", " and finally ", " and then "))
    return _capital(joint.join(said[:-1]) + (last if len(said) > 1 else "") + said[-1]) + "."


def phrase(d: Draw, step: Step, quoted: Callable[[object], str]) -> str:
    """One step in words."""
    verb, *words = step
    form = d.pick(VERBS[verb])
    return form.format(*(words if verb in ("plain", "answer", "rate") else map(quoted, words)))


def listed(words: Sequence[str]) -> str:
    """``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _small(text: str) -> str:
    """The first letter as in the middle of a sentence; what is quoted or an abbreviation stays."""
    return text[:1].lower() + text[1:] if text[1:2].islower() else text

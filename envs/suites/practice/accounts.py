"""Quests around an account: logging in, settings, a profile, forms over several pages or behind tabs and dialogs."""

from __future__ import annotations

from typing import Any

from . import fields, script
from .fields import Wish
from .forms import SAVED, Form, block_of, draw_fields, look_of, placed, sent, stage_of, state_of, steps_of, told_of
from .quest import Builder, Quest, Step
from .script import Stage
from .telling import told
from .wording import listed

SECRET = "practice_password"
SECRETS = {SECRET: "corn-flower-31"}
"""What ``{{secret:practice_password}}`` in a goal stands for; the suite itself publishes it."""
SAVES = ("Save", "Save changes", "Apply", "Update", "Save settings", "Keep changes")


def log_in(b: Builder, then: str = "") -> Quest:
    """Log in; ``then``: the page that it leads to (default: one of its own)."""
    d = b.d
    person = d.person()
    by = d.pick(("email", "user"))
    user = person.email if by == "email" else f"{person.first.lower()}{d.number(1, 99)}"
    secret = d.chance(0.5)
    value = SECRETS[SECRET] if secret else f"{d.word('colour')}{d.number(10, 99)}{d.pick('!?#')}"
    typed = f"{{{{secret:{SECRET}}}}}" if secret else value
    look = look_of(b)
    names = ("E-mail", "Email", "E-mail address") if by == "email" else ("User name", "Username", "Login name")
    account = fields.text({"key": "user", "label": d.pick(names), "how": "for", "required": True, **look}, user)
    word = fields.text(
        {"key": "password", "label": d.pick(("Password", "Your password")), "how": "for", "required": True, **look},
        value,
        "password",
        script.MASKED,
    )
    word.moves, word.step = [script.fill(word.spec["label"], typed, script.MASKED)], ("fill", word.spec["label"], typed)
    welcome = d.pick(("Welcome back", "Your account", "You are logged in", "Hello again"))
    inside = then or b.page(b.fresh("inside"), welcome, [{"block": "words", "lines": d.few("prose", 2)}], linked=False)
    submit = d.pick(("Log in", "Sign in", "Login", "Enter", "Continue"))
    extra = [fields.at_rest(fields.box(d, "Stay logged in", "stay", False, False), False)] if d.chance(0.4) else []
    more = {
        "check": {"user": user, "password": value},
        "refusal": "User or password is wrong",
        "go": inside,
        "others": [],
    }
    form = Form(b.fresh("login"), [account, word, *extra], submit, "", more=more)
    title = d.pick(("Log in", "Sign in", "My account", "Members"))
    page, made = placed(b, title, form)
    made |= {"proof": [b.pages[inside]["heading"]], "proof_page": inside}
    made.pop("again", None)
    short = [
        f"Log in as {user} with the password {typed}",
        f"Sign in with {user} and {typed}",
        f"Log in (user {user}, password {typed})",
        f"Sign in to the account of {user}; the password is {typed}",
    ]
    return Quest([made], steps_of(form), short, state_of(form), page=page, entry=title)


def switches(b: Builder, count: int) -> tuple[list[Wish], list[Wish]]:
    """Settings that are on or off, and those of them that are to be changed."""
    d = b.d
    made, changed = [], []
    look = {"look": d.pick(("", "switch", "role", ""))} if d.chance(0.7) else {}
    for n, label in enumerate(d.few("setting", count)):
        begun = d.chance(0.5)
        change = n in (0, 1) and (n == 0 or d.chance(0.5))
        wish = fields.box(d, label, f"s{n}", begun, begun != change, look)
        made.append(wish if change else fields.untold(wish))
        if change:
            changed.append(wish)
    return d.mixed(made), changed


def settings_form(b: Builder) -> Form:
    """A form that shows what is saved, some of which is to be changed."""
    d = b.d
    wishes, _ = switches(b, d.number(2, 7))
    for name in d.some(("often", "language", "volume", "size"), d.number(0, 2)):
        begun = fields.options_of(d, name) if name != "volume" else []
        look = look_of(b)
        if name == "volume":
            wishes.append(fields.field(d, name, look))
            continue
        spec = {"key": name, "label": d.pick(fields.LABELS[name]), "how": "for", **look, "value": d.pick(begun)}
        wish = fields.choice(d, spec, begun, d.pick(("select", "radio", "list", "segments")))
        wishes.append(wish if d.chance(0.5) else kept(wish, begun))
    return Form(b.fresh("settings"), wishes, d.pick(SAVES), d.pick(SAVED), keeps=True)


def kept(wish: Wish, options: list[str]) -> Wish:
    """A choice that stays as it began: its move brings it back there."""
    begun, move = wish.spec["value"], dict(wish.moves[0])
    move["name" if move["do"] in ("tick", "pressed") else "option"] = begun
    return Wish(wish.spec, begun, [move], None, "")


def changes(b: Builder, form: Form) -> str:
    """What is to be changed, in words."""
    said = []
    turned = b.d.pick(("turn {1} {0}", "turn {1} {0}", "switch {0} {1}", "switch {1} {0}", "turn {0} {1}"))
    put = b.d.pick(("set {0} to {1}", "set {0} to {1}", "change {0} to {1}", "make {0} {1}", "put {1} as {0}"))
    for wish in form.wishes:
        if not wish.step:
            continue
        verb, *about = wish.step
        switched = verb in ("tick", "untick")
        said.append(turned.format(about[0], "on" if verb == "tick" else "off") if switched else put.format(*about))
    return listed(said)


def settings(b: Builder, wrap: str = "") -> Quest:
    d = b.d
    form = settings_form(b)
    title = d.pick(("Settings", "Preferences", "Notifications", "Options", "Account settings", "Privacy"))
    told = changes(b, form)
    short = [
        f"{told} and save",
        f"=In the settings, {told}, and save that",
        f"change the settings: {told}; save",
        f"{told}; then save the settings",
        f"{told}. Don't forget to save it",
        f"go to the settings, {told}, and submit",
    ]
    return sent(b, title, form, short, wrap)


def profile(b: Builder) -> Quest:
    """Fields that hold something already: some are to be typed anew."""
    d = b.d
    names = d.some(("name", "email", "phone", "street", "company", "site", "age"), d.number(3, 6))
    old, new = draw_fields(b, names, 1.0), []
    change = d.number(1, min(3, len(old)))
    for n, wish in enumerate(old):
        begun, spec = wish.want, {**wish.spec, "value": wish.want}
        if n < change:
            fresh = fields.field(d, names[n], spec)
            while fresh.want == begun:
                fresh = fields.field(d, names[n], spec)
            fresh.spec = {**fresh.spec, "value": begun, "type": spec["type"]}
            new.append(fresh)
        else:
            new.append(Wish(spec, begun, wish.moves, None, ""))
    form = Form(b.fresh("profile"), d.mixed(new), d.pick(SAVES), d.pick(SAVED), keeps=True)
    title = d.pick(("Profile", "My details", "Your data", "Personal details", "Edit profile"))
    told = changes(b, form)
    short = [
        f"{told} in the profile and save",
        f"update the profile: {told}",
        f"=My details have changed; {told} and save",
        f"{told}, then save it",
        f"=In my profile, {told}. Save it, please",
    ]
    return sent(b, title, form, short)


def wizard(b: Builder) -> Quest:
    """A form over two or three pages, and one that asks to confirm it all."""
    d = b.d
    names = d.some(
        ("name", "email", "day", "time", "guests", "topic", "pay", "size", "street", "phone", "colour"), d.number(3, 6)
    )
    half = max(1, len(names) // d.number(2, 3))
    parts = [names[i : i + half] for i in range(0, len(names), half)][:3]
    what = d.pick(("order", "application", "trip", "registration", "insurance"))
    title, end = f"{d.pick(('New', 'Your', 'Start'))} {what}", b.fresh("done")
    pages = [b.fresh("part") for _ in parts]
    last, on = b.fresh("check"), d.pick(("Next", "Continue", "Next step", "Go on"))
    stages: list[Stage] = []
    steps: list[Step] = []
    wishes: list[Wish] = []
    state: dict[str, Any] = {}
    for n, part in enumerate(parts):
        after = [*pages[1:], last][n]
        form = Form(f"{what}{n}", draw_fields(b, part), on, "", keeps=True, more={"go": after, "others": []})
        block = block_of(b, form)
        heading = title if n == 0 else f"{title}: part {n + 1}"
        progress = {"block": "words", "lines": [f"Step {n + 1} of {len(parts) + 1}"]}
        b.page(pages[n], heading, [progress, block], linked=n == 0)
        stages.append(stage_of(form, pages[n], block, proof=[f"Step {n + 2} of"], proof_page=after))
        steps += steps_of(form)
        wishes += form.wishes
        state |= state_of(form)
    submit = d.pick(("Confirm", "Place it", "Send now", "Finish", "Confirm and send"))
    final = Form(f"{what}-end", [], submit, "", more={"go": end, "text": "Is everything right?"})
    block = {**block_of(b, final), "again": ""}
    progress = {"block": "words", "lines": [f"Step {len(parts) + 1} of {len(parts) + 1}"]}
    b.page(last, "Check", [progress, block], linked=False, back=("Back", pages[-1]))
    thanks = d.pick(("All done", "Thank you", "It is on its way"))
    b.page(end, thanks, [{"block": "words", "lines": d.few("prose", 1)}], linked=False)
    stages.append(stage_of(final, last, block, proof=[thanks], proof_page=end, before=pages[-1], on=on))
    said = told(d, wishes)
    short = [
        f"Complete the {what} with {said}, and confirm it",
        f"Go through the {what}: {said}",
        f"Make a new {what} with {said} and confirm",
    ]
    return Quest(stages, [*steps, ("press", submit)], short, {**state, **state_of(final)}, page=pages[0], entry=title)


def behind(b: Builder, how: str = "") -> Quest:
    """A form in a tab or a fold that must be opened first."""
    d = b.d
    how = how or d.pick(("tabs", "folds"))
    form = settings_form(b)
    block = block_of(b, form)
    label = d.pick(("Notifications", "Display", "Privacy", "Advanced", "Messages"))
    others = d.some(("General", "Security", "Help", "Devices", "History", "Plans"), d.number(1, 4))
    parts: list[dict[str, Any]] = [
        {"label": o, "blocks": [{"block": "words", "lines": d.few("prose", d.number(1, 2))}]} for o in others
    ]
    parts.insert(d.number(1, len(parts)), {"label": label, "blocks": [block]})
    title, name = d.pick(("Settings", "Account", "Control centre", "Preferences")), b.fresh("page")
    outer: dict[str, Any] = {"block": how, how: parts}
    outer |= {"how": d.pick(("tab", "tab", "button", "link"))} if how == "tabs" else {"native": d.chance(0.5)}
    b.page(name, title, [outer])
    made = stage_of(form, name, block)
    made["moves"] = [script.press(label, [form.submit]), *made["moves"]]
    told = changes(b, form)
    short = [
        f"open {label}, {told} and save",
        f"{told} under {label} and save",
        f"=In the section {label}, {told}; save it",
        f"=Under {label}: {told}. Then save",
        f"{told} (you find it under {label}), then save",
    ]
    steps = [("tab", label), *steps_of(form)]
    return Quest([made], steps, short, state_of(form), page=name, entry=title)


def in_dialog(b: Builder) -> Quest:
    """A form in a dialog that a button opens."""
    d = b.d
    names = d.some(("name", "email", "phone", "day", "topic", "message", "guests", "size", "subject"), d.number(2, 4))
    label = d.pick(("New entry", "Add contact", "Create event", "New ticket", "Invite", "Add address"))
    form = Form(
        b.fresh("dialog"),
        draw_fields(b, names),
        d.pick(("Save", "Create", "Add", "Done")),
        d.pick(("It was added.", "Created.", "Entry stored.")),
    )
    block = block_of(b, form)
    cancel = d.pick(("Cancel", "Not now", ""))
    inner = {**block, "again": "", "others": [], "summary": False}
    title, name = d.pick(("Entries", "Overview", "Address book", "Plans", "Team")), b.fresh("page")
    opener = {
        "block": "opens",
        "label": label,
        "title": label,
        "form": inner,
        "cancel": cancel,
        "how": b.how(),
        "text": d.word("prose"),
    }
    more = {
        "block": "table",
        "columns": ["Name", "Since"],
        "rows": [[n, str(d.number(2001, 2024))] for n in d.people(d.number(2, 6))],
    }
    b.page(name, title, d.mixed([opener, more]))
    made = stage_of(form, name, inner)
    made["moves"] = [script.press(label, [form.submit]), *made["moves"]]
    made["modal"] = True
    told = told_of(b, form)
    short = [
        f"Use {label} to enter {told}",
        f"{label}: {told}",
        f"Press {label}, then enter {told} and press {form.submit}",
        f'=There is a button "{label}": use it and give {told}. Then press {form.submit}',
    ]
    return Quest([made], [("press", label), *steps_of(form)], short, state_of(form), page=name, entry=title)

"""The lexical policy on hand-made trees: what it reads, what it does, when it stops. No browser."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from webagent.agents.goal_targets import Target
from webagent.agents.lexical import make_agent
from webagent.agents.matching import rank, similarity
from webagent.agents.page_view import PageView
from webagent.envs.types import Action, ActionTree, Element, Observation, Shape, Task

CLICK_ROLES = {"button", "link", "checkbox", "radio", "tab", "clickable", "option", "menuitem", "switch", "treeitem"}
FIELD_ROLES = {"textbox", "searchbox", "combobox", "spinbutton", "listbox", "slider"}


class Page:
    """A small working page: fields take text, boxes toggle, clicks may change what is shown."""

    def __init__(self, url: str = "http://page/") -> None:
        self.url = url
        self.elements: list[Element] = []
        self.handlers: dict[str, Callable[[], None]] = {}
        self.log: list[str] = []
        self.error = ""

    def add(self, role: str, name: str = "", parent: str | None = None, on: Callable[[], None] | None = None, **more):
        """One more element; returns its ref."""
        ref = more.pop("ref", f"e{len(self.elements) + 1}")
        states = set(more.pop("states", ())) | {"visible"}
        if role in CLICK_ROLES | FIELD_ROLES:
            states.add("actionable")
        if role in FIELD_ROLES and more.get("tag") != "select":
            states.add("editable")
        box = more.pop("box", (10.0, 10.0 + 30 * len(self.elements), 120.0, 20.0))
        more.setdefault("tag", {"textbox": "input:text", "checkbox": "input:checkbox"}.get(role, role))
        self.elements.append(Element(ref, role, name=name, parent=parent, box=box, states=tuple(states), **more))
        if on is not None:
            self.handlers[ref] = on
        return ref

    def find(self, ref: str) -> Element:
        return next(e for e in self.elements if e.ref == ref)

    def change(self, ref: str, **fields) -> None:
        self.elements = [dataclasses.replace(e, **fields) if e.ref == ref else e for e in self.elements]

    def remove(self, *refs: str) -> None:
        self.elements = [e for e in self.elements if e.ref not in refs and e.parent not in refs]

    def do(self, action: Action) -> None:
        self.error = ""
        if action.target is None:
            return
        e = self.find(action.target)
        if e.has("disabled"):
            self.error = f"ElementDisabled: {e.ref} is disabled; do first what enables it"
            return
        if action.op == "type":
            text = action.text or ""
            self.change(e.ref, value="••••" if e.has("password") else e.value + text)
        elif action.op == "clear":
            self.change(e.ref, value="")
        elif action.op == "select":
            self.change(e.ref, value=action.text or "")
        elif action.op == "click":
            if e.role in ("checkbox", "switch", "radio"):
                self.change(e.ref, states=tuple(set(e.states) ^ {"checked"}))
            self.log.append(e.name or e.ref)
            if e.ref in self.handlers:
                self.handlers[e.ref]()

    def see(self, goal: str, step: int = 0) -> Observation:
        tree = ActionTree(tuple(self.elements), viewport=(800, 600))
        return Observation(goal=goal, url=self.url, tree=tree, last_error=self.error, step=step)


def play(page: Page, goal: str, steps: int = 20) -> list[Action]:
    """Run the agent on the page until it ends the episode; the actions that it took."""
    agent = make_agent(Task("t", goal, page.url), np.random.default_rng(0))
    done: list[Action] = []
    for number in range(steps):
        proposal = agent(page.see(goal, number))
        action = proposal.actions[0]
        done.append(action)
        if action.op in ("done", "give_up", "answer"):
            break
        page.do(action)
    return done


# ---- matching -----------------------------------------------------------------------------------------------------


def view_of(page: Page, goal: str = "") -> PageView:
    return PageView(page.see(goal).tree, goal)


def test_exact_beats_case_beats_words_beats_spelling():
    view = view_of(Page())
    labels = ("Sign in", "sign in", "Log in", "Sign in with mail", "Sgn in", "Other")
    scores = [similarity("Sign in", label, view).score for label in labels]
    assert scores == sorted(scores, reverse=True) and scores[0] == 1.0 and scores[-1] == 0.0


def test_rare_words_weigh_more():
    page = Page()
    for name in ("Delete red file", "Delete blue file", "Delete old zip"):
        page.add("button", name)
    assert rank(Target(words="Delete zip"), view_of(page))[0][1].name == "Delete old zip"


def test_the_goal_shown_on_the_page_is_not_matched():
    page = Page()
    goal = "Click on the button named OK in the middle."
    page.add("text", goal)
    ok = page.add("button", "OK")
    assert play(page, goal)[0] == Action("click", ok)


def test_among_like_buttons_the_one_on_the_named_card_is_taken():
    page = Page()
    for name in ("Red mug", "Blue mug", "Green mug"):
        page.add("heading", name, tag="h3")
        page.add("button", "Add to cart")
    actions = play(page, "Add the blue mug to the cart.")
    assert [a.op for a in actions] == ["click", "done"] and actions[0].target == "e4"


# ---- doing --------------------------------------------------------------------------------------------------------


def test_a_form_is_filled_and_sent():
    page = Page()
    name, mail = page.add("textbox", "Full name"), page.add("textbox", "Email")
    topic = page.add("combobox", "Topic", tag="select", value="General")
    for option in ("General", "Delivery"):
        page.add("option", option, parent=topic, tag="option")
    page.add("checkbox", "Send me a copy")
    page.add("button", "Send message")
    goal = (
        'Type "Ann Lee" into Full name, enter "a@x.org" into the Email field, choose Delivery from Topic, '
        'tick "Send me a copy" and press "Send message".'
    )
    assert play(page, goal)[-1].op == "done"
    assert (page.find(name).value, page.find(mail).value, page.find(topic).value) == ("Ann Lee", "a@x.org", "Delivery")
    assert page.log == ["Send me a copy", "Send message"]


def test_a_sentence_fills_the_fields_that_it_speaks_of():
    page = Page()
    for label in ("Year:", "Genre:", "Director:"):
        page.add("textbox", label)
    page.add("button", "Search")
    assert play(page, "Search for comedy movies directed by Smith from year 1999.")[-1].op == "done"
    assert [e.value for e in page.elements[:3]] == ["1999", "comedy", "Smith"]
    assert page.log == ["Search"]


def test_what_is_there_already_is_not_done_again():
    page = Page()
    page.add("textbox", "Name", value="Bob")
    page.add("checkbox", "News", states=("checked",))
    ok = page.add("button", "OK")
    assert play(page, 'Type "Bob" into Name, tick News and press OK.')[:1] == [Action("click", ok)]


def test_another_value_is_cleared_first():
    page = Page()
    field = page.add("textbox", "Name", value="Al")
    assert [a.op for a in play(page, 'Type "Bob" into the Name field.')][:2] == ["clear", "type"]
    assert page.find(field).value == "Bob"


def test_boxes_of_a_list_are_ticked_and_others_left_alone():
    page = Page()
    for name in ("abc", "Abc", "xyz", "q r"):
        page.add("checkbox", name)
    page.add("button", "Submit")
    play(page, "Select Abc, q r and click Submit.")
    assert page.log == ["Abc", "q r", "Submit"]


def test_switching_off_and_on():
    page = Page()
    mail, dark = page.add("switch", "Weekly mail", states=("checked",)), page.add("switch", "Dark mode")
    page.add("link", "Saved 0")
    page.add("button", "Save settings")
    play(page, "Turn off the weekly mail, turn on dark mode and save")
    assert not page.find(mail).has("checked") and page.find(dark).has("checked")
    assert page.log[-1] == "Save settings"


def test_a_secret_stays_a_name():
    page = Page()
    page.add("textbox", "User name")
    secret = page.add("textbox", "Password", tag="input:password", states=("password",))
    page.add("button", "Log in")
    actions = play(page, "Log in with user name ann and password {{secret:PW}}")
    assert Action("type", secret, "{{secret:PW}}") in actions and page.log == ["Log in"]


def test_tabs_are_opened_until_the_word_is_seen():
    page = Page()

    def show(number: int) -> Callable[[], None]:
        def shown() -> None:
            page.remove("w")
            for n in (1, 2, 3):
                states = {"actionable", "visible"} | ({"selected"} if n == number else set())
                page.change(f"t{n}", states=tuple(states))
            page.add("link", ("amber", "teal", "coral")[number - 1], ref="w")

        return shown

    for n in (1, 2, 3):
        page.add("tab", f"Tab {n}", ref=f"t{n}", on=show(n))
    show(1)()
    assert play(page, 'Switch between the tabs to find and click on the link "coral".')[-1].op == "done"
    assert page.log[-1] == "coral"


def test_mail_is_forwarded_in_three_moves():
    page = Page()

    def open_mail() -> None:
        page.remove("m1", "m2")
        page.add("button", "Reply")
        page.add("button", "Forward", on=forward)

    def forward() -> None:
        page.elements = []
        page.add("textbox", "To")
        page.add("textbox", "Message", value="old text")
        page.add("button", "Send")

    page.add("clickable", "Ann Lunch plans", ref="m1", on=open_mail)
    page.add("clickable", "Bob Invoice", ref="m2", on=open_mail)
    assert play(page, "Find the email by Bob and forward it to Carl.")[-1].op == "done"
    assert page.log == ["Bob Invoice", "Forward", "Send"] and page.elements[0].value == "Carl"


def table_page() -> Page:
    page = Page()
    page.add("table", ref="t")
    for r, row in enumerate([("Place", "Days", "Price"), ("Iceland", "9", "€19.00"), ("Mainland", "2", "€4.00")]):
        page.add("row", parent="t", ref=f"r{r}")
        for c, text in enumerate(row):
            role = "columnheader" if r == 0 else "rowheader" if c == 0 else "cell"
            page.add(role, text, parent=f"r{r}", ref=f"c{r}{c}", box=(100.0 * c, 30.0 * r, 90.0, 20.0))
    return page


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How many days does a parcel to Iceland take?", "9"),
        ("What is the price for Mainland?", "€4.00"),
        ("How long does it take to Mainland?", "2"),
    ],
)
def test_questions_are_answered_from_the_table(question, answer):
    assert play(table_page(), question) == [Action("answer", text=answer)]


def test_a_value_is_copied_into_the_field():
    page = Page()
    for label, value in (("Country", "France"), ("Colour", "Blue")):
        page.add("cell", label, box=(0.0, 30.0 * len(page.elements), 50.0, 20.0))
        page.add("cell", value, box=(80.0, 30.0 * (len(page.elements) - 1), 50.0, 20.0))
    field = page.add("textbox", box=(0.0, 300.0, 90.0, 20.0))
    page.add("button", "Submit")
    play(page, "Enter the value of Colour into the text field and press Submit.")
    assert page.find(field).value == "Blue" and page.log == ["Submit"]


def test_dates_and_times_are_written_as_the_field_wants_them():
    page = Page()
    day, clock = page.add("textbox", "Day", tag="input:date"), page.add("textbox", "Time", tag="input:time")
    play(page, "Enter 12/26/2016 as the day and enter 3:45 PM as the time.")
    assert (page.find(day).value, page.find(clock).value) == ("2016-12-26", "15:45")


def test_a_calendar_is_turned_to_the_month():
    page = Page()
    page.add("textbox", "Departure date", states=("readonly",), ref="f", on=lambda: calendar(10))

    def calendar(month: int) -> None:
        page.elements = page.elements[:1]
        page.add("link", "Prev", ref=f"p{month}", on=lambda: calendar(month - 1))
        page.add("text", f"{'September October November December'.split()[month - 9]} 2016")
        page.add("link", "Next", ref=f"n{month}", on=lambda: calendar(month + 1))
        for d in (1, 24, 26):
            page.add("gridcell", str(d), states=("actionable",), ref=f"d{month}-{d}",
                     on=lambda m=month, d=d: page.change("f", value=f"{m}/{d}/2016"))  # fmt: skip

    play(page, "Select 12/26/2016 as the date.")
    assert page.find("f").value == "12/26/2016"


def test_numbers_are_sorted_by_dragging():
    page = Page()
    for n in (30, 4, 17):
        page.add("text", str(n), parent="list")
    first = make_agent(Task("t", "Sort the numbers in increasing order.", ""), np.random.default_rng(0))(page.see(""))
    assert first.actions[0] == Action("drag", "e2", "e1", (0.5, 0.0))


def test_shapes_are_found_by_looks():
    page = Page()
    svg = page.add("graphics-document", tag="svg", box=(0.0, 0.0, 200.0, 200.0))
    looks = (
        ("circle", "#ff0000", 40.0),
        ("circle", "#ff0000", 12.0),
        ("rect", "#ff0000", 12.0),
        ("circle", "#0000ff", 12.0),
    )
    for kind, fill, size in looks:
        page.add("clickable", parent=svg, tag=kind, shape=Shape(kind, fill), box=(10.0, 10.0, size, size))
    assert play(page, "Click on a small red circle.")[0].target == "e3"


# ---- trouble ------------------------------------------------------------------------------------------------------


def test_a_refused_action_is_not_repeated():
    page = Page()
    goal = "Click Save."
    page.add("button", "Save", states=("disabled",))
    page.add("button", "Save as")
    agent = make_agent(Task("t", goal, ""), np.random.default_rng(0))
    first = agent(page.see(goal)).actions[0]
    page.do(first)
    assert page.error == "" or agent(page.see(goal)).actions[0] != first


def test_a_pop_up_in_the_way_is_closed_without_agreeing():
    page = Page()
    page.add("textbox", "Name", states=("disabled",), ref="n")
    page.add("text", "Your session ends. Leave the page?", ref="q")
    page.add("button", "OK", ref="ok")
    page.add("button", "Cancel", ref="no", on=lambda: go_on())

    def go_on() -> None:
        page.remove("q", "ok", "no")
        page.change("n", states=("actionable", "editable", "visible"))

    play(page, 'Type "Bob" into the Name field.')
    assert page.log == ["Cancel"] and page.find("n").value == "Bob"


def test_a_dialog_that_asks_about_the_step_is_agreed_to():
    page = Page()

    def ask() -> None:
        page.add("alertdialog", "Delete the file?", ref="d", states=("modal",))
        page.add("button", "Cancel", parent="d", ref="no", on=lambda: page.remove("d"))
        page.add("button", "OK", parent="d", ref="yes", on=lambda: page.remove("d"))

    page.add("button", "Delete report.txt", on=ask)
    assert play(page, 'Delete "report.txt".')[-1].op == "done"
    assert page.log == ["Delete report.txt", "OK"]


def test_nothing_to_match_ends_with_a_reason_and_low_confidence():
    page = Page()
    page.add("text", "Nothing here")
    goal = 'Click the button "Launch".'
    agent = make_agent(Task("t", goal, ""), np.random.default_rng(0))
    for number in range(20):
        proposal = agent(page.see(goal, number))
        if proposal.actions[0].op == "give_up":
            break
    assert proposal.actions[0].op == "give_up" and "Launch" in (proposal.actions[0].text or "")
    assert proposal.confidence is not None and proposal.confidence < 0.2


def test_an_empty_page_is_no_crash():
    assert play(Page(), "Click OK")[-1].op == "give_up"
    assert play(Page(), "")[-1].op in ("give_up", "done")


def test_a_sure_match_is_surer_than_a_vague_one():
    page, goal = Page(), "Click Save."
    page.add("button", "Save")
    sure = make_agent(Task("t", goal, ""), np.random.default_rng(0))(page.see(goal)).confidence
    page.elements = []
    for name in ("Save all", "Save as", "Save copy"):
        page.add("button", name)
    vague = make_agent(Task("t", goal, ""), np.random.default_rng(0))(page.see(goal)).confidence
    assert sure is not None and vague is not None and sure > 0.9 > vague + 0.2

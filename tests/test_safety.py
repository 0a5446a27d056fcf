"""Which actions need a person's yes, and that it is asked for."""

import io
from typing import Any

import pytest

from webagent.commitments import commitment
from webagent.envs.errors import ConfirmationRefused
from webagent.envs.html import tree_from_html
from webagent.envs.types import Action, ActionTree, Element, Observation
from webagent.safety import Guard, confirm, needs_confirmation, terminal_asker

COMMITS = {
    "payment": [
        "Pay", "Pay now", "Pay $12.00", "PAY NOW!", "Pay with card", "Buy now", "Buy it now", "Buy 2 tickets",
        "Purchase",
        "Place order", "Place your order", "Confirm order", "Confirm and pay", "Agree & pay", "Complete purchase",
        "Complete checkout", "Submit payment", "Order now", "Order and pay", "Finalize booking", "Donate $5",
        "Place bid",
        "Transfer", "Transfer money", "Send money", "Make a payment", "Yes, buy it",
        "Jetzt kaufen", "Zahlungspflichtig bestellen", "Kauf abschließen", "Bezahlen", "Jetzt bezahlen",
        "Geld überweisen",
        "Payer", "Payer 12 €", "Acheter", "Passer la commande", "Valider la commande", "Commander", "Faire un don",
        "Pagar", "Pagar ahora", "Comprar ya", "Realizar pedido", "Confirmar compra", "Finalizar el pago",
    ],
    "deletion": [
        "Delete", "Delete account", "delete 3 files", "Yes, delete it", "Permanently delete", "Delete forever",
        "🗑 Delete",
        "Confirm delete", "Remove account", "Remove this user", "Close my account", "Cancel subscription",
        "Cancel my order",
        "Empty trash", "Move to trash", "Erase everything", "Click here to delete", "Factory reset",
        "Löschen", "Konto löschen", "Ja, endgültig löschen", "Abo kündigen", "Bestellung stornieren",
        "Konto entfernen",
        "Supprimer", "Supprimer le compte", "Résilier", "Annuler l'abonnement", "Fermer mon compte",
        "Eliminar", "Borrar cuenta", "Cerrar la cuenta", "Cancelar suscripción", "Darse de baja",
    ],
    "send": [
        "Send", "Send message", "Send email", "Send & archive", "Save and send", "Publish", "Publish post", "Post",
        "Post comment",
        "Tweet", "Submit application", "Resend invitation",
        "Senden", "Nachricht senden", "Absenden", "Beitrag veröffentlichen", "Envoyer", "Envoyer le message",
        "Publier",
        "Enviar", "Enviar mensaje", "Publicar",
    ],
    "subscription": [
        "Subscribe", "Subscribe now", "Unsubscribe", "Start free trial", "Renew membership", "Newsletter abonnieren",
        "S'abonner", "Se désabonner", "Suscribirse", "Suscríbete",
    ],
}  # fmt: skip
HARMLESS = [
    "Pay attention", "Payments", "Payment methods", "Pay per view", "Pay gap", "Purchase history", "Add to cart",
    "Checkout",
    "Proceed to checkout", "View order", "Orders", "Order by", "Order history", "Order", "Delete filter",
    "Delete all filters",
    "Delete this search", "Deleted items", "Remove", "Remove from cart", "Remove filter", "Cancel", "Close",
    "Close dialog",
    "Clear", "Send me a code", "Send verification code", "Resend code", "Sent", "Sender", "Sending options",
    "Post office",
    "Posts", "Postpone", "Poster", "Transfer news", "Transfers", "Publisher", "Publish date", "Subscribers",
    "Subscriptions",
    "Subscribe to RSS", "Buying guide", "Buyer", "Bidding", "Submit", "Save", "OK", "Continue", "Next", "Sign in",
    "Log out",
    "Search", "Apply", "Reply", "Share", "Like", "Edit", "Yes", "No", "Donations", "Filter löschen", "Code senden",
    "Sendung",
    "Bestellungen", "Warenkorb", "Zahlungsarten", "Kundenkonto", "Commandes", "Envoi", "Pagos", "Compras", "Enviado",
    "Paypal", "Payload", "How to delete your account", "Undelete", "", "…",
    "Send in the clowns, a song that everybody has heard at least once",
]  # fmt: skip


@pytest.mark.parametrize("kind, name", [(kind, name) for kind, names in COMMITS.items() for name in names])
def test_names_that_commit(kind: str, name: str) -> None:
    assert commitment(name) == kind
    assert needs_confirmation(Action("click", "e1"), page(Element("e1", "button", "button", name)))


@pytest.mark.parametrize("name", HARMLESS)
def test_names_that_do_not(name: str) -> None:
    assert commitment(name) is None
    for role in ("button", "link", "clickable"):
        assert needs_confirmation(Action("click", "e1"), page(Element("e1", role, "a", name))) is None


def page(*elements: Element) -> Observation:
    return Observation(goal="g", url="http://shop.test/cart", title="Shop", tree=ActionTree(elements))


def seen(html: str) -> Observation:
    """The observation of a page, read as a browser would."""
    return Observation(url="http://shop.test/", title="Shop", tree=tree_from_html(html))


def act(observation: Observation, op: str, name: str, text: str | None = None) -> Any:
    target = next(e for e in observation.tree.elements if name in (e.name, e.hint, e.value) and e.actionable)
    return needs_confirmation(Action(op, target.ref, text), observation)


@pytest.mark.parametrize(
    "role", ["checkbox", "radio", "textbox", "searchbox", "combobox", "option", "tab", "switch", "heading"]
)
def test_what_is_no_button_does_not_commit(role: str) -> None:
    assert needs_confirmation(Action("click", "e1"), page(Element("e1", role, "input", "Send me a copy"))) is None
    assert needs_confirmation(Action("click", "e1"), page(Element("e1", role, "input", "Delete"))) is None


@pytest.mark.parametrize("role", ["button", "link", "menuitem", "clickable", "gridcell"])
def test_whatever_takes_a_click_can_commit(role: str) -> None:
    reason = needs_confirmation(Action("click", "e1"), page(Element("e1", role, "a", "Delete account")))
    assert reason == f'this may delete or end something: "Delete account" ({role})'


def test_long_names_of_links_are_prose() -> None:
    headline = "Pay rises slow as firms delete jobs"
    assert needs_confirmation(Action("click", "e1"), page(Element("e1", "link", "a", headline))) is None
    assert needs_confirmation(Action("click", "e1"), page(Element("e1", "link", "a", "Buy milk today"))), (
        "short: better ask"
    )


@pytest.mark.parametrize("op", ["hover", "type", "clear", "select", "scroll", "wait", "goto", "answer", "give_up"])
def test_other_ops_do_not_commit(op: str) -> None:
    text = "down" if op == "scroll" else "x"
    assert needs_confirmation(Action(op, "e1", text), page(Element("e1", "button", "button", "Delete"))) is None


def test_disabled_and_unknown_targets() -> None:
    off = Element("e1", "button", "button", "Delete", states=("actionable", "disabled"))
    assert needs_confirmation(Action("click", "e1"), page(off)) is None
    assert needs_confirmation(Action("click", "e9"), page(off)) is None


def test_an_icon_is_read_by_its_hint() -> None:
    observation = seen("<button class='icon-trash'><i></i></button><button class='icon-star'><i></i></button>")
    trash, star = (e.ref for e in observation.tree.elements)
    assert needs_confirmation(Action("click", trash), observation)
    assert needs_confirmation(Action("click", star), observation) is None


DIALOGS = [
    ("<div role=dialog aria-modal=true><h2>Delete account</h2><button>OK</button><button>Cancel</button></div>", True),
    ("<div role=alertdialog><p>Are you sure you want to delete 3 files?</p><button>Yes</button></div>", True),
    ("<dialog open><p>This will permanently delete your data.</p><button>Continue</button></dialog>", True),
    ("<div role=dialog><p>Möchten Sie die Nachricht wirklich senden?</p><button>Ja</button></div>", True),
    ("<div role=dialog><p>Voulez-vous supprimer ce fichier ?</p><button>Oui</button></div>", True),
    ("<div role=dialog><h2>Confirm payment</h2><button>Confirm</button></div>", True),
    ("<form aria-label='Place order'><input aria-label=Name><button>Submit</button></form>", True),
    ("<form><h2>Delete account</h2><input aria-label=Password><button>Continue</button></form>", True),
    ("<form><label>Card number <input></label><label>CVC <input></label><button>Continue</button></form>", True),
    ("<form><label>IBAN <input></label><input type=submit value=OK></form>", True),
    (
        "<div role=dialog><h2>Cookies</h2><p>We use cookies. You may delete them later.</p><button>OK</button></div>",
        False,
    ),
    ("<div role=dialog><p>In order to send you news we store data.</p><button>Accept</button></div>", False),
    ("<div role=dialog><h2>Save changes?</h2><button>Yes</button></div>", False),
    ("<form><h2>Your profile</h2><input aria-label=Name><button>Submit</button></form>", False),
    ("<h2>Delete account</h2><p>Or not?</p><button>Continue</button>", False),
    ("<div role=dialog><h2>Delete filters?</h2><a href=/x>Continue</a></div>", False),
]


@pytest.mark.parametrize("html, expected", DIALOGS)
def test_a_button_that_agrees_means_what_stands_around_it(html: str, expected: bool) -> None:
    observation = seen(html)
    agreeing = next(e for e in observation.tree.elements if e.role in ("button", "link"))
    assert bool(needs_confirmation(Action("click", agreeing.ref), observation)) is expected


def test_the_way_back_out_of_a_dialog_is_free() -> None:
    buttons = "<button>Cancel</button><button>Keep it</button><button>OK</button>"
    observation = seen(f"<div role=dialog><h2>Delete account?</h2>{buttons}</div>")
    assert not act(observation, "click", "Cancel") and not act(observation, "click", "Keep it")
    assert act(observation, "click", "OK") == 'this may delete or end something: "OK" (button)'


ORDER = "<form><label>Name <input></label><label><input type=checkbox> Gift</label><button>Pay now</button></form>"


def test_enter_in_a_field_presses_the_button_of_its_form() -> None:
    observation = seen(ORDER)
    reason = act(observation, "press", "Name", "Enter")
    assert reason == 'this may pay for or order something: Enter in "Name" (textbox) may press "Pay now" (button)'
    assert act(observation, "press", "Name", "Control+Enter") and act(observation, "press", "Gift", "NumpadEnter")
    assert act(observation, "type", "Name", "Ann\n")
    for key in ("Tab", "a", "Escape", "Space", "+", "ArrowDown"):
        assert not act(observation, "press", "Name", key)
    assert not act(observation, "type", "Name", "Ann")


def test_enter_and_space_on_a_button_are_clicks() -> None:
    observation = seen(ORDER)
    for key in ("Enter", "Space", " "):
        assert act(observation, "press", "Pay now", key)


def test_enter_without_target_goes_to_the_focus() -> None:
    for states in (("actionable",), ("actionable", "focused")):
        button = Element("e1", "button", "button", "Send", states=states)
        assert bool(needs_confirmation(Action("press", text="Enter"), page(button))) is ("focused" in states)
        field = Element("e2", "textbox", "input:text", "Name", states=states)
        typed = needs_confirmation(Action("type", text="Ann\n"), page(field, button))
        assert bool(typed) is ("focused" in states)
        assert not needs_confirmation(Action("type", text="Ann"), page(field, button))


@pytest.mark.parametrize(
    "html, expected",
    [
        ("<form><input aria-label=Q><button>Search</button></form><button>Delete</button>", False),
        ("<input type=search aria-label=Q><button>Delete</button>", False),
        ("<input aria-label=Q><button>Send</button><button>Other</button>", True),
        ("<input aria-label=Q><button>Other</button><button>Send</button>", False),
        ("<button>Send</button><input aria-label=Q>", False),
        ("<div role=group><input aria-label=Q><button>Go</button><button>Send</button></div>", True),
        ("<form><textarea aria-label=Q></textarea><button>Send</button></form>", True),
    ],
)
def test_which_button_enter_presses(html: str, expected: bool) -> None:
    assert bool(act(seen(html), "press", "Q", "Enter")) is expected


def test_lines_in_a_text_area_press_nothing() -> None:
    observation = seen("<form><textarea aria-label=Text></textarea><button>Send</button></form>")
    assert not act(observation, "type", "Text", "one\ntwo\n")


def test_parents_in_a_ring_do_not_hang() -> None:
    ring = (Element("e1", "group", "div", parent="e2"), Element("e2", "group", "div", parent="e1"))
    assert not needs_confirmation(
        Action("click", "e3"), page(*ring, Element("e3", "button", "button", "OK", parent="e1"))
    )


OBSERVATION = page(Element("e1", "button", "button", "Pay\x1b[2J now"))
PAY = Action("click", "e1")


def test_a_person_is_asked_and_decides() -> None:
    asked: list[str] = []
    Guard(ask=lambda question: not asked.append(question))(OBSERVATION, PAY)
    assert len(asked) == 1 and "http://shop.test/cart" in asked[0] and "Shop" in asked[0] and "\x1b" not in asked[0]
    with pytest.raises(ConfirmationRefused, match="not confirmed") as refused:
        Guard(ask=lambda question: False)(OBSERVATION, PAY)
    assert refused.value.exit_code == 3 and "--yes" in refused.value.hint


def test_nobody_there_means_no_and_yes_waives() -> None:
    with pytest.raises(ConfirmationRefused, match="no terminal") as refused:
        Guard()(OBSERVATION, PAY)
    assert refused.value.exit_code == 3 and "\n" not in str(refused.value)
    Guard(yes=True)(OBSERVATION, PAY)
    Guard(yes=True, ask=lambda question: pytest.fail("asked"))(OBSERVATION, PAY)
    confirm("why", PAY, OBSERVATION, yes=True, ask=None)


def test_harmless_actions_pass_unasked() -> None:
    Guard(ask=lambda question: pytest.fail("asked"))(page(Element("e1", "button", "button", "Search")), PAY)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("line, answer", [("y\n", True), ("YES\n", True), ("n\n", False), ("\n", False), ("", False)])
def test_the_question_on_a_terminal(line: str, answer: bool) -> None:
    screen = Terminal()
    ask = terminal_asker(Terminal(line), screen)
    assert ask is not None and ask("Go on?") is answer
    assert screen.getvalue() == "Go on? [y/N] "


def test_no_terminal_no_question() -> None:
    assert terminal_asker(io.StringIO("y\n"), Terminal()) is None
    assert terminal_asker(Terminal("y\n"), io.StringIO()) is None

"""Words on a button that commit a person: payments, deletions, sends, subscriptions. Data and one reading of it.

English, German, French and Spanish. Each line of a table is one phrase, read at the head of a button's words:

- ``delete``: whatever follows;
- ``pay ! attention gap``: unless the first or last word that follows is one of these;
- ``remove + account card``: only if nothing or one of these follows; ``cancel ++ order``: only if one of these follows.

German also puts the verb last ("Konto löschen"), so the tables of final verbs are read there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

_HARMLESS = (
    "filter filters filtre filtres filtro filtros selection auswahl search suche suchfilter highlight cart basket"
)
_CODE = "code otp pin codigo"
_ACCOUNT = (
    "account profile user member card file files photo video message messages comment device payment repository "
    "project workspace organization everything data forever permanently konto benutzer mitglied karte datei compte "
    "carte cuenta"
)
_PLAN = "subscription membership plan trial abo abonnement mitgliedschaft suscripcion membresia essai prueba"
_ORDER = (
    "order purchase payment booking reservation checkout transaction bestellung kauf zahlung buchung commande achat "
    "paiement reservierung pedido compra pago reserva orden reservation virement"
)

_HEADS = {
    "payment": f"""
        pay ! attention gap per scale rise raise slip stub grade transparency phone later respect heed
        buy ! guide guides back
        purchase ! history orders details
        donate
        bid + now
        place ++ order bid bet
        submit ++ order payment bid bet
        make ++ payment donation purchase
        confirm ++ {_ORDER} transfer
        complete ++ {_ORDER}
        finish ++ {_ORDER}
        finalize ++ {_ORDER}
        finalise ++ {_ORDER}
        order ++ now
        transfer + now money funds ownership balance amount
        withdraw + now money funds cash
        send ++ money
        bezahlen
        zahlen
        kaufen
        bestellen
        überweisen
        spenden
        payer
        acheter ! guide
        commander
        passer ++ commande
        confirmer ++ {_ORDER}
        valider ++ {_ORDER}
        finaliser ++ {_ORDER}
        effectuer ++ {_ORDER}
        faire ++ don
        pagar
        comprar
        donar
        transferir
        realizar ++ {_ORDER}
        confirmar ++ {_ORDER}
        finalizar ++ {_ORDER}
        completar ++ {_ORDER}
        hacer ++ {_ORDER}
    """,
    "deletion": f"""
        delete ! {_HARMLESS}
        erase ! {_HARMLESS}
        wipe
        destroy
        purge
        factory reset
        empty ++ trash bin
        move ++ trash
        remove ++ {_ACCOUNT}
        close ++ account konto
        deactivate ++ account
        terminate ++ account contract
        cancel ++ account order booking reservation appointment {_PLAN}
        löschen ! {_HARMLESS}
        entfernen ++ {_ACCOUNT}
        kündigen
        stornieren
        supprimer ! {_HARMLESS}
        effacer ! {_HARMLESS}
        résilier
        fermer ++ compte
        annuler ++ {_PLAN} {_ORDER}
        eliminar ! {_HARMLESS}
        borrar ! {_HARMLESS}
        cerrar ++ cuenta
        cancelar ++ {_PLAN} {_ORDER}
        darse ++ baja
        dar ++ baja
    """,
    "send": f"""
        send ! {_CODE}
        resend ! {_CODE}
        publish ! date
        tweet
        broadcast
        post + now comment reply review message update question answer tweet listing ad job anonymously
        submit ++ application claim complaint vote ballot review comment report
        senden ! {_CODE}
        absenden
        abschicken
        verschicken
        versenden
        veröffentlichen
        posten
        envoyer ! {_CODE}
        publier
        poster ++ commentaire message
        enviar ! {_CODE}
        mandar
        publicar
    """,
    "subscription": f"""
        subscribe ! rss feed
        unsubscribe
        start ++ {_PLAN}
        renew ++ {_PLAN}
        abonnieren
        abbestellen
        abonner
        desabonner
        suscribirse
        suscribete
        suscribir
    """,
}
_FINAL = {
    "payment": "bezahlen zahlen kaufen bestellen überweisen spenden",
    "deletion": "löschen kündigen stornieren",
    "send": "senden absenden abschicken verschicken versenden veröffentlichen posten",
    "subscription": "abonnieren abbestellen",
}
_FINAL_PAIRS = {
    "payment": "bestellung aufgeben, bestellung abschließen, bestellung bestätigen, kauf abschließen, kauf bestätigen, "
    "zahlung bestätigen, zahlung ausführen, überweisung ausführen, zahlungspflichtig buchen",
    "deletion": "konto entfernen, konto deaktivieren, konto schließen, benutzer entfernen, mitglied entfernen",
}
_ASSENTS = (
    "ok okay yes confirm continue submit proceed agree accept finish apply ja bestätigen weiter fortfahren fertig "
    "oui confirmer continuer valider accepter si aceptar confirmar continuar"
)
_ICONS = {
    "trash": "deletion",
    "delete": "deletion",
    "bin": "deletion",
    "send": "send",
    "buy": "payment",
    "pay": "payment",
}
_TOLD = {
    "payment": "pay payment purchase buy charged bezahlen kaufen bestellen zahlung payer paiement commande pagar pago",
    "deletion": "delete deleted deletion erase erased löschen gelöscht löschung supprimer suppression eliminar borrar",
    "send": "send publish senden veröffentlichen envoyer publier enviar publicar",
    "subscription": "subscribe unsubscribe abonnieren abbestellen abonner désabonner suscribirse",
}
_ANNOUNCES = ("this will ", "this action ", "you are about to ", "you re about to ", "sie sind dabei ", "cette action ",
              "esta accion ")  # fmt: skip
_PAYMENT_FIELDS = re.compile(
    r"\b(card number|credit card|cvc|cvv|security code|iban|kartennummer|kreditkarte|numero de (carte|tarjeta))\b"
)
_SKIPPED = frozenset(
    "yes ja oui si ok okay please bitte really wirklich permanently confirm click here tap to now jetzt and s se me "
    "continue proceed zum zur".split()
)
_ARTICLES = frozenset(
    "a an the this that these my your our its it all me us him her them to for la le les l un une el los las mi tu "
    "su mes votre ma mon das die der den ein eine mein dein ihr ihre now via by de del du des".split()
)
_JOINTS = re.compile(r"[,;:&+/|–—!?()]|\s-\s|\b(?:and|und|et|y|then)\b")


class _Phrase(NamedTuple):
    head: tuple[str, ...]
    sign: str
    objects: frozenset[str]

    def reads(self, words: list[str]) -> bool:
        if tuple(words[: len(self.head)]) != self.head:
            return False
        after = [w for w in words[len(self.head) :] if not w.isdecimal()]
        rest = [w for w in after if w not in _ARTICLES]
        if self.sign == "!":
            return not rest or not {rest[0], rest[-1]} & self.objects
        if self.sign:
            return bool(self.objects & set(after[:6])) or (self.sign == "+" and not rest)
        return True


def plain(text: str) -> str:
    """Lower case without accents, so that one spelling stands for all."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def words_of(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", plain(text))


def _phrases(table: str) -> tuple[_Phrase, ...]:
    made = []
    for line in table.strip().splitlines():
        head, sign, objects = re.fullmatch(r"\s*([^!+]+?)\s*(?:(!|\+\+?)(.*))?", line).groups("")  # type: ignore[union-attr]
        made.append(_Phrase(tuple(words_of(head)), sign, frozenset(words_of(objects))))
    return tuple(made)


_READ_AT_HEAD = tuple((kind, _phrases(table)) for kind, table in _HEADS.items())
_READ_AT_END = tuple((kind, frozenset(words_of(verbs))) for kind, verbs in _FINAL.items())
_PAIRS = {tuple(words_of(pair)): kind for kind, pairs in _FINAL_PAIRS.items() for pair in pairs.split(",")}
_HARMLESS_WORDS = frozenset(words_of(_HARMLESS + " " + _CODE))
_ASSENT_WORDS = frozenset(words_of(_ASSENTS))
_TOLD_WORDS = tuple((kind, frozenset(words_of(told))) for kind, told in _TOLD.items())


def commitment(name: str, most_words: int = 8) -> str | None:
    """``payment``, ``deletion``, ``send``, ``subscription`` or None: what a button of that name does.

    Names longer than ``most_words`` are prose. Each part between commas, dashes and "and" is read by itself.
    """
    if not 0 < len(words_of(name)) <= most_words:
        return None
    for part in _JOINTS.split(plain(name)):
        words = [w for w in words_of(part) if not w.isdecimal()]
        kind = _at_head(words) or _at_end(words)
        while kind is None and words and words[0] in _SKIPPED:
            words = words[1:]
            kind = _at_head(words)
        if kind:
            return kind
    return None


def _at_head(words: list[str]) -> str | None:
    return next((kind for kind, phrases in _READ_AT_HEAD if any(p.reads(words) for p in phrases)), None)


def _at_end(words: list[str]) -> str | None:
    if _HARMLESS_WORDS & set(words) or not words:
        return None
    return _PAIRS.get(tuple(words[-2:])) or next((kind for kind, verbs in _READ_AT_END if words[-1] in verbs), None)


def icon_commitment(hint: str) -> str | None:
    """The same for a button without words, from its class or file name ("icon-trash")."""
    return next((_ICONS[w] for w in words_of(hint) if w in _ICONS), None)


def is_assent(name: str) -> bool:
    """Whether a button's words only agree to what stands beside it: OK, Yes, Continue, Bestätigen."""
    words = words_of(name)
    return 0 < len(words) <= 4 and words[0] in _ASSENT_WORDS


def commitment_told(texts: Iterable[str]) -> str | None:
    """What a dialog announces: in a title without an end ("Delete account"), a question or "This will …".

    Other sentences are prose; a notice about cookies also says that one may delete them.
    """
    for text in texts:
        sentences = re.split(r"(?<=[.?!])\s+", text[:600].strip())
        for sentence in sentences:
            told = set(words_of(sentence)) - _HARMLESS_WORDS
            said = " ".join(words_of(sentence)) + " "
            if not sentence.endswith(("?",)) and not said.startswith(_ANNOUNCES):
                told = told if len(sentences) == 1 and len(told) <= 6 and not sentence.endswith((".", "!")) else set()
            kind = next((kind for kind, words in _TOLD_WORDS if words & told), None)
            if kind:
                return kind
    return None


def asks_for_payment(field: str) -> bool:
    """Whether a field of that name takes the number of a card or an account."""
    return bool(_PAYMENT_FIELDS.search(" ".join(words_of(field))))

"""Words of goals and of pages made comparable: normal form, stems, synonyms of interface words, similarity.

Everything here is plain text in, plain data out. Synonyms cover what interfaces commonly say ("sign in" = "log in");
they are no thesaurus of English.
"""

from __future__ import annotations

import difflib
import functools
import re
import unicodedata

_WORD = re.compile(r"[^\W_]+(?:[.'’][^\W_]+)*|[<>×+✕✖«»‹›#%$€£@&*?!]", re.UNICODE)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

STOP_WORDS = frozenset(
    """a an the this that these those of for to in into on onto at by with from as and or then it its is are be your
    my our their his her there here please following below above called named labeled labelled titled which whose
    who has have""".split()
)

_PHRASES = (
    (r"log ?in|sign ?in|log ?on|sign ?on", "login"),
    (r"log ?out|sign ?out|log ?off|sign ?off", "logout"),
    (r"sign ?up|register|create (?:an )?account", "signup"),
    (r"e-?mails?|mails?", "email"),
    (r"text ?box(?:es)?|text ?fields?|text ?areas?|input ?fields?|input ?box(?:es)?", "textbox"),
    (r"check ?box(?:es)?|tick ?box(?:es)?", "checkbox"),
    (r"drop ?downs?|combo ?box(?:es)?|pull-?downs?", "dropdown"),
    (r"user ?names?", "username"),
    (r"zip ?codes?|postal codes?|post ?codes?", "postcode"),
    (r"tele ?phones?|phone numbers?|mobiles?", "phone"),
)
_PHRASES_RE = tuple((re.compile(rf"\b(?:{pattern})\b"), word) for pattern, word in _PHRASES)

_SAME = {
    word: group.split()[0]
    for group in (
        "delete remove trash bin discard erase",
        "star favourite favorite",
        "search find lookup query",
        "cart basket bag trolley",
        "color colour",
        "center centre",
        "gray grey",
        "close x × ✕ ✖ dismiss",
        "picture photo image",
        "message msg",
        "number num no # nr",
        "quantity qty amount",
        "settings preferences options",
        "next > » ›",
        "previous prev < « ‹",
        "everything all",
        "first 1st",
        "second 2nd",
        "third 3rd",
        "article story",
        "flight trip",
        "cheap price cost",
    )
    for word in group.split()
}
_NEAR = tuple(
    frozenset(group.split())
    for group in (
        "submit ok okay go apply confirm done save finish send continue proceed",
        "search submit go",
        "login submit ok go continue enter",
        "login account profile member",
        "close cancel no exit",
        "start begin play",
        "buy order purchase checkout pay book",
        "forward share send",
        "reply respond answer",
        "email message",
        "create add new",
        "like love heart",
        "retweet repost share",
        "important star flag",
        "delete cancel",
        "edit change rename update",
        "bio about description",
        "phone call contact",
    )
)


@functools.lru_cache(maxsize=16384)
def normal(text: str) -> str:
    """Unicode NFKC, case folded, whitespace squeezed; marks and punctuation stay."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


@functools.lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """A light English stem: plural, -ing, -ed, -or/-er (so that "directed by" meets "Director")."""
    for possessive in ("'s", "’s"):
        word = word.removesuffix(possessive)
    word = _SAME.get(word, word)
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-2] if word.endswith(("ches", "shes", "xes", "sses")) else word[:-1]
    for ending, least in (("ing", 6), ("ed", 5), ("or", 6), ("er", 6), ("ly", 6)):
        if len(word) >= least and word.endswith(ending):
            word = word[: -len(ending)]
            break
    if len(word) > 4 and word.endswith("e"):
        word = word[:-1]
    return _SAME.get(word, word)


@functools.lru_cache(maxsize=16384)
def tokens(text: str) -> tuple[str, ...]:
    """Stemmed words of ``text`` with interface phrases made one word ("sign in" → ``login``)."""
    text = normal(_CAMEL.sub(" ", text))
    for pattern, word in _PHRASES_RE:
        text = pattern.sub(word, text)
    return tuple(stem(w) for w in _WORD.findall(text))


@functools.lru_cache(maxsize=16384)
def content(text: str) -> frozenset[str]:
    """``tokens`` without stop words; all of them where nothing else is left."""
    found = tokens(text)
    kept = frozenset(t for t in found if t not in STOP_WORDS)
    return kept or frozenset(found)


@functools.lru_cache(maxsize=16384)
def bare(text: str) -> str:
    """Normal form without outer punctuation ("Name:" → "name"); the text itself if it is punctuation only."""
    plain = normal(text)
    return plain.strip(" :*.,;!?\"'“”‘’()[]…-–|") or plain


@functools.lru_cache(maxsize=4096)
def near(a: str, b: str) -> bool:
    """Whether two stems are used for the same kind of control, more loosely than as synonyms."""
    return any(a in group and b in group for group in _STEMMED_NEAR)


_STEMMED_NEAR = tuple(frozenset(stem(w) for w in group) for group in _NEAR)


@functools.lru_cache(maxsize=8192)
def closeness(a: str, b: str) -> float:
    """Spelling similarity of two short strings in [0, 1]; 0 where the lengths already rule it out."""
    if not a or not b or min(len(a), len(b)) * 2 < max(len(a), len(b)):
        return 0.0
    matcher = difflib.SequenceMatcher(None, a, b, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() > 0.7 else 0.0

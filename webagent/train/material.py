"""What a training run learns from: corpora of episodes, a tokenizer, words to put in the place of others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from webagent.datasets.corpus import Corpus
from webagent.envs.errors import UsageError
from webagent.envs.types import Action, Episode, from_json
from webagent.models.words import Words, train_tokenizer

from .rows import Label
from .stretches import Shelf

LETTERS = re.compile(r"[^\W\d_]{3,12}", re.UNICODE)
LEARNED_FROM = ("expert", "human", "dagger", "search")
"""Sources whose actions are worth imitating; ``dagger`` holds what the expert would have done."""


@dataclass
class Library:
    """Episodes as labels, the texts in them, and what was left out by reason."""

    shelf: Shelf = field(default_factory=Shelf)
    texts: list[str] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def read_library(urls: Iterable[str], wanted: Callable[[str], bool], damaged: Callable[[str], None]) -> Library:
    """Everything in the corpora whose task is ``wanted``. Raises ``UsageError`` if there is nothing to learn from.

    Episodes without steps (goals alone) lend their texts to the tokenizer. Failures are not imitated, except where an
    expert looked over the policy's shoulder: there its labels count whatever came of the episode.
    """
    library = Library()
    for url in urls:
        for episode in Corpus(url, damaged).episodes():
            if not wanted(episode.task.id):
                library.left_out["not among the tasks"] += 1
                continue
            library.texts += _texts(episode)
            labels = labels_of(episode)
            if labels:
                library.shelf.add(episode.task.id, labels)
            else:
                library.left_out["nothing to imitate"] += 1
    if not library.shelf.counts():
        raise UsageError("expected episodes to learn from, found none", "make some: webagent data expert --out demos")
    return library


def labels_of(episode: Episode) -> list[Label]:
    """What was right at each step; empty where nothing is to be imitated."""
    source = episode.source.partition(":")[0]
    if source not in LEARNED_FROM or (source != "dagger" and not episode.success):
        return []
    outcome = None if episode.success is None else 1.0 if episode.success else -1.0
    return [
        Label(step.observation, step.action if step.action.op != "give_up" else None, outcome) for step in episode.steps
    ]


def executed(episode: Episode) -> list[Action]:
    """What was really done in an episode whose actions are an expert's labels."""
    return [from_json(Action, data) for data in episode.info.get("executed", [])]


def make_words(texts: Iterable[str], vocabulary: int) -> Words:
    """A tokenizer of these texts, each counted once."""
    return Words(train_tokenizer(sorted(set(texts)), vocabulary))


def names_in(texts: Iterable[str], most: int = 4000) -> list[str]:
    """Words of letters, the most frequent first, ties in the order of the alphabet."""
    counts = Counter(word.lower() for text in texts for word in LETTERS.findall(text))
    return [word for word, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most]]


def _texts(episode: Episode) -> Iterator[str]:
    yield episode.task.goal
    for step in episode.steps[:1]:
        for element in step.observation.tree.elements:
            yield from (text for text in (element.name, element.value, element.hint) if text)

"""What a training run learns from: corpora of episodes, a tokenizer, words to put in the place of others."""

from __future__ import annotations

import functools
import multiprocessing
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from webagent.datasets.corpus import Corpus
from webagent.envs.errors import UsageError
from webagent.envs.types import Action, Episode, Step, from_json
from webagent.models.words import Words, train_tokenizer

from .rows import Label
from .stretches import Packed, Shelf, pack

LETTERS = re.compile(r"[^\W\d_]{3,12}", re.UNICODE)
PIECE = re.compile(r" ?[^\W\d_]+", re.UNICODE)
FEWEST_TEXTS, MOST_TEXTS, COMMON = 3, 100, 5
"""Texts that a word stands in before the tokenizer learns it; as how many it counts at most; as how many a common word
counts at least."""
LEARNED_FROM = ("expert", "human", "dagger", "search")
"""Sources whose actions are worth imitating; ``dagger`` holds what the expert would have done."""
NEAR = 0.005
"""Worths that differ by less are equal; a step more on the way to the end costs twice as much."""


@dataclass
class Library:
    """Episodes as labels, the texts in them, and what was left out by reason; ``read`` adds to it."""

    wanted: Callable[[str], bool]
    """Whether the episodes of a task are learned from; it is sent to other processes."""
    damaged: Callable[[str], None]
    processes: int = 1
    frames: int = 0
    """Of the last screen frames, that are kept of each observation."""
    framed: bool = False
    """Whether any observation has one."""
    shelf: Shelf = field(default_factory=Shelf)
    texts: set[str] = field(default_factory=set)
    left_out: Counter[str] = field(default_factory=Counter)
    _known: set[tuple[str, str]] = field(default_factory=set)

    def read(self, urls: Iterable[str], once: bool = False) -> None:
        """Everything in the corpora that was not read before. Raises ``UsageError`` if there is nothing to learn from.

        ``once``: each instance of a task counts once, and all are in the order of tasks and seeds, however many
        processes wrote them and when.

        Episodes without steps (goals alone) lend their texts to the tokenizer. Failures are not imitated, except where
        an expert looked over the policy's shoulder: there its labels count whatever came of the episode.
        """
        new = [(url, shard) for url in urls for shard in Corpus(url, self.damaged).shards()]
        new = [one for one in new if one not in self._known]
        self._known.update(new)
        if self.processes > 1 and len(new) > 1:
            context = multiprocessing.get_context("spawn")
            with ProcessPoolExecutor(min(self.processes, len(new)), context) as pool:
                read = pool.map(_read_shard, *zip(*new), [self.wanted] * len(new), [self.frames] * len(new))
                self._take(read, once)
        else:
            self._take((_read_shard(url, shard, self.wanted, self.frames) for url, shard in new), once)
        if not self.shelf.counts():
            raise UsageError(
                "expected episodes to learn from, found none", "make some: webagent data expert --out demos"
            )

    def _take(self, shards: Iterable[_Shard], once: bool) -> None:
        instances: dict[tuple[str, int], Packed] = {}
        for shard in shards:
            for task, seed, packed in shard.episodes:
                if once:
                    instances[task, seed] = packed
                else:
                    self.shelf.put(task, packed)
            self.texts |= shard.texts
            self.framed |= shard.framed
            self.left_out += shard.left_out
            for line in shard.damaged:
                self.damaged(line)
        for (task, _), packed in sorted(instances.items(), key=lambda item: item[0]):
            self.shelf.put(task, packed)


@dataclass
class _Shard:
    """What a shard holds: task, seed and labels of each episode, these packed."""

    episodes: list[tuple[str, int, Packed]] = field(default_factory=list)
    texts: set[str] = field(default_factory=set)
    left_out: Counter[str] = field(default_factory=Counter)
    damaged: list[str] = field(default_factory=list)
    framed: bool = False


def _read_shard(url: str, shard: str, wanted: Callable[[str], bool], frames: int = 0) -> _Shard:
    found = _Shard()
    for episode in Corpus(url, found.damaged.append).episodes(shards=[shard]):
        if not wanted(episode.task.id):
            found.left_out["not among the tasks"] += 1
            continue
        found.texts.update(_texts(episode))
        labels = [_with_frames(label, frames) for label in labels_of(episode)]
        found.framed |= any(label.observation.frames for label in labels)
        if labels:
            found.episodes.append((episode.task.id, episode.task.seed, pack(labels)))
        else:
            found.left_out["nothing to imitate"] += 1
    return found


def _with_frames(label: Label, most: int) -> Label:
    """With no more frames than are looked at: each takes as much memory as a hundred observations."""
    seen = label.observation
    kept = seen.frames[max(0, len(seen.frames) - most) :]
    return replace(label, observation=replace(seen, frames=kept)) if len(kept) < len(seen.frames) else label


def labels_of(episode: Episode) -> list[Label]:
    """What was right at each step; empty where nothing is to be imitated."""
    source = episode.source.partition(":")[0]
    if source not in LEARNED_FROM or (source != "dagger" and not episode.success):
        return []
    outcome = None if episode.success is None else 1.0 if episode.success else -1.0
    done = executed(episode) or [step.action for step in episode.steps]
    return [
        Label(
            step.observation, step.action if step.action.op != "give_up" else None, outcome, last,
            chances=as_right(step) if source == "search" else (),
        )
        for step, last in zip(episode.steps, [None, *done])
    ]  # fmt: skip


def as_right(step: Step) -> tuple[tuple[Action, float], ...]:
    """What a search found to lead to the end as soon as what was done, with its share of the visits. () where it found
    no way to the end: what was done is all that turned out right.

    The other candidates were visited to find that out, and keep no share (as "policy target pruning" does in Wu 2019,
    "Accelerating self-play learning in Go", arXiv:1902.10565).
    """
    best = max((worth for worth in step.worths if worth is not None), default=0.0)
    if best <= 0 or step.proposal is None:
        return ()
    kept = [
        (action, visits)
        for action, visits, worth in zip(step.proposal.actions, step.visits, step.worths, strict=True)
        if worth is not None and worth > best - NEAR and visits
    ]
    total = sum(visits for _, visits in kept)
    return tuple((action, visits / total) for action, visits in kept)


def executed(episode: Episode) -> list[Action]:
    """What was really done in an episode whose actions are an expert's labels; empty for others."""
    return [from_json(Action, data) for data in episode.info.get("executed", [])]


def make_words(texts: Iterable[str], vocabulary: int) -> Words:
    """A tokenizer of the words in these texts, with the space before them, and of common ones.

    A word of a few texts only is most often made up (a password, a name in one goal): it is spelled. One that stands in
    very many counts no more than others that stand in many, or a single task's would take all the room.
    """
    counts = Counter(piece for text in texts for piece in PIECE.findall(text))
    weights = {piece: min(count, MOST_TEXTS) for piece, count in counts.items() if count >= FEWEST_TEXTS}
    for word in common_words():
        for piece, weight in ((f" {word}", COMMON), (word.capitalize(), COMMON // 2)):
            weights[piece] = max(weights.get(piece, 0), weight)
    pieces = (piece for piece, weight in sorted(weights.items()) for _ in range(weight))
    return Words(train_tokenizer(pieces, vocabulary))


@functools.cache
def common_words() -> tuple[str, ...]:
    """Words that people use when they ask for something, whatever the corpora hold (``words.txt``)."""
    lines = Path(__file__).with_name("words.txt").read_text(encoding="utf-8").splitlines()
    return tuple(word for line in lines if not line.startswith("#") for word in line.split())


def names_in(texts: Iterable[str], most: int = 4000) -> list[str]:
    """Words of letters in the texts, the most frequent first, ties in the order of the alphabet; then common ones."""
    counts = Counter(word.lower() for text in texts for word in LETTERS.findall(text))
    own = [word for word, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most]]
    return list(dict.fromkeys([*own, *common_words()]))


def _texts(episode: Episode) -> Iterator[str]:
    yield episode.task.goal
    for step in episode.steps[:1]:
        for element in step.observation.tree.elements:
            yield from (text for text in (element.name, element.value, element.hint) if text)

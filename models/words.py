"""Text for the policy: subwords with their places, and whole words to compare.

Subwords come from a byte-level BPE (``tokenizer.json`` of the Hugging Face tokenizers library), so that any text can be
read and written. Digits stand alone. Words, for telling whether two texts speak of the same thing, are compared by a
31-bit hash of their lower-case form without a plural's s or a number's leading zeros.
"""

from __future__ import annotations

import functools
import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tokenizers import Tokenizer

PAD, END, UNKNOWN_TEXT = "<pad>", "<end>", "<gap>"
SPECIAL = (PAD, END, UNKNOWN_TEXT)
WORD = re.compile(r"\w+", re.UNICODE)
CACHED = 65_536


class Words:
    """Reads and writes text with one tokenizer. Results are cached: pages repeat their words."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.read = functools.lru_cache(CACHED)(self._read)

    @classmethod
    def load(cls, path: str | Path) -> Words:
        """From a ``tokenizer.json``; raises ``OSError`` or ``DataDamaged``."""
        from tokenizers import Tokenizer

        from webagent.envs.errors import DataDamaged

        text = Path(path).read_text(encoding="utf-8")
        try:
            return cls(Tokenizer.from_str(text))
        except Exception as error:  # the library raises nothing narrower
            raise DataDamaged(f"{path} is no tokenizer: {error}") from error

    @classmethod
    def of_text(cls, text: str) -> Words:
        """From the content of a ``tokenizer.json``."""
        from tokenizers import Tokenizer

        return cls(Tokenizer.from_str(text))

    def _read(self, text: str) -> tuple[tuple[int, ...], tuple[tuple[int, int], ...]]:
        """Subword ids and the characters ``(start, end)`` that each covers, outer spaces aside."""
        found = self.tokenizer.encode(text, add_special_tokens=False)
        return tuple(found.ids), tuple(_tight(text, *place) for place in found.offsets)

    def write(self, ids: Sequence[int]) -> str:
        text: str = self.tokenizer.decode(list(ids), skip_special_tokens=True)
        return text


def _tight(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    return start, end


@functools.lru_cache(CACHED)
def word_hashes(text: str) -> tuple[tuple[int, int, int], ...]:
    """``(start, end, hash)`` of every word, in order; hashes are in [1, 2³¹)."""
    return tuple((m.start(), m.end(), hashed(m[0])) for m in WORD.finditer(text))


def hashed(word: str) -> int:
    plain = word.lower().lstrip("0") or "0"
    if len(plain) > 3 and plain.endswith("s") and not plain.endswith("ss"):
        plain = plain[:-1]
    return (zlib.crc32(plain.encode()) & 0x7FFFFFFF) or 1


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> Tokenizer:
    """A byte-level BPE of at most ``vocabulary`` subwords, the special ones first. The same texts give the same one."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            # A word with the space before it, a digit, a run of signs; underscores and case changes part words too.
            pre_tokenizers.Split(Regex(r" ?\p{L}+| ?\d| ?[^\s\p{L}\d]|\s+"), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(SPECIAL),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer

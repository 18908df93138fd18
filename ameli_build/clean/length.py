"""Filter 2 (section 3.2): a review of more than 500 tokens leaves.

A WordPiece token covers at least one character, and a normalised character comes from at least one byte, so that a
text of at most `limit` bytes need not be tokenized. Longer ones are cut at their spaces, where BERT's pre-tokenizer
cuts them anyway, and each distinct part is counted once: a word of the vocabulary is one token and each mark behind it
another, what else there is the tokenizer counts. Other tokenizers allow none of this: they read every text whole.
"""

from __future__ import annotations

from threading import Lock
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from ameli_build.clean.verdicts import Verdict
from ameli_build.core.arrays import Integers
from ameli_build.core.reasons import Reason
from ameli_build.core.records import joined_text_expr
from ameli_build.models.tokens import Counter

BATCH = 20_000
"""Texts that the tokenizer is given at a time."""
CUT = 2_000
"""Texts that are cut into parts at a time: so few that the allocator keeps the memory for the next ones."""
PLACES = 1 << 19
"""Short parts whose number of tokens is remembered, at most."""
OTHERS = 1 << 17
"""Other parts that are remembered, at most."""
LONGEST = 40
"""Characters of the longest part that is remembered."""
INLINE = 12
"""Bytes of a string that Arrow holds beside its length."""
_WORD = r"^([A-Za-z]+)[!-/:-@\[-`{-~]*$"

_NOTHING = np.uint64(2**64 - 1)
_LENGTH = np.uint64(2**32 - 1)
_MIX = np.uint64(0x9E3779B97F4A7C15)

Keys = npt.NDArray[np.uint64]
N = TypeVar("N", np.int64, np.uint64)


class PartCounts:
    """The number of tokens of parts between spaces.

    Parts of up to 12 bytes are looked up by those bytes, as polars holds them, in a table with a place for each; a
    part that is longer, or finds its place taken, in a dictionary. Threads can share it.
    """

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._low = np.full(PLACES, _NOTHING, np.uint64)
        self._high = np.zeros(PLACES, np.uint64)
        self._counts = np.zeros(PLACES, np.int64)
        self._others: dict[str, int] = {}
        self._lock = Lock()

    def __call__(self, parts: pl.Series) -> Integers:
        """The number of tokens of each of `parts`."""
        low, high = _views(parts)
        places = _places(low, high)
        known = (_at(self._low, places) == low) & (_at(self._high, places) == high)
        counts = _at(self._counts, places)
        rest = np.flatnonzero(~known)
        if len(rest):
            counts[rest] = self._look_up(parts[rest].to_list())
        return counts

    def _look_up(self, parts: list[str]) -> list[int]:
        """The number of tokens of parts that are not in the table."""
        known = list(map(self._others.get, parts))
        distinct = pl.Series(list({part for part, n in zip(parts, known, strict=True) if n is None}), dtype=pl.String)
        fresh = self._count(distinct)
        self._remember(distinct, fresh)
        told = dict(zip(distinct, fresh.tolist(), strict=True))
        return [told[part] if n is None else n for part, n in zip(parts, known, strict=True)]

    def _remember(self, parts: pl.Series, counts: Integers) -> None:
        low, high = _views(parts)
        places = _places(low, high)
        with self._lock:
            useful = np.flatnonzero((_at(self._low, places) == _NOTHING) & ((low & _LENGTH) <= INLINE))
            places, first = np.unique(places[useful], return_index=True)
            chosen = useful[first]
            self._counts[places] = counts[chosen]
            self._high[places] = high[chosen]
            self._low[places] = low[chosen]  # last: a reader that knows it finds the others in place
            left = np.delete(np.arange(len(parts)), chosen)
            told = zip(parts[left], counts[left].tolist(), strict=True)
            if len(self._others) + len(left) > OTHERS:
                self._others = {}
            self._others.update((part, count) for part, count in told if len(part) <= LONGEST)

    def _count(self, parts: pl.Series) -> Integers:
        """The number of tokens of parts that are distinct, most of them words of the vocabulary."""
        words = parts.str.extract(_WORD)
        known = pl.Series([word in self._counter.words for word in words.str.to_lowercase()], dtype=pl.Boolean)
        marked = (1 + parts.str.len_bytes() - words.str.len_bytes()).fill_null(0).cast(pl.Int64)
        counts: Integers = marked.to_numpy(writable=True)
        counts[~known.to_numpy()] = self._counter.count_parts(parts.filter(~known).to_list())
        return counts


def _places(low: Keys, high: Keys) -> Integers:
    """The place of each part in the table."""
    mixed: Keys = high * _MIX
    mixed ^= low
    mixed *= _MIX
    mixed >>= np.uint64(64 - PLACES.bit_length() + 1)
    return mixed.view(np.int64)


def _at(column: npt.NDArray[N], places: Integers) -> npt.NDArray[N]:
    """`column[places]`, but twice as fast, as all places are known to be good."""
    return column.take(places, mode="clip")


def _views(parts: pl.Series) -> tuple[Keys, Keys]:
    """The two halves of how Arrow holds a string: its length and 12 bytes, where it is no longer than that."""
    array = parts.to_arrow(compat_level=pl.CompatLevel.newest())
    halves = np.frombuffer(array.buffers()[1], np.uint64).reshape(-1, 2)[array.offset : array.offset + len(array)]
    return halves[:, 0], halves[:, 1]


def count_tokens(reviews: pl.DataFrame, counter: Counter, limit: int, parts: PartCounts | None = None) -> pl.DataFrame:
    """`reviews` with `bytes` (UTF-8, of the joined text) and `tokens`.

    `tokens` is null where the number of bytes already tells that it is at most `limit`. `parts` is what earlier calls
    with this counter have remembered.
    """
    measured = reviews.with_columns(bytes=_joined_bytes())
    unclear = measured["bytes"] > limit if counter.at_most_one_a_byte else measured["bytes"] >= 0
    texts = reviews.filter(unclear).select(text=joined_text_expr())["text"]
    counts = _by_parts(texts, parts or PartCounts(counter)) if counter.splits_at_spaces else _whole(texts, counter)
    tokens = np.zeros(reviews.height, np.int64)
    tokens[unclear.to_numpy()] = counts
    counted = pl.when(unclear).then(pl.Series(tokens))
    return measured.with_columns(tokens=counted)


def _joined_bytes() -> pl.Expr:
    """The number of bytes of the joined text, without joining it."""
    title, text = pl.col("title"), pl.col("text")
    blank = title.str.strip_chars() == ""
    head = pl.when(blank).then(0).otherwise(title.str.len_bytes().cast(pl.Int64) + len(". "))
    return head + text.str.len_bytes().cast(pl.Int64)


def _whole(texts: pl.Series, counter: Counter) -> list[int]:
    return [n for start in range(0, len(texts), BATCH) for n in counter(texts[start : start + BATCH].to_list())]


def _by_parts(texts: pl.Series, parts: PartCounts) -> Integers:
    """Tokens of each text as the sum over its parts between spaces."""
    sums = [np.zeros(0, np.int64)]
    for start in range(0, len(texts), CUT):
        split = texts[start : start + CUT].str.split(" ")
        begins = np.concatenate([[0], split.list.len().to_numpy()[:-1]]).cumsum()
        sums.append(np.add.reduceat(parts(split.explode()), begins))
    return np.concatenate(sums)


def too_long(limit: int) -> Verdict:
    """Drop a review of more than `limit` tokens."""
    return Verdict(
        Reason.TOO_LONG,
        fails=(pl.col("tokens") > limit).fill_null(False),
        detail=pl.format("{} tokens", pl.col("tokens")),
        value=pl.coalesce(pl.col("tokens").cast(pl.String), pl.format("{} bytes, so no more tokens", pl.col("bytes"))),
        threshold=pl.lit(str(limit)),
    )

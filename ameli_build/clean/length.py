"""Filter 2 (section 3.2): reviews of more than 500 tokens leave.

A WordPiece token has at least one character, and a normalised character comes from at least one byte. So a text of at
most `limit` bytes is not tokenized. Longer texts are split at spaces, where BERT's pre-tokenizer splits them too, and
each distinct part is counted once. A word of the vocabulary is one token, and each punctuation mark behind it is
another token; the tokenizer counts all other parts. Other tokenizers get whole texts.
"""

from __future__ import annotations

from threading import Lock
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import Field

from ameli_build.clean.verdicts import Verdict
from ameli_build.core.arrays import Integers
from ameli_build.core.reasons import Reason
from ameli_build.core.records import joined_text_expr
from ameli_build.core.settings.section import Section, Tokens
from ameli_build.models.tokens import Counter

BATCH = 20_000
"""Texts in one call of the tokenizer."""
CUT = 2_000
"""Texts that are split in one step. With so few texts the allocator reuses the memory."""
PLACES = 1 << 19
"""Places in the table of short parts."""
OTHERS = 1 << 17
"""Largest number of other parts in the cache."""
LONGEST = 40
"""Characters of the longest part in the cache."""
INLINE = 12
"""Bytes of a string that Arrow stores next to its length."""
_WORD = r"^([A-Za-z]+)[!-/:-@\[-`{-~]*$"

_NOTHING = np.uint64(2**64 - 1)
_LENGTH = np.uint64(2**32 - 1)
_MIX = np.uint64(0x9E3779B97F4A7C15)

Keys = npt.NDArray[np.uint64]
N = TypeVar("N", np.int64, np.uint64)


class LengthSettings(Section):
    """Filter 2."""

    tokenizer: str = ""
    """Tokenizer that counts the tokens of a review. Empty: that of `models.text_encoder`."""
    max_tokens: Tokens = Field(default=500, ge=1)
    """Length above which a review leaves as `too_long`, special tokens not counted."""


class PartCounts:
    """A cache of the number of tokens of parts between spaces. Threads can share it.

    A part of up to 12 bytes has a place in a table, found by the part's bytes in Arrow's format. Longer parts, and
    parts whose place is taken, are in a dictionary.
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
        counted = dict(zip(distinct, fresh.tolist(), strict=True))
        return [counted[part] if n is None else n for part, n in zip(parts, known, strict=True)]

    def _remember(self, parts: pl.Series, counts: Integers) -> None:
        low, high = _views(parts)
        places = _places(low, high)
        with self._lock:
            useful = np.flatnonzero((_at(self._low, places) == _NOTHING) & ((low & _LENGTH) <= INLINE))
            places, first = np.unique(places[useful], return_index=True)
            chosen = useful[first]
            self._counts[places] = counts[chosen]
            self._high[places] = high[chosen]
            self._low[places] = low[chosen]  # last: a thread that reads it must find the others
            rest = np.delete(np.arange(len(parts)), chosen)
            others = zip(parts[rest], counts[rest].tolist(), strict=True)
            if len(self._others) + len(rest) > OTHERS:
                self._others = {}
            self._others.update((part, count) for part, count in others if len(part) <= LONGEST)

    def _count(self, parts: pl.Series) -> Integers:
        """The number of tokens of distinct parts, most of which are words of the vocabulary."""
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
    """`column[places]` for valid places, in half the time."""
    return column.take(places, mode="clip")


def _views(parts: pl.Series) -> tuple[Keys, Keys]:
    """The two halves of Arrow's view of each string: length and first 4 bytes, and for short strings 8 more bytes."""
    array = parts.to_arrow(compat_level=pl.CompatLevel.newest())
    halves = np.frombuffer(array.buffers()[1], np.uint64).reshape(-1, 2)[array.offset : array.offset + len(array)]
    return halves[:, 0], halves[:, 1]


def count_tokens(reviews: pl.DataFrame, counter: Counter, limit: int, parts: PartCounts | None = None) -> pl.DataFrame:
    """Count the tokens of reviews.

    Args:
        reviews: Table with the columns `title` and `text`.
        counter: Tokenizer.
        limit: Number of tokens above which a review leaves.
        parts: Cache of earlier calls with this counter.

    Returns:
        `reviews` with the columns `bytes` (of the joined text in UTF-8) and `tokens`, which is null if the text is too
        short to have more than `limit` tokens.
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
    """The number of bytes of the joined text, computed without joining."""
    title, text = pl.col("title"), pl.col("text")
    blank = title.str.strip_chars() == ""
    head = pl.when(blank).then(0).otherwise(title.str.len_bytes().cast(pl.Int64) + len(". "))
    return head + text.str.len_bytes().cast(pl.Int64)


def _whole(texts: pl.Series, counter: Counter) -> list[int]:
    return [n for start in range(0, len(texts), BATCH) for n in counter(texts[start : start + BATCH].to_list())]


def _by_parts(texts: pl.Series, parts: PartCounts) -> Integers:
    """Tokens of each text: the sum over its parts between spaces."""
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
        value=pl.coalesce(pl.col("tokens").cast(pl.String), pl.format("at most {} tokens", pl.col("bytes"))),
        threshold=pl.lit(str(limit)),
    )

"""Filter 2 (section 3.2): a review of more than 500 tokens leaves.

A WordPiece token covers at least one character, and a normalised character comes from at least one byte, so that a
text of at most `limit` bytes need not be tokenized. Longer ones are cut at their spaces, where BERT's pre-tokenizer
cuts them anyway, and each distinct part is counted once: a word of the vocabulary is one token and each mark behind it
another, what else there is the tokenizer counts. Other tokenizers allow none of this: they read every text whole.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from ameli_build.clean.verdicts import Verdict
from ameli_build.models.tokens import Counter
from ameli_build.reasons import Reason
from ameli_build.records import joined_text_expr

BATCH = 20_000
"""Texts that are cut into parts at a time."""
REMEMBERED = 500_000
"""Parts whose number of tokens is kept in memory."""
_WORD = r"^([A-Za-z]+)[!-/:-@\[-`{-~]*$"

Counts = npt.NDArray[np.int64]


class PartCounts:
    """The number of tokens of parts between spaces; what the tokenizer had to count is remembered."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._words = pl.Series(sorted(counter.words), dtype=pl.String)
        self._known: dict[str, int] = {}

    def __call__(self, parts: pl.Series) -> Counts:
        """The number of tokens of each of `parts`, which are distinct."""
        words = parts.str.extract(_WORD)
        known = words.str.to_lowercase().is_in(self._words.implode()).fill_null(False)
        counts = (1 + parts.str.len_bytes() - words.str.len_bytes()).fill_null(0).cast(pl.Int64).to_numpy(writable=True)
        counts[~known.to_numpy()] = self._count(parts.filter(~known).to_list())
        return counts

    def _count(self, parts: list[str]) -> list[int]:
        known = self._known
        fresh = [part for part in parts if part not in known]
        counted = dict(zip(fresh, self._counter.count_parts(fresh), strict=True))
        if len(known) + len(counted) <= REMEMBERED:
            known.update(counted)
        return [counted[part] if part in counted else known[part] for part in parts]


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


def _by_parts(texts: pl.Series, parts: PartCounts) -> Counts:
    """Tokens of each text as the sum over its parts between spaces."""
    sums = [np.zeros(0, np.int64)]
    for start in range(0, len(texts), BATCH):
        split = texts[start : start + BATCH].str.split(" ")
        encoded = split.explode().to_arrow().dictionary_encode()
        counts = parts(pl.Series(encoded.dictionary, dtype=pl.String))
        begins = np.concatenate([[0], split.list.len().to_numpy()[:-1]]).cumsum()
        sums.append(np.add.reduceat(counts[encoded.indices.to_numpy()], begins))
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

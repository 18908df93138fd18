"""Filter 2 (section 3.2): a review of more than 500 tokens leaves.

A WordPiece token covers at least one character, and a normalised character comes from at least one byte, so that a
text of at most `limit` bytes need not be tokenized. Other tokenizers give no such bound: theirs are always run.
"""

from __future__ import annotations

import polars as pl

from ameli_build.clean.verdicts import Verdict
from ameli_build.models.tokens import Counter
from ameli_build.reasons import Reason
from ameli_build.records import joined_text_expr

BATCH = 4096


def count_tokens(reviews: pl.DataFrame, counter: Counter, limit: int) -> pl.DataFrame:
    """`reviews` with `bytes` (UTF-8, of the joined text) and `tokens`.

    `tokens` is null where the number of bytes already tells that it is at most `limit`.
    """
    measured = reviews.with_columns(bytes=joined_text_expr().str.len_bytes().cast(pl.Int64))
    unclear = measured.filter(pl.col("bytes") > limit) if counter.at_most_one_a_byte else measured
    counts: list[int] = []
    for part in unclear.select("review_id", text=joined_text_expr()).iter_slices(BATCH):
        counts += counter(part["text"].to_list())
    known = unclear.select("review_id").with_columns(tokens=pl.Series(counts, dtype=pl.Int64))
    return measured.join(known, on="review_id", how="left", maintain_order="left")


def too_long(limit: int) -> Verdict:
    """Drop a review of more than `limit` tokens."""
    return Verdict(
        Reason.TOO_LONG,
        fails=pl.col("tokens") > limit,
        detail=pl.format("{} tokens", pl.col("tokens")),
        value=pl.col("tokens"),
        threshold=pl.lit(str(limit)),
    )

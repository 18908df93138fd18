"""Filter 2 (section 3.2): a review of more than 500 tokens leaves.

A WordPiece token covers at least one character, and a normalised character comes from at least one byte, so that a
text of at most `limit` bytes need not be tokenized. Longer ones are cut at their spaces, where BERT's pre-tokenizer
cuts them anyway, and each distinct part is counted once. Other tokenizers allow neither: they read every text whole.
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
    texts = unclear.select(text=joined_text_expr())["text"]
    counts = _by_parts(texts, counter) if counter.splits_at_spaces else _whole(texts, counter)
    known = unclear.select("review_id").with_columns(tokens=counts)
    return measured.join(known, on="review_id", how="left", maintain_order="left")


def _whole(texts: pl.Series, counter: Counter) -> pl.Series:
    counts: list[int] = []
    for start in range(0, len(texts), BATCH):
        counts += counter(texts[start : start + BATCH].to_list())
    return pl.Series(counts, dtype=pl.Int64)


def _by_parts(texts: pl.Series, counter: Counter) -> pl.Series:
    """Tokens of each text as the sum over its parts between spaces."""
    known = pl.DataFrame(schema={"part": pl.String, "tokens": pl.Int64})
    sums = [pl.Series(dtype=pl.Int64)]
    for start in range(0, len(texts), BATCH):
        batch = texts[start : start + BATCH]
        parts = pl.DataFrame({"text": range(len(batch)), "part": batch.str.split(" ")}).explode("part")
        counted = parts.group_by("text", "part").len("times")
        fresh = counted.select("part").unique().join(known, on="part", how="anti")["part"]
        known = pl.concat([known, pl.DataFrame({"part": fresh, "tokens": _whole(fresh, counter)})])
        total = counted.join(known, on="part").group_by("text").agg((pl.col("times") * pl.col("tokens")).sum())
        sums.append(total.sort("text")["times"].cast(pl.Int64))
    return pl.concat(sums)


def too_long(limit: int) -> Verdict:
    """Drop a review of more than `limit` tokens."""
    return Verdict(
        Reason.TOO_LONG,
        fails=(pl.col("tokens") > limit).fill_null(False),
        detail=pl.format("{} tokens", pl.col("tokens")),
        value=pl.coalesce(pl.col("tokens").cast(pl.String), pl.format("{} bytes, so no more tokens", pl.col("bytes"))),
        threshold=pl.lit(str(limit)),
    )

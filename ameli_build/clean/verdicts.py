"""The verdicts of rules on the rows of a table, and the reason for which a row leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import polars as pl

from ameli_build.core.reasons import DROPPED, dropped

STAGE_NAME = "clean"

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A rule over a table of values, as expressions.

    `fails` is True for rows that leave. `detail` is the sentence of the release, `value` the measure, and `threshold`
    the value that it is compared with.
    """

    reason: str
    fails: pl.Expr
    detail: pl.Expr
    value: pl.Expr
    threshold: pl.Expr
    compared: str = "threshold"
    """Name of `threshold` for readers."""


def first_failing(verdicts: Sequence[Verdict]) -> pl.Expr:
    """The index of the first verdict that a row fails, null for a row that passes all verdicts."""
    return pl.coalesce(pl.when(rule.fails).then(pl.lit(n, pl.Int32)) for n, rule in enumerate(verdicts))


def judge(table: pl.DataFrame, verdicts: Sequence[Verdict]) -> pl.DataFrame:
    """The rows that leave. The reason is the first verdict that fails; a row passes if `fails` is null.

    Args:
        table: One row a review, with `review_id`, `sku` and the columns that the verdicts read.
        verdicts: Rules in the order in which they count.

    Returns:
        A table with the columns of `reasons.DROPPED`, sorted by `review_id`.
    """
    leaving = table.with_columns(rule=first_failing(verdicts)).filter(pl.col("rule").is_not_null())
    parts = [
        dropped(
            leaving.filter(pl.col("rule") == n),
            STAGE_NAME,
            rule.reason,
            *(part.cast(pl.String).fill_null("") for part in (rule.detail, rule.value, rule.threshold)),
        )
        for n, rule in enumerate(verdicts)
    ]
    return pl.concat([pl.DataFrame(schema=DROPPED), *parts]).sort("review_id")


def shaped(table: Frame, schema: pl.Schema) -> Frame:
    """The columns of `schema`, in its order and with its types."""
    return table.select(pl.col(name).cast(kind) for name, kind in schema.items())

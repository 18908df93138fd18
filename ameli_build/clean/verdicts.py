"""How rules over a table become the first reason why a row leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import polars as pl

from ameli_build.core.reasons import DROPPED

STAGE_NAME = "clean"

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One rule over a table of values: which rows it takes out, and what it held against which threshold."""

    reason: str
    fails: pl.Expr
    detail: pl.Expr
    value: pl.Expr
    threshold: pl.Expr


def first_failing(verdicts: Sequence[Verdict]) -> pl.Expr:
    """The place of the first of `verdicts` that a row fails, null for a row that they all let pass."""
    return pl.coalesce(pl.when(rule.fails).then(pl.lit(n, pl.Int32)) for n, rule in enumerate(verdicts))


def judge(table: pl.DataFrame, verdicts: Sequence[Verdict]) -> pl.DataFrame:
    """The rows that leave, in the columns of `reasons.DROPPED`; the first of `verdicts` that fails is the reason.

    `table` has one row a review with `review_id` and `sku`; a rule that is null for a row lets it pass.
    """
    leaving = table.with_columns(rule=first_failing(verdicts)).filter(pl.col("rule").is_not_null())
    parts = [
        leaving.filter(pl.col("rule") == n).select(
            "review_id",
            "sku",
            stage=pl.lit(STAGE_NAME),
            reason=pl.lit(str(rule.reason)),
            detail=rule.detail.cast(pl.String).fill_null(""),
            value=rule.value.cast(pl.String).fill_null(""),
            threshold=rule.threshold.cast(pl.String).fill_null(""),
        )
        for n, rule in enumerate(verdicts)
    ]
    return pl.concat([pl.DataFrame(schema=DROPPED), *parts]).sort("review_id")


def shaped(table: Frame, schema: pl.Schema) -> Frame:
    """The columns of `schema`, in its order and types."""
    return table.select(pl.col(name).cast(kind) for name, kind in schema.items())

"""From scores to a verdict: a review is dropped if none of its features exceeds its threshold (section 3.4)."""

from __future__ import annotations

import polars as pl

from ameli_build.core.reasons import Reason, dropped
from ameli_build.core.settings import InformativenessSettings
from ameli_build.informativeness.features import NAMES


def features_needed(settings: InformativenessSettings) -> int:
    """Number of features, of four, that must exceed their thresholds."""
    return {"any": 1, "all": len(NAMES), "count": settings.min_features}[settings.rule]


def exceeded(settings: InformativenessSettings) -> pl.Expr:
    """Number of features that exceed their thresholds. A value equal to its threshold does not."""
    return pl.sum_horizontal([(pl.col(name) > getattr(settings, name)).cast(pl.Int64) for name in NAMES])


def decide(
    features: pl.DataFrame, skus: pl.DataFrame, settings: InformativenessSettings
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The tables `kept` (review_id) and `dropped`; `skus` has review_id and sku."""
    needed = features_needed(settings)
    judged = features.with_columns(exceeded(settings).alias("exceeded"))
    kept = judged.filter(pl.col("exceeded") >= needed).select("review_id")
    leave = judged.filter(pl.col("exceeded") < needed).join(skus, on="review_id", how="left", maintain_order="left")
    detail = pl.format("{} of 4 features above their thresholds, {} needed", "exceeded", pl.lit(needed))
    value = _listed([pl.col(name) for name in NAMES])
    threshold = _listed([pl.lit(getattr(settings, name)) for name in NAMES])
    return kept, dropped(leave, "informativeness", Reason.UNINFORMATIVE, detail, value, threshold)


def _listed(values: list[pl.Expr]) -> pl.Expr:
    parts = [pl.format(f"{name}={{}}", value) for name, value in zip(NAMES, values, strict=True)]
    return pl.concat_str(parts, separator="; ")

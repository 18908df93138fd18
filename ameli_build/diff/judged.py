"""The values of single reviews behind Tables 4 and 5, again from a baseline's predictions and the gold products."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from ameli_build.baseline.extraction.attributes import Found, make_sheets
from ameli_build.baseline.extraction.rating import FUSED
from ameli_build.baseline.predictions.reading import AGAIN, OTHER_BUILD, of_this_build, read_predictions
from ameli_build.core.arrays import Values
from ameli_build.core.errors import UnusableInput
from ameli_build.core.snapshot import Snapshot
from ameli_build.datasets.data import knowledge_base
from ameli_build.diff.tables import scan
from ameli_build.scores.tables import RANDOM

RETRIEVAL, LINKING, ATTRIBUTES = "Table 4", "Table 5", "attributes"
Key = tuple[str, str, str]
"""A score: its table, metric and row."""
_RANKING = ["row", "run", "review_id"]


def judge(snapshot: Snapshot, gold: pl.DataFrame, keep: int) -> dict[Key, Values]:
    """The values, shape (reviews,), of which each score of a baseline is the mean.

    Args:
        snapshot: Snapshot with the baseline.
        gold: The reviews to judge, sorted by `review_id`, with their products `gold`.
        keep: Number of candidates that were ranked (`baseline.keep`).

    Raises:
        UnusableInput: The predictions are missing, damaged or of another build.
    """
    linked = _predictions(snapshot, gold)
    if linked.is_empty():
        return {}
    table = scan(snapshot.root / "baseline" / "retrieved.parquet", "ameli baseline")
    judged = {
        (RETRIEVAL, metric, name): _linear(_runs(snapshot, rows[metric], gold))
        for name, rows in _groups(_retrieved(table, gold, keep), "row")
        for metric in ("recall@10", "mrr")
    }
    found = _runs(snapshot, linked["found"], gold)
    for name, values in _right(linked):
        right = _runs(snapshot, values, gold)
        judged[LINKING, "end_to_end_f1", name] = _linear(right)
        if found.any():
            judged[LINKING, "disambiguation_f1", name] = _linear(right, found)
    return judged | _precision(snapshot, linked.filter(pl.col("run") == 0))


def _predictions(snapshot: Snapshot, gold: pl.DataFrame) -> pl.DataFrame:
    """The predictions, sorted by run and review, with `found`: 1 if the gold product is among the candidates."""
    every = read_predictions(snapshot, pl.lit(True), ("review_id",))
    linked = read_predictions(snapshot, pl.col("review_id").is_in(gold["review_id"].implode()))
    if every is None or linked is None:
        raise UnusableInput(f"{snapshot.root / 'baseline' / 'predictions.parquet'}: missing; {AGAIN}")
    if not of_this_build(snapshot, every["review_id"], "dev", "test"):
        raise UnusableInput(f"{snapshot.root}: {OTHER_BUILD}")
    found = pl.col("candidates").list.contains(pl.col("gold")).cast(pl.Float64)
    return linked.join(gold, on="review_id").sort("run", "review_id").with_columns(found=found)


def _groups(rows: pl.DataFrame, column: str) -> Iterator[tuple[str, pl.DataFrame]]:
    for (name,), group in rows.partition_by(column, as_dict=True, maintain_order=True).items():
        yield str(name), group


def _runs(snapshot: Snapshot, values: pl.Series, gold: pl.DataFrame) -> Values:
    """Values sorted by run and review as an array of shape (runs, reviews)."""
    if len(values) % gold.height:
        raise UnusableInput(f"{snapshot.root}: the baseline has no predictions for some reviews; {AGAIN}")
    return values.to_numpy().reshape(-1, gold.height)


def _linear(values: Values, counted: Values | None = None) -> Values:
    """From (runs, reviews) to (reviews,): values whose mean is the mean over runs of sum(values) / sum(counted).

    Without `counted`, that is the mean over runs. With it, the value of a review is the share plus the review's part of
    the deviation from it: so two shares have paired values, though each counts other reviews. Runs in which no review
    counts are left out.
    """
    if counted is None:
        counted = np.ones_like(values)
    there = counted.any(axis=1)
    values, counted = values[there], counted[there]
    share = values.sum(axis=1, keepdims=True) / counted.sum(axis=1, keepdims=True)
    linear: Values = (share + (values - share * counted) / counted.mean(axis=1, keepdims=True)).mean(axis=0)
    return linear


def _retrieved(table: pl.LazyFrame, gold: pl.DataFrame, keep: int) -> pl.DataFrame:
    """Recall and reciprocal rank of each `row`, run and review of Table 4, sorted by them."""
    rows = table.join(gold.lazy(), on="review_id")
    places = (
        rows.select(*_RANKING, "skus", "gold", place=pl.int_ranges(pl.col("skus").list.len()))
        .explode("skus", "place")
        .filter(pl.col("skus") == pl.col("gold"))
        .select(*_RANKING, "place")
    )
    recall = _rank(10, keep).is_not_null().cast(pl.Float64)
    reciprocal = (1 / (_rank(100, keep) + 1)).fill_null(0.0)
    judged = rows.join(places, on=_RANKING, how="left").select(*_RANKING, mrr=reciprocal, **{"recall@10": recall})
    return judged.sort(_RANKING).collect(engine="streaming")


def _rank(k: int, keep: int) -> pl.Expr:
    """The gold product's rank among the first `k` products, from 0; null if it is not there (see `RETRIEVED`)."""
    cut, place = max(k, keep), pl.col("place").cast(pl.Int64)
    allowed = pl.col("allowed").list.head(cut)
    among = allowed.list.head(place).list.sum().cast(pl.Int64)
    filtered = pl.when(allowed.list.get(place, null_on_oob=True)).then(among)
    rank = pl.when(allowed.list.any().fill_null(False)).then(filtered).otherwise(place)
    return pl.when((place < cut) & (rank < k)).then(rank)


def _right(linked: pl.DataFrame) -> Iterator[tuple[str, pl.Series]]:
    """For each row of Table 5, 1 for right predictions and 0 for others; for chance, the expected value."""
    ranked = linked.select("gold", "ranked").explode("ranked").unnest("ranked")
    right = pl.col("skus").list.first().eq_missing(pl.col("gold")).cast(pl.Float64)
    for name, rows in _groups(ranked.select("method", right=right).drop_nulls("method"), "method"):
        yield name, rows["right"]
    yield RANDOM, linked["found"] / linked["candidates"].list.len().clip(1)


def _precision(snapshot: Snapshot, linked: pl.DataFrame) -> dict[Key, Values]:
    """For each extractor, the share of right attributes among the stated, as `rating.rate` counts them."""
    golden = pl.col("sku").is_in(linked["gold"].implode())
    kb = knowledge_base(scan(snapshot.dataset / "products.parquet", "ameli build").filter(golden).collect())
    sheets = dict(zip(kb.skus, make_sheets(kb), strict=True))
    counts: dict[str, Values] = {}
    for n, row in enumerate(linked.select("gold", "attributes", "extracted", "extractors").iter_rows(named=True)):
        stated = {name: [pair for pair in row["extracted"] if pair["extractor"] == name] for name in row["extractors"]}
        for name, pairs in {**stated, FUSED: row["attributes"]}.items():
            found = Found.of((pair["name"], tuple(pair["value"].split(" "))) for pair in pairs).values
            known = sheets[row["gold"]].values
            right = sum(bool(values & known.get(key, frozenset())) for key, values in found.items())
            counts.setdefault(name, np.zeros((2, linked.height)))[:, n] = right, len(found)
    return {
        (ATTRIBUTES, "precision", name): _linear(right[None], stated[None])
        for name, (right, stated) in counts.items()
        if stated.any()
    }

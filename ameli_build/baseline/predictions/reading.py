"""The columns of the predictions' files, and reading predictions without a model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from ameli_build.core.errors import UnusableInput
from ameli_build.core.snapshot import Snapshot

_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "review_id": pl.String,
    "run": pl.Int64,
    "split": pl.String,
    "mention": pl.String,
    "candidates": pl.List(pl.String),
    "retrieval": pl.List(pl.Float32),
    "retrieval_text": pl.List(pl.Float32),
    "retrieval_image": pl.List(pl.Float32),
    "retrieval_cross": pl.List(pl.Float32),
    "text": pl.List(pl.Float32),
    "image": pl.List(pl.Float32),
    "combined": pl.List(pl.Float32),
    "contradicted": pl.List(pl.Boolean),
    "attributes": pl.List(pl.Struct({"name": pl.String, "value": pl.String})),
    "extracted": pl.List(pl.Struct({"extractor": pl.String, "name": pl.String, "value": pl.String})),
    "extractors": pl.List(pl.String),
    "predicted": pl.List(pl.Struct({"method": pl.String, "sku": pl.String})),
    "ranked": pl.List(pl.Struct({"method": pl.String, "skus": pl.List(pl.String)})),
}

PREDICTIONS = pl.Schema(_COLUMNS)
"""Columns of `baseline/predictions.parquet`: a row for each review and run, the runs numbered from 0.

Lists of scores follow `candidates`, in the order of retrieval; `ranked` has each linker's own order and `predicted` its
first product. `retrieval` is the weighted sum of the channels `retrieval_*`; a channel that did not run is None.
`extracted` are the attributes by each of the `extractors` that ran, `attributes` those of all extractors together.
"""

_RETRIEVED: dict[str, pl.DataType | type[pl.DataType]] = {
    "row": pl.String,
    "run": pl.Int64,
    "review_id": pl.String,
    "split": pl.String,
    "skus": pl.List(pl.String),
    "scores": pl.List(pl.Float32),
    "allowed": pl.List(pl.Boolean),
}

RETRIEVED = pl.Schema(_RETRIEVED)
"""Columns of `baseline/retrieved.parquet`: one row for each row of Table 4, run, and dev or test review.

`skus` are the first 100 products; `scores` are the sums that rank them, None for P(e|m), which has no single score.
Rows of Table 4 without training per run have run 0 only. `allowed` is None unless the prior filters after the cut
(`baseline.prior` "after"). In that case the first K are the first K allowed products among the first
max(K, `baseline.keep`); if none of these is allowed, the filter is ignored.
"""

AGAIN = "run ameli baseline again"
OTHER_BUILD = f"the baseline's predictions are of another build of the data set: {AGAIN}"


def read_predictions(snapshot: Snapshot, where: pl.Expr, columns: Sequence[str] = ()) -> pl.DataFrame | None:
    """The predictions for which `where` is true, by review and run; None without a file of predictions.

    Without `columns`, all columns are read. Raises `UnusableInput` for a file that is damaged or of an earlier version.
    """
    path = snapshot.root / "baseline" / "predictions.parquet"
    if not path.is_file():
        return None
    try:
        table = pl.scan_parquet(path)
        if missing := sorted(set(PREDICTIONS) - set(table.collect_schema())):
            raise UnusableInput(f"{path}: of an earlier version (no {', '.join(missing)}); {AGAIN}")
        return table.filter(where).sort("review_id", "run").select(columns or list(PREDICTIONS)).collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).partition("\n")[0]
        raise UnusableInput(f"{path}: unreadable ({reason}); {AGAIN}") from None


def of_this_build(snapshot: Snapshot, review_ids: Iterable[str], *splits: str) -> bool:
    """True if the predicted reviews are exactly the reviews that these splits of the data set hold now."""
    paths = [path for split in splits if (path := snapshot.dataset / f"{split}.parquet").is_file()]
    there = {review for path in paths for review in pl.read_parquet(path, columns=["review_id"])["review_id"]}
    return set(review_ids) == there

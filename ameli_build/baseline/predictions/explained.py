"""The predictions for one review as text, for `ameli explain`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from ameli_build.baseline.predictions.reading import OTHER_BUILD, of_this_build, read_predictions
from ameli_build.core.snapshot import Snapshot

MODULES = ("retrieval", "text", "image", "combined")


def explain_predictions(snapshot: Snapshot, review_id: str) -> tuple[str, ...]:
    """The attributes that a review states, its candidates with their scores, and the prediction of each linker.

    The first run is shown in full; of the other runs, the number of right predictions.

    Args:
        snapshot: Snapshot of the review.
        review_id: Id of the review.

    Returns:
        Lines of text; none without a baseline. A single line for a review outside dev and test, and for predictions of
        another build of the data set.

    Raises:
        UnusableInput: The predictions cannot be read.
    """
    linked = read_predictions(snapshot, pl.lit(True), ("review_id",))
    if linked is None:
        return ()
    if not of_this_build(snapshot, linked["review_id"], "dev", "test"):
        return (f"4    {OTHER_BUILD}",)
    table = read_predictions(snapshot, pl.col("review_id") == review_id)
    rows = [] if table is None else table.to_dicts()
    if not rows:
        return ("4    not judged: the baseline links the reviews of dev and test",)
    gold = _column(snapshot, rows[0]["split"], "review_id", [review_id], "sku").get(review_id)
    names = _column(snapshot, "products", "sku", [*rows[0]["candidates"], *([gold] if gold else [])], "name")
    return (*_attributes(rows[0]), *_candidates(rows[0], names, gold), *_predictions(rows, gold))


def _column(snapshot: Snapshot, table: str, key: str, keys: Sequence[str], value: str) -> dict[str, str]:
    """A column of a table of the data set by the key of each row; empty without the table."""
    path = snapshot.dataset / f"{table}.parquet"
    if not path.is_file():
        return {}
    return dict(pl.scan_parquet(path).filter(pl.col(key).is_in(keys)).select(key, value).collect().iter_rows())


def _attributes(row: Mapping[str, Any]) -> list[str]:
    stated = "; ".join(f"{attribute['name']}: {attribute['value']}" for attribute in row["attributes"])
    return [f"4.2  attributes stated by the review: {stated or 'none'}"]


def _candidates(row: Mapping[str, Any], names: Mapping[str, str], gold: str | None) -> list[str]:
    lines = [f"4.3  retrieved for {row['mention']!r}, best first:"]
    for n, sku in enumerate(row["candidates"]):
        scores = "  ".join(f"{name} {row[name][n]:.4f}" for name in MODULES if row[name] is not None)
        marks = ["gold"] * (sku == gold) + ["contradicted by an attribute"] * row["contradicted"][n]
        lines.append(f"       {sku}  {scores}  {names.get(sku, '')!r}" + (f"  <- {', '.join(marks)}" if marks else ""))
    if gold is not None and gold not in row["candidates"]:
        lines.append(f"       gold is {gold} {names.get(gold, '')!r}: not among them")
    return lines


def _predictions(rows: Sequence[Mapping[str, Any]], gold: str | None) -> list[str]:
    lines = []
    runs = [{method["method"]: method["sku"] for method in row["predicted"]} for row in rows]
    for name, sku in runs[0].items():
        line = f"4.4  {name:<24}{sku or 'nothing'}"
        if gold is not None:
            right = sum(run.get(name) == gold for run in runs)
            line += f"  {'right' if sku == gold else 'wrong'}"
            line += f" (right in {right} of {len(runs)} runs)" if len(runs) > 1 else ""
        lines.append(line)
    return lines

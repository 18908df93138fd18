"""The predictions for one review as text, for `ameli explain`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from ameli_build.baseline.predictions.reading import OTHER_BUILD, of_this_build, read_predictions
from ameli_build.core.snapshot import Snapshot

MODULES = ("retrieval", "text", "image", "combined")


def tell(snapshot: Snapshot, review_id: str) -> tuple[str, ...]:
    """Found attributes, candidates with their scores, and the prediction of each linker; a line each.

    The first run is shown in full; of the other runs, the number of right predictions. Empty without a baseline. A
    single line for a review outside dev and test, and for predictions of another build of the data set. Raises
    `UnusableInput` for unreadable predictions.
    """
    judged = read_predictions(snapshot, pl.lit(True), ("review_id",))
    if judged is None:
        return ()
    if not of_this_build(snapshot, judged["review_id"], "dev", "test"):
        return (f"4    {OTHER_BUILD}",)
    table = read_predictions(snapshot, pl.col("review_id") == review_id)
    rows = [] if table is None else table.to_dicts()
    if not rows:
        return ("4    not judged: the baseline links the reviews of dev and test",)
    gold = _gold(snapshot, review_id, rows[0]["split"])
    names = _names(snapshot, {*rows[0]["candidates"], *([gold] if gold else [])})
    return (*_attributes(rows[0]), *_candidates(rows[0], names, gold), *_predictions(rows, gold))


def _gold(snapshot: Snapshot, review_id: str, split: str) -> str | None:
    path = snapshot.dataset / f"{split}.parquet"
    if not path.is_file():
        return None
    found = pl.scan_parquet(path).filter(pl.col("review_id") == review_id).select("sku").collect()
    return None if found.is_empty() else str(found.item(0, 0))


def _names(snapshot: Snapshot, skus: set[str]) -> Mapping[str, str]:
    path = snapshot.dataset / "products.parquet"
    if not path.is_file():
        return {}
    table = pl.scan_parquet(path).filter(pl.col("sku").is_in(sorted(skus))).select("sku", "name").collect()
    return dict(table.iter_rows())


def _attributes(row: Mapping[str, Any]) -> list[str]:
    stated = "; ".join(f"{one['name']}: {one['value']}" for one in row["attributes"])
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
    for one in rows[0]["predicted"]:
        chosen = [
            next((other["sku"] for other in row["predicted"] if other["method"] == one["method"]), None) for row in rows
        ]
        line = f"4.4  {one['method']:<24}{one['sku'] or 'nothing'}"
        if gold is not None:
            right = sum(sku == gold for sku in chosen)
            line += f"  {'right' if chosen[0] == gold else 'wrong'}"
            line += f" (right in {right} of {len(chosen)} runs)" if len(chosen) > 1 else ""
        lines.append(line)
    return lines

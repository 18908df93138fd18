"""The row rules of this project, from a catalogue table or raw JSON Lines; clean.py runs this script."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import polars as pl

from ameli_build.clean.products import with_fate
from ameli_build.clean.rows import apply_row_rules, row_rules
from ameli_build.core.reasons import DROPPED_PRODUCTS
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, write_table


def main() -> None:
    """Apply the rules as the argument describes, and print the duration."""
    order = json.loads(sys.argv[1])
    out = Path(order["out"])
    settings = load_settings("demo")
    started = time.perf_counter()
    catalogue = pl.read_parquet(order["products"])
    reviews = Path(order["reviews"]) if "reviews" in order else _ingested(order, catalogue, out)
    ingested = time.perf_counter() - started
    empty = catalogue.filter(pl.col("images").list.len() == 0)
    without_image = empty.select(
        "sku", stage=pl.lit("clean"), reason=pl.lit("no_image"), detail=pl.lit("no picture listed")
    )
    known = with_fate(catalogue, without_image.select(DROPPED_PRODUCTS.names()))
    rows = apply_row_rules(reviews, known, settings, out / "scratch")
    dropped, values = rows.judged(row_rules(settings))
    n_kept = write_table(out / "kept.parquet", rows.passed)
    n_dropped = write_table(out / "dropped.parquet", dropped)
    write_table(out / "values.parquet", values)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "ingest": ingested, "kept": n_kept, "dropped": n_dropped, "peak": peak}))


def _ingested(order: dict[str, str], catalogue: pl.DataFrame, out: Path) -> Path:
    """The table of links that `ameli ingest` makes from raw records."""
    from ameli_build.catalog.ingest import ingest

    raw = out / "products.jsonl"
    catalogue.select("sku", "name", "categories", "images").write_ndjson(raw)
    snapshot = Snapshot(out / "snapshot")
    ingest(snapshot, raw, Path(order["lines"]), None, load_settings("demo"))
    return snapshot.table_path("catalog/reviews")


if __name__ == "__main__":
    main()

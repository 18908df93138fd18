"""The row rules find exactly the planted defects in 200,000 reviews."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from ameli_build.clean.products import with_fate
from ameli_build.clean.rows import apply_row_rules, row_rules
from ameli_build.core.reasons import DROPPED, DROPPED_PRODUCTS
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import write_table

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SIZE = 200_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, pl.DataFrame]]:
    """A folder with the reviews, and the true defects."""
    sys.path.insert(0, str(BENCHMARKS))
    import review_rows

    folder = tmp_path_factory.mktemp("planted")
    rates = review_rows.Rates(no_image=0.4, too_long=0.02, copy=0.06, rude=0.05)
    yield folder, review_rows.write_reviews(folder / "reviews.parquet", SIZE, seed=7, rates=rates, words=12)
    sys.path.remove(str(BENCHMARKS))


def catalogue() -> pl.DataFrame:
    """The fate of each product."""
    from review_rows import make_products

    products = make_products()
    empty = products.filter(pl.col("images").list.len() == 0)
    gone = empty.select("sku", stage=pl.lit("clean"), reason=pl.lit("no_image"), detail=pl.lit("no picture listed"))
    return with_fate(products, gone.select(DROPPED_PRODUCTS.names()))


def test_exactly_the_planted_defects_are_found(made: tuple[Path, pl.DataFrame]) -> None:
    folder, truth = made
    settings = load_settings("demo")
    rows = apply_row_rules(folder / "reviews.parquet", catalogue(), settings, folder / "one")
    dropped = rows.judged(row_rules(settings))[0].collect()
    assert dropped.schema == DROPPED
    assert dropped["review_id"].is_sorted()
    compared = truth.join(dropped, on="review_id", how="full", suffix="_found", coalesce=True)
    wrong = compared.filter(
        pl.col("reason").ne_missing(pl.col("reason_found")) | pl.col("detail").ne_missing(pl.col("detail_found"))
    )
    assert wrong.select("review_id", "reason", "reason_found", "detail", "detail_found").rows() == []
    assert rows.passed["review_id"].to_list() == truth.filter(pl.col("reason").is_null())["review_id"].to_list()
    counted = dict(truth["reason"].drop_nulls().value_counts().iter_rows())
    assert len(counted) == len(row_rules(settings))
    assert min(counted.values()) > 500


def test_a_second_run_gives_the_same_bytes(made: tuple[Path, pl.DataFrame]) -> None:
    folder, _ = made
    settings = load_settings("demo")
    part = folder / "part.parquet"
    write_table(part, pl.scan_parquet(folder / "reviews.parquet").head(SIZE // 2))
    written = []
    for name in ("two", "three"):
        tables = apply_row_rules(part, catalogue(), settings, folder / name).judged(row_rules(settings))
        paths = [folder / f"{name}-{n}.parquet" for n in range(2)]
        for path, table in zip(paths, tables, strict=True):
            assert write_table(path, table) > SIZE / 5
        written.append([path.read_bytes() for path in paths])
    assert written[0] == written[1]

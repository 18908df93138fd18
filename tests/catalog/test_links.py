"""Links merged from sorted runs: the same table for all runs, the latest row of a link, and constant memory."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from ameli_build.catalog.links import Links, LinkTable
from ameli_build.core.records import REVIEWS, Review, to_frame

MEASURED = """
import resource, sys
from pathlib import Path
from catalog.test_links import links_of, rows_of
import polars as pl
from ameli_build.catalog.links import LinkTable

folder, count = Path(sys.argv[1]), int(sys.argv[2])
rows, key = rows_of(5_000, 1), pl.col("review_id")
tables = (rows.with_columns(key.str.slice(0, 4) + f"{seed:03d}" + key.str.slice(4)) for seed in range(count))
links = links_of(folder, tables, run_rows=20_000)
table = LinkTable(folder / "reviews.parquet")
table.write(links)
assert table.rows > 4_900 * count
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def rows_of(count: int, seed: int) -> pl.DataFrame:
    """Rows of random reviews in random order; some ids and moments are repeated."""
    rng = random.Random(seed)
    reviews = [
        Review(
            review_id=f"{rng.getrandbits(40):010x}",
            sku=str(1000 + rng.randrange(3)),
            text=f"Lamp {rng.random()} " * 20,
            helpful=rng.randrange(3),
            images=tuple(f"https://img.test/{rng.randrange(10**6)}.jpg" for _ in range(rng.randrange(2))),
            conflict=rng.random() < 0.1,
            source=f"pages-00001.warc.gz:{seed * count + number}",
        )
        for number in range(count)
    ]
    moments = [f"2026-01-01T00:00:{rng.randrange(60):02d}.000000Z" for _ in reviews]
    return to_frame(reviews, REVIEWS).with_columns(pl.Series("seen_at", moments))


def links_of(folder: Path, tables: object, run_rows: int) -> Links:
    links = Links(folder / "links", run_rows)
    for table in tables:  # type: ignore[attr-defined]
        links.add(table)
    return links


def written(folder: Path, tables: list[pl.DataFrame], run_rows: int) -> tuple[bytes, LinkTable]:
    table = LinkTable(folder / "reviews.parquet")
    table.write(links_of(folder, tables, run_rows))
    assert list((folder / "links").iterdir()) == []
    return table.path.read_bytes(), table


@pytest.mark.parametrize("run_rows", [1, 300, 1000, 10**6])
def test_the_bytes_do_not_depend_on_the_runs(tmp_path: Path, run_rows: int) -> None:
    narrow = pl.col("review_id").str.slice(0, 2)  # most links are repeated
    tables = [rows_of(200, seed).with_columns(narrow) for seed in range(10)]
    whole = pl.concat(tables)
    found, table = written(tmp_path / "one", tables, run_rows)
    again, _ = written(tmp_path / "two", [whole], 10**6)
    assert found == again
    rows = pl.read_parquet(table.path)
    wanted = {
        (row["review_id"], row["sku"]): row["source"]
        for row in whole.sort("seen_at", "helpful", maintain_order=True).iter_rows(named=True)
    }
    assert rows.select("review_id", "sku").rows() == sorted(wanted)
    assert {(row["review_id"], row["sku"]): row["source"] for row in rows.iter_rows(named=True)} == wanted
    assert rows.schema == REVIEWS
    assert (table.rows, table.reviews) == (rows.height, rows["review_id"].n_unique())
    assert table.conflicts == rows["conflict"].sum()
    shown = pl.concat(table.references).unique().sort().to_list()
    assert shown == sorted({image for images in rows["images"].to_list() for image in images})


def test_of_two_rows_of_the_same_moment_the_row_with_more_votes_counts(tmp_path: Path) -> None:
    rows = to_frame([Review("r", "1", helpful=helpful, source=f"x:{helpful}") for helpful in (2, 5, 3)], REVIEWS)
    tables = [row.with_columns(pl.lit("2026").alias("seen_at")) for row in rows.iter_slices(1)]
    _, table = written(tmp_path / "one", tables, 1)
    assert pl.read_parquet(table.path)["helpful"].to_list() == [5]
    _, other = written(tmp_path / "two", tables[::-1], 10)
    assert pl.read_parquet(other.path)["helpful"].to_list() == [5]


def test_without_rows_the_table_is_empty(tmp_path: Path) -> None:
    _, table = written(tmp_path, [], 10)
    assert pl.read_parquet(table.path).schema == REVIEWS
    assert table.rows == 0


def test_memory_does_not_grow_with_the_number_of_links(tmp_path: Path) -> None:
    few, many = (_peak(tmp_path / str(count), count) for count in (8, 40))
    assert many < few * 1.35 + 40


def _peak(folder: Path, count: int) -> int:
    """The megabytes that a separate process needs for `count` tables of 5,000 rows."""
    here = Path(__file__).parents[1]
    command = [sys.executable, "-c", MEASURED, str(folder), str(count)]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env={"PYTHONPATH": f"{here}:{here.parent}"}
    )
    return int(done.stdout)
